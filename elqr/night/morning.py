"""The morning (帳票を引く): draw the reports of a night from the ledger, and write their files.

No report gets its final name before the ledger is proved (elqr/night/ledger_proof.py).
"""

import os
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from elqr.disk.atomic_write import remove, set_aside, sweep
from elqr.formats.intake.raw_records import originals
from elqr.night.batch_alarms import batch_alarms
from elqr.night.ledger_proof import LedgerProof
from elqr.night.night import Night
from elqr.night.refunds import last_two_months, read_refunds
from elqr.night.remittance import money_rows
from elqr.report.data_files import files_of
from elqr.report.early_files import EarlyFiles
from elqr.report.morning import Morning, morning
from elqr.report.page.page import PAGE
from elqr.report.review_form import is_untouched
from elqr.report.selection import Edition
from elqr.report.tables.backlog import waiting_of
from elqr.report.tables.case_file import Cases
from elqr.report.tables.ledger_rows import Rows
from elqr.report.tables.night import long_outcome_table
from elqr.report.tables.payment_list import DETAILED, choose_listed
from elqr.report.tables.trends import NIGHTS, Sums
from elqr.rules.alarms import (
    alarms,
    arrival_alarms,
    backlog_alarms,
    jump_alarms,
    money_alarms,
    reduction_alarms,
    repeat_alarms,
)
from elqr.rules.expected_files import check_arrivals
from elqr.rules.kpi import Evidence, Kpi, kpi
from elqr.rules.night_result import NightResult, ReportRows
from elqr.session.session import Session
from elqr.store.queries import details as drill_queries
from elqr.store.queries import late_notices as late_queries
from elqr.store.queries import open_exceptions as waiting_queries
from elqr.store.queries import refused_rows as refused_queries
from elqr.store.queries import reports as report_queries
from elqr.store.queries import review_trail as trail_queries
from elqr.store.queries import reviews as review_queries
from elqr.store.queries import totals as tallies
from elqr.store.queries import trends as trend_queries
from elqr.store.queries.arrears import unpaid_by_payer
from elqr.store.queries.counted import later_sums
from elqr.store.queries.retractions import retractions_in
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import CannotWrite
from elqr.vocabulary.findings import Finding, Location
from elqr.vocabulary.limits import WAITING
from elqr.vocabulary.page_frames import PlaceTrend
from elqr.vocabulary.report_frames import DecidedPayment, DeliveryFinding, ExceptionRow
from elqr.vocabulary.terms import ExitCode, Place


def draw(session: Session, proof: LedgerProof, night: Night | None = None, result: ReportRows | None = None) -> Morning:
    """帳票を引く: the reports of a night, from the ledger, whose `proof` begins as soon as it is in nobody's way.

    A `night` that has just run adds what only it knows, and its `result` need not be read back.
    """
    day = session.night_on
    night = Night(session) if night is None else night
    kpi_now = count_kpi(session, day)
    with session.ledger.transaction() as connection:
        rows = _rows(session, proof, result)
        arrivals, calendar = session.rules.arrivals, session.rules.calendar
        expected = check_arrivals(arrivals, report_queries.taken_in(connection, day), day, calendar)
        rows = replace(rows, arrivals=expected if arrivals else None)
        limits, money = session.job.thresholds, rows.money
        findings = alarms(rows.decisions, limits.unmatched_rate, limits.unmatched_at_least)
        findings += jump_alarms(rows.sums.channels, day, limits.unmatched_jump, limits.unmatched_at_least)
        findings += repeat_alarms(rows.decisions, rows.others)
        findings += reduction_alarms(rows.postings)
        findings += arrival_alarms(expected, calendar.last_on if arrivals else None, day)
        findings += backlog_alarms(rows.waiting, day, limits.backlog_days)
        findings += money_alarms(money.open_lines, money.gaps, money.doubts) if money else []
        makers = {name: spec.made_by for name, spec in session.specs.items()}
        from_files = [_finding(*row, makers.get(spec, "")) for *row, spec, _ in rows.delivery_findings.iter_rows()]
        findings += [each for each in from_files if each.code is not Code.UNCONFIRMED]
        findings += batch_alarms(session)
        findings += notice_findings(refused_queries.waiting_findings(connection, day), day)
        findings += [finding for finding in night.findings if finding not in findings]
        is_clean = not findings and rows.decisions.filter(_is_exception()).is_empty()
        status = "quarantine" if night.quarantined else "clean" if is_clean else "review"
        edition = Edition(session.job.city.name, day, session.register, session.job.reports)
        return morning(edition, rows, kpi_now, sorted(findings), status)


