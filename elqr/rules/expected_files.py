"""Expected files (到着予定): which files should have come by a night, and which came.

Pure. A delivered file fills the expectation of its own day, else the oldest open one; else it is unexpected. Files that
are held back or were delivered before fill none. A file is missing until it comes, or until the job says that it never
will.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal, Self

import polars as pl
from pydantic import Field, model_validator

from elqr.arithmetic.business_day import Calendar
from elqr.vocabulary.arrival_frames import Arriving, DeliveredFile
from elqr.vocabulary.strict import Strict, WrittenDay
from elqr.vocabulary.terms import ArrivalState

_WEEKDAYS = "月火水木金土日"
_DAY, _NUMBER = "day", "no"


class Arrival(Strict):
    """到着予定 of one kind of file: when they come, how many, and how they are numbered.

    `files` is a regular expression for the whole file name. Its group `day` (YYYYMMDD) is the file's day, and the file
    is due `after_days` business days later. Its group `no` is a number that rises by one and starts again after
    `last_no`.
    """

    name: str = Field(min_length=1)
    specs: tuple[str, ...] = ()
    files: str = ""
    every: Literal["営業日", "毎日", "週", "月"] = "営業日"
    weekdays: tuple[Literal["月", "火", "水", "木", "金", "土", "日"], ...] = ()
    month_days: tuple[int, ...] = ()
    roll: Literal["翌営業日", "前営業日", "そのまま"] = "翌営業日"
    after_days: int = Field(default=0, ge=0, le=60)
    early_days: int = Field(default=0, ge=0, le=60)
    grace_days: int = Field(default=0, ge=0, le=60)
    count: int = Field(default=1, ge=1, le=10_000)
    last_no: int | None = Field(default=None, ge=2, le=999_999)
    since: WrittenDay
    until: WrittenDay | None = None
    skipped: tuple[WrittenDay, ...] = ()

    @model_validator(mode="after")
    def _check_settings(self) -> Self:
        if not self.specs and not self.files:
            raise ValueError(f"到着予定「{self.name}」: 様式（specs）かファイル名（files）を書いてください")
        if (self.every == "週") != bool(self.weekdays) or (self.every == "月") != bool(self.month_days):
            raise ValueError(
                f"到着予定「{self.name}」: every が 週 なら weekdays を、月 なら month_days を書いてください"
            )
        if not all(1 <= day <= 31 for day in self.month_days):
            raise ValueError(f"到着予定「{self.name}」: month_days は 1〜31 です（31 は末日）")
        try:
            groups = re.compile(self.files).groupindex
        except (re.error, RecursionError, OverflowError) as error:
            raise ValueError(f"到着予定「{self.name}」: files は正規表現として読めません（{error}）") from error
        try:
            pl.Series([""]).str.contains(self._whole)
        except pl.exceptions.PolarsError as error:
            raise ValueError(
                f"到着予定「{self.name}」: files の正規表現が大きすぎるか、前後の条件や後方参照を使っています。"
                "文字と繰り返しだけで書いてください"
            ) from error
        if (self.last_no is not None) != (_NUMBER in groups):
            raise ValueError(
                f"到着予定「{self.name}」: 連番を見るには files の (?P<no>…) と last_no の両方を書いてください"
            )
        return self

    @property
    def names_days(self) -> bool:
        """ファイル名に日があるか: whether the file names contain their day."""
        return _DAY in re.compile(self.files).groupindex

    @property
    def _whole(self) -> str:
        return rf"\A(?:{self.files or '(?s:.*)'})\z"

    def of(self, delivered: pl.DataFrame) -> "list[_Delivered]":
        """この予定のファイル: those of `delivered` (frame DeliveredFile) that match, from `since` on.

        polars matches names in linear time, whatever expression the job has.
        """
        name = pl.col(DeliveredFile.FILE_NAME)
        rows = delivered.filter(name.str.contains(self._whole), pl.col(DeliveredFile.NIGHT_ON) >= self.since)
        if self.specs:
            rows = rows.filter(pl.col(DeliveredFile.SPEC).is_in(self.specs))
        files = [
            rows.select(name.str.extract_groups(self._whole).struct.field(group)).to_series()
            if group in re.compile(self.files).groupindex
            else [None] * rows.height
            for group in (_DAY, _NUMBER)
        ]
        return list(zip(*files, rows[DeliveredFile.FILE_NAME], rows[DeliveredFile.NIGHT_ON], strict=True))

    def days(self, night: date, calendar: Calendar) -> list[date]:
        """予定日 up to a night, without the days that the job skips."""
        last = min(night, self.until or night)
        calendar_days = (self.since + timedelta(number) for number in range((last - self.since).days + 32))
        days = {self._roll(day, calendar) for day in calendar_days if self._is_due(day, calendar)}
        return sorted(day for day in days if self.since <= day <= last and day not in self.skipped)

    def _is_due(self, day: date, calendar: Calendar) -> bool:
        if self.every == "営業日":
            return calendar.is_business_day(day)
        if self.every == "週":
            return _WEEKDAYS[day.weekday()] in self.weekdays
        is_last = (day + timedelta(1)).day == 1
        return self.every == "毎日" or day.day in self.month_days or (is_last and day.day < max(self.month_days))

    def _roll(self, day: date, calendar: Calendar) -> date:
        if self.roll == "そのまま" or self.every in ("営業日", "毎日"):
            return day
        return calendar.rolled(day, forward=self.roll == "翌営業日")


@dataclass(slots=True)
class _Slot:
    """一日の予定: the files due on one day, and those that came for it."""

    due_on: date
    limit_on: date
    count: int
    files: list[str] = field(default_factory=list)
    nights: list[date] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return len(self.files) < self.count

    def state(self, night: date) -> ArrivalState:
        if not self.is_open:
            return ArrivalState.ARRIVED if max(self.nights) <= self.limit_on else ArrivalState.LATE
        if night < self.limit_on:
            return ArrivalState.AWAITED
        return ArrivalState.SHORT if self.files else ArrivalState.MISSING


def check_arrivals(
    arrivals: Iterable[Arrival], delivered: pl.DataFrame, night: date, calendar: Calendar
) -> pl.DataFrame:
    """到着の状況 as of a night: frame Arriving of all that is open, and of what was due or came on this night.

    `delivered` (frame DeliveredFile) are all files taken in up to the night, in the order of their delivery.
    """
    rows = []
    for arrival in arrivals:
        files = arrival.of(delivered)
        rows += list(_states(arrival, files, night, calendar))
        rows += list(_sequence_breaks(arrival, files, night))
    return pl.DataFrame(rows, schema=Arriving.SCHEMA, orient="row")


_Delivered = tuple[str | None, str | None, str, date]
"""A file's day and number, as its name gives them (None where the job expects none), its name, and its night."""
_Row = tuple[str, date, date, str, int, int, str, date | None]


