"""Frames of the reports (帳票の表): results of the queries about a night, a month and a year.

None of these is a table of the ledger. The queries and the reports name their columns through them.
"""

import polars as pl

from elqr.vocabulary.counted_frames import CountedDay
from elqr.vocabulary.frames import (
    Claim,
    ClaimKey,
    Column,
    Decision,
    Frame,
    Notice,
    Payment,
    Posting,
    Ruled,
    RulingEffect,
    Suggestion,
)
from elqr.vocabulary.ruling_frames import Payout


class DecidedPayment(Frame):
    """消込結果の行: a payment with its decision, and the notice that its key named."""

    PAYMENT_NO = Payment.PAYMENT_NO
    FILE_NAME = Column("file_name", pl.String)
    FILE_SHA256 = Column("file_sha256", pl.String)
    RECORD_NO = Payment.RECORD_NO
    CHANNEL = Payment.CHANNEL
    STAGE = Payment.STAGE
    OUTCOME = Decision.OUTCOME
    PLACE = Decision.PLACE
    FLAGS = Decision.FLAGS
    PAID_YEN = Payment.PAID_YEN
    CLAIM_YEN = Decision.CLAIM_YEN
    SUSPENSE_YEN = Decision.SUSPENSE_YEN
    PAID_ON = Payment.PAID_ON
    FUNDS_ON = Payment.FUNDS_ON
    KEY_KIND = Payment.KEY_KIND
    KEY_DIGITS = Payment.KEY_DIGITS
    PROCEDURE_CODE = Decision.PROCEDURE_CODE
    LEVY_YEAR = Notice.LEVY_YEAR
    BILL_NO = Notice.BILL_NO
    INSTALLMENT_NO = Notice.INSTALLMENT_NO
    ISSUE_NO = Notice.ISSUE_NO
    PAYER_REF = Notice.PAYER_REF
    AMOUNT_YEN = Notice.AMOUNT_YEN
    PAYABLE_UNTIL_ON = Notice.PAYABLE_UNTIL_ON
    OTHER_PAYMENT_NO = Decision.OTHER_PAYMENT_NO
    RESULT_CODE = Payment.RESULT_CODE
    DOUBT = Payment.DOUBT
    ITEM_NO = Payment.ITEM_NO
    IMAGE_REF = Payment.IMAGE_REF
    DECIDED_ON = Column("decided_on", pl.Date)

    OF_FILE = (FILE_NAME, FILE_SHA256, DECIDED_ON)
    """These are the same for all payments of a file."""


class ExceptionRow(DecidedPayment):
    """要確認の行: a payment that waits, its yen as of a night, and the last ruling on it that took effect.

    A row that is not `is_open` is decided, and waits in suspense to be paid out.
    """

    RULING_NO = Ruled.RULING_NO
    RULING = Ruled.RULING
    RULING_REASON = Column("ruling_reason", pl.String)
    RULED_ON = Column("ruled_on", pl.Date)
    IS_OPEN = Column("is_open", pl.Boolean)
    OTHERS_MOVED = Column("others_moved", pl.Int64)


class EarlierPayment(Frame):
    """先の収納: a payment that a decision names as the one before it."""

    PAYMENT_NO = Payment.PAYMENT_NO
    CHANNEL = Payment.CHANNEL
    PAID_ON = Payment.PAID_ON
    PAID_YEN = Payment.PAID_YEN
    IMAGE_REF = Payment.IMAGE_REF
    FILE_NAME = DecidedPayment.FILE_NAME


class SuggestedNotice(Frame):
    """近い納付書: the notice of a suggestion, as the lists show it."""

    PAYMENT_NO = Suggestion.PAYMENT_NO
    HOW = Suggestion.HOW
    PROCEDURE_CODE = Notice.PROCEDURE_CODE
    BILL_NO = Notice.BILL_NO
    INSTALLMENT_NO = Notice.INSTALLMENT_NO


