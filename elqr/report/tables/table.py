"""A table (帳票の表): a frame with Japanese headings, how each column is shown, and which columns are summed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum, auto

import polars as pl
import polars.selectors as cs

from elqr.vocabulary.visible_text import HIDDEN, visible_lines

TOTAL = "合計"


class Style(StrEnum):
    """列の見せ方: how a column is shown. DIGITS are keys that a spreadsheet must not take for numbers."""

    TEXT = auto()
    YEN = auto()
    COUNT = auto()
    DATE = auto()
    DIGITS = auto()
    SHARE = auto()


NUMBERS = (Style.YEN, Style.COUNT, Style.SHARE)
"""Styles of figures, which are aligned to the right."""


@dataclass(frozen=True, slots=True)
class Heading:
    """見出し: the column's name, how it is shown, and whether the page has room for it."""

    name: str
    style: Style
    on_page: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """表. `frame` has one column for each heading; `totals` are the columns summed in the last row."""

    file_name: str
    title: str
    note: str
    headings: tuple[Heading, ...]
    frame: pl.DataFrame
    totals: tuple[str, ...]

    @property
    def height(self) -> int:
        """行の数: how many rows the table has."""
        return self.frame.height

    def total(self, name: str) -> int:
        """合計 of one column."""
        return int(self.frame[name].sum())

    def pieces(self, rows: int) -> Iterator[pl.DataFrame]:
        """切れ: the rows, in frames of at most this many."""
        yield from self.frame.iter_slices(rows)

    def head(self, rows: int) -> pl.DataFrame:
        """初めの行: the first rows, at most this many."""
        return next(self.pieces(rows), self.frame)


def visible_texts(rows: pl.DataFrame) -> pl.DataFrame:
    """見える文字の表: invisible characters in texts are replaced by their numbers. Line ends are left to the writer."""
    has_hidden = rows.select(cs.string().str.contains(HIDDEN).any())
    flags = has_hidden.row(0) if has_hidden.width else ()
    names = [name for name, is_hidden in zip(has_hidden.columns, flags, strict=True) if is_hidden]
    columns = [rows[name].map_elements(visible_lines, return_dtype=pl.String) for name in names]
    return rows.with_columns(columns) if columns else rows


@dataclass(frozen=True, slots=True)
class LongTable(Table):
    """長い表: a table too long to be one frame. `draw(n)` draws its rows in frames of at most n; `frame` is empty.

    `rows` counts them, and `sums` are their totals.
    """

    draw: Callable[[int], Iterable[pl.DataFrame]]
    rows: int
    sums: Mapping[str, int]

    @property
    def height(self) -> int:
        """行の数: how many rows the table has."""
        return self.rows

    def total(self, name: str) -> int:
        """合計 of one column."""
        return self.sums[name]

    def pieces(self, rows: int) -> Iterator[pl.DataFrame]:
        """切れ: the rows, in frames of at most this many."""
        yield from self.draw(rows)
