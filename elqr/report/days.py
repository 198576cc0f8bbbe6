"""The list of a day (一日の収納日計表), and lists by another day to compare (比べる月計).

The city's own list of a day holds what stands in the books on it, whichever night posted it. A list by another day says
that it is one, and takes no account of closed months.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from elqr import __version__
from elqr.arithmetic.wareki import wareki, wareki_month
from elqr.report.books import daily_sheet, plain_sheet
from elqr.report.data_files import bytes_of
from elqr.report.excel.book import Book, Fact
from elqr.report.excel.workbook import book_bytes
from elqr.report.tables.daily import caused_sums, day_rule, kind_columns, move_sums, moved_columns, sums
from elqr.report.tables.night import table_of
from elqr.report.tables.table import Style, Table
from elqr.rules.register import Register
from elqr.vocabulary.counted_terms import CountedBy
from elqr.vocabulary.report_frames import PostedSum
from elqr.vocabulary.terms import Account

_TOTALS = ("件数", "収納額")


@dataclass(frozen=True, slots=True)
class Chosen:
    """選んだ行: what counts from one day to another (frame PostedSum), by which day, and by which the city counts."""

    first: date
    last: date
    rows: pl.DataFrame
    by: CountedBy
    is_own: bool

    @property
    def on_claims(self) -> pl.DataFrame:
        """収納の行: what is on claims."""
        return self.rows.filter(pl.col(PostedSum.ACCOUNT) == Account.CLAIM.value)

    @property
    def face(self) -> str:
        """どの日で数えたか, in words."""
        if self.is_own:
            return f"数える日は{self.by.label}（市の計上日）。"
        return f"★比べるための表です。数える日は{self.by.label}で、市の計上日ではありません。締めた月は考えません。"


@dataclass(frozen=True, slots=True)
class DayList:
    """日の表: the tables, the first of which is the list, and the book of them."""

    chosen: Chosen
    tables: tuple[Table, ...]
    book: Book

    @property
    def count(self) -> int:
        """件数."""
        return int(self.tables[0].total("件数"))

    @property
    def yen(self) -> int:
        """収納額."""
        return int(self.tables[0].total("収納額"))

    def files(self) -> dict[str, bytes]:
        """File name → bytes, of the tables and the book."""
        files: dict[str, bytes] = {}
        for table in self.tables:
            files |= bytes_of(table)
        return files | {self.book.file_name: book_bytes(self.book)}


def list_of_day(city: str, chosen: Chosen, register: Register, chain: Mapping[str, str]) -> DayList:
    """一日の収納日計表: procedure × fiscal year × channel, with the other days of the payments."""
    keys = (
        PostedSum.PROCEDURE_CODE, PostedSum.FISCAL_YEAR, PostedSum.IS_ARREARS, PostedSum.CHANNEL, PostedSum.PAID_ON,
        PostedSum.NIGHT_ON, PostedSum.FALLS_ON, PostedSum.COUNTED_ON, PostedSum.RULE, PostedSum.IS_MOVE,
        PostedSum.IS_REDUCTION, PostedSum.TAKES_OFF,
    )  # fmt: skip
    table = table_of(
        f"収納日計表_{chosen.first}",
        f"{wareki(chosen.first)}の収納額（調定への計上）。{chosen.face}どの夜に計上したものも含みます。決裁と減額はその夜に数えます。",
        _summed(chosen.on_claims, keys),
        {
            **kind_columns(chosen.on_claims, register),
            "領収日": (pl.col(PostedSum.PAID_ON), Style.DATE),
            "夜": (pl.col(PostedSum.NIGHT_ON), Style.DATE),
            "計上日の決め方": (day_rule(), Style.TEXT),
            **caused_sums(),
        },
        _TOTALS,
    )
    return _day_list(city, chosen, (table,), chain)


def month_to_compare(city: str, chosen: Chosen, register: Register, chain: Mapping[str, str]) -> DayList:
    """比べる月計: what counts in a month by another day than the city's, without the balance of 仮受 and the close."""
    keys = (PostedSum.PROCEDURE_CODE, PostedSum.FISCAL_YEAR, PostedSum.IS_ARREARS, PostedSum.CHANNEL)
    face = f"{wareki_month(chosen.first)}の収納額（調定への計上）。{chosen.face}"
    by_kind, by_day = (_summed(chosen.on_claims, names) for names in (keys, (PostedSum.COUNTS_ON,)))
    month = table_of(
        f"比較月計表_{chosen.by.label}",
        face,
        by_kind,
        {**kind_columns(chosen.on_claims, register), **sums(), **moved_columns(by_kind)},
        _TOTALS,
    )
    days = table_of(
        f"比較月計日別_{chosen.by.label}",
        face,
        by_day,
        {chosen.by.label: (pl.col(PostedSum.COUNTS_ON), Style.DATE), **sums(), **moved_columns(by_day)},
        _TOTALS,
    )
    return _day_list(city, chosen, (month, days), chain)


def _summed(rows: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    return rows.group_by(keys).agg(pl.col(PostedSum.COUNT, PostedSum.YEN).sum(), *move_sums()).sort(keys)


def _day_list(city: str, chosen: Chosen, tables: tuple[Table, ...], chain: Mapping[str, str]) -> DayList:
    """表をまとめる. Asserts that each holds all that counts."""
    yen = chosen.on_claims[PostedSum.YEN].sum()
    assert all(table.total("収納額") == yen for table in tables), "the tables hold all that counts"
    facts = (
        Fact("form", "様式", "elqr-day-1"),
        Fact("city", "団体", city),
        Fact("from_on", "初めの日", chosen.first.isoformat()),
        Fact("until_on", "終わりの日", chosen.last.isoformat()),
        Fact("counted_by", "数える日", chosen.by.label if chosen.is_own else f"{chosen.by.label}（比べるため）"),
        Fact("run_id", "最後の実行", chain["run_id"]),
        Fact("run_hash", "最後の実行の照合値", chain["run_hash"]),
        Fact("ledger", "台帳の照合値", chain["ledger"]),
        Fact("program", "作成", f"elqr {__version__}"),
    )
    sheets = (daily_sheet(tables[0]), *map(plain_sheet, tables[1:]))
    stem = tables[0].file_name
    return DayList(chosen, tables, Book(f"{stem}.xlsx", stem, city, chosen.last, sheets, facts))
