"""Columns of sums that are kept as rows are entered (累計の列), spelt once as in elqr/vocabulary/frames.py."""

import polars as pl

from elqr.vocabulary.frames import Column, Frame, Notice, NumberedPosting, Payload, Payment, Posting


class IssuedNotice(Frame):
    """発行した納付書: a notice in the upload that issued it."""

    UPLOAD_NO = Payload.UPLOAD_NO
    PROCEDURE_CODE = Notice.PROCEDURE_CODE
    ISSUED_ON = Notice.ISSUED_ON
    NOTICE_NO = Notice.NOTICE_NO


class IssueTally(Frame):
    """発行の累計: how many notices of a procedure and issue date one upload has, and the last of them."""

    UPLOAD_NO = Column("upload_no", pl.Int64)
    PROCEDURE_CODE = Column("procedure_code", pl.String)
    ISSUED_ON = Column("issued_on", pl.Date)
    NOTICES = Column("notices", pl.Int64)
    LAST_NOTICE_NO = Column("last_notice_no", pl.Int64)


class PostedPayment(Frame):
    """仕訳と収納: a posting with the kind of key and the 領収日 of its payment, and whether that was typed by hand."""

    POSTING_NO = NumberedPosting.POSTING_NO
    NIGHT_ON = Column("night_on", pl.Date)
    PAYMENT_NO = Posting.PAYMENT_NO
    ACCOUNT = Posting.ACCOUNT
    PROCEDURE_CODE = Posting.PROCEDURE_CODE
    YEN = Posting.YEN
    KEY_KIND = Payment.KEY_KIND
    PAID_ON = Payment.PAID_ON
    IMAGE_REF = Payment.IMAGE_REF


class PostingTally(Frame):
    """計上の累計: sums of postings entered together. A payment counts where its first posting on an account is."""

    NIGHT_ON = Column("night_on", pl.Date)
    ACCOUNT = Column("account", pl.String)
    PROCEDURE_CODE = Column("procedure_code", pl.String)
    IS_ELQR = Column("is_elqr", pl.Boolean)
    FIRST_PAID_ON = Column("first_paid_on", pl.Date)
    PAYMENTS = Column("payments", pl.Int64)
    YEN = Column("yen", pl.Int64)


class EvidenceSum(Frame):
    """運用の証拠: the notices and payments of a procedure so far, from the tallies."""

    PROCEDURE_CODE = Notice.PROCEDURE_CODE
    FIRST_ISSUED_ON = Column("first_issued_on", pl.Date)
    FIRST_PAID_ON = PostingTally.FIRST_PAID_ON
    NOTICES = IssueTally.NOTICES
    ELQR_PAYMENTS = Column("elqr_payments", pl.Int64)
    ELQR_YEN = Column("elqr_yen", pl.Int64)
    PAYMENTS = PostingTally.PAYMENTS
