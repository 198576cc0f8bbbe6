"""Business days (営業日): weekdays that are no holiday and on which banks are open; holidays are data.

Source: 国民の祝日に関する法律; banks close on 31 December to 3 January (銀行法施行令). The equinox of a year is
announced in the February before it, so those of later years are computed and say so.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

_SATURDAY = 5
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """営業日の暦: holidays by date, the days of every year that are closed (MM-DD), and the last day it knows."""

    holidays: frozenset[date]
    closures: frozenset[str]
    last_on: date

    def is_business_day(self, day: date) -> bool:
        """営業日か: a weekday that is no holiday and on which banks are open."""
        return day.weekday() < _SATURDAY and day not in self.holidays and f"{day:%m-%d}" not in self.closures

    def later(self, day: date, days: int) -> date:
        """何営業日後: so many business days after a day, before it when negative; the day itself for none."""
        step = _DAY if days > 0 else -_DAY
        for _ in range(abs(days)):
            day += step
            while not self.is_business_day(day):
                day += step
        return day

    def rolled(self, day: date, *, forward: bool) -> date:
        """営業日に寄せる: the day itself, or the next or last business day when it is none."""
        while not self.is_business_day(day):
            day += _DAY if forward else -_DAY
        return day

    def between(self, first: date, last: date) -> int:
        """営業日の数 after a day and up to another."""
        return sum(self.is_business_day(first + _DAY * number) for number in range(1, (last - first).days + 1))


def calendar(text: str, closures: Iterable[str]) -> Calendar:
    """祝日の表を読む: a CSV whose first column 日付 is YYYY-MM-DD. Raises ValueError with the line, in Japanese."""
    found = []
    for number, row in enumerate(csv.reader(text.splitlines()), start=1):
        if not row or (number == 1 and row[0].strip() == "日付"):
            continue
        try:
            found.append(date.fromisoformat(row[0].strip()))
        except ValueError as error:
            raise ValueError(f"{number}行目の日付「{row[0]}」は YYYY-MM-DD の形ではありません") from error
    if not found:
        raise ValueError("祝日が一つもありません")
    last = max(found)
    return Calendar(frozenset(found), frozenset(closures), date(last.year, 12, 31))
