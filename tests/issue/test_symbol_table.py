"""The symbol table: each module as segno sets it, under the mask that segno chooses; read by a decoder."""

import random
from collections import Counter
from datetime import date
from functools import cache

import numpy as np
import polars as pl
import pytest
import segno
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from elqr.issue.payload import PayloadValues, encode_frame
from elqr.issue.symbol import symbol
from elqr.issue.symbol_table import image_bits, symbol_rows
from tests.builders import REAL_CODE

SIDE = 41
EDGES = [
    pytest.param(REAL_CODE, id="実在のコード"),
    pytest.param("0" * 255, id="ゼロばかり"),
    pytest.param("9" * 255, id="9ばかり"),
    pytest.param(("09" * 128)[:255], id="0と9が交互"),
    pytest.param("999000" * 42 + "999", id="999と000が交互"),
    pytest.param("512" * 85, id="上位の1ビット"),
    pytest.param("001" * 85, id="下位の1ビット"),
    pytest.param("1" + "0" * 254, id="先頭の1桁"),
    pytest.param("0" * 254 + "1", id="末尾の1桁"),
    pytest.param(("0123456789" * 26)[:255], id="数字の並び"),
    # The share of dark modules decides on the mask only when it lies beyond 45 to 55 %: never in random digits.
    pytest.param("000" * 20 + "033" * 65, id="明に偏りマスクが変わる"),
    pytest.param("000" * 20 + "131" * 65, id="明に偏り重みでマスクが変わる"),
    pytest.param("000" * 42 + "040" * 43, id="後ろ半分で明に偏る"),
    pytest.param("041" * 85, id="偏りの端数を切り捨てる"),
]


@cache
def drawn(digits: str) -> segno.QRCode:
    return symbol(digits)


def row_texts(digits: str) -> list[str]:
    """segno's modules as text, one row of zeros and ones each."""
    return ["".join(str(module) for module in row) for row in drawn(digits).matrix]


def wanted_rows(digits: str) -> list[int]:
    return [int(f"{text:0<64}", 2) for text in row_texts(digits)]


def wanted_image(digits: str) -> bytes:
    return b"".join(int(f"{text:0<48}", 2).to_bytes(6, "big") for text in row_texts(digits))


def series(codes: list[str]) -> pl.Series:
    return pl.Series("digits", codes, dtype=pl.String)


def random_codes(seed: int, count: int) -> list[str]:
    made = random.Random(seed)
    return [f"{made.randrange(10**255):0255d}" for _ in range(count)]


@pytest.mark.parametrize("code", EDGES)
def test_an_edge_is_segno_s_symbol(code: str) -> None:
    rows = symbol_rows(series([code]))
    assert (rows.dtype, rows.shape) == (np.uint64, (1, SIDE))
    assert rows[0].tolist() == wanted_rows(code)
    assert image_bits(rows).tobytes() == wanted_image(code)


def test_a_finder_stands_where_the_docstring_says() -> None:
    first = int(symbol_rows(series([REAL_CODE]))[0, 0])
    assert f"{first:064b}"[:8] == f"{first:064b}"[40:32:-1] == "11111110"
    assert first % 2**23 == 0


def test_hundreds_are_segno_s_and_every_mask_is_among_them() -> None:
    codes = random_codes(20_261_120, 800)
    rows = symbol_rows(series(codes)).tolist()
    assert len(rows) == len(codes)
    wrong = [code for code, made in zip(codes, rows, strict=True) if made != wanted_rows(code)]
    assert wrong == []
    masks = Counter(drawn(code).mask for code in codes)
    assert sorted(masks) == list(range(8)) and min(masks.values()) > 5


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.integers(0, 10**255 - 1).map(lambda number: f"{number:0255d}"),
            st.lists(st.sampled_from(["000", "001", "031", "032", "341", "682", "999"]), min_size=85, max_size=85).map(
                "".join
            ),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_any_digits_are_segno_s(codes: list[str]) -> None:
    rows = symbol_rows(series(codes))
    assert rows.tolist() == [wanted_rows(code) for code in codes]
    assert image_bits(rows).tobytes() == b"".join(wanted_image(code) for code in codes)


