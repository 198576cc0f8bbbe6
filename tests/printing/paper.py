"""Paper: a synthetic city's printed sheets as a scanner sees them, whole or damaged as printing damages them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pypdfium2
from PIL import Image, ImageFilter

from elqr.handover.printed_folder import read_lists, read_manifest
from elqr.printing.picture import Symbology, decode_scan
from elqr.synthetic import generate
from elqr.vocabulary.frames import PrintableNotice, PrintNotice
from tests.builders import CITY_JOB, SPECS, elqr

DPI = 300
_PAPER = 255


def printed(folder: Path, notices: int, seed: int) -> Path:
    """A city's slips, nothing of them paid yet, printed through the command line; returns the printed folder."""
    generate(folder, seed=seed, notices=notices, days=30, specs=SPECS)
    (folder / "job.toml").write_text(CITY_JOB, encoding="utf-8")
    for path in (folder / "inbox").iterdir():
        path.unlink()
    assert elqr("night", folder / "job.toml").code == 0
    ran = elqr("notice", "print", "--job", folder / "job.toml", "--out", folder / "print")
    assert ran.code == 0, ran.err
    return folder / "print"


def _scaled(sheet: Image.Image) -> Image.Image:
    """縮小 95 %, as a driver that fits the page does."""
    small = sheet.resize((round(sheet.width * 0.95), round(sheet.height * 0.95)), Image.Resampling.BICUBIC)
    paper = Image.new("L", sheet.size, _PAPER)
    paper.paste(small, ((sheet.width - small.width) // 2, (sheet.height - small.height) // 2))
    return paper


def _turned(sheet: Image.Image) -> Image.Image:
    """傾き 1°."""
    return sheet.rotate(1, Image.Resampling.BICUBIC, fillcolor=_PAPER)


def _blurred(sheet: Image.Image) -> Image.Image:
    """ぼけ: Gaussian, 1.2 pixels, a tenth of a millimetre."""
    return sheet.filter(ImageFilter.GaussianBlur(1.2))


def _faded(sheet: Image.Image) -> Image.Image:
    """トナー抜け 5 %: specks of 2 × 2 pixels without ink."""
    specks = np.random.default_rng(5).random(((sheet.height + 1) // 2, (sheet.width + 1) // 2)) < 0.05
    holes = specks.repeat(2, axis=0).repeat(2, axis=1)[: sheet.height, : sheet.width]
    return Image.fromarray(np.where(holes, np.uint8(_PAPER), np.asarray(sheet)))


DAMAGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "そのまま": lambda sheet: sheet,
    "縮小 95%": _scaled,
    "傾き 1°": _turned,
    "ぼけ": _blurred,
    "トナー抜け 5%": _faded,
    "すべて重ねて": lambda sheet: _blurred(_faded(_turned(_scaled(sheet)))),
}


def sheets(folder: Path, most: int) -> Iterator[tuple[Image.Image, pl.DataFrame]]:
    """紙面: each sheet at 300 dpi, and the slips it must show (the columns of a list)."""
    left = most
    for file in read_manifest(folder).files:
        rows = read_lists(folder, [file])
        document = pypdfium2.PdfDocument(folder / file.name)
        for index in range(min(len(document), left)):
            picture = document[index].render(scale=DPI / 72, grayscale=True).to_pil()
            yield picture, rows.filter(pl.col(PrintNotice.PAGE_NO) == index + 1)
        left -= min(len(document), left)


def read(sheet: Image.Image, slips: pl.DataFrame) -> dict[str, tuple[int, int, int]]:
    """読取り: of the eL-QR and of the bar codes of a sheet, how many were read, how many there are, how many read wrong."""
    found = decode_scan(np.asarray(sheet))
    texts = {kind: {code.text for code in found if code.symbology is kind} for kind in Symbology}
    wanted = {
        Symbology.QR: set(slips[PrintableNotice.DIGITS]),
        Symbology.CODE_128: set(slips[PrintableNotice.BARCODE].drop_nulls()),
    }
    return {
        kind.value: (len(texts[kind] & wanted[kind]), len(wanted[kind]), len(texts[kind] - wanted[kind]))
        for kind in Symbology
    }
