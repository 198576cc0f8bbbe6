"""The doctor (導入の点検): what is wrong with an installation, line by line, and a masked bundle for support.

Nothing is changed: the ledger is opened as in a rehearsal, and the only file written is the bundle, if requested.
"""

import hashlib
import io
import json
import os
import platform
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from importlib.metadata import version
from pathlib import Path

import polars as pl

from elqr import __version__
from elqr.disk.inbox import read_inbox
from elqr.disk.inbox_filter import InboxFilter
from elqr.formats.recognize import fits_one
from elqr.issue.keys import check_no_column
from elqr.printing.typeface import typeface
from elqr.rules.contract import Contract
from elqr.rules.counting import Accounting, ReceivedRules, received_words
from elqr.rules.expected_files import Arrival
from elqr.rules.register import Register
from elqr.session.configuration import calendar_for, check_specs, processing_day, read_register, sheets_for, specs_for
from elqr.session.job import Inbox, Job, read_job, read_secret, read_store_url
from elqr.session.ledger_access import open_ledger_of
from elqr.store.db.database import structure_breaks
from elqr.store.desk.accounts import all_accounts
from elqr.store.desk.database import desk_path, open_desk_database
from elqr.store.ledger_file import ledger_path
from elqr.store.queries import matching as queries
from elqr.store.queries import reports as report_queries
from elqr.vocabulary.counted_terms import CountedBy
from elqr.vocabulary.errors import NotFound, OperatorError
from elqr.vocabulary.staff import DeskRole, StaffAccount
from elqr.vocabulary.terms import Channel, FileStatus

_LIBRARIES = ("polars", "pydantic", "click", "sqlalchemy", "xlsxwriter", "python-calamine")
_LEAST_FREE = 2_000_000_000
_LONG_DAYS = 4
_LAST_DAY = date(9999, 12, 31)
_RUNS_IN_BUNDLE = 10
_SAMPLE_CITY = "999999"
_SAMPLE_SECRET = "0bc0f28b9ec22db8e1cee2319f21a26d7a2a94bd45c859b9dee270dd9f977e47"
"""SHA-256 of the samples' key, which everybody knows."""


class State(StrEnum):
    """点検の結果: the result of one line."""

    GOOD = "良"
    NOTICE = "注意"
    BAD = "異常"


@dataclass(frozen=True, slots=True)
class Line:
    """点検の一行: what was examined, the result, and what to do if it is not good."""

    what: str
    state: State
    text: str

    def __str__(self) -> str:
        return f"{self.state.value}　{self.what}　{self.text}"


def examine(path: Path, today: date, environment: Mapping[str, str]) -> Iterator[Line]:
    """点検する: the machine, then the job and everything that it names. A job that cannot be read ends it."""
    libraries = "、".join(f"{name} {version(name)}" for name in _LIBRARIES)
    yield Line(
        "プログラム",
        State.GOOD,
        f"elqr {__version__}、Python {platform.python_version()}、SQLite {sqlite3.sqlite_version}",
    )
    yield Line("ライブラリ", State.GOOD, libraries)
    try:
        job = read_job(path)
    except OperatorError as error:
        yield Line("ジョブ", State.BAD, str(error))
        return
    yield Line("ジョブ", State.GOOD, str(path))
    yield from _try("手続台帳", lambda: _register_text(read_register(job.register_file)))
    yield from _try("様式", lambda: _specs_text(job, path))
    yield from _try("祝日の表", lambda: f"{calendar_for(job).last_on} まで")
    yield Line(
        "到着予定", State.GOOD, _listed(job.arrival, "[[arrival]] がないので、ファイルが届かなくても知らせません")
    )
    yield Line("払込の契約", State.GOOD, _listed(job.settlement, "[[settlement]] がないので、入金と突き合わせません"))
    yield from _check_counting(job)
    yield from _check_day(job, today)
    yield from _check_secret(job, environment)
    yield from _check_fonts(job)
    yield from _check_folders(job)
    yield from _check_modes(job, environment)
    yield from _check_ledger(job, today, environment)
    yield from _check_desk(job, today, environment)


