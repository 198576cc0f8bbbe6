"""Cells (セル): rows of a frame as SpreadsheetML, whole columns at a time.

Text is always text: `=1+1`, `0012` and twenty digits stay what they are. Invisible characters are replaced by their
numbers (elqr/vocabulary/visible_text.py). What a cell cannot hold is visibly missing: a character that XML does not
allow becomes U+FFFD, and text that is too long ends in a remark.
Source: ECMA-376 Part 1, 18.3.1.4 (c), 18.4.8 (si), 22.9.2.19 (ST_Xstring).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from io import BytesIO

import polars as pl
from polars import selectors as cs

from elqr.report.tables.table import Style, visible_texts

MOST_CHARS = 32_767
"""Characters of a cell at most, counted in UTF-16 units (Microsoft: Excel specifications and limits)."""

CUT_SHORT = "…（長いため、ここまで。全文はJSON）"
_CHUNK_ROWS = 20_000
_DAY_0 = date(1899, 12, 30)
_FIRST_DAY = date(1900, 3, 1)
"""Serial numbers of earlier days are off by one: Excel gives 1900 a 29 February."""

_LINE_POINTS, _MOST_LINES = 13, 31
"""Points of a line, and lines of a row at most: Excel limits a row's height to 409 points."""

_UNFIT = r"[\x00-\x08\x0B\x0C\x0E-\x1F\x{FFFE}\x{FFFF}]"
_LOOKS_ESCAPED = r"_(x[0-9A-Fa-f]{4}_)"
_AT_AN_END = r"^\s|\s$"
_NEEDS_ESCAPE = r"[\x00-\x08\x0A-\x1F&<>\x{FFFE}\x{FFFF}]|_x[0-9A-Fa-f]{4}_"


@dataclass(frozen=True, slots=True)
class Stamp:
    """押し型: a column's letters, its format, and the column of the frame that it shows, if any.

    `line_width` is the length of a line of wrapped text in half-width characters, 0 if nothing wraps.
    """

    letters: str
    format_no: str
    style: Style
    name: str = ""
    line_width: int = 0


def row_xml(frame: pl.DataFrame, stamps: Sequence[Stamp], first_row: int) -> Iterator[bytes]:
    """行をXMLにする: the rows of a frame in pieces. `first_row` is the row number on the sheet, from 1."""
    for start in range(0, frame.height, _CHUNK_ROWS):
        chunk = visible_texts(frame.slice(start, _CHUNK_ROWS)).with_row_index("", offset=first_row + start)
        needs = _needs(chunk)
        cells = [piece for stamp in stamps for piece in _cell(chunk, stamp, needs)]
        row = pl.concat_str(_join_texts(['<row r="', _ROW, *_height(stamps), *cells, "</row>"]))
        buffer = BytesIO()
        chunk.select(row).write_csv(buffer, include_header=False, quote_style="never")
        yield buffer.getvalue()


_ROW = pl.col("").cast(pl.String)
"""The row's number on the sheet."""


def _join_texts(pieces: Iterable[str | pl.Expr]) -> Iterator[pl.Expr]:
    """Join neighbouring constant texts, so that each becomes one expression."""
    text = ""
    for piece in pieces:
        if isinstance(piece, str):
            text += piece
            continue
        yield from [pl.lit(text)] if text else []
        yield piece
        text = ""
    yield from [pl.lit(text)] if text else []


def blank_row_xml(stamps: Sequence[Stamp], row: int) -> bytes:
    """空の行: an empty table needs one row."""
    cells = "".join(f'<c r="{stamp.letters}{row}" s="{stamp.format_no}"/>' for stamp in stamps)
    return f'<row r="{row}">{cells}</row>'.encode()


def text_width(text: pl.Expr) -> pl.Expr:
    """文字の幅: roughly how many half-width characters a text takes, from its bytes in UTF-8."""
    chars = text.str.len_chars().cast(pl.Int64)
    return chars + (text.str.len_bytes().cast(pl.Int64) - chars) // 2


