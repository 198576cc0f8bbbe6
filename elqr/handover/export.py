"""The export (基幹システムへの書き出し): what was posted on claims goes back to the core system, each posting once.

The file, its copy in the archive and its manifest are complete before the ledger records the export; after a crash they
are written again, byte for byte. Refused: a folder that was changed, is another ledger's, was exported again since, was
withdrawn, or whose turn has not come, and postings that were taken in already, under whatever name. The folder itself
also records that it was taken in, for a ledger that is restored from an older copy.
"""

from pathlib import Path
from typing import Any

import polars as pl

from elqr import __version__
from elqr.disk.archive import keep, read_kept
from elqr.disk.content import sha256_of
from elqr.handover.collection_history import collection_file
from elqr.handover.manifest import (
    MANIFEST,
    TAKEN,
    ExportedFolder,
    Handover,
    read_exported,
    refuse_strangers,
    taken_mark,
    taken_marks,
)
from elqr.session.session import Session
from elqr.store.entries.acts import RECORDED, Act, enter_act
from elqr.store.queries import exports as queries
from elqr.store.queries import reports as report_queries
from elqr.store.queries.ledger_identity import ledger_id, next_handed_out
from elqr.store.tables.exports import export as export_table
from elqr.store.tables.ledger import NIGHT
from elqr.vocabulary.errors import BadFile, LedgerError, NotFound, Refused
from elqr.vocabulary.export_frames import Collected
from elqr.vocabulary.signature import Signature

_AGAIN = "elqr export again で書き出し直してください。"


def export_night(session: Session, at: str) -> Handover | None:
    """夜の書き出し: if the job asks for it, after the night has posted."""
    if not session.job.export.nightly:
        return None
    with session.journal.step("基幹システムへの書き出し") as step:
        handover = export_postings(session, Signature(NIGHT, at))
        if handover is not None:
            step.file, step.count, step.yen = handover.file, handover.postings, handover.yen
        step.result = "書き出し" if handover else "計上なし"
    return handover


def export_postings(session: Session, signature: Signature) -> Handover | None:
    """書き出す: all postings on claims that are in no export yet; None without any. Raises BadFile, LedgerError."""
    with session.ledger.transaction() as connection:
        rows = queries.collected_after(connection, queries.last_posting_no(connection))
        if rows.is_empty():
            return None
        spec = session.specs[session.job.export.spec]
        data = collection_file(rows, session.job.city.city_code, spec, session.night_on)
        handover = _describe(session, next_handed_out(connection, export_table.c.export_no), rows, sha256_of(data))
        while _is_used(session, handover, data):  # by an export that was cut off, with other postings
            handover = _describe(session, handover.export_no + 1, rows, handover.sha256)
        _write(session, handover, data)
        row: dict[str, Any] = {
            "night_on": handover.night_on.isoformat(),
            "made_at": signature.at,
            "made_by": signature.by,
            "file_name": handover.file,
            "manifest_sha256": sha256_of(handover.as_bytes()),
        }
        names = ("export_no", "spec", "postings", "yen", "first_posting_no", "last_posting_no", "sha256")
        row |= {name: getattr(handover, name) for name in names}
        queries.enter_export(connection, row)
        act = Act("export", handover.export_no, RECORDED, signature.by, {"export": [row]})
        enter_act(connection, session.night_on, act)
        _refuse_breaks(queries.export_breaks(connection, handover.export_no))
    return handover


def _describe(session: Session, export_no: int, rows: pl.DataFrame, sha256: str) -> Handover:
    spec, yen = session.specs[session.job.export.spec], rows[Collected.YEN]
    chain = report_queries.chain(session.ledger.connection, session.night_on)
    return Handover(
        export_no=export_no,
        file=f"elqr_history_{export_no:06d}.{'csv' if spec.layout == 'csv' else 'dat'}",
        sha256=sha256,
        postings=rows.height,
        yen=int(yen.sum()),
        added_yen=int(yen.filter(yen > 0).sum()),
        taken_back_yen=-int(yen.filter(yen < 0).sum()),
        first_posting_no=rows[Collected.POSTING_NO][0],
        last_posting_no=rows[Collected.POSTING_NO][-1],
        night_on=session.night_on,
        spec=spec.name,
        spec_verified=spec.verified.fully,
        program=f"elqr {__version__}",
        ledger=chain["ledger"],
        ledger_id=ledger_id(session.ledger.connection),
        run_id=chain["run_id"],
        run_hash=chain["run_hash"],
    )


