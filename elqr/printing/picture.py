"""Pictures (画像): the codes in a rendered page, a scan or a photo, read by a decoder that drew none of them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import cast

import numpy as np
import zxingcpp
from PIL import Image, ImageFilter

from elqr.arithmetic.checkdigit import BARCODE_DIGITS, gs1_check_digit_of
from elqr.printing.picture_file import Grey


class Symbology(StrEnum):
    """コードの種類: which symbol a picture shows."""

    QR = "qr"
    CODE_128 = "code_128"


_FORMATS = {Symbology.QR: zxingcpp.BarcodeFormat.QRCode, Symbology.CODE_128: zxingcpp.BarcodeFormat.Code128}


_SQUEEZED, _STRETCHED = (5, 8, 12), 4
_SHARPER = ImageFilter.UnsharpMask(radius=5, percent=250, threshold=0)
"""How bars are brought out: rows averaged into one, pixels for each one across, and edges sharpened."""


@dataclass(frozen=True, slots=True)
class DecodedCode:
    """読めたコード: its text, its form, and its top left in the picture (pixels).

    `form` is 6-M for an eL-QR and GS1 for a bar code that begins with FNC1. `is_whole`: no module was corrected.
    """

    symbology: Symbology
    text: str
    form: str
    is_whole: bool
    left: int
    top: int


def decode_render(grey: Grey, symbology: Symbology) -> list[DecodedCode]:
    """コードを読む, in a clean and upright picture such as a rendered page."""
    return _decode(grey, symbology, careful=False)


def decode_scan(picture: Grey) -> list[DecodedCode]:
    """コードを読む, in a scan or a photo: each code once, from the top of the picture down.

    Paper is turned, shrunk, blurred and has specks, so several preparations of the picture are searched. An eL-QR
    corrects itself or is not read. Bars can be misread unnoticed, so they count only with their check digit, and if
    two preparations show the same.
    """
    codes: dict[tuple[Symbology, str], DecodedCode] = {}
    counts: Counter[tuple[Symbology, str]] = Counter()
    for symbology in Symbology:
        for prepared, across, down in _prepare(Image.fromarray(picture), symbology):
            for code in _decode(prepared, symbology, careful=True):
                placed = replace(code, left=round(code.left / across), top=round(code.top / down))
                codes.setdefault((symbology, code.text), placed)
                counts[symbology, code.text] += 1
    sure = [
        code for key, code in codes.items() if code.symbology is Symbology.QR or (counts[key] > 1 and _adds_up(code))
    ]
    return sorted(sure, key=lambda code: (code.top, code.left))


def _adds_up(code: DecodedCode) -> bool:
    """検査数字が合うか: a GS1-128 of 44 digits, the last of which is their check digit."""
    is_ours = code.form == "GS1" and len(code.text) == BARCODE_DIGITS and code.text.isdigit()
    return is_ours and gs1_check_digit_of(code.text[:-1]) == code.text[-1]


def _prepare(picture: Image.Image, symbology: Symbology) -> Iterator[tuple[Grey, float, float]]:
    """下ごしらえ: the picture as it is, smoothed against specks, and for bars squeezed, stretched and sharpened."""
    for radius in (0, 1, 2) if symbology is Symbology.QR else (0, 1):
        yield np.asarray(picture.filter(ImageFilter.BoxBlur(radius)) if radius else picture), 1, 1
    if symbology is Symbology.CODE_128:
        for rows in _SQUEEZED:
            low = picture.resize((picture.width, max(1, picture.height // rows)), Image.Resampling.BOX)
            wide = low.resize((low.width * _STRETCHED, low.height), Image.Resampling.BICUBIC)
            yield np.asarray(wide.filter(_SHARPER)), _STRETCHED, 1 / rows


def _decode(grey: Grey, symbology: Symbology, *, careful: bool) -> list[DecodedCode]:
    results = zxingcpp.read_barcodes(
        np.ascontiguousarray(grey),
        formats=zxingcpp.BarcodeFormats(_FORMATS[symbology]),
        try_rotate=careful,
        try_downscale=careful,
        try_invert=False,
        text_mode=zxingcpp.TextMode.Plain,
    )
    return [_code_of(symbology, result) for result in results]


def _code_of(symbology: Symbology, result: zxingcpp.Barcode) -> DecodedCode:
    corner = result.position.top_left
    if symbology is Symbology.CODE_128:
        form = "GS1" if result.content_type == zxingcpp.ContentType.GS1 else "Code 128"
        return DecodedCode(symbology, result.text.replace("\x1d", ""), form, True, corner.x, corner.y)
    extra = cast(dict[str, object], result.extra)
    form = f"{extra.get('Version', '?')}-{extra.get('ECLevel', '?')}"
    return DecodedCode(symbology, result.text, form, extra.get("UEC") == 1.0, corner.x, corner.y)
