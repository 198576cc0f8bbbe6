"""Fiscal years (会計年度) and 出納整理期間: the year that a day, a levy and a payment belong to. Knows no clock."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from elqr.vocabulary.terms import AccountingKind

_FIRST_MONTH = 4
_LAST_CLOSING_MONTH = 5


def fiscal_year(day: date) -> int:
    """会計年度 of a date: 1 April to 31 March, named after the year in which it begins."""
    return day.year if day.month >= _FIRST_MONTH else day.year - 1


def fiscal_year_expr(day: pl.Expr) -> pl.Expr:
    """会計年度 of a Date column, Int64."""
    return day.dt.year().cast(pl.Int64) - (day.dt.month() < _FIRST_MONTH).cast(pl.Int64)


def last_day(year: int) -> date:
    """会計年度の末日: 31 March."""
    return date(year + 1, _FIRST_MONTH, 1) - timedelta(days=1)


def closing_day(year: int, accounting_kind: AccountingKind) -> date:
    """会計年度の締めの日: the end of 出納整理期間 (31 May), or of the year in 公営企業会計, which has no period."""
    has_none = accounting_kind is AccountingKind.PUBLIC_ENTERPRISE
    return last_day(year) if has_none else month_end(date(year + 1, _LAST_CLOSING_MONTH, 1))


def accounting_year_expr(levy_year: pl.Expr, paid_on: pl.Expr, has_closing_period: pl.Expr) -> pl.Expr:
    """年度区分: the fiscal year in whose accounts a claim of `levy_year` is entered when it is paid on a date; Int64.

    That is the levy year until its end and, except in 公営企業会計, until the following 31 May (出納整理期間).
    After that it is 滞納繰越 in the year of the payment. No input may be null.
    """
    levied = levy_year.cast(pl.Int64)
    paid_year = fiscal_year_expr(paid_on)
    in_closing_months = paid_on.dt.month().is_between(_FIRST_MONTH, _LAST_CLOSING_MONTH, closed="both")
    own_year = (levied >= paid_year) | ((levied == paid_year - 1) & in_closing_months & has_closing_period)
    return pl.when(own_year).then(levied).otherwise(paid_year)


@dataclass(frozen=True, slots=True)
class WithoutPeriod:
    """出納整理期間のない間: the days on which a procedure is in 公営企業会計, both ends included."""

    procedure_code: str
    from_on: date
    until_on: date


def has_period_expr(procedure_code: pl.Expr, day: pl.Expr, without: Sequence[WithoutPeriod]) -> pl.Expr:
    """出納整理期間のある手続か: whether procedures have the period on a day, as a Boolean column.

    A procedure that moves to 公営企業会計 on 1 April closes the year before on 31 March (打切決算), so the day decides.
    """
    spans = [(procedure_code == span.procedure_code) & day.is_between(span.from_on, span.until_on) for span in without]
    return ~pl.any_horizontal(spans).fill_null(False) if spans else pl.lit(True)


@dataclass(frozen=True, slots=True)
class OpenYears:
    """開いている年度: the fiscal years that postings of one day belong to."""

    without_closing_period: Sequence[WithoutPeriod]
    day: date

    def of(self, year: pl.Expr, procedure_code: pl.Expr, day: pl.Expr | None = None) -> pl.Expr:
        """年度: a fiscal year if it is open on the day, 出納整理期間 included, else the year of the day.

        `day` is a Date column, where the rows have days of their own.
        """
        day = pl.lit(self.day) if day is None else day
        return accounting_year_expr(year, day, has_period_expr(procedure_code, day, self.without_closing_period))

    def of_claim(self, levy_year: pl.Expr, paid_on: pl.Expr, procedure_code: pl.Expr) -> pl.Expr:
        """調定に計上する年度: the year that `paid_on` gives, if it is open on the day, else the year of the day.

        `paid_on` is 領収日, or the day by which the city counts.
        """
        has_period = has_period_expr(procedure_code, paid_on, self.without_closing_period)
        return self.of(accounting_year_expr(levy_year, paid_on, has_period), procedure_code)


def month_after(day: date) -> date:
    """翌月の1日: the first day of the month after a day's month."""
    return month_end(day) + timedelta(days=1)


def month_end(day: date) -> date:
    """月末: the last day of a day's month."""
    return day.replace(day=monthrange(day.year, day.month)[1])
