"""CSV rows (CSVの行): the bytes of a CSV → rows of text, or findings about its shape.

Nothing is inferred: `0012` stays `0012`. The charsets of the spec are tried in order; line ends outside quotes
must all be of one kind, which the spec names. A plain CSV (plain_csv.py) is read as columns at once. Where a
spreadsheet may write the files, the sheet of a book (headings.py) gives the same rows, and columns are in any order.
"""

import csv
import gc
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from hashlib import sha256

import numpy as np
import polars as pl

from elqr.formats.book import OLE, ZIP
from elqr.formats.by_hand import without_blank_rows
from elqr.formats.charset import CHARSETS, decode_bytes, first_unread_byte, has_ascii
from elqr.formats.framing import LINE_ENDS
from elqr.formats.headings import heading_sheet, trimmed_sheet, wrong_headings
from elqr.formats.plain_csv import PlainCsv, plain_csv
from elqr.formats.sequence import Kinds, kinds_of_tags
from elqr.formats.spec import VARIATIONS, Charset, FieldSpec, LineEnd, RecordSpec, Spec, Variation
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding, Location
from elqr.vocabulary.limits import CELLS, LINE

_DELETE = 0x7F
_BLANK = re.compile(r"(\r\n|\r|\n)(?:\1)+")
_QUOTED = re.compile(r'"[^"]*"')
_END = re.compile(r"\r\n|\r|\n")
_NAMES: dict[str, LineEnd] = {"\r\n": "crlf", "\n": "lf", "\r": "cr"}


@dataclass(frozen=True, slots=True)
class CsvRows:
    """読んだ行: the rows after the header row; those of a plain CSV are in `table`, one String column per field.

    `left_out`: names of the optional fields that the header row leaves out. `titles`: the headings, in the order of the
    file. `is_sheet`: whether it is a book, or its shape is that of a spreadsheet's CSV.
    """

    rows: list[list[str]] = field(default_factory=list)
    charset: str = ""
    line_end: str = "csv"
    variations: tuple[Variation, ...] = ()
    findings: tuple[Finding, ...] = ()
    table: pl.DataFrame | None = None
    left_out: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    is_sheet: bool = False

    @property
    def count(self) -> int:
        """行数: the number of rows."""
        return len(self.rows) if self.table is None else self.table.height

    def kinds(self, spec: Spec) -> Kinds:
        """レコード区分 of every row; if no kind has a tag, all rows are of the first."""
        if not any(record.tag for record in spec.record):
            return np.zeros(self.count, dtype=np.int16)
        return kinds_of_tags([row[0] for row in self.rows], spec)

    def columns(self, spec: Spec, kinds: Kinds, number: int) -> list[pl.Series]:
        """一種類の行を列にする: one String column for each field. Every row must have as many values as titles.

        Values of optional columns that the header row leaves out are blank.
        """
        if self.table is not None:
            return self.table.get_columns()
        body = [self.rows[at] for at in np.flatnonzero(kinds == number)]
        names = [spec_field.name for spec_field in spec.record[number].fields]
        given = [name for name in names if name not in self.left_out]
        columns = list(zip(*body, strict=True)) if body else [() for _ in given]
        values = dict(zip(given, columns, strict=True)) | dict.fromkeys(self.left_out, ("",) * len(body))
        return [pl.Series(name, values[name], dtype=pl.String) for name in names]

    def digest(self, start: int, end: int) -> bytes:
        """中身のハッシュ: the hash of rows `start` to `end`, to be compared with that of others in the same file."""
        return sha256(
            repr(self.rows[start:end] if self.table is None else self.table[start:end].rows()).encode()
        ).digest()

    def count_findings(self, kinds: Kinds, spec: Spec, file: str) -> Iterator[Finding]:
        """項目の数の検査: rows whose number of values is not that of their record kind; a plain CSV has none."""
        if self.table is not None:
            return
        wanted = [len(record.fields) - len(self.left_out) for record in spec.record]
        bad = [
            (no, len(row), wanted[kind])
            for no, (row, kind) in enumerate(zip(self.rows, kinds.tolist(), strict=True), start=1)
            if len(row) != wanted[kind]
        ]
        for no, count, expected in bad[:LISTED_PER_CODE]:
            yield Finding(Location(file, no), Code.COLUMN_COUNT, f"{count}項目", f"{expected}項目")


def text_of(data: bytes, spec: Spec) -> tuple[str | None, Charset | None]:
    """CSVの文字: the text in the first of the spec's charsets that can read it, and that charset."""
    if data.startswith(b"\xef\xbb\xbf"):
        return (decode_bytes(data[3:], "utf-8"), "utf-8-sig") if "utf-8-sig" in spec.charsets else (None, None)
    for charset in spec.charsets:
        if charset != "utf-8-sig" and (text := decode_bytes(data, charset)) is not None and "\x00" not in text:
            return text, charset
    return None, None


