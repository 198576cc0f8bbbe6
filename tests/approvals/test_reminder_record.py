"""督促の記録 as staff make them: what was sent, what was pulled, and what must not be reminded."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.builders import JOB, City, Ran, codes, elqr, notice_row
from tests.cases.job_parts import PRINT
from tests.cases.prints import approve_release, print_slips, record_uploads, request_release
from tests.cases.reminded_city import DAY, SLIPS, Office

LATER = date(2026, 12, 10)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office.opened(tmp_path / "city")


def _by(office: Office, *arguments: object, day: date = DAY) -> Ran:
    ran = office.arrears(*arguments, "--by", "山田", day=day)
    assert ran.code == 0, ran.err
    return ran


def _undo(office: Office, *what: object, day: date = LATER) -> None:
    job = ("--job", office.job, "--date", day.isoformat())
    assert elqr("undo", *what, "--reason", "まちがい", "--by", "山田", *job).code == 0
    assert elqr("undo", "approve", 1, "--by", "山田", *job).code == 1
    assert elqr("undo", "approve", 1, "--by", "佐藤", *job).code == 0


def _bills(office: Office, number: int) -> list[object]:
    return [row["通知書番号"] for row in office.rows(number)]


def _left_out(ran: Ran) -> dict[str, tuple[int, int]]:
    return {row["why"]: (row["claims"], row["yen"]) for row in ran.json["left_out"]}  # type: ignore[attr-defined,index]


def _proved(office: Office, day: date) -> None:
    ran = elqr("verify", "--job", office.job, "--date", day.isoformat(), "--json")
    assert ran.code == 0 and codes(ran) == [], ran.out


def test_who_was_reminded_is_not_reminded_again_but_for_what_was_pulled(office: Office) -> None:
    office.draw()
    _by(office, "pull", 1, "１００−００２", "--reason", "窓口で納付の約束")
    sent = _by(office, "sent", 1, "--issued-on", "2026-11-25")
    assert "督促 4件　引抜 1件" in sent.out
    again = office.draw(day=LATER)
    assert (again.json["claims"], again.json["yen"]) == (1, 10_001)
    assert _left_out(again) == {"督促済": (4, 10_000 + 10_002 + 10_003 + 10_004)}
    assert _bills(office, 2) == ["100002"]
    path = office.list_folder(2) / "督促除外一覧.csv"
    text = path.read_text(encoding="utf-8-sig")
    assert text.count("督促済") == 4 and "一覧1　発行日 2026-11-25　記録1" in text
    refused = office.arrears("sent", 1, "--issued-on", "2026-11-25", "--by", "佐藤", day=LATER)
    assert refused.code == 1 and "elqr undo sent 1" in refused.err
    _proved(office, LATER)


def test_a_wrong_record_of_sending_is_taken_back_by_two(office: Office) -> None:
    office.draw()
    _by(office, "sent", 1, "--issued-on", "2026-11-25")
    assert office.draw(day=LATER).json["claims"] == 0
    _undo(office, "sent", 1)
    assert office.draw(day=LATER).json["claims"] == 5
    _by(office, "sent", 1, "--issued-on", "2026-11-26", day=LATER)
    assert _left_out(office.draw(day=LATER)) == {"督促済": (5, 50_010)}
    _proved(office, LATER)


RAISED: dict[str, tuple[list[dict[str, object]], int, tuple[int, int]]] = {
    "増額更正": ([{"principal_yen": 12_000, "change_reason": "増額更正"}], 0, (1, 12_000)),
    "一部を納めた後の増額更正": ([{"principal_yen": 13_000, "change_reason": "増額更正"}], 4_000, (1, 9_000)),
    "督促の納付書": ([{"notice_kind": "督促", "demand_fee_yen": 100}], 0, (0, 0)),
    "延滞金の納付書": ([{"notice_kind": "延滞金", "principal_yen": 0, "late_charge_yen": 500}], 0, (0, 0)),
}
"""What comes after a reminder of 10,000: notices, what is paid, and what is to be reminded again."""


@pytest.mark.parametrize("name", RAISED)
def test_only_a_raised_principal_is_reminded_again(office: Office, name: str) -> None:
    notices, paid_yen, again = RAISED[name]
    office.draw()
    _by(office, "sent", 1, "--issued-on", "2026-11-25")
    if paid_yen:
        office.paid("paid.csv", 0, paid_yen)
        office.night(date(2026, 11, 29))
    rows = [notice_row(**{**SLIPS[0], "issue_no": number, **row}) for number, row in enumerate(notices, start=2)]
    office.notices(*rows, name="later.csv")
    ran = office.night(date(2026, 11, 30))
    assert not {"N604", "N614", "N615", "N616"} & set(codes(ran)), ran.out
    drawn = office.draw(day=LATER)
    assert (drawn.json["claims"], drawn.json["yen"]) == again


@pytest.mark.parametrize("kind", ["返戻", "公示送達", "督促停止", "徴収猶予", "執行停止", "分納"])
def test_a_claim_that_is_held_is_left_out_with_its_reason(office: Office, kind: str) -> None:
    _by(office, "hold", "100003", "--kind", kind, "--reason", "申出", "--until", "2026-12-05")
    ran = office.draw()
    assert ran.json["claims"] == 4 and _left_out(ran) == {kind: (1, 10_002)}
    text = (office.list_folder() / "督促除外一覧.csv").read_text(encoding="utf-8-sig")
    assert "2026-12-05まで　記録1（山田）" in text and kind in text
    assert "申出" not in text, "why somebody asked for it stays in the ledger"
    assert office.draw(day=date(2026, 12, 5)).json["claims"] == 4, "the last day counts"
    assert office.draw(day=date(2026, 12, 6)).json["claims"] == 5
    _proved(office, LATER)


def test_a_wrong_hold_is_taken_back_by_two(office: Office) -> None:
    _by(office, "hold", "100003", "--kind", "督促停止", "--reason", "申出")
    again = office.arrears("hold", "100003", "--kind", "督促停止", "--reason", "申出", "--by", "佐藤")
    assert again.code == 1 and "elqr undo hold" in again.err
    assert office.draw(day=LATER).json["claims"] == 4
    _undo(office, "hold", 1)
    assert office.draw(day=LATER).json["claims"] == 5
    _proved(office, LATER)


def test_a_claim_whose_notice_never_left_the_house_is_left_out(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city", JOB + PRINT)
    city.notices(notice_row(bill_no="101", principal_yen=1_000), notice_row(bill_no="102", payer_ref="2"))
    city.night()
    office = Office(city.folder)
    assert office.draw().json["claims"] == 2, "others may have printed and sent them"
    assert print_slips(city).code == 0
    record_uploads(city)
    ran = office.draw()
    assert ran.json["claims"] == 0 and _left_out(ran) == {"納付書が未発送": (2, 11_000)}
    assert request_release(city, "print", "--pull", "0001-00002").code == 0
    assert approve_release(city).code == 0
    ran = office.draw()
    assert ran.json["claims"] == 1 and _left_out(ran) == {"納付書が未発送": (1, 1_000)}, (
        "101 is on the page that was pulled"
    )
    assert [row["通知書番号"] for row in office.rows(2)] == ["102"]


def test_a_notice_reissued_here_and_not_sent_does_not_stand_for_one_that_was(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city", JOB + PRINT)
    city.notices(notice_row(bill_no="101", principal_yen=1_000))
    city.night()
    office = Office(city.folder)
    assert print_slips(city).code == 0
    city.notices(notice_row(bill_no="101", principal_yen=1_000, issue_no=2), name="again.csv")
    city.night()
    assert _left_out(office.draw()) == {"納付書が未発送": (1, 1_000)}, "nothing of it has left the house"
    _by(office, "hold", "101", "--kind", "よそで発送", "--reason", "印刷所が送った")
    assert office.draw().json["claims"] == 1


def test_a_hold_may_be_made_longer_and_is_found_again(office: Office) -> None:
    _by(office, "hold", "100003", "--kind", "徴収猶予", "--reason", "決定", "--until", "2026-12-05")
    _by(office, "hold", "100003", "--kind", "返戻", "--reason", "宛所なし", "--until", "2026-12-01")
    _by(office, "hold", "100003", "--kind", "徴収猶予", "--reason", "延長", "--until", "2026-12-20")
    shorter = office.arrears(
        "hold", "100003", "--kind", "徴収猶予", "--reason", "x", "--until", "2026-12-10", "--by", "山田"
    )
    assert shorter.code == 1 and "elqr undo hold 3" in shorter.err
    assert office.draw(day=LATER).json["claims"] == 4
    told = office.arrears("holds", "100003").out
    assert [line[:3] for line in told.splitlines() if line.strip()] == ["記録1", "記録2", "記録3"]
    assert "100003 1期　徴収猶予　2026-12-20まで　延長" in told
    days = {1: date(2026, 12, 5), 2: date(2026, 12, 1), 3: date(2026, 12, 20)}
    for until in days.values():
        for day in (until, until + timedelta(1)):
            listed = [row["hold_no"] for row in office.arrears("holds", "--json", day=day).json]  # type: ignore[index]
            assert listed == [number for number, last in days.items() if day <= last], "on its last day, not after it"
    job = ("--job", office.job, "--date", LATER.isoformat())
    asked = elqr("undo", "hold", 3, "--reason", "まちがい", "--by", "山田", *job)
    assert "徴収猶予、国民健康保険料 2026年度 100003 1期" in asked.out, "who approves sees whose it is"


def test_a_list_that_was_sent_is_not_sent_or_pulled_from_again(office: Office) -> None:
    office.draw()
    sent = _by(office, "sent", 1, "--issued-on", "2026-11-25")
    assert sent.out.startswith("記録1　一覧1")
    ran = office.arrears("check", office.list_folder())
    assert ran.code == 3 and "発行日 2026-11-25 で発送済み" in ran.err
    pulled = office.arrears("pull", 1, "100001", "--reason", "x", "--by", "佐藤")
    assert pulled.code == 1 and "elqr undo sent 1" in pulled.err


def test_a_claim_that_was_held_after_the_list_is_named_when_the_list_is_sent(office: Office) -> None:
    office.draw()
    _by(office, "hold", "100-003", "--kind", "執行停止", "--reason", "決議")
    sent = _by(office, "sent", 1, "--issued-on", "2026-11-25")
    assert "督促 5件　引抜 0件" in sent.out, "what was posted was posted"
    assert "止めている調定 1件も" in sent.err and "100003" in sent.err and "elqr undo sent 1" in sent.err
    assert re.search(r"山田［[^］@]+@[^］]+］", office.arrears("holds").out), "from which account and machine"


def test_a_list_whose_sending_nobody_recorded_is_named_before_the_next(office: Office) -> None:
    office.draw()
    ran = office.arrears("list", "--by", "山田", day=LATER)
    assert "前の一覧1に発送の記録がありません" in ran.out


def test_a_list_is_checked_against_what_was_recorded_since(office: Office) -> None:
    office.draw()
    _by(office, "pull", 1, "100001", "--reason", "分納の約束")
    _by(office, "hold", "100002", "--kind", "徴収猶予", "--reason", "決定")
    ran = office.arrears("check", office.list_folder(), "--json")
    assert ran.code == 3 and ran.json["claims"] == 4
    assert [(row["bill_no"], row["why"]) for row in ran.json["changed"]] == [("100002", "徴収猶予")]  # type: ignore[attr-defined,index]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("pull", 9, "100001", "--reason", "x"), "督促対象一覧9はありません"),
        (("pull", 1, "777", "--reason", "x"), "番号 777 の調定はありません"),
        (("sent", 9, "--issued-on", "2026-11-25"), "督促対象一覧9はありません"),
        (("sent", 1, "--issued-on", "2026-11-20"), "より前です"),
        (("hold", "100001", "--kind", "督促停止", "--reason", "x", "--until", "2026-11-20"), "より前です"),
        (("hold", "100001", "--kind", "引抜", "--reason", "x"), "わけ 引抜 はありません"),
    ],
    ids=["ない一覧", "ない番号", "ない一覧の発送", "引く前の発行日", "過ぎた日", "ないわけ"],
)
def test_what_cannot_be_recorded_is_told(office: Office, arguments: tuple[object, ...], told: str) -> None:
    office.draw()
    ran = office.arrears(*arguments, "--by", "山田")
    assert ran.code in (1, 2) and told in ran.err
    assert office.sql("SELECT (SELECT count(*) FROM reminder_sent) + (SELECT count(*) FROM reminder_hold)") == [(0,)]
