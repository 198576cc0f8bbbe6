"""Queries and entries of reminders (督促の記録): lists that were sent, and claims that are not to be reminded."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, func, insert, or_, select

from elqr.store.db.bulk import next_no, read_frame, schema_of, select_named, stage_rows
from elqr.store.queries.claim_states import is_stated
from elqr.store.queries.owed import collected_yen, owed_yen
from elqr.store.queries.retractions import numbers_taken_back, taken_back_on
from elqr.store.queries.seats import recording_seat
from elqr.store.tables import arrears as a
from elqr.store.tables import ledger as t
from elqr.vocabulary.arrival_frames import Held, Reminded
from elqr.vocabulary.audit_frames import SentFee
from elqr.vocabulary.claim_frames import ClaimEntry, ClaimFee
from elqr.vocabulary.frames import Claim
from elqr.vocabulary.ruling_terms import RetractionKind
from elqr.vocabulary.terms import HoldKind


def holds(connection: Connection, night: date) -> pl.DataFrame:
    """効いている記録 as of a night, in order: frame Held. A 引抜 concerns one list and is left out."""
    hold = a.reminder_hold.c
    query = (
        select(*(hold[name] for name in Held.SCHEMA))
        .where(_holds(night), hold.kind != HoldKind.PULLED.value, _is_not_over(night))
        .order_by(hold.hold_no)
    )
    return read_frame(connection, query, Held.SCHEMA)


def holds_on(connection: Connection, claims: pl.DataFrame, night: date) -> pl.DataFrame:
    """調定の効いている記録 of claims (claim_no) as of a night, whatever their last day: frame Held, in order."""
    hold = a.reminder_hold.c
    with stage_rows(connection, claims.select(Held.CLAIM_NO).unique()) as staged:
        query = (
            select(*(hold[name] for name in Held.SCHEMA))
            .join(staged, staged.c.claim_no == hold.claim_no)
            .where(_holds(night), hold.kind != HoldKind.PULLED.value)
            .order_by(hold.hold_no)
        )
        return read_frame(connection, query, Held.SCHEMA)


def reminded(connection: Connection, night: date) -> pl.DataFrame:
    """督促した調定 as of a night: frame Reminded, by the newest list that was sent with each claim."""
    sent, claim, entry, drawn = a.reminder_sent.c, a.arrears_claim.c, t.claim_entry.c, a.arrears_list.c
    raised = select(func.coalesce(func.sum(entry.principal_yen), 0)).where(
        entry.claim_no == claim.claim_no, entry.night_on > drawn.night_on, entry.night_on <= night.isoformat()
    )
    columns = (claim.claim_no, sent.list_no, sent.sent_no, sent.issued_on)
    query = (
        select(*columns, raised.correlate_except(t.claim_entry).scalar_subquery().label(Reminded.RAISED_YEN))
        .select_from(a.reminder_sent)
        .join(a.arrears_list, drawn.list_no == sent.list_no)
        .join(a.arrears_claim, claim.list_no == sent.list_no)
        .where(is_sent(night), ~_is_pulled(night))
        .order_by(sent.list_no)
    )
    return read_frame(connection, query, Reminded.SCHEMA).unique(Reminded.CLAIM_NO, keep="last", maintain_order=True)


def pulled(connection: Connection, list_no: int, night: date) -> set[int]:
    """引き抜いた調定 of a list: claim_no."""
    hold = a.reminder_hold.c
    return set(connection.execute(select(hold.claim_no).where(_holds(night), hold.list_no == list_no)).scalars())


def chargeable(connection: Connection, list_no: int, issued_on: str, procedures: Iterable[str]) -> pl.DataFrame:
    """手数料のつきうる調定 of a list (claim_no, procedure_code): of some procedures, and in no claim file.

    Only those with something left of what is owed after all that was paid before a day (発行日).
    """
    claim, listed, payment = t.claim.c, a.arrears_claim.c, t.payment.c
    is_before = exists().where(payment.payment_no == t.posting.c.payment_no, payment.paid_on < issued_on)
    names = (ClaimFee.CLAIM_NO, Claim.PROCEDURE_CODE)
    query = select(*(claim[name] for name in names)).join(a.arrears_claim, listed.claim_no == claim.claim_no)
    query = query.where(listed.list_no == list_no, claim.procedure_code.in_(list(procedures)), ~is_stated())
    query = query.where(owed_yen(claim.claim_no) > collected_yen(is_before))
    return read_frame(connection, query.order_by(claim.claim_no), schema_of(names))


def fee_entries(connection: Connection, sent_no: int) -> pl.DataFrame:
    """督促手数料の異動 that a sending brought, and that took these back: frame ClaimEntry."""
    entry, fee = t.claim_entry.c, a.claim_fee.c
    is_of_fee = and_(entry.claim_no == fee.claim_no, entry.fee_no == fee.fee_no)
    query = select(*(entry[name] for name in ClaimEntry.SCHEMA)).select_from(a.claim_fee)
    return read_frame(connection, query.join(t.claim_entry, is_of_fee).where(fee.sent_no == sent_no), ClaimEntry.SCHEMA)


def sent_fees(connection: Connection) -> pl.DataFrame:
    """督促手数料 beside their sendings: frame SentFee, all in the ledger, in order."""
    fee, undone, sent, listed = a.claim_fee.c, a.claim_fee.alias("undone"), a.reminder_sent.c, a.arrears_claim.c
    same = (undone.c[name] == fee[name] for name in (SentFee.CLAIM_NO, SentFee.SENT_NO, SentFee.YEN))
    entry = t.claim_entry.c
    has_entry = exists().where(entry.claim_no == fee.claim_no, entry.fee_no == fee.fee_no)
    columns: dict[str, ColumnElement[Any]] = {
        **{name: fee[name] for name in ClaimFee.SCHEMA},
        SentFee.LIST_NO: listed.list_no,
        SentFee.PRINTED_ON: sent.issued_on,
        SentFee.SENT_ON: sent.night_on,
        SentFee.UNDONE_ON: taken_back_on(RetractionKind.REMINDED, fee.sent_no),
        SentFee.IS_SAME: case((and_(undone.c.undoes_no.is_(None), *same), 1), else_=0),
        SentFee.IS_STATED: case((is_stated(), 1), else_=0),
        SentFee.HAS_ENTRY: case((has_entry, 1), else_=0),
    }
    is_listed = and_(listed.list_no == sent.list_no, listed.claim_no == fee.claim_no)
    query = (
        select_named(columns)
        .select_from(a.claim_fee)
        .outerjoin(a.reminder_sent, sent.sent_no == fee.sent_no)
        .outerjoin(a.arrears_claim, is_listed)
        .outerjoin(t.claim, t.claim.c.claim_no == fee.claim_no)
        .outerjoin(undone, undone.c.fee_no == fee.undoes_no)
        .order_by(fee.fee_no)
    )
    return read_frame(connection, query, SentFee.SCHEMA)


def sendings(connection: Connection, night: date) -> list[dict[str, Any]]:
    """発送の記録 that hold, in order."""
    query = select(a.reminder_sent).where(is_sent(night)).order_by(a.reminder_sent.c.sent_no)
    return [dict(row) for row in connection.execute(query).mappings()]


def sending_of(connection: Connection, list_no: int, night: date) -> dict[str, Any] | None:
    """一覧の発送の記録, if it was sent."""
    return next((row for row in sendings(connection, night) if row["list_no"] == list_no), None)


def last_unrecorded(connection: Connection, night: date) -> int | None:
    """発送の記録のない最後の一覧: the number of the newest list, if nobody recorded that it was sent."""
    last = connection.execute(select(func.max(a.arrears_list.c.list_no))).scalar_one()
    return None if last is None or sending_of(connection, last, night) else int(last)


def holds_of(connection: Connection, claims: pl.DataFrame | None, night: date) -> list[dict[str, Any]]:
    """記録の一覧: records in force on that night, with their claims, in order; only of `claims` (claim_no) if given."""
    query = _select_holds(night).where(_is_not_over(night)).order_by(a.reminder_hold.c.hold_no)
    rows = connection.execute(query).mappings()
    wanted = None if claims is None else set(claims[Held.CLAIM_NO].to_list())
    return [dict(row) for row in rows if wanted is None or row[Held.CLAIM_NO] in wanted]


def hold_numbered(connection: Connection, hold_no: int, night: date) -> dict[str, Any] | None:
    """止める記録 by its number with its claim, unless it was taken back; whatever its last day."""
    query = _select_holds(night).where(a.reminder_hold.c.hold_no == hold_no)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else dict(row)


def _select_holds(night: date) -> Select[Any]:
    claim = t.claim.c
    names = (claim.procedure_code, claim.levy_year, claim.bill_no, claim.installment_no)
    seat = recording_seat("reminder_hold", a.reminder_hold.c.hold_no).label("taken_seat")
    query = select(a.reminder_hold, *names, seat).join(t.claim, claim.claim_no == a.reminder_hold.c.claim_no)
    return query.where(_holds(night))


def enter_sent(connection: Connection, row: Mapping[str, object]) -> dict[str, object]:
    """発送を記す. Returns its row with its number."""
    numbered = {"sent_no": next_no(connection, a.reminder_sent.c.sent_no), **row}
    connection.execute(insert(a.reminder_sent).values(**numbered))
    return numbered


def enter_holds(connection: Connection, rows: Sequence[Mapping[str, object]]) -> list[dict[str, object]]:
    """止める記録を記す, one for each claim. Returns the rows with their numbers."""
    first = next_no(connection, a.reminder_hold.c.hold_no)
    numbered = [{"hold_no": number, **row} for number, row in enumerate(rows, start=first)]
    connection.execute(insert(a.reminder_hold), numbered)
    return numbered


def is_sent(night: date) -> ColumnElement[bool]:
    """発送した一覧か as of a night, of a record that a list was sent: nobody took the record back by then."""
    sent, taken_back = a.reminder_sent.c, numbers_taken_back(RetractionKind.REMINDED, night)
    return and_(sent.night_on <= night.isoformat(), sent.sent_no.not_in(taken_back))


def _holds(night: date, hold: Any = a.reminder_hold.c) -> ColumnElement[bool]:
    """その夜に効いている記録か, but for its last day."""
    taken_back = numbers_taken_back(RetractionKind.HELD, night)
    return and_(hold.night_on <= night.isoformat(), hold.hold_no.not_in(taken_back))


def _is_not_over(night: date) -> ColumnElement[bool]:
    """止める最後の日が過ぎていないか, of a record."""
    until_on = a.reminder_hold.c.until_on
    return or_(until_on.is_(None), until_on >= night.isoformat())


def _is_pulled(night: date) -> ColumnElement[bool]:
    hold, claim = a.reminder_hold.alias("pulled").c, a.arrears_claim.c
    return (
        exists()
        .where(hold.list_no == claim.list_no, hold.claim_no == claim.claim_no, _holds(night, hold))
        .correlate(a.arrears_claim)
    )
