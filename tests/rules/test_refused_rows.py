"""Refused notice rows stay on every morning's page until they come right, are wrong again, or are taken back."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.builders import JOB, NIGHT, REGISTER, City, claim_file, claim_row, elqr, notice_file, notice_row
from tests.cases.job_parts import CLAIMS

pytestmark = pytest.mark.usefixtures("each_command_once")


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City.founded(tmp_path / "city")


def _day(number: int) -> date:
    return NIGHT + timedelta(days=number)


def _morning(city: City, number: int, *rows: dict[str, object]) -> list[tuple[str, str]]:
    """The night's notice findings: code, and where; its rows come in a file of their own."""
    if rows:
        city.notices(*rows, name=f"{number}.csv")
    ran = city.night(_day(number))
    found = [finding for finding in ran.json["findings"] if finding["code"][0] in "FN"]  # type: ignore[attr-defined]
    assert ran.code == (3 if found else 0)
    return [(finding["code"], finding["at"]) for finding in found]


def test_a_refused_row_stays_until_a_file_has_it_right(city: City) -> None:
    wrong = notice_row(bill_no="2", procedure_code="nashi")
    assert _morning(city, 0, notice_row(), notice_row(bill_no="3", principal_yen=0), wrong) == [
        ("N602", "0.csv 2件目 「合計額」"),
        ("N601", "0.csv 3件目 「手続コード」"),
    ]
    since = f"0.csv（{NIGHT} 取込）"
    both = [("N602", f"{since} 2件目 「合計額」"), ("N601", f"{since} 3件目 「手続コード」")]
    assert _morning(city, 1) == both
    page = (city.drawn(_day(1)) / "index.html").read_text(encoding="utf-8")
    assert since in page
    assert _morning(city, 2, notice_row(bill_no="3")) == both[1:]
    city.withdraw_notices("0.csv")
    assert _morning(city, 3) == both[1:], "the file need not lie there any more"
    assert _morning(city, 1) == both, "a night drawn again says what it said"


FIXES = [
    ("登録のとおりの行", [notice_row()], []),
    ("再発行", [notice_row(issue_no=2, principal_yen=9_000, change_reason="減額更正")], []),
    ("減額と言わない再発行", [notice_row(issue_no=2, principal_yen=9_000)], ["N604", "N614"]),
    ("取消", [notice_row(change_kind="9")], []),
    ("別の調定の行", [notice_row(installment_no=2)], ["N604"]),
    ("また違う行", [notice_row(principal_yen=8_000)], ["N604"]),
]


@pytest.mark.parametrize(("name", "rows", "wanted"), FIXES, ids=[row[0] for row in FIXES])
def test_a_changed_row_waits_for_what_its_remedy_says(
    city: City, name: str, rows: list[dict[str, object]], wanted: list[str]
) -> None:
    for number, own in enumerate([[notice_row()], [notice_row(principal_yen=9_000)], rows]):
        path = city.folder / f"{number}.csv"
        path.write_bytes(notice_file(*own))
        elqr("notice", "import", path, "--job", city.job)
    found = _morning(city, 1)
    assert [code for code, _ in found] == wanted
    if name == "また違う行":
        assert found[0][1].startswith("2.csv"), "it waits in its new place only"


def test_a_row_that_came_right_elsewhere_stays_right_when_its_file_is_read_again(tmp_path: Path) -> None:
    """One row of the file waits for its claim, so that the file is read once more after the other came right."""
    register = REGISTER.replace('code = "suido"', 'code = "suido"\nclaims = "file"')
    city = City.founded(tmp_path / "city", JOB + CLAIMS, register)
    (city.folder / "claims").mkdir()
    unfiled = notice_row(procedure_code="suido", bill_no="700001", payer_ref="70")
    unsaid = [notice_row(bill_no=bill, issue_no=2, principal_yen=9_000) for bill in ("2", "3", "4")]
    before = [notice_row(bill_no=bill) for bill in ("2", "3", "4")]
    assert _morning(city, 0, *before) == []
    assert len(_morning(city, 1, unfiled, *unsaid, notice_row(bill_no="5", principal_yen=0))) == 5
    right = [unsaid[0] | {"change_reason": "減額更正"}, unsaid[1] | {"issue_no": 3, "change_reason": "減額更正"}]
    gone = unsaid[2] | {"change_kind": "9"}
    assert [at for _, at in _morning(city, 2, *right, gone, notice_row(bill_no="5"))] == [
        f"1.csv（{_day(1)} 取込） 1件目 「通知書番号」"
    ]
    claim = claim_row(zeimoku_cd="suido", tsuchisho_no="700001", atena_no="70")
    (city.folder / "claims" / "claims.csv").write_bytes(claim_file(claim))
    assert _morning(city, 3) == [] and _morning(city, 4) == []
    assert city.sql("SELECT count(*) FROM notice WHERE bill_no = '700001'") == [(1,)]
    assert elqr("verify", "--job", city.job, "--date", _day(4).isoformat()).code == 0


