"""The synthetic city (架空の都市): a register, notices, claim files, payment files and the truth, from a seed.

The same seed gives the same bytes. `truth.csv` gives the outcome that every record should have, and `truth_claims.csv`
what every claim should owe and have. They come from the scenes that were played, never from the matcher. The keys are
those that issuing on a new ledger gives, so the city needs a new ledger.
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
from elqr.synthetic.changes import change_claims, change_paid_claims, claim_truths, pay_changes
from elqr.synthetic.events import Scenes
from elqr.synthetic.filed_claims import FiledClaims, file_claims, pay_filed_claims, with_filed
from elqr.synthetic.frames import InventedNotice, InventedPayment, ScenicNotice, Truth
from elqr.synthetic.notices import Calendar, invent_notices, with_issued_keys
from elqr.synthetic.register import BY_FILE, register_toml
from elqr.vocabulary.notice_frames import CANCEL
from elqr.vocabulary.terms import Stage

LAST_ON = date(2026, 11, 20)
KEY_RULE = KeyRule(prefix="00000", key_class="90", serial_digits=9)
SECRET = b"invented-secret-for-samples-only"
_PAID_SHARES = {300: 0.4, 2_000: 0.6}
"""納める割合 in cities of fewer notices than that. In a small city more claims are paid, so that every fault occurs."""

_PAID_SHARE = 0.2
"""納める割合 in any other city."""


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
    """都市を作る: write its register, its files of tonight and of the next night, and the truth into `out`."""
    rng = np.random.Generator(np.random.PCG64(seed))
    calendar = Calendar(last_on - timedelta(days=days - 1), last_on)
    rows = with_issued_keys(invent_notices(rng, notices, calendar), KEY_RULE, SECRET)
    filed = file_claims(rng, rows, calendar)
    is_played = ~pl.col(InventedNotice.CLAIM_ID).is_in(filed.claims[InventedNotice.CLAIM_ID].implode())
    paid_share = next((share for most, share in _PAID_SHARES.items() if notices < most), _PAID_SHARE)
    played = play(rng, rows.filter(is_played), calendar, paid_share)
    issued = rows.filter(pl.col(InventedNotice.ELQR_KEY).is_not_null() & pl.col(InventedNotice.KEY_NO).is_null()).height
    by_notices = ~pl.col(InventedNotice.PROCEDURE_CODE).is_in(BY_FILE)
    free, paid = played.free.filter(by_notices), played.paid.filter(by_notices)
    slips = pl.concat([change_claims(rng, free, calendar), filed.slips])
    slips = with_issued_keys(slips.with_row_index(InventedNotice.ROW, rows.height), KEY_RULE, SECRET, issued)
    later = pl.concat([change_paid_claims(rng, paid, calendar), filed.later_slips])
    scenes, scenic_slips = Scenes(rng, calendar), describe(slips, calendar)
    changes = pay_changes(scenes, scenic_slips, free)
    changes += pay_filed_claims(scenes, describe(filed.claims, calendar), scenic_slips)
    events = pl.concat([played.events, *changes])
    delivered = _plant_deliveries(files.deliver(events, specs, last_on), rows, calendar, specs)
    truth = pl.concat([file.truth for file in delivered]).sort(Truth.FILE, Truth.RECORD_NO)
    truths = with_filed(claim_truths(rows, slips, later, events), filed)
    _write_notices(out, rows, specs["notice_csv"])
    # Changes are read after all other notices, because their file is the last by name.
    write_whole(out / "notices" / "tsuika.csv", encode_csv(specs["notice_csv"], slips))
    write_whole(out / "next_night" / "notices" / "tsuika_2.csv", encode_csv(specs["notice_csv"], later))
    _write_claims(out, filed, specs["claim_csv"])
    for file in delivered:
        write_whole(out / "inbox" / file.name, file.data)
    write_whole(out / "procedures.toml", register_toml().encode())
    write_whole(out / "check_no_secret", SECRET + b"\n")
    write_whole(out / "truth.csv", truth.write_csv().encode())
    write_whole(out / "truth_claims.csv", truths.write_csv().encode())
    counts = truth.group_by(Truth.FAULT).len()
    return City(rows.height + slips.height, len(delivered), truth.height, dict(counts.iter_rows()))


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
    by_transfer = pl.col(InventedNotice.CUSTOMER_NO).is_not_null() & (pl.col(InventedNotice.CHANGE_KIND) != CANCEL)
    notices = describe(rows.filter(by_transfer).head(5), calendar)
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


def _write_notices(out: Path, rows: pl.DataFrame, spec: Spec) -> None:
    """納付書データを書く: a file for each procedure. None has the columns that only changes need."""
    rows = rows.drop(InventedNotice.NOTICE_KIND, InventedNotice.CHANGE_REASON)
    for number, ((code,), notices) in enumerate(rows.group_by([InventedNotice.PROCEDURE_CODE], maintain_order=True)):
        charset: Charset = "cp932" if number % 2 else "utf-8-sig"
        write_whole(out / "notices" / f"{code}.csv", encode_csv(spec, notices, charset))


def _write_claims(out: Path, filed: FiledClaims, spec: Spec) -> None:
    """調定データを書く: all claims, what changed since, and on the next night what changed then."""
    for path, states in (
        (out / "claims" / "choutei.csv", filed.assessed),
        (out / "claims" / "choutei_2.csv", filed.changed),
        (out / "next_night" / "claims" / "choutei_3.csv", filed.later),
    ):
        write_whole(path, files.claim_file(states, spec))
