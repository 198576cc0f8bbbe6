"""Whole year (全期): which of tonight's 全期 notices take their instalments, and which come too late.

A 全期 notice takes all that is owed on its instalments, or nothing. That it is refused for yen that stand on one of
them already is decided in elqr/rules/matching.py; this ranks those that compete for the same instalments.
"""

from collections.abc import Sequence

import polars as pl

from elqr.vocabulary.claim_frames import OpenClaim


def late_whole_years(lines: pl.DataFrame, payer: str, order: Sequence[str]) -> pl.Series:
    """遅れた全期: the payments that would take all their instalments, but come after others that take one of them.

    `lines` has a row for each payment (the column `payer`) and instalment, and the columns `order`. The first payment
    takes its instalments and so refuses all later payments on any of them. Then comes the first of the remaining ones,
    and so on.
    """
    turn = pl.struct(*order, payer).rank("dense").alias("turn")
    remaining = lines.select(payer, OpenClaim.CLAIM_NO, turn)
    refused = remaining[payer].clear()
    while True:
        first = remaining.with_columns(pl.col("turn").min().over(OpenClaim.CLAIM_NO).alias("first"))
        takes = (pl.col("turn") == pl.col("first")).all().over(payer)
        remaining = first.select(payer, OpenClaim.CLAIM_NO, "turn", takes.alias("takes"))
        if remaining["takes"].all():
            return refused
        taken = remaining.filter("takes")[OpenClaim.CLAIM_NO]
        is_late = ~pl.col("takes") & pl.col(OpenClaim.CLAIM_NO).is_in(taken.implode())
        late = remaining.filter(is_late)[payer].unique()
        refused = pl.concat([refused, late])
        remaining = remaining.filter(~pl.col(payer).is_in(late.implode()))
