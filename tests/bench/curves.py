"""Curves (伸び方の図): the figures of whole nights as one SVG, seconds against payments and against the ledger.

`python -m tests.bench.curves` draws tests/bench/growth.svg from tests/bench/figures.json. Both axes are logarithmic, in
whole decades; both panels have the same seconds. A picture of the rows alone: no clock, no library.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from tests.bench.growth import NIGHT
from tests.bench.limits import TOTAL
from tests.bench.measure import SQLITE, Row
from tests.builders import ROOT

FIGURES, PICTURE = ROOT / "tests" / "bench" / "figures.json", ROOT / "tests" / "bench" / "growth.svg"

_LEFT, _RIGHT, _TOP, _WIDE, _HIGH = 70, 450, 50, 280, 210
_BOTTOM = _TOP + _HIGH
_STYLE = """
svg { --paper: #ffffff; --ink: #1f2328; --faint: #d8dee4; --elqr: #0b62c4; --limit: #9a5b00 }
@media (prefers-color-scheme: dark) {
  svg { --paper: #0d1117; --ink: #e6edf3; --faint: #30363d; --elqr: #6cb6ff; --limit: #e0a84a }
}
.paper { fill: var(--paper) }
text { fill: var(--ink); font: 12px "Hiragino Sans", "Yu Gothic UI", Meiryo, "Noto Sans CJK JP", IPAexGothic, sans-serif }
.value { stroke: var(--paper); stroke-width: 3; paint-order: stroke }
.title { font-size: 14px; font-weight: bold }
.grid { stroke: var(--faint) }
.elqr { stroke: var(--elqr); stroke-width: 2.5; fill: none }
.limit { stroke: var(--limit); stroke-width: 1.2; stroke-dasharray: 5 3; fill: none }
circle.elqr { fill: var(--elqr) }
circle.limit { fill: var(--limit); stroke-dasharray: none }
"""


@dataclass(frozen=True)
class Axis:
    """対数の軸: the whole decades around some values, from `start` over `length` pixels."""

    low: int
    high: int
    start: float
    length: float

    @classmethod
    def around(cls, values: Iterable[float], start: float, length: float) -> "Axis":
        digits = [log10(value) for value in values]
        low = floor(min(digits))
        return cls(low, max(ceil(max(digits)), low + 1), start, length)

    def at(self, value: float) -> float:
        return self.start + self.length * (log10(value) - self.low) / (self.high - self.low)

    @property
    def decades(self) -> range:
        return range(self.low, self.high + 1)


def drawn(rows: Sequence[Row]) -> str:
    """図 of the nights on SQLite among the rows."""
    nights, limits = (_seconds(rows, what) for what in (NIGHT, TOTAL))
    ledger = max(notices for _, notices in nights)
    size = max(payments for payments, _ in nights if sum(payments == other for other, _ in nights) > 1)
    by_payments = [
        {payments: own for (payments, notices), own in found.items() if notices == ledger} for found in (nights, limits)
    ]
    by_notices = [
        {notices: own for (payments, notices), own in found.items() if payments == size} for found in (nights, limits)
    ]
    shown = [second for lines in (by_payments, by_notices) for line in lines for second in line.values()]
    seconds = Axis.around(shown, _BOTTOM, -_HIGH)
    body = [
        *_panel(_LEFT, seconds, by_payments, f"納付書 {_count(ledger)}枚の台帳で", "一夜の収納（件）"),
        *_panel(_RIGHT, seconds, by_notices, f"収納 {_count(size)}件の夜で", "台帳の納付書（枚）"),
        *_legend(),
    ]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 340" width="760" height="340" role="img">\n'
        "<title>一夜の時間の伸び方</title>\n"
        f"<style>{_STYLE}</style>\n"
        '<rect class="paper" width="760" height="340"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def _seconds(rows: Sequence[Row], what: str) -> dict[tuple[int, int], float]:
    """Payments and notices → seconds, from the smallest."""
    own = [row for row in rows if row.what == what and row.store == SQLITE]
    return dict(sorted(((row.payments or 0, row.notices or 0), row.value) for row in own))


def _panel(left: int, y: Axis, lines: list[dict[int, float]], title: str, below: str) -> Iterator[str]:
    x = Axis.around(lines[0], left, _WIDE)
    yield _text(left, 26, title, "title", "start")
    for decade in y.decades:
        at = y.at(10.0**decade)
        yield f'<path class="grid" d="M{left} {at:.1f}h{_WIDE}"/>'
        yield _text(left - 8, at + 4, f"{10.0**decade:g}", "tick", "end")
    for decade in x.decades:
        at = x.at(10.0**decade)
        yield f'<path class="grid" d="M{at:.1f} {_TOP}v{_HIGH}"/>'
        yield _text(at, _BOTTOM + 18, _count(10**decade), "tick", "middle")
    yield _text(left + _WIDE / 2, _BOTTOM + 40, below, "axis", "middle")
    yield f'<g transform="rotate(-90 {left - 46} {_TOP + _HIGH / 2})">'
    yield _text(left - 46, _TOP + _HIGH / 2, "一夜の時間（秒）", "axis", "middle") + "</g>"
    for kind, line, away in zip(("elqr", "limit"), lines, (-10, 20), strict=True):
        points = [(x.at(size), y.at(seconds), seconds) for size, seconds in line.items()]
        path = " ".join(f"{across:.1f},{down:.1f}" for across, down, _ in points)
        yield f'<polyline class="{kind}" points="{path}"/>'
        for across, down, seconds in points:
            yield f'<circle class="{kind}" cx="{across:.1f}" cy="{down:.1f}" r="{3.5 if kind == "elqr" else 2.5}"/>'
            inwards = (across == left) - (across == left + _WIDE)
            anchor = {-1: "end", 0: "middle", 1: "start"}[inwards]
            yield _text(across + 6 * inwards, down + away, spoken(seconds), "value", anchor)


def _legend() -> Iterator[str]:
    for at, kind, word in ((200, "elqr", "elqr の一夜（起動から終わりまで）"), (470, "limit", "段階ごとの限界の合計")):
        yield f'<path class="{kind}" d="M{at} 323h28"/>'
        yield _text(at + 36, 327, word, "axis", "start")


def _text(x: float, y: float, words: str, kind: str, anchor: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'


def spoken(seconds: float) -> str:
    """秒, to a hundredth where that is more than chance."""
    return f"{seconds:.2f}" if seconds < 10 else f"{seconds:,.1f}"


def _count(number: int) -> str:
    return f"{number // 10_000:,}万" if number >= 10_000 else f"{number:,}"


if __name__ == "__main__":
    figures = json.loads(FIGURES.read_text(encoding="utf-8"))
    PICTURE.write_text(drawn([Row(**row) for row in figures["rows"]]), encoding="utf-8")
