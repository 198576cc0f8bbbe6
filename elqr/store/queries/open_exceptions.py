"""Queries on what waits (要確認の残): open exceptions and overdue 速報, their sums, and the oldest of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import polars as pl
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
)

from elqr.store.db.bulk import read_frame
from elqr.store.queries.announced import is_answered, still_waits
from elqr.store.queries.moves import is_move_by
from elqr.store.queries.reports import select_decided
from elqr.store.tables import ledger as t
from elqr.store.tables import money as m
from elqr.store.tables import reviews as r
from elqr.vocabulary.page_frames import Waiting
from elqr.vocabulary.ruling_terms import AWAITS_PAYOUT, CLOSES, CLOSES_WHEN_EMPTY, LEAVES_CLAIM, Ruling, RulingResult
from elqr.vocabulary.terms import Account, Outcome, Place


@dataclass(frozen=True, slots=True)
class Waits:
    """要確認か, for the decided payments of a query, with the joins that it needs.

    There are four conditions, because a single one would use no index: `condition` for exceptions, `announced` for
    overdue 速報, `reduced` for payments that a later night took off their claims, and `returned` for those that a
    ruling did (an undone one that did not go back, or a 組替). `is_reduced` and `is_returned` tell the last two for any
    payment.
    """

    is_open: ColumnElement[bool]
    outcome: ColumnElement[str]
    is_reduced: ColumnElement[bool]
    is_returned: ColumnElement[bool]
    suspense_yen: ColumnElement[int]
    condition: ColumnElement[bool]
    announced: ColumnElement[bool]
    reduced: ColumnElement[bool]
    returned: ColumnElement[bool]
    joins: tuple[tuple[FromClause, Any], ...]

    @classmethod
    @cache
    def on(cls, night: date) -> "Waits":
        """As of a night; put together once for each.

        A closed payment is open again when undoing a ruling left more in suspense than at closing.
        """
        last = r.ruling.c
        suspense = t.decision.c.suspense_yen + moved_yen(Account.SUSPENSE, night)
        is_as_left = suspense <= r.ruling_result.c.after_yen
        closed = or_(
            and_(last.ruling.in_([ruling.value for ruling in CLOSES]), is_as_left),
            and_(last.ruling.in_([ruling.value for ruling in CLOSES_WHEN_EMPTY]), suspense == 0),
        )
        is_open = or_(func.coalesce(~closed, True), _is_reduced_since(last.ruling_no, night))
        awaits = and_(last.ruling.in_([ruling.value for ruling in AWAITS_PAYOUT]), suspense != 0)
        decided = t.decided_file.c.night_on <= night.isoformat()
        joins = (
            (r.ruling, last.ruling_no == last_ruling_no(night)),
            (r.ruling_result, r.ruling_result.c.ruling_no == last.ruling_no),
        )
        overdue = m.overdue_payment.c
        late = select(overdue.payment_no).where(overdue.night_on <= night.isoformat())
        announced = and_(t.payment.c.payment_no.in_(late), still_waits(night))
        waits = or_(is_open, awaits)
        waiting = and_(is_waiting(), decided, waits, ~is_answered(night))
        condition, reduced = waiting, and_(_is_reduced(night), ~is_waiting(), waits)
        is_returned = _is_returned(night)
        others = and_(is_returned, ~is_waiting(), ~_is_reduced(night), suspense != 0)
        outcome = waiting_outcome(night)
        is_reduced = and_(_is_reduced(night), ~_is_all_reduced(night))
        return cls(is_open, outcome, is_reduced, is_returned, suspense, condition, announced, reduced, others, joins)

    def conditions(self, connection: Connection) -> list[ColumnElement[bool]]:
        """待つわけ: the conditions, each for a query of its own, but for those of which the ledger has no row."""
        numbers = (m.overdue_payment.c.payment_no, r.reduced_posting.c.posting_no, r.ruling.c.ruling_no)
        has_any = connection.execute(select(*(exists().where(number > 0) for number in numbers))).one()
        further = (self.announced, self.reduced, self.returned)
        return [self.condition, *(condition for condition, has in zip(further, has_any, strict=True) if has)]


def _reduced_payments(night: date) -> Select[tuple[int]]:
    """減額された収納 up to a night: payment_no."""
    posting, reduced = t.posting.c, r.reduced_posting.c
    query = select(posting.payment_no).join(r.reduced_posting, reduced.posting_no == posting.posting_no)
    return query.where(posting.account == Account.SUSPENSE.value, is_move_by(night))


def _is_reduced(night: date) -> ColumnElement[bool]:
    return t.decision.c.payment_no.in_(_reduced_payments(night))


def _is_reduced_since(ruling_no: ColumnElement[int], night: date) -> ColumnElement[bool]:
    """その決裁の後に減額されたか: a reduction opens what a ruling closed, until a later ruling."""
    reduced = _reduced_payments(night).where(t.posting.c.payment_no == t.payment.c.payment_no)
    return reduced.where(r.reduced_posting.c.after_ruling_no == ruling_no).correlate(t.payment, r.ruling).exists()


def waiting_outcome(night: date) -> ColumnElement[str]:
    """要確認の理由: the outcome of the night, or, if it had put all yen on claims, 減額による過納, 組替 or 過納.

    過納 is what an undone ruling left in suspense, because the claim did not take it back.
    """
    reassigned = t.decision.c.payment_no.in_(returned_payments(night, (Ruling.REASSIGN,)))
    return case(
        (_is_all_reduced(night), Outcome.REDUCED.value),
        (and_(~is_waiting(), reassigned), Outcome.REASSIGNED.value),
        (and_(~is_waiting(), _is_returned(night)), Outcome.OVERPAID.value),
        else_=t.decision.c.outcome,
    )


def _is_all_reduced(night: date) -> ColumnElement[bool]:
    """減額で初めて仮受に入ったか: its night had put all of it on claims, in full or as underpaid."""
    return and_(or_(~is_waiting(), t.decision.c.outcome == Outcome.UNDERPAID.value), _is_reduced(night))


_LEAVING = r.ruling.alias("leaving")


def returned_payments(night: date, rulings: Iterable[Ruling] = LEAVES_CLAIM) -> Select[tuple[int]]:
    """決裁で調定から仮受に入った収納 up to a night: payment_no.

    A claim did not take back all of an undone ruling, or a 組替 took the yen off it.
    """
    leaving, link, posting, back = _LEAVING.c, r.ruling_posting.c, t.posting.c, t.posting.alias("back").c
    return (
        select(posting.payment_no)
        .select_from(_LEAVING)
        .join(r.ruling_posting, link.ruling_no == leaving.ruling_no)
        .join(t.posting, posting.posting_no == link.posting_no)
        .join(back.posting_no.table, back.posting_no == posting.reverses_no)
        .where(
            leaving.ruling.in_([ruling.value for ruling in rulings]),
            posting.account == Account.SUSPENSE.value,
            posting.yen > 0,
            back.account == Account.CLAIM.value,
            is_move_by(night),
        )
    )


def _is_returned(night: date) -> ColumnElement[bool]:
    return t.decision.c.payment_no.in_(returned_payments(night))


def is_waiting() -> ColumnElement[bool]:
    """要確認か. The values are literals, as in the partial index: with bound values SQLite would not use it."""
    waiting_in = [Place.EXCEPTION.value, Place.REJECTED.value]
    literals: BindParameter[Any] = bindparam(None, waiting_in, expanding=True, literal_execute=True)
    return t.decision.c.place.in_(literals)


def are_more_waiting(connection: Connection, most: int) -> bool:
    """要確認が `most` より多いか, including those decided since. Reads no more rows than that."""
    waiting = select(t.decision.c.payment_no).where(is_waiting()).limit(most + 1).subquery()
    return int(connection.execute(select(func.count()).select_from(waiting)).scalar_one()) > most


def oldest_waiting(connection: Connection, night: date, most: int) -> pl.DataFrame:
    """古い要確認: payment_no, at most `most` for each condition, the lowest first."""
    waits, number = Waits.on(night), t.decision.c.payment_no
    query = select_decided(number)
    for joined, where in waits.joins:
        query = query.outerjoin(joined, where)
    parts = (query.where(condition).order_by(number).limit(most) for condition in waits.conditions(connection))
    return pl.concat(read_frame(connection, part, {"payment_no": pl.Int64}) for part in parts)


def waiting_sums(connection: Connection, night: date) -> pl.DataFrame:
    """要確認の合計 of all that waits up to a night; frame Waiting.

    Payments that no ruling ever named or moved are as their night left them; they are summed without looking for
    rulings and moves.
    """
    number, waits = t.decision.c.payment_no, Waits.on(night)
    moved = select(t.posting.c.payment_no).where(t.posting.c.reverses_no.is_not(None))
    touched = or_(number.in_(select(r.ruling.c.payment_no)), number.in_(moved))
    exceptions, *others = waits.conditions(connection)
    parts = [
        _untouched_sums(~touched, night),
        _touched_sums(waits, and_(touched, exceptions)),
        *(_touched_sums(waits, condition) for condition in others),
    ]
    rows = pl.concat(read_frame(connection, part, Waiting.SCHEMA) for part in parts)
    return Waiting.of(rows.group_by(Waiting.KEYS).agg(pl.col(Waiting.COUNT, Waiting.SUSPENSE_YEN).sum()))


def _untouched_sums(condition: ColumnElement[bool], night: date) -> Select[Any]:
    """触れられていない要確認の合計, by file first, so that the night of a file is looked up once."""
    decision, payment, decided_on = t.decision.c, t.payment.c, t.decided_file.c.night_on
    keys = (decision.outcome, decision.procedure_code, payment.item_no, payment.paid_on, payment.file_no)
    summed = (func.count().label(Waiting.COUNT), func.sum(decision.suspense_yen).label(Waiting.SUSPENSE_YEN))
    query = (
        select(*keys, *summed).join(t.payment, payment.payment_no == decision.payment_no).where(is_waiting(), condition)
    )
    rows = query.group_by(*keys).subquery()
    sums = [rows.c[name] for name in (Waiting.COUNT, Waiting.SUSPENSE_YEN)]
    names = [rows.c[name] for name in (Waiting.OUTCOME, Waiting.PROCEDURE_CODE, Waiting.ITEM_NO, Waiting.PAID_ON)]
    return (
        select(*names, decided_on.label(Waiting.DECIDED_ON), literal(1).label(Waiting.IS_OPEN), *sums)
        .join(t.decided_file, t.decided_file.c.file_no == rows.c.file_no)
        .where(decided_on <= night.isoformat())
    )


def _touched_sums(waits: Waits, condition: ColumnElement[bool]) -> Select[Any]:
    columns = {
        Waiting.OUTCOME: waits.outcome,
        Waiting.PROCEDURE_CODE: t.decision.c.procedure_code,
        Waiting.ITEM_NO: t.payment.c.item_no,
        Waiting.PAID_ON: t.payment.c.paid_on,
        Waiting.DECIDED_ON: t.decided_file.c.night_on,
        Waiting.IS_OPEN: waits.is_open,
        Waiting.SUSPENSE_YEN: waits.suspense_yen,
    }
    query = select_decided(*(column.label(name) for name, column in columns.items()))
    for joined, where in waits.joins:
        query = query.outerjoin(joined, where)
    rows = query.where(condition).subquery().c
    keys = [rows[name] for name in Waiting.KEYS]
    sums = (func.count().label(Waiting.COUNT), func.sum(rows[Waiting.SUSPENSE_YEN]).label(Waiting.SUSPENSE_YEN))
    return select(*keys, *sums).group_by(*keys)


def last_ruling_no(night: date) -> ColumnElement[int]:
    """効力のある最後の決裁 of a payment up to a night: its number."""
    ruled, effect = r.ruling.alias(), r.ruling_result.alias()
    return (
        select(func.max(ruled.c.ruling_no))
        .join(effect, effect.c.ruling_no == ruled.c.ruling_no)
        .where(
            ruled.c.payment_no == t.payment.c.payment_no,
            effect.c.result == RulingResult.APPROVED.value,
            effect.c.night_on <= night.isoformat(),
        )
        .correlate(t.payment)
        .scalar_subquery()
    )


def last_standing_no(night: date) -> ColumnElement[int]:
    """取り消されていない最後の決裁 of a payment up to a night: its number. A 決裁の取消 itself does not count."""
    ruled, effect = r.ruling.alias("stands"), r.ruling_result.alias("stands_effect")
    return (
        select(func.max(ruled.c.ruling_no))
        .join(effect, effect.c.ruling_no == ruled.c.ruling_no)
        .where(
            ruled.c.payment_no == t.payment.c.payment_no,
            ruled.c.ruling != Ruling.UNDO.value,
            effect.c.result == RulingResult.APPROVED.value,
            effect.c.night_on <= night.isoformat(),
            undone_by_no(ruled.c.ruling_no, ruled.c.payment_no).is_(None),
        )
        .correlate(t.payment)
        .scalar_subquery()
    )


def undone_by_no(ruling_no: ColumnElement[int], payment_no: ColumnElement[int]) -> ColumnElement[int | None]:
    """決裁を取り消した決裁: its number, or null. It is a ruling on the same payment."""
    undo, effect = r.ruling.alias("undoing").c, r.ruling_result.alias("undoing_effect").c
    return (
        select(func.max(undo.ruling_no))
        .where(
            undo.payment_no == payment_no,
            undo.undoes_no == ruling_no,
            effect.ruling_no == undo.ruling_no,
            effect.result == RulingResult.APPROVED.value,
        )
        .correlate(payment_no.table)
        .scalar_subquery()
    )


def is_in_force() -> ColumnElement[bool]:
    """効力があるか、承認を待つか: whether a ruling, beside its result, was neither refused nor undone."""
    result = r.ruling_result.c.result
    undone_no = undone_by_no(r.ruling.c.ruling_no, r.ruling.c.payment_no)
    return and_(or_(result.is_(None), result == RulingResult.APPROVED.value), undone_no.is_(None))


def moved_yen(account: Account, night: date) -> ColumnElement[int]:
    """付け替えた額 of a payment on an account, up to a night."""
    moved = t.posting.alias()
    return (
        select(func.coalesce(func.sum(moved.c.yen), 0))
        .where(
            moved.c.payment_no == t.payment.c.payment_no,
            moved.c.account == account.value,
            moved.c.reverses_no.is_not(None),
            moved.c.night_on <= night.isoformat(),
        )
        .correlate(t.payment)
        .scalar_subquery()
    )
