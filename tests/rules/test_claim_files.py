"""Claim files say what is owed, and notices only ask: what comes of both, night by night.

Every story is a claim of its own in one city. What must come out is written down from the rules of 調定 and 納付書, by
hand. Each night is run twice.
"""

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.builders import (
    JOB,
    REGISTER,
    City,
    claim_file,
    claim_row,
    codes,
    elqr,
    eltax_file,
    eltax_row,
    notice_file,
    notice_row,
)
from tests.cases.lived import Lived

_DAYS = [date(2026, 11, day) for day in range(16, 22)]
_PLAN, _LATE, _DEMAND = "分納", "延滞金", "督促"
_BY_FILE = REGISTER.replace('code = "kokuho"', 'code = "kokuho"\nclaims = "file"')
_JOB = f'{JOB}\n[[claims]]\npath = "claims"\nspecs = ["claim_csv"]\n'

Row = dict[str, object]
Step = tuple[str, Any]


def owes(principal: int, fee: int = 0, late: int = 0, why: str | None = None, off: int = 0, **given: object) -> Step:
    """A row of the claim file: what is owed by item, why it changed, and the 不納欠損 of 本税."""
    days = {"kesson_ymd": date(2026, 11, 20) if off else None, "zeigaku_kesson": off or None}
    return "owes", {"zeigaku": principal, "tokusoku": fee, "entaikin": late, "kosei_jiyu_cd": why, **days, **given}


def slip(principal: int, fee: int = 0, late: int = 0, kind: str | None = None, why: str | None = None) -> Step:
    """A notice. The numbers of a story's notices count from 1."""
    yen = {"principal_yen": principal, "demand_fee_yen": fee, "late_charge_yen": late}
    return "slip", {**yen, "notice_kind": kind, "change_reason": why}


def gone(number: int, why: str | None = None) -> Step:
    """A 取消 of a notice."""
    return "slip", {"issue_no": number, "change_kind": "9", "change_reason": why}


def pay(number: int, yen: int) -> Step:
    """A payment by a notice."""
    return "pay", (number, yen)


@dataclass(frozen=True)
class Story:
    """Nights; then what is owed by item, the entries (kind, yen), what is collected, each payment, refused rows."""

    name: str
    nights: list[list[Step]]
    owed: tuple[int, int, int]
    entries: list[tuple[str, int]]
    collected: int
    paid: list[tuple[str, int, int]]
    refused: list[str]


def _story(
    name: str, *nights: Step | list[Step], owed: int | tuple[int, int, int], entries: list[tuple[str, int]],
    collected: int = 0, paid: tuple[tuple[str, int, int], ...] = (), refused: tuple[str, ...] = (),
) -> Story:  # fmt: skip
    days = [night if isinstance(night, list) else [night] for night in nights]
    return Story(
        name, days, owed if isinstance(owed, tuple) else (owed, 0, 0), entries, collected, list(paid), list(refused)
    )


