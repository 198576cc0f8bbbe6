"""Totals (累計): small sums of what was issued and posted at once, so that the KPI and the balances are sums of these.

Nothing in a night then reads all that the ledger holds. Pure; the verification makes them again from every row.
"""

from datetime import date

import polars as pl

from elqr.vocabulary.frames import IssueTally, Notice, Payment, Posting, PostingTally
from elqr.vocabulary.terms import KeyKind


def issue_tallies(issued: pl.DataFrame) -> pl.DataFrame:
    """発行の累計: frame IssueTally. `issued`: upload_no, procedure_code, issued_on, notice_no of every payload.

    Issuing takes all notices of a live procedure, so up to the last of them none is left.
    """
    keys = [IssueTally.UPLOAD_NO, IssueTally.PROCEDURE_CODE, IssueTally.ISSUED_ON]
    sums = issued.group_by(keys).agg(
        pl.len().alias(IssueTally.NOTICES), pl.col(Notice.NOTICE_NO).max().alias(IssueTally.LAST_NOTICE_NO)
    )
    return IssueTally.of(sums.sort(keys))


def posting_tallies(postings: pl.DataFrame, since: int = 1) -> pl.DataFrame:
    """計上の累計: frame PostingTally, of the postings numbered from `since`.

    `postings`: posting_no, night_on, payment_no, account, procedure_code, yen, key_kind, paid_on of these, and of
    all earlier ones of the same payments.
    """
    own = [Posting.PAYMENT_NO, Posting.ACCOUNT, Posting.PROCEDURE_CODE]
    rows = postings.sort(*own, "posting_no")
    is_first = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in own)
    rows = rows.with_columns(
        is_first.fill_null(True).alias("is_first"),
        (pl.col(Payment.KEY_KIND) == KeyKind.ELQR.value).alias(PostingTally.IS_ELQR),
    ).filter(pl.col("posting_no") >= since)
    keys = [PostingTally.NIGHT_ON, PostingTally.ACCOUNT, PostingTally.PROCEDURE_CODE, PostingTally.IS_ELQR]
    sums = rows.group_by(keys).agg(
        pl.col(Payment.PAID_ON).min().alias(PostingTally.FIRST_PAID_ON),
        pl.col("is_first").sum().alias(PostingTally.PAYMENTS),
        pl.col(Posting.YEN).sum(),
    )
    return PostingTally.of(sums.sort(keys))


def night_tallies(postings: pl.DataFrame, payments: pl.DataFrame, night: date) -> pl.DataFrame:
    """今夜の計上の累計: frame PostingTally, of postings (Posting) of payments that had none."""
    paid = payments.select(Payment.PAYMENT_NO, Payment.KEY_KIND, Payment.PAID_ON)
    rows = postings.with_row_index("posting_no", offset=1).join(paid, on=Payment.PAYMENT_NO, validate="m:1")
    return posting_tallies(rows.with_columns(pl.lit(night).alias(PostingTally.NIGHT_ON)))
