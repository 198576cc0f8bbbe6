"""What the night writes of claim files (調定データの記帳), in the caller's transaction."""

import polars as pl
from sqlalchemy import Connection, func, insert, select

from elqr.rules.claim_states import entries_of_states
from elqr.store.db.bulk import insert_frame, next_no, number_rows
from elqr.store.entries.night import Receipt, enter_content
from elqr.store.queries.claim_entries import enter_entries, entries_of
from elqr.store.queries.claim_states import claims_of_keys, states_of
from elqr.store.tables import ledger as t
from elqr.store.tables.claim_files import claim_file, claim_state, reminder_status
from elqr.vocabulary.claim_frames import ClaimEntry, ClaimState, Status
from elqr.vocabulary.frames import Claim, ClaimKey


def enter_claims(connection: Connection, receipt: Receipt, rows: pl.DataFrame) -> None:
    """調定データを取り込む: the file, its delivery, and its new rows (frame ClaimStateContent) with their entries."""
    file_no = _enter_claim_file(connection, receipt, rows.height)
    states = rows.join(_claims(connection, rows), on=list(ClaimKey.SCHEMA), validate="1:1", maintain_order="left")
    first_no = next_no(connection, claim_state.c.state_no)
    states = number_rows(states, ClaimState.STATE_NO, first_no).with_columns(pl.lit(file_no).alias(ClaimState.FILE_NO))
    insert_frame(connection, claim_state, ClaimState.of(states))
    every_state = states_of(connection, states)
    by_notices = entries_of(connection, states).filter(pl.col(ClaimEntry.STATE_NO).is_null())
    entries = entries_of_states(every_state, by_notices)
    enter_entries(connection, entries.filter(pl.col(ClaimState.STATE_NO) >= first_no))


def enter_statuses(connection: Connection, receipt: Receipt, rows: pl.DataFrame) -> None:
    """督促の状況を取り込む: the file, its delivery, and its new rows (frame StatusContent)."""
    file_no = _enter_claim_file(connection, receipt, rows.height)
    first_no = next_no(connection, reminder_status.c.status_no)
    insert_frame(connection, reminder_status, number_rows(rows, Status.STATUS_NO, first_no), file_no=file_no)


def _enter_claim_file(connection: Connection, receipt: Receipt, rows_new: int) -> int:
    """ファイルを記す with how many of its rows were new. Returns its number."""
    file_no = enter_content(connection, receipt)
    last_notice_file = select(func.coalesce(func.max(t.notice_file.c.notice_file_no), 0)).scalar_subquery()
    connection.execute(
        insert(claim_file).values(
            file_no=file_no,
            night_on=receipt.night.isoformat(),
            notices_upto=last_notice_file,
            rows_read=receipt.record_count,
            rows_new=rows_new,
        )
    )
    return file_no


def _claims(connection: Connection, rows: pl.DataFrame) -> pl.DataFrame:
    """調定の番号: claim_no and key of each row's claim. Claims that are not registered yet are entered."""
    key = list(ClaimKey.SCHEMA)
    known = claims_of_keys(connection, rows)
    fresh = rows.join(known, on=key, how="anti", maintain_order="left")
    fresh = Claim.of(number_rows(fresh, Claim.CLAIM_NO, next_no(connection, t.claim.c.claim_no)))
    insert_frame(connection, t.claim, fresh)
    return pl.concat([known, fresh]).select(Claim.CLAIM_NO, *key)
