"""Workbooks as Excel and other programs find them: text stays text, sums are formulas, only decisions can be written."""

import io
import re
import subprocess
import sys
import zipfile
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from elqr.report.excel.book import Book, Check, Column, Entry, Sheet
from elqr.report.excel.cells import CUT_SHORT, clip
from elqr.report.excel.workbook import MOST_ROWS, book_bytes, divide_sheet, sheet_name
from elqr.report.tables.table import Heading, Style, Table
from tests.builders import NIGHT
from tests.cases.small_book import EVIL, book, table

HEAD_ROW, FIRST_ROW = 7, 8
"""As a reader counts: the heading stands in row 7, the first row of data in row 8."""


def opened(data: bytes) -> Workbook:
    return load_workbook(io.BytesIO(data))


def body(worksheet: Worksheet, column: int) -> list[object]:
    return [worksheet.cell(row, column).value for row in range(FIRST_ROW, worksheet.max_row + 1)]


def test_text_stays_text_and_nothing_in_it_acts() -> None:
    data = book_bytes(book(table(EVIL)))
    worksheet = opened(data)["表"]
    assert [text and unescape(text) for text in body(worksheet, 2)] == [text or None for text in EVIL]  # type: ignore[arg-type]
    cells = [worksheet.cell(FIRST_ROW + at, 2) for at in range(len(EVIL) - 1)]
    assert {cell.data_type for cell in cells} == {"s"} and {cell.number_format for cell in cells} == {"@"}
    assert set(body(worksheet, 5)) == {"00000202401010104348"}
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = {name: package.read(name).decode() for name in package.namelist()}
    rows = parts["xl/worksheets/sheet1.xml"].partition(f'<row r="{FIRST_ROW}"')[2]
    assert "<f>" not in rows and rows.count("<row") == len(EVIL) - 1
    names = "".join(parts)
    assert not re.search("externalLink|vbaProject|connections|drawing", names)
    assert not any("TargetMode" in text or "http://x" in text for name, text in parts.items() if name.endswith(".rels"))


def test_a_text_that_looks_like_an_escape_is_escaped() -> None:
    """Excel reads _x0041_ as A unless its underscore is itself escaped."""
    with zipfile.ZipFile(io.BytesIO(book_bytes(book(table(["_x0041_", "a_x000D_b_x000A_"]))))) as package:
        rows = package.read("xl/worksheets/sheet1.xml").decode()
    assert ">_x005F_x0041_<" in rows and ">a_x005F_x000D_b_x005F_x000A_<" in rows


def test_what_is_not_seen_stands_by_its_number_and_what_xml_cannot_hold_is_shown_to_be_missing() -> None:
    worksheet = opened(book_bytes(book(table(["a\x00b\x0bc\x1f", "二行\r\nの文", "\ufffe"]))))["表"]
    assert body(worksheet, 2) == [r"a\u0000b\u000bc\u001f", "二行 の文", "\ufffd"]


def test_numbers_dates_and_shares_are_what_they_are() -> None:
    worksheet = opened(book_bytes(book(table(["あ"], [12_345_678]))))["表"]
    row = [worksheet.cell(FIRST_ROW, column) for column in range(1, 7)]
    assert [cell.value for cell in row] == [1, "あ", 12_345_678, datetime(2026, 11, 20), "00000202401010104348", 0.125]
    assert [cell.number_format for cell in row] == ["#,##0", "@", "#,##0", "[$-411]ge.m.d", "@", "0.0%"]


def test_days_that_excel_cannot_count_are_text() -> None:
    own = table(["a", "b", "c", "d"])
    days = [date(1, 1, 1), date(1900, 2, 28), date(1900, 3, 1), None]
    frame = own.frame.with_columns(pl.Series("日", days, dtype=pl.Date))
    worksheet = opened(book_bytes(book(Table("表", "表", "", own.headings, frame, ()))))["表"]
    assert body(worksheet, 4) == ["0001-01-01", "1900-02-28", datetime(1900, 3, 1), None]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("あ" * 32_767, "あ" * 32_767, id="ちょうど入る"),
        pytest.param("あ" * 32_768, "あ" * 32_747 + CUT_SHORT, id="一字多い"),
        pytest.param("𠮷" * 16_383 + "a", "𠮷" * 16_383 + "a", id="二つ組の字がちょうど入る"),
        pytest.param("𠮷" * 16_384, "𠮷" * 16_373 + CUT_SHORT, id="二つ組の字を割らない"),
        pytest.param(None, None, id="空"),
    ],
)
def test_a_text_too_long_for_a_cell_says_so(text: str | None, kept: str | None) -> None:
    assert len(CUT_SHORT) == 20
    assert clip(text) == kept
    worksheet = opened(book_bytes(book(table([text]))))["表"]
    assert body(worksheet, 2) == [kept]


