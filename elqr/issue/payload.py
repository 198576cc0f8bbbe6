"""The payload (eL-QRペイロード): what a notice says → its 255 digits, a million in well under a second on one core.

The layout says where each digit stands. Values come as columns; one payload is a frame of one row. Refused: a code
of another width, anything but digits, a number too long for its place. In columns these are our own mistakes, so
they are asserted and nothing is cut; in JSON that a person wrote they are explained.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Annotated, Any, Self

import numpy as np
import polars as pl
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)

from elqr.arithmetic.checkdigit import (
    Bytes,
    CrcStep,
    all_digits,
    as_column,
    as_digits,
    as_matrix,
    crc16,
    crc_steps,
    mpn_check_digits,
)
from elqr.issue.layout import CRC_COVERS, DIGITS, EARLIEST_YEAR, LATEST_YEAR, LAYOUT, PARTS, line_body
from elqr.vocabulary.frames import Payload

_ROWS_A_SLICE, _ROWS_A_CHUNK = 128_000, 8_000
"""Columns become digits a slice at a time, in few calls; payloads are assembled in chunks that stay in the cache.

The texts of a chunk lie in blocks that double from 8 KiB: 8,000 rows fill theirs, 8,192 begin one that stays empty.
"""


def _code(name: str) -> Any:
    """コード with the number of digits that the layout gives it."""
    width = PARTS[name].width
    return Field(pattern=f"^[0-9]{{{width}}}$", description=f"数字{width}桁の文字列")


def _number(name: str) -> Any:
    """整数 that fits its place in the layout."""
    most = 10 ** PARTS[name].width - 1
    return Field(ge=0, le=most, description=f"0から{most}までの整数")


def _year() -> Any:
    return Field(ge=EARLIEST_YEAR, le=LATEST_YEAR, description=f"西暦{EARLIEST_YEAR}から{LATEST_YEAR}までの整数")


def _day() -> Any:
    return Field(description="実在する日（YYYY-MM-DD）")


def _from_iso(value: object) -> object:
    """YYYY-MM-DD, and no other spelling that Python accepts."""
    if isinstance(value, str) and (day := date.fromisoformat(value)).isoformat() == value:
        return day
    return value


Day = Annotated[date, BeforeValidator(_from_iso)]


class PayloadValues(BaseModel):
    """一件分の値: what one payload says; the JSON of `elqr payload encode`.

    Other keys are ignored, so that what `decode --json` prints can be encoded again.
    """

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    amount_yen: int = _number("amount_yen")
    key_no: str = _code("key_no")
    check_no: str = _code("check_no")
    item_no: str = _code("item_no")
    office_code: str = _code("office_code")
    tax_office_code: str = _code("tax_office_code")
    levy_year: int = _year()
    tax_year: int = _year()
    installment_no: int = _number("installment_no")
    due_on: Day = _day()
    payable_until_on: Day = _day()

    @field_validator("*", mode="wrap")
    @classmethod
    def _explain(cls, value: object, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
        """日本語の理由, in place of the library's English."""
        name = info.field_name or ""
        try:
            return handler(value)
        except ValidationError:
            wanted = cls.model_fields[name].description
            raise ValueError(f"{PARTS[name].title}は{wanted}で書いてください") from None

    @model_validator(mode="after")
    def _refuse_wrong_order(self) -> Self:
        if self.payable_until_on < self.due_on:
            raise ValueError("支払期限が納期限より前です。支払期限は納期限以後の日で書いてください")
        return self


def encode_frame(frame: pl.DataFrame) -> pl.Series:
    """255桁 for each row. Columns: the fields of `PayloadValues`, yen and years whole numbers, codes String, Date."""
    slices = (frame.slice(at, _ROWS_A_SLICE) for at in range(0, frame.height, _ROWS_A_SLICE))
    chunks = [chunk for rows in slices for chunk in _encode_slice(rows)]
    return pl.concat(chunks).alias(Payload.DIGITS) if chunks else pl.Series(Payload.DIGITS, [], dtype=pl.String)


def encode(values: PayloadValues) -> str:
    """255桁 of one payload."""
    return str(encode_frame(pl.DataFrame([values.model_dump()]))[0])


_TEMPLATE = np.frombuffer("".join(part.constant or "0" * part.width for part in LAYOUT).encode("ascii"), np.uint8)
_COLUMN_OF = {name: name for name in PayloadValues.model_fields} | {"mpn_amount": "amount_yen"}
"""Part of the layout → the column that fills it; the amount stands twice."""

assert all(name in PARTS for name in _COLUMN_OF), "every value has its place in the layout"


@cache
def _crc_steps() -> tuple[CrcStep, ...]:
    """CRCの手順, computed ahead for the digits that are the same in every payload: more than half."""
    varies = np.zeros(CRC_COVERS, dtype=np.bool_)
    for part in LAYOUT:
        varies[part.at : part.at + part.width] = part.constant is None
    return crc_steps(_TEMPLATE[:CRC_COVERS], varies)


def _encode_slice(frame: pl.DataFrame) -> Iterator[pl.Series]:
    values = {name: _digits(frame[name], PARTS[name].width) for name in PayloadValues.model_fields}
    for at in range(0, frame.height, _ROWS_A_CHUNK):
        yield _assemble({name: digits[at : at + _ROWS_A_CHUNK] for name, digits in values.items()})


def _assemble(values: Mapping[str, Bytes]) -> pl.Series:
    digits = np.tile(_TEMPLATE, (len(values["amount_yen"]), 1))
    for name, column in _COLUMN_OF.items():
        part = PARTS[name]
        digits[:, part.at : part.at + part.width] = values[column]
    for check in ("upper_check", "lower_check"):
        start, end = line_body(check)
        digits[:, start - 2 : start] = mpn_check_digits(digits[:, start:end])
    crc = crc16(digits[:, :CRC_COVERS], _crc_steps()).astype(np.int64)
    digits[:, CRC_COVERS:] = as_digits(crc, DIGITS - CRC_COVERS)
    return as_column(digits)


def _digits(column: pl.Series, width: int) -> Bytes:
    """n × width digits of one column: codes as they are, dates as YYYYMMDD, numbers filled with zeros.

    Many notices share few days, so each day is converted once.
    """
    assert column.null_count() == 0, f"{column.name} has nulls"
    if column.dtype == pl.String:
        codes = as_matrix(column, width)
        assert all_digits(codes).all(), f"{column.name} is digits"
        return codes
    if column.dtype == pl.Date:
        days = column.unique()
        column = column.replace_strict(days, _numbers_of(days))
    assert column.dtype.is_integer(), f"{column.name} is whole numbers"
    return as_digits(column.cast(pl.Int64).to_numpy(), width)


def _numbers_of(days: pl.Series) -> pl.Series:
    """YYYYMMDD of each day, as whole numbers."""
    day = days.dt
    return day.year().cast(pl.Int64) * 10_000 + day.month().cast(pl.Int64) * 100 + day.day().cast(pl.Int64)
