"""Whole nights as processes of their own: seconds by the clock, peak memory, and the stages, on a file and on a server."""

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from elqr.synthetic import generate
from tests.bench.measure import Row, ran
from tests.builders import CITY_JOB, NIGHT, SPECS
from tests.server import programs, running

NOTICES = 100_000
_BEFORE = NIGHT - timedelta(days=1)
_ENDS = (0, 3, 4)
"""終了コード: the city has files that are held back."""


def rows(scale: int) -> Iterator[Row]:
    """夜と検算: notices of a city taken in on one night, its payments on the next, nothing on a third."""
    starts = min(ran("elqr", "--help")[0] for _ in range(5))
    yield Row("起動", "elqr --help", starts * 1_000, "ミリ秒")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        city = Path(name) / "city"
        made = generate(city, seed=7, notices=NOTICES * scale, days=30, specs=SPECS)
        size = f"{made.records:,}×{made.notices:,}"
        job = CITY_JOB.replace("date = 2026-11-20\n", "")
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
    yield from _told(group, "納付書の取込と発行の夜", ran("elqr", "night", job, "--date", _BEFORE, ends=_ENDS))
    inbox.rmdir()
    aside.rename(inbox)
    yield from _told(group, "収納の夜", ran("elqr", "night", job, "--date", NIGHT, ends=_ENDS))
    (run,) = (city / "out" / NIGHT.isoformat() / "runs").glob("*/run.json")
    seconds = Counter[str]()
    for step in json.loads(run.read_text(encoding="utf-8"))["steps"]:
        seconds[step["step"]] += step["seconds"]
    for step_name, spent in seconds.most_common():
        yield Row(group, f"　うち {step_name}", spent, "秒")
    yield from _told(group, "変わったもののない夜", ran("elqr", "night", job, "--date", NIGHT, ends=_ENDS))
    yield from _told(group, "elqr verify", ran("elqr", "verify", "--job", job, "--date", NIGHT, ends=_ENDS))


def _told(group: str, what: str, found: tuple[float, float]) -> Iterator[Row]:
    yield Row(group, what, found[0], "秒")
    yield Row(group, f"{what}（メモリ）", found[1], "MB")
