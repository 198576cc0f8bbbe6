"""Benchmarks: `python -m tests.bench [NAME…]` prints a table and writes JSON. No assertions about time.

Every figure stands beside what one would do instead, measured in the same run on the same core, because
absolute times wander from machine to machine: compare ratios. Without names all are run.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.bench import cluster, decode, large, night, page, printing, review, scanning, workbook
from tests.bench.measure import Row

BENCHES: dict[str, Callable[[int], Iterable[Row]]] = {
    "printing": printing.rows,
    "decode": decode.rows,
    "memory": printing.memory,
    "scanning": scanning.rows,
    "workbook": workbook.rows,
    "review": review.rows,
    "page": page.rows,
    "large": large.rows,
    "night": night.rows,
    "cluster": cluster.rows,
}


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
        for row in BENCHES[name](given.scale):
            print(row.text, flush=True)
            found.append(row)
    if given.json:
        given.json.write_text(json.dumps([row.as_dict() for row in found], ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
