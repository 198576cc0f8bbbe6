"""Reading a payload (eL-QRの読取り): digits → values, and every broken rule with its place.

Never raises, whatever it is given. All rules are tried, not just the first that fails; a payload is
valid when nothing is wrong, and then encoding its values gives the same 255 digits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from elqr.checkdigit import crc16_of, mpn_check_digits_of
from elqr.findings import Code, Finding, Location
from elqr.issue.layout import CRC_COVERS, DIGITS, LAYOUT, PARTS, Part, line_body
from elqr.issue.payload import PayloadValues

_EARLIEST_YEAR, _LATEST_YEAR = 1989, 2999
_SHOWN_AT_MOST = 60


@dataclass(frozen=True, slots=True)
class Reading:
    """読取りの結果. `values` has every field of PayloadValues, None where it could not be read."""

    digits: str
    values: dict[str, object]
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        return not self.findings

    def as_dict(self) -> dict[str, object]:
        """For `--json`: valid, findings, then the values; dates as ISO text."""
        shown = {name: value.isoformat() if isinstance(value, date) else value for name, value in self.values.items()}
        return {"valid": self.valid, "findings": [finding.as_dict() for finding in self.findings], **shown}


def read_payload(digits: str) -> Reading:
    """eL-QRを読む."""
    is_digits = digits.isascii() and digits.isdigit()
    findings = list(_shape(digits))
    if is_digits and len(digits) == DIGITS:
        findings += [*_constants(digits), *_checks(digits), *_repeats(digits), *_dates(digits)]
    values = {name: _value(digits, PARTS[name]) for name in PayloadValues.model_fields}
    return Reading(digits, values, tuple(sorted(findings)))


def _of(digits: str, part: Part) -> str:
    return digits[part.at : part.at + part.width]


def _at(part: Part) -> Location:
    return Location(offset_bytes=part.at, field=part.title)


def _value(digits: str, part: Part) -> object:
    """One value, or None where the digits do not hold one."""
    text = _of(digits, part)
    if len(text) != part.width or not (text.isascii() and text.isdigit()):
        return None
    if part.name.endswith("_on"):
        return _date_of(text)
    return int(text) if part.name in ("amount_yen", "levy_year", "tax_year", "installment_no") else text


def _date_of(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _shape(digits: str) -> Iterator[Finding]:
    if len(digits) != DIGITS:
        yield Finding(Location(offset_bytes=min(len(digits), DIGITS)), Code.PAYLOAD_LENGTH, f"{len(digits)}桁", f"{DIGITS}桁")
    for at, character in enumerate(digits[:DIGITS]):
        if not (character.isascii() and character.isdigit()):
            yield Finding(Location(offset_bytes=at), Code.PAYLOAD_NOT_DIGITS, repr(character), "0〜9")


_CODE_OF = {"tag": Code.PAYLOAD_TAG, "length": Code.PAYLOAD_TAG_LENGTH, "additional": Code.PAYLOAD_ADDITIONAL}


def _constants(digits: str) -> Iterator[Finding]:
    """Tags in their order, their lengths, and everything that is the same in every code."""
    for part in LAYOUT:
        if part.constant is not None and (found := _of(digits, part)) != part.constant:
            code = _CODE_OF.get(part.name.partition("_")[0], Code.PAYLOAD_CONSTANT)
            yield Finding(_at(part), code, found[:_SHOWN_AT_MOST], part.constant[:_SHOWN_AT_MOST])


def _checks(digits: str) -> Iterator[Finding]:
    codes = {"upper_check": Code.PAYLOAD_UPPER_CHECK, "lower_check": Code.PAYLOAD_LOWER_CHECK}
    for name, code in codes.items():
        start, end = line_body(name)
        found, wanted = _of(digits, PARTS[name]), mpn_check_digits_of(digits[start:end])
        if found != wanted:
            yield Finding(_at(PARTS[name]), code, found, wanted)
    found, wanted = _of(digits, PARTS["crc"]), f"{crc16_of(digits[:CRC_COVERS]):05d}"
    if found != wanted:
        yield Finding(_at(PARTS["crc"]), Code.PAYLOAD_CRC, found, wanted)


def _repeats(digits: str) -> Iterator[Finding]:
    """Facts that stand twice must agree."""
    for one, other, code in (
        ("amount_yen", "mpn_amount", Code.PAYLOAD_AMOUNT),
        ("agency", "mpn_agency", Code.PAYLOAD_AGENCY),
    ):
        found, wanted = _of(digits, PARTS[other]), _of(digits, PARTS[one])
        if found != wanted:
            yield Finding(_at(PARTS[other]), code, found, wanted)


def _dates(digits: str) -> Iterator[Finding]:
    for name in ("due_on", "payable_until_on"):
        if _value(digits, PARTS[name]) is None:
            yield Finding(_at(PARTS[name]), Code.PAYLOAD_DATE, _of(digits, PARTS[name]), "YYYYMMDDの実在する日")
    for name in ("levy_year", "tax_year"):
        if not _EARLIEST_YEAR <= int(_of(digits, PARTS[name])) <= _LATEST_YEAR:
            yield Finding(_at(PARTS[name]), Code.PAYLOAD_DATE, _of(digits, PARTS[name]), "西暦の年度")
    due, until = (_of(digits, PARTS[name]) for name in ("due_on", "payable_until_on"))
    if _date_of(due) and _date_of(until) and until < due:
        yield Finding(_at(PARTS["payable_until_on"]), Code.PAYLOAD_DATE_ORDER, until, f"{due}以後")
