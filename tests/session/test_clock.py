"""The day is Japan's, wherever the machine stands, and no command works for a day that has not come."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from elqr.session import clock
from tests.builders import EVERY_REPORT, JOB, ROOT, TRAINING, City, elqr, eltax_file, eltax_row, notice_row

AHEAD = "2062-11-20"


@pytest.fixture
def city(tmp_path: Path) -> City:
    made = City.founded(tmp_path / "city")
    made.notices(notice_row())
    made.deliver("eltax.csv", eltax_file(eltax_row("1" * 20, "123456", 500)))
    return made


_BY, _ON = ("--by", "山田"), ("--date", AHEAD)
COMMANDS: list[tuple[str, ...]] = [
    ("night", "{job}", *_ON),
    ("night", "{job}", *_ON, "--dry-run"),
    ("notice", "import", "{notices}", "--job", "{job}", *_ON),
    ("notice", "issue", "--job", "{job}", *_ON),
    ("notice", "print", "--out", "{out}", "--job", "{job}", *_ON),
    ("notice", "specimen", "hokenryo", "-o", "{out}.pdf", "--job", "{job}", *_ON),
    ("review", "export", "--out", "{out}.xlsx", "--job", "{job}", *_ON),
    ("review", "decide", "--ruling", "保留", "--reason", "照会", *_BY, "--outcome", "該当なし", "--job", "{job}", *_ON),
    ("review", "approve", "1", *_BY, "--job", "{job}", *_ON),
    ("settlement", "list", "--job", "{job}", *_ON),
    ("arrears", "list", *_BY, "--job", "{job}", *_ON),
    ("export", "make", *_BY, "--job", "{job}", *_ON),
    ("month", "--month", "2062-10", "--job", "{job}"),
    ("month", "close", "2062-10", *_BY, "--job", "{job}", *_ON),
    ("month", "approve", "2062-10", *_BY, "--job", "{job}", *_ON),
    ("year", "--fiscal-year", "2026", "--as-of", AHEAD, "--job", "{job}"),
    ("kpi", "--job", "{job}", *_ON),
    ("replay", "--from", AHEAD, "--job", "{job}"),
    ("replay", "--from", "2026-11-20", "--to", AHEAD, "--job", "{job}"),
    ("verify", "--job", "{job}", *_ON),
    ("doctor", "--job", "{job}", *_ON),
    ("ledger", "show", "--job", "{job}", *_ON),
    ("file", "check", "{file}", *_ON),
    ("file", "mask", "{file}", "--out", "{out}.csv", *_ON),
    ("file", "diff", "{file}", "{file}", *_ON),
    ("spec", "dump", "-", "{file}", *_ON),
]


def test_no_command_works_for_a_day_that_has_not_come(city: City) -> None:
    places = {"job": city.job, "notices": city.folder / "notices" / "notices.csv", "out": city.folder / "new"}
    places["file"] = city.folder / "inbox" / "eltax.csv"
    before = sorted(path.name for path in city.folder.iterdir())
    for command in COMMANDS:
        ran = elqr(*(part.format(**places) for part in command))
        assert ran.code == 1 and "今日（日本の" in ran.err + ran.out, (command, ran)
        assert "Traceback" not in ran.err
    assert sorted(path.name for path in city.folder.iterdir()) == before
    assert city.night().code == 3, "and none of it is in the way of the next night"


def test_a_job_of_a_day_that_has_not_come_is_refused(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city", JOB.replace("2026-11-20", AHEAD))
    ran = elqr("night", city.job)
    assert ran.code == 1 and f"処理日 {AHEAD} は、今日" in ran.err


def test_training_may_go_ahead_and_says_so_everywhere(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city", TRAINING + JOB, reports=EVERY_REPORT)
    city.notices(notice_row())
    ran = city.night(date(2062, 11, 20))
    assert ran.code == 0 and ran.json["training"] is True
    out = city.folder / "out" / AHEAD
    assert "見本市（訓練）" in (out / "index.html").read_text(encoding="utf-8")
    (run,) = (out / "runs").iterdir()
    assert json.loads((run / "run.json").read_bytes())["training"] is True
    city.deliver("eltax.csv", eltax_file(eltax_row("1" * 20, "123456", 500)))
    assert city.night(date(2062, 11, 21)).code == 3
    assert [json.loads(entry).get("training") for (entry,) in city.sql("SELECT entry FROM run")] == [True, True]


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Asia/Tokyo", "Pacific/Kiritimati"])
def test_the_day_is_japans_in_every_zone(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        japan = datetime.now(UTC) + timedelta(hours=9)
        assert clock.today() in (japan.date(), (japan + timedelta(seconds=5)).date())
        assert clock.now().utcoffset() == timedelta(hours=9)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_night_on_a_machine_of_another_zone_has_japans_date(tmp_path: Path) -> None:
    """In one of these zones it is always another day than in Japan."""
    days = set()
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        city = City.founded(tmp_path / zone.replace("/", "_"), JOB.replace("date = 2026-11-20\n", ""))
        before = clock.today()
        ran = subprocess.run(
            [sys.executable, "-m", "elqr", "night", str(city.job), "--json"],
            env={**os.environ, "TZ": zone, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stderr
        days.add(json.loads(ran.stdout)["night_on"])
    assert days <= {before.isoformat(), clock.today().isoformat()}
