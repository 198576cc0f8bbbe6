"""Pictures (画像): the codes in a rendered page, a scan or a photo, read by a decoder that drew none of them."""

import io
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import numpy as np
import numpy.typing as npt
import zxingcpp
from PIL import Image, UnidentifiedImageError

from elqr.errors import BadFile

_MOST_PIXELS = 200_000_000
"""A picture larger than this is not a scan of a sheet (A4 at 1200 dpi has 139 million)."""


class Symbology(StrEnum):
    """コードの種類."""

    QR = "qr"
    CODE_128 = "code_128"


_FORMATS = {Symbology.QR: zxingcpp.BarcodeFormat.QRCode, Symbology.CODE_128: zxingcpp.BarcodeFormat.Code128}


@dataclass(frozen=True, slots=True)
class Decoded:
    """読めたコード: what it says, its form, and where it stands in the picture (pixels).

    `form` is 6-M for an eL-QR and GS1 for a bar code that begins with FNC1. `whole` says that no module had
    to be corrected.
    """

    symbology: Symbology
    text: str
    form: str
    whole: bool
    left: int
    top: int


def decoded(grey: npt.NDArray[np.uint8], symbology: Symbology) -> list[Decoded]:
    """コードを読む in a clean picture that stands upright, such as a rendered page."""
    return _found(grey, symbology, careful=False)


def codes_in(picture: npt.NDArray[np.uint8]) -> list[Decoded]:
    """コードを読む in a scan or a photo: turned, small or dark, from the top of the picture down."""
    found = [code for symbology in Symbology for code in _found(picture, symbology, careful=True)]
    return sorted(found, key=lambda code: (code.top, code.left))


def _found(grey: npt.NDArray[np.uint8], symbology: Symbology, *, careful: bool) -> list[Decoded]:
    results = zxingcpp.read_barcodes(
        np.ascontiguousarray(grey),
        formats=zxingcpp.BarcodeFormats(_FORMATS[symbology]),
        try_rotate=careful,
        try_downscale=careful,
        try_invert=False,
        text_mode=zxingcpp.TextMode.Plain,
    )
    return [_decoded(symbology, result) for result in results]


def _decoded(symbology: Symbology, result: zxingcpp.Barcode) -> Decoded:
    corner = result.position.top_left
    if symbology is Symbology.CODE_128:
        form = "GS1" if result.content_type == zxingcpp.ContentType.GS1 else "Code 128"
        return Decoded(symbology, result.text.replace("\x1d", ""), form, True, corner.x, corner.y)
    extra = cast(dict[str, object], result.extra)
    form = f"{extra.get('Version', '?')}-{extra.get('ECLevel', '?')}"
    return Decoded(symbology, result.text, form, extra.get("UEC") == 1.0, corner.x, corner.y)


def opened(data: bytes, name: str) -> list[npt.NDArray[np.uint8]]:
    """画像を開く: PNG, JPEG, TIFF, … in grey, one for each page of a TIFF. Raises BadFile."""
    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    try:
        with Image.open(io.BytesIO(data)) as picture:
            pages = []
            for no in range(getattr(picture, "n_frames", 1)):
                picture.seek(no)
                pages.append(np.asarray(picture.convert("L")))
            return pages
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise BadFile(
            f"{name} を画像として読めません。PNG・JPEG・TIFFの、A4一枚ほどの大きさの画像を指定してください。"
        ) from error
