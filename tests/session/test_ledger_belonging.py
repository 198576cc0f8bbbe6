"""A ledger belongs to its folders: a missing, empty, older or foreign one is told, and no number is handed out twice."""

import json
import os
import pwd
import shutil
import sqlite3
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.builders import JOB, NIGHT, City, Ran, elqr, eltax_file, eltax_row, notice_row, went_on
from tests.cases.prepared import prepared

NEXT = date(2026, 11, 21)
ASKED = ("--by", "山田", "--reason", "控えから戻した")


def _city_of(folder: Path) -> City:
    """After a night that issued one key, posted one payment and exported it."""
    made = City.founded(folder, JOB + "\n[export]\nnightly = true\n")
    made.notices(notice_row(key_no="0" * 19 + "7", check_no="123456"), notice_row(bill_no="100002"))
    made.deliver("eltax.csv", eltax_file(eltax_row("0" * 19 + "7", "123456", 10_000)))
    assert made.night().code == 0
    return made


@pytest.fixture
def city(tmp_path: Path) -> City:
    return prepared(tmp_path / "city", _city_of)


def _ledger(city: City) -> Path:
    return city.folder / "ledger.db"


def _lose(city: City) -> None:
    for path in city.folder.glob("ledger.db*"):
        path.unlink()


def _empty(city: City) -> None:
    _lose(city)
    _ledger(city).touch()


def _empty_database(city: City) -> None:
    _lose(city)
    with sqlite3.connect(_ledger(city)) as database:
        database.execute("PRAGMA journal_mode = WAL")


def _other(city: City) -> None:
    _lose(city)
    other = City.founded(city.folder / "other")
    assert other.night().code == 0
    shutil.copy(_ledger(other), _ledger(city))


def _older(city: City) -> None:
    """A copy from before the last night is put back."""
    kept = city.folder / "kept.db"
    with sqlite3.connect(_ledger(city)) as ledger, sqlite3.connect(kept) as copy:
        ledger.backup(copy)
    row = notice_row(bill_no="100004", key_no="0" * 19 + "8", check_no="123456")
    city.notices(notice_row(bill_no="100003"), row, name="more.csv")
    city.deliver("more.csv", eltax_file(eltax_row("0" * 19 + "8", "123456", 10_000, serial_no="00000002")))
    assert city.night(NEXT).code in (0, 3)
    _lose(city)
    shutil.copy(kept, _ledger(city))


LOST: list[tuple[str, Callable[[City], None], str]] = [
    ("なくなった", _lose, "elqr ledger new"),
    ("0バイト", _empty, "elqr ledger new"),
    ("空のデータベース", _empty_database, "elqr ledger new"),
    ("別の台帳", _other, "別の台帳の保管庫"),
    ("古い控え", _older, "古いものです"),
]
_ON = ("--date", NEXT.isoformat())
_BY = ("--by", "山田")
COMMANDS: list[tuple[str, ...]] = [
    ("night", "{job}", *_ON),
    ("night", "{job}", "--dry-run", *_ON),
    ("notice", "import", "{notices}", "--job", "{job}", *_ON),
    ("notice", "issue", "--job", "{job}", *_ON),
    ("notice", "uploaded", "{upload}", *_BY, "--job", "{job}"),
    ("notice", "release", "{out}", *_BY, "--job", "{job}"),
    ("review", "export", "--out", "{out}/x.xlsx", "--job", "{job}", *_ON),
    ("review", "list", "--job", "{job}"),
    ("review", "approve", "1", *_BY, "--job", "{job}", *_ON),
    ("export", "make", *_BY, "--job", "{job}", *_ON),
    ("export", "check", "{out}/export/000001", "--job", "{job}"),
    ("export", "taken", "{out}/export/000001", *_BY, "--job", "{job}"),
    ("month", "--month", "2026-10", "--job", "{job}"),
    ("month", "close", "2026-10", *_BY, "--job", "{job}", *_ON),
    ("year", "--fiscal-year", "2026", "--job", "{job}"),
    ("arrears", "list", *_BY, "--job", "{job}", *_ON),
    ("settlement", "list", "--job", "{job}", *_ON),
    ("kpi", "--job", "{job}"),
    ("replay", "--from", "2026-11-01", "--job", "{job}"),
    ("verify", "--job", "{job}", *_ON),
    ("doctor", "--job", "{job}", *_ON),
]


