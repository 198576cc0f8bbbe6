"""Reminder lists (督促対象一覧): drawn once the gate is open, and checked again before they are sent."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from elqr import __version__
from elqr.approvals.reminder_gate import Situation, Stops, divide_stopped, read_stops, refuse_change
from elqr.approvals.reminder_risks import Obstacle, find_risks
from elqr.disk.archive import keep
from elqr.disk.config_files import read_written
from elqr.disk.content import sha256_of
from elqr.disk.own_json import own_json, own_json_bytes
from elqr.handover.manifest import refuse_strangers
from elqr.report.arrears import List, Listed, reminder_list
from elqr.session.session import Session
from elqr.store.entries.acts import RECORDED, Act, enter_act
from elqr.store.entries.links import ArrearsList
from elqr.store.queries import arrears as queries
from elqr.store.queries import reminders as reminder_queries
from elqr.store.queries import reports as report_queries
from elqr.store.queries.ledger_identity import ledger_id
from elqr.vocabulary.arrival_frames import ChangedClaim, LeftOut, Reminded, Unpaid
from elqr.vocabulary.claim_frames import ClaimEntry
from elqr.vocabulary.errors import BadFile, NotFound, Refused
from elqr.vocabulary.limits import BY_ELQR
from elqr.vocabulary.ruling_terms import RulingResult
from elqr.vocabulary.signature import Signature

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class DrawnList:
    """引いた一覧: its number and folder, and how many claims and yen it holds."""

    list_no: int
    folder: Path
    count: int
    yen: int


def draw_list(
    session: Session, now: Situation, approval: int | None, signature: Signature, *, with_names: bool
) -> DrawnList | None:
    """督促対象一覧を引く, by the approval of a request where there are risks. None when there is nothing to list.

    Raises Refused, NotFound.
    """
    request = None if approval is None else _find_approved(session, approval, now)
    if now.obstacles and request is None:
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
            "made_by": signature.by,
            "program": f"elqr {__version__}",
            **chain,
            "ledger_id": ledger_id(connection),
            "override": _override(request, now),
        }
        reminders = _compose(session, now, facts)
        while _is_taken(session, reminders, facts):  # by an interrupted list of other claims
            facts = facts | {"list_no": facts["list_no"] + 1}
            reminders = _compose(session, now, facts)
        manifest = _write(session, reminders, facts)
        _enter(session, now, reminders, manifest, facts | {"request_no": approval, "made_at": signature.at})
    return DrawnList(facts["list_no"], _folder(session, facts), now.count, now.yen)


def _enter(session: Session, now: Situation, reminders: List, manifest: bytes, facts: Mapping[str, Any]) -> None:
    """一覧を記す, with its link in the chain. `facts` has the keys of `names`."""
    names = ("list_no", "request_no", "night_on", "made_at", "made_by", "claims", "yen")
    row = {name: facts[name] for name in names}
    row |= {"sha256": sha256_of(reminders.csv), "manifest_sha256": sha256_of(manifest)}
    queries.enter_list(session.ledger.connection, row, now.claims)
    link = ArrearsList(
        arrears_list=row["list_no"],
        manifest=row["manifest_sha256"],
        claims=row["claims"],
        yen=row["yen"],
        made_at=row["made_at"],
        made_by=row["made_by"],
    )
    act = Act("arrears_list", row["list_no"], RECORDED, row["made_by"], {"arrears_list": [row]})
    enter_act(session.ledger.connection, session.night_on, act, link)


def _find_approved(session: Session, request_no: int, now: Situation) -> dict[str, Any]:
    """承認された申請を探す: its row. Raises NotFound; Refused when a list has used it or the situation has changed."""
    with session.ledger.transaction() as connection:
        request = next((row for row in queries.requests(connection) if row["request_no"] == request_no), None)
    if request is None or request["result"] != RulingResult.APPROVED.value:
        raise NotFound(f"承認された督促の申請 {request_no} はありません。elqr arrears approve で承認してください。")
    if request["list_no"] is not None:
        raise Refused(f"申請 {request_no} の承認は、一覧{request['list_no']}で使いました。もう一度申請してください。")
    refuse_change(now, request)
    return request


def _override(request: dict[str, Any] | None, now: Situation) -> dict[str, Any] | None:
    """妨げがあるまま引いた記録: who agreed, why, and to which risks. `request` is a row of the requests."""
    if request is None:
        return None
    names = ("request_no", "reason", "asked_by", "taken_by")
    accepted = [{"risk": obstacle.risk.value, "found": list(obstacle.found)} for obstacle in now.obstacles]
    return {name: request[name] for name in names} | {"risks": json.loads(request["risks"]), "against": accepted}


def _compose(session: Session, now: Situation, facts: dict[str, Any]) -> List:
    rows = Listed(now.claims, now.left_out)
    return reminder_list(session.job.city.name, session.night_on, rows, session.register, facts)


def _folder(session: Session, facts: dict[str, Any]) -> Path:
    return session.job.arrears_folder / f"{facts['list_no']:06d}"


def _is_taken(session: Session, reminders: List, facts: dict[str, Any]) -> bool:
    """使われた番号か: its folder holds another list. That list may have been sent, so it stays."""
    return any(session.holds_other(_folder(session, facts) / name, data) for name, data in reminders.files().items())


def _write(session: Session, reminders: List, facts: dict[str, Any]) -> bytes:
    """一覧を書く: the files, and last the manifest that names them. Returns the manifest's bytes."""
    files, folder = reminders.files(), _folder(session, facts)
    hashes = {name: sha256_of(data) for name, data in sorted(files.items())}
    manifest = own_json_bytes({**facts, "files": hashes})
    if not session.ledger.rehearsal:
        keep(session.job.store.archive, sha256_of(manifest), manifest)
    for name, data in files.items():
        session.write(folder / name, data)
    session.write(folder / MANIFEST, manifest)
    return manifest


