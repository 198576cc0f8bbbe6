"""Drawing (版面): a template's art and texts as PDF operators. Millimetres from the top left → points.

Codes are drawn as one-bit images with one pixel per module: sharp at any size, and small.
"""

from dataclasses import dataclass, field

from elqr.printing.template import BAR_CODE_MODULES, MM, Art, BarCode, Box, Line, Mark, Pair, Symbol, Template, Text
from elqr.printing.typeface import EmbeddedFont, Typeface, typeface
from elqr.vocabulary.errors import BadFile

_BASELINE = 0.86
"""Where letters stand, as a share of the type's size from the top of its box."""
_BOLD = 0.035
"""Outline of bold letters, as a share of the type's size."""
_CUT = 0.001
_SHOWN = 10
_QR_PIXELS = (41, 41)
_BAR_PIXELS = (BAR_CODE_MODULES, 1)


@dataclass(frozen=True)
class Pen:
    """ペン: sets type and codes on a sheet of one height (mm)."""

    face: Typeface
    embedded: EmbeddedFont
    height: float
    _measures: dict[str, tuple[str, float]] = field(default_factory=dict)

    def _point(self, at: Pair) -> str:
        return f"{at[0] * MM:.3f} {(self.height - at[1]) * MM:.3f}"

    def _measure(self, value: str) -> tuple[str, float]:
        """The glyphs of a text and its width at size 1, kept because a notice repeats its texts."""
        if (measure := self._measures.get(value)) is None:
            measure = self._measures[value] = self.embedded.encode(value), self.face.width(value, 1)
        return measure

    def text(self, place: Text, value: str, origin: Pair = (0, 0)) -> str:
        """文字 in its box, set smaller if it is too long. `is_overlong` has been asked before."""
        glyphs, width = self._measure(value)
        room = place.width * MM
        size = _fitting_size(place, width, room)
        spare = 0.0 if place.align == "left" else (room - width * size) * (1 if place.align == "right" else 0.5)
        x = (place.at[0] + origin[0]) * MM + spare
        y = (self.height - place.at[1] - origin[1]) * MM - place.size * _BASELINE
        if place.bold:
            return f"BT 2 Tr {size * _BOLD:.3f} w /F {size:.2f} Tf {x:.3f} {y:.3f} Td <{glyphs}> Tj 0 Tr ET\n"
        return f"BT /F {size:.2f} Tf {x:.3f} {y:.3f} Td <{glyphs}> Tj ET\n"

    def line(self, line: Line) -> str:
        """線: a straight line between two points, in millimetres."""
        path = f"{self._point(line.start)} m {self._point(line.end)} l"
        return f"q {_dash(line.dash)}{line.width * MM:.3f} w {path} S Q\n"

    def box(self, box: Box) -> str:
        """枠: the fill first, then the edge."""
        left, bottom = box.at[0] * MM, (self.height - box.at[1] - box.size[1]) * MM
        path = f"{left:.3f} {bottom:.3f} {box.size[0] * MM:.3f} {box.size[1] * MM:.3f} re"
        fill = f"q {box.fill:.2f} g {path} f Q\n" if box.fill is not None else ""
        return fill + (f"q {_dash(box.dash)}{box.width * MM:.3f} w {path} S Q\n" if box.width else "")

    def mark(self, mark: Mark, name: str | None) -> str:
        """eLマーク: the picture of that name, or a dashed box in its place."""
        if name is None:
            middle = (mark.at[0], mark.at[1] + mark.size[1] / 2 - 1)
            label = Text(at=middle, width=mark.size[0], size=5, least=2, align="center", text=_MARK)
            return self.box(Box(at=mark.at, size=mark.size, width=0.1, dash=(0.6, 0.6))) + self.text(label, _MARK)
        left, bottom = mark.at[0] * MM, (self.height - mark.at[1] - mark.size[1]) * MM
        return f"q {mark.size[0] * MM:.3f} 0 0 {mark.size[1] * MM:.3f} {left:.3f} {bottom:.3f} cm /{name} Do Q\n"

    def art(self, art: Art, marks: dict[Mark, str]) -> str:
        """図柄: everything that is the same on every sheet."""
        drawn = [*map(self.box, art.boxes), *map(self.line, art.lines)]
        drawn += [self.mark(mark, marks.get(mark)) for mark in art.el_mark]
        return "".join(drawn + [self.text(text, text.text) for text in art.forms])

    def symbol(self, place: Symbol, bits: bytes, origin: Pair) -> str:
        """eL-QR: 41 × 41 pixels."""
        return self._image(place, bits, _QR_PIXELS, origin)

    def bar_code(self, place: BarCode, bits: bytes, origin: Pair) -> str:
        """バーコード: one row of 288 pixels, stretched to its height."""
        return self._image(place, bits, _BAR_PIXELS, origin)

    def _image(self, place: Symbol, bits: bytes, pixels: tuple[int, int], origin: Pair) -> str:
        """An inline image mask. Its bits are hexadecimal, so that no reader takes them for an operator."""
        left, top, right, bottom = place.area.moved(origin)
        size = f"{(right - left) * MM:.4f} 0 0 {(bottom - top) * MM:.4f}"
        at = f"{left * MM:.4f} {(self.height - bottom) * MM:.4f}"
        head = f"/IM true /W {pixels[0]} /H {pixels[1]} /D [1 0] /F /AHx"
        return f"q {size} {at} cm BI {head} ID {bits.hex()}> EI Q\n"


_MARK = "eLマーク"


def _dash(dash: Pair | None) -> str:
    return f"[{dash[0] * MM:.2f} {dash[1] * MM:.2f}] 0 d " if dash else ""


def _fitting_size(place: Text, width: float, room: float) -> float:
    """文字の大きさ in points at which a text of this width (at size 1) fits its box."""
    return place.size if width * place.size <= room + _CUT else room / width


def is_overlong(face: Typeface, place: Text, value: str) -> bool:
    """枠に入らないか, even at the smallest size that is allowed."""
    return _fitting_size(place, face.width(value, 1), place.width * MM) < min(place.least, place.size)


def face_for(template: Template) -> Typeface:
    """版下の書体: the first of its fonts that exists.

    Raises NotFound, and BadFile for a fixed text that lacks glyphs or is longer than its box: it would spoil every
    sheet.
    """
    face = typeface(template.fonts, template.folder)
    faults = []
    for text in (*template.head.texts, *template.slip.texts):
        fixed = "".join(text.pieces[::2])
        if lacking := face.lacking(fixed):
            faults.append(f"「{fixed}」の {'・'.join(lacking[:_SHOWN])} が書体 {face.path.name} にありません")
        elif not text.names and is_overlong(face, text, fixed):
            faults.append(f"「{fixed}」が幅{text.width:g}mmに入りません（at = {list(text.at)}）")
    if faults:
        raise BadFile(
            f"版下 {template.name} の文字を組めません: {'、'.join(faults[:_SHOWN])}。文字・枠・fonts を直してください。"
        )
    return face
