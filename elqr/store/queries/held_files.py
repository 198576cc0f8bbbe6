"""Queries and entries for files that were held back (取込保留の照会と記帳): which still matter, and who gave one up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, insert, literal, or_, select, true

from elqr.store.db.bulk import read_frame, select_named
from elqr.store.queries.reports import brings_payments
from elqr.store.queries.requests import WAIVER, requests
from elqr.store.queries.retracted_files import is_retracted
from elqr.store.tables import held_files as h
from elqr.store.tables import ledger as t
from elqr.store.tables import money as m
from elqr.store.tables.claim_files import claim_file
from elqr.vocabulary.codes import Code
from elqr.vocabulary.report_frames import HeldFile
from elqr.vocabulary.ruling_terms import RulingResult
from elqr.vocabulary.terms import FileStatus

_NAMES_A_DAY = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
"""A day in a file name, so that it names one file. Other names come again with different content."""

_FORMATS, _PURPOSE, _PLACE = "formats", "purpose", "place_no"
_HELD = {name: kind for name, kind in HeldFile.SCHEMA.items() if name != HeldFile.OWN_NAME} | {_FORMATS: pl.String}
_BROUGHT = {HeldFile.NAME: pl.String, _PURPOSE: pl.String, _PLACE: pl.Int64}

PAYMENT, MONEY, CLAIM, NOTICE = "payment", "money", "claim", "notice"
"""Purposes of the formats that are taken in."""


def held(connection: Connection, night: date, purposes: Mapping[str, str]) -> pl.DataFrame:
    """残っている取込保留 up to a night: frame HeldFile, oldest first.

    A file is over when its content was taken in, when two people gave up that delivery, or when the corrected file of
    that name and day came: taken in for the first time, later, with the same purpose and something new in it.
    `purposes`: the purpose of each format by name. A file of unknown purpose may have held payments, so only payments
    end it. `own_name` is the name without the leading dots that hid it.
    """
    day, delivery, box = night.isoformat(), t.delivery.c, h.delivery_box.c
    query = (
        select(
            delivery.name,
            delivery.sha256,
            delivery.spec,
            func.coalesce(box.box, "").label(HeldFile.BOX),
            delivery.delivery_no,
            delivery.night_on,
        )
        .add_columns(_formats_in_finding().label(_FORMATS))
        .outerjoin(h.delivery_box, box.delivery_no == delivery.delivery_no)
        .where(delivery.status == FileStatus.QUARANTINED.value, delivery.night_on <= day, ~_is_over(day))
        .order_by(delivery.delivery_no)
    )
    rows = read_frame(connection, query, _HELD)
    row_purposes = [
        _purpose(spec, formats, purposes) for spec, formats in rows.select(HeldFile.SPEC, _FORMATS).iter_rows()
    ]
    own_name = pl.col(HeldFile.NAME).str.strip_chars_start(".").alias(HeldFile.OWN_NAME)
    rows = rows.with_columns(own_name, pl.Series(_PURPOSE, row_purposes, dtype=pl.String))
    names = rows[HeldFile.OWN_NAME]
    brought = _first_deliveries(connection, day, sorted(set(names.filter(names.str.contains(_NAMES_A_DAY)))))
    latest = brought.group_by(pl.col(HeldFile.NAME).alias(HeldFile.OWN_NAME), _PURPOSE).agg(pl.col(_PLACE).max())
    rows = rows.join(latest, on=[HeldFile.OWN_NAME, _PURPOSE], how="left", maintain_order="left")
    is_over = (pl.col(_PLACE) > pl.col(HeldFile.DELIVERY_NO)).fill_null(False)
    return rows.filter(~is_over).select(*HeldFile.SCHEMA)


def _formats_in_finding() -> ColumnElement[str]:
    """The formats named by a finding that a format is unknown or ambiguous: those of the inbox, or the candidates."""
    finding, unknown = t.delivery_finding.c, [Code.FORMAT_UNKNOWN.value, Code.FOREIGN.value]
    formats = case((finding.code.in_(unknown), finding.expected), else_=finding.actual)
    codes = [*unknown, Code.FORMAT_AMBIGUOUS.value]
    query = select(func.min(formats)).where(finding.delivery_no == t.delivery.c.delivery_no, finding.code.in_(codes))
    return func.coalesce(query.scalar_subquery(), "")


def _purpose(spec: str, formats: str, purposes: Mapping[str, str]) -> str:
    """何のファイルだったか: the purpose of its format, or of all candidates if they agree; else payments."""
    may_be = {purposes.get(name, PAYMENT) for name in (spec or formats).split("・")}
    return may_be.pop() if len(may_be) == 1 else PAYMENT


def _first_deliveries(connection: Connection, day: str, names: Sequence[str]) -> pl.DataFrame:
    """初めて取り込んで新しい中身のあったもの of these names up to a day: name, purpose, and place_no among 受信."""
    delivery, notice_file = t.delivery.c, t.notice_file.c
    place = delivery.delivery_no.label(_PLACE)
    accepted = (
        select(delivery.name, literal(PAYMENT).label(_PURPOSE), place)
        .join(t.file, t.file.c.sha256 == delivery.sha256)
        .where(delivery.status == FileStatus.ACCEPTED.value, delivery.name.in_(names), delivery.night_on <= day)
    )
    of_another_purpose = [
        accepted.with_only_columns(delivery.name, literal(purpose).label(_PURPOSE), place)
        .join(table, table.c.file_no == t.file.c.file_no)
        .where(new_rows > 0)
        for purpose, table, new_rows in (
            (MONEY, m.deposit_file, m.deposit_file.c.new_lines),
            (CLAIM, claim_file, claim_file.c.rows_new),
        )
    ]
    of_notices = {HeldFile.NAME: notice_file.name, _PURPOSE: literal(NOTICE), _PLACE: _place_of_notices()}
    notices = select_named(of_notices).where(
        notice_file.name.in_(names),
        notice_file.night_on <= day,
        notice_file.rows_new > 0,
        ~is_retracted(notice_file.notice_file_no),
    )
    queries = (accepted.where(brings_payments()), *of_another_purpose, notices)
    return pl.concat([read_frame(connection, query, _BROUGHT) for query in queries])


def _place_of_notices() -> ColumnElement[int]:
    """A place for notice files, which have no delivery number: after all deliveries up to their night."""
    delivery = t.delivery.c
    query = select(func.coalesce(func.max(delivery.delivery_no), 0) + 1).where(
        delivery.night_on <= t.notice_file.c.night_on
    )
    return query.scalar_subquery()


def _is_over(day: str) -> ColumnElement[bool]:
    """The content of a delivery was taken in, or two people gave the delivery up.

    A content whose import two people took back before is not taken in by it. As `_is_given_up`, it needs the join.
    """
    sha256, file = t.delivery.c.sha256, t.notice_file.c
    stands = or_(~is_retracted(file.notice_file_no), file.notice_file_no > h.delivery_box.c.notice_file_no)
    is_imported = exists().where(file.sha256 == sha256, file.retracts_no.is_(None), stands)
    is_known = or_(exists().where(t.file.c.sha256 == sha256), is_imported)
    return or_(is_known, _is_given_up(day))


def _is_given_up(day: str) -> ColumnElement[bool]:
    """An approved request names the delivery, or, if older programs made both, its content.

    The query must join deliveries with `delivery_box`.
    """
    delivery, waiver, waiver_delivery, step = t.delivery.c, h.waiver.c, h.waiver_delivery.c, h.waiver_step.c
    is_approved = and_(step.result == RulingResult.APPROVED.value, step.night_on <= day)
    by_number = exists().where(
        waiver_delivery.delivery_no == delivery.delivery_no, step.waiver_no == waiver_delivery.waiver_no, is_approved
    )
    by_content = exists().where(
        waiver.sha256 == delivery.sha256,
        step.waiver_no == waiver.waiver_no,
        is_approved,
        waiver.waiver_no.not_in(select(waiver_delivery.waiver_no)),
    )
    return or_(by_number, and_(by_content, h.delivery_box.c.delivery_no.is_(None)))


@dataclass(frozen=True, slots=True)
class Lying:
    """受信箱にあるままの取込保留: the formats as which it was read, and whether two people gave it up."""

    specs: frozenset[str]
    is_given_up: bool


def lying(
    connection: Connection, night: date, file: tuple[str, str], box: str, formats: Mapping[str, str]
) -> Lying | None:
    """受信箱にあるままか: the record of a file (name, SHA-256) that was held back in an inbox, up to a night.

    None for a file that came anew: it was not held there, or another file has come there under its name since. `box` is
    the name of the inbox, empty if unknown. `formats`: the purpose of each of its formats.
    """
    (name, sha256), delivery, delivery_box = file, t.delivery.c, h.delivery_box.c
    is_here = or_(delivery_box.box.is_(None), delivery_box.box == box) if box else true()
    by_name = (
        select(
            delivery.delivery_no,
            delivery.spec,
            delivery.night_on,
            delivery_box.notice_file_no,
            _is_given_up(night.isoformat()),
        )
        .outerjoin(h.delivery_box, delivery_box.delivery_no == delivery.delivery_no)
        .where(delivery.name == name)
        .order_by(delivery.delivery_no)
    )
    is_held = delivery.status == FileStatus.QUARANTINED.value
    noted = connection.execute(by_name.where(delivery.sha256 == sha256, is_held, is_here)).all()
    if not noted:
        return None
    number, _, night_on, notice_file_no, is_given_up = noted[-1]
    other = by_name.where(
        delivery.sha256 != sha256,
        delivery.delivery_no > number,
        or_(and_(is_held, is_here), and_(~is_held, delivery.spec.in_(list(formats)))),
    )
    notice_file = t.notice_file.c
    is_later = (
        notice_file.night_on >= night_on if notice_file_no is None else notice_file.notice_file_no > notice_file_no
    )
    imported = select(notice_file.notice_file_no).where(
        notice_file.name == name, notice_file.sha256 != sha256, is_later
    )
    if connection.execute(other).first() or (NOTICE in formats.values() and connection.execute(imported).first()):
        return None
    return Lying(frozenset(row.spec for row in noted), bool(is_given_up))


def held_since(connection: Connection, file: tuple[str, str], box: str) -> bool:
    """別のものを取込保留にしたか under the name of a file (name, SHA-256) in an inbox, since it last came there."""
    (name, sha256), delivery, delivery_box = file, t.delivery.c, h.delivery_box.c
    is_held = delivery.status == FileStatus.QUARANTINED.value
    last = (
        select(func.max(delivery.delivery_no))
        .where(delivery.name == name, delivery.sha256 == sha256, ~is_held)
        .scalar_subquery()
    )
    query = (
        select(delivery.delivery_no)
        .outerjoin(h.delivery_box, delivery_box.delivery_no == delivery.delivery_no)
        .where(delivery.name == name, delivery.sha256 != sha256, is_held, delivery.delivery_no > last)
        .where(or_(delivery_box.box.is_(None), delivery_box.box == box) if box else true())
    )
    return connection.execute(query.limit(1)).first() is not None


def came_whole(connection: Connection, night: date, names: Sequence[str]) -> list[tuple[str, str, int]]:
    """届いて取り込んだもの of these names up to a night: name, SHA-256, and place among 受信."""
    day, delivery, notice_file = night.isoformat(), t.delivery.c, t.notice_file.c
    statuses = [FileStatus.ACCEPTED.value, FileStatus.REDELIVERED.value]
    delivered = select(delivery.name, delivery.sha256, delivery.delivery_no).where(
        delivery.status.in_(statuses), delivery.name.in_(names)
    )
    imported = select(notice_file.name, notice_file.sha256, _place_of_notices()).where(
        notice_file.name.in_(names), notice_file.night_on <= day
    )
    queries = (delivered.where(delivery.night_on <= day), imported)
    return [tuple(row) for query in queries if names for row in connection.execute(query)]


def waiting_waivers(connection: Connection) -> list[dict[str, Any]]:
    """承認を待つあきらめの申請 in order, each with the numbers of its `deliveries`."""
    waiting = [row for row in requests(connection, WAIVER) if row["result"] is None]
    return [{**row, "deliveries": waived(connection, row["waiver_no"])} for row in waiting]


def waived(connection: Connection, waiver_no: int) -> list[int]:
    """申請の受信: the numbers of a request's deliveries."""
    query = select(h.waiver_delivery.c.delivery_no).where(h.waiver_delivery.c.waiver_no == waiver_no)
    return list(connection.execute(query).scalars())


def enter_waived(connection: Connection, waiver_no: int, deliveries: Iterable[int]) -> list[dict[str, object]]:
    """申請の受信を記す. Returns the rows."""
    rows: list[dict[str, object]] = [{"waiver_no": waiver_no, "delivery_no": number} for number in deliveries]
    connection.execute(insert(h.waiver_delivery), rows)
    return rows
