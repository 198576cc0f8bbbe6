"""Columns that the verification checks (検算の列), spelt once as in elqr/vocabulary/frames.py."""

import polars as pl

from elqr.vocabulary.arrival_frames import Reminded
from elqr.vocabulary.claim_frames import ClaimFee
from elqr.vocabulary.frames import (
    Allocation,
    Column,
    Decision,
    Frame,
    Move,
    Notice,
    NoticeClaim,
    NumberedPosting,
    Payload,
    Payment,
    Ruled,
    RulingEffect,
)
from elqr.vocabulary.money_frames import Bundle, Settled
from elqr.vocabulary.report_frames import DailySum, Delivery, NoticeIntake


class TakenFile(Frame):
    """取込済のファイル: a file that was taken in, its first delivery, and the night that decided its payments."""

    FILE_NO = Payment.FILE_NO
    SHA256 = Delivery.SHA256
    SPEC = Delivery.SPEC
    SIZE_BYTES = Column("size_bytes", pl.Int64)
    RECORD_COUNT = Column("record_count", pl.Int64)
    PAYMENT_COUNT = Delivery.PAYMENT_COUNT
    PAYMENT_YEN = Delivery.PAYMENT_YEN
    NAME = Delivery.NAME
    RECEIVED_ON = Column("received_on", pl.Date)
    DECIDED_ON = Column("decided_on", pl.Date)


class DecisionBeside(Decision):
    """消込結果とその収納: a decision with its payment; null where there is none."""

    PAID_YEN = Payment.PAID_YEN
    STAGE = Payment.STAGE
    PAID_ON = Payment.PAID_ON
    FILE_NO = Payment.FILE_NO


class EnteredPosting(NumberedPosting):
    """記された仕訳: a posting with the night and the ruling that made it, and the year of its claim."""

    NIGHT_ON = Column("night_on", pl.String)
    REVERSES_NO = Move.REVERSES_NO
    RULING_NO = Move.RULING_NO
    LEVY_YEAR = Allocation.LEVY_YEAR
    IS_REDUCTION = DailySum.IS_REDUCTION


class OverpaidClaim(Frame):
    """納め過ぎの調定: a claim on which more was collected than is owed."""

    CLAIM_NO = NoticeClaim.CLAIM_NO
    COLLECTED_YEN = Column("collected_yen", pl.Int64)
    OWED_YEN = Column("owed_yen", pl.Int64)


class SentFee(ClaimFee):
    """督促手数料, beside the sending (`list_no` if the claim is on its list) and what the row takes back.

    `printed_on` and `sent_on` are 発行日 and night of the sending, `undone_on` when that was taken back. `is_same`: the
    fee that the row takes back is of the same claim, sending and yen. `is_stated`: a claim file names the claim.
    `has_entry`: the row changed what is owed.
    """

    LIST_NO = Reminded.LIST_NO
    PRINTED_ON = Column("printed_on", pl.Date)
    SENT_ON = Column("sent_on", pl.Date)
    UNDONE_ON = Column("undone_on", pl.Date)
    IS_SAME = Column("is_same", pl.Boolean)
    IS_STATED = Column("is_stated", pl.Boolean)
    HAS_ENTRY = Column("has_entry", pl.Boolean)


class SaidContent(Frame):
    """収納の中身: the content of a payment record as one text."""

    PAYMENT_NO = Payment.PAYMENT_NO
    CONTENT = Column("content", pl.String)


class CarriedRuling(Frame):
    """決裁と結果: a ruling, its result, and the night of the result."""

    RULING_NO = Ruled.RULING_NO
    REVIEW_NO = Ruled.REVIEW_NO
    PAYMENT_NO = Ruled.PAYMENT_NO
    NOTICE_NO = Ruled.NOTICE_NO
    UNDOES_NO = Ruled.UNDOES_NO
    RULING = Ruled.RULING
    RESULT = RulingEffect.RESULT
    BEFORE_YEN = RulingEffect.BEFORE_YEN
    AFTER_YEN = RulingEffect.AFTER_YEN
    NIGHT_ON = EnteredPosting.NIGHT_ON


class EnteredBundle(Bundle):
    """記された束: a bundle with its night."""

    NIGHT_ON = EnteredPosting.NIGHT_ON


