"""A slip that is cancelled or lowered after it was paid: what is too much is seen that night, and two people decide."""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from elqr.vocabulary.codes import Code
from tests.builders import JOB, TRAINING, City, Ran, elqr, eltax_file, eltax_row, notice_row
from tests.cases.trend import trend

pytestmark = pytest.mark.usefixtures("each_command_once")

ISSUED, PAID, LOWERED, LATER, LAST = (date(2026, 11, day) for day in (10, 11, 12, 13, 14))
OLD = {"due_on": date(2026, 9, 30)}


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City.founded(tmp_path / "city")


def pay(city: City, yen: int, *, bill: str = "100001", part: int = 1, serial: int = 1, on: date = PAID) -> None:
    key_no, check_no = city.issued()["kokuho", bill, part, 1]
    row = eltax_row(key_no, check_no, yen, serial_no=f"{serial:08d}", paid_on=on)
    city.deliver(f"pay_{serial}.csv", eltax_file(row))


def paid(city: City, yen: int = 10_000, **given: object) -> None:
    """One notice, issued and paid in full."""
    city.notices(notice_row(principal_yen=yen, **OLD, **given))
    city.night(ISSUED)
    part = given.get("installment_no", 1)
    assert isinstance(part, int)
    pay(city, yen, part=part)
    assert city.night(PAID).code == 0


def on_claims(city: City) -> dict[tuple[str, int], int]:
    rows = city.sql("SELECT bill_no, installment_no, sum(yen) FROM posting JOIN claim USING (claim_no) GROUP BY 1, 2")
    return {(bill, part): yen for bill, part, yen in rows if yen}


def suspense(city: City) -> int:
    return int(city.sql("SELECT coalesce(sum(yen), 0) FROM posting WHERE account = 'suspense'")[0][0])


def waiting(city: City, day: date = LOWERED) -> list[tuple[object, ...]]:
    return [(row["受付番号"], row["理由"], row["収納額"], row["仮受額"]) for row in city.report("要確認一覧", day)]


def decide(city: City, ruling: str, payment_no: int, *more: object, day: date = LOWERED) -> Ran:
    where = ("--job", city.job, "--date", day.isoformat())
    given = ("--ruling", ruling, "--payment", payment_no, "--reason", "確かめた", "--by", "山田", "--json")
    asked = elqr("review", "decide", *given, *more, *where)
    assert asked.code == 0, asked.out + asked.err
    return elqr("review", "approve", asked.json["review"], "--by", "佐藤", *where)


def listed(city: City, day: date = LOWERED) -> Ran:
    return elqr("arrears", "list", "--by", "山田", "--job", city.job, "--date", day.isoformat())


def is_sound(city: City, day: date = LATER) -> bool:
    ran = elqr("verify", "--job", city.job, "--date", day.isoformat())
    assert ran.code == 0, ran.out
    return True


def lowered(city: City, yen: int = 7_000) -> Ran:
    city.notices(notice_row(issue_no=2, principal_yen=yen, change_reason="減額更正", **OLD), name="lowered.csv")
    return city.night(LOWERED)


def cancelled(city: City, *more: dict[str, object], **given: object) -> Ran:
    city.notices(notice_row(change_kind="9", **OLD, **given), *more, name="cancelled.csv")
    return city.night(LOWERED)


def test_what_a_lower_slip_leaves_too_much_stands_in_suspense_the_same_night(city: City) -> None:
    paid(city)
    ran = lowered(city)
    assert ran.code == 3 and [own["code"] for own in ran.json["findings"]] == [Code.REDUCED]  # type: ignore[attr-defined,index]
    assert waiting(city) == [(1, "減額による過納", 7_000, 3_000)]
    assert on_claims(city) == {("100001", 1): 7_000} and suspense(city) == 3_000
    assert [(row["区分"], row["還付・充当候補額"]) for row in city.report("過誤納整理簿", LOWERED)] == [
        ("減額による過納", 3_000)
    ]
    daily = [(row["区分"], row["件数"], row["収納額"]) for row in city.report("収納日計表", LOWERED)]
    assert daily == [("減額", 0, -3_000)], "it is paid, and less of it"
    assert is_sound(city)


