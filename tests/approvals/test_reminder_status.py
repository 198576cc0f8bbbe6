"""督促の状況のファイル: taken in by the night, seen by who draws the list, taken back by two, proved."""

from datetime import date
from pathlib import Path

import pytest

from tests.builders import codes, elqr, notice_row, status_file, status_row
from tests.cases.reminded_city import DAY, DUE, Office

STATUSES = '\n[[claims]]\npath = "claims"\nspecs = ["reminder_status_csv"]\n'
BEFORE, RELEASED, LAST = date(2026, 11, 20), date(2026, 11, 25), date(2026, 12, 10)
PAYER = {"tsuchisho_no": None, "atena_no": "9002", "kanri_no": "7"}
FIRST = [
    status_row(jokyo_kbn="徴収猶予", shuryo_ymd=date(2026, 12, 5), jiyu="災害"),
    status_row(**PAYER),
    status_row(tsuchisho_no="100004", jokyo_kbn="返戻", kaijo_ymd=date(2026, 11, 15)),
    status_row(tsuchisho_no="100005", jokyo_kbn="分納", del_flg="1"),
    status_row(tsuchisho_no="999999", jokyo_kbn="執行停止"),
]
"""100001 is deferred, all claims of 9002 are stopped; two reasons are over, and one names a claim that is not there."""
RELEASE = status_row(**PAYER, kaijo_ymd=RELEASED, sosa_ymd=BEFORE)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office.opened(tmp_path / "city", STATUSES)
    (office.folder / "claims").mkdir()
    return office


def _deliver(office: Office, name: str, *rows: dict[str, object]) -> None:
    (office.folder / "claims" / name).write_bytes(status_file(*rows))


def _left_out(office: Office, day: date) -> dict[str, tuple[int, int]]:
    ran = office.draw(day=day)
    assert ran.code == 0, ran.out
    return {row["why"]: (row["claims"], row["yen"]) for row in ran.json["left_out"]}  # type: ignore[attr-defined,index]


def _proved(office: Office, day: date) -> None:
    ran = elqr("verify", "--job", office.job, "--date", day.isoformat(), "--json")
    assert ran.code == 0 and codes(ran) == [], ran.out


def test_what_the_core_system_holds_is_left_out_with_its_file(office: Office) -> None:
    _deliver(office, "teishi.csv", *FIRST)
    waits = office.draw()
    assert waits.code == 3 and "teishi.csv" in waits.out, "a file that was not taken in yet may say anything"
    ran = office.night(BEFORE)
    assert ran.code == 0, ran.out
    (row,) = office.report("取込結果", BEFORE)
    assert (row["調定・督促の状況の行"], row["新しい行"]) == (5, 5)
    assert _left_out(office, DAY) == {"徴収猶予": (1, 10_000), "督促停止": (1, 10_002)}
    text = (office.list_folder() / "督促除外一覧.csv").read_text(encoding="utf-8-sig")
    assert "2026-12-05まで　状況1（teishi.csv 1件目）" in text and "解除まで　状況2（teishi.csv 2件目）" in text
    assert "災害" not in text, "why stays in the ledger"
    assert "台帳にない調定のもの　1件" in office.arrears("list", "--by", "山田").out
    told = office.arrears("holds").out.splitlines()
    assert [line.split("　")[0] for line in told] == ["状況1", "状況2", "状況5"]
    assert told[0].endswith("100001 1期　徴収猶予　2026-11-01から2026-12-05まで　災害　teishi.csv 1件目")
    assert "宛名番号 9002 のすべての調定　督促停止" in told[1] and "（台帳にない調定）" in told[2]
    assert office.arrears("holds", "100003").out == told[1] + "\n"
    assert office.arrears("holds", "--json").json[0]["record_no"] == 1  # type: ignore[index]
    office.notices(
        notice_row(bill_no="999999", payer_ref="1", principal_yen=700, due_on=DUE),
        notice_row(bill_no="100009", payer_ref="9002", principal_yen=900, due_on=DUE),
        name="later.csv",
    )
    office.night(DAY)
    later = {"徴収猶予": (1, 10_000), "督促停止": (2, 10_902), "執行停止": (1, 700)}
    assert _left_out(office, DAY) == later, "also a payer's later claims, and a claim that came after its row"