class BundledPayment(Frame):
    """束にする収納: a payment with the columns that bundles are made from, its 行き先 and its night."""

    PAYMENT_NO = Payment.PAYMENT_NO
    FILE_NO = Payment.FILE_NO
    CHANNEL = Payment.CHANNEL
    STAGE = Payment.STAGE
    FUNDS_ON = Payment.FUNDS_ON
    PAID_ON = Payment.PAID_ON
    PAID_YEN = Payment.PAID_YEN
    PLACE = Decision.PLACE
    CLAIM_YEN = Decision.CLAIM_YEN
    SUSPENSE_YEN = Decision.SUSPENSE_YEN
    NIGHT_ON = EnteredPosting.NIGHT_ON

    OF_PAYMENT = (PAYMENT_NO, FILE_NO, CHANNEL, STAGE, FUNDS_ON, PAID_ON, PAID_YEN)
    OF_DECISION = (PLACE, CLAIM_YEN, SUSPENSE_YEN)


class EnteredSettlement(Frame):
    """記された突合済: a line of the settlement, its night, and the sums of its members."""

    SETTLEMENT_NO = Column("settlement_no", pl.Int64)
    CONTRACT = Settled.CONTRACT
    OUTCOME = Settled.OUTCOME
    FROM_ON = Settled.FROM_ON
    UNTIL_ON = Settled.UNTIL_ON
    PAYMENTS = Settled.PAYMENTS
    PAYMENT_YEN = Settled.PAYMENT_YEN
    FEE_YEN = Settled.FEE_YEN
    MONEY_YEN = Settled.MONEY_YEN
    NIGHT_ON = EnteredPosting.NIGHT_ON
    HELD_PAYMENTS = Column("held_payments", pl.Int64)
    HELD_YEN = Column("held_yen", pl.Int64)
    HELD_MONEY = Column("held_money", pl.Int64)

    HELD = (HELD_PAYMENTS, HELD_YEN, HELD_MONEY)


class WatchedOverdue(Frame):
    """期限超過の速報 with the night on which its bundle was checked, and its outcome."""

    PAYMENT_NO = Payment.PAYMENT_NO
    CONTRACT = Settled.CONTRACT
    NIGHT_ON = EnteredPosting.NIGHT_ON
    WATCHED_ON = Column("watched_on", pl.String)
    OUTCOME = Decision.OUTCOME


class NoticeFile(Frame):
    """納付書データの取込: a notice file, when it came, and how many of its rows were refused.

    `retracts_no`: no file came, but two people took back the import of this number.
    """

    NOTICE_FILE_NO = Notice.NOTICE_FILE_NO
    SHA256 = Delivery.SHA256
    NAME = Delivery.NAME
    NIGHT_ON = Column("night_on", pl.Date)
    ROWS_READ = NoticeIntake.ROWS_READ
    ROWS_BAD = NoticeIntake.ROWS_BAD
    RETRACTS_NO = Column("retracts_no", pl.Int64)


class NoticeFileRow(Frame):
    """納付書データの取込, all columns as they are stored. `COUNTS` are of rows."""

    NOTICE_FILE_NO = NoticeFile.NOTICE_FILE_NO
    SHA256 = NoticeFile.SHA256
    NAME = NoticeFile.NAME
    NIGHT_ON = EnteredPosting.NIGHT_ON
    ROWS_READ = NoticeIntake.ROWS_READ
    ROWS_NEW = NoticeIntake.ROWS_NEW
    ROWS_SAME = NoticeIntake.ROWS_SAME
    ROWS_BAD = NoticeIntake.ROWS_BAD
    RETRACTS_NO = NoticeFile.RETRACTS_NO

    COUNTS = (ROWS_READ, ROWS_NEW, ROWS_SAME, ROWS_BAD)


class PayloadBeside(Payload):
    """eL-QR発行とその納付書: a payload with the columns of its notice that the digits are made from."""

    AMOUNT_YEN = Notice.AMOUNT_YEN
    LEVY_YEAR = Notice.LEVY_YEAR
    TAX_YEAR = Notice.TAX_YEAR
    INSTALLMENT_NO = Notice.INSTALLMENT_NO
    DUE_ON = Notice.DUE_ON
    PAYABLE_UNTIL_ON = Notice.PAYABLE_UNTIL_ON
