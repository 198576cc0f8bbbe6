"""Queries of reasons not to remind that files state (督促の状況の照会)."""

from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import Connection, and_, select

from elqr.store.db.bulk import read_frame, select_named, stage_rows
from elqr.store.queries.reports import file_name
from elqr.store.queries.retractions import numbers_taken_back
from elqr.store.tables import ledger as t
from elqr.store.tables.claim_files import claim_file, reminder_status
from elqr.vocabulary.claim_frames import NamedStatus, StatusContent
from elqr.vocabulary.ruling_terms import RetractionKind


def known_statuses(connection: Connection, rows: pl.DataFrame) -> pl.DataFrame:
    """同じ記録の行 as those of a file (frame StatusContent), all in the ledger: frame StatusContent."""
    status, identity = reminder_status.c, list(StatusContent.IDENTITY)
    with stage_rows(connection, rows.select(identity).unique()) as staged:
        is_same = and_(*(status[name] == staged.c[name] for name in identity))
        query = select(*(status[name] for name in StatusContent.SCHEMA)).join(staged, is_same)
        return read_frame(connection, query, StatusContent.SCHEMA)


def statuses_by(connection: Connection, night: date) -> pl.DataFrame:
    """その夜までに受けた状況 that nobody took back by then, in order: frame NamedStatus."""
    status, file = reminder_status.c, claim_file.c
    columns: dict[str, Any] = {name: status[name] for name in NamedStatus.SCHEMA if name in status}
    query = (
        select_named(columns | {NamedStatus.FILE_NAME: file_name()})
        .select_from(reminder_status)
        .join(claim_file, file.file_no == status.file_no)
        .join(t.file, t.file.c.file_no == status.file_no)
        .where(file.night_on <= night.isoformat())
        .where(status.status_no.not_in(numbers_taken_back(RetractionKind.STATUS, night)))
        .order_by(status.status_no)
    )
    return read_frame(connection, query, NamedStatus.SCHEMA)


def statuses_of_file(connection: Connection, file_no: int) -> pl.DataFrame:
    """督促の状況の行 of a file: frame StatusContent."""
    status = reminder_status.c
    query = select(*(status[name] for name in StatusContent.SCHEMA)).where(status.file_no == file_no)
    return read_frame(connection, query, StatusContent.SCHEMA)