class LateNotice(Suggestion):
    """同じ照会キーの納付書: a notice of the payment's own key, whether it was known on that night or not.

    `agrees`: nothing in it contradicts the payment; it may be cancelled. `fits`: the payment would have matched it.
    """

    AGREES = Column("agrees", pl.Boolean)
    FITS = Column("fits", pl.Boolean)


class DailySum(Frame):
    """収納日計: sums of a night's postings. A posting that takes back counts as minus one.

    What came on an account and what `takes_off` it again are summed apart: together they may be nothing.
    The columns `OF_DAY` are null for a city that counts by night, and for what was not posted by matching.
    """

    ACCOUNT = Posting.ACCOUNT
    PROCEDURE_CODE = Posting.PROCEDURE_CODE
    FISCAL_YEAR = Posting.FISCAL_YEAR
    IS_ARREARS = Posting.IS_ARREARS
    CHANNEL = Payment.CHANNEL
    PAID_ON = Payment.PAID_ON
    IS_MOVE = Column("is_move", pl.Boolean)
    IS_REDUCTION = Column("is_reduction", pl.Boolean)
    TAKES_OFF = Column("takes_off", pl.Boolean)
    COUNT = Column("count", pl.Int64)
    YEN = Posting.YEN
    FALLS_ON = CountedDay.FALLS_ON
    COUNTED_ON = CountedDay.COUNTED_ON
    RULE = CountedDay.RULE

    OF_DAY = (FALLS_ON, COUNTED_ON, RULE)
    KEYS = (
        ACCOUNT,
        PROCEDURE_CODE,
        FISCAL_YEAR,
        IS_ARREARS,
        CHANNEL,
        PAID_ON,
        IS_MOVE,
        IS_REDUCTION,
        TAKES_OFF,
        *OF_DAY,
    )


class LaterSum(Frame):
    """日計表の後の計上: sums of postings that were made after the reports of their day had been drawn.

    On claims, and where yen end by decisions.
    """

    NIGHT_ON = Column("night_on", pl.Date)
    ACCOUNT = Posting.ACCOUNT
    PROCEDURE_CODE = Posting.PROCEDURE_CODE
    FISCAL_YEAR = Posting.FISCAL_YEAR
    IS_ARREARS = Posting.IS_ARREARS
    CHANNEL = Payment.CHANNEL
    PAID_ON = Payment.PAID_ON
    IS_MOVE = DailySum.IS_MOVE
    IS_REDUCTION = DailySum.IS_REDUCTION
    TAKES_OFF = DailySum.TAKES_OFF
    COUNT = DailySum.COUNT
    YEN = Posting.YEN


class MonthlySum(Frame):
    """月計: sums of a month's postings, by the day on which they count: their night, or their 計上日.

    As in DailySum, what came on an account and what `takes_off` it again are summed apart.
    """

    ACCOUNT = Posting.ACCOUNT
    PROCEDURE_CODE = Posting.PROCEDURE_CODE
    FISCAL_YEAR = Posting.FISCAL_YEAR
    IS_ARREARS = Posting.IS_ARREARS
    CHANNEL = Payment.CHANNEL
    DAY_ON = Column("day_on", pl.Date)
    IS_MOVE = DailySum.IS_MOVE
    IS_REDUCTION = DailySum.IS_REDUCTION
    TAKES_OFF = DailySum.TAKES_OFF
    COUNT = DailySum.COUNT
    YEN = Posting.YEN


class Delivery(Frame):
    """取込結果: a delivered file, its status, and the payments, money and claims in it."""

    DELIVERY_NO = Column("delivery_no", pl.Int64)
    NAME = Column("name", pl.String)
    SHA256 = Column("sha256", pl.String)
    STATUS = Column("status", pl.String)
    SPEC = Column("spec", pl.String)
    PAYMENT_COUNT = Column("payment_count", pl.Int64)
    PAYMENT_YEN = Column("payment_yen", pl.Int64)
    LINES = Column("lines", pl.Int64)
    MONEY_YEN = Column("money_yen", pl.Int64)
    CLAIM_ROWS = Column("claim_rows", pl.Int64)
    NEW_CLAIM_ROWS = Column("new_claim_rows", pl.Int64)


