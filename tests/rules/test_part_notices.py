"""A notice asks, and a claim owes: what comes of notices for a part (分納, 延滞金, 督促) and of changes of the claim.

Every story is a claim of its own in one city, so that all of them live through the same nights. What must come out is
written down from the rules of 調定 and 納付書, by hand.
"""

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from elqr.store.ledger_file import open_ledger
from elqr.store.queries.printing import standings
from tests.builders import City, elqr
from tests.cases.lived import Lived
from tests.cases.slip_stories import DEMAND, DOWN, FALLS, LATE, PLAN, UP, Row, Teller, gone, pay, slip

_DAYS = [date(2026, 11, day) for day in range(16, 22)]
Paid = tuple[str, int, int]
"""Why a payment waits, or else its 消込結果; then its yen that stand on the claim and in suspense in the end."""


@dataclass(frozen=True)
class Story:
    """Nights with their notices and payments; then what is owed by item, what is collected, and each payment."""

    name: str
    nights: list[list[Row | tuple[int, int]]]
    owed: tuple[int, int, int]
    collected: int
    paid: list[Paid] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def _story(name: str, *nights: Any, owed: Any, collected: int = 0, paid: Any = (), refused: Any = ()) -> Story:
    days = [night if isinstance(night, list) else [night] for night in nights]
    items = owed if isinstance(owed, tuple) else (owed, 0, 0)
    return Story(name, days, items, collected, list(paid), list(refused))


