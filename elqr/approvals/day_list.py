"""The list of a day (一日の収納日計表), and a month by another day: drawn from the ledger, which is not written."""

from datetime import date

import polars as pl

from elqr.arithmetic.fiscal_year import month_end
from elqr.report.days import Chosen, DayList, list_of_day, month_to_compare
from elqr.rules.counting import choose_days
from elqr.session.session import Session
from elqr.store.queries import counted as queries
from elqr.store.queries import reports as report_queries
from elqr.vocabulary.counted_terms import CountedBy
from elqr.vocabulary.report_frames import MonthlySum, PostedSum


def draw_day(session: Session, day: date, by: CountedBy | None = None) -> DayList:
    """一日の収納日計表を引く: what counts on a day, by the city's own day or by another one to compare.

    Asserts that the city's own list holds what the month's figures have for that day.
    """
    chosen = _choose(session, day, day, by)
    with session.ledger.transaction() as connection:
        if chosen.is_own:
            sums = queries.month_sums(connection, day, day).select(MonthlySum.ACCOUNT, MonthlySum.YEN)
            _refuse_other_sums(chosen, sums)
        chain = report_queries.chain(connection, session.night_on)
    return list_of_day(session.job.city.name, chosen, session.register, chain)


def compare_month(session: Session, first: date, by: CountedBy) -> DayList:
    """比べる月計を引く: what counts in the month that begins on `first`, by another day than the city's."""
    chosen = _choose(session, first, month_end(first), by)
    with session.ledger.transaction() as connection:
        chain = report_queries.chain(connection, session.night_on)
    return month_to_compare(session.job.city.name, chosen, session.register, chain)


def is_own(session: Session, by: CountedBy | None) -> bool:
    """市の数える日か: whether the city counts by this day; None is the city's own."""
    return by is None or by is session.rules.accounting.by


def _choose(session: Session, first: date, last: date, by: CountedBy | None) -> Chosen:
    chosen_by = None if is_own(session, by) else by
    with session.ledger.transaction() as connection:
        rows = queries.posted_sums(connection, first, last, chosen_by)
    rows = choose_days(rows, chosen_by, session.rules.received)
    rows = rows.filter(pl.col(PostedSum.COUNTS_ON).is_between(first, last, closed="both"))
    return Chosen(first, last, rows, by or session.rules.accounting.by, chosen_by is None)


def _refuse_other_sums(chosen: Chosen, sums: pl.DataFrame) -> None:
    """帳簿の額と同じか: by account, in yen."""
    drawn = chosen.rows.group_by(PostedSum.ACCOUNT).agg(pl.col(PostedSum.YEN).sum()).sort(PostedSum.ACCOUNT)
    stated = sums.group_by(MonthlySum.ACCOUNT).agg(pl.col(MonthlySum.YEN).sum()).sort(MonthlySum.ACCOUNT)
    assert drawn.equals(stated), "the list holds what stands in the books on the day"
