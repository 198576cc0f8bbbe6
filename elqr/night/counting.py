"""The counted days of a night (計上日): on which day tonight's payments stand in the books.

A city that counts by night has none: the night of a posting is its day.
"""

from collections.abc import Callable
from datetime import date

import polars as pl

from elqr.arithmetic.fiscal_year import month_after
from elqr.rules.counting import Counting
from elqr.session.session import Session
from elqr.store.queries.months import last_closed_month
from elqr.vocabulary.counted_frames import CountedDay
from elqr.vocabulary.counted_terms import CountedBy
from elqr.vocabulary.frames import Payment, join_beside


def counting_of(session: Session) -> Counting | None:
    """計上日の決め方 of a night; None for a city that counts by night."""
    if session.rules.accounting.by is CountedBy.NIGHT:
        return None
    closed = last_closed_month(session.ledger.connection)
    return Counting(session.rules.received, month_after(date.fromisoformat(f"{closed}-01")) if closed else date.min)


def days_of(counting: Counting | None, payments: pl.DataFrame, read_specs: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    """計上日 of payments (frame Payment): frame CountedDay; empty for a city that counts by night.

    `read_specs` returns file_no and spec of their files.
    """
    if counting is None:
        return CountedDay.empty()
    return counting.days(join_beside(payments, read_specs(), [Payment.FILE_NO]))


def only_posted(days: pl.DataFrame, postings: pl.DataFrame) -> pl.DataFrame:
    """計上したものだけ: the days of payments that have a posting (frame Posting). The others stand in no book."""
    return days.join(postings.select(CountedDay.PAYMENT_NO).unique(), on=CountedDay.PAYMENT_NO, how="semi")
