"""CSV rows (CSVの行): the bytes of a CSV → rows of text, or what is wrong with its shape.

Nothing is inferred: `0012` stays `0012`. The charsets of the spec are tried in their order; line ends
outside quotes must be of one kind, and of one that the spec names. A plain CSV (plain_csv.py) is columns at once.
"""

import csv
import gc
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
import polars as pl

from elqr.formats.by_hand import without_blank_rows
from elqr.formats.charset import CHARSETS, decode_bytes, has_ascii
from elqr.formats.framing import LINE_ENDS
from elqr.formats.plain_csv import plain_csv
from elqr.formats.sequence import Kinds, kinds_of_tags
from elqr.formats.spec import VARIATIONS, Charset, LineEnd, Spec, Variation
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding, Location
from elqr.vocabulary.limits import CELLS, LINE

_NOT_ASCII = 0x80
_BLANK = re.compile(r"(\r\n|\r|\n)(?:\1)+")
_QUOTED = re.compile(r'"[^"]*"')
_END = re.compile(r"\r\n|\r|\n")
_NAMES: dict[str, LineEnd] = {"\r\n": "crlf", "\n": "lf", "\r": "cr"}


@dataclass(frozen=True, slots=True)
class CsvRows:
    """読んだ行: the rows behind the header row; of a plain CSV they are `table`, a String column a field."""

    rows: list[list[str]] = field(default_factory=list)
    charset: str = ""
    line_end: str = "csv"
    variations: tuple[Variation, ...] = ()
    findings: tuple[Finding, ...] = ()
    table: pl.DataFrame | None = None

    @property
    def count(self) -> int:
        """行数: how many rows there are."""
        return len(self.rows) if self.table is None else self.table.height

    def kinds(self, spec: Spec) -> Kinds:
        """レコード区分 of every row; all are of the first kind where none has a tag."""
        if not any(record.tag for record in spec.record):
            return np.zeros(self.count, dtype=np.int16)
        return kinds_of_tags([row[0] for row in self.rows], spec)

    def columns(self, spec: Spec, kinds: Kinds, number: int) -> list[pl.Series]:
        """The rows of one kind as String columns, one a field. Every row has as many values as fields."""
        if self.table is not None:
            return self.table.get_columns()
        body = [self.rows[at] for at in np.flatnonzero(kinds == number)]
        fields = spec.record[number].fields
        columns = list(zip(*body, strict=True)) if body else [() for _ in fields]
        return [pl.Series(own.name, values, dtype=pl.String) for own, values in zip(fields, columns, strict=True)]

    def digest(self, start: int, end: int) -> bytes:
        """中身のハッシュ of some rows, to be compared with that of others of the same file."""
        return sha256(
            repr(self.rows[start:end] if self.table is None else self.table[start:end].rows()).encode()
        ).digest()

    def count_findings(self, kinds: Kinds, spec: Spec, file: str) -> Iterator[Finding]:
        """項目の数 of every row against its record kind's; a plain CSV has no other."""
        if self.table is not None:
            return
        wanted = [len(record.fields) for record in spec.record]
        bad = [
            (no, len(row), wanted[kind])
            for no, (row, kind) in enumerate(zip(self.rows, kinds.tolist(), strict=True), start=1)
            if len(row) != wanted[kind]
        ]
        for no, count, expected in bad[:LISTED_PER_CODE]:
            yield Finding(Location(file, no), Code.COLUMN_COUNT, f"{count}項目", f"{expected}項目")


def text_of(data: bytes, spec: Spec) -> tuple[str | None, Charset | None]:
    """The text of a CSV in the first of the spec's charsets that reads it, and which one that was."""
    if data.startswith(b"\xef\xbb\xbf"):
        return (decode_bytes(data[3:], "utf-8"), "utf-8-sig") if "utf-8-sig" in spec.charsets else (None, None)
    for charset in spec.charsets:
        if charset != "utf-8-sig" and (text := decode_bytes(data, charset)) is not None and "\x00" not in text:
            return text, charset
    return None, None


