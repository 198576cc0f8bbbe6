"""Pictures that others made: only the formats we mean, within limits, whatever a file's name says."""

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from elqr.issue.symbol import draw
from elqr.printing.picture import Symbology
from elqr.printing.picture_file import Unreadable, flat_picture, grey_pages
from elqr.printing.picture_reader import read_pictures
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.limits import MARK_PIXELS, PICTURE_PAGES, PIXELS
from tests.builders import REAL_CODE, elqr

EPS = b"""%!PS-Adobe-3.0 EPSF-3.0
%%BoundingBox: 0 0 100 100
%%EndComments
showpage
%%EOF
"""


def _saved(form: str, pages: int = 1, mode: str = "L", size: tuple[int, int] = (40, 40), **how: object) -> bytes:
    out = io.BytesIO()
    page = Image.new(mode, size)
    many = {"save_all": True, "append_images": [Image.new(mode, size, no % 200 + 1) for no in range(1, pages)]}
    page.save(out, form, **(many if pages > 1 else {}), **how)
    return out.getvalue()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, rows: bytes = b"", before: bytes = b"") -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = _chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + before + body + _chunk(b"IEND", b"")


def _jpeg(width: int, height: int) -> bytes:
    """A JPEG whose header says another size."""
    data = bytearray(_saved("JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def _scans(most: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    data = _saved("JPEG", mode="RGB", progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * most + b"\xff\xd9"


def _tiff(side: int, strips: int, compression: int = 1, tile: int = 0) -> bytes:
    """A TIFF of one page, all of whose strips are the same bytes, or with tiles of another size."""
    at, body = 8, b"\0" * (side * (side - 1))
    tags = {256: [side], 257: [side], 258: [8], 259: [compression], 262: [1], 277: [1]}
    tags |= {322: [tile], 323: [tile], 324: [at], 325: [len(body)]} if tile else {}
    tags |= {} if tile else {273: [at] * strips, 278: [side - 1], 279: [len(body)] * strips}
    entries, values, behind = b"", b"", at + len(body) + 2 + 12 * len(tags) + 4
    for tag, numbers in sorted(tags.items()):
        raw = struct.pack(f"<{len(numbers)}I", *numbers)
        place = raw if len(raw) == 4 else struct.pack("<I", behind + len(values))
        values += raw if len(raw) > 4 else b""
        entries += struct.pack("<HHI", tag, 4, len(numbers)) + place
    directory = struct.pack("<H", len(tags)) + entries + struct.pack("<I", 0)
    return b"II*\0" + struct.pack("<I", at + len(body)) + body + directory + values


NONE = "画像として読めません"
REFUSED: list[tuple[str, Callable[[], bytes], str]] = [
    ("EPS", lambda: EPS, NONE),
    ("DOSのEPS", lambda: b"\xc5\xd0\xd3\xc6" + struct.pack("<II", 32, len(EPS)) + b"\0" * 20 + EPS, NONE),
    ("PDF", lambda: _saved("PDF"), NONE),
    ("GIF", lambda: _saved("GIF", pages=3), NONE),
    ("WebP", lambda: _saved("WEBP", pages=3, mode="RGB"), NONE),
    ("BMP", lambda: _saved("BMP"), NONE),
    ("PPM", lambda: b"P6 1 1 255 abc", NONE),
    ("文字", lambda: b"not a picture", NONE),
    ("空", lambda: b"", NONE),
    ("途中で切れたPNG", lambda: _saved("PNG", size=(500, 500))[:-40], NONE),
    ("途中で切れたTIFF", lambda: _saved("TIFF", size=(500, 500))[:-40], NONE),
    ("文字の塊が解凍で膨らむPNG", lambda: _png(1, 1, b"\0\0", _chunk(b"zTXt", b"k\0\0" + zlib.compress(b"\0" * 3_000_000))), NONE),
    ("とても大きいというPNG", lambda: _png(0x7FFFFFFF, 0x7FFFFFFF), PIXELS.what),
    ("大きすぎるPNG", lambda: _png(15_001, 10_000), PIXELS.what),
    ("65535四方のJPEG", lambda: _jpeg(65_535, 65_535), PIXELS.what),
    ("走査の多いJPEG", lambda: _scans(100), "走査の数が多すぎます"),
    ("ページの多いTIFF", lambda: _saved("TIFF", pages=101, size=(1, 1)), PICTURE_PAGES.what),
    ("合わせて大きすぎるTIFF", lambda: _saved("TIFF", pages=4, mode="1", size=(8_000, 5_000), compression="group4"), PIXELS.what),
    ("同じ所を描き続けるTIFF", lambda: _tiff(100, 1_000), "同じ所を何度も描いています"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_not_meant_is_refused_before_it_is_decoded(make: Callable[[], bytes], said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        list(grey_pages(make()))


def test_a_mark_is_looked_at_like_a_scan() -> None:
    with pytest.raises(Unreadable, match="同じ所を何度も描いています"):
        flat_picture(_tiff(100, 1_000), MARK_PIXELS)


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for the program")
def test_postscript_never_reaches_the_program_that_runs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran, program, scan = tmp_path / "ran", tmp_path / "bin" / "gs", tmp_path / "scan.png"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch {ran}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    scan.write_bytes(EPS)
    answer = elqr("payload", "decode", "--image", scan)
    assert answer.code == 1 and answer.err.startswith("scan.png: 画像として読めません。")
    assert not ran.exists()


def test_further_frames_of_a_png_are_no_pages_and_those_of_a_tiff_are() -> None:
    assert len(list(grey_pages(_saved("PNG", pages=3)))) == 1
    assert [page.shape for page in grey_pages(_saved("TIFF", pages=3))] == [(40, 40)] * 3


def test_a_page_finer_than_needed_is_made_smaller() -> None:
    (page,) = grey_pages(_saved("TIFF", mode="1", size=(9_921, 14_031), compression="group4"))
    assert page.shape == (7_016, 4_961), "A4 at 1200 dpi is read at 600"
    (strip,) = grey_pages(_png(60_000, 1, b"\0" * 60_001))
    assert strip.shape == (1, 15_000), "no side is longer than the decoder takes"


def test_what_a_decoder_says_of_the_bytes_is_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    damaged = bytearray(_saved("TIFF", size=(60, 40), compression="tiff_lzw"))
    damaged[8:40] = b"\xff" * 32
    with pytest.raises(BadFile, match=r"damaged\.tif: "):
        list(read_pictures([("damaged.tif", bytes(damaged))]))
    assert capfd.readouterr().err == ""


def test_each_picture_is_answered_and_the_first_that_cannot_be_read_ends_it() -> None:
    code = draw(REAL_CODE, "png")
    answers = read_pictures([("one.png", code), ("two.png", _saved("TIFF", pages=2)), ("three.png", EPS)])
    name, [[found]] = next(answers)
    assert (name, found.symbology, found.text) == ("one.png", Symbology.QR, REAL_CODE)
    assert next(answers) == ("two.png", [[], []])
    with pytest.raises(BadFile, match=r"three\.png: 画像として読めません"):
        next(answers)


def test_a_picture_that_takes_too_long_or_too_much_is_given_up() -> None:
    with pytest.raises(BadFile, match=r"slow\.png: 0\.05 秒のうちに読めません"):
        list(read_pictures([("slow.png", _png(9_000, 9_000, b"\0" * 9_000 * 9_001))], seconds=0.01))
    with pytest.raises(BadFile, match=r"large\.tif: "):
        list(read_pictures([("large.tif", _tiff(100, 1, compression=8, tile=50_000))]))


@pytest.mark.skipif(os.name == "nt", reason="there are none")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "scan.png")
    answer = elqr("payload", "decode", "--image", tmp_path / "scan.png")
    assert answer.code == 1 and "通常のファイルではありません" in answer.err
