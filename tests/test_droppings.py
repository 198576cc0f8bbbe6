"""Droppings: what programs leave in an inbox is passed over; a delivery under such a name is not."""

import json
from pathlib import Path

import pytest

from elqr.droppings import Kind, Watch
from tests.builders import JOB, NIGHT, SPECS, City, elqr, eltax_file, eltax_row, notice_row

_GOOD = eltax_file(eltax_row("9" * 20, "123456", 1_000))
_LEFT = {
    "Thumbs.db": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500),
    "desktop.ini": b"[.ShellClassInfo]\r\nIconIndex=0\r\n",
    ".DS_Store": b"\x00\x00\x00\x01Bud1" + bytes(100),
    "._kouza.dat": b"\x00\x05\x16\x07",
    ".~lock.a.csv#": ",山田,PC-1,20.11.2026 08:00,file:///;".encode(),
    "~$会計.xlsx": b"\x06" + "山田".encode().ljust(164),
    "eltax.csv.part": b"",
    "a.tmp": b"\x00" * 50,
    ".gitkeep": b"",
}
_SPECS = [SPECS[name] for name in ("eltax_payment_csv", "account_transfer_91_result")]


@pytest.mark.parametrize("name", _LEFT)
def test_what_programs_leave_is_passed_over_unless_it_holds_payments(tmp_path: Path, name: str) -> None:
    path, watch = tmp_path / name, Watch((), _SPECS, NIGHT)
    path.write_bytes(_LEFT[name])
    assert watch.kind_of(path) is Kind.PASSED_OVER
    path.write_bytes(_GOOD)
    assert watch.kind_of(path) is Kind.PUT_ASIDE


def test_hidden_names_are_no_way_out_of_the_inbox(tmp_path: Path) -> None:
    watch = Watch(("*.log",), _SPECS, NIGHT)
    for name, data, kind in (
        (".a.csv", _GOOD, Kind.PUT_ASIDE), (".a", b"unknown", Kind.PUT_ASIDE), (".a", b"", Kind.PASSED_OVER),
        ("x.LOG", b"started", Kind.PASSED_OVER), ("y.log", _GOOD, Kind.PUT_ASIDE), ("a.csv", b"", Kind.DELIVERED),
    ):  # fmt: skip
        (tmp_path / name).write_bytes(data)
        assert watch.kind_of(tmp_path / name) is kind, name
    (tmp_path / "@eaDir").mkdir()
    (tmp_path / ".secret").mkdir()
    assert watch.kind_of(tmp_path / "@eaDir") is Kind.PASSED_OVER
    assert watch.kind_of(tmp_path / ".secret") is Kind.PUT_ASIDE


def test_a_night_with_droppings_is_a_night_without(tmp_path: Path) -> None:
    job = JOB.replace('specs = ["acc', 'ignore = ["*.log"]\nspecs = ["acc')
    city = City.founded(tmp_path / "city", job=job)
    city.notices(notice_row())
    (city.folder / "notices" / "Thumbs.db").write_bytes(_LEFT["Thumbs.db"])
    for name, data in {**_LEFT, "transfer.log": b"started"}.items():
        city.deliver(name, data)
    ran = city.night()
    assert ran.code == 0 and ran.json["quarantined"] == []
    (record,) = (city.folder / "out" / NIGHT.isoformat()).glob("runs/*/run.json")
    steps = json.loads(record.read_text(encoding="utf-8"))["steps"]
    assert {step["file"] for step in steps if step["result"] == "作業用のファイルとして無視"} == {
        *_LEFT,
        "transfer.log",
    }


def test_a_held_file_that_is_renamed_still_closes_the_reminder_gate(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city")
    city.notices(notice_row())
    for name in (".kouza.csv", "Thumbs.db"):
        city.deliver(name, _GOOD)
    ran = city.night()
    assert ran.code == 4 and sorted(ran.json["quarantined"]) == [".kouza.csv", "Thumbs.db"]  # type: ignore[call-overload]
    listed = elqr("arrears", "list", "--by", "山田", "--job", city.job, "--date", NIGHT.isoformat())
    assert listed.code == 3 and ".kouza.csv" in listed.out + listed.err and "Thumbs.db" in listed.out + listed.err
