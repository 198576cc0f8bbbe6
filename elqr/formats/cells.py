"""Cells (区画): where every field of every record stands in a file's bytes, for whoever reads or changes them raw.

Decode gives meanings; this gives places. It knows framing only through the record offsets that decode found,
and CSV through its separators, none of which can be a part of a character in CP932 or UTF-8.
A file whose records cannot be told apart has no cells.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from elqr.arithmetic.checkdigit import Bytes
from elqr.formats.charset import decode_bytes, encode_text
from elqr.formats.decode import Decoded, decode
from elqr.formats.framing import without_eof
from elqr.formats.sequence import OFFSET_BYTES, RECORD_NO
from elqr.formats.spec import Charset, RecordSpec
from elqr.vocabulary.findings import Finding

Places = npt.NDArray[np.int64]
_CR, _LF, _QUOTE, _COMMA = 0x0D, 0x0A, 0x22, 0x2C
_EBCDIC_LF = 0x25
_SPARSE = 16
"""A matrix with so many times the bytes of its cells is not made."""


@dataclass(frozen=True, slots=True)
class Cells:
    """区画 of all records of one kind: the first byte and the number of bytes of each, by field."""

    record: RecordSpec
    record_nos: pl.Series
    starts: Mapping[str, Places]
    sizes: Mapping[str, Places]

    def part(self, name: str, start: int, width: int) -> tuple[Places, Places]:
        """Where bytes `start` to `start + width` of a field stand."""
        return self.starts[name] + start, np.clip(self.sizes[name] - start, 0, width)


@dataclass(frozen=True, slots=True)
class Sheet:
    """区画のすべて, by record kind; or none, and the findings that say why."""

    charset: Charset
    cells: Mapping[str, Cells]
    findings: tuple[Finding, ...] = ()


def cells_of(data: bytes, decoded: Decoded, file: str, received_on: date) -> Sheet:
    """区画を求める. Records out of order still have their cells; records of no kind leave the file without any."""
    spec = decoded.spec
    if not decoded.tables:
        loose = [record.model_copy(update={"follows": (), "closes": False}) for record in spec.record]
        decoded = decode(data, spec.model_copy(update={"record": tuple(loose)}), file, received_on)
    charset: Charset = next((own for own in spec.charsets if own == decoded.charset), spec.charsets[0])
    if not decoded.tables:
        return Sheet(charset, {}, decoded.findings)
    found = _csv_cells(data, decoded) if spec.layout == "csv" else _fixed_cells(data, decoded, charset)
    return Sheet(charset, found)


def _fixed_cells(data: bytes, decoded: Decoded, charset: Charset) -> dict[str, Cells]:
    """固定長: fields at their offsets, no further than the record's own line."""
    array = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero((array == _CR) | (array == _line_feed(charset)))
    ends = np.append(ends, len(data))
    found = {}
    for record in decoded.spec.record:
        table = decoded.tables[record.name]
        base = table[OFFSET_BYTES].to_numpy().astype(np.int64)
        line = ends[np.searchsorted(ends, base)]
        starts, sizes = {}, {}
        for field, offset in zip(record.fields, record.offsets, strict=True):
            starts[field.name] = base + offset
            sizes[field.name] = np.clip(line - base - offset, 0, field.width or 0)
        found[record.name] = Cells(record, table[RECORD_NO], starts, sizes)
    return found


def _csv_cells(data: bytes, decoded: Decoded) -> dict[str, Cells]:
    """CSV: cells between separators that stand outside quotes. A file it reads otherwise than decode has none."""
    starts, sizes, rows = _separated(data)
    first = np.flatnonzero(np.diff(rows, prepend=-1))
    widths = np.diff(np.append(first, len(rows)))
    head = 1 if decoded.spec.header_row else 0
    found = {}
    for record in decoded.spec.record:
        table = decoded.tables[record.name]
        at = table[RECORD_NO].to_numpy().astype(np.int64) - 1 + head
        if len(at) and (at[-1] >= len(first) or (widths[at] != len(record.fields)).any()):
            return {}
        cells = [first[at] + column for column in range(len(record.fields))]
        names = [field.name for field in record.fields]
        found[record.name] = Cells(
            record,
            table[RECORD_NO],
            {name: starts[cell] for name, cell in zip(names, cells, strict=True)},
            {name: sizes[cell] for name, cell in zip(names, cells, strict=True)},
        )
    return found


