"""The document (PDFファイル): notices in their places → one PDF, the same bytes for the same notices and day.

The form is drawn once and used by every page. The font is embedded once, cut down to the characters of the file.
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
from elqr.printing.imposition import Placement
from elqr.printing.picture_file import Unreadable, flat_picture
from elqr.printing.template import MM, Mark, Template, Text
from elqr.printing.typeface import EmbeddedFont, Typeface
from elqr.printing.wording import NOTICE_WORDS, PAGE_WORDS
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.frames import PrintableNotice
from elqr.vocabulary.limits import MARK, MARK_PIXELS

_LEVEL = 4
_HEAD_BYTES = 1024
"""A PDF says within these bytes that it is one."""


@dataclass(frozen=True)
class FilledTexts:
    """一つのファイルの文言: each text of the template on each page or notice; None where it is left out."""

    head: list[list[str | None]]
    notice: list[list[str | None]]

    @property
    def all(self) -> Iterator[str]:
        """Every text of the file."""
        return (text for values in (*self.head, *self.notice) for text in values if text)


def fill_texts(template: Template, words: pl.DataFrame) -> FilledTexts:
    """差し込む文言. `words` has a row for each notice, in order of page: NOTICE_WORDS, PAGE_WORDS and PLACE_NO."""
    firsts = words.filter(pl.col(Placement.PLACE_NO) == 0)
    return FilledTexts(
        [_fill(text, firsts) for text in template.head.fills], [_fill(text, words) for text in template.slip.fills]
    )


def _fill(text: Text, words: pl.DataFrame) -> list[str | None]:
    """文言: one text for each row; None where `only_if` leaves it out."""
    pieces = [pl.col(piece) if index % 2 else pl.lit(piece) for index, piece in enumerate(text.pieces)]
    has_bar_code = pl.col("bar_code") != ""
    wanted = {None: pl.lit(True), "bar_code": has_bar_code, "no_bar_code": ~has_bar_code}[text.only_if]
    return words.select(pl.when(wanted).then(pl.concat_str(pieces)).alias("text"))["text"].to_list()


def document(template: Template, face: Typeface, notices: pl.DataFrame, words: pl.DataFrame, made_on: date) -> bytes:
    """PDFを作る. Frame PrintableNotice with the places of one file, and its `words`, in the same order."""
    texts = fill_texts(template, words)
    fixed = [text.text for art in (template.head, template.slip) for text in art.forms]
    embedded = face.embed([*fixed, "eLマーク ", *texts.all])
    pen = Pen(face, embedded, template.page.height)
    pdf = pikepdf.new()
    # The page tree is built here: appending page by page would cost ten times as much.
    tree = pdf.Root.Pages
    pages = []
    for content in _draw_pages(template, pen, notices, texts):
        stream = Stream(pdf, zlib.compress(content.encode("ascii"), _LEVEL), Filter=Name.FlateDecode)
        pages.append(pdf.make_indirect(Dictionary(Type=Name.Page, Parent=tree, Contents=stream)))
    tree.Kids, tree.Count, tree.Resources = Array(pages), len(pages), _make_resources(pdf, template, pen)
    tree.MediaBox = Array([0, 0, round(template.page.width * MM, 3), round(template.page.height * MM, 3)])
    day = f"D:{made_on:%Y%m%d}000000"
    pdf.trailer.Info = pdf.make_indirect(Dictionary(Title=template.title, Producer="elqr", CreationDate=day))
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def _draw_pages(template: Template, pen: Pen, notices: pl.DataFrame, texts: FilledTexts) -> Iterator[str]:
    """版面 of each page, as operators."""
    symbols = image_bits(symbol_rows(notices[PrintableNotice.DIGITS]))
    has_bar_code = notices[PrintableNotice.BARCODE].is_not_null().to_list()
    bar_codes = iter(bar_code_bits(notices[PrintableNotice.BARCODE].drop_nulls()))
    places = notices[Placement.PLACE_NO].to_list()
    fills = list(zip(template.slip.fills, texts.notice, strict=True))
    heads = list(zip(template.head.fills, texts.head, strict=True))
    drawn: list[str] = []
    page = -1
    for index, place_no in enumerate(places):
        if place_no == 0:
            if drawn:
                yield "".join(drawn)
            page += 1
            drawn = ["/Head Do\n", *(pen.text(text, value) for text, values in heads if (value := values[page]))]
        origin = template.page.slips[place_no]
        drawn.append(f"q 1 0 0 1 {origin[0] * MM:.3f} {-origin[1] * MM:.3f} cm /Slip Do Q\n")
        drawn += [pen.text(text, value, origin) for text, values in fills if (value := values[index])]
        drawn.append(pen.symbol(template.slip.qr, symbols[index].tobytes(), origin))
        bars = next(bar_codes) if has_bar_code[index] else None
        if bars is not None and template.slip.bar_code is not None:
            drawn.append(pen.bar_code(template.slip.bar_code, bars.tobytes(), origin))
    if drawn:
        yield "".join(drawn)


def _make_resources(pdf: pikepdf.Pdf, template: Template, pen: Pen) -> pikepdf.Object:
    """The font, the forms and the marks, once for all pages."""
    fonts = Dictionary(F=_make_font(pdf, pen.embedded))
    forms = Dictionary()
    for name, art in (("/Head", template.head), ("/Slip", template.slip)):
        marks = {mark: f"Mark{no}" for no, mark in enumerate(art.el_mark) if mark.file}
        pictures = Dictionary({f"/{label}": _make_mark(pdf, mark, template) for mark, label in marks.items()})
        form = pdf.make_stream(pen.art(art, marks).encode("ascii"))
        form.Type, form.Subtype = Name.XObject, Name.Form
        form.BBox = Array([-1000, -1000, 3000, 3000])
        form.Resources = Dictionary(Font=fonts, XObject=pictures)
        forms[name] = form
    return pdf.make_indirect(Dictionary(Font=fonts, XObject=forms))


def _make_mark(pdf: pikepdf.Pdf, mark: Mark, template: Template) -> pikepdf.Object:
    """eLマークの図: the first page of a PDF, or a picture, as its content says, scaled to the unit square."""
    path = template.folder / (mark.file or "")
    try:
        data = _read_mark(path)
        return (
            _make_form(pdf, data)
            if b"%PDF-" in data[:_HEAD_BYTES]
            else _make_image(pdf, flat_picture(data, MARK_PIXELS))
        )
    except (Unreadable, OSError, pikepdf.PdfError, LookupError, TypeError, ValueError, AttributeError) as error:
        why = f"（{error}）" if isinstance(error, Unreadable) else ""
        raise BadFile(
            f"版下 {template.name}: eLマークの図 {path} を読めません{why}。PDFかPNGのファイルを置いてください。"
        ) from error


def _read_mark(path: Path) -> bytes:
    if not path.is_file():
        raise Unreadable("ファイルではありません")
    if path.stat().st_size > MARK.most:
        raise Unreadable(f"上限の {MARK.most:,} {MARK.unit}を超えています")
    return path.read_bytes()


def _make_form(pdf: pikepdf.Pdf, data: bytes) -> pikepdf.Object:
    """The first page as a form. A picture in it has the limit of a picture file, as preflight decodes both."""
    with pikepdf.open(io.BytesIO(data)) as source:
        for stream in source.objects:
            is_image = isinstance(stream, Stream) and stream.get("/Subtype") == Name.Image
            if is_image and int(stream.Width) * int(stream.Height) > MARK_PIXELS.most:
                raise Unreadable(f"中の画像が {MARK_PIXELS.most:,} {MARK_PIXELS.unit}を超えています")
        form = pdf.copy_foreign(source.pages[0].as_form_xobject())
    left, bottom, right, top = (float(value) for value in form.BBox)
    wide, high = right - left, top - bottom
    if wide <= 0 or high <= 0:
        raise Unreadable("ページに大きさがありません")
    form.Matrix = Array([1 / wide, 0, 0, 1 / high, -left / wide, -bottom / high])
    return form


def _make_image(pdf: pikepdf.Pdf, flat: Image.Image) -> pikepdf.Object:
    image = pdf.make_stream(flat.tobytes())
    image.Type, image.Subtype, image.ColorSpace = Name.XObject, Name.Image, Name.DeviceRGB
    image.Width, image.Height, image.BitsPerComponent = flat.width, flat.height, 8
    return image


def _make_font(pdf: pikepdf.Pdf, embedded: EmbeddedFont) -> pikepdf.Object:
    """書体: a CID font with a number for each character, its glyph by number, and the way back to Unicode."""
    name = Name(f"/{_subset_tag(embedded)}+{embedded.name}")
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


def _subset_tag(embedded: EmbeddedFont) -> str:
    """Six capitals that name the subset, derived from its bytes."""
    number = zlib.crc32(embedded.data)
    return "".join(chr(ord("A") + number // 26**place % 26) for place in range(6))


_CHARACTERS_A_BLOCK = 100


def _to_unicode(embedded: EmbeddedFont) -> str:
    """Character number → Unicode, as a CMap."""
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


assert not set(PAGE_WORDS) & set(NOTICE_WORDS), "a name means one thing"
