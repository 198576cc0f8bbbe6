"""Reductions (減額による過納): what stands on a claim beyond what is owed since a slip was cancelled or lowered.

Pure. The difference leaves the claim for suspense, the last payment first, so that somebody can pay it back or put it
on another claim. Which payment is the last is decided by 領収日 and the sender's identity, never by the arrival.
"""

import polars as pl

from elqr.arithmetic.fiscal_year import OpenYears
from elqr.vocabulary.frames import Column, Payment, Posting, Reduction
from elqr.vocabulary.ruling_frames import Standing
from elqr.vocabulary.terms import Account

_PART_YEN = "part_yen"


class Reducible(Standing):
    """減額された調定にある収納: what stands on such a claim, of which payment, and the claim's owed yen."""

    PAID_ON = Payment.PAID_ON
    IDENTITY = Payment.IDENTITY
    OCCURRENCE_NO = Payment.OCCURRENCE_NO
    OWED_YEN = Column("owed_yen", pl.Int64)


def reductions(standing: pl.DataFrame, years: OpenYears) -> pl.DataFrame:
    """減額による過納の仕訳: frame Reduction, a pair for what is taken of each place.

    `standing` is frame Reducible, all that stands on each claim. What comes off a claim after its year was closed
    belongs to the year that is open. Asserts that every claim is left with what is owed, and every pair sums to
    nothing.
    """
    last_first = standing.sort(
        Reducible.PAID_ON, Reducible.IDENTITY, Reducible.OCCURRENCE_NO, Reducible.POSTING_NO, descending=True
    )
    yen = pl.col(Posting.YEN)
    excess = yen.sum().over(Posting.CLAIM_NO) - pl.col(Reducible.OWED_YEN)
    taken_before = yen.cum_sum().over(Posting.CLAIM_NO) - yen
    part = pl.min_horizontal(yen, (excess - taken_before).clip(lower_bound=0))
    rows = last_first.with_columns(part.alias(_PART_YEN))
    left = rows.group_by(Posting.CLAIM_NO).agg((yen - pl.col(_PART_YEN)).sum(), pl.col(Reducible.OWED_YEN).first())
    assert left.select((yen <= pl.col(Reducible.OWED_YEN)).all()).item(), "no claim keeps more than is owed"
    was = pl.col(Posting.FISCAL_YEAR)
    open_year = years.of(was, pl.col(Posting.PROCEDURE_CODE))
    taken = rows.filter(pl.col(_PART_YEN) > 0).with_columns(
        open_year.alias(Posting.FISCAL_YEAR),
        (pl.col(Posting.IS_ARREARS) | (open_year != was)).alias(Posting.IS_ARREARS),
    )
    off = taken.with_columns((-pl.col(_PART_YEN)).alias(Posting.YEN))
    into = taken.with_columns(
        pl.col(_PART_YEN).alias(Posting.YEN),
        pl.lit(Account.SUSPENSE.value).alias(Posting.ACCOUNT),
        pl.lit(None, dtype=pl.Int64).alias(Posting.CLAIM_NO),
        pl.lit(None, dtype=pl.Int64).alias(Reduction.NOTICE_NO),
    )
    moves = Reduction.of(pl.concat([Reduction.of(off), Reduction.of(into)]))
    assert moves[Posting.YEN].sum() == 0, "reductions move yen and make none"
    return moves.sort(Posting.PAYMENT_NO, Reduction.REVERSES_NO, Posting.ACCOUNT)
