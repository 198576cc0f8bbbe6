"""Queries and entries of the arrears (督促の照会と記帳): what is unpaid on claims, and the lists that were drawn."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, case, exists, func, insert, literal, literal_column, select

from elqr.store.db.bulk import insert_frame, read_frame, read_unordered, schema_of, select_named, stage_rows
from elqr.store.queries.announced import still_waits
from elqr.store.queries.claim_states import is_stated, stated
from elqr.store.queries.ledger_identity import next_handed_out
from elqr.store.queries.moves import is_move
from elqr.store.queries.owed import collected_yen, entry_yen, newest_notice_no, owed_yen
from elqr.store.queries.requests import ARREARS, requests_with
from elqr.store.queries.undecided import OPEN, covers
from elqr.store.tables import arrears as a
from elqr.store.tables import ledger as t
from elqr.vocabulary.arrival_frames import PayerClaim, StoodOn, Unpaid
from elqr.vocabulary.frames import Claim, ClaimKey, Payment, Posting


def unpaid(connection: Connection, night: date) -> pl.DataFrame:
    """未納の調定 as of a night: frame Unpaid of claims whose newest valid notice is past its 納期限.

    The payer is the one that this notice names, such as an heir: 宛名番号, name and address belong together. Where a
    claim file says what is owed, its 納期限 and 宛名番号 count. Name and address are left out if they are of another.
    """
    query = _select_unpaid(night).where(_due_on(night) < night.isoformat())
    rows = read_frame(connection, query, Unpaid.SCHEMA)
    announced = named_claims(connection, unknown_announcements(connection))[Unpaid.CLAIM_NO].unique()
    is_announced = pl.col(Unpaid.CLAIM_NO).is_in(announced.implode())
    return rows.with_columns((pl.col(Unpaid.IS_ANNOUNCED) | is_announced).alias(Unpaid.IS_ANNOUNCED))


def unpaid_of(connection: Connection, night: date, payers: pl.DataFrame) -> pl.DataFrame:
    """納期限の前も含めた未納の調定 of payers (payer_ref) as of a night: frame Claim with left_yen."""
    names = (*Claim.SCHEMA, Unpaid.LEFT_YEN)
    rows = read_frame(connection, _select_unpaid(night, names), {name: Unpaid.SCHEMA[name] for name in names})
    return rows.join(payers.select(Unpaid.PAYER_REF).unique(), on=Unpaid.PAYER_REF, how="semi")


def unpaid_by_payer(connection: Connection, night: date, payers: pl.DataFrame) -> pl.DataFrame:
    """納付者の未納 as of a night: frame PayerClaim of payers (payer_ref), oldest due first for each.

    Claims are found by the 宛名番号 with which they came; those that have passed to another payer are left out. The
    rows are read as one answer, because this is asked beside other work: one by one, each would wait for Python.
    """
    if payers.is_empty():
        return PayerClaim.empty()
    day, number = literal(night.isoformat()), t.claim.c.claim_no
    columns = {
        **{name: t.claim.c[name] for name in PayerClaim.SCHEMA if name in t.claim.c},
        PayerClaim.DUE_ON: _due_on(night),
        PayerClaim.LEFT_YEN: owed_yen(number, day) - collected_yen(t.posting.c.night_on <= day),
        PayerClaim.KEY_NO: func.coalesce(t.payload.c.key_no, t.notice.c.key_no),
        PayerClaim.IS_ANNOUNCED: _is_announced(night),
    }
    with stage_rows(connection, payers.select(PayerClaim.PAYER_REF).drop_nulls().unique()) as staged:
        query = (
            select_named({name: columns[name] for name in PayerClaim.SCHEMA})
            .select_from(t.claim)
            .join(staged, staged.c.payer_ref == t.claim.c.payer_ref)
            .outerjoin(t.notice, t.notice.c.notice_no == newest_notice_no(day))
            .outerjoin(t.payload, t.payload.c.notice_no == t.notice.c.notice_no)
            .where(columns[PayerClaim.LEFT_YEN] > 0, t.claim.c.payer_ref != "")
            .where(func.coalesce(_payer_ref(night), t.claim.c.payer_ref) == t.claim.c.payer_ref)
        )
        rows = read_unordered(connection, query, PayerClaim.SCHEMA)
    return rows.sort(PayerClaim.PAYER_REF, PayerClaim.DUE_ON, *ClaimKey.SCHEMA, nulls_last=True)


def without_notice(connection: Connection, night: date) -> pl.DataFrame:
    """納付書のない未納の調定 as of a night: frame Claim with due_on and left_yen, of claims that a claim file names."""
    day = literal(night.isoformat())
    number = t.claim.c.claim_no
    left_yen = owed_yen(number, day) - collected_yen(t.posting.c.night_on <= day)
    due_on = stated(Unpaid.DUE_ON, number, day)
    columns = {
        **{name: t.claim.c[name] for name in Claim.SCHEMA},
        Unpaid.DUE_ON: due_on,
        Unpaid.LEFT_YEN: left_yen,
    }
    query = select_named(columns).select_from(t.claim).where(is_stated(), newest_notice_no(day).is_(None))
    query = query.where(left_yen > 0, due_on < day)
    return read_frame(connection, query, {name: Unpaid.SCHEMA[name] for name in columns})


def payers_now(connection: Connection, claims: pl.DataFrame, night: date) -> pl.DataFrame:
    """今の納付者 of claims with a valid notice: claim_no, payer_ref."""
    notice, claim = t.notice.c, t.claim.c
    with stage_rows(connection, claims.select(Claim.CLAIM_NO).unique()) as staged:
        query = (
            select(claim.claim_no, _payer_ref(night).label(Unpaid.PAYER_REF))
            .join(staged, staged.c.claim_no == claim.claim_no)
            .join(t.notice, notice.notice_no == newest_notice_no(literal(night.isoformat())))
        )
        return read_frame(connection, query, {Claim.CLAIM_NO: pl.Int64, Unpaid.PAYER_REF: pl.String})


def _select_unpaid(night: date, names: Iterable[str] = tuple(Unpaid.SCHEMA)) -> Select[Any]:
    """未収のある調定 up to a night, with the notice that names the payer; columns of Unpaid."""
    day = night.isoformat()
    notice, newest_no = t.notice.c, newest_notice_no(literal(day))
    posting = t.posting.c
    paid = (
        select(posting.claim_no, func.sum(posting.yen).label("yen"))
        .where(posting.claim_no.is_not(None), posting.night_on <= day)
        .group_by(posting.claim_no)
        .subquery()
    )
    owed = (
        select(t.claim_entry.c.claim_no, func.sum(entry_yen()).label("yen"))
        .where(t.claim_entry.c.night_on <= day)
        .group_by(t.claim_entry.c.claim_no)
        .subquery()
    )
    collected, is_same_payer = func.coalesce(paid.c.yen, 0), notice.payer_ref == _payer_ref(night)
    columns = {
        **{name: t.claim.c[name] for name in Claim.SCHEMA},
        Unpaid.PAYER_REF: _payer_ref(night),
        Unpaid.NOTICE_NO: notice.notice_no,
        Unpaid.ISSUE_NO: notice.issue_no,
        Unpaid.DUE_ON: _due_on(night),
        Unpaid.OWED_YEN: owed.c.yen,
        Unpaid.COLLECTED_YEN: collected,
        Unpaid.LEFT_YEN: owed.c.yen - collected,
        Unpaid.IS_ANNOUNCED: _is_announced(),
        Unpaid.PAYER_NAME: case((is_same_payer, notice.payer_name), else_=""),
        Unpaid.POSTAL_CODE: case((is_same_payer, notice.postal_code), else_=""),
        Unpaid.ADDRESS: case((is_same_payer, notice.address), else_=""),
    }
    return (
        select_named({name: columns[name] for name in names})
        .select_from(t.claim)
        .join(owed, owed.c.claim_no == t.claim.c.claim_no)
        .join(t.notice, notice.notice_no == newest_no)
        .outerjoin(paid, paid.c.claim_no == t.claim.c.claim_no)
        .where(owed.c.yen > collected)
        .order_by(_payer_ref(night), t.claim.c.claim_no)
    )


def _due_on(night: date) -> ColumnElement[Any]:
    """納期限 of the claim of a query: as a claim file says, or else of its newest notice."""
    by_file = stated(Unpaid.DUE_ON, t.claim.c.claim_no, literal(night.isoformat()))
    return func.coalesce(by_file, t.notice.c.due_on)


def _payer_ref(night: date) -> ColumnElement[Any]:
    """宛名番号 of the claim of a query: as a claim file says, or else of its newest notice."""
    by_file = stated(Unpaid.PAYER_REF, t.claim.c.claim_no, literal(night.isoformat()))
    return func.coalesce(by_file, t.notice.c.payer_ref)


def unknown_announcements(connection: Connection) -> pl.DataFrame:
    """該当なしの速報 that still wait: payment_no, key_kind, key_digits. The notice of their key may have come since."""
    payment, decision = t.payment.c, t.decision.c
    query = (
        select(payment.payment_no, payment.key_kind, payment.key_digits)
        .join(t.decision, decision.payment_no == payment.payment_no)
        .where(decision.outcome == literal_column("'pending'"), decision.notice_no.is_(None), still_waits())
    )
    return read_frame(connection, query, schema_of((Payment.PAYMENT_NO, Payment.KEY_KIND, Payment.KEY_DIGITS)))


def _is_announced(night: date | None = None) -> ColumnElement[bool]:
    """速報のある調定か: one of its notices was announced as paid, and that 速報 still waits, as of a night or now."""
    pays, decision, payment, decided = t.notice_claim.c, t.decision.c, t.payment.c, t.decided_file.c
    is_known = () if night is None else (decided.file_no == payment.file_no, decided.night_on <= night.isoformat())
    return exists().where(
        pays.claim_no == t.claim.c.claim_no,
        decision.notice_no == pays.notice_no,
        payment.payment_no == decision.payment_no,
        still_waits(night),
        *is_known,
    )


def named_claims(connection: Connection, keys: pl.DataFrame) -> pl.DataFrame:
    """今のキーの指す調定: payment_no, claim_no. `keys` has payment_no, key_kind, key_digits."""
    of_key = covers(connection, keys)
    rows = keys.join(of_key, on=[Payment.KEY_KIND, Payment.KEY_DIGITS])
    return rows.select(Payment.PAYMENT_NO, Claim.CLAIM_NO).unique()


def stood_on(connection: Connection, payments: pl.DataFrame) -> pl.DataFrame:
    """収納のあった調定 of payments (payment_no), now or in the past: frame StoodOn."""
    posting, parts = t.posting.c, []
    schema = schema_of((Posting.PAYMENT_NO, Posting.CLAIM_NO, Posting.YEN))
    with stage_rows(connection, payments.select(Payment.PAYMENT_NO).unique()) as staged:
        for condition in (is_move(), ~is_move()):
            query = (
                select(posting.payment_no, posting.claim_no, posting.yen)
                .join(staged, staged.c.payment_no == posting.payment_no)
                .where(posting.claim_no.is_not(None), condition)
            )
            parts.append(read_frame(connection, query, schema))
    is_off = (pl.col(Posting.YEN) < 0).any().alias(StoodOn.IS_OFF)
    return pl.concat(parts).group_by(StoodOn.PAYMENT_NO, StoodOn.CLAIM_NO).agg(is_off)


def notice_amounts(connection: Connection, claims: pl.DataFrame) -> pl.DataFrame:
    """納付書の額 of claims: claim_no, and paid_yen of each of their notices, including 全期 and old ones."""
    pays = t.notice_claim.c
    schema = {Claim.CLAIM_NO: pl.Int64, "paid_yen": pl.Int64}
    with stage_rows(connection, claims.select(Claim.CLAIM_NO)) as staged:
        query = (
            select(pays.claim_no, t.notice.c.amount_yen.label("paid_yen"))
            .join(staged, staged.c.claim_no == pays.claim_no)
            .join(t.notice, t.notice.c.notice_no == pays.notice_no)
        )
        return read_frame(connection, query, schema)


def undecided(connection: Connection) -> tuple[int, int]:
    """未消込の収納: count and yen of files that no night has decided."""
    open_files = select(t.file.c.file_no).where(OPEN)
    query = select(func.count(), func.coalesce(func.sum(t.payment.c.paid_yen), 0))
    count, yen = connection.execute(query.where(t.payment.c.file_no.in_(open_files))).one()
    return int(count), int(yen)


def requests(connection: Connection) -> list[dict[str, Any]]:
    """督促対象を引く申請 in order, each with the step that ended it and the number of the list that used it."""
    used = a.arrears_list.c
    query = requests_with(ARREARS, used.list_no).outerjoin(
        a.arrears_list, used.request_no == a.arrears_request.c.request_no
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def lists(connection: Connection) -> list[dict[str, Any]]:
    """督促対象一覧 in order: rows of the lists, with held_claims and held_yen of their claims."""
    claim = a.arrears_claim.c
    sums = (
        select(claim.list_no, func.count().label("held_claims"), func.sum(claim.left_yen).label("held_yen"))
        .group_by(claim.list_no)
        .subquery()
    )
    query = (
        select(a.arrears_list, sums.c.held_claims, sums.c.held_yen)
        .outerjoin(sums, sums.c.list_no == a.arrears_list.c.list_no)
        .order_by(a.arrears_list.c.list_no)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def listed(connection: Connection, list_no: int, night: date) -> pl.DataFrame:
    """一覧の調定: frame Claim with left_yen as listed; payer_ref is that of the payer as of a night."""
    listed_claim = a.arrears_claim.c
    payer = func.coalesce(_payer_ref(night), t.claim.c.payer_ref).label(Claim.PAYER_REF)
    query = (
        select(*(payer if name == Claim.PAYER_REF else t.claim.c[name] for name in Claim.SCHEMA), listed_claim.left_yen)
        .select_from(t.claim)
        .join(a.arrears_claim, listed_claim.claim_no == t.claim.c.claim_no)
        .outerjoin(t.notice, t.notice.c.notice_no == newest_notice_no(literal(night.isoformat())))
        .where(listed_claim.list_no == list_no)
        .order_by(listed_claim.claim_no)
    )
    return read_frame(connection, query, {**Claim.SCHEMA, "left_yen": pl.Int64})


def enter_list(connection: Connection, row: Mapping[str, object], claims: pl.DataFrame) -> None:
    """督促対象一覧を記す, with its claims."""
    connection.execute(insert(a.arrears_list).values(**row))
    rows = claims.select(Unpaid.CLAIM_NO, Unpaid.LEFT_YEN).sort(Unpaid.CLAIM_NO)
    insert_frame(connection, a.arrears_claim, rows, list_no=row["list_no"])


def next_list_no(connection: Connection) -> int:
    """次の一覧の番号: the number of the next list."""
    return next_handed_out(connection, a.arrears_list.c.list_no)
