"""The list of reminders (督促対象一覧): claims to remind, as CSV, JSON and a book; payers by 宛名番号 unless asked."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from elqr.report.books import plain_sheet
from elqr.report.data_files import bytes_of, csv_bytes
from elqr.report.excel.book import Book, Fact
from elqr.report.excel.workbook import book_bytes
from elqr.report.tables.money import age
from elqr.report.tables.night import installment_name, procedure_name, table_of
from elqr.report.tables.table import Style, Table
from elqr.rules.register import Register
from elqr.vocabulary.arrival_frames import LeftOut, Unpaid

_FACTS = {
    "list_no": "一覧の番号",
    "night_on": "この日の夜までの台帳",
    "claims": "件数",
    "yen": "未収額",
    "announced_claims": "速報があり載せない件数",
    "made_by": "作成した人",
    "run_id": "最後の実行",
    "run_hash": "最後の実行の照合値",
    "ledger": "台帳の照合値",
    "program": "作成",
}
_OVERRIDE = {"reason": "妨げがあるまま引いた理由", "asked_by": "申請した人", "taken_by": "承認した人"}


@dataclass(frozen=True, slots=True)
class Listed:
    """一覧の行: the claims to remind (frame Unpaid), and those that were left out (frame LeftOut)."""

    claims: pl.DataFrame
    left_out: pl.DataFrame


@dataclass(frozen=True, slots=True)
class List:
    """督促対象一覧: its table and that of what was left out, and the book of each: one goes out, the other stays."""

    table: Table
    left_out: Table
    books: tuple[Book, ...]

    @property
    def csv(self) -> bytes:
        """The list as CSV."""
        return csv_bytes(self.table)

    def files(self) -> dict[str, bytes]:
        """File name → bytes, of the CSV, the JSON and the book."""
        books = {book.file_name: book_bytes(book) for book in self.books}
        return bytes_of(self.table) | bytes_of(self.left_out) | books


def reminder_list(city: str, night: date, rows: Listed, register: Register, facts: dict[str, Any]) -> List:
    """督促対象一覧を作る.

    `facts` is what the manifest says: the keys of `_FACTS`, `with_names`, and `override` (those of `_OVERRIDE` and
    `risks`, or None).
    """
    override = facts["override"]
    facts_shown = [Fact("form", "様式", "elqr-arrears-1"), Fact("city", "団体", city)]
    facts_shown += [Fact(name, label, facts[name]) for name, label in _FACTS.items()]
    if override:
        facts_shown += [Fact(name, label, override[name]) for name, label in _OVERRIDE.items()]
        facts_shown += [Fact(f"risk_{number}", "妨げ", risk) for number, risk in enumerate(override["risks"], start=1)]
    table = _table(rows.claims, register, night, facts["with_names"], bool(override))
    left_out = left_out_table(rows.left_out, register)
    books = tuple(
        Book(f"{one.file_name}.xlsx", one.title, city, night, (plain_sheet(one),), tuple(facts_shown))
        for one in (table, left_out)
    )
    return List(table, left_out, books)


def left_out_table(left_out: pl.DataFrame, register: Register) -> Table:
    """督促除外一覧: overdue claims that are not to be reminded (frame LeftOut), with why."""
    columns = {
        "除いたわけ": (pl.col(LeftOut.WHY), Style.TEXT),
        **_claim_columns(register),
        "宛名番号": (pl.col(LeftOut.PAYER_REF), Style.DIGITS),
        "納期限": (pl.col(LeftOut.DUE_ON), Style.DATE),
        "未収額": (pl.col(LeftOut.LEFT_YEN), Style.YEN),
        "詳しく": (pl.col(LeftOut.DETAIL), Style.TEXT),
    }
    note = "納期限から決めた日数を過ぎて、未収の残る調定のうち、督促対象一覧に載せなかったもの。"
    rows = left_out.sort(LeftOut.WHY, LeftOut.CLAIM_NO)
    return _on_page(table_of("督促除外一覧", note, rows, columns, ("未収額",)))


def _on_page(table: Table) -> Table:
    """すべての列を印刷する."""
    return replace(table, headings=tuple(replace(heading, on_page=True) for heading in table.headings))


def _claim_columns(register: Register) -> dict[str, tuple[pl.Expr, Style]]:
    return {
        "手続": (procedure_name(register), Style.TEXT),
        "賦課年度": (pl.col(Unpaid.LEVY_YEAR).cast(pl.String), Style.TEXT),
        "相当年度": (pl.col(Unpaid.TAX_YEAR).cast(pl.String), Style.TEXT),
        "通知書番号": (pl.col(Unpaid.BILL_NO), Style.DIGITS),
        "期別": (installment_name(), Style.TEXT),
    }


def _table(claims: pl.DataFrame, register: Register, night: date, with_names: bool, is_override: bool) -> Table:
    columns = {
        **_claim_columns(register),
        "発行連番": (pl.col(Unpaid.ISSUE_NO).cast(pl.String), Style.TEXT),
        "宛名番号": (pl.col(Unpaid.PAYER_REF), Style.DIGITS),
        "納期限": (pl.col(Unpaid.DUE_ON), Style.DATE),
        "経過日数": (age(Unpaid.DUE_ON, night), Style.COUNT),
        "調定額": (pl.col(Unpaid.OWED_YEN), Style.YEN),
        "収納額": (pl.col(Unpaid.COLLECTED_YEN), Style.YEN),
        "未収額": (pl.col(Unpaid.LEFT_YEN), Style.YEN),
    }
    if with_names:
        columns |= {
            "氏名": (pl.col(Unpaid.PAYER_NAME), Style.TEXT),
            "郵便番号": (pl.col(Unpaid.POSTAL_CODE), Style.DIGITS),
            "住所": (pl.col(Unpaid.ADDRESS), Style.TEXT),
        }
    note = "★二人の承認により、妨げがあるまま引いたものです。" if is_override else ""
    note += "納期限から決めた日数を過ぎて、未収の残る調定。除いたものは督促除外一覧にあります。"
    return _on_page(table_of("督促対象一覧", note, claims, columns, ("調定額", "収納額", "未収額")))
