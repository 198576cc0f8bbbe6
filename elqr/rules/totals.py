"""Totals (累計): sums of what was issued or posted together. The KPI and the balances are sums of these.

So no night has to read the whole ledger. Pure; the verification computes them again from every row.
"""

from datetime import date

import polars as pl

from elqr.vocabulary.frames import Payment
from elqr.vocabulary.tally_frames import IssuedNotice, IssueTally, PostedPayment, PostingTally
from elqr.vocabulary.terms import KeyKind


def issue_tallies(issued: pl.DataFrame) -> pl.DataFrame:
    """発行の累計: frame IssueTally of payloads (frame IssuedNotice).

    Issuing takes all notices of a live procedure, so none up to `last_notice_no` is left without a payload.
    """
    keys = [IssuedNotice.UPLOAD_NO, IssuedNotice.PROCEDURE_CODE, IssuedNotice.ISSUED_ON]
    sums = issued.group_by(keys).agg(
        pl.len().alias(IssueTally.NOTICES), pl.col(IssuedNotice.NOTICE_NO).max().alias(IssueTally.LAST_NOTICE_NO)
    )
    return IssueTally.of(sums.sort(keys))


def posting_tallies(postings: pl.DataFrame, since: int = 1) -> pl.DataFrame:
    """計上の累計: frame PostingTally of the postings numbered from `since`.

    `postings` (frame PostedPayment) are these and all earlier ones of the same payments.
    """
    key = [PostedPayment.PAYMENT_NO, PostedPayment.ACCOUNT, PostedPayment.PROCEDURE_CODE]
    rows = postings.sort(*key, PostedPayment.POSTING_NO)
    is_first = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in key)
    is_typed = pl.col(PostedPayment.IMAGE_REF).is_not_null()  # paid on paper, whose number is that of the eL-QR
    rows = rows.with_columns(
        is_first.fill_null(True).alias("is_first"),
        ((pl.col(PostedPayment.KEY_KIND) == KeyKind.ELQR.value) & ~is_typed).alias(PostingTally.IS_ELQR),
    ).filter(pl.col(PostedPayment.POSTING_NO) >= since)
    keys = [PostingTally.NIGHT_ON, PostingTally.ACCOUNT, PostingTally.PROCEDURE_CODE, PostingTally.IS_ELQR]
    sums = rows.group_by(keys).agg(
        pl.col(PostedPayment.PAID_ON).min().alias(PostingTally.FIRST_PAID_ON),
        pl.col("is_first").sum().alias(PostingTally.PAYMENTS),
        pl.col(PostedPayment.YEN).sum(),
    )
    return PostingTally.of(sums.sort(keys))


def night_tallies(postings: pl.DataFrame, payments: pl.DataFrame, night: date) -> pl.DataFrame:
    """今夜の計上の累計: frame PostingTally of the first postings (frame Posting) of payments."""
    paid = payments.select(Payment.PAYMENT_NO, Payment.KEY_KIND, Payment.PAID_ON, Payment.IMAGE_REF)
    rows = postings.with_row_index(PostedPayment.POSTING_NO, offset=1)
    rows = rows.join(paid, on=Payment.PAYMENT_NO, validate="m:1")
    return posting_tallies(rows.with_columns(pl.lit(night).alias(PostedPayment.NIGHT_ON)))
