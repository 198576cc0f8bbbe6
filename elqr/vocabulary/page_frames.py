"""Frames of the page (今朝の一枚の表): results of the queries for trends and for the details of single payments.

None of these is a table of the ledger. The queries and the page name their columns through them.
"""

import polars as pl

from elqr.vocabulary.frames import Column, Frame


class PlaceTrend(Frame):
    """夜ごとの行き先: count and yen that the runs of a night decided."""

    NIGHT_ON = Column("night_on", pl.Date)
    PLACE = Column("place", pl.String)
    COUNT = Column("count", pl.Int64)
    YEN = Column("yen", pl.Int64)


class ChannelTrend(Frame):
    """夜ごとの該当なし: 確報 of a channel, and how many of them named no known notice."""

    NIGHT_ON = Column("night_on", pl.Date)
    CHANNEL = Column("channel", pl.String)
    CONFIRMED = Column("confirmed", pl.Int64)
    UNKNOWN = Column("unknown", pl.Int64)


class RulingTrend(Frame):
    """決裁の効力: a ruling that took effect on a payment, when, and what it left in suspense.

    A payment that came off its claim without a ruling has a row of its own (`is_reduction`), with the ruling that was
    the last until then. `was_exception`: the payment's own night had left it as 要確認.
    """

    PAYMENT_NO = Column("payment_no", pl.Int64)
    RULING_NO = Column("ruling_no", pl.Int64)
    RULING = Column("ruling", pl.String)
    IS_REDUCTION = Column("is_reduction", pl.Boolean)
    WAS_EXCEPTION = Column("was_exception", pl.Boolean)
    AFTER_YEN = Column("after_yen", pl.Int64)
    NIGHT_ON = Column("night_on", pl.Date)


class CaseKeys(Frame):
    """収納の照会キーと原データの場所, for the details of one payment."""

    PAYMENT_NO = Column("payment_no", pl.Int64)
    FILE_SHA256 = Column("file_sha256", pl.String)
    SIZE_BYTES = Column("size_bytes", pl.Int64)
    SPEC = Column("spec", pl.String)
    RECORD_NO = Column("record_no", pl.Int64)
    OFFSET_BYTES = Column("offset_bytes", pl.Int64)
    KEY_KIND = Column("key_kind", pl.String)
    KEY_DIGITS = Column("key_digits", pl.String)
    REISSUE_NO = Column("reissue_no", pl.String)
    CHECK_NO = Column("check_no", pl.String)
    ITEM_NO = Column("item_no", pl.String)
    OFFICE_CODE = Column("office_code", pl.String)
    RECEIVED_ON = Column("received_on", pl.Date)
    FUNDS_ON = Column("funds_on", pl.Date)
    IMAGE_REF = Column("image_ref", pl.String)


class CaseClaim(Frame):
    """収納の調定: a claim that a payment names, for the page."""

    PAYMENT_NO = Column("payment_no", pl.Int64)
    CLAIM_NO = Column("claim_no", pl.Int64)


class ClaimNotice(Frame):
    """調定の納付書: a notice that pays a claim, and when it was cancelled."""

    CLAIM_NO = Column("claim_no", pl.Int64)
    LEVY_YEAR = Column("levy_year", pl.Int64)
    BILL_NO = Column("bill_no", pl.String)
    CLAIM_INSTALLMENT_NO = Column("claim_installment_no", pl.Int64)
    NOTICE_NO = Column("notice_no", pl.Int64)
    INSTALLMENT_NO = Column("installment_no", pl.Int64)
    ISSUE_NO = Column("issue_no", pl.Int64)
    PART_KIND = Column("part_kind", pl.String)
    AMOUNT_YEN = Column("amount_yen", pl.Int64)
    ISSUED_ON = Column("issued_on", pl.Date)
    PAYABLE_UNTIL_ON = Column("payable_until_on", pl.Date)
    KEY_NO = Column("key_no", pl.String)
    CANCELLED_ON = Column("cancelled_on", pl.Date)


class ClaimPosting(Frame):
    """調定への計上 with the payment behind it."""

    CLAIM_NO = Column("claim_no", pl.Int64)
    POSTING_NO = Column("posting_no", pl.Int64)
    NIGHT_ON = Column("night_on", pl.Date)
    YEN = Column("yen", pl.Int64)
    IS_MOVE = Column("is_move", pl.Boolean)
    IS_REDUCTION = Column("is_reduction", pl.Boolean)
    DECIDED_BY = Column("decided_by", pl.String)
    REASON = Column("reason", pl.String)
    PAYMENT_NO = Column("payment_no", pl.Int64)
    CHANNEL = Column("channel", pl.String)
    PAID_ON = Column("paid_on", pl.Date)


class SuspensePosting(Frame):
    """仮受への計上: a posting into or out of suspense, for the page."""

    PAYMENT_NO = Column("payment_no", pl.Int64)
    POSTING_NO = Column("posting_no", pl.Int64)
    NIGHT_ON = Column("night_on", pl.Date)
    YEN = Column("yen", pl.Int64)
    DECIDED_BY = Column("decided_by", pl.String)
    REASON = Column("reason", pl.String)


class NearNotice(Frame):
    """近い納付書: a suggestion in full, with what was collected on its claims."""

    PAYMENT_NO = Column("payment_no", pl.Int64)
    HOW = Column("how", pl.String)
    PROCEDURE_CODE = Column("procedure_code", pl.String)
    LEVY_YEAR = Column("levy_year", pl.Int64)
    BILL_NO = Column("bill_no", pl.String)
    INSTALLMENT_NO = Column("installment_no", pl.Int64)
    AMOUNT_YEN = Column("amount_yen", pl.Int64)
    KEY_NO = Column("key_no", pl.String)
    COLLECTED_YEN = Column("collected_yen", pl.Int64)


class Waiting(Frame):
    """要確認の合計: how many payments of an outcome, procedure and days wait, and their yen in suspense.

    `is_open`: they wait for a decision. The others are decided, and wait to be paid out.
    """

    OUTCOME = Column("outcome", pl.String)
    PROCEDURE_CODE = Column("procedure_code", pl.String)
    ITEM_NO = Column("item_no", pl.String)
    PAID_ON = Column("paid_on", pl.Date)
    DECIDED_ON = Column("decided_on", pl.Date)
    IS_OPEN = Column("is_open", pl.Boolean)
    COUNT = Column("count", pl.Int64)
    SUSPENSE_YEN = Column("suspense_yen", pl.Int64)

    KEYS = (OUTCOME, PROCEDURE_CODE, ITEM_NO, PAID_ON, DECIDED_ON, IS_OPEN)
