"""Power cuts: a real process killed in mid-night, again and again, ends where an undisturbed night ends."""

import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from elqr.synthetic import generate
from tests.builders import CITY_JOB, ROOT, SPECS, elqr

pytestmark = pytest.mark.ledger_file

_CUTS = 12
_SEED = 20261120


def _founded(folder: Path) -> Path:
    generate(folder, seed=9, notices=400, days=30, specs=SPECS)
    job = folder / "job.toml"
    job.write_text(CITY_JOB + "\n[export]\nnightly = true\n", encoding="utf-8")
    return job


def _money(folder: Path) -> list[tuple[object, ...]]:
    """Every posting by what it is for, not by the numbers it was given."""
    query = """
        SELECT p.identity, p.stage, p.occurrence_no, d.outcome, g.account, g.yen, g.fiscal_year, c.bill_no, c.installment_no
        FROM payment p JOIN decision d USING (payment_no) LEFT JOIN posting g USING (payment_no) LEFT JOIN claim c USING (claim_no)
        ORDER BY 1, 2, 3, 4, 5, 6, 8, 9
    """
    with sqlite3.connect(folder / "ledger.db") as ledger:
        assert ledger.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return ledger.execute(query).fetchall()


def test_a_night_killed_again_and_again_ends_as_if_never_killed(tmp_path: Path) -> None:
    whole, cut = _founded(tmp_path / "whole"), _founded(tmp_path / "cut")
    started = time.monotonic()
    command = [sys.executable, "-m", "elqr", "night"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    assert subprocess.run([*command, str(whole)], env=environment, capture_output=True).returncode == 4
    length = time.monotonic() - started
    chance, killed = random.Random(_SEED), 0
    for _ in range(_CUTS):
        process = subprocess.Popen(
            [*command, str(cut)], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            process.wait(timeout=chance.uniform(0.1, 0.7) * length)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            killed += 1
    assert killed >= _CUTS // 4, f"seed {_SEED}: too few nights were caught running"
    assert elqr("night", cut).code == 4
    assert _money(tmp_path / "cut") == _money(tmp_path / "whole")
    assert len(_money(tmp_path / "whole")) > 300
    names = {path.name for path in (tmp_path / "cut" / "out" / "upload").glob("*.csv")}
    with sqlite3.connect(tmp_path / "cut" / "ledger.db") as ledger:
        assert {name for (name,) in ledger.execute("SELECT file_name FROM upload")} == names
    _exported_once(tmp_path / "cut")


def _exported_once(folder: Path) -> None:
    """Every posting on a claim stands in one file of those that the ledger knows, and the files are as it says."""
    numbers: list[int] = []
    with sqlite3.connect(folder / "ledger.db") as ledger:
        for export_no, name, sha256 in ledger.execute("SELECT export_no, file_name, sha256 FROM export"):
            data = (folder / "out" / "export" / f"{export_no:06d}" / name).read_bytes()
            assert hashlib.sha256(data).hexdigest() == sha256
            numbers += [int(line.split(b",")[0]) for line in data.splitlines()[1:]]
        posted = ledger.execute("SELECT posting_no FROM posting WHERE account = 'claim' ORDER BY 1").fetchall()
    assert sorted(numbers) == [number for (number,) in posted] and len(numbers) > 100
