"""Queries on the trail of the review (決裁の記録): who asked for what, who ended it, and the yen that it moved."""

from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from elqr.store.db.bulk import Columns, read_frame, select_named, stage_rows
from elqr.store.queries.chain import night_before
from elqr.store.queries.open_exceptions import undone_by_no, waiting_outcome
from elqr.store.queries.seats import asking_seat, ending_seat
from elqr.store.tables import ledger as t
from elqr.store.tables import reviews as r
from elqr.vocabulary.claim_frames import CardRuling
from elqr.vocabulary.report_frames import RulingRecord
from elqr.vocabulary.ruling_terms import LEAVES_CLAIM, RulingResult
from elqr.vocabulary.terms import Account, KeyKind


def rulings_in(connection: Connection, night: date) -> pl.DataFrame:
    """決裁一覧 of a night: frame RulingRecord of rulings that wait at its end, or ended on the last night or since."""
    day, ended = night.isoformat(), r.review_step.c.night_on
    is_new = or_(ended.is_(None), ended >= night_before(connection, night))
    return _read_trail(connection, [r.review.c.night_on <= day, is_new], day)


def trail(connection: Connection, review_no: int | None = None, payment_no: int | None = None) -> pl.DataFrame:
    """決裁の記録: frame RulingRecord of a request, of a payment (any ruling that moved its yen), or of all."""
    conditions = [r.ruling.c.review_no == review_no] if review_no is not None else []
    if payment_no is not None:
        moved = select(r.ruling_posting.c.ruling_no).join(
            t.posting, t.posting.c.posting_no == r.ruling_posting.c.posting_no
        )
        moves_it = moved.where(t.posting.c.payment_no == payment_no, t.posting.c.reverses_no.is_not(None))
        conditions.append(or_(r.ruling.c.payment_no == payment_no, r.ruling.c.ruling_no.in_(moves_it)))
    return _read_trail(connection, conditions, date.max.isoformat())


def rulings_on(connection: Connection, payments: pl.DataFrame) -> pl.DataFrame:
    """収納の決裁 that wait or were approved, in their order: frame CardRuling of `payments` (payment_no)."""
    ruling, step, effect = r.ruling.c, r.review_step.c, r.ruling_result.c
    columns: dict[str, ColumnElement[Any]] = {
        **{name: ruling[name] for name in CardRuling.SCHEMA if name in ruling},
        CardRuling.ASKED_ON: r.review.c.night_on,
        CardRuling.TAKEN_ON: step.night_on,
        CardRuling.DONE_ON: r.payout.c.done_on,
        CardRuling.UNDONE_BY_NO: undone_by_no(ruling.ruling_no, ruling.payment_no),
    }
    with stage_rows(connection, payments.select(CardRuling.PAYMENT_NO).unique()) as staged:
        query = (
            select_named({name: columns[name] for name in CardRuling.SCHEMA})
            .select_from(r.ruling)
            .join(staged, staged.c.payment_no == ruling.payment_no)
            .join(r.review, r.review.c.review_no == ruling.review_no)
            .outerjoin(r.review_step, step.review_no == ruling.review_no)
            .outerjoin(r.ruling_result, effect.ruling_no == ruling.ruling_no)
            .outerjoin(r.payout, r.payout.c.ruling_no == ruling.ruling_no)
            .where(or_(step.review_no.is_(None), effect.result == RulingResult.APPROVED.value))
        )
        return read_frame(connection, query, CardRuling.SCHEMA).sort(CardRuling.RULING_NO)


