"""How benches measure: the best of several runs, so many things a second, their size, and whole processes."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from tests.builders import ROOT

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
"""What a ledger is kept in, as rows say it."""

_LAUNCHED = """
import json, os, resource, subprocess, sys, time
cores = int(sys.argv.pop(1))
if cores:
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
started = time.perf_counter()
ran = subprocess.run([sys.executable, *sys.argv[1:]], stdout=subprocess.DEVNULL)
most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(json.dumps([time.perf_counter() - started, most, ran.returncode]))
"""
"""A small process starts the one that is measured: memory counts from the process that it was forked from."""


@dataclass(frozen=True)
class Row:
    """One figure: what, how many a second, and how it compares with the first row of its group.

    A figure of a night also says how many payments it had, how many notices its ledger, and what the ledger is kept in.
    """

    group: str
    what: str
    value: float
    unit: str
    ratio: float | None = None
    payments: int | None = None
    notices: int | None = None
    store: str | None = None

    @property
    def text(self) -> str:
        compared = f"　×{self.ratio:.2f}" if self.ratio is not None else ""
        return f"  {self.group:<10} {self.what:<44} {self.value:>12,.1f} {self.unit}{compared}"

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


def a_second(count: int, work: Callable[[], object], runs: int = 3) -> float:
    """How many a second of one core's time, in the best of some runs: whoever else is busy does not count."""
    best = float("inf")
    for _ in range(runs):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return count / best


def ran(module: str, *arguments: object, cores: int = 0, ends: Sequence[int] = (0, 3)) -> tuple[float, float]:
    """Seconds by the clock and MB at the most of one module as a process, on so many cores or on all."""
    return _ran(("-m", module, *map(str, arguments)), cores, ends)


def ran_text(program: str, *arguments: object) -> tuple[float, float]:
    """The same of a program that is written out."""
    return _ran(("-c", program, *map(str, arguments)), 0, (0,))


def _ran(arguments: Sequence[str], cores: int, ends: Sequence[int]) -> tuple[float, float]:
    command = [sys.executable, "-c", _LAUNCHED, str(cores), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # nobody's program is compiled anew at every start
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    seconds, most, code = json.loads(told.stdout)
    assert code in ends, told.stderr
    return seconds, most


def compared(group: str, unit: str, rows: list[tuple[str, float]]) -> list[Row]:
    """Rows of one group; each beside the last, which is what one would do instead."""
    instead = rows[-1][1]
    return [Row(group, what, value, unit, value / instead) for what, value in rows]
