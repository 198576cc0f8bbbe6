"""Questions and entries about records that are taken back (記録の取り消しの照会と記帳)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, insert, select

from elqr.store import retraction_tables as r
from elqr.store.bulk import next_no
from elqr.terms import RetractionKind, RulingResult


def _approved(kind: RetractionKind, until: date | None) -> ColumnElement[bool]:
    step = r.retraction_step.c
    is_approved = and_(
        r.retraction.c.kind == kind.value,
        step.retraction_no == r.retraction.c.retraction_no,
        step.result == RulingResult.APPROVED.value,
    )
    return is_approved if until is None else and_(is_approved, step.night_on <= until.isoformat())


def is_taken_back(kind: RetractionKind, number: ColumnElement[int], until: date | None = None) -> ColumnElement[bool]:
    """取り消されているか: whether two people have taken a record back, up to a night."""
    return exists().where(r.retraction.c.number == number, _approved(kind, until))


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


def retractions_approved(connection: Connection, kind: RetractionKind) -> list[dict[str, Any]]:
    """取り消された記録 of a kind, in order, with who asked and who approved."""
    query = _requests().where(r.retraction.c.kind == kind.value)
    query = query.where(r.retraction_step.c.result == RulingResult.APPROVED.value)
    return [dict(row) for row in connection.execute(query).mappings()]


def enter_retraction(connection: Connection, row: Mapping[str, object]) -> int:
    """取り消しの申請を記す; returns its number."""
    number = next_no(connection, r.retraction.c.retraction_no)
    connection.execute(insert(r.retraction).values(retraction_no=number, **row))
    return number


def enter_retraction_step(connection: Connection, row: Mapping[str, object]) -> None:
    """承認・却下を記す."""
    connection.execute(insert(r.retraction_step).values(**row))
