"""The declaration of a workbook (ブックの定め): sheets, columns, cells that people fill in, sums to be checked.

It knows no rules of the field and no files: modules that define books and modules that write them share it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from elqr.report.tables.table import Style, Table


@dataclass(frozen=True, slots=True)
class Entry:
    """記入欄: what people may write in a column, and when they must.

    With `choices` it is a drop-down; with `choices_of` (value → choices) the drop-down of a row is that of its value in
    the column `chosen_by`, and rows of other values take no entry. `needed_for` are the values of the sheet's first
    entry that make this one mandatory; with `is_needed` any value does. `digits` is how many digits a number has,
    `is_number` that it may have any number of them.
    """

    hint: str
    choices: tuple[str, ...] = ()
    chosen_by: str = ""
    choices_of: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    needed_for: tuple[str, ...] = ()
    is_needed: bool = False
    digits: int = 0
    is_number: bool = False
    most_chars: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """列: a heading of the sheet's table, or an entry. `least_width` and `most_width` are in half-width characters.

    An entry is text, or a date or yen by its style.
    """

    name: str
    style: Style = Style.TEXT
    most_width: int = 24
    is_grouped: bool = True
    is_printed: bool = True
    is_hidden: bool = False
    entry: Entry | None = None
    least_width: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """検算: our figure for a column's sum, or for the number of rows if there is no column.

    `where` (column, value) restricts it to the rows that have this value.
    """

    what: str
    ours: int
    column: str = ""
    where: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """シート: a table with its columns in order. Columns that are not printed come last. `unit` is of its rows."""

    table: Table
    columns: tuple[Column, ...]
    checks: tuple[Check, ...] = ()
    frozen_columns: int = 1
    is_protected: bool = False
    unit: str = "件"

    def __post_init__(self) -> None:
        printed = [column.is_printed for column in self.columns]
        assert printed == sorted(printed, reverse=True), "printed columns come first"
        assert all(column.entry or column.name in self.table.frame.columns for column in self.columns)


@dataclass(frozen=True, slots=True)
class Fact:
    """ブックの素性, one line of it: the name for programs, the label for people, the value."""

    name: str
    label: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Book:
    """ブック: one file for one audience."""

    file_name: str
    title: str
    city: str
    night_on: date
    sheets: tuple[Sheet, ...]
    facts: tuple[Fact, ...]
    guide: tuple[tuple[str, str], ...] = ()

    @property
    def rows(self) -> int:
        """行の数 of all tables of the book."""
        return sum(sheet.table.frame.height for sheet in self.sheets)
