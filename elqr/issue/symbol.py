"""The symbol (eL-QRの図形): 255 digits → QR 6-M numeric, 41 × 41 modules, always.

A library left to itself would choose 5-L or raise the level, so everything is said and asserted.
"""

import io
from typing import Literal

import segno

from elqr.issue.layout import DIGITS

Picture = Literal["svg", "png", "pdf"]
MODULES = 41
_QUIET_MODULES = 4
_SCALE = 8
"""Pixels (PNG) or points (SVG, PDF) a module."""


def symbol(digits: str) -> segno.QRCode:
    """QRコード 6-M. The digits are 255; the caller has read them."""
    assert len(digits) == DIGITS and digits.isdigit(), "a payload is 255 digits"
    made = segno.make(digits, error="m", version=6, mode="numeric", boost_error=False, micro=False)
    assert (made.version, made.error, made.mode) == (6, "M", "numeric")
    assert made.symbol_size(scale=1, border=0) == (MODULES, MODULES)
    return made


def draw(digits: str, kind: Picture) -> bytes:
    """図形のファイル, with the quiet zone of four modules."""
    out = io.BytesIO()
    made = symbol(digits)
    if kind == "pdf":
        made.save(out, kind="pdf", scale=_SCALE, border=_QUIET_MODULES, compresslevel=9)
    elif kind == "png":
        made.save(out, kind="png", scale=_SCALE, border=_QUIET_MODULES)
    else:
        made.save(out, kind="svg", scale=_SCALE, border=_QUIET_MODULES, title="eL-QR", encoding="utf-8")
    return out.getvalue()
