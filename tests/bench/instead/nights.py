"""The same night done other ways (ほかのやり方の夜): seconds and memory of whole processes, on copies of a ledger.

They do less than elqr: no check of a file's totals and fields, no delivery that came before, no reissued or whole-year
slips, no suggestions, no settlement, no chain of runs, and of the reports only three files without words, sums, page or
books of departments. What they decide, post and list must be what elqr does.
"""

import csv
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from openpyxl import load_workbook

from tests.bench.instead.reports import EXCEPTIONS, TABLE
from tests.bench.measure import SQLITE, Row, ran
from tests.bench.town import Town

WAYS = {
    "orm": "ORM で一件ずつ",
    "orm_each": "ORM で一件ずつ確定",
    "orm_plain": "ORM を既定のまま",
    "sql": "データベースの中で SQL",
    "frames": "pandas",
}

_YEN = ("領収額", "収納額", "仮受額")
_FIGURES = ("記録", "領収日", "照会キー", *_YEN)
_ENTERED = (
    "SELECT outcome, count(*), sum(claim_yen), sum(suspense_yen) FROM decision GROUP BY outcome",
    """SELECT identity, occurrence_no, record_no, offset_bytes, channel, stage, key_kind, key_digits, reissue_no,
    check_no, item_no, office_code, paid_yen, paid_on, funds_on, result_code FROM payment ORDER BY 1, 2""",
    """SELECT i.identity, i.stage, i.occurrence_no, d.outcome, d.place, d.notice_no, d.procedure_code,
    d.claim_yen, d.suspense_yen FROM payment_identity i JOIN decision d USING (payment_no) ORDER BY 1, 2, 3""",
    """SELECT p.identity, p.occurrence_no, o.account, o.claim_no, o.yen, o.fiscal_year, o.is_arrears, o.procedure_code,
    o.night_on, o.decided_by FROM posting o JOIN payment p USING (payment_no) ORDER BY 1, 2, 3""",
)
"""What a ledger holds of its payments, without the numbers that it gives them: outcomes in short, and every row."""


def measured(town: Town, night_no: int, payments: int) -> dict[str, tuple[float, float]]:
    """やり方ごとの秒と MB, elqr's own night first. Asserts that all decide and post the same.

    The town is only read: every way has a copy of its ledger, and the files in a folder of its own.
    """
    found: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        own = copied(town, Path(name) / "elqr")
        own.deliver(night_no, payments)
        night = own.night(night_no)
        found["elqr"] = ran("elqr", "night", own.job, "--date", night)
        expected, listed = _entered(own.folder / "ledger.db"), _listed(own.folder / "out" / str(night))
        for way in WAYS:
            theirs = copied(town, Path(name) / way).folder
            ledger, out = theirs / "ledger.db", theirs / "out"
            found[way] = ran("tests.bench.instead", way, ledger, own.folder / "inbox", night, out)
            assert _entered(ledger) == expected, f"{way} decides and posts what elqr does"
            assert _listed(out) == listed, f"{way} lists what elqr does"
            shutil.rmtree(theirs)
    return found


def copied(town: Town, folder: Path) -> Town:
    """The town in another folder, without what its nights have left there, and the disk at rest."""
    assert not (town.folder / "ledger.db-wal").exists(), "nobody writes to the ledger"
    for name in ("notices", "inbox", "out"):
        (folder / name).mkdir(parents=True)
    for name in ("job.toml", "procedures.toml", "secret", "ledger.db"):
        shutil.copyfile(town.folder / name, folder / name)
    os.sync()
    return Town(folder, town.notices)


def _entered(ledger: Path) -> list[object]:
    with closing(sqlite3.connect(ledger)) as connection:
        return [connection.execute(query).fetchall() for query in _ENTERED]


def _listed(folder: Path) -> tuple[list[tuple[object, ...]], int]:
    """消込結果: every payment's figures, as JSON and CSV both hold them; and how many rows the workbook of 要確認 has."""
    told = json.loads((folder / f"{TABLE}.json").read_text(encoding="utf-8"))
    rows = sorted(tuple(row[name] for name in _FIGURES) for row in told.get("rows") or told["data"])
    with (folder / f"{TABLE}.csv").open(encoding="utf-8-sig", newline="") as file:
        own = [row for row in csv.DictReader(file) if row["記録"]]  # elqr's ends in sums
    assert sorted(tuple(int(row[name]) for name in _YEN) for row in own) == sorted(row[-3:] for row in rows)
    sheet = load_workbook(folder / EXCEPTIONS, read_only=True).worksheets[0]
    return rows, sum(isinstance(number, int) for (number,) in sheet.iter_rows(max_col=1, values_only=True))


def rows(scale: int) -> Iterator[Row]:
    """夜とほかのやり方: as many payments as scale says, against ten notices each."""
    payments = 10_000 * scale
    with tempfile.TemporaryDirectory() as name:
        town = Town.founded(Path(name) / "town", payments * 10)
        yield from told(payments, town.notices, measured(town, 0, payments))


def told(payments: int, notices: int, found: dict[str, tuple[float, float]]) -> Iterator[Row]:
    """Rows of what was measured, each beside elqr's own night."""
    group = f"{payments:,}×{notices:,}"
    for way, (seconds, most) in found.items():
        what = WAYS.get(way, way)
        yield Row(group, what, seconds, "秒", seconds / found["elqr"][0], payments, notices, SQLITE)
        yield Row(group, f"{what}（メモリ）", most, "MB", most / found["elqr"][1], payments, notices, SQLITE)
