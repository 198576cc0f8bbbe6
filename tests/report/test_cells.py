"""ブックのセル: what a workbook holds is what was put in, whatever the values, read by a reader that is not ours."""

import io
import re
import zipfile
from datetime import date, datetime

import openpyxl
import polars as pl
import pytest

from elqr.report.excel.book import Book, Column, Sheet
from elqr.report.excel.cells import CUT_SHORT, MOST_CHARS
from elqr.report.excel.workbook import book_bytes
from elqr.report.excel.worksheet import BODY
from elqr.report.tables.table import Heading, Style, Table

TEXTS: list[tuple[str, str | None, str | None]] = [
    ("ふつう", "一致", "一致"),
    ("なし", None, None),
    ("空", "", None),
    ("数式", "=1+1", "=1+1"),
    ("前の0", "0012", "0012"),
    ("20桁", "12345678901234567890", "12345678901234567890"),
    ("前の空白", " 前", " 前"),
    ("後の空白", "後 ", "後 "),
    ("空白だけ", "  ", "  "),
    ("全角の空白", "　全角", "　全角"),
    ("間の空白", "二  つ", "二  つ"),
    ("改行", "上\r\n下", "上 下"),
    ("終わりの改行", "上\n", "上 "),
    ("タグ", "<b>&amp;\"'</b>", "<b>&amp;\"'</b>"),
    ("制御文字", "a\x01b", r"a\u0001b"),
    ("文字でない", "a\uffffb", "a\N{REPLACEMENT CHARACTER}b"),
    ("長い", "長" * (MOST_CHARS + 1), "長" * (MOST_CHARS - len(CUT_SHORT)) + CUT_SHORT),
]
"""What is put in, and what a cell is to show."""

DATES: list[tuple[date | None, object]] = [
    (date(2026, 11, 20), datetime(2026, 11, 20)),
    (date(1900, 3, 1), datetime(1900, 3, 1)),
    (date(1900, 2, 28), "1900-02-28"),  # serials before March 1900 are off by a day
    (None, None),
]
YEN: list[int | None] = [0, -1_200, 99_999_999_999, None]


def _book(frame: pl.DataFrame, styles: dict[str, Style]) -> bytes:
    headings = tuple(Heading(name, style) for name, style in styles.items())
    table = Table("表", "表", "", headings, frame, ())
    sheet = Sheet(table, tuple(Column(name, style, 20) for name, style in styles.items()))
    return book_bytes(Book("表.xlsx", "表", "見本市", date(2026, 11, 20), (sheet,), ()))


def _column(data: bytes, rows: int, at: int = 1) -> list[object]:
    sheet = openpyxl.load_workbook(io.BytesIO(data))["表"]
    return [sheet.cell(row, at).value for row in range(BODY + 1, BODY + 1 + rows)]


def _cells(data: bytes) -> list[str]:
    xml = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
    return re.findall(rf'<c r="A(?:{"|".join(str(BODY + row) for row in range(1, 40))})".*?(?:/>|</c>)', xml, re.DOTALL)


@pytest.mark.parametrize("together", [True, False], ids=["一列に", "一つずつ"])
def test_a_text_is_what_was_put_in(together: bool) -> None:
    """What one value needs is done for its column; alone and among others it comes out the same."""
    for some in [TEXTS] if together else [[one] for one in TEXTS]:
        given, shown = [one[1] for one in some], [one[2] for one in some]
        data = _book(pl.DataFrame({"文字": given}, schema={"文字": pl.String}), {"文字": Style.TEXT})
        assert _column(data, len(some)) == shown, [one[0] for one in some]


@pytest.mark.parametrize(("text", "is_kept"), [(" a", True), ("a ", True), ("a\n", True), ("a b", False), ("a", False)])
def test_a_space_at_an_end_is_marked_to_be_kept(text: str, is_kept: bool) -> None:
    """Excel drops it from a text without the mark."""
    (cell,) = _cells(_book(pl.DataFrame({"文字": [text]}), {"文字": Style.TEXT}))
    assert ('xml:space="preserve"' in cell) == is_kept


def test_what_looks_escaped_is_escaped() -> None:
    """Excel reads _x0041_ as A, so the text says that its first character is meant (ECMA-376, ST_Xstring)."""
    (cell,) = _cells(_book(pl.DataFrame({"文字": ["_x0041_"]}), {"文字": Style.TEXT}))
    assert "_x005F_x0041_" in cell


def test_dates_and_yen_are_numbers_and_what_is_missing_is_empty() -> None:
    frame = pl.DataFrame({"日": [one[0] for one in DATES], "円": YEN, "無": [None] * 4})
    data = _book(frame, {"日": Style.DATE, "円": Style.YEN, "無": Style.TEXT})
    assert _column(data, 4) == [one[1] for one in DATES]
    assert _column(data, 4, 2) == YEN
    assert _column(data, 4, 3) == [None] * 4


def test_a_late_date_alone_is_a_number_too() -> None:
    data = _book(pl.DataFrame({"日": [date(2026, 11, 20)]}), {"日": Style.DATE})
    assert _column(data, 1) == [datetime(2026, 11, 20)]


def test_a_number_under_a_heading_of_text_is_text() -> None:
    data = _book(pl.DataFrame({"番号": [7, None]}), {"番号": Style.TEXT})
    assert _column(data, 2) == ["7", None]
