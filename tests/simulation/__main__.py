"""A long simulation: `python -m tests.simulation --nights 365 --seeds 20 --seed 1`. Ends at the first difference."""

import argparse
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import astuple
from pathlib import Path

from tests import builders, server
from tests.simulation.comparison import Difference
from tests.simulation.runner import Figures, simulate


def main() -> int:
    """Runs so many seeds and prints what was simulated."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--bills", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    given = parser.parse_args()
    with ExitStack() as stack:
        if given.store == "postgresql":
            builders.SERVERS[:] = [stack.enter_context(server.running())]
        return _run_seeds(given)


def _run_seeds(given: argparse.Namespace) -> int:
    whole = Figures()
    for seed in range(given.seed, given.seed + given.seeds):
        with tempfile.TemporaryDirectory() as folder:
            try:
                own = simulate(seed, given.nights, given.bills, Path(folder) / "city")
            except Difference as error:
                print(error)
                return 1
        print(f"seed {seed}: {own}: no difference", flush=True)
        whole = Figures(*(one + other for one, other in zip(astuple(whole), astuple(own), strict=True)))
    print(f"{given.seeds} seeds: {whole}: no difference")
    return 0


if __name__ == "__main__":
    sys.exit(main())
