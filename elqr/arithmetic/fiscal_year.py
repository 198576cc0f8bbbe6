"""Fiscal years (会計年度) and 出納整理期間: which year a day, a levy and a payment belong to. Knows no clock."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from elqr.vocabulary.terms import AccountingKind

_FIRST_MONTH = 4
_LAST_CLOSING_MONTH = 5


def fiscal_year(day: date) -> int:
    """会計年度 of a date: 1 April – 31 March, named by the year in which it begins."""
    return day.year if day.month >= _FIRST_MONTH else day.year - 1


def fiscal_year_expr(day: pl.Expr) -> pl.Expr:
    """会計年度 of a column of dates, Int64."""
    return day.dt.year().cast(pl.Int64) - (day.dt.month() < _FIRST_MONTH).cast(pl.Int64)


def last_day(year: int) -> date:
    """会計年度の末日: 31 March."""
    return date(year + 1, _FIRST_MONTH, 1) - timedelta(days=1)


def closing_day(year: int, accounting_kind: AccountingKind) -> date:
    """会計年度の締めの日: the end of 出納整理期間 (31 May), or of the year where there is none (公営企業会計)."""
    has_none = accounting_kind is AccountingKind.PUBLIC_ENTERPRISE
    return last_day(year) if has_none else month_end(date(year + 1, _LAST_CLOSING_MONTH, 1))


def accounting_year(levy_year: int, paid_on: date, accounting_kind: AccountingKind) -> int:
    """年度区分: the fiscal year whose accounts a claim of `levy_year` belongs to when paid on a date.

    Its own year while that lasts and, except in 公営企業会計, until 31 May after it (出納整理期間);
    from then on it is 滞納繰越 of the year of the payment.
    """
    paid_year = fiscal_year(paid_on)
    if levy_year >= paid_year:
        return levy_year
    has_closing_period = accounting_kind is not AccountingKind.PUBLIC_ENTERPRISE
    in_closing_months = _FIRST_MONTH <= paid_on.month <= _LAST_CLOSING_MONTH
    return levy_year if levy_year == paid_year - 1 and in_closing_months and has_closing_period else paid_year


def accounting_year_expr(levy_year: pl.Expr, paid_on: pl.Expr, has_closing_period: pl.Expr) -> pl.Expr:
    """年度区分 as columns, Int64: the rule of `accounting_year`. No input may be null."""
    levied = levy_year.cast(pl.Int64)
    paid_year = fiscal_year_expr(paid_on)
    in_closing_months = paid_on.dt.month().is_between(_FIRST_MONTH, _LAST_CLOSING_MONTH, closed="both")
    own_year = (levied >= paid_year) | ((levied == paid_year - 1) & in_closing_months & has_closing_period)
    return pl.when(own_year).then(levied).otherwise(paid_year)


@dataclass(frozen=True, slots=True)
class WithoutPeriod:
    """出納整理期間のない間: the days on which a procedure is 公営企業会計, both ends included."""

    procedure_code: str
    from_on: date
    until_on: date


def has_period_expr(procedure_code: pl.Expr, day: pl.Expr, without: Sequence[WithoutPeriod]) -> pl.Expr:
    """出納整理期間のある手続か on a day, of columns.

    What becomes 公営企業会計 on 1 April closes the year before it on 31 March (打切決算): the day counts.
    """
    none = [(procedure_code == own.procedure_code) & day.is_between(own.from_on, own.until_on) for own in without]
    return ~pl.any_horizontal(none).fill_null(False) if none else pl.lit(True)


@dataclass(frozen=True, slots=True)
class OpenYears:
    """開いている年度 on a day: the fiscal year that a posting of that day belongs to."""

    without_closing_period: Sequence[WithoutPeriod]
    day: date

    def of(self, year: pl.Expr, procedure_code: pl.Expr) -> pl.Expr:
        """A fiscal year while it is open on the day, 出納整理期間 included, else the year of the day."""
        day = pl.lit(self.day)
        return accounting_year_expr(year, day, has_period_expr(procedure_code, day, self.without_closing_period))

    def of_claim(self, levy_year: pl.Expr, paid_on: pl.Expr, procedure_code: pl.Expr) -> pl.Expr:
        """What is put on a claim: the year of its 領収日 while that is open."""
        has_period = has_period_expr(procedure_code, paid_on, self.without_closing_period)
        return self.of(accounting_year_expr(levy_year, paid_on, has_period), procedure_code)


def month_end(day: date) -> date:
    """月末: the last day of the month of a day."""
    return day.replace(day=monthrange(day.year, day.month)[1])
