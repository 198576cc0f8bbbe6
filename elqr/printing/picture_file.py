"""Picture files (画像ファイル): which ones may be opened, and up to what size, whatever their names say.

PNG, JPEG and TIFF, recognized by their content: a library that opens more would pass some of it to other programs
(EPS to Ghostscript). The size of a picture and its number of pages are read before anything is decoded.
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
"""A progressive JPEG has about ten scans. Each is a pass over the whole picture, however few bytes it has."""
_MOST_PLANES = 4
_ENOUGH_PIXELS, _LONGEST_SIDE = 40_000_000, 16_000
"""A larger page is shrunk: A4 at 600 dpi is enough to read codes, and limits the time. The decoder takes sides of
65,535 pixels, and bars are stretched fourfold for it."""


class Unreadable(Exception):
    """開けない画像. The message says why; whoever catches it adds what to do."""


def grey_pages(data: bytes) -> Iterator[Grey]:
    """画像のページ in grey: every page of a TIFF, the first of anything else. Raises Unreadable."""
    with _guard(), _open(data) as picture:
        pages = _count_pages(picture)
        for no in range(pages):
            if pages > 1:
                picture.seek(no)
            yield np.asarray(_shrink(picture).convert("L"))


def flat_picture(data: bytes, most: Limit) -> Image.Image:
    """一枚の絵: RGB on white; `most` limits its pixels. Raises Unreadable."""
    with _guard(), _open(data) as picture:
        _refuse_above(_pixels(picture), most)
        _refuse_repeats(picture)
        coloured = picture.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", coloured.size, "white"), coloured).convert("RGB")


@contextmanager
def _guard() -> Iterator[None]:
    """Turns whatever a decoder raises on bytes that others made into Unreadable."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (Unreadable, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(PIXELS) from error
    except Exception as error:  # A decoder promises no kind of its own.
        raise Unreadable("画像として読めません") from error


def _open(data: bytes) -> ImageFile.ImageFile:
    """The picture; only its header is read."""
    Image.MAX_IMAGE_PIXELS = PIXELS.most
    picture = Image.open(io.BytesIO(data), formats=_FORMATS)
    if picture.format not in ("PNG", "TIFF") and data.count(_SCAN) > _MOST_SCANS:
        raise Unreadable("走査の数が多すぎます")
    return picture


def _count_pages(picture: ImageFile.ImageFile) -> int:
    """ページ数. Raises Unreadable if the headers exceed a limit. Further frames of a PNG or JPEG are no pages."""
    pages = pixels = 0
    while True:
        pages, pixels = pages + 1, pixels + _pixels(picture)
        _refuse_above(pages, PICTURE_PAGES)
        _refuse_above(pixels, PIXELS)
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
    """同じ所を描き続ける画像を断る: a TIFF may draw one place a million times."""
    if sum(map(_area, picture.tile)) > _MOST_PLANES * _pixels(picture):
        raise Unreadable("同じ所を何度も描いています")


def _area(tile: ImageFile._Tile) -> int:
    left, top, right, bottom = tile.extents or (0, 0, 0, 0)
    return (right - left) * (bottom - top)


def _refuse_above(amount: int, limit: Limit) -> None:
    if amount > limit.most:
        raise _too_large(limit)


def _too_large(limit: Limit) -> Unreadable:
    return Unreadable(f"{limit.what}が、上限の {limit.most:,} {limit.unit}を超えています")


def _shrink(picture: ImageFile.ImageFile) -> Image.Image:
    """小さくした絵, if the page has more pixels than are needed. A JPEG is decoded at the smaller size."""
    divisor = _divisor(picture)
    picture.draft("L", (max(1, picture.width // divisor), max(1, picture.height // divisor)))
    divisor = _divisor(picture)
    return picture.convert("L").reduce(divisor) if divisor > 1 else picture


def _divisor(picture: Image.Image) -> int:
    """縮める割合: the number by which each side is divided; 1 for a page of ordinary size."""
    by_side = math.ceil(max(picture.size) / _LONGEST_SIDE)
    return max(1, by_side, math.ceil(math.sqrt(_pixels(picture) / _ENOUGH_PIXELS)))