def test_a_cancelled_slip_that_was_paid_leaves_all_of_it_to_be_paid_back(city: City) -> None:
    paid(city)
    assert cancelled(city).code == 3
    assert waiting(city) == [(1, "減額による過納", 0, 10_000)]
    assert decide(city, "還付候補", 1).code == 0
    city.night(LATER)
    assert city.report("要確認一覧", LATER) == []
    candidates = city.report("過誤納整理簿", LATER)
    assert [(row["区分"], row["状態"], row["還付・充当候補額"]) for row in candidates] == [
        ("減額による過納", "還付候補", 10_000)
    ]
    assert is_sound(city)


def test_who_paid_a_lump_that_is_split_afterwards_is_not_reminded_of_its_instalments(city: City) -> None:
    paid(city, 2_000, installment_no=0)
    parts = [notice_row(installment_no=part, principal_yen=1_000, **OLD) for part in (1, 2)]
    assert cancelled(city, *parts, installment_no=0, principal_yen=2_000).code == 3
    assert waiting(city) == [(1, "減額による過納", 0, 2_000)]
    refused = listed(city)
    assert refused.code == 3 and "受付1" in refused.err + refused.out
    for part in (1, 2):
        key_no = city.issued()["kokuho", "100001", part, 1][0]
        assert decide(city, "充当", 1, "--target", key_no).code == 0
    assert on_claims(city) == {("100001", 1): 1_000, ("100001", 2): 1_000} and suspense(city) == 0
    city.night(LATER)
    assert city.report("要確認一覧", LATER) == []
    assert listed(city, LATER).code == 0
    assert is_sound(city)


def test_the_last_payment_gives_first_whichever_arrived_first(city: City) -> None:
    city.notices(notice_row(**OLD))
    city.night(ISSUED)
    pay(city, 6_000, serial=1, on=date(2026, 11, 6))
    pay(city, 4_000, serial=2, on=date(2026, 11, 5))
    city.night(PAID)
    lowered(city, 3_000)
    shown = {no: (claim, held) for no, _, claim, held in waiting(city)}
    paid_on = dict(city.sql("SELECT payment_no, paid_on FROM payment"))
    assert {paid_on[no]: own for no, own in shown.items()} == {
        "2026-11-06": (0, 6_000),
        "2026-11-05": (3_000, 1_000),
    }
    assert is_sound(city)


def test_what_was_lowered_by_mistake_goes_back_where_it_was(city: City) -> None:
    paid(city)
    lowered(city)
    city.notices(notice_row(issue_no=3, **OLD), name="raised.csv")
    city.night(LATER)
    assert on_claims(city) == {("100001", 1): 7_000}, "no night puts yen on a claim by itself"
    key_no = city.issued()["kokuho", "100001", 1, 3][0]
    assert decide(city, "納付書に充てる", 1, "--target", key_no, day=LATER).code == 0
    assert on_claims(city) == {("100001", 1): 10_000} and suspense(city) == 0
    assert is_sound(city)


def test_what_was_decided_before_the_slip_was_lowered_is_open_again(city: City) -> None:
    city.notices(notice_row(**OLD))
    city.night(ISSUED)
    pay(city, 11_000)
    city.night(PAID)
    assert decide(city, "還付候補", 1, day=PAID).code == 0
    lowered(city)
    assert waiting(city) == [(1, "過納", 7_000, 4_000)], "1,000 were to be paid back; now it is 4,000"
    assert decide(city, "還付候補", 1).code == 0
    city.night(LATER)
    assert city.report("要確認一覧", LATER) == []
    assert is_sound(city)


