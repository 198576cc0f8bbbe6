"""What the finding codes of the review say (要確認の往復の指摘の言葉): rows that people or accounting hand in."""

from elqr.vocabulary.code_text import CodeText
from elqr.vocabulary.codes import Code
from elqr.vocabulary.terms import Severity

_MID, _HIGH = Severity.MEDIUM, Severity.HIGH
_DRAW_AGAIN = "elqr review export（過誤納整理簿は elqr refund export）で作り直し"

REVIEW_CODES: dict[Code, CodeText] = {
    Code.ROW_UNKNOWN: CodeText(_HIGH, "この台帳にない収納の行です", f"{_DRAW_AGAIN}たブックに書いてください。"),
    Code.ROW_STALE: CodeText(
        _MID,
        "書き出したあとで収納の状態が変わっています",
        f"{_DRAW_AGAIN}、今の状態を見て決め直してください。",
    ),
    Code.ROW_ALTERED: CodeText(
        _HIGH,
        "書いてはいけない欄が書き換えられています",
        f"{_DRAW_AGAIN}、薄い黄色の欄だけに書いてください。",
    ),
    Code.RULING_UNKNOWN: CodeText(_MID, "決裁が一覧にある言葉ではありません", "一覧から選び直してください。"),
    Code.RULING_INCOMPLETE: CodeText(_MID, "決裁に必要な欄が空です", "空の欄に書いて、もう一度取り込んでください。"),
    Code.TARGET_UNKNOWN: CodeText(
        _MID, "対象の納付番号の納付書がありません", "20桁の納付番号（案件特定キー）を確かめて書き直してください。"
    ),
    Code.TARGET_CLOSED: CodeText(
        _MID,
        "対象の納付書には充てられません",
        "ほかの納付書を選ぶか、還付候補にしてください。同じ収納が二度届いたのなら「収納の取消」です。",
    ),
    Code.RULING_UNFIT: CodeText(
        _MID,
        "この収納には、書いたとおりの決裁ができません",
        "示した欄（決裁・一歩・日付・額など）を、示したわけと正しい書き方を見て直し、もう一度取り込んでください。",
    ),
    Code.RULING_WAITING: CodeText(
        _MID,
        "同じ収納に、承認を待つ別の決裁があります",
        "先の申請を承認するか、elqr review reject で取り下げてから取り込んでください。",
    ),
    Code.FORMULA: CodeText(_HIGH, "記入欄に数式があります", "数式を消し、文字で書き直してください。"),
    Code.REASSIGNMENT_UNFIT: CodeText(
        _MID,
        "組替できない行です",
        "受付番号と対象の納付番号を「消込結果」と調定の照会で確かめ、書き直して、もう一度取り込んでください。",
    ),
    Code.OTHER_PAYER: CodeText(
        _MID,
        "対象の納付書は、収納の納付者と違う人のものです",
        "申請はできています。違う人の調定に入れてよいわけを確かめてから承認し、まちがいなら却下してください。",
    ),
    Code.PAYOUT_UNKNOWN: CodeText(
        _MID,
        "還付の一件が決まらない行です",
        "elqr refund list --all で受付番号と決定番号を確かめ、ファイルを直して、もう一度取り込んでください。",
    ),
    Code.PAYOUT_DIFFERS: CodeText(
        _HIGH,
        "台帳の還付の記録と違います",
        "財務会計の記録と台帳（elqr refund list --all）のどちらが正しいかを確かめ、"
        "違う方を直してから、もう一度取り込んでください。",
    ),
    Code.PAYOUT_UNFIT: CodeText(
        _MID,
        "いまは進められない還付の行です",
        "前の一歩がまだなら済ませてから、日付の誤りなら直してから、もう一度取り込んでください"
        "（進み方は elqr refund list --all）。",
    ),
    Code.PAYOUT_TWICE: CodeText(
        _HIGH,
        "同じ収納の同じ一歩が、このファイルにいくつもあります",
        "二度支払っていないかを確かめ、正しい一行だけを残して、もう一度取り込んでください。",
    ),
    Code.INTEREST_DIFFERS: CodeText(
        _MID,
        "加算金が、手続台帳の決まりで計算した額と違います",
        "申請はできています。違うわけを確かめてから承認し、まちがいなら却下して、正しい額で申請し直してください。",
    ),
    Code.PAYEE_DIFFERS: CodeText(
        _MID,
        "還付先が、わかっている納付者と違います",
        "申請はできています。相続・委任などのわけを確かめてから承認し、まちがいなら却下して申請し直してください。",
    ),
    Code.INTEREST_UNRULED: CodeText(
        _MID,
        "加算金を計算する市の決まりか割合がありません",
        "申請はできています。市が確かめた決まりがないので、額は記入した人のものです。根拠を確かめてから承認してください。"
        "決まりがわかれば、手続台帳の [refund_rules] と [[refund_rates]] に書くと計算します。",
    ),
    Code.TARGET_SHARED: CodeText(
        _MID,
        "同じ納付書を対象にした、承認を待つ決裁がほかにもあります",
        "申請はできています。先の決裁から未収額まで入り、残りがなければ後の決裁は反映しません。"
        "合わせた額が未収額に収まるかを確かめ、まちがいなら却下して申請し直してください。",
    ),
}
