"""Remittance (払込): the night's part about money, inside its transaction: compare what should come with what came."""

from datetime import date

import polars as pl

from elqr.report.tables.ledger_rows import STANDING, Money, Standing
from elqr.rules.contract import Contract
from elqr.rules.deposits import doubtful_deposits
from elqr.rules.offsets import CONTRACT, SETTLEMENT_NO, Offset, pair_offsets
from elqr.rules.settlement import Settlement, deposits_with_contract, settle, with_contract
from elqr.rules.settlement_rules import Rules
from elqr.store.entries import money as money_entries
from elqr.store.ledger_file import Ledger
from elqr.store.queries import money as money_queries
from elqr.vocabulary.errors import LedgerError
from elqr.vocabulary.limits import IN_MONEY_LINE
from elqr.vocabulary.money_frames import Bundle, Deposit, FileBundle, Gap, Settled
from elqr.vocabulary.terms import ENDED, SettlementOutcome, Stage, StageGap


def open_settlement(ledger: Ledger, rules: Rules, night: date) -> Settlement:
    """未済の突合: all that is open as of a night, in lines."""
    return _settle_open(ledger, rules, night, reopens=False)


def _settle_open(ledger: Ledger, rules: Rules, night: date, *, reopens: bool) -> Settlement:
    """突き合わせる: all that is open. With `reopens` also the lines that agreed with money that was taken back."""
    connection = ledger.connection
    bundles, deposits = money_queries.open_bundles(connection, night), money_queries.open_deposits(connection, night)
    settled = money_queries.settled_like(connection, deposits, night)
    money = deposits_with_contract(pl.concat([deposits, settled], how="diagonal"), rules.contracts)
    offsets = pair_offsets(money, rules.contracts)
    settlement_nos = dict(settled.select(Deposit.DEPOSIT_NO, SETTLEMENT_NO).iter_rows())
    reopened = {settlement_nos[number] for pair in offsets.pairs for number in pair if number in settlement_nos}
    pairs = offsets.pairs
    if not reopens:
        pairs = tuple(pair for pair in pairs if not settlement_nos.keys() & set(pair))
    elif reopened:
        bundles = pl.concat([bundles, money_queries.bundles_in(connection, reopened)])
        deposits = pl.concat([deposits, money_queries.deposits_in(connection, reopened)])
    deposits = deposits_with_contract(deposits, rules.contracts)
    of_pair = pl.col(Deposit.DEPOSIT_NO).replace_strict(offsets.contracts, default=None, return_dtype=pl.String)
    deposits = deposits.with_columns(pl.coalesce(of_pair, CONTRACT).alias(CONTRACT))
    bundles = with_contract(bundles, rules.contracts)
    return settle(bundles, Offset(deposits, pairs), rules.contracts, night, rules.calendar.later)


def settle_night(ledger: Ledger, rules: Rules, night: date) -> dict[str, dict[str, int]]:
    """突合済を記す: the lines that agree by now, and the 速報 whose 確報 is overdue.

    Returns how many by contract, with keys `settled` and `overdue`; empty when there are none. A line no longer holds
    when the bank has taken its money back: its members are settled again.
    """
    if not rules.contracts:
        return {}
    connection, settlement = ledger.connection, _settle_open(ledger, rules, night, reopens=True)
    ended = settlement.lines.filter(pl.col(Settled.OUTCOME).is_in([outcome.value for outcome in ENDED]))
    money_entries.enter_settled(
        connection,
        night,
        Settlement(
            ended,
            *(part.join(ended, on=Settled.LINE_NO, how="semi") for part in (settlement.bundles, settlement.deposits)),
        ),
    )
    due = _overdue_bundles(with_contract(money_queries.unwatched_bundles(connection), rules.contracts), rules, night)
    overdue = money_queries.overdue_among(connection, due).join(
        due.select(Bundle.BUNDLE_NO, CONTRACT), on=Bundle.BUNDLE_NO
    )
    if ended.height or overdue.height:
        money_entries.enter_watched(connection, night, due, overdue)
        return {"settled": _by_contract(ended), "overdue": _by_contract(overdue)}
    return {}


def _by_contract(rows: pl.DataFrame) -> dict[str, int]:
    return dict(rows.group_by(CONTRACT).agg(pl.len()).sort(CONTRACT).iter_rows())


def _overdue_bundles(bundles: pl.DataFrame, rules: Rules, night: date) -> pl.DataFrame:
    """確報の期限を過ぎた束: the contract's days count from the night on which the 速報 came."""
    days = {contract.name: contract.confirm_days for contract in rules.contracts}
    rows = bundles.with_columns(pl.col(CONTRACT).fill_null(""))
    are_overdue = [
        rules.calendar.later(came_on, days.get(name, _CONFIRM_DAYS)) < night
        for came_on, name in rows.select(FileBundle.NIGHT_ON, CONTRACT).iter_rows()
    ]
    return rows.filter(pl.Series(are_overdue, dtype=pl.Boolean))


