"""The export (基幹システムへの書き出し): what was posted on claims goes back to the core system, each posting once.

The file, its copy in the archive and its manifest are written whole before the ledger says so: after a crash
they are written again, the same. Refused: a folder that was changed, that is another ledger's, whose postings were
taken in already under whatever name, that was made again since or withdrawn, or whose turn has not come. That it was
taken in stands in the folder too, for a ledger that was restored from before.
"""

from pathlib import Path
from typing import Any

import polars as pl

from elqr import __version__
from elqr.disk.archive import keep, kept
from elqr.disk.content import sha256_of
from elqr.handover.collection_history import collection_file
from elqr.handover.manifest import (
    MANIFEST,
    TAKEN,
    Exported,
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

_AGAIN = "elqr export again で書き出し直してください。"


def export_night(session: Session, at: str) -> Handover | None:
    """夜の書き出し: when the job asks for it, after the night has posted."""
    if not session.job.export.nightly:
        return None
    with session.journal.step("基幹システムへの書き出し") as step:
        made = exported(session, NIGHT, at)
        if made is not None:
            step.file, step.count, step.yen = made.file, made.postings, made.yen
        step.result = "書き出し" if made else "計上なし"
    return made


def exported(session: Session, by: str, at: str) -> Handover | None:
    """書き出す: every posting on a claim that no export has; None without any. Raises BadFile, LedgerError."""
    with session.ledger.transaction() as connection:
        rows = queries.collected_after(connection, queries.last_posting_no(connection))
        if rows.is_empty():
            return None
        spec = session.specs[session.job.export.spec]
        data = collection_file(rows, session.job.city.city_code, spec, session.night_on)
        made = _handover(session, next_handed_out(connection, export_table.c.export_no), rows, sha256_of(data))
        while _is_taken(session, made, data):  # by an export that was cut off, and of other postings
            made = _handover(session, made.export_no + 1, rows, made.sha256)
        _write(session, made, data)
        row: dict[str, Any] = {
            "night_on": made.night_on.isoformat(),
            "made_at": at,
            "made_by": by,
            "file_name": made.file,
            "manifest_sha256": sha256_of(made.as_bytes()),
        }
        same = ("export_no", "spec", "postings", "yen", "first_posting_no", "last_posting_no", "sha256")
        row |= {name: getattr(made, name) for name in same}
        queries.enter_export(connection, row)
        enter_act(connection, session.night_on, Act("export", made.export_no, RECORDED, by, {"export": [row]}))
        _add_up(queries.export_breaks(connection, made.export_no))
    return made


def _handover(session: Session, export_no: int, rows: pl.DataFrame, sha256: str) -> Handover:
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
        spec_verified=spec.verified,
        program=f"elqr {__version__}",
        ledger=chain["ledger"],
        ledger_id=ledger_id(session.ledger.connection),
        run_id=chain["run_id"],
        run_hash=chain["run_hash"],
    )


def _is_taken(session: Session, made: Handover, data: bytes) -> bool:
    """使われた番号か: its folder holds something else. What is there may have been taken in, and stays as it is."""
    folder = session.job.export_folder / made.folder_name
    return session.holds_other(folder / made.file, data) or session.holds_other(folder / MANIFEST, made.as_bytes())


def _write(session: Session, made: Handover, data: bytes) -> None:
    """The copies in the archive, the file, and last its manifest; a rehearsal writes nothing."""
    for content in (data, made.as_bytes()) if not session.ledger.rehearsal else ():
        keep(session.job.store.archive, sha256_of(content), content)
    folder = session.job.export_folder / made.folder_name
    session.write(folder / made.file, data)
    session.write(folder / MANIFEST, made.as_bytes())


def _add_up(broken: list[str]) -> None:
    if broken:
        raise LedgerError(
            f"書き出しと計上の合計が合いません（{'、'.join(broken)}）。基幹システムに渡さないでください。"
            "台帳がほかの手段で書き換えられていないか調べ、控えから戻してください。"
        )


def exported_again(session: Session, export_no: int, by: str, reason: str, at: str) -> Handover:
    """もう一度書き出す: the same bytes under a marked name. Raises NotFound, BadFile."""
    with session.ledger.transaction() as connection:
        row = next((one for one in queries.exports(connection) if one["export_no"] == export_no), None)
        if row is None:
            raise NotFound(f"書き出し{export_no}はありません。elqr export list で確かめてください。")
        _holds(row, f"書き出し{export_no}")
        _is_untaken(row, f"書き出し{export_no}")
        _has_no_other_mark(session, row, f"書き出し{export_no}")
        first = Handover.model_validate_json(_kept(session, row["manifest_sha256"]))
        made = first.again(len(row["again"]) + 1, reason, by)
        if _is_taken(session, made, _kept(session, row["sha256"])):
            raise BadFile(
                f"{session.job.export_folder / made.folder_name} に、途中で止まった書き出しがあります。"
                "取り込んでいないことを確かめ、ほかの場所に移してから、もう一度実行してください。"
            )
        _write(session, made, _kept(session, row["sha256"]))
        again = {
            "export_no": export_no,
            "again_no": made.again_no,
            "night_on": session.night_on.isoformat(),
            "made_at": at,
            "made_by": by,
            "reason": reason,
            "manifest_sha256": sha256_of(made.as_bytes()),
        }
        queries.enter_again(connection, again)
        enter_act(connection, session.night_on, Act("export", export_no, "again", by, {"export_again": [again]}))
    return made


