"""Refused notice rows (取り込まなかった行の検算): each equals its raw row, and what ended it is on record."""

from collections.abc import Iterator
from datetime import date

import polars as pl

from elqr.audit.verification.audit import Audit, compare_rows, mismatch
from elqr.audit.verification.notice_reading import read_notices
from elqr.disk.archive import read_kept
from elqr.formats.decode import Decoded
from elqr.rules.joint_notices import file_rows, joint_rows
from elqr.rules.refused_rows import ended_rows
from elqr.store.queries import refused_rows as queries
from elqr.store.queries.requests import GIVE_UP, requests
from elqr.store.queries.retracted_files import retractions
from elqr.vocabulary.audit_frames import NoticeFile
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import NotFound
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding
from elqr.vocabulary.notice_frames import EarlierRow, EndedRow, FiledRow, RefusedRow, RowEnd
from elqr.vocabulary.ruling_terms import RulingResult

_NUMBER = [FiledRow.NOTICE_FILE_NO, FiledRow.RECORD_NO]

_IS_OVER = "is_over"
"""終わったか: whether a row was given up, right or taken back, so that its file no longer says anything of it."""


def refused_rows(audit: Audit) -> Iterator[Finding]:
    """取り込まなかった行: each equals its raw row, and was ended by a later file or an approved request."""
    connection = audit.session.ledger.connection
    stored, ends, files = queries.all_refused(connection), queries.all_ends(connection), queries.files(connection)
    audit.count("取り込まなかった行", stored.height)
    is_over = (pl.max_horizontal(RowEnd.IS_RIGHT, RowEnd.IS_WITHDRAWN) == 1) | pl.col(RowEnd.GIVE_UP_NO).is_not_null()
    over = ends.filter(is_over).select(*_NUMBER, pl.lit(True).alias(_IS_OVER))
    stored = stored.join(over, on=_NUMBER, how="left", validate="1:1", maintain_order="left")
    for number in stored.join(files, on=FiledRow.NOTICE_FILE_NO, how="anti")[FiledRow.NOTICE_FILE_NO].unique().sort():
        yield mismatch(f"納付書データ{number}", Code.NOTICE_DIFFERS, "ないファイルの行", "取り込んだファイルの行")
    is_by_retraction = pl.col(RowEnd.BY_FILE_NO).is_in(retractions(connection).implode())
    by_file = ends.filter(pl.col(RowEnd.BY_FILE_NO).is_not_null(), ~is_by_retraction)
    file_nos = {*stored[FiledRow.NOTICE_FILE_NO], *by_file[RowEnd.BY_FILE_NO]}
    raw: dict[int, pl.DataFrame] = {}
    for file in files.filter(pl.col(FiledRow.NOTICE_FILE_NO).is_in(list(file_nos))).iter_rows(named=True):
        number, rows = file["notice_file_no"], stored.filter(pl.col(FiledRow.NOTICE_FILE_NO) == file["notice_file_no"])
        raw[number] = _read_raw_rows(audit, file, rows)
        where = f"{file['name']}（納付書データ{number}）"
        if rows.height not in (0, file["rows_bad"]):
            yield mismatch(
                where, Code.NOTICE_DIFFERS, f"{rows.height:,}行", f"{file['rows_bad']:,}行", "取り込まなかった行"
            )
        unsaid = rows.filter(pl.col(RefusedRow.JOINT_NO).is_null())[RefusedRow.RECORD_NO]
        joint_no = pl.when(~pl.col(RefusedRow.RECORD_NO).is_in(unsaid.implode())).then(RefusedRow.JOINT_NO)
        raw_rows = raw[number].filter(pl.col(RefusedRow.RECORD_NO).is_in(rows[RefusedRow.RECORD_NO].implode()))
        raw_rows = raw_rows.with_columns(joint_no.alias(RefusedRow.JOINT_NO))
        key = [str(RefusedRow.RECORD_NO)]
        yield from compare_rows(rows.select(raw_rows.columns), raw_rows, key, Code.NOTICE_DIFFERS, where)
    for (number,), rows in by_file.partition_by(RowEnd.BY_FILE_NO, as_dict=True).items():
        yield from _check_ends(int(str(number)), rows, stored, files, raw)
    yield from _check_given_up(audit, ends)


def _read_raw_rows(audit: Audit, file: dict[str, object], refused: pl.DataFrame) -> pl.DataFrame:
    """The raw rows of a notice file; none if its content is lost, which the rule for notices reports.

    `refused` are the rows of the file that the ledger has.
    """
    name, night_on = str(file["name"]), date.fromisoformat(str(file["night_on"]))
    try:
        data = read_kept(audit.session.job.store.archive, str(file["sha256"]))
    except NotFound:
        return RefusedRow.empty()

    def has_the_refused(decoded: Decoded) -> bool:
        columns = [column for column in RefusedRow.SCHEMA if column != RefusedRow.JOINT_NO]
        return refused.join(_raw_rows(decoded), on=columns, how="anti", nulls_equal=True).is_empty()

    return _raw_rows(read_notices(audit, data, name, night_on, has_the_refused))