def csv_rows(data: bytes, spec: Spec, file: str) -> CsvRows:
    """CSVを読む: findings instead of rows when its shape is not that of the spec."""
    if spec.spreadsheet and data.startswith((ZIP, OLE)):
        sheet = heading_sheet(data, spec.record[0], file)
        read = CsvRows(charset="xlsx", line_end="xlsx", is_sheet=True)
        return CsvRows(findings=sheet.findings) if sheet.findings else _strip_header(sheet.rows, read, spec, file)
    if (count := _count_values(data)) > CELLS.most:
        return _refuse(file, Code.TOO_LARGE, f"{count:,}項目", f"{CELLS.most:,}項目以下")
    utf8, charset = _utf8_of(data, spec)
    if utf8 is None:
        return CsvRows(findings=(_bad_byte(data, spec, file),))
    plain = None if spec.typed_by_hand else plain_csv(utf8, spec)
    if plain is not None and (plain.is_ended or "no_final_line_end" in spec.accepts) and not _ends_blank(plain, spec):
        shape: tuple[Variation, ...] = () if plain.is_ended else ("no_final_line_end",)
        read = CsvRows([], charset or "", plain.line_end, shape, table=plain.table)
        return _with_columns(read, plain.given, spec.record[0])
    if (long := _first_long_line(utf8)) is not None:
        actual = f"{LINE.most:,}バイトより長い行"
        return _refuse(file, Code.RECORD_LENGTH, actual, f"{LINE.most:,}バイト以下の行", long + (not spec.header_row))
    return _read_row_by_row(utf8.decode(), charset or "", spec, file)


def _bad_byte(data: bytes, spec: Spec, file: str) -> Finding:
    """読めないバイト: the first one, by line and column, in the charset that reads furthest."""
    expected = "・".join(CHARSETS[charset] for charset in spec.charsets)
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
    """The first byte that a charset cannot read; a NUL is not text in any charset."""
    nul = data.find(b"\x00")
    most = len(data) - 1 if nul < 0 else nul
    return min(first_unread_byte(data, charset), most)


def _count_values(data: bytes) -> int:
    """The most values that a CSV can have, counted by its separators; 0 for a small file, which is not counted."""
    if len(data) <= CELLS.most:
        return 0
    return data.count(b",") + max(data.count(b"\n"), data.count(b"\r"))


def _first_long_line(utf8: bytes) -> int | None:
    """The first line that is too long to be read, counted from 0; None when there is none."""
    at = 0
    while len(utf8) - at > LINE.most:
        last = max(utf8.rfind(end, at, at + LINE.most + 1) for end in (b"\n", b"\r"))
        if last < 0:
            return utf8.count(b"\n", 0, at)
        at = last + 1
    return None


def _utf8_of(data: bytes, spec: Spec) -> tuple[bytes | None, Charset | None]:
    """The text of a CSV in UTF-8 and its charset, as `text_of`; by the first line alone if the others are ASCII."""
    first = data[: data.find(b"\n") + 1]
    tail = np.frombuffer(data, dtype=np.uint8)[len(first) :]
    is_ascii = len(tail) > 0 and tail.min() > 0 and tail.max() < _DELETE and all(map(has_ascii, spec.charsets))
    text, charset = text_of(first if is_ascii else data, spec)
    if text is None:
        return None, None
    head = text.encode()
    return (data if head == first else head + data[len(first) :]) if is_ascii else head, charset


def _read_row_by_row(text: str, charset: str, spec: Spec, file: str) -> CsvRows:
    """Read any CSV with the csv module."""
    variations: list[Variation] = []
    at = text.find("\x1a", len(text.rstrip("\x1a\r\n")))
    if at >= 0:
        text, variations = text[:at], ["final_1a"]
    if (bare := text.rstrip("\r\n")) and (blank := _BLANK.fullmatch(text, len(bare))):
        text, variations = text[: blank.end(1)], [*variations, "final_blank_line"]
    ends = _line_ends(text)
    if len(ends) > 1:
        return _refuse(file, Code.LINE_END, "改行の混在", "すべて同じ改行", _first_other(text))
    refused_ends = [end for end in ends if end not in spec.line_ends]
    if refused_ends:
        expected = "・".join(LINE_ENDS[end] for end in spec.line_ends)
        return _refuse(file, Code.LINE_END, LINE_ENDS[refused_ends[0]], expected)
    if text and not text.endswith(("\r", "\n")):
        variations.append("no_final_line_end")
    try:
        with _pause_collector():
            rows, is_cut = _read_rows(text, spec)
    except csv.Error as error:
        is_open = "unexpected end" in str(error)
        actual = '閉じていない引用符（"）' if is_open else '正しくない引用符（"）、または長すぎる項目'
        return _refuse(file, Code.COLUMN_COUNT, actual, "CSV")
    if not is_cut and (unnamed := [name for name in variations if name not in spec.accepts]):
        return _refuse(file, Code.VARIATION, VARIATIONS[unnamed[0]], f"accepts に {unnamed[0]}", len(rows))
    return _strip_header(rows, CsvRows([], charset, next(iter(ends), "csv"), tuple(variations)), spec, file)


