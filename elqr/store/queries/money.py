"""Queries on money and its settlement (入金と突合の照会). What is open is small; settled rows are not read."""

from collections.abc import Collection
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, and_, case, exists, func, or_, select, true
from sqlalchemy.sql import ColumnElement

from elqr.rules.deposits import known_lines
from elqr.rules.offsets import SETTLED_AS, SETTLEMENT_NO
from elqr.store.db.bulk import read_frame, select_named, stage_rows
from elqr.store.queries.announced import still_waits
from elqr.store.queries.reports import file_name
from elqr.store.queries.retractions import numbers_taken_back
from elqr.store.tables import ledger as t
from elqr.store.tables import money as m
from elqr.vocabulary.frames import Payment
from elqr.vocabulary.money_frames import (
    Bundle,
    BundlePayment,
    Deposit,
    FileBundle,
    OverduePayment,
    ReceivedDeposit,
    Settled,
    WatchedDeposit,
)
from elqr.vocabulary.ruling_terms import RetractionKind
from elqr.vocabulary.terms import REOPENED, DepositKind, Outcome, Place, SettlementOutcome, Stage


def known_deposits(connection: Connection, lines: pl.DataFrame) -> pl.DataFrame:
    """既知の入金 on the days and of the yen of `lines`, as elqr/rules/deposits.py knows them.

    Not found by their stored identity: an older rule may have stored another for the same transfer.
    """
    deposit = m.deposit.c
    schema = {**Deposit.SCHEMA, ReceivedDeposit.SPEC: pl.String}
    with stage_rows(connection, lines.select(Deposit.BOOKED_ON, Deposit.YEN).unique()) as staged:
        query = (
            select(*(deposit[name] for name in Deposit.SCHEMA), t.file.c.spec)
            .join(staged, and_(staged.c.booked_on == deposit.booked_on, staged.c.yen == deposit.yen))
            .join(t.file, t.file.c.file_no == deposit.file_no)
            .order_by(deposit.deposit_no)
        )
        rows = read_frame(connection, query, schema)
    return known_lines(rows)


def _is_settled_by(
    night: date, part: ColumnElement[int], link: Any, *conditions: ColumnElement[bool]
) -> ColumnElement[bool]:
    number = next(iter(link.primary_key.columns))
    return exists().where(
        number == part,
        m.settlement.c.settlement_no == link.c.settlement_no,
        m.settlement.c.night_on <= night.isoformat(),
        _holds(night),
        *conditions,
    )


def _holds(night: date) -> ColumnElement[bool]:
    """突合済のままか, up to a night: its difference was not reopened by two people, nor its money taken back."""
    settlement, opened = m.settlement.c, numbers_taken_back(RetractionKind.DIFFERENCE, night)
    reopened = select(m.difference_step.c.settlement_no).where(
        m.difference_step.c.settlement_no.is_not(None), m.difference_step.c.difference_no.in_(opened)
    )
    is_lasting = settlement.outcome.not_in([outcome.value for outcome in REOPENED])
    return and_(
        settlement.settlement_no.not_in(reopened),
        or_(is_lasting, settlement.settlement_no.not_in(_select_offset(night))),
    )


def _select_offset(night: date) -> Select[tuple[int]]:
    """取消で開き直した突合済: a later line offsets one of their deposits with the line that took it back."""
    opened, opening = m.settlement_deposit.alias("opened"), m.settlement_deposit.alias("opening")
    offset = m.settlement.alias("offset")
    return (
        select(opened.c.settlement_no)
        .join(
            opening, and_(opening.c.deposit_no == opened.c.deposit_no, opening.c.settlement_no > opened.c.settlement_no)
        )
        .join(offset, offset.c.settlement_no == opening.c.settlement_no)
        .where(offset.c.outcome == SettlementOutcome.TAKEN_BACK.value, offset.c.night_on <= night.isoformat())
    )


def _bundles(*conditions: ColumnElement[bool]) -> Select[Any]:
    return (
        select(*(m.bundle.c[name] for name in Bundle.SCHEMA), t.file.c.spec, m.bundle.c.night_on)
        .join(t.file, t.file.c.file_no == m.bundle.c.file_no)
        .where(*conditions)
        .order_by(m.bundle.c.bundle_no)
    )


