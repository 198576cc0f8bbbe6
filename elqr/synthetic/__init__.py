"""The synthetic city (架空の都市): a register, notices, payment files and the truth, from a seed.

The same seed gives the same bytes. `truth.csv` gives the outcome that every record should have. It comes from the
scenes that were played, never from the matcher. The keys are those that issuing on a new ledger gives, so the city
needs a new ledger.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from elqr.disk.atomic_write import write_whole
from elqr.formats.encode import encode_csv
from elqr.formats.spec import Charset, Spec
from elqr.issue.keys import KeyRule
from elqr.synthetic import files
from elqr.synthetic.cast import describe, play
from elqr.synthetic.frames import InventedNotice, InventedPayment, ScenicNotice, Truth
from elqr.synthetic.notices import Calendar, invent_notices, with_issued_keys
from elqr.synthetic.register import register_toml
from elqr.vocabulary.terms import Stage

LAST_ON = date(2026, 11, 20)
KEY_RULE = KeyRule(prefix="00000", key_class="90", serial_digits=9)
SECRET = b"invented-secret-for-samples-only"
_PAID_SHARE = 0.2
_SMALL, _SMALL_PAID_SHARE = 2_000, 0.6
"""In a small city more claims are paid, so that every fault occurs."""


@dataclass(frozen=True, slots=True)
class City:
    """できた都市: the number of notices, files and records, and of the records of each fault."""

    notices: int
    files: int
    records: int
    faults: dict[str, int]

    def lines(self) -> list[str]:
        """端末の表示: what was made, line by line."""
        faults = [
            f"  {name} {count}件（{count / self.records:.2%}）" for name, count in sorted(self.faults.items()) if name
        ]
        return [
            f"納付書の行 {self.notices:,}　ファイル {self.files}　収納の記録 {self.records:,}",
            "仕込んだ事象（記録の数と割合）",
            *faults,
        ]


def generate(out: Path, *, seed: int, notices: int, days: int, specs: dict[str, Spec], last_on: date = LAST_ON) -> City:
    """都市を作る: write procedures.toml, notices/, inbox/, truth.csv and check_no_secret into `out`."""
    rng = np.random.Generator(np.random.PCG64(seed))
    calendar = Calendar(last_on - timedelta(days=days - 1), last_on)
    rows = with_issued_keys(invent_notices(rng, notices, calendar), KEY_RULE, SECRET)
    events = play(rng, rows, calendar, _SMALL_PAID_SHARE if notices < _SMALL else _PAID_SHARE)
    delivered = _plant_deliveries(files.deliver(events, specs, last_on), rows, calendar, specs)
    _write(out, rows, delivered, specs["notice_csv"])
    truth = pl.concat([file.truth for file in delivered])
    counts = truth.group_by(Truth.FAULT).len()
    return City(rows.height, len(delivered), truth.height, dict(counts.iter_rows()))


def _plant_deliveries(
    delivered: list[files.Delivered], rows: pl.DataFrame, calendar: Calendar, specs: dict[str, Spec]
) -> list[files.Delivered]:
    """再受信と壊れたファイル: add a copy, a copy with other line ends, and a file whose trailer is off by one yen."""
    cvs = max((file for file in delivered if file.name.startswith("cvs_a")), key=lambda file: len(file.data))
    transfer = next(file for file in delivered if file.name.startswith("kouza"))
    records = [transfer.data[start : start + 120] for start in range(0, len(transfer.data), 120)]
    crlf = b"".join(record + b"\r\n" for record in records)
    return [
        *delivered,
        files.redeliver(cvs, cvs.name.replace(".dat", "_saisou.dat")),
        files.redeliver(transfer, transfer.name.replace(".dat", "_saisou.dat"), crlf),
        _broken_transfer(rows, calendar, specs),
    ]


def _broken_transfer(rows: pl.DataFrame, calendar: Calendar, specs: dict[str, Spec]) -> files.Delivered:
    notices = describe(rows, calendar).filter(pl.col(InventedPayment.CUSTOMER_NO).is_not_null()).head(5)
    events = notices.select(
        InventedPayment.CLAIM_ID,
        InventedPayment.CUSTOMER_NO,
        pl.col(ScenicNotice.AMOUNT_YEN).alias(InventedPayment.PAID_YEN),
        pl.lit(calendar.last_on - timedelta(days=3)).alias(InventedPayment.PAID_ON),
        pl.lit(Stage.CONFIRMED.value).alias(InventedPayment.STAGE),
        *(pl.lit("").alias(name) for name in (InventedPayment.OUTCOME, InventedPayment.PLACE, InventedPayment.FAULT)),
        *(pl.lit(0, dtype=pl.Int64).alias(name) for name in (InventedPayment.CLAIM_YEN, InventedPayment.SUSPENSE_YEN)),
    )
    name = f"kouza_{calendar.last_on:%Y%m%d}_gokei.dat"
    return files.mark_quarantined(files.transfer(name, events, specs, off_by_yen=1))


def _write(out: Path, rows: pl.DataFrame, delivered: list[files.Delivered], spec: Spec) -> None:
    write_whole(out / "procedures.toml", register_toml().encode())
    write_whole(out / "check_no_secret", SECRET + b"\n")
    for number, ((code,), notices) in enumerate(rows.group_by([InventedNotice.PROCEDURE_CODE], maintain_order=True)):
        charset: Charset = "cp932" if number % 2 else "utf-8-sig"
        write_whole(out / "notices" / f"{code}.csv", encode_csv(spec, notices, charset))
    for file in delivered:
        write_whole(out / "inbox" / file.name, file.data)
    truth = pl.concat([file.truth for file in delivered]).sort(Truth.FILE, Truth.RECORD_NO)
    write_whole(out / "truth.csv", truth.write_csv().encode())
