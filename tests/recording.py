"""What elqr writes and says, recorded: `python -m tests.recording FILE` before a change of structure and after it.

One line a command (exit code, what it printed), a file (its content) and a table of a ledger (its rows), each as a
hash: two recordings of one machine are the same unless something that a user, a file or a database sees has changed.
The clock stands still, and what is drawn by lot is drawn by rote. Twice the same program gives twice the same lines.
"""

import argparse
import hashlib
import os
import re
import secrets
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from itertools import count
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import click

from elqr.cli import cli
from elqr.session import clock
from tests.builders import CITY_JOB, REAL_CODE, ROOT, Ran, elqr
from tests.simulation.runner import simulate

_LAST_NIGHT = date(2026, 11, 20)
_EXPORT = """
[export]
spec = "collection_history_csv"
"""
_PRINTED, _A_MOMENT = 60, 1_000_000_000
_STAMP = re.compile(r"\d{8}")
_DATABASES, _LOCKS = (".db",), ("-wal", "-shm", ".lock")


class _Stopped(datetime):
    """止まった時計: after the last night of everything that is recorded."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "_Stopped":
        return cls(2026, 12, 10, 3, 0, 0, tzinfo=tz)


class _Clocks(ModuleType):
    """The module of dates, with the clock that stands still."""

    datetime, timezone, UTC = _Stopped, timezone, UTC


def main() -> None:
    """Records everything, or what is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.recording", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--only", choices=[*_PARTS], action="append")
    given = parser.parse_args()
    folder = Path(tempfile.gettempdir()) / "elqr-recorded"  # always the same, because it stands in what is printed
    with given.file.open("w", encoding="utf-8") as out:
        for name in given.only or _PARTS:
            folder.mkdir()
            with _standing_still():
                for line in _PARTS[name](folder / name):
                    out.write(f"{name}\t{line}\n".replace(str(folder), "…"))
            shutil.rmtree(folder)


@contextmanager
def _standing_still() -> Iterator[None]:
    """Neither the time nor chance makes a difference."""
    lots = count(1)
    with ExitStack() as stack:
        stack.enter_context(patch.object(clock, "datetime", _Stopped))
        stack.enter_context(patch.object(time, "localtime", lambda *_: time.gmtime(_A_MOMENT)))
        for module in ("openpyxl.writer.excel", "openpyxl.packaging.core"):  # books in which staff decide
            stack.enter_context(patch(f"{module}.datetime", _Clocks))
        stack.enter_context(patch.object(secrets, "token_hex", lambda size: f"{next(lots):0{2 * size}x}"))
        stack.enter_context(patch.object(secrets, "token_bytes", lambda size: next(lots).to_bytes(size)))
        yield


def _commands(_: Path) -> Iterator[str]:
    """Help of every command."""
    waiting: list[tuple[tuple[str, ...], click.Command]] = [((), cli)]
    for path, command in waiting:
        yield _said((*path, "--help"), elqr(*path, "--help"))
        below = command.commands.items() if isinstance(command, click.Group) else ()
        waiting += [((*path, name), its) for name, its in below]


def _samples(folder: Path) -> Iterator[str]:
    """見本: the tour of the README, in a copy of the checkout's data."""
    for name in ("samples", "specs", "jobs"):
        shutil.copytree(ROOT / name, folder / name)
    job, print_ = folder / "jobs" / "nightly.toml", folder / "var" / "print"
    upload = folder / "var" / "out" / "upload" / "elqr_notices_000001.csv"
    broken = folder / "samples" / "inbox" / "kouza_20261120_gokei.dat"
    with chdir(folder):
        for arguments in (
            ("night", job, "--dry-run"),
            ("night", job),
            ("night", job),
            ("night", job, "--json"),
            ("kpi", "--job", job),
            ("payload", "decode", REAL_CODE),
            ("payload", "decode", REAL_CODE.replace("39500", "39501")),
            ("spec", "list"),
            ("spec", "dump", "-", broken),
            ("file", "check", broken, "--date", "2026-11-20"),
            ("file", "mask", broken, "--date", "2026-11-20", "--out", folder / "var" / "masked.dat"),
            ("notice", "print", "--job", job, "--workers", 1, "--out", print_),
            ("notice", "uploaded", upload, "--by", "山田", "--job", job),
            ("notice", "release", print_, "--by", "山田", "--provisional", "試し刷り", "--job", job),
            ("notice", "approve", print_, "--by", "佐藤", "--provisional", "試し刷り", "--job", job),
            ("notice", "preflight", print_, "--job", job),
            ("verify", "--job", job, "--json"),
        ):  # fmt: skip
            yield _said(arguments, elqr(*arguments))
    for spec in sorted(path.stem for path in (ROOT / "specs").glob("*.toml")):
        yield _said(("spec", "show", spec), elqr("spec", "show", spec))
    yield from _kept(folder / "var")


