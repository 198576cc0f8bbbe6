"""The order of a night (夜の順), readable from top to bottom: the command, the replay and the tests call it.

Each step returns its result, and the next is given it.
"""

from dataclasses import dataclass

from elqr import __version__
from elqr.disk.atomic_write import write_whole
from elqr.handover.export import export_night
from elqr.handover.manifest import Handover
from elqr.night.item_orders import record_item_orders
from elqr.night.ledger_proof import prove_ledger
from elqr.night.morning import Written, draw, draw_early, exit_code, write_out
from elqr.night.night import Night
from elqr.night.posting import Posted
from elqr.night.reductions import Seals, move_excess_to_suspense, notices_looked_at
from elqr.night.remittance import settle_night
from elqr.night.take_in import Taken
from elqr.night.upload import Upload, issue_payloads
from elqr.night.workers import Workers
from elqr.report.early_files import EarlyFiles
from elqr.report.page.page import Page
from elqr.rules.night_result import NightResult, ReportRows
from elqr.session.session import Session
from elqr.store.entries.chain import append_link
from elqr.store.entries.links import LookedAt, NightRun
from elqr.store.queries import chain as links
from elqr.store.queries.matching import undecided_files
from elqr.store.queries.reports import anchor
from elqr.vocabulary.terms import ExitCode


@dataclass(frozen=True, slots=True)
class Run:
    """実行: its id, empty when nothing changed, and what reports show of it where that need not be read back."""

    run_id: str
    rows: ReportRows | None


@dataclass(frozen=True, slots=True)
class Worked:
    """動かした夜: the night, the head of its `run.json`, the handover, the page, the files and the exit code."""

    night: Night
    record: dict[str, object]
    handed: Handover | None
    page: Page
    written: Written
    exit_code: ExitCode


def work_night(session: Session, workers: Workers, at: str) -> Worked:
    """一夜を動かす: run, hand over, draw, write, record. `at` is the time of the export. A rehearsal writes nothing."""
    night = Night(session)
    with EarlyFiles() as early:
        run = run_night(night, workers, early)
        handover = export_night(session, at)
        with session.journal.step("帳票"), prove_ledger(session, run.rows) as proof:
            morning = draw(session, proof, night, run.rows)
            written = Written() if session.ledger.rehearsal else write_out(session.folder, morning, early, proof)
    code = ExitCode.FAILED if written.failures else exit_code(morning.page.status)
    record = night.summary(morning.page, run.run_id, code)
    with session.ledger.transaction() as connection:
        record["anchor"] = anchor(connection)
    if handover is not None:
        record["export"] = handover.model_dump(mode="json")
    if not session.ledger.rehearsal:
        session.journal.write(session.folder / "runs" / str(record["run_id"]), record, write_whole)
    return Worked(night, record, handover, morning.page, written, code)


def run_night(night: Night, workers: Workers, early: EarlyFiles | None = None) -> Run:
    """夜間処理: take in what came, match, post and settle. Reports are drawn afterwards.

    Files in `early` are drawn while the ledger is written. Raises Refused for a day in a closed month.
    """
    session = night.session
    session.refuse_closed_month()
    record_item_orders(night)
    workers.take_claims(night)
    is_issued = workers.take_notices(night)
    upload = issue_payloads(night) if is_issued else Upload()
    seals = move_excess_to_suspense(night, upload.seals)
    taken = workers.take_payments(night)
    workers.take_money(night)
    session.ledger.refresh()
    run_id, result = reconcile(night, workers, taken, seals, early)
    session.ledger.refresh()
    return Run(run_id, result.report_rows() if early is not None and result is not None else None)


def reconcile(
    night: Night, workers: Workers, taken: Taken, seals: Seals, early: EarlyFiles | None
) -> tuple[str, NightResult | None]:
    """消し込み、突き合わせる: in one transaction, with the run's link in the chain. Returns the run's id and result."""
    session = night.session
    with session.journal.step("消込") as step, session.ledger.transaction() as connection:
        notice_files, last_notice_file = links.unnamed_notice_files(connection)
        inputs = {*notice_files, *undecided_files(connection)}
        decided = workers.decide(night, taken)
        if early is not None and decided.result is not None:
            draw_early(session, decided.result, early)
        posted = decided.enter()
        with session.journal.step("払込突合") as money_step:
            settled = settle_night(session.ledger, session.rules, session.night_on)
            money_step.count = sum(settled.get("settled", {}).values())
        has_news = posted.count or night.changes or settled
        if not has_news and not links.is_posted_since(connection, session.night_on):
            step.result = "変更なし"
            return "", decided.result
        step.count, step.yen = posted.count, posted.yen
        looked_at = notices_looked_at(session, last_notice_file)
        link = _link(session, sorted(inputs), looked_at, posted, settled)
        run_id = append_link(connection, session.night_on, link, {**seals, **posted.seals})
    return run_id, decided.result


def _link(
    session: Session, inputs: list[str], looked_at: LookedAt, posted: Posted, settled: dict[str, dict[str, int]]
) -> NightRun:
    """連鎖の輪: what the chain of runs says of the night. `settled` is as `settle_night` returns it."""
    link = NightRun(
        version=__version__,
        configuration=session.setup.configuration,
        inputs=inputs,
        notice_files=looked_at["notice_files"],
        last_notice=looked_at["last_notice"],
        last_state=looked_at["last_state"],
        last_fee=looked_at["last_fee"],
        places=posted.places,
        channels=posted.channels,
        posted_yen=posted.posted_yen,
    )
    if settled:
        link["settlement"] = settled
    if session.job.training:
        link["training"] = True
    return link
