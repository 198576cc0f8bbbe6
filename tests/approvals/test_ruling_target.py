"""A ruling is carried out on the notice that was looked at when it was asked for, or not at all."""

from datetime import date
from pathlib import Path

import pytest

from tests.builders import JOB, City, eltax_file, eltax_row, notice_row
from tests.cases.prepared import prepared
from tests.cases.review_book import written
from tests.cases.review_desk import HELD, MORNING, TWICE, UNKNOWN, WHOLE, WRONG_CHECK, Desk, desk_in

LATER = date(2026, 11, 21)
BILLS = ("取消", "同額の再発行", "減額の再発行", "一部の納付", "全額の納付", "速報", "何もない")
"""What happens to each of seven notices of 10,000 yen between request and approval, by bill from 101 on."""


def _pays(desk: Desk, yen: int) -> None:
    """期別 2 of bill 100001, the target of the rulings of the desk, is paid by its payer."""
    key_no, check_no = desk.city.issued()["kokuho", "100001", 2, 1]
    desk.city.deliver("later.csv", eltax_file(eltax_row(key_no, check_no, yen, serial_no="00000009")))
    desk.city.night(LATER)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path / "city")


def _seven_of(folder: Path) -> Desk:
    """Seven payments of unknown keys, 9,000 yen each, and a request that ties each to a notice of its own."""
    city = City.founded(folder, JOB.replace("date = 2026-11-20\n", ""))
    bills = [str(101 + number) for number in range(len(BILLS))]
    city.notices(*(notice_row(bill_no=bill, payer_ref=bill) for bill in bills))
    city.night(date(2026, 11, 19))
    rows = [eltax_row(f"9{bill:0>19}", "123456", 9_000, serial_no=f"{bill:0>8}") for bill in bills]
    city.deliver("eltax.csv", eltax_file(*rows))
    city.night()
    desk = Desk(city, {bill: key for (_, bill, _, _), (key, _) in city.issued().items()})
    entries = {
        number: ("納付書に充てる", desk.keys[bill], "番号の読み違い", "山田")
        for number, bill in enumerate(bills, start=1)
    }
    assert desk.taken(written(desk.book(), entries)).json["rulings"] == len(BILLS)
    return desk


@pytest.fixture
def seven(tmp_path: Path) -> Desk:
    return prepared(tmp_path / "city", _seven_of)


def _happens(city: City) -> None:
    """The night after: what BILLS says."""
    cancelled = notice_row(bill_no="101", payer_ref="101", change_kind="9")
    same = notice_row(bill_no="102", payer_ref="102", issue_no=2)
    lower = notice_row(bill_no="103", payer_ref="103", issue_no=2, principal_yen=9_500, change_reason="減額更正")
    issued = city.issued()
    paid = [
        eltax_row(*issued["kokuho", bill, 1, 1], yen, data_kind=stage, serial_no=f"9{bill:0>7}")
        for bill, yen, stage in (("104", 3_000, "2"), ("105", 10_000, "2"), ("106", 10_000, "1"))
    ]
    city.notices(cancelled, same, lower, name="later.csv")
    city.deliver("later.csv", eltax_file(*paid))
    city.night(LATER)


def test_a_target_that_changed_after_it_was_asked_for_takes_nothing(seven: Desk) -> None:
    _happens(seven.city)
    ended = seven.run("approve", 1, "--by", "鈴木", "--json")
    assert ended.code == 3 and ended.json["moved_yen"] == 9_000
    assert ended.json["stale"] == [number for number, name in enumerate(BILLS, start=1) if name != "何もない"]
    assert seven.yen() == ({"104/1": 3_000, "105/1": 10_000, "107/1": 9_000}, 6 * 9_000)
    underpaid = (8, 0)
    assert seven.open_now() == [*((number, 9_000) for number in range(1, 7)), underpaid], "they stay to be decided"
    listed = [str(row["結果"])[:2] for row in seven.city.report("決裁一覧", MORNING)]
    assert listed == ["無効"] * 6 + ["承認"]


