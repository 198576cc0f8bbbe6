"""Pieces (切れ端): a large file cut at its records, each piece to be decoded as a small file of the same format.

A piece knows all that the bytes before it say about it, so that it can be read anywhere: how many records and groups
there are before it, and the record or line it stands under (the group's first record, or the header row of a CSV).
What is cut is the file that almost every file is: fixed records at one step, or a CSV of one kind of records without
quotes. Of any other, and of one that has something wrong in it, this says only that it has to be read whole.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from elqr.formats.decode import Decoded, decode
from elqr.formats.framing import charset_of, end_bytes, line_end_of
from elqr.formats.sequence import GROUP_NO, OFFSET_BYTES, RECORD_NO, Kinds, kinds_of_rows
from elqr.formats.spec import VARIATIONS, Spec
from elqr.vocabulary.findings import Finding

Read = Callable[[int, int], bytes]
"""Reads of a file: from a first byte on so many bytes, fewer at its end."""

_RECORDS_A_READ = 100_000
_AT_THE_END = {VARIATIONS["no_final_line_end"], VARIATIONS["final_1a"]}
"""形のゆれ that only the last piece can have."""


@dataclass(frozen=True, slots=True)
class Piece:
    """切れ端: bytes of a file, and what stands before them; `step` is from one fixed record to the next."""

    start: int
    size: int
    step: int = 0
    records: int = 0
    groups: int = 0
    head: bytes = b""
    is_last: bool = False


def pieces(read: Read, size: int, spec: Spec, most_bytes: int) -> Iterator[tuple[Piece, bytes]]:
    """切る: the pieces of a file and their bytes. Of a file that has to be read whole the last piece does not come."""
    yield from (_of_csv if spec.layout == "csv" else _of_fixed)(read, size, spec, most_bytes)


def _of_csv(read: Read, size: int, spec: Spec, most_bytes: int) -> Iterator[tuple[Piece, bytes]]:
    """Cut behind a line end; every piece but the first stands under the header row."""
    (record, *others) = spec.record
    if others or record.tag is not None or record.opens_group or not spec.header_row:
        return
    start, records, head = 0, 0, b""
    while start < size:
        body = read(start, most_bytes)
        is_last = start + len(body) == size
        body = body if is_last else body[: body.rfind(b"\n") + 1]
        if not body or b'"' in body:
            return
        yield Piece(start, len(body), 0, records, 0, head, is_last), body
        start, records = start + len(body), records + body.count(b"\n") - (not head)
        head = head or body[: body.find(b"\n") + 1]


def _of_fixed(read: Read, size: int, spec: Spec, most_bytes: int) -> Iterator[tuple[Piece, bytes]]:
    """Cut at the step of the first record; every piece stands under the first record of its group."""
    first, width = read(0, 2 * (spec.record_bytes or 0)), spec.record_bytes or 0
    charset, line_end = charset_of(first, spec), line_end_of(first, width)
    if charset in (None, "ebcdic") or first.startswith(b"\xef\xbb\xbf"):
        return
    step = width if line_end.endswith("_inside") else width + len(end_bytes(line_end, "jisx0201"))
    opens = np.array([record.opens_group for record in spec.record])
    records, groups, head = 0, 0, b""
    for start in range(0, size, most := max(most_bytes // step, 1) * step):
        body = read(start, most)
        yield Piece(start, len(body), step, records, groups, head, start + len(body) == size), body
        rows = np.frombuffer(body[: len(body) // step * step], dtype=np.uint8).reshape(-1, step)
        kinds = kinds_of_rows(rows, spec)
        opened = np.flatnonzero(opens[kinds] & (kinds >= 0))
        head = rows[opened[-1]].tobytes() if len(opened) else head
        records, groups = records + len(rows), groups + len(opened)


def decode_piece(piece: Piece, body: bytes, spec: Spec, file: str, received_on: date) -> Decoded:
    """切れ端の復号: as `decode` of the whole file gives these records, and what is wrong with them.

    Order and repetition of groups can only be told of the whole file (`kinds_of`), totals of whole groups. The tables
    hold the record of `head` too, in front of the piece's own records: `own_records` are without it.
    """
    loose = [record.model_copy(update={"follows": (), "closes": False}) for record in spec.record]
    found = decode(piece.head + body, spec.model_copy(update={"record": tuple(loose)}), file, received_on)
    under = int(piece.step > 0 and bool(piece.head))
    moved = {
        name: table.with_columns(
            pl.col(RECORD_NO) + (piece.records - under),
            pl.col(GROUP_NO) + (piece.groups - under),
            pl.col(OFFSET_BYTES) + (piece.start - len(piece.head)),
        )
        for name, table in found.tables.items()
    }
    placed = tuple(_placed(finding, piece.records - under) for finding in found.findings)
    return replace(found, spec=spec, tables=moved, record_count=found.record_count - under, findings=placed)


def _placed(finding: Finding, before: int) -> Finding:
    """A finding of a piece, at its record of the whole file."""
    at = finding.at
    return replace(finding, at=replace(at, record_no=at.record_no + before)) if at.record_no else finding


def is_odd(decoded: Decoded, piece: Piece) -> bool:
    """形のゆれがあるか: whether something in it can only be judged, or made good, in the whole file."""
    odd = set(decoded.shape) & set(VARIATIONS.values())
    return not odd <= (_AT_THE_END if piece.is_last else set())


def own_records(decoded: Decoded, piece: Piece) -> Decoded:
    """自分のレコードだけ: without the record that the piece stands under."""
    own = {name: table.filter(pl.col(RECORD_NO) > piece.records) for name, table in decoded.tables.items()}
    return replace(decoded, tables=own)


def kinds_of(decoded: Decoded, piece: Piece) -> Kinds:
    """レコード区分 of a piece's own records, in their order."""
    kinds = np.empty(decoded.record_count, dtype=np.int16)
    for number, record in enumerate(decoded.spec.record):
        numbers = decoded.tables[record.name][RECORD_NO].to_numpy() - piece.records - 1
        kinds[numbers[numbers >= 0]] = number
    return kinds


def digest_of(read: Read, step: int, width: int) -> Callable[[int, int], bytes]:
    """中身のハッシュ of fixed records from one index to another, read some at a time, without line ends."""

    def digest(start: int, end: int) -> bytes:
        made = hashlib.sha256()
        for at in range(start, end, _RECORDS_A_READ):
            found = read(at * step, (min(at + _RECORDS_A_READ, end) - at) * step)
            rows = np.frombuffer(found.ljust(-(-len(found) // step) * step), dtype=np.uint8).reshape(-1, step)
            made.update(rows[:, :width].tobytes())
        return made.digest()

    return digest
