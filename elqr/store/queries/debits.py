"""Queries on debits (口座振替の依頼の照会): what the ledger says of the claims of a request.

All go by the keys, notices and claims of the request, or by an index on what has an account and is due on a day.
"""

from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, and_, case, func, literal, or_, select

from elqr.store.db.bulk import read_frame, schema_of, select_named, stage_rows
from elqr.store.queries.announced import is_answered, is_ended, still_waits
from elqr.store.queries.arrears import named_claims, unknown_announcements
from elqr.store.queries.claim_lookup import select_naming, unposted_of
from elqr.store.queries.claim_states import stated
from elqr.store.queries.moves import is_move
from elqr.store.queries.open_exceptions import moved_yen
from elqr.store.tables import ledger as t
from elqr.vocabulary.debit_frames import Debit, DebitStanding, NamingPayment
from elqr.vocabulary.frames import Claim, Notice, Payment
from elqr.vocabulary.terms import Account, KeyKind, Stage


def due_days(connection: Connection, notices: pl.DataFrame, night: date) -> pl.DataFrame:
    """納期限 of notices (notice_no): notice_no, due_on; the first of several. A claim file has the last word."""
    pays, notice = t.notice_claim.c, t.notice.c
    by_file = stated(Notice.DUE_ON, pays.claim_no, literal(night.isoformat()))
    with stage_rows(connection, notices.select(Notice.NOTICE_NO).unique()) as staged:
        query = (
            select(staged.c.notice_no, func.min(func.coalesce(by_file, notice.due_on)).label(Notice.DUE_ON))
            .join(t.notice, notice.notice_no == staged.c.notice_no)
            .join(t.notice_claim, pays.notice_no == staged.c.notice_no)
            .group_by(staged.c.notice_no)
        )
        return read_frame(connection, query, schema_of((Notice.NOTICE_NO, Notice.DUE_ON)))


def with_account(connection: Connection, due: pl.DataFrame) -> pl.DataFrame:
    """口座のある納付書 of days and procedures (procedure_code, due_on), valid ones: key_kind, key_digits, due_on.

    A notice that asks for a part is left out: its 顧客番号 is no key.
    """
    notice = t.notice.c
    with stage_rows(connection, due.select(Notice.DUE_ON, Notice.PROCEDURE_CODE).unique()) as staged:
        query = (
            select(
                literal(KeyKind.CUSTOMER.value).label(Debit.KEY_KIND),
                notice.customer_no.label(Debit.KEY_DIGITS),
                notice.due_on,
            )
            .join(
                staged,
                and_(notice.due_on == staged.c.due_on, notice.procedure_code == staged.c.procedure_code),
            )
            .outerjoin(t.notice_cancel, t.notice_cancel.c.notice_no == notice.notice_no)
            .where(notice.customer_no.is_not(None), notice.part_kind.is_(None), t.notice_cancel.c.notice_no.is_(None))
        )
        schema = schema_of((Debit.KEY_KIND, Debit.KEY_DIGITS, DebitStanding.DUE_ON))
        return read_frame(connection, query, schema).unique(Debit.KEY_DIGITS)


def naming_payments(connection: Connection, claims: pl.DataFrame, night: date) -> pl.DataFrame:
    """調定を名指す収納 of claims (claim_no): frame NamingPayment, in order.

    The key of a 速報 may name a notice that came after it.
    """
    with stage_rows(connection, claims.select(Claim.CLAIM_NO).unique()) as staged:
        moved = select(t.posting.c.claim_no, t.posting.c.payment_no).join(
            staged, staged.c.claim_no == t.posting.c.claim_no
        )
        query = unposted_of(select_naming(staged), moved.where(is_move()))
        numbers = read_frame(connection, query, schema_of((NamingPayment.CLAIM_NO, NamingPayment.PAYMENT_NO)))
    late = named_claims(connection, unknown_announcements(connection)).select(numbers.columns)
    numbers = pl.concat([numbers, late.join(claims, on=Claim.CLAIM_NO, how="semi")]).unique()
    payment = t.payment.c
    columns: dict[str, ColumnElement[Any]] = {
        **{name: payment[name] for name in NamingPayment.SCHEMA if name in payment},
        NamingPayment.WAITS: case((_may_be_money(night), 1), else_=0),
    }
    with stage_rows(connection, numbers) as staged:
        columns[NamingPayment.CLAIM_NO] = staged.c.claim_no
        details = (
            select_named({name: columns[name] for name in NamingPayment.SCHEMA})
            .select_from(staged)
            .join(t.payment, payment.payment_no == staged.c.payment_no)
            .join(t.decision, t.decision.c.payment_no == payment.payment_no)
            .order_by(staged.c.claim_no, payment.payment_no)
        )
        return read_frame(connection, details, NamingPayment.SCHEMA)


def _may_be_money(night: date) -> ColumnElement[bool]:
    """調定のお金かもしれないか: a 速報 or a debit that still waits, or yen of a 確報 in suspense."""
    is_undecided = t.payment.c.stage == Stage.UNDECIDED.value
    in_suspense = t.decision.c.suspense_yen + moved_yen(Account.SUSPENSE, night)
    return or_(still_waits(), and_(is_undecided, ~is_answered(night), ~is_ended(night)), in_suspense > 0)


def payments_numbered(connection: Connection, numbers: pl.DataFrame) -> pl.DataFrame:
    """収納 by number (payment_no): payment_no, channel, paid_on, paid_yen."""
    names = (Payment.PAYMENT_NO, Payment.CHANNEL, Payment.PAID_ON, Payment.PAID_YEN)
    with stage_rows(connection, numbers.select(Payment.PAYMENT_NO).unique()) as staged:
        query = select(*(t.payment.c[name] for name in names))
        query = query.join(staged, staged.c.payment_no == t.payment.c.payment_no)
        return read_frame(connection, query, schema_of(names))
