"""A second reader (検算): the yen of a payment file, found again without the code under test.

Slow and plain: lines, slices at positions copied from the documents (from 1), `int`. It knows nothing
of specs and shares no function with the package; where the two disagree, one of them is wrong.
"""

import re
from dataclasses import dataclass, field

_EBCDIC = {0x40: 0x20, 0x0D: 0x0D, 0x25: 0x0A} | {0xF0 + digit: 0x30 + digit for digit in range(10)}
_EBCDIC_TABLE = bytes(_EBCDIC.get(byte, 0x3F) for byte in range(256))


@dataclass(frozen=True)
class Fixed:
    """固定長: width, and of data and trailer the (start, length) of what counts, from 1."""

    width: int
    amount: tuple[int, int]
    totals: dict[str, tuple[int, int]] = field(default_factory=dict)
    sort: int = 0
    sorts: dict[str, str] = field(default_factory=dict)
    other: str = ""
    """What a value counts as that is not among `sorts`; empty where there may be none."""
    large: tuple[int, int] | None = None
    """Where an amount stands that does not fit into `amount`."""
    trailer: bytes = b"8"
    before: int = 0
    """Bytes that may stand before the first record."""
    old_bar_code: bool = False
    """Whether bar codes of the older kind may stand there."""


@dataclass(frozen=True)
class Csv:
    """CSV: how many lines stand above the data, which column holds the yen (from 1), and the data's first value."""

    amount: int
    header_lines: int = 1
    charsets: tuple[str, ...] = ("utf-8",)
    kind: str = ""
    by_hand: bool = False
    may_be_blank: bool = False
    """Whether the column may be blank, which counts as 0: it holds years, because the format has no yen."""
    total: tuple[str, int] | None = None
    """First value of the trailer, and its column of all yen (from 1)."""


_CREDIT_TOTALS = {"": (8, 12), "cancelled": (26, 12)}
_CREDIT_KINDS = {"1": "cancelled", " ": "", "0": ""}
_91_TOTALS = {"all": (8, 12), "done": (26, 12), "failed": (44, 12)}


def _transfer(width: int, amount: int, result: int, other: str = "") -> Fixed:
    sorts = {"0": "done"} | dict.fromkeys("123489EN", "failed")
    return Fixed(width, (amount, 10), _91_TOTALS, result, sorts, other)


LAYOUTS: dict[str, Fixed | Csv] = {
    "account_transfer_91_result": _transfer(120, 81, 112),
    "account_transfer_91_yucho": _transfer(120, 81, 112),
    "account_transfer_yucho": _transfer(120, 81, 112, "failed"),
    "account_transfer_91_request": Fixed(120, (81, 10), {"all": (8, 12)}),
    "account_transfer_220": _transfer(220, 77, 188),
    "account_transfer_300": _transfer(300, 81, 92),
    "account_transfer_350": _transfer(350, 81, 92),
    "bank_credit_01_a": Fixed(200, (20, 10), _CREDIT_TOTALS, 128, _CREDIT_KINDS),
    "bank_credit_01_b": Fixed(200, (20, 10), _CREDIT_TOTALS, 128, _CREDIT_KINDS, large=(129, 12)),
    "bank_statement_03": Fixed(200, (25, 12), {"in": (8, 13), "out": (27, 13)}, 22, {"1": "in", "2": "out"}),
    "cvs_family_a": Fixed(120, (16 + 37, 6)),
    "cvs_family_b": Fixed(120, (17 + 37, 6), old_bar_code=True),
    "pension_collection_22": Fixed(500, (395, 11), {"all": (31, 11)}, trailer=b"3", before=96),
    "dsk_csv": Csv(8, charsets=("cp932",)),
    "smart_trade_csv": Csv(7, 1, ("cp932",)),
    "account_transfer_91_csv": Csv(10, 0, ("utf-8", "cp932"), "2", ("8", 3)),
    "eltax_payment_csv": Csv(8),
    "eltax_cancel_csv": Csv(6),
    "eltax_remittance_csv": Csv(8),
    "payeasy_csv": Csv(8),
    "money_by_hand_csv": Csv(3, charsets=("utf-8", "cp932"), by_hand=True),
    "payment_by_hand_csv": Csv(5, charsets=("utf-8", "cp932"), by_hand=True),
    "refund_paid_csv": Csv(5, charsets=("utf-8", "cp932"), by_hand=True),
    "claim_csv": Csv(10, charsets=("utf-8", "cp932")),
    "reminder_status_csv": Csv(2, charsets=("utf-8", "cp932"), may_be_blank=True),
    "notice_csv": Csv(8, charsets=("utf-8", "cp932"), by_hand=True),
    "eltax_notice_upload_csv": Csv(14),
    "collection_history_csv": Csv(15),
}


