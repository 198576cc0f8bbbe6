"""The reminder gate (督促の関門): claims that look unpaid, and everything that says they may have been paid.

A list is drawn only when nothing stands against it, or when two people agreed to draw it in spite of just that. An
approval holds for one situation: these claims with these yen, and these risks; and it opens one list.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from elqr import __version__
from elqr.approvals.four_eyes import need_another
from elqr.approvals.reminder_risks import Against, against
from elqr.disk.archive import keep
from elqr.disk.config_files import read_written
from elqr.disk.content import sha256_of
from elqr.disk.own_json import own_json, own_json_bytes
from elqr.handover.manifest import refuse_strangers
from elqr.report.arrears import List, reminder_list
from elqr.session.session import Session
from elqr.store.entries.acts import ASKED, RECORDED, Act, enter_act
from elqr.store.queries import arrears as queries
from elqr.store.queries import reports as report_queries
from elqr.store.queries.ledger_identity import ledger_id
from elqr.vocabulary.arrival_frames import Unpaid
from elqr.vocabulary.errors import BadFile, NotFound, Refused
from elqr.vocabulary.limits import BY_ELQR
from elqr.vocabulary.terms import RulingResult

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Situation:
    """督促の状況: claims to be listed (frame Unpaid), those that a 速報 says are paid, and what stands against."""

    claims: pl.DataFrame
    announced: pl.DataFrame
    against: tuple[Against, ...]

    @property
    def count(self) -> int:
        """何件: claims that look unpaid."""
        return self.claims.height

    @property
    def yen(self) -> int:
        """いくら: what is left of them."""
        return int(self.claims[Unpaid.LEFT_YEN].sum())

    @property
    def sha256(self) -> str:
        """この状況の照合値: of the claims with their yen, and of all that stands against drawing them."""
        rows = self.claims.sort(Unpaid.CLAIM_NO).select(Unpaid.CLAIM_NO, Unpaid.LEFT_YEN).rows()
        found = [(own.risk.value, own.found) for own in self.against]
        return hashlib.sha256(json.dumps([rows, found], ensure_ascii=False).encode()).hexdigest()


def situation(session: Session) -> Situation:
    """督促の状況 as the ledger and the inboxes are now."""
    with session.ledger.transaction() as connection:
        rows = queries.unpaid(connection, session.night_on)
    days = session.job.arrears
    grace = pl.col(Unpaid.PROCEDURE_CODE).replace_strict(
        days.procedures, default=days.days_after_due, return_dtype=pl.Int64
    )
    due = rows.filter(pl.col(Unpaid.DUE_ON) + pl.duration(days=grace) < session.night_on)
    claims, announced = due.filter(~pl.col(Unpaid.IS_ANNOUNCED)), due.filter(Unpaid.IS_ANNOUNCED)
    return Situation(claims, announced, against(session, claims, announced))


def asked(session: Session, reason: str, by: str, at: str) -> tuple[int, Situation]:
    """督促対象を引く申請: in spite of what stands against it. Raises Refused when nothing does, or it waits already."""
    now = situation(session)
    if not now.against:
        raise Refused("督促を妨げるものはありません。elqr arrears list で引けます。")
    with session.ledger.transaction() as connection:
        same = [own for own in queries.requests(connection) if own["situation"] == now.sha256]
        if any(own["result"] is None for own in same):
            raise Refused(
                "同じ状況の申請が承認を待っています。承認は elqr arrears approve、取り下げは elqr arrears reject です。"
            )
        row = {
            "situation": now.sha256,
            "claims": now.count,
            "yen": now.yen,
            "risks": json.dumps([own.label for own in now.against], ensure_ascii=False),
            "night_on": session.night_on.isoformat(),
            "asked_at": at,
            "asked_by": by,
            "reason": reason,
        }
        number = queries.enter_request(connection, row)
        said = {"arrears_request": [{"request_no": number, **row}]}
        enter_act(connection, session.night_on, Act("arrears_request", number, ASKED, by, said))
        return number, now


def ended(session: Session, request_no: int, result: RulingResult, by: str, at: str, reason: str = "") -> None:
    """申請を承認か却下する. An approval is another person's. Raises NotFound, BadFile."""
    with session.ledger.transaction() as connection:
        request = next((own for own in queries.requests(connection) if own["request_no"] == request_no), None)
        if request is None or request["result"] is not None:
            raise NotFound(
                f"承認を待つ督促の申請 {request_no} はありません。elqr arrears list で番号を確かめてください。"
            )
    if result is RulingResult.APPROVED:
        need_another(session, "arrears_request", request_no, [request["asked_by"]], by)
        _is_the_same(situation(session), request)
    on = session.night_on.isoformat()
    step = {"request_no": request_no, "result": result.value, "night_on": on, "taken_at": at, "taken_by": by}
    step["reason"] = reason
    with session.ledger.transaction() as connection:
        queries.enter_step(connection, step)
        ends = {"result": result.value, "ended_on": on, "taken_at": at, "taken_by": by, "because": reason}
        link = {name: request[name] for name in queries.SIGNED} | ends
        act = Act("arrears_request", request_no, result.value, by, {"arrears_step": [step]})
        enter_act(connection, session.night_on, act, {"arrears_request": request_no, **link})


