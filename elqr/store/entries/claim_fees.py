"""What the office writes of fees for reminders (督促手数料の記帳), in the caller's transaction."""

from datetime import date

import polars as pl
from sqlalchemy import Connection, func, select

from elqr.rules.claim_entries import claim_entries, new_entries
from elqr.store.db.bulk import insert_frame, next_no, number_rows, read_frame, stage_rows
from elqr.store.queries.claim_entries import asked_of, enter_entries, select_fees
from elqr.store.queries.claim_states import is_stated
from elqr.store.queries.reminders import fee_entries
from elqr.store.tables import ledger as t
from elqr.store.tables.arrears import claim_fee
from elqr.vocabulary.claim_frames import ClaimEntry, ClaimFee
from elqr.vocabulary.frames import Claim

_WITH_YEN, _WITHOUT_YEN = "with_yen", "without_yen"
"""The fee that is owed on a claim with and without that of a sending."""


def enter_fees(connection: Connection, night: date, fees: pl.DataFrame) -> pl.DataFrame:
    """督促手数料を記す, with the entries that it brings, which are returned (frame ClaimEntry).

    `fees` is frame ClaimFee but for its night and the notice file before it. Rows without a number get one.
    """
    if fees.is_empty():
        return ClaimEntry.empty()
    if ClaimFee.FEE_NO not in fees.columns:
        fees = number_rows(fees, ClaimFee.FEE_NO, next_no(connection, claim_fee.c.fee_no))
    last_file_no = connection.execute(select(func.coalesce(func.max(t.notice_file.c.notice_file_no), 0))).scalar_one()
    rows = fees.with_columns(
        pl.lit(night).alias(ClaimFee.NIGHT_ON), pl.lit(last_file_no, pl.Int64).alias(ClaimFee.NOTICES_UPTO)
    )
    before = asked_of(connection, rows)
    insert_frame(connection, claim_fee, ClaimFee.of(rows))
    entries = new_entries(before, asked_of(connection, rows))
    enter_entries(connection, entries)
    return entries


def undo_fees(connection: Connection, night: date, sent_no: int) -> pl.DataFrame:
    """督促手数料を取り消す: all of a sending. Returns the counter-entries (frame ClaimEntry).

    A claim that a claim file names by now owes what this says.
    """
    rows = _fees_of(connection, sent_no)
    undone = rows.with_columns(pl.col(ClaimFee.FEE_NO).alias(ClaimFee.UNDOES_NO)).drop(ClaimFee.FEE_NO)
    return enter_fees(connection, night, undone)


def fees_left(connection: Connection, sent_no: int) -> pl.DataFrame:
    """残る督促手数料: frame Claim and `yen` of what a sending brought and others ask for by now, in order.

    These are later notices and sendings. It stays when the sending is undone, and is the same before and after that.
    """
    fee_yen, yen = pl.col(ClaimEntry.DEMAND_FEE_YEN), pl.col(ClaimFee.YEN)
    brought = fee_entries(connection, sent_no).filter(fee_yen > 0)
    brought = brought.group_by(ClaimEntry.CLAIM_NO).agg(fee_yen.sum().alias(ClaimFee.YEN))
    rows = _fees_of(connection, sent_no).join(brought, on=ClaimEntry.CLAIM_NO, how="semi")
    asked = asked_of(connection, rows)
    is_of_others = pl.col(ClaimFee.SENT_NO) != sent_no
    fees = asked.fees.filter(is_of_others | pl.col(ClaimFee.UNDOES_NO).is_null())
    owed = brought
    for name, standing in ((_WITH_YEN, fees), (_WITHOUT_YEN, fees.filter(is_of_others))):
        sums = claim_entries(asked._replace(fees=standing)).group_by(ClaimEntry.CLAIM_NO).agg(fee_yen.sum().alias(name))
        owed = owed.join(sums, on=ClaimEntry.CLAIM_NO)
    stays = yen - (pl.col(_WITH_YEN) - pl.col(_WITHOUT_YEN))
    left = owed.with_columns(pl.min_horizontal(stays, _WITHOUT_YEN).alias(ClaimFee.YEN))
    left = left.filter(yen > 0).select(ClaimFee.CLAIM_NO, ClaimFee.YEN)
    claim = t.claim.c
    with stage_rows(connection, left) as staged:
        query = select(*(claim[name] for name in Claim.SCHEMA), staged.c.yen).join(
            staged, staged.c.claim_no == claim.claim_no
        )
        schema = {**Claim.SCHEMA, ClaimFee.YEN: pl.Int64}
        return read_frame(connection, query.order_by(claim.claim_no), schema)


def _fees_of(connection: Connection, sent_no: int) -> pl.DataFrame:
    """督促手数料 of a sending, but for claims that a claim file names by now: frame ClaimFee, in order."""
    fee = claim_fee.c
    query = select_fees().join(t.claim, t.claim.c.claim_no == fee.claim_no)
    query = query.where(fee.sent_no == sent_no, fee.undoes_no.is_(None), ~is_stated())
    return read_frame(connection, query.order_by(fee.fee_no), ClaimFee.SCHEMA)