def _city(folder: Path) -> Iterator[str]:
    """都市: 5,000 slips over ten nights, and then what staff do by day."""
    yield _said(("synthetic",), elqr("synthetic", "--seed", 11, "--notices", 5_000, "--days", 10, folder))
    sent = folder / "sent"
    (folder / "inbox").rename(sent)
    (folder / "inbox").mkdir()
    (folder / "job.toml").write_text(CITY_JOB + _EXPORT, encoding="utf-8")
    job = ("--job", folder / "job.toml")
    for back in reversed(range(10)):
        night = _LAST_NIGHT - timedelta(days=back)
        for path in sorted(sent.iterdir()):
            stamp = _STAMP.search(path.name)
            if stamp is None or stamp[0] <= f"{night:%Y%m%d}":
                path.rename(folder / "inbox" / path.name)
        arguments = ("night", folder / "job.toml", "--date", night, *(("--json",) if back % 2 else ()))
        yield _said(arguments, elqr(*arguments))
    yield from _by_day(folder, job)
    yield _said(("verify",), elqr("verify", *job, "--json"))
    yield from _kept(folder)


def _by_day(folder: Path, job: tuple[object, ...]) -> Iterator[str]:
    """昼の仕事: review, undo, printing, export, reminders, the month's and the year's end, a backup, a replay."""
    on = (*job, "--date", "2026-12-01")
    uploaded = min((folder / "out" / "upload").glob("*.csv")).read_bytes()
    (folder / "wanted.csv").write_bytes(b"".join(uploaded.splitlines(keepends=True)[: 1 + _PRINTED]))
    decide = ("review", "decide", "--by", "山田", "--reason", "口座へ返す")
    for arguments in (
        (*decide, "--ruling", "還付候補", "--outcome", "二重納付", *on),
        ("review", "approve", 1, "--by", "佐藤", *on),
        ("review", "undo", 1, 2, "--by", "山田", "--reason", "取り違え", *on),
        ("review", "approve", 2, "--by", "佐藤", *on),
        (*decide, "--ruling", "保留", "--outcome", "過納", *on),
        ("review", "export", "--out", folder / "book.xlsx", *on),
        ("review", "list", *job),
        ("review", "trail", *job),
        ("notice", "print", *job, "--workers", 1, "--from", folder / "wanted.csv", "--out", folder / "print"),
        ("export", "make", "--by", "山田", *on),
        ("export", "list", *job),
        ("arrears", "list", "--by", "山田", *on),
        ("arrears", "request", "--by", "山田", "--reason", "急ぐ", *on),
        ("arrears", "approve", 1, "--by", "佐藤", *on),
        ("arrears", "list", "--approval", 1, "--with-names", "--by", "山田", *on),
        ("month", "--month", "2026-11", "--out", folder / "month", *job),
        ("month", "close", "2026-11", "--by", "山田", *on),
        ("month", "approve", "2026-11", "--by", "佐藤", *on),
        ("year", "--fiscal-year", "2026", "--as-of", "2026-12-01", "--out", folder / "year", *job),
        ("settlement", "list", *on),
        ("held", "list", *on),
        ("ledger", "show", *job),
        ("night", folder / "job.toml", "--date", "2026-12-01"),
        ("replay", *job, "--from", "2026-11-15"),
    ):
        yield _said(arguments, elqr(*arguments))


def _year(folder: Path) -> Iterator[str]:
    """一年: money, settlement, rulings and reductions, as the simulation plays them."""
    yield f"simulated\t{simulate(601, 120, 24, folder)}"
    yield from _kept(folder)


_PARTS = {"commands": _commands, "samples": _samples, "city": _city, "year": _year}


def _said(arguments: tuple[object, ...], ran: Ran) -> str:
    words = " ".join(str(word) for word in arguments)
    if os.environ.get("RECORDING_SHOWS"):
        print(f"$ elqr {words}\n{ran.out}{ran.err}", flush=True)
    return f"$ {words}\t{ran.code}\t{_hash(ran.out.encode())}\t{_hash(ran.err.encode())}"


def _kept(folder: Path) -> Iterator[str]:
    """Every file, and every table of every ledger."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in _DATABASES:
            yield from _rows(path)
        elif path.is_file() and not path.name.endswith(_LOCKS):
            yield f"{path}\t{_hash(path.read_bytes())}"


def _rows(path: Path) -> Iterator[str]:
    with sqlite3.connect(path) as ledger:
        said = ledger.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
        yield f"{path}\tstructure\t{_hash(repr(said).encode())}"
        for name in [name for kind, name, _ in said if kind == "table"]:
            rows = sorted(map(repr, ledger.execute(f'SELECT * FROM "{name}"')))
            yield f"{path}\t{name}\t{len(rows)}\t{_hash(chr(10).join(rows).encode())}"


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


if __name__ == "__main__":
    main()
