"""Decoding and encoding: 120-byte records a second, beside a bare slice-and-cast.

Names, accounts and amounts differ from record to record.
"""

import numpy as np
import polars as pl

from elqr.formats.decode import decode
from elqr.formats.encode import encode_records, join_records
from tests.bench.measure import Row, a_second, compared
from tests.builders import NIGHT, SPECS
from tests.formats.cases import RESULT_91

RECORDS = 1_000_000
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


def rows(scale: int) -> list[Row]:
    """一件120バイトの復号と書き出し, records a second."""
    records = RECORDS * scale
    data = million(records)
    table = decode(data, _SPEC, "f", NIGHT).tables["data"]
    assert table.height == records
    measured = [
        ("復号とすべての項目の検査", a_second(records, lambda: decode(data, _SPEC, "f", NIGHT))),
        ("書き出し", a_second(records, lambda: join_records(_SPEC, [encode_records(_SPEC, "data", table)], "none"))),
        ("切って型を変えるだけ", a_second(records, lambda: bare(data))),
    ]
    return compared("120バイト", "件/秒", measured)
