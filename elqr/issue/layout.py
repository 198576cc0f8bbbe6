"""The layout of the payload (255桁の配置), written once; encoding, reading and offsets come from it.

EMV-style tag(2) length(2) value, tags in exactly this order. Source: public source code, recomputed on a real
code. 付加情報 is zeros in every real code seen; its meaning is not published.
"""

from dataclasses import dataclass

DIGITS = 255
AGENCY = "13800"
"""機関ID of 地方税共同機構."""
EARLIEST_YEAR, LATEST_YEAR = 1989, 2999
"""年度 outside these is a typing error: 平成元年 is older than any claim that can still be paid."""


@dataclass(frozen=True, slots=True)
class Part:
    """One run of digits: a constant, or a named value. `at` is its first digit, from 0."""

    name: str
    title: str
    width: int
    constant: str | None = None
    at: int = 0


_UPPER = (
    Part("upper_check", "MPN上段チェックデジット", 2),
    Part("account_no", "口座番号", 11, "0" * 11),
    Part("mpn_amount", "MPN払込金額", 11),
    Part("fee_kind", "手数料負担区分", 1, "2"),
    Part("mpn_agency", "MPN機関ID", 5, AGENCY),
    Part("stamp", "印紙税要否", 1, "0"),
    Part("item_no", "税目・料金番号", 3),
    Part("upper_spare", "MPN上段拡張", 5, "0" * 5),
)
_LOWER = (
    Part("lower_check", "MPN下段チェックデジット", 2),
    Part("key_no", "案件特定キー", 20),
    Part("check_no", "確認番号", 6),
    Part("area", "eLTAX利用領域", 1, "0"),
    Part("office_code", "共通納税機関コード", 5),
    Part("tax_office_code", "税務事務所コード", 3),
    Part("lower_spare", "MPN下段拡張", 7, "0" * 7),
)
_TAG_62 = (
    Part("levy_year", "賦課年度", 4),
    Part("tax_year", "課税年度", 4),
    Part("installment_no", "期別", 2),
    Part("due_on", "納期限", 8),
    Part("payable_until_on", "支払期限", 8),
)


def _width(parts: tuple[Part, ...]) -> int:
    return sum(part.width for part in parts)


def _tag(tag: str, width: int, *, within: str = "") -> tuple[Part, Part]:
    place = f"{within}{tag}"
    return (
        Part(f"tag_{place.replace('/', '_')}", f"タグ{place}", 2, tag),
        Part(f"length_{place.replace('/', '_')}", f"タグ{place}の長さ", 2, f"{width:02d}"),
    )


def _lay_out(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The parts with their offsets."""
    placed, at = [], 0
    for part in parts:
        placed.append(Part(part.name, part.title, part.width, part.constant, at))
        at += part.width
    assert at == DIGITS, "the layout is 255 digits"
    return tuple(placed)


_MPN_WIDTH = _width(_UPPER) + _width(_LOWER)

LAYOUT: tuple[Part, ...] = _lay_out(
    (
        *_tag("00", 2),
        Part("payload_format", "ペイロード形式", 2, "01"),
        *_tag("01", 2),
        Part("code_kind", "動的コード", 2, "12"),
        *_tag("27", 4 + len(AGENCY) + 4 + _MPN_WIDTH),
        *_tag("00", len(AGENCY), within="27/"),
        Part("agency", "機関ID", 5, AGENCY),
        *_tag("01", _MPN_WIDTH, within="27/"),
        *_UPPER,
        *_LOWER,
        *_tag("54", 11),
        Part("amount_yen", "金額", 11),
        *_tag("62", _width(_TAG_62)),
        *_TAG_62,
        *_tag("80", 85),
        Part("additional", "付加情報", 85, "0" * 85),
        *_tag("63", 5),
        Part("crc", "CRC", 5),
    )
)
PARTS: dict[str, Part] = {part.name: part for part in LAYOUT}
CRC_COVERS = PARTS["crc"].at
"""The CRC is over everything before it, 6305 included."""


def line_body(check: str) -> tuple[int, int]:
    """MPN行の本体: start and end of the digits that a line's check digits cover, which are all behind them."""
    parts = _UPPER if check == "upper_check" else _LOWER
    start = PARTS[check].at + 2
    return start, start + _width(parts) - 2
