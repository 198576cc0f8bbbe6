"""Undoing rulings (決裁の取消) after something else happened: no yen are stuck, and what cannot be is told with why."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests import builders
from tests.builders import elqr, notice_row
from tests.cases.ruling_desk import MORNING, Desk
from tests.cases.trend import trend
from tests.server import Server

pytestmark = pytest.mark.usefixtures("each_command_once")

DUE, FIRST, SECOND = date(2026, 9, 30), date(2026, 11, 11), date(2026, 11, 12)
STRANGE = ("9" * 20, "123456")
REPLACE, TAKE_BACK, APPLY = "訂正（先の収納に代える）", "収納の取消", "納付書に充てる"


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def store(request: pytest.FixtureRequest) -> Iterator[str]:
    """Cities of this test keep their ledgers there."""
    if request.param == "SQLite":
        yield request.param
        return
    server: Server = request.getfixturevalue("database_server")
    before = list(builders.SERVERS)
    builders.SERVERS[:] = [server]
    yield request.param
    builders.SERVERS[:] = before


BILLS = (notice_row(due_on=DUE), notice_row(bill_no="200002", due_on=DUE, principal_yen=6_000))


def test_yen_that_a_claim_does_not_take_back_are_held_and_two_people_decide_on_them(store: str, tmp_path: Path) -> None:
    """Taken back by mistake, and the claim paid by another payment since."""
    desk = Desk.opened(tmp_path / "city", *BILLS)
    desk.paid(FIRST, desk.keys["100001/1"], 10_000)
    desk.paid(SECOND, desk.keys["100001/1"], 10_000, stage="9")
    desk.rule(TAKE_BACK, 2, day=SECOND)
    desk.paid(MORNING, desk.keys["100001/1"], 10_000, serial=2)
    assert desk.stands() == {(1, "withdrawn"): 10_000, (3, "100001/1"): 10_000}
    asked = desk.ask_undo(1)
    assert asked.json["returned"] == [{"payment": 1, "yen": 10_000}], "told when it is asked for"
    ended = desk.run("review", "approve", 2, "--by", "佐藤", "--json")
    assert ended.code == 0 and ended.json["returned"] == [{"payment": 1, "yen": 10_000}]
    assert desk.stands() == {(1, "suspense"): 10_000, (3, "100001/1"): 10_000}
    waits = desk.report("要確認一覧")
    assert [waits[1][name] for name in ("理由", "仮受額", "付記")] == ["過納", 10_000, "決裁で調定から仮受へ"]
    assert desk.report("過誤納整理簿")[1]["還付・充当候補額"] == 10_000
    (ruling,) = [row for row in desk.city.report("決裁一覧", MORNING) if row["決裁"] == "決裁の取消"]
    assert (ruling["送付元の取消額"], ruling["仮受に置いた額"]) == (-10_000, 10_000)
    trail = elqr("review", "trail", "--payment", 1, "--job", desk.city.job).out
    assert "収納の取消" in trail and "調定から仮受へ 10,000円" in trail
    gate = desk.run("arrears", "list", "--by", "山田", "--json")
    assert [(own["risk"], own["found"]) for own in gate.json["against"]] == [("exceptions", ["受付1"])]  # type: ignore[attr-defined,index]
    assert desk.rule(APPLY, 1, "--target", desk.keys["200002/1"][0]).json["moved_yen"] == 6_000
    assert desk.rule("還付候補", 1).json["results"] == {"承認": 1}
    assert desk.stands() == {(1, "suspense"): 4_000, (1, "200002/1"): 6_000, (3, "100001/1"): 10_000}
    assert 1 not in desk.report("要確認一覧") and desk.report("過誤納整理簿")[1]["還付・充当候補額"] == 4_000
    assert elqr("year", "--fiscal-year", "2026", "--as-of", MORNING.isoformat(), "--job", desk.city.job).code == 0
    desk.rule(TAKE_BACK, 2)
    assert desk.stands() == {(1, "withdrawn"): 10_000, (3, "100001/1"): 10_000}


def test_a_claim_takes_back_what_it_still_takes_of_a_replaced_payment(tmp_path: Path) -> None:
    """9,000 yen replaced by 1,000, and 9,000 paid by another: 1,000 go back as 1,000 leave."""
    desk = Desk.opened(tmp_path / "city", *BILLS)
    desk.paid(FIRST, desk.keys["100001/1"], 9_000)
    desk.rule("確認のみ", 1, day=FIRST)
    desk.paid(SECOND, desk.keys["100001/1"], 1_000)
    desk.rule(REPLACE, 2, day=SECOND)
    desk.paid(MORNING, desk.keys["100001/1"], 9_000, serial=2)
    assert desk.undo(2).json["returned"] == [{"payment": 1, "yen": 8_000}]
    assert desk.stands() == {
        (1, "100001/1"): 1_000, (1, "suspense"): 8_000, (2, "suspense"): 1_000, (3, "100001/1"): 9_000,
    }  # fmt: skip
    assert desk.report("要確認一覧")[1]["仮受額"] == 8_000, "what two people had closed with nothing held is open again"


def test_a_refund_that_was_decided_is_decided_anew_when_more_comes_back(tmp_path: Path) -> None:
    desk = Desk.opened(tmp_path / "city", *BILLS)
    desk.paid(FIRST, desk.keys["100001/1"], 11_000)
    desk.rule("還付候補", 1, day=FIRST)
    desk.paid(SECOND, desk.keys["100001/1"], 11_000, stage="9")
    desk.rule(TAKE_BACK, 2, day=SECOND)
    desk.paid(MORNING, desk.keys["100001/1"], 10_000, serial=2)
    desk.undo(2)
    assert desk.stands() == {(1, "suspense"): 11_000, (3, "100001/1"): 10_000}
    assert desk.report("要確認一覧")[1]["仮受額"] == 11_000


def test_a_whole_year_payment_goes_back_whole_or_is_held(tmp_path: Path) -> None:
    parts = [notice_row(installment_no=no, principal_yen=1_000, due_on=DUE) for no in (1, 2)]
    desk = Desk.opened(tmp_path / "city", *parts, notice_row(installment_no=0, principal_yen=2_000, due_on=DUE))
    desk.paid(FIRST, desk.keys["100001/0"], 2_000)
    desk.paid(SECOND, desk.keys["100001/0"], 2_000, stage="9")
    desk.rule(TAKE_BACK, 2, day=SECOND)
    assert desk.undo(1, day=SECOND).json["returned"] == []
    assert desk.stands() == {(1, "100001/1"): 1_000, (1, "100001/2"): 1_000}
    desk.rule(TAKE_BACK, 2, day=SECOND)
    desk.paid(MORNING, desk.keys["100001/1"], 1_000, serial=2)
    assert desk.undo(3).json["returned"] == [{"payment": 1, "yen": 2_000}]
    assert desk.stands() == {(1, "suspense"): 2_000, (3, "100001/1"): 1_000}


@pytest.mark.parametrize(
    ("row", "held"),
    [
        (notice_row(due_on=DUE, change_kind="9"), 10_000),
        (
            notice_row(
                due_on=DUE, issue_no=2, principal_yen=8_000, issued_on=date(2026, 11, 15), change_reason="減額更正"
            ),
            2_000,
        ),
    ],
    ids=["取消", "減額の再発行"],
)
def test_a_claim_that_changed_takes_back_what_is_owed_on_it_now(
    row: dict[str, object], held: int, tmp_path: Path
) -> None:
    desk = Desk.opened(tmp_path / "city", *BILLS)
    desk.paid(FIRST, desk.keys["100001/1"], 10_000)
    desk.paid(SECOND, desk.keys["100001/1"], 10_000, stage="9")
    desk.rule(TAKE_BACK, 2, day=SECOND)
    desk.city.notices(row, name="more.csv")
    desk.city.night(MORNING)
    assert desk.undo(1).json["returned"] == [{"payment": 1, "yen": held}]
    left = {(1, "100001/1"): 10_000 - held} if held < 10_000 else {}
    assert desk.stands() == {(1, "suspense"): held} | left


def test_what_a_night_took_off_a_cancelled_slip_is_not_moved_again(tmp_path: Path) -> None:
    """A ruling put yen on a claim, its slip was cancelled, and the night that told so moved them into suspense."""
    desk = Desk.opened(tmp_path / "city", *BILLS)
    desk.paid(FIRST, STRANGE, 6_000)
    desk.rule(APPLY, 1, "--target", desk.keys["200002/1"][0], day=FIRST)
    desk.paid(FIRST, desk.keys["100001/1"], 9_000, serial=2)
    desk.paid(SECOND, desk.keys["100001/1"], 10_000, serial=2)
    desk.rule(REPLACE, 3, day=SECOND)
    lower = notice_row(
        due_on=DUE, issue_no=2, principal_yen=8_000, issued_on=date(2026, 11, 15), change_reason="減額更正"
    )
    desk.city.notices(BILLS[1] | {"change_kind": "9", "change_reason": "調定取消"}, lower, name="more.csv")
    desk.city.night(MORNING)
    before = {(1, "suspense"): 6_000, (2, "withdrawn"): 9_000, (3, "100001/1"): 8_000, (3, "suspense"): 2_000}
    assert desk.stands() == before
    assert desk.undo(1, 2).json["returned"] == [{"payment": 2, "yen": 1_000}]
    assert desk.stands() == {
        (1, "suspense"): 6_000, (2, "100001/1"): 8_000, (2, "suspense"): 1_000, (3, "suspense"): 10_000,
    }  # fmt: skip
    assert {no: row["仮受額"] for no, row in desk.report("要確認一覧").items()} == {1: 6_000, 2: 1_000, 3: 10_000}


def test_what_cannot_be_undone_is_refused_when_it_is_asked_for_with_why(tmp_path: Path) -> None:
    desk = Desk.opened(tmp_path / "city", *BILLS)
    desk.paid(FIRST, STRANGE, 10_000)
    desk.rule(APPLY, 1, "--target", desk.keys["100001/1"][0], day=FIRST)
    desk.paid(SECOND, STRANGE, 10_000, stage="9")
    desk.rule(TAKE_BACK, 2, day=SECOND)
    moved = desk.ask_undo(1)
    assert moved.code == 1 and "後の決裁2が動かしました。先に決裁2を取り消すか" in moved.err
    assert desk.stands() == {(1, "withdrawn"): 10_000}
    desk.undo(2)
    assert desk.stands() == {(1, "100001/1"): 10_000}
    again = desk.ask_undo(2, 3)
    assert again.code == 1 and "決裁2は決裁3で取り消してあります" in again.err and "決裁3は決裁の取消です" in again.err
    desk.undo(1)
    assert desk.stands() == {(1, "suspense"): 10_000}
    desk.run("review", "decide", "--ruling", "保留", "--payment", 1, "--reason", "待つ", "--by", "山田")
    waiting = desk.ask_undo(5)
    assert waiting.code == 1 and "決裁5は承認待ちです（取り下げは elqr review reject 5）" in waiting.err
    desk.run("review", "reject", 5, "--reason", "やめた", "--by", "佐藤")
    assert "決裁5は却下で、効力がありません" in desk.ask_undo(5).err


def test_rulings_of_a_payment_are_undone_one_after_the_other(tmp_path: Path) -> None:
    desk = Desk.opened(tmp_path / "city", *BILLS)
    desk.paid(FIRST, STRANGE, 10_000)
    desk.rule(APPLY, 1, "--target", desk.keys["200002/1"][0], day=FIRST)
    desk.rule("還付候補", 1, day=FIRST)
    early = desk.ask_undo(1)
    assert early.code == 1 and "決裁1の後に決裁2があります。先に決裁2を取り消してください" in early.err
    desk.undo(2)
    desk.undo(1)
    assert desk.stands() == {(1, "suspense"): 10_000}
    assert desk.report("要確認一覧")[1]["仮受額"] == 10_000


def test_an_undoing_is_stale_when_its_claim_was_paid_before_it_was_approved(tmp_path: Path) -> None:
    desk = Desk.opened(tmp_path / "city", *BILLS)
    desk.paid(FIRST, desk.keys["100001/1"], 10_000)
    desk.paid(SECOND, desk.keys["100001/1"], 10_000, stage="9")
    desk.rule(TAKE_BACK, 2, day=SECOND)
    assert desk.ask_undo(1, day=SECOND).json["returned"] == []
    desk.paid(MORNING, desk.keys["100001/1"], 10_000, serial=2)
    assert desk.run("review", "approve", 2, "--by", "佐藤", "--json").json["stale"] == [2]
    assert desk.undo(1).json["returned"] == [{"payment": 1, "yen": 10_000}], "asked for again it says what it does"


TAMPERED = [
    "UPDATE posting SET yen = yen / 2 WHERE account = 'suspense'",
    "UPDATE posting SET reverses_no = 1 WHERE account = 'suspense'",
    "UPDATE ruling SET undoes_no = 2 WHERE ruling = 'undo'",
]


@pytest.mark.parametrize("statement", TAMPERED)
def test_who_changes_what_an_undone_ruling_put_back_is_found(statement: str, tmp_path: Path) -> None:
    desk = Desk.opened(tmp_path / "city", *BILLS)
    desk.paid(FIRST, desk.keys["100001/1"], 10_000)
    desk.paid(SECOND, desk.keys["100001/1"], 10_000, stage="9")
    desk.rule(TAKE_BACK, 2, day=SECOND)
    desk.paid(MORNING, desk.keys["100001/1"], 10_000, serial=2)
    desk.undo(1)
    desk.city.damage(statement)
    found = desk.run("verify", "--json").json["findings"]
    assert ("L509", "決裁 2") in {(own["code"], own["at"].split("「")[0].strip()) for own in found}  # type: ignore[attr-defined,index]


def test_the_trend_of_what_waits_knows_the_day_of_the_undoing(tmp_path: Path) -> None:
    """Nothing waits but on the last day: the 取消, ruled on in its night, and what no claim took back."""
    desk = Desk.opened(tmp_path / "city", *BILLS)
    third = date(2026, 11, 13)
    desk.paid(FIRST, desk.keys["100001/1"], 10_000)
    desk.paid(SECOND, desk.keys["100001/1"], 10_000, stage="9")
    desk.rule(TAKE_BACK, 2, day=SECOND)
    desk.paid(third, desk.keys["100001/1"], 10_000, serial=2)
    desk.undo(1)
    desk.city.night(MORNING)
    nights = [(f"2026-11-{day}", "0") for day in (11, 12, 13)]
    assert trend(desk.city, MORNING) == [*nights, ("2026-11-20", "2")]
