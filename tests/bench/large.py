"""Large files: seconds and peak memory of taking one in, of two sizes, the second ten times the first.

Each is taken in by a process of its own (`take_file` on a new SQLite ledger), without the matching of the night.
"""

import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl

from elqr.arithmetic.checkdigit import gs1_column
from elqr.formats.encode import encode_csv, encode_records, join_records
from tests.bench.measure import Row, ran_text
from tests.builders import EVERY_REPORT, NIGHT, SPECS, City

SIZES = (100_000, 1_000_000)
_A_WRITE = 100_000
_PAID_ON = NIGHT - timedelta(days=10)

_TAKES = """
import sys
from pathlib import Path
from elqr.night.night import Night
from elqr.night.opening import open_session
from elqr.night.workers import OneMachine
with open_session(Path(sys.argv[1]), None, rehearsal=False, show=lambda text: None) as session:
    night = Night(session)
    OneMachine().take_payments(night)
    assert night.changes and not night.quarantined, night.findings
"""


def _numbers(records: int) -> Iterator[pl.DataFrame]:
    for first in range(0, records, _A_WRITE):
        number = pl.int_range(first, min(first + _A_WRITE, records), eager=True)
        yield pl.DataFrame({"no": number, "text": number.cast(pl.String).str.zfill(20)})


def _barcodes(text: pl.Series) -> pl.Series:
    bodies = pl.DataFrame({"no": text.str.slice(4)}).select(pl.format("9195991983326{}02612250001000", "no"))
    return gs1_column(bodies.to_series())


def write_cvs(path: Path, records: int) -> None:
    """コンビニ収納 ファミリーA, of so many data records."""
    spec = SPECS["cvs_family_a"]
    blank = pl.DataFrame({"record_kind": [""]})
    header = pl.DataFrame(
        {"made_on": [_PAID_ON], "factor": ["00001"], "company": ["83326"], "company_name": ["見本市"]}
    )
    with path.open("wb") as file:
        file.write(join_records(spec, [encode_records(spec, "header", header)]))
        for rows in _numbers(records):
            data = rows.select(
                pl.lit("02").alias("data_kind"), pl.lit(_PAID_ON).alias("paid_on"), pl.lit("1234").alias("paid_at"),
                _barcodes(rows["text"]).alias("barcode"), pl.lit("0000001").alias("store"), pl.lit(_PAID_ON).alias("got_on"),
                pl.lit(NIGHT).alias("funds_on"), pl.lit(_PAID_ON).alias("booked_on"), pl.lit("0010").alias("cvs_code"),
            )  # fmt: skip
            file.write(join_records(spec, [encode_records(spec, "data", data)]))
        file.write(join_records(spec, [encode_records(spec, kind, blank) for kind in ("trailer", "end")]))


def write_eltax(path: Path, records: int) -> None:
    """eLTAX 納付情報, of so many rows."""
    spec = SPECS["eltax_payment_csv"]
    with path.open("wb") as file:
        for number, rows in enumerate(_numbers(records)):
            data = encode_csv(spec, rows.select(
                pl.lit("2").alias("data_kind"), pl.lit("999999").alias("city_code"), pl.col("text").alias("key_no"), pl.lit("123456").alias("check_no"),
                pl.lit("901").alias("item_no"), pl.lit("44000").alias("office_code"), pl.lit("040").alias("tax_office_code"), (pl.col("no") % 40_000 + 1).alias("amount_yen"),
                pl.lit("01").alias("channel_kind"), pl.lit(_PAID_ON).alias("paid_on"), pl.lit(_PAID_ON).alias("received_on"), pl.lit(NIGHT).alias("funds_on"),
                pl.lit("0000000001").alias("center"), pl.lit(_PAID_ON).alias("processed_on"), pl.col("text").str.slice(12).alias("serial_no"),
            ))  # fmt: skip
            file.write(data if not number else data[data.find(b"\n") + 1 :])


def rows(scale: int) -> Iterator[Row]:
    """大きなファイルの取込: a city's first file, of either size and in two formats."""
    for name, write in (("cvs.dat", write_cvs), ("eltax.csv", write_eltax)):
        for records in SIZES:
            with tempfile.TemporaryDirectory() as folder:
                city = City.founded(Path(folder) / "city", reports=EVERY_REPORT)
                write(city.folder / "inbox" / name, records * scale)
                seconds, most = ran_text(_TAKES, city.job)
                group = f"{records * scale:,}件"
                yield Row(group, f"{name} の取込", seconds, "秒")
                yield Row(group, f"{name} の取込（メモリ）", most, "MB")
