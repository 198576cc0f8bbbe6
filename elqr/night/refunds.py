"""Refunds (過誤納を引く): the cases of 過誤納整理簿 as of a night, with what two people entered and what payers owe.

It costs what is open and what ended lately: nothing here reads all that was ever paid back.
"""

from datetime import date, timedelta

import polars as pl

from elqr.report.tables.ledger_rows import Refunds
from elqr.report.tables.night import with_procedure
from elqr.rules.payouts import is_case
from elqr.session.session import Session
from elqr.store.queries.payouts import ended_since, reduced_on, refund_cases
from elqr.store.queries.reports import other_payments
from elqr.store.queries.reviews import payments_as_of
from elqr.vocabulary.report_frames import ExceptionRow
from elqr.vocabulary.ruling_frames import RefundCase
from elqr.vocabulary.ruling_terms import PAYS_INTO


def last_two_months(night: date) -> date:
    """整理簿に残る初めの日: the first of the month before. A transfer that fails is back well within that time."""
    return (night.replace(day=1) - timedelta(days=1)).replace(day=1)


def read_refunds(session: Session, night: date, exceptions: pl.DataFrame, since: date | None = None) -> Refunds:
    """過誤納を読む as of a night: those of `exceptions` (frame ExceptionRow), and what ended `since`; without `unpaid`.

    Most nights have few cases or none: what no case needs is not asked.
    """
    connection, ended = session.ledger.connection, exceptions.clear()
    if since is not None and not (numbers := ended_since(connection, since, night)).is_empty():
        ended = payments_as_of(connection, night, numbers)
    ruled = pl.concat([exceptions.filter(pl.col(ExceptionRow.RULING_NO).is_not_null()), ended])
    entries = RefundCase.empty() if ruled.is_empty() else refund_cases(connection, night, ruled)
    has_ended = entries.filter(pl.col(RefundCase.STANDING).is_in([step.value for step in PAYS_INTO]))
    waiting = exceptions.join(entries, on=ExceptionRow.PAYMENT_NO, how="semi", maintain_order="left")
    others = exceptions.join(entries, on=ExceptionRow.PAYMENT_NO, how="anti", maintain_order="left").filter(is_case())
    ended = ended.join(has_ended, on=ExceptionRow.PAYMENT_NO, how="semi").join(
        waiting, on=ExceptionRow.PAYMENT_NO, how="anti", maintain_order="left"
    )
    cases = with_procedure(pl.concat([others, waiting, ended]), session.register)
    if cases.is_empty():
        return Refunds(cases, ended_since=since)
    reduced, earlier = reduced_on(connection, cases, night), other_payments(connection, cases)
    return Refunds(cases, entries, reduced, earlier, ended_since=since)