@pytest.mark.parametrize("count", [0, 1, 2, 127, 128, 129, 1_024, 2_049])
def test_any_number_of_rows(count: int) -> None:
    few = random_codes(7, 7)
    codes = (few * (count // 7 + 1))[:count]
    rows = symbol_rows(series(codes))
    wanted = [wanted_rows(code) for code in few]
    assert rows.shape == (count, SIDE)
    assert rows.tolist() == [wanted[number % 7] for number in range(count)]
    images = image_bits(rows)
    assert (images.dtype, images.shape) == (np.uint8, (count, 246))


def test_the_order_of_rows_is_that_of_the_payloads() -> None:
    codes = random_codes(8, 30)
    assert np.array_equal(symbol_rows(series(codes[::-1])), symbol_rows(series(codes))[::-1])
    together = pl.concat([series(codes[:11]), series(codes[11:])], rechunk=False)
    assert np.array_equal(symbol_rows(together), symbol_rows(series(codes)))


def payloads() -> pl.Series:
    first = PayloadValues(
        amount_yen=39_500,
        key_no="00000202401010104348",
        check_no="778284",
        item_no="127",
        office_code="44000",
        tax_office_code="040",
        levy_year=2024,
        tax_year=2024,
        installment_no=0,
        due_on=date(2024, 5, 31),
        payable_until_on=date(2024, 7, 10),
    )
    amounts = [39_500, 0, 1, 99_999_999_999, *range(1_000, 1_100)]
    return encode_frame(pl.DataFrame([first.model_copy(update={"amount_yen": yen}).model_dump() for yen in amounts]))


def test_payloads_are_segno_s() -> None:
    codes = payloads()
    assert codes[0] == REAL_CODE
    assert symbol_rows(codes).tolist() == [wanted_rows(code) for code in codes]


def test_the_pictures_read_as_the_digits() -> None:
    codes = [*payloads(), *random_codes(9, 50), "0" * 255, "9" * 255]
    images = image_bits(symbol_rows(series(codes)))
    for code, image in zip(codes, images, strict=True):
        dark = np.unpackbits(image.reshape(SIDE, 6), axis=1)
        assert not dark[:, SIDE:].any()
        light = np.pad(np.uint8(255) * (1 - dark[:, :SIDE]), 4, constant_values=255).repeat(4, axis=0).repeat(4, axis=1)
        (found,) = zxingcpp.read_barcodes(light, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode]))
        assert (found.text, found.ec_level) == (code, "M")


REFUSED = [
    pytest.param([REAL_CODE[:-1]], id="254桁"),
    pytest.param([REAL_CODE + "0"], id="256桁"),
    pytest.param([REAL_CODE[:-1], REAL_CODE + "0"], id="合わせれば足りる桁"),
    pytest.param([REAL_CODE, REAL_CODE[:-1] + "A"], id="英字"),
    pytest.param([REAL_CODE[:-1] + " "], id="空白"),
    pytest.param(["１" * 85], id="全角の255バイト"),
    pytest.param([REAL_CODE, None], id="値なし"),
    pytest.param([2024], id="数値"),
]


@pytest.mark.parametrize("values", REFUSED)
def test_what_is_not_255_digits_is_not_drawn(values: list[object]) -> None:
    with pytest.raises(AssertionError):
        symbol_rows(pl.Series("digits", values))


def test_what_is_not_rows_is_no_picture() -> None:
    rows = symbol_rows(series([REAL_CODE]))
    for wrong in (rows[0], rows[:, 1:], rows.astype(np.int64)):
        with pytest.raises(AssertionError):
            image_bits(wrong)