def _try(what: str, look: Callable[[], str]) -> Iterator[Line]:
    try:
        yield Line(what, State.GOOD, look())
    except OperatorError as error:
        yield Line(what, State.BAD, str(error))


def _register_text(register: Register) -> str:
    """手続台帳: how many procedures, and what the city has not said."""
    waiting = "、".join(procedure.name for procedure in register.procedure if procedure.go_live_on is None)
    missing = [f"運用開始日がなく、eL-QR を付けず、KPI に数えない: {waiting}"] if waiting else []
    missing += ["KPI の目標がない"] if register.kpi is None else []
    return f"{len(register.procedure)}手続" + (f"（{'。'.join(missing)}）" if missing else "")


def _listed(rules: Sequence[Arrival | Contract], without: str) -> str:
    """ジョブに並べたもの by name, or what follows where there is none."""
    return "、".join(rule.name for rule in rules) or f"なし（{without}）"


def _check_counting(job: Job) -> Iterator[Line]:
    """数える日, and the 収入日 of payments whose format does not state it: what the city wrote, or what is assumed."""
    accounting, what = job.accounting, "数える日"
    if accounting.by is not CountedBy.RECEIVED_ON:
        yield Line(what, State.GOOD, f"{accounting.by.label}（会計年度は領収日）")
        return
    yield Line(what, State.GOOD, f"{accounting.by.label}（会計年度も収入日）")
    try:
        rules, specs = ReceivedRules(job.settlement, accounting, calendar_for(job)), specs_for(job)
    except OperatorError:
        return  # told of above
    for name in sorted({name for box in job.inbox for name in box.specs if name in specs}):
        words = dict.fromkeys(received_words(rules.default_of(name, channel.value)) for channel in Channel)
        text, pay = "、".join(words), specs[name].payment
        if pay is not None and pay.received_on is not None:
            yield Line("収入日", State.GOOD, f"{name}：ファイルの収入日。空欄なら、{text}")
        elif received_words(Accounting()) in words:
            remedy = "[[settlement]] か [accounting] に received か received_days を書いてください"
            yield Line("収入日", State.NOTICE, f"{name}：{text}。{remedy}")
        else:
            yield Line("収入日", State.GOOD, f"{name}：{text}")


def _check_day(job: Job, today: date) -> Iterator[Line]:
    """訓練か, and whether the clock says a day that has not come."""
    if job.training:
        yield Line(
            "訓練", State.NOTICE, "ジョブに training = true とあります。本番では消してください（先の日でも動きます）"
        )
    try:
        processing_day(job, today)
    except OperatorError as error:
        yield Line("時計", State.BAD, str(error))


def _check_secret(job: Job, environment: Mapping[str, str]) -> Iterator[Line]:
    """確認番号の鍵, and whether it is the samples' key."""
    try:
        secret = read_secret(job, environment)
    except OperatorError as error:
        yield Line("確認番号の鍵", State.BAD, str(error))
        return
    if hashlib.sha256(secret).hexdigest() != _SAMPLE_SECRET:
        yield Line("確認番号の鍵", State.GOOD, f"{len(secret)}バイト")
    elif job.city.city_code == _SAMPLE_CITY:
        yield Line("確認番号の鍵", State.GOOD, "見本の鍵（見本の団体なので、このままでかまいません）")
    else:
        yield Line(
            "確認番号の鍵",
            State.BAD,
            "見本の鍵を使っています。誰でも確認番号を作れます。自市だけの鍵（16バイト以上の乱数）に替えてください",
        )


def _specs_text(job: Job, path: Path) -> str:
    specs = specs_for(job)
    check_specs(job, specs, path)
    provisional = [name for box in job.boxes for name in box.specs if not specs[name].verified.fully]
    return f"{len(specs)}様式" + (
        f"（仮の様式を使っています: {'、'.join(sorted(set(provisional)))}）" if provisional else ""
    )