_BASE = slip(10_000)
_ON = "一致"
STORIES = [
    # 一枚で調定のすべてを求めるもの
    _story("未納", _BASE, owed=10_000),
    _story("納付", _BASE, pay(1, 10_000), owed=10_000, collected=10_000, paid=[(_ON, 10_000, 0)]),
    _story("不足", _BASE, pay(1, 4_000), owed=10_000, collected=4_000, paid=[("不足", 4_000, 0)]),
    _story("過納", _BASE, pay(1, 10_500), owed=10_000, collected=10_000, paid=[("過納", 10_000, 500)]),
    _story(
        "二度納付", _BASE, pay(1, 10_000), pay(1, 10_000), owed=10_000, collected=10_000,
        paid=[(_ON, 10_000, 0), ("二重納付", 0, 10_000)],
    ),
    _story("調定取消", _BASE, gone(1, FALLS), pay(1, 10_000), owed=0, paid=[("取消済納付書", 0, 10_000)]),
    _story("紙の取消", _BASE, gone(1), pay(1, 10_000), owed=10_000, paid=[("取消済納付書", 0, 10_000)]),
    _story(
        "再発行、前の紙で", _BASE, slip(10_000), pay(1, 10_000), owed=10_000, collected=10_000,
        paid=[("旧納付書による納付", 10_000, 0)],
    ),
    _story(
        "再発行、両方の紙で", _BASE, slip(10_000), [pay(2, 10_000)], pay(1, 10_000), owed=10_000, collected=10_000,
        paid=[(_ON, 10_000, 0), ("二重納付", 0, 10_000)],
    ),
    # 増減
    _story("減額してから納付", _BASE, slip(7_000, why=DOWN), pay(2, 7_000), owed=7_000, collected=7_000,
           paid=[(_ON, 7_000, 0)]),
    _story("減額後に前の紙で", _BASE, slip(7_000, why=DOWN), pay(1, 10_000), owed=7_000, collected=7_000,
           paid=[("過納", 7_000, 3_000)]),
    _story("納付後の減額", _BASE, pay(1, 10_000), slip(7_000, why=DOWN), owed=7_000, collected=7_000,
           paid=[("減額による過納", 7_000, 3_000)]),
    _story("不足の後の減額、まだ足りない", _BASE, pay(1, 4_000), slip(7_000, why=DOWN), owed=7_000, collected=4_000,
           paid=[("不足", 4_000, 0)]),
    _story("不足の後の減額、余る", _BASE, pay(1, 4_000), slip(3_000, why=DOWN), owed=3_000, collected=3_000,
           paid=[("減額による過納", 3_000, 1_000)]),
    _story("納付後の調定取消", _BASE, pay(1, 10_000), gone(1, FALLS), owed=0,
           paid=[("減額による過納", 0, 10_000)]),
    _story("紙の取消の後の調定取消", _BASE, pay(1, 10_000), gone(1), gone(1, FALLS), owed=0,
           paid=[("減額による過納", 0, 10_000)]),
    _story("納付後の紙の取消", _BASE, pay(1, 10_000), gone(1), owed=10_000, collected=10_000,
           paid=[(_ON, 10_000, 0)]),
    _story("納付後の増額", _BASE, pay(1, 10_000), slip(12_000, why=UP), owed=12_000, collected=10_000,
           paid=[(_ON, 10_000, 0)]),
    _story("減額と言わない", _BASE, slip(7_000), owed=10_000, refused=["N614"]),
    # 分納
    _story("分納の未納", _BASE, slip(3_000, kind=PLAN), owed=10_000),
    _story("分納", _BASE, slip(3_000, kind=PLAN), pay(2, 3_000), owed=10_000, collected=3_000,
           paid=[(_ON, 3_000, 0)]),
    _story("分納の不足", _BASE, slip(3_000, kind=PLAN), pay(2, 2_000), owed=10_000, collected=2_000,
           paid=[("不足", 2_000, 0)]),
    _story("分納の不足を同じ紙で", _BASE, slip(3_000, kind=PLAN), pay(2, 2_000), pay(2, 1_000), owed=10_000,
           collected=3_000, paid=[("不足", 2_000, 0), (_ON, 1_000, 0)]),
    _story("分納の過納", _BASE, slip(3_000, kind=PLAN), pay(2, 5_000), owed=10_000, collected=3_000,
           paid=[("過納", 3_000, 2_000)]),
    _story("分納を二度", _BASE, slip(3_000, kind=PLAN), pay(2, 3_000), pay(2, 3_000), owed=10_000, collected=3_000,
           paid=[(_ON, 3_000, 0), ("二重納付", 0, 3_000)]),
    _story("分納を同じ夜に二度", _BASE, slip(3_000, kind=PLAN), [pay(2, 3_000), pay(2, 3_000)], owed=10_000,
           collected=3_000, paid=[(_ON, 3_000, 0), ("二重納付", 0, 3_000)]),
    _story("分納の取消の後", _BASE, slip(3_000, kind=PLAN), gone(2), pay(2, 3_000), owed=10_000,
           paid=[("取消済納付書", 0, 3_000)]),
    _story("納めた分納の取消", _BASE, slip(3_000, kind=PLAN), pay(2, 3_000), gone(2), owed=10_000, collected=3_000,
           paid=[(_ON, 3_000, 0)]),
    _story("三回の分納", _BASE, [slip(3_000, kind=PLAN), slip(3_000, kind=PLAN), slip(4_000, kind=PLAN)],
           [pay(4, 4_000), pay(2, 3_000)], pay(3, 3_000), owed=10_000, collected=10_000,
           paid=[(_ON, 4_000, 0), (_ON, 3_000, 0), (_ON, 3_000, 0)]),
    _story("分納が調定より多い", _BASE, [slip(6_000, kind=PLAN), slip(6_000, kind=PLAN)], pay(2, 6_000),
           pay(3, 6_000), owed=10_000, collected=10_000, paid=[(_ON, 6_000, 0), ("過納", 4_000, 2_000)]),
    _story("分納の後で全額", _BASE, slip(3_000, kind=PLAN), pay(2, 3_000), pay(1, 10_000), owed=10_000,
           collected=10_000, paid=[(_ON, 3_000, 0), ("過納", 7_000, 3_000)]),
    _story("全額の後で分納", _BASE, slip(3_000, kind=PLAN), pay(1, 10_000), pay(2, 3_000), owed=10_000,
           collected=10_000, paid=[(_ON, 10_000, 0), ("二重納付", 0, 3_000)]),
    _story("納めた分納より下への減額", _BASE, slip(3_000, kind=PLAN), pay(2, 3_000), slip(2_000, why=DOWN),
           owed=2_000, collected=2_000, paid=[("減額による過納", 2_000, 1_000)]),
    _story("分納の後の調定取消", _BASE, slip(3_000, kind=PLAN), pay(2, 3_000), gone(1, FALLS), owed=0,
           paid=[("減額による過納", 0, 3_000)]),
    _story("調定取消の後の分納の納付", _BASE, slip(3_000, kind=PLAN), gone(1, FALLS), pay(2, 3_000), owed=0,
           paid=[("取消済納付書", 0, 3_000)]),
    _story("分納の取消を通常の番号で", _BASE, slip(3_000, kind=PLAN), {**gone(1, FALLS), "notice_kind": PLAN},
           owed=10_000, refused=["N615"]),
    _story("調定を超える分納", _BASE, slip(12_000, kind=PLAN), owed=10_000, refused=["N616"]),
    _story("調定にない延滞金の分納", _BASE, slip(3_000, late=100, kind=PLAN), owed=10_000, refused=["N616"]),
    _story("分納に異動事由", _BASE, slip(3_000, kind=PLAN, why=DOWN), owed=10_000, refused=["N615"]),
    _story("分納の行で調定取消", _BASE, slip(3_000, kind=PLAN), gone(2, FALLS), owed=10_000, refused=["N615"]),
    _story("ほかの収納の後で分納を二度", _BASE, [pay(1, 2_000), slip(3_000, kind=PLAN)], pay(2, 3_000), pay(2, 3_000),
           owed=10_000, collected=5_000, paid=[("不足", 2_000, 0), (_ON, 3_000, 0), ("二重納付", 0, 3_000)]),
    _story("ほかの収納の後で分納を同じ夜に二度", _BASE, [pay(1, 2_000), slip(3_000, kind=PLAN)],
           [pay(2, 3_000), pay(2, 3_000)], owed=10_000, collected=5_000,
           paid=[("不足", 2_000, 0), (_ON, 3_000, 0), ("二重納付", 0, 3_000)]),
    _story("同じ夜に全額と分納", _BASE, slip(3_000, kind=PLAN), [pay(1, 10_000), pay(2, 3_000)], owed=10_000,
           collected=10_000, paid=[(_ON, 10_000, 0), ("二重納付", 0, 3_000)]),
    # 延滞金
    _story("遅れて納めた後の延滞金", slip(9_500), pay(1, 9_500), slip(0, late=500, kind=LATE), pay(2, 500),
           owed=(9_500, 0, 500), collected=10_000, paid=[(_ON, 9_500, 0), (_ON, 500, 0)]),
    _story("延滞金の未納", _BASE, slip(0, late=500, kind=LATE), owed=(10_000, 0, 500)),
    _story("延滞金だけ先に", _BASE, slip(0, late=500, kind=LATE), pay(2, 500), owed=(10_000, 0, 500), collected=500,
           paid=[(_ON, 500, 0)]),
    _story("延滞金が先、本税が後", _BASE, slip(0, late=500, kind=LATE), pay(2, 500), pay(1, 10_000),
           owed=(10_000, 0, 500), collected=10_500, paid=[(_ON, 500, 0), (_ON, 10_000, 0)]),
    _story("本税の紙では延滞金は残る", _BASE, slip(0, late=500, kind=LATE), pay(1, 10_000), owed=(10_000, 0, 500),
           collected=10_000, paid=[(_ON, 10_000, 0)]),
    _story("本税を二度、延滞金は未納", _BASE, slip(0, late=500, kind=LATE), pay(1, 10_000), pay(1, 10_000),
           owed=(10_000, 0, 500), collected=10_000, paid=[(_ON, 10_000, 0), ("二重納付", 0, 10_000)]),
    _story("延滞金の不足", _BASE, slip(0, late=500, kind=LATE), pay(2, 300), owed=(10_000, 0, 500), collected=300,
           paid=[("不足", 300, 0)]),
    _story("延滞金を二度", _BASE, slip(0, late=500, kind=LATE), pay(2, 500), pay(2, 500), owed=(10_000, 0, 500),
           collected=500, paid=[(_ON, 500, 0), ("二重納付", 0, 500)]),
    _story("延滞金の再発行", _BASE, slip(0, late=500, kind=LATE), slip(0, late=500, kind=LATE), pay(3, 500),
           owed=(10_000, 0, 500), collected=500, paid=[(_ON, 500, 0)]),
    _story("延滞金が増える", _BASE, slip(0, late=500, kind=LATE), slip(0, late=700, kind=LATE), pay(3, 700),
           owed=(10_000, 0, 700), collected=700, paid=[(_ON, 700, 0)]),
    _story("増える前の紙と後の紙", _BASE, slip(0, late=500, kind=LATE), slip(0, late=700, kind=LATE), pay(2, 500),
           pay(3, 700), owed=(10_000, 0, 700), collected=700, paid=[("旧納付書による納付", 500, 0), ("過納", 200, 500)]),
    _story("延滞金が減ると言わない", _BASE, slip(0, late=500, kind=LATE), slip(0, late=300, kind=LATE),
           owed=(10_000, 0, 500), refused=["N614"]),
    _story("納めた延滞金の減額", _BASE, slip(0, late=500, kind=LATE), pay(2, 500),
           slip(0, late=300, kind=LATE, why=DOWN), owed=(10_000, 0, 300), collected=300,
           paid=[("減額による過納", 300, 200)]),
    _story("延滞金の取消", _BASE, slip(0, late=500, kind=LATE), gone(2), owed=10_000),
    _story("本税が未納で、納めた延滞金の取消", _BASE, slip(0, late=500, kind=LATE), pay(2, 500), gone(2),
           owed=10_000, paid=[("減額による過納", 0, 500)]),
    _story("本税も納めた延滞金の取消", _BASE, slip(0, late=500, kind=LATE), [pay(2, 500)], pay(1, 10_000), gone(2),
           owed=10_000, collected=10_000, paid=[("減額による過納", 0, 500), (_ON, 10_000, 0)]),
    _story("延滞金が残り、本税の減額", _BASE, slip(0, late=500, kind=LATE), pay(1, 10_000),
           slip(7_000, late=500, why=DOWN), owed=(7_000, 0, 500), collected=7_000,
           paid=[("減額による過納", 7_000, 3_000)]),
    _story("延滞金の紙に本税", _BASE, slip(10_000, late=500, kind=LATE), owed=10_000, refused=["N615"]),
    _story("延滞金のある再発行", _BASE, slip(0, late=500, kind=LATE), slip(10_000, late=500), pay(3, 10_500),
           owed=(10_000, 0, 500), collected=10_500, paid=[(_ON, 10_500, 0)]),
    _story("延滞金を忘れた再発行", _BASE, slip(0, late=500, kind=LATE), slip(10_000), owed=(10_000, 0, 500),
           refused=["N614"]),
    # 督促
    _story("督促の未納", _BASE, slip(10_000, fee=100, kind=DEMAND), owed=(10_000, 100, 0)),
    _story("督促の納付", _BASE, slip(10_000, fee=100, kind=DEMAND), pay(2, 10_100), owed=(10_000, 100, 0),
           collected=10_100, paid=[(_ON, 10_100, 0)]),
    _story("督促の後、前の紙で", _BASE, slip(10_000, fee=100, kind=DEMAND), pay(1, 10_000), owed=(10_000, 100, 0),
           collected=10_000, paid=[(_ON, 10_000, 0)]),
    _story("前の紙の後、督促の紙で", _BASE, slip(10_000, fee=100, kind=DEMAND), pay(1, 10_000), pay(2, 10_100),
           owed=(10_000, 100, 0), collected=10_100, paid=[(_ON, 10_000, 0), ("過納", 100, 10_000)]),
    _story("残りの督促", _BASE, pay(1, 4_000), slip(6_000, fee=100, kind=DEMAND), pay(2, 6_100),
           owed=(10_000, 100, 0), collected=10_100, paid=[("不足", 4_000, 0), (_ON, 6_100, 0)]),
    _story("督促の不足", _BASE, slip(10_000, fee=100, kind=DEMAND), pay(2, 10_000), owed=(10_000, 100, 0),
           collected=10_000, paid=[("不足", 10_000, 0)]),
    _story("督促の残りを同じ紙で", _BASE, slip(10_000, fee=100, kind=DEMAND), pay(2, 10_000), pay(2, 100),
           owed=(10_000, 100, 0), collected=10_100, paid=[("不足", 10_000, 0), (_ON, 100, 0)]),
    _story("督促を二度", _BASE, slip(10_000, fee=100, kind=DEMAND), pay(2, 10_100), pay(2, 10_100),
           owed=(10_000, 100, 0), collected=10_100, paid=[(_ON, 10_100, 0), ("二重納付", 0, 10_100)]),
    _story("督促の取消", _BASE, slip(10_000, fee=100, kind=DEMAND), gone(2), owed=10_000),
    _story("納めた督促の取消", _BASE, slip(10_000, fee=100, kind=DEMAND), pay(2, 10_100), gone(2), owed=10_000,
           collected=10_000, paid=[("減額による過納", 10_000, 100)]),
    _story("調定を超える督促", _BASE, slip(11_000, fee=100, kind=DEMAND), owed=10_000, refused=["N616"]),
    _story("督促と延滞金と分納", _BASE,
           [slip(10_000, fee=100, kind=DEMAND), slip(0, late=500, kind=LATE), slip(2_000, 100, 0, kind=PLAN)],
           pay(4, 2_100), pay(3, 500), pay(1, 8_000), owed=(10_000, 100, 500), collected=10_600,
           paid=[(_ON, 2_100, 0), (_ON, 500, 0), (_ON, 8_000, 0)]),
]  # fmt: skip


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    """Each night is run twice."""
    city = City.founded(tmp_path_factory.mktemp("parts") / "city")
    teller = Teller(city)
    for at, day in enumerate(_DAYS):
        teller.live(day, [(bill_no, story.nights[at]) for bill_no, story in _bills() if at < len(story.nights)])
        city.night(day)
    return Lived(city, _DAYS[-1], teller.refused)