def _read_trail(connection: Connection, conditions: list[ColumnElement[bool]], until: str) -> pl.DataFrame:
    """決裁の記録 as of a night: frame RulingRecord."""
    review, step, effect = r.review.c, r.review_step.c, r.ruling_result.c
    effect_on, key = r.ruling_result.c.night_on, t.notice_key.c
    digits = select(func.min(key.key_digits)).where(key.notice_no == r.ruling.c.notice_no).correlate(r.ruling)
    target = func.coalesce(digits.where(key.key_kind == KeyKind.ELQR.value).scalar_subquery(), digits.scalar_subquery())
    columns: Columns = {
        RulingRecord.REVIEW_NO: review.review_no,
        RulingRecord.SOURCE: review.source,
        RulingRecord.RULING_NO: r.ruling.c.ruling_no,
        RulingRecord.PAYMENT_NO: r.ruling.c.payment_no,
        RulingRecord.OUTCOME: waiting_outcome(date.fromisoformat(until)),
        RulingRecord.PAID_YEN: t.payment.c.paid_yen,
        RulingRecord.RULING: r.ruling.c.ruling,
        RulingRecord.TARGET: target,
        RulingRecord.REASON: r.ruling.c.reason,
        RulingRecord.STAFF: r.ruling.c.staff,
        RulingRecord.ASKED_BY: review.asked_by,
        RulingRecord.ASKED_AT: review.asked_at,
        RulingRecord.RESULT: effect.result,
        RulingRecord.TAKEN_BY: step.taken_by,
        RulingRecord.TAKEN_AT: step.taken_at,
        RulingRecord.STEP_REASON: step.reason,
        RulingRecord.BEFORE_YEN: effect.before_yen,
        RulingRecord.AFTER_YEN: effect.after_yen,
        RulingRecord.WITHDRAWN_YEN: _withdrawn_yen(until),
        RulingRecord.RETURNED_YEN: _returned_yen(until),
        RulingRecord.UNDOES_NO: r.ruling.c.undoes_no,
        **{name: r.payout.c[name] for name in (RulingRecord.DONE_ON, RulingRecord.NUMBER, RulingRecord.INTEREST_YEN)},
        RulingRecord.ASKED_SEAT: asking_seat("review", review.review_no),
        RulingRecord.TAKEN_SEAT: ending_seat("review", review.review_no, step.taken_by),
    }
    query = (
        select_named(columns)
        .select_from(r.ruling)
        .join(r.review, review.review_no == r.ruling.c.review_no)
        .join(t.payment, t.payment.c.payment_no == r.ruling.c.payment_no)
        .join(t.decision, t.decision.c.payment_no == r.ruling.c.payment_no)
        .outerjoin(r.review_step, and_(step.review_no == review.review_no, step.night_on <= until))
        .outerjoin(r.payout, r.payout.c.ruling_no == r.ruling.c.ruling_no)
        .outerjoin(r.ruling_result, and_(effect.ruling_no == r.ruling.c.ruling_no, effect_on <= until))
        .where(*conditions)
        .order_by(r.ruling.c.ruling_no)
    )
    return read_frame(connection, query, RulingRecord.SCHEMA)


def _withdrawn_yen(until: str) -> ColumnElement[int]:
    """送付元の取消にした額 of a ruling, up to a night."""
    posting = t.posting.alias("withdrawal").c
    return (
        select(func.coalesce(func.sum(posting.yen), 0))
        .where(
            r.ruling_posting.c.ruling_no == r.ruling.c.ruling_no,
            posting.posting_no == r.ruling_posting.c.posting_no,
            posting.account == Account.WITHDRAWN.value,
            posting.night_on <= until,
        )
        .correlate(r.ruling)
        .scalar_subquery()
    )


def _returned_yen(until: str) -> ColumnElement[int]:
    """調定から仮受に移した額 of a ruling that undoes another or takes a payment off its claims, up to a night."""
    posting, back = t.posting.alias("held").c, t.posting.alias("held_back").c
    return (
        select(func.coalesce(func.sum(posting.yen), 0))
        .where(
            r.ruling.c.ruling.in_([ruling.value for ruling in LEAVES_CLAIM]),
            r.ruling_posting.c.ruling_no == r.ruling.c.ruling_no,
            posting.posting_no == r.ruling_posting.c.posting_no,
            posting.account == Account.SUSPENSE.value,
            posting.yen > 0,
            back.posting_no == posting.reverses_no,
            back.account == Account.CLAIM.value,
            posting.night_on <= until,
        )
        .correlate(r.ruling)
        .scalar_subquery()
    )
