"""The document (PDFファイル): pages of slips → one PDF, the same bytes for the same slips and day.

The form is drawn once and used by every page; the font is embedded once, cut down to what the file says.
"""

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pikepdf
import polars as pl
from pikepdf import Array, Dictionary, Name, Stream
from PIL import Image

from elqr.issue.symbol_table import image_bits, symbol_rows
from elqr.printing.bar_code import bar_code_bits
from elqr.printing.drawing import Pen
from elqr.printing.imposition import Placed
from elqr.printing.picture_file import Unreadable, flat_picture
from elqr.printing.template import MM, Mark, Template, Text
from elqr.printing.typeface import Embedded, Typeface
from elqr.printing.wording import PAGE_WORDS, SLIP_WORDS
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.frames import Slip
from elqr.vocabulary.limits import MARK, MARK_PIXELS

_LEVEL = 4
_HEAD_BYTES = 1024
"""Within which a PDF says that it is one."""


@dataclass(frozen=True)
class Said:
    """一つのファイルの文言: the texts to fill in, by their place in the template; None where nothing is said."""

    head: list[list[str | None]]
    slip: list[list[str | None]]

    @property
    def all(self) -> Iterator[str]:
        """Every text of the file."""
        return (text for column in (*self.head, *self.slip) for text in column if text)


def said(template: Template, words: pl.DataFrame) -> Said:
    """差し込む文言. Columns of `words`: SLIP_WORDS for every slip in order of page, and for the head PAGE_WORDS."""
    firsts = words.filter(pl.col(Placed.PLACE_NO) == 0)
    return Said(
        [_filled(text, firsts) for text in template.head.fills], [_filled(text, words) for text in template.slip.fills]
    )


def _filled(text: Text, words: pl.DataFrame) -> list[str | None]:
    """One text for each row; None where `only_if` says no."""
    pieces = [pl.col(piece) if index % 2 else pl.lit(piece) for index, piece in enumerate(text.pieces)]
    has_bar_code = pl.col("bar_code") != ""
    wanted = {None: pl.lit(True), "bar_code": has_bar_code, "no_bar_code": ~has_bar_code}[text.only_if]
    return words.select(pl.when(wanted).then(pl.concat_str(pieces)).alias("said"))["said"].to_list()


def document(template: Template, face: Typeface, slips: pl.DataFrame, words: pl.DataFrame, made_on: date) -> bytes:
    """PDFを作る. `slips` is frame Slip with the places of one file, `words` its texts; both in the same order."""
    texts = said(template, words)
    forms = [text.text for art in (template.head, template.slip) for text in art.forms]
    embedded = face.embedded([*forms, "eLマーク ", *texts.all])
    pen = Pen(face, embedded, template.page.height)
    pdf = pikepdf.new()
    # The page tree is written as it is: appending page by page would cost ten times as much.
    tree = pdf.Root.Pages
    pages = []
    for content in _pages(template, pen, slips, texts):
        stream = Stream(pdf, zlib.compress(content.encode("ascii"), _LEVEL), Filter=Name.FlateDecode)
        pages.append(pdf.make_indirect(Dictionary(Type=Name.Page, Parent=tree, Contents=stream)))
    tree.Kids, tree.Count, tree.Resources = Array(pages), len(pages), _resources(pdf, template, pen)
    tree.MediaBox = Array([0, 0, round(template.page.width * MM, 3), round(template.page.height * MM, 3)])
    day = f"D:{made_on:%Y%m%d}000000"
    pdf.trailer.Info = pdf.make_indirect(Dictionary(Title=template.title, Producer="elqr", CreationDate=day))
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def _pages(template: Template, pen: Pen, slips: pl.DataFrame, texts: Said) -> Iterator[str]:
    """版面 of each page, as operators."""
    symbols = image_bits(symbol_rows(slips[Slip.DIGITS]))
    has_bar_code = slips[Slip.BARCODE].is_not_null().to_list()
    bar_codes = iter(bar_code_bits(slips[Slip.BARCODE].drop_nulls()))
    places = slips[Placed.PLACE_NO].to_list()
    fills = list(zip(template.slip.fills, texts.slip, strict=True))
    heads = list(zip(template.head.fills, texts.head, strict=True))
    drawn: list[str] = []
    page = -1
    for index, place_no in enumerate(places):
        if place_no == 0:
            if drawn:
                yield "".join(drawn)
            page += 1
            drawn = ["/Head Do\n", *(pen.text(text, value) for text, column in heads if (value := column[page]))]
        origin = template.page.slips[place_no]
        drawn.append(f"q 1 0 0 1 {origin[0] * MM:.3f} {-origin[1] * MM:.3f} cm /Slip Do Q\n")
        drawn += [pen.text(text, value, origin) for text, column in fills if (value := column[index])]
        drawn.append(pen.symbol(template.slip.qr, symbols[index].tobytes(), origin))
        bars = next(bar_codes) if has_bar_code[index] else None
        if bars is not None and template.slip.bar_code is not None:
            drawn.append(pen.bar_code(template.slip.bar_code, bars.tobytes(), origin))
    if drawn:
        yield "".join(drawn)


