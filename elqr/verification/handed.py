"""What was handed over and closed (引渡しと締めの検算): exports and closed months, from the postings again."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from elqr.codes import Code
from elqr.errors import NotFound
from elqr.findings import Finding
from elqr.handover import Handover
from elqr.inbox import kept, sha256_of
from elqr.month import figures_of
from elqr.store import export_queries, month_queries
from elqr.store import verify_queries as queries
from elqr.terms import RulingResult
from elqr.verification.looking import Looked, told

_SAME = ("export_no", "spec", "postings", "yen", "first_posting_no", "last_posting_no", "sha256")


def exports(looked: Looked) -> Iterator[Finding]:
    """基幹システムへの書き出し: each is what the ledger posted, and its file and manifest are kept as they were."""
    connection = looked.night.ledger.connection
    for row in export_queries.exports(connection):
        looked.count("書き出し", 1)
        where = f"書き出し{row['export_no']}"
        for said in export_queries.export_breaks(connection, row["export_no"]):
            yield told(where, Code.OUTPUT_DIFFERS, said, "計上と同じ件数と金額")
        if not _is_kept(looked, row["sha256"]):
            yield told(where, Code.OUTPUT_DIFFERS, "保管庫の中身が違うかない", row["sha256"][:16], "ファイル")
        yield from _manifests(looked, row, where)


def _manifests(looked: Looked, row: dict[str, Any], where: str) -> Iterator[Finding]:
    """目録: of the export and of those made again, each saying what the ledger says."""
    first = {**{name: row[name] for name in _SAME}, "file": row["file_name"]}
    again = [{"again_no": one["again_no"], "reason": one["reason"], "by": one["made_by"]} for one in row["again"]]
    for record, wanted in zip((row, *row["again"]), (first, *again), strict=True):
        if not _is_kept(looked, record["manifest_sha256"]):
            yield told(where, Code.OUTPUT_DIFFERS, "保管庫の中身が違うかない", record["manifest_sha256"][:16], "目録")
            continue
        data = kept(looked.night.job.store.archive, record["manifest_sha256"])
        made = Handover.model_validate_json(data).model_dump(mode="json")
        for name, value in wanted.items():
            if made[name] != value:
                yield told(where, Code.OUTPUT_DIFFERS, value, made[name], f"目録の {name}")


def _is_kept(looked: Looked, sha256: str) -> bool:
    try:
        return sha256_of(kept(looked.night.job.store.archive, sha256)) == sha256
    except NotFound:
        return False


def months(looked: Looked) -> Iterator[Finding]:
    """締めた月: its figures again, and the run that recorded who closed it."""
    connection = looked.night.ledger.connection
    links = {
        run["read"]["month_close"]: run["read"] for run in queries.runs(connection) if "month_close" in run["read"]
    }
    for row in month_queries.ended_closes(connection):
        looked.count("月締め", 1)
        where, link = f"{row['month']} の締め", links.pop(row["close_no"], {})
        for name, said in (("figures", row["sha256"]), ("result", row["result"]), ("taken_by", row["taken_by"])):
            if link.get(name) != said:
                yield told(where, Code.MONTH_DIFFERS, str(said)[:16], str(link.get(name, "記録がない"))[:16], name)
        if row["result"] == RulingResult.APPROVED.value:
            figures = figures_of(looked.night, date.fromisoformat(f"{row['month']}-01"))
            now = (figures.count, figures.yen, figures.closing_yen, figures.sha256)
            closed = (row["postings"], row["yen"], row["suspense_yen"], row["sha256"])
            if now != closed:
                yield told(where, Code.MONTH_DIFFERS, f"{figures.yen:,}円", f"{row['yen']:,}円", "締めた数字")
    for number in links:
        yield told(f"月締め {number}", Code.MONTH_DIFFERS, "台帳にない", "実行の記録にある")
