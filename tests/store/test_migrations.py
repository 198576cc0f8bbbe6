"""Ledgers of every version that there was, made by the programs of their time, brought up to this one."""

import shutil
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from elqr.disk.archive import keep
from elqr.disk.content import sha256_of
from elqr.store.db.schema import SCHEMA_VERSION
from elqr.store.ledger_file import open_ledger
from elqr.store.migrations import bring_up
from elqr.store.migrations.identities import SENDERS
from tests.builders import NIGHT, REFUSED, ROOT, SPECS, City, elqr

pytestmark = pytest.mark.ledger_file
_KEPT = ROOT / "tests" / "golden" / "ledgers"
VERSIONS = sorted(int(path.stem[1:]) for path in _KEPT.glob("v*.sql"))
"""Each night: three notices of 1,000, 2,000 and 3,000 yen; one paid, paid again, one announced, one key unknown."""
_FIRST_WITH_REFUSED_ROWS = 14
"""Three rows were refused, two of them of one 分納 notice, and taken back by another file of the same night."""
_FIRST_WITH_A_GIVEN_UP_FILE = 9
"""An empty file that two people gave up lay in its inbox."""


_LAST_BY_NUMBER = 7
"""After it a payment is known by its sender as well, and by what it says."""
_FIRST_WITH_EXPORTS = 3
"""What a city handed to its core system is kept in its archive, and not here."""


@pytest.fixture
def older(tmp_path: Path) -> Callable[[int], City]:
    """A city as a program of a version left it."""

    def made(version: int) -> City:
        city = City.founded(tmp_path / f"v{version}")
        with sqlite3.connect(city.folder / "ledger.db") as ledger:
            ledger.executescript((_KEPT / f"v{version}.sql").read_text(encoding="utf-8"))
        refused = ("refused.csv", "withdrawn.csv") if version >= _FIRST_WITH_REFUSED_ROWS else ()
        for name, folder in (("eltax.csv", "inbox"), *((own, "notices") for own in ("notices.csv", *refused))):
            data = (_KEPT / name).read_bytes()
            shutil.copy(_KEPT / name, city.folder / folder)
            keep(city.folder / "archive", sha256_of(data), data)
        if version >= _FIRST_WITH_A_GIVEN_UP_FILE:
            keep(city.folder / "archive", sha256_of(b""), b"")
        return city

    return made


def _structure(path: Path) -> set[tuple[str, str, str]]:
    with sqlite3.connect(path) as ledger:
        rows = ledger.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
    return {(kind, name, " ".join(text.replace('"', "").split())) for kind, name, text in rows}


def test_every_version_but_this_has_a_ledger_of_its_time() -> None:
    assert list(range(1, SCHEMA_VERSION)) == VERSIONS


@pytest.mark.parametrize("version", VERSIONS)
def test_an_older_ledger_is_brought_up_with_all_its_rows(
    older: Callable[[int], City], version: int, tmp_path: Path
) -> None:
    city = older(version)
    ran = city.night(NIGHT)
    assert ran.code == 3 and ran.json["changed"] is False, "what it knew is not taken in again"
    assert city.sql("SELECT value FROM setting WHERE name = 'schema_version'") == [(str(SCHEMA_VERSION),)]
    assert city.sql("SELECT account, sum(yen) FROM posting GROUP BY 1 ORDER BY 1") == [
        ("claim", 1_000),
        ("suspense", 1_077),
    ]
    columns = "channel, stage, day_on, payments, yen, night_on"
    assert city.sql(f"SELECT {columns} FROM bundle ORDER BY stage") == [
        ("app", "confirmed", "2026-11-12", 3, 2_077, "2026-11-20"),
        ("app", "preliminary", "2026-11-12", 1, 2_000, "2026-11-20"),
    ]
    with open_ledger(f"sqlite:///{tmp_path / 'new.db'}"):
        pass
    assert _structure(city.folder / "ledger.db") == _structure(tmp_path / "new.db")
    assert city.night(date(2026, 11, 21)).code == 0
    found = elqr("verify", "--job", city.job, "--date", "2026-11-21", "--json").json["findings"]
    kept_by_the_city = {"L513"} if version >= _FIRST_WITH_EXPORTS else set()
    assert {finding["code"] for finding in found} == kept_by_the_city  # type: ignore[attr-defined,index]
    assert elqr("month", "close", "2026-10", "--by", "山田", "--job", city.job).code == 0
    with pytest.raises(REFUSED, match="append-only"):
        city.sql("DELETE FROM bundle")


