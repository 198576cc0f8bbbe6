"""Trends (三十夜の推移): the results of the last nights, from the sums that their runs recorded."""

from dataclasses import dataclass, field
from datetime import date

import polars as pl

from elqr.vocabulary.page_frames import ChannelTrend, PlaceTrend, RulingTrend
from elqr.vocabulary.ruling_terms import CLOSES, CLOSES_WHEN_EMPTY
from elqr.vocabulary.terms import Channel, Place

NIGHTS = 30
_REOPENED, _IS_OPEN = "reopened", "is_open_after"
_WAITING = [Place.EXCEPTION.value, Place.REJECTED.value]
"""The places whose payments stay on the list until somebody decides."""


@dataclass(frozen=True, slots=True)
class Sums:
    """夜ごとの合計: the ledger's sums by night, and the rulings that took effect since the first of these nights."""

    places: pl.DataFrame = field(default_factory=PlaceTrend.empty)
    channels: pl.DataFrame = field(default_factory=ChannelTrend.empty)
    rulings: pl.DataFrame = field(default_factory=RulingTrend.empty)


@dataclass(frozen=True, slots=True)
class Trend:
    """推移: one value for each night, oldest first; a rate is None if no 確報 came or no sum was kept."""

    nights: tuple[date, ...]
    counts: tuple[int, ...]
    yens: tuple[int, ...]
    open_counts: tuple[int, ...]
    rates: tuple[tuple[str, tuple[float | None, ...]], ...]


def trend(sums: Sums, night: date, open_now: int) -> Trend:
    """推移 up to a night, which is always the last one. `open_now` is the number of its open exceptions.

    Earlier nights are computed backwards from it: what came or was reopened since is taken off, and what rulings closed
    is added.
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
    opened_since = (rows["opened"] + rows[_REOPENED]).reverse().cum_sum().reverse().shift(-1, fill_value=0)
    nights = rows[night_on].to_list()
    return Trend(
        tuple(nights),
        tuple(rows[PlaceTrend.COUNT].to_list()),
        tuple(rows[PlaceTrend.YEN].to_list()),
        tuple((open_now - opened_since).to_list()),
        _rates(sums.channels, nights),
    )


def _reopened(rulings: pl.DataFrame) -> pl.DataFrame:
    """決裁と減額で開いた件数: night_on and reopened (-1 if closed) of each ruling, by night."""
    ruling = pl.col(RulingTrend.RULING)
    is_emptied = ruling.is_in([ruling_kind.value for ruling_kind in CLOSES_WHEN_EMPTY]) & (
        pl.col(RulingTrend.AFTER_YEN) == 0
    )
    is_open = ~(ruling.is_in([ruling_kind.value for ruling_kind in CLOSES]) | is_emptied)
    order = (RulingTrend.PAYMENT_NO, RulingTrend.RULING_NO, RulingTrend.IS_REDUCTION)
    rows = rulings.sort(*order).with_columns(is_open.alias(_IS_OPEN))
    was_open = pl.coalesce(pl.col(_IS_OPEN).shift(1).over(RulingTrend.PAYMENT_NO), RulingTrend.WAS_EXCEPTION)
    return rows.select(
        RulingTrend.NIGHT_ON, (pl.col(_IS_OPEN).cast(pl.Int64) - was_open.cast(pl.Int64)).alias(_REOPENED)
    ).sort(RulingTrend.NIGHT_ON)


def _rates(channels: pl.DataFrame, nights: list[date]) -> tuple[tuple[str, tuple[float | None, ...]], ...]:
    """該当なしの割合: one rate for each night, for each channel that had any 確報."""
    channel_rates = []
    for channel in Channel:
        channel_rows = channels.filter(
            pl.col(ChannelTrend.CHANNEL) == channel.value, pl.col(ChannelTrend.CONFIRMED) > 0
        )
        rates = {day: unknown / confirmed for day, _, confirmed, unknown in channel_rows.iter_rows()}
        if rates:
            channel_rates.append((channel.label, tuple(rates.get(day) for day in nights)))
    return tuple(channel_rates)
