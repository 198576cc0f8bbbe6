"""A night on a cluster: what each kind of work costs one core, and whole nights on one and on two workers.

Master, workers, driver and database share this machine and its cores, so a second worker shows that the work divides,
not how much faster two machines are: the rates of one core are what a computation of many machines begins with.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from elqr.formats.intake.delivered_file import Intake, judge_file
from elqr.night.cluster import _match_part, _read_span
from elqr.night.night import Night
from elqr.night.opening import open_session
from elqr.night.workers import OneMachine
from elqr.store.queries.undecided import undecided
from elqr.store.staging import open_staging
from tests.bench.measure import Row
from tests.bench.town import Town
from tests.builders import ROOT
from tests.night.machines import lacking
from tests.night.machines import running as machines
from tests.server import programs, running

NOTICES, PAYMENTS = 1_000_000, 100_000


def rows(scale: int) -> Iterator[Row]:
    """仕事ごとの速さと、一台・二台の夜."""
    if programs() is None or lacking():
        return
    payments = PAYMENTS * scale
    with tempfile.TemporaryDirectory() as name, running() as server:
        url = server.url(server.new_database())
        town = Town.founded(Path(name) / "town", NOTICES * scale, url)
        job = town.job.read_text(encoding="utf-8")
        yield from _night(town, 0, payments, "一台（クラスタなし）", {})
        for workers in (1, 2):
            with machines(workers) as own:
                town.job.write_text(f'{job}\n[cluster]\nmaster = "{own.master}"\n', encoding="utf-8")
                yield from _night(town, workers, payments, f"働き手 {workers}", own.environment)
        town.job.write_text(job, encoding="utf-8")
        yield from _work(town, 3, payments, url)


def _night(town: Town, no: int, payments: int, group: str, environment: dict[str, str]) -> Iterator[Row]:
    count = town.deliver(no, payments)
    day = town.night(no).isoformat()
    command = [sys.executable, "-m", "elqr", "night", str(town.job), "--date", day]
    own = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    started = time.perf_counter()
    ran = subprocess.run(command, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert ran.returncode in (0, 3), ran.stderr
    yield Row(group, f"収納 {count:,}件の夜", time.perf_counter() - started, "秒")
    (run,) = (town.folder / "out" / day / "runs").glob("*/run.json")
    seconds = Counter[str]()
    for step in json.loads(run.read_text(encoding="utf-8"))["steps"]:
        seconds[step["step"]] += step["seconds"]
    seconds["消込"] -= seconds["クラスタ消込"]
    for what, spent in seconds.items():
        yield Row(group, f"　うち {what}", spent, "秒")


def _work(town: Town, no: int, payments: int, url: str) -> Iterator[Row]:
    """What the machines do, each kind by itself; the night that it belongs to is left open."""
    count = town.deliver(no, payments)
    with (
        open_session(town.job, town.night(no), rehearsal=False, show=lambda _: None) as session,
        open_staging(url) as place,
    ):
        data = [(path.name, path.read_bytes()) for path in sorted((town.folder / "inbox").iterdir())]
        specs = [session.specs[name] for name in session.job.inbox[0].specs]
        found: list[Intake] = []
        yield _a_second(
            "復号", count, lambda: found.extend(judge_file(own, name, specs, session.night_on) for name, own in data)
        )
        made = [intake.payments for intake in found if intake.payments is not None]
        yield _a_second("COPY", count, lambda: [place.put_file(f"{at:<064}", own) for at, own in enumerate(made)])
        OneMachine().take_payments(Night(session))
        with session.ledger.transaction() as connection:
            waiting = undecided(connection)
        assert waiting.count == count
        pieces: list[tuple[bytes, bytes]] = []
        yield _a_second("読み出しと籠", count, lambda: pieces.append(_read_span(place, (waiting.first, waiting.last))))
        yield Row("仕事", "集めるために送る量", sum(map(len, pieces[0])) / count, "バイト/件")
        yield _a_second("照会・消込・COPY", count, lambda: _match_part(place, session.night_on, [], 0, [pieces[0][0]]))


def _a_second(what: str, count: int, work: Callable[[], object]) -> Row:
    started = time.perf_counter()
    work()
    return Row("仕事", what, count / (time.perf_counter() - started), "件/秒")
