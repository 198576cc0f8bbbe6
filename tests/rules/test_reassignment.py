"""組替: a posted payment is put on the claim that it was meant for, or back into suspense, by two people."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.builders import elqr, notice_row
from tests.cases.prepared import prepared
from tests.cases.ruling_desk import MORNING, Desk
from tests.cases.trend import trend

DUE, FIRST, SECOND = date(2026, 9, 30), date(2026, 11, 11), date(2026, 11, 12)
BILLS = (
    notice_row(installment_no=3, due_on=DUE),
    notice_row(installment_no=4, due_on=date(2026, 12, 25), payable_until_on=date(2027, 1, 31)),
    notice_row(bill_no="200002", due_on=DUE, principal_yen=6_000, payer_ref="2000002"),
)


def _desk_of(folder: Path) -> Desk:
    """The slip of period 4 was handed in for period 3."""
    desk = Desk.opened(folder, *BILLS)
    desk.paid(FIRST, desk.keys["100001/4"], 10_000)
    assert desk.stands() == {(1, "100001/4"): 10_000}
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return prepared(tmp_path / "city", _desk_of)


def _target(desk: Desk, claim: str) -> tuple[str, str]:
    return "--target", desk.keys[claim][0]


def test_a_payment_goes_to_the_claim_that_it_was_meant_for(desk: Desk) -> None:
    asked = desk.ask_reassignment(1, *_target(desk, "100001/3"))
    assert (asked.json["rulings"], asked.json["suspense_yen"], asked.json["remarks"]) == (1, 10_000, [])
    assert desk.stands() == {(1, "100001/4"): 10_000}, "one person moves nothing"
    ended = desk.approved(asked, MORNING)
    assert ended.json["results"] == {"承認": 1} and ended.json["moved_yen"] == 0
    assert desk.stands() == {(1, "100001/3"): 10_000}
    assert desk.report("要確認一覧") == {}, "it was never in suspense"
    moves = desk.city.sql("SELECT account, yen, reverses_no FROM posting ORDER BY posting_no")
    assert moves == [("claim", 10_000, None), ("claim", 10_000, 1), ("claim", -10_000, 1)]
    card = desk.run("claim", "show", "100001", "--json").json["claims"]
    assert [(own["installment_no"], own["open_yen"]) for own in card] == [(3, 0), (4, 10_000)]  # type: ignore[attr-defined]
    trail = elqr("review", "trail", "--payment", 1, "--job", desk.city.job).out
    assert f"組替 → {desk.keys['100001/3'][0]}" in trail and "別の期の納付書だった" in trail


def test_the_core_system_is_told_of_both_sides(desk: Desk) -> None:
    desk.run("export", "make", "--by", "山田")
    desk.reassign(1, *_target(desk, "100001/3"))
    desk.run("export", "make", "--by", "山田")
    (path,) = (desk.city.folder / "out" / "export" / "000002").glob("*.csv")
    rows = pl.read_csv(path, infer_schema=False).select("期別", "増減区分", "消込結果", "収納額")
    assert sorted(rows.iter_rows()) == [("3", "1", "1", "10000"), ("4", "2", "4", "10000")]


def test_without_a_target_it_waits_for_a_decision(desk: Desk) -> None:
    ended = desk.reassign(1)
    assert ended.json["moved_yen"] == -10_000 and desk.stands() == {(1, "suspense"): 10_000}
    waits = desk.report("要確認一覧")[1]
    assert [waits[name] for name in ("理由", "仮受額", "付記")] == [
        "組替で調定から外れた収納", 10_000, "決裁で調定から仮受へ",
    ]  # fmt: skip
    assert desk.report("過誤納整理簿")[1]["還付・充当候補額"] == 10_000
    assert trend(desk.city, MORNING)[-1] == (MORNING.isoformat(), "1")
    desk.rule("納付書に充てる", 1, "--target", desk.keys["200002/1"][0])
    assert desk.stands() == {(1, "200002/1"): 6_000, (1, "suspense"): 4_000}
    desk.rule("還付候補", 1)
    assert desk.report("過誤納整理簿")[1]["還付・充当候補額"] == 4_000


def test_what_the_target_does_not_take_waits(desk: Desk) -> None:
    asked = desk.ask_reassignment(1, *_target(desk, "200002/1"))
    remark = {
        "code": "V112",
        "at": "「受付1 対象の納付番号」",
        "actual": "宛名番号 2000002",
        "expected": "宛名番号 1000001",
    }
    assert asked.json["remarks"] == [remark], "it is another payer's"
    (row,) = elqr("review", "trail", "--review", 1, "--json", "--job", desk.city.job).json
    assert row["remarks"] == [remark], "who approves sees it too"  # type: ignore[index]
    ended = desk.approved(asked, MORNING)
    assert ended.json["moved_yen"] == -4_000
    assert desk.stands() == {(1, "200002/1"): 6_000, (1, "suspense"): 4_000}
    assert desk.report("要確認一覧")[1]["仮受額"] == 4_000
    assert trend(desk.city, MORNING)[-1] == (MORNING.isoformat(), "1")


def test_what_was_too_much_goes_along(desk: Desk) -> None:
    """6,000 of 9,000 settled a claim. All were meant for another one."""
    desk.paid(SECOND, desk.keys["200002/1"], 9_000, serial=2)
    assert desk.stands() == {(1, "100001/4"): 10_000, (2, "200002/1"): 6_000, (2, "suspense"): 3_000}
    desk.reassign(2, *_target(desk, "100001/3"))
    assert desk.stands() == {(1, "100001/4"): 10_000, (2, "100001/3"): 9_000}
    assert desk.report("要確認一覧") == {}


def test_undone_it_stands_where_it_stood(desk: Desk) -> None:
    desk.reassign(1, *_target(desk, "100001/3"))
    desk.undo(1)
    assert desk.stands() == {(1, "100001/4"): 10_000}
    desk.reassign(1)
    desk.undo(3)
    assert desk.stands() == {(1, "100001/4"): 10_000} and desk.report("要確認一覧") == {}


def test_undone_after_its_claim_was_paid_it_waits(desk: Desk) -> None:
    desk.reassign(1, *_target(desk, "100001/3"), day=FIRST)
    desk.paid(SECOND, desk.keys["100001/4"], 10_000, serial=2)
    desk.undo(1)
    assert desk.stands() == {(1, "suspense"): 10_000, (2, "100001/4"): 10_000}
    assert desk.report("要確認一覧")[1]["理由"] == "過納"


def test_a_later_ruling_has_to_be_undone_first(desk: Desk) -> None:
    desk.reassign(1)
    desk.rule("納付書に充てる", 1, "--target", desk.keys["200002/1"][0])
    refused = desk.ask_undo(1)
    assert refused.code == 1 and "先に決裁2を取り消してください" in refused.err


def test_what_changed_in_between_is_not_carried_out(desk: Desk) -> None:
    asked = desk.ask_reassignment(1, *_target(desk, "100001/3"), day=FIRST)
    desk.paid(SECOND, desk.keys["100001/3"], 4_000, serial=2)
    ended = desk.approved(asked, MORNING)
    assert ended.code == 3 and ended.json["stale"] == [1]
    assert desk.stands() == {(1, "100001/4"): 10_000, (2, "100001/3"): 4_000}
    asked = desk.ask_reassignment(1, *_target(desk, "100001/3"))
    desk.city.notices(
        notice_row(installment_no=4, issue_no=2, principal_yen=8_000, change_reason="減額更正"), name="d.csv"
    )
    desk.city.night(MORNING)
    assert desk.approved(asked, MORNING).json["stale"] == [2], "a night took 2,000 of it off its claim"


def test_several_in_one_request_fill_the_target_in_order(desk: Desk) -> None:
    desk.paid(SECOND, desk.keys["200002/1"], 6_000, serial=2)
    asked = desk.run(
        "review", "reassign", 1, 2, *_target(desk, "100001/3"), "--reason", "誤り", "--by", "山田", "--json"
    )
    desk.approved(asked, MORNING)
    assert desk.stands() == {(1, "100001/3"): 10_000, (2, "suspense"): 6_000}


REFUSED = [
    ("お金は仮受に", "999", (), "受付2は調定にありません"),
    ("ない番号", "", (9,), "受付9は調定にありません"),
    ("ない納付番号", "", (1, "--target", "7" * 20), "対象の納付番号は登録されていません"),
    ("自分の調定", "", (1, "--target", "100001/4"), "もう対象の納付書の調定にあります"),
]


@pytest.mark.parametrize(("item", "what", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_cannot_be_reassigned_is_told_with_why(desk: Desk, item: str, what: tuple[object, ...], said: str) -> None:
    if item:
        desk.paid(SECOND, ("8" * 20, "123456"), 10_000, serial=2)
        what = (2,)
    ran = desk.ask_reassignment(*(desk.keys[own][0] if own in desk.keys else own for own in what))  # type: ignore[arg-type]
    assert ran.code == 1 and said in ran.err, ran.err
    assert desk.city.sql("SELECT count(*) FROM review") == [(0,)]


def test_the_target_must_be_open_and_valid(desk: Desk) -> None:
    desk.paid(SECOND, desk.keys["100001/3"], 10_000, serial=2)
    assert "未収額がありません" in desk.ask_reassignment(1, *_target(desk, "100001/3")).err
    desk.city.notices(notice_row(change_kind="9", bill_no="200002", due_on=DUE, principal_yen=6_000), name="gone.csv")
    desk.city.night(MORNING)
    assert "取り消されています" in desk.ask_reassignment(1, *_target(desk, "200002/1")).err


def test_two_people_and_one_request_at_a_time(desk: Desk) -> None:
    desk.ask_reassignment(1)
    assert "承認待ちの申請があります" in desk.ask_reassignment(1).err
    own = desk.run("review", "approve", 1, "--by", "山 田")
    assert own.code == 1 and "別の人が承認してください" in own.err
    assert desk.run("review", "reject", 1, "--reason", "不要", "--by", "佐藤").code == 0
    assert desk.stands() == {(1, "100001/4"): 10_000}


def test_a_payment_of_a_closed_year_comes_off_in_the_open_one(tmp_path: Path) -> None:
    """Levied in fiscal 2026 and paid in time. On 2027-06-01 its year is closed: the correction is of fiscal 2027."""
    desk = Desk.opened(tmp_path / "city", *BILLS)
    desk.paid(FIRST, desk.keys["100001/4"], 10_000)
    june = date(2027, 6, 1)
    desk.city.night(june)
    desk.reassign(1, *_target(desk, "100001/3"), day=june)
    rows = desk.city.sql("SELECT yen, fiscal_year, is_arrears FROM posting ORDER BY posting_no")
    assert rows == [(10_000, 2026, 0), (10_000, 2027, 1), (-10_000, 2027, 1)]
    assert desk.stands() == {(1, "100001/3"): 10_000}


def test_what_two_people_decided_to_pay_back_is_not_taken_along(tmp_path: Path) -> None:
    """Too much was paid on the wrong claim, and people decided to pay it back. They must think again first."""
    desk = Desk.opened(tmp_path / "city", *BILLS)
    desk.paid(FIRST, desk.keys["200002/1"], 9_000)
    assert desk.stands() == {(1, "200002/1"): 6_000, (1, "suspense"): 3_000}
    desk.rule("還付候補", 1)
    refused = desk.ask_reassignment(1, *_target(desk, "100001/3"))
    assert refused.code == 1 and "返すと決裁されています" in refused.err
    desk.undo(1)
    asked = desk.ask_reassignment(1, *_target(desk, "100001/3"))
    assert asked.json["suspense_yen"] == 9_000, "what it says, it moves"
    desk.approved(asked, MORNING)
    assert desk.stands() == {(1, "100001/3"): 9_000}


def test_what_a_night_took_off_the_new_claim_is_not_undone_but_decided(desk: Desk) -> None:
    desk.reassign(1, *_target(desk, "100001/3"))
    less = notice_row(installment_no=3, due_on=DUE, issue_no=2, principal_yen=7_000, change_reason="減額更正")
    desk.city.notices(less, name="less.csv")
    desk.city.night(MORNING)
    assert desk.stands() == {(1, "100001/3"): 7_000, (1, "suspense"): 3_000}
    refused = desk.ask_undo(1)
    assert refused.code == 1 and "？" not in refused.err
    assert "その後の減額で夜間処理が仮受に移しました。受付1を要確認で決めてください" in refused.err


def test_what_was_decided_in_the_daytime_is_listed_the_next_morning(desk: Desk) -> None:
    """The night of the day was over when people decided, and two nights later the list begins anew."""
    desk.city.night(MORNING)
    desk.reassign(1, *_target(desk, "100001/3"))
    listed = []
    for number in (1, 2):
        day = MORNING + timedelta(days=number)
        desk.paid(day, desk.keys["200002/1"], 3_000, serial=7 + number)
        listed.append([row["決裁"] for row in desk.city.report("決裁一覧", day)])
    assert listed == [["組替"], []]
