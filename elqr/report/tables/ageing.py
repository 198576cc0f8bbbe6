"""Ageing (経過日数の区分): the open exceptions by how long they have waited, in count and yen."""

from dataclasses import dataclass
from enum import IntEnum

import polars as pl


class Age(IntEnum):
    """経過日数の区分: each value is the first day of its class."""

    FRESH = 0
    WEEK = 2
    MONTH = 8
    OLD = 31

    @property
    def label(self) -> str:
        """What staff read."""
        later_ages = [age for age in Age if age > self]
        return f"{self.value}〜{later_ages[0] - 1}日" if later_ages else f"{self.value}日以上"


@dataclass(frozen=True, slots=True)
class AgeRow:
    """一行: a reason or a department, with (count, yen) of each class and in total."""

    name: str
    cells: tuple[tuple[int, int], ...]
    total: tuple[int, int]


def age_label(days: pl.Expr) -> pl.Expr:
    """経過日数 → 区分の名: the label of the class that a number of days falls into."""
    label = pl.lit(Age.FRESH.label)
    for age in sorted(Age):
        label = pl.when(days >= age.value).then(pl.lit(age.label)).otherwise(label)
    return label


def ageing(rows: pl.DataFrame, by: str) -> tuple[AgeRow, ...]:
    """経過日数の表: one row for each value of the column `by`, the largest yen first, then the sum.

    `rows` has the columns `by`, 経過日数, 件数 and 仮受額. Asserts that the cells add up to all rows, in count and yen.
    """
    aged_rows = rows.with_columns(age_label(pl.col("経過日数")).alias("age"))
    sums = aged_rows.group_by(by, "age").agg(pl.col("件数").sum(), pl.col("仮受額").sum())
    cells_of: dict[str, dict[str, tuple[int, int]]] = {}
    for name, age, count, yen in sums.iter_rows():
        cells_of.setdefault(name, {})[age] = (count, yen)
    lines = [_row(name, cells) for name, cells in cells_of.items()]
    lines.sort(key=lambda row: (-row.total[1], -row.total[0], row.name))
    columns = zip(*(row.cells for row in lines), strict=True)
    total = AgeRow("計", tuple(_sum(column) for column in columns), _sum([row.total for row in lines]))
    assert total.total == (int(rows["件数"].sum()), int(rows["仮受額"].sum())), (
        "every exception has one reason and one age"
    )
    return (*lines, total) if lines else ()


def _row(name: str, cells: dict[str, tuple[int, int]]) -> AgeRow:
    ordered = tuple(cells.get(age.label, (0, 0)) for age in sorted(Age))
    return AgeRow(name, ordered, _sum(ordered))


def _sum(pairs: list[tuple[int, int]] | tuple[tuple[int, int], ...]) -> tuple[int, int]:
    return sum(count for count, _ in pairs), sum(yen for _, yen in pairs)
