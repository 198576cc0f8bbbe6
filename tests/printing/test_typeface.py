"""Typefaces: characters that a font lacks are told, and only what is used is embedded."""

import io
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from elqr.printing.typeface import Typeface, typeface
from elqr.vocabulary.errors import BadFile, NotFound
from tests.builders import TEMPLATES

FACE = typeface(TEMPLATES["hokenryo"].fonts, Path())


def test_characters_that_the_font_lacks() -> None:
    assert FACE.lacking("架空 太郎") == []
    assert FACE.lacking("髙﨑①Ⅲ") == []
    assert FACE.lacking("𠮷田 太郎 𠮷") == ["𠮷"]
    assert FACE.lacking("葛\U000e0100城") == ["\U000e0100"], "a variation selector changes the character before it"
    assert FACE.lacking("か\u3099") == ["\u3099"], "a combining mark is not set beside its letter"
    assert FACE.lacking("タブ\tと\n改行") == ["\t", "\n"]
    assert FACE.lacking("ソフト\xadハイフン") == ["\xad"], "the font has it, and nobody sees it"


def test_widths() -> None:
    assert FACE.width("国", 10) == 10, "a kanji is as wide as the type is high"
    assert FACE.width("国民", 8) == 16
    digits = {FACE.width(digit, 10) for digit in "0123456789"}
    assert len(digits) == 1, "digits stand in columns"


def test_only_the_characters_used_are_embedded_and_the_same_characters_give_the_same_bytes() -> None:
    one, other = FACE.embed(["国保", "12"]), FACE.embed(["21", "保国", ""])
    assert one == other
    cut = TTFont(io.BytesIO(one.data))
    assert set(cut.getBestCmap()) == {ord(character) for character in "国保12"}
    assert one.encode("国1") == one.numbers[ord("国")] + one.numbers[ord("1")]
    assert len(one.data) < 10_000 < len(FACE.data)


def test_no_font_at_all_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="apt install fonts-ipaexfont-gothic"):
        typeface(["nai.ttf"], tmp_path)


def test_what_is_not_a_font_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "font.ttf"
    for data in (b"not a font", FACE.data[:1_000], FACE.data[:-10]):
        path.write_bytes(data)
        with pytest.raises(BadFile, match=r"font\.ttf を読めません"):
            _ = typeface(["font.ttf"], tmp_path).advances


def test_a_font_that_forbids_embedding_is_refused(tmp_path: Path) -> None:
    font = TTFont(io.BytesIO(FACE.data))
    font["OS/2"].fsType = 0x0002
    out = io.BytesIO()
    font.save(out)
    with pytest.raises(BadFile, match="埋め込みが許されていません"):
        _ = Typeface(tmp_path / "x.ttf", out.getvalue()).advances
