"""Trends (三十夜の推移): what the last nights came to, from the sums that their runs wrote down."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from elqr.vocabulary.page_frames import ChannelTrend, PlaceTrend, RulingTrend
from elqr.vocabulary.terms import CLOSES, CLOSES_WHEN_EMPTY, Channel, Place

NIGHTS = 30
_REOPENED, _IS_OPEN = "reopened", "is_open_after"
_WAITING = [Place.EXCEPTION.value, Place.REJECTED.value]
"""Places whose payments stay on the list until somebody decides."""


@dataclass(frozen=True, slots=True)
class Sums:
    """夜ごとの合計 as the ledger gives them, and the rulings that took effect since the first of these nights."""

    places: pl.DataFrame = field(default_factory=PlaceTrend.empty)
    channels: pl.DataFrame = field(default_factory=ChannelTrend.empty)
    rulings: pl.DataFrame = field(default_factory=RulingTrend.empty)


@dataclass(frozen=True, slots=True)
class Trend:
    """推移: one value a night, oldest first; a rate is None where no 確報 came or no sum was kept."""

    nights: tuple[date, ...]
    counts: tuple[int, ...]
    yens: tuple[int, ...]
    open_counts: tuple[int, ...]
    rates: tuple[tuple[str, tuple[float | None, ...]], ...]


def trend(sums: Sums, night: date, open_now: int) -> Trend:
    """推移 up to a night, which is always the last of them. `open_now` are its open exceptions.

    Open exceptions of earlier nights are told backwards: less what came, or came off a claim, since; more what rulings
    closed.
    """
    read = sums.places.group_by(PlaceTrend.NIGHT_ON).agg(
        pl.col(PlaceTrend.COUNT, PlaceTrend.YEN).sum(),
        pl.col(PlaceTrend.COUNT).filter(pl.col(PlaceTrend.PLACE).is_in(_WAITING)).sum().alias("opened"),
    )
    night_on = PlaceTrend.NIGHT_ON
    days = pl.DataFrame(
        {night_on: sorted({*read[night_on].to_list(), night})[-NIGHTS:]}, schema={night_on: night_on.dtype}
    )
    reopened = (
        _reopened(sums.rulings)
        .join_asof(days.with_columns(pl.col(night_on).alias("day")), on=night_on, strategy="forward")
        .group_by("day")
        .agg(pl.col(_REOPENED).sum())
    )
    rows = (
        days.join(read, on=night_on, how="left", validate="1:1", maintain_order="left")
        .join(reopened, left_on=night_on, right_on="day", how="left", validate="1:1", maintain_order="left")
        .with_columns(pl.col(PlaceTrend.COUNT, PlaceTrend.YEN, "opened", _REOPENED).fill_null(0))
    )
    came = (rows["opened"] + rows[_REOPENED]).reverse().cum_sum().reverse().shift(-1, fill_value=0)
    nights = rows[night_on].to_list()
    return Trend(
        tuple(nights),
        tuple(rows[PlaceTrend.COUNT].to_list()),
        tuple(rows[PlaceTrend.YEN].to_list()),
        tuple((open_now - came).to_list()),
        _rates(sums.channels, nights),
    )


def _reopened(rulings: pl.DataFrame) -> pl.DataFrame:
    """決裁と減額で開いた件数 (closed counts as minus one): night_on, reopened, by night."""
    ruling = pl.col(RulingTrend.RULING)
    moved_all = ruling.is_in([ruling_kind.value for ruling_kind in CLOSES_WHEN_EMPTY]) & (
        pl.col(RulingTrend.AFTER_YEN) == 0
    )
    is_open = ~(ruling.is_in([ruling_kind.value for ruling_kind in CLOSES]) | moved_all)
    order = (RulingTrend.PAYMENT_NO, RulingTrend.RULING_NO, RulingTrend.IS_REDUCTION)
    rows = rulings.sort(*order).with_columns(is_open.alias(_IS_OPEN))
    was_open = pl.coalesce(pl.col(_IS_OPEN).shift(1).over(RulingTrend.PAYMENT_NO), RulingTrend.WAS_EXCEPTION)
    return rows.select(
        RulingTrend.NIGHT_ON, (pl.col(_IS_OPEN).cast(pl.Int64) - was_open.cast(pl.Int64)).alias(_REOPENED)
    ).sort(RulingTrend.NIGHT_ON)


def _rates(channels: pl.DataFrame, nights: list[date]) -> tuple[tuple[str, tuple[float | None, ...]], ...]:
    """該当なしの割合 of each channel that had any 確報."""
    lines = []
    for channel in Channel:
        of_channel = channels.filter(pl.col(ChannelTrend.CHANNEL) == channel.value, pl.col(ChannelTrend.CONFIRMED) > 0)
        rates = {day: unknown / confirmed for day, _, confirmed, unknown in of_channel.iter_rows()}
        if rates:
            lines.append((channel.label, tuple(rates.get(day) for day in nights)))
    return tuple(lines)
