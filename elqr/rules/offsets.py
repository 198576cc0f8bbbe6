"""Offsets (入金取消との相殺): which deposit each cancellation line (取消・訂正) of a bank takes back.

Pure. All money of the same yen is considered, settled or open, so that neither the order nor the night of delivery
changes the answer. A deposit is taken back once, by a line with the same account (or an unknown one) and the same yen
that is not older. A line that names the sender takes back the newest deposit of that sender. A line that names nobody,
or nobody who paid, takes back the newest deposit only if all that remain are of one sender and contract. Nothing is
guessed.
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
    """取消の相手のわかった入金: open deposits, and pairs of numbers of a deposit and the line that takes it back."""

    deposits: pl.DataFrame
    pairs: tuple[tuple[int, int], ...]

    @property
    def left(self) -> pl.DataFrame:
        """ほかの入金: deposits that are in no pair."""
        numbers = [number for pair in self.pairs for number in pair]
        return self.deposits.filter(~pl.col(Deposit.DEPOSIT_NO).is_in(numbers))


@dataclass(frozen=True, slots=True)
class Offsets:
    """取消の答え: the new pairs (deposit, line), and the contract of each line whose deposit is known but not free."""

    pairs: tuple[tuple[int, int], ...]
    contracts: dict[int, str]


@dataclass(frozen=True, slots=True)
class _Money:
    """一件の入金か、取消の一行: one deposit, or with negative yen one cancellation line."""

    deposit_no: int
    on: date
    yen: int
    contract: str | None
    settlement_no: int | None
    settled_as: str | None
    account: str
    sender: str

    def may_take_back(self, deposit: "_Money") -> bool:
        fits_account = self.account == deposit.account or not self.account or not deposit.account
        return deposit.yen == -self.yen and deposit.on <= self.on and fits_account

    def names(self, deposit: "_Money") -> bool:
        return self.sender == deposit.sender != "" and self.contract == deposit.contract


def pair_offsets(money: pl.DataFrame, contracts: Sequence[Contract]) -> Offsets:
    """取消の相手を探す: `money` is frame SettledDeposit.

    Deposits in a difference that two people closed stay there. They can still be the answer for a line, which is then
    reported until people decide on it too. Money that is not compared is not paired.
    """
    rows = money.filter(~_is_outside(contracts)).sort(DAY_ON, Deposit.DEPOSIT_NO)
    account = plain_account(pl.col(Deposit.ACCOUNT)).alias("plain_account")
    columns = (Deposit.DEPOSIT_NO, DAY_ON, SIGNED_YEN, CONTRACT, SETTLEMENT_NO, SETTLED_AS)
    sender = folded_sender().alias("plain_sender")
    lines = [_Money(*row) for row in rows.select(*columns, account, sender).iter_rows()]
    closed = SettlementOutcome.CLOSED.value
    deposits = [line for line in lines if line.yen > 0]
    backs = [line for line in lines if line.yen < 0 and line.settled_as != closed]
    taken_back = SettlementOutcome.TAKEN_BACK.value
    partners = {deposit.settlement_no: deposit for deposit in deposits if deposit.settled_as == taken_back}
    fitting = {back.deposit_no: [deposit for deposit in deposits if back.may_take_back(deposit)] for back in backs}
    named = {
        back.deposit_no: [deposit for deposit in fitting[back.deposit_no] if back.names(deposit)] for back in backs
    }
    pairs, contracts_of, taken = list[tuple[int, int]](), dict[int, str](), set[int]()
    for back in sorted(backs, key=lambda back: not named[back.deposit_no]):
        number, partner = back.deposit_no, partners.get(back.settlement_no)
        candidates = named[number] or fitting[number]
        free = [deposit for deposit in candidates if deposit.deposit_no not in taken]
        if not named[number] and partner in free:
            free = [deposit for deposit in free if deposit == partner]
        if len({(deposit.contract, deposit.sender) for deposit in free or candidates}) != 1:
            continue
        answer = (free or candidates)[-1]
        taken.add(answer.deposit_no)
        if not free or answer.settled_as == closed:
            contracts_of |= {number: answer.contract} if answer.contract is not None else {}
        elif answer != partner:
            pairs.append((answer.deposit_no, number))
    return Offsets(tuple(pairs), contracts_of)


def _is_outside(contracts: Sequence[Contract]) -> pl.Expr:
    """突合しない入金: of a contract that is outside, or from before the contract's first day."""
    outside = [contract.name for contract in contracts if contract.outside]
    since = [(contract.name, contract.since) for contract in contracts if contract.since]
    is_early = [(pl.col(CONTRACT) == name) & (pl.col(DAY_ON) < pl.lit(day, pl.Date)) for name, day in since]
    return pl.any_horizontal(pl.col(CONTRACT).is_in(outside), *is_early).fill_null(False)