def _states(arrival: Arrival, delivered: Sequence[_Delivered], night: date, calendar: Calendar) -> Iterator[_Row]:
    """予定日ごとの状況, and the files that came on this night unexpectedly."""
    last_due_on = calendar.later(night, arrival.early_days)
    slots = {
        day: _Slot(day, calendar.later(day, arrival.grace_days), arrival.count)
        for day in arrival.days(last_due_on, calendar)
    }
    unexpected = []
    for day_text, _, name, on in delivered:
        slot = _slot_for(arrival, day_text, on, slots, calendar)
        if slot is None:
            unexpected.append((name, on))
            continue
        slot.files.append(name)
        slot.nights.append(on)
    for slot in slots.values():
        if slot.due_on > night and not slot.files:
            continue
        if slot.is_open or slot.due_on == night or night in slot.nights:
            came_on = max(slot.nights) if slot.nights else None
            state = slot.state(night).value
            files = "、".join(slot.files)
            yield arrival.name, slot.due_on, slot.limit_on, state, len(slot.files), slot.count, files, came_on
    for name, on in unexpected:
        if on == night:
            yield arrival.name, on, on, ArrivalState.UNEXPECTED.value, 1, 0, name, on


def _slot_for(
    arrival: Arrival, day_text: str | None, on: date, slots: dict[date, _Slot], calendar: Calendar
) -> _Slot | None:
    """どの予定のファイルか: by the day in its name; without one, its night, else the oldest open or an early one."""
    if arrival.names_days:
        try:
            day = datetime.strptime(day_text or "", "%Y%m%d").date()
            slot = slots.get(calendar.later(day, arrival.after_days))
        except (ValueError, OverflowError):
            return None
        return slot if slot is not None and slot.is_open else None
    slot = slots.get(on)
    if slot is not None and slot.is_open:
        return slot
    last = calendar.later(on, arrival.early_days)
    return next((slot for slot in slots.values() if slot.is_open and slot.due_on <= last), None)


def _sequence_breaks(arrival: Arrival, delivered: Sequence[_Delivered], night: date) -> Iterator[_Row]:
    """連番の乱れ: numbers missing as of a night, and files whose number on this night came before or is too low."""
    if arrival.last_no is None:
        return
    missing: dict[int, tuple[str, date]] = {}
    last: int | None = None
    for _, number_text, name, on in delivered:
        if not (number_text and number_text.isdecimal()):
            continue
        number = int(number_text)
        step = 1 if last is None else (number - last) % arrival.last_no
        if number in missing:
            del missing[number]
            continue
        if step == 0 or step > arrival.last_no // 2:
            if on == night:
                yield _out_of_sequence(arrival, f"{name}（連番 {number}。前は {last}）", on)
            continue
        for skipped in range(1, step):
            missing[(int(last or 0) + skipped - 1) % arrival.last_no + 1] = (name, on)
        last = number
    for number, (name, on) in missing.items():
        yield _out_of_sequence(arrival, f"連番 {number} がない（{name} の前）", on)


def _out_of_sequence(arrival: Arrival, detail: str, on: date) -> _Row:
    return arrival.name, on, on, ArrivalState.OUT_OF_SEQUENCE.value, 0, 1, detail, on
