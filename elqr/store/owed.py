"""What is owed on a claim as of a night (調定額): the amount of its newest slip that is not cancelled by then."""

from datetime import date
from typing import Any

from sqlalchemy import FromClause, Select, literal, select
from sqlalchemy.sql import ColumnElement

from elqr.frames import ClaimKey, Notice
from elqr.store import tables as t


def as_of(day: date) -> ColumnElement[str]:
    """ある夜 as the ledger writes dates."""
    return literal(day.isoformat())


def owed_yen(night: ColumnElement[Any]) -> ColumnElement[int]:
    """調定額 of the claim of a query, up to a night; null when no slip of it was valid then."""
    return _newest(Notice.AMOUNT_YEN, night).scalar_subquery()


def current_slip_no(night: ColumnElement[Any]) -> ColumnElement[int]:
    """今の納付書 of the claim of a query, up to a night; null when every slip was cancelled."""
    return _newest(Notice.NOTICE_NO, night).scalar_subquery()


def _newest(column: str, night: ColumnElement[Any]) -> Select[Any]:
    own, brought = t.notice.alias("own"), t.notice_file.alias("brought")
    return (
        select(own.c[column])
        .join(brought, brought.c.notice_file_no == own.c.notice_file_no)
        .where(
            *(own.c[name] == t.claim.c[name] for name in ClaimKey.SCHEMA),
            brought.c.night_on <= night,
            ~_is_gone(own, night),
        )
        .order_by(own.c.issue_no.desc())
        .limit(1)
        .correlate_except(own, brought)
    )


def _is_gone(own: FromClause, night: ColumnElement[Any]) -> ColumnElement[bool]:
    """取消済か, by then. The night may be a column of the outermost query."""
    gone = t.notice_cancel.alias("gone")
    cancelled = select(gone.c.notice_no).where(gone.c.notice_no == own.c.notice_no, gone.c.night_on <= night)
    return cancelled.correlate_except(gone).exists()