def test_sheet_names_are_what_excel_takes() -> None:
    assert sheet_name("要確認一覧") == "要確認一覧" and sheet_name("要確認一覧", 2) == "要確認一覧（2）"
    assert sheet_name("a/b:c*d?e[f]g\\h'") == "a・b・c・d・e・f・g・h"
    assert sheet_name("課" * 40) == "課" * 31 and sheet_name("課" * 40, 12) == "課" * 27 + "（12）"
    assert sheet_name("𠮷" * 20) == "𠮷" * 15


def test_more_rows_than_a_sheet_has_go_on_another_and_the_sums_are_of_all() -> None:
    assert MOST_ROWS == 1_048_576 - 7
    workbook = opened(book_bytes(book(table([f"行{no}" for no in range(1, 8)])), most_rows=3))
    assert workbook.sheetnames == ["表", "表（2）", "表（3）", "合計の確認", "この帳票について"]
    assert [body(workbook[name], 1) for name in workbook.sheetnames[:3]] == [[1, 2, 3], [4, 5, 6], [7]]
    assert "2枚目／3枚" in str(workbook["表（2）"]["A1"].value) and "7件のうち" in str(workbook["表（2）"]["A1"].value)
    assert [workbook[name]["C5"].value for name in workbook.sheetnames[:3]] == [600, 1_500, 700]
    checks = workbook["合計の確認"]
    assert checks["D6"].value == "=SUM('表'!$C$8:$C$10)+SUM('表（2）'!$C$8:$C$10)+SUM('表（3）'!$C$8)"
    assert checks["E6"].value == 2_800
    refs = [next(iter(workbook[name].tables.values())).ref for name in workbook.sheetnames[:3]]
    assert refs == ["A7:F10", "A7:F10", "A7:F8"]


def test_a_wide_table_is_divided_sooner() -> None:
    """Thirty columns: 20,000,000 cells are 666,666 rows."""
    names = [f"列{no}" for no in range(30)]
    frame = pl.DataFrame({name: pl.repeat(None, 700_000, dtype=pl.Boolean, eager=True) for name in names})
    wide = Table("表", "表", "", tuple(Heading(name, Style.TEXT) for name in names), frame, ())
    parts = divide_sheet(Sheet(wide, tuple(Column(name) for name in names)), MOST_ROWS)
    assert [part.frame.height for part in parts] == [666_666, 33_334]


def test_an_empty_table_says_so_and_has_one_blank_row() -> None:
    worksheet = opened(book_bytes(book(table([]))))["表"]
    assert (worksheet["A1"].value, worksheet["A2"].value) == (
        "表　見本市　令和8年11月20日の夜　0件",
        "該当する行はありません。説明",
    )
    assert worksheet.max_row == FIRST_ROW and body(worksheet, 1) == [None]
    assert next(iter(worksheet.tables.values())).ref == "A7:F8"
    assert (worksheet["C4"].value, worksheet["C5"].value) == ("=SUM($C$8)", 0)


def test_sums_are_formulas_beside_our_own_figure() -> None:
    worksheet = opened(book_bytes(book(table(["a", "b", "c"], [1_000, 20, 3]))))["表"]
    assert [worksheet.cell(row, 3).value for row in range(3, 7)] == [
        "=SUBTOTAL(109,$C$8:$C$10)",
        "=SUM($C$8:$C$10)",
        1_023,
        '=IF(C4=C5,"一致","不一致")',
    ]
    assert worksheet["A6"].value == '="件数　"&IF(COUNTA($A$8:$A$10)=3,"一致","不一致")'
    shown = load_workbook(io.BytesIO(book_bytes(book(table(["a"], [77])))), data_only=True)["表"]
    assert [shown.cell(row, 3).value for row in range(3, 7)] == [77, 77, 77, "一致"], "a viewer that cannot calculate"


def test_a_check_of_some_rows_means_exactly_its_text() -> None:
    """A value with a wildcard or a comparison sign in it is compared as it is written."""
    check = Check("円", 100, "円", ("名", '>*"~?'))
    workbook = opened(book_bytes(book(table(['>*"~?']), checks=(check, Check("行", 1, where=("名", '>*"~?'))))))
    assert workbook["合計の確認"]["D7"].value == """=SUMIFS('表'!$C$8,'表'!$B$8,"=>~*""~~~?")"""
    assert workbook["合計の確認"]["D8"].value == """=COUNTIFS('表'!$B$8,"=>~*""~~~?")"""


