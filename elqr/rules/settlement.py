"""Settlement (払込突合): confirmed payments against the money received, by contract and 資金化日.

Pure. Payments come as bundles and money as lines, so the work follows days and files, not payments. Which of them
belong together is found in `elqr.rules.pairing`; here stand the columns, and the proof that everything is somewhere.
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
    """突合の結果: lines (frame Settled), and which bundles and deposits each holds by `line_no`."""

    lines: pl.DataFrame
    bundles: pl.DataFrame
    deposits: pl.DataFrame


def bundles(payments: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """収納の束 of a night: frame Bundle without numbers. Confirmed payments that hold yen, and 速報 that wait."""
    contents = payments.select(
        Payment.PAYMENT_NO, Payment.FILE_NO, Payment.CHANNEL, Payment.STAGE, Payment.PAID_YEN, Payment.PAID_ON,
        Payment.FUNDS_ON,
    )  # fmt: skip
    placed = decisions.select(Decision.PAYMENT_NO, Decision.PLACE)
    rows = contents.join(placed, on=Payment.PAYMENT_NO, validate="1:1")
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
    assert confirmed == decided, "every confirmed yen is due"
    return sums


def with_contract(bundles_: pl.DataFrame, contracts: Sequence[Contract]) -> pl.DataFrame:
    """契約のわかる束 (frame FileBundle): CONTRACT by its format and channel, null where none takes it."""
    columns = (CONTRACT, FileBundle.SPEC, FileBundle.CHANNEL)
    pairs = [
        (contract.name, spec, channel.value)
        for contract in contracts
        for spec in contract.specs
        for channel in Channel
        if contract.takes(spec, channel)
    ]
    known = pl.DataFrame(pairs, schema=dict.fromkeys(columns, pl.String), orient="row")
    return bundles_.join(known, on=columns[1:], how="left", maintain_order="left", validate="m:1")


def deposits_with_contract(deposits: pl.DataFrame, contracts: Sequence[Contract]) -> pl.DataFrame:
    """契約のわかる入金 (frame ReceivedDeposit): the first contract whose marks all fit.

    With the signed yen and the day it counts for.
    """
    sender, account = folded(pl.col(Deposit.SENDER)), plain_account(pl.col(Deposit.ACCOUNT))
    contract_name: pl.Expr = pl.lit(None, dtype=pl.String)
    for contract in reversed(contracts):
        marks = [pl.col(ReceivedDeposit.SPEC).is_in(contract.money_specs)] if contract.money_specs else []
        if contract.accounts:
            marks.append(account.is_in(_texts(contract.accounts, plain_account)))
        names = [name for name in _texts(contract.senders, folded) if name]
        who = [sender.str.starts_with(name) for name in names]
        who += [bare_digits(pl.col(Deposit.SENDER_CODE)) == code.lstrip("0") for code in contract.sender_codes]
        if who:
            marks.append(pl.any_horizontal(who))
        if marks:
            contract_name = pl.when(pl.all_horizontal(marks)).then(pl.lit(contract.name)).otherwise(contract_name)
    yen = pl.when(pl.col(Deposit.KIND) == DepositKind.CANCELLED.value).then(-pl.col(Deposit.YEN)).otherwise(Deposit.YEN)
    return deposits.with_columns(
        contract_name.alias(CONTRACT),
        yen.alias(SIGNED_YEN),
        pl.coalesce(Deposit.FUNDS_ON, Deposit.BOOKED_ON).alias(DAY_ON),
    )


def _texts(texts: Sequence[str], fold: Callable[[pl.Expr], pl.Expr]) -> list[str]:
    """Texts of a contract, as the columns they are compared with are folded."""
    return pl.DataFrame({"text": texts}, schema={"text": pl.String}).select(fold(pl.col("text")))["text"].to_list()


def settle(
    bundles_: pl.DataFrame, money: Offset, contracts: Sequence[Contract], night_on: date, later: Later
) -> Settlement:
    """突き合わせる: all that is open, into lines. Both frames name their contracts; a line without one says so.

    Each bundle and each deposit stands in exactly one line, and the lines add up to what was given. Money that was
    taken back stands beside what took it back, whosoever it was.
    """
    deposits, lines = money.left, _taken_back(money)
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
    known = [contract.name for contract in contracts]
    lines += _without_contract(
        *(frame.filter(~pl.col(CONTRACT).is_in(known).fill_null(False)) for frame in (bundles_, deposits))
    )
    settlement = _framed(lines)
    assert settlement.lines[Settled.PAYMENT_YEN].sum() == bundles_[Bundle.YEN].sum(), "all payments stand in a line"
    assert settlement.lines[Settled.MONEY_YEN].sum() == money.deposits[SIGNED_YEN].sum(), "all money stands in a line"
    assert settlement.bundles[Bundle.BUNDLE_NO].n_unique() == bundles_.height == settlement.bundles.height
    assert settlement.deposits[Deposit.DEPOSIT_NO].n_unique() == money.deposits.height == settlement.deposits.height
    return settlement


def _taken_back(money: Offset) -> list[Line]:
    """入金取消で相殺: a deposit and what took it back, in the deposit's contract."""
    credits = {credit.deposit_no: credit for credit in _credits(money.deposits)}
    names = dict(money.deposits.select(Deposit.DEPOSIT_NO, CONTRACT).iter_rows())
    return [
        Line(names[came] or "", SettlementOutcome.TAKEN_BACK, [], [credits[came], credits[back]])
        for came, back in money.pairs
    ]