def _run(city: City, command: tuple[str, ...]) -> Ran:
    places = {"job": city.job, "notices": city.folder / "notices" / "notices.csv", "out": city.folder / "out"}
    places["upload"] = city.folder / "out" / "upload" / "elqr_notices_000001.csv"
    return elqr(*(part.format(**places) for part in command))


def _files(city: City) -> dict[str, bytes]:
    """Everything that lies there but locks."""
    return {
        str(path): path.read_bytes()
        for path in sorted(city.folder.rglob("*"))
        if path.is_file() and not path.name.endswith((".lock", "-shm", "-wal"))
    }


@pytest.mark.ledger_file
@pytest.mark.parametrize(("change", "said"), [row[1:] for row in LOST], ids=[row[0] for row in LOST])
def test_no_command_works_with_a_ledger_that_is_not_the_folders_own(
    city: City, change: Callable[[City], None], said: str
) -> None:
    change(city)
    before = _files(city)
    for command in COMMANDS:
        ran = _run(city, command)
        assert ran.code == 1 and said in ran.err + ran.out, (command, ran)
        assert _files(city) == before, command


@pytest.mark.ledger_file
def test_after_a_restored_backup_no_number_is_handed_out_again(city: City) -> None:
    _older(city)
    handed = _files(City(city.folder / "out"))
    assert elqr("ledger", "accept", *ASKED, "--job", city.job, *_ON).code == 0
    refused = elqr("ledger", "approve", "--by", "山 田", "--job", city.job, *_ON)
    assert refused.code == 1 and "別の人" in refused.err
    assert city.night(NEXT).code == 1, "a request and a refusal leave no mark of the older ledger"
    assert elqr("ledger", "approve", "--by", "佐藤", "--job", city.job, *_ON).code == 0
    assert city.night(NEXT).code in (0, 3)
    assert city.sql("SELECT upload_no FROM upload ORDER BY 1") == [(1,), (3,)]
    assert city.sql("SELECT export_no FROM export ORDER BY 1") == [(1,), (3,)]
    keys = [str(key)[-9:] for (key,) in city.sql("SELECT key_no FROM payload WHERE key_no LIKE '%90%' ORDER BY 1")]
    assert keys == ["000000001", "000000003"], "the second went out with the upload that the backup does not know"
    assert [number for (number,) in city.sql("SELECT run_no FROM run ORDER BY 1")] == [1, 2, 5, 6, 7], (
        "a night and its export; 3 and 4 were lost; the acceptance, the night and its export"
    )
    now = _files(City(city.folder / "out"))
    assert {name: now[name] for name in handed if "/upload/" in name or "/export/" in name} == {
        name: data for name, data in handed.items() if "/upload/" in name or "/export/" in name
    }
    assert elqr("verify", "--job", city.job, *_ON).code == 0
    again = elqr("ledger", "accept", *ASKED, "--job", city.job, *_ON)
    assert again.code == 1 and "合っています" in again.err


@pytest.mark.ledger_file
def test_a_new_ledger_is_begun_by_two_people_only_and_goes_on_with_the_numbers(city: City) -> None:
    _lose(city)
    assert elqr("ledger", "show", "--job", city.job, "--json").json["numbers"]["run_no"] == 0  # type: ignore[index]
    assert not _ledger(city).exists()
    assert went_on("new", "--job", city.job, *_ON).code == 0
    twice = elqr("ledger", "new", *ASKED, "--job", city.job, *_ON)
    assert twice.code == 1 and "空の場所" in twice.err
    assert city.night(NEXT).code in (0, 3)
    assert city.sql("SELECT upload_no FROM upload") == [(2,)] and city.sql("SELECT export_no FROM export") == [(2,)]
    assert city.issued()[("kokuho", "100002", 1, 1)][0][-9:] == "000000002"
    assert elqr("verify", "--job", city.job, *_ON).code == 0


def _lose_all_but_runs(city: City) -> None:
    """The ledger, its archive and every folder that bears numbers: what is left are the records of the nights."""
    _lose(city)
    shutil.rmtree(city.folder / "archive")
    for name in ("upload", "export", "arrears"):
        shutil.rmtree(city.folder / "out" / name, ignore_errors=True)


