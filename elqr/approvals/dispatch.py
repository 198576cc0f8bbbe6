"""Sending (発送): record uploads, and request, approve and check again the release of a printed folder."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from elqr.approvals.four_eyes import refuse_same_person_for
from elqr.disk.content import sha256_of
from elqr.handover.print_manifest import (
    MANIFEST,
    PRINT_RULES,
    Blocked,
    Manifest,
    Person,
    Rules,
    find_blocked,
    release_rules,
)
from elqr.handover.printed_folder import (
    added_files,
    changed_files,
    read_lists,
    read_manifest,
    read_stored,
    write_printed,
)
from elqr.printing.imposition import page_label, sheet_columns
from elqr.printing.preflight import preflight
from elqr.printing.template import Template
from elqr.printing.wording import Office
from elqr.session.session import Session
from elqr.store.entries.acts import ASKED, RECORDED, Act, enter_act
from elqr.store.queries import printing as queries
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import BadFile, NotFound, Refused
from elqr.vocabulary.findings import Finding, Location
from elqr.vocabulary.frames import PrintableNotice, PrintNotice
from elqr.vocabulary.ruling_terms import RulingResult
from elqr.vocabulary.signature import Signature
from elqr.vocabulary.terms import PrintState


def record_upload(session: Session, name: str, data: bytes, signature: Signature) -> Mapping[str, object]:
    """登録を記録する: 共通納税IFS has accepted a 納付書情報 file that we wrote.

    Returns the ledger's row of it, and how many of its notices are `cancelled`.

    Raises NotFound for a file that this ledger did not write, Refused for one that is recorded already.
    """
    with session.ledger.transaction() as connection:
        upload = queries.upload_of(connection, sha256_of(data))
        if upload is None:
            raise NotFound(
                f"{name} は、この台帳が書き出した納付書情報ではありません（中身が変わったか、ほかの台帳のものです）。"
                "out の upload フォルダにある元のファイルを指定してください。"
            )
        if upload["uploaded_by"] is not None:
            raise Refused(
                f"{name} は {upload['uploaded_at'][:10]} に {upload['uploaded_by']} が登録済みと記録しています。"
            )
        number = int(upload["upload_no"])
        row = queries.enter_uploaded(connection, number, signature.by, signature.at)
        enter_act(connection, session.night_on, Act("upload", number, RECORDED, signature.by, {"upload_step": [row]}))
        return {**upload, "cancelled": queries.cancelled_in_upload(connection, number)}


Sheets = Mapping[str, Template]
"""版下 by name, as they are now."""


def request_release(
    session: Session, folder: Path, pulled: tuple[str, ...], sheets: Sheets, signature: Signature
) -> tuple[Manifest, Blocked]:
    """発送を申請する. Returns the manifest and what blocks the release; nothing is written when anything blocks it.

    A print on a provisional sheet needs a reason in the signature, any other print must have none. Raises NotFound,
    BadFile, Refused.
    """
    manifest = read_manifest(folder)
    with session.ledger.transaction() as connection:
        steps = queries.release_steps(connection, manifest.print_no)
        if PrintState.REQUESTED in steps:
            raise Refused(
                f"印刷{manifest.print_no}は {steps[PrintState.REQUESTED]['taken_by']} が申請済みです。"
                "承認は elqr notice approve、取り下げて申請し直すなら先に elqr notice reject です。"
            )
        _refuse_altered(queries.print_batch(connection, manifest.print_no), manifest, folder)
        _refuse_provisional(manifest, sheets, signature.reason)
        obstacles = _obstacles(session, manifest, pulled, release_rules(is_reprint=manifest.is_reprint))
        if obstacles.findings:
            return manifest, obstacles
        _enter_step(session, manifest.print_no, PrintState.REQUESTED, pulled, signature)
    requested_by = Person(**asdict(signature))
    update = {"state": PrintState.REQUESTED, "pulled": pulled, "requested": requested_by, "released": None}
    return _rewrite(folder, manifest, update), obstacles


def refuse_release(session: Session, folder: Path, signature: Signature) -> Manifest:
    """発送の申請を取り下げるか却下する. A new request may pull other pages. Raises NotFound, BadFile, Refused."""
    manifest = read_manifest(folder)
    with session.ledger.transaction() as connection:
        steps = queries.release_steps(connection, manifest.print_no)
        _refuse_not_waiting(manifest.print_no, steps)
        _refuse_foreign(queries.print_batch(connection, manifest.print_no), manifest, folder)
        pulled = steps[PrintState.REQUESTED]["pulled"]
        _enter_step(session, manifest.print_no, PrintState.WITHDRAWN, pulled, signature)
    return _rewrite(folder, manifest, {"state": PrintState.PRINTED, "pulled": (), "requested": None})


def _refuse_not_waiting(print_no: int, steps: Mapping[PrintState, Mapping[str, Any]]) -> None:
    """承認を待つ申請がなければ断る. Rows of the steps have the key `taken_by`. Raises Refused."""
    if PrintState.REQUESTED not in steps:
        raise Refused(f"印刷{print_no}は申請されていません。先に elqr notice release を実行してください。")
    if PrintState.RELEASED in steps:
        raise Refused(
            f"印刷{print_no}は {steps[PrintState.RELEASED]['taken_by']} が承認済みです。"
            f"承認がまちがいなら elqr undo release {print_no} で取り消しを申請してください。"
        )


def approve_release(session: Session, folder: Path, sheets: Sheets, signature: Signature) -> tuple[Manifest, Blocked]:
    """発送を承認する: by another person. Everything is checked again, because days may have passed.

    Returns, raises and reads the signature's reason as `request_release`.
    """
    manifest = read_manifest(folder)
    with session.ledger.transaction() as connection:
        steps = queries.release_steps(connection, manifest.print_no)
        _refuse_not_waiting(manifest.print_no, steps)
        asked_by = steps[PrintState.REQUESTED]["taken_by"]
        refuse_same_person_for(session, ("print_batch", manifest.print_no), [asked_by], signature.by)
        _refuse_altered(queries.print_batch(connection, manifest.print_no), manifest, folder)
        _refuse_provisional(manifest, sheets, signature.reason, steps[PrintState.REQUESTED])
        pulled = tuple(steps[PrintState.REQUESTED]["pulled"])
        obstacles = _obstacles(session, manifest, pulled, release_rules(is_reprint=manifest.is_reprint))
        if obstacles.findings:
            return manifest, obstacles
        _enter_step(session, manifest.print_no, PrintState.RELEASED, pulled, signature)
    update = {"state": PrintState.RELEASED, "released": Person(**asdict(signature))}
    return _rewrite(folder, manifest, update), obstacles


_STEP = {
    PrintState.REQUESTED: ASKED,
    PrintState.RELEASED: RulingResult.APPROVED.value,
    PrintState.WITHDRAWN: RulingResult.REFUSED.value,
}
"""発送の段階: step → what the chain of runs calls it."""


def _enter_step(session: Session, print_no: int, step: PrintState, pulled: Sequence[str], signature: Signature) -> None:
    """発送の段階を記す, with its link in the chain."""
    connection = session.ledger.connection
    row = queries.enter_release(connection, print_no, step, pulled, signature)
    act = Act("print_batch", print_no, _STEP[step], signature.by, {"release_step": [row]})
    enter_act(connection, session.night_on, act)


def _rewrite(folder: Path, manifest: Manifest, update: Mapping[str, object]) -> Manifest:
    """目録を書き直す with a further step. The ledger has the step already; this copy goes with the paper."""
    rewritten = manifest.model_copy(update=dict(update))
    write_printed(folder / MANIFEST, rewritten.as_bytes())
    return rewritten


def _refuse_foreign(batch: Mapping[str, object] | None, manifest: Manifest, folder: Path) -> Mapping[str, object]:
    """台帳の印刷でないものを断る. Returns the ledger's row (keys `manifest_sha256`, `is_passed`). Raises BadFile."""
    if batch is None or batch["manifest_sha256"] != manifest.body_sha256:
        raise BadFile(
            f"{folder} の目録は台帳の印刷{manifest.print_no}と違います。"
            "書き換えられたか、ほかの台帳のものです。発送しないでください。"
        )
    return batch


