"""The Japanese calendar (和暦): dates and years as notices and files write them, and dates without a year.

Knows no clock: the day of receipt is always an argument. Refuses to guess: text that is not a date
in its form is None (null in a column), never the nearest date.
"""

import re
from datetime import date

import polars as pl

from elqr.arithmetic.fiscal_year import month_end

_ERAS = (
    ("令和", date(2019, 5, 1)),
    ("平成", date(1989, 1, 8)),
    ("昭和", date(1926, 12, 25)),
    ("大正", date(1912, 7, 30)),
    ("明治", date(1868, 10, 23)),
)
"""元号 with the first day of each, latest first."""


_NAMING_DAY = (5, 1)
"""A fiscal year takes the era in force on its 1 May: all of 2019 is 令和元年度, as the government ruled."""


_LEAP_YEAR = 2000

_LONGEST_WAIT_FOR_29_FEBRUARY = 8


def wareki(day: date) -> str:
    """和暦: 令和8年11月20日. A day before 明治 is written in the western calendar."""
    era, year = _era_year(day)
    return f"{era}{year}年{day.month}月{day.day}日"


def wareki_month(day: date) -> str:
    """和暦の月: the month of a day, as 令和8年10月."""
    era, year = _era_year(month_end(day))
    return f"{era}{year}年{day.month}月"


def wareki_fiscal_year(year: int) -> str:
    """和暦の会計年度 with the western year: 令和8（2026）年度."""
    era, year_of_era = _era_year(date(year, *_NAMING_DAY))
    return f"{era}{year_of_era}（{year}）年度"


def wareki_year(year: int) -> str:
    """和暦の年度, short: 令和8年度."""
    era, year_of_era = _era_year(date(year, *_NAMING_DAY))
    return f"{era}{year_of_era}年度"


def _era_year(day: date) -> tuple[str, str]:
    """The era of a day and the year in it; the first year is 元."""
    for era, first_day in _ERAS:
        if day >= first_day:
            year = day.year - first_day.year + 1
            return era, "元" if year == 1 else str(year)
    return "", str(day.year)


def parse_mmdd(mmdd: str, receipt_on: date) -> date | None:
    """月日（MMDD、年なし）: the latest date with this month and day up to the receipt; None if there is none."""
    if not _is_digits(mmdd, 4):
        return None
    month, day = int(mmdd[:2]), int(mmdd[2:])
    for year in range(receipt_on.year, receipt_on.year - _LONGEST_WAIT_FOR_29_FEBRUARY - 1, -1):
        candidate = _date_or_none(year, month, day)
        if candidate is not None and candidate <= receipt_on:
            return candidate
    return None


def mmdd_expr(col: pl.Expr, receipt_on: date) -> pl.Expr:
    """月日の列 → Date: `parse_mmdd` for a String column; null for anything that is not a date."""
    days = [
        f"{month:02}{day:02}" for month in range(1, 13) for day in range(1, 32) if _date_or_none(_LEAP_YEAR, month, day)
    ]
    return col.replace_strict(days, [parse_mmdd(mmdd, receipt_on) for mmdd in days], default=None, return_dtype=pl.Date)


def parse_wareki_yymmdd(text: str, received_on: date) -> date | None:
    """和暦の年月日（YYMMDD、元号なし）: the date in the latest era that does not put it after the receipt.

    The era is chosen by the numbers alone. 310501 is therefore 1 May 2019, for a sender that kept 平成 too long,
    and 29 February of a common year is None rather than a date in the era before.
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
    match = _WAREKI_YEAR.fullmatch(text)
    if match is None:
        return None
    year = dict(_ERAS)[match[1]].year - 1 + (1 if match[2] == "元" else int(match[2]))
    return year if wareki_year(year) == text else None


_WAREKI = re.compile("(明治|大正|昭和|平成|令和)(元|[1-9][0-9]?)年([1-9][0-9]?)月([1-9][0-9]?)日")


def parse_wareki(text: str) -> date | None:
    """和暦（令和8年11月20日）→ date; None for another form, a day that does not exist or lies outside its era."""
    match = _WAREKI.fullmatch(text)
    if match is None:
        return None
    era, year, month, day_of_month = match.groups()
    first_day = dict(_ERAS)[era]
    day = _date_or_none(first_day.year - 1 + (1 if year == "元" else int(year)), int(month), int(day_of_month))
    return day if day is not None and wareki(day) == text else None


def _is_digits(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()


def _date_or_none(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
