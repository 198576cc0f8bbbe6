"""The night (夜間処理), readable from top to bottom: notices, payloads, files, matching, reports.

Each file is taken in by one transaction and the night is posted by one more, over all accepted files
together and whatever an interrupted night left unmatched. So the order of files cannot matter, a crash
between two steps loses nothing, and running again changes nothing.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Protocol

import polars as pl

from elqr import __version__
from elqr.alarms import unknown_by_channel
from elqr.errors import BadFile
from elqr.findings import LISTED_PER_CODE, Finding
from elqr.formats.decode import decode
from elqr.formats.encode import encode_csv
from elqr.formats.spec import Spec
from elqr.frames import Candidate, Decision, Notice, Payload, Payment
from elqr.in_hand import InHand
from elqr.inbox import Arrived, arrivals, keep, keep_file, kept_at, read_part, sha256_of, write_whole
from elqr.intake import take, take_large
from elqr.issue.issuing import Codes, payloads, with_keys
from elqr.job import Job
from elqr.journal import Journal, Step
from elqr.ledger import postings
from elqr.limits import PIECE_BYTES
from elqr.matching import match
from elqr.notices import gain, key_rows, rows_of
from elqr.procedures import Register
from elqr.remittance import Rules, settle_night
from elqr.report.page import Page
from elqr.settlement import bundles
from elqr.store import entries, money_entries, month_queries, queries, tables
from elqr.store.bulk import next_no
from elqr.store.entries import Delivered
from elqr.store.ledger_file import Ledger
from elqr.suggestions import neighbours, suggestions
from elqr.terms import FileStatus, KeyKind, Outcome, Place

UPLOAD_SPEC = "eltax_notice_upload_csv"


@dataclass(slots=True)
class Night:
    """一夜: everything a run needs, and what it has changed so far.

    `taken` are the payments of files that it took in whole, frame Payment by file; `in_hand` is what it decided.
    """

    job: Job
    register: Register
    specs: Mapping[str, Spec]
    ledger: Ledger
    night_on: date
    secret: bytes
    journal: Journal
    rules: Rules
    hands: "Hands" = field(default_factory=lambda: Alone())
    changes: list[str] = field(default_factory=list)
    quarantined: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    taken: dict[int, pl.DataFrame] = field(default_factory=dict)
    in_hand: InHand | None = None

    def summary(self, page: Page, run_id: str, exit_code: int) -> dict[str, object]:
        """実行の要約: the head of `run.json`. Holds counts and yen, no names."""
        return {
            "run_id": run_id or f"{self.night_on:%Y%m%d}-same",
            "program": f"elqr {__version__}",
            "night_on": self.night_on.isoformat(),
            "rehearsal": self.ledger.rehearsal,
            "changed": bool(self.changes),
            "status": page.status,
            "exit_code": exit_code,
            "quarantined": self.quarantined,
            "funnel": [
                {"place": line.kind, "label": line.label, "count": line.count, "yen": line.yen} for line in page.funnel
            ],
            "findings": [finding.as_dict() for finding in page.findings[:LISTED_PER_CODE]],
            "kpi": [
                {"fiscal_year": y.fiscal_year, "target": y.target, "planned": y.planned, "live": y.live}
                for y in page.years
            ],
        }

    def keep(self, arrived: Arrived) -> None:
        """Archives what arrived; a rehearsal writes nothing."""
        if self.ledger.rehearsal:
            return
        if arrived.data is not None:
            keep(self.job.store.archive, arrived.sha256, arrived.data)
        elif arrived.path is not None:
            keep_file(self.job.store.archive, arrived.sha256, arrived.path)

    def kept(self, arrived: Arrived) -> Arrived:
        """A large file where nobody writes to it any more; in a rehearsal where it came."""
        if arrived.path is None or self.ledger.rehearsal:
            return arrived
        return replace(arrived, path=kept_at(self.job.store.archive, arrived.sha256))

    def write(self, path: Path, data: bytes) -> None:
        """Writes an output file; a rehearsal writes nothing."""
        if not self.ledger.rehearsal:
            write_whole(path, data)


@dataclass(frozen=True, slots=True)
class Posted:
    """計上した結果: sums of what was decided, for the run's record."""

    count: int
    yen: int
    places: dict[str, list[int]]
    channels: dict[str, list[int]]
    posted_yen: int


class Hands(Protocol):
    """働き手: who decodes the payment files and matches the payments: this machine alone, or others too."""

    def take_files(self, night: Night) -> None:
        """収納データを取り込む: every file of the inboxes, each by one transaction."""

    def post(self, night: Night) -> Posted:
        """計上する: every payment without a decision, inside the night's transaction."""