def test_what_was_paid_in_part_is_to_be_paid_back_when_its_slip_is_cancelled(city: City) -> None:
    city.notices(notice_row(**OLD))
    city.night(ISSUED)
    pay(city, 4_000)
    city.night(PAID)
    cancelled(city)
    assert waiting(city) == [(1, "減額による過納", 0, 4_000)]
    (row,) = city.report("過誤納整理簿", LOWERED)
    assert (row["区分"], row["還付・充当候補額"]) == ("減額による過納", 4_000)
    assert decide(city, "還付候補", 1).code == 0 and is_sound(city)


def test_what_people_put_on_a_claim_is_to_be_paid_back_when_it_is_lowered(city: City) -> None:
    city.notices(notice_row(**OLD))
    city.night(ISSUED)
    city.deliver("unknown.csv", eltax_file(eltax_row("9" * 20, "123456", 10_000, paid_on=PAID)))
    city.night(PAID)
    key_no = city.issued()["kokuho", "100001", 1, 1][0]
    assert decide(city, "納付書に充てる", 1, "--target", key_no, day=PAID).code == 0
    lowered(city)
    assert waiting(city) == [(1, "該当なし", 7_000, 3_000)], "it is open again"
    (row,) = city.report("過誤納整理簿", LOWERED)
    assert (row["還付・充当候補額"], row["付記"]) == (3_000, "減額で仮受へ")
    assert is_sound(city)


def test_a_slip_file_taken_in_by_hand_does_the_same_at_once(city: City) -> None:
    paid(city)
    path = city.folder / "by_hand.csv"
    city.notices(notice_row(change_kind="9", **OLD), name=path.name)
    (city.folder / "notices" / path.name).rename(path)
    where = ("--job", city.job, "--date", LOWERED.isoformat())
    ran = elqr("notice", "import", path, *where)
    assert ran.code == 3 and suspense(city) == 10_000
    assert "減額による過納" in ran.out
    assert city.night(LOWERED).code == 3 and waiting(city) == [(1, "減額による過納", 0, 10_000)]
    assert is_sound(city)


def test_the_core_system_is_told_what_came_off_the_claim(city: City) -> None:
    paid(city)
    assert elqr("export", "make", "--by", "山田", "--job", city.job, "--date", PAID.isoformat()).code == 0
    lowered(city)
    ran = elqr("export", "make", "--by", "山田", "--job", city.job, "--date", LOWERED.isoformat())
    assert ran.code == 0, ran.err
    (row,) = csv.DictReader(max(city.folder.rglob("000002/*.csv")).open(encoding="utf-8"))
    assert (row["消込結果"], row["増減区分"], row["収納額"]) == ("4", "2", "3000"), "取消・訂正, 減"


def test_months_and_the_year_say_what_came_off_the_claims(city: City) -> None:
    paid(city)
    lowered(city)
    where = ("--job", city.job, "--out", city.folder / "made")
    month = elqr("month", "--month", "2026-11", *where)
    assert month.code == 0 and "計　1件 7,000円" in month.out, month.out
    year = elqr("year", "--fiscal-year", "2026", "--as-of", LOWERED.isoformat(), *where)
    assert "調定 7,000円　収納 7,000円（100.0%）" in year.out


def test_one_night_or_two_the_yen_stand_in_the_same_places(city: City, tmp_path: Path) -> None:
    paid(city)
    cancelled(city)
    other = City.founded(tmp_path / "other")
    other.notices(notice_row(**OLD))
    other.night(ISSUED)
    pay(other, 10_000)
    cancelled(other)
    assert on_claims(city) == on_claims(other) == {} and suspense(city) == suspense(other) == 10_000


def test_a_payment_of_the_night_that_lowers_its_slip_meets_what_is_owed_now(city: City) -> None:
    paid(city)
    pay(city, 1_000, serial=2, on=date(2026, 11, 12))
    lowered(city)
    rows: list[Any] = sorted(waiting(city))
    assert rows == [(1, "減額による過納", 7_000, 3_000), (2, "二重納付", 0, 1_000)]
    assert is_sound(city)


