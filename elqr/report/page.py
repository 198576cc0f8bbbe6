"""The summary page (今朝の一枚): index.html, self-contained, what staff open at 8:30.

No network, no script; readable on paper. Everything shown passes through the template's escaping.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from elqr.findings import Finding
from elqr.fiscal import wareki
from elqr.procedures import COUNTING_RULE, YearCount
from elqr.report.table import Style, Table

SHOWN_ROWS = 200
"""Rows of a table on the page; the CSV has them all."""


@dataclass(frozen=True, slots=True)
class Line:
    """件数と金額: one line of the funnel or of the money."""

    label: str
    count: int
    yen: int
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """今朝の一枚: what the page shows."""

    city: str
    night_on: date
    headline: str
    status: str
    notices: Sequence[tuple[str, int]]
    files: Sequence[tuple[str, int]]
    funnel: Sequence[Line]
    reasons: Sequence[Line]
    money: Sequence[Line]
    balances: Sequence[Line]
    years: Sequence[YearCount]
    findings: Sequence[Finding]
    tables: Sequence[Table]


def cell(value: object, style: Style) -> str:
    """One cell as people read it."""
    if value is None:
        return ""
    if style in (Style.YEN, Style.COUNT):
        return f"{value:,}"
    if style is Style.SHARE and isinstance(value, float):
        return f"{value:.1%}"
    if style is Style.DIGITS:
        text = str(value)
        return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
    return str(value)


def render(page: Page) -> str:
    """HTMLにする."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["comma"] = lambda value: f"{value:,}"
    template = environment.from_string((files("elqr.report") / "page.html").read_text(encoding="utf-8"))
    most = max([1, *(line.yen for line in page.funnel)])
    return template.render(
        page=page,
        night=wareki(page.night_on),
        cell=cell,
        shown_rows=SHOWN_ROWS,
        counting_rule=COUNTING_RULE,
        most_yen=most,
        most_count=max([1, *(max(year.target, year.planned) for year in page.years)]),
    )