def _is_used(session: Session, handover: Handover, data: bytes) -> bool:
    """使われた番号か: its folder holds something else, which may have been taken in and is left as it is."""
    folder = session.job.export_folder / handover.folder_name
    contents = ((handover.file, data), (MANIFEST, handover.as_bytes()))
    return any(session.holds_other(folder / name, content) for name, content in contents)


def _write(session: Session, handover: Handover, data: bytes) -> None:
    """書き込む: the copies in the archive, the file, and last its manifest. A rehearsal writes nothing."""
    for content in (data, handover.as_bytes()) if not session.ledger.rehearsal else ():
        keep(session.job.store.archive, sha256_of(content), content)
    folder = session.job.export_folder / handover.folder_name
    session.write(folder / handover.file, data)
    session.write(folder / MANIFEST, handover.as_bytes())


def _refuse_breaks(broken: list[str]) -> None:
    if broken:
        raise LedgerError(
            f"書き出しと計上の合計が合いません（{'、'.join(broken)}）。基幹システムに渡さないでください。"
            "台帳がほかの手段で書き換えられていないか調べ、控えから戻してください。"
        )


def repeat_export(session: Session, export_no: int, signature: Signature) -> Handover:
    """もう一度書き出す: the same bytes under a marked name. Raises NotFound, BadFile, Refused."""
    with session.ledger.transaction() as connection:
        row = next((row for row in queries.exports(connection) if row["export_no"] == export_no), None)
        if row is None:
            raise NotFound(f"書き出し{export_no}はありません。elqr export list で確かめてください。")
        _refuse_withdrawn(row, f"書き出し{export_no}")
        _refuse_taken(row, f"書き出し{export_no}")
        _refuse_unknown_marks(session, row, f"書き出し{export_no}")
        first = Handover.model_validate_json(_read_archived(session, row["manifest_sha256"]))
        handover = first.again(len(row["again"]) + 1, signature.reason, signature.by)
        if _is_used(session, handover, _read_archived(session, row["sha256"])):
            raise BadFile(
                f"{session.job.export_folder / handover.folder_name} に、途中で止まった書き出しがあります。"
                "取り込んでいないことを確かめ、ほかの場所に移してから、もう一度実行してください。"
            )
        _write(session, handover, _read_archived(session, row["sha256"]))
        again = {
            "export_no": export_no,
            "again_no": handover.again_no,
            "night_on": session.night_on.isoformat(),
            "made_at": signature.at,
            "made_by": signature.by,
            "reason": signature.reason,
            "manifest_sha256": sha256_of(handover.as_bytes()),
        }
        queries.enter_again(connection, again)
        act = Act("export", export_no, "again", signature.by, {"export_again": [again]})
        enter_act(connection, session.night_on, act)
    return handover


def _read_archived(session: Session, sha256: str) -> bytes:
    """保管庫の控えを読む, if it is as it was written. Raises NotFound, BadFile."""
    data = read_kept(session.job.store.archive, sha256)
    if sha256_of(data) != sha256:
        raise BadFile(f"保管庫の {sha256} が書き出したときと違います。保管庫を控えから戻してください。")
    return data


def check_export(session: Session, folder: Path) -> Handover:
    """書き出したフォルダを確かめる: it is ours, unchanged, not taken in yet, and the next in turn.

    Raises NotFound, BadFile, Refused, and LedgerError if exports and postings do not add up.
    """
    with session.ledger.transaction():
        handover, row = _check_folder(session, folder)
        _refuse_unknown_marks(session, row, handover.label)
    return handover


def _check_folder(session: Session, folder: Path) -> tuple[Handover, dict[str, Any]]:
    """書き出したフォルダを確かめる, except for marks in folders. Returns its manifest and its row of the ledger."""
    connection, exported = session.ledger.connection, read_exported(folder)
    _refuse_breaks(queries.all_exports_break(connection))
    chain = report_queries.chain(connection, session.night_on)
    row = next((row for row in queries.exports(connection) if row["export_no"] == exported.handover.export_no), None)
    _refuse_foreign(exported, row, chain["ledger"], folder)
    assert row is not None
    handover = exported.handover
    refuse_strangers(folder, (MANIFEST, TAKEN, Path(handover.file).name), handover.folder_name)
    _refuse_out_of_turn(handover, row, queries.untaken_before(connection, handover.export_no))
    return handover, row


