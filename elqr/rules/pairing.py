"""Pairing (入金との組合せ): days of payments with the money that belongs to them, within one contract.

Sums agree exactly or not at all: a difference is never spread. A day whose payments sum to 0 yen needs no money. What
agrees is taken in this order, surest first:

1. all money of the 資金化日 itself
2. one transfer within the contract's days
3. all money of one day within them, or of several consecutive days
4. where the contract joins days: one day's money for several consecutive 資金化日

Money that was taken back is not here, because it is paired with its correction first (elqr/rules/offsets.py). What
remains is reported: 差額あり where payments and money meet but differ, else each side by itself. A contract has only a
handful of days and transfers a night.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from elqr.rules.contract import Contract
from elqr.vocabulary.terms import SettlementOutcome

Later = Callable[[date, int], date]
"""営業日を数える: the day that is a number of business days after another, or before it when negative."""


@dataclass(frozen=True, slots=True, eq=False)
class Due:
    """一日分の収納: the bundles of one 資金化日, or of an unknown one."""

    on: date | None
    bundle_nos: tuple[int, ...]
    payments: int
    yen: int


@dataclass(frozen=True, slots=True, eq=False)
class Credit:
    """一件の入金. Its yen are negative when money was taken back."""

    on: date
    deposit_no: int
    yen: int


@dataclass(frozen=True, slots=True)
class Line:
    """突合の一行: payments and money that belong together, and the outcome."""

    contract: str
    outcome: SettlementOutcome
    dues: Sequence[Due]
    credits: Sequence[Credit]
    fee_yen: int = 0


_Pair = tuple[Sequence[Due], Sequence[Credit]]


class _Remaining:
    """残り of one contract: the payments and money that are in no line yet."""

    def __init__(self, contract: Contract, dues: Iterable[Due], credits: Iterable[Credit], later: Later) -> None:
        self.contract, self.later = contract, later
        self.dues = sorted(dues, key=lambda due: due.on or date.min)
        self.credits = sorted(credits, key=lambda credit: (credit.on, credit.deposit_no))

    def line(self, outcome: SettlementOutcome, dues: Sequence[Due], credits: Sequence[Credit]) -> Line:
        """突合の一行 of these payments and money, which are no longer open."""
        self.dues = [due for due in self.dues if due not in dues]
        self.credits = [credit for credit in self.credits if credit not in credits]
        return Line(self.contract.name, outcome, dues, credits, self.fee(dues) if outcome in _LESS_FEE else 0)

    def fee(self, dues: Sequence[Due]) -> int:
        if not dues:
            return 0
        return self.contract.fee.of(sum(due.payments for due in dues), sum(due.yen for due in dues))

    def days(self, credits: Iterable[Credit] | None = None) -> list[list[Credit]]:
        """日ごとの入金: of these credits, or of all open ones."""
        dated = self.credits if credits is None else credits
        return [list(day) for _, day in groupby(dated, key=lambda credit: credit.on)]

    def window(self, due: Due) -> list[Credit]:
        """期間内の入金: open credits within the contract's days around a day's payments."""
        assert due.on is not None, "payments without a day are settled before"
        start, end = self.later(due.on, -self.contract.days_before), self.later(due.on, self.contract.days)
        return [credit for credit in self.credits if start <= credit.on <= end]


_LESS_FEE = (
    SettlementOutcome.AGREED, SettlementOutcome.DIFFERS, SettlementOutcome.AWAITED, SettlementOutcome.NO_MONEY
)  # fmt: skip


def pair_up(
    contract: Contract, dues: Iterable[Due], credits: Iterable[Credit], night_on: date, later: Later
) -> Iterator[Line]:
    """組み合わせる: put every due and every credit into exactly one line."""
    remaining = _Remaining(contract, dues, credits, later)
    yield from _zero_lines(remaining)
    for due in [due for due in remaining.dues if due.on is None]:
        yield remaining.line(SettlementOutcome.NO_FUNDS_DAY, [due], [])
    yield from _outside_lines(remaining)
    for pairs in (_same_day_pairs, _one_transfer_pairs, _consecutive_day_pairs, _joined_day_pairs):
        for pair_dues, pair_credits in pairs(remaining):
            yield from _agreed_line(remaining, pair_dues, pair_credits)
    yield from _differing_lines(remaining)
    yield from _lone_lines(remaining, night_on)


def _zero_lines(remaining: _Remaining) -> Iterator[Line]:
    """0円の日と0円の入金: nothing is owed, so nothing is awaited, and there is no fee."""
    for due in [due for due in remaining.dues if due.yen == 0]:
        line = remaining.line(SettlementOutcome.AGREED, [due], [])
        yield Line(line.contract, line.outcome, line.dues, line.credits)
    for credit in [credit for credit in remaining.credits if credit.yen == 0]:
        yield remaining.line(SettlementOutcome.AGREED, [], [credit])


def _outside_lines(remaining: _Remaining) -> Iterator[Line]:
    """対象外: all of a contract that is outside, and what is from before the contract's first day."""
    since = remaining.contract.since
    for due in remaining.dues:
        if remaining.contract.outside or (since and due.on and due.on < since):
            yield remaining.line(SettlementOutcome.OUTSIDE, [due], [])
    for day in remaining.days():
        if remaining.contract.outside or (since and day[0].on < since):
            yield remaining.line(SettlementOutcome.OUTSIDE, [], day)


