"""Columns of money received and of its settlement (入金と払込突合の列), spelt once as in elqr/vocabulary/frames.py."""

import polars as pl

from elqr.vocabulary.frames import Column, Decision, Frame, Payment


class DepositContent(Frame):
    """入金明細の中身: one line about money on the city's account. Yen are never negative: the kind gives the sign."""

    RECORD_NO = Column("record_no", pl.Int64)
    OFFSET_BYTES = Column("offset_bytes", pl.Int64)
    KIND = Column("kind", pl.String)
    BOOKED_ON = Column("booked_on", pl.Date)
    FUNDS_ON = Column("funds_on", pl.Date)
    YEN = Column("yen", pl.Int64)
    ACCOUNT = Column("account", pl.String)
    SENDER_CODE = Column("sender_code", pl.String)
    SENDER = Column("sender", pl.String)
    NUMBER = Column("number", pl.String)
    IDENTITY = Column("identity", pl.String)


class Deposit(DepositContent):
    """入金明細 in the ledger: its rank among lines of the same identity, and the line that it repeats."""

    DEPOSIT_NO = Column("deposit_no", pl.Int64)
    FILE_NO = Column("file_no", pl.Int64)
    RANK_NO = Column("rank_no", pl.Int64)
    REPEATS_NO = Column("repeats_no", pl.Int64)


class Bundle(Frame):
    """収納の束: the payments of one file with the same channel, stage and day. Settlement works on bundles.

    The day is the 資金化日, or the 領収日 where the sender gives none.
    """

    BUNDLE_NO = Column("bundle_no", pl.Int64)
    FILE_NO = Column("file_no", pl.Int64)
    CHANNEL = Column("channel", pl.String)
    STAGE = Column("stage", pl.String)
    DAY_ON = Column("day_on", pl.Date)
    IS_FUNDS_DAY = Column("is_funds_day", pl.Boolean)
    PAYMENTS = Column("payments", pl.Int64)
    YEN = Column("yen", pl.Int64)


class Settled(Frame):
    """突合の一行: payments and money that belong together, and the outcome. `payment_yen` is before fees."""

    LINE_NO = Column("line_no", pl.Int64)
    CONTRACT = Column("contract", pl.String)
    OUTCOME = Column("outcome", pl.String)
    FROM_ON = Column("from_on", pl.Date)
    UNTIL_ON = Column("until_on", pl.Date)
    PAYMENTS = Column("payments", pl.Int64)
    PAYMENT_YEN = Column("payment_yen", pl.Int64)
    FEE_YEN = Column("fee_yen", pl.Int64)
    MONEY_YEN = Column("money_yen", pl.Int64)


class LineBundle(Frame):
    """突合の一行にある束: a bundle of payments in a line of the settlement."""

    LINE_NO = Column("line_no", pl.Int64)
    BUNDLE_NO = Column("bundle_no", pl.Int64)


class LineDeposit(Frame):
    """突合の一行にある入金: a deposit in a line of the settlement."""

    LINE_NO = Column("line_no", pl.Int64)
    DEPOSIT_NO = Column("deposit_no", pl.Int64)


class ReceivedDeposit(Deposit):
    """入金明細とそのファイル: a deposit with its file's format and name, and the night it came."""

    SPEC = Column("spec", pl.String)
    FILE_NAME = Column("file_name", pl.String)
    NIGHT_ON = Column("night_on", pl.Date)


class WatchedDeposit(ReceivedDeposit):
    """同じ入金かもしれない明細: `is_watched` when it came tonight or was not settled before tonight."""

    IS_WATCHED = Column("is_watched", pl.Boolean)


class ContractDeposit(ReceivedDeposit):
    """契約のわかる入金: its contract (null where there is none), its yen (negative when taken back) and its day."""

    CONTRACT = Settled.CONTRACT
    SIGNED_YEN = Column("signed_yen", pl.Int64)
    DAY_ON = Column("counts_on", pl.Date)


class SettledDeposit(ContractDeposit):
    """突合済か未済の入金: the line of the settlement that holds it, and its outcome; null while it is open."""

    SETTLEMENT_NO = Column("settlement_no", pl.Int64)
    SETTLED_AS = Column("settled_as", pl.String)


class Doubt(Frame):
    """疑いのある入金明細: a deposit that a line of another file may repeat, and why."""

    FILE_NAME = ReceivedDeposit.FILE_NAME
    RECORD_NO = Deposit.RECORD_NO
    BOOKED_ON = Deposit.BOOKED_ON
    YEN = Deposit.YEN
    WHY = Column("why", pl.String)
    OTHER_FILE = Column("other_file", pl.String)


class FileBundle(Bundle):
    """収納の束とそのファイル: a bundle with its file's format, and the night that decided its payments."""

    SPEC = ReceivedDeposit.SPEC
    NIGHT_ON = ReceivedDeposit.NIGHT_ON


class SettledPayment(Frame):
    """突合にかける収納, as the settlement's reports list it."""

    PAYMENT_NO = Payment.PAYMENT_NO
    FILE_NAME = ReceivedDeposit.FILE_NAME
    RECORD_NO = Payment.RECORD_NO
    CHANNEL = Payment.CHANNEL
    STAGE = Payment.STAGE
    PAID_ON = Payment.PAID_ON
    FUNDS_ON = Payment.FUNDS_ON
    PAID_YEN = Payment.PAID_YEN
    OUTCOME = Decision.OUTCOME
    KEY_DIGITS = Payment.KEY_DIGITS
    NIGHT_ON = ReceivedDeposit.NIGHT_ON


class BundlePayment(SettledPayment):
    """束の収納: a payment in its bundle."""

    BUNDLE_NO = Bundle.BUNDLE_NO


class OverduePayment(SettledPayment):
    """期限を過ぎた速報 with its contract."""

    CONTRACT = Settled.CONTRACT


class Gap(OverduePayment):
    """速報と確報の食い違い: a payment whose 速報 or 確報 is missing."""

    GAP = Column("gap", pl.String)


MERGED, APART, BESIDE = "merged", "apart", "beside"
"""Why a line is doubtful: merged with another, counted apart from another sender's, counted beside an equal one."""
