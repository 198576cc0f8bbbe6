"""Looking up claims (調定の照会): by 通知書番号 or by any key of a notice, and what the ledger has on them.

Every question goes by a key or an index, so that an answer takes no longer in a ledger of ten million notices.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    FromClause,
    Select,
    and_,
    func,
    literal,
    literal_column,
    select,
    union,
)

from elqr.store.db.bulk import read_frame, schema_of, select_named, stage_rows
from elqr.store.db.schema import one_of
from elqr.store.queries.claim_states import stated
from elqr.store.queries.notice_lines import line_of, of_line, said
from elqr.store.queries.owed import collected_yen, newest_notice_no, owed_items
from elqr.store.tables import ledger as t
from elqr.store.tables.arrears import claim_fee, reminder_sent
from elqr.vocabulary.claim_frames import CardEntry, CardNotice, CardPayment, ClaimCard
from elqr.vocabulary.frames import Claim, ClaimKey, Decision
from elqr.vocabulary.terms import Account, KeyKind


def claims_of_key(connection: Connection, numbers: Sequence[str]) -> pl.DataFrame:
    """照会キーの調定: claim_no of the claims that notices with one of these keys pay, of whatever kind."""
    key, pays = t.notice_key.c, t.notice_claim.c
    named = and_(key.key_kind.in_([kind.value for kind in KeyKind]), key.key_digits.in_(numbers))
    query = select(pays.claim_no).join(t.notice_key, key.notice_no == pays.notice_no).where(named).distinct()
    return read_frame(connection, query, {Claim.CLAIM_NO: pl.Int64})


def claims_of_bills(connection: Connection, bills: pl.Series) -> pl.DataFrame:
    """通知書番号の調定: frame Claim of all procedures and years, of any of these numbers.

    The claims' index begins with procedure and years, of which there are few: each is asked with each number.
    """
    names = list(ClaimKey.SCHEMA)[:4]
    assessed = pl.DataFrame(
        list(_assessed(connection)), schema={name: ClaimKey.SCHEMA[name] for name in names[:3]}, orient="row"
    )
    keys = assessed.join(bills.unique().alias(Claim.BILL_NO).to_frame(), how="cross")
    claim = t.claim.c
    with stage_rows(connection, keys.select(names)) as staged:
        query = select(*(claim[name] for name in Claim.SCHEMA)).join(
            staged, and_(*(claim[name] == staged.c[name] for name in names))
        )
        return read_frame(connection, query, Claim.SCHEMA)


def _assessed(connection: Connection, *known: Any) -> Iterator[tuple[Any, ...]]:
    """手続・賦課年度・相当年度 that occur and begin with the values `known`.

    One column at a time, each value from the one before it: so the index is asked for a single row each time.
    """
    years = [t.claim.c[name] for name in list(ClaimKey.SCHEMA)[:3]]
    if len(known) == len(years):
        yield known
        return
    column = years[len(known)]
    query = select(func.min(column)).where(*(year == value for year, value in zip(years, known, strict=False)))
    value = connection.execute(query).scalar_one()
    while value is not None:
        yield from _assessed(connection, *known, value)
        value = connection.execute(query.where(column > value)).scalar_one()


def claim_cards(connection: Connection, claims: pl.DataFrame) -> pl.DataFrame:
    """調定の照会 of claims (claim_no): frame ClaimCard, in the order of their keys."""
    claim = t.claim.c
    notice, newest, now = t.notice.c, _newest_of_all(), literal(date.max.isoformat())
    columns: dict[str, ColumnElement[Any]] = {
        **{name: claim[name] for name in Claim.SCHEMA},
        ClaimCard.PAYER_REF: func.coalesce(
            stated(ClaimCard.PAYER_REF, claim.claim_no, now), notice.payer_ref, claim.payer_ref
        ),
        ClaimCard.DUE_ON: func.coalesce(stated(ClaimCard.DUE_ON, claim.claim_no, now), notice.due_on),
        **owed_items(),
        ClaimCard.COLLECTED_YEN: collected_yen(),
    }
    with stage_rows(connection, claims.select(Claim.CLAIM_NO).unique()) as staged:
        query = (
            select_named({name: columns[name] for name in ClaimCard.SCHEMA})
            .select_from(t.claim)
            .join(staged, staged.c.claim_no == claim.claim_no)
            .outerjoin(t.notice, notice.notice_no == newest)
            .order_by(*(claim[name] for name in ClaimKey.SCHEMA))
        )
        return read_frame(connection, query, ClaimCard.SCHEMA)


def card_entries(connection: Connection, claims: pl.DataFrame) -> pl.DataFrame:
    """照会した調定の異動 of claims (claim_no): frame CardEntry, in order."""
    entry, fee, sent = t.claim_entry.c, claim_fee.c, reminder_sent.c
    columns = {name: entry[name] for name in CardEntry.SCHEMA if name in entry}
    columns |= {CardEntry.LIST_NO: sent.list_no, CardEntry.ISSUED_ON: sent.issued_on}
    with stage_rows(connection, claims.select(Claim.CLAIM_NO).unique()) as staged:
        query = (
            select_named({name: columns[name] for name in CardEntry.SCHEMA})
            .select_from(t.claim_entry)
            .join(staged, staged.c.claim_no == entry.claim_no)
            .outerjoin(claim_fee, fee.fee_no == entry.fee_no)
            .outerjoin(reminder_sent, sent.sent_no == fee.sent_no)
            .order_by(entry.claim_no, entry.entry_no)
        )
        return read_frame(connection, query, CardEntry.SCHEMA)


def _newest_of_all() -> ColumnElement[int]:
    """最新の納付書: the newest valid one, or else the last."""
    pays = t.notice_claim.alias("paying").c
    last = select(func.max(pays.notice_no)).where(pays.claim_no == t.claim.c.claim_no).correlate(t.claim)
    return func.coalesce(newest_notice_no(literal(date.max.isoformat())), last.scalar_subquery())


def claim_notices(connection: Connection, claims: pl.DataFrame) -> pl.DataFrame:
    """調定の納付書 of claims (claim_no): frame CardNotice, in the order in which they came."""
    notice, pays = t.notice.c, t.notice_claim.c
    columns: dict[str, ColumnElement[Any]] = {
        **{name: said(name) for name in CardNotice.SCHEMA if name in notice},
        CardNotice.INSTALLMENT_NO: of_line(t.claim.c.installment_no, notice.installment_no),
        CardNotice.CLAIM_NO: pays.claim_no,
        CardNotice.COVER_YEN: pays.cover_yen,
        CardNotice.KEY_NO: func.coalesce(t.payload.c.key_no, notice.key_no),
        CardNotice.CANCELLED_ON: t.notice_cancel.c.night_on,
    }
    with stage_rows(connection, claims.select(Claim.CLAIM_NO).unique()) as staged:
        query = (
            select_named({name: columns[name] for name in CardNotice.SCHEMA})
            .select_from(t.notice_claim)
            .join(staged, staged.c.claim_no == pays.claim_no)
            .join(t.claim, t.claim.c.claim_no == pays.claim_no)
            .join(t.notice, notice.notice_no == pays.notice_no)
            .outerjoin(t.notice_line, line_of(pays.claim_no))
            .outerjoin(t.payload, t.payload.c.notice_no == notice.notice_no)
            .outerjoin(t.notice_cancel, t.notice_cancel.c.notice_no == notice.notice_no)
            .order_by(pays.claim_no, notice.notice_no)
        )
        return read_frame(connection, query, CardNotice.SCHEMA)


def claim_payments(connection: Connection, claims: pl.DataFrame) -> pl.DataFrame:
    """調定の収納 of claims (claim_no): frame CardPayment, in the order of 領収日.

    Repeats of a record that came before are left out.
    """
    posting = t.posting.c
    with stage_rows(connection, claims.select(Claim.CLAIM_NO).unique()) as staged:
        on_claim = select(posting.claim_no, posting.payment_no).join(staged, staged.c.claim_no == posting.claim_no)
        query = unposted_of(select_naming(staged), on_claim)
        numbers = read_frame(connection, query, schema_of((CardPayment.CLAIM_NO, CardPayment.PAYMENT_NO)))
    with stage_rows(connection, numbers) as staged:
        return read_frame(connection, _select_payments(staged), CardPayment.SCHEMA)


def select_naming(staged: FromClause) -> Select[Any]:
    """調定の納付書を名指す収納 of staged claims (claim_no): a query of claim_no and payment_no."""
    pays, decision = t.notice_claim.c, t.decision.c
    return (
        select(pays.claim_no, decision.payment_no)
        .select_from(t.notice_claim)
        .join(staged, staged.c.claim_no == pays.claim_no)
        .join(t.decision, decision.notice_no == pays.notice_no)
    )


def unposted_of(named: Select[Any], *others: Select[Any]) -> CompoundSelect[Any]:
    """速報と、調定に計上していない収納 of a query of decisions by their notices, and all rows of `others`.

    Each of the two is asked in the words of its index.
    """
    decision = t.decision.c
    is_pending = decision.outcome == literal_column("'pending'")
    return union(named.where(is_pending), named.where(one_of(decision.place, t.UNPOSTED)), *others)


def _select_payments(staged: FromClause) -> Select[Any]:
    """収納 of rows of claim_no and payment_no; columns of CardPayment."""
    payment, decision, posting = t.payment.c, t.decision.c, t.posting.alias("stands").c
    stands = select(func.coalesce(func.sum(posting.yen), 0)).where(posting.payment_no == payment.payment_no)
    on_claim = stands.where(posting.claim_no == staged.c.claim_no)
    in_suspense = stands.where(posting.account == Account.SUSPENSE.value)
    columns: dict[str, ColumnElement[Any]] = {
        **{name: payment[name] for name in CardPayment.SCHEMA if name in payment},
        **{name: decision[name] for name in (Decision.OUTCOME, Decision.PLACE, Decision.NOTICE_NO)},
        CardPayment.CLAIM_NO: staged.c.claim_no,
        CardPayment.CLAIM_YEN: on_claim.correlate(staged, t.payment).scalar_subquery(),
        CardPayment.SUSPENSE_YEN: in_suspense.correlate(t.payment).scalar_subquery(),
        CardPayment.DECIDED_ON: t.decided_file.c.night_on,
    }
    return (
        select_named({name: columns[name] for name in CardPayment.SCHEMA})
        .select_from(staged)
        .join(t.payment, payment.payment_no == staged.c.payment_no)
        .join(t.decision, decision.payment_no == payment.payment_no)
        .join(t.decided_file, t.decided_file.c.file_no == payment.file_no)
        .order_by(staged.c.claim_no, payment.paid_on, payment.payment_no)
    )