def _kept(session: Session, sha256: str) -> bytes:
    """控え in the archive, as it was written. Raises NotFound, BadFile."""
    data = kept(session.job.store.archive, sha256)
    if sha256_of(data) != sha256:
        raise BadFile(f"保管庫の {sha256} が書き出したときと違います。保管庫を控えから戻してください。")
    return data


def checked(session: Session, folder: Path) -> Handover:
    """書き出したフォルダを確かめる: it is ours, unchanged, not taken in yet, and the next in turn.

    Raises NotFound, BadFile, and LedgerError when the exports and the postings do not add up.
    """
    with session.ledger.transaction():
        made, row = _checked(session, folder)
        _has_no_other_mark(session, row, made.label)
    return made


def _checked(session: Session, folder: Path) -> tuple[Handover, dict[str, Any]]:
    """書き出したフォルダと台帳の行, but for the marks in folders."""
    connection, found = session.ledger.connection, read_exported(folder)
    _add_up(queries.all_exports_break(connection))
    chain = report_queries.chain(connection, session.night_on)
    row = next((own for own in queries.exports(connection) if own["export_no"] == found.handover.export_no), None)
    _is_ours(found, row, chain["ledger"], folder)
    assert row is not None
    made = found.handover
    refuse_strangers(folder, (MANIFEST, TAKEN, Path(made.file).name), made.folder_name)
    _is_in_turn(made, row, queries.untaken_before(connection, made.export_no))
    return made, row


def _is_ours(found: Exported, row: dict[str, Any] | None, ledger: str, folder: Path) -> None:
    """台帳の書き出しか, and as it was written. Raises BadFile."""
    made = found.handover
    if made.ledger != ledger:
        raise BadFile(f"{folder} は別の台帳の書き出しです。取り込まないでください。--job を確かめてください。")
    own = [row, *row["again"]] if row else []
    recorded = next((one for one in own if one.get("again_no", 0) == made.again_no), None)
    if recorded is None:
        raise BadFile(
            f"{folder} の{made.label}は台帳に記録がありません（途中で止まった書き出しか、古い控えの台帳です）。"
            "取り込まずに、elqr export make で書き出したものを使ってください。"
        )
    if recorded["manifest_sha256"] != found.manifest_sha256:
        raise BadFile(f"{folder / MANIFEST} が書き出したときと違います。取り込まずに、{_AGAIN}")
    if made.sha256 != found.file_sha256:
        said = "が書き出したときと違います" if found.file_sha256 else "がありません"
        raise BadFile(f"{folder / made.file} {said}。取り込まずに、{_AGAIN}")


def _is_in_turn(made: Handover, row: dict[str, Any], untaken: list[int]) -> None:
    """順番どおりの、まだ取り込んでいない書き出しか. Raises Refused."""
    _holds(row, made.label)
    _is_untaken(row, made.label)
    if len(row["again"]) > made.again_no:
        raise Refused(
            f"{made.label}は古い書き出しです。後から書き出した（再{len(row['again'])}）のフォルダを使ってください。"
        )
    if untaken:
        raise Refused(
            f"{made.label}より前の書き出し{untaken[0]}が、まだ取込済と記録されていません（{len(untaken)}件）。"
            "番号の順に取り込み、elqr export taken で記録してください。"
        )


def _holds(row: dict[str, Any], label: str) -> None:
    """取り消されていない書き出しか. Raises Refused."""
    if withdrawn := row["withdrawn"]:
        raise Refused(
            f"{label}は {withdrawn['taken_at'][:10]} に取り消されています（申請 {withdrawn['asked_by']}、承認 "
            f"{withdrawn['taken_by']}、{withdrawn['reason']}）。取り込まずに、後の書き出しを使ってください。"
        )


def _is_untaken(row: dict[str, Any], label: str) -> None:
    """同じ計上がまだ取り込まれていないか, under whatever name. Raises Refused."""
    if row["taken"]:
        taken = row["taken"][-1]
        by = f"{taken['taken_at'][:10]} に {taken['taken_by']} が"
        which = f"（再{taken['again_no']}）" if taken["again_no"] else ""
        raise Refused(
            f"{label}の計上は {by}{which}取込済と記録しています。二度取り込まないでください。"
            f"記録がまちがいなら elqr undo taken {row['export_no']} で取り消しを申請してください。"
        )


def _has_no_other_mark(session: Session, row: dict[str, Any], label: str, again_no: int | None = None) -> None:
    """台帳の知らない取込済の印がないか, but for that of one folder. Raises Refused."""
    known = {(one["again_no"], one["taken_at"], one["taken_by"]) for one in (*row["taken"], *row["not_taken"])}
    for mark in taken_marks(session.job.export_folder, row["export_no"]):
        if (mark.again_no, mark.at, mark.by) not in known and mark.again_no != again_no:
            raise Refused(
                f"{label}の計上は取込済です（{mark.path} の印。{mark.at[:10]} {mark.by}）。台帳にその記録がないのは、"
                "台帳を古い控えから戻したためです。取り込まずに、そのフォルダを elqr export taken で"
                "記録し直してください。"
            )


def taken(session: Session, folder: Path, by: str, at: str) -> Handover:
    """取込済と記録する: the core system has this export. Raises NotFound, BadFile as `checked` does."""
    with session.ledger.transaction() as connection:
        made, own = _checked(session, folder)
        _has_no_other_mark(session, own, made.label, made.again_no)
        row = {"export_no": made.export_no, "again_no": made.again_no, "taken_at": at, "taken_by": by}
        session.write(session.job.export_folder / made.folder_name / TAKEN, taken_mark(row))
        entered = queries.enter_taken(connection, row)
        enter_act(connection, session.night_on, Act("export", made.export_no, "taken", by, {"export_taken": [entered]}))
    return made
