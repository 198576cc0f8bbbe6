"""Files that were held back: two people give up the file that they saw, and no other of the same bytes."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from elqr.session.job import Inbox, read_job
from elqr.vocabulary.codes import Code
from tests.builders import JOB, NIGHT, City, Ran, elqr, eltax_file, eltax_row, notice_file, notice_row

pytestmark = pytest.mark.usefixtures("each_command_once")

MONEY = '\n[[money]]\npath = "money"\nspecs = ["money_by_hand_csv"]\n'
EMPTY, REFUSAL, PDF = b"", b"error:\r\nerror: service unavailable\r\n", b"%PDF-1.7"
FIRST = "eltax_20261119.csv"


def _day(number: int) -> date:
    return NIGHT + timedelta(days=number)


@pytest.fixture
def city(tmp_path: Path) -> City:
    city = City.founded(tmp_path / "city", JOB + MONEY)
    (city.folder / "money").mkdir()
    city.notices(notice_row())
    return city


def held(city: City, day: date, *arguments: object) -> Ran:
    return elqr("held", *arguments, "--job", city.job, "--date", day.isoformat())


def lines(city: City, day: date) -> list[tuple[str, str]]:
    """What waits, by inbox and name; the gate of the reminders says the same."""
    listed = [(row["box"], row["name"]) for row in held(city, day, "list", "--json").json]  # type: ignore[attr-defined,index]
    gate = elqr("arrears", "list", "--by", "山田", "--json", "--job", city.job, "--date", day.isoformat())
    found = [text for own in gate.json.get("against", []) if own["risk"] == "files_held" for text in own["found"]]  # type: ignore[attr-defined]
    assert sorted(f"{name}（取込保留）" for _, name in listed) == [text for text in found if "未取込" not in text]
    return listed


def give_up(city: City, mark: str, day: date) -> None:
    asked = held(city, day, "give-up", mark, "--reason", "来ない", "--by", "山田")
    assert asked.code == 0, asked.err
    number = asked.out.partition("（申請 ")[2].partition("）")[0]
    assert held(city, day, "approve", number, "--by", "佐藤").code == 0


def good(number: int) -> bytes:
    return eltax_file(eltax_row(f"{number:020d}", "123456", 1_000, serial_no=f"{number:08d}"))


def proved(city: City, day: date) -> None:
    assert elqr("verify", "--job", city.job, "--date", day.isoformat()).code == 0
    assert elqr("replay", "--from", NIGHT.isoformat(), "--to", day.isoformat(), "--job", city.job).code == 0


LATER = {
    "翌日の空のファイル": (EMPTY, "inbox", "eltax_20261120.csv"),
    "一週間後の同じ返事": (REFUSAL, "inbox", "dsk_20261126.csv"),
    "空の入金データ": (EMPTY, "money", "ginkou_20261120.csv"),
    "空の納付書データ": (EMPTY, "notices", "tsuika_20261120.csv"),
    "同じ名前の空の入金データ": (EMPTY, "money", FIRST),
    "同じ名前の空の納付書データ": (EMPTY, "notices", FIRST),
    "名前を変えたもの": (REFUSAL, "inbox", "renamed.csv"),
}


@pytest.mark.parametrize("what", LATER)
def test_the_same_bytes_under_another_name_or_in_another_inbox_are_another_file(city: City, what: str) -> None:
    data, box, name = LATER[what]
    city.deliver(FIRST, data)
    assert city.night().code == 4 and lines(city, NIGHT) == [("inbox", FIRST)]
    give_up(city, FIRST, NIGHT)
    city.withdraw(FIRST)
    path = city.folder / box / name
    path.write_bytes(data)
    ran = city.night(_day(1))
    assert ran.code == 4 and ran.json["quarantined"] == [name] and "given_up" not in ran.json  # type: ignore[operator]
    assert [str(own["at"]).split()[0] for own in ran.json["findings"]] == [name]  # type: ignore[attr-defined]
    assert [(row["ファイル"], row["結果"]) for row in city.report("取込結果", _day(1))] == [(name, "取込保留")]
    path.unlink()
    assert city.night(_day(2)).code == 0
    assert lines(city, _day(2)) == [(box, name)], "wherever it was moved"
    give_up(city, name, _day(2))
    assert lines(city, _day(2)) == []
    assert elqr("verify", "--job", city.job, "--date", _day(2).isoformat()).code == 0
    if box != "notices":
        proved(city, _day(2))


BETWEEN = {"取り込んだもの": good(1), "見出しだけのもの": eltax_file(), "別の保留": PDF}


@pytest.mark.parametrize(("name", "between"), [*(("eltax.csv", each) for each in BETWEEN), (FIRST, "別の保留")])
def test_what_was_given_up_comes_anew_after_something_else_came_under_its_name(
    city: City, name: str, between: str
) -> None:
    city.deliver(name, EMPTY)
    city.night()
    give_up(city, name, NIGHT)
    ran = city.night(_day(1))
    assert ran.code == 0 and ran.json["given_up"] == [name] and lines(city, _day(1)) == [], "it lies there still"
    city.deliver(name, BETWEEN[between])
    city.night(_day(2))
    also = [("inbox", name)] if BETWEEN[between] == PDF else []
    assert lines(city, _day(2)) == also
    for number in (3, 5):
        city.deliver(name, EMPTY)
        gate = elqr("arrears", "list", "--by", "山田", "--job", city.job, "--date", _day(number - 1).isoformat())
        assert gate.code == 3 and f"{name}（未取込）" in gate.out + gate.err, "no night has looked at it"
        ran = city.night(_day(number))
        assert ran.code == 4 and ran.json["quarantined"] == [name]
        assert [(row["ファイル"], row["結果"]) for row in city.report("取込結果", _day(number))] == [(name, "取込保留")]
        city.withdraw(name)
        assert lines(city, _day(number)) == [*also, ("inbox", name)]
        mark = held(city, _day(number), "list").out.splitlines()[-2][:8]
        give_up(city, mark, _day(number))
        city.deliver(name, good(number))
        city.night(_day(number + 1))
        if name == FIRST:
            also = []
        assert lines(city, _day(number + 1)) == also
    proved(city, _day(6))


def test_what_was_given_up_comes_anew_after_a_file_that_was_there_before(city: City) -> None:
    """The sender has nothing new: yesterday's file lies there again, and then the empty one."""
    for number, data in enumerate((good(1), EMPTY, good(1), EMPTY)):
        city.deliver("eltax.csv", data)
        ran = city.night(_day(number))
        assert ran.json["quarantined"] == ([] if data else ["eltax.csv"])
        if number == 1:
            give_up(city, "eltax.csv", _day(number))
    assert lines(city, _day(3)) == [("inbox", "eltax.csv")]
    statuses = [status for (status,) in city.sql("SELECT status FROM delivery ORDER BY delivery_no")]
    assert statuses == ["accepted", "quarantined", "redelivered", "quarantined"]
    proved(city, _day(3))


