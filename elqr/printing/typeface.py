"""The typeface (書体): which characters a font has, how wide they are, and the subset that goes into a PDF.

A character that the font lacks is reported, never printed as a blank box. So are characters that change others
(異体字セレクタ, 結合文字), are invisible, or run from right to left: set one after the other, they would print another
name. Refused: fonts that forbid embedding, and fonts without TrueType outlines.
"""

import io
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont, TTLibError

from elqr.vocabulary.errors import BadFile, NotFound

_RESTRICTED = 0x0002
"""OS/2 fsType: embedding requires a licence that the font does not give."""


@dataclass(frozen=True)
class EmbeddedFont:
    """埋め込む書体: the subset's bytes, and for each character a number of its own.

    Two characters may share a glyph (- and ‐, 長 and ⻑). The page must read back as it was written, so each character
    has its number, whatever its glyph. `numbers`: code point → number from 1, four hex digits;
    `glyph_nos` and `widths` (per mille of the size) by number, 0 for what is not there.
    """

    name: str
    data: bytes
    numbers: dict[int, str]
    glyph_nos: tuple[int, ...]
    widths: tuple[int, ...]
    ascent: int
    descent: int
    bounds: tuple[int, ...]

    def encode(self, text: str) -> str:
        """The text as numbers, four hex digits a character."""
        return text.translate(self.numbers)


@dataclass(frozen=True)
class Typeface:
    """書体 of one font file."""

    path: Path
    data: bytes

    @cached_property
    def _font(self) -> TTFont:
        return _open(self.data, self.path)

    @cached_property
    def name(self) -> str:
        """PostScript名 and version, for the manifest."""
        return f"{self._font['name'].getDebugName(6)} {self._font['name'].getDebugName(5)}"

    @cached_property
    def advances(self) -> dict[str, float]:
        """送り幅 of every character, as a share of the type's size."""
        widths, unit = self._font["hmtx"], self._font["head"].unitsPerEm
        return {chr(code): widths[glyph][0] / unit for code, glyph in self._font.getBestCmap().items()}

    def lacking(self, text: str) -> list[str]:
        """組めない文字 of a text, each once, in order: they have no glyph or do not stand alone."""
        return [c for c in dict.fromkeys(text) if c not in self.advances or not _stands_alone(c)]

    def width(self, text: str, size: float) -> float:
        """The width of a text in the unit of `size`."""
        return sum(map(self.advances.__getitem__, text)) * size

    def embed(self, texts: Iterable[str]) -> EmbeddedFont:
        """埋め込む書体を作る: the subset with just these characters. The same characters give the same bytes."""
        characters = "".join(sorted(set().union(*texts)))
        options = subset.Options(hinting=False, layout_features=[], name_IDs=[1, 2, 4, 6], notdef_outline=True)
        font = _open(self.data, self.path)
        cutter = subset.Subsetter(options)
        cutter.populate(text=characters)
        cutter.subset(font)
        out = io.BytesIO()
        font.save(out, reorderTables=True)
        unit, by_code = int(font["head"].unitsPerEm), sorted(font.getBestCmap().items())
        glyphs = [".notdef", *(glyph for _, glyph in by_code)]

        def per_mille(value: int) -> int:
            return (value * 2000 + unit) // (2 * unit)

        head, across = font["head"], font["hhea"]
        return EmbeddedFont(
            name=self._font["name"].getDebugName(6),
            data=out.getvalue(),
            numbers={code: f"{number:04X}" for number, (code, _) in enumerate(by_code, start=1)},
            glyph_nos=tuple(map(font.getGlyphID, glyphs)),
            widths=tuple(per_mille(font["hmtx"][glyph][0]) for glyph in glyphs),
            ascent=per_mille(across.ascent),
            descent=per_mille(across.descent),
            bounds=tuple(map(per_mille, (head.xMin, head.yMin, head.xMax, head.yMax))),
        )


def _stands_alone(character: str) -> bool:
    """一字で立つか: visible, in the order of writing; no mark, no control, nothing written to the left."""
    is_seen = unicodedata.category(character) not in ("Mn", "Mc", "Me", "Cc", "Cf", "Cs", "Zl", "Zp")
    return is_seen and unicodedata.bidirectional(character) not in ("R", "AL", "AN")


def _open(data: bytes, path: Path) -> TTFont:
    try:
        font = TTFont(io.BytesIO(data), fontNumber=0, recalcTimestamp=False)
        if any(table.offset + table.length > len(data) for table in font.reader.tables.values()):
            raise TTLibError("cut short")
        if "glyf" not in font or font.getBestCmap() is None:
            raise BadFile(f"書体 {path} は TrueType の字形を持っていません。.ttf か .ttc の書体を指定してください。")
    except TTLibError as error:
        raise BadFile(f"書体 {path} を読めません。.ttf か .ttc の書体を指定してください。") from error
    if font["OS/2"].fsType & _RESTRICTED:
        raise BadFile(f"書体 {path} は埋め込みが許されていません。ほかの書体を版下の fonts に書いてください。")
    return font


def typeface(candidates: Iterable[str], folder: Path) -> Typeface:
    """書体を選ぶ: the first file that exists; relative names start at `folder`. Raises NotFound."""
    tried = [folder / name for name in candidates]
    for path in tried:
        if path.is_file():
            return Typeface(path, path.read_bytes())
    raise NotFound(
        "版下の fonts にある書体がこの機械に一つもありません。Debian・Ubuntu では apt install fonts-ipaexfont-gothic を"
        f"実行するか、fonts に書体のファイルを書いてください（探した場所: {'、'.join(map(str, tried))}）。"
    )
