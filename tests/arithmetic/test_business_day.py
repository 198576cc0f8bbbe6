"""Business days: the calendar by hand, and the table of holidays against the law."""

import csv
from datetime import date, timedelta

import pytest

from elqr.arithmetic.business_day import Calendar, calendar
from tests.builders import ROOT

TEXT = (ROOT / "specs" / "holidays.csv").read_text(encoding="utf-8")
BANK = ("12-31", "01-01", "01-02", "01-03")


@pytest.fixture
def days() -> Calendar:
    return calendar(TEXT, BANK)


@pytest.mark.parametrize(
    ("day", "is_business_day"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),  # 土曜
        (date(2026, 11, 23), False),  # 勤労感謝の日
        (date(2026, 5, 6), False),  # 憲法記念日（日曜）の振替休日
        (date(2026, 5, 7), True),
        (date(2026, 9, 22), False),  # 敬老の日と秋分の日の間の国民の休日
        (date(2026, 12, 30), True),
        (date(2026, 12, 31), False),
        (date(2027, 1, 4), True),
        (date(2027, 3, 22), False),  # 春分の日（日曜）の振替休日
    ],
)
def test_days_by_hand(days: Calendar, day: date, is_business_day: bool) -> None:
    assert days.is_business_day(day) is is_business_day


@pytest.mark.parametrize(
    ("day", "number", "later"),
    [
        (date(2026, 4, 30), 1, date(2026, 5, 1)),
        (date(2026, 5, 1), 1, date(2026, 5, 7)),  # 大型連休
        (date(2026, 12, 30), 1, date(2027, 1, 4)),  # 年末年始
        (date(2026, 9, 18), 1, date(2026, 9, 24)),  # 秋の連休
        (date(2026, 11, 20), 3, date(2026, 11, 26)),
        (date(2027, 1, 4), -1, date(2026, 12, 30)),
        (date(2026, 11, 22), 0, date(2026, 11, 22)),
    ],
)
def test_counting_by_hand(days: Calendar, day: date, number: int, later: date) -> None:
    assert days.later(day, number) == later


def test_rolling_and_the_number_between(days: Calendar) -> None:
    assert days.rolled(date(2026, 5, 3), forward=True) == date(2026, 5, 7)
    assert days.rolled(date(2026, 5, 3), forward=False) == date(2026, 5, 1)
    assert days.between(date(2026, 4, 30), date(2026, 5, 8)) == 3
    assert days.between(date(2026, 5, 8), date(2026, 5, 8)) == 0


def test_offices_that_close_earlier_say_so() -> None:
    office = calendar(TEXT, (*BANK, "12-29", "12-30"))
    assert office.later(date(2026, 12, 28), 1) == date(2027, 1, 4)


def _monday(year: int, month: int, number: int) -> date:
    first = date(year, month, 1)
    return first + timedelta((7 - first.weekday()) % 7 + 7 * (number - 1))


def _equinox(year: int, base: float) -> int:
    """The usual formula of the day of an equinox, 1980 to 2099."""
    return int(base + 0.242194 * (year - 1980) - (year - 1980) // 4)


@pytest.mark.parametrize("year", range(2025, 2031))
def test_the_table_is_what_the_law_says(year: int) -> None:
    fixed = [(1, 1), (2, 11), (2, 23), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11), (11, 3), (11, 23)]
    days = {date(year, month, day) for month, day in fixed}
    days |= {_monday(year, 1, 2), _monday(year, 7, 3), _monday(year, 9, 3), _monday(year, 10, 2)}
    days |= {date(year, 3, _equinox(year, 20.8431)), date(year, 9, _equinox(year, 23.2488))}
    for sunday in sorted(day for day in days if day.weekday() == 6):
        instead = sunday
        while instead in days:
            instead += timedelta(1)
        days.add(instead)
    days |= {day + timedelta(1) for day in days if day + timedelta(2) in days and (day + timedelta(1)).weekday() != 6}
    rows = [date.fromisoformat(row["日付"]) for row in csv.DictReader(TEXT.splitlines())]
    assert {day for day in rows if day.year == year} == days
    assert rows == sorted(set(rows))


def test_equinoxes_that_were_not_announced_say_so() -> None:
    rows = list(csv.DictReader(TEXT.splitlines()))
    assert {row["確度"] for row in rows if row["名称"] in ("春分の日", "秋分の日") and row["日付"] > "2027"} == {"計算"}
    assert calendar(TEXT, BANK).last_on == date(2030, 12, 31)
