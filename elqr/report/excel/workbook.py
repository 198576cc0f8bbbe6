"""Workbooks (ブック): a declared book as the bytes of an .xlsx. Knows no rules of the field.

XlsxWriter makes everything except the rows of the tables: each sheet gets one pattern row, and the rows are stamped
from it, column by column, when the package is put together. The same book gives the same bytes. A table with more rows
than Excel allows is continued on another sheet, and says so.
Refuses: macros, links, pictures, passwords. Protection prevents slips of the hand; it keeps no secrets.
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
    longest_widths,
    quote,
    write_part,
)

MOST_ROWS = 1_048_576 - BODY
"""Rows of a table on one sheet at most (Microsoft: Excel specifications and limits)."""

MOST_CELLS = 20_000_000
"""Cells of a table on one sheet at most: its XML stays below 2 GiB, beyond which Excel refuses the package's format."""

_MOST_SHEET_NAME = 31
_FONT = {"font_name": "BIZ UDゴシック", "font_size": 10}
_THIN = {"border": 1, "border_color": "#C8D0D8", "valign": "top"}
_NUMBER = _THIN | {"align": "right", "indent": 1}
_ENTRY = _THIN | {"locked": False, "bg_color": "#FFF9E3"}
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
    "entry": _ENTRY | {"num_format": "@", "text_wrap": True},
    "entry_date": _ENTRY | {"num_format": "[$-411]ge.m.d", "align": "right", "indent": 1},
    "entry_yen": _ENTRY | {"num_format": "#,##0", "align": "right", "indent": 1},
    "closed": {"bg_color": "#E4E8EB"},
    "total": {"num_format": "#,##0", "bold": True, "align": "right", "indent": 1},
    "verdict": {"align": "right", "indent": 1, "bold": True},
    "good": {"font_color": "#2A6B3C"},
    "bad": {"font_color": "#FFFFFF", "bg_color": "#9B1C1C"},
    "lacking": {"bg_color": "#F3B5A5"},
}
FACTS_SHEET = "この帳票について"
_CHECKS, _GUIDE = "合計の確認", "記入のしかた"


def book_bytes(book: Book, most_rows: int = MOST_ROWS) -> bytes:
    """ブックにする: the bytes of the .xlsx. A table of more than `most_rows` rows is divided among sheets."""
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
    created_at = datetime(book.night_on.year, book.night_on.month, book.night_on.day, tzinfo=UTC)
    workbook.set_properties({"title": book.title, "company": book.city, "author": "elqr", "created": created_at})
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
    return _stamp_rows(skeleton, bodies)


