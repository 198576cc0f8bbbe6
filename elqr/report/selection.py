"""The selection (帳票の選び): which reports of a night are drawn. What is left out costs the night nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from elqr.rules.register import Register
from elqr.vocabulary.strict import Strict
from elqr.vocabulary.terms import NightBook

DataKind = Literal["csv", "json"]
DATA_KINDS: tuple[DataKind, ...] = ("csv", "json")
"""データのファイル: the kinds in which every table can be had."""


class Selection(Strict):
    """帳票の選び: the page, the books, the departments with a book of their own, and the data files; by default all."""

    page: bool = True
    books: tuple[NightBook, ...] = tuple(NightBook)
    departments: tuple[Annotated[str, Field(min_length=1)], ...] | None = None
    data: tuple[DataKind, ...] = DATA_KINDS

    def departments_of(self, names: Iterable[str]) -> list[str]:
        """ブックのある所管課: those of these departments that have a book of their own, in their order."""
        return [name for name in names if self.departments is None or name in self.departments]

    def file_of(self, table: str) -> str:
        """表の全件のあるファイル: its name, or how to get it where no data files are drawn."""
        return (
            f"{table}.{self.data[0]}"
            if self.data
            else f"{table}.csv（ジョブの [reports] の data に csv と書くと作ります）"
        )


@dataclass(frozen=True, slots=True)
class Edition:
    """版: whose reports they are, of which night, by which register, and which of them are drawn."""

    city: str
    night_on: date
    register: Register
    selection: Selection
