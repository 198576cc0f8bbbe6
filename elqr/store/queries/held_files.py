"""Questions and entries about files that were held back (取込保留の照会と記帳): which still matter, who gave one up."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, insert, literal, or_, select

from elqr.store.db.bulk import next_no, read_frame
from elqr.store.queries.reports import brings_payments
from elqr.store.tables import held_files as h
from elqr.store.tables import ledger as t
from elqr.store.tables import money as m
from elqr.vocabulary.codes import Code
from elqr.vocabulary.terms import FileStatus, RulingResult

_NAMES_A_DAY = r"(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
"""A file name with a day in it names one file; others come again under the same name with another content."""

_SHOWN = dict.fromkeys(("name", "sha256", "spec"), pl.String) | {
    "delivery_no": pl.Int64,
    "night_on": pl.Date,
}
_HELD = _SHOWN | {"formats": pl.String}

PAYMENT, MONEY, NOTICE = "payment", "money", "notice"
"""Purposes of formats that are taken in."""


def held(connection: Connection, night: date, purposes: Mapping[str, str]) -> pl.DataFrame:
    """残っている取込保留 up to a night: name, sha256, spec, delivery_no, night_on; each content once, oldest first.

    Over when the content was taken in, when two people gave it up, or when the corrected file of that name and day
    came: taken in for the first time, later, of the same purpose, and with something in it that had not come before.
    A content that was held under the names of several days is over when each of them was corrected. `purposes` of the
    formats by name; a file whose purpose nobody can tell may have held payments, and nothing but payments ends it.
    """
    day, own = night.isoformat(), t.delivery.c
    query = (
        select(own.name, own.sha256, own.spec, own.delivery_no, own.night_on, _formats_named())
        .where(own.status == FileStatus.QUARANTINED.value, own.night_on <= day, ~_is_over(day))
        .order_by(own.delivery_no)
    )
    rows = read_frame(connection, query, _HELD)
    was = [_purpose(spec, formats, purposes) for spec, formats in rows.select("spec", "formats").iter_rows()]
    rows = rows.with_columns(pl.Series("purpose", was, dtype=pl.String))
    is_dated = pl.col("name").str.contains(_NAMES_A_DAY)
    brought = _brought(connection, day, sorted(set(rows.filter(is_dated)["name"])))
    latest = brought.group_by("name", "purpose").agg(pl.col("place").max())
    is_corrected = (pl.col("place") > pl.col("delivery_no")).fill_null(False)
    its_name = pl.col("name").str.strip_chars_start(".")  # a name that hid it is the same file's
    rows = rows.join(latest, on=["name", "purpose"], how="left", maintain_order="left").with_columns(
        is_dated.alias("is_dated"), is_corrected.any().over("sha256", its_name).alias("is_corrected")
    )
    is_over = pl.col("is_corrected").any() & (pl.col("is_corrected") | ~pl.col("is_dated")).all()
    left = rows.filter(~is_over.over("sha256") & ~pl.col("is_corrected"))
    return left.unique("sha256", keep="first", maintain_order=True).select(*_SHOWN)


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
    accepted = (
        select(own.name, literal(PAYMENT), own.delivery_no)
        .join(t.file, t.file.c.sha256 == own.sha256)
        .where(own.status == FileStatus.ACCEPTED.value, own.name.in_(names), own.night_on <= day)
    )
    money = accepted.with_only_columns(own.name, literal(MONEY), own.delivery_no).join(
        m.deposit_file, lines.file_no == t.file.c.file_no
    )
    slips = select(notices.name, literal(NOTICE), _place_of_notices()).where(
        notices.name.in_(names), notices.night_on <= day, notices.rows_new > 0
    )
    queries = (accepted.where(brings_payments()), money.where(lines.new_lines > 0), slips)
    schema = {"name": pl.String, "purpose": pl.String, "place": pl.Int64}
    return pl.concat([read_frame(connection, query, schema) for query in queries])


def _place_of_notices() -> ColumnElement[int]:
    """A notice file has no number of 受信: it stands after all of the nights before and of its own."""
    own = t.delivery.c
    query = select(func.coalesce(func.max(own.delivery_no), 0) + 1).where(own.night_on <= t.notice_file.c.night_on)
    return query.scalar_subquery()


def _is_over(day: str) -> ColumnElement[bool]:
    """The content of a delivery was taken in, or given up by two people."""
    sha256 = t.delivery.c.sha256
    given_up = exists().where(_gives_up(sha256, day))
    return or_(exists().where(t.file.c.sha256 == sha256), exists().where(t.notice_file.c.sha256 == sha256), given_up)


def _gives_up(sha256: object, day: str) -> ColumnElement[bool]:
    step = h.waiver_step.c
    is_approved = and_(step.result == RulingResult.APPROVED.value, step.night_on <= day)
    return and_(h.waiver.c.sha256 == sha256, step.waiver_no == h.waiver.c.waiver_no, is_approved)


def is_given_up(connection: Connection, sha256: str, night: date) -> bool:
    """あきらめた中身か, up to a night."""
    query = select(h.waiver.c.waiver_no).where(_gives_up(sha256, night.isoformat())).limit(1)
    return connection.execute(query).first() is not None


def came_whole(connection: Connection, night: date, names: Sequence[str]) -> list[tuple[str, str, int]]:
    """届いて取り込んだもの under these names up to a night: name, SHA-256, and its place among 受信."""
    day, own, file = night.isoformat(), t.delivery.c, t.notice_file.c
    whole = [FileStatus.ACCEPTED.value, FileStatus.REDELIVERED.value]
    delivered = select(own.name, own.sha256, own.delivery_no).where(own.status.in_(whole), own.name.in_(names))
    imported = select(file.name, file.sha256, _place_of_notices()).where(file.name.in_(names), file.night_on <= day)
    queries = (delivered.where(own.night_on <= day), imported)
    return [tuple(row) for query in queries if names for row in connection.execute(query)]


def waivers(connection: Connection) -> list[dict[str, Any]]:
    """あきらめの申請, in order, with the step that ended each."""
    step = h.waiver_step.c
    ended = (step.result, step.taken_at, step.taken_by, step.reason.label("because"), step.night_on.label("ended_on"))
    query = (
        select(h.waiver, *ended)
        .outerjoin(h.waiver_step, step.waiver_no == h.waiver.c.waiver_no)
        .order_by(h.waiver.c.waiver_no)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def enter_waiver(connection: Connection, row: Mapping[str, object]) -> int:
    """あきらめの申請を記す; returns its number."""
    number = next_no(connection, h.waiver.c.waiver_no)
    connection.execute(insert(h.waiver).values(waiver_no=number, **row))
    return number


def enter_step(connection: Connection, row: Mapping[str, object]) -> None:
    """承認・却下を記す."""
    connection.execute(insert(h.waiver_step).values(**row))
