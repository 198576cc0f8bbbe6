"""More queries of the verification (検算の照会): who approved what, and rows that must belong to others."""

from typing import Any

import polars as pl
from sqlalchemy import Connection, Table, and_, exists, func, literal, select

from elqr.store.db.bulk import read_frame, schema_of, select_named
from elqr.store.queries.notice_lines import of_line, said
from elqr.store.queries.requests import KINDS
from elqr.store.tables import ledger as t
from elqr.store.tables import money as m
from elqr.store.tables import reviews as r
from elqr.store.tables.claim_files import claim_file, claim_state, reminder_status
from elqr.vocabulary.audit_frames import NoticeFile
from elqr.vocabulary.claim_frames import DatedState
from elqr.vocabulary.frames import Claim, ClaimKey, Notice
from elqr.vocabulary.ruling_terms import RulingResult
from elqr.vocabulary.terms import PrintState

_APPROVED = RulingResult.APPROVED.value


def last_upload(connection: Connection) -> int:
    """最後の納付書情報の番号, or 0."""
    return int(connection.execute(select(func.coalesce(func.max(t.upload.c.upload_no), 0))).scalar_one())


def claims(connection: Connection) -> pl.DataFrame:
    """調定: claim_no and payer_ref."""
    query = select(t.claim.c.claim_no, t.claim.c.payer_ref)
    return read_frame(connection, query, schema_of((Claim.CLAIM_NO, Claim.PAYER_REF)))


def stated_payers(connection: Connection) -> pl.DataFrame:
    """調定データの宛名番号: claim_no and payer_ref of all rows of claim files."""
    query = select(claim_state.c.claim_no, claim_state.c.payer_ref)
    return read_frame(connection, query, schema_of((Claim.CLAIM_NO, Claim.PAYER_REF)))


def notice_cancels(connection: Connection) -> pl.DataFrame:
    """納付書の取消: notice_no, notice_file_no, night_on, is_paper_only, and key and part_kind of each of its rows."""
    return _with_notice_key(connection, t.notice_cancel, {NoticeFile.NIGHT_ON: pl.Date, "is_paper_only": pl.Int64})


def stated_from(connection: Connection) -> pl.DataFrame:
    """調定データで受ける調定: columns of ClaimKey, and `notices_upto`, the last notice file before its first row."""
    claim, upto = t.claim.c, func.min(claim_file.c.notices_upto).label(DatedState.NOTICES_UPTO)
    query = (
        select(*(claim[name] for name in ClaimKey.SCHEMA), upto)
        .join(claim_state, claim_state.c.claim_no == claim.claim_no)
        .join(claim_file, claim_file.c.file_no == claim_state.c.file_no)
        .group_by(*(claim[name] for name in ClaimKey.SCHEMA))
    )
    return read_frame(connection, query, {**ClaimKey.SCHEMA, DatedState.NOTICES_UPTO: pl.Int64})


def claim_cancels(connection: Connection) -> pl.DataFrame:
    """調定取消: notice_no, notice_file_no, night_on, claim_no, and key and part_kind of the notice."""
    return _with_notice_key(connection, t.claim_cancel, {NoticeFile.NIGHT_ON: pl.Date, Claim.CLAIM_NO: pl.Int64})


def _with_notice_key(connection: Connection, table: Table, columns: dict[str, Any]) -> pl.DataFrame:
    """Rows that name a notice and the file that they came in, with key and kind of each of its rows."""
    key = {name: Notice.SCHEMA[name] for name in (*ClaimKey.SCHEMA, Notice.ISSUE_NO, Notice.PART_KIND)}
    given = {**schema_of((Notice.NOTICE_NO, Notice.NOTICE_FILE_NO)), **columns}
    columns = {name: table.c[name] for name in given} | {name: said(name) for name in key}
    columns |= {name: of_line(t.claim.c[name], t.notice.c[name]) for name in ClaimKey.SCHEMA}
    query = select_named(columns).select_from(table).join(t.notice, t.notice.c.notice_no == table.c.notice_no)
    query = query.outerjoin(t.notice_line, t.notice_line.c.notice_no == t.notice.c.notice_no)
    query = query.outerjoin(t.claim, t.claim.c.claim_no == t.notice_line.c.claim_no)
    return read_frame(connection, query, {**given, **key})


def approvals(connection: Connection) -> list[tuple[str, int, str, str]]:
    """承認 of everything that takes two people: (kind, number, who requested or decided, who approved).

    The request of a release is the last one before it: earlier ones were withdrawn.
    """
    start = t.ledger_start.c
    requested, released, later = (t.release_step.alias(name) for name in ("requested", "released", "later"))
    is_last = ~exists().where(
        later.c.print_no == requested.c.print_no,
        later.c.step == PrintState.REQUESTED.value,
        later.c.step_no > requested.c.step_no,
        later.c.step_no < released.c.step_no,
    )
    parts = [
        select(literal("review"), r.ruling.c.review_no, r.ruling.c.staff, r.review_step.c.taken_by)
        .join(r.review_step, r.review_step.c.review_no == r.ruling.c.review_no)
        .where(r.review_step.c.result == _APPROVED)
        .distinct(),
        select(literal("print_batch"), requested.c.print_no, requested.c.taken_by, released.c.taken_by)
        .join(released, and_(released.c.print_no == requested.c.print_no, released.c.step_no > requested.c.step_no))
        .where(requested.c.step == PrintState.REQUESTED.value, released.c.step == PrintState.RELEASED.value, is_last),
        select(literal("ledger_start"), start.start_no, start.started_by, start.approved_by).where(start.start_no > 1),
    ]
    for kind in KINDS:
        asked_by, step = kind.asked.c.asked_by, kind.step.c
        parts.append(
            select(literal(kind.name), kind.number, asked_by, step.taken_by)
            .join(kind.step, step[kind.number.name] == kind.number)
            .where(step.result == _APPROVED)
        )
    return sorted({tuple(row) for part in parts for row in connection.execute(part)})


def issued_by_upload(connection: Connection) -> dict[int, tuple[int, int]]:
    """発行した枚数と金額 by upload_no."""
    query = (
        select(t.payload.c.upload_no, func.count(), func.sum(t.notice.c.amount_yen))
        .join(t.notice, t.notice.c.notice_no == t.payload.c.notice_no)
        .group_by(t.payload.c.upload_no)
    )
    return {number: (count, yen) for number, count, yen in connection.execute(query)}


def without_file(connection: Connection) -> list[tuple[str, int]]:
    """ファイルのない収納・入金・調定データ・督促の状況の行: (table, number) of rows that belong to no file."""
    files = select(t.file.c.file_no)
    of_claims = (claim_state.c.state_no, reminder_status.c.status_no)
    numbers = (t.payment.c.payment_no, m.deposit.c.deposit_no, *of_claims)
    parts = ((number.table, number) for number in numbers)
    queries = [select(literal(table.name), number).where(table.c.file_no.not_in(files)) for table, number in parts]
    return [tuple(row) for query in queries for row in connection.execute(query)]
