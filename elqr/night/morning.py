"""The morning (帳票を引く): the morning's reports of a night that the ledger holds, and their files.

The ledger is asked of its own sums beside everything else, and no report gets its name before it has told the same.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from elqr.disk.atomic_write import set_aside, sweep, write_parts
from elqr.formats.intake.raw_records import originals
from elqr.night.night import Night
from elqr.night.remittance import money_rows
from elqr.report.data_files import files_of
from elqr.report.early_files import EarlyFiles
from elqr.report.morning import Morning, morning
from elqr.report.review_form import is_untouched
from elqr.report.tables.backlog import waiting_of
from elqr.report.tables.case_file import Cases
from elqr.report.tables.ledger_rows import Rows
from elqr.report.tables.night import long_outcome_table
from elqr.report.tables.payment_list import DETAILED, listed
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
from elqr.rules.expected_files import arriving
from elqr.rules.kpi import Evidence, Kpi, kpi
from elqr.rules.night_result import NightResult
from elqr.session.session import Session
from elqr.store.ledger_file import Aside
from elqr.store.queries import details as drill_queries
from elqr.store.queries import late_notices as late_queries
from elqr.store.queries import open_exceptions as waiting_queries
from elqr.store.queries import refused_rows as refused_queries
from elqr.store.queries import reports as report_queries
from elqr.store.queries import reviews as review_queries
from elqr.store.queries import totals as tallies
from elqr.store.queries import trends as trend_queries
from elqr.store.queries.retractions import retractions_in
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import CannotWrite, LedgerError
from elqr.vocabulary.findings import Finding, Location
from elqr.vocabulary.limits import WAITING
from elqr.vocabulary.page_frames import PlaceTrend
from elqr.vocabulary.report_frames import DecidedPayment, DeliveryFinding, ExceptionRow
from elqr.vocabulary.terms import ExitCode, Place


def draw(session: Session, night: Night | None = None, result: NightResult | None = None) -> Morning:
    """帳票を引く: the reports of a night, from the ledger. Raises LedgerError when it does not add up.

    Of the `night` that has just run they tell what only it knows; its `result` need not be read back.
    """
    day = session.night_on
    night = Night(session) if night is None else night
    kpi_now = count_kpi(session, day)
    decided = result.by_outcome() if result is not None else None
    with session.ledger.aside() as aside, session.ledger.transaction() as connection, _proved(aside, day, decided):
        aside.tidy()
        rows = _rows(session, result)
        arrivals, calendar = session.rules.arrivals, session.rules.calendar
        expected = arriving(arrivals, report_queries.taken_in(connection, day), day, calendar)
        rows = replace(rows, arrivals=expected if arrivals else None)
        limits, money = session.job.thresholds, rows.money
        raised = alarms(rows.decisions, limits.unmatched_rate, limits.unmatched_at_least)
        raised += jump_alarms(rows.sums.channels, day, limits.unmatched_jump, limits.unmatched_at_least)
        raised += repeat_alarms(rows.decisions, rows.others)
        raised += reduction_alarms(rows.postings)
        raised += arrival_alarms(expected, calendar.last_on if arrivals else None, day)
        raised += backlog_alarms(rows.waiting, day, limits.backlog_days)
        raised += money_alarms(money.open_lines, money.gaps, money.doubts) if money else []
        makers = {name: spec.made_by for name, spec in session.specs.items()}
        raised += [_finding(*row, makers.get(spec, "")) for *row, spec in rows.delivery_findings.iter_rows()]
        raised += _refused(refused_queries.waiting_findings(connection, day), day)
        raised += [finding for finding in night.findings if finding not in raised]
        is_clean = not raised and rows.decisions.filter(_waits()).is_empty()
        status = "quarantine" if night.quarantined else "clean" if is_clean else "review"
        return morning(session.job.city.name, day, rows, session.register, kpi_now, sorted(raised), status)


def draw_early(session: Session, result: NightResult, early: EarlyFiles) -> None:
    """消込結果を先に引く: while the ledger is written. A rehearsal writes nothing."""
    if result.payments.height and not session.ledger.rehearsal:
        schema = DecidedPayment.SCHEMA
        parts = partial(result.parts, list(schema))
        table = long_outcome_table(schema, parts, result.by_outcome().values(), session.register)
        early.begin(session.folder, files_of(table))


@dataclass(frozen=True, slots=True)
class Written:
    """書いた結果: the names under which books that people wrote in stay, and why files could not be written."""

    kept: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()


def write_out(folder: Path, drawn: Morning, early: EarlyFiles) -> Written:
    """帳票を書く: every file of the night, drawn as it is written, as many at a time as there are cores.

    What was drawn ahead gets its name. A book that people wrote in stays beside the new one. A file that cannot be
    written, because somebody has it open, keeps none of the others back.
    """
    written_in = drawn.written_in()

    def write(name: str) -> tuple[str, str]:
        try:
            pieces, aside = drawings[name](), None
            if name in written_in:
                pieces = [b"".join(pieces)]
                aside = _set_aside(folder / name, pieces[0])
            write_parts(folder / name, pieces)
        except CannotWrite as error:
            return "", str(error)
        return aside.name if aside else "", ""

    there, drawings = early.take_places(), drawn.drawings()
    sweep(folder)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(write, [name for name in drawings if name not in there]))
    kept = sorted(name for name, _ in results if name)
    failures = sorted(why for why in (*there.values(), *(why for _, why in results)) if why)
    return Written(tuple(kept), tuple(failures))


def _set_aside(path: Path, data: bytes) -> Path | None:
    """A book that differs from the new one is kept, unless nobody wrote in it. Raises CannotWrite."""
    try:
        there = path.read_bytes() if path.is_file() else data
        if there == data or is_untouched(there, path.name):
            return None
    except OSError:
        pass
    return set_aside(path, data)


@contextmanager
def _proved(aside: Aside, day: date, decided: dict[str, list[int]] | None) -> Iterator[None]:
    """台帳の合計が合うか, by itself and with what was decided, asked beside the drawing. Raises LedgerError.

    What the ledger says of itself comes before what reports make of it, though they end in an error.
    """
    broken = aside.ask(report_queries.conservation_breaks, day)
    told = aside.ask(report_queries.outcome_sums, day)
    try:
        yield
    finally:
        _prove(broken(), told(), decided)


def _rows(session: Session, result: NightResult | None) -> Rows:
    connection, day = session.ledger.connection, session.night_on
    decisions, postings = _tonight(session, result)
    exceptions, waiting = _waiting(session, decisions)
    of_others = (DecidedPayment.PAYMENT_NO, DecidedPayment.OTHER_PAYMENT_NO, DecidedPayment.OUTCOME)
    named = pl.concat(frame.select(of_others) for frame in (exceptions, decisions))
    late = late_queries.late_notices(connection, exceptions.filter(pl.col(ExceptionRow.BILL_NO).is_null()), day)
    rows = Rows(
        notice_files=report_queries.notice_files(connection, day),
        deliveries=report_queries.deliveries(connection, day),
        delivery_findings=report_queries.delivery_findings(connection, day),
        decisions=decisions,
        exceptions=exceptions.filter(ExceptionRow.IS_OPEN),
        awaiting=exceptions.filter(~pl.col(ExceptionRow.IS_OPEN)),
        rulings=review_queries.rulings_in(connection, day),
        others=report_queries.other_payments(connection, named),
        suggestions=report_queries.suggestions(connection, named, late),
        postings=postings,
        redelivered=report_queries.redelivered(connection, day),
        balances=tallies.balances(connection, day),
        chain=report_queries.chain(connection, day),
        sums=_sums(session),
        money=money_rows(session.ledger, session.rules, day),
        waiting=waiting,
    )
    taken_back = retractions_in(connection, day)
    return replace(rows, cases=_cases(session, rows, late), retractions=None if taken_back.is_empty() else taken_back)


def _waiting(session: Session, decisions: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """要確認 that is listed, and the sums of all: tonight's, and of very many others the oldest."""
    connection, day = session.ledger.connection, session.night_on
    if not waiting_queries.are_more_waiting(connection, WAITING.most):
        exceptions = review_queries.exceptions(connection, day)
        return exceptions, waiting_of(exceptions)
    tonight = decisions.filter(_waits()).select(DecidedPayment.PAYMENT_NO)
    oldest = waiting_queries.oldest_waiting(connection, day, WAITING.most)
    exceptions = review_queries.exceptions(connection, day, pl.concat([tonight, oldest]).unique())
    return exceptions, waiting_queries.waiting_sums(connection, day)