def _height(stamps: Sequence[Stamp]) -> Iterator[str | pl.Expr]:
    """行の高さ for wrapped text, and the end of the row's tag. It is not fixed: a spreadsheet may adjust it."""
    lines = [-(-text_width(pl.col(stamp.name)) // stamp.line_width) for stamp in stamps if stamp.line_width]
    if lines:
        most = pl.max_horizontal(*lines).clip(1, _MOST_LINES)
        height = pl.concat_str(pl.lit('" ht="'), (_LINE_POINTS * most + 2).cast(pl.String))
        yield pl.when(most > 1).then(height).otherwise(pl.lit(""))
    yield '">'


@dataclass(frozen=True, slots=True)
class _Needs:
    """要るもの: the names of the columns that need special care, by reason.

    In order: a value is missing, a date is too early for a serial number, a text is empty, too long, needs escaping in
    XML, or begins or ends with a space.
    """

    gap: set[str]
    early: set[str]
    blank: set[str]
    cut: set[str]
    escape: set[str]
    space: set[str]


def _needs(chunk: pl.DataFrame) -> _Needs:
    """Examine all columns at once, so that a column whose values need no care costs nothing more."""
    texts = cs.string()
    questions = (
        pl.all().null_count() > 0,
        (cs.date() < _FIRST_DAY).any(),
        (texts == "").any(),
        texts.str.len_bytes().max() > MOST_CHARS,
        texts.str.contains(_NEEDS_ESCAPE).any(),
        texts.str.contains(_AT_AN_END).any(),
    )
    flags = chunk.select(question.name.prefix(str(kind)) for kind, question in enumerate(questions)).row(0, named=True)
    needed = [name for name, is_needed in flags.items() if is_needed]
    return _Needs(*({name[1:] for name in needed if name[0] == str(kind)} for kind in range(len(questions))))


def _cell(chunk: pl.DataFrame, stamp: Stamp, needs: _Needs) -> Iterator[str | pl.Expr]:
    """The pieces of a column's cells: the place, then the content."""
    yield f'<c r="{stamp.letters}'
    yield _ROW
    empty = f'" s="{stamp.format_no}"/>'
    if not stamp.name or chunk.schema[stamp.name] == pl.Null:
        yield empty
        return
    shown, is_text = _cell_value(chunk, stamp, needs)
    space = ' xml:space="preserve"' if stamp.name in needs.space else ""
    as_text = (f'" s="{stamp.format_no}" t="inlineStr"><is><t{space}>', shown, "</t></is></c>")
    as_number = (f'" s="{stamp.format_no}"><v>', shown, "</v></c>")
    if stamp.name not in needs.gap | needs.blank and isinstance(is_text, bool):
        yield from as_text if is_text else as_number
        return
    text, number = (pl.concat_str(_join_texts(pieces)) for pieces in (as_text, as_number))
    filled = text if is_text is True else number
    if isinstance(is_text, pl.Expr):
        filled = pl.when(is_text).then(text).otherwise(number)
    yield pl.when(shown.is_null()).then(pl.lit(empty)).otherwise(filled)


def _cell_value(chunk: pl.DataFrame, stamp: Stamp, needs: _Needs) -> tuple[pl.Expr, bool | pl.Expr]:
    """A column's values as cells hold them, null if empty; and whether they are text (or in which rows)."""
    name, dtype, column = stamp.name, chunk.schema[stamp.name], pl.col(stamp.name)
    if stamp.style is Style.DATE and dtype == pl.Date:
        serial = (column - pl.lit(_DAY_0)).dt.total_days().cast(pl.String)
        if name not in needs.early:
            return serial, False
        early = column < pl.lit(_FIRST_DAY)
        return pl.when(early).then(column.cast(pl.String)).otherwise(serial), early
    if dtype.is_numeric() and stamp.style not in (Style.TEXT, Style.DIGITS):
        return column.cast(pl.String), False
    text = column.cast(pl.String)
    if name in needs.cut:
        text = pl.lit(pl.Series(name, [clip(value) for value in chunk[name].to_list()], dtype=pl.String))
    shown = _escape(text) if name in needs.escape else text
    return (pl.when(shown != "").then(shown) if name in needs.blank else shown), True


def _escape(text: pl.Expr) -> pl.Expr:
    """Escape text for XML, and so that Excel reads it back unchanged."""
    return (
        text.str.replace_all(r"[\r\n]+", " ")
        .str.replace_all(_UNFIT, "\N{REPLACEMENT CHARACTER}")
        .str.replace_all(_LOOKS_ESCAPED, "_x005F_${1}")
        .str.replace_all("&", "&amp;", literal=True)
        .str.replace_all("<", "&lt;", literal=True)
        .str.replace_all(">", "&gt;", literal=True)
    )


def clip(text: str | None) -> str | None:
    """収まる長さに切る: cut a text to what a cell holds, and add a remark. No character is cut in two."""
    if text is None or len(units := text.encode("utf-16-le")) <= 2 * MOST_CHARS:
        return text
    return units[: 2 * (MOST_CHARS - len(CUT_SHORT))].decode("utf-16-le", errors="ignore") + CUT_SHORT
