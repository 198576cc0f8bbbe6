"""Overlap (様式の重なり): whether a file of one spec would also be taken for a file of another.

This is tried out: the smallest file of each spec is made from its layout alone, and given to recognition.
"""

from collections.abc import Callable, Iterable
from datetime import date

import polars as pl

from elqr.arithmetic.checkdigit import gs1_check_digit_of, mpn_check_digits_of
from elqr.formats.encode import encode_csv, encode_records, join_records
from elqr.formats.mpn import UPPER_DIGITS
from elqr.formats.recognize import recognize
from elqr.formats.spec import FieldSpec, LineEnd, RecordSpec, Spec
from elqr.vocabulary.codes import Code

_DAY = date(2026, 4, 1)
_ENDS: tuple[LineEnd, ...] = ("crlf", "lf", "cr")


def _add_mpn_digits(line: str) -> str:
    upper, lower = line[2:UPPER_DIGITS], line[UPPER_DIGITS + 2 :]
    return mpn_check_digits_of(upper) + upper + mpn_check_digits_of(lower) + lower


_CHECKED: dict[str, Callable[[str], str]] = {
    "gs1_mod10": lambda body: body[:-1] + gs1_check_digit_of(body[:-1]),
    "mpn": _add_mpn_digits,
}


def overlapping(spec: Spec, others: Iterable[Spec]) -> list[str]:
    """重なる様式: names of payment specs that cannot be told apart from this one."""
    if spec.purpose != "payment":
        return []
    smallest, names = specimen(spec), []
    for other in others:
        if other.purpose == "payment" and other.name != spec.name:
            pair = (spec, other)
            if _is_ambiguous(smallest, pair) or _is_ambiguous(specimen(other), pair):
                names.append(other.name)
    return names


def _is_ambiguous(data: bytes, pair: tuple[Spec, Spec]) -> bool:
    return any(finding.code == Code.FORMAT_AMBIGUOUS for finding in recognize(data, pair, "", _DAY)[1])


def specimen(spec: Spec) -> bytes:
    """見本: one record of every kind (or the header row and one row), with values that the layout allows."""
    charset = spec.charsets[0]
    if spec.layout == "csv":
        lines = [encode_csv(spec, _row(record), charset, record_name=record.name) for record in spec.record]
        return b"".join(lines)
    line_end: LineEnd = next((end for end in spec.line_ends if end in _ENDS), "none")
    records = [encode_records(spec, record.name, _row(record), charset) for record in spec.record]
    return join_records(spec, records, line_end, charset)


def _row(record: RecordSpec) -> pl.DataFrame:
    """The values of one record, without those that the layout fixes (const) or leaves open (text, filler)."""
    values = {field.name: value for field in record.fields if (value := _value(field)) is not None}
    return pl.DataFrame([values or {record.fields[0].name: None}])


def _value(field: FieldSpec) -> date | str | None:
    """A value that the field allows; None for a kind that needs none."""
    width = field.width or 1
    match field.kind:
        case "date":
            return _DAY
        case "code":
            return next(iter(field.values or {}))
        case "time":
            return "120000"[: field.width or 4]
        case "digits" | "yen" | "count":
            return "1".zfill(width)
        case "nested" if field.nested is not None:
            layout = field.nested.record[0].fields
            body = "".join(part.value or str(_value(part) or "") for part in layout)
            return _CHECKED.get(field.nested.check or "", str)(body)
        case _:
            return None
