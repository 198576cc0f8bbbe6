"""Reductions (減額による過納): yen on a claim beyond what is owed after a notice was cancelled or lowered.

Pure. The excess moves from the claim into suspense, the last payment first, so that people can pay it back or put it on
another claim. The last payment is the one with the last 領収日, then by the sender's identity, never by arrival.
"""

import polars as pl

from elqr.arithmetic.fiscal_year import OpenYears
from elqr.vocabulary.frames import Column, Payment, Posting, Reduction
from elqr.vocabulary.ruling_frames import Standing
from elqr.vocabulary.terms import Account

_PART_YEN = "part_yen"


class Reducible(Standing):
    """減額された調定にある収納: yen on such a claim, with their payment and what the claim owes."""

    PAID_ON = Payment.PAID_ON
    IDENTITY = Payment.IDENTITY
    OCCURRENCE_NO = Payment.OCCURRENCE_NO
    OWED_YEN = Column("owed_yen", pl.Int64)


def reductions(standing: pl.DataFrame, years: OpenYears) -> pl.DataFrame:
    """減額による過納の仕訳: frame Reduction, a pair of postings for the excess of each posting.

    `standing` is frame Reducible of all yen on each claim. What leaves a claim after its year was closed belongs to the
    open year. Asserts that no claim keeps more than it owes, and that the postings sum to 0.
    """
    last_first = standing.sort(
        Reducible.PAID_ON, Reducible.IDENTITY, Reducible.OCCURRENCE_NO, Reducible.POSTING_NO, descending=True
    )
    yen = pl.col(Posting.YEN)
    excess = yen.sum().over(Posting.CLAIM_NO) - pl.col(Reducible.OWED_YEN)
    taken_before = yen.cum_sum().over(Posting.CLAIM_NO) - yen
    part = pl.min_horizontal(yen, (excess - taken_before).clip(lower_bound=0))
    rows = last_first.with_columns(part.alias(_PART_YEN))
    kept = rows.group_by(Posting.CLAIM_NO).agg((yen - pl.col(_PART_YEN)).sum(), pl.col(Reducible.OWED_YEN).first())
    assert kept.select((yen <= pl.col(Reducible.OWED_YEN)).all()).item(), "no claim keeps more than is owed"
    posted_year = pl.col(Posting.FISCAL_YEAR)
    open_year = years.of(posted_year, pl.col(Posting.PROCEDURE_CODE))
    taken = rows.filter(pl.col(_PART_YEN) > 0).with_columns(
        open_year.alias(Posting.FISCAL_YEAR),
        (pl.col(Posting.IS_ARREARS) | (open_year != posted_year)).alias(Posting.IS_ARREARS),
    )
    out = taken.with_columns((-pl.col(_PART_YEN)).alias(Posting.YEN))
    into = taken.with_columns(
        pl.col(_PART_YEN).alias(Posting.YEN),
        pl.lit(Account.SUSPENSE.value).alias(Posting.ACCOUNT),
        pl.lit(None, dtype=pl.Int64).alias(Posting.CLAIM_NO),
        pl.lit(None, dtype=pl.Int64).alias(Reduction.NOTICE_NO),
    )
    moves = Reduction.of(pl.concat([Reduction.of(out), Reduction.of(into)]))
    assert moves[Posting.YEN].sum() == 0, "reductions move yen and make none"
    return moves.sort(Posting.PAYMENT_NO, Reduction.REVERSES_NO, Posting.ACCOUNT)