class HeldFile(Frame):
    """残っている取込保留: a file that was held back; `own_name` is its name without what hid it."""

    NAME = Delivery.NAME
    SHA256 = Delivery.SHA256
    SPEC = Delivery.SPEC
    BOX = Column("box", pl.String)
    DELIVERY_NO = Delivery.DELIVERY_NO
    NIGHT_ON = Column("night_on", pl.Date)
    OWN_NAME = Column("own_name", pl.String)


class DeliveryFinding(Frame):
    """取込保留の理由: a finding about a delivery, with the file's name and the format as which it was read.

    Its file is told by `delivery_no`: another file may come under the same name.
    """

    NAME = Delivery.NAME
    CODE = Column("code", pl.String)
    RECORD_NO = Payment.RECORD_NO
    OFFSET_BYTES = Payment.OFFSET_BYTES
    FIELD = Column("field", pl.String)
    ACTUAL = Column("actual", pl.String)
    EXPECTED = Column("expected", pl.String)
    SPEC = Delivery.SPEC
    DELIVERY_NO = Delivery.DELIVERY_NO


class NoticeIntake(Frame):
    """納付書の取込: a notice file, and how many of its rows were new, unchanged or bad."""

    NAME = Delivery.NAME
    ROWS_READ = Column("rows_read", pl.Int64)
    ROWS_NEW = Column("rows_new", pl.Int64)
    ROWS_SAME = Column("rows_same", pl.Int64)
    ROWS_BAD = Column("rows_bad", pl.Int64)


class RedeliveredSum(Frame):
    """再受信ファイルの収納: sums of the records of a file that was delivered again."""

    FILE_NAME = DecidedPayment.FILE_NAME
    CHANNEL = Payment.CHANNEL
    PROCEDURE_CODE = Decision.PROCEDURE_CODE
    PAID_ON = Payment.PAID_ON
    COUNT = DailySum.COUNT
    YEN = Posting.YEN


class PlacedRecord(Frame):
    """読んだ記録: one or several records of a file, with their 行き先."""

    FILE_NAME = DecidedPayment.FILE_NAME
    CHANNEL = Payment.CHANNEL
    PROCEDURE_CODE = Decision.PROCEDURE_CODE
    PAID_ON = Payment.PAID_ON
    PLACE = Decision.PLACE
    COUNT = DailySum.COUNT
    YEN = Posting.YEN


class RulingRecord(Frame):
    """決裁の記録: who decided what and why, who approved it, and the yen in suspense before and after it.

    `done_on`, `number` and `interest_yen` are what a step of a refund says besides. `source` is the file or the search
    that a request came from, or empty.
    """

    REVIEW_NO = Ruled.REVIEW_NO
    SOURCE = Column("source", pl.String)
    RULING_NO = Ruled.RULING_NO
    PAYMENT_NO = Ruled.PAYMENT_NO
    OUTCOME = Decision.OUTCOME
    PAID_YEN = Payment.PAID_YEN
    RULING = Ruled.RULING
    TARGET = Column("target", pl.String)
    REASON = Ruled.REASON
    STAFF = Ruled.STAFF
    ASKED_BY = Column("asked_by", pl.String)
    ASKED_AT = Column("asked_at", pl.String)
    RESULT = RulingEffect.RESULT
    TAKEN_BY = Column("taken_by", pl.String)
    TAKEN_AT = Column("taken_at", pl.String)
    STEP_REASON = Column("step_reason", pl.String)
    BEFORE_YEN = RulingEffect.BEFORE_YEN
    AFTER_YEN = RulingEffect.AFTER_YEN
    WITHDRAWN_YEN = Column("withdrawn_yen", pl.Int64)
    RETURNED_YEN = Column("returned_yen", pl.Int64)
    UNDOES_NO = Ruled.UNDOES_NO
    DONE_ON = Payout.DONE_ON
    NUMBER = Payout.NUMBER
    INTEREST_YEN = Payout.INTEREST_YEN
    ASKED_SEAT = Column("asked_seat", pl.String)
    TAKEN_SEAT = Column("taken_seat", pl.String)