def _refuse_foreign(exported: ExportedFolder, row: dict[str, Any] | None, ledger: str, folder: Path) -> None:
    """台帳の書き出しでないものを断る, and one that was changed. Raises BadFile."""
    handover = exported.handover
    if handover.ledger != ledger:
        raise BadFile(f"{folder} は別の台帳の書き出しです。取り込まないでください。--job を確かめてください。")
    records = [row, *row["again"]] if row else []
    record = next((record for record in records if record.get("again_no", 0) == handover.again_no), None)
    if record is None:
        raise BadFile(
            f"{folder} の{handover.label}は台帳に記録がありません（途中で止まった書き出しか、古い控えの台帳です）。"
            "取り込まずに、elqr export make で書き出したものを使ってください。"
        )
    if record["manifest_sha256"] != exported.manifest_sha256:
        raise BadFile(f"{folder / MANIFEST} が書き出したときと違います。取り込まずに、{_AGAIN}")
    if handover.sha256 != exported.file_sha256:
        fault = "が書き出したときと違います" if exported.file_sha256 else "がありません"
        raise BadFile(f"{folder / handover.file} {fault}。取り込まずに、{_AGAIN}")


def _refuse_out_of_turn(handover: Handover, row: dict[str, Any], untaken: list[int]) -> None:
    """順番でない書き出しを断る, and one that is withdrawn or taken in. Raises Refused."""
    _refuse_withdrawn(row, handover.label)
    _refuse_taken(row, handover.label)
    if len(row["again"]) > handover.again_no:
        raise Refused(
            f"{handover.label}は古い書き出しです。後から書き出した（再{len(row['again'])}）のフォルダを使ってください。"
        )
    if untaken:
        raise Refused(
            f"{handover.label}より前の書き出し{untaken[0]}が、まだ取込済と記録されていません（{len(untaken)}件）。"
            "番号の順に取り込み、elqr export taken で記録してください。"
        )


def _refuse_withdrawn(row: dict[str, Any], label: str) -> None:
    """取り消された書き出しを断る. Raises Refused."""
    if withdrawn := row["withdrawn"]:
        raise Refused(
            f"{label}は {withdrawn['taken_at'][:10]} に取り消されています（申請 {withdrawn['asked_by']}、承認 "
            f"{withdrawn['taken_by']}、{withdrawn['reason']}）。取り込まずに、後の書き出しを使ってください。"
        )


def _refuse_taken(row: dict[str, Any], label: str) -> None:
    """取り込まれた計上を断る, under whatever name. Raises Refused."""
    if row["taken"]:
        taken = row["taken"][-1]
        by = f"{taken['taken_at'][:10]} に {taken['taken_by']} が"
        which = f"（再{taken['again_no']}）" if taken["again_no"] else ""
        raise Refused(
            f"{label}の計上は {by}{which}取込済と記録しています。二度取り込まないでください。"
            f"記録がまちがいなら elqr undo taken {row['export_no']} で取り消しを申請してください。"
        )


def _refuse_unknown_marks(session: Session, row: dict[str, Any], label: str, again_no: int | None = None) -> None:
    """台帳の知らない取込済の印を断る, except that of folder `again_no`. Raises Refused."""
    records = (*row["taken"], *row["not_taken"])
    known = {(record["again_no"], record["taken_at"], record["taken_by"]) for record in records}
    for mark in taken_marks(session.job.export_folder, row["export_no"]):
        if (mark.again_no, mark.at, mark.by) not in known and mark.again_no != again_no:
            raise Refused(
                f"{label}の計上は取込済です（{mark.path} の印。{mark.at[:10]} {mark.by}）。台帳にその記録がないのは、"
                "台帳を古い控えから戻したためです。取り込まずに、そのフォルダを elqr export taken で"
                "記録し直してください。"
            )


def record_taken(session: Session, folder: Path, signature: Signature) -> Handover:
    """取込済と記録する: the core system has this export. Raises what `check_export` raises."""
    with session.ledger.transaction() as connection:
        handover, row = _check_folder(session, folder)
        _refuse_unknown_marks(session, row, handover.label, handover.again_no)
        record = {
            "export_no": handover.export_no,
            "again_no": handover.again_no,
            "taken_at": signature.at,
            "taken_by": signature.by,
        }
        session.write(session.job.export_folder / handover.folder_name / TAKEN, taken_mark(record))
        entered = queries.enter_taken(connection, record)
        act = Act("export", handover.export_no, "taken", signature.by, {"export_taken": [entered]})
        enter_act(connection, session.night_on, act)
    return handover
