"""Queries for the fiscal year's end (決算の照会): claims of a levy year, and the yen on them and in suspense."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, case, func, literal, or_, select

from elqr.arithmetic.fiscal_year import closing_day, last_day
from elqr.store.db.bulk import read_frame, select_named
from elqr.store.queries.claim_states import stated
from elqr.store.queries.open_exceptions import waiting_outcome
from elqr.store.queries.owed import entry_yen, notice_no_at_closing, owed_yen, written_off_yen
from elqr.store.tables import ledger as t
from elqr.store.tables.counted import counted_day
from elqr.vocabulary.claim_frames import ClaimState
from elqr.vocabulary.claim_terms import RAISES, TO_PAY_BACK, EntryKind
from elqr.vocabulary.frames import Claim
from elqr.vocabulary.report_frames import YearClaim, YearCollected, YearHeld, YearLevied
from elqr.vocabulary.terms import Account, AccountingKind


@dataclass(frozen=True, slots=True)
class YearEnds:
    """公営企業会計の手続: those without 出納整理期間 at the end of a fiscal year, and of the one before."""

    own: Sequence[str]
    before: Sequence[str]


@dataclass(frozen=True, slots=True)
class YearEnd:
    """年度の末日と、出納整理期間の末日. Procedures without 出納整理期間 close on `last`."""

    last: date
    closing: date

    @classmethod
    def of(cls, fiscal_year: int) -> "YearEnd":
        """年度の末日 of a fiscal year."""
        return cls(last_day(fiscal_year), closing_day(fiscal_year, AccountingKind.GENERAL))


def claims_of_year(
    connection: Connection, levy_year: int, as_of: date, days: YearEnd, without_closing_period: Iterable[str]
) -> pl.DataFrame:
    """調定 of a levy year: frame YearClaim.

    `own_yen` counts by the last day of the year and `closing_yen` after it; both belong to the accounts of that year
    and were known by `as_of`. `owed_yen` is as of the procedure's closing day, because later changes belong to the next
    year, but no less than what was collected for it (see `_beyond`). Claims on which nothing was owed by then and
    nothing was paid are left out.
    """
    closing = _closing(days, without_closing_period)
    notice = t.notice.alias("closing_notice")
    known, number = literal(as_of.isoformat()), t.claim.c.claim_no
    owed, written_off = owed_yen(number, known, closing), written_off_yen(number, known, closing)
    paid = _select_paid(levy_year, as_of, days.last).subquery()
    query = (
        select(
            *(_payer(notice, known) if name == Claim.PAYER_REF else t.claim.c[name] for name in Claim.SCHEMA),
            func.coalesce(stated(ClaimState.DUE_ON, number, known), notice.c.due_on).label(YearClaim.DUE_ON),
            (owed + written_off).label(YearClaim.OWED_YEN),
            written_off.label(YearClaim.WRITTEN_OFF_YEN),
            *(func.coalesce(paid.c[name], 0).label(name) for name in (YearClaim.OWN_YEN, YearClaim.CLOSING_YEN)),
        )
        .select_from(t.claim)
        .outerjoin(notice, notice.c.notice_no == notice_no_at_closing(closing, as_of))
        .outerjoin(paid, paid.c.claim_no == t.claim.c.claim_no)
        .where(
            t.claim.c.levy_year == levy_year,
            or_(notice.c.notice_no.is_not(None), paid.c.claim_no.is_not(None), owed != 0, written_off != 0),
        )
        .order_by(*(t.claim.c[name] for name in Claim.SCHEMA))
    )
    rows = read_frame(connection, query, YearClaim.SCHEMA)
    collected = pl.col(YearClaim.OWN_YEN) + pl.col(YearClaim.CLOSING_YEN) + pl.col(YearClaim.WRITTEN_OFF_YEN)
    return rows.with_columns(pl.max_horizontal(YearClaim.OWED_YEN, collected).alias(YearClaim.OWED_YEN))


def _closing(days: YearEnd, without_closing_period: Iterable[str]) -> ColumnElement[str]:
    """締めの日 of the claim of a query."""
    is_without = t.claim.c.procedure_code.in_(list(without_closing_period))
    return case((is_without, literal(days.last.isoformat())), else_=literal(days.closing.isoformat()))


def levied_of_year(connection: Connection, fiscal_year: int, as_of: date, ends: YearEnds) -> pl.DataFrame:
    """年度の調定と収納: frame YearLevied, of all levy years up to the fiscal year; rows of nothing are left out.

    What changed until the year before closed and was not paid by then is carried into the year.
    """
    queries = (
        _select_entered(fiscal_year, as_of, ends),
        _select_collected(fiscal_year, as_of),
        _select_held(fiscal_year, as_of),
    )
    parts = []
    for query in queries:
        columns = [str(column.key) for column in query.selected_columns]
        parts.append(read_frame(connection, query, {name: YearLevied.SCHEMA[name] for name in columns}))
    parts += [
        _beyond(connection, fiscal_year, as_of, ends.own).with_columns(pl.col(_BEYOND).alias(YearLevied.RAISED_YEN)),
        _beyond(connection, fiscal_year - 1, as_of, ends.before).with_columns(
            pl.col(_BEYOND).alias(YearLevied.CARRIED_YEN), (-pl.col(_BEYOND)).alias(YearLevied.RAISED_YEN)
        ),
    ]
    names = [str(name) for name in (YearLevied.PROCEDURE_CODE, YearLevied.LEVY_YEAR)]
    sums = pl.concat(parts, how="diagonal").drop(_BEYOND).group_by(names).agg(pl.all().sum())
    raised = pl.col(YearLevied.RAISED_YEN)
    sums = sums.with_columns(raised.clip(0), pl.col(YearLevied.LOWERED_YEN) + (-raised).clip(0))
    return YearLevied.of(sums.filter(pl.any_horizontal(pl.exclude(names) != 0))).sort(names)


_BEYOND = "beyond_yen"


def _beyond(
    connection: Connection, fiscal_year: int, as_of: date, without_closing_period: Iterable[str]
) -> pl.DataFrame:
    """締めの日までの調定を超える収納 by procedure and levy year: `_BEYOND` of claims, through a fiscal year.

    A payment of the year may pay what was levied after its close, or is dated later. Nothing is collected that is not
    levied: so much counts as levied in the year that has the money, and no more in a later one (事後調定).
    """
    posting, claim, entry = t.posting.c, t.claim.c, t.claim_entry.c
    closing, known = _closing(YearEnd.of(fiscal_year), without_closing_period), as_of.isoformat()
    collected = (
        select(posting.claim_no, func.sum(posting.yen).label("yen"))
        .where(posting.claim_no.is_not(None), posting.fiscal_year <= fiscal_year, posting.night_on <= known)
        .group_by(posting.claim_no)
        .subquery()
    )
    owed = (
        select(entry.claim_no, func.sum(entry_yen()).label("yen"))
        .join(t.claim, claim.claim_no == entry.claim_no)
        .where(claim.levy_year <= fiscal_year, entry.night_on <= known, entry.entered_on <= closing)
        .group_by(entry.claim_no)
        .subquery()
    )
    owed_yen = func.coalesce(owed.c.yen, 0)
    columns = {
        YearLevied.PROCEDURE_CODE: claim.procedure_code,
        YearLevied.LEVY_YEAR: claim.levy_year,
        _BEYOND: func.sum(collected.c.yen - owed_yen),
    }
    query = (
        select_named(columns)
        .select_from(t.claim)
        .join(collected, collected.c.claim_no == claim.claim_no)
        .outerjoin(owed, owed.c.claim_no == claim.claim_no)
        .where(claim.levy_year <= fiscal_year, collected.c.yen > owed_yen)
        .group_by(claim.procedure_code, claim.levy_year)
    )
    schema = {name: YearLevied.SCHEMA.get(name, pl.Int64) for name in columns}
    return read_frame(connection, query, schema)


def _select_entered(fiscal_year: int, as_of: date, ends: YearEnds) -> Select[Any]:
    """調定異動 by procedure and levy year: what counts by the close of the year before, and what changed since."""
    entry, claim, yen = t.claim_entry.c, t.claim.c, entry_yen()
    closing, before = _closing(YearEnd.of(fiscal_year), ends.own), _closing(YearEnd.of(fiscal_year - 1), ends.before)
    is_carried = and_(claim.levy_year < fiscal_year, entry.entered_on <= before)
    is_assessed, is_relief, is_off = (
        entry.kind == kind.value for kind in (EntryKind.ASSESSED, EntryKind.RELIEVED, EntryKind.WRITTEN_OFF)
    )
    is_raise = entry.kind.in_([kind.value for kind in RAISES])  # by kind: what takes one back has the other sign
    is_change = ~or_(is_assessed, is_relief, is_off)

    def sum_where(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(yen).filter(*conditions), 0)

    columns = {
        YearLevied.PROCEDURE_CODE: claim.procedure_code,
        YearLevied.LEVY_YEAR: claim.levy_year,
        YearLevied.CARRIED_YEN: sum_where(is_carried),
        YearLevied.ASSESSED_YEN: sum_where(~is_carried, is_assessed),
        YearLevied.RAISED_YEN: sum_where(~is_carried, is_change, is_raise),
        YearLevied.LOWERED_YEN: -sum_where(~is_carried, is_change, ~is_raise),
        YearLevied.RELIEVED_YEN: -sum_where(~is_carried, is_relief),
        YearLevied.WRITTEN_OFF_YEN: -sum_where(~is_carried, is_off),
    }
    is_known = and_(entry.night_on <= as_of.isoformat(), entry.entered_on <= closing)
    query = select_named(columns).select_from(t.claim_entry).join(t.claim, claim.claim_no == entry.claim_no)
    return query.where(claim.levy_year <= fiscal_year, is_known).group_by(claim.procedure_code, claim.levy_year)


def _select_collected(fiscal_year: int, as_of: date) -> Select[Any]:
    """収納額 by procedure and levy year: what was collected in the year, and earlier, which is not carried."""
    posting, claim = t.posting.c, t.claim.c
    is_of_year, is_earlier = posting.fiscal_year == fiscal_year, posting.fiscal_year < fiscal_year
    columns = {
        YearLevied.PROCEDURE_CODE: claim.procedure_code,
        YearLevied.LEVY_YEAR: claim.levy_year,
        YearLevied.CARRIED_YEN: -func.coalesce(func.sum(posting.yen).filter(is_earlier), 0),
        YearLevied.COLLECTED_YEN: func.coalesce(func.sum(posting.yen).filter(is_of_year), 0),
    }
    query = select_named(columns).select_from(t.posting).join(t.claim, claim.claim_no == posting.claim_no)
    is_known = and_(posting.night_on <= as_of.isoformat(), posting.fiscal_year <= fiscal_year)
    return query.where(claim.levy_year <= fiscal_year, is_known).group_by(claim.procedure_code, claim.levy_year)


def _select_held(fiscal_year: int, as_of: date) -> Select[Any]:
    """還付未済 by procedure and levy year: what waits in suspense because it is too much on a claim."""
    held, notice = _held_payments(fiscal_year, as_of), t.notice.c
    columns = {
        YearLevied.PROCEDURE_CODE: held.c.procedure_code,
        YearLevied.LEVY_YEAR: notice.levy_year,
        YearLevied.WAITING_YEN: func.sum(held.c.yen),
    }
    is_to_pay_back = waiting_outcome(as_of).in_([outcome.value for outcome in TO_PAY_BACK])
    return (
        select_named(columns)
        .select_from(held)
        .join(t.decision, t.decision.c.payment_no == held.c.payment_no)
        .join(t.notice, notice.notice_no == t.decision.c.notice_no)
        .where(is_to_pay_back)
        .group_by(held.c.procedure_code, notice.levy_year)
    )


def _held_payments(fiscal_year: int, as_of: date) -> FromClause:
    """仮受に残る収納 of a fiscal year: payment_no, procedure_code and yen.

    All that a payment has in suspense belongs to the year and the procedure of its first yen there. What came off a
    claim later may be of another year or procedure, and a ruling takes yen out without saying which.
    """
    posting, first = t.posting.c, t.posting.alias("first_held").c
    is_held = and_(posting.account == Account.SUSPENSE.value, posting.night_on <= as_of.isoformat())
    sums = (
        select(posting.payment_no, func.min(posting.posting_no).label("first_no"), func.sum(posting.yen).label("yen"))
        .where(is_held)
        .group_by(posting.payment_no)
        .subquery()
    )
    query = select(sums.c.payment_no, first.procedure_code, sums.c.yen).join(
        first.posting_no.table, first.posting_no == sums.c.first_no
    )
    return query.where(first.fiscal_year == fiscal_year).subquery("held_payment")


def _payer(notice: FromClause, known: ColumnElement[Any]) -> ColumnElement[str]:
    """宛名番号 of the payer whom a claim file or else the notice names, such as an heir, or else of the claim."""
    by_file = stated(ClaimState.PAYER_REF, t.claim.c.claim_no, known)
    return func.coalesce(by_file, notice.c.payer_ref, t.claim.c.payer_ref).label(Claim.PAYER_REF)


def _select_paid(levy_year: int, as_of: date, last_day: date) -> Select[tuple[int, int, int]]:
    """収納額 of each claim of a levy year for its own year, by 領収日 or the day by which the city counts."""
    posting = t.posting.c
    in_year = func.coalesce(counted_day.c.falls_on, t.payment.c.paid_on) <= last_day.isoformat()
    return (
        select(
            posting.claim_no,
            func.coalesce(func.sum(posting.yen).filter(in_year), 0).label(YearClaim.OWN_YEN),
            func.coalesce(func.sum(posting.yen).filter(~in_year), 0).label(YearClaim.CLOSING_YEN),
        )
        .join(t.payment, t.payment.c.payment_no == posting.payment_no)
        .join(t.claim, t.claim.c.claim_no == posting.claim_no)
        .outerjoin(counted_day, counted_day.c.payment_no == posting.payment_no)
        .where(t.claim.c.levy_year == levy_year, _is_collected(levy_year, as_of), ~_is_arrears())
        .group_by(posting.claim_no)
    )


def _is_collected(fiscal_year: int, as_of: date) -> ColumnElement[bool]:
    posting = t.posting.c
    is_on_claim = posting.account == Account.CLAIM.value
    return and_(posting.fiscal_year == fiscal_year, is_on_claim, posting.night_on <= as_of.isoformat())


def _is_arrears() -> ColumnElement[bool]:
    return t.posting.c.is_arrears == 1


def collected_of_year(connection: Connection, fiscal_year: int, as_of: date) -> pl.DataFrame:
    """会計年度の収納額: frame YearCollected. The sums of all lists of claims must equal it."""
    posting = t.posting.c
    query = (
        select(posting.procedure_code, posting.is_arrears, func.sum(posting.yen).label(YearCollected.YEN))
        .where(_is_collected(fiscal_year, as_of))
        .group_by(posting.procedure_code, posting.is_arrears)
    )
    return read_frame(connection, query, YearCollected.SCHEMA)


def held_of_year(connection: Connection, fiscal_year: int, as_of: date) -> pl.DataFrame:
    """会計年度の仮受の残高: frame YearHeld."""
    held, outcome = _held_payments(fiscal_year, as_of), waiting_outcome(as_of)
    columns = {
        YearHeld.PROCEDURE_CODE: held.c.procedure_code,
        YearHeld.OUTCOME: outcome,
        YearHeld.YEN: func.sum(held.c.yen),
    }
    query = (
        select_named(columns)
        .select_from(held)
        .join(t.decision, t.decision.c.payment_no == held.c.payment_no)
        .group_by(held.c.procedure_code, outcome)
    )
    return read_frame(connection, query, YearHeld.SCHEMA)
