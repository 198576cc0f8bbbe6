"""Questions and entries about files that were held back (取込保留の照会と記帳): which still matter, who gave one up."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select

from elqr.store import held_tables as h
from elqr.store import tables as t
from elqr.store.bulk import next_no, read_frame
from elqr.terms import FileStatus, RulingResult

_NAMES_A_DAY = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
"""A file name with a day in it names one file; others come again under the same name with another content."""

_HELD = dict.fromkeys(("name", "sha256", "spec"), pl.String) | {
    "delivery_no": pl.Int64,
    "night_on": pl.Date,
    "succeeded_no": pl.Int64,
}


def held(connection: Connection, night: date) -> pl.DataFrame:
    """残っている取込保留 up to a night: name, sha256, spec, delivery_no, night_on; each content once, oldest first.

    Over when the content was taken in, when two people gave it up, or when the file of that name and day came whole.
    """
    day, own = night.isoformat(), t.delivery.c
    later = t.delivery.alias("later")
    whole = [FileStatus.ACCEPTED.value, FileStatus.REDELIVERED.value]
    succeeded = (
        select(func.max(later.c.delivery_no))
        .where(later.c.name == own.name, later.c.status.in_(whole), later.c.night_on <= day)
        .scalar_subquery()
    )
    query = (
        select(own.name, own.sha256, own.spec, own.delivery_no, own.night_on, succeeded)
        .where(own.status == FileStatus.QUARANTINED.value, own.night_on <= day, ~_is_over(day))
        .order_by(own.delivery_no)
    )
    rows = read_frame(connection, query, _HELD)
    came_whole = pl.col("name").str.contains(_NAMES_A_DAY) & (pl.col("succeeded_no") > pl.col("delivery_no"))
    over = rows.filter(came_whole.fill_null(False))
    return (
        rows.join(over, on="sha256", how="anti", maintain_order="left")
        .unique("sha256", keep="first", maintain_order=True)
        .drop("succeeded_no")
    )


def _is_over(day: str) -> ColumnElement[bool]:
    """The content of a delivery was taken in, or given up by two people."""
    sha256 = t.delivery.c.sha256
    given_up = exists().where(_gives_up(sha256, day))
    return or_(exists().where(t.file.c.sha256 == sha256), exists().where(t.notice_file.c.sha256 == sha256), given_up)


def _gives_up(sha256: object, day: str) -> ColumnElement[bool]:
    step = h.waiver_step.c
    is_approved = and_(step.result == RulingResult.APPROVED.value, step.night_on <= day)
    return and_(h.waiver.c.sha256 == sha256, step.waiver_no == h.waiver.c.waiver_no, is_approved)


def is_given_up(connection: Connection, sha256: str, night: date) -> bool:
    """あきらめた中身か, up to a night."""
    query = select(h.waiver.c.waiver_no).where(_gives_up(sha256, night.isoformat())).limit(1)
    return connection.execute(query).first() is not None


def came_whole(connection: Connection, night: date, names: Sequence[str]) -> list[tuple[str, str, int]]:
    """届いて取り込んだもの under these names up to a night: name, SHA-256, and its place among 受信.

    A notice file has no number of 受信: it stands after all of the nights before and of its own.
    """
    day, own, file = night.isoformat(), t.delivery.c, t.notice_file.c
    whole = [FileStatus.ACCEPTED.value, FileStatus.REDELIVERED.value]
    delivered = select(own.name, own.sha256, own.delivery_no).where(own.status.in_(whole), own.name.in_(names))
    upto = (
        select(func.coalesce(func.max(own.delivery_no), 0) + 1).where(own.night_on <= file.night_on).scalar_subquery()
    )
    imported = select(file.name, file.sha256, upto).where(file.name.in_(names), file.night_on <= day)
    queries = (delivered.where(own.night_on <= day), imported)
    return [tuple(row) for query in queries if names for row in connection.execute(query)]


def waivers(connection: Connection) -> list[dict[str, Any]]:
    """あきらめの申請, in order, with the step that ended each."""
    step = h.waiver_step.c
    ended = (step.result, step.taken_at, step.taken_by, step.reason.label("because"), step.night_on.label("ended_on"))
    query = (
        select(h.waiver, *ended)
        .outerjoin(h.waiver_step, step.waiver_no == h.waiver.c.waiver_no)
        .order_by(h.waiver.c.waiver_no)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def enter_waiver(connection: Connection, row: Mapping[str, object]) -> int:
    """あきらめの申請を記す; returns its number."""
    number = next_no(connection, h.waiver.c.waiver_no)
    connection.execute(insert(h.waiver).values(waiver_no=number, **row))
    return number


def enter_step(connection: Connection, row: Mapping[str, object]) -> None:
    """承認・却下を記す."""
    connection.execute(insert(h.waiver_step).values(**row))
