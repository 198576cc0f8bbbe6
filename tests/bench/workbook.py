"""Workbooks: exceptions a second on one core, beside XlsxWriter alone writing the same cells one by one."""

import io
import time

import xlsxwriter

from elqr.report.excel.book import Sheet
from elqr.report.excel.workbook import book_bytes
from tests.bench.measure import Row, a_second, compared
from tests.report.invented import books_of, exceptions

EXCEPTIONS, SOME = 50_000, 5_000


def _one_by_one(sheet: Sheet) -> bytes:
    """The same cells with the library alone."""
    whole = io.BytesIO()
    workbook = xlsxwriter.Workbook(whole, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    worksheet = workbook.add_worksheet()
    shown = workbook.add_format({"border": 1})
    names = [column.name for column in sheet.columns if not column.entry]
    for row, values in enumerate(sheet.table.frame.select(names).iter_rows()):
        for at, value in enumerate(values):
            worksheet.write(row, at, value, shown)
    workbook.close()
    return whole.getvalue()


def rows(scale: int) -> list[Row]:
    """要確認.xlsx and the whole set of a night, of so many exceptions."""
    count = EXCEPTIONS * scale
    every = books_of(exceptions(count))
    review, few = every["要確認.xlsx"], books_of(exceptions(SOME))["要確認.xlsx"]
    started = time.process_time()
    book_bytes(review)
    seconds = time.process_time() - started
    measured = [
        ("要確認.xlsx", a_second(count, lambda: book_bytes(review))),
        ("XlsxWriter だけで一つずつ", a_second(SOME, lambda: _one_by_one(few.sheets[0]))),
    ]
    group = f"{count:,}件"
    found = compared(group, "件/秒", measured)
    found.append(Row(group, "要確認.xlsx（CPU）", seconds, "秒"))
    found.append(Row(group, "要確認.xlsx の大きさ", len(book_bytes(review)) / 1_000_000, "MB"))
    started = time.process_time()
    for book in every.values():
        book_bytes(book)
    found.append(Row(group, f"一夜のブックすべて（{len(every)}冊、CPU）", time.process_time() - started, "秒"))
    return found
