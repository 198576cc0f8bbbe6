"""The edge (実行の準備): from the path of a job to everything a night needs, opened and locked.

The edge of the program: clock, environment, lock and files are found here and handed on.
"""

import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from elqr import clock
from elqr.arithmetic.business_day import Calendar, calendar
from elqr.belonging import leave_mark, refuse_disagreement, refuse_new
from elqr.disk.config_files import read_text
from elqr.disk.run_log import Journal
from elqr.formats.spec import Spec
from elqr.formats.spec_files import read_specs
from elqr.job import Job, configuration_hash, read_job, read_secret, read_store_url
from elqr.ledger_mark import Traces, read_traces
from elqr.night import Hands, Night
from elqr.operators import Operator, Operators, read_operators
from elqr.remittance import Rules
from elqr.rules.register import read_register
from elqr.run import Alone, not_in_a_closed_month
from elqr.store import review_queries
from elqr.store.ledger_file import Ledger, is_nothing, ledger_path, open_ledger, open_to_read, refuse_nothing
from elqr.verification.unsealed import refuse_unbacked
from elqr.vocabulary.errors import BadFile, CannotWrite, LedgerError, Locked, OperatorError

if TYPE_CHECKING:
    from elqr.printing.template import Template

_PACKAGE = Path(__file__).parent
_FOR_GROUP = 0o027
"""The group reads reports, and nobody else does; the ledger and the archive are their user's all the same."""


class Which(Enum):
    """どの台帳でよいか: the job's own; one that is there, whether it is that or not, to be read only; or any."""

    OWN = auto()
    TO_READ = auto()
    ANY = auto()


@dataclass(slots=True)
class Prepared:
    """準備のできた夜."""

    night: Night
    configuration: str


def shipped_specs() -> Path:
    """同梱の様式: beside the package in a checkout, inside it when installed."""
    beside = _PACKAGE.parent / "specs"
    return beside if (beside / "gs1_128.toml").is_file() else _PACKAGE / "shipped_specs"


def specs_for(job: Job | None, extra: tuple[Path, ...] = ()) -> dict[str, Spec]:
    """様式: the shipped ones, replaced and extended by the job's folders."""
    return read_specs([shipped_specs(), *(job.specs if job else ()), *extra])


def sheets_for(job: Job | None) -> "dict[str, Template]":
    """版下: the shipped ones, replaced and extended by the job's folders."""
    from elqr.printing.template import read_templates

    return read_templates([shipped_specs() / "sheets", *(job.printing.sheets if job else ())])


def calendar_for(job: Job) -> Calendar:
    """営業日の暦: the shipped holidays, or the city's own. Raises NotFound, BadFile."""
    path = job.calendar.holidays or shipped_specs() / "holidays.csv"
    try:
        text = read_text(path, "祝日の表", "[calendar] holidays を確かめてください。")
        return calendar(text, job.calendar.closed)
    except ValueError as error:
        raise BadFile(f"祝日の表 {path} を読めません（{error}）。[calendar] holidays を直してください。") from error


def store_url(path: Path) -> str:
    """台帳のURL of a job. Raises NotFound, BadFile."""
    return read_store_url(read_job(path), os.environ)


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
        _before_new(which, read_traces(job))()
    operators, operator = operators_for(job), who_runs(os.environ)
    if not rehearsal:
        _make_folder(job.out)
    with (
        nullcontext() if rehearsal else _lock(job, url),
        nullcontext(Alone()) if rehearsal or job.cluster is None else _hired(job, url) as hands,
        ledger_of(job, url, rehearsal=rehearsal, which=which, operator=operator) as ledger,
    ):
        if not (rehearsal or day or job.run_on):
            _clock_has_not_gone_back(ledger, night_on)
        journal = Journal(clock=clock.now, show=show)
        rules = Rules(job.settlement, job.arrival, calendar_for(job))
        night = Night(job, register, specs, ledger, night_on, secret, journal, rules, hands)
        night.operator, night.operators = operator, operators
        if which is Which.OWN or not rehearsal:
            refuse_unbacked(night)
        if not rehearsal:
            not_in_a_closed_month(night)
        with night.ahead:
            yield Prepared(night, configuration_hash(path, job.register_file))


def processing_day(job: Job, day: date | None) -> date:
    """処理日: the day that was named, or the job's, or today in Japan. Raises BadFile for one that has not come."""
    on = day or job.run_on or clock.today()
    clock.refuse_future(on, "処理日", is_training=job.training)
    return on


def _before_new(which: Which, traces: Traces) -> Callable[[], None]:
    def refuse() -> None:
        if which is not Which.ANY:
            refuse_new(traces)
        if which is Which.TO_READ:
            refuse_nothing()

    return refuse


@contextmanager
def ledger_of(
    job: Job, url: str, *, rehearsal: bool, which: Which = Which.OWN, operator: Operator | None = None
) -> Iterator[Ledger]:
    """ジョブの台帳を開く, when it belongs to the job's folders; its mark is left when it is closed.

    A run that fails leaves what it can: a mark that is behind its ledger does no harm. Raises LedgerError.
    """
    traces = read_traces(job)
    if which is Which.TO_READ:
        with open_to_read(url, _before_new(which, traces)) as ledger:
            yield ledger
        return
    who = (operator or Operator()).as_dict()
    with open_ledger(url, rehearsal=rehearsal, before_new=_before_new(which, traces), operator=who) as ledger:
        if which is Which.OWN:
            refuse_disagreement(ledger, traces)
        try:
            yield ledger
        except BaseException:
            if which is Which.OWN:
                with suppress(OperatorError):
                    _leave_mark(job, ledger)
            raise
        _leave_mark(job, ledger)


