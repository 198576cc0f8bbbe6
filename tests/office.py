"""LibreOffice without a screen: what a second program makes of a workbook, all formulas calculated anew."""

import csv
import shutil
import subprocess
from pathlib import Path

import pytest

PROGRAM = shutil.which("soffice") or shutil.which("libreoffice")
needs_office = pytest.mark.skipif(
    PROGRAM is None,
    reason="LibreOffice がないため、別のプログラムでの検算を省いた（apt install libreoffice-calc-nogui）",
)
_ALWAYS_RECALCULATE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load">
<prop oor:name="OOXMLRecalcMode" oor:op="fuse"><value>0</value></prop></item>
</oor:items>
"""
_EVERY_SHEET_AS_CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"


def converted(books: list[Path], to: str, folder: Path) -> None:
    """Saves books in another form, formulas calculated anew."""
    assert PROGRAM is not None
    profile = folder / "profile"
    (profile / "user").mkdir(parents=True, exist_ok=True)
    (profile / "user" / "registrymodifications.xcu").write_text(_ALWAYS_RECALCULATE, encoding="utf-8")
    command = [PROGRAM, f"-env:UserInstallation={profile.as_uri()}", "--headless", "--convert-to", to]
    subprocess.run([*command, "--outdir", str(folder), *map(str, books)], check=True, capture_output=True, timeout=300)


def calculated(folder: Path, *books: Path) -> dict[tuple[str, str], list[list[str]]]:
    """(workbook, sheet) → rows of cells as LibreOffice calculates them, numbers unformatted."""
    converted(list(books), _EVERY_SHEET_AS_CSV, folder)
    found = {}
    for path in folder.glob("*.csv"):
        book = next(book.stem for book in books if path.stem.startswith(f"{book.stem}-"))
        with path.open(encoding="utf-8", newline="") as text:
            found[book, path.stem.removeprefix(f"{book}-")] = list(csv.reader(text))
    return found


def printed(folder: Path, book: Path) -> Path:
    """The PDF that LibreOffice prints a workbook to."""
    converted([book], "pdf", folder)
    return folder / f"{book.stem}.pdf"