def _read_rows(text: str, spec: Spec) -> tuple[list[list[str]], bool]:
    """Read rows until more of them have a wrong number of values than will be listed; True if that happened."""
    widths = {len(record.fields) - left_out for record in spec.record for left_out in range(record.most_left_out + 1)}
    most, is_trimmed = max(widths), spec.typed_by_hand or spec.spreadsheet
    rows, wrong = [], 0
    lines = io.TextIOWrapper(io.BytesIO(text.encode()), "utf-8", newline="")
    for row in csv.reader(lines, strict=True):
        rows.append(row)
        wrong += len(row[:most] if is_trimmed and not any(row[most:]) else row) not in widths
        if wrong > LISTED_PER_CODE:
            return rows, True
    return rows, False


def _strip_header(rows: list[list[str]], read: CsvRows, spec: Spec, file: str) -> CsvRows:
    """見出し行を外す: it must have the titles of the spec, and no row after it may be empty."""
    record = spec.record[0]
    titles = [spec_field.title for spec_field in record.fields]
    if spec.typed_by_hand:
        rows = without_blank_rows(rows, len(titles))
        rows = [[title.strip() for title in rows[0]], *rows[1:]] if rows else rows
    if spec.spreadsheet:
        trimmed = trimmed_sheet(rows)
        read, rows = replace(read, is_sheet=read.is_sheet or trimmed != rows), trimmed
    if not rows:
        return _refuse(file, Code.EMPTY, "0行", "見出し行" if spec.header_row else "1行以上")
    given = record.named_by(rows[0], any_order=spec.spreadsheet) if spec.header_row else record.fields
    if given is None:
        wrong = _heading_findings(rows[0], spec, file, is_sheet=read.is_sheet)
        return CsvRows(charset=read.charset, findings=tuple(wrong))
    body = rows[1:] if spec.header_row else rows
    empty = next((no for no, row in enumerate(body, start=1) if not row), 0)
    if empty:
        return _refuse(file, Code.COLUMN_COUNT, "0項目", f"{len(titles)}項目", empty)
    read = _with_columns(read, given, record)
    if read.is_sheet:
        order = sorted(range(len(given)), key=lambda at: record.fields.index(given[at]))
        body = [[row[at] for at in order] if len(row) == len(order) else row for row in body]
    return replace(read, rows=body)


def _with_columns(read: CsvRows, given: tuple[FieldSpec, ...], record: RecordSpec) -> CsvRows:
    """列を記す: the headings of a file, in its order, and the fields that it leaves out."""
    left_out = tuple(field.name for field in record.fields if field not in given)
    is_moved = given != tuple(field for field in record.fields if field in given)
    titles = tuple(field.title for field in given)
    return replace(read, left_out=left_out, titles=titles, is_sheet=read.is_sheet or is_moved)


def _ends_blank(plain: PlainCsv, spec: Spec) -> bool:
    """Whether the last row is one of the blank rows that a spreadsheet leaves below a table."""
    return spec.spreadsheet and not any(cell.strip() for row in plain.table.tail(1).rows() for cell in row)


def _heading_findings(row: list[str], spec: Spec, file: str, *, is_sheet: bool) -> Iterator[Finding]:
    """見出しの指摘: every wrong heading, where a spreadsheet may have moved them, else the first one."""
    titles = [spec_field.title for spec_field in spec.record[0].fields]
    is_header = 2 * len(set(row) & set(titles)) >= len(titles)
    if spec.spreadsheet and is_header:
        yield from wrong_headings(row, spec.record[0], file)
        return
    pairs = zip([*row, *[""] * len(titles)], titles, strict=False)
    at, (title, wanted) = next(
        ((no, pair) for no, pair in enumerate(pairs) if pair[0] != pair[1]), (len(titles), ("余分な項目", ""))
    )
    shown = title if is_header else f"見出しでない行（{len(row)}項目）"  # it may hold a person's data
    where = Location(file).in_sheet() if is_sheet else Location(file, 0, -1, f"{at + 1}列目")
    yield Finding(where, Code.HEADER_ROW, shown, "見出しの行" if is_sheet else wanted)


@contextmanager
def _pause_collector() -> Iterator[None]:
    """Pause garbage collection: rows of text hold no cycles, and searching a million rows takes longer than reading."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _line_ends(text: str) -> set[LineEnd]:
    """The kinds of line ends outside quotes."""
    bare = _QUOTED.sub("", text) if '"' in text else text
    crlf = bare.count("\r\n")
    counts: dict[LineEnd, int] = {"crlf": crlf, "lf": bare.count("\n") - crlf, "cr": bare.count("\r") - crlf}
    return {name for name, count in counts.items() if count}


def _first_other(text: str) -> int:
    """The first line whose end differs from that of line 1."""
    ends = _END.findall(_QUOTED.sub("", text) if '"' in text else text)
    return next(no for no, end in enumerate(ends, start=1) if end != ends[0])


def _refuse(file: str, code: Code, actual: str, expected: str, record_no: int = 0) -> CsvRows:
    return CsvRows(findings=(Finding(Location(file, record_no), code, actual, expected),))