@dataclass(frozen=True, slots=True)
class ListCheck:
    """一覧の確かめ: whether a list may still be sent.

    `changed` are the claims that must not be reminded as listed: frame ChangedClaim. `obstacles` are the
    risks that nobody knew of when the list was drawn. `sent_on` is the day of issue of a list that was sent already.
    """

    list_no: int
    count: int
    changed: pl.DataFrame
    obstacles: tuple[Obstacle, ...]
    sent_on: str | None = None

    @property
    def may_be_sent(self) -> bool:
        """送ってよいか: not sent yet, no claim of the list has changed, and there is no new risk."""
        return self.sent_on is None and self.changed.is_empty() and not self.obstacles


def check_list(session: Session, folder: Path) -> ListCheck:
    """送る前に確かめる: the folder must be ours, unchanged and the newest. Finds the claims that changed since.

    Risks that would stop the list today also stop it from being sent, except those that two people accepted when it
    was drawn. Raises NotFound, BadFile, Refused.
    """
    row, manifest = _read_list(session, folder)
    with session.ledger.transaction() as connection:
        listed = queries.listed(connection, row["list_no"], session.night_on)
        today = queries.unpaid(connection, session.night_on)
        stops = _stops_of_others(session, row, today)
        pulled = reminder_queries.pulled(connection, row["list_no"], session.night_on)
        sending = reminder_queries.sending_of(connection, row["list_no"], session.night_on)
        fees = reminder_queries.fee_entries(connection, sending["sent_no"]) if sending else ClaimEntry.empty()
    listed = listed.filter(~pl.col(Unpaid.CLAIM_NO).is_in(list(pulled)))
    _, stopped = divide_stopped(today, stops)
    now = today.select(Unpaid.CLAIM_NO, _left_without(fees).alias(ChangedClaim.NOW_YEN), Unpaid.IS_ANNOUNCED)
    now = now.join(stopped.select(LeftOut.CLAIM_NO, LeftOut.WHY), on=Unpaid.CLAIM_NO, how="left", validate="1:1")
    rows = listed.join(now, on=Unpaid.CLAIM_NO, how="left", maintain_order="left")
    why = (
        pl.when(pl.col(ChangedClaim.NOW_YEN).is_null())
        .then(pl.lit("収納済か、取消・再発行"))
        .when(pl.col(LeftOut.WHY).is_not_null())
        .then(pl.col(LeftOut.WHY))
        .when(pl.col(Unpaid.IS_ANNOUNCED))
        .then(pl.lit("速報あり"))
        .when(pl.col(ChangedClaim.NOW_YEN) != pl.col(Unpaid.LEFT_YEN))
        .then(pl.lit("未収額が変わった"))
    )
    changed = rows.with_columns(why.alias(ChangedClaim.WHY), pl.col(ChangedClaim.NOW_YEN).fill_null(0)).drop_nulls(
        ChangedClaim.WHY
    )
    unpaid = today.join(listed, on=Unpaid.CLAIM_NO, how="semi", maintain_order="left")
    claims, announced = unpaid.filter(~pl.col(Unpaid.IS_ANNOUNCED)), unpaid.filter(Unpaid.IS_ANNOUNCED)
    accepted = {text for risk in (manifest["override"] or {}).get("against", []) for text in risk["found"]}
    obstacles = find_risks(session, claims, announced, accepted)
    return ListCheck(row["list_no"], listed.height, changed, obstacles, sending["issued_on"] if sending else None)


