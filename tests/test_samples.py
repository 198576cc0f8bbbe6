"""The sample job as README shows it: what a new user sees, and the KPI the plan asks for."""

import shutil
from pathlib import Path

from tests.builders import ROOT, elqr


def test_the_sample_night(tmp_path: Path) -> None:
    for name in ("samples", "jobs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    ran = elqr("night", tmp_path / "jobs" / "nightly.toml")
    assert ran.code == 4
    assert "取込保留 1" in ran.out and "KPI（予定/目標）　令和8（2026）年度 7/7" in ran.out
    lines = ran.out.splitlines()
    assert len(lines) <= 40, "one screen"
    assert (tmp_path / "var" / "out" / "2026-11-20" / "index.html").is_file()
    again = elqr("night", tmp_path / "jobs" / "nightly.toml")
    assert "前回から変わったものはありません" in again.out and again.out.splitlines()[2:] == lines[1:]


def test_the_sample_register_reaches_the_plan(tmp_path: Path) -> None:
    for name in ("samples", "jobs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    elqr("night", tmp_path / "jobs" / "nightly.toml")
    found = elqr("kpi", "--job", tmp_path / "jobs" / "nightly.toml", "--json").json
    assert [(year["planned"], year["target"]) for year in found["years"]] == [(7, 7), (8, 8), (9, 9), (10, 10)]  # type: ignore[attr-defined]
    live = [line for line in found["procedures"] if line["go_live_on"] and line["go_live_on"] <= "2026-11-20"]  # type: ignore[attr-defined]
    assert len(live) == 7 and all(line["notices"] and line["first_issued_on"] for line in live)
