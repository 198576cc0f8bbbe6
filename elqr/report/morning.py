"""The morning's reports (朝の帳票): all tables and the page of one night, drawn from the ledger.

The same night gives the same bytes. Totals of different tables are asserted to agree to the yen.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import polars as pl

from elqr.report.books import Drawn, books
from elqr.report.data_files import files_of
from elqr.report.excel.book import Book
from elqr.report.excel.row_mark import marks
from elqr.report.excel.workbook import book_bytes
from elqr.report.page.page import Line, Page, render
from elqr.report.tables import backlog
from elqr.report.tables import night as shape
from elqr.report.tables.ageing import ageing
from elqr.report.tables.arrivals import arrival_table
from elqr.report.tables.case_file import case_files
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
from elqr.vocabulary.terms import NIGHT_ACCOUNTS, Account, FileStatus, Outcome, Place


@dataclass(frozen=True, slots=True)
class Morning:
    """朝の帳票: the tables, and the figures of the summary."""

    tables: tuple[Table, ...]
    page: Page
    books: tuple[Book, ...]

    def written_in(self) -> set[str]:
        """人が書き込むファイル: names of the books with entries."""
        return {book.file_name for book in self.books if book.has_entries}

    def drawings(self) -> dict[str, Callable[[], Iterable[bytes]]]:
        """File name → how to draw it, in pieces, of everything in the night's folder; what takes longest first."""
        drawings: dict[str, Callable[[], Iterable[bytes]]] = {"index.html": partial(_page, self.page)}
        for book in sorted(self.books, key=lambda book: -book.rows):
            drawings[book.file_name] = partial(_book, book)
        for table in reversed(self.tables):
            drawings |= files_of(table)
        return drawings


def _book(book: Book) -> Iterator[bytes]:
    yield book_bytes(book)


def _page(page: Page) -> Iterator[bytes]:
    yield render(page).encode()


def morning(
    city: str, night: date, rows: Rows, register: Register, kpi: Kpi, findings: list[Finding], status: str
) -> Morning:
    """帳票を作る. `status` is clean, review or quarantine."""
    marked = marks(rows.exceptions)
    rows = replace(
        rows,
        decisions=shape.with_procedure(rows.decisions, register),
        exceptions=shape.with_procedure(rows.exceptions, register),
        awaiting=shape.with_procedure(rows.awaiting, register),
    )
    outcome = _outcome_table(rows.decisions, register)
    exception = shape.exception_table(rows.exceptions, rows.others, rows.suggestions, register, night)
    refund = refund_table(rows.exceptions, rows.awaiting, rows.others, register)
    left_out = backlog.left_out(exception.height, rows.waiting)
    exception, refund = (replace(table, note=table.note + left_out) for table in (exception, refund))
    daily = shape.daily_table(rows.postings, register)
    rulings = shape.ruling_table(rows.rulings)
    read = records(rows.decisions, rows.redelivered)
    places = places_table(read, register)
    intake = shape.intake_table(rows.deliveries, rows.delivery_findings)
    notices = shape.notice_intake_table(rows.notice_files)
    money = _money_tables(rows, night)
    expected = () if rows.arrivals is None else (arrival_table(rows.arrivals),)
    taken_back = () if rows.retractions is None else (retraction_table(rows.retractions),)
    _agree(outcome, exception, daily, rows)
    kpis = shape.kpi_table(kpi)
    aged = backlog.aged(rows.waiting, register, night)
    all_books = books(
        city,
        night,
        Drawn(exception, refund, rulings, daily, places, intake, notices, kpis, money, expected, taken_back),
        marked,
        rows,
        register,
    )
    tables = (*expected, intake, exception, refund, rulings, *taken_back, daily, places, *money, kpis, notices, outcome)
    statuses = [FileStatus(status) for status in rows.deliveries[Delivery.STATUS].to_list()]
    page = Page(
        city=city,
        night_on=night,
        headline=_headline(status, rows),
        status=status,
        files=[(kind.label, statuses.count(kind)) for kind in FileStatus],
        funnel=_funnel(read),
        reasons=_reasons(backlog.open_only(rows.waiting)),
        money=_money(rows.postings),
        balances=_balances(rows),
        years=kpi.years,
        findings=findings,
        notices=[(name, notices.total(name)) for name in notices.totals],
        tables=tables,
        intake=_intake(rows.deliveries, statuses),
        ageing=[(title, key, ageing(aged, title)) for key, title in _AGEING.items()],
        trend=trend(rows.sums, night, _open_count(rows) - _announced_count(rows)),
        books=[(book.file_name, book.title) for book in all_books],
        data=_data(rows, list_frame(rows, register, night), register, night),
    )
    return Morning(tuple(page.tables), page, all_books)


