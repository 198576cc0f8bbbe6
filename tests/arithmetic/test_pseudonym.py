"""Pseudonyms: the published SipHash vector, one to one, same shapes, and nothing that depends on its neighbours."""

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from elqr.arithmetic.pseudonym import pseudonyms, sip_hash

_KEY = b"an invented key of the tests"


def test_the_published_vector() -> None:
    """Aumasson and Bernstein, appendix A: key 00…0f, message 00…0e."""
    key = bytes(range(16))
    message = np.frombuffer(bytes(range(15)) + bytes([15]), dtype="<u8").reshape(1, -1).astype(np.uint64)
    both = int.from_bytes(key[:8], "little"), int.from_bytes(key[8:], "little")
    assert int(sip_hash(message, both)[0]) == 0xA129CA6149BE45E5


def test_all_four_digit_numbers_stay_apart() -> None:
    numbers = pl.Series([f"{number:04d}" for number in range(10_000)])
    made = pseudonyms(numbers, _KEY)
    assert made.n_unique() == 10_000 and made.str.contains("^[0-9]{4}$").all()
    assert (made == numbers).sum() < 20
    assert (pseudonyms(numbers, _KEY + b"2") == made).sum() < 20


_SHAPES = [
    ("架空 太郎", r"^\p{Han}{2} \p{Han}{2}$"),
    ("ｶｸｳ ﾀﾞｲｽｹ", r"^[ｱ-ﾝ]{3} [ｱ-ﾝ]ﾞ[ｱ-ﾝ]{3}$"),
    ("見本市架空町1-2-3", r"^\p{Han}{6}[0-9]-[0-9]-[0-9]$"),
    ("𠮷田", r"^\p{Han}{2}$"),
    ("Ａ棟３０２", r"^[Ａ-Ｚ]\p{Han}[０-９]{3}$"),
    ("AB-12345", r"^[A-Z]{2}-[0-9]{5}$"),
    ("ひろし　カナ", r"^[ぁ-ん]{3}　[ァ-ヶ]{2}$"),
]


def test_shapes_and_bytes_stay() -> None:
    given_ = pl.Series([text for text, _ in _SHAPES])
    for (text, shape), made in zip(_SHAPES, pseudonyms(given_, _KEY), strict=True):
        assert pl.Series([made]).str.contains(shape).all(), (text, made)
        assert made != text and len(made.encode()) == len(text.encode())
        if text != "𠮷田":
            assert len(made.encode("cp932")) == len(text.encode("cp932"))


def test_blanks_nulls_and_signs_stay() -> None:
    values = pl.Series(["", "   ", None, "---", "*＊"])
    assert pseudonyms(values, _KEY).to_list() == values.to_list()


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text("0123456789ABｱｲ架空 -", max_size=6), max_size=8))
def test_a_value_has_one_pseudonym_whatever_stands_around_it(values: list[str]) -> None:
    made = pseudonyms(pl.Series(values, dtype=pl.String), _KEY).to_list()
    assert made == [pseudonyms(pl.Series([value]), _KEY)[0] for value in values]
    bare = {value.rstrip(" ") for value in values}
    assert len({text.rstrip(" ") for text in made}) == len(bare)


def test_spaces_behind_a_value_do_not_count() -> None:
    short, long = pseudonyms(pl.Series(["ｶｸｳ", "ｶｸｳ   "]), _KEY)
    assert long == short + "   "