_NEW, _UP, _DOWN, _OFF, _RELIEF = "assessed", "increased", "reduced", "written_off", "relieved"
_FIRST = (_NEW, 10_000)
_ON = "一致"
STORIES = [
    _story("納付書がまだない", owes(10_000), owed=10_000, entries=[_FIRST]),
    _story("納付", [owes(10_000), slip(10_000)], pay(1, 10_000), owed=10_000, entries=[_FIRST], collected=10_000,
           paid=((_ON, 10_000, 0),)),
    _story("同じ行がもう一度", [owes(10_000), slip(10_000)], owes(10_000, day=0), pay(1, 10_000), owed=10_000,
           entries=[_FIRST], collected=10_000, paid=((_ON, 10_000, 0),)),
    _story("調定データより先の納付書", slip(10_000), [owes(10_000)], owed=10_000, entries=[_FIRST],
           refused=("N617",)),
    _story("不足", [owes(10_000), slip(10_000)], pay(1, 4_000), owed=10_000, entries=[_FIRST], collected=4_000,
           paid=(("不足", 4_000, 0),)),
    _story("過納", [owes(10_000), slip(10_000)], pay(1, 10_500), owed=10_000, entries=[_FIRST], collected=10_000,
           paid=(("過納", 10_000, 500),)),
    _story("二度納付", [owes(10_000), slip(10_000)], pay(1, 10_000), pay(1, 10_000), owed=10_000, entries=[_FIRST],
           collected=10_000, paid=((_ON, 10_000, 0), ("二重納付", 0, 10_000))),
    _story("調定より多く求める", [owes(10_000), slip(11_000)], owed=10_000, entries=[_FIRST], refused=("N616",)),
    _story("調定にない延滞金を求める", [owes(10_000), slip(10_000, late=500)], owed=10_000, entries=[_FIRST],
           refused=("N616",)),
    _story("納付書で増額と言う", [owes(10_000), slip(10_000, why="増額更正")], owed=10_000, entries=[_FIRST],
           refused=("N615",)),
    # 増減
    _story("増額", [owes(10_000), slip(10_000)], owes(12_000, why="増額更正"), owed=12_000,
           entries=[_FIRST, (_UP, 2_000)]),
    _story("増額の後に前の紙で", [owes(10_000), slip(10_000)], owes(12_000), pay(1, 10_000), owed=12_000,
           entries=[_FIRST, (_UP, 2_000)], collected=10_000, paid=((_ON, 10_000, 0),)),
    _story("減額してから納付", [owes(10_000), slip(10_000)], [owes(7_000), slip(7_000)], pay(2, 7_000), owed=7_000,
           entries=[_FIRST, (_DOWN, -3_000)], collected=7_000, paid=((_ON, 7_000, 0),)),
    _story("減額後に前の紙で", [owes(10_000), slip(10_000)], owes(7_000), pay(1, 10_000), owed=7_000,
           entries=[_FIRST, (_DOWN, -3_000)], collected=7_000, paid=(("過納", 7_000, 3_000),)),
    _story("納付後の減額", [owes(10_000), slip(10_000)], pay(1, 10_000), owes(7_000, why="減額更正"), owed=7_000,
           entries=[_FIRST, (_DOWN, -3_000)], collected=7_000, paid=(("減額による過納", 7_000, 3_000),)),
    _story("納付後の調定取消", [owes(10_000), slip(10_000)], pay(1, 10_000), owes(0, why="調定取消"), owed=0,
           entries=[_FIRST, ("cancelled", -10_000)], paid=(("減額による過納", 0, 10_000),)),
    _story("減免", [owes(10_000), slip(10_000)], owes(6_000, why="減免"), owed=6_000,
           entries=[_FIRST, (_RELIEF, -4_000)]),
    _story("全額の減免", [owes(10_000), slip(10_000)], owes(0, why="減免"), owed=0, entries=[_FIRST, (_RELIEF, -10_000)]),
    _story("納付後の減免", [owes(10_000), slip(10_000)], pay(1, 10_000), owes(6_000, why="減免"), owed=6_000,
           entries=[_FIRST, (_RELIEF, -4_000)], collected=6_000, paid=(("減額による過納", 6_000, 4_000),)),
    _story("不納欠損", [owes(10_000), slip(10_000)], pay(1, 4_000), owes(10_000, off=6_000), owed=4_000,
           entries=[_FIRST, (_OFF, -6_000)], collected=4_000, paid=(("不足", 4_000, 0),)),
    _story("不納欠損の後の納付", [owes(10_000), slip(10_000)], owes(10_000, off=10_000), pay(1, 10_000), owed=0,
           entries=[_FIRST, (_OFF, -10_000)], paid=(("取消済納付書", 0, 10_000),)),
    _story("不納欠損の取消", [owes(10_000), slip(10_000)], owes(10_000, off=10_000), owes(10_000), owed=10_000,
           entries=[_FIRST, (_OFF, -10_000), (_OFF, 10_000)]),
    _story("調定取消の後の再賦課", owes(10_000), owes(0), owes(8_000), owed=8_000,
           entries=[_FIRST, ("cancelled", -10_000), (_UP, 8_000)]),
    # 内訳
    _story("督促手数料と延滞金", owes(10_000), owes(10_000, fee=100), owes(10_000, fee=100, late=700),
           owed=(10_000, 100, 700), entries=[_FIRST, ("demand_fee", 100), ("late_charge", 700)]),
    _story("延滞金の減免", owes(10_000), owes(10_000, late=700), owes(10_000, late=0, why="減免"), owed=10_000,
           entries=[_FIRST, ("late_charge", 700), (_RELIEF, -700)]),
    _story("本税の紙では延滞金は残る", [owes(10_000), slip(10_000)], owes(10_000, late=500), pay(1, 10_000),
           owed=(10_000, 0, 500), entries=[_FIRST, ("late_charge", 500)], collected=10_000, paid=((_ON, 10_000, 0),)),
    _story("遅れて納めた後の延滞金", [owes(10_000), slip(10_000)], pay(1, 10_000),
           [owes(10_000, late=500), slip(0, late=500, kind=_LATE)], pay(2, 500), owed=(10_000, 0, 500),
           entries=[_FIRST, ("late_charge", 500)], collected=10_500, paid=((_ON, 10_000, 0), (_ON, 500, 0))),
    _story("督促状で", [owes(10_000), slip(10_000)], [owes(10_000, fee=100), slip(10_000, fee=100, kind=_DEMAND)],
           pay(2, 10_100), owed=(10_000, 100, 0), entries=[_FIRST, ("demand_fee", 100)], collected=10_100,
           paid=((_ON, 10_100, 0),)),
    _story("本税と延滞金の減額、二つの収納から", [owes(10_000, late=300), slip(10_000, late=300)],
           [pay(1, 10_300), owes(10_000, late=900), slip(0, late=600, kind=_LATE)], pay(2, 600),
           owes(6_000, late=500, why="減額更正"), owes(6_000, late=500), owed=(6_000, 0, 500),
           entries=[(_NEW, 10_300), ("late_charge", 600), (_DOWN, -4_000), (_DOWN, -400)], collected=6_500,
           paid=(("減額による過納", 6_300, 4_000), ("減額による過納", 200, 400))),
    # 求める内訳がもう調定にない紙
    _story("延滞金の減免の後に延滞金の紙で", [owes(10_000, late=700), slip(0, late=700, kind=_LATE)],
           owes(10_000, why="減免"), pay(1, 700), owed=10_000, entries=[(_NEW, 10_700), (_RELIEF, -700)],
           paid=(("取消済納付書", 0, 700),)),
    _story("本税の納付と延滞金の減免の後に延滞金の紙で", [owes(10_000, late=700), slip(10_000)], pay(1, 10_000),
           slip(0, late=700, kind=_LATE), owes(10_000, why="減免"), pay(2, 700), owed=10_000,
           entries=[(_NEW, 10_700), (_RELIEF, -700)], collected=10_000,
           paid=((_ON, 10_000, 0), ("取消済納付書", 0, 700))),
    _story("本税の不納欠損の後に本税の紙で", [owes(10_000, late=500), slip(10_000)],
           owes(10_000, late=500, off=10_000), pay(1, 10_000), owed=(0, 0, 500),
           entries=[(_NEW, 10_500), (_OFF, -10_000)], paid=(("取消済納付書", 0, 10_000),)),
    # 分納と、調定より少なく求める紙
    _story("分納", [owes(10_000), slip(10_000), slip(3_000, kind=_PLAN)], pay(2, 3_000), owed=10_000,
           entries=[_FIRST], collected=3_000, paid=((_ON, 3_000, 0),)),
    _story("分納だけ", [owes(10_000), slip(3_000, kind=_PLAN)], pay(1, 3_000), owed=10_000, entries=[_FIRST],
           collected=3_000, paid=((_ON, 3_000, 0),)),
    _story("分納を二度", [owes(10_000), slip(10_000), slip(3_000, kind=_PLAN)], pay(2, 3_000), pay(2, 3_000),
           owed=10_000, entries=[_FIRST], collected=3_000, paid=((_ON, 3_000, 0), ("二重納付", 0, 3_000))),
    _story("残りを求める再発行", [owes(10_000), slip(10_000)], pay(1, 4_000), slip(6_000), pay(2, 6_000), owed=10_000,
           entries=[_FIRST], collected=10_000, paid=(("不足", 4_000, 0), (_ON, 6_000, 0))),
    _story("残りを二度", [owes(10_000), slip(10_000)], pay(1, 4_000), slip(6_000), pay(2, 6_000), pay(2, 6_000),
           owed=10_000, entries=[_FIRST], collected=10_000,
           paid=(("不足", 4_000, 0), (_ON, 6_000, 0), ("二重納付", 0, 6_000))),
    # 紙の取消
    _story("紙の取消", [owes(10_000), slip(10_000)], gone(1), pay(1, 10_000), owed=10_000, entries=[_FIRST],
           paid=(("取消済納付書", 0, 10_000),)),
    _story("納付後の紙の取消", [owes(10_000), slip(10_000)], pay(1, 10_000), gone(1), owed=10_000, entries=[_FIRST],
           collected=10_000, paid=((_ON, 10_000, 0),)),
    _story("納付書で調定取消と言う", [owes(10_000), slip(10_000)], gone(1, "調定取消"), owed=10_000, entries=[_FIRST],
           refused=("N615",)),
    # 順番
    _story("古い行が後から届く", owes(10_000), owes(7_000, sosa_time="150000"), owes(9_000, day=1), owed=7_000,
           entries=[_FIRST, (_DOWN, -3_000)]),
]  # fmt: skip


