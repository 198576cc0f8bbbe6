"""Deposits (入金明細): which lines say what an earlier line said already. Money must not count twice.

A transfer is told by a bank's notice and again by its statement, or by the same notice delivered in another file.
Within one format a line with a number of its own (照会番号) is another transfer than one with another number;
between formats, and where there is no number, the n-th line of an identity is the n-th transfer of it.
Two lines of one file are two, whatever their number: the file's own totals count both. Zeros alone are no number.
"""

import polars as pl

from elqr.money_frames import Deposit

_IDENTITY, _NUMBER, _RANK, _NO = Deposit.IDENTITY, Deposit.NUMBER, Deposit.RANK_NO, Deposit.DEPOSIT_NO


def ranked(lines: pl.DataFrame, known: pl.DataFrame, spec: str, first_no: int) -> pl.DataFrame:
    """入金明細に番号と順位をつける: frame DepositContent → frame Deposit without `file_no`.

    `known` has identity, number, rank_no, spec and deposit_no of the ledger's lines of these identities.
    `repeats_no` is the line that says the same; null for what is new.
    """
    has_number = pl.col(_NUMBER).str.contains("[^0\\s|-]")
    nth = pl.int_range(pl.len(), dtype=pl.Int64).over(_IDENTITY, _NUMBER).alias("nth")
    own = known.filter(pl.col("spec") == spec)
    numbered = own.filter(has_number).select(_IDENTITY, _NUMBER, pl.col(_RANK).alias("seen")).unique()
    seen = numbered.sort("seen").with_columns(nth)
    reached = own.group_by(_IDENTITY).agg(pl.col(_RANK).max().alias("reached"))
    position = (~has_number | pl.col("seen").is_null()).cum_sum().over(_IDENTITY).cast(pl.Int64)
    after_known = position + pl.col("reached").fill_null(0)
    rank = pl.when(has_number).then(pl.coalesce("seen", after_known)).otherwise(position)
    rows = (
        lines.with_columns(pl.int_range(first_no, first_no + pl.len(), dtype=pl.Int64).alias(_NO), nth)
        .join(seen, on=[_IDENTITY, _NUMBER, "nth"], how="left", maintain_order="left")
        .join(reached, on=_IDENTITY, how="left", maintain_order="left")
        .with_columns(rank.alias(_RANK))
        .drop("nth", "seen", "reached")
    )
    said = pl.concat([frame.select(_IDENTITY, _RANK, _NO) for frame in (known, rows)])
    first = said.group_by(_IDENTITY, _RANK).agg(pl.col(_NO).min().alias("first_no"))
    repeats = pl.when(pl.col("first_no") < pl.col(_NO)).then("first_no").alias(Deposit.REPEATS_NO)
    return (
        rows.join(first, on=[_IDENTITY, _RANK], how="left", maintain_order="left")
        .with_columns(repeats)
        .drop("first_no")
    )