def divide_sheet(sheet: Sheet, most_rows: int) -> list[Part]:
    """シートを分ける: worksheets of at most `most_rows` rows each, fewer if there are many columns."""
    frame = sheet.table.frame
    most_rows = min(most_rows, MOST_CELLS // len(sheet.columns))
    count = max(1, -(-frame.height // most_rows))

    def part(number: int) -> Part:
        rows = frame.slice((number - 1) * most_rows, most_rows)
        name = sheet_name(sheet.table.title, number)
        return Part(sheet, name, number, count, rows, longest_widths(sheet.columns, rows))

    return [part(number) for number in range(1, count + 1)]


def sheet_name(title: str, number: int = 1) -> str:
    """シート名: a name that Excel accepts, 31 characters at most."""
    suffix = f"（{number}）" if number > 1 else ""
    fit = re.sub(r"[\[\]:*?/\\]", "・", title).strip("'")
    units = fit.encode("utf-16-le")[: 2 * (_MOST_SHEET_NAME - len(suffix))]
    return units.decode("utf-16-le", errors="ignore") + suffix


def _write_checks(worksheet: Worksheet, book: Book, parts: list[Part], formats: Mapping[str, Format]) -> None:
    """合計の確認: every total again, over all sheets of a table, and the breakdowns."""
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
            verdict = f"=IF(D{row + 1}=E{row + 1},{quote(AGREES)},{quote(DIFFERS)})"
            worksheet.write_formula(row, 5, verdict, formats["text"], AGREES)
            row += 1
    all_agree = f'=IF(COUNTIF(F5:F{row},{quote(AGREES)})={row - 4},"すべて{AGREES}","{DIFFERS}があります")'
    worksheet.write_string(
        1, 0, "Excelの計算は、この表を開いたときのシートの中身から数え直したものです。", formats["note"]
    )
    worksheet.write_formula(2, 0, all_agree, formats["label"], f"すべて{AGREES}")
    colour_verdicts(worksheet, 2, 0, row - 1, 5, formats)
    for at, width in enumerate((20, 24, 40, 18, 18, 10)):
        worksheet.set_column(at, at, width)
    worksheet.freeze_panes(4, 0)
    _set_up_print(worksheet, book)


def _formula(part: Part, check: Check) -> str:
    """The formula for one worksheet's share of a check."""
    where = ""
    if check.where:
        name, value = check.where
        where = f"{part.column_range(name, with_sheet=True)},{quote(_match_exactly(value))}"
    if not check.column:
        first = part.column_range(part.sheet.columns[0].name, with_sheet=True)
        return f"COUNTIFS({where})" if where else f"COUNTA({first})"
    values = part.column_range(check.column, with_sheet=True)
    return f"SUMIFS({values},{where})" if where else f"SUM({values})"


def _match_exactly(value: str) -> str:
    """A condition that only this text meets: its comparison signs and wildcards are taken literally."""
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
    _set_up_print(worksheet, book)


def _write_facts(worksheet: Worksheet, book: Book, formats: Mapping[str, Format]) -> None:
    """この帳票について: which night of which ledger. People read it, and programs by the names in the third column."""
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
    _set_up_print(worksheet, book)


def _set_up_print(worksheet: Worksheet, book: Book) -> None:
    worksheet.set_landscape()
    worksheet.set_paper(9)
    worksheet.fit_to_pages(1, 0)
    worksheet.set_footer("&L&F&R&P／&Nページ")


def _stamp_rows(skeleton: io.BytesIO, bodies: Mapping[str, Part]) -> bytes:
    """組み立てる: copy the package, with the rows of each table in place of its pattern row."""
    target = io.BytesIO()
    tables = {f"xl/tables/table{number}.xml": part for number, part in enumerate(bodies.values(), start=1)}
    stamped = 0
    with (
        zipfile.ZipFile(skeleton) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION) as package,
    ):
        for name in source.namelist():
            data = source.read(name)
            part = bodies.get(name)
            if part is None:
                with package.open(name, "w") as entry:
                    entry.write(_widen(data, tables[name]) if name in tables else data)
                continue
            stamped += 1
            before, stamps, after = _cut(data, part)
            with package.open(name, "w") as entry:
                entry.write(before)
                if part.frame.is_empty():
                    entry.write(blank_row_xml(stamps, BODY + 1))
                for piece in row_xml(part.frame, stamps, BODY + 1):
                    entry.write(piece)
                entry.write(after)
    assert stamped == len(bodies), "every table got its rows"
    return target.getvalue()


_COMPRESSION = 1
"""Level of deflate: files are a third larger than with the usual 6, and written more than twice as fast."""


def _widen(table: bytes, part: Part) -> bytes:
    """表を広げる: extend the table from the pattern row to all rows."""
    narrow, wide = (f'ref="{part.table_range(last)}"'.encode() for last in (BODY, part.last))
    assert table.count(narrow) == 2, "the table and its filter"
    return table.replace(narrow, wide)


def _cut(data: bytes, part: Part) -> tuple[bytes, tuple[Stamp, ...], bytes]:
    """型を取る: the bytes before and after the pattern row, and between them the stamps made from its cells."""
    match = re.search(rf'<row r="{BODY + 1}" .*?</row>'.encode(), data, re.DOTALL)
    assert match, "the pattern row is there"
    format_nos = re.findall(r'<c r="[A-Z]+\d+" s="(\d+)"/>', match[0].decode())
    columns = part.sheet.columns
    assert len(format_nos) == len(columns), "the pattern row has a cell for each column"
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
