"""The edge (実行の準備): from the path of a job to everything a night needs, opened and locked.

The edge of the program: clock, environment, lock and files are found here and handed on.
"""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from filelock import FileLock, Timeout

from elqr.alarms import alarms, arrival_alarms, jump_alarms, money_alarms
from elqr.arrivals import arriving
from elqr.business_day import Calendar, calendar
from elqr.codes import Code
from elqr.errors import BadFile, CannotWrite, LedgerError, Locked, NotFound
from elqr.findings import Finding, Location
from elqr.formats.spec import Spec, read_specs
from elqr.inbox import set_aside, write_parts
from elqr.job import Job, configuration_hash, read_job, read_secret, read_store_url
from elqr.journal import Journal
from elqr.limits import NAMED
from elqr.night import Hands, Night
from elqr.originals import originals
from elqr.procedures import Evidence, Kpi, kpi, read_register
from elqr.remittance import Rules, money_rows
from elqr.report.case_file import Cases
from elqr.report.morning import Morning, morning
from elqr.report.payment_list import DETAILED, listed
from elqr.report.rows import Rows
from elqr.report.trends import NIGHTS, Sums
from elqr.run import Alone
from elqr.store import drill_queries, report_queries, review_queries, tallies, trend_queries
from elqr.store.ledger_file import Ledger, ledger_path, open_ledger
from elqr.terms import ExitCode, Place
from elqr.written import read_text

if TYPE_CHECKING:
    from elqr.printing.template import Template

_PACKAGE = Path(__file__).parent


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
        return calendar(text.removeprefix("\ufeff"), job.calendar.closed)
    except ValueError as error:
        raise BadFile(f"祝日の表 {path} を読めません（{error}）。[calendar] holidays を直してください。") from error


def store_url(path: Path) -> str:
    """台帳のURL of a job. Raises NotFound, BadFile."""
    return read_store_url(read_job(path), os.environ)


@contextmanager
def prepared(path: Path, day: date | None, *, rehearsal: bool, show: Callable[[str], None]) -> Iterator[Prepared]:
    """夜を準備する: everything a person wrote is validated before anything is touched."""
    job = read_job(path)
    register = read_register(job.register_file)
    specs = specs_for(job)
    specs_exist(job, specs, path)
    secret, url = read_secret(job, os.environ), read_store_url(job, os.environ)
    night_on = day or job.run_on or datetime.now().astimezone().date()
    if not rehearsal:
        _make_folder(job.out)
    with (
        nullcontext() if rehearsal else _lock(job, url),
        nullcontext(Alone()) if rehearsal or job.cluster is None else _hired(job, url) as hands,
        open_ledger(url, rehearsal=rehearsal) as ledger,
    ):
        if not (rehearsal or day or job.run_on):
            _clock_has_not_gone_back(ledger, night_on)
        journal = Journal(clock=lambda: datetime.now().astimezone(), show=show)
        rules = Rules(job.settlement, job.arrival, calendar_for(job))
        night = Night(job, register, specs, ledger, night_on, secret, journal, rules, hands)
        yield Prepared(night, configuration_hash(path, job.register_file))


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
    try:
        with FileLock(str(path), timeout=0):
            yield
    except Timeout as error:
        raise Locked("別の夜間処理が動いています。終わってから、もう一度実行してください。") from error


def draw(night: Night, findings: list[Finding] | None = None) -> Morning:
    """帳票を引く: the reports of the prepared night, from the ledger; conservation is asked of it again first."""
    with night.ledger.transaction() as connection:
        broken = report_queries.conservation_breaks(connection, night.night_on)
        if broken:
            raise LedgerError(
                f"台帳の件数・金額が合いません（{'、'.join(broken)}）。帳票は作っていません。"
                "台帳がほかの手段で書き換えられていないか調べ、控えから戻してください。"
            )
        day = night.night_on
        decisions, postings = _tonight(night)
        found = review_queries.exceptions(connection, day)
        named = pl.concat(own.select("payment_no", "other_payment_no", "outcome") for own in (found, decisions))
        rows = Rows(
            notice_files=report_queries.notice_files(connection, day),
            deliveries=report_queries.deliveries(connection, day),
            delivery_findings=report_queries.delivery_findings(connection, day),
            decisions=decisions,
            exceptions=found.filter("is_open"),
            awaiting=found.filter(~pl.col("is_open")),
            rulings=review_queries.rulings_in(connection, day),
            others=report_queries.other_payments(connection, named),
            suggestions=report_queries.suggestions(connection, named),
            postings=postings,
            redelivered=report_queries.redelivered(connection, day),
            balances=tallies.balances(connection, day),
            chain=report_queries.chain(connection, day),
        )
        notice_rows = report_queries.notice_findings(connection, day)
        money = money_rows(night.ledger, night.rules, day)
        delivered = report_queries.taken_in(connection, day)
    expected = arriving(night.rules.arrivals, delivered, day, night.rules.calendar)
    rows = replace(rows, sums=_sums(night.ledger, day), cases=_cases(night, rows), money=money)
    rows = replace(rows, arrivals=expected if night.rules.arrivals else None)
    limits = night.job.thresholds
    raised = alarms(rows.decisions, limits.unmatched_rate, limits.unmatched_at_least)
    raised += jump_alarms(rows.sums.channels, day, limits.unmatched_jump, limits.unmatched_at_least)
    raised += arrival_alarms(expected, night.rules.calendar.last_on if night.rules.arrivals else None, day)
    raised += money_alarms(money.open_lines, money.gaps) if money else []
    raised += [_finding(*row) for rows_ in (rows.delivery_findings, notice_rows) for row in rows_.iter_rows()]
    raised += [finding for finding in findings or [] if finding not in raised]
    status = "quarantine" if night.quarantined else "review" if raised or _waits(rows) else "clean"
    city = night.job.city.name
    return morning(city, day, rows, night.register, counted(night.ledger, night, day), sorted(raised), status)


