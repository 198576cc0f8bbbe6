"""Workbooks (ブック): a declared book as the bytes of an .xlsx. Knows no rules of the field.

XlsxWriter makes everything but the rows of the tables: each sheet gets one pattern row, and its rows are
stamped from it, column by column, when the package is put together. The same book gives the same bytes.
A sheet with more rows than Excel has is continued on another, and says so.
Refuses: macros, links, pictures, passwords. Protection keeps a hand from slipping; it is not a secret.
"""

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from elqr.report.excel.book import Book, Check, Sheet
from elqr.report.excel.cells import Stamp, blank_row_xml, row_xml
from elqr.report.excel.worksheet import (
    AGREES,
    BODY,
    DIFFERS,
    Part,
    colour_verdicts,
    letters,
    line_width,
    longest,
    said,
    write_part,
)

MOST_ROWS = 1_048_576 - BODY
"""Rows of a table on one sheet (Microsoft: Excel specifications and limits)."""

MOST_CELLS = 20_000_000
"""Of a table on one sheet: its XML stays below 2 GiB, beyond which a package needs a form that Excel refuses."""

_MOST_SHEET_NAME = 31
_FONT = {"font_name": "BIZ UDゴシック", "font_size": 10}
_THIN = {"border": 1, "border_color": "#C8D0D8", "valign": "top"}
_NUMBER = _THIN | {"align": "right", "indent": 1}
_HEAD = {"bold": True, "text_wrap": True, "valign": "vcenter", "align": "center", "border": 1}
_FORMATS: dict[str, dict[str, object]] = {
    "title": {"bold": True, "font_size": 13},
    "note": {"font_color": "#55636F"},
    "label": {"bold": True, "font_color": "#55636F"},
    "head": _HEAD | {"bg_color": "#1F5673", "font_color": "#FFFFFF", "border_color": "#C8D0D8"},
    "head_entry": _HEAD | {"bg_color": "#8A5300", "font_color": "#FFFFFF", "border_color": "#C8D0D8"},
    "text": _THIN | {"num_format": "@", "text_wrap": True},
    "digits": _THIN | {"num_format": "@"},
    "yen": _NUMBER | {"num_format": "#,##0"},
    "count": _NUMBER | {"num_format": "#,##0"},
    "number": _NUMBER | {"num_format": "0"},
    "share": _NUMBER | {"num_format": "0.0%"},
    "date": _NUMBER | {"num_format": "[$-411]ge.m.d"},
    "entry": _THIN | {"num_format": "@", "text_wrap": True, "locked": False, "bg_color": "#FFF9E3"},
    "total": {"num_format": "#,##0", "bold": True, "align": "right", "indent": 1},
    "verdict": {"align": "right", "indent": 1, "bold": True},
    "good": {"font_color": "#2A6B3C"},
    "bad": {"font_color": "#FFFFFF", "bg_color": "#9B1C1C"},
    "lacking": {"bg_color": "#F3B5A5"},
}
FACTS_SHEET = "この帳票について"
_CHECKS, _GUIDE = "合計の確認", "記入のしかた"


def book_bytes(book: Book, most_rows: int = MOST_ROWS) -> bytes:
    """ブックにする: the bytes of the .xlsx."""
    skeleton = io.BytesIO()
    workbook = Workbook(
        skeleton,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "default_format_properties": dict(_FONT),
        },
    )
    made_on = datetime(book.night_on.year, book.night_on.month, book.night_on.day, tzinfo=UTC)
    workbook.set_properties({"title": book.title, "company": book.city, "author": "elqr", "created": made_on})
    formats = {name: workbook.add_format({**_FONT, **properties}) for name, properties in _FORMATS.items()}
    parts = [part for sheet in book.sheets for part in divide_sheet(sheet, most_rows)]
    bodies: dict[str, Part] = {}
    for number, part in enumerate(parts, start=1):
        worksheet = workbook.add_worksheet(part.name)
        write_part(worksheet, part, book, formats, f"テーブル{number}")
        bodies[f"xl/worksheets/sheet{number}.xml"] = part
    _write_checks(workbook.add_worksheet(_CHECKS), book, parts, formats)
    if book.guide:
        _write_guide(workbook.add_worksheet(_GUIDE), book, formats)
    _write_facts(workbook.add_worksheet(FACTS_SHEET), book, formats)
    workbook.close()
    return _stamped(skeleton, bodies)


