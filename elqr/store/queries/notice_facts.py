"""Notices beside a payment (収納の横の納付書): which ones it may be for, and what they say. All by keys and indexes."""

from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, func, select

from elqr.store.db.bulk import read_frame, schema_of, select_named, stage_rows
from elqr.store.tables import ledger as t
from elqr.vocabulary.desk_frames import NoticeFacts
from elqr.vocabulary.frames import Claim, Payment, Suggestion


def notice_facts(connection: Connection, notice_nos: pl.DataFrame) -> pl.DataFrame:
    """納付書の記載 of notices (notice_no): frame NoticeFacts."""
    notice, payload = t.notice.c, t.payload.c
    columns: dict[str, ColumnElement[Any]] = {name: notice[name] for name in NoticeFacts.SCHEMA if name in notice}
    columns |= {
        NoticeFacts.KEY_NO: func.coalesce(payload.key_no, notice.key_no),
        NoticeFacts.CHECK_NO: func.coalesce(payload.check_no, notice.check_no),
        NoticeFacts.CANCELLED_ON: t.notice_cancel.c.night_on,
    }
    with stage_rows(connection, notice_nos.select(NoticeFacts.NOTICE_NO).drop_nulls().unique()) as staged:
        query = (
            select_named({name: columns[name] for name in NoticeFacts.SCHEMA})
            .select_from(t.notice)
            .join(staged, staged.c.notice_no == notice.notice_no)
            .outerjoin(t.payload, payload.notice_no == notice.notice_no)
            .outerjoin(t.notice_cancel, t.notice_cancel.c.notice_no == notice.notice_no)
        )
        return read_frame(connection, query, NoticeFacts.SCHEMA)


def named_notices(connection: Connection, payments: pl.DataFrame) -> pl.DataFrame:
    """収納の照会キーの納付書 of payments: payment_no and notice_no of those whose night found one."""
    decision, names = t.decision.c, (Suggestion.PAYMENT_NO, Suggestion.NOTICE_NO)
    with stage_rows(connection, payments.select(Payment.PAYMENT_NO).unique()) as staged:
        query = select(decision.payment_no, decision.notice_no).join(staged, staged.c.payment_no == decision.payment_no)
        return read_frame(connection, query.where(decision.notice_no.is_not(None)), schema_of(names))


def suggested_notices(connection: Connection, payments: pl.DataFrame) -> pl.DataFrame:
    """近い納付書 of payments: frame Suggestion, as their night found them."""
    suggestion = t.suggestion.c
    with stage_rows(connection, payments.select(Payment.PAYMENT_NO).unique()) as staged:
        query = select(*(suggestion[name] for name in Suggestion.SCHEMA)).join(
            staged, staged.c.payment_no == suggestion.payment_no
        )
        return read_frame(connection, query.order_by(suggestion.payment_no, suggestion.notice_no), Suggestion.SCHEMA)


def claims_of_payers(connection: Connection, payer_refs: list[str], most: int) -> pl.DataFrame:
    """納付者の調定 by 宛名番号: claim_no, the newest first, at most so many."""
    claim = t.claim.c
    query = select(claim.claim_no).where(claim.payer_ref.in_(payer_refs)).order_by(claim.claim_no.desc()).limit(most)
    return read_frame(connection, query, {Claim.CLAIM_NO: pl.Int64})
