"""Queries for items (内訳の照会): of claims of which notices ask for parts, their notices, entries and postings."""

from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import Connection, and_, case, exists, false, literal, or_, select
from sqlalchemy.sql import ColumnElement

from elqr.rules.claim_items import posted_items
from elqr.store.db.bulk import read_frame, select_named, stage_rows
from elqr.store.queries.claim_entries import entries_of
from elqr.store.queries.claim_states import is_stated
from elqr.store.queries.item_orders import has_order, orders_of
from elqr.store.queries.notice_lines import line_of, of_line
from elqr.store.queries.owed import owed_items, owed_yen
from elqr.store.queries.paid_notice import join_paid_notice, paid_notice_no
from elqr.store.tables import ledger as t
from elqr.store.tables.arrears import claim_fee
from elqr.store.tables.claim_files import claim_state
from elqr.vocabulary.claim_frames import AskedNotice, ClaimEntry, NoticePosting
from elqr.vocabulary.frames import Claim, ClaimKey


@dataclass(frozen=True, slots=True)
class ItemFrames:
    """内訳の表 of claims: frames AskedNotice, ClaimEntry, ItemPosting and ClaimOrder."""

    notices: pl.DataFrame
    entries: pl.DataFrame
    posted: pl.DataFrame
    orders: pl.DataFrame


def has_parts(connection: Connection) -> ColumnElement[bool]:
    """一部を求める納付書か督促手数料のある調定か, of the claim of a query. Both are few and have an index of their own.

    One for several claims bears the key of the first only, and has a line for each. Where a claim file says what is
    owed, any notice that asks something else asks for a part, as one for 全期 does where an instalment owes a fee
    besides; SQLite would ask that of every claim, but for the CASE.
    What no row of the ledger is, seen by the first of an index, is not asked of each claim.
    """
    asking = t.notice.alias("asking").c
    same = exists().where(*(asking[name] == t.claim.c[name] for name in ClaimKey.SCHEMA))
    asks_other = or_(*(asking[name] != yen for name, yen in owed_items().items()))
    covers = t.notice_claim.alias("covers").c
    covers_other = exists().where(
        covers.claim_no == t.claim.c.claim_no, covers.cover_yen != owed_yen(t.claim.c.claim_no)
    )
    is_part = or_(same.where(asks_other).correlate(t.claim), covers_other.correlate(t.claim))
    of_line = exists().where(t.notice_line.c.claim_no == t.claim.c.claim_no).correlate(t.claim)
    has_fee = exists().where(claim_fee.c.claim_no == t.claim.c.claim_no).correlate(t.claim)
    ways = (
        (
            and_(t.notice.c.procedure_code > "", t.notice.c.part_kind.is_not(None)),
            same.where(asking.part_kind.is_not(None)).correlate(t.claim),
        ),
        (t.notice_line.c.notice_no > 0, of_line),
        (claim_fee.c.fee_no > 0, has_fee),
        (claim_state.c.state_no > 0, case((is_stated(), is_part), else_=false())),
    )
    has_rows = connection.execute(select(*(exists().where(is_row) for is_row, _ in ways))).one()
    return or_(false(), *(is_so for (_, is_so), has_any in zip(ways, has_rows, strict=True) if has_any))


def itemised(connection: Connection, claims: pl.DataFrame) -> pl.DataFrame:
    """内訳で見る調定 among claims (claim_no): those of which notices ask for parts, or that are paid in an order."""
    with stage_rows(connection, claims.select(Claim.CLAIM_NO).unique()) as staged:
        query = select(t.claim.c.claim_no).join(staged, staged.c.claim_no == t.claim.c.claim_no)
        return read_frame(connection, query.where(or_(has_parts(connection), has_order())), {Claim.CLAIM_NO: pl.Int64})


def item_frames(connection: Connection, claims: pl.DataFrame) -> ItemFrames:
    """納付書・調定異動・内訳のある計上・充てる順序 of claims (claim_no)."""
    notice, covers, posting = t.notice.c, t.notice_claim.c, t.posting.c
    asks_own = notice.installment_no == t.claim.c.installment_no
    line, is_line = t.notice_line.c, t.notice_line.c.notice_no.is_not(None)
    others = {name: literal(0) for name in ClaimEntry.ITEMS} | {AskedNotice.PRINCIPAL_YEN: covers.cover_yen}
    items = {name: of_line(line[name], case((asks_own, notice[name]), else_=yen)) for name, yen in others.items()}
    with stage_rows(connection, claims.select(Claim.CLAIM_NO)) as staged:
        asked = (
            select_named(
                {
                    AskedNotice.CLAIM_NO: covers.claim_no,
                    AskedNotice.NOTICE_NO: covers.notice_no,
                    AskedNotice.IS_PART: case((or_(notice.part_kind.is_not(None), is_stated()), 1), else_=0),
                    AskedNotice.IS_LINE: case((is_line, 1), else_=0),
                    **items,
                }
            )
            .select_from(t.notice_claim)
            .join(staged, staged.c.claim_no == covers.claim_no)
            .join(t.claim, t.claim.c.claim_no == covers.claim_no)
            .join(t.notice, notice.notice_no == covers.notice_no)
            .outerjoin(t.notice_line, line_of(covers.claim_no))
        )
        notices = read_frame(connection, asked, AskedNotice.SCHEMA)
        columns: dict[str, ColumnElement[Any]] = {
            name: posting[name] for name in NoticePosting.SCHEMA if name in posting
        }
        columns[NoticePosting.NOTICE_NO] = paid_notice_no()
        paid = select_named({name: columns[name] for name in NoticePosting.SCHEMA})
        query = join_paid_notice(paid).join(staged, and_(staged.c.claim_no == posting.claim_no))
        postings = read_frame(connection, query.order_by(posting.posting_no), NoticePosting.SCHEMA)
    entries, orders = entries_of(connection, claims), orders_of(connection, claims)
    return ItemFrames(notices, entries, posted_items(postings, notices, entries, orders), orders)
