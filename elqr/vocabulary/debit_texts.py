"""What finding codes about debits say (口座振替の依頼の指摘の言葉)."""

from elqr.vocabulary.code_text import CodeText
from elqr.vocabulary.codes import Code
from elqr.vocabulary.terms import Severity

_MID, _HIGH = Severity.MEDIUM, Severity.HIGH
_OMIT = "基幹システムでこの記録を除いて、依頼を作り直してください。"
_WHOLE = "送らないでください。送ろうとしたファイルが正しいか確かめ、今回の依頼を基幹システムで作り直してください。"

DEBIT_CODES: dict[Code, CodeText] = {
    Code.DEBIT_TWICE: CodeText(_HIGH, "同じ顧客番号の引落が、一つの依頼に二度あります", _OMIT),
    Code.DEBIT_ELSEWHERE: CodeText(_HIGH, "結果の来ていない、ほかの依頼にもある引落です", _OMIT),
    Code.DEBIT_ANSWERED: CodeText(_HIGH, "もう結果の来ている引落です（前に送った依頼と同じもの）", _WHOLE),
    Code.DEBIT_KEY_UNKNOWN: CodeText(
        _HIGH,
        "顧客番号の納付書が台帳にありません",
        "古い依頼でないか、納付書データの取込が漏れていないかを確かめ、正しくなければこの記録を除いてください。",
    ),
    Code.DEBIT_YEAR: CodeText(_HIGH, "引落日と納期限の年度が違います（前の年度の依頼かもしれません）", _WHOLE),
    Code.DEBIT_DAY: CodeText(
        _HIGH,
        "引落日が、この期の納期限か納付書の発行日と合いません",
        "引落日か期が違います。基幹システムで確かめて、依頼を作り直してください。",
    ),
    Code.DEBIT_PAST: CodeText(_HIGH, "引落日が過ぎています", _WHOLE),
    Code.DEBIT_CANCELLED: CodeText(_HIGH, "納付書か調定が取り消されているか、求める額がありません", _OMIT),
    Code.DEBIT_PAID: CodeText(_HIGH, "もう納められている調定です", _OMIT),
    Code.DEBIT_WAITING: CodeText(
        _HIGH,
        "納めたかもしれない収納があります",
        "この記録を除くか、速報・結果未着・要確認の収納が片づいてから依頼してください。",
    ),
    Code.DEBIT_HELD: CodeText(
        _MID,
        "督促を止めている調定です",
        "引き落としてよいか担当に確かめ、よくなければ、この記録を除いてください。",
    ),
    Code.DEBIT_AMOUNT: CodeText(
        _HIGH,
        "引落金額が、調定に残っている額と違います",
        "基幹システムで調定と収納を確かめ、正しい額で依頼を作り直してください。",
    ),
    Code.DEBIT_OLD_NOTICE: CodeText(
        _MID,
        "新しい納付書が発行されています",
        "新しい納付書で納める人を二度引き落とさないか確かめ、そうなら、この記録を除いてください。",
    ),
    Code.DEBIT_LACKING: CodeText(
        _MID,
        "顧客番号があるのに、依頼にない調定です",
        "口座を解約したのでなければ、依頼に足してください。ほかの依頼にあるなら、--with で一緒に確かめてください。",
    ),
}
