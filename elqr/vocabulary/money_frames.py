"""Columns of money received and of its settlement (入金と払込突合の列), spelt once as in elqr/vocabulary/frames.py."""

import polars as pl

from elqr.vocabulary.frames import Column, Frame


class DepositContent(Frame):
    """入金明細の中身: what one line says about money on the city's account. Yen are never negative; the kind tells."""

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
    """入金明細 as the ledger keeps it: the how-manieth of its identity, and which line it says again."""

    DEPOSIT_NO = Column("deposit_no", pl.Int64)
    FILE_NO = Column("file_no", pl.Int64)
    RANK_NO = Column("rank_no", pl.Int64)
    REPEATS_NO = Column("repeats_no", pl.Int64)


class Bundle(Frame):
    """収納の束: the payments of one file that are of one channel, stage and day; what settlement works on.

    The day is the 資金化日, or the 領収日 where the sender names none.
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
    """突合の一行: payments and money that belong together, and what came of it. Payments' yen are before fees."""

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


MERGED, APART, BESIDE = "merged", "apart", "beside"
"""Why a line is doubtful: taken for another's, counted beside another sender's, counted beside an equal one."""