def test_a_reduction_that_was_made_up_or_lost_is_told(city: City) -> None:
    paid(city)
    lowered(city)
    city.damage("DELETE FROM reduced_posting")
    ran = elqr("verify", "--job", city.job, "--date", LATER.isoformat(), "--json")
    assert {own["code"] for own in ran.json["findings"]} >= {Code.RULING_DIFFERS, Code.RUN_DIFFERS}  # type: ignore[attr-defined,index]


def test_nights_without_a_change_add_nothing(city: City) -> None:
    paid(city)
    lowered(city)
    before = city.ledger_state()
    assert city.night(LOWERED).json["changed"] is False
    assert city.ledger_state() == before


def test_what_an_older_program_left_on_a_lowered_claim_is_put_right_by_the_first_night(city: City) -> None:
    paid(city)
    lowered(city)
    city.damage(
        "DELETE FROM reduced_posting",
        "DELETE FROM posting WHERE night_on = '2026-11-12'",
        "DELETE FROM posting_tally WHERE night_on = '2026-11-12'",
        "UPDATE run SET entry = replace(entry, '\"last_notice\"', '\"nothing\"')",
    )
    assert on_claims(city) == {("100001", 1): 10_000}
    assert city.night(LATER).code == 3
    assert on_claims(city) == {("100001", 1): 7_000} and waiting(city, LATER) == [(1, "減額による過納", 7_000, 3_000)]


def test_more_on_a_claim_than_is_owed_is_told(city: City) -> None:
    paid(city)
    lowered(city)
    city.damage("UPDATE posting SET yen = yen + 1 WHERE reverses_no IS NOT NULL")
    ran = elqr("verify", "--job", city.job, "--date", LATER.isoformat(), "--json")
    assert "調定1 「収納額」" in {own["at"] for own in ran.json["findings"]}  # type: ignore[attr-defined,index]


def undo(city: City, ruling_no: int, day: date) -> None:
    where = ("--job", city.job, "--date", day.isoformat())
    asked = elqr("review", "undo", ruling_no, "--reason", "まちがい", "--by", "山田", "--json", *where)
    assert asked.code == 0, asked.err
    assert elqr("review", "approve", asked.json["review"], "--by", "佐藤", *where).code == 0


def issue(city: City, number: int, yen: int, day: date) -> str:
    """The claim's next slip, which says 減額更正 where it asks for less; returns its 納付番号."""
    (before,) = city.sql(f"SELECT amount_yen FROM notice WHERE bill_no = '100001' AND issue_no = {number - 1}")[0]
    reason = "減額更正" if yen < before else None
    row = notice_row(issue_no=number, principal_yen=yen, change_reason=reason, **OLD)
    city.notices(row, name=f"issue{number}.csv")
    city.night(day)
    return city.issued()["kokuho", "100001", 1, number][0]


def test_undoing_takes_back_no_more_than_the_night_had_left_of_the_ruling(city: City) -> None:
    paid(city)
    issue(city, 2, 7_000, LOWERED)
    key_no = issue(city, 3, 10_000, LATER)
    assert decide(city, "充当", 1, "--target", key_no, day=LATER).code == 0
    issue(city, 4, 8_000, LAST)
    assert on_claims(city) == {("100001", 1): 8_000} and suspense(city) == 2_000
    undo(city, 1, LAST)
    assert on_claims(city) == {("100001", 1): 7_000} and suspense(city) == 3_000, "1,000 of its 3,000 were left there"
    assert is_sound(city, LAST)


def test_money_to_be_paid_back_stops_the_reminder_of_the_claim_that_it_was_paid_for(city: City) -> None:
    paid(city)
    issue(city, 2, 7_000, LOWERED)
    assert decide(city, "還付候補", 1).code == 0
    assert listed(city).code == 0, "nothing is owed"
    issue(city, 3, 10_000, LATER)
    refused = listed(city, LATER)
    assert refused.code == 3 and "受付1" in refused.out + refused.err
    checked = elqr("arrears", "request", "--by", "山田", "--reason", "急ぐ", "--job", city.job, "--date", LATER)
    assert checked.code == 0, "two people may all the same"


