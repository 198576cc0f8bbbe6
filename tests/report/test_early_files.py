"""Drawn ahead: 消込結果 is written while the ledger is, and is a report only when the ledger says the same."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from elqr.report.early_files import EarlyFiles
from elqr.vocabulary.errors import CannotWrite
from tests.builders import EVERY_REPORT, NIGHT, REAL_NOTICE, REAL_PAYMENT, SERVERS, City, eltax_file, notice_row

_RESULTS = {"消込結果.csv", "消込結果.json"}


@pytest.fixture
def city(tmp_path: Path) -> City:
    founded = City.founded(tmp_path / "city", reports=EVERY_REPORT)
    founded.notices(REAL_NOTICE, notice_row())
    founded.deliver("eltax.csv", eltax_file(REAL_PAYMENT))
    return founded


def _folder(city: City) -> Path:
    return city.folder / "out" / NIGHT.isoformat()


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def test_files_get_their_names_when_they_are_asked_for(tmp_path: Path) -> None:
    with EarlyFiles() as ahead:
        ahead.begin(tmp_path, {"a.csv": lambda: [b"1", b"2"], "b.csv": lambda: iter([b"3"])})
        assert not _names(tmp_path) & {"a.csv", "b.csv"}
        assert ahead.paths() == [tmp_path / "a.csv", tmp_path / "b.csv"]
        for path in ahead.paths():
            ahead.take_place(path)
        assert ahead.paths() == []
    assert _names(tmp_path) == {"a.csv", "b.csv"}
    assert (tmp_path / "a.csv").read_bytes() == b"12"


def test_a_file_that_holds_the_same_already_is_left_alone(tmp_path: Path) -> None:
    """Somebody may have it open."""
    (tmp_path / "a.csv").write_bytes(b"12")
    before = (tmp_path / "a.csv").stat()
    with EarlyFiles() as ahead:
        ahead.begin(tmp_path, {"a.csv": lambda: [b"1", b"2"], "b.csv": lambda: [b"3"]})
        assert [ahead.is_same(path) for path in ahead.paths()] == [True, False]
        ahead.take_place(tmp_path / "a.csv")
    assert (tmp_path / "a.csv").stat() == before and _names(tmp_path) == {"a.csv"}


def test_what_nobody_names_is_gone(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> Iterator[bytes]:
        begun.set()
        go_on.wait(10)
        yield b"1"

    with pytest.raises(KeyboardInterrupt), EarlyFiles() as ahead:
        ahead.begin(tmp_path, {"a.csv": slow, "b.csv": lambda: [b"2"]})
        assert begun.wait(10)
        go_on.set()
        raise KeyboardInterrupt
    assert _names(tmp_path) == set()


def test_what_cannot_be_written_is_told_when_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with EarlyFiles() as ahead:
        ahead.begin(tmp_path / "file", {"a.csv": lambda: [b"1"], "b.csv": lambda: [b"2"]})
        for path in ahead.paths():
            with pytest.raises(CannotWrite, match="に書けません"):
                ahead.take_place(path)
    assert _names(tmp_path) == {"file"}


def test_the_night_leaves_nothing_beside(city: City) -> None:
    left = _folder(city) / ".消込結果.json.4711"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"of a night that was cut off")
    assert city.night().code == 0
    names = _names(_folder(city))
    assert names > _RESULTS and not [name for name in names if name.startswith(".")]


def test_nothing_is_drawn_in_a_rehearsal(city: City) -> None:
    assert city.night(NIGHT, "--dry-run").code == 0
    assert _names(_folder(city)) == set()


def test_a_folder_that_cannot_be_made_costs_the_reports_and_no_posting(city: City) -> None:
    _folder(city).parent.mkdir(parents=True, exist_ok=True)
    _folder(city).write_bytes(b"")
    ran = city.night()
    assert ran.code == 1 and "に書けません" in ran.err
    assert city.sql("SELECT sum(yen) FROM posting") == [(39_500,)]
    _folder(city).unlink()
    assert city.night().code == 0
    assert _names(_folder(city)) > _RESULTS and city.outcomes() == [("eltax.csv", 1, "一致", 39_500, 0)]


@pytest.mark.parametrize(
    ("table", "change", "told"),
    [
        ("posting", "yen = yen + 1", "計上額が消込結果と違う収納: 1件"),
        ("decision", "outcome = 'late'", "消し込んだものと違います"),
    ],
)
def test_a_ledger_that_says_another_thing_gets_no_reports(city: City, table: str, change: str, told: str) -> None:
    """Something changes what the night has written: the reports that were drawn of it are gone."""
    if SERVERS:
        pytest.skip("the guards of a file are taken away here")
    held_back = city.folder / "inbox" / "eltax.csv"
    data = held_back.read_bytes()
    held_back.unlink()
    city.night()
    before = _names(_folder(city)) - {"runs"}
    for name in before:
        (_folder(city) / name).unlink()
    city.sql(f"DROP TRIGGER {table}_no_update")
    city.sql(f"CREATE TRIGGER meddler AFTER INSERT ON {table} BEGIN UPDATE {table} SET {change}; END")
    held_back.write_bytes(data)
    ran = city.night()
    assert ran.code == 1 and told in ran.err
    assert _names(_folder(city)) - {"runs"} == set()