class Alone:
    """一台の機械."""

    def take_files(self, night: Night) -> None:
        """収納データを取り込む."""
        for box in night.job.inbox:
            specs = [night.specs[name] for name in box.specs]
            for arrived in arrivals(box.path, night.job.thresholds.file_megabytes):
                take_file(night, arrived, specs)

    def post(self, night: Night) -> Posted:
        """計上する."""
        earlier = queries.undecided_payments(night.ledger.connection, night.taken)
        payments = pl.concat([earlier, *night.taken.values()]).sort(Payment.PAYMENT_NO)
        decisions, posted_yen = _post(night, payments)
        yen = int(payments[Payment.PAID_YEN].sum())
        return Posted(payments.height, yen, places(decisions, payments), channels(decisions, payments), posted_yen)


def run_night(night: Night, configuration_hash: str) -> str:
    """夜間処理: returns the id of the run, empty when nothing changed. Reports are drawn afterwards.

    Raises BadFile for a date in a closed month.
    """
    not_in_a_closed_month(night)
    if night.job.notices is not None:
        for arrived in arrivals(night.job.notices.inbox, night.job.thresholds.file_megabytes):
            take_notices(night, arrived)
        if night.job.notices.issue:
            issue_payloads(night)
    night.hands.take_files(night)
    for box in night.job.money:
        specs = [night.specs[name] for name in box.specs]
        for arrived in arrivals(box.path, night.job.thresholds.file_megabytes):
            take_file(night, arrived, specs, "入金データ取込")
    return reconcile(night, configuration_hash)


def not_in_a_closed_month(night: Night) -> None:
    """締めた月の日では動かさない: its figures, and the balances they begin with, stand. Raises BadFile."""
    with night.ledger.transaction() as connection:
        closed = month_queries.last_closed_month(connection)
    if f"{night.night_on:%Y-%m}" <= closed:
        raise BadFile(
            f"{closed} までの月は締めてあるので、{night.night_on} の日付では計上できません。"
            "--date かジョブの date を、締めた月より後の日にしてください。"
        )


def _delivered(arrived: Arrived) -> Delivered:
    return Delivered(arrived.name, arrived.sha256, arrived.size_bytes)


def take_notices(night: Night, arrived: Arrived) -> list[Finding]:
    """納付書データを取り込む: good rows go in, bad rows are kept as findings. Returns the findings."""
    with night.journal.step("納付書取込", arrived.name) as step, night.ledger.transaction() as connection:
        if (data := arrived.whole()) is None:
            step.result = "取込保留"
            night.quarantined.append(arrived.name)
            night.findings += arrived.findings
            return list(arrived.findings)
        if queries.clean_notice_file(connection, arrived.sha256):
            step.result = "取込済"
            return []
        spec = night.specs[night.job.notices.spec if night.job.notices else "notice_csv"]
        decoded = decode(data, spec, arrived.name, night.night_on)
        if "notice" not in decoded.tables:
            step.result = "取込保留"
            night.quarantined.append(arrived.name)
            night.findings += decoded.findings
            return list(decoded.findings)
        rows = rows_of(decoded)
        registered = queries.registered(connection, rows, key_rows(rows))
        claim_no = next_no(connection, tables.claim.c.claim_no)
        notice_no = next_no(connection, tables.notice.c.notice_no)
        codes = [procedure.code for procedure in night.register.procedure]
        gained = gain(decoded, arrived.name, codes, registered, claim_no, notice_no)
        step.count, step.yen = gained.rows_new, int(gained.notices[Notice.AMOUNT_YEN].sum())
        step.result = f"新規{gained.rows_new} 変更なし{gained.rows_same} 指摘{gained.rows_bad}"
        if gained.rows_new or not queries.notice_file_known(connection, arrived.sha256):
            night.keep(arrived)
            entries.enter_notices(connection, _delivered(arrived), night.night_on, gained)
            night.changes.append(arrived.name)
        return gained.findings


