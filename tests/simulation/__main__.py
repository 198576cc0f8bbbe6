"""A long simulation: `python -m tests.simulation --nights 365 --seeds 20 --seed 1`. Ends at the first difference."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.simulation.runner import Difference, Figures, simulate


def main() -> int:
    """Runs so many seeds and prints what was simulated."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--bills", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    whole = Figures()
    for seed in range(given.seed, given.seed + given.seeds):
        with tempfile.TemporaryDirectory() as folder:
            try:
                own = simulate(seed, given.nights, given.bills, Path(folder) / "city")
            except Difference as error:
                print(error)
                return 1
        print(f"seed {seed}: {own.nights} nights, {own.records:,} records, {own.yen:,} yen: no difference", flush=True)
        whole = Figures(whole.nights + own.nights, whole.records + own.records, whole.yen + own.yen)
    print(f"{given.seeds} seeds: {whole.nights:,} nights, {whole.records:,} records, {whole.yen:,} yen: no difference")
    return 0


if __name__ == "__main__":
    sys.exit(main())
