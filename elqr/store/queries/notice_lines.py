"""Lines of notices (納付書の行の照会): what a notice says of a claim, row by row as notice files say it.

A 分納 notice for several claims has a line for each of them. Any other notice is its own row.
"""

from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, and_, case, exists, select
from sqlalchemy.sql import ColumnElement

from elqr.store.db.bulk import read_frame, select_named
from elqr.store.tables import ledger as t
from elqr.vocabulary.claim_terms import NoticeKind
from elqr.vocabulary.frames import ClaimKey, Notice
from elqr.vocabulary.notice_frames import NoticeLine


def is_joint() -> ColumnElement[bool]:
    """複数の調定の納付書か, of the notice of a query. Only those for 分納 are looked up: they are few."""
    line = t.notice_line.alias("any_line").c
    is_plan = t.notice.c.part_kind == NoticeKind.INSTALMENT_PLAN.value
    return and_(is_plan, exists().where(line.notice_no == t.notice.c.notice_no).correlate(t.notice))


def line_of(claim_no: ColumnElement[int]) -> ColumnElement[bool]:
    """その調定の行か: joins the notice of a query with its line for a claim."""
    return and_(t.notice_line.c.notice_no == t.notice.c.notice_no, t.notice_line.c.claim_no == claim_no)


def of_line(of_joint: ColumnElement[Any], of_other: ColumnElement[Any]) -> ColumnElement[Any]:
    """行の値: one value where the notice of a query has a line (see `line_of`), another where it has none."""
    return case((t.notice_line.c.notice_no.is_not(None), of_joint), else_=of_other)


def said(name: str) -> ColumnElement[Any]:
    """行の言う値 of a column of the notice, where `line_of` is outer-joined."""
    return of_line(t.notice_line.c[name], t.notice.c[name]) if name in t.notice_line.c else t.notice.c[name]


def select_lines() -> Select[Any]:
    """納付書の行: a query of frame Notice with a row for each line, to which the caller adds which."""
    line, claim, notice = t.notice_line.c, t.claim.c, t.notice.c
    columns: dict[str, ColumnElement[Any]] = {name: notice[name] for name in Notice.SCHEMA}
    columns |= {name: line[name] for name in NoticeLine.SCHEMA if name in columns}
    columns |= {name: claim[name] for name in ClaimKey.SCHEMA}
    columns[Notice.AMOUNT_YEN] = line.principal_yen + line.demand_fee_yen + line.late_charge_yen
    query = select_named(columns).select_from(t.notice_line).join(t.claim, claim.claim_no == line.claim_no)
    return query.join(t.notice, notice.notice_no == line.notice_no)


def select_single() -> Select[Any]:
    """一つの調定か全期の納付書: a query of frame Notice, to which the caller adds which."""
    return select(*(t.notice.c[name] for name in Notice.SCHEMA)).where(~is_joint())


def rows_of_file(connection: Connection, notice_file_no: int) -> pl.DataFrame:
    """納付書の行 of one notice file; frame Notice, with a row for each line of a notice."""
    of_file = t.notice.c.notice_file_no == notice_file_no
    queries = (select_single().where(of_file), select_lines().where(of_file))
    return pl.concat(read_frame(connection, query, Notice.SCHEMA) for query in queries)


def stray_lines(connection: Connection) -> list[int]:
    """払わない調定の行: notice_no of lines for a claim that their notice does not pay."""
    line, pays = t.notice_line.c, t.notice_claim.c
    is_paid = exists().where(pays.notice_no == line.notice_no, pays.claim_no == line.claim_no)
    return list(connection.execute(select(line.notice_no).where(~is_paid).order_by(line.notice_no)).scalars())
