"""What was handed over and closed (引渡しと締めの検算): exports, closed months and lists of reminders."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from elqr.audit.verification.audit import Audit, mismatch
from elqr.disk.archive import read_kept
from elqr.disk.content import sha256_of
from elqr.disk.own_json import own_json
from elqr.handover.manifest import MANIFEST, Handover, folder_name
from elqr.store.entries.links import ArrearsEnd, ArrearsList, MonthEnd, says
from elqr.store.queries import arrears as arrears_queries
from elqr.store.queries import exports as export_queries
from elqr.store.queries import months as month_queries
from elqr.store.queries.requests import MONTH_CLOSE, requests
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import NotFound
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.ruling_terms import RulingResult

_NO_LINK: dict[str, Any] = {"read": {}}
"""Stands for a run that the chain does not have."""

_SAME = ("export_no", "spec", "postings", "yen", "first_posting_no", "last_posting_no", "sha256")


def exports(audit: Audit) -> Iterator[Finding]:
    """基幹システムへの書き出し: each holds what the ledger posted, and its file and manifest are kept unchanged."""
    connection = audit.session.ledger.connection
    for row in export_queries.exports(connection):
        audit.count("書き出し", 1)
        where = f"書き出し{row['export_no']}"
        for text in export_queries.export_breaks(connection, row["export_no"]):
            yield mismatch(where, Code.OUTPUT_DIFFERS, text, "計上と同じ件数と金額")
        if not _is_kept(audit, row["sha256"]):
            yield mismatch(where, Code.OUTPUT_DIFFERS, "保管庫の中身が違うかない", row["sha256"][:16], "ファイル")
        yield from _check_manifests(audit, row, where)
        yield from _check_folders(audit, row, where)


def _check_manifests(audit: Audit, row: dict[str, Any], where: str) -> Iterator[Finding]:
    """目録: the manifests of the export and of its repetitions say what the ledger says."""
    export_facts = {**{name: row[name] for name in _SAME}, "file": row["file_name"]}
    again_facts = [
        {"again_no": repeat["again_no"], "reason": repeat["reason"], "by": repeat["made_by"]} for repeat in row["again"]
    ]
    for record, facts in zip((row, *row["again"]), (export_facts, *again_facts), strict=True):
        if not _is_kept(audit, record["manifest_sha256"]):
            yield mismatch(
                where, Code.OUTPUT_DIFFERS, "保管庫の中身が違うかない", record["manifest_sha256"][:16], "目録"
            )
            continue
        data = read_kept(audit.session.job.store.archive, record["manifest_sha256"])
        try:
            manifest = Handover.model_validate_json(data).model_dump(mode="json")
        except ValidationError:
            yield mismatch(where, Code.OUTPUT_DIFFERS, "目録ではない", "目録のとおり", "目録")
            continue
        for name, value in facts.items():
            if manifest[name] != value:
                yield mismatch(where, Code.OUTPUT_DIFFERS, value, manifest[name], f"目録の {name}")


def _check_folders(audit: Audit, row: dict[str, Any], where: str) -> Iterator[Finding]:
    """書き出したフォルダ: in those that still exist, the file and its manifest are what the ledger says was written."""
    for record in (row, *row["again"]):
        folder = audit.session.job.export_folder / folder_name(row["export_no"], record.get("again_no", 0))
        yield from _check_files(where, {folder / MANIFEST: record["manifest_sha256"]})
        for path in folder.glob("elqr_history_*") if folder.is_dir() else ():
            yield from _check_files(where, {path: row["sha256"]})


def _check_files(where: str, files: dict[Path, str]) -> Iterator[Finding]:
    for path, sha256 in files.items():
        if path.is_file() and (actual := sha256_of(path.read_bytes())) != sha256:
            yield mismatch(where, Code.OUTPUT_DIFFERS, actual[:16], sha256[:16], path.name)


def _is_kept(audit: Audit, sha256: str) -> bool:
    try:
        return sha256_of(read_kept(audit.session.job.store.archive, sha256)) == sha256
    except NotFound:
        return False


def months(audit: Audit) -> Iterator[Finding]:
    """締めた月: its figures computed again, and who closed it as its run says."""
    connection = audit.session.ledger.connection
    links = audit.links_of(MonthEnd)
    for row in (row for row in requests(connection, MONTH_CLOSE) if row["result"] is not None):
        audit.count("月締め", 1)
        where, link = f"{row['month']} の締め", links.pop(row["close_no"], _NO_LINK)["read"]
        for name, stored in (("figures", row["sha256"]), ("result", row["result"]), ("taken_by", row["taken_by"])):
            if link.get(name) != stored:
                yield mismatch(
                    where, Code.MONTH_DIFFERS, str(stored)[:16], str(link.get(name, "記録がない"))[:16], name
                )
        if row["result"] == RulingResult.APPROVED.value:
            figures = month_queries.figures(connection, date.fromisoformat(f"{row['month']}-01"))
            computed = (figures.count, figures.yen, figures.closing_yen, figures.sha256)
            closed = (row["postings"], row["yen"], row["suspense_yen"], row["sha256"])
            if computed != closed:
                yield mismatch(where, Code.MONTH_DIFFERS, f"{figures.yen:,}円", f"{row['yen']:,}円", "締めた数字")
    for number in links:
        yield mismatch(f"月締め {number}", Code.MONTH_DIFFERS, "台帳にない", "実行の記録にある")


_LINKED = (
    ("claims", "claims"),
    ("yen", "yen"),
    ("manifest_sha256", "manifest"),
    ("made_at", "made_at"),
    ("made_by", "made_by"),
)
"""Columns of a list of reminders that its run records, and the name of each there."""


def arrears(audit: Audit) -> Iterator[Finding]:
    """督促対象一覧: the sums of its claims, its manifest and files, and the two people who opened the gate."""
    connection = audit.session.ledger.connection
    lists, ends = audit.links_of(ArrearsList), audit.links_of(ArrearsEnd)
    for row in arrears_queries.lists(connection):
        audit.count("督促対象一覧", 1)
        where, link = f"督促対象一覧{row['list_no']}", lists.pop(row["list_no"], _NO_LINK)["read"]
        for name, computed in (("claims", row["held_claims"]), ("yen", row["held_yen"])):
            if row[name] != computed:
                yield mismatch(where, Code.OUTPUT_DIFFERS, computed, row[name], name)
        yield from _check_link(where, row, link, _LINKED)
        if not _is_kept(audit, row["manifest_sha256"]):
            yield mismatch(where, Code.OUTPUT_DIFFERS, "保管庫の中身が違うかない", row["manifest_sha256"][:16], "目録")
            continue
        folder = audit.session.job.arrears_folder / f"{row['list_no']:06d}"
        files = {folder / MANIFEST: row["manifest_sha256"], folder / "督促対象一覧.csv": row["sha256"]}
        yield from _check_files(where, files)
        if _manifest_facts(audit, row["manifest_sha256"]) != (row["sha256"], row["night_on"], row["request_no"]):
            yield mismatch(where, Code.OUTPUT_DIFFERS, "目録と違う", "目録のとおり")
    for row in arrears_queries.requests(connection):
        if row["result"] is not None:
            names = tuple((name, name) for name in says(ArrearsEnd))
            where, link = f"督促の申請{row['request_no']}", ends.pop(row["request_no"], _NO_LINK)["read"]
            yield from _check_link(where, row, link, names)
    for number in [*lists, *ends]:
        yield mismatch(f"督促 {number}", Code.OUTPUT_DIFFERS, "台帳にない", "実行の記録にある")


def _manifest_facts(audit: Audit, manifest_sha256: str) -> tuple[object, ...]:
    """目録の言うこと: the hash of the list, its night and its request; empty if it is no manifest."""
    try:
        manifest = own_json(read_kept(audit.session.job.store.archive, manifest_sha256))
        return (
            manifest["files"].get("督促対象一覧.csv"),
            manifest["night_on"],
            (manifest["override"] or {}).get("request_no"),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()


def _check_link(
    where: str, row: dict[str, Any], link: dict[str, Any], names: tuple[tuple[str, str], ...]
) -> Iterator[Finding]:
    """Compare a row with its link of the chain: `names` are (column of the row, name in the link)."""
    for column, name in names:
        if link.get(name, "記録がない") != row[column]:
            yield mismatch(
                where, Code.OUTPUT_DIFFERS, str(row[column])[:16], str(link.get(name, "記録がない"))[:16], name
            )