def _bills() -> list[tuple[str, Story]]:
    return [(f"{number:06}", story) for number, story in enumerate(STORIES, start=200_001)]


@pytest.mark.parametrize(("bill_no", "story"), _bills(), ids=[story.name for story in STORIES])
def test_a_notice_asks_and_the_claim_owes(lived: Lived, bill_no: str, story: Story) -> None:
    ran = elqr("claim", "show", bill_no, "--json", "--job", lived.city.job, "--date", _DAYS[-1].isoformat())
    (card,) = ran.json["claims"]  # type: ignore[misc]
    assert tuple(item["owed_yen"] for item in card["items"].values()) == story.owed
    if story.collected == sum(story.owed):
        assert tuple(item["collected_yen"] for item in card["items"].values()) == story.owed
    assert [(lived.why(row), row["claim_yen"], row["suspense_yen"]) for row in card["payments"]] == story.paid
    assert card["collected_yen"] == story.collected and card["open_yen"] == sum(story.owed) - story.collected
    assert [code for bill, code in lived.refused if bill == bill_no] == story.refused


def test_all_yen_of_the_stories_are_proved(lived: Lived) -> None:
    ran = elqr("verify", "--job", lived.city.job, "--date", _DAYS[-1].isoformat())
    assert ran.code == 0, ran.out


