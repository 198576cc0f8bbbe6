"""The year's page (調定収納表の一枚): what was levied and collected in a fiscal year, to be read and printed.

It is written when somebody asks for a year, and by no night. It runs no script.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from elqr.arithmetic.wareki import wareki, wareki_fiscal_year
from elqr.report.page.document import render_document
from elqr.report.selection import Selection
from elqr.report.tables.table import Table


@dataclass(frozen=True, slots=True)
class YearPage:
    """調定収納表の一枚: what the page shows.

    `headline` are figures with their names, and `changes` says what changed after the closing day. `levied` is shown
    with all its rows. `lists` are linked, and so is the book.
    """

    city: str
    fiscal_year: int
    as_of: date
    headline: Sequence[tuple[str, str]]
    changes: str
    levied: Table
    lists: Sequence[Table]
    book: str

    @property
    def file_name(self) -> str:
        """The name of its file."""
        return f"調定収納表_{self.fiscal_year}.html"


def render_year(page: YearPage) -> str:
    """HTMLにする: the year's page as one HTML file."""
    year, as_of = wareki_fiscal_year(page.fiscal_year), wareki(page.as_of)
    head = f"調定収納表　{page.city}　{year}　{as_of}の夜まで"
    return render_document("year.html", head, page=page, year=year, as_of=as_of, selection=Selection())
