"""Queries and entries of payouts (還付の照会と記帳): what is paid back or on, how far it is, and where it ended."""

from collections.abc import Mapping
from datetime import date

import polars as pl
from sqlalchemy import ColumnElement, Connection, and_, func, select

from elqr.store.db.bulk import insert_frame, read_frame, schema_of, select_named, stage_rows
from elqr.store.queries.moves import is_move_by
from elqr.store.queries.open_exceptions import is_in_force, last_standing_no, moved_yen, undone_by_no
from elqr.store.tables import ledger as t
from elqr.store.tables import reviews as r
from elqr.vocabulary.frames import Column, Ruled
from elqr.vocabulary.ruling_frames import Payout, RecordedStep, Reduced, RefundCase
from elqr.vocabulary.ruling_terms import AWAITS_PAYOUT, FOLLOWS, PAYS_INTO, Ruling, RulingResult
from elqr.vocabulary.terms import Account

REFUND_PLACES: Mapping[Column, Account] = {
    RefundCase.HELD_YEN: Account.SUSPENSE,
    RefundCase.REFUNDED_YEN: Account.REFUNDED,
    RefundCase.REVENUE_YEN: Account.REVENUE,
    RefundCase.PASSED_ON_YEN: Account.PASSED_ON,
}
"""過誤納のある勘定: the column of a case, and the account of which it has the yen."""


def enter_payouts(connection: Connection, payouts: pl.DataFrame) -> None:
    """還付の記録を記す: frame Payout, with the rulings of their request."""
    insert_frame(connection, r.payout, payouts.select(*Payout.SCHEMA))


def all_payouts(connection: Connection) -> pl.DataFrame:
    """還付の記録: frame Payout."""
    query = select(*(r.payout.c[name] for name in Payout.SCHEMA))
    return read_frame(connection, query, Payout.SCHEMA).sort(Payout.RULING_NO)


def ended_since(connection: Connection, since: date, night: date) -> pl.DataFrame:
    """終わった過誤納の収納: payment_no of those that a ruling paid out from one night to another."""
    ruling, effect = r.ruling.c, r.ruling_result.c
    query = (
        select(ruling.payment_no)
        .select_from(r.ruling_result)
        .join(r.ruling, ruling.ruling_no == effect.ruling_no)
        .where(effect.night_on >= since.isoformat(), effect.night_on <= night.isoformat())
        .where(effect.result == RulingResult.APPROVED.value, ruling.ruling.in_([step.value for step in PAYS_INTO]))
        .distinct()
    )
    return read_frame(connection, query, schema_of((Ruled.PAYMENT_NO,)))


def refund_cases(connection: Connection, night: date, payments: pl.DataFrame) -> pl.DataFrame:
    """過誤納 as of a night: frame RefundCase of those of `payments` that two people decided to pay back or on."""
    standing = r.ruling.alias("last_standing").c
    columns = {
        RefundCase.PAYMENT_NO: t.payment.c.payment_no,
        RefundCase.PAID_ON: t.payment.c.paid_on,
        RefundCase.STANDING: standing.ruling,
        RefundCase.STANDING_NO: standing.ruling_no,
        RefundCase.AFTER_YEN: r.ruling_result.c.after_yen,
        **{name: _yen_on(account, night) for name, account in REFUND_PLACES.items()},
    }
    with stage_rows(connection, payments.select(Ruled.PAYMENT_NO).unique()) as staged:
        query = (
            select_named(columns)
            .select_from(t.payment)
            .join(staged, staged.c.payment_no == t.payment.c.payment_no)
            .join(t.decision, t.decision.c.payment_no == t.payment.c.payment_no)
            .join(standing.ruling_no.table, standing.ruling_no == last_standing_no(night))
            .join(r.ruling_result, r.ruling_result.c.ruling_no == standing.ruling_no)
            .where(standing.ruling.in_(_CASES))
        )
        rows = read_frame(connection, query, schema_of(columns)).sort(RefundCase.STANDING_NO)
    entries = _entries(connection, rows, night)
    last_no = pl.col(Payout.RULING_NO).alias(RefundCase.STANDING_NO)
    last = entries.select(last_no, Payout.DONE_ON, Payout.NUMBER)
    decided_last = entries.filter(pl.col(Ruled.RULING) == Ruling.REFUND_DECIDED.value)
    decided_last = decided_last.unique(Ruled.PAYMENT_NO, keep="last", maintain_order=True)
    decided_on = pl.col(Payout.DONE_ON).alias(RefundCase.REFUND_DECIDED_ON)
    number = pl.col(Payout.NUMBER).alias(RefundCase.REFUND_NUMBER)
    to_whom = decided_last.select(Ruled.PAYMENT_NO, decided_on, number, Payout.INTEREST_YEN, Payout.PAYEE_REF)
    rows = rows.join(last, on=RefundCase.STANDING_NO, how="left", validate="1:1", maintain_order="left")
    return RefundCase.of(rows.join(to_whom, on=Ruled.PAYMENT_NO, how="left", validate="1:1", maintain_order="left"))


