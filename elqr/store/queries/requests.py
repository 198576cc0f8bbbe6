"""Requests (申請), which one person makes and another ends: each kind has a table of requests and one of ends."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, insert, select

from elqr.store.db.bulk import next_no
from elqr.store.queries.seats import asking_seat, ending_seat
from elqr.store.tables import arrears, held_files, money, months, refused_rows, retractions, reviews, typed_batches


@dataclass(frozen=True, slots=True)
class RequestKind:
    """申請の種類: the table of its requests, and the table of the step that ends each.

    `on` and `because` are the step's columns for its day and reason. `more`: further columns of the step,
    as the request's row says them.
    """

    asked: Table
    step: Table
    on: str = "night_on"
    because: str = "reason"
    more: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of this kind in the chain of runs."""
        return str(self.asked.name)

    @property
    def number(self) -> Column[Any]:
        """申請番号: the column of the request's number."""
        return next(iter(self.asked.primary_key.columns))


REVIEW = RequestKind(reviews.review, reviews.review_step)
DIFFERENCE = RequestKind(money.difference, money.difference_step, more=("settlement_no",))
MONTH_CLOSE = RequestKind(months.month_close, months.month_close_step, more=("month",))
ARREARS = RequestKind(arrears.arrears_request, arrears.arrears_step)
WAIVER = RequestKind(held_files.waiver, held_files.waiver_step)
GIVE_UP = RequestKind(refused_rows.notice_give_up, refused_rows.notice_give_up_step, "ended_on", "because")
RETRACTION = RequestKind(retractions.retraction, retractions.retraction_step)
BATCH = RequestKind(typed_batches.typed_batch, typed_batches.typed_batch_step)
KINDS = (REVIEW, DIFFERENCE, MONTH_CLOSE, ARREARS, WAIVER, GIVE_UP, RETRACTION, BATCH)


def requests_with(kind: RequestKind, *columns: ColumnElement[Any]) -> Select[Any]:
    """申請 in order: its row and the step that ended it: result (null while it waits), ended_on, taken_…, because.

    `asked_seat` and `taken_seat` say from which account and machine (elqr/store/queries/seats.py).
    """
    step = kind.step.c
    further = (step[name] for name in kind.more if name not in kind.asked.c)
    when, why = step[kind.on].label("ended_on"), step[kind.because].label("because")
    seats = (
        asking_seat(kind.name, kind.number).label("asked_seat"),
        ending_seat(kind.name, kind.number, step.taken_by).label("taken_seat"),
    )
    ended = (step.result, *further, when, step.taken_at, step.taken_by, why, *seats)
    query = select(*kind.asked.c, *columns, *ended).outerjoin(kind.step, step[kind.number.name] == kind.number)
    return query.order_by(kind.number)


def requests(connection: Connection, kind: RequestKind, *conditions: ColumnElement[bool]) -> list[dict[str, Any]]:
    """申請 of a kind that meet the conditions, in order; keys as in `requests_with`."""
    return [dict(row) for row in connection.execute(requests_with(kind).where(*conditions)).mappings()]


def enter_request(connection: Connection, kind: RequestKind, row: Mapping[str, object]) -> dict[str, Any]:
    """申請を記す. Returns its row with its number."""
    numbered_row = {kind.number.name: next_no(connection, kind.number), **row}
    connection.execute(insert(kind.asked).values(**numbered_row))
    return numbered_row


def enter_end(connection: Connection, kind: RequestKind, row: Mapping[str, object]) -> None:
    """承認・却下を記す: how a request ended."""
    connection.execute(insert(kind.step).values(**row))
