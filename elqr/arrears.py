"""The reminder gate (督促の関門): claims that look unpaid, and everything that says they may have been paid.

A list is drawn only when nothing stands against it, or when two people agreed to draw it in spite of just that. An
approval holds for one situation: these claims with these yen, and these risks; and it opens one list.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from elqr import __version__
from elqr.arrival_frames import Arriving, Unpaid
from elqr.arrivals import arriving
from elqr.errors import BadFile, NotFound
from elqr.inbox import arrivals, keep, sha256_of
from elqr.money_frames import Settled
from elqr.night import Night
from elqr.person import same_person
from elqr.remittance import standing
from elqr.report.arrears import List, reminder_list
from elqr.store import arrears_queries as queries
from elqr.store import entries, money_queries, report_queries, review_queries
from elqr.store import queries as night_queries
from elqr.terms import ArrivalState, FileStatus, Outcome, Place, Risk, RulingResult, SettlementOutcome

MANIFEST = "manifest.json"
_MISSING = [ArrivalState.MISSING.value, ArrivalState.SHORT.value, ArrivalState.OUT_OF_SEQUENCE.value]


@dataclass(frozen=True, slots=True)
class Against:
    """督促を妨げるもの of one kind: what was found, and the claims and yen at risk."""

    risk: Risk
    found: tuple[str, ...]
    claims: int
    yen: int

    @property
    def label(self) -> str:
        return f"{self.risk.label} {len(self.found):,}（危うい督促 {self.claims:,}件 {self.yen:,}円）"


@dataclass(frozen=True, slots=True)
class Situation:
    """督促の状況: claims to be listed (frame Unpaid), those that a 速報 says are paid, and what stands against."""

    claims: pl.DataFrame
    announced: pl.DataFrame
    against: tuple[Against, ...]

    @property
    def count(self) -> int:
        return self.claims.height

    @property
    def yen(self) -> int:
        return int(self.claims[Unpaid.LEFT_YEN].sum())

    @property
    def sha256(self) -> str:
        """この状況の照合値: of the claims with their yen, and of all that stands against drawing them."""
        rows = self.claims.sort(Unpaid.CLAIM_NO).select(Unpaid.CLAIM_NO, Unpaid.LEFT_YEN).rows()
        found = [(own.risk.value, own.found) for own in self.against]
        return hashlib.sha256(json.dumps([rows, found], ensure_ascii=False).encode()).hexdigest()


def situation(night: Night) -> Situation:
    """督促の状況 as the ledger and the inboxes are now."""
    with night.ledger.transaction() as connection:
        rows = queries.unpaid(connection, night.night_on)
    days = night.job.arrears
    grace = pl.col(Unpaid.PROCEDURE_CODE).replace_strict(
        days.procedures, default=days.days_after_due, return_dtype=pl.Int64
    )
    due = rows.filter(pl.col(Unpaid.DUE_ON) + pl.duration(days=grace) < night.night_on)
    claims, announced = due.filter(~pl.col(Unpaid.IS_ANNOUNCED)), due.filter(Unpaid.IS_ANNOUNCED)
    found = [*_files(night, claims), *_records(night, claims), *_money(night, claims, announced)]
    return Situation(claims, announced, tuple(own for own in found if own.found))


def _all(risk: Risk, found: Sequence[str], claims: pl.DataFrame) -> Against:
    """What may concern every listed claim."""
    return Against(risk, tuple(found), claims.height, int(claims[Unpaid.LEFT_YEN].sum()))


def _files(night: Night, claims: pl.DataFrame) -> Iterator[Against]:
    """届いていないファイル, and those in the inboxes that were held back or not taken in yet."""
    with night.ledger.transaction() as connection:
        delivered = report_queries.taken_in(connection, night.night_on)
        rows = arriving(night.rules.arrivals, delivered, night.night_on, night.rules.calendar)
        held = []
        for box in night.job.inbox:
            for arrived in arrivals(box.path, night.job.thresholds.file_megabytes):
                before = night_queries.deliveries_of(connection, arrived.name, arrived.sha256)
                if all(status == FileStatus.QUARANTINED for status, _ in before):
                    held.append(f"{arrived.name}（{FileStatus.QUARANTINED.label if before else '未取込'}）")
    missing = rows.filter(pl.col(Arriving.STATE).is_in(_MISSING)).select(
        pl.concat_str(Arriving.NAME, pl.lit(" "), pl.col(Arriving.DUE_ON).cast(pl.String), pl.lit(" "), Arriving.FILES)
    )
    yield _all(Risk.FILES_MISSING, [text.strip() for text in missing.to_series()], claims)
    yield _all(Risk.FILES_HELD, held, claims)


def _records(night: Night, claims: pl.DataFrame) -> Iterator[Against]:
    """消し込んでいない収納, and open exceptions that could belong to a listed claim."""
    with night.ledger.transaction() as connection:
        count, yen = queries.undecided(connection)
        open_ = review_queries.exceptions(connection, night.night_on).filter("is_open")
        waits = (pl.col("suspense_yen") > 0) | (pl.col("place") == Place.REJECTED.value)
        open_ = open_.filter(waits).select("payment_no", "outcome", "payer_ref", "paid_yen")
        near = queries.suggested_claims(connection, open_)
    yield _all(Risk.UNDECIDED, [f"収納 {count:,}件 {yen:,}円"] if count else [], claims)
    own = claims.select(Unpaid.CLAIM_NO, Unpaid.PAYER_REF, Unpaid.LEFT_YEN)
    unknown = open_.filter(pl.col("outcome") == Outcome.KEY_UNKNOWN.value)
    pairs = pl.concat(
        [
            open_.drop_nulls("payer_ref").join(own, on=Unpaid.PAYER_REF).select("payment_no", Unpaid.CLAIM_NO),
            near.join(own, on=Unpaid.CLAIM_NO, how="semi").select("payment_no", Unpaid.CLAIM_NO),
            unknown.join(own, left_on="paid_yen", right_on=Unpaid.LEFT_YEN).select("payment_no", Unpaid.CLAIM_NO),
        ]
    )
    at_risk = own.join(pairs, on=Unpaid.CLAIM_NO, how="semi")
    found = [f"受付{number}" for number in pairs["payment_no"].unique().sort()]
    yield Against(Risk.EXCEPTIONS, tuple(found), at_risk.height, int(at_risk[Unpaid.LEFT_YEN].sum()))


def _money(night: Night, claims: pl.DataFrame, announced: pl.DataFrame) -> Iterator[Against]:
    """確報の届かない速報, and money for which there are no payments."""
    if not night.rules.contracts:
        return
    with night.ledger.transaction() as connection:
        overdue = money_queries.overdue(connection, night.night_on)
        lines = standing(night.ledger, night.rules, night.night_on).lines
    more = pl.col(Settled.MONEY_YEN) > pl.col(Settled.PAYMENT_YEN) - pl.col(Settled.FEE_YEN)
    unmet = [SettlementOutcome.DIFFERS.value, SettlementOutcome.NO_PAYMENTS.value]
    rows = lines.filter(pl.col(Settled.OUTCOME).is_in(unmet) & more)
    said = [
        f"{name} {day} 入金 {yen:,}円" for name, day, yen in rows.select("contract", "from_on", "money_yen").iter_rows()
    ]
    numbers = [f"受付{number}" for number in overdue["payment_no"].sort()]
    yield Against(Risk.OVERDUE, tuple(numbers), announced.height, int(announced[Unpaid.LEFT_YEN].sum()))
    yield _all(Risk.MONEY, said, claims)


def asked(night: Night, reason: str, by: str, at: str) -> tuple[int, Situation]:
    """督促対象を引く申請: in spite of what stands against it. Raises BadFile when nothing does, or it waits already."""
    now = situation(night)
    if not now.against:
        raise BadFile("督促を妨げるものはありません。elqr arrears list で引けます。")
    with night.ledger.transaction() as connection:
        same = [own for own in queries.requests(connection) if own["situation"] == now.sha256]
        if any(own["result"] is None for own in same):
            raise BadFile(
                "同じ状況の申請が承認を待っています。承認は elqr arrears approve、取り下げは elqr arrears reject です。"
            )
        row = {
            "situation": now.sha256,
            "claims": now.count,
            "yen": now.yen,
            "risks": json.dumps([own.label for own in now.against], ensure_ascii=False),
            "night_on": night.night_on.isoformat(),
            "asked_at": at,
            "asked_by": by,
            "reason": reason,
        }
        return queries.enter_request(connection, row), now


def ended(night: Night, request_no: int, result: RulingResult, by: str, at: str, reason: str = "") -> None:
    """申請を承認か却下する. An approval is another person's. Raises NotFound, BadFile."""
    with night.ledger.transaction() as connection:
        request = next((own for own in queries.requests(connection) if own["request_no"] == request_no), None)
        if request is None or request["result"] is not None:
            raise NotFound(
                f"承認を待つ督促の申請 {request_no} はありません。elqr arrears list で番号を確かめてください。"
            )
    if result is RulingResult.APPROVED:
        if same_person(request["asked_by"], by):
            raise BadFile(f"申請した人（{by}）は承認できません。別の人が承認してください。")
        _is_the_same(situation(night), request)
    on = night.night_on.isoformat()
    step = {"request_no": request_no, "result": result.value, "night_on": on, "taken_at": at, "taken_by": by}
    with night.ledger.transaction() as connection:
        queries.enter_step(connection, {**step, "reason": reason})
        ends = {"result": result.value, "ended_on": on, "taken_at": at, "taken_by": by, "because": reason}
        link = {name: request[name] for name in SIGNED} | ends
        entries.enter_run(connection, night.night_on, {"version": __version__, "arrears_request": request_no, **link})