def test_a_row_that_nobody_could_read_does_not_come_back_with_its_file(tmp_path: Path) -> None:
    """The file is read once more because a row of it waited for its claim. Of the others, no rule read a whole row."""
    register = REGISTER.replace('code = "suido"', 'code = "suido"\nclaims = "file"')
    city = City.founded(tmp_path / "city", JOB + CLAIMS, register)
    (city.folder / "claims").mkdir()
    unfiled = notice_row(procedure_code="suido", bill_no="700001", payer_ref="70")
    unread = notice_row(bill_no="5", due_on=None)
    cancelled = notice_row(bill_no="6", due_on=None)
    assert [code for code, _ in _morning(city, 0, unfiled, notice_row(bill_no=""), unread, cancelled)] == [
        "N617", "F207", "F207", "F207",
    ]  # fmt: skip
    on = ("--job", city.job, "--date", _day(1).isoformat())
    assert elqr("notice", "give-up", 1, "--record", 2, "--reason", "不要", "--by", "山田", *on).code == 0
    assert elqr("notice", "give-up-approve", 1, "--by", "佐藤", *on).code == 0
    assert len(_morning(city, 1, notice_row(bill_no="5"), notice_row(bill_no="6", change_kind="9"))) == 1
    claim = claim_row(zeimoku_cd="suido", tsuchisho_no="700001", atena_no="70")
    (city.folder / "claims" / "claims.csv").write_bytes(claim_file(claim))
    assert _morning(city, 2) == [] and _morning(city, 3) == []
    assert city.sql("SELECT count(*) FROM notice WHERE bill_no = '700001'") == [(1,)]
    assert elqr("verify", "--job", city.job, "--date", _day(3).isoformat()).code == 0


CHANGES = [
    "UPDATE notice_refused SET bill_no = '7' WHERE record_no = 1",
    "UPDATE notice_refused SET notice_file_no = 9 WHERE record_no = 2",
    "UPDATE notice_refused_end SET is_right = 0",
    "UPDATE notice_refused_end SET by_file_no = 1",
    "UPDATE notice_refused_end SET night_on = '2026-11-19'",
    "DELETE FROM notice_refused_end",
]


def test_what_is_kept_of_refused_rows_is_verified(city: City, tmp_path: Path) -> None:
    """The one row that came right, and the one that did not."""
    for number, rows in enumerate(
        [[notice_row(principal_yen=0), notice_row(bill_no="2", levy_year=8)], [notice_row()]]
    ):
        path = city.folder / f"{number}.csv"
        path.write_bytes(notice_file(*rows))
        elqr("notice", "import", path, "--job", city.job)
    assert elqr("verify", "--job", city.job).code == 0
    for number, statement in enumerate(CHANGES):
        copy = city.copy(tmp_path / f"copy{number}")
        copy.damage(statement)
        told = elqr("verify", "--job", copy.job).err
        assert "L520" in told and ("L510" in told or statement.startswith("DELETE")), statement


def test_the_cancellation_of_a_row_that_never_came_in_takes_it_back(city: City) -> None:
    assert [code for code, _ in _morning(city, 0, notice_row(payable_until_on=date(2026, 10, 1)))] == ["N603"]
    assert _morning(city, 1, notice_row(change_kind="9")) == []
    assert _morning(city, 2) == []
    assert city.sql("SELECT count(*) FROM notice_cancel") == [(0,)]
    assert elqr("verify", "--job", city.job, "--date", _day(2).isoformat()).code == 0


def test_rows_that_will_never_come_right_are_given_up_by_two_people(city: City, tmp_path: Path) -> None:
    assert len(_morning(city, 0, notice_row(bill_no=""), notice_row(bill_no="2", levy_year=8))) == 2
    on = ("--job", city.job, "--date", _day(1).isoformat())
    assert elqr("notice", "give-up", 1, "--record", 7, "--reason", "不要", "--by", "山田", *on).code == 1
    assert elqr("notice", "give-up", 1, "--record", 1, "--reason", "不要", "--by", "山田", *on).code == 0
    again = elqr("notice", "give-up", 1, "--reason", "不要", "--by", "山田", *on)
    assert again.code == 1 and "申請1が承認を待っています" in again.err
    own = elqr("notice", "give-up-approve", 1, "--by", "山 田", *on)
    assert own.code == 1 and "別の人が承認してください" in own.err
    assert len(_morning(city, 1)) == 2, "nobody approved it yet"
    listed = elqr("notice", "refused", "--job", city.job).out
    assert "申請1　納付書データ1 1件目　山田" in listed
    assert "1件目 「通知書番号」" in listed and "2件目 「賦課年度」" in listed
    assert elqr("notice", "give-up-approve", 1, "--by", "佐藤", *on).out.startswith("申請1　1行")
    assert [where for _, where in _morning(city, 2)] == [f"0.csv（{NIGHT} 取込） 2件目 「賦課年度」"]
    verified = ("verify", "--job", city.job, "--date", _day(2).isoformat())
    assert elqr(*verified).code == 0
    again = city.copy(tmp_path / "copy")
    again.damage("DELETE FROM notice_refused_end")
    assert "L510" in elqr("verify", "--job", again.job, *verified[3:]).err, "the row would wait again"
    city.damage("UPDATE notice_give_up_step SET taken_by = '山田'")
    err = elqr(*verified).err
    assert "L520" in err and "L521" in err, "what two people did is held against the chain, and they must be two"
