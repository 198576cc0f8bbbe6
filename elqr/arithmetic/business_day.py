"""Business days (営業日): weekdays that are not holidays and on which banks are open. Holidays are data.

Source: 国民の祝日に関する法律; banks close from 31 December to 3 January (銀行法施行令). The equinoxes of a year are
announced in the February before it; those of later years are computed, and the table says so.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

_SATURDAY = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """営業日の暦: holidays, the days on which banks close every year (MM-DD), and the last day the calendar covers."""

    holidays: frozenset[date]
    closures: frozenset[str]
    last_on: date

    def is_business_day(self, day: date) -> bool:
        """営業日か: a weekday that is not a holiday and on which banks are open."""
        return day.weekday() < _SATURDAY and day not in self.holidays and f"{day:%m-%d}" not in self.closures

    def later(self, day: date, days: int) -> date:
        """何営業日後: the day a number of business days after another, or before it when negative; itself for 0."""
        step = _DAY if days > 0 else -_DAY
        for _ in range(abs(days)):
            day += step
            while not self.is_business_day(day):
                day += step
        return day

    def rolled(self, day: date, *, forward: bool) -> date:
        """営業日に寄せる: the day itself if it is a business day, else the next one (`forward`) or the one before."""
        while not self.is_business_day(day):
            day += _DAY if forward else -_DAY
        return day

    def between(self, first: date, last: date) -> int:
        """営業日の数: business days after the first day, up to and including the last."""
        return sum(self.is_business_day(first + _DAY * number) for number in range(1, (last - first).days + 1))


def calendar(text: str, closures: Iterable[str]) -> Calendar:
    """祝日の表を読む: a CSV whose first column 日付 is YYYY-MM-DD. Raises ValueError in Japanese with the line."""
    holidays = []
    for number, row in enumerate(csv.reader(text.splitlines()), start=1):
        if not row or (number == 1 and row[0].strip() == "日付"):
            continue
        try:
            holidays.append(date.fromisoformat(row[0].strip()))
        except ValueError as error:
            raise ValueError(f"{number}行目の日付「{row[0]}」は YYYY-MM-DD の形ではありません") from error
    if not holidays:
        raise ValueError("祝日が一つもありません")
    last = max(holidays)
    return Calendar(frozenset(holidays), frozenset(closures), date(last.year, 12, 31))