def _outcome_table(decisions: pl.DataFrame, register: Register) -> Table:
    sums = decisions.select(
        pl.len(), pl.col(DecidedPayment.PAID_YEN, DecidedPayment.CLAIM_YEN, DecidedPayment.SUSPENSE_YEN).sum()
    ).rows()
    return shape.long_outcome_table(decisions.schema, decisions.iter_slices, sums, register)


def _money_tables(rows: Rows, night: date) -> tuple[Table, ...]:
    """払込突合の帳票; none where the job has no contracts. All payments with yen stand in them."""
    if rows.money is None:
        return ()
    whole = settlement_table(rows.money, night)
    assert whole.total("収納額") == sum(rows.balances.values()), "what was due is what stands on claims and in suspense"
    return whole, detail_table(rows.money), stage_table(rows.money, night)


_AGEING = {"reason": "理由", "department": "所管課"}


def _intake(deliveries: pl.DataFrame, statuses: list[FileStatus]) -> list[tuple[Line, int]]:
    """受信ファイル by what came of them: records and yen within, and how many files."""
    lines = []
    for kind in FileStatus:
        of_kind = deliveries.filter(pl.col(Delivery.STATUS) == kind.value)
        line = Line(
            kind.label, int(of_kind[Delivery.PAYMENT_COUNT].sum()), int(of_kind[Delivery.PAYMENT_YEN].sum()), kind.value
        )
        lines.append((line, statuses.count(kind)))
    return lines


def _data(rows: Rows, listed: pl.DataFrame, register: Register, night: date) -> dict[str, object]:
    """What the page's script lists and details."""
    return {
        "night": night.isoformat(),
        "views": [view.as_dict() for view in views(rows, listed)],
        "columns": columns(listed),
        "detailed": DETAILED,
        **case_files(rows.cases, listed, register),
    }


def _agree(outcome: Table, exception: Table, daily: Table, rows: Rows) -> None:
    """帳票どうしの合計: the same yen, whichever table it is read from."""
    posted, moved = _yen_of(rows.postings, is_move=False), _yen_of(rows.postings, is_move=True)
    assert outcome.total("収納額") == posted[Account.CLAIM], "収納額 agrees"
    assert outcome.total("仮受額") == posted[Account.SUSPENSE], "仮受額 agrees"
    assert daily.total("収納額") == posted[Account.CLAIM] + moved[Account.CLAIM], "収納日計 holds what rulings moved"
    assert sum(moved.values()) == 0 == posted[Account.WITHDRAWN], "rulings move yen and make none"
    waiting = int(rows.waiting[Waiting.SUSPENSE_YEN].sum())
    assert waiting == rows.balances[Account.SUSPENSE], "what waits holds all of suspense"
    listed = exception.total("仮受額") + int(rows.awaiting[ExceptionRow.SUSPENSE_YEN].sum())
    is_whole = exception.height + rows.awaiting.height == int(rows.waiting[Waiting.COUNT].sum())
    assert listed == waiting or not is_whole, "the lists hold all that waits"


def _yen_of(postings: pl.DataFrame, *, is_move: bool) -> dict[Account, int]:
    rows = postings.filter(pl.col(DailySum.IS_MOVE) == is_move)
    on = pl.col(DailySum.ACCOUNT)
    return {account: int(rows.filter(on == account.value)[DailySum.YEN].sum()) for account in Account}


