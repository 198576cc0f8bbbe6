"""Overlap (様式の重なり): whether a file of one spec would also be taken for another.

Asked by trial: a smallest file is made of each spec from nothing but its layout, and recognition is asked.
"""

from collections.abc import Callable, Iterable
from datetime import date

from elqr.checkdigit import gs1_check_digit_of, mpn_check_digits_of
from elqr.findings import Code
from elqr.formats.charset import encode_text
from elqr.formats.framing import end_bytes
from elqr.formats.mpn import UPPER_DIGITS
from elqr.formats.recognize import recognize
from elqr.formats.spec import FieldSpec, LineEnd, RecordSpec, Spec

_DAY = date(2026, 4, 1)
_DAYS = {
    "yyyymmdd": "20260401",
    "yyyy/mm/dd": "2026/04/01",
    "yyyy-mm-dd": "2026-04-01",
    "mmdd": "0401",
    "wareki_yymmdd": "080401",
}
_ENDS = ("crlf", "lf", "cr")


def _with_mpn_digits(line: str) -> str:
    upper, lower = line[2:UPPER_DIGITS], line[UPPER_DIGITS + 2 :]
    return mpn_check_digits_of(upper) + upper + mpn_check_digits_of(lower) + lower


_CHECKED: dict[str, Callable[[str], str]] = {
    "gs1_mod10": lambda body: body[:-1] + gs1_check_digit_of(body[:-1]),
    "mpn": _with_mpn_digits,
}


def overlapping(spec: Spec, others: Iterable[Spec]) -> list[str]:
    """重なる様式: names of payment specs that the same file could be of."""
    if spec.purpose != "payment":
        return []
    found = []
    for other in others:
        if other.purpose == "payment" and other.name != spec.name:
            pair = (spec, other)
            if any(_is_ambiguous(specimen(own), pair) for own in pair):
                found.append(other.name)
    return found


def _is_ambiguous(data: bytes, pair: tuple[Spec, Spec]) -> bool:
    return any(finding.code == Code.FORMAT_AMBIGUOUS for finding in recognize(data, pair, "", _DAY)[1])


def specimen(spec: Spec) -> bytes:
    """見本: one record of every kind (or the header row and one row), of values that its layout allows."""
    if spec.layout == "csv":
        mark = b"\xef\xbb\xbf" if spec.charsets[0] == "utf-8-sig" else b""
        rows = [",".join(_text(field) for field in record.fields) for record in spec.record]
        head = [",".join(field.title for field in spec.record[0].fields)] if spec.header_row else []
        return mark + encode_text("\r\n".join([*head, *rows, ""]), spec.charsets[0])
    line_end: LineEnd = next((own for own in spec.line_ends if own in _ENDS), "none")
    end = end_bytes(line_end, spec.charsets[0])
    return b"".join(_record(record, spec) + end for record in spec.record)


def _record(record: RecordSpec, spec: Spec) -> bytes:
    space = encode_text(" ", spec.charsets[0])
    return b"".join(
        encode_text(_text(field), spec.charsets[0]).ljust(field.width or 0, space) for field in record.fields
    )


def _text(field: FieldSpec) -> str:
    """A value that the field allows."""
    width = field.width or 1
    if field.kind == "const":
        return field.value or ""
    if field.kind == "code":
        return next(iter(field.values or {}))
    if field.kind == "date":
        return _DAYS.get(field.form, "")
    if field.kind == "time":
        return "120000"[: field.width or 4]
    if field.kind == "nested" and field.nested is not None:
        body = "".join(_text(part) for part in field.nested.record[0].fields)
        return field.prefix + _CHECKED.get(field.nested.check or "", str)(body)
    return "1".zfill(width) if field.kind in ("digits", "yen", "count") else ""
