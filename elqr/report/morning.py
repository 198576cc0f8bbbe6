"""The morning's reports (朝の帳票): all tables, the page and the books of one night, drawn from the ledger.

The same night gives the same bytes. The totals of different tables are asserted to agree to the yen.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import polars as pl

from elqr.report.books import DrawnFrom, NightTables, books, department_files
from elqr.report.data_files import files_of
from elqr.report.excel.book import Book
from elqr.report.excel.row_mark import REFUND_CONTENT, marks
from elqr.report.excel.workbook import book_bytes
from elqr.report.page.page import PAGE, Line, Page, render
from elqr.report.refund_book import REFUND_BOOK, refund_book
from elqr.report.selection import Edition
from elqr.report.tables import backlog
from elqr.report.tables import night as shape
from elqr.report.tables.ageing import ageing
from elqr.report.tables.arrivals import arrival_table
from elqr.report.tables.case_file import case_files
from elqr.report.tables.daily import daily_table, later_tables
from elqr.report.tables.ledger_rows import Rows
from elqr.report.tables.money import detail_table, settlement_table, stage_table
from elqr.report.tables.payment_list import DETAILED, columns, list_frame, views
from elqr.report.tables.places import places_table, records
from elqr.report.tables.refunds import refund_table
from elqr.report.tables.retractions import retraction_table
from elqr.report.tables.table import Table
from elqr.report.tables.trends import trend
from elqr.rules.kpi import Kpi
from elqr.rules.register import Register
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.page_frames import Waiting
from elqr.vocabulary.report_frames import DailySum, DecidedPayment, Delivery, ExceptionRow, PlacedRecord
from elqr.vocabulary.terms import END_ACCOUNTS, NIGHT_ACCOUNTS, Account, FileStatus, NightBook, Outcome, Place


@dataclass(frozen=True, slots=True)
class Morning:
    """朝の帳票: the tables, the page and the books, and which of all this is drawn."""

    edition: Edition
    tables: tuple[Table, ...]
    page: Page
    books: tuple[Book, ...]

    def written_in(self) -> set[str]:
        """人が書き込むファイル: names of the books that people fill in, whether they are drawn or not."""
        return self._all_books() - {NightBook.LEVY.file_name, NightBook.FINANCE.file_name}

    def drawings(self) -> dict[str, Callable[[], Iterable[bytes]]]:
        """File name → how to draw it in pieces, for each file of the night's folder; the slowest first."""
        selection = self.edition.selection
        drawings: dict[str, Callable[[], Iterable[bytes]]] = {}
        if selection.page:
            drawings[PAGE] = partial(_draw_page, self.page)
        for book in sorted(self.books, key=lambda book: -book.rows):
            drawings[book.file_name] = partial(_draw_book, book)
        for table in reversed(self.tables):
            drawings |= files_of(table, selection.data)
        return drawings

    def left_out(self) -> set[str]:
        """選ばれていないファイル: names of what would lie in the night's folder if everything were drawn."""
        data = {name for table in self.tables for name in files_of(table)}
        return {PAGE, *data, *self._all_books()} - self.drawings().keys()

    def _all_books(self) -> set[str]:
        return {*(book.file_name for book in NightBook), *department_files(self.edition.register).values()}


def _draw_book(book: Book) -> Iterator[bytes]:
    yield book_bytes(book)


def _draw_page(page: Page) -> Iterator[bytes]:
    yield render(page).encode()


