"""Questions and entries about files that were held back (取込保留の照会と記帳): which still matter, who gave one up."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, insert, literal, or_, select, true

from elqr.store.db.bulk import read_frame, select_named
from elqr.store.queries.reports import brings_payments
from elqr.store.queries.requests import WAIVER, requests
from elqr.store.tables import held_files as h
from elqr.store.tables import ledger as t
from elqr.store.tables import money as m
from elqr.vocabulary.codes import Code
from elqr.vocabulary.report_frames import HeldFile
from elqr.vocabulary.terms import FileStatus, RulingResult

_NAMES_A_DAY = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
"""A file name with a day in it names one file; others come again under the same name with another content."""

_FORMATS, _PURPOSE, _PLACE = "formats", "purpose", "place_no"
_HELD = {name: kind for name, kind in HeldFile.SCHEMA.items() if name != HeldFile.OWN_NAME} | {_FORMATS: pl.String}
_BROUGHT = {HeldFile.NAME: pl.String, _PURPOSE: pl.String, _PLACE: pl.Int64}

PAYMENT, MONEY, NOTICE = "payment", "money", "notice"
"""Purposes of formats that are taken in."""


def held(connection: Connection, night: date, purposes: Mapping[str, str]) -> pl.DataFrame:
    """残っている取込保留 up to a night: frame HeldFile, oldest first.

    Over when the content was taken in, when two people gave up that delivery, or when the corrected file of that name
    and day came: taken in for the first time, later, of the same purpose, and with something in it that had not come
    before. `purposes` of the formats by name; a file whose purpose nobody can tell may have held payments, and nothing
    but payments ends it. `own_name` is the name without what hid it.
    """
    day, own, box = night.isoformat(), t.delivery.c, h.delivery_box.c
    query = (
        select(
            own.name,
            own.sha256,
            own.spec,
            func.coalesce(box.box, "").label(HeldFile.BOX),
            own.delivery_no,
            own.night_on,
        )
        .add_columns(_formats_named().label(_FORMATS))
        .outerjoin(h.delivery_box, box.delivery_no == own.delivery_no)
        .where(own.status == FileStatus.QUARANTINED.value, own.night_on <= day, ~_is_over(day))
        .order_by(own.delivery_no)
    )
    rows = read_frame(connection, query, _HELD)
    was = [_purpose(spec, formats, purposes) for spec, formats in rows.select(HeldFile.SPEC, _FORMATS).iter_rows()]
    own_name = pl.col(HeldFile.NAME).str.strip_chars_start(".").alias(HeldFile.OWN_NAME)
    rows = rows.with_columns(own_name, pl.Series(_PURPOSE, was, dtype=pl.String))
    names = rows[HeldFile.OWN_NAME]
    brought = _brought(connection, day, sorted(set(names.filter(names.str.contains(_NAMES_A_DAY)))))
    latest = brought.group_by(pl.col(HeldFile.NAME).alias(HeldFile.OWN_NAME), _PURPOSE).agg(pl.col(_PLACE).max())
    rows = rows.join(latest, on=[HeldFile.OWN_NAME, _PURPOSE], how="left", maintain_order="left")
    is_over = (pl.col(_PLACE) > pl.col(HeldFile.DELIVERY_NO)).fill_null(False)
    return rows.filter(~is_over).select(*HeldFile.SCHEMA)


def _formats_named() -> ColumnElement[str]:
    """The formats that the finding about a file of no known format names: its inbox's, or those it may be of."""
    finding, codes = t.delivery_finding.c, [Code.FORMAT_UNKNOWN.value, Code.FORMAT_AMBIGUOUS.value]
    named = case((finding.code == Code.FORMAT_UNKNOWN.value, finding.expected), else_=finding.actual)
    query = select(func.min(named)).where(finding.delivery_no == t.delivery.c.delivery_no, finding.code.in_(codes))
    return func.coalesce(query.scalar_subquery(), "")


def _purpose(spec: str, formats: str, purposes: Mapping[str, str]) -> str:
    """何のファイルだったか: that of its format, or of all formats that it may have had; payments where nobody knows."""
    may_be = {purposes.get(name, PAYMENT) for name in (spec or formats).split("・")}
    return may_be.pop() if len(may_be) == 1 else PAYMENT


def _brought(connection: Connection, day: str, names: Sequence[str]) -> pl.DataFrame:
    """初めて取り込んで新しい中身のあったもの under these names up to a day: name, purpose, and its place among 受信."""
    own, lines, notices = t.delivery.c, m.deposit_file.c, t.notice_file.c
    place = own.delivery_no.label(_PLACE)
    accepted = (
        select(own.name, literal(PAYMENT).label(_PURPOSE), place)
        .join(t.file, t.file.c.sha256 == own.sha256)
        .where(own.status == FileStatus.ACCEPTED.value, own.name.in_(names), own.night_on <= day)
    )
    money = accepted.with_only_columns(own.name, literal(MONEY).label(_PURPOSE), place).join(
        m.deposit_file, lines.file_no == t.file.c.file_no
    )
    of_notices = {HeldFile.NAME: notices.name, _PURPOSE: literal(NOTICE), _PLACE: _place_of_notices()}
    slips = select_named(of_notices).where(notices.name.in_(names), notices.night_on <= day, notices.rows_new > 0)
    queries = (accepted.where(brings_payments()), money.where(lines.new_lines > 0), slips)
    return pl.concat([read_frame(connection, query, _BROUGHT) for query in queries])


def _place_of_notices() -> ColumnElement[int]:
    """A notice file has no number of 受信: it stands after all of the nights before and of its own."""
    own = t.delivery.c
    query = select(func.coalesce(func.max(own.delivery_no), 0) + 1).where(own.night_on <= t.notice_file.c.night_on)
    return query.scalar_subquery()


