"""Queries and entries of reductions (減額による過納の照会と記帳): claims whose notices were cancelled or lowered."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import CompoundSelect, Connection, func, literal, or_, select, union

from elqr.rules.claim_items import owed_items
from elqr.rules.reductions import Reducible
from elqr.rules.standing import net_of_taken
from elqr.rules.totals import posting_tallies
from elqr.store.db.bulk import insert_frame, next_no, number_rows, read_frame, stage_rows
from elqr.store.queries.chain import NOTICE_FILES, last_saying
from elqr.store.queries.claim_items import has_parts, item_frames
from elqr.store.queries.open_exceptions import last_ruling_no
from elqr.store.queries.owed import collected_yen, last_entered_on, owed_yen
from elqr.store.queries.sender_corrections import places_of
from elqr.store.queries.totals import enter_posting_tallies, posted_of
from elqr.store.tables import ledger as t
from elqr.store.tables import reviews as r
from elqr.store.tables.arrears import claim_fee
from elqr.store.tables.claim_files import claim_state
from elqr.vocabulary.claim_frames import ClaimEntry
from elqr.vocabulary.frames import NumberedPosting, Payment, Posting, Reduction
from elqr.vocabulary.terms import Account, Outcome

LAST_NOTICE = "last_notice"
"""The key of a link for the last notice that was looked at, next to the last notice file."""

LAST_STATE = "last_state"
"""The key of a link for the last row of a claim file that was looked at."""

LAST_FEE = "last_fee"
"""The key of a link for the last fee for a reminder that was looked at."""

_OWED_YEN, _IS_ITEMISED = "owed_yen", "is_itemised"


def last_notice_no(connection: Connection) -> int:
    """最後の納付書の番号, or 0."""
    return int(connection.execute(select(func.coalesce(func.max(t.notice.c.notice_no), 0))).scalar_one())


def last_fee_no(connection: Connection) -> int:
    """最後の督促手数料の番号, or 0."""
    return int(connection.execute(select(func.coalesce(func.max(claim_fee.c.fee_no), 0))).scalar_one())


def reducible(connection: Connection, night: date) -> pl.DataFrame:
    """減額された調定にある収納: frame Reducible.

    These are claims with a notice that was cancelled or reissued, or a fee for a reminder, since the last link with
    `LAST_NOTICE`, and with more yen on them than is owed. A ledger from before version 9 has no such link: all of it is
    looked at once.
    """
    changed = read_frame(connection, changed_claims(last_seen(connection)), {Posting.CLAIM_NO: pl.Int64})
    if changed.is_empty():
        return Reducible.empty()
    with stage_rows(connection, changed) as staged:
        owed, is_itemised = owed_yen(staged.c.claim_no, literal(night.isoformat())), has_parts(connection)
        query = (
            select(
                staged.c.claim_no,
                owed.label(_OWED_YEN),
                is_itemised.label(_IS_ITEMISED),
                last_entered_on(staged.c.claim_no, literal(night.isoformat())).label(Reducible.ENTERED_ON),
            )
            .join(t.claim, t.claim.c.claim_no == staged.c.claim_no)
            .where(or_(collected_yen() > owed, is_itemised))
        )
        schema = {
            Posting.CLAIM_NO: pl.Int64,
            _OWED_YEN: pl.Int64,
            _IS_ITEMISED: pl.Boolean,
            Reducible.ENTERED_ON: pl.Date,
        }
        lowered = read_frame(connection, query, schema)
    return Reducible.empty() if lowered.is_empty() else _payments_on(connection, lowered)


def changed_claims(seen: "Seen") -> CompoundSelect[Any]:
    """増減のありうる調定: claim_no of those with something cancelled, reissued, stated or charged since `seen`."""
    of_notice = select(t.notice_claim.c.claim_no)
    cancelled = of_notice.join(t.notice_cancel, t.notice_cancel.c.notice_no == t.notice_claim.c.notice_no)
    reissued = of_notice.join(t.notice, t.notice.c.notice_no == t.notice_claim.c.notice_no)
    return union(
        cancelled.where(t.notice_cancel.c.notice_file_no > seen.file_no),
        reissued.where(t.notice.c.notice_no > seen.notice_no, t.notice.c.issue_no > 1),
        select(t.claim_cancel.c.claim_no).where(t.claim_cancel.c.notice_file_no > seen.file_no),
        select(claim_state.c.claim_no).where(claim_state.c.state_no > seen.state_no),
        select(claim_fee.c.claim_no).where(claim_fee.c.fee_no > seen.fee_no),
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """どこまで見たか: the last notice, notice file, row of a claim file and fee that a link names, or 0."""

    notice_no: int
    file_no: int
    state_no: int
    fee_no: int


def last_seen(connection: Connection) -> Seen:
    """どこまで見たか, by the last link with `LAST_NOTICE`."""
    link = last_saying(connection, LAST_NOTICE)
    return Seen(*(int(link.get(name, 0)) for name in (LAST_NOTICE, NOTICE_FILES, LAST_STATE, LAST_FEE)))


def _payments_on(connection: Connection, lowered: pl.DataFrame) -> pl.DataFrame:
    """調定にある収納: frame Reducible. `lowered` has claim_no, `_OWED_YEN`, `_IS_ITEMISED` and entered_on."""
    posting, payment = t.posting.c, t.payment.c
    order = (Payment.PAYMENT_NO, Payment.PAID_ON, Payment.IDENTITY, Payment.OCCURRENCE_NO)
    with stage_rows(connection, lowered.select(Posting.CLAIM_NO)) as staged:
        query = (
            select(*(payment[name] for name in order))
            .distinct()
            .join(t.posting, posting.payment_no == payment.payment_no)
            .join(staged, staged.c.claim_no == posting.claim_no)
        )
        payments = read_frame(connection, query, {name: Payment.SCHEMA[name] for name in order})
    places = places_of(connection, payments.select(Payment.PAYMENT_NO)).join(lowered, on=Posting.CLAIM_NO)
    places = places.join(payments, on=Posting.PAYMENT_NO, validate="m:1")
    whole = net_of_taken(places.filter(~pl.col(_IS_ITEMISED)))
    return pl.concat([_as_one_item(whole), _by_item(connection, places.filter(_IS_ITEMISED))])


def _as_one_item(rows: pl.DataFrame) -> pl.DataFrame:
    """内訳のない調定: frame Reducible, all yen as 本税・本料."""
    owed = dict.fromkeys(Reducible.OWED, pl.lit(0)) | {Reducible.OWED_PRINCIPAL_YEN: pl.col(_OWED_YEN)}
    items = dict.fromkeys(ClaimEntry.ITEMS, pl.lit(0)) | {ClaimEntry.PRINCIPAL_YEN: pl.col(Posting.YEN)}
    return Reducible.of(rows.with_columns(**owed, **items))


def _by_item(connection: Connection, rows: pl.DataFrame) -> pl.DataFrame:
    """内訳のある調定: frame Reducible, item by item."""
    frames = item_frames(connection, rows.select(Posting.CLAIM_NO).unique())
    place = [str(name) for name in (Posting.PAYMENT_NO, Posting.CLAIM_NO, Posting.FISCAL_YEAR, Posting.IS_ARREARS)]
    items = frames.posted.group_by(place).agg(pl.col(ClaimEntry.ITEMS).sum())
    rows = net_of_taken(rows.join(items, on=place, validate="1:1"), ClaimEntry.ITEMS)
    return Reducible.of(rows.join(owed_items(frames.entries), on=Posting.CLAIM_NO, validate="m:1"))


def enter_reductions(connection: Connection, night: date, reductions: pl.DataFrame) -> None:
    """減額による過納を記す: frame Reduction."""
    rows = number_rows(reductions, NumberedPosting.POSTING_NO, next_no(connection, t.posting.c.posting_no))
    constants = {"night_on": night.isoformat(), "decided_by": t.NIGHT, "reason": Outcome.REDUCED.label}
    insert_frame(connection, t.posting, rows.drop(Reduction.NOTICE_NO), **constants)
    with stage_rows(connection, rows.select(Posting.PAYMENT_NO).unique()) as staged:
        last = last_ruling_no(night).label("after_ruling_no")
        query = select(t.payment.c.payment_no, last).join(staged, staged.c.payment_no == t.payment.c.payment_no)
        ruled = read_frame(connection, query, {Posting.PAYMENT_NO: pl.Int64, "after_ruling_no": pl.Int64})
    links = rows.join(ruled, on=Posting.PAYMENT_NO, validate="m:1", maintain_order="left")
    insert_frame(
        connection, r.reduced_posting, links.select(NumberedPosting.POSTING_NO, Reduction.NOTICE_NO, "after_ruling_no")
    )
    enter_posting_tallies(
        connection, posting_tallies(posted_of(connection, rows), int(rows[NumberedPosting.POSTING_NO][0]))
    )


def reduced_yen(reductions: pl.DataFrame) -> tuple[int, int]:
    """減額による過納の件数と額 of frame Reduction: the number of payments, and the yen that left their claims."""
    into = reductions.filter(pl.col(Posting.ACCOUNT) == Account.SUSPENSE.value)
    return into[Posting.PAYMENT_NO].n_unique(), int(into[Posting.YEN].sum())