def _leave_mark(job: Job, ledger: Ledger) -> None:
    if not ledger.rehearsal:
        leave_mark(job, ledger)


def operators_for(job: Job) -> Operators | None:
    """操作する人の表 of a job, where it names one. Raises NotFound, BadFile."""
    return read_operators(job.approval.operators) if job.approval.operators else None


def admit(path: Path, by: str, roles: Iterable[str]) -> None:
    """この名前で操作してよいか, as the job's table of operators says; without one anybody may. Raises BadFile."""
    operators = operators_for(read_job(path))
    if operators is not None:
        operators.admit(who_runs(os.environ), by, roles)


def who_runs(environment: Mapping[str, str]) -> Operator:
    """操作した人: the account of this process, who logged in (as the kernel says, or else sudo), and the machine."""
    return Operator(_account(), _login(environment), platform.node())


def _account() -> str:
    try:
        import pwd
    except ImportError:  # Windows
        return os.getlogin()
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _login(environment: Mapping[str, str]) -> str:
    """Set once at the login and kept through sudo and su: nobody but the system changes it (audit's loginuid)."""
    try:
        import pwd

        return pwd.getpwuid(int(Path("/proc/self/loginuid").read_text(encoding="ascii"))).pw_name
    except (ImportError, OSError, ValueError, KeyError, OverflowError):
        pass
    try:
        return environment.get("SUDO_USER", "") or os.getlogin()
    except OSError:  # no terminal
        return ""


@contextmanager
def _hired(job: Job, url: str) -> Iterator[Hands]:
    """クラスタを使う: its machines run the Python of the same path, unless the environment names another."""
    from elqr.cluster import hired

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with hired(job, url) as hands:
        yield hands


def _clock_has_not_gone_back(ledger: Ledger, today: date) -> None:
    """時計が戻っていないか: a day that nobody named is not before the last night. Raises LedgerError."""
    with ledger.transaction() as connection:
        last = review_queries.last_night(connection)
    if today.isoformat() < last:
        raise LedgerError(
            f"機械の時計（{today}）が最後の夜（{last}）より前です。何もしていません。"
            "時計を直すか、その日でよければ --date で日付を指定してください。"
        )


def specs_exist(job: Job, specs: dict[str, Spec], path: Path) -> None:
    """様式があるか: every one that the job names, and of the kind its place needs. Raises BadFile."""
    boxes = (*job.inbox, *job.money)
    asked = {name for box in boxes for name in box.specs} | ({job.notices.spec} if job.notices else set())
    asked |= {name for arrival in job.arrival for name in arrival.specs}
    asked |= {name for contract in job.settlement for name in (*contract.specs, *contract.money_specs)}
    asked |= {job.export.spec}
    if lost := sorted(asked - set(specs)):
        raise BadFile(
            f"ジョブ {path}: 様式 {', '.join(lost)} がありません。elqr spec list にある名前を書いてください。"
        )
    places = [(box.specs, "inbox", "payment", "収納データ") for box in job.inbox]
    places += [(box.specs, "money", "money", "入金データ") for box in job.money]
    places += [(contract.specs, "settlement", "payment", "収納データ") for contract in job.settlement]
    for names, table, purpose, said in places:
        if wrong := sorted(name for name in names if specs[name].purpose != purpose):
            raise BadFile(
                f"ジョブ {path}: 様式 {', '.join(wrong)} は{said}の様式ではありません。"
                f"[[{table}]] の specs を直してください。"
            )
    if specs[job.export.spec].purpose != "upload":
        raise BadFile(
            f"ジョブ {path}: 様式 {job.export.spec} は書き出しの様式（purpose = upload）ではありません。"
            "[export] の spec を直してください。"
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(
            f"フォルダ {folder} を作れません（{error.strerror}）。権限とパスを確かめてください。"
        ) from error
    if not os.access(folder, os.W_OK):
        raise CannotWrite(f"フォルダ {folder} に書き込めません。権限を確かめてください。")


@contextmanager
def _lock(job: Job, url: str) -> Iterator[None]:
    """二重起動の防止: one run at a time on one ledger."""
    ledger = ledger_path(url)
    path = job.out / ".elqr.lock" if ledger is None else ledger.with_name(f"{ledger.name}.lock")
    _make_folder(path.parent)
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise CannotWrite(
            f"錠のファイル {path} の場所に、リンクかフォルダがあります。"
            "誰が置いたかを確かめ、消してから、もう一度実行してください。"
        )
    lock = FileLock(str(path), timeout=0, mode=0o600)
    try:
        lock.acquire()
    except Timeout as error:
        raise Locked("別の夜間処理が動いています。終わってから、もう一度実行してください。") from error
    except OSError as error:
        raise CannotWrite(f"錠のファイル {path} を使えません（{error.strerror}）。権限を確かめてください。") from error
    try:
        yield
    finally:
        lock.release()