def _agreed_line(remaining: _Remaining, dues: Sequence[Due], credits: Sequence[Credit]) -> Iterator[Line]:
    """一致: a line when all of these are still open and the sums are equal after the fee."""
    is_open = all(due in remaining.dues for due in dues) and all(credit in remaining.credits for credit in credits)
    expected_yen = sum(due.yen for due in dues) - remaining.fee(dues)
    if is_open and credits and expected_yen == sum(credit.yen for credit in credits):
        fee = remaining.fee(dues)
        line = remaining.line(SettlementOutcome.AGREED, dues, credits)
        yield Line(line.contract, SettlementOutcome.AGREED_NET, dues, credits, fee) if fee else line


def _same_day_pairs(remaining: _Remaining) -> Iterator[_Pair]:
    for due in remaining.dues:
        yield [due], [credit for credit in remaining.credits if credit.on == due.on]


def _one_transfer_pairs(remaining: _Remaining) -> Iterator[_Pair]:
    for due in remaining.dues:
        for credit in remaining.window(due):
            yield [due], [credit]


def _consecutive_day_pairs(remaining: _Remaining) -> Iterator[_Pair]:
    for due in remaining.dues:
        days = remaining.days(remaining.window(due))
        for length in range(1, len(days) + 1):
            for first in range(len(days) - length + 1):
                yield [due], [credit for day in days[first : first + length] for credit in day]


def _joined_day_pairs(remaining: _Remaining) -> Iterator[_Pair]:
    if not remaining.contract.joined:
        return
    dues = remaining.dues
    for day in remaining.days():
        for last in (index for index, due in enumerate(dues) if day[0] in remaining.window(due)):
            for first in range(last):
                yield dues[first : last + 1], day


def _differing_lines(remaining: _Remaining) -> Iterator[Line]:
    """差額あり: payments with the money of the same day, else of the first day within the contract's days."""
    for due in remaining.dues:
        if day := [credit for credit in remaining.credits if credit.on == due.on]:
            yield remaining.line(SettlementOutcome.DIFFERS, [due], day)
    for due in remaining.dues:
        if days := remaining.days(remaining.window(due)):
            yield remaining.line(SettlementOutcome.DIFFERS, [due], days[0])


def _lone_lines(remaining: _Remaining, night_on: date) -> Iterator[Line]:
    for due in remaining.dues:
        assert due.on is not None, "payments without a day are settled before"
        is_late = night_on > remaining.later(due.on, remaining.contract.days)
        yield remaining.line(SettlementOutcome.NO_MONEY if is_late else SettlementOutcome.AWAITED, [due], [])
    for day in remaining.days():
        is_positive = sum(credit.yen for credit in day) > 0
        yield remaining.line(SettlementOutcome.NO_PAYMENTS if is_positive else SettlementOutcome.DIFFERS, [], day)