def morning(edition: Edition, rows: Rows, kpi: Kpi, findings: list[Finding], status: str) -> Morning:
    """帳票を作る. `status` is "clean", "review" or "quarantine"."""
    night, register, selection = edition.night_on, edition.register, edition.selection
    row_marks = marks(rows.exceptions)
    rows = replace(
        rows,
        decisions=shape.with_procedure(rows.decisions, register),
        exceptions=shape.with_procedure(rows.exceptions, register),
        awaiting=shape.with_procedure(rows.awaiting, register),
    )
    outcome = _outcome_table(rows.decisions, register)
    exception = shape.exception_table(rows.exceptions, rows.others, rows.suggestions, register, night)
    note = backlog.left_out_note(exception.height, rows.waiting)
    exception = replace(exception, note=exception.note + note)
    daily = (daily_table(rows.postings, register), *later_tables(rows.later, register))
    rulings = shape.ruling_table(rows.rulings)
    read = records(rows.decisions, rows.redelivered)
    places = places_table(read, register)
    intake = shape.intake_table(rows.deliveries, rows.delivery_findings)
    notices = shape.notice_intake_table(rows.notice_files)
    money = _money_tables(rows, night)
    arrivals = () if rows.arrivals is None else (arrival_table(rows.arrivals),)
    retractions = () if rows.retractions is None else (retraction_table(rows.retractions),)
    _assert_agreement(outcome, exception, daily[0], rows)
    kpis = shape.kpi_table(kpi)
    open_ages = backlog.open_ages(rows.waiting, register, night)
    night_tables = NightTables(exception, rulings, daily, places, intake, notices, kpis, money, arrivals, retractions)
    night_books = books(edition, night_tables, row_marks, rows)
    data = _data(rows, edition) if selection.page else {}
    refund = refund_table(rows.refunds, register, night)  # last: what payers owe besides may still be looked up
    refund = replace(refund, note=refund.note + note)
    if NightBook.REFUNDS in selection.books:
        refund_marks = marks(rows.refunds.with_entries(), REFUND_CONTENT)
        drawn_from = DrawnFrom(edition.city, night, rows.chain)
        night_books += (refund_book(REFUND_BOOK, drawn_from, refund, refund_marks),)
    night_results = (*daily, places, *money, kpis, notices, outcome)
    tables = (*arrivals, intake, exception, refund, rulings, *retractions, *night_results)
    statuses = [FileStatus(status) for status in rows.deliveries[Delivery.STATUS].to_list()]
    page = Page(
        city=edition.city,
        night_on=night,
        headline=_headline(status, rows),
        status=status,
        files=[(kind.label, statuses.count(kind)) for kind in FileStatus],
        funnel=_funnel(read),
        reasons=_reasons(backlog.open_only(rows.waiting)),
        money=money_lines(rows.postings),
        balances=_balances(rows),
        kpi=kpi,
        findings=findings,
        notices=[(name, notices.total(name)) for name in notices.totals],
        tables=tables,
        intake=intake_lines(rows.deliveries),
        ageing=[(title, key, ageing(open_ages, title)) for key, title in _AGEING.items()],
        trend=trend(rows.sums, night, _open_count(rows) - _announced_count(rows)),
        books=[(book.file_name, book.title) for book in night_books],
        selection=selection,
        data=data,
    )
    return Morning(edition, tables, page, night_books)


def _outcome_table(decisions: pl.DataFrame, register: Register) -> Table:
    sums = decisions.select(
        pl.len(), pl.col(DecidedPayment.PAID_YEN, DecidedPayment.CLAIM_YEN, DecidedPayment.SUSPENSE_YEN).sum()
    ).rows()
    return shape.long_outcome_table(decisions.schema, decisions.iter_slices, sums, register)


def _money_tables(rows: Rows, night: date) -> tuple[Table, ...]:
    """払込突合の帳票; empty if the job has no contracts. They hold all payments with yen."""
    if rows.money is None:
        return ()
    settlement = settlement_table(rows.money, night)
    assert settlement.total("収納額") == sum(rows.balances.values()), "what was due is on claims or in suspense"
    return settlement, detail_table(rows.money), stage_table(rows.money, night)


_AGEING = {"reason": "理由", "department": "所管課"}


def intake_lines(deliveries: pl.DataFrame) -> list[tuple[Line, int]]:
    """受信ファイル by status: records and yen in them, and the number of files."""
    lines = []
    for kind in FileStatus:
        kind_rows = deliveries.filter(pl.col(Delivery.STATUS) == kind.value)
        line = _line(kind.label, kind_rows, Delivery.PAYMENT_COUNT, Delivery.PAYMENT_YEN, kind.value)
        lines.append((line, kind_rows.height))
    return lines


def _line(label: str, rows: pl.DataFrame, count: str, yen: str, kind: str = "") -> Line:
    """件数と金額: a line with the sums of two columns."""
    return Line(label, int(rows[count].sum()), int(rows[yen].sum()), kind)


def _data(rows: Rows, edition: Edition) -> dict[str, object]:
    """The list and the details that the page's script shows."""
    listed = list_frame(rows, edition.register, edition.night_on)
    return {
        "night": edition.night_on.isoformat(),
        "views": [view.as_dict() for view in views(rows, listed, edition.selection)],
        "columns": columns(listed),
        "detailed": DETAILED,
        **case_files(rows.cases, listed, edition.register),
    }


def _assert_agreement(outcome: Table, exception: Table, daily: Table, rows: Rows) -> None:
    """帳票どうしの合計: every table gives the same yen."""
    posted, moved = _yen_by_account(rows.postings, is_move=False), _yen_by_account(rows.postings, is_move=True)
    assert outcome.total("収納額") == posted[Account.CLAIM], "収納額 agrees"
    assert outcome.total("仮受額") == posted[Account.SUSPENSE], "仮受額 agrees"
    assert daily.total("収納額") == posted[Account.CLAIM] + moved[Account.CLAIM], "収納日計 holds what rulings moved"
    assert sum(moved.values()) == 0 == sum(posted[account] for account in END_ACCOUNTS), "rulings make no yen"
    waiting_yen = int(rows.waiting[Waiting.SUSPENSE_YEN].sum())
    assert waiting_yen == rows.balances[Account.SUSPENSE], "what waits holds all of suspense"
    listed_yen = exception.total("仮受額") + int(rows.awaiting[ExceptionRow.SUSPENSE_YEN].sum())
    is_complete = exception.height + rows.awaiting.height == int(rows.waiting[Waiting.COUNT].sum())
    assert listed_yen == waiting_yen or not is_complete, "the lists hold all that waits"


