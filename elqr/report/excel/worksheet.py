"""One worksheet (シート): totals above, an Excel table below, entries with drop-downs. Knows no rules of the field.

The body of the table is not written here. A single pattern row takes its place, whose cells carry the columns' formats;
`elqr.report.excel.workbook` puts in the rows and extends the table.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_range, xl_range_abs, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from elqr.arithmetic.wareki import wareki
from elqr.report.excel.book import Book, Column, Entry, Sheet
from elqr.report.excel.cells import text_width
from elqr.report.tables.table import NUMBERS, Style

TITLE, NOTE, VISIBLE, SUM, OURS, VERDICT, HEAD, BODY = range(8)
"""Row numbers of the sheet, from 0."""

AGREES, DIFFERS = "一致", "不一致"
NOTHING = "該当する行はありません。"
_LEAST_WIDTH, _FILTER_BUTTON, _WIDEST_NUMBER, _EDGES = 7, 3, 20, 1
_WIDTH_PIXELS, _EDGE_PIXELS, _HALF_EM_PIXELS = 7, 5, 20 / 3
"""Pixels at 96 dots per inch: a column's unit of width, its edges, and half the width of a character of 10 points."""

_PAPER_A4 = 9
_FIRST_DAY = date(2000, 1, 1)
"""No entry names an earlier day: a number typed by mistake would be one."""


@dataclass(frozen=True, slots=True)
class Part:
    """分けたシート: the rows of a sheet that are on one worksheet, number `number` of `count`.

    `longest` has the widths of the columns' longest values, see `longest_widths`.
    """

    sheet: Sheet
    name: str
    number: int
    count: int
    frame: pl.DataFrame
    longest: Mapping[str, int]

    @property
    def last(self) -> int:
        """The last row of the table's body, from 0. An empty table has one blank row."""
        return BODY + max(self.frame.height, 1) - 1

    def table_range(self, last: int) -> str:
        """範囲 of the table from its heading down to a row."""
        return str(xl_range(HEAD, 0, last, len(self.sheet.columns) - 1))

    def column_range(self, name: str, *, with_sheet: bool = False) -> str:
        """範囲 of a column's body, as an absolute reference."""
        at = [column.name for column in self.sheet.columns].index(name)
        cells = xl_range_abs(BODY, at, self.last, at)
        quoted = self.name.replace("'", "''")
        return f"'{quoted}'!{cells}" if with_sheet else str(cells)


def write_part(worksheet: Worksheet, part: Part, book: Book, formats: Mapping[str, Format], table_name: str) -> None:
    """一枚を書く: write everything except the rows of the table."""
    _write_head(worksheet, part, book, formats)
    _write_totals(worksheet, part, formats)
    columns = part.sheet.columns
    headed = [{"header": column.name, "header_format": formats[_head_format(column)]} for column in columns]
    options = {"name": table_name, "columns": headed, "style": None, "autofilter": True}
    worksheet.add_table(HEAD, 0, BODY, len(columns) - 1, options)
    for at, column in enumerate(columns):
        worksheet.write_blank(BODY, at, None, formats[format_of(column)])
        wide = width_of(column, part)
        worksheet.set_column(at, at, wide, None, {"hidden": True} if column.is_hidden else {})
        if column.entry is not None:
            _write_entry(worksheet, part, at, column.entry, formats)
    worksheet.ignore_errors({"number_stored_as_text": xl_range_abs(BODY, 0, part.last, len(columns) - 1)})
    worksheet.freeze_panes(BODY, part.sheet.frozen_columns)
    worksheet.set_row(HEAD, 33)
    if part.sheet.is_protected:
        worksheet.protect("", {"autofilter": True, "format_columns": True, "format_rows": True})
    _set_up_print(worksheet, part, book)


def format_of(column: Column) -> str:
    """書式の名 of a column's cells. Text wraps where it is printed; details stay on one line."""
    if column.entry is not None:
        return "entry" if column.style is Style.TEXT else f"entry_{column.style.value}"
    if not column.is_grouped:
        return "number"
    return "digits" if column.style is Style.TEXT and not column.is_printed else column.style.value


def _head_format(column: Column) -> str:
    return "head_entry" if column.entry else "head"


def _write_head(worksheet: Worksheet, part: Part, book: Book, formats: Mapping[str, Format]) -> None:
    table = part.sheet.table
    unit = part.sheet.unit
    rows = f"{table.frame.height:,}{unit}"
    if part.count > 1:
        rows += (
            f"のうち{part.number}枚目／{part.count}枚（Excelの行の上限のため分けています） {part.frame.height:,}{unit}"
        )
    worksheet.write_string(
        TITLE, 0, f"{table.title}　{book.city}　{wareki(book.night_on)}の夜　{rows}", formats["title"]
    )
    worksheet.write_string(NOTE, 0, table.note if table.frame.height else f"{NOTHING}{table.note}", formats["note"])


