"""Counted days (計上日の検算): each day comes from its payment, and is later only where a month was closed."""

from collections.abc import Iterator

import polars as pl

from elqr.arithmetic.fiscal_year import month_after
from elqr.audit.verification.audit import Audit, mismatch
from elqr.store.queries.counted import days_beside
from elqr.store.queries.months import closed_months
from elqr.vocabulary.codes import Code
from elqr.vocabulary.counted_frames import CountedBeside
from elqr.vocabulary.counted_terms import DayRule
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding

_SOURCES = {
    DayRule.PAID_ON: CountedBeside.PAID_ON,
    DayRule.ASSUMED: CountedBeside.PAID_ON,
    DayRule.STATED: CountedBeside.RECEIVED_ON,
    DayRule.FUNDS_ON: CountedBeside.FUNDS_ON,
}
"""The payment's day that a rule takes as it is. Business days are not: the holidays of their time are not kept."""


def counted_days(audit: Audit) -> Iterator[Finding]:
    """計上日: the day that its rule takes from the payment, or the first one after a closed month."""
    connection = audit.session.ledger.connection
    rows = days_beside(connection)
    if rows.is_empty():
        return
    audit.count("計上日", rows.height)
    rule, falls_on, counted_on = (
        pl.col(name) for name in (CountedBeside.RULE, CountedBeside.FALLS_ON, CountedBeside.COUNTED_ON)
    )
    is_other = [(rule == word.value) & falls_on.ne_missing(pl.col(day)) for word, day in _SOURCES.items()]
    is_early = (rule == DayRule.BUSINESS_DAYS.value) & (falls_on < pl.col(CountedBeside.PAID_ON))
    has_stated = (rule != DayRule.STATED.value) & (rule != DayRule.PAID_ON.value)
    is_unsaid = has_stated & pl.col(CountedBeside.RECEIVED_ON).is_not_null()
    opened = [month_after(first) for first in closed_months(connection)]
    is_misplaced = (counted_on < falls_on) | ((counted_on != falls_on) & ~counted_on.is_in(opened))
    known = rule.is_in([word.value for word in DayRule])
    wrong = rows.filter(pl.any_horizontal(*is_other, is_early, is_unsaid, is_misplaced, ~known).fill_null(True))
    names = (CountedBeside.PAYMENT_NO, CountedBeside.COUNTED_ON, CountedBeside.FALLS_ON)
    for number, stands_on, due_on in wrong.select(names).head(LISTED_PER_CODE).iter_rows():
        expected = f"収納の日から決まる日（{due_on}）か、締めた月の次の1日"
        yield mismatch(f"受付{number}", Code.POSTING_DIFFERS, str(stands_on), expected, "計上日")
