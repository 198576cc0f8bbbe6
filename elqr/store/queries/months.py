"""Queries of the monthly close (月計・月締めの照会): a month's figures, and balances."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from elqr.arithmetic.fiscal_year import month_end
from elqr.rules.month_figures import Figures
from elqr.store.queries.counted import basis_sums, is_counted, month_sums, suspense_shift
from elqr.store.queries.requests import MONTH_CLOSE, requests
from elqr.store.queries.totals import balances
from elqr.store.tables import ledger as t
from elqr.store.tables import months as m
from elqr.vocabulary.counted_frames import BasisSum
from elqr.vocabulary.ruling_terms import RulingResult
from elqr.vocabulary.terms import Account


def figures(connection: Connection, first: date) -> Figures:
    """月の数字 of the month that begins on a day. A query of its own gives the closing balance."""
    last, before = month_end(first), first - timedelta(days=1)
    opening_yen, closing_yen = suspense_before(connection, first), balances(connection, last)[Account.SUSPENSE]
    sums, basis = month_sums(connection, first, last), BasisSum.empty()
    if is_counted(connection):
        opening_yen += suspense_shift(connection, before)
        closing_yen += suspense_shift(connection, last)
        basis = basis_sums(connection, first, last)
    return Figures(first, sums, opening_yen, closing_yen, basis)


def suspense_before(connection: Connection, day: date) -> int:
    """仮受の残高 of all nights before a day."""
    posting = t.posting.c
    query = select(func.coalesce(func.sum(posting.yen), 0)).where(
        posting.account == Account.SUSPENSE.value, posting.night_on < day.isoformat()
    )
    return int(connection.execute(query).scalar_one())


def last_closed_month(connection: Connection) -> str:
    """締めた最後の月 such as 2026-10, or empty."""
    step = m.month_close_step.c
    query = select(func.coalesce(func.max(step.month), "")).where(step.result == RulingResult.APPROVED.value)
    return str(connection.execute(query).scalar_one())


def closed_months(connection: Connection) -> list[date]:
    """締めた月, each by its first day."""
    step = m.month_close_step.c
    query = select(step.month).where(step.result == RulingResult.APPROVED.value).order_by(step.month)
    return [date.fromisoformat(f"{month}-01") for month in connection.execute(query).scalars()]


def closes(connection: Connection, month: str) -> list[dict[str, Any]]:
    """月締めの申請 of a month, oldest first, each with the step that ended it."""
    return requests(connection, MONTH_CLOSE, m.month_close.c.month == month)