def draw_early(session: Session, result: NightResult, early: EarlyFiles) -> None:
    """消込結果を先に引く, while the ledger is written. A rehearsal writes nothing."""
    if result.payments.height and not session.ledger.rehearsal:
        schema = DecidedPayment.SCHEMA
        parts = partial(result.parts, list(schema))
        table = long_outcome_table(schema, parts, result.by_outcome().values(), session.register)
        early.begin(session.folder, files_of(table, session.job.reports.data))


@dataclass(frozen=True, slots=True)
class Written:
    """書いた結果: the names of books kept because people wrote in them, and why files could not be written.

    `place` is where to look: the page, or the folder of the reports; None where there are none.
    """

    place: Path | None = None
    kept: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()


def write_out(folder: Path, drawn: Morning, early: EarlyFiles, proof: LedgerProof) -> Written:
    """帳票を書く: every file of the night. Each is drawn as it is written, as many at once as there are cores.

    They get their names when the ledger is proved. A book that people wrote in is kept beside the new one. A file that
    cannot be written, for example because somebody has it open, does not stop the others. What an earlier run of the
    night drew, and the job has left out since, goes: it would show what is no longer so. Raises LedgerError.
    """
    drawings, written_in = drawn.drawings(), drawn.written_in()
    early.begin(folder, drawings, os.cpu_count() or 1)
    proof.refuse_wrong_sums()
    kept, failures = [], []
    left_out = [folder / name for name in drawn.left_out()]
    for path, end in [*((path, early.take_place) for path in early.paths()), *((path, remove) for path in left_out)]:
        try:
            if path.name in written_in and not early.is_same(path):
                kept += _keep_entries(path)
            end(path)
        except CannotWrite as error:
            failures.append(str(error))
    sweep(folder)
    place = folder / PAGE if PAGE in drawings else folder if drawings else None
    return Written(place, tuple(sorted(kept)), tuple(sorted(failures)))


def _keep_entries(path: Path) -> list[str]:
    """記入のあるブックを残す, before it is replaced or goes: the name of its copy, if somebody wrote in it.

    Raises CannotWrite.
    """
    try:
        if not path.is_file() or is_untouched(path.read_bytes(), path.name):
            return []
    except OSError:
        pass
    return [set_aside(path).name]


def _rows(session: Session, proof: LedgerProof, result: ReportRows | None) -> Rows:
    connection, day = session.ledger.connection, session.night_on
    decisions, postings = _decisions_and_sums(session, result)
    exceptions, waiting = _exceptions(session, decisions)
    refunds = read_refunds(session, day, exceptions, last_two_months(day))
    unpaid = proof.aside.ask(unpaid_by_payer, day, refunds.payers())
    proof.begin()
    of_others = (DecidedPayment.PAYMENT_NO, DecidedPayment.OTHER_PAYMENT_NO, DecidedPayment.OUTCOME)
    payments = pl.concat(frame.select(of_others) for frame in (exceptions, decisions))
    late = late_queries.late_notices(connection, exceptions.filter(pl.col(ExceptionRow.BILL_NO).is_null()), day)
    rows = Rows(
        notice_files=report_queries.notice_files(connection, day),
        deliveries=report_queries.deliveries(connection, day),
        delivery_findings=report_queries.delivery_findings(connection, day),
        decisions=decisions,
        exceptions=exceptions.filter(ExceptionRow.IS_OPEN),
        awaiting=exceptions.filter(~pl.col(ExceptionRow.IS_OPEN)),
        rulings=trail_queries.rulings_in(connection, day),
        others=report_queries.other_payments(connection, payments),
        suggestions=report_queries.suggestions(connection, payments, late),
        postings=postings,
        redelivered=report_queries.redelivered(connection, day),
        balances=tallies.balances(connection, day),
        chain=report_queries.chain(connection, day),
        sums=_sums(session),
        money=money_rows(session.ledger, session.rules, day),
        waiting=waiting,
        later=later_sums(connection, day),
    )
    retractions = retractions_in(connection, day)
    return replace(
        rows,
        cases=_cases(session, rows, late) if session.job.reports.page else rows.cases,
        retractions=None if retractions.is_empty() else retractions,
        refunds=replace(refunds, unpaid=unpaid),
    )


