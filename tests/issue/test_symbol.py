"""The symbol: 6-M numeric always, read by a decoder that knows nothing of the encoder."""

import io
import time
from xml.etree import ElementTree

import pytest
import zxingcpp
from PIL import Image

from elqr.issue.symbol import MODULES, QUIET_MODULES, Picture, draw, symbol
from tests.builders import REAL_CODE

CODES = [
    pytest.param(REAL_CODE, id="実在のコード"),
    pytest.param("0" * 255, id="ゼロばかり"),
    pytest.param("9" * 255, id="9ばかり"),
    pytest.param(("0123456789" * 26)[:255], id="数字の並び"),
]
PICTURES: tuple[Picture, ...] = ("svg", "png", "pdf")
SIDE = MODULES + 2 * QUIET_MODULES


@pytest.mark.parametrize("code", CODES)
def test_the_picture_reads_as_the_digits(code: str) -> None:
    image = Image.open(io.BytesIO(draw(code, "png")))
    assert image.width == image.height and image.width % SIDE == 0 and image.width // SIDE >= 8
    (found,) = zxingcpp.read_barcodes(
        image.convert("L"), formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    )
    assert found.text == code
    assert found.ec_level == "M"


@pytest.mark.parametrize("code", CODES)
def test_it_is_6_m_numeric_of_41_modules(code: str) -> None:
    made = symbol(code)
    assert made.designator == "6-M" and made.mode == "numeric" and not made.is_micro
    assert [len(row) for row in made.matrix] == [MODULES] * MODULES


def test_the_quiet_zone_is_clear() -> None:
    image = Image.open(io.BytesIO(draw(REAL_CODE, "png"))).convert("L")
    edge = QUIET_MODULES * (image.width // SIDE)
    inside = image.point(lambda light: 255 - light).getbbox()
    assert inside == (edge, edge, image.width - edge, image.height - edge)


def test_svg_is_a_drawing_of_the_stated_size() -> None:
    root = ElementTree.fromstring(draw(REAL_CODE, "svg"))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.attrib["width"] == root.attrib["height"] == str(8 * SIDE)
    assert root.find("{http://www.w3.org/2000/svg}path") is not None


def test_pdf_is_one_whole_page() -> None:
    pdf = draw(REAL_CODE, "pdf")
    assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF")
    assert pdf.count(b"/Type /Page ") == 1
    table = int(pdf.rsplit(b"startxref", 1)[1].split()[0])
    assert pdf[table : table + 4] == b"xref"


@pytest.mark.parametrize("kind", PICTURES)
def test_the_same_digits_give_the_same_bytes(kind: Picture, monkeypatch: pytest.MonkeyPatch) -> None:
    first = draw(REAL_CODE, kind)
    monkeypatch.setattr(time, "strftime", lambda *_: "20991231235959")
    monkeypatch.setattr(time, "timezone", -9 * 3600)
    assert draw(REAL_CODE, kind) == first


@pytest.mark.parametrize("code", ["", REAL_CODE[:-1], REAL_CODE + "0", REAL_CODE[:-1] + "A", "１" * 255])
def test_what_is_not_255_digits_is_not_drawn(code: str) -> None:
    with pytest.raises(AssertionError):
        symbol(code)
