"""Picture files (画像ファイル): what may be opened, and how much of it, whatever its name says.

PNG, JPEG and TIFF, told by their content: a library that opens more would hand some of it to other programs
(EPS to Ghostscript). How large a picture is, and how many pages it has, is read before anything is decoded.
"""

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from elqr.vocabulary.limits import PICTURE_PAGES, PIXELS, Limit

Grey = npt.NDArray[np.uint8]
"""A picture in grey: rows of pixels, 0 = black."""

_FORMATS = ("PNG", "JPEG", "TIFF")
_MOST_SCANS = 64
_SCAN = b"\xff\xda"
"""A progressive JPEG has about ten scans; each takes a pass over the whole picture, however small it is."""
_MOST_PLANES = 4
_ENOUGH_PIXELS, _LONGEST_SIDE = 40_000_000, 16_000
"""A page with more is made smaller: A4 at 600 dpi is enough to read codes of, and keeps the time within bounds.
The decoder takes sides of 65,535 pixels, and bars are stretched fourfold for it."""


class Unreadable(Exception):
    """開けない画像; its message says why, to be followed by what to do."""


def grey_pages(data: bytes) -> Iterator[Grey]:
    """画像のページ in grey, one after the other: all of a TIFF, the first of anything else. Raises Unreadable."""
    with _foreign(), _opened(data) as picture:
        pages = _count_pages(picture)
        for no in range(pages):
            if pages > 1:
                picture.seek(no)
            yield np.asarray(_shrunk(picture).convert("L"))


def flat_picture(data: bytes, most: Limit) -> Image.Image:
    """一枚の絵 on white, in RGB; `most` limits its pixels. Raises Unreadable."""
    with _foreign(), _opened(data) as picture:
        _within(_pixels(picture), most)
        _refuse_repeats(picture)
        coloured = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", coloured.size, "white"), coloured).convert("RGB")


@contextmanager
def _foreign() -> Iterator[None]:
    """Whatever a decoder finds in bytes that others made, it is the picture that cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (Unreadable, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise _beyond(PIXELS) from error
    except Exception as error:  # A decoder promises no kind of its own.
        raise Unreadable("画像として読めません") from error


def _opened(data: bytes) -> ImageFile.ImageFile:
    """The picture, of which only the header is read."""
    Image.MAX_IMAGE_PIXELS = PIXELS.most
    picture = Image.open(io.BytesIO(data), formats=_FORMATS)
    if picture.format not in ("PNG", "TIFF") and data.count(_SCAN) > _MOST_SCANS:
        raise Unreadable("走査の数が多すぎます")
    return picture


def _count_pages(picture: ImageFile.ImageFile) -> int:
    """ページ数, when all headers are within the limits. Further frames of a PNG or JPEG are no pages."""
    pages = pixels = 0
    while True:
        pages, pixels = pages + 1, pixels + _pixels(picture)
        _within(pages, PICTURE_PAGES)
        _within(pixels, PIXELS)
        _refuse_repeats(picture)
        if picture.format != "TIFF":
            return pages
        try:
            picture.seek(pages)
        except EOFError:
            return pages


def _pixels(picture: Image.Image) -> int:
    return picture.width * picture.height


def _refuse_repeats(picture: ImageFile.ImageFile) -> None:
    """A TIFF may draw the same place a million times."""
    if sum(map(_area, picture.tile)) > _MOST_PLANES * _pixels(picture):
        raise Unreadable("同じ所を何度も描いています")


def _area(tile: ImageFile._Tile) -> int:
    left, top, right, bottom = tile.extents or (0, 0, 0, 0)
    return (right - left) * (bottom - top)


def _within(amount: int, limit: Limit) -> None:
    if amount > limit.most:
        raise _beyond(limit)


def _beyond(limit: Limit) -> Unreadable:
    return Unreadable(f"{limit.what}が、上限の {limit.most:,} {limit.unit}を超えています")


def _shrunk(picture: ImageFile.ImageFile) -> Image.Image:
    """小さくした絵: of a page with more pixels than are needed; a JPEG is decoded small at once."""
    by = _too_fine(picture)
    picture.draft("L", (max(1, picture.width // by), max(1, picture.height // by)))
    by = _too_fine(picture)
    return picture.convert("L").reduce(by) if by > 1 else picture


def _too_fine(picture: Image.Image) -> int:
    """By how much each side can be divided; 1 for a page of ordinary size."""
    by_side = math.ceil(max(picture.size) / _LONGEST_SIDE)
    return max(1, by_side, math.ceil(math.sqrt(_pixels(picture) / _ENOUGH_PIXELS)))