def _exceptions(session: Session, decisions: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """要確認 to be listed (frame ExceptionRow), and the sums of all (frame Waiting).

    Tonight's are all listed; of the others only the oldest when there are very many.
    """
    connection, day = session.ledger.connection, session.night_on
    if not waiting_queries.are_more_waiting(connection, WAITING.most):
        exceptions = review_queries.exceptions(connection, day)
        return exceptions, waiting_of(exceptions)
    tonight = decisions.filter(_is_exception()).select(DecidedPayment.PAYMENT_NO)
    oldest = waiting_queries.oldest_waiting(connection, day, WAITING.most)
    exceptions = review_queries.exceptions(connection, day, pl.concat([tonight, oldest]).unique())
    return exceptions, waiting_queries.waiting_sums(connection, day)


def _decisions_and_sums(session: Session, result: ReportRows | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """消込結果と収納日計 of the night (frames DecidedPayment, DailySum), from the run's result or from the ledger."""
    if result is not None:
        return result.decisions, result.sums
    with session.ledger.readers() as readers:
        decisions = report_queries.decisions(readers, session.night_on)
    return decisions, report_queries.postings(session.ledger.connection, session.night_on)


def _sums(session: Session) -> Sums:
    """夜ごとの合計: those of the last nights."""
    connection, day = session.ledger.connection, session.night_on
    places, channels = trend_queries.run_sums(connection, day, NIGHTS)
    first = places[PlaceTrend.NIGHT_ON].min()
    since = first if isinstance(first, date) else day
    return Sums(places, channels, trend_queries.rulings_since(connection, since, day))


def _cases(session: Session, rows: Rows, late: pl.DataFrame) -> Cases:
    """明細のもと: what the details of the payments on the page are drawn from."""
    payments = choose_listed(rows.exceptions, rows.decisions).select(DecidedPayment.PAYMENT_NO).head(DETAILED)
    connection, day = session.ledger.connection, session.night_on
    keys = drill_queries.case_keys(connection, payments)
    claims = drill_queries.case_claims(connection, payments)
    return Cases(
        keys=keys,
        claims=claims,
        notices=drill_queries.claim_notices(connection, claims, day),
        postings=drill_queries.claim_postings(connection, claims, day),
        suspense=drill_queries.suspense_postings(connection, payments, day),
        near=drill_queries.near_notices(connection, payments, late, day),
        originals=originals(keys, session.specs, session.job.store.archive),
    )


def _is_exception() -> pl.Expr:
    """要確認になった収納か."""
    return pl.col(DecidedPayment.PLACE).is_in([Place.EXCEPTION.value, Place.REJECTED.value])


def notice_findings(rows: pl.DataFrame, night: date) -> list[Finding]:
    """納付書の指摘. Those of earlier nights say when their file was taken in."""
    since = pl.when(pl.col("since") < night).then(pl.format("（{} 取込）", "since")).otherwise(pl.lit(""))
    dated = rows.with_columns(pl.concat_str(DeliveryFinding.NAME, since).alias(DeliveryFinding.NAME)).drop("since")
    return [_finding(*row, "core") for row in dated.iter_rows()]


def _finding(*values: Any) -> Finding:
    """台帳の指摘: the values of a row of frame DeliveryFinding up to `expected`, and who made the file."""
    name, code, record_no, offset_bytes, field, actual, expected, made_by = values
    return Finding(Location(name, record_no, offset_bytes, field), Code(code), actual, expected, made_by)


def count_kpi(session: Session, as_of: date, years: tuple[int, ...] = ()) -> Kpi:
    """KPIを数える as of a day, from the register and the ledger's evidence."""
    with session.ledger.transaction() as connection:
        rows = tallies.evidence(connection, as_of)
    evidence = {code: Evidence(*values) for code, *values in rows.iter_rows()}
    return kpi(session.register, evidence, as_of, years)


def exit_code(status: str) -> ExitCode:
    """終了コード of a night's status."""
    return {"clean": ExitCode.CLEAN, "review": ExitCode.REVIEW, "quarantine": ExitCode.QUARANTINE}[status]