def _yen_by_account(postings: pl.DataFrame, *, is_move: bool) -> dict[Account, int]:
    rows = postings.filter(pl.col(DailySum.IS_MOVE) == is_move)
    account_column = pl.col(DailySum.ACCOUNT)
    return {account: int(rows.filter(account_column == account.value)[DailySum.YEN].sum()) for account in Account}


def _funnel(read: pl.DataFrame) -> list[Line]:
    """行き先: what was read, then every place. Asserts that the places add up to what was read."""
    total = _line("読んだ記録", read, PlacedRecord.COUNT, PlacedRecord.YEN, "sum")
    lines = []
    for place in Place:
        place_rows = read.filter(pl.col(PlacedRecord.PLACE) == place.value)
        lines.append(_line(place.label, place_rows, PlacedRecord.COUNT, PlacedRecord.YEN, place.value))
    assert sum(line.count for line in lines) == total.count and sum(line.yen for line in lines) == total.yen
    return [total, *lines]


def _balances(rows: Rows) -> list[Line]:
    """勘定の残高: the accounts that a night posts to, and others if they hold something."""
    shown = (account for account in Account if account in NIGHT_ACCOUNTS or rows.balances[account.value])
    return [Line(f"{account.label}（累計）", 0, rows.balances[account.value]) for account in shown]


def _open_count(rows: Rows) -> int:
    """未処理の要確認の件数, whether listed or not."""
    return int(backlog.open_only(rows.waiting)[Waiting.COUNT].sum())


def _announced_count(rows: Rows) -> int:
    """期限を過ぎた速報の件数 among those: no night counted them as exceptions."""
    return int(rows.waiting.filter(pl.col(Waiting.OUTCOME) == Outcome.PENDING.value)[Waiting.COUNT].sum())


def _reasons(waiting: pl.DataFrame) -> list[Line]:
    lines = []
    for outcome in Outcome:
        outcome_rows = waiting.filter(pl.col(Waiting.OUTCOME) == outcome.value)
        if outcome_rows.height:
            lines.append(_line(outcome.label, outcome_rows, Waiting.COUNT, Waiting.SUSPENSE_YEN))
    total = _line("計", waiting, Waiting.COUNT, Waiting.SUSPENSE_YEN, "sum")
    return [*lines, total] if lines else []


def money_lines(postings: pl.DataFrame) -> list[Line]:
    """確報の額 and the accounts it went to, then what rulings moved and what reduced claims lost."""
    lines = []
    for account in NIGHT_ACCOUNTS:
        account_rows = postings.filter((pl.col(DailySum.ACCOUNT) == account.value) & ~pl.col(DailySum.IS_MOVE))
        lines.append(_line(f"{account.label}へ", account_rows, DailySum.COUNT, DailySum.YEN, account.value))
    total = Line("確報の額", sum(line.count for line in lines), sum(line.yen for line in lines), "sum")
    reduced = postings.filter((pl.col(DailySum.ACCOUNT) == Account.SUSPENSE.value) & pl.col(DailySum.IS_REDUCTION))
    ruled = postings.filter(pl.col(DailySum.IS_MOVE) & ~pl.col(DailySum.IS_REDUCTION))
    moved = [line for account in (Account.CLAIM, *END_ACCOUNTS) for line in _ruled_lines(ruled, account)]
    if reduced.height:
        moved.append(_line("減額による過納で調定から仮受へ", reduced, DailySum.COUNT, DailySum.YEN))
    return [*lines, total, *moved]


def _ruled_lines(ruled: pl.DataFrame, account: Account) -> list[Line]:
    """決裁で動いた額 of an account (frame DailySum): what came on it and what left it, never one less the other."""
    rows = ruled.filter(pl.col(DailySum.ACCOUNT) == account.value)
    came, left = rows.filter(~pl.col(DailySum.TAKES_OFF)), rows.filter(DailySum.TAKES_OFF)
    onto = _line(f"決裁で{account.label}へ", came, DailySum.COUNT, DailySum.YEN)
    off = _line("", left, DailySum.COUNT, DailySum.YEN)
    lines = (came, onto), (left, Line(f"決裁で{account.label}から", -off.count, -off.yen))
    return [line for rows, line in lines if rows.height]


def _headline(status: str, rows: Rows) -> str:
    posted = rows.decisions.filter(pl.col(DecidedPayment.PLACE) == Place.POSTED.value)
    yen = int(posted[DecidedPayment.PAID_YEN].sum())
    waiting = _open_count(rows)
    quarantined = int((rows.deliveries[Delivery.STATUS] == FileStatus.QUARANTINED.value).sum())
    parts = [f"収納 {posted.height:,}件 {yen:,}円を消し込みました"]
    parts += [f"要確認 {waiting:,}件"] if waiting else []
    parts += [f"取込保留 {quarantined}ファイル"] if quarantined else []
    parts += ["警報・指摘があります"] if status != "clean" and not waiting and not quarantined else []
    return "。".join(parts) + "。"
