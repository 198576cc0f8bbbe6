"""The summary page (今朝の一枚): index.html, the self-contained page that staff open at 8:30.

Without its script the page is still readable, on paper too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from elqr.arithmetic.wareki import wareki
from elqr.report.page.chart import HEIGHT, WIDTH, Chart, bar_chart, line_chart
from elqr.report.page.document import SHOWN_ROWS, embed_json, render_document
from elqr.report.selection import Selection
from elqr.report.tables.ageing import Age, AgeRow
from elqr.report.tables.table import Table
from elqr.report.tables.trends import Trend
from elqr.rules.kpi import COUNTING_RULE, NO_TARGETS, Kpi
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.terms import Severity

PAGE = "index.html"
_FEW_FINDINGS = 5
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

    `selection` says which files lie beside it; `data` is for the script.
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
    kpi: Kpi
    findings: Sequence[Finding]
    tables: Sequence[Table]
    intake: Sequence[tuple[Line, int]]
    ageing: Sequence[tuple[str, str, Sequence[AgeRow]]]
    trend: Trend
    books: Sequence[tuple[str, str]]
    selection: Selection
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """指摘のまとまり: all findings of one code, and what to do about them."""

    code: str
    heading: str
    remedy: str
    is_grave: bool
    findings: Sequence[Finding]


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


def render(page: Page) -> str:
    """HTMLにする: the page as one HTML file."""
    night = wareki(page.night_on)
    return render_document(
        "page.html",
        f"夜間消込の結果　{page.city}　{night}の夜",
        "page.js",
        page=page,
        night=night,
        replaced=_LISTED,
        groups=_groups(page.findings),
        few_findings=_FEW_FINDINGS,
        ages=[age.label for age in sorted(Age)],
        charts=_charts(page.trend),
        chart_width=WIDTH,
        chart_height=HEIGHT,
        shown_rows=SHOWN_ROWS,
        counting_rule=COUNTING_RULE,
        no_targets=NO_TARGETS,
        most_yen=max([1, *(line.yen for line in page.funnel)]),
        most_count=max([1, *(max(year.target or 0, year.planned) for year in page.kpi.years)]),
        data=embed_json(page.data),
    )
