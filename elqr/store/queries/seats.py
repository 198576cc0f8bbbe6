"""Seats (席): at which machine, under which account, a request was made and ended, for lists that name the person."""

from sqlalchemy import ColumnElement, case, func, literal, select

from elqr.store.tables.acts import ASKED
from elqr.store.tables.acts import act as act_table


def asking_seat(kind: str, number: ColumnElement[int]) -> ColumnElement[str]:
    """申請の席 of a request of `kind` (its table): [log-in→]account@machine; null where no machine is known."""
    return _seat(kind, number, act_table.c.step == ASKED)


def ending_seat(kind: str, number: ColumnElement[int], taken_by: ColumnElement[str]) -> ColumnElement[str]:
    """承認か却下の席 of such a request, taken by that person; null while it waits."""
    return _seat(kind, number, act_table.c.step != ASKED, act_table.c.taken_by == taken_by)


def recording_seat(kind: str, number: ColumnElement[int]) -> ColumnElement[str]:
    """記録の席 of a row that was recorded with others: their step has the number of the first of them."""
    first_act = act_table.alias("first_of_them")
    first = select(func.max(first_act.c.number)).where(first_act.c.kind == kind, first_act.c.number <= number)
    return _seat(kind, first.correlate_except(first_act).scalar_subquery())


def _seat(kind: str, number: ColumnElement[int], *conditions: ColumnElement[bool]) -> ColumnElement[str]:
    act = act_table.c
    is_own = act.login.in_(("", act.os_user))
    account = case((is_own, act.os_user), else_=act.login + literal("→") + act.os_user)
    text = func.max(account + literal("@") + act.machine)
    query = select(text).where(act.kind == kind, act.number == number, act.os_user != "", *conditions)
    return query.correlate_except(act_table).scalar_subquery()
