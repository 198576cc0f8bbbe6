"""Reading a payload (eL-QRの読取り): digits → values, and every broken rule with its place.

Never raises, whatever text it is given. All rules are tried, not just the first that fails; a payload is
valid when nothing is wrong, and then encoding its values gives the same 255 digits. Refused altogether:
another length, because places then mean nothing; nothing is read from it and no further rule is tried.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from elqr.arithmetic.checkdigit import crc16_of, mpn_check_digits_of
from elqr.issue.layout import CRC_COVERS, DIGITS, EARLIEST_YEAR, LATEST_YEAR, LAYOUT, PARTS, Part, line_body
from elqr.issue.payload import PayloadValues
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location

_SHOWN_AT_MOST = 60
_NUMBERS = ("amount_yen", "levy_year", "tax_year", "installment_no")
_DATES = ("due_on", "payable_until_on")


@dataclass(frozen=True, slots=True)
class Reading:
    """読取りの結果. `values` has every field of PayloadValues, None where it could not be read."""

    digits: str
    values: dict[str, object]
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        """正しいか: no finding at all, so that encoding the values gives the same digits."""
        return not self.findings

    def as_dict(self) -> dict[str, object]:
        """For `--json`: valid, findings, then the values; dates as ISO text."""
        shown = {name: value.isoformat() if isinstance(value, date) else value for name, value in self.values.items()}
        return {"valid": self.valid, "findings": [finding.as_dict() for finding in self.findings], **shown}


def read_payload(digits: str) -> Reading:
    """eL-QRを読む: the values and every broken rule, in order of place."""
    findings = list(_shape(digits))
    whole = len(digits) == DIGITS
    if whole:
        findings += [*_constants(digits), *_checks(digits), *_repeats(digits), *_years(digits), *_dates(digits)]
    values = {name: _value(digits, PARTS[name]) if whole else None for name in PayloadValues.model_fields}
    return Reading(digits, values, tuple(sorted(findings)))


def group_digits(digits: str, sizes: Sequence[int] = (4, 4, 4, 4, 4), separator: str = "-") -> str:
    """eL番号の区切り for the printed page: groups of the given sizes, which together are all the digits.

    How paper groups them is not published where we could look, so the sizes are a setting.
    """
    assert sum(sizes) == len(digits), "the groups together are all the digits"
    ends = [sum(sizes[: index + 1]) for index in range(len(sizes))]
    return separator.join(digits[end - size : end] for end, size in zip(ends, sizes, strict=True))


def _of(digits: str, part: Part) -> str:
    return digits[part.at : part.at + part.width]


def _place(at: int, title: str = "") -> Location:
    return Location(offset_bytes=at, field=title, offset_unit="桁目")


def _at(part: Part) -> Location:
    return _place(part.at, part.title)


def _is_digits(text: str) -> bool:
    """数字か: 0 to 9 only; other scripts have digits too."""
    return text.isascii() and text.isdigit()


def _value(digits: str, part: Part) -> object:
    """One value, or None where the digits do not hold one."""
    text = _of(digits, part)
    if not _is_digits(text):
        return None
    if part.name in _DATES:
        return _date_of(text)
    return int(text) if part.name in _NUMBERS else text


def _date_of(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _shape(digits: str) -> Iterator[Finding]:
    """255 characters, each of them 0 to 9; those behind the 255th are not listed."""
    if len(digits) != DIGITS:
        at = _place(min(len(digits), DIGITS))
        yield Finding(at, Code.PAYLOAD_LENGTH, f"{len(digits)}桁", f"{DIGITS}桁")
    for part in LAYOUT:
        for index, character in enumerate(_of(digits, part), start=part.at):
            if not _is_digits(character):
                at = _place(index, part.title)
                yield Finding(
                    at,
                    Code.PAYLOAD_NOT_DIGITS,
                    f"「{character}」" if character.isprintable() else ascii(character),
                    "0〜9",
                )


_CODE_OF = {"tag": Code.PAYLOAD_TAG, "length": Code.PAYLOAD_TAG_LENGTH, "additional": Code.PAYLOAD_ADDITIONAL}


def _constants(digits: str) -> Iterator[Finding]:
    """Tags in their order, their lengths, and everything that is the same in every code."""
    for part in LAYOUT:
        if part.constant is not None and (found := _of(digits, part)) != part.constant:
            code = _CODE_OF.get(part.name.partition("_")[0], Code.PAYLOAD_CONSTANT)
            yield _finding(part, code, found, part.constant)


def _finding(part: Part, code: Code, found: str, wanted: str) -> Finding:
    return Finding(_at(part), code, _shown(found), _shown(wanted))


def _shown(text: str) -> str:
    """Cut short, and control characters and lone surrogates escaped: a report must be writable as UTF-8."""
    short = text if len(text) <= _SHOWN_AT_MOST else f"{text[:_SHOWN_AT_MOST]}…"
    return short if short.isprintable() else repr(short)[1:-1]


def _checks(digits: str) -> Iterator[Finding]:
    """Check digits and CRC, over what is digits: a line with another character in it has none to compare."""
    for name, code in (("upper_check", Code.PAYLOAD_UPPER_CHECK), ("lower_check", Code.PAYLOAD_LOWER_CHECK)):
        start, end = line_body(name)
        found = _of(digits, PARTS[name])
        if _is_digits(digits[start:end]) and found != (wanted := mpn_check_digits_of(digits[start:end])):
            yield _finding(PARTS[name], code, found, wanted)
    found, covered = _of(digits, PARTS["crc"]), digits[:CRC_COVERS]
    if _is_digits(covered) and found != (wanted := f"{crc16_of(covered):05d}"):
        yield _finding(PARTS["crc"], Code.PAYLOAD_CRC, found, wanted)


_TWICE = (("amount_yen", "mpn_amount", Code.PAYLOAD_AMOUNT), ("agency", "mpn_agency", Code.PAYLOAD_AGENCY))


def _repeats(digits: str) -> Iterator[Finding]:
    """Facts that stand twice must agree."""
    for one, other, code in _TWICE:
        found, wanted = _of(digits, PARTS[other]), _of(digits, PARTS[one])
        if found != wanted:
            yield _finding(PARTS[other], code, found, wanted)


def _years(digits: str) -> Iterator[Finding]:
    for part in (PARTS["levy_year"], PARTS["tax_year"]):
        text = _of(digits, part)
        if _is_digits(text) and not EARLIEST_YEAR <= int(text) <= LATEST_YEAR:
            yield _finding(part, Code.PAYLOAD_DATE, text, f"{EARLIEST_YEAR}〜{LATEST_YEAR}")


def _dates(digits: str) -> Iterator[Finding]:
    for part in (PARTS[name] for name in _DATES):
        text = _of(digits, part)
        if _is_digits(text) and _date_of(text) is None:
            yield _finding(part, Code.PAYLOAD_DATE, text, "YYYYMMDDの実在する日")
    due_on, until_on = (_value(digits, PARTS[name]) for name in _DATES)
    if isinstance(due_on, date) and isinstance(until_on, date) and until_on < due_on:
        wanted = f"{due_on:%Y%m%d}以後"
        yield _finding(PARTS["payable_until_on"], Code.PAYLOAD_DATE_ORDER, f"{until_on:%Y%m%d}", wanted)