def _refuse_altered(batch: Mapping[str, object] | None, manifest: Manifest, folder: Path) -> None:
    """検査を通らないか変わった印刷を断る. Raises BadFile, Refused."""
    if not _refuse_foreign(batch, manifest, folder)["is_passed"]:
        raise Refused(
            f"印刷{manifest.print_no}は印刷前検査で止まっています（指摘{len(manifest.preflight.findings)}件）。"
            "目録の指摘を直して、もう一度印刷してください。"
        )
    for file in manifest.files:
        for name in changed_files(folder, file):
            raise BadFile(f"{folder / name} が検査したときのファイルと違います。発送せず、もう一度印刷してください。")
    for name in added_files(folder, manifest):
        raise BadFile(f"{folder / name} は目録にありません。誰が置いたか確かめ、ほかの場所に移してください。")


def _refuse_provisional(
    manifest: Manifest, sheets: Sheets, reason: str, request: Mapping[str, object] | None = None
) -> None:
    """仮の版下を断る, unless both people give a reason. At an approval `request` is the request's step (key `reason`).

    Raises Refused, also for a reason where no sheet is provisional.
    """
    doubts = [f"{name} は{why}" for name, sha256 in manifest.sheets.items() for why in _doubts(sheets, name, sha256)]
    if reason and not doubts:
        raise Refused(f"印刷{manifest.print_no}の版下に仮のものはありません。--provisional を外して実行してください。")
    if not doubts or (reason and (request is None or request["reason"])):
        return
    why = f"申請の理由は「{request['reason']}」です。" if request and request["reason"] else ""
    raise Refused(
        f"印刷{manifest.print_no}は仮の版下で刷ってあります（{'、'.join(doubts)}）。{why}"
        "審査の済んだ版下で刷り直してください。このまま発送してよいなら、"
        "申請する人と承認する人の両方が --provisional に理由を書きます。"
    )


