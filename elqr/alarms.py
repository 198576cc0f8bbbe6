"""Alarms of the night (警報): what takes away a night's clean status besides its exceptions."""

import polars as pl

from elqr.codes import Code
from elqr.findings import LISTED_PER_CODE, Finding, Location
from elqr.money_frames import Settled
from elqr.terms import Channel, Outcome, SettlementOutcome, Stage, StageGap


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


_MONEY_CODES = {
    SettlementOutcome.DIFFERS.value: Code.MONEY_DIFFERS,
    SettlementOutcome.NO_MONEY.value: Code.MONEY_LACKING,
    SettlementOutcome.NO_PAYMENTS.value: Code.PAYMENTS_LACKING,
    SettlementOutcome.NO_FUNDS_DAY.value: Code.FUNDS_DAY_LACKING,
    SettlementOutcome.NO_CONTRACT.value: Code.CONTRACT_LACKING,
}
_GAP_CODES = {
    StageGap.PRELIMINARY_ONLY.value: Code.CONFIRMATION_OVERDUE,
    StageGap.CONFIRMED_ONLY.value: Code.PRELIMINARY_LACKING,
}


def money_alarms(lines: pl.DataFrame, gaps: pl.DataFrame) -> list[Finding]:
    """払込突合の警報: lines (frame Settled) that do not agree, and contracts with missing 速報 or 確報.

    `gaps` has gap, contract, paid_on, paid_yen.
    """
    found = []
    for row in lines.filter(pl.col(Settled.OUTCOME).is_in(list(_MONEY_CODES))).iter_rows(named=True):
        what = "資金化日" if row[Settled.PAYMENTS] else "入金日"
        day = "" if row[Settled.FROM_ON] is None else f" {what} {row[Settled.FROM_ON]}"
        owed = row[Settled.PAYMENT_YEN] - row[Settled.FEE_YEN]
        fee = f"－手数料 {row[Settled.FEE_YEN]:,}円" if row[Settled.FEE_YEN] else ""
        found.append(
            Finding(
                Location(field=f"{row[Settled.CONTRACT] or '契約なしの入金'}{day}"),
                _MONEY_CODES[row[Settled.OUTCOME]],
                f"入金 {row[Settled.MONEY_YEN]:,}円",
                f"{owed:,}円（収納 {row[Settled.PAYMENTS]:,}件 {row[Settled.PAYMENT_YEN]:,}円{fee}）",
            )
        )
    sums = gaps.group_by("gap", "contract").agg(pl.len(), pl.col("paid_yen").sum(), pl.col("paid_on").min())
    for gap, contract, count, yen, first in sums.iter_rows():
        at = Location(field=contract or "契約なし")
        found.append(Finding(at, _GAP_CODES[gap], f"{count:,}件 {yen:,}円（最も古い領収日 {first}）", "0件"))
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
