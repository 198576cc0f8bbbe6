"""Data files (CSV・JSON): tables as files. Knows no rules of the field.

CSV is for Japanese Excel: UTF-8 with BOM and CRLF; `excel_text` protects texts that Excel would change. JSON is for
programs: keys stay as they are.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from io import BytesIO
from itertools import chain

import polars as pl

from elqr.report.excel.excel_text import group_digits, keep_as_text
from elqr.report.selection import DATA_KINDS, DataKind
from elqr.report.tables.table import TOTAL, Heading, Style, Table, visible_texts

_ROWS_A_PIECE, _ROWS_A_SLICE = 100_000, 20_000
"""Rows drawn at once, and rows written as JSON at once: bytes still in the cache are copied in half the time."""


def files_of(table: Table, kinds: Iterable[DataKind] = DATA_KINDS) -> dict[str, Callable[[], Iterable[bytes]]]:
    """表のファイル of these kinds: name → how to draw it, in pieces."""
    pieces = {"csv": csv_pieces, "json": json_pieces}
    return {f"{table.file_name}.{kind}": partial(pieces[kind], table) for kind in kinds}


def bytes_of(table: Table) -> dict[str, bytes]:
    """表のファイル: name → bytes."""
    return {name: b"".join(draw()) for name, draw in files_of(table).items()}


def csv_bytes(table: Table) -> bytes:
    """CSVにする: the 合計 row is the last."""
    return b"".join(csv_pieces(table))


def csv_pieces(table: Table) -> Iterator[bytes]:
    """CSVの切れ: the bytes of `csv_bytes` in pieces."""
    names = [heading.name for heading in table.headings]
    yield b"\xef\xbb\xbf" + _csv(pl.DataFrame([names], orient="row"))
    for rows in map(visible_texts, (piece for piece in table.pieces(_ROWS_A_PIECE) if piece.height)):
        yield _csv(rows.select(_cell(heading, rows[heading.name]) for heading in table.headings))
    if table.totals:
        sums = {name: str(table.total(name)) if name in table.totals else "" for name in names}
        yield _csv(pl.DataFrame({**sums, names[0]: sums[names[0]] or TOTAL}))


def _csv(rows: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    rows.write_csv(buffer, include_header=False, line_terminator="\r\n", quote_style="necessary", null_value="")
    return buffer.getvalue()


def _cell(heading: Heading, values: pl.Series) -> pl.Series:
    """A column as a spreadsheet may read it. Each style gets only the conversions it needs."""
    if heading.style is Style.SHARE:
        share = pl.concat_str((values * 100).round(1).cast(pl.String), pl.lit("%"))
        return pl.select(pl.when(values.is_not_null()).then(share)).to_series().alias(heading.name)
    text = values.cast(pl.String)
    if heading.style is Style.DIGITS:
        text = group_digits(text)
    if heading.style in (Style.TEXT, Style.DIGITS):
        text = keep_as_text(text)
    return text.alias(heading.name)


def json_bytes(table: Table) -> bytes:
    """JSONにする: title, note, columns, rows (one on each line) and totals."""
    return b"".join(json_pieces(table))


def json_pieces(table: Table) -> Iterator[bytes]:
    """JSONの切れ: the bytes of `json_bytes` in pieces. Each row is one line, because line ends in texts are escaped."""
    names = [heading.name for heading in table.headings]
    columns = [{"name": heading.name, "style": heading.style.value} for heading in table.headings]
    head = {"title": table.title, "note": table.note, "columns": columns}
    yield ("{\n" + "".join(f'"{name}": {_json(value)},\n' for name, value in head.items()) + '"rows": [').encode()
    separator = b"\n"
    for rows in chain.from_iterable(piece.iter_slices(_ROWS_A_SLICE) for piece in table.pieces(_ROWS_A_PIECE)):
        buffer = BytesIO()
        visible_texts(rows.select(names)).with_columns(pl.col(pl.Date).dt.to_string("%Y-%m-%d")).write_ndjson(buffer)
        yield separator + buffer.getvalue()[:-1].replace(b"\n", b",\n")
        separator = b",\n"
    totals = _json({name: table.total(name) for name in table.totals})
    yield (("\n" if table.height else "") + f'],\n"totals": {totals}\n}}\n').encode()


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
