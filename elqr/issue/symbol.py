"""The symbol (eL-QRの図形): 255 digits → QR 6-M numeric, 41 × 41 modules, always.

A library left to itself would choose 5-L or raise the level, so everything is said and asserted.
The same digits give the same bytes. Whether the digits are a payload is for the caller to refuse.
"""

import io
import re
from typing import Literal, assert_never

import segno

from elqr.issue.layout import DIGITS

Picture = Literal["svg", "png", "pdf"]
MODULES = 41
QUIET_MODULES = 4
_SCALE = 8
"""Pixels (PNG), user units (SVG) or points (PDF) a module."""
_PDF_MADE_AT = re.compile(rb"/CreationDate\(D:[^)]*\)")
_NO_TIME = b"/CreationDate(D:20000101000000+00'00')"


def symbol(digits: str, mask: int | None = None) -> segno.QRCode:
    """QRコード 6-M under one mask, or under the best. The digits are 255; the caller has read them."""
    assert len(digits) == DIGITS and digits.isascii() and digits.isdigit(), "a payload is 255 digits"
    made = segno.make(
        digits,
        error="m",
        version=6,
        mode="numeric",
        mask=mask,
        encoding=None,
        eci=False,
        micro=False,
        boost_error=False,
    )
    assert (made.version, made.error, made.mode) == (6, "M", "numeric"), "eL-QR is 6-M numeric"
    assert made.symbol_size(scale=1, border=0) == (MODULES, MODULES), "version 6 is 41 × 41"
    return made


def draw(digits: str, kind: Picture) -> bytes:
    """図形のファイル, with the quiet zone of four modules."""
    out = io.BytesIO()
    made = symbol(digits)
    match kind:
        case "svg":
            made.save(out, kind="svg", scale=_SCALE, border=QUIET_MODULES, title="eL-QR", encoding="utf-8")
        case "png":
            made.save(out, kind="png", scale=_SCALE, border=QUIET_MODULES, compresslevel=9)
        case "pdf":
            made.save(out, kind="pdf", scale=_SCALE, border=QUIET_MODULES, compresslevel=9)
        case _:
            assert_never(kind)
    return _timeless(out.getvalue()) if kind == "pdf" else out.getvalue()


def _timeless(pdf: bytes) -> bytes:
    """作成時刻 replaced by a fixed one of the same length, as a PDF counts its bytes."""
    timeless = _PDF_MADE_AT.sub(_NO_TIME, pdf, count=1)
    assert len(timeless) == len(pdf) and _NO_TIME in timeless, "the date has the length that the library writes"
    return timeless