def _is_over(day: str) -> ColumnElement[bool]:
    """The content of a delivery was taken in, or the delivery was given up by two people."""
    sha256 = t.delivery.c.sha256
    is_known = or_(exists().where(t.file.c.sha256 == sha256), exists().where(t.notice_file.c.sha256 == sha256))
    return or_(is_known, _is_given_up(day))


def _is_given_up(day: str) -> ColumnElement[bool]:
    """A delivery that a request names; of an older program's request, what older programs held of its content.

    Asked of deliveries with their inboxes, where there are some.
    """
    own, asked, named, step = t.delivery.c, h.waiver.c, h.waiver_delivery.c, h.waiver_step.c
    is_approved = and_(step.result == RulingResult.APPROVED.value, step.night_on <= day)
    by_number = exists().where(named.delivery_no == own.delivery_no, step.waiver_no == named.waiver_no, is_approved)
    by_content = exists().where(
        asked.sha256 == own.sha256,
        step.waiver_no == asked.waiver_no,
        is_approved,
        asked.waiver_no.not_in(select(named.waiver_no)),
    )
    return or_(by_number, and_(by_content, h.delivery_box.c.delivery_no.is_(None)))


@dataclass(frozen=True, slots=True)
class Lying:
    """受信箱にあるままの取込保留: the formats that it was read as, and whether two people gave it up."""

    specs: frozenset[str]
    is_given_up: bool


def lying(
    connection: Connection, night: date, file: tuple[str, str], box: str, formats: Mapping[str, str]
) -> Lying | None:
    """受信箱にあるままか: what was noted of a file (name, SHA-256) that was held back in an inbox, up to a night.

    None for what came anew: it was not held there, or something else came there under its name since. `box` is the
    name of the inbox, empty where nobody knows which it is, and `formats` are its own, with the purpose of each.
    """
    (name, sha256), own, where = file, t.delivery.c, h.delivery_box.c
    is_here = or_(where.box.is_(None), where.box == box) if box else true()
    named = (
        select(own.delivery_no, own.spec, own.night_on, where.notice_file_no, _is_given_up(night.isoformat()))
        .outerjoin(h.delivery_box, where.delivery_no == own.delivery_no)
        .where(own.name == name)
        .order_by(own.delivery_no)
    )
    is_held = own.status == FileStatus.QUARANTINED.value
    noted = connection.execute(named.where(own.sha256 == sha256, is_held, is_here)).all()
    if not noted:
        return None
    number, _, night_on, notice_file_no, is_given_up = noted[-1]
    other = named.where(
        own.sha256 != sha256,
        own.delivery_no > number,
        or_(and_(is_held, is_here), and_(~is_held, own.spec.in_(list(formats)))),
    )
    slips = t.notice_file.c
    is_later = slips.night_on >= night_on if notice_file_no is None else slips.notice_file_no > notice_file_no
    imported = select(slips.notice_file_no).where(slips.name == name, slips.sha256 != sha256, is_later)
    if connection.execute(other).first() or (NOTICE in formats.values() and connection.execute(imported).first()):
        return None
    return Lying(frozenset(row.spec for row in noted), bool(is_given_up))


def held_since(connection: Connection, file: tuple[str, str], box: str) -> bool:
    """別のものを取込保留にしたか under the name of a file (name, SHA-256), in an inbox, since it last came there."""
    (name, sha256), own, where = file, t.delivery.c, h.delivery_box.c
    is_held = own.status == FileStatus.QUARANTINED.value
    last = select(func.max(own.delivery_no)).where(own.name == name, own.sha256 == sha256, ~is_held).scalar_subquery()
    query = (
        select(own.delivery_no)
        .outerjoin(h.delivery_box, where.delivery_no == own.delivery_no)
        .where(own.name == name, own.sha256 != sha256, is_held, own.delivery_no > last)
        .where(or_(where.box.is_(None), where.box == box) if box else true())
    )
    return connection.execute(query.limit(1)).first() is not None


def came_whole(connection: Connection, night: date, names: Sequence[str]) -> list[tuple[str, str, int]]:
    """届いて取り込んだもの under these names up to a night: name, SHA-256, and its place among 受信."""
    day, own, file = night.isoformat(), t.delivery.c, t.notice_file.c
    whole = [FileStatus.ACCEPTED.value, FileStatus.REDELIVERED.value]
    delivered = select(own.name, own.sha256, own.delivery_no).where(own.status.in_(whole), own.name.in_(names))
    imported = select(file.name, file.sha256, _place_of_notices()).where(file.name.in_(names), file.night_on <= day)
    queries = (delivered.where(own.night_on <= day), imported)
    return [tuple(row) for query in queries if names for row in connection.execute(query)]


def waiting_waivers(connection: Connection) -> list[dict[str, Any]]:
    """承認を待つあきらめの申請, in order, each with the `deliveries` that it names."""
    waiting = [row for row in requests(connection, WAIVER) if row["result"] is None]
    return [{**row, "deliveries": waived(connection, row["waiver_no"])} for row in waiting]


def waived(connection: Connection, waiver_no: int) -> list[int]:
    """申請の受信: the numbers of the deliveries that a request names."""
    query = select(h.waiver_delivery.c.delivery_no).where(h.waiver_delivery.c.waiver_no == waiver_no)
    return list(connection.execute(query).scalars())


def enter_waived(connection: Connection, waiver_no: int, deliveries: Iterable[int]) -> list[dict[str, object]]:
    """申請の受信を記す; returns the rows."""
    rows: list[dict[str, object]] = [{"waiver_no": waiver_no, "delivery_no": number} for number in deliveries]
    connection.execute(insert(h.waiver_delivery), rows)
    return rows
