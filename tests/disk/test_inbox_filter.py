"""Droppings: what programs leave in an inbox is passed over; a delivery under such a name is not."""

import json
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path

import pytest

from elqr.disk.archive import keep_arrived, read_kept
from elqr.disk.inbox import read_arrived
from elqr.disk.inbox_filter import InboxFilter, Kind, sent_as
from elqr.formats.recognize import fits_one
from tests.builders import (
    JOB,
    NIGHT,
    SPECS,
    City,
    elqr,
    eltax_file,
    eltax_row,
    notice_file,
    notice_row,
    transfer_file,
    transfer_row,
)

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
_FITS = partial(fits_one, [SPECS[name] for name in ("eltax_payment_csv", "account_transfer_91_result")], NIGHT)


@pytest.mark.parametrize("name", _LEFT)
def test_what_programs_leave_is_passed_over_unless_it_holds_payments(tmp_path: Path, name: str) -> None:
    path, watch = tmp_path / name, InboxFilter((), _FITS)
    path.write_bytes(_LEFT[name])
    assert watch.kind_of(path) is Kind.PASSED_OVER
    path.write_bytes(_GOOD)
    assert watch.kind_of(path) is Kind.PUT_ASIDE


def test_hidden_names_are_no_way_out_of_the_inbox(tmp_path: Path) -> None:
    watch = InboxFilter(("*.log",), _FITS)
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
    listed = elqr("arrears", "list", "--by", "山田", "--job", city.job, "--date", NIGHT.isoformat())
    assert listed.code == 0, "none of them stands against the reminders"