def _funnel(read: pl.DataFrame) -> list[Line]:
    """行き先: what was read, then every place; the places sum to what was read."""
    whole = Line("読んだ記録", int(read[PlacedRecord.COUNT].sum()), int(read[PlacedRecord.YEN].sum()), "sum")
    lines = []
    for place in Place:
        records = read.filter(pl.col(PlacedRecord.PLACE) == place.value)
        lines.append(
            Line(place.label, int(records[PlacedRecord.COUNT].sum()), int(records[PlacedRecord.YEN].sum()), place.value)
        )
    assert sum(line.count for line in lines) == whole.count and sum(line.yen for line in lines) == whole.yen
    return [whole, *lines]


def _balances(rows: Rows) -> list[Line]:
    """勘定の残高; one that a night does not post to only when something stands there."""
    shown = (account for account in Account if account in NIGHT_ACCOUNTS or rows.balances[account.value])
    return [Line(f"{account.label}（累計）", 0, rows.balances[account.value]) for account in shown]


def _open_count(rows: Rows) -> int:
    """未処理の要確認の件数, listed or not."""
    return int(backlog.open_only(rows.waiting)[Waiting.COUNT].sum())


def _announced_count(rows: Rows) -> int:
    """期限を過ぎた速報の件数 among them: no night brought them as exceptions."""
    return int(rows.waiting.filter(pl.col(Waiting.OUTCOME) == Outcome.PENDING.value)[Waiting.COUNT].sum())


def _reasons(waiting: pl.DataFrame) -> list[Line]:
    lines = []
    for outcome in Outcome:
        of_outcome = waiting.filter(pl.col(Waiting.OUTCOME) == outcome.value)
        if of_outcome.height:
            lines.append(
                Line(outcome.label, int(of_outcome[Waiting.COUNT].sum()), int(of_outcome[Waiting.SUSPENSE_YEN].sum()))
            )
    total = Line("計", int(waiting[Waiting.COUNT].sum()), int(waiting[Waiting.SUSPENSE_YEN].sum()), "sum")
    return [*lines, total] if lines else []


def _money(postings: pl.DataFrame) -> list[Line]:
    """確報の額 and where it went; then what rulings moved, and what came off claims that were lowered."""
    lines = []
    for account in NIGHT_ACCOUNTS:
        on_account = postings.filter((pl.col(DailySum.ACCOUNT) == account.value) & ~pl.col(DailySum.IS_MOVE))
        lines.append(
            Line(
                f"{account.label}へ",
                int(on_account[DailySum.COUNT].sum()),
                int(on_account[DailySum.YEN].sum()),
                account.value,
            )
        )
    whole = Line("確報の額", sum(line.count for line in lines), sum(line.yen for line in lines), "sum")
    reduced = postings.filter((pl.col(DailySum.ACCOUNT) == Account.SUSPENSE.value) & pl.col(DailySum.IS_REDUCTION))
    whole_and_moved = [*lines, whole]
    is_ruled = pl.col(DailySum.IS_MOVE) & ~pl.col(DailySum.IS_REDUCTION)
    ruled = {account: postings.filter((pl.col(DailySum.ACCOUNT) == account.value) & is_ruled) for account in Account}
    back = ruled[Account.WITHDRAWN]
    label = "決裁で調定へ（差引）" if back.height else "決裁で仮受から調定へ"
    moves = (
        (label, ruled[Account.CLAIM]), ("決裁で送付元の取消へ", back), ("減額による過納で調定から仮受へ", reduced)
    )  # fmt: skip
    for what, rows in moves:
        moved = [Line(what, int(rows[DailySum.COUNT].sum()), int(rows[DailySum.YEN].sum()))] if rows.height else []
        whole_and_moved += moved
    return whole_and_moved


def _headline(status: str, rows: Rows) -> str:
    posted = rows.decisions.filter(pl.col(DecidedPayment.PLACE) == Place.POSTED.value)
    yen = int(posted[DecidedPayment.PAID_YEN].sum())
    waiting = _open_count(rows)
    held = int((rows.deliveries[Delivery.STATUS] == FileStatus.QUARANTINED.value).sum())
    parts = [f"収納 {posted.height:,}件 {yen:,}円を消し込みました"]
    parts += [f"要確認 {waiting:,}件"] if waiting else []
    parts += [f"取込保留 {held}ファイル"] if held else []
    parts += ["警報・指摘があります"] if status != "clean" and not waiting and not held else []
    return "。".join(parts) + "。"