def open_bundles(connection: Connection, night: date) -> pl.DataFrame:
    """突合の済んでいない確報の束 as of a night: frame FileBundle."""
    settled = _is_settled_by(night, m.bundle.c.bundle_no, m.settlement_bundle)
    query = _bundles(m.bundle.c.stage == Stage.CONFIRMED.value, m.bundle.c.night_on <= night.isoformat(), ~settled)
    return read_frame(connection, query, FileBundle.SCHEMA)


def unwatched_bundles(connection: Connection) -> pl.DataFrame:
    """期限をまだ調べていない速報の束: frame FileBundle."""
    watched = exists().where(m.watched_bundle.c.bundle_no == m.bundle.c.bundle_no)
    return read_frame(connection, _bundles(m.bundle.c.stage == Stage.PRELIMINARY.value, ~watched), FileBundle.SCHEMA)


def night_bundles(connection: Connection, night: date) -> pl.DataFrame:
    """今夜の確報の束: frame FileBundle."""
    query = _bundles(m.bundle.c.stage == Stage.CONFIRMED.value, m.bundle.c.night_on == night.isoformat())
    return read_frame(connection, query, FileBundle.SCHEMA)


def open_deposits(connection: Connection, night: date) -> pl.DataFrame:
    """突合の済んでいない入金 as of a night, without repeats: frame ReceivedDeposit."""
    settled = _is_settled_by(night, m.deposit.c.deposit_no, m.settlement_deposit)
    query = _counted_deposits().where(m.deposit_file.c.night_on <= night.isoformat(), ~settled)
    return read_frame(connection, query, ReceivedDeposit.SCHEMA)


def _counted_deposits(*columns: ColumnElement[Any]) -> Select[Any]:
    """数える入金: neither repeats nor payouts."""
    return _deposits(*columns).where(m.deposit.c.repeats_no.is_(None), m.deposit.c.kind != DepositKind.PAID_OUT.value)


def _deposits(*columns: ColumnElement[Any]) -> Select[Any]:
    deposit = m.deposit.c
    return (
        select(
            *(deposit[name] for name in Deposit.SCHEMA), t.file.c.spec, file_name(), m.deposit_file.c.night_on, *columns
        )
        .join(m.deposit_file, m.deposit_file.c.file_no == deposit.file_no)
        .join(t.file, t.file.c.file_no == deposit.file_no)
        .order_by(deposit.deposit_no)
    )


def deposits_beside(connection: Connection, night: date) -> pl.DataFrame:
    """今夜の入金と突合の済んでいなかった入金、それと日と額の同じ入金, up to the night, including repeats.

    Frame WatchedDeposit: watched are those that came tonight or whose transfer was not settled before tonight. Deposits
    that were taken back are left out.
    """
    deposit, tonight, deposit_file = m.deposit.c, m.deposit.alias("open_deposit").c, m.deposit_file.c
    is_before = m.settlement.c.night_on < night.isoformat()
    is_open = ~_is_settled_by(night, tonight.deposit_no, m.settlement_deposit, is_before)
    watched = (
        select(tonight.booked_on, tonight.yen).join(m.deposit_file, deposit_file.file_no == tonight.file_no).distinct()
    )
    watched = watched.where(
        tonight.kind == DepositKind.RECEIVED.value,
        deposit_file.night_on <= night.isoformat(),
        or_(deposit_file.night_on == night.isoformat(), and_(tonight.repeats_no.is_(None), is_open)),
    )
    days = watched.subquery()
    root = func.coalesce(deposit.repeats_no, deposit.deposit_no)
    was_settled = _is_settled_by(night, root, m.settlement_deposit, is_before)
    is_watched = case((or_(deposit_file.night_on == night.isoformat(), ~was_settled), 1), else_=0)
    is_gone = m.settlement.c.outcome == SettlementOutcome.TAKEN_BACK.value
    query = _deposits(is_watched.label(WatchedDeposit.IS_WATCHED))
    query = query.join(days, and_(days.c.booked_on == deposit.booked_on, days.c.yen == deposit.yen))
    query = query.where(deposit.kind == DepositKind.RECEIVED.value, deposit_file.night_on <= night.isoformat())
    query = query.where(~_is_settled_by(night, root, m.settlement_deposit, is_gone))
    return read_frame(connection, query, WatchedDeposit.SCHEMA)