def test_a_payment_that_was_not_ours_stops_the_reminder_once_its_slip_has_come(city: City) -> None:
    city.notices(notice_row(bill_no="1", **OLD))
    city.night(ISSUED)
    city.deliver("early.csv", eltax_file(eltax_row("8" * 20, "123456", 10_000, paid_on=PAID)))
    city.night(PAID)
    assert decide(city, "当市の収納でない", 1, day=PAID).code == 0
    assert listed(city, PAID).code == 0
    city.notices(notice_row(key_no="8" * 20, check_no="123456", **OLD), name="late.csv")
    city.night(LOWERED)
    refused = listed(city)
    assert refused.code == 3 and "受付1" in refused.out + refused.err


def test_what_was_announced_before_its_slip_came_is_not_listed(city: City) -> None:
    city.notices(notice_row(bill_no="1", **OLD))
    city.night(ISSUED)
    city.deliver("early.csv", eltax_file(eltax_row("8" * 20, "123456", 10_000, data_kind="1", paid_on=PAID)))
    city.night(PAID)
    city.notices(notice_row(key_no="8" * 20, check_no="123456", **OLD), name="late.csv")
    city.night(LOWERED)
    ran = listed(city)
    assert ran.code == 0 and "督促対象　1件" in ran.out and "除いたもの　速報あり　1件" in ran.out, ran.out


def test_a_sum_with_a_bill_that_is_not_due_yet_stops_the_reminder(city: City) -> None:
    soon = notice_row(bill_no="2", principal_yen=6_000, due_on=date(2026, 12, 25), payable_until_on=date(2027, 1, 31))
    city.notices(notice_row(**OLD), soon)
    city.night(ISSUED)
    city.deliver("both.csv", eltax_file(eltax_row("7" * 20, "123456", 16_000, paid_on=PAID)))
    city.night(PAID)
    refused = listed(city, PAID)
    assert refused.code == 3 and "受付1" in refused.out + refused.err


def test_what_stood_on_an_heirs_claim_stops_the_reminder_of_the_heirs_other_bill(city: City) -> None:
    city.notices(notice_row(**OLD), notice_row(bill_no="2", payer_ref="2000002", principal_yen=3_000, **OLD))
    city.night(ISSUED)
    pay(city, 10_000)
    city.night(PAID)
    city.notices(
        notice_row(issue_no=2, principal_yen=7_000, payer_ref="2000002", change_reason="減額更正", **OLD),
        name="heir.csv",
    )
    city.night(LOWERED)
    refused = listed(city)
    assert refused.code == 3 and "受付1" in refused.out + refused.err


def test_the_trend_of_what_waits_knows_when_it_came_off_its_claim(city: City) -> None:
    paid(city)
    lowered(city)
    assert trend(city, LOWERED) == [("2026-11-11", "0"), ("2026-11-12", "1")]
    assert decide(city, "還付候補", 1).code == 0
    pay(city, 1, serial=2, on=LATER)
    city.night(LATER)
    assert trend(city, LATER) == [("2026-11-11", "0"), ("2026-11-13", "1")], "decided, and paid twice since"


def test_what_is_decided_already_is_answered_when_it_is_asked_for_again(city: City) -> None:
    paid(city)
    lowered(city)
    assert decide(city, "還付候補", 1).code == 0
    given = ("--ruling", "差戻し", "--reason", "やはり", "--by", "山田", "--job", city.job, "--date", LOWERED)
    again = elqr("review", "decide", *given, "--payment", 1)
    assert again.code == 3 and "決裁済（還付候補）" in again.out + again.err
    nothing = elqr("review", "decide", *given, "--payment", 99)
    assert nothing.code == 1 and "受付99は要確認にありません" in nothing.err