@pytest.mark.ledger_file
@pytest.mark.parametrize("issued_in_the_day", [False, True])
def test_the_records_of_the_nights_tell_how_far_the_numbers_had_come(city: City, issued_in_the_day: bool) -> None:
    """B does not get A's key: its serial is in no folder any more, but in the record of the run."""
    if issued_in_the_day:
        city.notices(notice_row(bill_no="100003"), name="more.csv")
        for command in (("import", city.folder / "notices" / "more.csv"), ("issue",)):
            assert elqr("notice", *command, "--job", city.job).code == 0
        assert city.night().code == 0, "a night that changes nothing"
    before = city.sql("SELECT value FROM counter WHERE name = 'key_serial'")
    ((key_no,),) = city.sql("SELECT max(key_no) FROM payload WHERE key_no LIKE '%90%'")
    _lose_all_but_runs(city)
    assert elqr("night", city.job, *_ON).code == 1
    assert went_on("new", "--job", city.job, *_ON).code == 0
    city.notices(notice_row(bill_no="200002", payer_ref="2"), name="others.csv")
    assert city.night(NEXT).code in (0, 3)
    assert city.sql("SELECT value FROM counter WHERE name = 'key_serial'") > before
    assert not city.sql(f"SELECT 1 FROM payload WHERE key_no = '{key_no}'")
    assert city.sql("SELECT min(upload_no) FROM upload") == [(3 if issued_in_the_day else 2,)]
    assert city.sql("SELECT min(export_no) FROM export") == [(2,)]
    assert elqr("verify", "--job", city.job, *_ON).code == 0


@pytest.mark.ledger_file
def test_where_nothing_tells_how_far_the_numbers_had_come_two_people_say_it(city: City) -> None:
    (record,) = (city.folder / "out" / NIGHT.isoformat() / "runs").glob("*/run.json")
    said = json.loads(record.read_bytes())
    assert said.pop("numbers") == {"run_no": 2, "key_serial": 1, "upload_no": 1, "export_no": 1, "list_no": 0, "print_no": 0}  # fmt: skip
    record.write_text(json.dumps(said), encoding="utf-8")
    _lose_all_but_runs(city)
    on = ("--job", city.job, *_ON)
    for last in ((), ("--last", "案件特定キーの連番=7")):
        ran = elqr("ledger", "new", *last, *ASKED, *on)
        assert ran.code == 1 and "--last" in ran.err and "納付書情報" in ran.err and not _ledger(city).exists()
    assert "番号の種類" in elqr("ledger", "new", "--last", "通番=7", *ASKED, *on).err
    assert elqr("ledger", "new", "--last", "通番", *ASKED, *on).code == 2
    last = ("案件特定キーの連番=１２３４", "納付書情報=8", "書き出し=5", "督促対象一覧=0", "印刷=0")
    assert went_on("new", *on, last=tuple(part for own in last for part in ("--last", own))).code == 0
    assert city.night(NEXT).code in (0, 3)
    assert city.issued()["kokuho", "100002", 1, 1][0][-9:] == "000001235"
    assert city.sql("SELECT upload_no FROM upload") == [(9,)] and city.sql("SELECT export_no FROM export") == [(6,)]
    assert elqr("verify", *on).code == 0


@pytest.mark.ledger_file
@pytest.mark.parametrize("left", [b"", b"{", b"[" * 100_000, None], ids=["empty", "torn", "deep", "gone"])
def test_an_older_record_does_not_speak_for_the_newest_that_cannot_be_read(city: City, left: bytes | None) -> None:
    city.night()
    (record,) = (city.folder / "out" / NIGHT.isoformat() / "runs").glob("*-0*/run.json")
    same = record.parents[1] / f"{record.parent.name[:8]}-same" / "run.json"
    same.parent.mkdir(exist_ok=True)
    same.write_bytes(record.read_bytes())
    record.write_bytes(left) if left is not None else record.unlink()
    _lose_all_but_runs(city)
    ran = elqr("ledger", "new", *ASKED, "--job", city.job, *_ON)
    assert ran.code == 1 and "--last" in ran.err


@pytest.mark.ledger_file
def test_without_a_ledger_none_is_shown(city: City, tmp_path: Path) -> None:
    _lose(city)
    shown = [elqr("ledger", "show", "--job", city.job) for _ in range(2)]
    assert shown[0] == shown[1] and shown[0].code == 1 and "台帳　ありません" in shown[0].out
    assert elqr("ledger", "show", "--json", "--job", city.job).json["ledger"] == ""
    fresh = City.founded(tmp_path / "fresh")
    ran = elqr("ledger", "show", "--job", fresh.job)
    assert ran.code == 0 and "台帳　ありません" in ran.out and not _ledger(fresh).exists()