def settled_like(connection: Connection, deposits: pl.DataFrame, night: date) -> pl.DataFrame:
    """突合の済んだ入金 of the same yen as some open ones, where money of that yen was ever taken back.

    As `open_deposits`, with `settlement_no` and `settled_as` of the valid line as of the night.
    """
    deposit, settlement = m.deposit.c, m.settlement.c
    schema = {**ReceivedDeposit.SCHEMA, SETTLEMENT_NO: pl.Int64, SETTLED_AS: pl.String}
    back = m.deposit.alias("back").c
    with stage_rows(connection, deposits.select(Deposit.YEN).unique()) as staged:
        query = select(back.yen).where(back.kind == DepositKind.CANCELLED.value, back.repeats_no.is_(None))
        taken = read_frame(connection, query.join(staged, staged.c.yen == back.yen).distinct(), {Deposit.YEN: pl.Int64})
    if taken.is_empty():
        return pl.DataFrame(schema=schema)
    with stage_rows(connection, taken) as staged:
        query = (
            _counted_deposits(settlement.settlement_no, settlement.outcome.label(SETTLED_AS))
            .join(staged, staged.c.yen == deposit.yen)
            .join(m.settlement_deposit, m.settlement_deposit.c.deposit_no == deposit.deposit_no)
            .join(m.settlement, settlement.settlement_no == m.settlement_deposit.c.settlement_no)
            .where(settlement.night_on <= night.isoformat(), _holds(night))
            .where(settlement.outcome != SettlementOutcome.OUTSIDE.value)
        )
        return read_frame(connection, query, schema)


def bundles_in(connection: Connection, numbers: Collection[int]) -> pl.DataFrame:
    """突合済の中の束, as `open_bundles`."""
    link = m.settlement_bundle.c
    query = _bundles(m.bundle.c.bundle_no.in_(select(link.bundle_no).where(link.settlement_no.in_(numbers))))
    return read_frame(connection, query, FileBundle.SCHEMA)


def deposits_in(connection: Connection, numbers: Collection[int]) -> pl.DataFrame:
    """突合済の中の入金, as `open_deposits`."""
    link = m.settlement_deposit.c
    query = _counted_deposits().where(
        m.deposit.c.deposit_no.in_(select(link.deposit_no).where(link.settlement_no.in_(numbers)))
    )
    return read_frame(connection, query, ReceivedDeposit.SCHEMA)


def settled(connection: Connection, night: date) -> pl.DataFrame:
    """今夜突合の済んだもの: frame Settled."""
    number = m.settlement.c.settlement_no.label(Settled.LINE_NO)
    query = select(number, *(m.settlement.c[name] for name in list(Settled.SCHEMA)[1:]))
    query = query.where(m.settlement.c.night_on == night.isoformat(), _holds(night))
    return read_frame(connection, query.order_by(m.settlement.c.settlement_no), Settled.SCHEMA)


def settled_before(connection: Connection, night: date) -> pl.DataFrame:
    """前夜までに突合の済んだもの by contract and outcome: frame Settled, with sums and the days that they span."""
    settlement = m.settlement.c
    columns: dict[str, ColumnElement[Any]] = {
        Settled.LINE_NO: func.min(settlement.settlement_no),
        Settled.CONTRACT: settlement.contract,
        Settled.OUTCOME: settlement.outcome,
        Settled.FROM_ON: func.min(settlement.from_on),
        Settled.UNTIL_ON: func.max(settlement.until_on),
        **{name: func.sum(settlement[name]) for name in list(Settled.SCHEMA)[5:]},
    }
    query = (
        select_named(columns)
        .where(settlement.night_on < night.isoformat(), _holds(night))
        .group_by(settlement.contract, settlement.outcome)
        .order_by(settlement.contract, settlement.outcome)
    )
    return read_frame(connection, query, Settled.SCHEMA)


