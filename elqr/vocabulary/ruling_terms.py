"""Terms of rulings (決裁の用語): what people may decide on a payment, and what comes of it."""

from collections.abc import Mapping

from elqr.vocabulary.terms import Account, Term


class Ruling(Term):
    """決裁: what finance may decide on an exception (要確認)."""

    APPLY = "apply", "納付書に充てる"
    REFUND = "refund", "還付候補"
    APPROPRIATE = "appropriate", "充当"
    HOLD = "hold", "保留"
    SEND_BACK = "send_back", "差戻し"
    NOT_OURS = "not_ours", "当市の収納でない"
    REPLACE = "replace", "訂正（先の収納に代える）"
    TAKE_BACK = "take_back", "収納の取消"
    NOTED = "noted", "確認のみ"
    UNDO = "undo", "決裁の取消"
    REASSIGN = "reassign", "組替"
    REFUND_DECIDED = "refund_decided", "還付決定"
    PAID_OUT = "paid_out", "還付支払済"
    BOUNCED = "bounced", "還付返戻"
    TIME_BARRED = "time_barred", "時効"
    TOO_SMALL = "too_small", "少額"
    PASSED_ON = "passed_on", "返還済"


PAYS_INTO: Mapping[Ruling, Account] = {
    Ruling.PAID_OUT: Account.REFUNDED,
    Ruling.TIME_BARRED: Account.REVENUE,
    Ruling.TOO_SMALL: Account.REVENUE,
    Ruling.PASSED_ON: Account.PASSED_ON,
}
"""仮受から出す決裁: where all yen in suspense go, and end. 還付返戻 brings them back from 還付済."""

FOLLOWS: Mapping[Ruling, tuple[Ruling, ...]] = {
    Ruling.REFUND_DECIDED: (Ruling.REFUND, Ruling.REFUND_DECIDED),
    Ruling.PAID_OUT: (Ruling.REFUND_DECIDED, Ruling.BOUNCED),
    Ruling.BOUNCED: (Ruling.PAID_OUT,),
    Ruling.TIME_BARRED: (Ruling.REFUND, Ruling.REFUND_DECIDED, Ruling.BOUNCED),
    Ruling.TOO_SMALL: (Ruling.REFUND, Ruling.REFUND_DECIDED, Ruling.BOUNCED),
    Ruling.PASSED_ON: (Ruling.NOT_OURS,),
}
"""還付の進み方: the steps after an exception is decided, and the ruling that has to stand before each."""

NUMBERED = (Ruling.REFUND_DECIDED, Ruling.PAID_OUT, Ruling.PASSED_ON)
"""番号のある一歩: the steps that need a number (決定番号, 伝票番号)."""
PAID_BY_FILE = (Ruling.PAID_OUT, Ruling.BOUNCED)
"""財務会計のファイルの一歩: what a file of the accounting system may say of a payment."""

LEAVES_CLAIM = (Ruling.UNDO, Ruling.REASSIGN)
"""These may put yen of a claim into suspense, and open what they leave there."""

WRITTEN_RULINGS = tuple(ruling for ruling in Ruling if ruling not in (*LEAVES_CLAIM, *FOLLOWS))
"""What may be written in a workbook of exceptions. The others are requested by the number of a ruling or a payment."""

NEEDS_TARGET = (Ruling.APPLY, Ruling.APPROPRIATE)
"""These need a 対象の納付番号."""

WITHDRAWS = (Ruling.REPLACE, Ruling.TAKE_BACK)
"""These withdraw yen that the sender took back or corrected."""

CLOSES_WHEN_EMPTY = (*NEEDS_TARGET, *WITHDRAWS, *PAYS_INTO, Ruling.REASSIGN)
"""These close an exception when none of its yen are left in suspense."""

AWAITS_PAYOUT = (Ruling.REFUND, Ruling.NOT_OURS, Ruling.REFUND_DECIDED, Ruling.BOUNCED)
"""These close an exception while its yen stay in suspense, until they are paid out."""

CLOSES = (*AWAITS_PAYOUT, Ruling.NOTED)
"""These close an exception whatever is in suspense."""


class RulingResult(Term):
    """決裁の結果: what a second person decided on a ruling, or that the ledger had changed in the meantime."""

    APPROVED = "approved", "承認"
    REFUSED = "refused", "却下"
    STALE = "stale", "無効（その後に変わった）"


class RetractionKind(Term):
    """取り消しの種別: which kind of record two people may retract."""

    UPLOADED = "uploaded", "登録の記録"
    RELEASED = "released", "発送の承認"
    DIFFERENCE = "difference", "差額の確認"
    EXPORT = "export", "書き出し"
    TAKEN = "taken", "取込済の記録"
    REMINDED = "reminded", "督促状の発送の記録"
    HELD = "held", "督促を止める記録"
    NOTICES = "notices", "納付書データの取込"
    BATCH = "batch", "手で打った束の確認"
    STATUS = "status", "督促の状況の行"


class ReviewKind(Term):
    """申請の種別: where the rulings of one request came from."""

    BOOK = "book", "ブック"
    SEARCH = "search", "条件指定"
    UNDO = "undo", "取消"
    REASSIGN = "reassign", "組替"
    PAYOUT = "payout", "還付"
    DESK = "desk", "窓口"