def _is_the_same(now: Situation, request: dict[str, Any]) -> None:
    if now.sha256 != request["situation"]:
        raise Refused(
            f"申請のあとで状況が変わりました（申請 {request['claims']:,}件 {request['yen']:,}円、"
            f"今 {now.count:,}件 {now.yen:,}円）。確かめてから申請し直してください。"
        )


@dataclass(frozen=True, slots=True)
class Drawn:
    """引いた一覧: its number, folder and what it holds."""

    list_no: int
    folder: Path
    count: int
    yen: int


def drawn(
    session: Session, now: Situation, approval: int | None, by: str, at: str, *, with_names: bool
) -> Drawn | None:
    """督促対象一覧を引く. None when there is nothing to list. Raises Refused, NotFound when it may not be drawn."""
    request = None if approval is None else _approval(session, approval, now)
    if now.against and request is None:
        raise Refused("督促を妨げるものがあるので、一覧は引けません。")
    if not now.count:
        return None
    with session.ledger.transaction() as connection:
        chain = report_queries.chain(connection, session.night_on)
        facts: dict[str, Any] = {
            "list_no": queries.next_list_no(connection),
            "night_on": session.night_on.isoformat(),
            "claims": now.count,
            "yen": now.yen,
            "announced_claims": now.announced.height,
            "with_names": with_names,
            "made_by": by,
            "program": f"elqr {__version__}",
            **chain,
            "ledger_id": ledger_id(connection),
            "override": _override(request, now),
        }
        made = _listed(session, now, facts)
        while _is_taken(session, made, facts):  # by a list that was cut off, and of other claims
            facts = facts | {"list_no": facts["list_no"] + 1}
            made = _listed(session, now, facts)
        list_no, folder = facts["list_no"], _folder(session, facts)
        manifest = _written(session, made, facts)
        row = {
            "list_no": list_no,
            "request_no": approval,
            "night_on": session.night_on.isoformat(),
            "made_at": at,
            "made_by": by,
            "claims": now.count,
            "yen": now.yen,
            "sha256": sha256_of(made.csv),
            "manifest_sha256": sha256_of(manifest),
        }
        queries.enter_list(connection, row, now.claims)
        link = {"arrears_list": list_no, "manifest": row["manifest_sha256"], "claims": now.count, "yen": now.yen}
        act = Act("arrears_list", list_no, RECORDED, by, {"arrears_list": [row]})
        enter_act(connection, session.night_on, act, {**link, "made_at": at, "made_by": by})
    return Drawn(list_no, folder, now.count, now.yen)


def _approval(session: Session, request_no: int, now: Situation) -> dict[str, Any]:
    with session.ledger.transaction() as connection:
        request = next((own for own in queries.requests(connection) if own["request_no"] == request_no), None)
    if request is None or request["result"] != RulingResult.APPROVED.value:
        raise NotFound(f"承認された督促の申請 {request_no} はありません。elqr arrears approve で承認してください。")
    if request["list_no"] is not None:
        raise Refused(f"申請 {request_no} の承認は、一覧{request['list_no']}で使いました。もう一度申請してください。")
    _is_the_same(now, request)
    return request


def _override(request: dict[str, Any] | None, now: Situation) -> dict[str, Any] | None:
    """妨げがあるまま引いた記録: who agreed to it, why, and to what exactly."""
    if request is None:
        return None
    names = ("request_no", "reason", "asked_by", "taken_by")
    known = [{"risk": own.risk.value, "found": list(own.found)} for own in now.against]
    return {name: request[name] for name in names} | {"risks": json.loads(request["risks"]), "against": known}


def _listed(session: Session, now: Situation, facts: dict[str, Any]) -> List:
    return reminder_list(
        session.job.city.name, session.night_on, now.claims, session.register, facts, with_names=facts["with_names"]
    )


