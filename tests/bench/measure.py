"""How benches measure: the best of several runs, so many things a second, and their size."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Row:
    """One figure: what, how many a second, and how it compares with the first row of its group."""

    group: str
    what: str
    value: float
    unit: str
    ratio: float | None = None

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


def compared(group: str, unit: str, rows: list[tuple[str, float]]) -> list[Row]:
    """Rows of one group; each beside the last, which is what one would do instead."""
    instead = rows[-1][1]
    return [Row(group, what, value, unit, value / instead) for what, value in rows]
