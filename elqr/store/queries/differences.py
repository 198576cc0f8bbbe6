"""Questions and entries about differences that two people close (差額の確認の照会と記帳)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, insert, select

from elqr.store.db.bulk import next_no
from elqr.store.tables import money as m

SIGNED = ("mark", "contract", "payment_yen", "money_yen", "night_on", "asked_at", "asked_by", "reason")
"""What of a request stands in the chain of runs once it is ended."""


def _requests() -> Select[Any]:
    step = m.difference_step.c
    ended = (step.result, step.settlement_no, step.taken_at, step.taken_by)
    more = (step.reason.label("because"), step.night_on.label("ended_on"))
    return select(m.difference, *ended, *more).outerjoin(
        m.difference_step, step.difference_no == m.difference.c.difference_no
    )


def requests(connection: Connection, mark: str) -> list[dict[str, Any]]:
    """差額の確認の申請 about one line, with the step that ended each."""
    query = _requests().where(m.difference.c.mark == mark).order_by(m.difference.c.difference_no)
    return [dict(row) for row in connection.execute(query).mappings()]


def request(connection: Connection, difference_no: int) -> dict[str, Any] | None:
    """差額の確認の申請 by its number."""
    row = connection.execute(_requests().where(m.difference.c.difference_no == difference_no)).mappings().first()
    return dict(row) if row else None


def all_requests(connection: Connection) -> list[dict[str, Any]]:
    """差額の確認の申請, all of them, in order."""
    return [dict(row) for row in connection.execute(_requests().order_by(m.difference.c.difference_no)).mappings()]


def enter_request(connection: Connection, row: Mapping[str, object]) -> int:
    """差額の確認の申請を記す; returns its number."""
    number = next_no(connection, m.difference.c.difference_no)
    connection.execute(insert(m.difference).values(difference_no=number, **row))
    return number


def enter_step(connection: Connection, row: Mapping[str, object]) -> None:
    """承認・却下を記す: how a request ended."""
    connection.execute(insert(m.difference_step).values(**row))
