"""Fiscal years (会計年度), 出納整理期間 and the Japanese calendar: pure arithmetic on dates.

Knows no clock: the day of receipt is always an argument. Refuses to guess: text that is not a date
of its form is None (null in a column), never the nearest date.
"""

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from elqr.vocabulary.terms import AccountingKind

_FIRST_MONTH = 4
_LAST_CLOSING_MONTH = 5
_ERAS = (
    ("令和", date(2019, 5, 1)),
    ("平成", date(1989, 1, 8)),
    ("昭和", date(1926, 12, 25)),
    ("大正", date(1912, 7, 30)),
    ("明治", date(1868, 10, 23)),
)
"""元号 with their first days, latest first."""

_NAMING_DAY = (5, 1)
"""A fiscal year bears the era in force on its 1 May: all of 2019 is 令和元年度, as the government ruled."""

_LEAP_YEAR = 2000
_LONGEST_WAIT_FOR_29_FEBRUARY = 8


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


def wareki(day: date) -> str:
    """和暦: 令和8年11月20日. A day before 明治 is written in the western calendar."""
    era, year = _era_year(day)
    return f"{era}{year}年{day.month}月{day.day}日"


def wareki_month(day: date) -> str:
    """和暦の月: 令和8年10月, of any day in it."""
    era, year = _era_year(month_end(day))
    return f"{era}{year}年{day.month}月"


def month_end(day: date) -> date:
    """月末: the last day of the month of a day."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def wareki_fiscal_year(year: int) -> str:
    """和暦の会計年度: 令和8（2026）年度."""
    era, year_of_era = _era_year(date(year, *_NAMING_DAY))
    return f"{era}{year_of_era}（{year}）年度"


def wareki_year(year: int) -> str:
    """和暦の年度, short: 令和8年度."""
    era, year_of_era = _era_year(date(year, *_NAMING_DAY))
    return f"{era}{year_of_era}年度"


def _era_year(day: date) -> tuple[str, str]:
    """The era of a day and its year, the first being 元."""
    for era, first_day in _ERAS:
        if day >= first_day:
            year = day.year - first_day.year + 1
            return era, "元" if year == 1 else str(year)
    return "", str(day.year)


def parse_mmdd(mmdd: str, receipt_on: date) -> date | None:
    """月日（MMDD、年なし）: the latest such date that is not after the receipt; None if there is none."""
    if not _is_digits(mmdd, 4):
        return None
    month, day = int(mmdd[:2]), int(mmdd[2:])
    for year in range(receipt_on.year, receipt_on.year - _LONGEST_WAIT_FOR_29_FEBRUARY - 1, -1):
        found = _date_or_none(year, month, day)
        if found is not None and found <= receipt_on:
            return found
    return None


def mmdd_expr(col: pl.Expr, receipt_on: date) -> pl.Expr:
    """月日の列 → Date: `parse_mmdd` of a String column; null for what is not a date."""
    days = [
        f"{month:02}{day:02}" for month in range(1, 13) for day in range(1, 32) if _date_or_none(_LEAP_YEAR, month, day)
    ]
    return col.replace_strict(days, [parse_mmdd(mmdd, receipt_on) for mmdd in days], default=None, return_dtype=pl.Date)


def parse_wareki_yymmdd(text: str, received_on: date) -> date | None:
    """和暦の年月日（YYMMDD、元号なし）: in the latest era that does not put it after the receipt.

    The era is chosen by the numbers alone, so 310501 is 1 May 2019 for a sender that kept 平成 too long,
    and 29 February of a common year is None rather than a date of the era before.
    """
    if not _is_digits(text, 6):
        return None
    year_of_era, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    if year_of_era == 0:
        return None
    for _, first_day in _ERAS:
        year = first_day.year + year_of_era - 1
        if (year, month, day) <= (received_on.year, received_on.month, received_on.day):
            return _date_or_none(year, month, day)
    return None


_WAREKI_YEAR = re.compile("(明治|大正|昭和|平成|令和)(元|[1-9][0-9]?)年度")


def parse_wareki_year(text: str) -> int | None:
    """和暦の年度（令和8年度）→ 2026; None for another form or a year outside its era."""
    found = _WAREKI_YEAR.fullmatch(text)
    if found is None:
        return None
    year = dict(_ERAS)[found[1]].year - 1 + (1 if found[2] == "元" else int(found[2]))
    return year if wareki_year(year) == text else None


_WAREKI = re.compile("(明治|大正|昭和|平成|令和)(元|[1-9][0-9]?)年([1-9][0-9]?)月([1-9][0-9]?)日")


def parse_wareki(text: str) -> date | None:
    """和暦（令和8年11月20日）→ date; None for another form, no such day, or a day outside its era."""
    found = _WAREKI.fullmatch(text)
    if found is None:
        return None
    era, year, month, day = found.groups()
    first_day = dict(_ERAS)[era]
    made = _date_or_none(first_day.year - 1 + (1 if year == "元" else int(year)), int(month), int(day))
    return made if made is not None and wareki(made) == text else None


def _is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()


def _date_or_none(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
