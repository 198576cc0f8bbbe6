"""Queries of claim entries (調定異動の照会): the notices and fees from which they come, and all entries."""

from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, Table, and_, case, func, select

from elqr.rules.claim_entries import Asked
from elqr.store.db.bulk import insert_frame, read_frame, select_named, stage_rows
from elqr.store.queries.claim_states import is_stated, select_states
from elqr.store.queries.notice_lines import is_joint
from elqr.store.tables import ledger as t
from elqr.store.tables.arrears import claim_fee
from elqr.store.tables.claim_files import claim_state
from elqr.vocabulary.claim_frames import ClaimCancel, ClaimEntry, ClaimFee, DatedState, OwnNotice

_CLAIMS_AT_ONCE = 200_000


def select_own_notices() -> Select[Any]:
    """調定の納付書: a query of frame OwnNotice, to which the caller adds which claims.

    A cancelled notice of 期別 0 that instalments replaced bears the key of a claim that it does not pay. A 分納 notice
    for several claims is none of any of them.
    """
    claim, notice, cancel, by_file = t.claim.c, t.notice.c, t.notice_cancel.c, t.notice_file.alias("by_file")
    columns: dict[str, ColumnElement[Any]] = {name: notice[name] for name in OwnNotice.SCHEMA if name in notice}
    takes_claim = cancel.is_paper_only.is_distinct_from(1)
    columns |= {
        OwnNotice.CLAIM_NO: claim.claim_no,
        OwnNotice.NIGHT_ON: t.notice_file.c.night_on,
        OwnNotice.GONE_FILE_NO: case((takes_claim, cancel.notice_file_no)),
        OwnNotice.GONE_ON: case((takes_claim, cancel.night_on)),
        OwnNotice.IS_RETRACTED: by_file.c.retracts_no.is_not(None),
    }
    pays_own = and_(notice.notice_no == t.notice_claim.c.notice_no, notice.installment_no == claim.installment_no)
    return (
        select_named({name: columns[name] for name in OwnNotice.SCHEMA})
        .select_from(t.claim)
        .join(t.notice_claim, t.notice_claim.c.claim_no == claim.claim_no)
        .join(t.notice, pays_own)
        .join(t.notice_file, t.notice_file.c.notice_file_no == notice.notice_file_no)
        .outerjoin(t.notice_cancel, cancel.notice_no == notice.notice_no)
        .outerjoin(by_file, by_file.c.notice_file_no == cancel.notice_file_no)
        .where(~is_joint())
    )


def pieces(connection: Connection) -> Iterator[range]:
    """調定の番号の範囲: the numbers of all claims and of all entries, some at a time."""
    last = (select(func.coalesce(func.max(column), 0)) for column in (t.claim.c.claim_no, t.claim_entry.c.claim_no))
    last_no = max(connection.execute(query).scalar_one() for query in last)
    for first in range(1, last_no + 1, _CLAIMS_AT_ONCE):
        yield range(first, first + _CLAIMS_AT_ONCE)


def own_notices(connection: Connection, numbers: range) -> pl.DataFrame:
    """調定の納付書 of the claims in a range of numbers: frame OwnNotice."""
    return read_frame(connection, select_own_notices().where(_within(t.claim, numbers)), OwnNotice.SCHEMA)


def select_claim_cancels() -> Select[Any]:
    """調定取消: a query of frame ClaimCancel, to which the caller adds which claims."""
    return select(*(t.claim_cancel.c[name] for name in ClaimCancel.SCHEMA))


def claim_cancels(connection: Connection, numbers: range) -> pl.DataFrame:
    """調定取消 of the claims in a range of numbers: frame ClaimCancel."""
    return read_frame(connection, select_claim_cancels().where(_within(t.claim_cancel, numbers)), ClaimCancel.SCHEMA)


def select_fees() -> Select[Any]:
    """督促手数料: a query of frame ClaimFee, to which the caller adds which claims."""
    return select(*(claim_fee.c[name] for name in ClaimFee.SCHEMA))


def asked(connection: Connection, numbers: range) -> Asked:
    """納付書・調定取消・督促手数料 of the claims in a range of numbers."""
    fees = read_frame(connection, select_fees().where(_within(claim_fee, numbers)), ClaimFee.SCHEMA)
    return Asked(own_notices(connection, numbers), claim_cancels(connection, numbers), fees)


def asked_of(connection: Connection, claims: pl.DataFrame) -> Asked:
    """納付書・調定取消・督促手数料 of claims (claim_no) of which notices say what is owed."""
    with stage_rows(connection, claims.select(ClaimEntry.CLAIM_NO).unique()) as staged:
        return read_asked(connection, lambda query: query.join(staged, staged.c.claim_no == t.claim.c.claim_no))


def read_asked(connection: Connection, narrow: Callable[[Select[Any]], Select[Any]]) -> Asked:
    """納付書・調定取消・督促手数料 of the claims to which `narrow` narrows a query, but for those of claim files."""
    fallen = select_claim_cancels().join(t.claim, t.claim.c.claim_no == t.claim_cancel.c.claim_no)
    charged = select_fees().join(t.claim, t.claim.c.claim_no == claim_fee.c.claim_no)
    queries = (select_own_notices(), fallen, charged)
    schemas = (OwnNotice.SCHEMA, ClaimCancel.SCHEMA, ClaimFee.SCHEMA)
    return Asked(
        *(
            read_frame(connection, narrow(query).where(~is_stated()), schema)
            for query, schema in zip(queries, schemas, strict=True)
        )
    )


def entries(connection: Connection, numbers: range) -> pl.DataFrame:
    """調定異動 of the claims in a range of numbers: frame ClaimEntry."""
    query = select(*(t.claim_entry.c[name] for name in ClaimEntry.SCHEMA)).where(_within(t.claim_entry, numbers))
    return read_frame(connection, query, ClaimEntry.SCHEMA)


def states(connection: Connection, numbers: range) -> pl.DataFrame:
    """調定データの行 of the claims in a range of numbers: frame DatedState."""
    return read_frame(connection, select_states().where(_within(claim_state, numbers)), DatedState.SCHEMA)


def entries_of(connection: Connection, claims: pl.DataFrame) -> pl.DataFrame:
    """調定異動 of claims (claim_no): frame ClaimEntry, in order."""
    entry = t.claim_entry.c
    with stage_rows(connection, claims.select(ClaimEntry.CLAIM_NO).unique()) as staged:
        query = select(*(entry[name] for name in ClaimEntry.SCHEMA)).join(staged, staged.c.claim_no == entry.claim_no)
        return read_frame(connection, query.order_by(entry.claim_no, entry.entry_no), ClaimEntry.SCHEMA)


def enter_entries(connection: Connection, rows: pl.DataFrame) -> None:
    """調定異動を記す: frame ClaimEntry."""
    insert_frame(connection, t.claim_entry, ClaimEntry.of(rows))


def _within(table: Table, numbers: range) -> ColumnElement[bool]:
    return and_(table.c.claim_no >= numbers.start, table.c.claim_no < numbers.stop)
