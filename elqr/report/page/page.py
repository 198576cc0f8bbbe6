"""The summary page (今朝の一枚): index.html, self-contained, what staff open at 8:30.

No network; its one script is its own and named by hash in a policy that forbids everything else. Without it
the page is readable all the same, on paper too. Everything shown passes through the template's escaping,
and what the script reads through `embedded`.
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
"""Rows of a table on the page; the CSV has them all."""

_FEW_FINDINGS = 5
_PAYMENT_NO = "受付番号"
_LISTED = ("要確認一覧", "消込結果")
"""Tables that the list stands for where scripts run."""


@dataclass(frozen=True, slots=True)
class Line:
    """件数と金額: one line of the funnel or of the money."""

    label: str
    count: int
    yen: int
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """今朝の一枚: what the page shows. `intake` is (what came of files, how many files); `data` is for the script."""

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
    """指摘のまとまり: all findings of one code, with what to do about them."""

    code: str
    heading: str
    remedy: str
    is_grave: bool
    findings: Sequence[Finding]


_NOT_PICTURED = HIDDEN.replace("\x7f-\x9f", "\x80-\x9f")
"""What the script has no pictures for: it stands there by its number."""

_PICTURES = {**{code: 0x2400 + code for code in range(0x20)}, 0x7F: 0x2421}


def seen(value: object) -> str:
    """見える文字: control characters as their pictures and the others by number, so that nothing hides in a value."""
    return visible(str(value).translate(_PICTURES))


def cell(value: object, style: Style) -> str:
    """One cell as people read it."""
    if value is None:
        return ""
    if style in (Style.YEN, Style.COUNT):
        return f"{value:,}"
    if style is Style.SHARE and isinstance(value, float):
        return f"{value:.1%}"
    if style is Style.DIGITS:
        text = seen(value)
        return " ".join(text[at : at + 4] for at in range(0, len(text), 4))
    return seen(value)


def embedded(value: object) -> Markup:
    """スクリプトが読むJSON: nothing in it can end the element, begin another or break a line of JavaScript."""
    text = re.sub(
        _NOT_PICTURED,
        lambda match: "\\" + visible(match[0]),
        json.dumps(value, ensure_ascii=False, separators=(",", ":")),
    )
    return Markup(re.sub("[<>&\u2028\u2029]", lambda match: f"\\u{ord(match[0]):04x}", text))


def _kind_of(heading: Heading) -> str:
    """The classes of a cell: n number, k key, d day, payment a number that has details."""
    kind = "n" if heading.style in NUMBERS else {Style.DATE: "d", Style.DIGITS: "k"}.get(heading.style, "")
    return f"{kind} payment".strip() if heading.name == _PAYMENT_NO else kind


def _groups(findings: Sequence[Finding]) -> list[Group]:
    """By code, the gravest first."""
    ordered = sorted(findings, key=lambda finding: (-finding.text.severity, finding.code, finding.remedy, finding))
    groups = []
    for (code, remedy), of_code in groupby(ordered, key=lambda finding: (finding.code, finding.remedy)):
        listed = list(of_code)
        text = listed[0].text
        groups.append(Group(code.value, text.heading, remedy, text.severity is Severity.HIGH, listed))
    return groups


def _charts(trend: Trend) -> tuple[Chart, ...]:
    return (
        bar_chart("count", "読んだ記録の件数", "件", trend.nights, trend.counts),
        bar_chart("yen", "読んだ記録の金額", "円", trend.nights, trend.yens),
        line_chart("rate", "チャネルごとの該当なしの割合", trend.nights, trend.rates),
        bar_chart("open", "要確認の残", "件", trend.nights, trend.open_counts),
    )


def _style(page: Page, night: str) -> str:
    """The style sheet, with what stands at the head and foot of every sheet of paper."""
    head = _css_text(f"夜間消込の結果　{page.city}　{night}の夜")
    paper = (
        "@page { size: A4 landscape; margin: 14mm 10mm 12mm; font-size: 8pt; "
        f"@top-left {{ content: {head}; }} "
        '@bottom-right { content: counter(page) " / " counter(pages); } }\n'
    )
    return paper + (files("elqr.report.page") / "page.css").read_text(encoding="utf-8")


def _css_text(text: str) -> str:
    """A string of CSS: whatever could end it or the style element is written by its number."""
    return (
        '"' + "".join(letter if letter.isalnum() or letter == "　" else f"\\{ord(letter):x} " for letter in text) + '"'
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def render(page: Page) -> str:
    """HTMLにする."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["comma"] = lambda value: f"{value:,}"
    environment.filters["seen"] = seen
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
        data=embedded(page.data),
    )