def _doubts(sheets: Sheets, name: str, sha256: str) -> tuple[str, ...]:
    """仮である理由: why the sheet that was printed on is provisional. A sheet that changed since cannot be checked."""
    template = sheets.get(name)
    if template is None or template.sha256 != sha256:
        return ("印刷したときの版下と違い、確かめられません",)
    return template.provisional


def _obstacles(session: Session, manifest: Manifest, pulled: tuple[str, ...], rules: Rules) -> Blocked:
    """発送を止めるもの, except on the pulled pages. Raises NotFound for a page that is not in the print."""
    connection = session.ledger.connection
    placed = queries.placed_in(connection, manifest.print_no)
    labels = {page_label(*row) for row in placed.select(PrintNotice.FILE_NO, PrintNotice.PAGE_NO).unique().iter_rows()}
    if lost := sorted(set(pulled) - labels):
        raise NotFound(
            f"抜き取ったページ {', '.join(lost)} はこの印刷にありません。"
            "用紙の右の番号（0001-00001の形）で指定してください。"
        )
    return find_blocked(queries.standings_of(connection, placed[PrintNotice.NOTICE_NO]), placed, pulled, rules)


def recorded_sha256(session: Session, folder: Path) -> str:
    """目録の照合値: the hash of a printed folder's manifest that the ledger keeps. Raises NotFound, BadFile."""
    manifest = read_manifest(folder)
    with session.ledger.transaction() as connection:
        _refuse_foreign(queries.print_batch(connection, manifest.print_no), manifest, folder)
    return manifest.body_sha256


def check_again(session: Session, templates: Mapping[str, Template], folder: Path) -> list[Finding]:
    """もう一度検査する: the printed files, as long as they are unchanged, against the ledger as it is now.

    Also finds notices that were cancelled, replaced or paid since they were printed, unless their page was pulled.
    Raises NotFound, BadFile.
    """
    manifest = read_manifest(folder)
    with session.ledger.transaction() as connection:
        _refuse_foreign(queries.print_batch(connection, manifest.print_no), manifest, folder)
        request = queries.release_steps(connection, manifest.print_no).get(PrintState.REQUESTED)
        obstacles = _obstacles(session, manifest, tuple(request["pulled"]) if request else (), PRINT_RULES)
    office = Office(session.job.city.name, session.register.names)
    findings = [
        Finding(Location(name), Code.PRINT_CHANGED, "目録にないファイル") for name in added_files(folder, manifest)
    ]
    for file in manifest.files:
        if file.template not in templates:
            raise NotFound(f"版下 {file.template} がありません。印刷したときの版下を用意してください。")
        if altered := changed_files(folder, file):
            findings += [Finding(Location(name), Code.PRINT_CHANGED) for name in altered]
            continue
        placed = read_lists(folder, [file]).select(
            PrintableNotice.NOTICE_NO, PrintNotice.FILE_NO, PrintNotice.PAGE_NO, PrintNotice.PLACE_NO
        )
        with session.ledger.transaction() as connection:
            notices = queries.printable_notices(connection, placed[PrintableNotice.NOTICE_NO])
        rows = placed.join(notices, on=PrintableNotice.NOTICE_NO, validate="1:1", maintain_order="left").with_columns(
            *sheet_columns()
        )
        findings += preflight(
            templates[file.template], office, file.name, read_stored(folder / file.name), rows
        ).findings
    return [*findings, *obstacles.findings]