def _left_without(fees: pl.DataFrame) -> pl.Expr:
    """この一覧の手数料を除いた未収額: those of this very list (`fees`: frame ClaimEntry) are no change."""
    sums = fees.group_by(ClaimEntry.CLAIM_NO).agg(pl.col(ClaimEntry.DEMAND_FEE_YEN).sum())
    fee_yen = pl.col(Unpaid.CLAIM_NO).replace_strict(dict(sums.iter_rows()), default=0, return_dtype=pl.Int64)
    return pl.col(Unpaid.LEFT_YEN) - fee_yen


def _stops_of_others(session: Session, row: Mapping[str, Any], today: pl.DataFrame) -> Stops:
    """この一覧のほかの、督促を止めるもの. That this very list was sent speaks against no claim of it."""
    stops = read_stops(session, today)
    return replace(stops, reminded=stops.reminded.filter(pl.col(Reminded.LIST_NO) != row["list_no"]))


def _read_list(session: Session, folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """台帳に記した一覧を読む: its row and its manifest. Raises NotFound, BadFile; Refused for an older list."""
    path = folder / MANIFEST
    data = read_written(path, "督促対象一覧の目録", "elqr arrears list が作ったフォルダを指定してください。", BY_ELQR)
    try:
        manifest = own_json(data)
        list_no, files = int(manifest["list_no"]), dict(manifest["files"])
    except (ValueError, KeyError, TypeError) as error:
        raise BadFile(
            f"{path} は督促対象一覧の目録ではありません。elqr arrears list が作ったものを使ってください。"
        ) from error
    with session.ledger.transaction() as connection:
        rows = queries.lists(connection)
    row = next((row for row in rows if row["list_no"] == list_no), None)
    if row is None or row["manifest_sha256"] != sha256_of(data):
        raise BadFile(f"{path} が作ったときと違うか、別の台帳のものです。送らずに、一覧を引き直してください。")
    for name, sha256 in files.items():
        file = folder / Path(name).name
        if not file.is_file() or sha256_of(file.read_bytes()) != sha256:
            raise BadFile(f"{file} が作ったときと違うか、ありません。送らずに、一覧を引き直してください。")
    refuse_strangers(folder, (MANIFEST, *files), f"{list_no:06d}")
    if row is not rows[-1]:
        raise Refused(
            f"一覧{list_no}は古いものです。新しい一覧{rows[-1]['list_no']}"
            f"（{rows[-1]['night_on']}、{rows[-1]['claims']:,}件）を使ってください。"
        )
    return row, manifest
