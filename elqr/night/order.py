"""The order of a night (夜の順), readable from top to bottom: the command, the replay and the tests call this."""

from dataclasses import dataclass

from elqr.disk.atomic_write import write_whole
from elqr.handover.export import nightly
from elqr.handover.manifest import Handover
from elqr.night.morning import Written, draw, exit_code, write_out
from elqr.night.steps import issue_payloads, not_in_a_closed_month, reconcile, return_excess
from elqr.report.page.page import Page
from elqr.session.night import Night
from elqr.store.queries.reports import anchor
from elqr.vocabulary.terms import ExitCode


@dataclass(frozen=True, slots=True)
class Worked:
    """動かした夜: the head of its `run.json`, what was handed over, the page, its files, and the exit code."""

    record: dict[str, object]
    handed: Handover | None
    page: Page
    written: Written
    exit_code: ExitCode


def work_night(night: Night, configuration_hash: str, at: str) -> Worked:
    """一夜のすべて: run, handed over, drawn, written, recorded. A rehearsal writes nothing."""
    run_id = run_night(night, configuration_hash)
    handed = nightly(night, at)
    with night.journal.step("帳票"):
        drawn = draw(night, night.findings)
        written = Written() if night.ledger.rehearsal else write_out(night.folder, drawn, night.ahead)
    code = ExitCode.FAILED if written.failures else exit_code(drawn.page.status)
    record = night.summary(drawn.page, run_id, code)
    with night.ledger.transaction() as connection:
        record["anchor"] = anchor(connection)
    if handed is not None:
        record["export"] = handed.model_dump(mode="json")
    if not night.ledger.rehearsal:
        night.journal.write(night.folder / "runs" / str(record["run_id"]), record, write_whole)
    return Worked(record, handed, drawn.page, written, code)


def run_night(night: Night, configuration_hash: str) -> str:
    """夜間処理: returns the id of the run, empty when nothing changed. Reports are drawn afterwards.

    Raises BadFile for a date in a closed month.
    """
    not_in_a_closed_month(night)
    if night.workers.take_notices(night):
        issue_payloads(night)
    return_excess(night)
    night.workers.take_payments(night)
    night.workers.take_money(night)
    night.ledger.refresh()
    run_id = reconcile(night, configuration_hash)
    night.ledger.refresh()
    return run_id
