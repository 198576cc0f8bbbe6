"""Meanings (言葉の意味): what staff read about rulings, settlement outcomes and exit codes."""

from elqr.vocabulary.ruling_terms import Ruling
from elqr.vocabulary.terms import ExitCode, SettlementOutcome

RULING_MEANINGS: dict[Ruling, str] = {
    Ruling.APPLY: "仮受の額を、対象の納付番号の納付書（調定）に充てる",
    Ruling.REFUND: "納付者に返す候補とする。還付の手続が済むまで仮受のまま",
    Ruling.APPROPRIATE: "同じ納付者の未納に充てる。充てる先を対象の納付番号に書く",
    Ruling.HOLD: "まだ決めない。次の朝も要確認に残る",
    Ruling.SEND_BACK: "所管課か送付元に調べ直しを求める。答えが来るまで仮受のまま",
    Ruling.NOT_OURS: "当市の収納ではない。送付元に返す候補とする",
    Ruling.REPLACE: "送付元の訂正と認め、先の収納を取り消し、この収納をその調定に充てる（入らない額は仮受のまま）",
    Ruling.TAKE_BACK: "送付元の取消と認める。取消の記録なら先の確報を、内容相違などの確報ならその収納を取り消す",
    Ruling.NOTED: "見たことだけを記す。お金は動かさない（不足、段階の順序、確報の届かない速報など）",
    Ruling.UNDO: "承認した決裁を取り消し、動いた額を元の場所に戻して、要確認に戻す",
    Ruling.REASSIGN: "計上した収納を調定から外し、対象の納付書の調定に入れる。入らない額は仮受に戻し、要確認にする",
    Ruling.REFUND_DECIDED: "還付候補を還付すると決めた。決定日・決定番号・加算金を記す。お金はまだ仮受のまま",
    Ruling.PAID_OUT: "還付を支払った。支払日・支払番号を記し、仮受から還付済に移す",
    Ruling.BOUNCED: "支払った還付が戻った。還付済から仮受に戻し、支払い直すのを待つ",
    Ruling.TIME_BARRED: "時効で還付しない。仮受から歳入に移す",
    Ruling.TOO_SMALL: "少額のため還付しない。仮受から歳入に移す",
    Ruling.PASSED_ON: "当市の収納でないものを相手に返した。仮受から返還済に移す",
}
"""決裁の意味: what each ruling asks for."""


SETTLEMENT_MEANINGS: dict[SettlementOutcome, str] = {
    SettlementOutcome.AGREED: "収納の合計と入金の合計が同じ",
    SettlementOutcome.AGREED_NET: "契約の手数料を引いた額と入金の合計が同じ",
    SettlementOutcome.TAKEN_BACK: "銀行が入金を取り消した。元の入金と消し合う",
    SettlementOutcome.OUTSIDE: "ジョブで突合しないと決めた収納か入金",
    SettlementOutcome.CLOSED: "合わないが、二人が理由を確かめて閉じた",
    SettlementOutcome.DIFFERS: "収納と入金があるが、額が違う",
    SettlementOutcome.AWAITED: "まだ期限の前で、入金を待っている",
    SettlementOutcome.NO_MONEY: "期限を過ぎても入金がない",
    SettlementOutcome.NO_PAYMENTS: "入金はあるが、収納データがない。収納データの受信漏れのしるし",
    SettlementOutcome.NO_FUNDS_DAY: "確報に資金化日がない",
    SettlementOutcome.NO_CONTRACT: "どの契約にも当てはまらない収納か入金",
}
"""突合結果の意味."""


EXIT_MEANINGS: dict[ExitCode, str] = {
    ExitCode.CLEAN: "問題なし",
    ExitCode.FAILED: "失敗。表示された対処をして、もう一度実行する"
    "（`payload decode` では正しくないコード、`spec check` では様式の誤り）",
    ExitCode.USAGE: "使い方の誤り",
    ExitCode.REVIEW: "完了。確認が必要なものがある",
    ExitCode.QUARANTINE: "完了。取込保留のファイルがある",
    ExitCode.LOCKED: "別の実行が動いている",
    ExitCode.INTERRUPTED: "中断された。もう一度実行すれば続きから処理する",
}
