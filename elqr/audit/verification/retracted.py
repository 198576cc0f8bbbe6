"""Retracted notice files (取り消した納付書データの検算): each was approved, and cancelled all that its file brought."""

from collections.abc import Iterator

import polars as pl

from elqr.audit.verification.audit import Audit, compare_rows, mismatch
from elqr.store.queries import refused_rows as refused
from elqr.store.queries import retracted_files as queries
from elqr.store.queries.retractions import retractions_approved
from elqr.vocabulary.audit_frames import NoticeFileRow
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.frames import Notice
from elqr.vocabulary.notice_frames import FiledRow, RowEnd
from elqr.vocabulary.ruling_terms import RetractionKind

_WHERE = "納付書データの取り消し"
_FILE_NO, _RETRACTS_NO = str(NoticeFileRow.NOTICE_FILE_NO), str(NoticeFileRow.RETRACTS_NO)


def retracted_files(audit: Audit) -> Iterator[Finding]:
    """納付書データの取り消し: as approved, on that day. It cancels the file's notices and ends its waiting rows."""
    connection = audit.session.ledger.connection
    files = queries.all_rows(connection)
    stored = files.filter(pl.col(_RETRACTS_NO).is_not_null())
    audit.count("取り消した納付書データ", stored.height)
    for number in stored.filter(pl.col(_RETRACTS_NO) >= pl.col(_FILE_NO))[_FILE_NO]:
        yield mismatch(f"納付書データ{number}", Code.NOTICE_DIFFERS, "後の取込の取り消し", "前の取込の取り消し")
    approved = retractions_approved(connection, RetractionKind.NOTICES)
    days = pl.DataFrame(
        [(row["number"], row["ended_on"]) for row in approved],
        schema={_RETRACTS_NO: pl.Int64, str(NoticeFileRow.NIGHT_ON): pl.String},
        orient="row",
    )
    imports = files.select(pl.col(_FILE_NO).alias(_RETRACTS_NO), NoticeFileRow.SHA256, NoticeFileRow.NAME)
    nothing = (pl.lit(0, dtype=pl.Int64).alias(name) for name in NoticeFileRow.COUNTS)
    computed = days.join(imports, on=_RETRACTS_NO, how="left").with_columns(nothing)
    numberless = stored.drop(_FILE_NO)
    yield from compare_rows(
        numberless, computed.select(numberless.columns), [_RETRACTS_NO], Code.NOTICE_DIFFERS, _WHERE
    )
    numbers = stored.select(_FILE_NO, _RETRACTS_NO, NoticeFileRow.NIGHT_ON)
    pair = queries.cancels(connection), queries.notices_taken_back(connection)
    yield from compare_rows(*pair, [str(Notice.NOTICE_NO)], Code.NOTICE_DIFFERS, f"{_WHERE}の取消")
    yield from _check_ends(refused.all_refused(connection), refused.all_ends(connection), numbers)


def _check_ends(rows: pl.DataFrame, ends: pl.DataFrame, numbers: pl.DataFrame) -> Iterator[Finding]:
    """直るのを待つ行の終わり: every refused row of a file that was taken back has ended, by that if by nothing else."""
    key = [FiledRow.NOTICE_FILE_NO, FiledRow.RECORD_NO]
    by = numbers.rename({_FILE_NO: str(RowEnd.BY_FILE_NO)})
    stored = ends.join(by.select(RowEnd.BY_FILE_NO), on=RowEnd.BY_FILE_NO, how="semi").select(list(RowEnd.SCHEMA))
    others = ends.join(stored, on=key, how="anti")
    waiting = rows.join(others, on=key, how="anti").join(
        by.rename({_RETRACTS_NO: str(FiledRow.NOTICE_FILE_NO)}), on=FiledRow.NOTICE_FILE_NO
    )
    constants = {RowEnd.IS_RIGHT: 0, RowEnd.IS_WITHDRAWN: 0, RowEnd.GIVE_UP_NO: None}
    computed = RowEnd.of(waiting.with_columns(pl.lit(value).alias(name) for name, value in constants.items()))
    yield from compare_rows(stored, computed, list(map(str, key)), Code.NOTICE_DIFFERS, f"{_WHERE}で終わる行")
