"""A ruling is carried out on the notice that was looked at when it was asked for, or not at all."""

from collections.abc import Callable
from datetime import date

import pytest

from tests.builders import eltax_file, eltax_row, notice_row
from tests.test_review import HELD, MORNING, TWICE, UNKNOWN, WHOLE, WRONG_CHECK, Desk, written
from tests.test_review import desk as _desk

desk = _desk
LATER = date(2026, 11, 21)
SECOND = {"installment_no": 2}
"""期別 2 of bill 100001, 10,000 yen, on which nothing was paid: the target of the rulings below."""


def _notices(desk: Desk, *rows: dict[str, object]) -> None:
    desk.city.notices(*rows, name="later.csv")
    desk.city.night(LATER)


def _pays(desk: Desk, yen: int, stage: str = "2") -> None:
    key_no, check_no = desk.city.issued()["kokuho", "100001", 2, 1]
    row = eltax_row(key_no, check_no, yen, serial_no="00000009", data_kind=stage)
    desk.city.deliver("later.csv", eltax_file(row))
    desk.city.night(LATER)


def _another_ruling(desk: Desk) -> None:
    entries = {WRONG_CHECK: ("納付書に充てる", desk.keys["100001/2"], "2期の一部", "佐藤")}
    assert desk.taken(written(desk.book("other.xlsx"), entries), by="佐藤").json["review"] == 2
    assert desk.run("approve", 2, "--by", "鈴木", "--json").json["moved_yen"] == 7_000


CHANGES: list[tuple[str, Callable[[Desk], None], dict[str, int]]] = [
    ("取消", lambda desk: _notices(desk, notice_row(change_kind="9", **SECOND)), {}),
    ("同じ額の再発行", lambda desk: _notices(desk, notice_row(issue_no=2, **SECOND)), {}),
    ("減額の再発行", lambda desk: _notices(desk, notice_row(issue_no=2, principal_yen=9_000, **SECOND)), {}),
    ("一部の納付", lambda desk: _pays(desk, 3_000), {"100001/2": 3_000}),
    ("全額の納付", lambda desk: _pays(desk, 10_000), {"100001/2": 10_000}),
    ("速報", lambda desk: _pays(desk, 10_000, stage="1"), {}),
    ("ほかの申請の決裁", _another_ruling, {"100001/2": 7_000}),
]


@pytest.mark.parametrize(("change", "on_claim"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_a_target_that_changed_after_it_was_asked_for_takes_nothing(
    desk: Desk, change: Callable[[Desk], None], on_claim: dict[str, int]
) -> None:
    path = written(desk.book(), {TWICE: ("充当", desk.keys["100001/2"], "同じ人の2期へ", "山田")})
    assert desk.taken(path).json["review"] == 1
    change(desk)
    ended = desk.run("approve", 1, "--by", "鈴木", "--json")
    assert ended.code == 3 and ended.json["stale"] == [1] and ended.json["moved_yen"] == 0
    assert desk.yen() == (WHOLE | on_claim, HELD - (7_000 if change is _another_ruling else 0))
    assert (TWICE, 10_000) in desk.open_now(), "it stays to be decided"
    assert desk.sql("SELECT result FROM ruling_result WHERE ruling_no = 1") == [("stale",)]
    listed = {row["受付番号"]: row["結果"] for row in desk.city.report("決裁一覧", MORNING)}
    assert listed[str(TWICE)].startswith("無効")


def test_a_request_that_names_the_target_as_it_is_now_is_another_one(desk: Desk) -> None:
    path = written(desk.book(), {TWICE: ("充当", desk.keys["100001/2"], "同じ人の2期へ", "山田")})
    desk.taken(path)
    _pays(desk, 3_000)
    assert [code for code, _ in desk.refusals(path)] == ["V109"], "the one that waits is of the target as it was"
    assert desk.run("reject", 1, "--by", "山田", "--reason", "対象が変わった").code == 0
    assert desk.taken(path).json["review"] == 2
    assert desk.run("approve", 2, "--by", "鈴木", "--json").json["moved_yen"] == 7_000
    assert desk.yen() == (WHOLE | {"100001/2": 10_000}, HELD - 7_000)


def test_what_happens_to_other_notices_is_no_change_of_the_target(desk: Desk) -> None:
    desk.taken(written(desk.book(), {TWICE: ("充当", desk.keys["100001/2"], "同じ人の2期へ", "山田")}))
    _notices(desk, notice_row(bill_no="100002", principal_yen=7_000, payer_ref="2000002", issue_no=2))
    assert desk.run("approve", 1, "--by", "鈴木", "--json").json["moved_yen"] == 10_000


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