def _check_fonts(job: Job) -> Iterator[Line]:
    try:
        for template in sheets_for(job).values():
            typeface(template.fonts, template.folder)
        yield Line("書体", State.GOOD, "版下の書体があります")
    except OperatorError as error:
        yield Line("書体", State.NOTICE, f"{error}（納付書を印刷しないなら、このままでかまいません）")


def _check_folders(job: Job) -> Iterator[Line]:
    boxes = [*(box.path for box in job.boxes), *([job.notices.inbox] if job.notices else [])]
    for folder in boxes:
        state, text = (
            (State.GOOD, "") if folder.is_dir() else (State.BAD, "がありません。作るか、ジョブの path を直してください")
        )
        yield Line("受信箱", state, f"{folder} {text}".strip())
    for what, folder in (("帳票のフォルダ", job.out), ("保管庫", job.store.archive)):
        existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
        free = shutil.disk_usage(existing).free
        if free < _LEAST_FREE:
            yield Line(what, State.NOTICE, f"{folder} の空きが {free / 1e9:.1f} GB です。空けてください")
        else:
            yield Line(what, State.GOOD, f"{folder} 空き {free / 1e9:,.0f} GB")


def _check_modes(job: Job, environment: Mapping[str, str]) -> Iterator[Line]:
    """ほかの利用者から読めるもの: only its user may read anything, and the group the reports if the job says so.

    POSIX only: Windows keeps access rights in another way.
    """
    if os.name != "posix":
        return
    secret = job.issue.check_no_secret_file
    is_sample = job.city.city_code == _SAMPLE_CITY and secret is not None and secret.parent.name == "samples"
    ledger = desk = None
    with suppress(OperatorError):
        url = read_store_url(job, environment)
        ledger, desk = ledger_path(url), desk_path(url)
    private = (None if is_sample else secret, job.store.url_file, job.store.archive, ledger, desk)
    paths = [(path, 0o077) for path in private if path is not None]
    paths.append((job.out, 0o007 if job.group_reads else 0o077))
    readable = [(path, mask) for path, mask in paths if path.exists() and path.stat().st_mode & mask]
    for path, mask in readable:
        whom, mode = ("ほかの利用者", "o=") if mask == 0o007 else ("ほかの利用者かグループ", "go=")
        yield Line("権限", State.NOTICE, f"{path} を{whom}が読めます。chmod {mode} で閉じてください")
    if not readable:
        yield Line("権限", State.GOOD, "鍵、台帳、窓口のデータベース、保管庫、帳票は、ほかの利用者から読めません")


def _check_number(newest: tuple[str, str] | None, secret: bytes) -> Iterator[Line]:
    """確認番号を計算し直す: for the newest key that we composed (key_no, check_no), with today's secret."""
    if newest is None:
        return
    key_no, check_no = newest
    if check_no_column(pl.Series([key_no]), secret)[0] == check_no:
        yield Line("確認番号", State.GOOD, "最後に発行した番号は、今の鍵で作ったものです")
    else:
        yield Line(
            "確認番号",
            State.BAD,
            f"最後に発行した番号（納付番号 …{key_no[-6:]}）は、今の鍵で作ったものではありません。"
            "鍵のファイルが変わっています。元の鍵に戻してください。わざと替えたなら、次の発行までこの行が出ます",
        )


def _watch(job: Job, box: Inbox, today: date) -> InboxFilter:
    specs = specs_for(job)
    return InboxFilter(box.ignore, partial(fits_one, [specs[name] for name in box.specs if name in specs], today))


