"""Notice files as the city's clerk has them in Excel: the same rows in a book, and in a CSV that Excel saved."""

import csv
import io
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import xlsxwriter

from tests.builders import SPECS

FIELDS = SPECS["notice_csv"].record[0].fields
TITLES = [field.title for field in FIELDS]
_NAMES = {field.title: field.name for field in FIELDS}

Touch = Callable[[xlsxwriter.Workbook, Any], object]
"""What else is done to a book and its sheet before they are saved."""


def notice_book(
    *rows: Mapping[str, object], titles: list[str] = TITLES, sheet: str = "納付書", touch: Touch | None = None
) -> bytes:
    """An .xlsx: days are day cells, whole numbers number cells, everything else text."""
    whole = io.BytesIO()
    book = xlsxwriter.Workbook(whole, {"in_memory": True})
    page, day = book.add_worksheet(sheet), book.add_format({"num_format": "[$-411]ge.m.d;@"})
    for column, title in enumerate(titles):
        page.write_string(0, column, title)
        for line, row in enumerate(rows, start=1):
            value = row.get(_NAMES.get(title, title))
            if isinstance(value, date):
                page.write_datetime(line, column, datetime(value.year, value.month, value.day), day)
            elif isinstance(value, int | float):
                page.write_number(line, column, value)
            elif value is not None:
                page.write_string(line, column, str(value))
    if touch is not None:
        touch(book, page)
    book.close()
    return whole.getvalue()


def excel_csv(
    *rows: Mapping[str, object], titles: list[str] = TITLES, blank_rows: int = 0, blank_columns: int = 0
) -> str:
    """The text of a CSV that Excel saved: 2026/4/1, "12,345", and commas alone below and beside the table."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    beside = [""] * blank_columns
    writer.writerow([*titles, *beside])
    for row in rows:
        names = [_NAMES.get(title, title) for title in titles]
        writer.writerow([*(_shown(row.get(name), is_yen=name.endswith("_yen")) for name in names), *beside])
    for _ in range(blank_rows):
        writer.writerow([*[""] * len(titles), *beside])
    return text.getvalue()


def _shown(value: object, *, is_yen: bool) -> str:
    if isinstance(value, date):
        return f"{value.year}/{value.month}/{value.day}"
    return "" if value is None else f"{value:,}" if is_yen and isinstance(value, int) else str(value)
