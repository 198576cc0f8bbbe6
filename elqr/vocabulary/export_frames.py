"""Columns of the export to the core system (書き出しの列), spelt once as in elqr/vocabulary/frames.py."""

import polars as pl

from elqr.vocabulary.frames import ClaimKey, Column


class Collected(ClaimKey):
    """収納履歴: one posting on a claim, with its notice and payment, and the state of the claim after it."""

    POSTING_NO = Column("posting_no", pl.Int64)
    REVERSES_NO = Column("reverses_no", pl.Int64)
    YEN = Column("yen", pl.Int64)
    FISCAL_YEAR = Column("fiscal_year", pl.Int64)
    IS_ARREARS = Column("is_arrears", pl.Boolean)
    NIGHT_ON = Column("night_on", pl.Date)
    BY_RULING = Column("by_ruling", pl.Boolean)
    CHANNEL = Column("channel", pl.String)
    PAID_ON = Column("paid_on", pl.Date)
    RECEIVED_ON = Column("received_on", pl.Date)
    FUNDS_ON = Column("funds_on", pl.Date)
    OUTCOME = Column("outcome", pl.String)
    ISSUE_NO = Column("issue_no", pl.Int64)
    SLIP_INSTALLMENT_NO = Column("slip_installment_no", pl.Int64)
    KEY_NO = Column("key_no", pl.String)
    CHECK_NO = Column("check_no", pl.String)
    ITEM_NO = Column("item_no", pl.String)
    SLIP_YEN = Column("slip_yen", pl.Int64)
    PRINCIPAL_YEN = Column("principal_yen", pl.Int64)
    DEMAND_FEE_YEN = Column("demand_fee_yen", pl.Int64)
    LATE_CHARGE_YEN = Column("late_charge_yen", pl.Int64)
    COVER_YEN = Column("cover_yen", pl.Int64)
    COLLECTED_YEN = Column("collected_yen", pl.Int64)
    OWED_YEN = Column("owed_yen", pl.Int64)
