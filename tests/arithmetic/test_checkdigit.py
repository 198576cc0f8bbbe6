"""Check digits against independent oracles: the document's formula written slowly, and the standard library's CRC."""

import binascii
from itertools import cycle

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from elqr.arithmetic.checkdigit import (
    all_digits,
    as_column,
    as_digits,
    as_matrix,
    city_code_check_digit,
    crc16,
    crc16_of,
    crc_steps,
    gs1_check_digit_of,
    gs1_check_digits,
    gs1_column,
    gs1_valid_column,
    mpn_check_digits,
    mpn_check_digits_of,
)
from tests.builders import REAL_BARCODE, REAL_CODE

BODY_WIDTHS = (37, 42)
CRC_WIDTH = 250


def digit_strings(width: int) -> st.SearchStrategy[str]:
    return st.integers(0, 10**width - 1).map(lambda number: f"{number:0{width}d}")


def columns_of(width: int) -> st.SearchStrategy[list[str]]:
    return st.lists(digit_strings(width), min_size=1, max_size=20)


def slow_mpn(body: str) -> str:
    """The document's two sums, one digit at a time."""
    down, up = cycle([9, 8, 7, 6, 5, 4, 3, 2]), cycle([3, 4, 5, 6, 7, 8, 9, 2])
    second = first = 0
    for place, digit in enumerate(map(int, body)):
        even = place % 2 == 0
        second += digit * (next(down) if even else 1)
        first += digit * (1 if even else next(up))
    cd2 = second % 10
    cd1 = (2 * cd2 + first) % 11
    return f"{0 if cd1 == 10 else cd1}{cd2}"


def slow_gs1(body: str) -> str:
    weighted = (int(digit) * weight for digit, weight in zip(reversed(body), cycle([3, 1]), strict=False))
    return str(-sum(weighted) % 10)


@pytest.mark.parametrize(("start", "width"), [(29, 37), (68, 42)], ids=["上段", "下段"])
def test_mpn_of_the_real_code(start: int, width: int) -> None:
    body = REAL_CODE[start + 2 : start + 2 + width]
    assert mpn_check_digits_of(body) == slow_mpn(body) == REAL_CODE[start : start + 2]


@pytest.mark.parametrize("width", BODY_WIDTHS)
@given(data=st.data())
def test_mpn_columns_equal_the_slow_model(width: int, data: st.DataObject) -> None:
    bodies = data.draw(columns_of(width))
    made = mpn_check_digits(as_matrix(pl.Series(bodies), width))
    assert made.shape == (len(bodies), 2)
    assert as_column(made).to_list() == [slow_mpn(body) for body in bodies]
    assert [mpn_check_digits_of(body) for body in bodies] == [slow_mpn(body) for body in bodies]


@pytest.mark.parametrize("width", BODY_WIDTHS)
def test_mpn_of_the_largest_sums(width: int) -> None:
    assert mpn_check_digits_of("9" * width) == slow_mpn("9" * width)
    assert mpn_check_digits_of("0" * width) == "00"


def test_crc_of_the_published_example() -> None:
    assert crc16_of("123456789") == 10673
    assert crc16_of("") == 0xFFFF


@given(columns_of(CRC_WIDTH))
def test_crc_columns_equal_the_library(texts: list[str]) -> None:
    wanted = [binascii.crc_hqx(text.encode(), 0xFFFF) for text in texts]
    assert crc16(as_matrix(pl.Series(texts), CRC_WIDTH)).tolist() == wanted
    assert [crc16_of(text) for text in texts] == wanted


@given(columns_of(40), st.binary(min_size=40, max_size=40), st.lists(st.booleans(), min_size=40, max_size=40))
def test_crc_along_what_all_rows_share(texts: list[str], template: bytes, varies: list[bool]) -> None:
    rows, shared = as_matrix(pl.Series(texts), 40), np.frombuffer(template, dtype=np.uint8)
    rows = np.where(varies, rows, shared)
    steps = crc_steps(shared, np.array(varies))
    assert crc16(rows, steps).tolist() == [binascii.crc_hqx(row.tobytes(), 0xFFFF) for row in rows]