def _dues(rows: pl.DataFrame, contract: Contract, later: Later) -> list[Due]:
    """日ごとの収納: bundles by 資金化日, which a contract may count from the 領収日."""
    undated = rows.filter(~pl.col(Bundle.IS_FUNDS_DAY))[Bundle.DAY_ON].unique().to_list()
    counted = {} if contract.funds_days is None else {day: later(day, contract.funds_days) for day in undated}
    from_paid = pl.col(Bundle.DAY_ON).replace_strict(counted, default=None, return_dtype=pl.Date)
    on = pl.when(Bundle.IS_FUNDS_DAY).then(Bundle.DAY_ON).otherwise(from_paid)
    return [Due(day, tuple(numbers), *sums) for day, numbers, *sums in _sums(rows.with_columns(on.alias("on")), "on")]


def _sums(rows: pl.DataFrame, *keys: str) -> Iterable[tuple[Any, ...]]:
    """束の合計 by some columns: the columns, the bundles' numbers, their payments and yen."""
    numbers = pl.col(Bundle.BUNDLE_NO).sort()
    sums = rows.group_by(keys).agg(numbers, pl.col(Bundle.PAYMENTS).sum(), pl.col(Bundle.YEN).sum())
    return sums.sort(keys).iter_rows()


def _credits(rows: pl.DataFrame) -> list[Credit]:
    return [Credit(*row) for row in rows.select(DAY_ON, Deposit.DEPOSIT_NO, SIGNED_YEN).iter_rows()]


def _without_contract(bundles_: pl.DataFrame, deposits: pl.DataFrame) -> list[Line]:
    """契約なし: payments by format and channel, money transfer by transfer."""
    lines = [
        Line(f"{spec} {Channel(channel).label}", _alone(sums[-1]), [Due(None, tuple(numbers), *sums)], [])
        for spec, channel, numbers, *sums in _sums(bundles_, FileBundle.SPEC, FileBundle.CHANNEL)
    ]
    return lines + [Line("", _alone(credit.yen), [], [credit]) for credit in _credits(deposits)]


def _alone(yen: int) -> SettlementOutcome:
    """契約のないものの結果: nothing is compared with nothing."""
    return SettlementOutcome.NO_CONTRACT if yen else SettlementOutcome.OUTSIDE


def _framed(lines: list[Line]) -> Settlement:
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