def issue_payloads(night: Night) -> Path | None:
    """eL-QRを発行する: keys, 確認番号, payloads, and the upload file with its manifest. Returns the upload's path."""
    with night.journal.step("eL-QR発行") as step, night.ledger.transaction() as connection:
        live = [procedure.code for procedure in night.register.procedure if procedure.is_live(night.night_on)]
        notices = queries.issuable(connection, live)
        if notices.is_empty():
            step.result = "発行する納付書なし"
            return None
        composed = notices[Notice.KEY_NO].null_count()
        first = entries.take_serials(connection, composed) if composed else 1
        keyed = with_keys(notices, night.job.issue.key_rule, first, night.secret)
        taken = queries.key_numbers_in_use(connection, keyed.filter("is_composed")[Notice.KEY_NO])
        if taken:
            raise BadFile(
                f"作った案件特定キーが使用済のキーと重なりました（{min(taken)} など{len(taken)}件）。"
                "ジョブの [issue] key_class を、ほかのシステムが使わない値にしてください。"
            )
        city = night.job.city
        item_no = {procedure.code: procedure.item_no for procedure in night.register.procedure}
        made = payloads(keyed, Codes(city.office_code, city.tax_office_code, item_no))
        upload_no = next_no(connection, tables.upload.c.upload_no)
        path, upload = _upload(night, made, upload_no)
        entries.enter_payloads(connection, made.with_columns(pl.lit(upload_no).alias(Payload.UPLOAD_NO)), upload)
        step.count, step.yen, step.result = made.height, int(made[Notice.AMOUNT_YEN].sum()), path.name
        night.changes.append(path.name)
        return path


def _upload(night: Night, made: pl.DataFrame, upload_no: int) -> tuple[Path, dict[str, object]]:
    """納付書情報 for 共通納税IFS, written before the ledger says so: after a crash it is written again, the same."""
    spec = night.specs[UPLOAD_SPEC]
    rows = made.with_columns(pl.lit(night.job.city.city_code).alias("city_code"))
    data = encode_csv(spec, rows)
    path = night.job.out / "upload" / f"elqr_notices_{upload_no:06d}.csv"
    upload: dict[str, object] = {
        "upload_no": upload_no,
        "night_on": night.night_on.isoformat(),
        "file_name": path.name,
        "notices": made.height,
        "yen": int(made[Notice.AMOUNT_YEN].sum()),
        "sha256": sha256_of(data),
    }
    manifest = {**upload, "spec": spec.name, "spec_verified": spec.verified, "program": f"elqr {__version__}"}
    night.write(path, data)
    night.write(
        path.with_suffix(".manifest.json"), (json.dumps(manifest, ensure_ascii=False, indent=1) + "\n").encode()
    )
    return path, upload


def take_file(night: Night, arrived: Arrived, specs: list[Spec], what: str = "収納データ取込") -> None:
    """収納データか入金データを取り込む: one file, one transaction; accepted, held back, or delivered before."""
    with night.journal.step(what, arrived.name) as step, night.ledger.transaction():
        if not known_before(night, _delivered(arrived), step):
            _take_new(night, arrived, specs, step)


def known_before(night: Night, delivered: Delivered, step: Step) -> bool:
    """取込済か再受信: content that the ledger holds is not taken in again; under another name its delivery is noted."""
    connection = night.ledger.connection
    before = queries.deliveries_of(connection, delivered.name, delivered.sha256)
    if any(status != FileStatus.QUARANTINED for status, _ in before):
        step.result = "取込済"
        return True
    known = queries.file_of(connection, delivered.sha256)
    if known is not None:
        _, spec_name, count, yen = known
        entries.enter_delivery(connection, delivered, night.night_on, FileStatus.REDELIVERED, spec_name, count, yen)
        night.changes.append(delivered.name)
        step.count, step.yen, step.result = count, yen, FileStatus.REDELIVERED.value
    return known is not None


def hold_back(night: Night, delivered: Delivered, spec_name: str, findings: Sequence[Finding], step: Step) -> None:
    """取込保留にする: noted once for each format that it was read as."""
    connection = night.ledger.connection
    night.quarantined.append(delivered.name)
    step.result = FileStatus.QUARANTINED.value
    before = queries.deliveries_of(connection, delivered.name, delivered.sha256)
    if spec_name not in {spec for _, spec in before}:
        entries.enter_quarantine(connection, delivered, night.night_on, spec_name, findings)
        night.changes.append(delivered.name)


def _take_new(night: Night, arrived: Arrived, specs: list[Spec], step: Step) -> None:
    night.keep(arrived)
    arrived = night.kept(arrived)
    if not (_taken_in_pieces(night, arrived, specs, step) or _taken_whole(night, arrived, specs, step)):
        return
    night.changes.append(arrived.name)
    step.result = FileStatus.ACCEPTED.value


def _taken_in_pieces(night: Night, arrived: Arrived, specs: list[Spec], step: Step) -> bool:
    """大きなファイル with nothing wrong or odd in it, a piece at a time; false when it is to be read whole."""
    if arrived.path is None:
        return False
    read = partial(read_part, arrived.path)
    large = take_large(read, arrived.size_bytes, arrived.name, specs, night.night_on, PIECE_BYTES)
    if large is None:
        return False
    payments = large.payments(read, arrived.name, night.night_on)
    entered = entries.enter_file(
        night.ledger.connection, _delivered(arrived), night.night_on, large.spec.name, large.record_count, payments
    )
    step.count, step.yen = entered.count, entered.yen
    return True