def _folder(session: Session, facts: dict[str, Any]) -> Path:
    return session.job.arrears_folder / f"{facts['list_no']:06d}"


def _is_taken(session: Session, made: List, facts: dict[str, Any]) -> bool:
    """使われた番号か: its folder holds another list, which may have been sent and stays as it is."""
    return any(session.holds_other(_folder(session, facts) / name, data) for name, data in made.files().items())


def _written(session: Session, made: List, facts: dict[str, Any]) -> bytes:
    """The files, and last the manifest that names them; returns the manifest's bytes."""
    files, folder = made.files(), _folder(session, facts)
    hashes = {name: sha256_of(data) for name, data in sorted(files.items())}
    manifest = own_json_bytes({**facts, "files": hashes})
    if not session.ledger.rehearsal:
        keep(session.job.store.archive, sha256_of(manifest), manifest)
    for name, data in files.items():
        session.write(folder / name, data)
    session.write(folder / MANIFEST, manifest)
    return manifest


@dataclass(frozen=True, slots=True)
class Checked:
    """一覧の確かめ: its number, the claims that should not be reminded any more, with why, and the risks since then."""

    list_no: int
    count: int
    changed: pl.DataFrame
    against: tuple[Against, ...]

    @property
    def may_be_sent(self) -> bool:
        """送ってよいか: no claim of the list has changed, and nothing new stands against it."""
        return self.changed.is_empty() and not self.against


def checked(session: Session, folder: Path) -> Checked:
    """送る前に確かめる: the folder is ours, unchanged and the newest; claims that changed since are named.

    What would stop the list today stops it from being sent, but for what two people knew of when it was drawn.
    Raises NotFound, BadFile.
    """
    row, manifest = _ours(session, folder)
    with session.ledger.transaction() as connection:
        listed = queries.listed(connection, row["list_no"], session.night_on)
        today = queries.unpaid(connection, session.night_on)
    now = today.select(Unpaid.CLAIM_NO, pl.col(Unpaid.LEFT_YEN).alias("now_yen"), Unpaid.IS_ANNOUNCED)
    rows = listed.join(now, on=Unpaid.CLAIM_NO, how="left", maintain_order="left")
    why = (
        pl.when(pl.col("now_yen").is_null())
        .then(pl.lit("収納済か、取消・再発行"))
        .when(pl.col(Unpaid.IS_ANNOUNCED))
        .then(pl.lit("速報あり"))
        .when(pl.col("now_yen") != pl.col(Unpaid.LEFT_YEN))
        .then(pl.lit("未収額が変わった"))
    )
    changed = rows.with_columns(why.alias("why"), pl.col("now_yen").fill_null(0)).drop_nulls("why")
    still = today.join(listed, on=Unpaid.CLAIM_NO, how="semi", maintain_order="left")
    agreed = {text for risk in (manifest["override"] or {}).get("against", []) for text in risk["found"]}
    found = against(session, still.filter(~pl.col(Unpaid.IS_ANNOUNCED)), still.filter(Unpaid.IS_ANNOUNCED), agreed)
    return Checked(row["list_no"], listed.height, changed, found)


def _ours(session: Session, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """台帳に記した一覧か, unchanged and the newest: its row and its manifest. Raises NotFound, BadFile, Refused."""
    path = folder / MANIFEST
    data = read_written(path, "督促対象一覧の目録", "elqr arrears list が作ったフォルダを指定してください。", BY_ELQR)
    try:
        found = own_json(data)
        list_no, files = int(found["list_no"]), dict(found["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadFile(
            f"{path} は督促対象一覧の目録ではありません。elqr arrears list が作ったものを使ってください。"
        ) from error
    with session.ledger.transaction() as connection:
        rows = queries.lists(connection)
    row = next((own for own in rows if own["list_no"] == list_no), None)
    if row is None or row["manifest_sha256"] != sha256_of(data):
        raise BadFile(f"{path} が作ったときと違うか、別の台帳のものです。送らずに、一覧を引き直してください。")
    for name, sha256 in files.items():
        own = folder / Path(name).name
        if not own.is_file() or sha256_of(own.read_bytes()) != sha256:
            raise BadFile(f"{own} が作ったときと違うか、ありません。送らずに、一覧を引き直してください。")
    refuse_strangers(folder, (MANIFEST, *files), f"{list_no:06d}")
    if row is not rows[-1]:
        raise Refused(
            f"一覧{list_no}は古いものです。新しい一覧{rows[-1]['list_no']}"
            f"（{rows[-1]['night_on']}、{rows[-1]['claims']:,}件）を使ってください。"
        )
    return row, found
