"""Recognition (形式の判定): which spec a file is of, from its content.

A spec is a candidate when its probe fields are well-formed in one of the first records, or when the
header row of its CSV stands there. Exactly one candidate is an answer; none or several is a finding
that names them. A damaged record further on does not hide the format, so that its place can be told.
"""

from collections.abc import Iterable
from datetime import date

import polars as pl

from elqr.findings import Code, Finding, Location
from elqr.formats.charset import decode_bytes, decode_column
from elqr.formats.fields import read_field
from elqr.formats.spec import Spec

_LOOKED_AT = 12
"""Records at the start of a file that are looked at."""


def recognize(
    data: bytes, specs: Iterable[Spec], file: str, received_on: date
) -> tuple[Spec | None, tuple[Finding, ...]]:
    """The one spec that fits, or a finding: empty, unknown, ambiguous."""
    specs = tuple(specs)
    if not data.strip(b"\r\n\x1a \t"):
        return None, (Finding(Location(file), Code.EMPTY, f"{len(data)}バイト", "データ"),)
    candidates = [spec for spec in specs if _fits(data, spec, received_on)]
    if len(candidates) == 1:
        return candidates[0], ()
    names = "・".join(spec.name for spec in candidates or specs)
    if candidates:
        return None, (Finding(Location(file), Code.FORMAT_AMBIGUOUS, names, "一つの様式"),)
    return None, (Finding(Location(file), Code.FORMAT_UNKNOWN, _head(data), names),)


def _head(data: bytes) -> str:
    """The first bytes, in hexadecimal only: they may hold a name."""
    known = {b"%PDF": "PDF文書", b"PK\x03\x04": "ZIP・Excel", b"\x89PNG": "画像", b"\xf1": "EBCDIC"}
    kind = next((name for magic, name in known.items() if data.startswith(magic)), "")
    return f"先頭 {data[:8].hex(' ').upper()}" + (f"（{kind}）" if kind else "")


def _fits(data: bytes, spec: Spec, received_on: date) -> bool:
    if spec.error_prefix and data.startswith(spec.error_prefix.encode()):
        return True
    return _has_header_row(data, spec) if spec.layout == "csv" else _has_probe(data, spec, received_on)


def _has_header_row(data: bytes, spec: Spec) -> bool:
    """Most titles of the header row stand there, in any charset: what is wrong with the rest is told by name."""
    first = (data[: data.find(b"\n")] if b"\n" in data else data).rstrip(b"\r").removeprefix(b"\xef\xbb\xbf")
    text = decode_bytes(first, "utf-8") or decode_bytes(first, "cp932")
    titles = {field.title for field in spec.record[0].fields}
    found = {title.strip('"') for title in (text or "").split(",")}
    return len(titles & found) * 4 >= len(titles) * 3


def _has_probe(data: bytes, spec: Spec, received_on: date) -> bool:
    """固定長: the probe's fields, in any of the first records that carry the probe record's tag."""
    width = spec.record_bytes or 0
    probe = spec.recognize
    record = spec.record_named(probe.record) if probe else None
    if probe is None or record is None or len(data) < width:
        return False
    step = width + (2 if data[width : width + 2] == b"\r\n" else 1 if data[width : width + 1] in (b"\n", b"\r") else 0)
    heads = [data[at : at + width] for at in range(0, step * _LOOKED_AT, step)]
    tag = (record.tag or "").encode()
    heads = [head for head in heads if len(head) == width and head.startswith(tag)]
    return any(_is_well_formed(head, spec, probe.fields, received_on) for head in heads)


def _is_well_formed(head: bytes, spec: Spec, names: Iterable[str], received_on: date) -> bool:
    record = spec.record_named(spec.recognize.record) if spec.recognize else None
    assert record is not None
    for field, start in zip(record.fields, record.offsets, strict=True):
        if field.name not in names:
            continue
        raw = pl.Series(field.name, [head[start : start + (field.width or 0)]], dtype=pl.Binary)
        texts = decode_column(raw, spec.charsets[0])
        if texts.null_count() or any(flaw.bad.any() for flaw in read_field(field, texts, received_on).flaws):
            return False
    return True
