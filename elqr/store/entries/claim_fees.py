"""What the office writes of fees for reminders (督促手数料の記帳), in the caller's transaction."""

from datetime import date

import polars as pl
from sqlalchemy import Connection, func, select

from elqr.rules.claim_entries import new_entries
from elqr.store.db.bulk import insert_frame, next_no, number_rows, read_frame
from elqr.store.queries.claim_entries import asked_of, enter_entries, select_fees
from elqr.store.queries.claim_states import is_stated
from elqr.store.tables import ledger as t
from elqr.store.tables.arrears import claim_fee
from elqr.vocabulary.claim_frames import ClaimEntry, ClaimFee


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
    fee = claim_fee.c
    query = select_fees().join(t.claim, t.claim.c.claim_no == fee.claim_no)
    query = query.where(fee.sent_no == sent_no, fee.undoes_no.is_(None), ~is_stated())
    rows = read_frame(connection, query.order_by(fee.fee_no), ClaimFee.SCHEMA)
    undone = rows.with_columns(pl.col(ClaimFee.FEE_NO).alias(ClaimFee.UNDOES_NO)).drop(ClaimFee.FEE_NO)
    return enter_fees(connection, night, undone)
