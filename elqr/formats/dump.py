"""Dump (内容表示): a file by its spec, one field a line with [offset+width], personal fields masked."""

from collections.abc import Iterator
from datetime import date

from elqr.findings import MASKED, Finding
from elqr.formats.charset import decode_bytes
from elqr.formats.decode import decode, text_of
from elqr.formats.framing import frame
from elqr.formats.spec import FieldSpec, RecordSpec, Spec


def dump(data: bytes, spec: Spec, file: str, received_on: date, *, show_personal: bool = False) -> Iterator[str]:
    """Lines of text: what framing was found, every field of every record, then the findings."""
    lines = _fixed(data, spec, file, show_personal) if spec.layout == "fixed" else _csv(data, spec, show_personal)
    yield from lines
    findings: tuple[Finding, ...] = decode(data, spec, file, received_on).findings
    yield from (str(finding) for finding in findings)


def _fixed(data: bytes, spec: Spec, file: str, show_personal: bool) -> Iterator[str]:
    framed = frame(data, spec, file)
    yield f"様式 {spec.name}（{spec.title}） 改行 {framed.line_end} 文字 {spec.charsets[0]} レコード {len(framed.rows)}"
    by_tag = {(record.tag or "").encode(): record for record in spec.record}
    for no, row in enumerate(framed.rows, start=1):
        raw = row.tobytes()
        record = next((r for tag, r in by_tag.items() if raw.startswith(tag)), None)
        yield f"#{no} {record.title if record else '区分不明'} @{(no - 1) * framed.step}"
        if record is None:
            yield f"  [0+{len(raw)}] {raw.hex(' ')}"
            continue
        for field, start in zip(record.fields, record.offsets, strict=True):
            piece = raw[start : start + (field.width or 0)]
            text = decode_bytes(piece, spec.charsets[0])
            yield _line(field, start, len(piece), piece.hex(" ") if text is None else text, show_personal)


def _csv(data: bytes, spec: Spec, show_personal: bool) -> Iterator[str]:
    text, charset = text_of(data, spec)
    yield f"様式 {spec.name}（{spec.title}） 文字 {charset or '不明'}"
    record: RecordSpec = spec.record[0]
    lines = (text or "").splitlines()[1 if spec.header_row else 0 :]
    for no, line in enumerate(lines, start=1):
        yield f"#{no} {record.title}"
        for at, (field, piece) in enumerate(zip(record.fields, line.split(","), strict=False), start=1):
            yield _line(field, at, len(piece), piece, show_personal)


def _line(field: FieldSpec, start: int, width: int, text: str, show_personal: bool) -> str:
    shown = MASKED if field.personal and text.strip() and not show_personal else text
    return f"  [{start}+{width}] {field.title}（{field.name}）: {shown}"


def describe(spec: Spec) -> Iterator[str]:
    """様式の配置: what `elqr spec show` prints; positions from 1, as the documents count."""
    yield f"{spec.name}: {spec.title}"
    standing = "確認済" if spec.verified else "仮様式（公表されていない部分がある）"
    yield f"  {standing} 確度 {spec.grade} 文字 {'・'.join(spec.charsets)}"
    yield from (f"  出典: {source}" for source in spec.sources)
    yield from (f"  未確認: {question}" for question in spec.open_questions)
    for record in spec.record:
        yield f"  {record.title}（{record.name}）" + (f" 区分 {record.tag}" if record.tag else "")
        for at, (field, start) in enumerate(zip(record.fields, record.offsets, strict=True), start=1):
            place = f"{start + 1}/{field.width}" if spec.layout == "fixed" else f"{at}列目"
            yield f"    {place:<8} {field.title}（{field.name}） {field.kind}"
    yield from (f"  検査: {control.title}" for control in spec.control)
