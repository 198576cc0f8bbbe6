"""What is owed on a claim (調定額): the amount of its newest slip that is not cancelled, at a night or a year's end."""

from datetime import date
from typing import Any

from sqlalchemy import Select, and_, literal, or_, select
from sqlalchemy.sql import ColumnElement

from elqr.store.tables import ledger as t
from elqr.vocabulary.frames import ClaimKey, Notice

_OWN, _BROUGHT, _GONE = t.notice.alias("own"), t.notice_file.alias("brought"), t.notice_cancel.alias("gone")
_PAYS = t.notice_claim.alias("pays")


def owed_yen(night: ColumnElement[Any]) -> ColumnElement[int]:
    """調定額 of the claim of a query, up to a night; null when no slip of it was valid then."""
    return _newest(Notice.AMOUNT_YEN, _BROUGHT.c.night_on <= night, _GONE.c.night_on <= night)


def newest_notice_no(night: ColumnElement[Any]) -> ColumnElement[int]:
    """最新の納付書 of the claim of a query that is valid, up to a night; or null."""
    return _newest(Notice.NOTICE_NO, _BROUGHT.c.night_on <= night, _GONE.c.night_on <= night)


def notice_no_at_closing(closing: ColumnElement[Any], as_of: date) -> ColumnElement[int]:
    """締めの日の納付書 of the claim of a query: issued by that day, as far as the ledger knew on a night; or null.

    By 発行日, because a city's ledger may begin after a year has ended. What became of a slip later counts
    only when the slip itself came to the ledger after the day.
    """
    known = literal(as_of.isoformat())
    is_issued = and_(_BROUGHT.c.night_on <= known, _OWN.c.issued_on <= closing)
    is_gone = and_(_GONE.c.night_on <= known, or_(_GONE.c.night_on <= closing, _BROUGHT.c.night_on > closing))
    return _newest(Notice.NOTICE_NO, is_issued, is_gone)


def _newest(column: str, is_there: ColumnElement[bool], is_gone: ColumnElement[bool]) -> ColumnElement[int]:
    """Of the claim's slips that are there and not gone, the one with the highest 発行連番.

    A slip of 期別 0 bears the name of a claim that it does not pay, where instalments came once that was cancelled.
    The conditions may name columns of the outermost query, so only what is declared here is not taken from it.
    """
    gone = select(_GONE.c.notice_no).where(_GONE.c.notice_no == _OWN.c.notice_no, is_gone)
    pays = select(_PAYS.c.notice_no).where(
        _PAYS.c.notice_no == _OWN.c.notice_no, _PAYS.c.claim_no == t.claim.c.claim_no
    )
    newest: Select[tuple[int]] = (
        select(_OWN.c[column])
        .join(_BROUGHT, _BROUGHT.c.notice_file_no == _OWN.c.notice_file_no)
        .where(
            *(_OWN.c[name] == t.claim.c[name] for name in ClaimKey.SCHEMA),
            is_there,
            pays.correlate_except(_PAYS).exists(),
            ~gone.correlate_except(_GONE).exists(),
        )
        .order_by(_OWN.c.issue_no.desc())
        .limit(1)
    )
    return newest.correlate_except(_OWN, _BROUGHT).scalar_subquery()