PILES = {
    "分納の未納": {1: (True, 0), 2: (True, 0)},
    "三回の分納": {1: (True, 10_000), 2: (True, 10_000)},
    "分納の不足": {1: (True, 2_000), 2: (True, 2_000)},
    "延滞金の未納": {1: (True, 0), 2: (True, 0)},
    "本税の紙では延滞金は残る": {1: (True, 10_000), 2: (True, 0)},
    "遅れて納めた後の延滞金": {1: (True, 10_000), 2: (True, 10_000)},
    "延滞金が増える": {1: (True, 700), 2: (False, 0), 3: (True, 700)},
    "再発行、前の紙で": {1: (False, 10_000), 2: (True, 10_000)},
    "督促の未納": {1: (True, 0), 2: (True, 0)},
}
"""Notices of stories that may still be sent: whether none replaces them, and the yen that speak against it."""


@pytest.mark.ledger_file
@pytest.mark.parametrize("name", PILES)
def test_a_slip_for_a_part_may_be_sent_while_others_of_its_claim_are_paid(lived: Lived, name: str) -> None:
    (bill_no,) = [bill for bill, story in _bills() if story.name == name]
    with open_ledger(f"sqlite:///{lived.city.folder / 'ledger.db'}") as ledger, ledger.transaction() as connection:
        rows = standings(connection).filter(pl.col("bill_no") == bill_no).sort("notice_no")
    found = {
        number: (row["is_current"], row["collected_yen"])
        for number, row in enumerate(rows.iter_rows(named=True), start=1)
    }
    assert {number: found[number] for number in PILES[name]} == PILES[name]


