"""The review's book (要確認のブック), filled in as a person does."""

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

from openpyxl import load_workbook

Written = tuple[str, str, str, str]
"""決裁, 対象の納付番号, 決裁の理由, 担当."""


def listed(path: Path) -> set[int]:
    """受付番号 of the payments in a book."""
    sheet = load_workbook(path, read_only=True)["要確認一覧"]
    head, *rows = sheet.iter_rows(min_row=7, values_only=True)
    return {number for row in rows if isinstance(number := row[head.index("受付番号")], int)}


Reassigned = tuple[str | int, str, str, str]
"""受付番号, 対象の納付番号, 組替の理由, 担当."""


def reassigned(*rows: Reassigned, first: int = 8) -> Callable[[object], None]:
    """Writes rows into the sheet for 組替, from a row of it on."""

    def write(book: object) -> None:
        sheet = book["組替"]  # type: ignore[index]
        column = {cell.value: cell.column for cell in sheet[7]}
        for at, values in enumerate(rows, start=first):
            for heading, value in zip(("受付番号", "対象の納付番号", "組替の理由", "担当"), values, strict=True):
                sheet.cell(at, column[heading]).value = value or None

    return write


def written(path: Path, entries: dict[int, Written], changed: Callable[[object], None] | None = None) -> Path:
    """Writes decisions beside the payments of these 受付番号, as a person does, and saves."""
    fill = _filled if changed is None else _filled.__wrapped__
    path.write_bytes(fill(path.read_bytes(), tuple(entries.items()), changed))
    return path


@cache
def _filled(data: bytes, entries: tuple[tuple[int, Written], ...], changed: Callable[[object], None] | None) -> bytes:
    """The same book with the same decisions is filled in once."""
    book = load_workbook(io.BytesIO(data))
    sheet, rows = book["要確認一覧"], dict(entries)
    column = {cell.value: cell.column for cell in sheet[7]}
    for row in range(8, sheet.max_row + 1):
        values = rows.get(sheet.cell(row, column["受付番号"]).value)
        for heading, value in zip(("決裁", "対象の納付番号", "決裁の理由", "担当"), values or (), strict=False):
            sheet.cell(row, column[heading]).value = value or None
    if changed is not None:
        changed(book)
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()
