"""What the night writes about money (入金と突合の記帳). Each function runs in the caller's transaction."""

from datetime import date

import polars as pl
from sqlalchemy import Connection, and_, case, func, insert, or_, select

from elqr.rules.deposits import rank_deposits
from elqr.rules.settlement import Settlement
from elqr.store.db.bulk import insert_frame, next_no, number_rows
from elqr.store.entries.night import Receipt, enter_content
from elqr.store.queries.money import known_deposits
from elqr.store.tables import ledger as t
from elqr.store.tables import money as m
from elqr.vocabulary.money_frames import Bundle, Deposit, OverduePayment, Settled, SettledDeposit
from elqr.vocabulary.terms import DepositKind, Place, Stage


def enter_deposits(connection: Connection, receipt: Receipt, lines: pl.DataFrame) -> pl.DataFrame:
    """入金ファイルを取り込む: the file, its delivery and its lines (frame DepositContent). Returns frame Deposit."""
    file_no = enter_content(connection, receipt)
    known = known_deposits(connection, lines)
    rows = rank_deposits(lines, known, receipt.spec, next_no(connection, m.deposit.c.deposit_no))
    new = rows.filter(pl.col(Deposit.REPEATS_NO).is_null())
    connection.execute(
        insert(m.deposit_file).values(
            file_no=file_no,
            night_on=receipt.night.isoformat(),
            lines=rows.height,
            new_lines=new.height,
            money_yen=money_yen(new),
        )
    )
    insert_frame(connection, m.deposit, rows, file_no=file_no)
    return rows


def money_yen(lines: pl.DataFrame) -> int:
    """入金の額 of lines: received minus cancelled. What was paid out does not count."""
    sums = dict(lines.group_by(Deposit.KIND).agg(pl.col(Deposit.YEN).sum()).iter_rows())
    return int(sums.get(DepositKind.RECEIVED.value, 0)) - int(sums.get(DepositKind.CANCELLED.value, 0))


def enter_bundles(connection: Connection, night: date, bundles: pl.DataFrame) -> None:
    """収納の束を記す: frame Bundle without numbers."""
    rows = number_rows(bundles, Bundle.BUNDLE_NO, next_no(connection, m.bundle.c.bundle_no))
    insert_frame(connection, m.bundle, rows, night_on=night.isoformat())


def enter_settled(connection: Connection, night: date, settlement: Settlement) -> int:
    """突合済を記す: lines with their bundles and deposits. Returns the first line's number."""
    first = next_no(connection, m.settlement.c.settlement_no)
    number = pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias(SettledDeposit.SETTLEMENT_NO)
    lines = settlement.lines.with_columns(number)
    insert_frame(connection, m.settlement, lines, night_on=night.isoformat())
    numbers = lines.select(Settled.LINE_NO, SettledDeposit.SETTLEMENT_NO)
    for table, parts in ((m.settlement_bundle, settlement.bundles), (m.settlement_deposit, settlement.deposits)):
        insert_frame(connection, table, parts.join(numbers, on=Settled.LINE_NO, how="inner", maintain_order="left"))
    return first


def enter_watched(connection: Connection, night: date, bundles: pl.DataFrame, overdue: pl.DataFrame) -> None:
    """期限を調べた束と、期限超過の速報を記す. `overdue` has payment_no and contract of OverduePayment."""
    insert_frame(connection, m.watched_bundle, bundles.select(Bundle.BUNDLE_NO), night_on=night.isoformat())
    rows = overdue.select(OverduePayment.PAYMENT_NO, OverduePayment.CONTRACT)
    insert_frame(connection, m.overdue_payment, rows, night_on=night.isoformat())


def bundle_all(connection: Connection) -> None:
    """収納の束を作る from all decided payments, for a ledger that is older than bundles."""
    payment, decision, decided_file = t.payment.c, t.decision.c, t.decided_file.c
    is_money = and_(
        payment.stage == Stage.CONFIRMED.value, decision.place.in_([Place.POSTED.value, Place.EXCEPTION.value])
    )
    day, is_funds_day = func.coalesce(payment.funds_on, payment.paid_on), case((payment.funds_on.is_(None), 0), else_=1)
    keys = (payment.file_no, payment.channel, payment.stage, day, is_funds_day)
    last_no = next_no(connection, m.bundle.c.bundle_no) - 1
    bundles = (
        select(
            last_no + func.row_number().over(order_by=keys),
            *keys,
            func.count(),
            func.sum(payment.paid_yen),
            decided_file.night_on,
        )
        .join(t.decision, decision.payment_no == payment.payment_no)
        .join(t.decided_file, decided_file.file_no == payment.file_no)
        .where(or_(is_money, decision.place == Place.PENDING.value), payment.file_no.not_in(select(m.bundle.c.file_no)))
        .group_by(*keys, decided_file.night_on)
    )
    connection.execute(insert(m.bundle).from_select([*Bundle.SCHEMA, "night_on"], bundles))
