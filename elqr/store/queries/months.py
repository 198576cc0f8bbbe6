"""Queries of the monthly close (月計・月締めの照会): a month's postings by night, and balances."""

from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import Connection, func, select

from elqr.arithmetic.fiscal_year import month_end
from elqr.rules.month_figures import Figures
from elqr.store.db.bulk import read_frame, select_named
from elqr.store.queries.moves import is_move, is_reduction, signed_count
from elqr.store.queries.requests import MONTH_CLOSE, requests
from elqr.store.queries.totals import balances
from elqr.store.tables import ledger as t
from elqr.store.tables import months as m
from elqr.vocabulary.report_frames import MonthlySum
from elqr.vocabulary.terms import Account, RulingResult


def figures(connection: Connection, first: date) -> Figures:
    """月の数字 of the month that begins on a day. A query of its own gives the closing balance."""
    last = month_end(first)
    closing_yen = balances(connection, last)[Account.SUSPENSE]
    return Figures(first, month_sums(connection, first, last), suspense_before(connection, first), closing_yen)


def month_sums(connection: Connection, first: date, last: date) -> pl.DataFrame:
    """計上の合計 of the nights from one day to another: frame MonthlySum."""
    posting, payment = t.posting.c, t.payment.c
    columns = {
        MonthlySum.ACCOUNT: posting.account,
        MonthlySum.PROCEDURE_CODE: posting.procedure_code,
        MonthlySum.FISCAL_YEAR: posting.fiscal_year,
        MonthlySum.IS_ARREARS: posting.is_arrears,
        MonthlySum.CHANNEL: payment.channel,
        MonthlySum.NIGHT_ON: posting.night_on,
        MonthlySum.IS_MOVE: is_move(),
        MonthlySum.IS_REDUCTION: is_reduction(),
    }
    keys = columns.values()
    query = (
        select_named({**columns, MonthlySum.COUNT: signed_count(), MonthlySum.YEN: func.sum(posting.yen)})
        .join(t.payment, payment.payment_no == posting.payment_no)
        .where(posting.night_on >= first.isoformat(), posting.night_on <= last.isoformat())
        .group_by(*keys)
        .order_by(*keys)
    )
    return read_frame(connection, query, MonthlySum.SCHEMA)


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


def closes(connection: Connection, month: str) -> list[dict[str, Any]]:
    """月締めの申請 of a month, oldest first, each with the step that ended it."""
    return requests(connection, MONTH_CLOSE, m.month_close.c.month == month)
