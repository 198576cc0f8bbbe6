"""The opening (実行の準備): from the path of a job to an open session and its workers.

The clock, the environment, the lock and the files are obtained here and passed on.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path

from elqr.audit.verification.unsealed import refuse_unbacked
from elqr.disk.run_log import Journal
from elqr.night.workers import OneMachine, Workers
from elqr.session import clock
from elqr.session.configuration import processing_day
from elqr.session.job import Job, read_job, read_store_url
from elqr.session.ledger_access import AllowedLedger, guard_new, lock, make_folder, open_ledger_of
from elqr.session.ledger_traces import read_traces
from elqr.session.login import operators_for, who_runs
from elqr.session.operators import Operator, Who
from elqr.session.session import Session
from elqr.session.setup import Setup, read_setup
from elqr.store.ledger_file import Ledger, LedgerReader, is_nothing, ledger_path
from elqr.store.queries import reviews as review_queries
from elqr.vocabulary.errors import ClusterError, LedgerError

_FOR_GROUP = 0o027
"""The group may read reports, nobody else. The ledger and the archive are still for their user only."""

_PATIENCE_SECONDS = 3
"""So long somebody at a browser waits for a command that is at work. A night takes longer."""


@contextmanager
def open_session(
    path: Path,
    day: date | None,
    *,
    rehearsal: bool,
    show: Callable[[str], None],
    which: AllowedLedger = AllowedLedger.OWN,
) -> Iterator[Session]:
    """作業を始める. Everything that people wrote is validated before anything is touched.

    `day` is the processing day, where the operator names one. Raises OperatorError, above all BadFile; Refused for a
    day in a closed month.
    """
    job = read_job(path)
    night_on = processing_day(job, day)
    if job.group_reads:
        os.umask(_FOR_GROUP)
    setup, url = read_setup(path, job, os.environ), read_store_url(job, os.environ)
    if is_nothing(url):
        guard_new(which, read_traces(job))()
    who = Who(who_runs(os.environ), operators_for(job))
    if not rehearsal:
        make_folder(job.out)
        _refuse_cluster_on_file(job, url)
    with (
        nullcontext() if rehearsal else lock(job, url),
        open_ledger_of(job, url, rehearsal=rehearsal, which=which, operator=who.operator) as ledger,
    ):
        if not (rehearsal or day or job.run_on):
            _refuse_earlier_clock(ledger, night_on)
        session = Session(setup, ledger, night_on, Journal(clock=clock.now, show=show), who)
        if which is AllowedLedger.OWN or not rehearsal:
            refuse_unbacked(session)
        if not rehearsal:
            session.refuse_closed_month()
        yield session


@contextmanager
def open_beside(setup: Setup, reader: LedgerReader) -> Iterator[Session]:
    """横で読む作業を始める: what is committed as of the last night, while a night may run. Raises LedgerError.

    For a program that stays: its `setup` is read once.
    """
    with reader.look() as ledger:
        last = review_queries.last_night(ledger.connection)
        night_on = date.fromisoformat(last) if last else clock.today()
        yield Session(setup, ledger, night_on, _quiet())


@contextmanager
def open_to_decide(setup: Setup, url: str, day: date, operator: Operator) -> Iterator[Session]:
    """決裁を記す作業を始める, for a program that stays and whose `setup` is read once: one act of one person.

    Another command may be at work for a moment, for which it waits. Raises Locked while a night is, LedgerError, and
    Refused for a day in a closed month.
    """
    job = setup.job
    make_folder(job.out)
    _refuse_cluster_on_file(job, url)
    with (
        lock(job, url, _PATIENCE_SECONDS),
        open_ledger_of(job, url, rehearsal=False, operator=operator) as ledger,
    ):
        session = Session(setup, ledger, processing_day(job, job.run_on or day), _quiet(), Who(operator))
        refuse_unbacked(session)
        session.refuse_closed_month()
        yield session


def _quiet() -> Journal:
    return Journal(clock=clock.now, show=lambda _: None)


@contextmanager
def workers_for(session: Session) -> Iterator[Workers]:
    """働き手: the job's cluster where it has one and this is no rehearsal, else this machine.

    The cluster's machines run Python from the same path as here, unless the environment names another.
    """
    job = session.job
    if job.cluster is None or session.ledger.rehearsal:
        yield OneMachine()
        return
    from elqr.night.cluster import start_cluster

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with start_cluster(job.cluster.master, read_store_url(job, os.environ)) as workers:
        yield workers


def _refuse_cluster_on_file(job: Job, url: str) -> None:
    """ファイルの台帳とクラスタを断る: the machines need a ledger on a server. Raises ClusterError."""
    if job.cluster is not None and ledger_path(url) is not None:
        raise ClusterError(
            "クラスタで動かすには、台帳が PostgreSQL のサーバーにある必要があります。"
            "ジョブの [store] url を直すか、[cluster] を消してください。"
        )


def _refuse_earlier_clock(ledger: Ledger, today: date) -> None:
    """戻った時計を断る: a day taken from the clock must not be before the last night. Raises LedgerError."""
    with ledger.transaction() as connection:
        last = review_queries.last_night(connection)
    if today.isoformat() < last:
        raise LedgerError(
            f"機械の時計（{today}）が最後の夜（{last}）より前です。何もしていません。"
            "時計を直すか、その日でよければ --date で日付を指定してください。"
        )
