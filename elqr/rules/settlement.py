"""Settlement (払込突合): confirmed payments against the money received, by contract and 資金化日.

Pure. Payments come as bundles and money as lines, so the work grows with days and files, not with payments.
`elqr.rules.pairing` finds which of them belong together. This module makes frames of that and asserts that nothing is
lost.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from elqr.formats.deposits import bare_digits, folded, plain_account
from elqr.rules.contract import Contract
from elqr.rules.offsets import CONTRACT, DAY_ON, SIGNED_YEN, Offset
from elqr.rules.pairing import Credit, Due, Later, Line, pair_up
from elqr.vocabulary.frames import Decision, Payment
from elqr.vocabulary.money_frames import (
    Bundle,
    Deposit,
    FileBundle,
    LineBundle,
    LineDeposit,
    ReceivedDeposit,
    Settled,
)
from elqr.vocabulary.terms import Channel, DepositKind, Place, SettlementOutcome, Stage


@dataclass(frozen=True, slots=True)
class Settlement:
    """突合の結果: lines (frame Settled), and their bundles (LineBundle) and deposits (LineDeposit)."""

    lines: pl.DataFrame
    bundles: pl.DataFrame
    deposits: pl.DataFrame


def bundles(payments: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """収納の束 of a night: frame Bundle without numbers, of 確報 that hold yen and of 速報 that wait."""
    paid = payments.select(
        Payment.PAYMENT_NO, Payment.FILE_NO, Payment.CHANNEL, Payment.STAGE, Payment.PAID_YEN, Payment.PAID_ON,
        Payment.FUNDS_ON,
    )  # fmt: skip
    placed = decisions.select(Decision.PAYMENT_NO, Decision.PLACE)
    rows = paid.join(placed, on=Payment.PAYMENT_NO, validate="1:1")
    is_confirmed, place = pl.col(Payment.STAGE) == Stage.CONFIRMED.value, pl.col(Decision.PLACE)
    is_money = is_confirmed & place.is_in([Place.POSTED.value, Place.EXCEPTION.value])
    rows = rows.filter(is_money | (place == Place.PENDING.value))
    keys = (Bundle.FILE_NO, Bundle.CHANNEL, Bundle.STAGE, Bundle.DAY_ON, Bundle.IS_FUNDS_DAY)
    sums = (
        rows.with_columns(
            pl.coalesce(Payment.FUNDS_ON, Payment.PAID_ON).alias(Bundle.DAY_ON),
            pl.col(Payment.FUNDS_ON).is_not_null().alias(Bundle.IS_FUNDS_DAY),
        )
        .group_by(keys)
        .agg(pl.len().cast(pl.Int64).alias(Bundle.PAYMENTS), pl.col(Payment.PAID_YEN).sum().alias(Bundle.YEN))
        .sort(keys)
    )
    confirmed = sums.filter(pl.col(Bundle.STAGE) == Stage.CONFIRMED.value)[Bundle.YEN].sum()
    decided = decisions.select(pl.sum_horizontal(Decision.CLAIM_YEN, Decision.SUSPENSE_YEN).sum()).item()
    assert confirmed == decided, "every confirmed yen is in a bundle"
    return sums


def with_contract(bundles_: pl.DataFrame, contracts: Sequence[Contract]) -> pl.DataFrame:
    """契約のわかる束: frame FileBundle with its contract by spec and channel, null where no contract takes it."""
    columns = (CONTRACT, FileBundle.SPEC, FileBundle.CHANNEL)
    pairs = [
        (contract.name, spec, channel.value)
        for contract in contracts
        for spec in contract.specs
        for channel in Channel
        if contract.takes(spec, channel)
    ]
    contract_of = pl.DataFrame(pairs, schema=dict.fromkeys(columns, pl.String), orient="row")
    return bundles_.join(contract_of, on=columns[1:], how="left", maintain_order="left", validate="m:1")


def deposits_with_contract(deposits: pl.DataFrame, contracts: Sequence[Contract]) -> pl.DataFrame:
    """契約のわかる入金: frame ReceivedDeposit → frame ContractDeposit, with the first contract whose marks all fit."""
    sender, account = folded(pl.col(Deposit.SENDER)), plain_account(pl.col(Deposit.ACCOUNT))
    contract_name: pl.Expr = pl.lit(None, dtype=pl.String)
    for contract in reversed(contracts):
        marks = [pl.col(ReceivedDeposit.SPEC).is_in(contract.money_specs)] if contract.money_specs else []
        if contract.accounts:
            marks.append(account.is_in(_texts(contract.accounts, plain_account)))
        names = [name for name in _texts(contract.senders, folded) if name]
        senders = [sender.str.starts_with(name) for name in names]
        senders += [bare_digits(pl.col(Deposit.SENDER_CODE)) == code.lstrip("0") for code in contract.sender_codes]
        if senders:
            marks.append(pl.any_horizontal(senders))
        if marks:
            contract_name = pl.when(pl.all_horizontal(marks)).then(pl.lit(contract.name)).otherwise(contract_name)
    yen = pl.when(pl.col(Deposit.KIND) == DepositKind.CANCELLED.value).then(-pl.col(Deposit.YEN)).otherwise(Deposit.YEN)
    return deposits.with_columns(
        contract_name.alias(CONTRACT),
        yen.alias(SIGNED_YEN),
        pl.coalesce(Deposit.FUNDS_ON, Deposit.BOOKED_ON).alias(DAY_ON),
    )


def _texts(texts: Sequence[str], fold: Callable[[pl.Expr], pl.Expr]) -> list[str]:
    """契約の文字: texts of a contract, folded as the columns that they are compared with."""
    return pl.DataFrame({"text": texts}, schema={"text": pl.String}).select(fold(pl.col("text")))["text"].to_list()


def settle(
    bundles_: pl.DataFrame, money: Offset, contracts: Sequence[Contract], night_on: date, later: Later
) -> Settlement:
    """突き合わせる: put all open bundles (frame FileBundle with CONTRACT) and money into lines.

    Each bundle and each deposit is in exactly one line, which is asserted together with the sums. A deposit that was
    taken back shares a line with what took it back, whatever their contracts. What has no contract gets lines that say
    so.
    """
    deposits, lines = money.left, _taken_back_lines(money)
    lines += [
        line
        for contract in contracts
        for line in pair_up(
            contract,
            _dues(bundles_.filter(pl.col(CONTRACT) == contract.name), contract, later),
            _credits(deposits.filter(pl.col(CONTRACT) == contract.name)),
            night_on,
            later,
        )
    ]
    names = [contract.name for contract in contracts]
    lines += _lines_without_contract(
        *(frame.filter(~pl.col(CONTRACT).is_in(names).fill_null(False)) for frame in (bundles_, deposits))
    )
    settlement = _settlement_of(lines)
    assert settlement.lines[Settled.PAYMENT_YEN].sum() == bundles_[Bundle.YEN].sum(), "all payments are in a line"
    assert settlement.lines[Settled.MONEY_YEN].sum() == money.deposits[SIGNED_YEN].sum(), "all money is in a line"
    assert settlement.bundles[Bundle.BUNDLE_NO].n_unique() == bundles_.height == settlement.bundles.height
    assert settlement.deposits[Deposit.DEPOSIT_NO].n_unique() == money.deposits.height == settlement.deposits.height
    return settlement


def _taken_back_lines(money: Offset) -> list[Line]:
    """入金取消で相殺: a line for each deposit and what took it back, in the deposit's contract."""
    credits = {credit.deposit_no: credit for credit in _credits(money.deposits)}
    names = dict(money.deposits.select(Deposit.DEPOSIT_NO, CONTRACT).iter_rows())
    return [
        Line(names[deposit_no] or "", SettlementOutcome.TAKEN_BACK, [], [credits[deposit_no], credits[back_no]])
        for deposit_no, back_no in money.pairs
    ]


