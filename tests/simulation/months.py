"""Months of the year (一年の月計): closed by two people, and compared with the sums that the model keeps by itself.

What is ruled on later, a 組替 or a 取消, is of the month in which it is approved. A closed month never changes.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest

from elqr.approvals.month_close import approve_close, draw_month, request_close
from elqr.session.session import Session
from elqr.vocabulary.errors import Refused
from elqr.vocabulary.terms import Account
from tests.simulation.comparison import Difference
from tests.simulation.office import APPROVES, ASKS, Office, sign
from tests.simulation.year import FIRST

_SKIPPED = 0.2
"""So many months are never closed by themselves."""


@dataclass
class Months:
    """月計 of the model: the balances at the end of each month, by account; and which months are asked for and closed."""

    ends: dict[date, Counter[str]] = field(default_factory=dict)
    seen: set[date] = field(default_factory=set)
    asked: dict[date, date] = field(default_factory=dict)
    closed: set[date] = field(default_factory=set)

    def keep(self, office: Office, night: date) -> None:
        """今の残高を書く: the last of a month stays."""
        truth = office.truth
        on_claims = sum(truth.collected.values())
        self.ends[night.replace(day=1)] = Counter({"claim": on_claims, "suspense": truth.suspense, **truth.ended})

    def before(self, month: date) -> Counter[str]:
        """前月末の残高."""
        return max(((first, ends) for first, ends in self.ends.items() if first < month), default=(FIRST, Counter()))[1]

    def at_end(self, month: date) -> Counter[str]:
        """月末の残高."""
        return self.ends.get(month) or self.before(month)


def close_month(office: Office, months: Months, night: date, where: str) -> None:
    """月を締める: the month that is over is asked for once, and approved nights later by another person."""
    month = (night.replace(day=1) - timedelta(1)).replace(day=1)
    if month >= FIRST and month not in months.seen:
        months.seen.add(month)
        if office.chance.random() >= _SKIPPED:
            with office.open(night) as session:
                request_close(session, month, sign(ASKS, night))
            months.asked[month] = night
    for own in [own for own, since in months.asked.items() if since < night and office.chance.random() < 0.3]:
        del months.asked[own]
        with office.open(night) as session:
            with pytest.raises(Refused):
                approve_close(session, own, sign(ASKS, night))
            approve_close(session, own, sign(APPROVES, night))
            months.closed.add(own)
            for closed in sorted(months.closed):
                _compare(session, months, closed, where)


def compare_all(office: Office, months: Months, night: date, where: str) -> None:
    """すべての月計を比べる, closed or not, as of the end."""
    with office.open(night) as session:
        for month in sorted(months.seen):
            _compare(session, months, month, where)


def _compare(session: Session, months: Months, month: date, where: str) -> None:
    monthly, before, after = draw_month(session, month), months.before(month), months.at_end(month)
    figures = monthly.figures
    found = {account.value: figures.yen_on(account) for account in Account}
    wanted = {account.value: after[account.value] - before[account.value] for account in Account}
    balances = figures.opening_yen, figures.closing_yen
    if found != wanted or balances != (before["suspense"], after["suspense"]):
        raise Difference(f"{where}: {month:%Y-%m} {found} {balances}, the model {wanted} {before} {after}")
    if monthly.is_changed or monthly.standing.startswith("締済") != (month in months.closed):
        raise Difference(f"{where}: {month:%Y-%m} {monthly.standing}, the model {months.closed}")
