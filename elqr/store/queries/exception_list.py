"""The list of open exceptions (要確認の一覧): counted and read page by page, however many there are.

Payments that no ruling ever named or moved are as their night left them, and are asked without looking for rulings.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, union, union_all

from elqr.store.db.bulk import Columns, read_frame, schema_of
from elqr.store.queries.announced import is_answered
from elqr.store.queries.open_exceptions import Waits, is_waiting
from elqr.store.queries.reports import select_decided
from elqr.store.tables import ledger as t
from elqr.store.tables import reviews as r
from elqr.vocabulary.report_frames import ExceptionRow

_NOW = date.max
_DAY, _YEN = ExceptionRow.PAID_ON, ExceptionRow.SUSPENSE_YEN
_FOUND = (ExceptionRow.PAYMENT_NO, _DAY, ExceptionRow.PAID_YEN, _YEN)
ORDERS: dict[str, tuple[str, bool]] = {
    "no": (ExceptionRow.PAYMENT_NO, False),
    "day": (_DAY, False),
    "newest": (_DAY, True),
    "yen": (ExceptionRow.PAID_YEN, True),
    "least": (ExceptionRow.PAID_YEN, False),
    "held": (_YEN, True),
}
"""並べ方: the column, and whether the largest comes first. Equals are in the order of 受付番号."""


@dataclass(frozen=True, slots=True)
class Procedures:
    """手続の範囲 of payments: codes, and the 納付区分 of those whose notice is unknown."""

    codes: frozenset[str]
    item_nos: frozenset[str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """探す要確認: what is empty or None does not narrow the search. Each of `procedures` narrows it further."""

    payment_no: int | None = None
    outcomes: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    night_on: date | None = None
    least_yen: int | None = None
    most_yen: int | None = None
    procedures: tuple[Procedures, ...] = ()

    def conditions(self, outcome: ColumnElement[str]) -> Iterable[ColumnElement[bool]]:
        """The conditions for a query of decided payments, where `outcome` is why each waits."""
        payment, decision = t.payment.c, t.decision.c
        if self.payment_no is not None:
            yield decision.payment_no == self.payment_no
        if self.outcomes:
            yield outcome.in_(self.outcomes)
        if self.channels:
            yield payment.channel.in_(self.channels)
        if self.night_on is not None:
            decided = t.decided_file.c
            yield payment.file_no.in_(select(decided.file_no).where(decided.night_on == self.night_on.isoformat()))
        if self.least_yen is not None:
            yield payment.paid_yen >= self.least_yen
        if self.most_yen is not None:
            yield payment.paid_yen <= self.most_yen
        for each in self.procedures:
            is_by_item = and_(decision.procedure_code.is_(None), payment.item_no.in_(each.item_nos))
            yield or_(decision.procedure_code.in_(each.codes), is_by_item)


def open_sums(connection: Connection, wanted: Wanted) -> tuple[int, int]:
    """要確認の件数と仮受額 of what is wanted."""
    count = yen = 0
    for part in _parts(connection, wanted):
        rows = part.subquery()
        query = select(func.count(), func.coalesce(func.sum(rows.c[_YEN]), 0)).select_from(rows)
        sums = connection.execute(query).one()
        count, yen = count + int(sums[0]), yen + int(sums[1])
    return count, yen


def open_numbers(connection: Connection, wanted: Wanted, order: str, first: int, most: int) -> list[int]:
    """要確認の受付番号 of one page, in an order of `ORDERS`: at most `most`, from the `first` on (0 is the first)."""
    parts = _parts(connection, wanted)
    rows = (parts[0] if len(parts) == 1 else union_all(*parts)).subquery()
    name, largest_first = ORDERS[order]
    number, column = rows.c[ExceptionRow.PAYMENT_NO], rows.c[name]
    query = select(*(rows.c[name] for name in _FOUND)).order_by(column.desc() if largest_first else column, number)
    page = read_frame(connection, query.limit(most).offset(first), schema_of(_FOUND))
    return list(page[ExceptionRow.PAYMENT_NO])


def nights_that_wait(connection: Connection, most: int) -> list[date]:
    """要確認を探せる夜: the last nights that decided files, the newest first."""
    night = t.decided_file.c.night_on
    query = select(night.label("night_on")).distinct().order_by(night.desc()).limit(most)
    return list(read_frame(connection, query, {"night_on": pl.Date})["night_on"])


def _parts(connection: Connection, wanted: Wanted) -> list[Select[Any]]:
    """要確認の部分: queries of `_FOUND`, of which no two have a payment in common."""
    number, waits = t.decision.c.payment_no, Waits.on(_NOW)
    moved = select(t.posting.c.payment_no).where(t.posting.c.reverses_no.is_not(None))
    touched = number.in_(union(select(r.ruling.c.payment_no), moved))  # one question, with which a query can begin
    exceptions, *others = waits.conditions(connection)
    untouched = and_(is_waiting(), ~touched, ~is_answered(_NOW))
    columns = (column.label(name) for name, column in _columns(t.decision.c.suspense_yen).items())
    query = select(*columns).join(t.payment, t.payment.c.payment_no == number)
    parts: list[Select[Any]] = [query.where(untouched, *wanted.conditions(t.decision.c.outcome))]
    has_any = connection.execute(select(select(r.ruling.c.ruling_no).exists(), moved.exists())).one()
    if any(has_any):
        others = [and_(touched, exceptions), *others]
    for condition in others:
        columns = (column.label(name) for name, column in _columns(waits.suspense_yen).items())
        touched_query = select_decided(*columns).where(condition, waits.is_open, *wanted.conditions(waits.outcome))
        for joined, where in waits.joins:
            touched_query = touched_query.outerjoin(joined, where)
        parts.append(touched_query)
    return parts


def _columns(suspense_yen: ColumnElement[int]) -> Columns:
    return {
        ExceptionRow.PAYMENT_NO: t.decision.c.payment_no,
        _DAY: t.payment.c.paid_on,
        ExceptionRow.PAID_YEN: t.payment.c.paid_yen,
        _YEN: suspense_yen,
    }
