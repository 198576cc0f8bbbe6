"""Dump (内容表示): a file by its spec, one field a line with [offset+width], personal fields masked."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date

from elqr.formats.csv_rows import csv_rows, text_of
from elqr.formats.decode import Decoded, decode
from elqr.formats.excerpt import Cell, cells, fixed_cells, fixed_record_of, record_of
from elqr.formats.framing import LINE_ENDS, frame
from elqr.formats.spec import VARIATIONS, Spec
from elqr.vocabulary.codes import Code
from elqr.vocabulary.visible_text import visible

_HEAD_BYTES = 8
"""Bytes shown of a record of an unknown kind: it may hold a person's name, so only its head is shown."""


def dump(data: bytes, spec: Spec, file: str, received_on: date, *, show_personal: bool = False) -> Iterator[str]:
    """ファイルの中身: lines of text with the framing, every field of every record, then the findings."""
    decoded = decode(data, spec, file, received_on)
    lines = _fixed_lines if spec.layout == "fixed" else _csv_lines
    yield from lines(data, spec, file, decoded, show_personal)
    yield from (str(finding) for finding in decoded.findings)


def _fixed_lines(data: bytes, spec: Spec, file: str, decoded: Decoded, show_personal: bool) -> Iterator[str]:
    framed = frame(data, spec, file)
    yield f"様式 {spec.name}（{spec.title}）"
    if framed.findings:
        return
    framing = (
        f"文字 {framed.charset}　改行 {framed.line_end}（{LINE_ENDS[framed.line_end]}）　レコード {len(framed.rows)}"
    )
    yield framing + _shape(decoded)
    for no, (row, at) in enumerate(zip(framed.rows, framed.starts.tolist(), strict=True), start=1):
        raw = row.tobytes()
        record = fixed_record_of(raw, spec)
        yield f"#{no} {record.title if record else '区分不明'} @{at}"
        if record is None:
            shown = raw if show_personal else raw[:_HEAD_BYTES]
            yield f"  [0+{len(raw)}] {shown.hex(' ').upper()}" + ("" if len(shown) == len(raw) else " …")
            continue
        shown = fixed_cells(record, raw, data[at : at + len(raw)], framed.charset, show_personal=show_personal)
        yield from map(_line, shown)


def _shape(decoded: Decoded) -> str:
    return f"　形 {'・'.join(decoded.shape)}" if decoded.shape else ""


def _csv_lines(data: bytes, spec: Spec, file: str, decoded: Decoded, show_personal: bool) -> Iterator[str]:
    text, charset = text_of(data, spec)
    yield f"様式 {spec.name}（{spec.title}）"
    yield f"文字 {charset or '不明'}　改行 {decoded.line_end or '不明'}　レコード {decoded.record_count}" + _shape(
        decoded
    )
    if decoded.sheet:
        read = csv_rows(data, spec, file)
        columns = [] if read.findings else read.columns(spec, read.kinds(spec), 0)
        for no, values in enumerate(zip(*columns, strict=True), start=1):
            yield from _row_lines(no, values, spec, show_personal=show_personal)
        return
    if {finding.code for finding in decoded.findings} & {Code.TOO_LARGE, Code.RECORD_LENGTH}:
        return
    try:
        rows = list(csv.reader(io.StringIO((text or "").rstrip("\x1a"), newline=""), strict=True))
    except csv.Error:
        return
    for no, row in enumerate(rows[1 if spec.header_row else 0 :], start=1):
        yield from _row_lines(no, row, spec, show_personal=show_personal)


def _row_lines(no: int, row: Sequence[str], spec: Spec, *, show_personal: bool) -> Iterator[str]:
    """A row of a CSV, or of a sheet with its columns in the order of the spec."""
    record = record_of([*row], spec)
    yield f"#{no} {record.title if record else '区分不明'}"
    fields = record.fields if record else ()
    for at, (field, piece) in enumerate(zip(fields, row, strict=False), start=1):
        yield from map(_line, cells(field, at, len(piece), piece, show_personal=show_personal))


def _line(cell: Cell) -> str:
    """One field, or a part of one: its place, its title and its text."""
    indent = "    " if cell.is_part else "  "
    return f"{indent}[{cell.start}+{cell.width}] {cell.title}（{cell.name}）: {visible(cell.text)}".rstrip()


def describe(spec: Spec) -> Iterator[str]:
    """様式の配置: what `elqr spec show` prints; positions count from 1, as in the senders' documents."""
    yield f"{spec.name}: {spec.title}"
    standing = spec.verified.words + ("" if spec.verified.fully else "（公表されていない部分がある）")
    yield f"  {standing} 確度 {spec.grade} 文字 {'・'.join(spec.charsets)}"
    yield from (f"  出典: {source}" for source in spec.sources)
    yield from (f"  未確認: {question}" for question in spec.open_questions)
    ends = spec.line_ends if spec.layout == "csv" else tuple(LINE_ENDS[end] for end in spec.line_ends)
    yield f"  改行: {'・'.join(ends)}"
    yield from (f"  認める形: {VARIATIONS[name]}（{name}）" for name in spec.accepts)
    for record in spec.record:
        yield f"  {record.title}（{record.name}）" + (f" 区分 {record.tag}" if record.tag else "")
        for at, (field, start) in enumerate(zip(record.fields, record.offsets, strict=True), start=1):
            place = f"{start + 1}/{field.width}" if spec.layout == "fixed" else f"{at}列目"
            yield f"    {place:<8} {field.title}（{field.name}） {field.kind}"
    yield from (f"  検査: {control.title}" for control in spec.control)
