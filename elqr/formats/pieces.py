"""Pieces (切れ端): a large file cut at its records, each piece to be decoded as a small file of the same format.

A piece carries everything it needs to know about the bytes before it, so that it can be read anywhere: the numbers of
records and groups before it, and its head (the first record of its group, or the header row of a CSV).
Almost every file can be cut: fixed records at equal steps, or a CSV without quotes and with one kind of records. Any
other file, or one with something wrong in it, has to be read whole.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from elqr.formats.decode import Decoded, decode
from elqr.formats.framing import charset_of, end_bytes, len_before_records, line_end_of
from elqr.formats.sequence import GROUP_NO, OFFSET_BYTES, RECORD_NO, Kinds, kinds_of_rows
from elqr.formats.spec import VARIATIONS, Spec
from elqr.vocabulary.findings import Finding

Read = Callable[[int, int], bytes]
"""Reads part of a file: (first byte, size) → bytes, fewer at the end of the file."""

_RECORDS_A_READ = 100_000
_AT_THE_END = {VARIATIONS["no_final_line_end"], VARIATIONS["final_1a"]}
"""形のゆれ that are possible in the last piece only."""


@dataclass(frozen=True, slots=True)
class Piece:
    """切れ端: bytes of a file, and what comes before them; `step`: bytes from one fixed record to the next."""

    start: int
    size: int
    step: int = 0
    records: int = 0
    groups: int = 0
    head: bytes = b""
    is_last: bool = False


def pieces(read: Read, size: int, spec: Spec, most_bytes: int) -> Iterator[tuple[Piece, bytes]]:
    """切る: the pieces of a file and their bytes. The last piece of a file that has to be read whole is missing."""
    yield from (_csv_pieces if spec.layout == "csv" else _fixed_pieces)(read, size, spec, most_bytes)


def _csv_pieces(read: Read, size: int, spec: Spec, most_bytes: int) -> Iterator[tuple[Piece, bytes]]:
    """Cut after line ends; the head of every piece but the first is the header row."""
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


def _fixed_pieces(read: Read, size: int, spec: Spec, most_bytes: int) -> Iterator[tuple[Piece, bytes]]:
    """Cut at the step of the first record; the head of a piece is the first record of its group."""
    first, width = read(0, 2 * (spec.record_bytes or 0)), spec.record_bytes or 0
    charset, line_end = charset_of(first, spec), line_end_of(first, width)
    if charset in (None, "ebcdic") or len_before_records(first, spec):
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
    """切れ端の復号: its records and findings as `decode` would give them for the whole file.

    The order of records and repeated groups can only be judged for the whole file (`kinds_of`), and totals for whole
    groups. The tables also hold the record of `head`, before those of the piece: `records_of_piece` removes it.
    """
    loose = [record.model_copy(update={"follows": (), "closes": False}) for record in spec.record]
    decoded = decode(piece.head + body, spec.model_copy(update={"record": tuple(loose)}), file, received_on)
    head_records = int(piece.step > 0 and bool(piece.head))
    moved = {
        name: table.with_columns(
            pl.col(RECORD_NO) + (piece.records - head_records),
            pl.col(GROUP_NO) + (piece.groups - head_records),
            pl.col(OFFSET_BYTES) + (piece.start - len(piece.head)),
        )
        for name, table in decoded.tables.items()
    }
    findings = tuple(_place(finding, piece.records - head_records) for finding in decoded.findings)
    return replace(
        decoded, spec=spec, tables=moved, record_count=decoded.record_count - head_records, findings=findings
    )


def _place(finding: Finding, before: int) -> Finding:
    """Move a finding in a piece to its record in the whole file."""
    at = finding.at
    return replace(finding, at=replace(at, record_no=at.record_no + before)) if at.record_no else finding


def is_odd(decoded: Decoded, piece: Piece) -> bool:
    """形のゆれがあるか: whether the piece has a departure that can only be judged or mended in the whole file."""
    odd = set(decoded.shape) & set(VARIATIONS.values())
    return not odd <= (_AT_THE_END if piece.is_last else set())


def records_of_piece(decoded: Decoded, piece: Piece) -> Decoded:
    """切れ端のレコードだけ: without the record of `head`."""
    tables = {name: table.filter(pl.col(RECORD_NO) > piece.records) for name, table in decoded.tables.items()}
    return replace(decoded, tables=tables)


def kinds_of(decoded: Decoded, piece: Piece) -> Kinds:
    """レコード区分 of the records of a piece, without that of `head`, in their order."""
    kinds = np.empty(decoded.record_count, dtype=np.int16)
    for number, record in enumerate(decoded.spec.record):
        numbers = decoded.tables[record.name][RECORD_NO].to_numpy() - piece.records - 1
        kinds[numbers[numbers >= 0]] = number
    return kinds


def digest_of(read: Read, step: int, width: int) -> Callable[[int, int], bytes]:
    """中身のハッシュ: a function from two indices to the hash of the fixed records between, without line ends."""

    def digest(start: int, end: int) -> bytes:
        hasher = hashlib.sha256()
        for at in range(start, end, _RECORDS_A_READ):
            data = read(at * step, (min(at + _RECORDS_A_READ, end) - at) * step)
            rows = np.frombuffer(data.ljust(-(-len(data) // step) * step), dtype=np.uint8).reshape(-1, step)
            hasher.update(rows[:, :width].tobytes())
        return hasher.digest()

    return digest