def yen_in_order(data: bytes, name: str) -> list[int]:
    """データの金額, record by record. Raises ValueError where there is none or where totals do not agree."""
    layout = LAYOUTS[name]
    return _csv(data, layout) if isinstance(layout, Csv) else _fixed(data, layout)


def _cut(data: bytes, width: int, before: int) -> list[bytes]:
    data = data.removeprefix(b"\xef\xbb\xbf")
    data = data.translate(_EBCDIC_TABLE) if data[:1] == b"\xf1" else data
    data = data.rstrip(b"\x1a\r\n")
    data = data[before:] if before and data[before : before + 1] == b"1" else data
    if b"\r" in data or b"\n" in data:
        lines = re.split(rb"\r\n|\r|\n", data)
        return [line.ljust(width) for line in (lines[:-1] if not lines[-1] else lines)]
    return [data[at : at + width].ljust(width) for at in range(0, len(data), width)]


def _fixed(data: bytes, layout: Fixed) -> list[int]:
    found: list[int] = []
    sums: dict[str, int] = {}
    for record in _cut(data, layout.width, layout.before):
        if record[:1] == b"1":
            sums = {}
        elif record[:1] == b"2":
            yen = _yen(record, layout)
            found.append(yen)
            sort = _sort(record, layout) if layout.sort else "all"
            for own in {sort, "all"}:
                sums[own] = sums.get(own, 0) + yen
        elif record[:1] == layout.trailer:
            for sort, place in layout.totals.items():
                if sort == "cancelled" and not record[place[0] - 1 :][: place[1]].strip():
                    continue
                if _number(record, *place) != sums.get(sort, 0):
                    raise ValueError(f"total {sort}: {_number(record, *place)} is not {sums.get(sort, 0)}")
    return found


def _sort(record: bytes, layout: Fixed) -> str:
    value = chr(record[layout.sort - 1])
    return layout.sorts.get(value, layout.other) if layout.other else layout.sorts[value]


def _yen(record: bytes, layout: Fixed) -> int:
    """The yen of a data record: of its amount, or of the larger field when that holds none."""
    if layout.old_bar_code and _is_older(record[16:60]):
        price = record[56:62]
        return int(price) if not set(price) - set(b"0123456789") else 0
    if layout.large is None:
        return _number(record, *layout.amount)
    start, length = layout.amount
    small = _number(record, start, length) if record[start - 1 : start - 1 + length].strip() else 0
    large = _number(record, *layout.large)
    if small and large and small != large:
        raise ValueError(f"{small} is not {large}")
    return small or large


def _is_older(digits: bytes) -> bool:
    """Digits that do not begin with 91, the mark of GS1-128: the price stands at 41 to 46 of 47."""
    return not digits.startswith(b"91") and not set(digits) - set(b"0123456789")


def _number(record: bytes, start: int, length: int) -> int:
    piece = record[start - 1 : start - 1 + length]
    if len(piece) != length or set(piece) - set(b"0123456789"):
        raise ValueError(f"{piece!r} is no number")
    return int(piece)


def _csv(data: bytes, layout: Csv) -> list[int]:
    text = _text(data, layout)
    rows = _rows(text.rstrip("\x1a\r\n"))
    while layout.by_hand and rows and not "".join(rows[-1]).strip():
        rows.pop()
    found = []
    for row in rows[layout.header_lines :]:
        if layout.total and row[0] == layout.total[0] and int(row[layout.total[1] - 1]) != sum(found):
            raise ValueError(f"total {row[layout.total[1] - 1]} is not {sum(found)}")
        if layout.kind and row[0] != layout.kind:
            continue
        value = row[layout.amount - 1]
        if layout.may_be_blank and not value.strip():
            value = "0"
        if not re.fullmatch("[0-9]+", value, re.ASCII):
            raise ValueError(f"{value!r} is no number")
        found.append(int(value))
    return found


def _text(data: bytes, layout: Csv) -> str:
    for charset in layout.charsets:
        try:
            return data.removeprefix(b"\xef\xbb\xbf").decode(charset)
        except UnicodeDecodeError:
            continue
    raise ValueError("not of its charset")


def _rows(text: str) -> list[list[str]]:
    """A small reader of quotes and commas of its own."""
    rows: list[list[str]] = []
    row: list[str] = []
    value, quoted, at = "", False, 0
    while at < len(text):
        sign = text[at]
        if quoted:
            if sign == '"' and text[at + 1 : at + 2] == '"':
                value, at = value + sign, at + 1
            elif sign == '"':
                quoted = False
            else:
                value += sign
        elif sign == '"' and not value:
            quoted = True
        elif sign == ",":
            row, value = [*row, value], ""
        elif sign in "\r\n":
            rows, row, value = [*rows, [*row, value]], [], ""
            at += text[at : at + 2] == "\r\n"
        else:
            value += sign
        at += 1
    return [*rows, [*row, value]] if row or value else rows
