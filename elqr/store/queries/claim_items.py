"""Queries for items (内訳の照会): of claims of which notices ask for parts, their notices, entries and postings."""

from typing import Any

import polars as pl
from sqlalchemy import Connection, and_, case, exists, select
from sqlalchemy.sql import ColumnElement

from elqr.rules.claim_items import posted_items
from elqr.store.db.bulk import read_frame, select_named, stage_rows
from elqr.store.queries.paid_notice import join_paid_notice, paid_notice_no
from elqr.store.tables import ledger as t
from elqr.vocabulary.claim_frames import AskedNotice, ClaimEntry, NoticePosting
from elqr.vocabulary.frames import Claim, ClaimKey

Frames = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]


def has_parts() -> ColumnElement[bool]:
    """一部を求める納付書のある調定か, of the claim of a query. Such notices are few and have an index of their own."""
    part = t.notice.alias("asking")
    is_same = (part.c[name] == t.claim.c[name] for name in ClaimKey.SCHEMA)
    return exists().where(*is_same, part.c.part_kind.is_not(None)).correlate(t.claim)


def itemised(connection: Connection, claims: pl.DataFrame) -> pl.DataFrame:
    """一部を求める納付書のある調定 among claims (claim_no)."""
    with stage_rows(connection, claims.select(Claim.CLAIM_NO).unique()) as staged:
        query = select(t.claim.c.claim_no).join(staged, staged.c.claim_no == t.claim.c.claim_no).where(has_parts())
        return read_frame(connection, query, {Claim.CLAIM_NO: pl.Int64})


def item_frames(connection: Connection, claims: pl.DataFrame) -> Frames:
    """納付書・調定異動・内訳のある計上 of claims (claim_no): frames AskedNotice, ClaimEntry and ItemPosting."""
    notice, covers, posting = t.notice.c, t.notice_claim.c, t.posting.c
    asks_own = notice.installment_no == t.claim.c.installment_no
    with stage_rows(connection, claims.select(Claim.CLAIM_NO)) as staged:
        asked = (
            select_named(
                {
                    AskedNotice.CLAIM_NO: covers.claim_no,
                    AskedNotice.NOTICE_NO: covers.notice_no,
                    AskedNotice.PART_KIND: notice.part_kind,
                    AskedNotice.PRINCIPAL_YEN: case((asks_own, notice.principal_yen), else_=covers.cover_yen),
                    AskedNotice.DEMAND_FEE_YEN: case((asks_own, notice.demand_fee_yen), else_=0),
                    AskedNotice.LATE_CHARGE_YEN: case((asks_own, notice.late_charge_yen), else_=0),
                }
            )
            .select_from(t.notice_claim)
            .join(staged, staged.c.claim_no == covers.claim_no)
            .join(t.claim, t.claim.c.claim_no == covers.claim_no)
            .join(t.notice, notice.notice_no == covers.notice_no)
        )
        notices = read_frame(connection, asked, AskedNotice.SCHEMA)
        entered = (t.claim_entry.c[name] for name in ClaimEntry.SCHEMA)
        of_claim = t.claim_entry.c.claim_no == staged.c.claim_no
        entries = read_frame(connection, select(*entered).join(staged, of_claim), ClaimEntry.SCHEMA)
        columns: dict[str, ColumnElement[Any]] = {
            name: posting[name] for name in NoticePosting.SCHEMA if name in posting
        }
        columns[NoticePosting.NOTICE_NO] = paid_notice_no()
        paid = select_named({name: columns[name] for name in NoticePosting.SCHEMA})
        query = join_paid_notice(paid).join(staged, and_(staged.c.claim_no == posting.claim_no))
        postings = read_frame(connection, query.order_by(posting.posting_no), NoticePosting.SCHEMA)
    return notices, entries, posted_items(postings, notices, entries)
