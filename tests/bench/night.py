"""Whole nights as processes of their own: seconds by the clock, peak memory, and the stages, on a file and on a server."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from elqr.synthetic import generate
from tests.bench.measure import Row
from tests.builders import JOB, NIGHT, ROOT, SPECS
from tests.server import programs, running

NOTICES = 100_000
_BEFORE = NIGHT - timedelta(days=1)


_LAUNCHED = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
code = subprocess.run([sys.executable, "-m", "elqr", *sys.argv[1:]], stdout=subprocess.DEVNULL).returncode
print(json.dumps([time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, code]))
"""
"""A small process starts the one that is measured: memory counts from the process that it was forked from."""


def _ran(*arguments: object) -> tuple[float, float]:
    """Seconds by the clock and MB at the most of one command as a process."""
    command = [sys.executable, "-c", _LAUNCHED, *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    seconds, most, code = json.loads(ran.stdout)
    assert code in (0, 3, 4), ran.stderr
    return seconds, most


def rows(scale: int) -> Iterator[Row]:
    """夜と検算: notices of a city taken in on one night, its payments on the next, nothing on a third."""
    starts = min(_ran("--help")[0] for _ in range(5))
    yield Row("起動", "elqr --help", starts * 1_000, "ミリ秒")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        city = Path(name) / "city"
        made = generate(city, seed=7, notices=NOTICES * scale, days=30, specs=SPECS)
        size = f"{made.records:,}×{made.notices:,}"
        job = JOB.replace('"secret"', '"check_no_secret"').replace("date = 2026-11-20\n", "")
        (city / "job.toml").write_text(job, encoding="utf-8")
        yield from _nights(city, f"{size} ファイル")
        if programs():
            server = stack.enter_context(running())
            for left in ("out", "archive"):
                shutil.rmtree(city / left)
            (city / "job.toml").write_text(
                job.replace("sqlite:///ledger.db", server.url(server.new_database())), encoding="utf-8"
            )
            yield from _nights(city, f"{size} サーバー（fsync なし）")


def _nights(city: Path, group: str) -> Iterator[Row]:
    job, inbox, aside = city / "job.toml", city / "inbox", city / "aside"
    inbox.rename(aside)
    inbox.mkdir()
    yield from _told(group, "納付書の取込と発行の夜", _ran("night", job, "--date", _BEFORE))
    inbox.rmdir()
    aside.rename(inbox)
    yield from _told(group, "収納の夜", _ran("night", job, "--date", NIGHT))
    (run,) = (city / "out" / NIGHT.isoformat() / "runs").glob("*/run.json")
    seconds = Counter[str]()
    for step in json.loads(run.read_text(encoding="utf-8"))["steps"]:
        seconds[step["step"]] += step["seconds"]
    for step_name, spent in seconds.most_common():
        yield Row(group, f"　うち {step_name}", spent, "秒")
    yield from _told(group, "変わったもののない夜", _ran("night", job, "--date", NIGHT))
    yield from _told(group, "elqr verify", _ran("verify", "--job", job, "--date", NIGHT))


def _told(group: str, what: str, found: tuple[float, float]) -> Iterator[Row]:
    yield Row(group, what, found[0], "秒")
    yield Row(group, f"{what}（メモリ）", found[1], "MB")
