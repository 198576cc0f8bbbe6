"""台帳の控え: taken while others write, checked, and put back."""

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from tests.builders import NIGHT, City, Ran, elqr, eltax_file, eltax_row, notice_row, went_on
from tests.cases.prepared import prepared

pytestmark = pytest.mark.ledger_file


def _city_of(folder: Path) -> City:
    made = City.founded(folder)
    made.notices(notice_row(key_no="1" * 20, check_no="123456"))
    made.deliver("a.csv", eltax_file(eltax_row("1" * 20, "123456", 4_000)))
    made.night()
    return made


@pytest.fixture
def city(tmp_path: Path) -> City:
    return prepared(tmp_path / "city", _city_of)


def _made(city: City, folder: Path) -> Path:
    ran = elqr("backup", "make", "--out", folder, "--job", city.job, "--json")
    assert ran.code == 0, ran.err
    return Path(str(ran.json["path"]))


def _checked(path: Path) -> Ran:
    return elqr("backup", "check", path)


def test_a_copy_is_the_ledger_and_says_so(city: City, tmp_path: Path) -> None:
    path = _made(city, tmp_path / "copies")
    assert _checked(path).code == 0
    assert path.stat().st_mode & 0o077 == 0
    with sqlite3.connect(path) as copy:
        assert copy.execute("SELECT sum(yen) FROM posting").fetchone() == (4_000,)


def test_what_another_has_not_committed_is_not_in_the_copy(city: City, tmp_path: Path) -> None:
    writer = sqlite3.connect(city.folder / "ledger.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("INSERT INTO counter VALUES ('half', 1)")
    path = _made(city, tmp_path / "copies")
    writer.execute("COMMIT")
    with sqlite3.connect(path) as copy:
        assert copy.execute("SELECT count(*) FROM counter WHERE name = 'half'").fetchone() == (0,)
    assert _checked(path).code == 0


def test_a_ledger_that_is_put_back_goes_on(city: City, tmp_path: Path) -> None:
    path = _made(city, tmp_path / "copies")
    city.deliver("b.csv", eltax_file(eltax_row("1" * 20, "123456", 6_000, serial_no="00000002")))
    city.night(date(2026, 11, 21))
    after = city.sql("SELECT claim_no, yen, night_on FROM posting")
    for old in city.folder.glob("ledger.db*"):
        old.unlink()
    shutil.copy(path, city.folder / "ledger.db")
    on = ("--job", city.job, "--date", NIGHT.isoformat())
    assert city.night(date(2026, 11, 21)).code == elqr("verify", *on).code == 1, "older than its folders"
    assert went_on("accept", *on).code == elqr("verify", *on).code == 0
    city.night(date(2026, 11, 21))
    assert city.sql("SELECT claim_no, yen, night_on FROM posting") == after


def test_a_changed_copy_is_refused(city: City, tmp_path: Path) -> None:
    path = _made(city, tmp_path / "copies")
    with sqlite3.connect(path) as copy:
        copy.execute("INSERT INTO counter VALUES ('other', 1)")
    ran = _checked(path)
    assert ran.code == 1 and "目録と違います" in ran.err
    assert _checked(tmp_path / "none.db").code == 1
    path.with_name(f"{path.stem}.manifest.json").write_text("{", encoding="utf-8")
    assert "目録ではありません" in _checked(path).err


def test_no_ledger_and_no_room_are_one_sentence(city: City, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    ran = elqr("backup", "make", "--out", tmp_path / "file" / "x", "--job", city.job)
    assert ran.code == 1 and ran.err.count("\n") == 1
    for old in city.folder.glob("ledger.db*"):
        old.unlink()
    gone = elqr("backup", "make", "--out", tmp_path / "copies", "--job", city.job)
    assert gone.code == 1 and "ありません" in gone.err and not (city.folder / "ledger.db").exists()


def test_a_changed_copy_with_a_manifest_of_its_own_is_told_when_it_is_put_back(city: City, tmp_path: Path) -> None:
    """Whoever changes a copy can write its manifest anew; the rows are held against the chain, the chain against an anchor."""
    (record,) = (city.folder / "out" / NIGHT.isoformat() / "runs").glob("*/run.json")
    anchor = json.loads(record.read_bytes())["anchor"]
    path = _made(city, tmp_path / "copies")
    with closing(sqlite3.connect(path)) as copy:
        guards = copy.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            copy.execute(f"DROP TRIGGER {name}")
        copy.execute("UPDATE notice SET payer_ref = '999'")
        for _, guard in guards:
            copy.execute(guard)
        copy.commit()
    data = path.read_bytes()
    (manifest,) = path.parent.glob("*.json")
    manifest.chmod(0o600)
    said = json.loads(manifest.read_bytes()) | {"size_bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest.write_text(json.dumps(said), encoding="utf-8")
    assert _checked(path).code == 0, "a manifest that lies beside it vouches for nothing"
    for old in city.folder.glob("ledger.db*"):
        old.unlink()
    shutil.copy(path, city.folder / "ledger.db")
    ran = elqr("verify", "--anchor", anchor, "--job", city.job, "--date", NIGHT.isoformat())
    assert ran.code == 1 and "L5" in ran.err