def recorded_steps(connection: Connection, payments: pl.DataFrame) -> pl.DataFrame:
    """記録した還付の一歩 of payments, now: frame RecordedStep, in the order of rulings."""
    ruling, effect = r.ruling.c, r.ruling_result.c
    columns = {
        **{name: r.payout.c[name] for name in Payout.SCHEMA},
        RecordedStep.PAYMENT_NO: ruling.payment_no,
        RecordedStep.RULING: ruling.ruling,
        RecordedStep.RESULT: effect.result,
        RecordedStep.MOVED_YEN: func.abs(effect.before_yen - effect.after_yen),
    }
    with stage_rows(connection, payments.select(Ruled.PAYMENT_NO).unique()) as staged:
        query = (
            select_named(columns)
            .join(r.ruling, ruling.ruling_no == r.payout.c.ruling_no)
            .join(staged, staged.c.payment_no == ruling.payment_no)
            .outerjoin(r.ruling_result, effect.ruling_no == ruling.ruling_no)
            .where(is_in_force())
        )
        return read_frame(connection, query, RecordedStep.SCHEMA).sort(RecordedStep.RULING_NO)


def decided_refunds(connection: Connection) -> pl.DataFrame:
    """還付決定のある収納: payment_no and number (決定番号) of each payment's last 還付決定 that has effect."""
    ruling, effect = r.ruling.c, r.ruling_result.c
    columns = {Ruled.RULING_NO: ruling.ruling_no, Ruled.PAYMENT_NO: ruling.payment_no, Payout.NUMBER: r.payout.c.number}
    query = (
        select_named(columns)
        .select_from(r.payout)
        .join(r.ruling, ruling.ruling_no == r.payout.c.ruling_no)
        .join(r.ruling_result, effect.ruling_no == ruling.ruling_no)
        .where(ruling.ruling == Ruling.REFUND_DECIDED.value, effect.result.is_not(None), is_in_force())
    )
    rows = read_frame(connection, query, schema_of(columns)).sort(Ruled.RULING_NO)
    return rows.unique(Ruled.PAYMENT_NO, keep="last", maintain_order=True).drop(Ruled.RULING_NO)


def reduced_on(connection: Connection, payments: pl.DataFrame, night: date) -> pl.DataFrame:
    """減額の夜 of payments, up to a night: frame Reduced."""
    with stage_rows(connection, payments.select(Ruled.PAYMENT_NO).unique()) as staged:
        query = (
            select(staged.c.payment_no, func.min(t.posting.c.night_on).label(Reduced.REDUCED_ON))
            .join(t.posting, and_(t.posting.c.payment_no == staged.c.payment_no, is_move_by(night)))
            .join(r.reduced_posting, r.reduced_posting.c.posting_no == t.posting.c.posting_no)
            .group_by(staged.c.payment_no)
        )
        return read_frame(connection, query, Reduced.SCHEMA)


_CASES = [ruling.value for ruling in {*AWAITS_PAYOUT, *FOLLOWS}]


def _yen_on(account: Account, night: date) -> ColumnElement[int]:
    """勘定にある額 of the payment of a query, as of a night."""
    moved = moved_yen(account, night)
    return t.decision.c.suspense_yen + moved if account is Account.SUSPENSE else moved


def _entries(connection: Connection, payments: pl.DataFrame, night: date) -> pl.DataFrame:
    """効力のある還付の記録 of payments: frame Payout with payment_no and ruling, in the order of rulings."""
    effect = r.ruling_result.c
    columns = {
        Ruled.PAYMENT_NO: r.ruling.c.payment_no,
        Ruled.RULING: r.ruling.c.ruling,
        **{name: r.payout.c[name] for name in Payout.SCHEMA},
    }
    with stage_rows(connection, payments.select(Ruled.PAYMENT_NO)) as staged:
        query = (
            select(*(column.label(name) for name, column in columns.items()))
            .join(r.ruling, r.ruling.c.ruling_no == r.payout.c.ruling_no)
            .join(staged, staged.c.payment_no == r.ruling.c.payment_no)
            .join(r.ruling_result, effect.ruling_no == r.payout.c.ruling_no)
            .where(effect.result == RulingResult.APPROVED.value, effect.night_on <= night.isoformat())
            .where(undone_by_no(r.ruling.c.ruling_no, r.ruling.c.payment_no).is_(None))
        )
        schema = {Ruled.PAYMENT_NO: pl.Int64, Ruled.RULING: pl.String, **Payout.SCHEMA}
        return read_frame(connection, query, schema).sort(Payout.RULING_NO)
