"""Open exceptions (要確認の残): staff search them, and write their decisions in an exported book."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from elqr.report.books import DrawnFrom, review_book
from elqr.report.excel.book import Book
from elqr.report.excel.row_mark import marks
from elqr.report.tables import night as shape
from elqr.report.tables.table import Table
from elqr.session.session import Session
from elqr.store.queries import late_notices as late_queries
from elqr.store.queries import reports as report_queries
from elqr.store.queries import reviews as queries
from elqr.vocabulary.report_frames import ExceptionRow
from elqr.vocabulary.terms import Channel, Outcome

NOW = date.max
"""As of this day the ledger says all that it knows, whatever the session's night."""


@dataclass(frozen=True, slots=True)
class Search:
    """絞り込み: which open exceptions. An empty field does not narrow the search."""

    payment_nos: tuple[int, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    departments: tuple[str, ...] = ()
    procedures: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()
    paid_until: date | None = None

    def __str__(self) -> str:
        """条件 in words."""
        conditions = {
            "受付番号": [str(number) for number in self.payment_nos],
            "理由": [outcome.label for outcome in self.outcomes],
            "所管課": self.departments,
            "手続": self.procedures,
            "チャネル": [channel.label for channel in self.channels],
            "領収日": [f"{self.paid_until}まで"] if self.paid_until else [],
        }
        return "、".join(f"{name} {'・'.join(values)}" for name, values in conditions.items() if values) or "すべて"


def export_exceptions(session: Session, search: Search, file_name: str) -> tuple[Book, int]:
    """要確認を書き出す. Returns a book for decisions on what is open now, and the number of its rows."""
    with session.ledger.transaction() as connection:
        chain = report_queries.chain(connection, session.night_on)
        rows = filter_exceptions(
            session, queries.exceptions(connection, session.night_on).filter(ExceptionRow.IS_OPEN), search
        )
        table = exceptions_table(session, rows)
    drawn_from = DrawnFrom(session.job.city.name, session.night_on, chain)
    return review_book(file_name, "要確認（決裁の記入用）", drawn_from, table, marks(rows)), rows.height


def exceptions_table(session: Session, rows: pl.DataFrame) -> Table:
    """要確認一覧 of rows of frame ExceptionRow, with the candidates known now."""
    others = report_queries.other_payments(session.ledger.connection, rows)
    near = report_queries.suggestions(session.ledger.connection, rows, late_notices(session, rows))
    with_procedure = shape.with_procedure(rows, session.register)
    return shape.exception_table(with_procedure, others, near, session.register, session.night_on)


def late_notices(session: Session, rows: pl.DataFrame) -> pl.DataFrame:
    """同じ照会キーの納付書 that came after the payment's night; frame LateNotice, as the ledger is now."""
    return late_queries.late_notices(
        session.ledger.connection, rows.filter(pl.col(ExceptionRow.BILL_NO).is_null()), NOW
    )


def filter_exceptions(session: Session, rows: pl.DataFrame, search: Search) -> pl.DataFrame:
    """要確認を絞り込む: the rows of frame ExceptionRow that a search asks for."""
    departments = [
        procedure.code for procedure in session.register.procedure if procedure.department in search.departments
    ]
    code = shape.with_procedure(rows, session.register)[ExceptionRow.PROCEDURE_CODE]
    conditions: list[tuple[object, pl.Expr | pl.Series]] = [
        (search.payment_nos, pl.col(ExceptionRow.PAYMENT_NO).is_in(search.payment_nos)),
        (search.outcomes, pl.col(ExceptionRow.OUTCOME).is_in([outcome.value for outcome in search.outcomes])),
        (search.departments, code.is_in(departments)),
        (search.procedures, code.is_in(search.procedures)),
        (search.channels, pl.col(ExceptionRow.CHANNEL).is_in([channel.value for channel in search.channels])),
        (search.paid_until, pl.col(ExceptionRow.PAID_ON) <= (search.paid_until or date.max)),
    ]
    return rows.filter(*(condition for value, condition in conditions if value))