def settled_twice(connection: Connection) -> list[tuple[str, int]]:
    """二つの突合済の行にある束か入金, among the valid lines: kind in Japanese, and number. None should exist."""
    doubles: list[tuple[str, int]] = []
    for kind, link in (("収納の束", m.settlement_bundle), ("入金明細", m.settlement_deposit)):
        number = next(iter(link.primary_key.columns))
        query = (
            select(number)
            .join(m.settlement, m.settlement.c.settlement_no == link.c.settlement_no)
            .where(_holds(date.max))
            .group_by(number)
            .having(func.count() > 1)
        )
        doubles += [(kind, int(member_no)) for member_no in connection.execute(query.order_by(number)).scalars()]
    return doubles


def offset_badly(connection: Connection) -> list[int]:
    """入金取消で相殺の組でない突合済: not exactly one deposit and one line, no older, that takes its yen back."""
    link, deposit, bundle = m.settlement_deposit.c, m.deposit.c, m.settlement_bundle.c
    is_back, day = deposit.kind == DepositKind.CANCELLED.value, func.coalesce(deposit.funds_on, deposit.booked_on)
    came_on, back_on = func.max(case((~is_back, day))), func.max(case((is_back, day)))
    sums = (
        func.count(),
        func.sum(case((is_back, 1), else_=0)),
        func.sum(case((is_back, -deposit.yen), else_=deposit.yen)),
    )
    query = (
        select(m.settlement.c.settlement_no)
        .outerjoin(m.settlement_deposit, link.settlement_no == m.settlement.c.settlement_no)
        .outerjoin(m.deposit, deposit.deposit_no == link.deposit_no)
        .where(m.settlement.c.outcome == SettlementOutcome.TAKEN_BACK.value)
        .group_by(m.settlement.c.settlement_no)
        .having(or_(sums[0] != 2, sums[1] != 1, sums[2] != 0, came_on > back_on))
    )
    holding = select(bundle.settlement_no).join(m.settlement, m.settlement.c.settlement_no == bundle.settlement_no)
    holding = holding.where(m.settlement.c.outcome == SettlementOutcome.TAKEN_BACK.value)
    return sorted({*connection.execute(query).scalars(), *connection.execute(holding).scalars()})


def money_sums(connection: Connection, night: date) -> tuple[int, int]:
    """確報の額と入金の額 up to a night, by bundles and by deposits. A settlement must add up to them."""
    day = night.isoformat()
    due = select(func.coalesce(func.sum(m.bundle.c.yen), 0)).where(
        m.bundle.c.stage == Stage.CONFIRMED.value, m.bundle.c.night_on <= day
    )
    deposit = m.deposit.c
    signed = case((deposit.kind == DepositKind.CANCELLED.value, -deposit.yen), else_=deposit.yen)
    money = (
        select(func.coalesce(func.sum(signed), 0))
        .join(m.deposit_file, m.deposit_file.c.file_no == deposit.file_no)
        .where(
            deposit.repeats_no.is_(None), deposit.kind != DepositKind.PAID_OUT.value, m.deposit_file.c.night_on <= day
        )
    )
    return int(connection.execute(due).scalar_one()), int(connection.execute(money).scalar_one())


def _select_payments(*further: ColumnElement[Any]) -> Select[Any]:
    payment = t.payment.c
    of_record = (Payment.RECORD_NO, Payment.CHANNEL, Payment.STAGE, Payment.PAID_ON, Payment.FUNDS_ON, Payment.PAID_YEN)
    columns = (payment.payment_no, file_name(), *(payment[name] for name in of_record))
    return (
        select(*columns, t.decision.c.outcome, payment.key_digits, t.decided_file.c.night_on, *further)
        .select_from(t.payment)
        .join(t.decision, t.decision.c.payment_no == payment.payment_no)
        .join(t.file, t.file.c.file_no == payment.file_no)
        .join(t.decided_file, t.decided_file.c.file_no == payment.file_no)
        .order_by(payment.payment_no)
    )