@pytest.mark.ledger_file
def test_a_request_to_go_on_is_approved_as_it_was_asked_for_or_not_at_all(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    _lose(city)
    on, path = ("--job", city.job, *_ON), city.folder / "out" / "ledger_request.json"
    assert elqr("ledger", "approve", "--by", "佐藤", *on).code == 1, "nothing was asked for"
    assert elqr("ledger", "new", *ASKED, *on).code == 0
    assert "承認を待つ申請があります" in elqr("ledger", "new", *ASKED, *on).err
    shown = elqr("ledger", "show", *on)
    assert "承認待ち" in shown.out and "山田" in shown.out and "控えから戻した" in shown.out
    with monkeypatch.context() as other:
        other.setattr("elqr.approvals.ledger_succession._owner", lambda _: "suzuki")
        assert "suzuki" in elqr("ledger", "approve", "--by", "佐藤", *on).err
    upload = city.folder / "out" / "upload" / "elqr_notices_000001.csv"
    upload.rename(upload.with_name("elqr_notices_000005.csv"))
    changed = elqr("ledger", "approve", "--by", "佐藤", *on)
    assert changed.code == 1 and "変わりました" in changed.err
    upload.with_name("elqr_notices_000005.csv").rename(upload)
    assert elqr("ledger", "approve", "--by", "山田太郎", *on).code == 1
    assert not _ledger(city).exists(), "what is refused begins nothing"
    assert elqr("ledger", "reject", "--by", "佐藤", "--reason", "控えがあった", *on).code == 0
    (aside,) = path.parent.glob("ledger_request_rejected_*.json")
    assert not path.exists() and "控えがあった" in aside.read_text(encoding="utf-8")
    assert went_on("new", *on).code == 0 and not path.exists()
    (entry,) = [json.loads(text) for (text,) in city.sql("SELECT entry FROM run")]
    assert entry["ledger_request"]["asked_by"] == "山田" and entry["ledger_request"]["operator"]["os_user"]
    assert city.sql("SELECT started_by, approved_by FROM ledger_start WHERE start_no = 2") == [("山田", "佐藤")]
    assert elqr("verify", *on).code == 0
    path.write_bytes(b"{")
    assert "読めません" in elqr("ledger", "show", *on).err


@pytest.mark.ledger_file
def test_the_account_that_asked_to_go_on_does_not_approve(city: City) -> None:
    """With a table of operators the account counts, whatever name is given."""
    account = pwd.getpwuid(os.geteuid()).pw_name
    table = f'[[operator]]\nos_user = "{account}"\nname = "{{}}"\nroles = ["申請", "承認"]\n'
    with city.job.open("a", encoding="utf-8") as job:
        job.write('\n[approval]\noperators = "operators.toml"\n')
    _lose(city)
    (city.folder / "operators.toml").write_text(table.format("山田"), encoding="utf-8")
    assert elqr("ledger", "new", *ASKED, "--job", city.job, *_ON).code == 0
    (city.folder / "operators.toml").write_text(table.format("佐藤"), encoding="utf-8")
    ran = elqr("ledger", "approve", "--by", "佐藤", "--job", city.job, *_ON)
    assert ran.code == 1 and f"申請したOSの利用者（{account}）" in ran.err


def test_the_id_stands_in_the_archive_the_runs_the_chain_and_the_manifests(city: City) -> None:
    ((own,),) = city.sql("SELECT ledger_id FROM ledger_start")
    assert len(own) == 32
    out = city.folder / "out"
    (run,) = (out / NIGHT.isoformat() / "runs").iterdir()
    written = [
        city.folder / "archive" / "ledger.json",
        run / "run.json",
        out / "upload" / "elqr_notices_000001.manifest.json",
    ]
    assert [json.loads(path.read_bytes())["ledger"] for path in written] == [own] * 3
    assert json.loads((out / "export" / "000001" / "manifest.json").read_bytes())["ledger_id"] == own
    assert [json.loads(entry)["ledger"] for (entry,) in city.sql("SELECT entry FROM run")] == [own] * 2, (
        "the night, and its export"
    )
    assert written[0].stat().st_mode & 0o077 == 0


def test_what_a_cut_off_issue_wrote_is_written_again_or_its_numbers_are_passed_by(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the upload file and the ledger the power fails; somebody may have handed the file in."""
    city.notices(notice_row(bill_no="100003"), name="more.csv")
    with monkeypatch.context() as broken:
        broken.setattr("elqr.night.upload.entries.enter_payloads", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert city.night(NEXT).code == 130
    path = city.folder / "out" / "upload" / "elqr_notices_000002.csv"
    cut_off = path.read_bytes()
    with monkeypatch.context() as broken:
        broken.setattr("elqr.night.upload.entries.enter_payloads", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        assert city.night(NEXT).code == 130
    assert path.read_bytes() == cut_off, "the same notices: the same bytes, the same keys"
    city.notices(notice_row(bill_no="100000"), name="early.csv")
    assert city.night(NEXT).code in (0, 3)
    assert path.read_bytes() == cut_off
    assert city.sql("SELECT upload_no FROM upload ORDER BY 1") == [(1,), (3,)]
    keys = {key for (key,) in city.sql("SELECT key_no FROM payload WHERE upload_no = 3")}
    assert len(keys) == 2 and not any(str(key).encode() in cut_off for key in keys)
    assert elqr("verify", "--job", city.job, *_ON).code == 0
    assert elqr("replay", "--from", "2026-11-20", "--job", city.job).code == 0


def test_an_export_and_a_list_that_were_cut_off_are_never_written_over(city: City) -> None:
    for folder in ("export/000002", "arrears/000001"):
        path = city.folder / "out" / folder / "manifest.json"
        path.parent.mkdir(parents=True)
        path.write_bytes(b"{}")
        name = "elqr_history_000002.csv" if "export" in folder else "督促対象一覧.csv"
        (path.parent / name).write_bytes(b"another")
    city.notices(
        notice_row(bill_no="9", key_no="0" * 19 + "9", check_no="123456", due_on=date(2026, 9, 30)), name="9.csv"
    )
    city.notices(notice_row(bill_no="8", due_on=date(2026, 9, 30)), name="8.csv")
    city.deliver("more.csv", eltax_file(eltax_row("0" * 19 + "9", "123456", 10_000, serial_no="00000002")))
    assert city.night(NEXT).code == 0
    assert city.sql("SELECT export_no FROM export ORDER BY 1") == [(1,), (3,)]
    made = elqr("arrears", "list", *_BY, "--job", city.job, *_ON, "--json")
    assert made.code == 0 and made.json["list_no"] == 2, made
    assert (city.folder / "out" / "export" / "000002" / "elqr_history_000002.csv").read_bytes() == b"another"
    assert elqr("export", "check", city.folder / "out" / "export" / "000001", "--job", city.job).code == 0


def test_verify_fails_on_nothing(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city")
    ran = elqr("verify", "--job", city.job)
    assert ran.code == 1 and "台帳がないか、空です" in ran.err
    assert not (city.folder / "ledger.db").exists()
    assert elqr("kpi", "--job", city.job).code == 0, "what needs no ledger does without"


def test_an_archive_that_is_away_is_told_before_anything_is_written(city: City) -> None:
    """A share that is not mounted: a night would begin a second archive below it. Two people may go on without."""
    archive, away = city.folder / "archive", city.folder / "away"
    archive.rename(away)
    before = city.ledger_state()
    ran = elqr("night", city.job, *_ON)
    assert ran.code == 1 and "一つもありません（共有フォルダが外れているかもしれません）" in ran.err
    assert not archive.exists() and city.ledger_state() == before
    away.rename(archive)
    assert elqr("night", city.job, *_ON).code == 0
    archive.rename(away)
    assert elqr("ledger", "accept", *ASKED, "--job", city.job, *_ON).code == 0
    assert elqr("night", city.job, *_ON).code == 1, "nobody approved it yet"
    assert elqr("ledger", "approve", "--by", "佐藤", "--job", city.job, *_ON).code == 0
    assert elqr("night", city.job, *_ON).code == 0


def test_a_mark_that_is_damaged_is_one_sentence(city: City) -> None:
    (city.folder / "archive" / "ledger.json").write_bytes(b"\x00")
    ran = city.night()
    assert ran.code == 1 and "ほかの場所に移してください" in ran.err
    (city.folder / "archive" / "ledger.json").unlink()
    assert city.night().code == 0, "a ledger that agrees with what it wrote leaves its mark again"
    assert (city.folder / "archive" / "ledger.json").is_file()