def _closed_year(folder: Path) -> City:
    """10,000 yen of 2026, paid in March 2027 with 4,000 and 6,000, and lowered to 8,000 after the year was closed."""
    city = City.founded(folder, TRAINING + JOB.replace("date = 2026-11-20\n", ""))
    city.notices(notice_row())
    city.night(date(2026, 10, 2))
    _send(city, 1, 4_000, date(2027, 3, 30))
    _send(city, 2, 6_000, date(2027, 3, 31))
    city.night(date(2027, 4, 2))
    _lower(city, 2, 8_000, date(2027, 6, 5))
    return city


def _send(city: City, serial: int, yen: int, on: date, data_kind: str = "2") -> None:
    key_no, check_no = city.issued()["kokuho", "100001", 1, 1]
    said = {"paid_on": on, "processed_on": on, "received_on": None, "funds_on": None, "data_kind": data_kind}
    row = eltax_row(key_no, check_no, yen, serial_no=f"{serial:08d}", **said)
    city.deliver(f"{serial}_{data_kind}.csv", eltax_file(row))


def _lower(city: City, issue_no: int, yen: int, day: date) -> None:
    days = {"issued_on": day, "due_on": date(2027, 11, 30), "payable_until_on": date(2027, 11, 30)}
    row = notice_row(issue_no=issue_no, principal_yen=yen, change_reason="減額更正", **days)
    city.notices(row, name=f"{issue_no}.csv")
    assert city.night(day).code == 3


def _places(city: City) -> dict[tuple[int, str], int]:
    rows = city.sql("SELECT payment_no, account, sum(yen) FROM posting GROUP BY 1, 2")
    return {(number, account): yen for number, account, yen in rows if yen}


def test_a_claim_of_a_closed_year_is_lowered_again_and_again(tmp_path: Path) -> None:
    """Each time the difference leaves the claim, the last payment first, and no payment gives more than it had there."""
    city = _closed_year(tmp_path / "city")
    assert _places(city) == {(1, "claim"): 4_000, (2, "claim"): 4_000, (2, "suspense"): 2_000}
    _lower(city, 3, 5_000, date(2027, 7, 5))
    assert _places(city) == {(1, "claim"): 4_000, (2, "claim"): 1_000, (2, "suspense"): 5_000}
    _lower(city, 4, 3_000, date(2027, 8, 5))
    assert _places(city) == {(1, "claim"): 3_000, (1, "suspense"): 1_000, (2, "suspense"): 6_000}
    assert is_sound(city, date(2027, 8, 6))


def test_a_payment_that_was_reduced_in_a_later_year_is_taken_back_with_the_yen_that_it_has(tmp_path: Path) -> None:
    """Of 10,000 there were 4,000 of it on the claim, booked in 2026, and 2,000 taken off it, booked in 2027."""
    city = _closed_year(tmp_path / "city")
    _send(city, 2, 6_000, date(2027, 3, 31), data_kind="9")
    city.night(date(2027, 6, 6))
    assert decide(city, "収納の取消", 3, day=date(2027, 6, 6)).code == 0
    assert _places(city) == {(1, "claim"): 4_000, (2, "withdrawn"): 6_000}
    assert is_sound(city, date(2027, 6, 7))


def test_a_payment_with_less_than_nothing_on_a_claim_is_told(tmp_path: Path) -> None:
    """Even where the claim as a whole has what it should."""
    city = _closed_year(tmp_path / "city")
    city.damage(
        "UPDATE posting SET yen = yen - 5000 WHERE posting_no = (SELECT max(posting_no) FROM posting WHERE claim_no = 1 AND payment_no = 2)",
        "UPDATE posting SET yen = yen + 5000 WHERE posting_no = (SELECT min(posting_no) FROM posting WHERE payment_no = 1)",
    )
    ran = elqr("verify", "--job", city.job, "--date", "2027-06-06")
    assert ran.code == 1 and "受付2 調定1" in ran.err and "-1,000円" in ran.err
