"""Excerpts (原データの一件): the fields of single records as they were delivered, personal ones masked.

A record of a fixed layout is cut from its own bytes, without reading the rest of the file. Nothing is checked
here, because these records come from files that were accepted before.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from elqr.formats.charset import charset_after_cut, decode_bytes, first_bad_byte
from elqr.formats.csv_rows import csv_rows, text_of
from elqr.formats.ebcdic import from_ebcdic
from elqr.formats.fields import value_without_names
from elqr.formats.framing import charset_of
from elqr.formats.spec import TEXT_KINDS, Charset, FieldSpec, RecordSpec, Spec
from elqr.vocabulary.findings import MASKED

HEAD_BYTES = 4
"""How many bytes at the beginning of a file are needed to tell its charset."""

_SPACE = b" "
_UNREADABLE = "（読めないバイト）"


class Cell(NamedTuple):
    """項目の中身: the first byte (from 0; in a CSV the column, from 1), the width, and the text that staff read."""

    start: int
    width: int
    title: str
    name: str
    text: str
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """原データの一件: the kind of the record, and its fields, nested ones followed by their parts."""

    record: str
    cells: tuple[Cell, ...]


def cells(field: FieldSpec, start: int, width: int, text: str, *, show_personal: bool = False) -> Iterator[Cell]:
    """項目の表示: a field with its text and meaning; then the parts of a nested field, at their places within it."""
    hidden = field.personal and not show_personal
    shown = text if show_personal else value_without_names(field, text)
    yield Cell(start, width, field.title, field.name, _shown_text(field, shown, hidden=hidden))
    if field.nested is None:
        return
    layout, body = field.nested.record[0], text.removeprefix(field.prefix)
    if len(body) == layout.width_bytes:
        for part, at in zip(layout.fields, layout.offsets, strict=True):
            piece = body[at : at + (part.width or 0)]
            hidden_part = hidden or (part.personal and not show_personal)
            shown = piece if show_personal else value_without_names(part, piece)
            yield Cell(at, part.width or 0, part.title, part.name, MASKED if hidden_part else shown, is_part=True)


def _shown_text(field: FieldSpec, text: str, *, hidden: bool) -> str:
    bare = text.strip()
    if hidden and bare:
        return MASKED
    meaning = f"（{field.values[bare]}）" if field.values and bare in field.values else ""
    return text.rstrip(" ") + meaning


def fixed_cells(
    record: RecordSpec, raw: bytes, delivered: bytes, charset: Charset, *, show_personal: bool = False
) -> Iterator[Cell]:
    """固定長の項目: `raw` is the record after cutting, `delivered` its original bytes, shown where unreadable."""
    record_text = decode_bytes(raw, charset_after_cut(charset)) or ""
    is_even = len(record_text) == len(raw)  # one byte per character
    for field, start in zip(record.fields, record.offsets, strict=True):
        piece = raw[start : start + (field.width or 0)]
        text = record_text[start : start + len(piece)] if is_even else decode_bytes(piece, charset_after_cut(charset))
        if text is None:
            text = _unreadable_text(delivered[start : start + len(piece)], piece, charset, field, show_personal)
        yield from cells(field, start, len(piece), text, show_personal=show_personal)


def _unreadable_text(delivered: bytes, piece: bytes, charset: Charset, field: FieldSpec, show_personal: bool) -> str:
    """Undecodable bytes; only the first where no text was expected, because the others may spell a name."""
    if show_personal or field.kind in TEXT_KINDS:
        return delivered.hex(" ").upper() + _UNREADABLE
    at = first_bad_byte(piece, charset_after_cut(charset))
    return f"{delivered[at]:02X}{_UNREADABLE}"


def fixed_record_of(raw: bytes, spec: Spec) -> RecordSpec | None:
    """レコードの種類: the kind whose tag a fixed record begins with; None when there is none."""
    return next((record for record in spec.record if raw.startswith((record.tag or "").encode())), None)


def fixed_excerpt(delivered: bytes, head: bytes, spec: Spec) -> Excerpt | None:
    """固定長の一件: `delivered` are the bytes of the record, `head` the first bytes of its file."""
    charset = charset_of(head, spec) or spec.charsets[0]
    raw = from_ebcdic(delivered) if charset == "ebcdic" else delivered
    line = min((at for at in (raw.find(b"\r"), raw.find(b"\n")) if at >= 0), default=len(raw))
    raw = raw[:line].ljust(spec.record_bytes or 0, _SPACE)
    record = fixed_record_of(raw, spec)
    return None if record is None else Excerpt(record.title, tuple(fixed_cells(record, raw, delivered, charset)))


def csv_excerpts(data: bytes, spec: Spec, record_nos: Iterable[int]) -> dict[int, Excerpt]:
    """CSVの何件か: record number → excerpt; numbers that the file does not have are missing."""
    excerpts = {}
    for no, row in _rows(data, spec, record_nos):
        record = record_of(row, spec)
        if record is not None:
            pairs = enumerate(zip(record.fields, row, strict=False), start=1)
            shown = tuple(cell for at, (field, text) in pairs for cell in cells(field, at, len(text), text))
            excerpts[no] = Excerpt(record.title, shown)
    return excerpts


def _rows(data: bytes, spec: Spec, record_nos: Iterable[int]) -> Iterator[tuple[int, list[str]]]:
    """Rows by number. In a file without quotes a line is a row, and only the wanted lines are split."""
    if b'"' in data:
        rows = csv_rows(data, spec, "").rows
        yield from ((no, rows[no - 1]) for no in record_nos if 0 < no <= len(rows))
        return
    text, _ = text_of(data, spec)
    lines = (text or "").rstrip("\x1a").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    body = lines[1:] if spec.header_row else lines
    yield from ((no, body[no - 1].split(",")) for no in record_nos if 0 < no <= len(body) and body[no - 1])


def record_of(row: list[str], spec: Spec) -> RecordSpec | None:
    """行の種類: the record kind of a row of a CSV; None when there is none."""
    return next((record for record in spec.record if record.tag is None or row[:1] == [record.tag]), None)
