"""Issuing (発行): nights that take in new notices and issue them, against larger and larger ledgers.

What such a night costs must follow the new notices, not those that the ledger holds.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.growth import kept_town
from tests.bench.instead import nights
from tests.bench.measure import Row, ran

NEW = 10_000
LEDGERS, LARGER = (100_000, 1_000_000), (10_000_000,)


def rows(scale: int) -> Iterator[Row]:
    """納付書の取込と発行の夜."""
    for notices in (*LEDGERS, *LARGER) if scale >= 10 else LEDGERS:
        with tempfile.TemporaryDirectory() as name:
            town = nights.copied(kept_town(Path(name) / "still", notices), Path(name) / "busy")
            town.bill(NEW)
            seconds, most = ran("elqr", "night", town.job, "--date", town.night(0))
            group = f"{NEW:,}枚×{notices:,}枚"
            yield Row(group, "納付書の取込と発行の夜", seconds, "秒")
            yield Row(group, "納付書の取込と発行の夜（メモリ）", most, "MB")