TWICE = {
    "二度納付": ("same_slip", 1),
    "再発行、両方の紙で": ("old_slip,other_slip", 2),
    "分納を二度": ("same_slip", 2),
    "分納を同じ夜に二度": ("same_slip", 2),
    "ほかの収納の後で分納を二度": ("same_slip", 2),
    "ほかの収納の後で分納を同じ夜に二度": ("same_slip", 2),
    "全額の後で分納": ("other_slip", 1),
    "同じ夜に全額と分納": ("other_slip", 1),
    "本税を二度、延滞金は未納": ("same_slip", 1),
    "延滞金を二度": ("same_slip", 2),
    "督促を二度": ("same_slip", 2),
}
"""付記 of the 二重納付 of a story, and the number of the notice by which the claim had been paid before."""


@pytest.mark.parametrize("name", TWICE)
def test_what_is_paid_twice_says_by_which_notice_it_was_paid_before(lived: Lived, name: str) -> None:
    (bill_no,) = [bill for bill, story in _bills() if story.name == name]
    found = lived.city.sql(
        "SELECT decision.flags, (SELECT issue_no FROM decision AS before JOIN notice AS paid "
        "ON paid.notice_no = before.notice_no WHERE before.payment_no = decision.other_payment_no) "
        "FROM decision JOIN notice ON notice.notice_no = decision.notice_no "
        f"WHERE bill_no = '{bill_no}' AND outcome = 'already_settled'"
    )
    assert [tuple(row) for row in found] == [TWICE[name]]


def test_a_claim_of_which_the_paper_was_taken_back_is_still_unpaid(lived: Lived, tmp_path: Path) -> None:
    """In 決算見込 and in 滞納繰越, which agree with what the claims owe; and a reminder may be due for it."""
    (bill_no,) = [bill for bill, story in _bills() if story.name == "紙の取消"]
    where = ("--job", lived.city.job, "--fiscal-year", 2026, "--as-of", _DAYS[-1].isoformat(), "--out", tmp_path)
    ran = elqr("year", *where, "--json")
    assert ran.code == 0, ran.err
    carried = json.loads((tmp_path / "滞納繰越一覧.json").read_text(encoding="utf-8"))["rows"]
    assert [row["未収額"] for row in carried if row["通知書番号"] == bill_no] == [10_000]
    owed = sum(sum(story.owed) for story in STORIES)
    assert ran.json["totals"]["調定額"] == owed  # type: ignore[index, call-overload]
