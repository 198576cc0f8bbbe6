"""Offsets (入金取消との相殺): which deposit each line of the bank that takes money back (取消・訂正) takes back.

Pure. It is asked of all money of that yen, settled or open, so that neither the order nor the night in which lines are
delivered changes the answer. A deposit is taken back once, by a line of the same account (or of none that is known) and
yen that is not older. A line that names the sender takes the newest of that sender. One that names nobody, or nobody
that paid, takes the newest only when all that is left is of one sender and contract: nothing is guessed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from elqr.formats.deposits import folded_sender, plain_account
from elqr.rules.contract import Contract
from elqr.vocabulary.money_frames import ContractDeposit, Deposit, SettledDeposit
from elqr.vocabulary.terms import SettlementOutcome

CONTRACT, SIGNED_YEN, DAY_ON = ContractDeposit.CONTRACT, ContractDeposit.SIGNED_YEN, ContractDeposit.DAY_ON
SETTLEMENT_NO, SETTLED_AS = SettledDeposit.SETTLEMENT_NO, SettledDeposit.SETTLED_AS


@dataclass(frozen=True, slots=True)
class Offset:
    """取消の相手のわかった入金: open deposits, and the pairs among them of a deposit and what takes it back."""

    deposits: pl.DataFrame
    pairs: tuple[tuple[int, int], ...]

    @property
    def left(self) -> pl.DataFrame:
        """ほかの入金: deposits that are in no pair: neither taken back, nor what takes one back."""
        numbers = [number for pair in self.pairs for number in pair]
        return self.deposits.filter(~pl.col(Deposit.DEPOSIT_NO).is_in(numbers))


@dataclass(frozen=True, slots=True)
class Offsets:
    """取消の答え: all pairs that do not stand yet, and the contracts of lines whose deposit is known but not free."""

    pairs: tuple[tuple[int, int], ...]
    contracts: dict[int, str]


@dataclass(frozen=True, slots=True)
class _Money:
    """一件の入金か、取消の一行."""

    deposit_no: int
    on: date
    yen: int
    contract: str | None
    settlement_no: int | None
    settled_as: str | None
    place: str
    who: str

    def takes_back(self, came: "_Money") -> bool:
        is_there = self.place == came.place or not self.place or not came.place
        return came.yen == -self.yen and came.on <= self.on and is_there

    def names(self, came: "_Money") -> bool:
        return self.who == came.who != "" and self.contract == came.contract


def pair_offsets(money: pl.DataFrame, contracts: Sequence[Contract]) -> Offsets:
    """取消の相手を探す: `money` is frame SettledDeposit.

    What stands in a difference that two people closed stays where they put it: its deposits are the answer all the
    same, and the line that takes one back is told until they have decided on it too. Money that is not compared is not
    paired.
    """
    rows = money.filter(~_is_outside(contracts)).sort(DAY_ON, Deposit.DEPOSIT_NO)
    place = plain_account(pl.col(Deposit.ACCOUNT)).alias("plain_account")
    columns = (Deposit.DEPOSIT_NO, DAY_ON, SIGNED_YEN, CONTRACT, SETTLEMENT_NO, SETTLED_AS)
    lines = [_Money(*row) for row in rows.select(*columns, place, folded_sender().alias("plain_sender")).iter_rows()]
    closed = SettlementOutcome.CLOSED.value
    came = [one for one in lines if one.yen > 0]
    backs = [one for one in lines if one.yen < 0 and one.settled_as != closed]
    beside = {one.settlement_no: one for one in came if one.settled_as == SettlementOutcome.TAKEN_BACK.value}
    fitting = {back.deposit_no: [one for one in came if back.takes_back(one)] for back in backs}
    named = {back.deposit_no: [one for one in fitting[back.deposit_no] if back.names(one)] for back in backs}
    pairs, known, taken = list[tuple[int, int]](), dict[int, str](), set[int]()
    for back in sorted(backs, key=lambda one: not named[one.deposit_no]):
        number, stands = back.deposit_no, beside.get(back.settlement_no)
        whose = named[number] or fitting[number]
        free = [one for one in whose if one.deposit_no not in taken]
        if not named[number] and stands in free:
            free = [one for one in free if one == stands]
        if len({(one.contract, one.who) for one in free or whose}) != 1:
            continue
        answer = (free or whose)[-1]
        taken.add(answer.deposit_no)
        if not free or answer.settled_as == closed:
            known |= {number: answer.contract} if answer.contract is not None else {}
        elif answer != stands:
            pairs.append((answer.deposit_no, number))
    return Offsets(tuple(pairs), known)


def _is_outside(contracts: Sequence[Contract]) -> pl.Expr:
    """突合しない入金: of a contract outside, or from before its first day."""
    outside = [contract.name for contract in contracts if contract.outside]
    since = [(contract.name, contract.since) for contract in contracts if contract.since]
    is_early = [(pl.col(CONTRACT) == name) & (pl.col(DAY_ON) < pl.lit(day, pl.Date)) for name, day in since]
    return pl.any_horizontal(pl.col(CONTRACT).is_in(outside), *is_early).fill_null(False)