def _check_ledger(job: Job, today: date, environment: Mapping[str, str]) -> Iterator[Line]:
    try:
        with (
            open_ledger_of(job, read_store_url(job, environment), rehearsal=True) as ledger,
            ledger.transaction() as connection,
        ):
            newest = queries.newest_composed(connection)
            breaks = list(structure_breaks(connection))
            chain = report_queries.chain(connection, _LAST_DAY)
            quarantined = [
                arrived.name
                for box in job.boxes
                if box.path.is_dir()
                for arrived in read_inbox(box.path, job.thresholds.file_megabytes, _watch(job, box, today))
                if {status for status, _ in queries.deliveries_of(connection, arrived.name, arrived.sha256)}
                == {FileStatus.QUARANTINED.value}
            ]
    except OperatorError as error:
        yield Line("台帳", State.BAD, str(error))
        return
    for text in breaks:
        yield Line("台帳", State.BAD, f"{text}。elqr verify で調べ、控えから戻してください")
    if not breaks:
        yield Line("台帳", State.GOOD, f"最後の実行 {chain['run_id'] or 'なし'}")
    with suppress(OperatorError):
        yield from _check_number(newest, read_secret(job, environment))
    yield from _check_clock(chain["run_id"], today)
    if quarantined:
        yield Line(
            "取込保留",
            State.NOTICE,
            f"受信箱に {len(quarantined)}ファイルあります。取込結果を見て、送付元に確かめてください",
        )


def _check_desk(job: Job, today: date, environment: Mapping[str, str]) -> Iterator[Line]:
    """窓口の利用者. Nothing is made where nobody has an account."""
    try:
        with open_desk_database(read_store_url(job, environment)).transaction() as connection:
            serving = [each for each in all_accounts(connection) if each.serves_on(today)]
    except NotFound:
        if job.approval.identity == "desk":
            yield Line("窓口", State.BAD, f"利用者がいません。{_NOBODY_DECIDES}")
            return
        yield Line("窓口", State.GOOD, "利用者なし（使うときは elqr desk account add で登録してください）")
    except OperatorError as error:
        yield Line("窓口", State.BAD, str(error))
    else:
        administrators = sum(DeskRole.ADMIN in each.roles for each in serving)
        yield Line("窓口", State.GOOD, f"利用者 {len(serving)}人（うち管理 {administrators}人）")
        if job.approval.identity == "desk" and not _can_decide(serving):
            yield Line("窓口", State.BAD, f"申請のできる人と、承認のできる別の人がいません。{_NOBODY_DECIDES}")


_NOBODY_DECIDES = (
    'ジョブの [approval] identity が "desk" なので、だれも決裁できません。'
    "elqr desk account add で、申請の利用者と承認の利用者を登録してください"
)


def _can_decide(serving: list[StaffAccount]) -> bool:
    """申請する人と承認する別の人がいるか."""
    asking = {each.login for each in serving if DeskRole.REQUEST in each.roles}
    approving = {each.login for each in serving if DeskRole.APPROVE in each.roles}
    return bool(asking and approving and len(asking | approving) > 1)


def _check_clock(run_id: str, today: date) -> Iterator[Line]:
    """時計: whether the last night is after today, or long ago."""
    if not run_id:
        return
    last = date.fromisoformat(f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]}")
    if last > today:
        yield Line(
            "時計", State.BAD, f"最後の夜（{last}）が今日（{today}）より後です。機械の時計と --date を確かめてください"
        )
    elif (today - last).days > _LONG_DAYS:
        yield Line(
            "時計",
            State.NOTICE,
            f"最後の夜（{last}）から {(today - last).days}日たっています。定時実行を確かめてください",
        )
    else:
        yield Line("時計", State.GOOD, f"今日 {today}、最後の夜 {last}")


def bundle_for_support(path: Path, lines: list[Line]) -> bytes:
    """サポートに渡す一式 (ZIP): this examination, the job without the place of its ledger, and the last runs.

    It holds no ledger, no delivered file and no report: nothing that names a person. The job is written from its
    validated value, so that nothing else in its file comes along. If the job cannot be read, the examination says so.
    """
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doctor.txt", "\n".join(map(str, lines)) + "\n")
        with suppress(OperatorError):
            job = read_job(path)
            facts = job.model_dump(mode="json", by_alias=True, exclude={"store", "cluster"})
            archive.writestr("job.json", json.dumps(facts, ensure_ascii=False, indent=1) + "\n")
            for record in sorted(job.out.glob("*/runs/*/run.json"))[-_RUNS_IN_BUNDLE:]:
                archive.writestr(f"runs/{record.parent.name}.json", record.read_bytes())
    return data.getvalue()
