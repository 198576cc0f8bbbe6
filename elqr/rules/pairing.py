"""Pairing (入金との組合せ): days of payments with the money that belongs to them, within one contract.

Sums agree exactly or not at all: a difference is never spread. A day whose payments are nothing needs no money. What
agrees is taken in this order, surest first:

1. all money of the 資金化日 itself
2. one transfer within the contract's days
3. all money of one day within them, or of several days on end
4. where the contract joins days: one day's money for several 資金化日 on end

Money that was taken back stands here no more: it goes with its correction first (elqr/rules/offsets.py).
What is left is told: 差額あり where payments and money meet but differ, else each side by itself.
Parts are one contract's days and transfers, a handful a night.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from elqr.rules.contract import Contract
from elqr.vocabulary.terms import SettlementOutcome

Later = Callable[[date, int], date]
"""営業日を数える: so many business days after a day, or before it when negative."""


@dataclass(frozen=True, slots=True, eq=False)
class Due:
    """一日分の収納: the bundles of one 資金化日, or of none that is known."""

    on: date | None
    bundle_nos: tuple[int, ...]
    payments: int
    yen: int


@dataclass(frozen=True, slots=True, eq=False)
class Credit:
    """一件の入金; its yen are negative when money was taken back."""

    on: date
    deposit_no: int
    yen: int


@dataclass(frozen=True, slots=True)
class Line:
    """突合の一行: payments and money that belong together, and what came of it."""

    contract: str
    outcome: SettlementOutcome
    dues: Sequence[Due]
    credits: Sequence[Credit]
    fee_yen: int = 0


_Pair = tuple[Sequence[Due], Sequence[Credit]]


class _Open:
    """残り of one contract: what stands in no line yet."""

    def __init__(self, contract: Contract, dues: Iterable[Due], credits: Iterable[Credit], later: Later) -> None:
        self.contract, self.later = contract, later
        self.dues = sorted(dues, key=lambda due: due.on or date.min)
        self.credits = sorted(credits, key=lambda credit: (credit.on, credit.deposit_no))

    def line(self, outcome: SettlementOutcome, dues: Sequence[Due], credits: Sequence[Credit]) -> Line:
        """A line of these parts, which are open no longer."""
        self.dues = [due for due in self.dues if due not in dues]
        self.credits = [credit for credit in self.credits if credit not in credits]
        return Line(self.contract.name, outcome, dues, credits, self.fee(dues) if outcome in _LESS_FEE else 0)

    def fee(self, dues: Sequence[Due]) -> int:
        if not dues:
            return 0
        return self.contract.fee.of(sum(due.payments for due in dues), sum(due.yen for due in dues))

    def days(self, credits: Iterable[Credit] | None = None) -> list[list[Credit]]:
        """入金 by day."""
        of_days = self.credits if credits is None else credits
        return [list(day) for _, day in groupby(of_days, key=lambda credit: credit.on)]

    def window(self, due: Due) -> list[Credit]:
        """期間内の入金 of one day's payments."""
        assert due.on is not None, "payments without a day are told before"
        start, end = self.later(due.on, -self.contract.days_before), self.later(due.on, self.contract.days)
        return [credit for credit in self.credits if start <= credit.on <= end]


_LESS_FEE = (
    SettlementOutcome.AGREED, SettlementOutcome.DIFFERS, SettlementOutcome.AWAITED, SettlementOutcome.NO_MONEY
)  # fmt: skip


def pair_up(
    contract: Contract, dues: Iterable[Due], credits: Iterable[Credit], night_on: date, later: Later
) -> Iterator[Line]:
    """組み合わせる: every due and every credit into exactly one line."""
    left = _Open(contract, dues, credits, later)
    yield from _nothing(left)
    for due in [due for due in left.dues if due.on is None]:
        yield left.line(SettlementOutcome.NO_FUNDS_DAY, [due], [])
    yield from _outside(left)
    for step in (_same_day, _one_transfer, _days_on_end, _joined_days):
        for some_dues, some_credits in step(left):
            yield from _agreed(left, some_dues, some_credits)
    yield from _differing(left)
    yield from _alone(left, night_on)


def _nothing(left: _Open) -> Iterator[Line]:
    """0円の日と0円の入金: nothing is owed, so there is nothing to wait for; no fee is taken of nothing."""
    for due in [due for due in left.dues if due.yen == 0]:
        line = left.line(SettlementOutcome.AGREED, [due], [])
        yield Line(line.contract, line.outcome, line.dues, line.credits)
    for credit in [credit for credit in left.credits if credit.yen == 0]:
        yield left.line(SettlementOutcome.AGREED, [], [credit])


def _outside(left: _Open) -> Iterator[Line]:
    """対象外: all that a contract outside names, or what was before the contract's first day."""
    since = left.contract.since
    for due in left.dues:
        if left.contract.outside or (since and due.on and due.on < since):
            yield left.line(SettlementOutcome.OUTSIDE, [due], [])
    for day in left.days():
        if left.contract.outside or (since and day[0].on < since):
            yield left.line(SettlementOutcome.OUTSIDE, [], day)


def _agreed(left: _Open, dues: Sequence[Due], credits: Sequence[Credit]) -> Iterator[Line]:
    """一致: when all parts are still open and the sums are equal after the fee."""
    is_open = all(due in left.dues for due in dues) and all(credit in left.credits for credit in credits)
    owed = sum(due.yen for due in dues) - left.fee(dues)
    if is_open and credits and owed == sum(credit.yen for credit in credits):
        fee = left.fee(dues)
        line = left.line(SettlementOutcome.AGREED, dues, credits)
        yield Line(line.contract, SettlementOutcome.AGREED_NET, dues, credits, fee) if fee else line


def _same_day(left: _Open) -> Iterator[_Pair]:
    for due in left.dues:
        yield [due], [credit for credit in left.credits if credit.on == due.on]


def _one_transfer(left: _Open) -> Iterator[_Pair]:
    for due in left.dues:
        for credit in left.window(due):
            yield [due], [credit]


def _days_on_end(left: _Open) -> Iterator[_Pair]:
    for due in left.dues:
        days = left.days(left.window(due))
        for length in range(1, len(days) + 1):
            for at in range(len(days) - length + 1):
                yield [due], [credit for day in days[at : at + length] for credit in day]


def _joined_days(left: _Open) -> Iterator[_Pair]:
    if not left.contract.joined:
        return
    dues = left.dues
    for day in left.days():
        for last in (at for at, due in enumerate(dues) if day[0] in left.window(due)):
            for first in range(last):
                yield dues[first : last + 1], day


def _differing(left: _Open) -> Iterator[Line]:
    """差額あり: of the same day first, then of the first day within the contract's days."""
    for due in left.dues:
        if day := [credit for credit in left.credits if credit.on == due.on]:
            yield left.line(SettlementOutcome.DIFFERS, [due], day)
    for due in left.dues:
        if days := left.days(left.window(due)):
            yield left.line(SettlementOutcome.DIFFERS, [due], days[0])


def _alone(left: _Open, night_on: date) -> Iterator[Line]:
    for due in left.dues:
        assert due.on is not None, "payments without a day are told before"
        is_late = night_on > left.later(due.on, left.contract.days)
        yield left.line(SettlementOutcome.NO_MONEY if is_late else SettlementOutcome.AWAITED, [due], [])
    for day in left.days():
        is_more = sum(credit.yen for credit in day) > 0
        yield left.line(SettlementOutcome.NO_PAYMENTS if is_more else SettlementOutcome.DIFFERS, [], day)
