"""The sample job as README shows it: what a new user sees, the KPI the plan asks for, and what a claim file does."""

import shutil
from pathlib import Path

import pytest

from tests.builders import ROOT, Ran, elqr

_NIGHT = ("jobs", "nightly.toml")


@pytest.fixture(scope="module")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """A copy of the checkout's samples after their night, and what the night said."""
    folder = tmp_path_factory.mktemp("samples")
    for name in ("samples", "jobs"):
        shutil.copytree(ROOT / name, folder / name)
    return folder, elqr("night", folder.joinpath(*_NIGHT))


def test_the_sample_night(sampled: tuple[Path, Ran]) -> None:
    folder, ran = sampled
    assert ran.code == 4
    assert "取込保留 1" in ran.out and "KPI（予定/目標）　令和8（2026）年度 7/7" in ran.out
    lines = ran.out.splitlines()
    assert len(lines) <= 40, "one screen"
    assert (folder / "var" / "out" / "2026-11-20" / "index.html").is_file()
    again = elqr("night", folder.joinpath(*_NIGHT))
    same = [line for line in lines[1:] if not line.startswith("　eL-QR を付けない納付書")]  # told when they came
    assert "前回から変わったものはありません" in again.out and again.out.splitlines()[2:] == same


def test_the_sample_register_reaches_the_plan(sampled: tuple[Path, Ran]) -> None:
    found = elqr("kpi", "--job", sampled[0].joinpath(*_NIGHT), "--json").json
    assert [(year["planned"], year["target"]) for year in found["years"]] == [(7, 7), (8, 8), (9, 9), (10, 10)]  # type: ignore[attr-defined]
    live = [line for line in found["procedures"] if line["go_live_on"] and line["go_live_on"] <= "2026-11-20"]  # type: ignore[attr-defined]
    assert len(live) == 7 and all(line["notices"] and line["first_issued_on"] for line in live)


_FIRST = "assessed"
_FILED = {
    ("1300000005", 7): ([(_FIRST, 12_300), ("increased", 500)], 12_800, 0),
    ("1300000010", 7): ([(_FIRST, 33_900), ("late_charge", 300)], 34_200, 0),
    ("1300000003", 6): ([(_FIRST, 35_200), ("increased", 500)], 35_200, 0),
    ("1300000002", 5): ([(_FIRST, 9_500), ("reduced", -500)], 9_000, 500),
    ("1300000006", 8): ([(_FIRST, 35_200), ("relieved", -300)], 34_900, 300),
    ("1300000001", 8): ([(_FIRST, 30_400), ("written_off", -30_400)], 0, 0),
}
"""Claims that claim files change, by 通知書番号 and 期別: entries, what stands on the claim, and what is 減額による過納.

By hand, from the rows of the samples' claim files, and from what was paid: all that the notices of that day asked for.
"""


def test_the_claim_files_of_both_sample_nights(sampled: tuple[Path, Ran], tmp_path: Path) -> None:
    shutil.copytree(sampled[0], tmp_path, dirs_exist_ok=True)
    samples, job = tmp_path / "samples", tmp_path.joinpath(*_NIGHT)
    shutil.copytree(samples / "next_night", samples, dirs_exist_ok=True)
    ran = elqr("night", job, "--date", "2026-11-21")
    assert ran.code == 4 and "納付書　行数 4・新規 4・変更なし 0・指摘 0" in ran.out, ran.out
    entries, money = dict[tuple[str, int], list[tuple[str, int]]](), dict[tuple[str, int], tuple[int, int]]()
    for bill_no in sorted({bill_no for bill_no, _ in _FILED}):
        for card in elqr("claim", "show", bill_no, "--json", "--job", job).json["claims"]:  # type: ignore[attr-defined]
            claim = bill_no, card["installment_no"]
            items = ("principal_yen", "demand_fee_yen", "late_charge_yen")
            entries[claim] = [(entry["kind"], sum(entry[item] for item in items)) for entry in card["entries"]]
            money[claim] = card["collected_yen"], sum(paid["suspense_yen"] for paid in card["payments"])
    for claim, (wanted, collected, too_much_yen) in _FILED.items():
        assert (entries[claim], money[claim]) == (wanted, (collected, too_much_yen)), claim
    assert all(len(rows) == 1 for claim, rows in entries.items() if claim not in _FILED)