def test_a_release_ends_a_hold_from_its_day_on_and_two_take_a_wrong_one_back(office: Office) -> None:
    _deliver(office, "kaijo.csv", RELEASE)
    office.night(BEFORE)
    _deliver(office, "teishi.csv", *FIRST)
    _deliver(office, "again.csv", *FIRST, RELEASE)
    ran = office.night(DAY)
    assert ran.code == 0, ran.out
    assert [row["新しい行"] for row in office.report("取込結果", DAY)] == [5, 0], "in the order of names"
    assert _left_out(office, date(2026, 11, 24))["督促停止"] == (1, 10_002), "the release came first and is of later"
    assert "督促停止" not in _left_out(office, RELEASED)
    job = ("--job", office.job, "--date", RELEASED.isoformat())
    asked = elqr("undo", "status", 1, "--reason", "別人の解除", "--by", "山田", *job)
    assert "督促停止、宛名番号 9002 のすべての調定、2026-11-01から、kaijo.csv 1件目" in asked.out
    assert elqr("undo", "approve", 1, "--by", "山田", *job).code == 1
    assert elqr("undo", "approve", 1, "--by", "佐藤", *job).code == 0
    assert elqr("undo", "status", 1, "--reason", "x", "--by", "山田", *job).code == 1
    _deliver(office, "once_more.csv", RELEASE)
    office.night(LAST)
    assert _left_out(office, LAST) == {"督促停止": (1, 10_002)}, "and what is known does not come back"
    before = office.arrears("holds", "100003", day=date(2026, 11, 24)).out
    assert "2026-11-24まで" in before, "an earlier night sees what was known then"
    _proved(office, LAST)


def test_what_people_record_stands_beside_it(office: Office) -> None:
    _deliver(office, "teishi.csv", *FIRST)
    office.night(BEFORE)
    ran = office.arrears("hold", "100001", "--kind", "返戻", "--reason", "宛所なし", "--by", "山田")
    assert ran.code == 0 and _left_out(office, DAY)["返戻"] == (1, 10_000)
    assert office.arrears("holds", "100001").out.count("\n") == 2
    office.draw()
    assert office.arrears("check", office.list_folder(2)).code == 0
    _deliver(office, "yuyo.csv", status_row(tsuchisho_no="100002", jokyo_kbn="徴収猶予"))
    office.night(DAY)
    ran = office.arrears("check", office.list_folder(2), "--json")
    assert [(row["bill_no"], row["why"]) for row in ran.json["changed"]] == [("100002", "徴収猶予")]  # type: ignore[attr-defined,index]


def test_a_check_without_a_ledger_tells_what_the_file_itself_contradicts(tmp_path: Path) -> None:
    path = tmp_path / "teishi.csv"
    path.write_bytes(status_file(status_row(), status_row(tsuchisho_no="2", shuryo_ymd=date(2020, 1, 1))))
    told = elqr("file", "check", path, "--json")
    (finding,) = told.json["findings"]  # type: ignore[misc]
    assert told.code == 4 and (finding["code"], finding["at"]) == ("N603", "teishi.csv 2件目 「終了日」")  # type: ignore[index]


def test_a_file_with_a_wrong_row_is_held_back_whole_and_stops_reminders(office: Office) -> None:
    _deliver(office, "teishi.csv", status_row(), status_row(zeimoku_cd="jidosha"))
    path = office.folder / "claims" / "teishi.csv"
    assert elqr("file", "check", path).code == 0, "no register was asked"
    told = elqr("file", "check", path, "--against-ledger", "--job", office.job, "--date", DAY.isoformat(), "--json")
    ran = office.night(DAY)
    assert ran.code == 4 and codes(ran) == ["N601"]
    assert told.code == 4 and told.json["findings"] == ran.json["findings"], "what the night tells"
    assert office.sql("SELECT count(*) FROM reminder_status") == [(0,)]
    assert office.draw().code == 3