def divide_sheet(sheet: Sheet, most_rows: int) -> list[Part]:
    """シートを分ける: one worksheet for so many rows, fewer where there are many columns."""
    frame = sheet.table.frame
    most_rows = min(most_rows, MOST_CELLS // len(sheet.columns))
    of = max(1, -(-frame.height // most_rows))

    def part(number: int) -> Part:
        rows = frame.slice((number - 1) * most_rows, most_rows)
        name = sheet_name(sheet.table.title, number)
        return Part(sheet, name, number, of, rows, longest(sheet.columns, rows))

    return [part(number) for number in range(1, of + 1)]


def sheet_name(title: str, number: int = 1) -> str:
    """シート名: what Excel takes as a name, 31 characters at most."""
    suffix = f"（{number}）" if number > 1 else ""
    fit = re.sub(r"[\[\]:*?/\\]", "・", title).strip("'")
    units = fit.encode("utf-16-le")[: 2 * (_MOST_SHEET_NAME - len(suffix))]
    return units.decode("utf-16-le", errors="ignore") + suffix


def _write_checks(worksheet: Worksheet, book: Book, parts: list[Part], formats: Mapping[str, Format]) -> None:
    """合計の確認: every total once more, over all sheets of a table, with the breakdowns."""
    worksheet.hide_gridlines(2)
    worksheet.write_string(0, 0, f"{_CHECKS}　{book.title}", formats["title"])
    for at, name in enumerate(("表", "項目", "条件", "Excelの計算", "elqrの値", "判定")):
        worksheet.write_string(3, at, name, formats["head"])
    row = 4
    for sheet in book.sheets:
        sheet_parts = [part for part in parts if part.sheet is sheet]
        totals = [Check(name, sheet.table.total(name), name) for name in sheet.table.totals]
        for check in (Check("行の数", sheet.table.frame.height), *totals, *sheet.checks):
            worksheet.write_string(row, 0, sheet.table.title, formats["text"])
            worksheet.write_string(row, 1, check.what, formats["text"])
            worksheet.write_string(row, 2, "＝".join(check.where or ("すべて",)), formats["text"])
            formula = "=" + "+".join(_formula(part, check) for part in sheet_parts)
            worksheet.write_formula(row, 3, formula, formats["yen"], check.ours)
            worksheet.write_number(row, 4, check.ours, formats["yen"])
            verdict = f"=IF(D{row + 1}=E{row + 1},{said(AGREES)},{said(DIFFERS)})"
            worksheet.write_formula(row, 5, verdict, formats["text"], AGREES)
            row += 1
    all_of = f'=IF(COUNTIF(F5:F{row},{said(AGREES)})={row - 4},"すべて{AGREES}","{DIFFERS}があります")'
    worksheet.write_string(
        1, 0, "Excelの計算は、この表を開いたときのシートの中身から数え直したものです。", formats["note"]
    )
    worksheet.write_formula(2, 0, all_of, formats["label"], f"すべて{AGREES}")
    colour_verdicts(worksheet, 2, 0, row - 1, 5, formats)
    for at, width in enumerate((20, 24, 40, 18, 18, 10)):
        worksheet.set_column(at, at, width)
    worksheet.freeze_panes(4, 0)
    _plain_print(worksheet, book)


def _formula(part: Part, check: Check) -> str:
    """One worksheet's share of a check."""
    where = ""
    if check.where:
        name, value = check.where
        where = f"{part.column_range(name, with_sheet=True)},{said(_exactly(value))}"
    if not check.column:
        first = part.column_range(part.sheet.columns[0].name, with_sheet=True)
        return f"COUNTIFS({where})" if where else f"COUNTA({first})"
    summed = part.column_range(check.column, with_sheet=True)
    return f"SUMIFS({summed},{where})" if where else f"SUM({summed})"


def _exactly(value: str) -> str:
    """A condition that only this text meets: comparison signs and wildcards in it mean themselves."""
    return "=" + re.sub(r"([~*?])", r"~\1", value)


def _write_guide(worksheet: Worksheet, book: Book, formats: Mapping[str, Format]) -> None:
    """記入のしかた: what to do, line by line."""
    worksheet.hide_gridlines(2)
    worksheet.write_string(0, 0, f"{_GUIDE}　{book.title}", formats["title"])
    for row, (what, how) in enumerate(book.guide, start=2):
        worksheet.write_string(row, 0, what, formats["label"] if not how else formats["text"])
        if how:
            worksheet.write_string(row, 1, how, formats["text"])
    worksheet.set_column(0, 0, 26)
    worksheet.set_column(1, 1, 100)
    worksheet.protect("", {"format_columns": True, "format_rows": True})
    _plain_print(worksheet, book)


def _write_facts(worksheet: Worksheet, book: Book, formats: Mapping[str, Format]) -> None:
    """この帳票について: which night of which ledger; read by people, and by a program by the third column."""
    worksheet.hide_gridlines(2)
    worksheet.write_string(0, 0, f"{FACTS_SHEET}　{book.title}", formats["title"])
    worksheet.write_string(
        1, 0, "取り込むときに、別の夜・別の台帳のブックでないことを確かめるための控えです。", formats["note"]
    )
    for row, fact in enumerate(book.facts, start=3):
        worksheet.write_string(row, 0, fact.label, formats["text"])
        if isinstance(fact.value, int):
            worksheet.write_number(row, 1, fact.value, formats["yen"])
        else:
            worksheet.write_string(row, 1, fact.value, formats["digits"])
        worksheet.write_string(row, 2, fact.name, formats["note"])
    for at, width in enumerate((26, 72, 18)):
        worksheet.set_column(at, at, width)
    worksheet.protect("", {"format_columns": True})
    _plain_print(worksheet, book)


def _plain_print(worksheet: Worksheet, book: Book) -> None:
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 0)
    worksheet.set_footer("&L&F&R&P／&Nページ")


def _stamped(skeleton: io.BytesIO, bodies: Mapping[str, Part]) -> bytes:
    """組み立てる: the package again, with the rows of each table in place of its pattern row."""
    whole = io.BytesIO()
    tables = {f"xl/tables/table{number}.xml": part for number, part in enumerate(bodies.values(), start=1)}
    seen = 0
    with (
        zipfile.ZipFile(skeleton) as written,
        zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as package,
    ):
        for name in written.namelist():
            data = written.read(name)
            part = bodies.get(name)
            if part is None:
                with package.open(name, "w") as entry:
                    entry.write(_widened(data, tables[name]) if name in tables else data)
                continue
            seen += 1
            before, stamps, after = _cut(data, part)
            with package.open(name, "w") as entry:
                entry.write(before)
                if part.frame.is_empty():
                    entry.write(blank_row_xml(stamps, BODY + 1))
                for piece in row_xml(part.frame, stamps, BODY + 1):
                    entry.write(piece)
                entry.write(after)
    assert seen == len(bodies), "every table got its rows"
    return whole.getvalue()


_COMPRESSION = 1
"""Level of deflate: a third larger than the usual 6, and more than twice as fast."""


def _widened(table: bytes, part: Part) -> bytes:
    """表を広げる: from the pattern row to all rows."""
    narrow, wide = (f'ref="{part.table_range(last)}"'.encode() for last in (BODY, part.last))
    assert table.count(narrow) == 2, "the table and its filter"
    return table.replace(narrow, wide)


def _cut(data: bytes, part: Part) -> tuple[bytes, tuple[Stamp, ...], bytes]:
    """型を取る: what stands before and after the pattern row, and the stamps made from its cells."""
    match = re.search(rf'<row r="{BODY + 1}" .*?</row>'.encode(), data, re.DOTALL)
    assert match, "the pattern row is there"
    format_nos = re.findall(r'<c r="[A-Z]+\d+" s="(\d+)"/>', match[0].decode())
    columns = part.sheet.columns
    assert len(format_nos) == len(columns), "the pattern row has a cell a column"
    stamps = tuple(
        Stamp(
            letters(at),
            format_no,
            column.style,
            "" if column.entry else column.name,
            line_width(column, part),
        )
        for at, (column, format_no) in enumerate(zip(columns, format_nos, strict=True))
    )
    far = f"A1:{letters(len(columns) - 1)}{part.last + 1}".encode()
    before = re.sub(rb'<dimension ref="[^"]*"/>', b'<dimension ref="' + far + b'"/>', data[: match.start()])
    return before, stamps, data[match.end() :]
