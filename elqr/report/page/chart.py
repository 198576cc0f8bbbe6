"""Charts (図): the places of the bars and lines of a small SVG. Geometry only; the page draws it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT = 440, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 66, 8, 12, 22
_WIDEST = 40
_DAYS_LABELLED = 6
_STEPS = (1, 2, 5)
_UNITS = ((100_000_000, "億"), (10_000, "万"))


@dataclass(frozen=True, slots=True)
class Tick:
    """目盛: a place on an axis, and its label."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """棒: its rectangle, and the label that it shows when pointed at."""

    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """折れ線: its path, its points (x, y, label), its style (from 0), and its latest value."""

    name: str
    path: str
    points: tuple[tuple[float, float, str], ...]
    style: int
    latest: str


@dataclass(frozen=True, slots=True)
class Chart:
    """図: the places of the bars, lines and labels of one chart."""

    key: str
    title: str
    summary: str
    bars: tuple[Bar, ...]
    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    days: tuple[Tick, ...]


def bar_chart(key: str, title: str, unit: str, nights: Sequence[date], values: Sequence[int]) -> Chart:
    """棒の図: one bar for each night."""
    top, ticks = _scale(max([1, *values]), unit)
    slot = _slot(nights)
    bars = []
    for at, (night, value) in enumerate(zip(nights, values, strict=True)):
        x, y = _round(_LEFT + slot * (at + 0.15)), _y(value / top)
        label = f"{night.month}月{night.day}日 {value:,}{unit}"
        bars.append(Bar(x, y, _round(slot * 0.7), _round(HEIGHT - _BOTTOM - y), label))
    summary = f"{_span(nights)}。最大 {max(values):,}{unit}、最新 {values[-1]:,}{unit}"
    return Chart(key, title, summary, tuple(bars), (), ticks, _days(nights))


def line_chart(
    key: str, title: str, nights: Sequence[date], series: Sequence[tuple[str, Sequence[float | None]]]
) -> Chart:
    """折れ線の図 of rates: one line for each name, with a gap where there is no value."""
    highest = max([0.0, *(value for _, values in series for value in values if value is not None)])
    top, ticks = _scale(max(1, round(highest * 100 + 0.499)), "%")
    slot = _slot(nights)
    lines = []
    for style, (name, values) in enumerate(series):
        points: list[tuple[float, float, str]] = []
        path, is_drawing = "", False
        for at, (night, value) in enumerate(zip(nights, values, strict=True)):
            if value is None:
                is_drawing = False
                continue
            x, y = _round(_LEFT + slot * (at + 0.5)), _y(value * 100 / top)
            path += f"{'L' if is_drawing else 'M'}{x} {y}"
            points.append((x, y, f"{name} {night.month}月{night.day}日 {value:.1%}"))
            is_drawing = True
        last = values[-1]
        lines.append(Line(name, path, tuple(points), style, "－" if last is None else f"{last:.1%}"))
    return Chart(key, title, f"{_span(nights)}。凡例は最新の値", (), tuple(lines), ticks, _days(nights))


def _span(nights: Sequence[date]) -> str:
    first, last = nights[0], nights[-1]
    return f"{first.month}月{first.day}日から{last.month}月{last.day}日まで{len(nights)}夜"


def _scale(highest: int, unit: str) -> tuple[int, tuple[Tick, ...]]:
    """The top of the axis, a round number, and its ticks."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power * 4 >= highest:
                top = step * power * next(count for count in (1, 2, 3, 4) if step * power * count >= highest)
                marks = range(0, top + 1, step * power)
                return top, tuple(Tick(_y(value / top), _tick_label(value, unit)) for value in marks)
        power *= 10


def _tick_label(value: int, unit: str) -> str:
    for size, name in _UNITS:
        if value >= size and value * 10 % size == 0:
            return f"{value / size:g}{name}{unit}"
    return f"{value:,}{unit}"


def _y(share: float) -> float:
    return _round(_TOP + (HEIGHT - _TOP - _BOTTOM) * (1 - share))


def _days(nights: Sequence[date]) -> tuple[Tick, ...]:
    """Labels under some of the nights, and always under the last."""
    slot = _slot(nights)
    every = -(-len(nights) // _DAYS_LABELLED)
    chosen = [at for at in range(len(nights)) if (len(nights) - 1 - at) % every == 0]
    return tuple(Tick(_round(_LEFT + slot * (at + 0.5)), f"{nights[at].month}/{nights[at].day}") for at in chosen)


def _slot(nights: Sequence[date]) -> float:
    """The width of a night, limited so that few nights do not make broad bars."""
    return min((WIDTH - _LEFT - _RIGHT) / len(nights), _WIDEST)


def _round(value: float) -> float:
    return round(value, 2)
