"""Plain CSVs (素直なCSV): almost every CSV is one; read as columns in one call.

A plain CSV has one kind of records under the header row of its spec, no quotes, one kind of line end, which the spec
names, and in every line as many values as the spec has fields. Any other CSV is not judged here: `csv_rows` reads it
row by row and reports what is wrong.
"""

import csv
from dataclasses import dataclass

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from elqr.formats.spec import FieldSpec, LineEnd, Spec

_LF, _CR, _COMMA = 0x0A, 0x0D, 0x2C
_TAIL = 64
"""Bytes at the end of a file in which an end-of-file mark may follow the last line."""


@dataclass(frozen=True, slots=True)
class PlainCsv:
    """素直なCSV: one String column per field; `is_ended`: whether the last line has a line end, too.

    `given`: the fields of the header row, in its order.
    """

    table: pl.DataFrame
    line_end: LineEnd
    is_ended: bool
    given: tuple[FieldSpec, ...]


def plain_csv(text: bytes, spec: Spec) -> PlainCsv | None:
    """素直なCSVを読む, from UTF-8; None when it is not a plain CSV, whatever the reason."""
    (record, *others), fields = spec.record, spec.record[0].fields
    first = text[: max(text.find(b"\n"), 0)]
    line_end: LineEnd = "crlf" if first.endswith(b"\r") else "lf"
    if others or record.tag is not None or len(fields) < 2 or not spec.header_row or line_end not in spec.line_ends:
        return None
    titles = first.removesuffix(b"\r").decode().split(",")
    if (given := record.named_by(titles, any_order=spec.spreadsheet)) is None:
        return None
    if b'"' in text or text[-_TAIL:].rstrip(b"\r\n").endswith(b"\x1a"):
        return None
    separators = _count_separators(text, len(given) - 1)
    table = _read(text, [field.name for field in given]) if separators else None
    if table is None or separators + sum(int(column.str.len_bytes().sum()) for column in table) != len(text):
        return None
    blank = [pl.lit("").alias(field.name) for field in fields if field not in given]
    table = table[1:].rechunk().with_columns(blank).select(field.name for field in fields)
    return PlainCsv(table, line_end, text.endswith(b"\n"), given)


def _count_separators(text: bytes, commas_per_line: int) -> int:
    """Count the bytes that separate values; 0 unless all lines end alike and none is too long for one value.

    The lines must have the right number of commas on average. Reading them into columns fails when one has more,
    so none can have fewer.
    """
    array = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero(array == _LF)
    returns = np.count_nonzero(array == _CR)
    if returns and (returns != len(ends) or not (array[ends - 1] == _CR).all()):
        return 0
    bounds = ends if ends[-1] == len(array) - 1 else np.append(ends, len(array))
    commas = np.count_nonzero(array == _COMMA)
    if commas != commas_per_line * len(bounds) or np.diff(bounds, prepend=-1).max() > csv.field_size_limit():
        return 0
    return int(commas + returns + len(ends))


def _read(text: bytes, names: list[str]) -> pl.DataFrame | None:
    """Read all lines as columns; None when one has too many values."""
    try:
        return pl.read_csv(
            text,
            has_header=False,
            schema=dict.fromkeys(names, pl.String),
            quote_char=None,
            empty_string_is_null=False,
            extra_columns="raise",
        )
    except PolarsError:
        return None
