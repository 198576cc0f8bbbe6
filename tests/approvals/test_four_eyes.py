"""四つの目: whatever is asked for, who asked cannot approve it under another spelling of the own name."""

from datetime import date
from pathlib import Path

import pytest

from tests.builders import JOB, City, Ran, credit_file, credit_row, elqr, eltax_file, eltax_row, notice_row
from tests.cases.job_parts import ARRIVAL, CONTRACT, MONEY, SENDER

ASKED_BY, ANOTHER, LAST = "髙橋 一郎", "佐藤", date(2026, 11, 21)
LIKE = {
    "異体字": ("高橋一郎", "同じ人に見えます"),
    "姓だけ": ("高橋", "同じ人に見えます"),
    "見えない文字": ("髙橋\u200b一郎", "目に見えない"),
    "異体字セレクタ": ("髙橋\ufe0f一郎", "目に見えない"),
    "別の国の文字": ("Tаkahashi", "別の国の文字"),
}
"""Names that a reader takes for who asked, or that are not what a reader sees; and what is said of each."""


def _run(city: City, *arguments: object, by: str) -> Ran:
    return elqr(*arguments, "--by", by, "--job", city.job)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """A city in which everything that two people do has been asked for by one of them."""
    folder = tmp_path_factory.mktemp("eyes") / "city"
    city = City.founded(folder, JOB.replace("2026-11-20", LAST.isoformat()) + MONEY + CONTRACT + ARRIVAL)
    (folder / "money").mkdir()
    slip = {"due_on": date(2026, 10, 31), "payer_ref": "1"}
    city.notices(
        notice_row(principal_yen=10_000, **slip),
        notice_row(bill_no="2", principal_yen=777, **slip),
        notice_row(bill_no="3", procedure_code="nowhere"),
    )
    city.night(date(2026, 11, 4))
    key = city.issued()["kokuho", "100001", 1, 1]
    unknown = eltax_row("9" * 20, "123456", 500, serial_no="00000002")
    city.deliver("eltax.csv", eltax_file(eltax_row(*key, 10_000), unknown))
    city.deliver("broken.csv", eltax_file(unknown)[:-9])
    (folder / "money" / "01.dat").write_bytes(credit_file(credit_row(9_999, SENDER)))
    city.night(LAST)
    for arguments in (
        ("notice", "print", "--workers", 1, "--out", folder / "print"),
        ("export", "make", "--by", ASKED_BY),
    ):
        assert elqr(*arguments, "--job", city.job).code == 0
    (upload,) = (folder / "out" / "upload").glob("*.csv")
    assert _run(city, "notice", "uploaded", upload, by=ASKED_BY).code == 0
    assert _run(city, "export", "taken", folder / "out" / "export" / "000001", by=ASKED_BY).code == 0
    (difference,) = elqr("settlement", "list", "--json", "--job", city.job).json
    why = ("--reason", "確かめた")
    for arguments in (
        ("review", "decide", "--ruling", "還付候補", "--outcome", "該当なし", *why),
        ("month", "close", "2026-10"),
        ("settlement", "close", difference["line"], *why),  # type: ignore[index]
        ("arrears", "request", *why),
        ("notice", "release", folder / "print", "--provisional", "試し刷り"),
        ("held", "give-up", "broken.csv", *why),
        ("notice", "give-up", 1, *why),
        ("undo", "taken", 1, *why),
    ):
        ran = _run(city, *arguments, by=ASKED_BY)
        assert ran.code == 0, (arguments, ran)
    return city


APPROVALS: dict[str, tuple[object, ...]] = {
    "決裁": ("review", "approve", 1),
    "月締め": ("month", "approve", "2026-10"),
    "差額": ("settlement", "approve", 1),
    "発送": ("notice", "approve", "{print}", "--provisional", "試し刷り"),
    "取込保留": ("held", "approve", 1),
    "取り込まなかった行": ("notice", "give-up-approve", 1),
    "記録の取り消し": ("undo", "approve", 1),
    "督促": ("arrears", "approve", 1),
}


def _approve(city: City, what: str, by: str) -> Ran:
    arguments = (str(part).replace("{print}", str(city.folder / "print")) for part in APPROVALS[what])
    return _run(city, *arguments, by=by)


@pytest.mark.parametrize("what", APPROVALS)
def test_who_asked_cannot_approve_under_another_spelling(city: City, what: str) -> None:
    before = city.sql("SELECT count(*) FROM run")
    for name, said in LIKE.values():
        ran = _approve(city, what, name)
        assert ran.code == 1 and said in ran.err and "Traceback" not in ran.err, (name, ran)
    assert city.sql("SELECT count(*) FROM run") == before, "nothing was done"


def test_somebody_else_can(city: City) -> None:
    """What was refused above was refused for the name only. A file given up changes what the reminders were asked for."""
    for what in ("督促", *(name for name in APPROVALS if name != "督促")):
        ran = _approve(city, what, ANOTHER)
        assert ran.code == 0, (what, ran)
    assert elqr("verify", "--job", city.job).code == 0


@pytest.mark.ledger_file
@pytest.mark.parametrize("name", [name for name, _ in LIKE.values()], ids=LIKE)
def test_a_new_ledger_is_not_begun_by_one_person_with_two_spellings(tmp_path: Path, name: str) -> None:
    city = City.founded(tmp_path / "city")
    city.notices(notice_row())
    city.night()
    for path in city.folder.glob("ledger.db*"):
        path.unlink()
    assert elqr("ledger", "new", "--by", ASKED_BY, "--reason", "控えがない", "--job", city.job).code == 0
    ran = elqr("ledger", "approve", "--by", name, "--job", city.job)
    assert ran.code == 1 and "Traceback" not in ran.err
    assert city.night(LAST).code == 1, "there is still no ledger"
    assert elqr("ledger", "approve", "--by", "佐藤", "--job", city.job).code == 0