def csv_rows(data: bytes, spec: Spec, file: str) -> CsvRows:
    """Read a whole CSV. Findings instead of rows when it is not of the spec's shape."""
    if (count := _count_of_values(data)) > CELLS.most:
        return _refused(file, Code.TOO_LARGE, f"{count:,}項目", f"{CELLS.most:,}項目以下")
    utf8, charset = _utf8_of(data, spec)
    if utf8 is None:
        return CsvRows(findings=(_bad_byte(data, spec, file),))
    plain = None if spec.typed_by_hand else plain_csv(utf8, spec)
    if plain is not None and (plain.is_ended or "no_final_line_end" in spec.accepts):
        shape: tuple[Variation, ...] = () if plain.is_ended else ("no_final_line_end",)
        return CsvRows([], charset or "", plain.line_end, shape, table=plain.table)
    if (long := _first_long_line(utf8)) is not None:
        said = f"{LINE.most:,}バイトより長い行"
        return _refused(file, Code.RECORD_LENGTH, said, f"{LINE.most:,}バイト以下の行", long + (not spec.header_row))
    return _row_by_row(utf8.decode(), charset or "", spec, file)


def _bad_byte(data: bytes, spec: Spec, file: str) -> Finding:
    """読めないバイト: the first one, in the charset that reads furthest, by its line and its column."""
    expected = "・".join(CHARSETS[own] for own in spec.charsets)
    if data.startswith(b"\xef\xbb\xbf") and "utf-8-sig" not in spec.charsets:
        return Finding(Location(file, 0, 0), Code.CHARSET, "先頭に UTF-8 の BOM", expected)
    reads: list[Charset] = [charset for charset in spec.charsets if charset != "utf-8-sig"] or ["utf-8"]
    at = max(_first_unread(data, charset) for charset in reads)
    line_start = max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at)) + 1
    record_no = data.count(b"\n", 0, at) or data.count(b"\r", 0, at)
    fields, column = spec.record[0].fields, data.count(b",", line_start, at)
    name = fields[column].title if len(spec.record) == 1 and column < len(fields) else f"{column + 1}列目"
    where = Location(file, record_no + (not spec.header_row), at - line_start, name)
    return Finding(where, Code.CHARSET, f"{data[at]:02X}", expected)


def _first_unread(data: bytes, charset: Charset) -> int:
    """Where a charset can read no further; a NUL is no text in any."""
    nul = data.find(b"\x00")
    most = len(data) - 1 if nul < 0 else nul
    try:
        data.decode("utf-8" if charset.startswith("utf-8") else charset)
    except UnicodeDecodeError as error:
        return min(error.start, most)
    return most


def _count_of_values(data: bytes) -> int:
    """How many values it has at the most, as its separators tell; of a small file not counted."""
    if len(data) <= CELLS.most:
        return 0
    return data.count(b",") + max(data.count(b"\n"), data.count(b"\r"))


def _first_long_line(utf8: bytes) -> int | None:
    """The first line, from 0, that is too long to be read; None when there is none."""
    at = 0
    while len(utf8) - at > LINE.most:
        last = max(utf8.rfind(end, at, at + LINE.most + 1) for end in (b"\n", b"\r"))
        if last < 0:
            return utf8.count(b"\n", 0, at)
        at = last + 1
    return None


def _utf8_of(data: bytes, spec: Spec) -> tuple[bytes | None, Charset | None]:
    """The text of a CSV in UTF-8, as `text_of` finds it; where only the first line is not ASCII, by that alone."""
    first = data[: data.find(b"\n") + 1]
    rest = np.frombuffer(data, dtype=np.uint8)[len(first) :]
    is_ascii = len(rest) > 0 and rest.min() > 0 and rest.max() < _NOT_ASCII and all(map(has_ascii, spec.charsets))
    text, charset = text_of(first if is_ascii else data, spec)
    if text is None:
        return None, None
    head = text.encode()
    return (data if head == first else head + data[len(first) :]) if is_ascii else head, charset