def _write_totals(worksheet: Worksheet, part: Part, formats: Mapping[str, Format]) -> None:
    """合計: the visible sum and the whole sum as formulas, our own figure, and whether they agree; counts first."""
    columns, height, unit = part.sheet.columns, part.frame.height, part.sheet.unit
    counted = part.column_range(columns[0].name)
    label = formats["label"]
    visible = f'="表示中の計（"&TEXT(SUBTOTAL(103,{counted}),"#,##0")&"{unit}）"'
    total = f'="Excelの合計（"&TEXT(COUNTA({counted}),"#,##0")&"{unit}）"'
    agrees = f'="件数　"&IF(COUNTA({counted})={height},"{AGREES}","{DIFFERS}")'
    worksheet.write_formula(VISIBLE, 0, visible, label, f"表示中の計（{height:,}{unit}）")
    worksheet.write_formula(SUM, 0, total, label, f"Excelの合計（{height:,}{unit}）")
    worksheet.write_string(OURS, 0, f"elqrの合計（{height:,}{unit}）", label)
    worksheet.write_formula(VERDICT, 0, agrees, label, f"件数　{AGREES}")
    for at, column in enumerate(columns):
        if column.name not in part.sheet.table.totals:
            continue
        ours, cells = int(part.frame[column.name].sum()), part.column_range(column.name)
        worksheet.write_formula(VISIBLE, at, f"=SUBTOTAL(109,{cells})", formats["total"], ours)
        worksheet.write_formula(SUM, at, f"=SUM({cells})", formats["total"], ours)
        worksheet.write_number(OURS, at, ours, formats["total"])
        verdict = f"=IF({xl_rowcol_to_cell(SUM, at)}={xl_rowcol_to_cell(OURS, at)},{quote(AGREES)},{quote(DIFFERS)})"
        worksheet.write_formula(VERDICT, at, verdict, formats["verdict"], AGREES)
    colour_verdicts(worksheet, VERDICT, 0, VERDICT, len(columns) - 1, formats)


def quote(text: str) -> str:
    """A text as a formula quotes it."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def colour_verdicts(
    worksheet: Worksheet, first_row: int, first: int, last_row: int, last: int, formats: Mapping[str, Format]
) -> None:
    """一致・不一致の色: 不一致 is tested first, because it contains the other word."""
    for word, name in ((DIFFERS, "bad"), (AGREES, "good")):
        rule = {
            "type": "text",
            "criteria": "containing",
            "value": word,
            "format": formats[name],
            "stop_if_true": True,
        }
        worksheet.conditional_format(first_row, first, last_row, last, rule)


def _write_entry(worksheet: Worksheet, part: Part, at: int, entry: Entry, formats: Mapping[str, Format]) -> None:
    """記入欄: what may be written, its hint, and the colour of a mandatory cell that is empty."""
    columns = part.sheet.columns
    lead = next(place for place, column in enumerate(columns) if column.entry)
    cell, first = xl_rowcol_to_cell(BODY, at, col_abs=True), xl_rowcol_to_cell(BODY, lead, col_abs=True)
    rule = {"input_title": columns[at].name, "input_message": entry.hint}
    for first_row, last_row, choices in _runs_of_choices(part, entry):
        worksheet.data_validation(first_row, at, last_row, at, rule | _list_rule(choices))
    if not entry.choices_of:
        worksheet.data_validation(BODY, at, part.last, at, rule | _free_rule(columns[at], entry, cell))
    _close_rows(worksheet, part, at, formats)
    if entry.needed_for or entry.is_needed:
        choices_named = ",".join(f"{first}={quote(choice)}" for choice in entry.needed_for)
        is_needed = f"OR({choices_named})" if choices_named else f"LEN({first})>0"
        rule_lacking = {
            "type": "formula",
            "criteria": f"=AND({is_needed},LEN({cell})=0)",
            "format": formats["lacking"],
        }
        worksheet.conditional_format(BODY, at, part.last, at, rule_lacking)
    if at == lead:
        all_rows = f"{part.frame.height}{part.sheet.unit}"
        filled = f'="記入 "&COUNTA({part.column_range(columns[at].name)})&"／{all_rows}"'
        worksheet.write_formula(SUM, at, filled, formats["label"], f"記入 0／{all_rows}")


def _runs_of_choices(part: Part, entry: Entry) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """選べる言葉の続く行: first row, last row and the choices of neighbouring rows that have the same."""
    if not entry.choices_of:
        return
    row = BODY
    for run in part.frame[entry.chosen_by].rle().to_list():
        yield row, row + run["len"] - 1, entry.choices_of.get(run["value"], ())
        row += run["len"]


def _list_rule(choices: Sequence[str]) -> dict[str, object]:
    """一覧から選ぶ. Without any choice the cell refuses all that is written."""
    if not choices:
        told = {"error_title": "この行には書けません", "error_message": "この状態から進める一歩はありません。"}
        return {"validate": "custom", "value": "=FALSE", **told}
    told = {"error_title": "一覧から選んでください", "error_message": "この欄は一覧にある言葉だけを受け付けます。"}
    return {"validate": "list", "source": list(choices), **told}


def _free_rule(column: Column, entry: Entry, cell: str) -> dict[str, object]:
    """一覧のない記入欄: a number, a date, yen, or a text."""
    if entry.choices:
        return _list_rule(entry.choices)
    if entry.digits or entry.is_number:
        bare = f'SUBSTITUTE(SUBSTITUTE({cell}," ",""),"-","")'
        length = f"LEN({bare})={entry.digits}," if entry.digits else ""
        fault = f"{entry.digits}桁ではありません" if entry.digits else "番号ではありません"
        told = {"error_title": fault, "error_message": "番号を確かめてください。"}
        value = f"=AND({length}ISNUMBER(VALUE({bare})))"
        return {"validate": "custom", "value": value, "error_type": "warning", **told}
    if column.style is Style.DATE:
        told = {"error_title": "日付ではありません", "error_message": "2026/11/20 のように書いてください。"}
        return {"validate": "date", "criteria": ">=", "value": _FIRST_DAY, **told}
    if column.style is Style.YEN:
        told = {"error_title": "円の額ではありません", "error_message": "0 以上の整数で書いてください。"}
        return {"validate": "integer", "criteria": ">=", "value": 0, **told}
    told = {"error_title": "長すぎます", "error_message": f"{entry.most_chars}文字までにしてください。"}
    return {"validate": "length", "criteria": "<=", "value": entry.most_chars, **told}


def _close_rows(worksheet: Worksheet, part: Part, at: int, formats: Mapping[str, Format]) -> None:
    """書けない行を灰色に: the entries of rows for which the sheet's first entry has no choices."""
    lead = next(column.entry for column in part.sheet.columns if column.entry)
    for first_row, last_row, choices in _runs_of_choices(part, lead):
        if not choices:
            rule = {"type": "formula", "criteria": "=TRUE", "format": formats["closed"]}
            worksheet.conditional_format(first_row, at, last_row, at, rule)


