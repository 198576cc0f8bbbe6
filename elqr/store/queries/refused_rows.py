"""Queries and entries of refused rows (取り込まなかった行の照会と記帳): which still wait, and which a file ends."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import Connection, FromClause, and_, exists, func, or_, select
from sqlalchemy.sql import ColumnElement

from elqr.rules.refused_rows import ended_rows
from elqr.store.db.bulk import insert_frame, read_frame, schema_of, stage_rows
from elqr.store.tables import ledger as t
from elqr.store.tables.refused_rows import notice_refused, notice_refused_end
from elqr.vocabulary.audit_frames import NoticeFile
from elqr.vocabulary.frames import ClaimKey
from elqr.vocabulary.notice_frames import CANCEL, EarlierRow, EndedRow, FiledRow, RefusedRow, RowEnd
from elqr.vocabulary.report_frames import DeliveryFinding

_KEY = list(ClaimKey.SCHEMA)
_NUMBER = (FiledRow.NOTICE_FILE_NO, FiledRow.RECORD_NO)
_PAPER: list[str] = [FiledRow.NOTICE_FILE_NO, FiledRow.JOINT_NO]
_ROW, _END = notice_refused.c, notice_refused_end.c

_FINDING = (
    DeliveryFinding.CODE,
    DeliveryFinding.RECORD_NO,
    DeliveryFinding.OFFSET_BYTES,
    DeliveryFinding.FIELD,
    DeliveryFinding.ACTUAL,
    DeliveryFinding.EXPECTED,
)
FINDING = schema_of(_FINDING)


def _is_ended(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    same = and_(_END.notice_file_no == _ROW.notice_file_no, _END.record_no == _ROW.record_no)
    return exists().where(same, *conditions)


def waiting_rows(connection: Connection, staged: FromClause, names: list[str]) -> pl.DataFrame:
    """まだ取り込まれていない行 that match the staged rows in these columns: frame FiledRow."""
    return _rows(connection, staged, names, ~_is_ended())


def given_up_rows(connection: Connection, staged: FromClause, names: list[str]) -> pl.DataFrame:
    """あきらめた行 that match the staged rows in these columns: frame FiledRow."""
    return _rows(connection, staged, names, _is_ended(_END.give_up_no.is_not(None)))


def righted_rows(connection: Connection, staged: FromClause, names: list[str]) -> pl.DataFrame:
    """直った行 that match the staged rows in these columns: a later file had each right. Frame FiledRow."""
    return _rows(connection, staged, names, _is_ended(_END.is_right == 1))


def withdrawn_rows(connection: Connection, staged: FromClause, names: list[str]) -> pl.DataFrame:
    """取り込む前に取り消された行 that match the staged rows in these columns: frame FiledRow."""
    return _rows(connection, staged, names, _is_ended(_END.is_withdrawn == 1), _ROW.change_kind != CANCEL)


def over_numbers(connection: Connection, sha256: str, *, even_waiting: bool = False) -> frozenset[int]:
    """終わった行 of a content: record_no of its rows that were given up, right in another file or taken back.

    The content says which row is meant even where its key could not be read. A row that waits again, because a person
    sent the content once more, counts only where `even_waiting` says so.
    """
    is_over = or_(_END.give_up_no.is_not(None), _END.is_right == 1, _END.is_withdrawn == 1)
    query = select(_ROW.record_no, _is_ended(), _is_ended(is_over)).join(
        t.notice_file, t.notice_file.c.notice_file_no == _ROW.notice_file_no
    )
    rows = list(connection.execute(query.where(t.notice_file.c.sha256 == sha256, t.notice_file.c.rows_bad > 0)))
    waiting = {record_no for record_no, is_ended, _ in rows if not is_ended and not even_waiting}
    return frozenset(record_no for record_no, _, is_gone in rows if is_gone and record_no not in waiting)


def _rows(
    connection: Connection, staged: FromClause, names: list[str], *conditions: ColumnElement[bool]
) -> pl.DataFrame:
    same = [_ROW[name] == staged.c[name] for name in names]
    query = select(*(_ROW[name] for name in FiledRow.SCHEMA)).join(staged, and_(*same)).where(*conditions)
    return read_frame(connection, query, FiledRow.SCHEMA)


def enter_refused(connection: Connection, file_no: int, night: date, refused: pl.DataFrame, good: pl.DataFrame) -> None:
    """取り込まなかった行を記す, of a new file, and the ends of earlier rows that it brings.

    `refused` and `good`: frame RefusedRow.
    """
    before = _waiting_before(connection, file_no, pl.concat([refused, good]))
    insert_frame(connection, notice_refused, refused, notice_file_no=file_no)
    ended = (*_NUMBER, EndedRow.IS_RIGHT, EndedRow.IS_WITHDRAWN)
    rows = ended_rows(before, refused, good).select(ended).sort(_NUMBER)
    insert_frame(connection, notice_refused_end, rows, by_file_no=file_no, night_on=night.isoformat())


def all_refused(connection: Connection) -> pl.DataFrame:
    """取り込まなかった行: frame FiledRow."""
    query = select(*(_ROW[name] for name in FiledRow.SCHEMA))
    return read_frame(connection, query, FiledRow.SCHEMA).sort(_NUMBER)


def all_ends(connection: Connection) -> pl.DataFrame:
    """取り込まなかった行の終わり: frame RowEnd."""
    query = select(*(_END[name] for name in RowEnd.SCHEMA))
    return read_frame(connection, query, RowEnd.SCHEMA).sort(_NUMBER)


def files(connection: Connection) -> pl.DataFrame:
    """納付書データの取込 that brought rows: notice_file_no, sha256, name, night_on (text), rows_bad."""
    file = t.notice_file.c
    names = (NoticeFile.NOTICE_FILE_NO, NoticeFile.SHA256, NoticeFile.NAME, NoticeFile.NIGHT_ON, NoticeFile.ROWS_BAD)
    query = select(*(file[name] for name in names)).where(file.retracts_no.is_(None)).order_by(file.notice_file_no)
    return read_frame(connection, query, {**schema_of(names), NoticeFile.NIGHT_ON: pl.String})


def _waiting_before(connection: Connection, file_no: int, rows: pl.DataFrame) -> pl.DataFrame:
    """まだ取り込まれていない行 of earlier files with the same claims or the same content: frame EarlierRow.

    And the other rows of their notices.
    """
    with stage_rows(connection, rows.select(_KEY).drop_nulls().unique()) as staged:
        same_claim = waiting_rows(connection, staged, _KEY)
    papers = same_claim.select(_PAPER).drop_nulls().unique()
    if papers.height:
        with stage_rows(connection, papers) as staged:
            same_claim = pl.concat([same_claim, waiting_rows(connection, staged, _PAPER)])
    same_claim = same_claim.with_columns(pl.lit(False).alias(EarlierRow.IS_HERE))
    this_file, file = t.notice_file.alias("this_file"), t.notice_file.c
    same = and_(this_file.c.notice_file_no == file_no, this_file.c.sha256 == file.sha256)
    earlier = select(file.notice_file_no).join(this_file, same).where(file.notice_file_no < file_no, file.rows_bad > 0)
    numbers = read_frame(connection, earlier, {FiledRow.NOTICE_FILE_NO: pl.Int64})
    with stage_rows(connection, numbers) as staged:
        same_content = waiting_rows(connection, staged, [FiledRow.NOTICE_FILE_NO])
    same_content = same_content.with_columns(pl.lit(True).alias(EarlierRow.IS_HERE))
    return pl.concat([same_content, same_claim]).unique(_NUMBER, keep="first")


def waiting_findings(connection: Connection, night: date, *, with_remarks: bool = True) -> pl.DataFrame:
    """取り込まなかった行の指摘 that still count at the end of a night: name, since, and `FINDING`.

    They belong to the night itself, `with_remarks` those on rows that were taken in as well, or to earlier rows that
    had not ended by then.
    """
    finding, file, day = t.notice_finding.c, t.notice_file.c, night.isoformat()
    is_row = and_(_ROW.notice_file_no == finding.notice_file_no, _ROW.record_no == finding.record_no)
    waits = and_(_ROW.record_no.is_not(None), ~_is_ended(_END.night_on <= day))
    is_remark = and_(_ROW.record_no.is_(None), file.night_on == day)
    since = file.night_on.label("since")
    query = (
        select(
            file.name,
            since,
            finding.code,
            finding.record_no,
            finding.offset_bytes,
            finding.field,
            finding.actual,
            finding.expected,
        )
        .select_from(t.notice_file)
        .join(t.notice_finding, finding.notice_file_no == file.notice_file_no)
        .outerjoin(notice_refused, is_row)
        .where(or_(file.rows_bad > 0, file.night_on == day), file.night_on <= day)
        .where(or_(waits, is_remark) if with_remarks else waits)
        .order_by(file.notice_file_no, finding.line_no)
    )
    return read_frame(connection, query, {DeliveryFinding.NAME: pl.String, "since": pl.Date, **FINDING})


def last_reasons(connection: Connection, sha256: str) -> set[tuple[str, int | None]]:
    """前に取り込まなかった理由: code and record_no of the findings when a file of this content was last taken in."""
    finding, file = t.notice_finding.c, t.notice_file.c
    last = select(func.max(file.notice_file_no)).where(file.sha256 == sha256).scalar_subquery()
    query = select(finding.code, finding.record_no).where(finding.notice_file_no == last)
    return {(code, record_no) for code, record_no in connection.execute(query)}


def waiting_files(connection: Connection) -> list[dict[str, Any]]:
    """行の待つ納付書データ: notice_file_no, name, night_on, and the number of waiting rows (`rows`)."""
    file = t.notice_file.c
    query = (
        select(file.notice_file_no, file.name, file.night_on, func.count().label("rows"))
        .join(notice_refused, _ROW.notice_file_no == file.notice_file_no)
        .where(file.rows_bad > 0, ~_is_ended())
        .group_by(file.notice_file_no, file.name, file.night_on)
        .order_by(file.notice_file_no)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def waiting_by_procedure(connection: Connection) -> list[dict[str, Any]]:
    """手続ごとの、行の待つ納付書データ: as `waiting_files`, with procedure_code (null where it is unread)."""
    file = t.notice_file.c
    keys = (file.notice_file_no, file.name, file.night_on, _ROW.procedure_code)
    query = (
        select(*keys, func.count().label("rows"))
        .join(notice_refused, _ROW.notice_file_no == file.notice_file_no)
        .where(file.rows_bad > 0, ~_is_ended())
        .group_by(*keys)
        .order_by(file.notice_file_no, _ROW.procedure_code)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def waiting_numbers(connection: Connection, file_no: int) -> dict[int, int]:
    """まだ取り込まれていない行 of a file, in order: record_no → the record_no of the first row of the same notice."""
    paper = func.coalesce(_ROW.joint_no, _ROW.record_no)
    query = select(_ROW.record_no, paper).where(_ROW.notice_file_no == file_no, ~_is_ended()).order_by(_ROW.record_no)
    return {record_no: joint_no for record_no, joint_no in connection.execute(query)}


def enter_given_up(connection: Connection, request: Mapping[str, Any], records: Sequence[int], night: date) -> None:
    """あきらめた行を記す. `request` has give_up_no and notice_file_no; `records` are record numbers."""
    _end_rows(connection, request["notice_file_no"], records, night, give_up_no=request["give_up_no"])


def end_retracted(connection: Connection, file_no: int, by_file_no: int, night: date) -> None:
    """取り消した取込の、まだ取り込まれていない行を終える: they wait no longer, because the corrected file has them."""
    _end_rows(connection, file_no, list(waiting_numbers(connection, file_no)), night, by_file_no=by_file_no)


def _end_rows(connection: Connection, file_no: int, records: Sequence[int], night: date, **by: object) -> None:
    rows = pl.DataFrame({RefusedRow.RECORD_NO: records}, schema={RefusedRow.RECORD_NO: pl.Int64})
    fixed = {"notice_file_no": file_no, "is_right": 0, "is_withdrawn": 0, "night_on": night.isoformat()}
    insert_frame(connection, notice_refused_end, rows, **fixed, **by)
