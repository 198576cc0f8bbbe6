"""The package of a workbook (ブックの包み): the contents of an .xlsx are examined before its cells are read.

The library that reads cells builds a grid from A1 to the last cell, copies a shared text into every cell that
points at it, and unpacks a package to any size. So the package is unpacked here first, piece by piece, and an XML
parser visits every cell of the wanted sheets: its place, whether it holds a formula, how long its text is.
Refuses: a package that declares entities, unpacks to too much, names a part twice, or has a cell far from all others.
Whoever asks says what to do about it, because the same package may be a book of ours or a city's file.
"""

import io
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from xml.parsers import expat

from elqr.vocabulary.limits import BOOK_CELLS, BOOK_UNPACKED

_PIECE_BYTES = 1_000_000
_MOST_PARTS = 10_000
_RELATIONS, _WORKBOOK, _TEXTS = "xl/_rels/workbook.xml.rels", "xl/workbook.xml", "xl/sharedstrings.xml"
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CONTENTS = frozenset({"v", "is", "f"})


class UnfitBook(Exception):
    """読めないブック: one Japanese sentence, without the name of the file, that says why."""


@dataclass(slots=True)
class SheetLook:
    """シートの下見: its formulas (row, name of the cell), how many cells hold something, and the last corner, from 1.

    `errors` names the cells that hold an error of Excel (such as #N/A), which is read as a blank.
    """

    formulas: list[tuple[int, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    cells: int = 0
    shared: int = 0
    last: tuple[int, int] = (0, 0)
    last_cell: str = ""

    @property
    def area(self) -> int:
        """表の広さ: how many cells the grid from A1 to the corner has."""
        return self.last[0] * self.last[1]


def look_through(data: bytes, is_wanted: Callable[[str], bool]) -> dict[str, SheetLook]:
    """下見する: examine the sheets with wanted titles; by title. Raises UnfitBook, and what zipfile and expat raise."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = _parts(package)
        text_sizes = _text_sizes(package, parts)
        looks: dict[str, SheetLook] = {}
        for title, part in _sheets(package, parts):
            if not is_wanted(title):
                continue
            if title in looks:
                raise UnfitBook(f"シート「{title}」が二つあります。")
            look = _look_at_sheet(package, parts, part)
            if look.area > min(BOOK_CELLS.most, 100 * look.cells + 1_000_000):
                raise UnfitBook(
                    f"シート「{title}」は、セル {look.last_cell} まであって広すぎます。表から離れたところに"
                    "書いたものがないか確かめ、その行と列を削除してから保存してください。"
                )
            if look.shared * max(text_sizes, default=0) > BOOK_UNPACKED.most:
                _refuse_long_texts(package, parts, part, text_sizes)
            looks[title] = look
        return looks


def has_comments(data: bytes) -> bool:
    """注釈のあるブックか: whether people put notes or drawings on its sheets."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return any(word in name.lower() for name in package.namelist() for word in ("comment", "drawing", "media"))


def _parts(package: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """包みの中のすべて by lower-case name. Each part is unpacked to its end, which proves the size that it declares."""
    entries = package.infolist()
    parts = {entry.filename.replace("\\", "/").lower(): entry for entry in entries}
    if len(parts) != len(entries) or len(entries) > _MOST_PARTS:
        raise UnfitBook("Excel が書いたブックではありません（中身の名前の重なりか、多すぎる中身）。")
    if (size := sum(entry.file_size for entry in entries)) > BOOK_UNPACKED.most:
        raise UnfitBook(f"開くと大きすぎます（{size:,}バイト）。")
    for entry in entries:
        with package.open(entry) as part:
            while part.read(_PIECE_BYTES):
                pass
    return parts


def _parse(
    package: zipfile.ZipFile, entry: zipfile.ZipInfo,
    start: Callable[[str, dict[str, str]], None], text: Callable[[str], None] | None = None,
) -> None:  # fmt: skip
    """Parse an XML part, whatever prefixes it uses. Names come with their namespaces, which `_local` removes."""

    def refuse(*_: object) -> None:
        raise UnfitBook("Excel が書いたブックではありません（DOCTYPE がある）。")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    if text is not None:
        parser.CharacterDataHandler = text
    with package.open(entry) as part:
        while piece := part.read(_PIECE_BYTES):
            parser.Parse(piece, False)
    parser.Parse(b"", True)


def _attribute(attributes: dict[str, str], name: str) -> str:
    """An attribute by its local name, because every program gives `r:id` another prefix."""
    return next((value for key, value in attributes.items() if key[key.rfind(" ") + 1 :] == name), "")


def _sheets(package: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> Iterator[tuple[str, str]]:
    """シートの題名と中身の場所: the title of each sheet, and the name of its part."""
    targets: dict[str, str] = {}
    sheets: list[tuple[str, str]] = []

    def link(element: str, attributes: dict[str, str]) -> None:
        if _local(element) == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    def sheet(element: str, attributes: dict[str, str]) -> None:
        if _local(element) == "sheet":
            sheets.append((attributes.get("name", ""), _attribute(attributes, "id")))

    _parse(package, parts[_RELATIONS], link)
    _parse(package, parts[_WORKBOOK], sheet)
    for title, number in sheets:
        target = targets[number]
        yield title, (target.lstrip("/") if target.startswith("/") else f"xl/{target}").lower()


def _look_at_sheet(package: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo], part: str) -> SheetLook:
    """Visit every cell of a sheet. A cell or row that does not name its place follows the one before it."""
    look = SheetLook()
    row = column = 0
    at, is_text, holds = "", False, False

    def start(element: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, at, is_text, holds
        element = _local(element)
        if element == "c":
            column += 1
            at = attributes.get("r", "")
            if at:
                letters = at.rstrip("0123456789")
                row, column = int(at[len(letters) :]), _column(letters)
            is_text, holds = attributes.get("t") == "s", False
            if attributes.get("t") == "e":
                look.errors.append(at or f"{row}行目")
        elif element == "row":
            row, column = int(attributes.get("r", row + 1)), 0
        elif element in _CONTENTS and not holds:
            holds = True
            look.cells += 1
            look.shared += is_text
            bottom, right = look.last
            if row > bottom or column > right:
                look.last, look.last_cell = (max(bottom, row), max(right, column)), at or look.last_cell
        if element == "f":
            look.formulas.append((row, at or f"{row}行目"))

    _parse(package, parts[part], start)
    return look


@lru_cache(maxsize=1_000)
def _local(name: str) -> str:
    """The name of an element without its namespace."""
    return name[name.rfind(" ") + 1 :]


def letters_of(column: int) -> str:
    """列の文字 of a column's number, from 1."""
    letters = ""
    while column:
        column, letter = divmod(column - 1, len(_LETTERS))
        letters = _LETTERS[letter] + letters
    return letters


@lru_cache(maxsize=20_000)
def _column(letters: str) -> int:
    """列の番号 of a column's letters, from 1."""
    column = 0
    for letter in letters.upper():
        column = 26 * column + _LETTERS.index(letter) + 1
    return column


def _text_sizes(package: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> list[int]:
    """共有文字列の長さ: the lengths of the shared texts, in their order."""
    if _TEXTS not in parts:
        return []
    starts: list[int] = []
    total = 0

    def start(element: str, attributes: dict[str, str]) -> None:
        if _local(element) == "si":
            starts.append(total)

    def text(piece: str) -> None:
        nonlocal total
        total += len(piece)

    _parse(package, parts[_TEXTS], start, text)
    return [end - begin for begin, end in pairwise([*starts, total])]


def _refuse_long_texts(
    package: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo], part: str, sizes: list[int]
) -> None:  # fmt: skip
    """Add up the texts of a sheet, each cell with its own copy. Raises UnfitBook if they are too long."""
    is_text, in_value, total = False, False, 0

    def start(element: str, attributes: dict[str, str]) -> None:
        nonlocal is_text, in_value
        element = _local(element)
        if element == "c":
            is_text = attributes.get("t") == "s"
        in_value = is_text and element == "v"

    def text(piece: str) -> None:
        nonlocal total
        if in_value and piece.isdigit() and int(piece) < len(sizes):
            total += sizes[int(piece)]
            if total > BOOK_UNPACKED.most:
                raise UnfitBook("文字が多すぎます。")

    _parse(package, parts[part], start, text)