def _resources(pdf: pikepdf.Pdf, template: Template, pen: Pen) -> pikepdf.Object:
    """The font, the form and the marks, once for all pages."""
    fonts = Dictionary(F=_font(pdf, pen.embedded))
    forms = Dictionary()
    for name, art in (("/Head", template.head), ("/Slip", template.slip)):
        marks = {mark: f"Mark{no}" for no, mark in enumerate(art.el_mark) if mark.file}
        pictures = Dictionary({f"/{own}": _picture(pdf, mark, template) for mark, own in marks.items()})
        form = pdf.make_stream(pen.art(art, marks).encode("ascii"))
        form.Type, form.Subtype = Name.XObject, Name.Form
        form.BBox = Array([-1000, -1000, 3000, 3000])
        form.Resources = Dictionary(Font=fonts, XObject=pictures)
        forms[name] = form
    return pdf.make_indirect(Dictionary(Font=fonts, XObject=forms))


def _picture(pdf: pikepdf.Pdf, mark: Mark, template: Template) -> pikepdf.Object:
    """eLマークの図: the first page of a PDF, or a picture, told by its content, scaled to the unit square."""
    path = template.folder / (mark.file or "")
    try:
        data = _mark_bytes(path)
        return _drawing(pdf, data) if b"%PDF-" in data[:_HEAD_BYTES] else _image(pdf, flat_picture(data, MARK_PIXELS))
    except (Unreadable, OSError, pikepdf.PdfError, LookupError, TypeError, ValueError, AttributeError) as error:
        why = f"（{error}）" if isinstance(error, Unreadable) else ""
        raise BadFile(
            f"版下 {template.name}: eLマークの図 {path} を読めません{why}。PDFかPNGのファイルを置いてください。"
        ) from error


def _mark_bytes(path: Path) -> bytes:
    if not path.is_file():
        raise Unreadable("ファイルではありません")
    if path.stat().st_size > MARK.most:
        raise Unreadable(f"上限の {MARK.most:,} {MARK.unit}を超えています")
    return path.read_bytes()


def _drawing(pdf: pikepdf.Pdf, data: bytes) -> pikepdf.Object:
    """The first page as a form. A picture in it is as limited as one beside it: preflight will decode it."""
    with pikepdf.open(io.BytesIO(data)) as own:
        for stream in own.objects:
            is_image = isinstance(stream, Stream) and stream.get("/Subtype") == Name.Image
            if is_image and int(stream.Width) * int(stream.Height) > MARK_PIXELS.most:
                raise Unreadable(f"中の画像が {MARK_PIXELS.most:,} {MARK_PIXELS.unit}を超えています")
        form = pdf.copy_foreign(own.pages[0].as_form_xobject())
    left, bottom, right, top = (float(value) for value in form.BBox)
    wide, high = right - left, top - bottom
    if wide <= 0 or high <= 0:
        raise Unreadable("ページに大きさがありません")
    form.Matrix = Array([1 / wide, 0, 0, 1 / high, -left / wide, -bottom / high])
    return form


def _image(pdf: pikepdf.Pdf, flat: Image.Image) -> pikepdf.Object:
    image = pdf.make_stream(flat.tobytes())
    image.Type, image.Subtype, image.ColorSpace = Name.XObject, Name.Image, Name.DeviceRGB
    image.Width, image.Height, image.BitsPerComponent = flat.width, flat.height, 8
    return image


def _font(pdf: pikepdf.Pdf, embedded: Embedded) -> pikepdf.Object:
    """書体: a CID font with a number for each character, the way to its glyph, and the way back to Unicode."""
    name = Name(f"/{_tag(embedded)}+{embedded.name}")
    file = pdf.make_stream(embedded.data)
    file.Length1 = len(embedded.data)
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=name,
        Flags=4,
        FontBBox=Array(embedded.bounds),
        ItalicAngle=0,
        Ascent=embedded.ascent,
        Descent=embedded.descent,
        CapHeight=embedded.ascent,
        StemV=80,
        FontFile2=file,
    )
    system = Dictionary(Registry=pikepdf.String("Adobe"), Ordering=pikepdf.String("Identity"), Supplement=0)
    descendant = Dictionary(
        Type=Name.Font,
        Subtype=Name.CIDFontType2,
        BaseFont=name,
        CIDSystemInfo=system,
        CIDToGIDMap=pdf.make_stream(struct.pack(f">{len(embedded.glyph_nos)}H", *embedded.glyph_nos)),
        W=Array([0, Array(embedded.widths)]),
        FontDescriptor=pdf.make_indirect(descriptor),
    )
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Font,
            Subtype=Name.Type0,
            BaseFont=name,
            Encoding=Name("/Identity-H"),
            DescendantFonts=Array([pdf.make_indirect(descendant)]),
            ToUnicode=pdf.make_stream(_to_unicode(embedded).encode("ascii")),
        )
    )


def _tag(embedded: Embedded) -> str:
    """Six capitals that name the subset, made from its bytes."""
    number = zlib.crc32(embedded.data)
    return "".join(chr(ord("A") + number // 26**place % 26) for place in range(6))


_CHARACTERS_A_BLOCK = 100


def _to_unicode(embedded: Embedded) -> str:
    """Number → Unicode, as a CMap."""
    pairs = [f"<{number}> <{chr(code).encode('utf-16-be').hex()}>" for code, number in embedded.numbers.items()]
    blocks = [pairs[at : at + _CHARACTERS_A_BLOCK] for at in range(0, len(pairs), _CHARACTERS_A_BLOCK)]
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CMapName /elqr def /CMapType 2 def",
        "1 begincodespacerange <0000> <FFFF> endcodespacerange",
    ]
    for block in blocks:
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    return "\n".join([*lines, "endcmap end end"])


assert not set(PAGE_WORDS) & set(SLIP_WORDS), "a name means one thing"