def test_a_target_that_another_request_filled_meanwhile_takes_nothing(desk: Desk) -> None:
    target = desk.keys["100001/2"]
    desk.taken(written(desk.book(), {TWICE: ("充当", target, "同じ人の2期へ", "山田")}))
    other = {WRONG_CHECK: ("納付書に充てる", target, "2期の一部", "佐藤")}
    assert desk.taken(written(desk.book("other.xlsx"), other), by="佐藤").json["review"] == 2
    assert desk.run("approve", 2, "--by", "鈴木", "--json").json["moved_yen"] == 7_000
    assert desk.run("approve", 1, "--by", "鈴木", "--json").json["stale"] == [1]
    assert desk.yen() == (WHOLE | {"100001/2": 7_000}, HELD - 7_000)


def test_a_request_that_names_the_target_as_it_is_now_is_another_one(desk: Desk) -> None:
    path = written(desk.book(), {TWICE: ("充当", desk.keys["100001/2"], "同じ人の2期へ", "山田")})
    desk.taken(path)
    _pays(desk, 3_000)
    assert [code for code, _ in desk.refusals(path)] == ["V109"], "the one that waits is of the target as it was"
    assert desk.run("reject", 1, "--by", "山田", "--reason", "対象が変わった").code == 0
    assert desk.taken(path).json["review"] == 2
    assert desk.run("approve", 2, "--by", "鈴木", "--json").json["moved_yen"] == 7_000
    assert desk.yen() == (WHOLE | {"100001/2": 10_000}, HELD - 7_000)


def test_rulings_of_one_request_share_their_target_in_order_and_the_rest_stays_in_suspense(desk: Desk) -> None:
    """One person decided both with the same target before them: the second takes what the first leaves."""
    target = desk.keys["100001/2"]
    entries = {
        WRONG_CHECK: ("納付書に充てる", target, "2期へ", "山田"),
        UNKNOWN: ("納付書に充てる", target, "2期へ", "山田"),
    }
    desk.taken(written(desk.book(), entries))
    ended = desk.run("approve", 1, "--by", "鈴木", "--json")
    assert ended.code == 0 and ended.json["stale"] == [] and ended.json["moved_yen"] == 10_000
    assert desk.yen() == (WHOLE | {"100001/2": 10_000}, HELD - 10_000)
    assert (UNKNOWN, 12_000 - 3_000) in desk.open_now()


def test_taking_a_ruling_back_is_stale_too_when_its_target_changed(desk: Desk) -> None:
    desk.taken(written(desk.book(), {WRONG_CHECK: ("納付書に充てる", desk.keys["100001/2"], "2期へ", "山田")}))
    desk.run("approve", 1, "--by", "鈴木")
    assert desk.run("undo", 1, "--reason", "別の人だった", "--by", "山田").code == 0
    _pays(desk, 3_000)
    ended = desk.run("approve", 2, "--by", "鈴木", "--json")
    assert ended.code == 3 and ended.json["stale"] == [2]
    assert desk.yen() == (WHOLE | {"100001/2": 10_000}, HELD - 7_000)
    assert desk.run("undo", 1, "--reason", "それでも別の人", "--by", "山田").code == 0
    assert desk.run("approve", 3, "--by", "鈴木").code == 0
    assert desk.yen() == (WHOLE | {"100001/2": 3_000}, HELD)


def test_what_was_asked_for_before_targets_had_marks_is_asked_for_again(desk: Desk) -> None:
    """A ledger that was brought up holds requests that say nothing of their targets."""
    target = desk.keys["100001/2"]
    entries = {TWICE: ("充当", target, "2期へ", "山田"), UNKNOWN: ("還付候補", "", "返す", "山田")}
    desk.taken(written(desk.book(), entries))
    desk.city.damage("UPDATE ruling SET mark = substr(mark, 1, 32)")
    ended = desk.run("approve", 1, "--by", "鈴木", "--json")
    assert ended.json["stale"] == [1] and ended.json["results"] == {"承認": 1, "無効（その後に変わった）": 1}
    assert (TWICE, 10_000) in desk.open_now()
