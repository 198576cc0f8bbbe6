"""Plain CSVs (素直なCSV): what almost every CSV is, read as columns in one call.

It has one kind of records under the header row of its spec, no quotes, one kind of line end, which the spec names,
and in every line as many values as the spec has fields. What departs from that is not judged here: it is no plain
CSV, and `csv_rows` reads it row by row and says what is wrong.
"""

import csv
from dataclasses import dataclass

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from elqr.formats.spec import LineEnd, Spec

_LF, _CR, _COMMA = 0x0A, 0x0D, 0x2C
_TAIL = 64
"""Of a file's end, where a mark of its end may stand behind the last line."""


@dataclass(frozen=True, slots=True)
class PlainCsv:
    """素直なCSV: one String column a field; `is_ended`: its last line has a line end, too."""

    table: pl.DataFrame
    line_end: LineEnd
    is_ended: bool


def plain_csv(text: bytes, spec: Spec) -> PlainCsv | None:
    """素直なCSVを読む, from its text in UTF-8; None when it is none, whatever the reason."""
    (record, *others), fields = spec.record, spec.record[0].fields
    first = text[: max(text.find(b"\n"), 0)]
    line_end: LineEnd = "crlf" if first.endswith(b"\r") else "lf"
    if others or record.tag is not None or len(fields) < 2 or not spec.header_row or line_end not in spec.line_ends:
        return None
    if first.removesuffix(b"\r") != ",".join(field.title for field in fields).encode():
        return None
    separators = (
        0 if b'"' in text or text[-_TAIL:].rstrip(b"\r\n").endswith(b"\x1a") else _separators(text, len(fields) - 1)
    )
    table = _read(text, [field.name for field in fields]) if separators else None
    if table is None or separators + sum(int(column.str.len_bytes().sum()) for column in table) != len(text):
        return None
    return PlainCsv(table[1:].rechunk(), line_end, text.endswith(b"\n"))


def _separators(text: bytes, commas: int) -> int:
    """How many bytes part the values; 0 unless all lines end alike and none is too long for a value.

    Their commas must be so many on average. Reading them into columns fails when one has more, so that none can have
    fewer.
    """
    array = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero(array == _LF)
    returns = np.count_nonzero(array == _CR)
    if returns and (returns != len(ends) or not (array[ends - 1] == _CR).all()):
        return 0
    bounds = ends if ends[-1] == len(array) - 1 else np.append(ends, len(array))
    found = np.count_nonzero(array == _COMMA)
    if found != commas * len(bounds) or np.diff(bounds, prepend=-1).max() > csv.field_size_limit():
        return 0
    return int(found + returns + len(ends))


def _read(text: bytes, names: list[str]) -> pl.DataFrame | None:
    """All lines as columns; None when one has too many values."""
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
