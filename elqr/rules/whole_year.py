"""Whole year (全期): which of tonight's 全期 slips take their instalments, and which come too late.

A 全期 slip takes all that is owed on its instalments, or nothing: it is refused where a payment before it, in the
ledger or tonight, put yen on one of them. What put nothing there refuses nobody.
"""

from collections.abc import Sequence

import polars as pl

from elqr.vocabulary.frames import OpenClaim


def late_whole_years(lines: pl.DataFrame, payer: str, order: Sequence[str]) -> pl.Series:
    """遅れた全期: of payments that would take all of their instalments, those that others do before them.

    `lines`: one row a payment (the column `payer`) and instalment, with what `order` sorts by. The first takes its
    instalments, which refuses whoever comes later on one of them; then the first of those that are left, and so on.
    """
    turn = pl.struct(*order, payer).rank("dense").alias("turn")
    left = lines.select(payer, OpenClaim.CLAIM_NO, turn)
    refused = left[payer].clear()
    while True:
        first = left.with_columns(pl.col("turn").min().over(OpenClaim.CLAIM_NO).alias("first"))
        takes = (pl.col("turn") == pl.col("first")).all().over(payer)
        left = first.select(payer, OpenClaim.CLAIM_NO, "turn", takes.alias("takes"))
        if left["takes"].all():
            return refused
        taken = left.filter("takes")[OpenClaim.CLAIM_NO]
        is_late = ~pl.col("takes") & pl.col(OpenClaim.CLAIM_NO).is_in(taken.implode())
        late = left.filter(is_late)[payer].unique()
        refused = pl.concat([refused, late])
        left = left.filter(~pl.col(payer).is_in(late.implode()))