def _raw_rows(decoded: Decoded) -> pl.DataFrame:
    """Frame RefusedRow of all rows of a notice file."""
    if "notice" not in decoded.tables:
        return RefusedRow.empty()
    return file_rows(decoded, joint_rows(decoded.tables["notice"], set(decoded.flawed)))


def _check_given_up(audit: Audit, ends: pl.DataFrame) -> Iterator[Finding]:
    """あきらめた行: each ended by an approved request, on its day, and every row of such a request has ended."""
    by_number = {row["give_up_no"]: row for row in requests(audit.session.ledger.connection, GIVE_UP)}
    given_up = ends.filter(pl.col(RowEnd.BY_FILE_NO).is_null())
    ended = {*ends.select(*_NUMBER).iter_rows()}
    for request in by_number.values():
        approved = request["records"].split(",") if request["result"] == RulingResult.APPROVED.value else []
        for record_no in map(int, approved):
            if (request["notice_file_no"], record_no) in ended:
                continue
            where = f"納付書データ{request['notice_file_no']} {record_no}件目"
            yield mismatch(where, Code.NOTICE_DIFFERS, "終わっていない", f"申請{request['give_up_no']}で承認された行")
    for file_no, record_no, number, night in given_up.select(*_NUMBER, RowEnd.GIVE_UP_NO, RowEnd.NIGHT_ON).iter_rows():
        request = by_number.get(number, {"result": "", "records": "", "notice_file_no": 0, "ended_on": ""})
        is_member = str(record_no) in request["records"].split(",")
        is_approved = request["result"] == RulingResult.APPROVED.value
        if not (is_member and is_approved) or (request["notice_file_no"], request["ended_on"]) != (file_no, night):
            where = f"納付書データ{file_no} {record_no}件目"
            yield mismatch(where, Code.NOTICE_DIFFERS, f"申請{number}", "承認された申請の行")


def _check_ends(
    number: int, ends: pl.DataFrame, stored: pl.DataFrame, files: pl.DataFrame, raw: dict[int, pl.DataFrame]
) -> Iterator[Finding]:
    """The rows that one file ended are rows of earlier files, ended on its night, as its own rows say."""
    where = f"納付書データ{number} が終えた行"
    file = files.filter(pl.col(FiledRow.NOTICE_FILE_NO) == number)
    if file.is_empty():
        yield mismatch(where, Code.NOTICE_DIFFERS, "ないファイル", "取り込んだファイル")
        return
    rows = stored.join(ends.select(_NUMBER), on=_NUMBER, how="semi")
    same_files = files.filter(pl.col(NoticeFile.SHA256) == file[NoticeFile.SHA256][0])[NoticeFile.NOTICE_FILE_NO]
    earlier = rows.filter(pl.col(FiledRow.NOTICE_FILE_NO) < number).with_columns(
        pl.col(FiledRow.NOTICE_FILE_NO).is_in(same_files.implode()).alias(EarlierRow.IS_HERE)
    )
    refused_here = stored.filter(pl.col(FiledRow.NOTICE_FILE_NO) == number)
    is_bad = pl.col(RefusedRow.RECORD_NO).is_in(refused_here[RefusedRow.RECORD_NO].implode())
    is_before = (pl.col(FiledRow.NOTICE_FILE_NO) < number) & pl.col(FiledRow.NOTICE_FILE_NO).is_in(same_files.implode())
    over = stored.filter(is_before, pl.col(_IS_OVER))[RefusedRow.RECORD_NO]
    good = raw[number].filter(~is_bad)
    refused_here = refused_here.select(list(RefusedRow.SCHEMA))
    by_file = (good, good.filter(~pl.col(RefusedRow.RECORD_NO).is_in(over.implode())))  # an older program took all
    computed_ends = pl.concat([ended_rows(earlier, refused_here, rows) for rows in by_file])
    whether = (pl.col(EndedRow.IS_RIGHT).cast(pl.Int64), pl.col(EndedRow.IS_WITHDRAWN).cast(pl.Int64))
    computed = computed_ends.select(*_NUMBER, *whether, pl.lit(file[NoticeFile.NIGHT_ON][0]).alias(RowEnd.NIGHT_ON))
    unsaid = computed.with_columns(pl.lit(None, pl.Int64).alias(RowEnd.IS_WITHDRAWN))
    both = pl.concat([computed, unsaid]).unique()
    wrong = ends.join(both, on=both.columns, how="anti", nulls_equal=True)
    for file_no, record_no in wrong.select(_NUMBER).head(LISTED_PER_CODE).iter_rows():
        yield mismatch(
            where, Code.NOTICE_DIFFERS, f"納付書データ{file_no} {record_no}件目", "この夜にこのファイルが終えた行"
        )
