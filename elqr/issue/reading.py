"""Reading a payload (eL-QRの読取り): digits → values, and every broken rule with its place.

Never raises, whatever the text. Every rule is tried, not just the first that fails. A payload is valid when nothing is
wrong; encoding its values then gives the same 255 digits. Refused altogether: another length. Places then mean
nothing, so no value is read and no further rule is tried.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from elqr.arithmetic.checkdigit import crc16_of, mpn_check_digits_of
from elqr.issue.layout import CRC_COVERS, DIGITS, EARLIEST_YEAR, LATEST_YEAR, LAYOUT, PARTS, Part, line_body
from elqr.issue.payload import PayloadValues
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location

_SHOWN_AT_MOST = 60
_EMV_START, _EMV_COUNTRY = "000201", re.compile("5802[A-Z]{2}")
_EMV_SERVICES = {"jp.or.paymentsjapan": "JPQR（店で払う統一QR）"}
"""What stands in the codes of other services. Source: EMVCo QR Code Specification, merchant-presented mode."""
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
    if (other := _other_code(digits)) is not None:
        return Reading(digits, dict.fromkeys(PayloadValues.model_fields), (other,))
    findings = list(_check_shape(digits))
    is_whole = len(digits) == DIGITS
    if is_whole:
        findings += [finding for check in _CHECKS for finding in check(digits)]
    values = {name: _value(digits, PARTS[name]) if is_whole else None for name in PayloadValues.model_fields}
    return Reading(digits, values, tuple(sorted(findings)))


def _other_code(text: str) -> Finding | None:
    """よその統一QR: a code of the same EMV form for another kind of payment. Only those name a country."""
    if not text.startswith(_EMV_START) or not _EMV_COUNTRY.search(text):
        return None
    name = next((name for mark, name in _EMV_SERVICES.items() if mark in text), "ほかのサービス")
    actual = f"{name}のQRコード（EMV形式、{len(text)}文字）"
    return Finding(_location(0), Code.PAYLOAD_OTHER, actual, f"eL-QR（{DIGITS}桁）")


def group_digits(digits: str, sizes: Sequence[int] = (4, 4, 4, 4, 4), separator: str = "-") -> str:
    """eL番号の区切り for the printed page: groups of the given sizes, which together are all the digits.

    How paper groups them is not published where we could look, so the sizes are a setting.
    """
    assert sum(sizes) == len(digits), "the groups together are all the digits"
    ends = [sum(sizes[: index + 1]) for index in range(len(sizes))]
    return separator.join(digits[end - size : end] for end, size in zip(ends, sizes, strict=True))


def _digits_of(digits: str, part: Part) -> str:
    return digits[part.at : part.at + part.width]


def _location(at: int, title: str = "") -> Location:
    return Location(offset_bytes=at, field=title, offset_unit="桁目")


def _location_of(part: Part) -> Location:
    return _location(part.at, part.title)


def _is_digits(text: str) -> bool:
    """数字か: 0 to 9 only, as other scripts have digits too."""
    return text.isascii() and text.isdigit()


def _value(digits: str, part: Part) -> object:
    """項目の値: text, int or date; None where the digits hold none."""
    text = _digits_of(digits, part)
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


def _check_shape(digits: str) -> Iterator[Finding]:
    """255 characters, each of them 0 to 9; what stands behind the 255th is not listed."""
    if len(digits) != DIGITS:
        at = _location(min(len(digits), DIGITS))
        yield Finding(at, Code.PAYLOAD_LENGTH, f"{len(digits)}桁", f"{DIGITS}桁")
    for part in LAYOUT:
        for index, character in enumerate(_digits_of(digits, part), start=part.at):
            if not _is_digits(character):
                at = _location(index, part.title)
                yield Finding(
                    at,
                    Code.PAYLOAD_NOT_DIGITS,
                    f"「{character}」" if character.isprintable() else ascii(character),
                    "0〜9",
                )


_CODE_OF = {"tag": Code.PAYLOAD_TAG, "length": Code.PAYLOAD_TAG_LENGTH, "additional": Code.PAYLOAD_ADDITIONAL}


def _check_constants(digits: str) -> Iterator[Finding]:
    """Tags in order, their lengths, and whatever else is the same in every code."""
    for part in LAYOUT:
        if part.constant is not None and (actual := _digits_of(digits, part)) != part.constant:
            code = _CODE_OF.get(part.name.partition("_")[0], Code.PAYLOAD_CONSTANT)
            yield _finding(part, code, actual, part.constant)


def _finding(part: Part, code: Code, actual: str, expected: str) -> Finding:
    return Finding(_location_of(part), code, _shorten(actual), _shorten(expected))


def _shorten(text: str) -> str:
    """Shortens a text, and escapes control characters and lone surrogates: a report must be writable as UTF-8."""
    short = text if len(text) <= _SHOWN_AT_MOST else f"{text[:_SHOWN_AT_MOST]}…"
    return short if short.isprintable() else repr(short)[1:-1]


def _check_check_digits(digits: str) -> Iterator[Finding]:
    """Check digits and CRC. A line with a character that is no digit has none to compare."""
    for name, code in (("upper_check", Code.PAYLOAD_UPPER_CHECK), ("lower_check", Code.PAYLOAD_LOWER_CHECK)):
        start, end = line_body(name)
        actual = _digits_of(digits, PARTS[name])
        if _is_digits(digits[start:end]) and actual != (expected := mpn_check_digits_of(digits[start:end])):
            yield _finding(PARTS[name], code, actual, expected)
    actual, covered = _digits_of(digits, PARTS["crc"]), digits[:CRC_COVERS]
    if _is_digits(covered) and actual != (expected := f"{crc16_of(covered):05d}"):
        yield _finding(PARTS["crc"], Code.PAYLOAD_CRC, actual, expected)


_TWICE = (("amount_yen", "mpn_amount", Code.PAYLOAD_AMOUNT), ("agency", "mpn_agency", Code.PAYLOAD_AGENCY))


def _check_repeats(digits: str) -> Iterator[Finding]:
    """What stands twice must agree."""
    for first, second, code in _TWICE:
        actual, expected = _digits_of(digits, PARTS[second]), _digits_of(digits, PARTS[first])
        if actual != expected:
            yield _finding(PARTS[second], code, actual, expected)


def _check_years(digits: str) -> Iterator[Finding]:
    for part in (PARTS["levy_year"], PARTS["tax_year"]):
        text = _digits_of(digits, part)
        if _is_digits(text) and not EARLIEST_YEAR <= int(text) <= LATEST_YEAR:
            yield _finding(part, Code.PAYLOAD_DATE, text, f"{EARLIEST_YEAR}〜{LATEST_YEAR}")


def _check_dates(digits: str) -> Iterator[Finding]:
    for part in (PARTS[name] for name in _DATES):
        text = _digits_of(digits, part)
        if _is_digits(text) and _date_of(text) is None:
            yield _finding(part, Code.PAYLOAD_DATE, text, "YYYYMMDDの実在する日")
    due_on, until_on = (_value(digits, PARTS[name]) for name in _DATES)
    if isinstance(due_on, date) and isinstance(until_on, date) and until_on < due_on:
        expected = f"{due_on:%Y%m%d}以後"
        yield _finding(PARTS["payable_until_on"], Code.PAYLOAD_DATE_ORDER, f"{until_on:%Y%m%d}", expected)


_CHECKS = (_check_constants, _check_check_digits, _check_repeats, _check_years, _check_dates)
"""Rules for a payload of the right length."""
