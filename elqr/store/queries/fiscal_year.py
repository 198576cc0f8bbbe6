"""Queries for the fiscal year's end (決算の照会): claims of a levy year, and the yen on them and in suspense."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl
from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, case, func, literal, or_, select

from elqr.arithmetic.fiscal_year import closing_day, last_day
from elqr.store.db.bulk import read_frame, select_named
from elqr.store.queries.open_exceptions import waiting_outcome
from elqr.store.queries.owed import notice_no_at_closing
from elqr.store.tables import ledger as t
from elqr.vocabulary.frames import Claim
from elqr.vocabulary.report_frames import YearClaim, YearCollected, YearHeld
from elqr.vocabulary.terms import Account, AccountingKind


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

    `own_yen` was paid by the last day of the year and `closing_yen` after it; both belong to the accounts of that year
    and were known by `as_of`. `owed_yen` is as of the procedure's closing day, because later changes belong to the next
    year. Claims on which nothing was owed by then and nothing was paid are left out.
    """
    closing = case(
        (t.claim.c.procedure_code.in_(list(without_closing_period)), literal(days.last.isoformat())),
        else_=literal(days.closing.isoformat()),
    )
    notice = t.notice.alias("closing_notice")
    paid = _select_paid(levy_year, as_of, days.last).subquery()
    query = (
        select(
            *(_payer(notice) if name == Claim.PAYER_REF else t.claim.c[name] for name in Claim.SCHEMA),
            notice.c.due_on,
            func.coalesce(notice.c.amount_yen, 0).label(YearClaim.OWED_YEN),
            *(func.coalesce(paid.c[name], 0).label(name) for name in (YearClaim.OWN_YEN, YearClaim.CLOSING_YEN)),
        )
        .select_from(t.claim)
        .outerjoin(notice, notice.c.notice_no == notice_no_at_closing(closing, as_of))
        .outerjoin(paid, paid.c.claim_no == t.claim.c.claim_no)
        .where(t.claim.c.levy_year == levy_year, or_(notice.c.notice_no.is_not(None), paid.c.claim_no.is_not(None)))
        .order_by(*(t.claim.c[name] for name in Claim.SCHEMA))
    )
    return read_frame(connection, query, YearClaim.SCHEMA)


def _payer(notice: FromClause) -> ColumnElement[str]:
    """宛名番号 of the payer whom the notice names, such as an heir, or else of the claim."""
    return func.coalesce(notice.c.payer_ref, t.claim.c.payer_ref).label(Claim.PAYER_REF)


def _select_paid(levy_year: int, as_of: date, last_day: date) -> Select[tuple[int, int, int]]:
    """収納額 of each claim of a levy year for its own year, by 領収日."""
    posting = t.posting.c
    in_year = t.payment.c.paid_on <= last_day.isoformat()
    return (
        select(
            posting.claim_no,
            func.coalesce(func.sum(posting.yen).filter(in_year), 0).label(YearClaim.OWN_YEN),
            func.coalesce(func.sum(posting.yen).filter(~in_year), 0).label(YearClaim.CLOSING_YEN),
        )
        .join(t.payment, t.payment.c.payment_no == posting.payment_no)
        .join(t.claim, t.claim.c.claim_no == posting.claim_no)
        .where(t.claim.c.levy_year == levy_year, _is_of_year(levy_year, Account.CLAIM, as_of), ~_is_arrears())
        .group_by(posting.claim_no)
    )


def _is_of_year(fiscal_year: int, account: Account, as_of: date) -> ColumnElement[bool]:
    posting = t.posting.c
    return and_(
        posting.fiscal_year == fiscal_year, posting.account == account.value, posting.night_on <= as_of.isoformat()
    )


def _is_arrears() -> ColumnElement[bool]:
    return t.posting.c.is_arrears == 1


def collected_of_year(connection: Connection, fiscal_year: int, as_of: date) -> pl.DataFrame:
    """会計年度の収納額: frame YearCollected. The sums of all lists of claims must equal it."""
    posting = t.posting.c
    query = (
        select(posting.procedure_code, posting.is_arrears, func.sum(posting.yen).label(YearCollected.YEN))
        .where(_is_of_year(fiscal_year, Account.CLAIM, as_of))
        .group_by(posting.procedure_code, posting.is_arrears)
    )
    return read_frame(connection, query, YearCollected.SCHEMA)


def held_of_year(connection: Connection, fiscal_year: int, as_of: date) -> pl.DataFrame:
    """会計年度の仮受の残高: frame YearHeld."""
    posting, decision, outcome = t.posting.c, t.decision.c, waiting_outcome(as_of)
    query = (
        select_named(
            {
                YearHeld.PROCEDURE_CODE: posting.procedure_code,
                YearHeld.OUTCOME: outcome,
                YearHeld.YEN: func.sum(posting.yen),
            }
        )
        .join(t.decision, decision.payment_no == posting.payment_no)
        .where(_is_of_year(fiscal_year, Account.SUSPENSE, as_of))
        .group_by(posting.procedure_code, outcome)
    )
    return read_frame(connection, query, YearHeld.SCHEMA)
