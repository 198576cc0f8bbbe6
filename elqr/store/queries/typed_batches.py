"""Queries on batches that were typed by hand (手で打った束の照会): what two people confirmed, and what still waits."""

from collections.abc import Collection
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from elqr.store.db.bulk import stage_rows
from elqr.store.queries.requests import BATCH, requests_with
from elqr.store.queries.retractions import numbers_taken_back
from elqr.store.tables import ledger as t
from elqr.store.tables import typed_batches as b
from elqr.vocabulary.codes import Code
from elqr.vocabulary.frames import PaymentContent
from elqr.vocabulary.ruling_terms import RetractionKind, RulingResult
from elqr.vocabulary.terms import FileStatus


def _is_approved(night: date) -> ColumnElement[bool]:
    batch_no, step = b.typed_batch.c.batch_no, b.typed_batch_step.alias("approval").c
    is_approved = exists().where(
        step.batch_no == batch_no, step.result == RulingResult.APPROVED.value, step.night_on <= night.isoformat()
    )
    return and_(is_approved, batch_no.not_in(numbers_taken_back(RetractionKind.BATCH, night)))


def _is_taken_in(night: date) -> ColumnElement[bool]:
    delivery = t.delivery.c
    return exists().where(
        delivery.sha256 == b.typed_batch.c.sha256,
        delivery.status == FileStatus.ACCEPTED.value,
        delivery.night_on <= night.isoformat(),
    )


def is_confirmed(connection: Connection, sha256: str, sums: tuple[int, int], night: date) -> bool:
    """二人が確かめたか: whether a content with this count and yen was approved up to a night."""
    batch = b.typed_batch.c
    is_same = and_(batch.sha256 == sha256, batch.payments == sums[0], batch.yen == sums[1])
    return connection.execute(select(batch.batch_no).where(is_same, _is_approved(night))).first() is not None


def open_batches(connection: Connection, night: date) -> list[dict[str, Any]]:
    """まだ取り込んでいない束 as of a night, in order: rows of `requests_with`, and `is_approved`.

    Those that were refused, or whose approval was taken back, are over.
    """
    batch, step = b.typed_batch.c, b.typed_batch_step.c
    waits = or_(step.batch_no.is_(None), step.night_on > night.isoformat())
    is_approved = _is_approved(night)
    query = requests_with(BATCH, is_approved.label("is_approved")).where(
        batch.night_on <= night.isoformat(), or_(waits, is_approved), ~_is_taken_in(night)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def unconfirmed_sums(connection: Connection, deliveries: Collection[int]) -> dict[int, str]:
    """確認を待って保留した受信: the sums in words of those deliveries that were held back only for that."""
    finding = t.delivery_finding.c
    query = select(finding.delivery_no, finding.actual).where(
        finding.delivery_no.in_(list(deliveries)), finding.code == Code.UNCONFIRMED.value
    )
    return {number: sums for number, sums in connection.execute(query)}


def known_identities(connection: Connection, identities: pl.Series) -> list[str]:
    """前にある識別: those of `identities` that a payment of the ledger has, in order."""
    known = t.payment_identity.c.identity
    with stage_rows(connection, pl.DataFrame({PaymentContent.IDENTITY: identities.unique()})) as staged:
        query = select(known).join(staged, staged.c.identity == known).distinct().order_by(known)
        return list(connection.execute(query).scalars())


def all_batches(connection: Connection) -> list[dict[str, Any]]:
    """すべての束 in order: rows of `requests_with`, and `is_taken_in` and `is_undone`."""
    undone = b.typed_batch.c.batch_no.in_(numbers_taken_back(RetractionKind.BATCH))
    query = requests_with(BATCH, _is_taken_in(date.max).label("is_taken_in"), undone.label("is_undone"))
    return [dict(row) for row in connection.execute(query).mappings()]


def batch_numbered(connection: Connection, batch_no: int) -> dict[str, Any] | None:
    """一つの束 by the number of its request, as of `all_batches`."""
    return next((row for row in all_batches(connection) if row["batch_no"] == batch_no), None)


def accepted_deliveries(connection: Connection, specs: Collection[str]) -> list[dict[str, Any]]:
    """取り込んだ受信 of files of these formats, in order."""
    delivery = t.delivery.c
    query = select(*delivery).where(delivery.status == FileStatus.ACCEPTED.value, delivery.spec.in_(list(specs)))
    return [dict(row) for row in connection.execute(query.order_by(delivery.delivery_no)).mappings()]