def _taken_whole(night: Night, arrived: Arrived, specs: list[Spec], step: Step) -> bool:
    """Accepted, with what it brought; false when it was held back."""
    connection, delivered, data = night.ledger.connection, _delivered(arrived), arrived.whole()
    intake = take(data, arrived.name, specs, night.night_on) if data is not None else None
    findings = arrived.findings if intake is None else intake.findings
    spec_name = "" if intake is None else intake.spec_name
    if intake is None or findings:
        hold_back(night, delivered, spec_name, findings, step)
        return False
    if intake.deposits is not None:
        lines = money_entries.enter_deposits(
            connection, delivered, night.night_on, spec_name, intake.record_count, intake.deposits
        )
        step.count, step.yen = lines.height, money_entries.money_yen(lines)
    elif intake.payments is not None:
        entered = entries.enter_file(
            connection, delivered, night.night_on, spec_name, intake.record_count, [intake.payments]
        )
        step.count, step.yen = entered.count, entered.yen
        night.taken[entered.file_no] = entered.rows(intake.payments)
    return True


def reconcile(night: Night, configuration_hash: str) -> str:
    """消し込み、突き合わせる: in one transaction with the run's link of the chain."""
    with night.journal.step("消込") as step, night.ledger.transaction() as connection:
        notice_files, last_notice_file = queries.unnamed_notice_files(connection)
        inputs = {*notice_files, *queries.undecided_files(connection)}
        posted = night.hands.post(night)
        with night.journal.step("払込突合") as money_step:
            settled = settle_night(night.ledger, night.rules, night.night_on)
            money_step.count = sum(settled.get("settled", {}).values())
        if not posted.count and not night.changes and not settled:
            step.result = "変更なし"
            return ""
        step.count, step.yen = posted.count, posted.yen
        entry = {
            "version": __version__,
            "configuration": configuration_hash,
            "inputs": sorted(inputs),
            "notice_files": last_notice_file,
            "places": posted.places,
            "channels": posted.channels,
            "posted_yen": posted.posted_yen,
            **({"settlement": settled} if settled else {}),
        }
        return entries.enter_run(connection, night.night_on, entry)


def _post(night: Night, payments: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """計上する: all payments without a decision. Returns their decisions, and the yen that were posted."""
    connection = night.ledger.connection
    candidates = queries.candidates(connection, payments)
    matched = match(
        payments,
        queries.known_events(connection, payments),
        candidates.select(*Candidate.SCHEMA),
        queries.open_claims(connection, queries.owed_by(candidates)),
    )
    made = postings(matched.decisions, matched.allocations, payments, night.register.without_closing_period())
    unknown = payments.join(
        matched.decisions.filter(pl.col(Decision.OUTCOME) == Outcome.KEY_UNKNOWN.value),
        on=Payment.PAYMENT_NO,
        how="semi",
    ).filter(pl.col(Payment.KEY_KIND) != KeyKind.CUSTOMER.value)
    near = neighbours(unknown)
    found = suggestions(near, queries.notices_by_key(connection, near))
    entries.enter_decisions(connection, night.night_on, payments, matched.decisions, made, found)
    money_entries.enter_bundles(connection, night.night_on, bundles(payments, matched.decisions))
    night.in_hand = InHand(payments, matched.decisions, candidates, made)
    return matched.decisions, int(made["yen"].sum())


def places(decisions: pl.DataFrame, payments: pl.DataFrame) -> dict[str, list[int]]:
    """行き先ごとの件数と金額. Asserts that they add up to what was read."""
    rows = decisions.join(payments.select(Payment.PAYMENT_NO, Payment.PAID_YEN), on=Payment.PAYMENT_NO, validate="1:1")
    sums = rows.group_by(Decision.PLACE).agg(pl.len(), pl.col(Payment.PAID_YEN).sum())
    found = {place: [count, yen] for place, count, yen in sums.iter_rows()}
    assert sum(count for count, _ in found.values()) == payments.height
    assert sum(yen for _, yen in found.values()) == int(payments[Payment.PAID_YEN].sum())
    return {place.value: found.get(place.value, [0, 0]) for place in Place}


def channels(decisions: pl.DataFrame, payments: pl.DataFrame) -> dict[str, list[int]]:
    """チャネルごとの確報の件数と該当なしの件数: what later nights compare theirs with."""
    rows = decisions.join(payments.select(Payment.PAYMENT_NO, Payment.CHANNEL, Payment.STAGE), on=Payment.PAYMENT_NO)
    return {channel: [confirmed, unknown] for channel, confirmed, unknown in unknown_by_channel(rows).iter_rows()}