def test_inboxes_that_share_formats_and_names_are_no_turns_of_each_other(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city", f'{JOB}\n[[inbox]]\npath = "money"\nspecs = ["eltax_payment_csv"]\n')
    (city.folder / "money").mkdir()
    (city.folder / "money" / "a.csv").write_bytes(EMPTY)
    city.deliver("a.csv", good(1))
    for number in range(4):
        city.night(_day(number))
    assert city.sql("SELECT status, count(*) FROM delivery GROUP BY 1 ORDER BY 1") == [
        ("accepted", 1),
        ("quarantined", 1),
    ]


def test_what_comes_again_after_its_corrected_file_is_held_again(city: City) -> None:
    """Nobody gave it up: it stood in no list, and moving it away opened the gate."""
    for number, data in enumerate((PDF, good(1), PDF)):
        city.deliver(FIRST, data)
        assert city.night(_day(number)).code == (3 if number == 1 else 4)
        assert lines(city, _day(number)) == ([] if number == 1 else [("inbox", FIRST)])
    city.withdraw(FIRST)
    assert city.night(_day(3)).code == 0 and lines(city, _day(3)) == [("inbox", FIRST)]
    proved(city, _day(3))


def test_slips_that_come_again_after_good_ones_are_held_again(city: City) -> None:
    path = city.folder / "notices" / "change.csv"
    path.write_bytes(PDF)
    city.night()
    give_up(city, path.name, NIGHT)
    path.write_bytes(notice_file(notice_row(bill_no="2")))
    assert city.night().code == 3 and lines(city, NIGHT) == [], "the finding of this day stays"
    path.write_bytes(PDF)
    assert city.night().code == 4 and lines(city, NIGHT) == [("notices", path.name)]
    give_up(city, path.name, NIGHT)
    assert city.night(_day(1)).code == 0 and lines(city, _day(1)) == []
    assert elqr("verify", "--job", city.job, "--date", _day(1).isoformat()).code == 0


def test_a_file_that_lies_there_is_noted_once_however_many_nights_pass(city: City) -> None:
    for box in ("inbox", "money"):
        (city.folder / box / "a.csv").write_bytes(EMPTY)
    for number in range(3):
        city.deliver("other.csv", good(number))
        assert city.night(_day(number)).code == 4
    assert city.sql("SELECT count(*) FROM delivery WHERE status = 'quarantined'") == [(2,)]
    assert sorted(lines(city, _day(2))) == [("inbox", "a.csv"), ("money", "a.csv")]


def test_equal_bytes_are_as_many_lines_as_there_are_files_and_each_can_be_named(city: City) -> None:
    there = [("inbox", FIRST), ("inbox", "eltax_20261120.csv"), ("money", FIRST)]
    for box, name in there:
        (city.folder / box / name).write_bytes(EMPTY)
    city.night()
    assert sorted(lines(city, NIGHT)) == there
    mark = held(city, NIGHT, "list").out[:8]
    for several, count in ((mark, 3), (FIRST, 2), (f"{mark}/{FIRST}", 2)):
        ran = held(city, NIGHT, "give-up", several, "--reason", "来ない", "--by", "山田")
        assert ran.code == 1 and f"{count}つあります" in ran.err and f"{mark}/money/{FIRST}" in ran.err
    assert "ありません" in held(city, NIGHT, "give-up", f"{mark}/none", "--reason", "来ない", "--by", "山田").err
    give_up(city, f"money/{FIRST}", NIGHT)
    assert sorted(lines(city, NIGHT)) == there[:2]
    give_up(city, FIRST, NIGHT)
    assert lines(city, NIGHT) == there[1:2]
    give_up(city, f"{mark}/{there[1][0]}/{there[1][1]}", NIGHT)
    assert lines(city, NIGHT) == []
    ran = city.night(_day(1))
    assert ran.code == 0 and len(ran.json["given_up"]) == 3  # type: ignore[arg-type]
    proved(city, _day(1))


def test_contents_of_one_name_are_named_by_their_hash(city: City) -> None:
    for number, data in enumerate((PDF, REFUSAL)):
        city.deliver("a.csv", data)
        city.night(_day(number))
    assert lines(city, _day(1)) == [("inbox", "a.csv")] * 2
    ran = held(city, _day(1), "give-up", "a.csv", "--reason", "来ない", "--by", "山田")
    marks = [line[:8] for line in held(city, _day(1), "list").out.splitlines()[:2]]
    assert ran.code == 1 and all(f"{mark}/inbox/a.csv" in ran.err for mark in marks)
    give_up(city, marks[0], _day(1))
    assert [row["sha256"][:8] for row in held(city, _day(1), "list", "--json").json] == marks[1:]  # type: ignore[attr-defined,index]


def test_findings_stand_at_the_file_that_they_are_about_and_not_at_another_of_its_name(city: City) -> None:
    """同じ夜の、同じ名前の別の中身."""
    for data in (good(1), PDF, EMPTY):
        city.deliver(FIRST, data)
        city.night()
    intake = [(row["結果"], row["指摘"], row["指摘数"]) for row in city.report("取込結果")]
    assert intake == [("取込", None, 0), ("取込保留", Code.FOREIGN, 1), ("取込保留", Code.EMPTY, 1)]


def test_an_approval_ends_what_was_asked_for_and_not_what_came_since(city: City) -> None:
    city.deliver("eltax.csv", EMPTY)
    city.night()
    held(city, NIGHT, "give-up", "eltax.csv", "--reason", "来ない", "--by", "山田")
    for number, data in ((1, good(1)), (2, EMPTY)):
        city.deliver("eltax.csv", data)
        city.night(_day(number))
    assert held(city, _day(2), "approve", 1, "--by", "佐藤").code == 0
    assert lines(city, _day(2)) == [("inbox", "eltax.csv")]
    give_up(city, "eltax.csv", _day(2))
    assert lines(city, _day(2)) == []
    proved(city, _day(2))


def test_inboxes_are_named_by_what_tells_them_apart(tmp_path: Path) -> None:
    job = read_job(City.founded(tmp_path / "city", JOB + MONEY).job)
    folders = [tmp_path / "city" / name for name in ("inbox", "money", "notices")]
    assert [job.box_name(folder) for folder in folders] == ["inbox", "money", "notices"]
    bank, agent = (Inbox(path=tmp_path / name / "in", specs=("dsk_csv",)) for name in ("bank", "agent"))
    job = job.model_copy(update={"inbox": (bank, agent)})
    assert [job.box_name(own.path) for own in (bank, agent)] == ["bank/in", "agent/in"]


def _why(city: City, day: date) -> tuple[int, list[str]]:
    """The exit code of a night, and its last lines from where they say why."""
    ran = elqr("night", city.job, "--date", day.isoformat())
    lines = [line.strip() for line in ran.out.splitlines()]
    starts = [at for at, line in enumerate(lines) if line.startswith("終了コード")]
    return ran.code, lines[starts[0] :] if starts else []


def test_a_night_says_last_why_it_ends_as_it_does_new_or_not(city: City) -> None:
    city.deliver(FIRST, good(7))
    waits, told = "今夜の収納のうち 1件が要確認になりました。", "指摘が 1件あります。"
    assert _why(city, NIGHT) == (3, ["終了コード 3 のわけ", waits])
    city.deliver("scan.csv", PDF)
    held_back = "受信箱に取込保留のファイルが 1件あります（scan.csv）。"
    way_out = (
        "わけは elqr file check（納付書データは elqr notice check）で見られます。",
        "直ったものを届けてもらうか、二人であきらめてください（elqr held）。",
    )
    assert _why(city, NIGHT) == (4, ["終了コード 4 のわけ", held_back, *way_out, waits, told])
    assert _why(city, _day(1)) == (4, ["終了コード 4 のわけ", held_back, *way_out]), "nothing is new"
    city.withdraw("scan.csv")
    assert _why(city, _day(2)) == (0, [])
