"""The symbol (eL-QRの図形): 255 digits → QR 6-M numeric, 41 × 41 modules, always.

Left to itself the library would choose 5-L or raise the level, so every choice is passed and asserted. The same digits
give the same bytes. The caller refuses digits that are no payload.
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
    """QRコード 6-M of 255 digits, with the given mask or the best one."""
    assert len(digits) == DIGITS and digits.isascii() and digits.isdigit(), "a payload is 255 digits"
    code = segno.make(
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
    assert (code.version, code.error, code.mode) == (6, "M", "numeric"), "eL-QR is 6-M numeric"
    assert code.symbol_size(scale=1, border=0) == (MODULES, MODULES), "version 6 is 41 × 41"
    return code


def draw(digits: str, kind: Picture) -> bytes:
    """図形のファイル: the symbol with its quiet zone of four modules, as the bytes of a file."""
    out = io.BytesIO()
    code = symbol(digits)
    match kind:
        case "svg":
            code.save(out, kind="svg", scale=_SCALE, border=QUIET_MODULES, title="eL-QR", encoding="utf-8")
        case "png":
            code.save(out, kind="png", scale=_SCALE, border=QUIET_MODULES, compresslevel=9)
        case "pdf":
            code.save(out, kind="pdf", scale=_SCALE, border=QUIET_MODULES, compresslevel=9)
        case _:
            assert_never(kind)
    return _fix_time(out.getvalue()) if kind == "pdf" else out.getvalue()


def _fix_time(pdf: bytes) -> bytes:
    """作成時刻を固定する: by one of the same length, as a PDF counts its bytes."""
    fixed = _PDF_MADE_AT.sub(_NO_TIME, pdf, count=1)
    assert len(fixed) == len(pdf) and _NO_TIME in fixed, "the date has the length that the library writes"
    return fixed
