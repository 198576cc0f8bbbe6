"""Questions and entries about records that are taken back (記録の取り消しの照会と記帳)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, and_, insert, or_, select
from sqlalchemy.sql import ColumnElement

from elqr.store.db.bulk import next_no, read_frame, select_named
from elqr.store.tables import retractions as r
from elqr.vocabulary.terms import RetractionKind, RulingResult


def _approved(kind: RetractionKind, until: date | None) -> ColumnElement[bool]:
    step = r.retraction_step.c
    is_approved = and_(
        r.retraction.c.kind == kind.value,
        step.retraction_no == r.retraction.c.retraction_no,
        step.result == RulingResult.APPROVED.value,
    )
    return is_approved if until is None else and_(is_approved, step.night_on <= until.isoformat())


def numbers_taken_back(kind: RetractionKind, until: date | None = None) -> Select[tuple[int]]:
    """取り消されたものの番号 of a kind, up to a night."""
    return select(r.retraction.c.number).where(_approved(kind, until))


def _requests() -> Select[Any]:
    step = r.retraction_step.c
    ended = (step.result, step.night_on.label("ended_on"), step.taken_at, step.taken_by, step.reason.label("because"))
    whole = select(*r.retraction.c, *ended).outerjoin(
        r.retraction_step, step.retraction_no == r.retraction.c.retraction_no
    )
    return whole.order_by(r.retraction.c.retraction_no)


def retractions(connection: Connection) -> list[dict[str, Any]]:
    """取り消しの申請, all of them, in order, with the step that ended each."""
    return [dict(row) for row in connection.execute(_requests()).mappings()]


def retraction(connection: Connection, retraction_no: int) -> dict[str, Any] | None:
    """取り消しの申請 by its number."""
    row = connection.execute(_requests().where(r.retraction.c.retraction_no == retraction_no)).mappings().first()
    return dict(row) if row else None


def retractions_of(connection: Connection, kind: RetractionKind, number: int) -> list[dict[str, Any]]:
    """一つの記録の取り消しの申請, in order."""
    query = _requests().where(r.retraction.c.kind == kind.value, r.retraction.c.number == number)
    return [dict(row) for row in connection.execute(query).mappings()]


def retractions_waiting(connection: Connection, kind: RetractionKind) -> list[dict[str, Any]]:
    """承認を待つ取り消しの申請 of a kind, in order."""
    query = _requests().where(r.retraction.c.kind == kind.value, r.retraction_step.c.result.is_(None))
    return [dict(row) for row in connection.execute(query).mappings()]


def retractions_approved(connection: Connection, kind: RetractionKind) -> list[dict[str, Any]]:
    """取り消された記録 of a kind, in order, with who asked and who approved."""
    query = _requests().where(r.retraction.c.kind == kind.value)
    query = query.where(r.retraction_step.c.result == RulingResult.APPROVED.value)
    return [dict(row) for row in connection.execute(query).mappings()]


def retractions_in(connection: Connection, night: date) -> pl.DataFrame:
    """取り消し一覧 of a night: asked for up to it and waiting at its end, or ended on it; `result` as of the night."""
    asked, step, day = r.retraction.c, r.retraction_step.c, night.isoformat()
    by_then = and_(step.retraction_no == asked.retraction_no, step.night_on <= day)
    columns = {
        "retraction_no": (asked.retraction_no, pl.Int64),
        **{name: (asked[name], pl.String) for name in ("kind", "subject", "reason", "asked_by", "asked_at")},
        **{name: (step[name], pl.String) for name in ("result", "taken_by", "taken_at")},
    }
    query = (
        select_named({name: column for name, (column, _) in columns.items()})
        .outerjoin(r.retraction_step, by_then)
        .where(asked.night_on <= day, or_(step.night_on.is_(None), step.night_on == day))
        .order_by(asked.retraction_no)
    )
    return read_frame(connection, query, {name: dtype for name, (_, dtype) in columns.items()})


def enter_retraction(connection: Connection, row: Mapping[str, object]) -> int:
    """取り消しの申請を記す; returns its number."""
    number = next_no(connection, r.retraction.c.retraction_no)
    connection.execute(insert(r.retraction).values(retraction_no=number, **row))
    return number


def enter_retraction_step(connection: Connection, row: Mapping[str, object]) -> None:
    """承認・却下を記す: how a request ended."""
    connection.execute(insert(r.retraction_step).values(**row))