@given(st.binary(max_size=40).filter(lambda data: data.isascii()))
def test_crc_of_one_text_of_any_length(data: bytes) -> None:
    assert crc16_of(data.decode()) == binascii.crc_hqx(data, 0xFFFF)


def test_crc_of_more_rows_than_a_chunk() -> None:
    texts = pl.select(pl.int_range(20_000).cast(pl.String).str.zfill(6)).to_series()
    wanted = [binascii.crc_hqx(text.encode(), 0xFFFF) for text in texts]
    assert crc16(as_matrix(texts, 6)).tolist() == wanted


def test_crc_of_no_rows_and_of_an_odd_width() -> None:
    assert crc16(np.empty((0, CRC_WIDTH), dtype=np.uint8)).tolist() == []
    with pytest.raises(AssertionError):
        crc16(np.empty((1, 3), dtype=np.uint8))


def test_gs1_of_the_real_bar_code() -> None:
    assert gs1_check_digit_of(REAL_BARCODE[:43]) == slow_gs1(REAL_BARCODE[:43]) == REAL_BARCODE[43]
    assert gs1_check_digit_of("629104150021") == "3", "the example of the GS1 General Specifications"


@given(columns_of(43))
def test_gs1_columns_equal_the_slow_model(bodies: list[str]) -> None:
    codes = [body + slow_gs1(body) for body in bodies]
    assert gs1_column(pl.Series("barcode", bodies)).to_list() == codes
    assert as_column(gs1_check_digits(as_matrix(pl.Series(bodies), 43)).reshape(-1, 1)).to_list() == [
        c[43] for c in codes
    ]
    assert gs1_valid_column(pl.Series("barcode", codes)).all()


def test_every_single_digit_change_of_a_bar_code_is_found() -> None:
    changed = [
        REAL_BARCODE[:at] + digit + REAL_BARCODE[at + 1 :]
        for at in range(44)
        for digit in "0123456789"
        if digit != REAL_BARCODE[at]
    ]
    assert len(changed) == 44 * 9
    assert not gs1_valid_column(pl.Series(changed)).any()


def test_what_is_no_bar_code_is_not_valid_and_null_stays_null() -> None:
    texts = [REAL_BARCODE, None, "", REAL_BARCODE[:43], REAL_BARCODE + "0", " " + REAL_BARCODE[1:], "１" * 14 + "00"]
    valid = gs1_valid_column(pl.Series("barcode", texts))
    assert valid.to_list() == [True, None, False, False, False, False, False]
    assert valid.dtype == pl.Boolean
    assert gs1_valid_column(pl.Series([None, None], dtype=pl.String)).to_list() == [None, None]
    assert gs1_valid_column(pl.Series([], dtype=pl.String)).to_list() == []


def test_a_matrix_of_values_whose_widths_only_sum_up_is_refused() -> None:
    with pytest.raises(AssertionError):
        as_matrix(pl.Series(["123", "1"]), 2)
    with pytest.raises(AssertionError):
        as_matrix(pl.Series(["12", None]), 2)


@given(st.integers(1, 18), st.data())
def test_numbers_are_filled_with_zeros(width: int, data: st.DataObject) -> None:
    numbers = data.draw(st.lists(st.integers(0, 10**width - 1), max_size=20))
    made = as_digits(np.array(numbers, dtype=np.int64), width)
    assert made.shape == (len(numbers), width)
    assert as_column(made).to_list() == [f"{number:0{width}d}" for number in numbers]
    assert all_digits(made).all()


@pytest.mark.parametrize("number", [-1, 100])
def test_a_number_that_does_not_fit_is_refused(number: int) -> None:
    with pytest.raises(AssertionError):
        as_digits(np.array([5, number], dtype=np.int64), 2)


def test_digits_are_zero_to_nine_only() -> None:
    assert all_digits(as_matrix(pl.Series(["09", "0/", ":0", " 1"]), 2)).tolist() == [True, False, False, False]


@pytest.mark.parametrize("code", ["242021", "242012", "011002", "131016", "472018", "440001"])
def test_city_codes_of_real_cities_and_a_prefecture(code: str) -> None:
    """四日市市、津市、札幌市、千代田区、那覇市、大分県, as 総務省 publishes them."""
    assert city_code_check_digit(code[:-1]) == code[-1]
