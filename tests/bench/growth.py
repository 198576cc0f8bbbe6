"""Growth (伸び): whole nights of more and more payments against larger and larger ledgers.

Each is an `elqr night` as a process of its own, over a night that its ledger has not had. Beside it, in the same run:
the limits of its stages and, for some sizes, other ways of doing the same night and a ledger on a server.

Ledgers of ten million notices take minutes to fill. Where the environment names a folder in ELQR_BENCH_TOWNS they are
kept in it and used again: only copies of them are changed. Empty it when the ledger's tables change.
"""

import json
import os
import shutil
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench import limit_payloads, limits
from tests.bench.instead import nights
from tests.bench.measure import POSTGRESQL, SQLITE, Row, ran
from tests.bench.town import Town
from tests.server import programs, running

SIZES = ((10_000, 100_000), (10_000, 1_000_000), (100_000, 1_000_000))
"""Payments and notices of the nights for a look; with the larger ones, of those for figures to write down."""
LARGER = ((100_000, 300_000), (10_000, 10_000_000), (100_000, 10_000_000), (1_000_000, 10_000_000))
BESIDE = ((10_000, 100_000), (100_000, 1_000_000))
"""The nights that are also done in other ways and on a server."""

NIGHT, MEDIAN, MEMORY, ONE_CORE = "一夜", "一夜（中央値）", "一夜（メモリ）", "一夜（コア一つだけ）"
STEPS = ("　うち 収納データ取込", "　うち 消込", "　うち 帳票")
START = "elqr --help"

_RUNS = 3
_PAYMENTS_RUN_ONCE = 1_000_000


def rows(scale: int) -> Iterator[Row]:
    """起動、255桁、夜."""
    bare = limits.best(limits.bare_command, 5)
    helped = min(ran("elqr", "--help")[0] for _ in range(5))
    yield Row("起動", START, helped * 1_000, "ミリ秒", helped / bare)
    yield from limit_payloads.rows()
    yield from whole_nights((*SIZES, *LARGER) if scale >= 10 else SIZES, BESIDE)


def whole_nights(sizes: Sequence[tuple[int, int]], beside: Sequence[tuple[int, int]]) -> Iterator[Row]:
    """夜の行, ledger by ledger from the smallest; nights on a server last."""
    for notices in sorted({notices for _, notices in sizes}):
        with tempfile.TemporaryDirectory() as name:
            still = kept_town(Path(name) / "still", notices)
            busy = _Busy(nights.copied(still, Path(name) / "busy"), SQLITE)
            for payments in sorted(payments for payments, against in sizes if against == notices):
                found = limits.measured(still, 0, payments)
                yield from busy.rows(payments, sum(found.values()))
                if (payments, notices) in beside and hasattr(os, "sched_setaffinity"):
                    yield busy.on_one_core(payments)
                yield from limits.told(payments, notices, found)
                if (payments, notices) in beside:
                    yield from nights.told(payments, notices, nights.measured(still, 0, payments))
    if programs():
        with running() as server, tempfile.TemporaryDirectory() as name:
            for payments, notices in beside:
                town = Town.founded(Path(name) / str(notices), notices, server.url(server.new_database()))
                yield from _Busy(town, POSTGRESQL).rows(payments)


def kept_town(folder: Path, notices: int) -> Town:
    """A town that nobody works in: in this folder, or kept from another run."""
    kept = os.environ.get("ELQR_BENCH_TOWNS")
    if kept is None:
        return Town.founded(folder, notices)
    own = Path(kept).resolve() / f"{notices}"
    if not own.exists():
        unfinished = own.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        Town.founded(unfinished, notices)
        unfinished.rename(own)
    return Town(own, notices)


@dataclass(frozen=True)
class _Night:
    """測った一夜."""

    seconds: float
    most_mb: float
    steps: Counter[str]


@dataclass
class _Busy:
    """A town in which night follows night, of any sizes."""

    town: Town
    store: str
    nights: int = 0
    paid: int = 0

    def rows(self, payments: int, limit: float | None = None) -> Iterator[Row]:
        """Some nights of one size: the best beside the limit, and their median."""
        found = [self._next(payments) for _ in range(_RUNS if payments < _PAYMENTS_RUN_ONCE else 1)]
        best = min(found, key=lambda night: night.seconds)
        median = statistics.median(night.seconds for night in found)
        group = f"{payments:,}×{self.town.notices:,} {self.store}"
        told = [
            (NIGHT, best.seconds, "秒", best.seconds / limit if limit else None),
            (MEDIAN, median, "秒", None),
            (MEMORY, best.most_mb, "MB", None),
            *((f"　うち {step}", seconds, "秒", None) for step, seconds in best.steps.items()),
        ]
        for what, value, unit, ratio in told:
            yield Row(group, what, value, unit, ratio, payments, self.town.notices, self.store)

    def on_one_core(self, payments: int) -> Row:
        """The best of some nights that have one core only."""
        best = min(self._next(payments, cores=1).seconds for _ in range(_RUNS))
        group = f"{payments:,}×{self.town.notices:,} {self.store}"
        return Row(group, ONE_CORE, best, "秒", None, payments, self.town.notices, self.store)

    def _next(self, payments: int, cores: int = 0) -> _Night:
        self.town.deliver(self.nights, payments, self.paid)
        day = self.town.night(self.nights).isoformat()
        seconds, most = ran("elqr", "night", self.town.job, "--date", day, cores=cores)
        self.nights, self.paid = self.nights + 1, self.paid + payments
        (run,) = (self.town.folder / "out" / day / "runs").glob("*/run.json")
        steps = Counter[str]()
        for step in json.loads(run.read_text(encoding="utf-8"))["steps"]:
            steps[step["step"]] += step["seconds"]
        return _Night(seconds, most, steps)