@pytest.mark.parametrize("version", (1, VERSIONS[-1]))
def test_what_an_older_ledger_took_in_is_recognised_when_it_comes_again(
    older: Callable[[int], City], version: int
) -> None:
    city = older(version)
    city.night(NIGHT)
    head, *records = (_KEPT / "eltax.csv").read_bytes().splitlines(keepends=True)
    city.deliver("again.csv", b"".join([head, *records[::-1]]))
    ran = city.night(date(2026, 11, 21))
    assert {place: count for place, (count, _) in ran.places().items()} == {"already_posted": len(records)}
    assert city.sql("SELECT sum(yen) FROM posting") == [(2_077,)]


@pytest.mark.parametrize("version", [own for own in VERSIONS if own >= _FIRST_WITH_A_GIVEN_UP_FILE])
def test_what_an_older_program_gave_up_stays_given_up_and_ends_nothing_that_comes_later(
    older: Callable[[int], City], version: int
) -> None:
    """It named the content alone, and kept no inbox."""
    city, held = older(version), ("held", "list", "--json", "--job")
    city.deliver("empty.csv", b"")
    for day in (NIGHT, date(2026, 11, 21)):
        ran = city.night(day)
        assert ran.code != 4 and ran.json["given_up"] == ["empty.csv"] and ran.json["changed"] is False
        assert elqr(*held, city.job, "--date", day.isoformat()).json == []
    city.deliver("another.csv", b"")
    assert city.night(date(2026, 11, 22)).json["quarantined"] == ["another.csv"]
    (line,) = elqr(*held, city.job, "--date", "2026-11-22").json  # type: ignore[misc]
    assert line["name"] == "another.csv"  # type: ignore[index]


def test_records_of_one_number_that_say_different_things_are_known_by_what_they_say(
    older: Callable[[int], City],
) -> None:
    """An earlier program took the second for another payment; when both come again, each is what it was."""
    city = older(_LAST_BY_NUMBER)
    one, two = city.sql("SELECT payment_no, identity FROM payment WHERE stage = 'confirmed' ORDER BY payment_no")[::2]
    for table in ("payment", "payment_identity"):
        city.damage(f"UPDATE {table} SET identity = '{one[1]}', occurrence_no = 2 WHERE payment_no = {two[0]}")
    with open_ledger(f"sqlite:///{city.folder / 'ledger.db'}"):
        pass
    assert city.sql(f"SELECT occurrence_no FROM payment WHERE payment_no = {two[0]}") == [(1,)]
    known = city.sql("SELECT payment_no, identity, occurrence_no, length(variant) FROM payment_identity")
    assert {row for row in known if row[1].endswith(one[1])} == {
        (one[0], f"eltax|{one[1]}", 1, 0), (two[0], f"eltax|{one[1]}", 1, 16),
    }  # fmt: skip


def test_the_senders_of_older_ledgers_are_those_of_the_formats() -> None:
    assert {name: SPECS[name].sender for name in SENDERS} == SENDERS


@pytest.mark.parametrize("version", VERSIONS)
def test_a_copy_of_the_ledger_as_it_was_stays_beside_it(older: Callable[[int], City], version: int) -> None:
    city = older(version)
    before = _structure(city.folder / "ledger.db")
    assert city.night(NIGHT, "--dry-run").code == 3
    assert _structure(city.folder / "ledger.db") == before, "a rehearsal brings nothing up"
    assert not (city.folder / f"ledger.db.v{version}").exists()
    city.night(NIGHT)
    copy = city.folder / f"ledger.db.v{version}"
    assert _structure(copy) == before and copy.stat().st_mode & 0o077 == 0


