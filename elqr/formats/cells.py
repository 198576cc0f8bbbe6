"""Cells (区画): the place of every field of every record in the bytes of a file, for reading or changing them raw.

Decode gives meanings; this module gives places. It knows fixed layouts through the record offsets that decode found,
and CSVs through their separators, none of which can be part of a character in CP932 or UTF-8.
A file whose records cannot be told apart has no cells.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from elqr.arithmetic.checkdigit import Bytes
from elqr.formats.book import ZIP
from elqr.formats.charset import decode_bytes, encode_text
from elqr.formats.decode import Decoded, decode
from elqr.formats.framing import without_eof
from elqr.formats.headings import plain_heading
from elqr.formats.sequence import OFFSET_BYTES, RECORD_NO
from elqr.formats.spec import Charset, RecordSpec
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.findings import Finding

Places = npt.NDArray[np.int64]
_CR, _LF, _QUOTE, _COMMA = 0x0D, 0x0A, 0x22, 0x2C
_EBCDIC_LF = 0x25
_SPARSE = 16
"""A matrix that would have more than this many times the bytes of its cells is not built."""


@dataclass(frozen=True, slots=True)
class Cells:
    """区画 of all records of one kind: by field, the first byte and the number of bytes in each record."""

    record: RecordSpec
    record_nos: pl.Series
    starts: Mapping[str, Places]
    sizes: Mapping[str, Places]

    def part(self, name: str, start: int, width: int) -> tuple[Places, Places]:
        """項目の一部: first bytes and sizes of the bytes `start` to `start + width` of a field."""
        return self.starts[name] + start, np.clip(self.sizes[name] - start, 0, width)


@dataclass(frozen=True, slots=True)
class Sheet:
    """区画のすべて by record kind; or none, with the findings that say why."""

    charset: Charset
    cells: Mapping[str, Cells]
    findings: tuple[Finding, ...] = ()


def cells_of(data: bytes, decoded: Decoded, file: str, received_on: date) -> Sheet:
    """区画を求める. Records out of order still have cells; a file with records of an unknown kind has none.

    Raises BadFile for a book, whose cells lie packed.
    """
    spec = decoded.spec
    if data.startswith(ZIP):
        raise BadFile(f"{file} は Excel のブックです。CSV で保存したものを指定してください。")
    if not decoded.tables:
        loose = [record.model_copy(update={"follows": (), "closes": False}) for record in spec.record]
        decoded = decode(data, spec.model_copy(update={"record": tuple(loose)}), file, received_on)
    charset: Charset = next((name for name in spec.charsets if name == decoded.charset), spec.charsets[0])
    if not decoded.tables:
        return Sheet(charset, {}, decoded.findings)
    cells = _csv_cells(data, decoded, charset) if spec.layout == "csv" else _fixed_cells(data, decoded, charset)
    return Sheet(charset, cells)


def _fixed_cells(data: bytes, decoded: Decoded, charset: Charset) -> dict[str, Cells]:
    """固定長: fields at their offsets, cut at the end of the record's line."""
    array = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero((array == _CR) | (array == _line_feed(charset)))
    ends = np.append(ends, len(data))
    cells = {}
    for record in decoded.spec.record:
        table = decoded.tables[record.name]
        base = table[OFFSET_BYTES].to_numpy().astype(np.int64)
        line = ends[np.searchsorted(ends, base)]
        starts, sizes = {}, {}
        for field, offset in zip(record.fields, record.offsets, strict=True):
            starts[field.name] = base + offset
            sizes[field.name] = np.clip(line - base - offset, 0, field.width or 0)
        cells[record.name] = Cells(record, table[RECORD_NO], starts, sizes)
    return cells


def _csv_cells(data: bytes, decoded: Decoded, charset: Charset) -> dict[str, Cells]:
    """CSV: cells between separators outside quotes; none if that disagrees with how decode read the file.

    Optional fields that the header row leaves out have cells of no bytes.
    """
    starts, sizes, rows = _split_cells(data)
    first = np.flatnonzero(np.diff(rows, prepend=-1))
    widths = np.diff(np.append(first, len(rows)))
    head = 1 if decoded.spec.header_row else 0
    heading = zip(starts[: widths[0]].tolist(), sizes[: widths[0]].tolist(), strict=True) if len(first) else ()
    titles = [(decode_bytes(data[at : at + size], charset) or "").strip() for at, size in heading]
    is_sheet = decoded.spec.spreadsheet
    titles = [plain_heading(title) for title in titles] if is_sheet else titles
    cells = {}
    for record in decoded.spec.record:
        table = decoded.tables[record.name]
        at = table[RECORD_NO].to_numpy().astype(np.int64) - 1 + head
        fields = (record.named_by(titles, any_order=is_sheet) if head else None) or record.fields
        if len(at) and (at[-1] >= len(first) or (widths[at] != len(fields)).any()):
            return {}
        nowhere = np.zeros(len(at), dtype=np.int64)
        indices = {field.name: first[at] + column for column, field in enumerate(fields)}
        names = [field.name for field in record.fields]
        cells[record.name] = Cells(
            record,
            table[RECORD_NO],
            {name: starts[indices[name]] if name in indices else nowhere for name in names},
            {name: sizes[indices[name]] if name in indices else nowhere for name in names},
        )
    return cells


def _split_cells(data: bytes) -> tuple[Places, Places, Places]:
    """The first byte inside the quotes, the number of bytes, and the row (from 0) of every cell."""
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
    """区画の文字: String column; null where the charset cannot read the bytes."""
    if not len(starts):
        return pl.Series("text", [], dtype=pl.String)
    end = _line_feed(charset)
    joined_text = decode_bytes(_gather(array, starts, sizes, end), charset)
    texts = joined_text[:-1].split("\n") if joined_text is not None else []
    if len(texts) == len(starts):
        return pl.Series("text", texts, dtype=pl.String)
    pairs = zip(starts.tolist(), sizes.tolist(), strict=True)
    return pl.Series("text", [decode_bytes(array[at : at + size].tobytes(), charset) for at, size in pairs], pl.String)


def _gather(array: Bytes, starts: Places, sizes: Places, end: int) -> bytes:
    """Concatenate all cells, each followed by a line end."""
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
    """区画に書く: replace the bytes of each cell with a text of as many bytes. No text may be null."""
    data = encode_text("".join(texts.to_list()), charset)
    body = np.frombuffer(data, dtype=np.uint8)
    assert len(body) == sizes.sum(), "a cell keeps its number of bytes"
    at = np.cumsum(sizes) - sizes
    for column in range(int(sizes.max(initial=0))):
        inside = sizes > column
        array[starts[inside] + column] = body[at[inside] + column]
