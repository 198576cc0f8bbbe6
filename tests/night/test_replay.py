"""過去の夜のやり直し: the same ways give the same outcomes; other ways tell only what they change."""

from datetime import date
from pathlib import Path

import pytest

from tests.builders import (
    ROOT,
    City,
    Ran,
    barcode,
    credit_file,
    credit_row,
    cvs_file,
    cvs_row,
    elqr,
    eltax_file,
    eltax_row,
    notice_row,
    transfer_file,
    transfer_row,
)
from tests.cases.job_parts import SENDER
from tests.cases.prepared import prepared
from tests.cases.till import Till

DAYS = [date(2026, 11, day) for day in (16, 17, 18, 19)]


def _replay(city: City, *options: object, since: date = DAYS[0]) -> Ran:
    return elqr("replay", "--job", city.job, "--from", since.isoformat(), "--json", *options)


def _city_of(folder: Path) -> City:
    """Four nights: a payment before its notice, a file held back and mended, a reissue, a file delivered twice."""
    made = City.founded(folder)
    made.notices(notice_row(), notice_row(bill_no="2", payer_ref="2", barcode=barcode("2", 10_000, date(2026, 11, 30))))
    assert made.night(DAYS[0]).code == 0
    key, check_no = made.issued()["kokuho", "100001", 1, 1]
    made.deliver("a.csv", eltax_file(eltax_row(key, check_no, 10_000)))
    made.deliver("early.dat", transfer_file(transfer_row("C7", 5_000)))
    made.deliver("bad.dat", transfer_file(transfer_row("C8", 5_000), total_yen=1))
    (made.folder / "inbox" / "older").mkdir()  # what is no file is held back too, and nothing of it is kept
    assert made.night(DAYS[1]).code == 4
    made.notices(notice_row(bill_no="3", payer_ref="3", customer_no="C7", principal_yen=5_000), name="more.csv")
    made.deliver("cvs.dat", cvs_file(cvs_row(barcode("2", 10_000, date(2026, 11, 30)))))
    made.deliver("again.csv", eltax_file(eltax_row(key, check_no, 10_000)))
    assert made.night(DAYS[2]).code == 4
    made.deliver("late.dat", transfer_file(transfer_row("C7", 5_000), debit_on=date(2026, 11, 3)))
    assert made.night(DAYS[3]).code == 4
    return made


@pytest.fixture
def city(tmp_path: Path) -> City:
    return prepared(tmp_path / "city", _city_of)


@pytest.mark.parametrize("since", DAYS)
def test_the_same_ways_give_the_same(city: City, since: date) -> None:
    before = city.ledger_state()
    ran = _replay(city, since=since)
    assert (ran.code, ran.json["payments"], ran.json["files"]) == (0, [], []), ran.out
    assert ran.json["nights"] == len([day for day in DAYS if day >= since])
    # On the second night 2 records, on the third 1 (again.csv is the same content as a.csv), on the fourth 1.
    assert ran.json["compared"] == {DAYS[0]: 4, DAYS[1]: 4, DAYS[2]: 2, DAYS[3]: 1}[since]
    assert city.ledger_state() == before


def test_a_spec_that_was_changed_tells_what_it_changes(city: City, tmp_path: Path) -> None:
    """A spec without a check of the total takes in the file that was held back; nothing else changes."""
    text = (ROOT / "specs" / "account_transfer_91_result.toml").read_text(encoding="utf-8")
    changed = tmp_path / "mended.toml"
    changed.write_text(_without_totals(text), encoding="utf-8")
    ran = _replay(city, "--spec", changed)
    assert ran.code == 3
    files = [(row["name"], row["status"], row["status_after"], row["payment_yen_after"]) for row in ran.json["files"]]  # type: ignore[attr-defined]
    assert files == [("bad.dat", "quarantined", "accepted", 5_000)]
    rows = [
        (row["name_after"], row["outcome"], row["outcome_after"], row["suspense_yen_after"])
        for row in ran.json["payments"]
    ]  # type: ignore[attr-defined]
    assert rows == [("bad.dat", None, "key_unknown", 5_000)]
    said = elqr("replay", "--job", city.job, "--from", DAYS[0], "--spec", changed).out
    assert (
        "bad.dat: 取込保留（account_transfer_91_result・0件・0円） → 取込（account_transfer_91_result・1件・5,000円）"
        in said
    )
    assert "違い　受信ファイル 1件　収納 1件" in said


def _without_totals(text: str) -> str:
    head, *controls = text.split("[[control]]")
    assert len(controls) == 8
    return head + controls[-1][controls[-1].index("[payment]") :]


def test_another_job_tells_what_it_changes(city: City) -> None:
    """A job that knows no bar codes holds the file of the convenience stores back."""
    other = city.folder / "other.toml"
    other.write_text(
        city.job.read_text(encoding="utf-8").replace('"cvs_family_a", "cvs_family_b", ', ""), encoding="utf-8"
    )
    ran = _replay(city, "--other-job", other)
    assert ran.code == 3
    assert [(row["name"], row["status_after"]) for row in ran.json["files"]] == [("cvs.dat", "quarantined")]  # type: ignore[attr-defined]
    assert [(row["name"], row["outcome"], row["outcome_after"]) for row in ran.json["payments"]] == [
        ("cvs.dat", "matched", None)
    ]  # type: ignore[attr-defined]


def test_what_people_decided_since_is_told_and_not_decided_again(city: City) -> None:
    on = ("--job", city.job, "--date", DAYS[3].isoformat())
    asked = elqr(
        "review", "decide", *on, "--outcome", "該当なし", "--ruling", "還付候補", "--reason", "照会", "--by", "山田"
    )
    assert asked.code == 0, asked.err
    assert elqr("review", "approve", "1", *on, "--by", "佐藤").code == 0
    ran = _replay(city)
    assert (ran.code, ran.json["rulings"], ran.json["payments"]) == (0, 1, [])
    assert "承認された決裁 1件はやり直しません" in elqr("replay", "--job", city.job, "--from", DAYS[0]).out
    assert _replay(city, "--other-job", city.job).json["rulings"] == 0


def test_a_range_without_nights_and_a_wrong_spec(city: City, tmp_path: Path) -> None:
    ran = _replay(city, since=date(2026, 11, 27))
    assert (ran.code, ran.json["nights"], ran.json["compared"]) == (0, 0, 0)
    strange = tmp_path / "strange.toml"
    text = (ROOT / "specs" / "dsk_csv.toml").read_text(encoding="utf-8")
    strange.write_text(text.replace('name = "dsk_csv"', 'name = "dsk_new"', 1), encoding="utf-8")
    ran = _replay(city, "--spec", strange)
    assert ran.code == 1 and "dsk_new は、ジョブのどの [[inbox]] にもありません" in ran.err


def test_a_lost_archive_is_told(city: City) -> None:
    (city.folder / "archive").rename(city.folder / "gone")
    ran = _replay(city)
    assert ran.code == 1 and "保管庫" in ran.err


def test_files_of_money_make_no_difference(tmp_path: Path) -> None:
    """They are not taken in again, and the ledger's own night has them."""
    till = Till.opened(tmp_path / "city")
    till.paid("a.csv", 0)
    till.money("m.dat", credit_file(credit_row(10_000, SENDER)))
    assert till.night().code in (0, 3)
    ran = _replay(till, since=date(2026, 11, 4))
    assert (ran.code, ran.json["payments"], ran.json["files"]) == (0, [], []), ran.out
