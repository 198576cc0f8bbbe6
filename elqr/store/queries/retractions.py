"""Queries on records that are taken back (記録の取り消しの照会)."""

from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, and_, func, or_, select
from sqlalchemy.sql import ColumnElement

from elqr.store.db.bulk import read_frame
from elqr.store.queries.chain import night_before
from elqr.store.queries.requests import RETRACTION, requests
from elqr.store.queries.seats import asking_seat, ending_seat
from elqr.store.tables import retractions as r
from elqr.vocabulary.report_frames import RetractionRecord
from elqr.vocabulary.ruling_terms import RetractionKind, RulingResult


def _is_approved(kind: RetractionKind, until: date | None) -> ColumnElement[bool]:
    step = r.retraction_step.c
    is_approved = and_(
        r.retraction.c.kind == kind.value,
        step.retraction_no == r.retraction.c.retraction_no,
        step.result == RulingResult.APPROVED.value,
    )
    return is_approved if until is None else and_(is_approved, step.night_on <= until.isoformat())


def numbers_taken_back(kind: RetractionKind, until: date | None = None) -> Select[tuple[int]]:
    """取り消されたものの番号: numbers of a kind, up to a night."""
    return select(r.retraction.c.number).where(_is_approved(kind, until))


def taken_back_on(kind: RetractionKind, number: ColumnElement[int]) -> ColumnElement[Any]:
    """取り消しを承認した夜 of a record of a query, or null."""
    is_taken_back = and_(_is_approved(kind, None), r.retraction.c.number == number)
    query = select(func.max(r.retraction_step.c.night_on)).where(is_taken_back)
    return query.correlate_except(r.retraction, r.retraction_step).scalar_subquery()


def retractions_of(connection: Connection, kind: RetractionKind, number: int) -> list[dict[str, Any]]:
    """一つの記録の取り消しの申請, in order."""
    retraction = r.retraction.c
    return requests(connection, RETRACTION, retraction.kind == kind.value, retraction.number == number)


def retractions_waiting(connection: Connection, kind: RetractionKind) -> list[dict[str, Any]]:
    """承認を待つ取り消しの申請 of a kind, in order."""
    return [row for row in _requests_of_kind(connection, kind) if row["result"] is None]


def retractions_approved(connection: Connection, kind: RetractionKind) -> list[dict[str, Any]]:
    """取り消された記録 of a kind: the approved requests, in order."""
    return [row for row in _requests_of_kind(connection, kind) if row["result"] == RulingResult.APPROVED.value]


def _requests_of_kind(connection: Connection, kind: RetractionKind) -> list[dict[str, Any]]:
    return requests(connection, RETRACTION, r.retraction.c.kind == kind.value)


def retractions_in(connection: Connection, night: date) -> pl.DataFrame:
    """取り消し一覧 of a night: frame RetractionRecord of requests that wait at its end, or ended since the last.

    `result` is as of the night.
    """
    retraction, step, day = r.retraction.c, r.retraction_step.c, night.isoformat()
    by_then = and_(step.retraction_no == retraction.retraction_no, step.night_on <= day)
    of_step = (RetractionRecord.RESULT, RetractionRecord.TAKEN_BY, RetractionRecord.TAKEN_AT)
    is_new = or_(step.night_on.is_(None), step.night_on >= night_before(connection, night))
    number = retraction.retraction_no
    seats: dict[str, ColumnElement[str]] = {
        RetractionRecord.ASKED_SEAT: asking_seat("retraction", number),
        RetractionRecord.TAKEN_SEAT: ending_seat("retraction", number, step.taken_by),
    }
    query = (
        select(
            *(
                seats[name].label(name) if name in seats else (step if name in of_step else retraction)[name]
                for name in RetractionRecord.SCHEMA
            )
        )
        .outerjoin(r.retraction_step, by_then)
        .where(retraction.night_on <= day, is_new)
        .order_by(retraction.retraction_no)
    )
    return read_frame(connection, query, RetractionRecord.SCHEMA)