def _tonight(session: Session, result: NightResult | None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """消込結果と収納日計 of the night: what the run has in hand, or read again."""
    if result is not None:
        return result.rows(list(DecidedPayment.SCHEMA)), result.sums
    with session.ledger.readers() as readers:
        decisions = report_queries.decisions(readers, session.night_on)
    return decisions, report_queries.postings(session.ledger.connection, session.night_on)


def _prove(broken: list[str], told: dict[str, list[int]], decided: dict[str, list[int]] | None) -> None:
    if broken:
        raise LedgerError(
            f"台帳の件数・金額が合いません（{'、'.join(broken)}）。帳票は作っていません。"
            "台帳がほかの手段で書き換えられていないか調べ、控えから戻してください。"
        )
    if decided is not None and told != decided:
        raise LedgerError(
            "台帳の件数・金額が、消し込んだものと違います。帳票は作っていません。elqr verify で調べてください。"
        )


def _sums(session: Session) -> Sums:
    """夜ごとの合計 of the last nights."""
    connection, day = session.ledger.connection, session.night_on
    places, channels = trend_queries.run_sums(connection, day, NIGHTS)
    first = places[PlaceTrend.NIGHT_ON].min()
    since = first if isinstance(first, date) else day
    return Sums(places, channels, trend_queries.rulings_since(connection, since, day))


def _cases(session: Session, rows: Rows, late: pl.DataFrame) -> Cases:
    """明細のもと of the payments that the page lists."""
    payments = listed(rows.exceptions, rows.decisions).select(DecidedPayment.PAYMENT_NO).head(DETAILED)
    connection, day = session.ledger.connection, session.night_on
    keys = drill_queries.case_keys(connection, payments)
    claims = drill_queries.case_claims(connection, payments)
    return Cases(
        keys=keys,
        claims=claims,
        slips=drill_queries.claim_slips(connection, claims, day),
        postings=drill_queries.claim_postings(connection, claims, day),
        suspense=drill_queries.suspense_postings(connection, payments, day),
        near=drill_queries.near_notices(connection, payments, late, day),
        originals=originals(keys, session.specs, session.job.store.archive),
    )


def _waits() -> pl.Expr:
    """要確認になった収納か."""
    return pl.col(DecidedPayment.PLACE).is_in([Place.EXCEPTION.value, Place.REJECTED.value])


def _refused(rows: pl.DataFrame, night: date) -> list[Finding]:
    """納付書の指摘: those of earlier nights say since when they stand."""
    since = pl.when(pl.col("since") < night).then(pl.format("（{} 取込）", "since")).otherwise(pl.lit(""))
    told = rows.with_columns(pl.concat_str(DeliveryFinding.NAME, since).alias(DeliveryFinding.NAME)).drop("since")
    return [_finding(*row, "core") for row in told.iter_rows()]


def _finding(*stored: Any) -> Finding:
    """A finding of the ledger, and who made its file."""
    name, code, no, offset, field, actual, expected, made_by = stored
    return Finding(Location(name, no, offset, field), Code(code), actual, expected, made_by)


def count_kpi(session: Session, as_of: date, years: tuple[int, ...] = ()) -> Kpi:
    """KPI as of a day, from the register and the ledger's evidence."""
    with session.ledger.transaction() as connection:
        rows = tallies.evidence(connection, as_of)
    seen = {code: Evidence(*values) for code, *values in rows.iter_rows()}
    return kpi(session.register, seen, as_of, years)


def exit_code(status: str) -> ExitCode:
    """終了コード of a night's status."""
    return {"clean": ExitCode.CLEAN, "review": ExitCode.REVIEW, "quarantine": ExitCode.QUARANTINE}[status]