SIGNED = ("situation", "claims", "yen", "risks", "night_on", "asked_at", "asked_by", "reason")
"""What of a request stands in the chain of runs once it is ended."""


def _is_the_same(now: Situation, request: dict[str, Any]) -> None:
    if now.sha256 != request["situation"]:
        raise BadFile(
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


def drawn(night: Night, now: Situation, approval: int | None, by: str, at: str, *, with_names: bool) -> Drawn | None:
    """督促対象一覧を引く. None when there is nothing to list. Raises BadFile, NotFound when it may not be drawn."""
    request = None if approval is None else _approval(night, approval, now)
    if now.against and request is None:
        raise BadFile("督促を妨げるものがあるので、一覧は引けません。")
    if not now.count:
        return None
    with night.ledger.transaction() as connection:
        list_no = queries.next_list_no(connection)
        chain = report_queries.chain(connection, night.night_on)
        facts = {
            "list_no": list_no,
            "night_on": night.night_on.isoformat(),
            "claims": now.count,
            "yen": now.yen,
            "announced_claims": now.announced.height,
            "with_names": with_names,
            "made_by": by,
            "program": f"elqr {__version__}",
            **chain,
            "override": _override(request),
        }
        made = reminder_list(night.job.city.name, night.night_on, now.claims, night.register, facts, with_names)
        folder = night.job.arrears_folder / f"{list_no:06d}"
        manifest = _written(night, made, facts, folder)
        row = {
            "list_no": list_no,
            "request_no": approval,
            "night_on": night.night_on.isoformat(),
            "made_at": at,
            "made_by": by,
            "claims": now.count,
            "yen": now.yen,
            "sha256": sha256_of(made.csv),
            "manifest_sha256": sha256_of(manifest),
        }
        queries.enter_list(connection, row, now.claims)
        link = {"arrears_list": list_no, "manifest": row["manifest_sha256"], "claims": now.count, "yen": now.yen}
        said = {"version": __version__, **link, "made_at": at, "made_by": by}
        entries.enter_run(connection, night.night_on, said)
    return Drawn(list_no, folder, now.count, now.yen)


def _approval(night: Night, request_no: int, now: Situation) -> dict[str, Any]:
    with night.ledger.transaction() as connection:
        request = next((own for own in queries.requests(connection) if own["request_no"] == request_no), None)
    if request is None or request["result"] != RulingResult.APPROVED.value:
        raise NotFound(f"承認された督促の申請 {request_no} はありません。elqr arrears approve で承認してください。")
    if request["list_no"] is not None:
        raise BadFile(f"申請 {request_no} の承認は、一覧{request['list_no']}で使いました。もう一度申請してください。")
    _is_the_same(now, request)
    return request


def _override(request: dict[str, Any] | None) -> dict[str, Any] | None:
    if request is None:
        return None
    names = ("request_no", "reason", "asked_by", "taken_by")
    return {name: request[name] for name in names} | {"risks": json.loads(request["risks"])}


def _written(night: Night, made: List, facts: dict[str, Any], folder: Path) -> bytes:
    """The files, and last the manifest that names them; returns the manifest's bytes."""
    files = made.files()
    hashes = {name: sha256_of(data) for name, data in sorted(files.items())}
    manifest = (json.dumps({**facts, "files": hashes}, ensure_ascii=False, indent=1) + "\n").encode()
    if not night.ledger.rehearsal:
        keep(night.job.store.archive, sha256_of(manifest), manifest)
    for name, data in files.items():
        night.write(folder / name, data)
    night.write(folder / MANIFEST, manifest)
    return manifest


@dataclass(frozen=True, slots=True)
class Checked:
    """一覧の確かめ: its number, and the claims that should not be reminded any more, with why."""

    list_no: int
    count: int
    changed: pl.DataFrame


def checked(night: Night, folder: Path) -> Checked:
    """送る前に確かめる: the folder is ours, unchanged and the newest; claims that changed since are named.

    Raises NotFound, BadFile.
    """
    row = _ours(night, folder)
    with night.ledger.transaction() as connection:
        listed = queries.listed(connection, row["list_no"])
        today = queries.unpaid(connection, night.night_on)
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
    return Checked(row["list_no"], listed.height, changed)


def _ours(night: Night, folder: Path) -> dict[str, Any]:
    """台帳に記した一覧か, unchanged and the newest. Raises NotFound, BadFile."""
    path = folder / MANIFEST
    try:
        data = path.read_bytes()
        found = json.loads(data)
        list_no, files = int(found["list_no"]), dict(found["files"])
    except OSError as error:
        raise NotFound(f"{folder} に督促対象一覧の目録（{MANIFEST}）がありません。") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BadFile(
            f"{path} は督促対象一覧の目録ではありません。elqr arrears list が作ったものを使ってください。"
        ) from error
    with night.ledger.transaction() as connection:
        rows = queries.lists(connection)
    row = next((own for own in rows if own["list_no"] == list_no), None)
    if row is None or row["manifest_sha256"] != sha256_of(data):
        raise BadFile(f"{path} が作ったときと違うか、別の台帳のものです。送らずに、一覧を引き直してください。")
    for name, sha256 in files.items():
        own = folder / Path(name).name
        if not own.is_file() or sha256_of(own.read_bytes()) != sha256:
            raise BadFile(f"{own} が作ったときと違うか、ありません。送らずに、一覧を引き直してください。")
    if row is not rows[-1]:
        raise BadFile(
            f"一覧{list_no}は古いものです。新しい一覧{rows[-1]['list_no']}"
            f"（{rows[-1]['night_on']}、{rows[-1]['claims']:,}件）を使ってください。"
        )
    return row