_CONFIRM_DAYS = Contract.model_fields["confirm_days"].default


LISTED_PER_LINE = IN_MONEY_LINE.most
"""The most payments of a line that are all listed. Of a longer line only those of exactly the difference are."""

_LISTED = (
    SettlementOutcome.DIFFERS, SettlementOutcome.NO_MONEY, SettlementOutcome.NO_PAYMENTS,
    SettlementOutcome.NO_FUNDS_DAY, SettlementOutcome.NO_CONTRACT,
)  # fmt: skip
"""Lines whose payments are listed."""


def money_rows(ledger: Ledger, rules: Rules, night: date) -> Money | None:
    """払込突合の行 as of a night; None without contracts.

    Raises LedgerError when the lines do not add up to all payments and all money.
    """
    if not rules.contracts:
        return None
    connection, settlement = ledger.connection, open_settlement(ledger, rules, night)
    parts = {
        Standing.OPEN: settlement.lines,
        Standing.TONIGHT: money_queries.settled(connection, night),
        Standing.BEFORE: money_queries.settled_before(connection, night),
    }
    lines = pl.concat([part.with_columns(pl.lit(state.value).alias(STANDING)) for state, part in parts.items()])
    sums = lines.select(pl.col(Settled.PAYMENT_YEN).sum(), pl.col(Settled.MONEY_YEN).sum()).row(0)
    if sums != money_queries.money_sums(connection, night):
        raise LedgerError(
            "払込突合の合計が、台帳の収納と入金の合計と合いません。帳票は作っていません。"
            "台帳がほかの手段で書き換えられていないか elqr verify で調べ、控えから戻してください。"
        )
    listed = settlement.lines.filter(pl.col(Settled.OUTCOME).is_in([outcome.value for outcome in _LISTED]))
    difference = (pl.col(Settled.MONEY_YEN) - pl.col(Settled.PAYMENT_YEN) + pl.col(Settled.FEE_YEN)).abs()
    is_long = pl.col(Settled.PAYMENTS) > LISTED_PER_LINE
    only_yen = listed.select(Settled.LINE_NO, pl.when(is_long).then(difference).alias("only_yen"))
    bundles = settlement.bundles.join(only_yen, on=Settled.LINE_NO, maintain_order="left")
    payments = money_queries.bundle_payments(connection, bundles, Stage.CONFIRMED)
    deposits = money_queries.open_deposits(connection, night).join(settlement.deposits, on=Deposit.DEPOSIT_NO)
    return Money(
        lines,
        payments.join(bundles.select(Bundle.BUNDLE_NO, Settled.LINE_NO), on=Bundle.BUNDLE_NO, maintain_order="left"),
        deposits.join(listed, on=Settled.LINE_NO, how="semi", maintain_order="left"),
        _gaps(ledger, rules, night),
        _doubts(ledger, rules, night),
    )


def _doubts(ledger: Ledger, rules: Rules, night: date) -> pl.DataFrame:
    """同じ入金かもしれない明細 as of the night, of contracts that are settled; frame Doubt."""
    lines = deposits_with_contract(money_queries.deposits_beside(ledger.connection, night), rules.contracts)
    compared = [contract.name for contract in rules.contracts if not contract.outside]
    return doubtful_deposits(lines.filter(pl.col(CONTRACT).is_in(compared)), night)


def _gaps(ledger: Ledger, rules: Rules, night: date) -> pl.DataFrame:
    """速報と確報の食い違い: overdue 速報, and tonight's 確報 without 速報 where the contract sends them; frame Gap."""
    announced = [contract.name for contract in rules.contracts if contract.preliminary]
    bundles = with_contract(money_queries.night_bundles(ledger.connection, night), rules.contracts)
    bundles = bundles.filter(pl.col(CONTRACT).is_in(announced))
    unannounced = money_queries.without_preliminary(ledger.connection, bundles, night)
    contracts = bundles.select(Bundle.BUNDLE_NO, CONTRACT)
    unannounced = unannounced.join(contracts, on=Bundle.BUNDLE_NO, maintain_order="left")
    overdue = money_queries.overdue(ledger.connection, night)
    parts = {StageGap.PRELIMINARY_ONLY: overdue, StageGap.CONFIRMED_ONLY: unannounced.select(overdue.columns)}
    rows = pl.concat([part.with_columns(pl.lit(gap.value).alias(Gap.GAP)) for gap, part in parts.items()])
    return rows.sort(Gap.GAP, CONTRACT, Gap.PAID_ON, Gap.PAYMENT_NO, descending=[True, False, False, False])