def _bills() -> list[tuple[str, Story]]:
    return [(f"{number:06}", story) for number, story in enumerate(STORIES, start=300_001)]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    city = City.founded(tmp_path_factory.mktemp("claims") / "city", _JOB, _BY_FILE)
    (city.folder / "claims").mkdir()
    numbers, refused = dict[str, int](), set[tuple[str, str]]()
    for at, day in enumerate(_DAYS):
        slips, states, payments = list[Row](), list[Row](), list[Row]()
        for bill_no, story in _bills():
            for what, step in story.nights[at] if at < len(story.nights) else []:
                if what == "pay":
                    key_no, check_no = city.issued()["kokuho", bill_no, 1, step[0]]
                    serial_no = f"{at}{len(payments):07}"
                    payments.append(eltax_row(key_no, check_no, step[1], serial_no=serial_no, paid_on=day))
                elif what == "slip":
                    numbers[bill_no] = numbers.get(bill_no, 0) + ("issue_no" not in step)
                    of_story = {"bill_no": bill_no, "payer_ref": bill_no, "issued_on": day}
                    slips.append(notice_row(**{"issue_no": numbers[bill_no], **of_story, **step}))
                else:
                    worked_on = _DAYS[step.get("day", at)]
                    row = {name: value for name, value in step.items() if name != "day"}
                    of_story = {"tsuchisho_no": bill_no, "atena_no": bill_no, "sosa_ymd": worked_on}
                    states.append(claim_row(**{**of_story, "kazei_kosei_ymd": worked_on, **row}))
        if states:
            (city.folder / "claims" / f"claims_{day}.csv").write_bytes(claim_file(*states))
        if slips:
            columns = notice_row(bill_no=f"9{at}", notice_kind="通常", change_reason="増額更正", change_kind="9")
            (city.folder / "notices" / f"{day}.csv").write_bytes(notice_file(*slips, columns))
        if payments:
            city.deliver(f"{day}.csv", eltax_file(*payments))
        for finding in city.night(day).json["findings"]:  # type: ignore[attr-defined]
            place = re.match(rf"{day}\.csv (\d+)", finding["at"])
            if place and int(place[1]) <= len(slips):
                refused.add((str(slips[int(place[1]) - 1]["bill_no"]), finding["code"]))
        city.night(day)
    return Lived(city, _DAYS[-1], sorted(refused))


