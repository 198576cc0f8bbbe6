"""Announcements (速報の照会): whether a 速報 still waits for its 確報.

They are counted, not paired: each 取消 and each 確報 of a payment ends one of its 速報, the earliest first. Two people
can end one that nobody will confirm; a 確報 that comes later posts all the same.
"""

from datetime import date

from sqlalchemy import ColumnElement, and_, exists, func, select

from elqr.store.tables import ledger as t
from elqr.store.tables import reviews as r
from elqr.vocabulary.ruling_terms import CLOSES, RulingResult
from elqr.vocabulary.terms import Outcome, Stage


def still_waits(night: date | None = None) -> ColumnElement[bool]:
    """確報も取消も来ていない速報か, for the payment and decision of a query, as of a night or now."""
    known, ends = t.payment_identity.alias("known_event").c, _ends(night)
    is_left = exists().where(
        known.identity == t.payment.c.identity,
        known.stage == t.payment.c.stage,
        known.payment_no == t.payment.c.payment_no,
        known.occurrence_no > ends,
    )
    return and_(t.decision.c.outcome == Outcome.PENDING.value, is_left, ~is_ended(night))


def _ends(night: date | None) -> ColumnElement[int]:
    """確報と取消の件数 of the payment's identity. Contents that contradict each other count once."""
    end, other, decided = (
        t.payment_identity.alias("end").c,
        t.payment.alias("other").c,
        t.decided_file.alias("decided").c,
    )
    ends = select(func.count(func.distinct(end.stage.concat(end.occurrence_no)))).where(
        end.identity == t.payment.c.identity, end.stage.in_([Stage.CONFIRMED.value, Stage.CANCELLED.value])
    )
    if night is not None:
        ends = ends.where(
            other.payment_no == end.payment_no,
            decided.file_no == other.file_no,
            decided.night_on <= night.isoformat(),
        )
    return ends.correlate(t.payment).scalar_subquery()


def is_answered(night: date) -> ColumnElement[bool]:
    """結果未着の後に結果が来たか: a debit whose result had not come has one as of a night; nobody need close it."""
    result, other, decided = (
        t.payment_identity.alias("answer").c,
        t.payment.alias("answer_record").c,
        t.decided_file.alias("answer_file").c,
    )
    has_result = exists().where(
        result.identity == t.payment.c.identity,
        result.stage.in_([Stage.CONFIRMED.value, Stage.NOT_COLLECTED.value]),
        other.payment_no == result.payment_no,
        decided.file_no == other.file_no,
        decided.night_on <= night.isoformat(),
    )
    return and_(t.payment.c.stage == Stage.UNDECIDED.value, has_result)


def is_ended(night: date | None = None) -> ColumnElement[bool]:
    """二人が閉じたか: the last ruling in effect on the payment closes it."""
    day = (night or date.max).isoformat()
    ruling, effect = r.ruling.alias("ending").c, r.ruling_result.alias("ending_effect").c
    later, later_effect = r.ruling.alias("later").c, r.ruling_result.alias("later_effect").c
    approved = RulingResult.APPROVED.value
    is_undone = exists().where(
        later.payment_no == ruling.payment_no, later.ruling_no > ruling.ruling_no,
        later_effect.ruling_no == later.ruling_no, later_effect.result == approved, later_effect.night_on <= day,
    )  # fmt: skip
    return exists().where(
        ruling.payment_no == t.payment.c.payment_no,
        ruling.ruling.in_([kind.value for kind in CLOSES]),
        effect.ruling_no == ruling.ruling_no,
        effect.result == approved,
        effect.night_on <= day,
        ~is_undone,
    )
