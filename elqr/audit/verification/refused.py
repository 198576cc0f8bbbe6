"""Refused notice rows (取り込まなかった行の検算): each is its raw row, and what ended it says so in its own file."""

from collections.abc import Iterator
from datetime import date

import polars as pl

from elqr.audit.verification.looking import Looked, differing, told
from elqr.disk.archive import kept
from elqr.formats.decode import decode
from elqr.rules.refused_rows import ended
from elqr.store.queries import refused_rows as queries
from elqr.store.queries.requests import GIVE_UP, requests
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import NotFound
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding
from elqr.vocabulary.notice_frames import RefusedRow
from elqr.vocabulary.terms import RulingResult

_NUMBER = ["notice_file_no", str(RefusedRow.RECORD_NO)]


def refused(looked: Looked) -> Iterator[Finding]:
    """取り込まなかった行: each is its raw row, and what ended it is what a later file says."""
    connection = looked.session.ledger.connection
    stored, ends, files = queries.all_refused(connection), queries.all_ends(connection), queries.files(connection)
    looked.count("取り込まなかった行", stored.height)
    for number in stored.join(files, on="notice_file_no", how="anti")["notice_file_no"].unique().sort():
        yield told(f"納付書データ{number}", Code.NOTICE_DIFFERS, "ないファイルの行", "取り込んだファイルの行")
    by_file = ends.filter(pl.col("by_file_no").is_not_null())
    ours = {*stored["notice_file_no"], *by_file["by_file_no"]}
    raw: dict[int, pl.DataFrame] = {}
    for file in files.filter(pl.col("notice_file_no").is_in(list(ours))).iter_rows(named=True):
        number, own = file["notice_file_no"], stored.filter(pl.col("notice_file_no") == file["notice_file_no"])
        raw[number] = _rows(looked, file)
        where = f"{file['name']}（納付書データ{number}）"
        if own.height not in (0, file["rows_bad"]):
            yield told(where, Code.NOTICE_DIFFERS, f"{own.height:,}行", f"{file['rows_bad']:,}行", "取り込まなかった行")
        again = raw[number].filter(pl.col(RefusedRow.RECORD_NO).is_in(own[RefusedRow.RECORD_NO].implode()))
        key = [str(RefusedRow.RECORD_NO)]
        yield from differing(own.select(again.columns), again, key, Code.NOTICE_DIFFERS, where)
    for (number,), own in by_file.partition_by("by_file_no", as_dict=True).items():
        yield from _ends(int(str(number)), own, stored, files, raw)
    yield from _given_up(looked, ends)


def _rows(looked: Looked, file: dict[str, object]) -> pl.DataFrame:
    """The raw rows of a notice file; none where its content is lost, which is told where notices are verified."""
    notices, name = looked.session.job.notices, str(file["name"])
    try:
        data = kept(looked.session.job.store.archive, str(file["sha256"]))
    except NotFound:
        return RefusedRow.empty()
    spec = looked.session.specs[notices.spec if notices else "notice_csv"]
    decoded = decode(data, spec, name, date.fromisoformat(str(file["night_on"])))
    return RefusedRow.of(decoded.tables["notice"]) if "notice" in decoded.tables else RefusedRow.empty()


def _given_up(looked: Looked, ends: pl.DataFrame) -> Iterator[Finding]:
    """あきらめた行: each of an approved request, on its day; and every row of such a request has ended."""
    asked = {row["give_up_no"]: row for row in requests(looked.session.ledger.connection, GIVE_UP)}
    given_up = ends.filter(pl.col("by_file_no").is_null())
    over = {*ends.select(*_NUMBER).iter_rows()}
    for own in asked.values():
        wanted = own["records"].split(",") if own["result"] == RulingResult.APPROVED.value else []
        for record_no in (int(one) for one in wanted if (own["notice_file_no"], int(one)) not in over):
            where = f"納付書データ{own['notice_file_no']} {record_no}件目"
            yield told(where, Code.NOTICE_DIFFERS, "終わっていない", f"申請{own['give_up_no']}で承認された行")
    for file_no, record_no, number, night in given_up.select(*_NUMBER, "give_up_no", "night_on").iter_rows():
        own = asked.get(number, {"result": "", "records": "", "notice_file_no": 0, "ended_on": ""})
        is_one = str(record_no) in own["records"].split(",") and own["result"] == RulingResult.APPROVED.value
        if not is_one or (own["notice_file_no"], own["ended_on"]) != (file_no, night):
            where = f"納付書データ{file_no} {record_no}件目"
            yield told(where, Code.NOTICE_DIFFERS, f"申請{number}", "承認された申請の行")


def _ends(
    number: int, own: pl.DataFrame, stored: pl.DataFrame, files: pl.DataFrame, raw: dict[int, pl.DataFrame]
) -> Iterator[Finding]:
    """What one file ended: rows of earlier files, on its night, as its own rows say."""
    where = f"納付書データ{number} が終えた行"
    file = files.filter(pl.col("notice_file_no") == number)
    if file.is_empty():
        yield told(where, Code.NOTICE_DIFFERS, "ないファイル", "取り込んだファイル")
        return
    rows = stored.join(own.select(_NUMBER), on=_NUMBER, how="semi")
    same = files.filter(pl.col("sha256") == file["sha256"][0])["notice_file_no"]
    before = rows.filter(pl.col("notice_file_no") < number).with_columns(
        pl.col("notice_file_no").is_in(same.implode()).alias("is_here")
    )
    here = stored.filter(pl.col("notice_file_no") == number)
    is_bad = pl.col(RefusedRow.RECORD_NO).is_in(here[RefusedRow.RECORD_NO].implode())
    made = ended(before, here.select(list(RefusedRow.SCHEMA)), raw[number].filter(~is_bad))
    computed = made.select(*_NUMBER, pl.col("is_right").cast(pl.Int64), night_on=pl.lit(file["night_on"][0]))
    wrong = own.join(computed, on=computed.columns, how="anti")
    for file_no, record_no in wrong.select(_NUMBER).head(LISTED_PER_CODE).iter_rows():
        yield told(
            where, Code.NOTICE_DIFFERS, f"納付書データ{file_no} {record_no}件目", "この夜にこのファイルが終えた行"
        )