class RetractionRecord(Frame):
    """取り消しの申請: which record is to be retracted, who requested it, and how it ended."""

    RETRACTION_NO = Column("retraction_no", pl.Int64)
    KIND = Column("kind", pl.String)
    SUBJECT = Column("subject", pl.String)
    REASON = Column("reason", pl.String)
    ASKED_BY = RulingRecord.ASKED_BY
    ASKED_AT = RulingRecord.ASKED_AT
    RESULT = RulingEffect.RESULT
    TAKEN_BY = RulingRecord.TAKEN_BY
    TAKEN_AT = RulingRecord.TAKEN_AT
    ASKED_SEAT = RulingRecord.ASKED_SEAT
    TAKEN_SEAT = RulingRecord.TAKEN_SEAT


class YearClaim(Claim):
    """年度の調定: what was levied and written off by the closing day; collected by the year's last day and after it."""

    DUE_ON = Notice.DUE_ON
    OWED_YEN = Column("owed_yen", pl.Int64)
    WRITTEN_OFF_YEN = Column("written_off_yen", pl.Int64)
    OWN_YEN = Column("own_yen", pl.Int64)
    CLOSING_YEN = Column("closing_yen", pl.Int64)


class ClosedClaim(YearClaim):
    """年度の調定の残り: what was collected for the year, what is still owed, and what was collected beyond it."""

    COLLECTED_YEN = Column("collected_yen", pl.Int64)
    LEFT_YEN = Column("left_yen", pl.Int64)
    EXCESS_YEN = Column("excess_yen", pl.Int64)


class YearCollected(Frame):
    """会計年度の収納額: yen collected on claims, by procedure."""

    PROCEDURE_CODE = ClaimKey.PROCEDURE_CODE
    IS_ARREARS = Posting.IS_ARREARS
    YEN = Posting.YEN


class YearHeld(Frame):
    """会計年度の仮受の残高: yen in suspense, by procedure and outcome."""

    PROCEDURE_CODE = ClaimKey.PROCEDURE_CODE
    OUTCOME = Decision.OUTCOME
    YEN = Posting.YEN


class YearLevied(Frame):
    """年度の調定と収納: of one procedure and levy year, what a fiscal year began with and what changed in it.

    `carried_yen` was unpaid when the year before closed. What was taken off (`lowered_yen`, `relieved_yen`,
    `written_off_yen`) counts as positive yen. `waiting_yen` waits in suspense to be paid back.
    """

    PROCEDURE_CODE = ClaimKey.PROCEDURE_CODE
    LEVY_YEAR = ClaimKey.LEVY_YEAR
    CARRIED_YEN = Column("carried_yen", pl.Int64)
    ASSESSED_YEN = Column("assessed_yen", pl.Int64)
    RAISED_YEN = Column("raised_yen", pl.Int64)
    LOWERED_YEN = Column("lowered_yen", pl.Int64)
    RELIEVED_YEN = Column("relieved_yen", pl.Int64)
    WRITTEN_OFF_YEN = YearClaim.WRITTEN_OFF_YEN
    COLLECTED_YEN = ClosedClaim.COLLECTED_YEN
    WAITING_YEN = Column("waiting_yen", pl.Int64)


class PostedSum(DailySum):
    """計上の合計: sums of postings with all days by which they can count. `counts_on` is the day that was chosen."""

    NIGHT_ON = Column("night_on", pl.Date)
    RECEIVED_ON = Payment.RECEIVED_ON
    FUNDS_ON = Payment.FUNDS_ON
    SPEC = Delivery.SPEC
    COUNTS_ON = Column("counts_on", pl.Date)