def test_a_held_file_that_is_renamed_still_closes_the_reminder_gate(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city")
    city.notices(notice_row())
    city.deliver(".kouza.csv", _GOOD)
    city.deliver("Thumbs.db", eltax_file(eltax_row("8" * 20, "123456", 1_000)))
    ran = city.night()
    assert ran.code == 4 and sorted(ran.json["quarantined"]) == [".kouza.csv", "Thumbs.db"]  # type: ignore[call-overload]
    listed = elqr("arrears", "list", "--by", "山田", "--job", city.job, "--date", NIGHT.isoformat())
    assert listed.code == 3 and ".kouza.csv" in listed.out + listed.err and "Thumbs.db" in listed.out + listed.err


NEXT, LAST = date(2026, 11, 21), date(2026, 11, 22)


def _still_held(city: City, day: date) -> list[str]:
    listed = elqr("held", "list", "--json", "--job", city.job, "--date", day.isoformat())
    assert listed.code == (3 if listed.json else 0)
    gate = elqr("arrears", "list", "--by", "山田", "--json", "--job", city.job, "--date", day.isoformat())
    names = [row["name"] for row in listed.json]  # type: ignore[attr-defined,index]
    found = [text for own in gate.json.get("against", []) if own["risk"] == "files_held" for text in own["found"]]  # type: ignore[attr-defined]
    assert set(found) == {f"{name}（取込保留）" for name in names}, "the gate of the reminders says the same"
    return names


@pytest.mark.parametrize(
    ("name", "names"),
    [(".a.csv", ["a.csv"]), ("a.csv.part", ["a.csv"]), ("a.CSV.TMP", ["a.CSV"]), (".a.csv.filepart", ["a.csv"]),
     (".a.csv.Xa12Bc", ["a.csv", "a.csv.Xa12Bc"]), ("a.csv", []), ("a.backup", []), ("~$a.xlsx", []), ("", [])],
)  # fmt: skip
def test_what_a_file_on_its_way_is_called_when_it_has_come(name: str, names: list[str]) -> None:
    assert sent_as(name) == names


@pytest.mark.parametrize("name", [".a.csv", "a.csv.part"])
def test_a_file_taken_in_under_its_own_name_is_waited_for_no_more(tmp_path: Path, name: str) -> None:
    city = City.founded(tmp_path / "city")
    city.notices(notice_row())
    city.deliver(name, _GOOD)
    assert city.night().code == 4 and _still_held(city, NIGHT) == [name]
    (city.folder / "inbox" / name).rename(city.folder / "inbox" / "a.csv")
    assert city.night(NEXT).code == 3, "an unknown key"
    assert _still_held(city, NEXT) == []
    city.deliver(name, _GOOD)
    assert city.night(LAST).code != 4 and _still_held(city, LAST) == [], "a copy of what was taken in"
    assert elqr("verify", "--job", city.job, "--date", LAST.isoformat()).code == 0
    assert elqr("replay", "--from", NIGHT.isoformat(), "--to", LAST.isoformat(), "--job", city.job).code == 0


_BEGUN: dict[str, tuple[str, bytes, str, bytes, bool]] = {
    "初め": (".a.csv", _GOOD[:-30], "a.csv", _GOOD, True),
    "初め、別の付け方": ("a.csv.part", _GOOD[:-30], "a.csv", _GOOD, True),
    "別の名前": (".a.csv", _GOOD[:-30], "b.csv", _GOOD, False),
    "別の中身": (".a.csv", _GOOD[:-30].replace(b"1000", b"2000"), "a.csv", _GOOD, False),
}


@pytest.mark.parametrize("what", _BEGUN)
def test_a_file_that_had_not_come_whole_is_over_when_it_has(tmp_path: Path, what: str) -> None:
    name, begun, whole_name, whole, is_over = _BEGUN[what]
    city = City.founded(tmp_path / "city")
    city.notices(notice_row())
    city.deliver(name, begun[:-9])
    city.night()
    city.deliver(name, begun)
    assert city.night(NEXT).code == 4 and _still_held(city, NEXT) == [name, name]
    city.withdraw(name)
    city.deliver(whole_name, whole)
    assert city.night(LAST).code == 3
    assert _still_held(city, LAST) == ([] if is_over else [name, name])


def test_what_came_before_does_not_end_the_wait_for_what_begins_alike(tmp_path: Path) -> None:
    """A name without a day is that of many files, and files of one format begin alike."""
    city = City.founded(tmp_path / "city")
    city.notices(notice_row())
    city.deliver("a.csv", _GOOD)
    city.night()
    city.deliver(".a.csv", _GOOD[:-30])
    assert city.night(NEXT).code == 4 and _still_held(city, NEXT) == [".a.csv"]


def test_a_notice_file_on_its_way_is_over_when_it_came_whole(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city")
    data = notice_file(notice_row(), notice_row(bill_no="2"))
    path = city.folder / "notices" / ".n.csv"
    path.write_bytes(data[:-30])
    assert city.night().code == 4 and _still_held(city, NIGHT) == [".n.csv"]
    path.unlink()
    (path.parent / "n.csv").write_bytes(data)
    assert city.night(NEXT).code == 0 and _still_held(city, NEXT) == []


def test_a_large_file_that_grows_is_kept_as_far_as_it_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elqr.disk.inbox.PIECE_BYTES", 100)
    path, watch = tmp_path / "a.csv.part", InboxFilter((), _FITS)
    path.write_bytes(_GOOD)
    came = read_arrived(path, 1, watch)
    assert came.data is None and came.whole() is None and came.findings
    path.write_bytes(_GOOD + b"more")
    now = keep_arrived(tmp_path / "archive", came)
    assert now.sha256 != came.sha256 and read_kept(tmp_path / "archive", now.sha256) == _GOOD + b"more"


_BAD = transfer_file(transfer_row("1" * 20, 10_000), total_yen=10_001)
_LYING: dict[str, Callable[[City], Path]] = {
    "kouza.dat": lambda city: city.folder / "inbox" / "kouza.dat",
    ".kouza.dat": lambda city: city.folder / "inbox" / ".kouza.dat",
    "n.csv": lambda city: city.folder / "notices" / "n.csv",
}


@pytest.mark.parametrize("name", _LYING)
def test_a_file_that_two_people_gave_up_may_lie_there_and_another_content_is_another_file(
    tmp_path: Path, name: str
) -> None:
    city = City.founded(tmp_path / "city")
    path = _LYING[name](city)
    path.write_bytes(_BAD)
    assert city.night().code == 4
    for command in (("give-up", name, "--reason", "来ない", "--by", "山田"), ("approve", 1, "--by", "佐藤")):
        assert elqr("held", *command, "--job", city.job, "--date", NEXT.isoformat()).code == 0
    for day in (NEXT, LAST):
        ran = city.night(day)
        assert ran.code == 0 and ran.json["findings"] == [] and ran.json["given_up"] == [name]
        assert "あきらめたファイル" in ran.err and _still_held(city, day) == []
    path.write_bytes(_BAD + b"\r\n\x00")
    ran = city.night(date(2026, 11, 23))
    assert ran.code == 4 and ran.json["quarantined"] == [name]
    assert _still_held(city, date(2026, 11, 23)) == [name]
    assert elqr("verify", "--job", city.job, "--date", "2026-11-23").code == 0