def _separated(data: bytes) -> tuple[Places, Places, Places]:
    """Of every cell: its first byte inside the quotes, its bytes, its row from 0."""
    skipped = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    bare = without_eof(data)
    array = np.frombuffer(bare[: len(bare.rstrip(b"\r\n")) + 2], dtype=np.uint8)
    marks = (array == _COMMA) | (array == _LF) | (array == _CR)
    if _QUOTE in data:
        marks &= np.cumsum(array == _QUOTE, dtype=np.int64) % 2 == 0
    ends = np.flatnonzero(marks)
    if len(array) > skipped and (not len(ends) or ends[-1] != len(array) - 1 or array[-1] == _COMMA):
        ends = np.append(ends, len(array))
    starts = np.concatenate([[skipped], ends[:-1] + 1])
    byte = array[np.minimum(ends, len(array) - 1)]
    is_pair = (byte == _LF) & (starts == ends) & (np.concatenate([[0], byte[:-1]]) == _CR)
    closes = (ends >= len(array)) | (byte != _COMMA)
    rows = np.cumsum(np.concatenate([[False], (closes & ~is_pair)[:-1]]))
    starts, ends, rows = starts[~is_pair], ends[~is_pair], rows[~is_pair]
    at = np.minimum(starts, len(array) - 1)
    quoted = (array[at] == _QUOTE) & (ends - starts >= 2)
    return starts + quoted, ends - starts - 2 * quoted, rows


def _line_feed(charset: str) -> int:
    return _EBCDIC_LF if charset == "ebcdic" else _LF


def read_texts(array: Bytes, starts: Places, sizes: Places, charset: Charset) -> pl.Series:
    """区画の文字: String column; null where the bytes are not of the charset."""
    if not len(starts):
        return pl.Series("text", [], dtype=pl.String)
    end = _line_feed(charset)
    whole = decode_bytes(_gathered(array, starts, sizes, end), charset)
    texts = whole[:-1].split("\n") if whole is not None else []
    if len(texts) == len(starts):
        return pl.Series("text", texts, dtype=pl.String)
    pairs = zip(starts.tolist(), sizes.tolist(), strict=True)
    return pl.Series("text", [decode_bytes(array[at : at + size].tobytes(), charset) for at, size in pairs], pl.String)


def _gathered(array: Bytes, starts: Places, sizes: Places, end: int) -> bytes:
    """All cells on end, each with a line end behind it."""
    width = int(sizes.max())
    if len(starts) * (width + 1) > _SPARSE * (int(sizes.sum()) + len(starts)):  # one long cell among many short ones
        data = array.tobytes()
        pairs = zip(starts.tolist(), sizes.tolist(), strict=True)
        return b"".join(data[at : at + size] + bytes([end]) for at, size in pairs)
    lines = np.full((len(starts), width + 1), end, dtype=np.uint8)
    if (sizes == width).all():
        for column in range(width):
            lines[:, column] = array[starts + column]
        return lines.tobytes()
    kept = np.arange(width + 1) <= sizes[:, None]
    for column in range(width):
        inside = sizes > column
        lines[inside, column] = array[starts[inside] + column]
    return lines[kept].tobytes()


def write_texts(array: Bytes, starts: Places, sizes: Places, texts: pl.Series, charset: Charset) -> None:
    """区画に書く: each text in place of a cell's bytes. It must have as many bytes, and none may be null."""
    data = encode_text("".join(texts.to_list()), charset)
    body = np.frombuffer(data, dtype=np.uint8)
    assert len(body) == sizes.sum(), "a cell keeps its number of bytes"
    at = np.cumsum(sizes) - sizes
    for column in range(int(sizes.max(initial=0))):
        inside = sizes > column
        array[starts[inside] + column] = body[at[inside] + column]
