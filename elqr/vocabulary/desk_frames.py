"""Columns of the desk (窓口の列), spelt once as in elqr/vocabulary/frames.py."""

import polars as pl

from elqr.vocabulary.frames import ClaimKey, Column, Frame, Notice


class DeskRecord(Frame):
    """操作記録: who did what, when, and from where."""

    RECORD_NO = Column("record_no", pl.Int64)
    RECORDED_AT = Column("recorded_at", pl.String)
    LOGIN = Column("login", pl.String)
    PERSON = Column("person", pl.String)
    ADDRESS = Column("address", pl.String)
    DEED = Column("deed", pl.String)
    SUBJECT = Column("subject", pl.String)


class NoticeFacts(ClaimKey):
    """納付書の記載: what a notice says, beside a record that may be its payment, and when it was cancelled."""

    NOTICE_NO = Notice.NOTICE_NO
    ISSUE_NO = Notice.ISSUE_NO
    PART_KIND = Notice.PART_KIND
    PAYER_REF = Notice.PAYER_REF
    AMOUNT_YEN = Notice.AMOUNT_YEN
    ISSUED_ON = Notice.ISSUED_ON
    DUE_ON = Notice.DUE_ON
    PAYABLE_UNTIL_ON = Notice.PAYABLE_UNTIL_ON
    KEY_NO = Notice.KEY_NO
    CHECK_NO = Notice.CHECK_NO
    BARCODE = Notice.BARCODE
    CUSTOMER_NO = Notice.CUSTOMER_NO
    PENSION_NO = Notice.PENSION_NO
    CANCELLED_ON = Column("cancelled_on", pl.Date)
