"""Queries on what was taken in (取込の記録の照会): what waits to be sealed, and records without content."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, and_, exists, func, or_, select, union

from elqr.store.queries.undecided import OPEN
from elqr.store.tables import ledger as t
from elqr.store.tables import money as m
from elqr.store.tables.claim_files import claim_file, claim_state, reminder_status
from elqr.vocabulary.terms import FileStatus

_TAKEN = (FileStatus.ACCEPTED.value, FileStatus.REDELIVERED.value)


def deliveries(connection: Connection, after: int) -> list[dict[str, Any]]:
    """受信 after a number, in order: delivery_no, name, sha256, status, and code and actual of the first finding."""
    delivery, finding = t.delivery.c, t.delivery_finding.c
    query = (
        select(delivery.delivery_no, delivery.name, delivery.sha256, delivery.status, finding.code, finding.actual)
        .outerjoin(t.delivery_finding, and_(finding.delivery_no == delivery.delivery_no, finding.line_no == 1))
        .where(delivery.delivery_no > after)
        .order_by(delivery.delivery_no)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def without_content(connection: Connection, after: int) -> list[tuple[int, str]]:
    """中身のない受信 after a number: (number, name) of deliveries taken in for which the ledger has no file."""
    delivery, file = t.delivery.c, t.file.c
    same = and_(
        file.sha256 == delivery.sha256,
        file.spec == delivery.spec,
        file.payment_count == delivery.payment_count,
        file.payment_yen == delivery.payment_yen,
    )
    query = select(delivery.delivery_no, delivery.name).where(
        delivery.status.in_(_TAKEN), delivery.delivery_no > after, ~exists().where(same)
    )
    return [tuple(row) for row in connection.execute(query.order_by(delivery.delivery_no))]


def taken_twice(connection: Connection, after: int) -> list[tuple[str, str]]:
    """二度取り込んだ中身, at least once after a number: (hash, one of its names).

    Content that comes again is redelivered, not taken in again.
    """
    delivery, later = t.delivery.c, t.delivery.alias("later").c
    newer = select(later.sha256).where(later.delivery_no > after, later.status == FileStatus.ACCEPTED.value)
    query = select(delivery.sha256, func.max(delivery.name)).where(
        delivery.status == FileStatus.ACCEPTED.value, delivery.sha256.in_(newer)
    )
    return [tuple(row) for row in connection.execute(query.group_by(delivery.sha256).having(func.count() > 1))]


def files(connection: Connection, after: int) -> list[dict[str, Any]]:
    """まだ確かめていないファイル: those that no night has matched, and those taken in after a delivery number.

    Rows of the file, with name and night_on of its delivery or None, `lines` of its money or claim file or None, and
    what it holds: `payments`, `yen` and `held_lines`, with the lines of a claim file that said nothing new.
    """
    file, delivery, deposit_file, of_claims = t.file.c, t.delivery.c, m.deposit_file.c, claim_file.c
    delivered = and_(delivery.sha256 == file.sha256, delivery.status == FileStatus.ACCEPTED.value)
    newer = t.delivery.alias("newer").c
    waits = exists().where(
        newer.sha256 == file.sha256, newer.status == FileStatus.ACCEPTED.value, newer.delivery_no > after
    )
    paid = select(func.count()).where(t.payment.c.file_no == file.file_no).scalar_subquery()
    yen = (
        select(func.coalesce(func.sum(t.payment.c.paid_yen), 0))
        .where(t.payment.c.file_no == file.file_no)
        .scalar_subquery()
    )
    money = select(func.count()).where(m.deposit.c.file_no == file.file_no).scalar_subquery()
    states = select(func.count()).where(claim_state.c.file_no == file.file_no).scalar_subquery()
    statuses = select(func.count()).where(reminder_status.c.file_no == file.file_no).scalar_subquery()
    known = func.coalesce(of_claims.rows_read - of_claims.rows_new, 0)
    query = (
        select(
            *file,
            delivery.name,
            delivery.night_on,
            func.coalesce(deposit_file.lines, of_claims.rows_read).label("lines"),
            paid.label("payments"),
            yen.label("yen"),
            (money + states + statuses + known).label("held_lines"),
        )
        .outerjoin(t.delivery, delivered)
        .outerjoin(m.deposit_file, deposit_file.file_no == file.file_no)
        .outerjoin(claim_file, of_claims.file_no == file.file_no)
        .where(or_(OPEN, waits))
        .order_by(file.file_no)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def files_of_lines(connection: Connection, upto: Mapping[str, int]) -> set[int]:
    """入金明細、調定データ、督促の状況の行 after the numbers of a link: the numbers of their files."""
    numbers = (m.deposit.c.deposit_no, claim_state.c.state_no, reminder_status.c.status_no)
    queries = [select(n.table.c.file_no).where(n > upto.get(n.table.name, 0)) for n in numbers]
    return set(connection.execute(union(*queries)).scalars())


def uploads(connection: Connection, after: int) -> list[dict[str, Any]]:
    """納付書情報 after a number: rows of the uploads, with the number of `payloads` and `payload_yen`."""
    upload = t.upload.c
    query = select(*upload).where(upload.upload_no > after).order_by(upload.upload_no)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    issued = (
        select(t.payload.c.upload_no, func.count(), func.sum(t.notice.c.amount_yen))
        .join(t.notice, t.notice.c.notice_no == t.payload.c.notice_no)
        .where(t.payload.c.upload_no > after)
        .group_by(t.payload.c.upload_no)
    )
    sums = {number: numbers for number, *numbers in connection.execute(issued)} if rows else {}
    for row in rows:  # payloads have no index by upload: read only if there are rows
        row["payloads"], row["payload_yen"] = sums.get(row["upload_no"], (0, 0))
    return rows


def has_findings(connection: Connection, notice_file_no: int) -> bool:
    """指摘のある納付書データか: whether the notice file has findings."""
    number = t.notice_finding.c.notice_file_no
    return connection.execute(select(number).where(number == notice_file_no).limit(1)).first() is not None
