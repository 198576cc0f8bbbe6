"""The bar code: bar for bar what the library draws for one, for a night's at a time; read by a decoder."""

import numpy as np
import polars as pl
import pytest
import zxingcpp
from barcode.codex import Gs1_128
from hypothesis import given
from hypothesis import strategies as st

from elqr.printing.bar_code import bar_code_bits
from tests.builders import REAL_BARCODE


def _bars(digits: str) -> str:
    return str(Gs1_128(digits).build()[0])


def _bits(*digits: str) -> list[str]:
    made = bar_code_bits(pl.Series(digits, dtype=pl.String))
    return ["".join(map(str, row)) for row in np.unpackbits(made, axis=1)]


def test_the_real_bar_code() -> None:
    (bits,) = _bits(REAL_BARCODE)
    assert bits == _bars(REAL_BARCODE) and len(bits) == 288
    grey = np.uint8(255) * (1 - np.array([list(map(int, bits))] * 40, dtype=np.uint8))
    picture = np.pad(grey, 20, constant_values=255).repeat(3, axis=1)
    (found,) = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.Code128]))
    assert found.text == f"(91){REAL_BARCODE[2:]}" and found.content_type == zxingcpp.ContentType.GS1


@given(st.lists(st.integers(0, 10**44 - 1).map(lambda number: f"{number:044d}"), max_size=4))
def test_any_digits_are_the_librarys_bars(codes: list[str]) -> None:
    assert _bits(*codes) == [_bars(code) for code in codes]


@pytest.mark.parametrize("wrong", [REAL_BARCODE[:-1], REAL_BARCODE + "0", REAL_BARCODE[:-1] + "A"])
def test_what_is_not_44_digits_is_not_drawn(wrong: str) -> None:
    with pytest.raises(AssertionError):
        bar_code_bits(pl.Series([wrong]))
