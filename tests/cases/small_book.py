"""A small book (小さなブック): one sheet of a table whose columns are of every style, and texts that try to be more."""

from datetime import date

import polars as pl

from elqr.report.excel.book import Book, Check, Column, Sheet
from elqr.report.tables.table import Heading, Style, Table
from tests.builders import NIGHT

EVIL = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("http://x","y")',
    "=cmd|' /C calc'!A0",
    "'=1",
    "<b>&amp;</b>",
    "_x0041_",
    "0012",
    "00000202401010104348",
    "1E5",
    "2026-11-20",
    "TRUE",
    "𠮷野家 髙﨑",
    "  両側に空白  ",
    '"引用", と読点',
    "",
]
"""What a spreadsheet would like to calculate, convert or cut."""


def table(texts: list[str | None], yen: list[int] | None = None, title: str = "表") -> Table:
    """A table of these texts, with a number, yen, a day, a key and a share beside each."""
    count = len(texts)
    frame = pl.DataFrame(
        {
            "受付番号": list(range(1, count + 1)),
            "名": texts,
            "円": yen or [100 * (no + 1) for no in range(count)],
            "日": [date(2026, 11, 20)] * count,
            "キー": ["00000202401010104348"] * count,
            "率": [0.125] * count,
        },
        schema={
            "受付番号": pl.Int64,
            "名": pl.String,
            "円": pl.Int64,
            "日": pl.Date,
            "キー": pl.String,
            "率": pl.Float64,
        },
    )
    styles = (Style.COUNT, Style.TEXT, Style.YEN, Style.DATE, Style.DIGITS, Style.SHARE)
    headings = tuple(Heading(name, style) for name, style in zip(frame.columns, styles, strict=True))
    return Table(title, title, "説明", headings, frame, ("円",))


def book(own: Table, *more: Column, checks: tuple[Check, ...] = (), protect: bool = False) -> Book:
    """The book of one sheet that shows a table, and more columns to be filled in."""
    columns = tuple(Column(heading.name, heading.style) for heading in own.headings)
    return Book("b.xlsx", "試験", "見本市", NIGHT, (Sheet(own, (*columns, *more), checks, 1, protect),), ())
