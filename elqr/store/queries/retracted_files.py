"""Queries of retracted notice files (取り消した納付書データの照会): imports taken back, by number or content."""

import polars as pl
from sqlalchemy import ColumnElement, Connection, and_, exists, func, literal, select

from elqr.store.db.bulk import read_frame, select_named
from elqr.store.db.schema import Whole
from elqr.store.tables.ledger import notice, notice_cancel, notice_file
from elqr.vocabulary.audit_frames import EnteredPosting, NoticeFileRow
from elqr.vocabulary.frames import Notice


def is_retracted(file_no: ColumnElement[int]) -> ColumnElement[bool]:
    """取り消された取込か: whether two people took back the import of a notice file."""
    by_file = notice_file.alias("retraction")
    return exists().where(by_file.c.retracts_no == file_no).correlate_except(by_file)


def retraction_of_content(connection: Connection, sha256: str) -> tuple[int, str] | None:
    """中身の取り消し: which import of a content was taken back, and on which day, if nothing was done with it since."""
    file = notice_file.c
    query = select(file.retracts_no, file.night_on).where(file.sha256 == sha256)
    row = connection.execute(query.order_by(file.notice_file_no.desc()).limit(1)).one_or_none()
    return None if row is None or row.retracts_no is None else (row.retracts_no, row.night_on)


def standing() -> ColumnElement[bool]:
    """取り消せる取込か, of a notice file: it brought something, and was not taken back."""
    file = notice_file.c
    return and_(file.retracts_no.is_(None), file.rows_new > 0, ~is_retracted(file.notice_file_no))


def standing_import(connection: Connection, name: str, sha256: str) -> int | None:
    """取り消せる取込の番号, the newest of a name and content; None without any."""
    file = notice_file.c
    query = select(func.max(file.notice_file_no)).where(file.name == name, file.sha256 == sha256, standing())
    number: int | None = connection.execute(query).scalar_one()
    return number


def all_rows(connection: Connection) -> pl.DataFrame:
    """納付書データの取込: frame NoticeFileRow."""
    query = select(*(notice_file.c[name] for name in NoticeFileRow.SCHEMA))
    return read_frame(connection, query, NoticeFileRow.SCHEMA).sort(NoticeFileRow.NOTICE_FILE_NO)


def retractions(connection: Connection) -> pl.Series:
    """取り消しの番号: notice_file_no of the rows that took an import back."""
    number = notice_file.c.notice_file_no
    query = select(number).where(notice_file.c.retracts_no.is_not(None)).order_by(number)
    return read_frame(connection, query, {number.name: pl.Int64})[number.name]


_CANCEL = {
    Notice.NOTICE_NO: pl.Int64,
    EnteredPosting.NIGHT_ON: pl.String,
    Notice.NOTICE_FILE_NO: pl.Int64,
    "is_paper_only": pl.Int64,
}


def cancels(connection: Connection) -> pl.DataFrame:
    """取り消した納付書データによる納付書の取消: notice_no, night_on, notice_file_no and is_paper_only, as stored."""
    file, cancel = notice_file.c, notice_cancel.c
    query = select(*(cancel[name] for name in _CANCEL))
    query = query.join(notice_file, file.notice_file_no == cancel.notice_file_no).where(file.retracts_no.is_not(None))
    return read_frame(connection, query, _CANCEL)


def notices_taken_back(connection: Connection) -> pl.DataFrame:
    """取り消した納付書データの納付書, with the cancellation that each should have: columns as of `cancels`."""
    file = notice_file.c
    columns = (notice.c.notice_no, file.night_on, file.notice_file_no, literal(None, Whole))
    query = select_named(dict(zip(_CANCEL, columns, strict=True))).join(
        notice_file, file.retracts_no == notice.c.notice_file_no
    )
    return read_frame(connection, query, _CANCEL)