def _card(city: City, bill_no: str) -> dict[str, Any]:
    ran = elqr("claim", "show", bill_no, "--json", "--job", city.job)
    (card,) = ran.json["claims"]  # type: ignore[misc]
    return card  # type: ignore[return-value]


@pytest.mark.parametrize(("bill_no", "story"), _bills(), ids=[story.name for story in STORIES])
def test_the_claim_file_says_what_is_owed_and_notices_ask(lived: Lived, bill_no: str, story: Story) -> None:
    card = _card(lived.city, bill_no)
    assert card["due_on"] == "2026-10-31"
    assert tuple(item["owed_yen"] for item in card["items"].values()) == story.owed
    yen = ("principal_yen", "demand_fee_yen", "late_charge_yen")
    assert [(entry["kind"], sum(entry[name] for name in yen)) for entry in card["entries"]] == story.entries
    assert [(lived.why(row), row["claim_yen"], row["suspense_yen"]) for row in card["payments"]] == story.paid
    assert card["collected_yen"] == story.collected and card["open_yen"] == sum(story.owed) - story.collected
    assert [code for bill, code in lived.refused if bill == bill_no] == story.refused


def test_all_yen_of_the_stories_are_proved(lived: Lived) -> None:
    ran = elqr("verify", "--job", lived.city.job, "--date", _DAYS[-1].isoformat())
    assert ran.code == 0, ran.out