def write_out(folder: Path, drawn: Morning) -> list[str]:
    """帳票を書く: every file of the night, drawn as it is written, as many at a time as there are cores.

    A book that people wrote in stays beside the new one; returns the names that those have now.
    """
    written_in = drawn.written_in()

    def write(name: str) -> str:
        pieces = drawings[name]()
        if name in written_in:
            pieces = [b"".join(pieces)]
            aside = set_aside(folder / name, pieces[0])
        write_parts(folder / name, pieces)
        return aside.name if name in written_in and aside else ""

    drawings = drawn.drawings()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return sorted(filter(None, pool.map(write, drawings)))


def _tonight(night: Night) -> tuple[pl.DataFrame, pl.DataFrame]:
    """消込結果と収納日計 of the night: what the run has in hand when nobody else decided that day, or read again.

    Raises LedgerError when the ledger does not say the same of it.
    """
    connection, day, held = night.ledger.connection, night.night_on, night.in_hand
    night.in_hand = None
    if held is not None and not report_queries.has_rulings(connection, day):
        files = report_queries.decided_files(connection, day)
        if files["file_no"].to_list() == held.file_nos:
            if report_queries.outcome_sums(connection, day) != held.by_outcome():
                raise LedgerError(
                    "台帳の件数・金額が、消し込んだものと違います。帳票は作っていません。elqr verify で調べてください。"
                )
            return held.rows(files, list(report_queries.decision_columns()), day), held.sums
    return report_queries.decisions(connection, day), report_queries.postings(connection, day)


def _sums(ledger: Ledger, day: date) -> Sums:
    """夜ごとの合計 of the last nights."""
    with ledger.transaction() as connection:
        places, channels = trend_queries.run_sums(connection, day, NIGHTS)
        first = places["night_on"].min()
        since = first if isinstance(first, date) else day
        return Sums(places, channels, trend_queries.rulings_since(connection, since, day))


def _cases(night: Night, rows: Rows) -> Cases:
    """明細のもと of the payments that the page lists."""
    payments = listed(rows.exceptions, rows.decisions).select("payment_no").head(DETAILED)
    with night.ledger.transaction() as connection:
        keys = drill_queries.case_keys(connection, payments)
        claims = drill_queries.case_claims(connection, payments)
        day = night.night_on
        return Cases(
            keys=keys,
            claims=claims,
            slips=drill_queries.claim_slips(connection, claims, day),
            postings=drill_queries.claim_postings(connection, claims, day),
            suspense=drill_queries.suspense_postings(connection, payments, day),
            near=drill_queries.near_notices(connection, payments, day),
            originals=originals(keys, night.specs, night.job.store.archive),
        )


def _waits(rows: Rows) -> bool:
    places = [Place.EXCEPTION.value, Place.REJECTED.value]
    return bool(rows.decisions["place"].is_in(places).any())


def _finding(name: str, code: str, no: int, offset: int, field: str, actual: str, expected: str) -> Finding:
    return Finding(Location(name, no, offset, field), Code(code), actual, expected)


def counted(ledger: Ledger, night: Night, as_of: date, years: tuple[int, ...] = ()) -> Kpi:
    """KPI as of a day, from the register and the ledger's evidence."""
    with ledger.transaction() as connection:
        rows = tallies.evidence(connection, as_of)
    seen = {code: Evidence(*values) for code, *values in rows.iter_rows()}
    return kpi(night.register, seen, as_of, years)


def exit_code(status: str) -> ExitCode:
    """終了コード of a night's status."""
    return {"clean": ExitCode.CLEAN, "review": ExitCode.REVIEW, "quarantine": ExitCode.QUARANTINE}[status]


def readable(path: Path) -> bytes:
    """A file named on the command line. Raises NotFound, BadFile."""
    if path.is_dir():
        raise BadFile(f"{path} はフォルダです。ファイルを指定してください。")
    try:
        if (size := path.stat().st_size) > NAMED.most:
            raise BadFile(f"ファイル {path} が大きすぎます（{size:,}バイト、上限 {NAMED.most:,}）。")
        return path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"ファイル {path} がありません。パスを確かめてください。") from error
    except OSError as error:
        raise BadFile(f"ファイル {path} を読めません（{error.strerror}）。権限を確かめてください。") from error
