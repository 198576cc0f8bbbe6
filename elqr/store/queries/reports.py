"""Queries of the reports (帳票の照会): all as of a night, so that the same night gives the same rows."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import Connection, FromClause, Select, and_, exists, func, or_, select
from sqlalchemy.sql import ColumnElement

from elqr.store.db.bulk import Columns, look_up, read_frame, read_unordered, schema_of, select_named, stage_rows
from elqr.store.queries.counted import day_columns, is_counted, is_of_matching
from elqr.store.queries.moves import is_move, is_reduction, signed_count, takes_off
from elqr.store.queries.undecided import OPEN
from elqr.store.tables import ledger as t
from elqr.store.tables import money as m
from elqr.store.tables.claim_files import claim_file
from elqr.store.tables.counted import counted_day
from elqr.vocabulary.arrival_frames import DeliveredFile
from elqr.vocabulary.frames import Payment, Suggestion, join_beside
from elqr.vocabulary.report_frames import (
    DailySum,
    DecidedPayment,
    Delivery,
    DeliveryFinding,
    EarlierPayment,
    NoticeIntake,
    RedeliveredSum,
    SuggestedNotice,
)
from elqr.vocabulary.terms import FileStatus, Outcome


def file_name() -> ColumnElement[Any]:
    """ファイルの名 of the file of a query: its lowest name among accepted deliveries."""
    return (
        select(func.min(t.delivery.c.name))
        .where(t.delivery.c.sha256 == t.file.c.sha256, t.delivery.c.status == FileStatus.ACCEPTED.value)
        .correlate(t.file)
        .scalar_subquery()
        .label(DecidedPayment.FILE_NAME)
    )


_FILE = (Payment.FILE_NO, DecidedPayment.FILE_NAME, DecidedPayment.FILE_SHA256)
_FILES = select(t.file.c.file_no, file_name(), t.file.c.sha256.label(DecidedPayment.FILE_SHA256))


def deliveries(connection: Connection, night: date) -> pl.DataFrame:
    """取込結果 of a night: frame Delivery."""
    delivery, of_deposits, of_claims = t.delivery.c, m.deposit_file.c, claim_file.c
    lines = {
        Delivery.LINES: of_deposits["lines"],
        Delivery.MONEY_YEN: of_deposits.money_yen,
        Delivery.CLAIM_ROWS: of_claims.rows_read,
        Delivery.NEW_CLAIM_ROWS: of_claims.rows_new,
    }
    columns = (delivery[name] for name in Delivery.SCHEMA if name not in lines)
    query = (
        select(*columns, *(func.coalesce(column, 0).label(name) for name, column in lines.items()))
        .outerjoin(t.file, t.file.c.sha256 == delivery.sha256)
        .outerjoin(m.deposit_file, of_deposits.file_no == t.file.c.file_no)
        .outerjoin(claim_file, of_claims.file_no == t.file.c.file_no)
        .where(delivery.night_on == night.isoformat())
        .order_by(delivery.name, delivery.delivery_no)
    )
    return read_frame(connection, query, Delivery.SCHEMA)


def taken_in(connection: Connection, night: date) -> pl.DataFrame:
    """取り込んだファイル up to a night, as delivered: frame DeliveredFile.

    Leaves out files that were held back or repeated, and those with only known records, such as an old file with a new
    date in its name. A file without payments counts: it says that there were none.
    """
    delivery = t.delivery.c
    query = (
        select(delivery.name.label(DeliveredFile.FILE_NAME), delivery.spec, delivery.night_on)
        .join(t.file, t.file.c.sha256 == delivery.sha256)
        .where(delivery.status == FileStatus.ACCEPTED.value, delivery.night_on <= night.isoformat())
        .where(_brings_something())
        .order_by(delivery.night_on, delivery.delivery_no)
    )
    return read_frame(connection, query, DeliveredFile.SCHEMA)


def _brings_something() -> ColumnElement[bool]:
    """新しい中身のあるファイルか, for the file of a query."""
    file, money = t.file.c, m.deposit_file.c
    only_old_money = exists().where(money.file_no == file.file_no, money.lines > 0, money.new_lines == 0)
    return and_(or_(file.payment_count == 0, brings_payments()), ~only_old_money)


def brings_payments() -> ColumnElement[bool]:
    """新しい収納のあるファイルか, for the file of a query. A file that no night has matched counts as one."""
    payment, file = t.payment.c, t.file.c
    has_new_payment = exists().where(
        payment.file_no == file.file_no,
        t.decision.c.payment_no == payment.payment_no,
        t.decision.c.outcome != Outcome.ALREADY_POSTED.value,
    )
    return and_(file.payment_count > 0, or_(OPEN, has_new_payment))


def delivery_findings(connection: Connection, night: date) -> pl.DataFrame:
    """取込保留の理由 of a night: frame DeliveryFinding."""
    finding = t.delivery_finding.c
    columns = ((finding if name in finding else t.delivery.c)[name] for name in DeliveryFinding.SCHEMA)
    query = (
        select(*columns)
        .select_from(t.delivery_finding)
        .join(t.delivery, t.delivery.c.delivery_no == finding.delivery_no)
        .where(t.delivery.c.night_on == night.isoformat())
        .order_by(t.delivery.c.name, finding.delivery_no, finding.line_no)
    )
    return read_frame(connection, query, DeliveryFinding.SCHEMA)


def notice_files(connection: Connection, night: date) -> pl.DataFrame:
    """納付書の取込 of a night: frame NoticeIntake."""
    notice_file = t.notice_file.c
    query = select(*(notice_file[name] for name in NoticeIntake.SCHEMA)).order_by(notice_file.notice_file_no)
    return read_frame(
        connection,
        query.where(notice_file.night_on == night.isoformat(), notice_file.retracts_no.is_(None)),
        NoticeIntake.SCHEMA,
    )


def select_decided(*columns: Any) -> Select[Any]:
    """消込済の収納: decisions joined with their payments, decided files and files."""
    return (
        select(*columns)
        .select_from(t.decision)
        .join(t.payment, t.payment.c.payment_no == t.decision.c.payment_no)
        .join(t.decided_file, t.decided_file.c.file_no == t.payment.c.file_no)
        .join(t.file, t.file.c.file_no == t.payment.c.file_no)
    )


def decided_files(connection: Connection, night: date) -> pl.DataFrame:
    """消込済のファイル of a night: file_no, file_name, file_sha256."""
    query = _FILES.join(t.decided_file, t.decided_file.c.file_no == t.file.c.file_no)
    return _files(connection, query.where(t.decided_file.c.night_on == night.isoformat()))


def open_files(connection: Connection) -> pl.DataFrame:
    """未消込のファイル, for the next night: file_no, file_name, file_sha256."""
    return _files(connection, _FILES.where(OPEN))


def _files(connection: Connection, query: Select[Any]) -> pl.DataFrame:
    return read_frame(connection, query.order_by(t.file.c.file_no), schema_of(_FILE))


def outcome_sums(connection: Connection, night: date) -> dict[str, list[int]]:
    """消込結果ごとの件数, 領収額, 収納額, 仮受額 of a night, by outcome."""
    decision = t.decision.c
    sums = (func.count(), func.sum(t.payment.c.paid_yen), func.sum(decision.claim_yen), func.sum(decision.suspense_yen))
    of_night = t.decided_file.c.night_on == night.isoformat()
    query = select_decided(decision.outcome, *sums).where(of_night).group_by(decision.outcome)
    return {outcome: [int(number) for number in numbers] for outcome, *numbers in connection.execute(query)}


def decisions(connections: Sequence[Connection], night: date) -> pl.DataFrame:
    """消込結果 of a night: frame DecidedPayment, oldest first.

    Columns of the file are looked up once per file. The rows are read as columns on all connections at once.
    """
    files, payment = decided_files(connections[0], night), t.payment.c
    of_night = t.decided_file.c.night_on == night.isoformat()
    numbers = select(payment.payment_no).join(t.decided_file, t.decided_file.c.file_no == payment.file_no)
    columns = {name: column for name, column in decision_columns().items() if name not in DecidedPayment.OF_FILE}
    columns |= {name: payment[name] for name in (Payment.FILE_NO, Payment.IDENTITY)}

    def query(staged: FromClause) -> Select[Any]:
        return (
            select_named(columns)
            .select_from(staged)
            .join(t.payment, payment.payment_no == staged.c.payment_no)
            .join(t.decision, t.decision.c.payment_no == staged.c.payment_no)
            .outerjoin(t.notice, t.notice.c.notice_no == t.decision.c.notice_no)
        )

    keys = read_unordered(connections[0], numbers.where(of_night), {Payment.PAYMENT_NO: pl.Int64})
    rows = look_up(connections, keys, query, schema_of(columns))
    rows = join_beside(rows.sort(*Payment.OLDEST_FIRST), files, [Payment.FILE_NO])
    return rows.with_columns(pl.lit(night).alias(DecidedPayment.DECIDED_ON)).select(*DecidedPayment.SCHEMA)


def decision_columns() -> Columns:
    """消込結果の列: those of frame DecidedPayment."""
    decision, payment, notice = t.decision.c, t.payment.c, t.notice.c
    return {
        DecidedPayment.PAYMENT_NO: payment.payment_no,
        DecidedPayment.FILE_NAME: file_name(),
        DecidedPayment.FILE_SHA256: t.file.c.sha256,
        DecidedPayment.RECORD_NO: payment.record_no,
        DecidedPayment.CHANNEL: payment.channel,
        DecidedPayment.STAGE: payment.stage,
        DecidedPayment.OUTCOME: decision.outcome,
        DecidedPayment.PLACE: decision.place,
        DecidedPayment.FLAGS: decision.flags,
        DecidedPayment.PAID_YEN: payment.paid_yen,
        DecidedPayment.CLAIM_YEN: decision.claim_yen,
        DecidedPayment.SUSPENSE_YEN: decision.suspense_yen,
        DecidedPayment.PAID_ON: payment.paid_on,
        DecidedPayment.FUNDS_ON: payment.funds_on,
        DecidedPayment.KEY_KIND: payment.key_kind,
        DecidedPayment.KEY_DIGITS: payment.key_digits,
        DecidedPayment.PROCEDURE_CODE: decision.procedure_code,
        DecidedPayment.LEVY_YEAR: notice.levy_year,
        DecidedPayment.BILL_NO: notice.bill_no,
        DecidedPayment.INSTALLMENT_NO: notice.installment_no,
        DecidedPayment.ISSUE_NO: notice.issue_no,
        DecidedPayment.PAYER_REF: notice.payer_ref,
        DecidedPayment.AMOUNT_YEN: notice.amount_yen,
        DecidedPayment.PAYABLE_UNTIL_ON: notice.payable_until_on,
        DecidedPayment.OTHER_PAYMENT_NO: decision.other_payment_no,
        DecidedPayment.RESULT_CODE: payment.result_code,
        DecidedPayment.DOUBT: payment.doubt,
        DecidedPayment.ITEM_NO: payment.item_no,
        DecidedPayment.IMAGE_REF: payment.image_ref,
        DecidedPayment.DECIDED_ON: t.decided_file.c.night_on,
    }


def decision_rows(
    connection: Connection,
    columns: Columns,
    condition: ColumnElement[bool],
    *joins: tuple[FromClause, Any],
    staged: FromClause | None = None,
) -> pl.DataFrame:
    """消込結果の行, oldest first. `joins`: further tables to outer join, with their conditions.

    `staged` is a staged table of payment_no: only these.
    """
    query = select_decided(*(column.label(name) for name, column in columns.items()))
    query = query.outerjoin(t.notice, t.notice.c.notice_no == t.decision.c.notice_no)
    for joined, where in joins:
        query = query.outerjoin(joined, where)
    if staged is not None:
        query = query.join(staged, staged.c.payment_no == t.decision.c.payment_no)
    query = query.where(condition).order_by(*(t.payment.c[name] for name in Payment.OLDEST_FIRST))
    return read_frame(connection, query, schema_of(columns))


def other_payments(connection: Connection, naming: pl.DataFrame) -> pl.DataFrame:
    """先の収納 named by decisions (other_payment_no): frame EarlierPayment."""
    payment, other_no = t.payment.c, pl.col(DecidedPayment.OTHER_PAYMENT_NO)
    of_payment = [name for name in EarlierPayment.SCHEMA if name != EarlierPayment.FILE_NAME]
    numbers = naming.select(other_no.alias(Payment.PAYMENT_NO)).drop_nulls().unique()
    with stage_rows(connection, numbers) as staged:
        columns = (payment[name] for name in (*of_payment, Payment.FILE_NO))
        earlier = select(*columns).join(staged, staged.c.payment_no == payment.payment_no)
        schema = {name: EarlierPayment.SCHEMA[name] for name in of_payment}
        payments = read_frame(connection, earlier, {**schema, Payment.FILE_NO: pl.Int64})
    with stage_rows(connection, payments.select(Payment.FILE_NO).unique()) as staged:
        query = select(t.file.c.file_no, file_name()).join(staged, staged.c.file_no == t.file.c.file_no)
        names = read_frame(connection, query, schema_of((Payment.FILE_NO, EarlierPayment.FILE_NAME)))
    rows = payments.join(names, on=Payment.FILE_NO, how="left", validate="m:1", maintain_order="left")
    return rows.drop(Payment.FILE_NO)


def suggestions(connection: Connection, payments: pl.DataFrame, late: pl.DataFrame) -> pl.DataFrame:
    """近い納付書 of payments (payment_no, outcome) with unknown keys: frame SuggestedNotice.

    First those that came later with the same key (`late`: frame LateNotice).
    """
    suggestion, notice = t.suggestion.c, t.notice.c
    unknown = payments.filter(pl.col(DecidedPayment.OUTCOME) == Outcome.KEY_UNKNOWN.value)
    with stage_rows(connection, unknown.select(Payment.PAYMENT_NO).unique()) as staged:
        query = (
            select(suggestion.payment_no, suggestion.how, notice.procedure_code, notice.bill_no, notice.installment_no)
            .join(staged, staged.c.payment_no == suggestion.payment_no)
            .join(t.notice, notice.notice_no == suggestion.notice_no)
            .order_by(suggestion.payment_no, suggestion.notice_no)
        )
        near = read_frame(connection, query, SuggestedNotice.SCHEMA)
    with stage_rows(connection, late.select(*Suggestion.SCHEMA)) as staged:
        query = (
            select(staged.c.payment_no, staged.c.how, notice.procedure_code, notice.bill_no, notice.installment_no)
            .join(t.notice, notice.notice_no == staged.c.notice_no)
            .order_by(staged.c.payment_no)
        )
        return pl.concat([read_frame(connection, query, SuggestedNotice.SCHEMA), near])


def postings(connection: Connection, night: date) -> pl.DataFrame:
    """収納日計 of a night: frame DailySum. Moves come from rulings and reductions."""
    posting, payment = t.posting.c, t.payment.c
    keys: Columns = {
        DailySum.ACCOUNT: posting.account,
        DailySum.PROCEDURE_CODE: posting.procedure_code,
        DailySum.FISCAL_YEAR: posting.fiscal_year,
        DailySum.IS_ARREARS: posting.is_arrears,
        DailySum.CHANNEL: payment.channel,
        DailySum.PAID_ON: payment.paid_on,
        DailySum.IS_MOVE: is_move(),
        DailySum.IS_REDUCTION: is_reduction(),
        DailySum.TAKES_OFF: takes_off(),
    }
    sums: Columns = {DailySum.COUNT: signed_count(), DailySum.YEN: func.sum(posting.yen)}
    has_days = is_counted(connection)
    keys |= day_columns() if has_days else {}
    query = select_named(keys | sums).join(t.payment, payment.payment_no == posting.payment_no)
    query = query.outerjoin(counted_day, is_of_matching()) if has_days else query
    query = query.where(posting.night_on == night.isoformat()).group_by(*keys.values()).order_by(*keys.values())
    rows = read_frame(connection, query, schema_of((*keys, *sums)))
    return DailySum.of(rows if has_days else rows.with_columns(pl.lit(None).alias(name) for name in DailySum.OF_DAY))


def redelivered(connection: Connection, night: date) -> pl.DataFrame:
    """再受信ファイルの収納 of a night: frame RedeliveredSum."""
    delivery, payment = t.delivery.c, t.payment.c
    keys: Columns = {
        RedeliveredSum.FILE_NAME: delivery.name,
        RedeliveredSum.CHANNEL: payment.channel,
        RedeliveredSum.PROCEDURE_CODE: t.decision.c.procedure_code,
        RedeliveredSum.PAID_ON: payment.paid_on,
    }
    sums: Columns = {RedeliveredSum.COUNT: func.count(), RedeliveredSum.YEN: func.sum(payment.paid_yen)}
    query = (
        select_named(keys | sums)
        .select_from(t.delivery)
        .join(t.file, t.file.c.sha256 == delivery.sha256)
        .join(t.payment, payment.file_no == t.file.c.file_no)
        .outerjoin(t.decision, t.decision.c.payment_no == payment.payment_no)
        .where(delivery.night_on == night.isoformat(), delivery.status == FileStatus.REDELIVERED.value)
        .group_by(*keys.values())
    )
    return read_frame(connection, query, RedeliveredSum.SCHEMA)


def chain(connection: Connection, night: date) -> dict[str, str]:
    """台帳の素性 up to a night: `ledger` (hash of the first run), `run_id`, `run_hash`; empty without runs."""
    run = t.run.c
    first = connection.execute(select(run.hash).order_by(run.run_no).limit(1)).scalar_one_or_none()
    query = select(run.run_id, run.hash).where(run.night_on <= night.isoformat()).order_by(run.run_no.desc()).limit(1)
    run_id, run_hash = connection.execute(query).one_or_none() or ("", "")
    return {"ledger": first or "", "run_id": run_id, "run_hash": run_hash}


def anchor(connection: Connection) -> str:
    """照合値: number and hash of the last run, to be kept apart from the ledger; empty without runs."""
    run = t.run.c
    row = connection.execute(select(run.run_no, run.hash).order_by(run.run_no.desc()).limit(1)).one_or_none()
    return f"{row.run_no}:{row.hash}" if row else ""