def test_a_migration_that_breaks_off_leaves_the_ledger_as_it_was(
    older: Callable[[int], City], monkeypatch: pytest.MonkeyPatch
) -> None:
    city = older(1)
    before = _structure(city.folder / "ledger.db")
    with monkeypatch.context() as broken:
        broken.setattr("elqr.store.entries.money.bundle_all", lambda _: 1 / 0)
        broken.setattr(
            "elqr.store.migrations.bring_up", lambda connection, version: (bring_up(connection, version), 1 / 0)
        )
        with pytest.raises(ZeroDivisionError):
            city.night(NIGHT)
    assert _structure(city.folder / "ledger.db") == before
    assert city.night(NIGHT).code == 3


def test_a_newer_ledger_is_refused(older: Callable[[int], City]) -> None:
    city = older(3)
    city.sql(f"UPDATE setting SET value = '{SCHEMA_VERSION + 1}'")
    ran = city.night(NIGHT)
    assert ran.code == 1 and "新しい elqr を使ってください" in ran.err


def test_what_was_recorded_once_may_be_taken_back_and_recorded_again(older: Callable[[int], City]) -> None:
    """Tables that held one row a record are made anew: their rows keep their order, and get numbers."""
    city = older(7)
    with sqlite3.connect(city.folder / "ledger.db") as ledger:
        ledger.executescript(
            """
            INSERT INTO upload_step VALUES (1, '2026-11-21T09:00:00+09:00', '山田');
            INSERT INTO print_batch VALUES (1, '2026-11-20', 1, 1, 1000, 1, 'x'), (2, '2026-11-20', 1, 1, 2000, 1, 'y');
            INSERT INTO release_step VALUES
                (1, 'released', '2026-11-21T10:00:00+09:00', '佐藤', '[]'),
                (1, 'requested', '2026-11-21T10:00:00+09:00', '山田', '[]'),
                (2, 'requested', '2026-11-21T09:30:00+09:00', '山田', '["0001-00001"]');
            INSERT INTO export_taken VALUES (1, 0, '2026-11-21T11:00:00+09:00', '鈴木');
            """
        )
    before = city.sql("SELECT * FROM export")
    assert city.night(NIGHT).code == 3
    assert city.sql("SELECT * FROM export") == before
    assert city.sql("SELECT step_no, upload_no, uploaded_by FROM upload_step") == [(1, 1, "山田")]
    assert city.sql("SELECT step_no, print_no, step, pulled, reason FROM release_step ORDER BY step_no") == [
        (1, 2, "requested", '["0001-00001"]', ""),
        (2, 1, "requested", "[]", ""),
        (3, 1, "released", "[]", ""),
    ]
    assert city.sql("SELECT taken_no, export_no, again_no, taken_by FROM export_taken") == [(1, 1, 0, "鈴木")]
    by = ("--job", city.job, "--date", "2026-11-22")
    for what, name in (("uploaded", "elqr_notices_000001.csv"), ("release", 1), ("taken", 1)):
        assert elqr("undo", what, name, "--by", "山田", "--reason", "まちがい", *by).code == 0
    assert elqr("undo", "approve", 1, 2, 3, "--by", "佐藤", *by).code == 0
    assert elqr("undo", "export", 1, "--by", "山田", "--reason", "まちがい", *by).code == 0
    assert elqr("undo", "approve", 4, "--by", "佐藤", *by).code == 0
    again = elqr("export", "make", "--by", "山田", "--json", *by)
    assert (again.json["export_no"], again.json["yen"]) == (2, 1_000)
    found = elqr("verify", "--json", *by).json["findings"]
    assert {finding["code"] for finding in found} == {"L513"}, "what was handed out is not kept here; all else agrees"
