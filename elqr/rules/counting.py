"""Counting (計上日): by which day a payment counts, and the 収入日 of payments whose record does not state it.

Pure. The 収入日 of a record is the sender's word. Where there is none, it is what the city wrote, for the contract or
for all payments. Where nothing is written, or the record lacks the day that the rule names, 領収日 stands for it: that
is the first day on which anybody had the money, and the only one that every record has. Such payments are marked as
assumed.

The day of a payment is settled once, when it is posted, and never changes: a new rule is for the nights after it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from elqr.arithmetic.business_day import Calendar
from elqr.rules.contract import Contract, ReceivedDefault
from elqr.vocabulary.counted_frames import CountedDay
from elqr.vocabulary.counted_terms import CountedBy, DayRule
from elqr.vocabulary.frames import Payment
from elqr.vocabulary.report_frames import Delivery, PostedSum
from elqr.vocabulary.terms import Channel

_BY_FUNDS, _DAYS, _LATER_ON = "by_funds", "days", "later_on"


class Accounting(ReceivedDefault):
    """計上の決まり: by which day the city counts, and the 収入日 of payments without a contract that says it."""

    by: CountedBy = CountedBy.NIGHT


def received_words(default: ReceivedDefault) -> str:
    """収入日の決め方, in words."""
    if default.received is not None:
        return DayRule.FUNDS_ON.label
    if default.received_days is not None:
        return f"領収日の{default.received_days}営業日後"
    return DayRule.ASSUMED.label


@dataclass(frozen=True, slots=True)
class ReceivedRules:
    """収入日の決め方: by contract, and for all other payments; and the business days."""

    contracts: Sequence[Contract]
    accounting: Accounting
    calendar: Calendar

    def default_of(self, spec: str, channel: str) -> ReceivedDefault:
        """収入日の決め方 of payments of a spec and a channel: their contract's if it says it, else the city's."""
        contract = next((each for each in self.contracts if each.takes(spec, Channel(channel))), None)
        return contract if contract is not None and contract.says_received else self.accounting

    def with_received(self, payments: pl.DataFrame) -> pl.DataFrame:
        """収入日を決める: adds `falls_on`, the 収入日, and `day_rule`, where it comes from.

        `payments` has spec, channel, paid_on, received_on and funds_on.
        """
        kinds = payments.select(Delivery.SPEC, Payment.CHANNEL).unique()
        defaults = [self.default_of(spec, channel) for spec, channel in kinds.iter_rows()]
        kinds = kinds.with_columns(
            pl.Series(_BY_FUNDS, [default.received is not None for default in defaults], dtype=pl.Boolean),
            pl.Series(_DAYS, [default.received_days for default in defaults], dtype=pl.Int64),
        )
        rows = payments.join(kinds, on=[Delivery.SPEC, Payment.CHANNEL], how="left", maintain_order="left")
        rows = self._with_business_days(rows)
        by_funds = pl.col(_BY_FUNDS) & pl.col(Payment.FUNDS_ON).is_not_null()
        rule = (
            pl.when(pl.col(Payment.RECEIVED_ON).is_not_null())
            .then(pl.lit(DayRule.STATED))
            .when(by_funds)
            .then(pl.lit(DayRule.FUNDS_ON))
            .when(pl.col(_LATER_ON).is_not_null())
            .then(pl.lit(DayRule.BUSINESS_DAYS))
            .otherwise(pl.lit(DayRule.ASSUMED))
        )
        funds_on = pl.when(by_funds).then(Payment.FUNDS_ON)
        falls_on = pl.coalesce(Payment.RECEIVED_ON, funds_on, _LATER_ON, Payment.PAID_ON)
        rows = rows.with_columns(falls_on.alias(CountedDay.FALLS_ON), rule.alias(CountedDay.RULE))
        return rows.drop(_BY_FUNDS, _DAYS, _LATER_ON)

    def _with_business_days(self, rows: pl.DataFrame) -> pl.DataFrame:
        """営業日の後: the calendar is asked once for each 領収日, not for each payment."""
        days = rows.select(Payment.PAID_ON, _DAYS).drop_nulls().unique()
        later = [self.calendar.later(day, number) for day, number in days.iter_rows()]
        days = days.with_columns(pl.Series(_LATER_ON, later, dtype=pl.Date))
        return rows.join(days, on=[Payment.PAID_ON, _DAYS], how="left", maintain_order="left", validate="m:1")


@dataclass(frozen=True, slots=True)
class Counting:
    """計上日の決め方 of a night: the city's rules, and the first day that is in no closed month."""

    rules: ReceivedRules
    open_from: date

    def days(self, payments: pl.DataFrame) -> pl.DataFrame:
        """計上日: frame CountedDay. `payments` has payment_no, spec, channel, paid_on, received_on and funds_on."""
        if self.rules.accounting.by is CountedBy.RECEIVED_ON:
            rows = self.rules.with_received(payments)
        else:
            rule = pl.lit(DayRule.PAID_ON).alias(CountedDay.RULE)
            rows = payments.with_columns(pl.col(Payment.PAID_ON).alias(CountedDay.FALLS_ON), rule)
        counted_on = pl.max_horizontal(pl.col(CountedDay.FALLS_ON), pl.lit(self.open_from))
        return CountedDay.of(rows.with_columns(counted_on.alias(CountedDay.COUNTED_ON)))


def choose_days(rows: pl.DataFrame, by: CountedBy | None, rules: ReceivedRules) -> pl.DataFrame:
    """数える日を選ぶ: frame PostedSum, with the day on which each row counts, and of all rows alike.

    By None it is the day on which they stand in the books. Decisions and reductions count on their night.
    """
    night, nothing = pl.col(PostedSum.NIGHT_ON), (pl.lit(None).alias(name) for name in PostedSum.OF_DAY)
    if by is CountedBy.RECEIVED_ON:
        rows = rules.with_received(rows.drop(PostedSum.OF_DAY))
        rows = rows.with_columns(pl.col(PostedSum.FALLS_ON).alias(PostedSum.COUNTED_ON))
        is_first = ~pl.col(PostedSum.IS_MOVE)
        rows = rows.with_columns(pl.when(is_first).then(name).alias(name) for name in PostedSum.OF_DAY)
    elif by is not None:
        rows = rows.with_columns(nothing)
    days = {
        None: pl.coalesce(PostedSum.COUNTED_ON, night),
        CountedBy.NIGHT: night,
        CountedBy.PAID_ON: pl.col(PostedSum.PAID_ON),
        CountedBy.RECEIVED_ON: pl.col(PostedSum.FALLS_ON),
    }
    day = pl.when(PostedSum.IS_MOVE).then(night).otherwise(days[by])
    return PostedSum.of(rows.with_columns(day.alias(PostedSum.COUNTS_ON)))
