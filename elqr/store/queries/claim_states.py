"""Queries of claim states (調定データの行の照会): what claim files have said of claims."""

from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, and_, exists, func, select
from sqlalchemy.sql import ColumnElement

from elqr.rules.row_checks import ASSESSMENT_KEY
from elqr.store.db.bulk import read_frame, select_named, stage_rows
from elqr.store.queries.owed import owed_items
from elqr.store.tables import ledger as t
from elqr.store.tables.claim_files import claim_file, claim_state
from elqr.vocabulary.claim_frames import ClaimState, ClaimStateContent, DatedState, StatedClaim
from elqr.vocabulary.frames import Claim, ClaimKey


def states_of_assessments(connection: Connection, keys: pl.DataFrame) -> pl.DataFrame:
    """調定データの行 of the assessments of claims (columns of ClaimKey): frame ClaimStateContent, all in the ledger."""
    state, claim = claim_state.c, t.claim.c
    columns: dict[str, ColumnElement[Any]] = {
        name: claim[name] if name in ClaimKey.SCHEMA else state[name] for name in ClaimStateContent.SCHEMA
    }
    with stage_rows(connection, keys.select(ASSESSMENT_KEY).unique()) as staged:
        is_same = and_(*(claim[name] == staged.c[name] for name in ASSESSMENT_KEY))
        query = select_named(columns).select_from(t.claim).join(staged, is_same)
        query = query.join(claim_state, state.claim_no == claim.claim_no)
        return read_frame(connection, query, ClaimStateContent.SCHEMA)


def stated(column: str, claim_no: ColumnElement[int], night: ColumnElement[Any]) -> ColumnElement[Any]:
    """調定データの値 of a claim of a query: a column of ClaimState by a night, or null if no file names the claim."""
    state, file = claim_state.alias("said_state"), claim_file.alias("said_file")
    query = select(state.c[column]).join(file, file.c.file_no == state.c.file_no)
    query = query.where(state.c.claim_no == claim_no, file.c.night_on <= night)
    return query.order_by(state.c.state_no.desc()).limit(1).correlate_except(state, file).scalar_subquery()


def select_states() -> Select[Any]:
    """調定データの行: a query of frame DatedState, to which the caller adds which claims."""
    columns: dict[str, ColumnElement[Any]] = {name: claim_state.c[name] for name in ClaimState.SCHEMA}
    columns |= {DatedState.NIGHT_ON: claim_file.c.night_on, DatedState.NOTICES_UPTO: claim_file.c.notices_upto}
    query = select_named(columns).select_from(claim_state)
    return query.join(claim_file, claim_file.c.file_no == claim_state.c.file_no)


def select_stated_claims() -> Select[Any]:
    """調定データのある調定: a query of frame StatedClaim, to which the caller adds which claims."""
    claim = t.claim.c
    columns: dict[str, ColumnElement[Any]] = {name: claim[name] for name in StatedClaim.SCHEMA if name in claim}
    columns |= owed_items()
    query = select_named({name: columns[name] for name in StatedClaim.SCHEMA}).select_from(t.claim)
    return query.where(is_stated())


def is_stated() -> ColumnElement[bool]:
    """調定データの行のある調定か, of the claim of a query."""
    return exists().where(claim_state.c.claim_no == t.claim.c.claim_no).correlate(t.claim)


def states_of(connection: Connection, claims: pl.DataFrame) -> pl.DataFrame:
    """調定データの行 of claims (claim_no): frame DatedState."""
    with stage_rows(connection, claims.select(Claim.CLAIM_NO).unique()) as staged:
        query = select_states().join(staged, staged.c.claim_no == claim_state.c.claim_no)
        return read_frame(connection, query, DatedState.SCHEMA)


def claims_of_keys(connection: Connection, keys: pl.DataFrame) -> pl.DataFrame:
    """登録済の調定 of columns of ClaimKey: frame Claim."""
    with stage_rows(connection, keys.select(*ClaimKey.SCHEMA).unique()) as staged:
        is_same = and_(*(t.claim.c[name] == staged.c[name] for name in ClaimKey.SCHEMA))
        query = select(*(t.claim.c[name] for name in Claim.SCHEMA)).join(staged, is_same)
        return read_frame(connection, query, Claim.SCHEMA)


def last_state_no(connection: Connection) -> int:
    """最後の行の番号, or 0."""
    return int(connection.execute(select(func.coalesce(func.max(claim_state.c.state_no), 0))).scalar_one())


def claim_files(connection: Connection) -> dict[int, dict[str, Any]]:
    """調定データのファイル: rows by file_no."""
    return {row["file_no"]: dict(row) for row in connection.execute(select(*claim_file.c)).mappings()}


def states_of_file(connection: Connection, file_no: int) -> pl.DataFrame:
    """調定データの行 of a file with the keys of their claims; frame ClaimStateContent."""
    state, claim = claim_state.c, t.claim.c
    columns = {name: claim[name] if name in ClaimKey.SCHEMA else state[name] for name in ClaimStateContent.SCHEMA}
    query = select_named(columns).select_from(claim_state).outerjoin(t.claim, claim.claim_no == state.claim_no)
    return read_frame(connection, query.where(state.file_no == file_no), ClaimStateContent.SCHEMA)