def _row_by_row(text: str, charset: str, spec: Spec, file: str) -> CsvRows:
    """Any CSV, as the csv module reads it."""
    variations: list[Variation] = []
    at = text.find("\x1a", len(text.rstrip("\x1a\r\n")))
    if at >= 0:
        text, variations = text[:at], ["final_1a"]
    if (bare := text.rstrip("\r\n")) and (blank := _BLANK.fullmatch(text, len(bare))):
        text, variations = text[: blank.end(1)], [*variations, "final_blank_line"]
    ends = _line_ends(text)
    if len(ends) > 1:
        return _refused(file, Code.LINE_END, "改行の混在", "すべて同じ改行", _first_other(text))
    other = [end for end in ends if end not in spec.line_ends]
    if other:
        return _refused(file, Code.LINE_END, LINE_ENDS[other[0]], "・".join(LINE_ENDS[end] for end in spec.line_ends))
    if text and not text.endswith(("\r", "\n")):
        variations.append("no_final_line_end")
    try:
        with _collector_at_rest():
            rows, is_cut = _rows_until_lost(text, spec)
    except csv.Error as error:
        is_open = "unexpected end" in str(error)
        said = '閉じていない引用符（"）' if is_open else '正しくない引用符（"）、または長すぎる項目'
        return _refused(file, Code.COLUMN_COUNT, said, "CSV")
    if not is_cut and (unnamed := [name for name in variations if name not in spec.accepts]):
        return _refused(file, Code.VARIATION, VARIATIONS[unnamed[0]], f"accepts に {unnamed[0]}", len(rows))
    return _behind_the_header(rows, CsvRows([], charset, next(iter(ends), "csv"), tuple(variations)), spec, file)


def _rows_until_lost(text: str, spec: Spec) -> tuple[list[list[str]], bool]:
    """The rows; once more of them have a wrong number of values than are listed, no more, and True."""
    widths = {len(record.fields) for record in spec.record}
    rows, wrong = [], 0
    lines = io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8", newline="")
    for row in csv.reader(lines, strict=True):
        rows.append(row)
        wrong += len(row) not in widths
        if wrong > LISTED_PER_CODE:
            return rows, True
    return rows, False


def _behind_the_header(rows: list[list[str]], read: CsvRows, spec: Spec, file: str) -> CsvRows:
    """見出し行 must be the spec's, title by title; then rows follow, none of them empty."""
    titles = [spec_field.title for spec_field in spec.record[0].fields]
    if spec.typed_by_hand:
        rows = without_blank_rows(rows, len(titles))
        rows = [[title.strip() for title in rows[0]], *rows[1:]] if rows else rows
    if not rows:
        return _refused(file, Code.EMPTY, "0行", "見出し行" if spec.header_row else "1行以上")
    if spec.header_row and rows[0] != titles:
        pairs = zip([*rows[0], *[""] * len(titles)], titles, strict=False)
        at, (found, wanted) = next(
            ((no, pair) for no, pair in enumerate(pairs) if pair[0] != pair[1]), (len(titles), ("余分な項目", ""))
        )
        is_header = 2 * len(set(rows[0]) & set(titles)) >= len(titles)
        shown = found if is_header else f"見出しでない行（{len(rows[0])}項目）"  # what is no header may be a person
        finding = Finding(Location(file, 0, -1, f"{at + 1}列目"), Code.HEADER_ROW, shown, wanted)
        return CsvRows(charset=read.charset, findings=(finding,))
    body = rows[1:] if spec.header_row else rows
    empty = next((no for no, row in enumerate(body, start=1) if not row), 0)
    if empty:
        return _refused(file, Code.COLUMN_COUNT, "0項目", f"{len(titles)}項目", empty)
    return CsvRows(body, read.charset, read.line_end, read.variations)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Rows of text hold no cycles; looking for some among a million of them takes longer than reading them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _line_ends(text: str) -> set[LineEnd]:
    """Which line ends stand outside quotes."""
    bare = _QUOTED.sub("", text) if '"' in text else text
    crlf = bare.count("\r\n")
    counts: dict[LineEnd, int] = {"crlf": crlf, "lf": bare.count("\n") - crlf, "cr": bare.count("\r") - crlf}
    return {name for name, count in counts.items() if count}


def _first_other(text: str) -> int:
    """The line that ends otherwise than the first one."""
    ends = _END.findall(_QUOTED.sub("", text) if '"' in text else text)
    return next(no for no, end in enumerate(ends, start=1) if end != ends[0])


def _refused(file: str, code: Code, actual: str, expected: str, record_no: int = 0) -> CsvRows:
    return CsvRows(findings=(Finding(Location(file, record_no), code, actual, expected),))
