"""The opening of a night (実行の準備): from the path of a job to everything a night needs, opened and locked.

Clock, environment, lock and files are found here and handed on.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from elqr.audit.verification.unsealed import refuse_unbacked
from elqr.disk.run_log import Journal
from elqr.night.steps import OneMachine, not_in_a_closed_month
from elqr.rules.settlement_rules import Rules
from elqr.session import clock
from elqr.session.configuration import calendar_for, processing_day, read_register, specs_exist, specs_for
from elqr.session.job import Job, configuration_hash, read_job, read_secret, read_store_url
from elqr.session.ledger_access import Which, before_new, ledger_of, lock, make_folder
from elqr.session.ledger_traces import read_traces
from elqr.session.login import operators_for, who_runs
from elqr.session.night import Night, Workers
from elqr.store.ledger_file import Ledger, is_nothing
from elqr.store.queries import reviews as review_queries
from elqr.vocabulary.errors import LedgerError

_FOR_GROUP = 0o027
"""The group reads reports, and nobody else does; the ledger and the archive are their user's all the same."""


@dataclass(slots=True)
class Prepared:
    """準備のできた夜: a night that may begin, and the hash of what configures it."""

    night: Night
    configuration: str


@contextmanager
def prepared(
    path: Path, day: date | None, *, rehearsal: bool, show: Callable[[str], None], which: Which = Which.OWN
) -> Iterator[Prepared]:
    """夜を準備する: everything a person wrote is validated before anything is touched.

    What is entered bears the night's date. Raises BadFile for one in a closed month.
    """
    job = read_job(path)
    night_on = processing_day(job, day)
    if job.group_reads:
        os.umask(_FOR_GROUP)
    register = read_register(job.register_file)
    specs = specs_for(job)
    specs_exist(job, specs, path)
    secret, url = read_secret(job, os.environ), read_store_url(job, os.environ)
    if is_nothing(url):
        before_new(which, read_traces(job))()
    operators, operator = operators_for(job), who_runs(os.environ)
    if not rehearsal:
        make_folder(job.out)
    with (
        nullcontext() if rehearsal else lock(job, url),
        nullcontext(OneMachine()) if rehearsal or job.cluster is None else _hired(job, url) as workers,
        ledger_of(job, url, rehearsal=rehearsal, which=which, operator=operator) as ledger,
    ):
        if not (rehearsal or day or job.run_on):
            _clock_has_not_gone_back(ledger, night_on)
        journal = Journal(clock=clock.now, show=show)
        rules = Rules(job.settlement, job.arrival, calendar_for(job))
        night = Night(job, register, specs, ledger, night_on, secret, journal, rules, workers)
        night.operator, night.operators = operator, operators
        if which is Which.OWN or not rehearsal:
            refuse_unbacked(night)
        if not rehearsal:
            not_in_a_closed_month(night)
        with night.ahead:
            yield Prepared(night, configuration_hash(path, job.register_file))


@contextmanager
def _hired(job: Job, url: str) -> Iterator[Workers]:
    """クラスタを使う: its machines run the Python of the same path, unless the environment names another."""
    from elqr.night.cluster import hired

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with hired(job, url) as workers:
        yield workers


def _clock_has_not_gone_back(ledger: Ledger, today: date) -> None:
    """時計が戻っていないか: a day that nobody named is not before the last night. Raises LedgerError."""
    with ledger.transaction() as connection:
        last = review_queries.last_night(connection)
    if today.isoformat() < last:
        raise LedgerError(
            f"機械の時計（{today}）が最後の夜（{last}）より前です。何もしていません。"
            "時計を直すか、その日でよければ --date で日付を指定してください。"
        )
