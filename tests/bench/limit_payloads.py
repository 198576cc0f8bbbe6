"""The limit of payloads (ペイロードの限界): 255 digits each as bytes, by numpy alone, four digits at a time.

CRC-16 and the sums behind the MPN check digits are linear: what four digits in their place do to them is one look
into a table of 10,000. Checks nothing; what it writes is compared with what elqr does, and so is its time.
"""

import numpy as np
import polars as pl

from elqr.arithmetic.checkdigit import Bytes, _mpn_weights, crc16
from elqr.issue.layout import CRC_COVERS, DIGITS, LAYOUT, PARTS, line_body
from elqr.issue.payload import encode_frame
from tests.bench.measure import Row, a_second, compared

ELQR, LIMIT = "255桁", "255桁の限界"

_TEMPLATE = np.frombuffer("".join(part.constant or "0" * part.width for part in LAYOUT).encode(), np.uint8)
_CHECKS = ("upper_check", "lower_check")
_ROWS_A_CHUNK = 8_192
_COMPARED = 1_000


def rows(count: int = 1_000_000) -> list[Row]:
    """ペイロード a second of one core: elqr's from columns of a frame, and the limit from whole numbers to bytes."""
    no = np.arange(count, dtype=np.int64)
    yen = no * 37 % 40_000 + 1_000
    columns = {
        "amount_yen": yen, "mpn_amount": yen, "key_no": 2026_10_000_000_000 + no, "check_no": no * 7_919 % 1_000_000,
        "item_no": np.where(no % 10 < 7, 901, 127), "office_code": no * 0 + 44_000, "tax_office_code": no * 0 + 40,
        "levy_year": no * 0 + 2026, "tax_year": no * 0 + 2026, "installment_no": no % 10 + 1,
        "due_on": no * 0 + 2026_11_30, "payable_until_on": no * 0 + 2026_12_25,
    }  # fmt: skip
    groups = {name: _Groups(name) for name in (*columns, *_CHECKS, "crc")}
    made = np.empty((count, DIGITS), dtype=np.uint8)
    frame = _frame(columns)
    rates = [
        (ELQR, a_second(count, lambda: encode_frame(frame))),
        (LIMIT, a_second(count, lambda: _written(made, columns, groups))),
    ]
    some = str(encode_frame(frame.head(_COMPARED)).str.join("").item())
    assert made[:_COMPARED].tobytes().decode() == some, "the same digits as elqr's"
    return compared(f"{count:,}個", "個/秒", rates)


def _frame(columns: dict[str, np.ndarray]) -> pl.DataFrame:
    """The columns as elqr has them: codes as text, days as dates."""
    codes = ("key_no", "check_no", "item_no", "office_code", "tax_office_code")
    text = [pl.col(name).cast(pl.String).str.zfill(PARTS[name].width) for name in codes]
    days = [pl.col(name).cast(pl.String).str.to_date("%Y%m%d") for name in ("due_on", "payable_until_on")]
    return pl.DataFrame(columns).with_columns(*text, *days)


def _written(made: Bytes, columns: dict[str, np.ndarray], groups: dict[str, "_Groups"]) -> None:
    for first in range(0, len(made), _ROWS_A_CHUNK):
        piece = slice(first, first + _ROWS_A_CHUNK)
        rows = made[piece]
        rows[:] = _TEMPLATE
        crc = np.full(len(rows), crc16(_TEMPLATE[None, :CRC_COVERS])[0])
        sums = np.full(len(rows), _mpn_sums(_TEMPLATE[None] - np.uint8(48))[0])
        for name, numbers in columns.items():
            groups[name].put(rows, numbers[piece], crc, sums)
        for check in _CHECKS:
            pair, sums = sums & 0xFFFFFFFF, sums >> 32
            second = (pair >> 16) % 10
            groups[check].put(rows, ((pair & 0xFFFF) + 2 * second) % 11 % 10 * 10 + second, crc, None)
        groups["crc"].put(rows, crc.astype(np.int64), None, None)


def _mpn_sums(digits: Bytes) -> np.ndarray:
    """The four sums behind the check digits of both lines, 16 bits each, of n × 255 digits."""
    total = np.zeros(len(digits), dtype=np.int64)
    for shift, check in zip((0, 32), _CHECKS, strict=True):
        start, end = line_body(check)
        own = digits[:, start:end].astype(np.int64) @ np.stack(_mpn_weights(end - start), axis=1).astype(np.int64)
        total += own[:, 0] + (own[:, 1] << 16) << shift
    return total


class _Groups:
    """桁の組 of one part of the layout, lowest first: text, and what it does to the CRC and to the sums."""

    def __init__(self, name: str) -> None:
        part = PARTS[name]
        ends = range(part.at + part.width, part.at, -4)
        self.tables = [self._tables(max(part.at, end - 4), end) for end in ends]

    @staticmethod
    def _tables(at: int, end: int) -> tuple[np.dtype, np.ndarray, np.ndarray, np.ndarray]:
        width = end - at
        kind = {1: "u1", 2: "<u2", 3: "S3", 4: "<u4"}[width]
        lone = np.zeros((10**width, DIGITS), dtype=np.uint8)
        lone[:, at:end] = np.arange(10**width)[:, None] // 10 ** np.arange(width)[::-1] % 10
        text = (lone[:, at:end] + np.uint8(48)).view(kind).ravel()
        place = np.dtype({"names": ["at"], "formats": [kind], "offsets": [at], "itemsize": DIGITS})
        return place, text, crc16(lone[:, :CRC_COVERS]) ^ crc16(lone[:1, :CRC_COVERS]), _mpn_sums(lone)

    def put(self, rows: Bytes, numbers: np.ndarray, crc: np.ndarray | None, sums: np.ndarray | None) -> None:
        """Writes the numbers in their place, and what they do to the rows' CRC and sums where these are wanted."""
        for place, text, own_crc, own_sums in self.tables:
            higher = numbers // len(text)
            own = numbers - higher * len(text)
            rows.view(place)["at"][:, 0] = text.take(own)
            if crc is not None:
                crc ^= own_crc.take(own)
            if sums is not None:
                sums += own_sums.take(own)
            numbers = higher
