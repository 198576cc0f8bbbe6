"""The ledger of a job (ジョブの台帳): opened only if it belongs to the job's folders, by one run at a time."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum, auto
from pathlib import Path

from filelock import FileLock, Timeout

from elqr.session.job import Job
from elqr.session.ledger_belonging import leave_mark, refuse_disagreement, refuse_new
from elqr.session.ledger_traces import Traces, read_traces
from elqr.session.operators import Operator
from elqr.store.ledger_file import Ledger, ledger_path, open_ledger, open_to_read, refuse_nothing
from elqr.vocabulary.errors import CannotWrite, Locked, OperatorError, cause


class AllowedLedger(Enum):
    """どの台帳でよいか: the job's own; any that exists, read only; or any at all, even a new one."""

    OWN = auto()
    TO_READ = auto()
    ANY = auto()


def guard_new(which: AllowedLedger, traces: Traces) -> Callable[[], None]:
    """新しい台帳の前に: the check to run before a ledger is created. It raises LedgerError."""

    def refuse() -> None:
        if which is not AllowedLedger.ANY:
            refuse_new(traces)
        if which is AllowedLedger.TO_READ:
            refuse_nothing()

    return refuse


@contextmanager
def open_ledger_of(
    job: Job, url: str, *, rehearsal: bool, which: AllowedLedger = AllowedLedger.OWN, operator: Operator | None = None
) -> Iterator[Ledger]:
    """ジョブの台帳を開く if it belongs to the job's folders, and leave its mark at the end. Raises LedgerError.

    A run that fails leaves the mark if it can: a mark that is behind its ledger does no harm.
    """
    traces = read_traces(job)
    if which is AllowedLedger.TO_READ:
        with open_to_read(url, guard_new(which, traces)) as ledger:
            yield ledger
        return
    who = (operator or Operator()).as_dict()
    with open_ledger(url, rehearsal=rehearsal, before_new=guard_new(which, traces), operator=who) as ledger:
        if which is AllowedLedger.OWN:
            refuse_disagreement(ledger, traces)
        try:
            yield ledger
        except BaseException:
            if which is AllowedLedger.OWN:
                with suppress(OperatorError):
                    _leave_mark(job, ledger)
            raise
        _leave_mark(job, ledger)


def _leave_mark(job: Job, ledger: Ledger) -> None:
    if not ledger.rehearsal:
        leave_mark(job, ledger)


def make_folder(folder: Path) -> None:
    """フォルダを作る where there is none, and see that it can be written to. Raises CannotWrite."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(
            f"フォルダ {folder} を作れません（{cause(error)}）。権限とパスを確かめてください。"
        ) from error
    if not os.access(folder, os.W_OK):
        raise CannotWrite(f"フォルダ {folder} に書き込めません。権限を確かめてください。")


@contextmanager
def lock(job: Job, url: str, wait_seconds: float = 0) -> Iterator[None]:
    """二重起動を防ぐ: one run at a time on one ledger, for which one may wait. Raises Locked, CannotWrite."""
    ledger = ledger_path(url)
    path = job.out / ".elqr.lock" if ledger is None else ledger.with_name(f"{ledger.name}.lock")
    make_folder(path.parent)
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise CannotWrite(
            f"錠のファイル {path} の場所に、リンクかフォルダがあります。"
            "誰が置いたかを確かめ、消してから、もう一度実行してください。"
        )
    lock = FileLock(str(path), timeout=wait_seconds, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        raise Locked("別の夜間処理が動いています。終わってから、もう一度実行してください。") from error
    except OSError as error:
        raise CannotWrite(f"錠のファイル {path} を使えません（{cause(error)}）。権限を確かめてください。") from error
    try:
        yield
    finally:
        lock.release()
