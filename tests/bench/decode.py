"""Decode and encode of a million 120-byte records beside a bare slice-and-cast: `python -m tests.bench.decode`.

Names, accounts and amounts differ from record to record. One core: POLARS_MAX_THREADS=1.
"""

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np
import polars as pl

from elqr.formats.decode import decode
from elqr.formats.encode import encode_records, join_records
from tests.builders import NIGHT, SPECS
from tests.formats.cases import RESULT_91

_SPEC = SPECS["account_transfer_91_result"]
_DIGITS = [(1, 5), (20, 23), (43, 50), (84, 90), (91, 111)]
_KANA = [(5, 10), (23, 28), (50, 62)]


def million(records: int) -> bytes:
    """A result file of so many data records (its trailer is not true of them: totals are not decode's)."""
    rng = np.random.default_rng(5)
    rows = np.tile(np.frombuffer(RESULT_91.records[1], dtype=np.uint8), (records, 1))
    for start, end in _DIGITS:
        rows[:, start:end] = rng.integers(0x30, 0x3A, (records, end - start))
    for start, end in _KANA:
        rows[:, start:end] = rng.integers(0xB1, 0xDE, (records, end - start))
    return RESULT_91.records[0] + rows.tobytes() + RESULT_91.records[3] + RESULT_91.records[4]


def bare(data: bytes) -> pl.DataFrame:
    """切って型を変えるだけ: no check at all, and kana left as bytes."""
    rows = np.frombuffer(data, dtype=np.uint8).reshape(-1, 120)
    column = pl.col("r")
    record = _SPEC.record[1]
    cut = []
    for field, start in zip(record.fields, record.offsets, strict=True):
        piece = column.bin.slice(start, field.width)
        if field.kind == "yen":
            piece = piece.cast(pl.String).cast(pl.Int64, strict=False)
        elif field.kind not in ("text", "filler"):
            piece = piece.cast(pl.String)
        cut.append(piece.alias(field.name))
    return pl.DataFrame({"r": pl.Series(rows.view("S120").ravel(), dtype=pl.Binary)})[1:-2].select(cut)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def main() -> None:
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    data = million(records)
    table = decode(data, _SPEC, "f", NIGHT).tables["data"]
    assert table.height == records
    times = [
        (
            _seconds(lambda: bare(data)),
            _seconds(lambda: decode(data, _SPEC, "f", NIGHT)),
            _seconds(lambda: join_records(_SPEC, [encode_records(_SPEC, "data", table)], "none")),
        )
        for _ in range(5)
    ]
    floor, read, write = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"{records:,} records: bare {floor:.2f} s, decode {read:.2f} s ({read / floor:.2f} x), encode {write:.2f} s")


if __name__ == "__main__":
    main()
