"""Books (Excel のブック): the sheets of an .xlsx as rows of cells, once its package has been examined.

A notice file and a book that people filled in are read the same way; what their cells must hold is not known here.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from elqr.formats.package import SheetLook, UnfitBook, letters_of, look_through

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
"""How an .xlsx begins, and how an encrypted or an old one does."""

_EXACT = 10**15
"""Excel keeps 15 digits of a number."""


@dataclass(frozen=True, slots=True)
class BookSheet:
    """シート: the cells from A1 on, row by row; what was seen in the package; and the places of merged cells."""

    cells: list[list[Any]]
    look: SheetLook
    merged: tuple[str, ...]
    is_hidden: bool


def read_sheets(data: bytes, is_wanted: Callable[[str], bool]) -> dict[str, BookSheet]:
    """シートを読む: those with wanted titles; by title. Raises UnfitBook for bytes that are no .xlsx."""
    if data.startswith(OLE):
        raise UnfitBook(
            "パスワードのかかったブックか、古い形式（.xls）です。パスワードを外し、.xlsx で保存してください。"
        )
    try:
        looks = look_through(data, is_wanted)
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        shown = {sheet.name: sheet for sheet in book.sheets_metadata if sheet.typ is SheetTypeEnum.WorkSheet}
        return {
            title: _read_sheet(book, title, look, is_hidden=shown[title].visible is not SheetVisibleEnum.Visible)
            for title, look in looks.items()
            if title in shown
        }
    except UnfitBook:
        raise
    except BaseException as error:  # the library may raise anything, or panic, on bytes that are no workbook
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        raise UnfitBook("Excel のブック（.xlsx）として読めません。") from error


def _read_sheet(book: CalamineWorkbook, title: str, look: SheetLook, *, is_hidden: bool) -> BookSheet:
    sheet = book.get_sheet_by_name(title)
    merged = tuple(
        f"{letters_of(left + 1)}{top + 1}:{letters_of(right + 1)}{bottom + 1}"
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
    )
    return BookSheet(sheet.to_python(skip_empty_area=False), look, merged, is_hidden)


def cell_text(value: object) -> str:
    """セルの文字, as a CSV of the same sheet would have it.

    Days are written with strokes, so that a number that Excel took for a day cannot pass for one again. A number with
    more digits than Excel keeps is written as Excel shows it, so that no field takes it for what was typed.
    """
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float | int):
        return str(int(value)) if float(value).is_integer() and abs(value) < _EXACT else f"{value:.15G}"
    if isinstance(value, date):
        day = f"{value.year}/{value.month}/{value.day}"
        is_midnight = not isinstance(value, datetime) or value.time() == time.min
        return day if is_midnight else f"{day} {value:%H:%M:%S}"
    return str(value).strip()
