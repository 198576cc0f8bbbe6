"""The summary page (今朝の一枚): index.html, the self-contained page that staff open at 8:30.

It uses no network. A policy forbids every script but its own, which it names by hash. Without the script the page is
still readable, on paper too. Everything shown passes through the template's escaping, and everything the script reads
through `embed_json`.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from itertools import groupby

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from elqr.arithmetic.wareki import wareki
from elqr.report.page.chart import HEIGHT, WIDTH, Chart, bar_chart, line_chart
from elqr.report.tables.ageing import Age, AgeRow
from elqr.report.tables.table import NUMBERS, Heading, Style, Table
from elqr.report.tables.trends import Trend
from elqr.rules.kpi import COUNTING_RULE, YearCount
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.terms import Severity
from elqr.vocabulary.visible_text import HIDDEN, visible

SHOWN_ROWS = 200
"""How many rows of a table the page shows; the CSV has them all."""

_FEW_FINDINGS = 5
_PAYMENT_NO = "受付番号"
_LISTED = ("要確認一覧", "消込結果")
"""Tables that the list replaces if scripts run."""


@dataclass(frozen=True, slots=True)
class Line:
    """件数と金額: one line of the funnel, the reasons or the money."""

    label: str
    count: int
    yen: int
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """今朝の一枚: what the page shows. `intake` is (records and yen, how many files) by status of the files.

    `data` is for the script.
    """

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
    intake: Sequence[tuple[Line, int]]
    ageing: Sequence[tuple[str, str, Sequence[AgeRow]]]
    trend: Trend
    books: Sequence[tuple[str, str]]
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """指摘のまとまり: all findings of one code, and what to do about them."""

    code: str
    heading: str
    remedy: str
    is_grave: bool
    findings: Sequence[Finding]


_NOT_PICTURED = HIDDEN.replace("\x7f-\x9f", "\x80-\x9f")
"""Invisible characters that the script has no pictures for: they are replaced by their numbers."""

_PICTURES = {**{code: 0x2400 + code for code in range(0x20)}, 0x7F: 0x2421}


def show_hidden(value: object) -> str:
    """見える文字: control characters become pictures, other invisible ones numbers, so that nothing is hidden."""
    return visible(str(value).translate(_PICTURES))


def cell(value: object, style: Style) -> str:
    """セル: one value as people read it."""
    if value is None:
        return ""
    if style in (Style.YEN, Style.COUNT):
        return f"{value:,}"
    if style is Style.SHARE and isinstance(value, float):
        return f"{value:.1%}"
    if style is Style.DIGITS:
        text = show_hidden(value)
        return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
    return show_hidden(value)


def embed_json(value: object) -> Markup:
    """スクリプトが読むJSON: nothing in it can end its element, begin another or break a line of JavaScript."""
    text = re.sub(
        _NOT_PICTURED,
        lambda match: "\\" + visible(match[0]),
        json.dumps(value, ensure_ascii=False, separators=(",", ":")),
    )
    return Markup(re.sub("[<>&\u2028\u2029]", lambda match: f"\\u{ord(match[0]):04x}", text))


def _kind_of(heading: Heading) -> str:
    """The CSS classes of a cell: n for numbers, k for keys, d for days, payment for a number that has details."""
    kind = "n" if heading.style in NUMBERS else {Style.DATE: "d", Style.DIGITS: "k"}.get(heading.style, "")
    return f"{kind} payment".strip() if heading.name == _PAYMENT_NO else kind


def _groups(findings: Sequence[Finding]) -> list[Group]:
    """Group the findings by code, the gravest first."""
    ordered = sorted(findings, key=lambda finding: (-finding.text.severity, finding.code, finding.remedy, finding))
    groups = []
    for (code, remedy), members in groupby(ordered, key=lambda finding: (finding.code, finding.remedy)):
        group = list(members)
        text = group[0].text
        groups.append(Group(code.value, text.heading, remedy, text.severity is Severity.HIGH, group))
    return groups


def _charts(trend: Trend) -> tuple[Chart, ...]:
    return (
        bar_chart("count", "読んだ記録の件数", "件", trend.nights, trend.counts),
        bar_chart("yen", "読んだ記録の金額", "円", trend.nights, trend.yens),
        line_chart("rate", "チャネルごとの該当なしの割合", trend.nights, trend.rates),
        bar_chart("open", "要確認の残", "件", trend.nights, trend.open_counts),
    )


def _style(page: Page, night: str) -> str:
    """The style sheet, with the head and foot of every printed page."""
    head = _css_text(f"夜間消込の結果　{page.city}　{night}の夜")
    paper = (
        "@page { size: A4 landscape; margin: 14mm 10mm 12mm; font-size: 8pt; "
        f"@top-left {{ content: {head}; }} "
        '@bottom-right { content: counter(page) " / " counter(pages); } }\n'
    )
    return paper + (files("elqr.report.page") / "page.css").read_text(encoding="utf-8")


def _css_text(text: str) -> str:
    """A CSS string: everything that could end it or the style element is written as a number."""
    return (
        '"' + "".join(letter if letter.isalnum() or letter == "　" else f"\\{ord(letter):x} " for letter in text) + '"'
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def render(page: Page) -> str:
    """HTMLにする: the page as one HTML file."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["comma"] = lambda value: f"{value:,}"
    environment.filters["show_hidden"] = show_hidden
    night = wareki(page.night_on)
    style, script = _style(page, night), (files("elqr.report.page") / "page.js").read_text(encoding="utf-8")
    template = environment.from_string((files("elqr.report.page") / "page.html").read_text(encoding="utf-8"))
    return template.render(
        page=page,
        night=night,
        cell=cell,
        kind_of=_kind_of,
        numbers=NUMBERS,
        replaced=_LISTED,
        groups=_groups(page.findings),
        few_findings=_FEW_FINDINGS,
        ages=[age.label for age in sorted(Age)],
        charts=_charts(page.trend),
        chart_width=WIDTH,
        chart_height=HEIGHT,
        shown_rows=SHOWN_ROWS,
        counting_rule=COUNTING_RULE,
        most_yen=max([1, *(line.yen for line in page.funnel)]),
        most_count=max([1, *(max(year.target, year.planned) for year in page.years)]),
        policy=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'",
        style=Markup(style),
        script=Markup(script),
        data=embed_json(page.data),
    )
