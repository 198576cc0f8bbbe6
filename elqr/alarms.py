"""Alarms of the night (警報): what takes away a night's clean status besides its exceptions."""

import polars as pl

from elqr.codes import Code
from elqr.findings import LISTED_PER_CODE, Finding, Location
from elqr.terms import Channel, Outcome, Stage


def alarms(decisions: pl.DataFrame, unmatched_rate: float, at_least: int) -> list[Finding]:
    """警報: conflicts with what was posted, and channels whose unmatched rate is over the threshold.

    `decisions` has file_name, record_no, channel, stage, outcome. A key layout that changed shows
    first as a jump in the share of unknown keys.
    """
    conflicts = decisions.filter(pl.col("outcome") == Outcome.CONFLICTS.value).head(LISTED_PER_CODE)
    found = [
        Finding(Location(name, no), Code.POSTED_CONFLICT, "内容が違う記録", "計上済の記録と同じ内容")
        for name, no in conflicts.select("file_name", "record_no").iter_rows()
    ]
    rates = unknown_by_channel(decisions)
    over = rates.filter((pl.col("unknown") >= at_least) & (pl.col("unknown") > pl.col("confirmed") * unmatched_rate))
    for channel, count, unknown in over.iter_rows():
        at = Location(field=f"チャネル {Channel(channel).label}")
        found.append(
            Finding(
                at, Code.UNMATCHED_RATE, f"{count}件中{unknown}件（{unknown / count:.1%}）", f"{unmatched_rate:.1%}以下"
            )
        )
    return sorted(found)


def unknown_by_channel(decisions: pl.DataFrame) -> pl.DataFrame:
    """チャネルごとの該当なし: channel, confirmed (確報の件数), unknown, by channel. `decisions` as for `alarms`."""
    rows = decisions.filter(pl.col("stage") == Stage.CONFIRMED.value)
    unknown = (pl.col("outcome") == Outcome.KEY_UNKNOWN.value).sum().cast(pl.Int64)
    return (
        rows.group_by("channel")
        .agg(pl.len().cast(pl.Int64).alias("confirmed"), unknown.alias("unknown"))
        .sort("channel")
    )
