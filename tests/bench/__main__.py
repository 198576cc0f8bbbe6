"""Benchmarks: `python -m tests.bench [NAME…]` prints a table and writes JSON. No assertions about time.

Every figure stands beside what one would do instead, measured in the same run on the same core, because
absolute times wander from machine to machine: compare ratios. Without names all are run. The figures and the curves
of the README are from `python -m tests.bench growth --scale 10 --json tests/bench/figures.json`.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable
from datetime import date
from importlib import import_module
from pathlib import Path

import polars as pl

from tests.bench.measure import Row

BENCHES = {
    "printing": "printing.rows",
    "decode": "decode.rows",
    "memory": "printing.memory",
    "scanning": "scanning.rows",
    "workbook": "workbook.rows",
    "review": "review.rows",
    "page": "page.rows",
    "large": "large.rows",
    "night": "night.rows",
    "issuing": "issuing.rows",
    "cluster": "cluster.rows",
    "limits": "limits.rows",
    "instead": "instead.nights.rows",
    "growth": "growth.rows",
}
"""Name → where it is: a bench needs only what it is measured against."""


def main() -> None:
    """Runs the named benches at a size and prints them."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *BENCHES], default=[])
    parser.add_argument("--scale", type=int, default=1, help="1 is for a look, 10 for figures to write down")
    parser.add_argument("--json", type=Path, help="where to write the rows")
    given = parser.parse_args()
    found: list[Row] = []
    for name in given.names or BENCHES:
        print(f"■ {name}", flush=True)
        for row in _bench(name)(given.scale):
            print(row.text, flush=True)
            found.append(row)
            if given.json:
                _write(given.json, _head(given.scale), found)


def _bench(name: str) -> Callable[[int], Iterable[Row]]:
    module, _, function = BENCHES[name].rpartition(".")
    found: Callable[[int], Iterable[Row]] = getattr(import_module(f"tests.bench.{module}"), function)
    return found


def _head(scale: int) -> dict[str, object]:
    """いつ、どの機械で、何を使って."""
    named = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "date": date.today().isoformat(),
        "processor": named[0] if named else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "python": platform.python_version(),
        "polars": pl.__version__,
        "scale": scale,
    }


def _write(path: Path, head: dict[str, object], rows: list[Row]) -> None:
    """Again after every row: a long run that is stopped leaves what it found."""
    told = {"head": head, "rows": [row.as_dict() for row in rows]}
    path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