def test_only_entries_can_be_written() -> None:
    entries = (
        Column("決裁", most_width=14, entry=Entry("選ぶ", choices=("ア", "イ"))),
        Column("先", most_width=20, entry=Entry("書く", digits=20, needed_for=("ア",))),
        Column("理由", most_width=20, entry=Entry("書く", most_chars=500, needed_for=("ア", "イ"))),
    )
    own = table(["a", "b"])
    hidden = Column("キー", Style.DIGITS, is_printed=False, is_hidden=True)
    columns = (*(Column(h.name, h.style) for h in own.headings if h.name != "キー"), *entries, hidden)
    made = Book("b.xlsx", "試験", "見本市", NIGHT, (Sheet(own, columns, is_protected=True),), ())
    worksheet = opened(book_bytes(made))["表"]
    assert worksheet.protection.sheet and not worksheet.protection.password
    assert not worksheet.protection.autoFilter and worksheet.protection.sort, "filters may be used, sorting not"
    unlocked = {cell.coordinate for row in worksheet.iter_rows() for cell in row if not cell.protection.locked}
    assert unlocked == {"F8", "F9", "G8", "G9", "H8", "H9"}
    rules = {str(rule.sqref): rule for rule in worksheet.data_validations.dataValidation}
    assert set(rules) == {"F8:F9", "G8:G9", "H8:H9"}
    assert (rules["F8:F9"].type, rules["F8:F9"].formula1) == ("list", '"ア,イ"')
    assert rules["G8:G9"].errorStyle == "warning" and rules["H8:H9"].formula1 == "500"
    lacking = {str(found.sqref): found.rules[0].formula for found in worksheet.conditional_formatting}
    assert lacking["G8:G9"] == ['AND(OR($F8="ア"),LEN($G8)=0)']
    assert lacking["H8:H9"] == ['AND(OR($F8="ア",$F8="イ"),LEN($H8)=0)']
    assert worksheet.column_dimensions["I"].hidden and not worksheet.column_dimensions["H"].hidden


def test_a_sheet_is_ready_to_be_read_and_printed() -> None:
    own = table(["あ" * 40, "短い"])
    columns = (*(Column(h.name, h.style, 20, is_printed=h.name != "率") for h in own.headings),)
    worksheet = opened(book_bytes(Book("b.xlsx", "試験", "A&B市", NIGHT, (Sheet(own, columns),), ())))["表"]
    setup = worksheet.page_setup
    assert (setup.orientation, setup.paperSize, setup.fitToHeight) == ("landscape", 9, 0)
    assert worksheet.sheet_properties.pageSetUpPr.fitToPage  # type: ignore[union-attr]
    assert (worksheet.print_title_rows, worksheet.print_area) == ("$7:$7", "'表'!$A$1:$E$9")
    assert worksheet.oddHeader.left.text == "A&&B市" and worksheet.freeze_panes == "B8"
    assert worksheet.column_dimensions["B"].width == pytest.approx(20.7, abs=0.1)
    assert worksheet.column_dimensions["E"].width > 20, "a key of twenty digits fits"
    assert worksheet.row_dimensions[8].height == 13 * 4 + 2, "80 half-width characters, 21 a line"
    assert worksheet.row_dimensions[9].height is None


def test_the_same_book_gives_the_same_bytes() -> None:
    data = book_bytes(book(table(EVIL)))
    assert book_bytes(book(table(EVIL))) == data
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert "2026-11-20T00:00:00Z" in package.read("docProps/core.xml").decode()


_IN_ANOTHER_PROCESS = """
import hashlib
from elqr.report.excel.workbook import book_bytes
from tests.cases.small_book import EVIL, book, table
print(hashlib.sha256(book_bytes(book(table(EVIL)))).hexdigest())
"""


def test_another_process_on_another_day_gives_the_same_bytes(tmp_path: Path) -> None:
    found = set()
    for seed, zone in (("1", "Asia/Tokyo"), ("2", "UTC")):
        environment = {"PYTHONHASHSEED": seed, "TZ": zone, "PYTHONPATH": ":".join(sys.path), "PYTHONUTF8": "1"}
        ran = subprocess.run(
            [sys.executable, "-c", _IN_ANOTHER_PROCESS], capture_output=True, text=True, check=True, env=environment
        )
        found.add(ran.stdout)
    assert len(found) == 1