def bundle_payments(connection: Connection, bundles: pl.DataFrame, stage: Stage) -> pl.DataFrame:
    """束の収納: the payments in bundles of a stage; frame BundlePayment.

    Where `bundles` has a column `only_yen` that is not null, only the payments of that amount.
    """
    names = [name for name in (Bundle.BUNDLE_NO, "only_yen") if name in bundles.columns]
    bundle, payment = m.bundle.c, t.payment.c
    asked_outcome = (
        t.decision.c.outcome == Outcome.PENDING.value
        if stage is Stage.PRELIMINARY
        else t.decision.c.place.in_([Place.POSTED.value, Place.EXCEPTION.value])
    )
    with stage_rows(connection, bundles.select(names)) as staged:
        of_yen = or_(staged.c.only_yen.is_(None), staged.c.only_yen == payment.paid_yen) if len(names) > 1 else true()
        query = (
            _select_payments(bundle.bundle_no)
            .join(
                m.bundle,
                and_(
                    bundle.file_no == payment.file_no, bundle.channel == payment.channel, bundle.stage == payment.stage
                ),
            )
            .join(staged, staged.c.bundle_no == bundle.bundle_no)
            .where(bundle.day_on == func.coalesce(payment.funds_on, payment.paid_on), asked_outcome)
            .where(bundle.is_funds_day == case((payment.funds_on.is_(None), 0), else_=1), of_yen)
        )
        return read_frame(connection, query, BundlePayment.SCHEMA)


def _was_announced(night: date) -> ColumnElement[bool]:
    """速報のある確報か: its 速報 was decided up to a night."""
    known, other, decided = t.payment_identity.c, t.payment.alias("other").c, t.decided_file.alias("decided").c
    return exists().where(
        known.identity == t.payment.c.identity,
        known.occurrence_no == t.payment.c.occurrence_no,
        known.stage == Stage.PRELIMINARY.value,
        other.payment_no == known.payment_no,
        decided.file_no == other.file_no,
        decided.night_on <= night.isoformat(),
    )


def overdue_among(connection: Connection, bundles: pl.DataFrame) -> pl.DataFrame:
    """確報も取消も来ていない速報 in bundles: bundle_no, payment_no."""
    payments = bundle_payments(connection, bundles, Stage.PRELIMINARY).select(Bundle.BUNDLE_NO, Payment.PAYMENT_NO)
    with stage_rows(connection, payments.select(Payment.PAYMENT_NO)) as staged:
        query = (
            select(t.payment.c.payment_no)
            .join(staged, staged.c.payment_no == t.payment.c.payment_no)
            .join(t.decision, t.decision.c.payment_no == t.payment.c.payment_no)
            .where(still_waits())
        )
        waiting = read_frame(connection, query, {Payment.PAYMENT_NO: pl.Int64})
    return payments.join(waiting, on=Payment.PAYMENT_NO, how="semi", maintain_order="left")


def overdue(connection: Connection, night: date) -> pl.DataFrame:
    """期限を過ぎた速報 that still wait for 確報 or 取消 as of a night: frame OverduePayment."""
    overdue_payment = m.overdue_payment.c
    query = (
        _select_payments(overdue_payment.contract)
        .join(m.overdue_payment, overdue_payment.payment_no == t.payment.c.payment_no)
        .where(overdue_payment.night_on <= night.isoformat(), still_waits(night))
    )
    return read_frame(connection, query, OverduePayment.SCHEMA)


def without_preliminary(connection: Connection, bundles: pl.DataFrame, night: date) -> pl.DataFrame:
    """速報のない確報 in bundles: frame BundlePayment."""
    payments = bundle_payments(connection, bundles, Stage.CONFIRMED)
    with stage_rows(connection, payments.select(Payment.PAYMENT_NO)) as staged:
        query = (
            select(t.payment.c.payment_no)
            .join(staged, staged.c.payment_no == t.payment.c.payment_no)
            .where(~_was_announced(night))
        )
        unannounced = read_frame(connection, query, {Payment.PAYMENT_NO: pl.Int64})
    return payments.join(unannounced, on=Payment.PAYMENT_NO, how="semi", maintain_order="left")