def test_what_was_written_off_is_told_beside_what_was_levied(lived: Lived) -> None:
    (bill_no,) = [bill for bill, story in _bills() if story.name == "不納欠損"]
    ran = elqr("claim", "show", bill_no, "--job", lived.city.job, "--date", _DAYS[-1].isoformat())
    assert "調定額 10,000円　収納額 4,000円　不納欠損額 6,000円　未収額 0円" in ran.out


def test_the_rows_of_a_claim_file_are_counted(lived: Lived) -> None:
    rows = {
        row["ファイル"]: (row["調定・督促の状況の行"], row["新しい行"])
        for row in lived.city.report("取込結果", _DAYS[1])
    }
    states = [
        step
        for _, story in _bills()
        for what, step in (story.nights[1] if len(story.nights) > 1 else [])
        if what == "owes"
    ]
    again = sum("day" in step for step in states)
    assert rows[f"claims_{_DAYS[1]}.csv"] == (len(states), len(states) - again) and again == 1


def test_the_year_counts_each_kind_of_entry(lived: Lived, tmp_path: Path) -> None:
    """調定収納表 and 決算見込 against the entries and payments of the stories, added up by hand above."""
    where = ("--job", lived.city.job, "--fiscal-year", 2026, "--as-of", _DAYS[-1].isoformat(), "--out", tmp_path)
    ran = elqr("year", *where, "--json")
    assert ran.code == 0, ran.err
    (row,) = json.loads((tmp_path / "調定収納表.json").read_text(encoding="utf-8"))["rows"]
    entries = [entry for story in STORIES for entry in story.entries]
    changes = [yen for kind, yen in entries if kind not in (_NEW, _RELIEF, _OFF)]
    off, relief = (-sum(yen for kind, yen in entries if kind == name) for name in (_OFF, _RELIEF))
    collected, owed = sum(story.collected for story in STORIES), sum(sum(story.owed) for story in STORIES)
    assert row["当初"] == sum(yen for kind, yen in entries if kind == _NEW)
    assert (row["増額"], row["減額"]) == (sum(y for y in changes if y > 0), -sum(y for y in changes if y < 0))
    assert (
        (row["減免"], row["不納欠損額"], row["収納額"])
        == (relief, off, collected)
        == (20_100, 36_000 - 10_000, collected)
    )
    assert (row["調定額"], row["未収額"]) == (owed + off, owed - collected)
    totals = ran.json["totals"]
    assert (totals["調定額"], totals["不納欠損額"], totals["未収額"]) == (owed + off, off, owed - collected)  # type: ignore[call-overload,index]


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A city whose claims come by file; nothing has come yet."""
    founded = City.founded(tmp_path / "city", _JOB, _BY_FILE)
    (founded.folder / "claims").mkdir()
    return founded


def _file(city: City, name: str, *rows: Row) -> None:
    (city.folder / "claims" / name).write_bytes(claim_file(*rows))


_OK = claim_row(tsuchisho_no="1")
_HELD = {
    "同じ調定が二行": ("N618", [_OK, claim_row(zeigaku=7_000, tsuchisho_no="1")]),
    "一括と期別の両方": ("N618", [_OK, claim_row(tsuchisho_no="1", kibetsu_cd=0)]),
    "納付書データの手続": ("N619", [_OK, claim_row(zeimoku_cd="suido")]),
    "知らない手続": ("N619", [_OK, claim_row(zeimoku_cd="nai")]),
    "調定額より多い不納欠損": ("N620", [_OK, claim_row(kesson_ymd=date(2026, 11, 1), zeigaku_kesson=10_001)]),
    "日のない不納欠損": ("N620", [_OK, claim_row(zeigaku_kesson=500)]),
    "残る額のある調定取消": ("N615", [_OK, claim_row(kosei_jiyu_cd="調定取消", zeigaku=5_000)]),
    "年度": ("N612", [_OK, claim_row(fuka_nendo=1900)]),
    "時刻でない操作時刻": ("F209", [_OK, claim_row(tsuchisho_no="2", sosa_time="999999")]),
}


@pytest.mark.parametrize("name", _HELD)
def test_a_claim_file_with_a_bad_row_is_held_back_whole(city: City, name: str) -> None:
    code, rows = _HELD[name]
    _file(city, "claims.csv", *rows)
    city.notices(notice_row(bill_no="1"))
    ran = city.night()
    assert ran.code == 4 and code in codes(ran) and "N617" in codes(ran), "the notices that need it wait, too"
    assert city.sql("SELECT count(*) FROM claim") == [(0,)]
    _file(city, "claims.csv", _OK)
    assert city.night(date(2026, 11, 21)).code == 0
    assert city.sql("SELECT sum(principal_yen) FROM claim_entry") == [(10_000,)]
    assert city.sql("SELECT count(*) FROM notice") == [(1,)], "its notices are read again"


def test_two_files_of_the_same_time_must_agree(city: City) -> None:
    _file(city, "a.csv", _OK)
    _file(city, "b.csv", _OK | {"zeigaku": 9_000})
    ran = city.night()
    assert ran.code == 4 and codes(ran) == ["N621"]
    assert "elqr held" not in ran.err and city.sql("SELECT sum(principal_yen) FROM claim_entry") == [(10_000,)]


def test_a_file_may_not_say_anew_what_an_earlier_time_said(city: City) -> None:
    for name, row in (("a", {}), ("b", {"zeigaku": 8_000, "sosa_time": "180000"}), ("c", {"zeigaku": 9_000})):
        _file(city, f"{name}.csv", _OK | row)
    ran = city.night()
    assert ran.code == 4 and codes(ran) == ["N621"]
    assert city.sql("SELECT sum(principal_yen) FROM claim_entry") == [(8_000,)]


@pytest.mark.parametrize("end", ["取消", "あきらめる"])
def test_a_notice_that_waited_for_its_claim_and_was_taken_back_never_comes_in(city: City, end: str) -> None:
    """Its file still lies there when the claim comes. Sent anew, what was given up may come in."""
    row = notice_row(bill_no="1")
    city.notices(row, name="a.csv")
    assert codes(city.night(date(2026, 11, 2))) == ["N617"]
    at = ("--job", city.job, "--date", "2026-11-02")
    if end == "取消":
        city.notices(notice_row(bill_no="1", change_kind="9"), name="b.csv")
    else:
        assert elqr("notice", "give-up", 1, "--reason", "不要", "--by", "山田", *at).code == 0
        assert elqr("notice", "give-up-approve", 1, "--by", "佐藤", *at).code == 0
    assert codes(city.night(date(2026, 11, 3))) == []
    _file(city, "claims.csv", _OK)
    assert codes(city.night(date(2026, 11, 4))) == []
    assert city.sql("SELECT count(*) FROM notice") == [(0,)]
    city.notices(row, name="anew.csv")
    assert codes(city.night(date(2026, 11, 5))) == (["N613"] if end == "取消" else [])
    assert city.sql("SELECT count(*) FROM notice") == [(0 if end == "取消" else 1,)]
    assert elqr("verify", "--job", city.job, "--date", "2026-11-06").code == 0


def test_the_morning_says_why_a_notice_waits_today(city: City) -> None:
    """Its claim is not known; then it owes less than the notice asks; then it owes that."""
    city.notices(notice_row(bill_no="1"), name="a.csv")
    told = []
    for day, yen in ((2, None), (3, 8_000), (4, 8_000), (5, 10_000)):
        if yen:
            _file(city, f"{day}.csv", claim_row(tsuchisho_no="1", zeigaku=yen, sosa_ymd=date(2026, 11, day)))
        told.append(codes(city.night(date(2026, 11, day))))
    assert told == [["N617"], ["N616"], ["N616"], []]
    assert city.sql("SELECT count(*) FROM notice") == [(1,)]
    assert city.sql("SELECT count(*) FROM notice_file") == [(3,)], "a night on which nothing changed leaves nothing"
    assert elqr("verify", "--job", city.job, "--date", "2026-11-06").code == 0


_FIRST_DAY, _SECOND_DAY = date(2026, 11, 20), date(2026, 11, 21)
_SWITCH: dict[str, tuple[Row | None, list[tuple[str, int]]]] = {
    "同じ額": ({}, [_FIRST]),
    "増えた": ({"zeigaku": 12_000}, [_FIRST, (_UP, 2_000)]),
    "なくなった": ({"zeigaku": 0}, [_FIRST, ("cancelled", -10_000)]),
    "調定データにない": (None, [_FIRST]),
}


@pytest.mark.parametrize("name", _SWITCH)
def test_a_procedure_goes_over_from_notices_to_claim_files(tmp_path: Path, name: str) -> None:
    """Before, the notice said what is owed; from its first row on, only the claim file does."""
    change, entries = _SWITCH[name]
    city = City.founded(tmp_path / "city", _JOB)
    (city.folder / "claims").mkdir()
    city.notices(notice_row(), notice_row(bill_no="100002"))
    assert city.night(_FIRST_DAY).code == 0
    (city.folder / "procedures.toml").write_text(_BY_FILE, encoding="utf-8")
    if change is not None:
        _file(city, "claims.csv", claim_row(**change))
    city.notices(notice_row(issue_no=2, principal_yen=7_000), name="more.csv")
    ran = city.night(_SECOND_DAY)
    code = "N617" if change is None else "N616" if change.get("zeigaku") == 0 else ""
    assert code in codes(ran) if code else codes(ran) == []
    yen = ("principal_yen", "demand_fee_yen", "late_charge_yen")
    card = _card(city, "100001")
    assert [(entry["kind"], sum(entry[name] for name in yen)) for entry in card["entries"]] == entries
    city.notices(notice_row(change_kind="9"), name="gone.csv")
    city.night(date(2026, 11, 22))
    owed = 0 if change is None else sum(yen for _, yen in entries)
    assert _card(city, "100001")["owed_yen"] == owed, "the paper is gone, and the claim only if notices still say so"
    assert _card(city, "100002")["owed_yen"] == 10_000
    assert elqr("verify", "--job", city.job, "--date", "2026-11-22").code == 0


def test_the_claim_stays_by_file_when_the_register_goes_back(city: City) -> None:
    _file(city, "claims.csv", _OK)
    city.notices(notice_row(bill_no="1"))
    assert city.night(_FIRST_DAY).code == 0
    (city.folder / "procedures.toml").write_text(REGISTER, encoding="utf-8")
    (city.folder / "claims" / "claims.csv").unlink()
    changed = notice_row(bill_no="1", issue_no=2, principal_yen=8_000, change_reason="減額更正")
    city.notices(changed, notice_row(bill_no="2"), name="more.csv")
    assert codes(city.night(_SECOND_DAY)) == ["N615"]
    assert _card(city, "1")["owed_yen"] == 10_000 and _card(city, "2")["owed_yen"] == 10_000
    assert elqr("verify", "--job", city.job, "--date", "2026-11-22").code == 0


def test_replay_takes_the_claim_files_in_again(lived: Lived) -> None:
    ran = elqr("replay", "--from", _DAYS[1].isoformat(), "--job", lived.city.job)
    assert ran.code == 0, ran.out


def test_replay_knows_what_a_ruling_paid_of_a_notice(city: City) -> None:
    """A notice asks 10,000 of 12,000, and a ruling brings 200 of it from elsewhere: 10,000 more are 200 too much."""
    _file(city, "a.csv", claim_row(tsuchisho_no="1", zeigaku=12_000), claim_row(tsuchisho_no="2"))
    city.notices(notice_row(bill_no="1"), notice_row(bill_no="2"))
    city.night(_DAYS[0])
    (first, _), other = city.issued()["kokuho", "1", 1, 1], city.issued()["kokuho", "2", 1, 1]
    city.deliver("a.csv", eltax_file(eltax_row(*other, 10_200)))
    city.night(_DAYS[1])
    on = ("--job", city.job, "--date", _DAYS[1].isoformat())
    what = ("--ruling", "充当", "--payment", 1, "--target", first, "--reason", "本人の申出", "--by", "山田")
    assert elqr("review", "decide", *on, *what).code == 0
    assert elqr("review", "approve", "1", *on, "--by", "佐藤").code == 0
    city.deliver("b.csv", eltax_file(eltax_row(*city.issued()["kokuho", "1", 1, 1], 10_000, serial_no="00000002")))
    city.night(_DAYS[2])
    assert [row[3:] for row in city.outcomes(_DAYS[2])] == [(9_800, 200)]
    ran = elqr("replay", "--from", _DAYS[2].isoformat(), "--job", city.job)
    assert ran.code == 0, ran.out


def test_a_claim_file_can_be_checked_before_the_night(tmp_path: Path) -> None:
    path = tmp_path / "chotei.csv"
    path.write_bytes(claim_file(_OK, claim_row(tsuchisho_no="2")))
    ran = elqr("file", "check", path)
    assert ran.code == 0 and "claim_csv" in ran.out and "調定データか督促の状況として取り込みます" in ran.out, ran.out
    path.write_bytes(claim_file(_OK).replace(b"10000", b"1,0000"))
    assert elqr("file", "check", path).code == 4


def test_a_corrected_claim_file_ends_the_one_that_was_held(city: City) -> None:
    for name, rows in (("claims_20261120.csv", [claim_row(zeimoku_cd="nai")]), ("claims_20261120.csv", [_OK])):
        _file(city, name, *rows)
        city.night(_FIRST_DAY if rows != [_OK] else _SECOND_DAY)
    held = elqr("held", "list", "--json", "--job", city.job, "--date", _SECOND_DAY.isoformat())
    assert json.loads(held.out) == []


def test_reminders_follow_the_claim_file(city: City) -> None:
    """1 has moved to another payer, 2 has no notice, 3 is due later now and 4 earlier."""
    bills = {"1": {}, "2": {}, "3": {}, "4": {"noki_ymd": date(2026, 12, 31)}}
    _file(city, "a.csv", *(claim_row(tsuchisho_no=bill, **row) for bill, row in bills.items()))
    city.notices(*(notice_row(bill_no=bill) for bill in "134"))
    assert city.night(date(2026, 11, 2)).code == 0
    later = {"sosa_ymd": date(2026, 11, 3)}
    _file(
        city, "b.csv",
        claim_row(tsuchisho_no="1", atena_no="999", **later),
        claim_row(tsuchisho_no="3", noki_ymd=date(2026, 12, 31), **later),
        claim_row(tsuchisho_no="4", noki_ymd=date(2026, 10, 15), **later),
    )  # fmt: skip
    assert city.night(date(2026, 11, 3)).code == 0
    at = ("--job", city.job, "--date", "2026-11-25")
    ran = elqr("arrears", "list", "--by", "山田", "--with-names", "--json", *at)
    assert (ran.json["claims"], ran.json["without_notice"]) == (2, {"claims": 1, "yen": 10_000})
    path = city.folder / "out" / "arrears" / "000001" / "督促対象一覧.json"
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    listed = [(row["通知書番号"], row["宛名番号"], row["納期限"], row["氏名"]) for row in rows]
    assert listed == [("4", "1000001", "2026-10-15", "架空 太郎"), ("1", "999", "2026-10-31", "")]
    _file(city, "c.csv", claim_row(tsuchisho_no="1", atena_no="999", zeigaku=8_000, sosa_ymd=date(2026, 11, 25)))
    assert city.night(date(2026, 11, 25)).code == 0
    changed = elqr("arrears", "check", path.parent, "--json", *at).json["changed"]
    assert [(row["bill_no"], row["payer_ref"], row["now_yen"]) for row in changed] == [("1", "999", 8_000)]  # type: ignore[index,union-attr,call-overload]


def test_claims_by_file_need_an_inbox(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city", JOB, _BY_FILE)
    ran = city.night()
    assert ran.code == 1 and "[[claims]] に path と specs を書いてください" in ran.err


@pytest.mark.parametrize("folder", ["inbox", "notices", "claims/../inbox"])
def test_claim_files_have_an_inbox_of_their_own(tmp_path: Path, folder: str) -> None:
    job = _JOB.replace('path = "claims"', f'path = "{folder}"')
    ran = City.founded(tmp_path / "city", job, _BY_FILE).night()
    assert ran.code == 1 and "別のフォルダにしてください" in ran.err