def _dues(rows: pl.DataFrame, contract: Contract, later: Later) -> list[Due]:
    """日ごとの収納: bundles by 資金化日. A contract may count it from the 領収日."""
    undated = rows.filter(~pl.col(Bundle.IS_FUNDS_DAY))[Bundle.DAY_ON].unique().to_list()
    counted = {} if contract.funds_days is None else {day: later(day, contract.funds_days) for day in undated}
    from_paid = pl.col(Bundle.DAY_ON).replace_strict(counted, default=None, return_dtype=pl.Date)
    on = pl.when(Bundle.IS_FUNDS_DAY).then(Bundle.DAY_ON).otherwise(from_paid)
    return [Due(day, tuple(numbers), *sums) for day, numbers, *sums in _sums(rows.with_columns(on.alias("on")), "on")]


def _sums(rows: pl.DataFrame, *keys: str) -> Iterable[tuple[Any, ...]]:
    """束の合計 by some columns: the values of these, then the bundle numbers, payments and yen."""
    numbers = pl.col(Bundle.BUNDLE_NO).sort()
    sums = rows.group_by(keys).agg(numbers, pl.col(Bundle.PAYMENTS).sum(), pl.col(Bundle.YEN).sum())
    return sums.sort(keys).iter_rows()


def _credits(rows: pl.DataFrame) -> list[Credit]:
    return [Credit(*row) for row in rows.select(DAY_ON, Deposit.DEPOSIT_NO, SIGNED_YEN).iter_rows()]


def _lines_without_contract(bundles_: pl.DataFrame, deposits: pl.DataFrame) -> list[Line]:
    """契約なし: a line for each spec and channel of payments, and one for each transfer of money."""
    lines = [
        Line(
            f"{spec} {Channel(channel).label}",
            _outcome_without_contract(sums[-1]),
            [Due(None, tuple(numbers), *sums)],
            [],
        )
        for spec, channel, numbers, *sums in _sums(bundles_, FileBundle.SPEC, FileBundle.CHANNEL)
    ]
    return lines + [Line("", _outcome_without_contract(credit.yen), [], [credit]) for credit in _credits(deposits)]


def _outcome_without_contract(yen: int) -> SettlementOutcome:
    """契約のないものの結果: 0 yen need no contract."""
    return SettlementOutcome.NO_CONTRACT if yen else SettlementOutcome.OUTSIDE


def _settlement_of(lines: list[Line]) -> Settlement:
    rows, in_bundles, in_deposits = [], [], []
    for no, line in enumerate(lines, start=1):
        in_bundles += [(no, number) for due in line.dues for number in due.bundle_nos]
        in_deposits += [(no, credit.deposit_no) for credit in line.credits]
        days = sorted(due.on for due in line.dues if due.on) or sorted(credit.on for credit in line.credits)
        payments, yen = sum(due.payments for due in line.dues), sum(due.yen for due in line.dues)
        money = sum(credit.yen for credit in line.credits)
        first, last = (days[0], days[-1]) if days else (None, None)
        rows.append((no, line.contract, line.outcome.value, first, last, payments, yen, line.fee_yen, money))
    return Settlement(
        pl.DataFrame(rows, schema=Settled.SCHEMA, orient="row"),
        pl.DataFrame(in_bundles, schema=LineBundle.SCHEMA, orient="row"),
        pl.DataFrame(in_deposits, schema=LineDeposit.SCHEMA, orient="row"),
    )