def longest_widths(columns: Sequence[Column], frame: pl.DataFrame) -> dict[str, int]:
    """最長の値: the width of the longest value of each column that has values, in half-width characters.

    For numbers it is the width of their sum.
    """

    def width(column: Column) -> pl.Expr:
        values = pl.col(column.name)
        if column.style in NUMBERS:
            return values.abs().sum().cast(pl.Int64).cast(pl.String).str.len_chars().cast(pl.Int64)
        return text_width(values.cast(pl.String)).max()

    shown = [column for column in columns if column.entry is None]
    if frame.is_empty():
        return dict.fromkeys((column.name for column in shown), 0)
    widths = frame.select(width(column) for column in shown)
    return {name: most or 0 for name, most in zip(widths.columns, widths.row(0), strict=True)}


def width_of(column: Column, part: Part) -> float:
    """列の幅 in half-width characters: room for the longest value and the heading, within the column's limit."""
    heading = max(len(column.name) + _FILTER_BUTTON, column.least_width)
    if column.entry is not None:
        return max(heading, column.most_width)
    if column.style is Style.DATE:
        return max(heading, 10)
    most = part.longest[column.name]
    if column.style in NUMBERS:
        return max(heading, _LEAST_WIDTH, min(most + (most - 1) // 3 + 3, _WIDEST_NUMBER))
    return max(heading, _LEAST_WIDTH, min(most + _EDGES, column.most_width))


def line_width(column: Column, part: Part) -> int:
    """折り返しの幅 of a column, in half-width characters; 0 if no text of it needs more than one line."""
    if format_of(column) != Style.TEXT.value or part.frame[column.name].dtype != pl.String:
        return 0
    within = int((width_of(column, part) * _WIDTH_PIXELS + _EDGE_PIXELS) / _HALF_EM_PIXELS)
    return within if part.longest[column.name] > within else 0


def _set_up_print(worksheet: Worksheet, part: Part, book: Book) -> None:
    """印刷: A4 landscape, one page wide, the heading on every page, without the details to the right."""
    printed: Sequence[Column] = [column for column in part.sheet.columns if column.is_printed]
    worksheet.set_landscape()
    worksheet.set_paper(_PAPER_A4)
    worksheet.fit_to_pages(1, 0)
    worksheet.repeat_rows(HEAD)
    worksheet.print_area(0, 0, part.last, len(printed) - 1)
    worksheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    city = book.city[:40].replace("&", "&&")
    worksheet.set_header(f"&L{city}&C&A&R{wareki(book.night_on)}の夜")
    worksheet.set_footer("&L&F&R&P／&Nページ")


def letters(at: int) -> str:
    """列の英字 of a column from 0."""
    return str(xl_col_to_name(at))
