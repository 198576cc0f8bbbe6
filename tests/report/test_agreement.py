"""All reports agree to the yen: 調定収納表, 決算見込, 滞納繰越, 督促対象, 過誤納整理簿, 月計, the export and the inquiry.

Every story lives through the same nights of one city, from March 2026 to June 2027. Beside each stands, written by hand
from the rules of 調定 and 納付書, what it adds to 調定収納表 in each fiscal year, what waits in suspense, and what a
reminder is due for. All that is expected is a sum of these numbers. These sums must be equal:

- of a procedure and levy year: 調定額 − 収納額 = 未収額 of 調定収納表, which is what the next year begins with;
- of its own year also 未収額 of 決算見込 = Σ 滞納繰越一覧;
- in the last year also Σ 未収額 that `claim show` tells = Σ 督促対象一覧 + what that leaves out, for its reasons;
- Σ 還付未済額 over the years = Σ 過誤納整理簿 of these reasons; with the other 仮受 they are the balance of the last month;
- Σ 月計 = 収納額 of 決算見込 for its own year and for 滞納繰越 = Σ export, less what it takes back.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from elqr.vocabulary.codes import Code
from tests.builders import (
    DATA_ONLY,
    JOB,
    REGISTER,
    TRAINING,
    City,
    Ran,
    elqr,
    eltax_file,
    eltax_row,
    notice_file,
    notice_row,
)

NIGHTS = [
    date(2026, 3, 20), date(2026, 4, 10), date(2026, 6, 10), date(2026, 8, 20), date(2026, 10, 20), date(2026, 11, 20),
    date(2027, 3, 26), date(2027, 6, 15), date(2027, 6, 17),
]  # fmt: skip
LAST, NOVEMBER, JUNE = NIGHTS[-1], date(2026, 11, 24), date(2027, 6, 16)
"""The last night, and the days between the nights on which people decide."""
YEARS = {2025: "令和7（2025）年度", 2026: "令和8（2026）年度", 2027: "令和9（2027）年度"}
DUE_ON = {2025: date(2025, 10, 31), 2026: date(2026, 10, 31), 2027: date(2027, 4, 30)}
MONTHS = ("2026-03", "2026-04", "2026-06", "2026-08", "2026-10", "2026-11", "2027-03", "2027-06")
NAMES = {"kenzei": "自動車税（種別割）", "kokuho": "国民健康保険料", "suido": "水道料金", "": "（手続不明）"}
ITEM_NOS = {"kenzei": "127", "kokuho": "901", "suido": "910"}
TOO_MUCH, REDUCED, TWICE, GONE, UNKNOWN = "過納", "減額による過納", "二重納付", "取消済納付書", "該当なし"
BACK = (TOO_MUCH, REDUCED, TWICE)
_PLAN, _LATE, _DEMAND = "分納", "延滞金", "督促"
_UP, _DOWN, _FALLS = "増額更正", "減額更正", "調定取消"
NOT_DUE, ANNOUNCED = "納期限の前", "速報あり"

LIVE = "go_live_on = 2023-04-01"
REGISTER_OF_ALL_YEARS = REGISTER.replace("go_live_on = 2026-10-01", LIVE).replace('"910"', f'"910"\n{LIVE}')

Row = dict[str, Any]
Levied = tuple[int, int, int, int, int]
"""Of 調定収納表, in its order: 繰越調定額, 当初, 増額, 減額, 収納額."""


@dataclass(frozen=True)
class Pay:
    """A payment by a notice, on the day of the night unless told otherwise; by a strange key if by none."""

    notice: int | None
    yen: int
    on: date | None = None
    part: int = 1
    stage: str = "2"


def slip(principal: int, fee: int = 0, late: int = 0, **more: Any) -> Row:
    """A notice. The numbers of a claim's notices count from 1."""
    return {"principal_yen": principal, "demand_fee_yen": fee, "late_charge_yen": late, **more}


def gone(number: int, why: str | None = None, **more: Any) -> Row:
    """A 取消 of a notice. `is_old`: in a file that has no column to say what becomes of the claim."""
    return {"issue_no": number, "change_kind": "9", "change_reason": why, **more}


@dataclass(frozen=True)
class Story:
    """Nights by their number, and what comes of them.

    `years` are what the story adds to 調定収納表, and `held` the year, reason and yen of what waits in suspense. `left_out`
    are the yen, by reason, of which no reminder is due; it is due for all else that is unpaid.
    """

    name: str
    code: str
    levy_year: int
    nights: dict[int, list[Row | Pay]]
    years: dict[int, Levied]
    held: list[tuple[int, str, int]] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)
    payer: str | None = None
    claims: int = 1


def left(levied: Levied) -> int:
    """未収額."""
    carried, assessed, raised, lowered, collected = levied
    return carried + assessed + raised - lowered - collected


def _health(name: str, nights: Any, *years: Levied, **more: Any) -> Story:
    """国保 of 2026, of 10,000 yen unless told otherwise; the years from 2026."""
    days = {at: steps if isinstance(steps, list) else [steps] for at, steps in nights.items()}
    return Story(name, "kokuho", 2026, {2: [slip(10_000)], **days}, dict(enumerate(years, start=2026)), **more)


def _older(name: str, code: str, yen: int, nights: Any, *years: Levied, **more: Any) -> Story:
    """A claim of 2025; the years from 2025."""
    days = {at: steps if isinstance(steps, list) else [steps] for at, steps in nights.items()}
    return Story(name, code, 2025, {0: [slip(yen)], **days}, dict(enumerate(years, start=2025)), **more)


_ALL = (0, 10_000, 0, 0, 10_000)
_NONE = (0, 10_000, 0, 0, 0)
_CARRIED = (10_000, 0, 0, 0, 0)
_MARCH, _APRIL, _JUNE, _MAY = date(2026, 3, 25), date(2026, 4, 5), date(2026, 6, 3), date(2027, 5, 20)
_PAYER, _OTHER, _THIRD, _FOURTH = "7000001", "7000002", "7000003", "7000004"

STORIES = [
    _health("未納", {}, _NONE, _CARRIED),
    _health("納付", {3: Pay(1, 10_000)}, _ALL),
    _health("不足", {3: Pay(1, 4_000)}, (0, 10_000, 0, 0, 4_000), (6_000, 0, 0, 0, 0)),
    _health("過納", {3: Pay(1, 10_500)}, _ALL, held=[(2026, TOO_MUCH, 500)]),
    _health("二度納付", {3: Pay(1, 10_000), 4: Pay(1, 10_000)}, _ALL, held=[(2026, TWICE, 10_000)]),
    _health("減額してから納付", {3: slip(7_000, change_reason=_DOWN), 4: Pay(2, 7_000)}, (0, 10_000, 0, 3_000, 7_000)),
    _health("納付後の減額", {3: Pay(1, 10_000), 4: slip(7_000, change_reason=_DOWN)}, (0, 10_000, 0, 3_000, 7_000),
            held=[(2026, REDUCED, 3_000)]),
    _health("納付後の調定取消", {3: Pay(1, 10_000), 4: gone(1, _FALLS)}, (0, 10_000, 0, 10_000, 0),
            held=[(2026, REDUCED, 10_000)]),
    _health("納付後の増額", {3: Pay(1, 10_000), 4: slip(12_000, change_reason=_UP)}, (0, 10_000, 2_000, 0, 10_000),
            (2_000, 0, 0, 0, 0)),
    _health("分納", {3: slip(3_000, notice_kind=_PLAN), 4: Pay(2, 3_000)}, (0, 10_000, 0, 0, 3_000), (7_000, 0, 0, 0, 0)),
    _health("分納を二度", {3: slip(3_000, notice_kind=_PLAN), 4: Pay(2, 3_000), 5: Pay(2, 3_000)}, (0, 10_000, 0, 0, 3_000),
            (7_000, 0, 0, 0, 0), held=[(2026, TWICE, 3_000)]),
    _health("遅れて納めた後の延滞金", {3: Pay(1, 10_000), 4: slip(0, late=500, notice_kind=_LATE), 5: Pay(2, 500)},
            (0, 10_000, 500, 0, 10_500)),
    _health("延滞金だけが残る", {3: Pay(1, 10_000), 4: slip(0, late=500, notice_kind=_LATE)}, (0, 10_000, 500, 0, 10_000),
            (500, 0, 0, 0, 0)),
    _health("延滞金の紙だけが残る", {3: slip(0, late=500, notice_kind=_LATE), 4: gone(1, is_old=True)},
            (0, 10_000, 500, 10_000, 0), (500, 0, 0, 0, 0)),
    _health("督促の納付", {3: slip(10_000, fee=100, notice_kind=_DEMAND), 4: Pay(2, 10_100)}, (0, 10_000, 100, 0, 10_100)),
    _health("督促の後、前の紙で", {3: slip(10_000, fee=100, notice_kind=_DEMAND), 4: Pay(1, 10_000)},
            (0, 10_000, 100, 0, 10_000), (100, 0, 0, 0, 0)),
    _health("再発行、前の紙で", {3: slip(10_000), 4: Pay(1, 10_000)}, _ALL),
    _health("紙だけの取消", {3: gone(1)}, _NONE, _CARRIED),
    _health("紙だけの取消の後の納付", {3: gone(1), 4: Pay(1, 10_000)}, _NONE, _CARRIED, held=[(2026, GONE, 10_000)]),
    _health("速報だけ", {5: Pay(1, 10_000, stage="1")}, _NONE, _CARRIED, left_out={ANNOUNCED: 10_000}),
    _health("全期", {2: [slip(6_000), slip(6_000, installment_no=2), slip(12_000, installment_no=0)],
                   3: Pay(1, 12_000, part=0)}, (0, 12_000, 0, 0, 12_000), claims=2),
    _health("全期の後で一期", {2: [slip(6_000), slip(6_000, installment_no=2), slip(12_000, installment_no=0)],
                        3: Pay(1, 12_000, part=0), 4: Pay(1, 6_000)}, (0, 12_000, 0, 0, 12_000),
            held=[(2026, TWICE, 6_000)], claims=2),
    # 決裁
    _health("過納から充当する", {3: Pay(1, 12_000)}, _ALL, payer=_PAYER),
    _health("過納から充当される", {}, (0, 10_000, 0, 0, 2_000), (8_000, 0, 0, 0, 0), payer=_PAYER),
    _health("返すと決めた二度納付", {3: Pay(1, 10_000), 4: Pay(1, 10_000)}, _ALL, held=[(2026, TWICE, 10_000)]),
    _health("ほかの手続に充当する", {3: Pay(1, 10_000), 4: Pay(1, 10_000)}, _ALL, held=[(2026, TWICE, 4_000)], payer=_OTHER),
    Story("充当された後の減額", "kenzei", 2026, {2: [slip(10_000)], 6: [slip(6_000, change_reason=_DOWN)]},
          {2026: (0, 10_000, 0, 4_000, 6_000)}, payer=_OTHER),
    _health("二度充当する", {3: Pay(1, 10_000), 4: Pay(1, 10_000)}, _ALL, payer=_FOURTH),
    Story("締めた後に減る充当先", "kenzei", 2026, {2: [slip(10_000)], 7: [slip(6_000, change_reason=_DOWN)]},
          {2026: _ALL, 2027: (0, 0, 0, 4_000, -4_000)}, payer=_FOURTH),
    Story("二度目の充当先", "kenzei", 2026, {2: [slip(4_000)]}, {2026: (0, 4_000, 0, 0, 0), 2027: (4_000, 0, 0, 0, 4_000)},
          payer=_FOURTH),
    _health("取り消す充当", {3: Pay(1, 11_500)}, _ALL, held=[(2026, TOO_MUCH, 1_500)], payer=_THIRD),
    _health("充当が取り消される", {}, _NONE, _CARRIED, payer=_THIRD),
    # 出納整理期間と、その後
    _health("整理期間の納付", {7: Pay(1, 10_000, date(2027, 5, 20))}, _ALL),
    _health("締めた後の納付", {7: Pay(1, 10_000, date(2027, 6, 10))}, _NONE, (10_000, 0, 0, 0, 10_000)),
    _health("締めた後の減額、納付済", {3: Pay(1, 10_000), 7: slip(7_000, change_reason=_DOWN)}, _ALL, (0, 0, 0, 3_000, -3_000),
            held=[(2027, REDUCED, 3_000)]),
    _health("締めの前の日付で後から届いた減額、納付済", {3: Pay(1, 10_000), 7: slip(7_000, change_reason=_DOWN, issued_on=_MAY)},
            (0, 10_000, 0, 3_000, 7_000), held=[(2026, REDUCED, 3_000)]),
    _health("締めの前の日付で後から届いた増額", {7: slip(12_000, change_reason=_UP, issued_on=_MAY)}, (0, 10_000, 2_000, 0, 0),
            (12_000, 0, 0, 0, 0)),
    _health("締めた後の減額、未納", {7: slip(4_000, change_reason=_DOWN)}, _NONE, (10_000, 0, 0, 6_000, 0)),
    _health("締めた後の調定取消、一部納付済", {3: Pay(1, 4_000), 7: gone(1, _FALLS)}, (0, 10_000, 0, 0, 4_000),
            (6_000, 0, 0, 10_000, -4_000), held=[(2027, REDUCED, 4_000)]),
    _health("締めた後の延滞金", {3: Pay(1, 10_000), 7: slip(0, late=300, notice_kind=_LATE)}, _ALL, (0, 0, 300, 0, 0)),
    # ほかの手続と年度
    Story("自動車税の納付", "kenzei", 2026, {2: [slip(39_500)], 3: [Pay(1, 39_500)]}, {2026: (0, 39_500, 0, 0, 39_500)}),
    Story("自動車税の不足", "kenzei", 2026, {2: [slip(39_500)], 3: [Pay(1, 9_500)]},
          {2026: (0, 39_500, 0, 0, 9_500), 2027: (30_000, 0, 0, 0, 0)}),
    _older("前年度の3月の納付", "kokuho", 10_000, {1: Pay(1, 10_000, _MARCH)}, _ALL),
    _older("前年度の4月の納付", "kokuho", 10_000, {1: Pay(1, 10_000, _APRIL)}, _ALL),
    _older("前年度の6月の納付", "kokuho", 10_000, {2: Pay(1, 10_000, _JUNE)}, _NONE, (10_000, 0, 0, 0, 10_000)),
    _older("前年度の4月の減額", "kokuho", 10_000, {1: slip(8_000, change_reason=_DOWN)}, (0, 10_000, 0, 2_000, 0),
           (8_000, 0, 0, 0, 0), (8_000, 0, 0, 0, 0)),
    _older("前年度の未納", "kenzei", 10_000, {}, _NONE, _CARRIED, _CARRIED),
    _older("繰越の延滞金", "kokuho", 10_000, {3: Pay(1, 10_000), 4: slip(0, late=800, notice_kind=_LATE), 5: Pay(2, 800)}, _NONE,
           (10_000, 0, 800, 0, 10_800)),
    _older("繰越の過納", "kokuho", 10_000, {3: Pay(1, 10_500)}, _NONE, (10_000, 0, 0, 0, 10_000),
           held=[(2026, TOO_MUCH, 500)]),
    _older("繰越の減額", "kokuho", 10_000, {3: Pay(1, 7_000), 4: slip(6_000, change_reason=_DOWN)}, _NONE,
           (10_000, 0, 0, 4_000, 6_000), held=[(2026, REDUCED, 1_000)]),
    _older("水道の3月の納付", "suido", 2_000, {1: Pay(1, 2_000, _MARCH)}, (0, 2_000, 0, 0, 2_000)),
    _older("水道の4月の納付", "suido", 2_000, {1: Pay(1, 2_000, _APRIL)}, (0, 2_000, 0, 0, 0), (2_000, 0, 0, 0, 2_000)),
    _older("水道の4月の減額", "suido", 2_000, {1: slip(1_500, change_reason=_DOWN)}, (0, 2_000, 0, 0, 0), (2_000, 0, 0, 500, 0),
           (1_500, 0, 0, 0, 0)),
    Story("翌年度を前の3月に二度", "kokuho", 2027, {6: [slip(10_000)], 7: [Pay(1, 10_000, date(2027, 3, 28))] * 2},
          {2027: _ALL}, [(2026, TWICE, 10_000)]),
    Story("翌年度の納期限の前", "kokuho", 2027, {7: [slip(10_000, due_on=date(2027, 7, 31))]}, {2027: _NONE},
          left_out={NOT_DUE: 10_000}),
    Story("知らない納付番号", "", 0, {5: [Pay(None, 12_000)]}, {}, [(2026, UNKNOWN, 12_000)]),
]  # fmt: skip

BILLS = {story.name: f"{number:06}" for number, story in enumerate(STORIES, start=200_001)}
OF_BILL = {BILLS[story.name]: story for story in STORIES}

TOTALS = {
    2025: (0, 86_000, 0, 2_000, 0, 84_000, 22_000, 0, 0, 62_000),
    2026: (62_000, 477_000, 6_500, 37_500, 0, 508_000, 335_400, 0, 62_500, 172_600),
    2027: (172_600, 20_000, 300, 23_000, 0, 169_900, 13_000, 0, 7_000, 156_900),
}
"""調定収納表の合計, added up by hand: 繰越調定額, 当初, 増額, 減額, 減免, 調定額, 収納額, 不納欠損額, 還付未済額, 未収額."""
REMINDED_YEN, HELD_YEN = 136_900, 91_500
"""督促対象 and 仮受 in the end, likewise."""


def _notice(story: Story, step: Row, number: int, night: date) -> Row:
    """A row of a notice file. What was levied for 2025 was issued before the ledger began."""
    of_story = {
        "procedure_code": story.code, "levy_year": story.levy_year, "tax_year": story.levy_year,
        "bill_no": BILLS[story.name], "payer_ref": story.payer or BILLS[story.name], "issue_no": number,
        "issued_on": date(2025, 10, 1) if night == NIGHTS[0] else night, "due_on": DUE_ON[story.levy_year],
        "payable_until_on": date(2028, 3, 31),
    }  # fmt: skip
    return notice_row(**{**of_story, **step})


def _paid(issued: dict[Any, tuple[str, str]], story: Story, pay: Pay, serial: int, night: date) -> Row:
    key = issued[story.code, BILLS[story.name], pay.part, pay.notice] if pay.notice else ("9" * 20, "123456")
    more = {"item_no": ITEM_NOS.get(story.code, "901"), "data_kind": pay.stage, "serial_no": f"{serial:08}"}
    return eltax_row(*key, pay.yen, paid_on=pay.on or night, processed_on=night, **more)


def _live(city: City, at: int) -> None:
    """One night with what its stories bring: notices of today's columns and of the old ones, and payments."""
    night, issued = NIGHTS[at], city.issued()
    rows, old_rows, payments = list[Row](), list[Row](), list[Row]()
    for story in STORIES:
        numbers = Counter[int]()
        for before in sorted(day for day in story.nights if day <= at):
            for step in story.nights[before]:
                if isinstance(step, dict):
                    part = step.get("installment_no", 1)
                    numbers[part] += "issue_no" not in step
                    if before == at:
                        is_old = step.get("is_old", False)
                        given = {name: value for name, value in step.items() if name != "is_old"}
                        (old_rows if is_old else rows).append(_notice(story, given, numbers[part], night))
                elif before == at:
                    payments.append(_paid(issued, story, step, len(payments) + 1, night))
    for name, part_rows in (("new", rows), ("old", old_rows)):
        if part_rows:
            (city.folder / "notices" / f"{night}_{name}.csv").write_bytes(notice_file(*part_rows))
    if payments:
        city.deliver(f"{night}.csv", eltax_file(*payments))
    ran = city.night(night)
    assert ran.code in (0, 3), ran.err
    codes_told = {finding["code"] for finding in ran.json["findings"]}  # type: ignore[attr-defined]
    assert codes_told <= {Code.BACKLOG, Code.REDUCED}, "no row and no payment is refused"


@dataclass(frozen=True)
class Lived:
    """The city after all its nights, and the folder of each year's files."""

    city: City
    folder: Path

    def run(self, *arguments: object, day: date = LAST) -> Ran:
        ran = elqr(*arguments, "--job", self.city.job, "--date", day.isoformat())
        assert ran.code in (0, 3), ran.err
        return ran

    def year(self, fiscal_year: int, as_of: date = LAST) -> Path:
        """Where `elqr year` wrote its files; they are written once."""
        folder = self.folder / f"{fiscal_year}_{as_of}"
        if not folder.exists():
            where = ("--as-of", as_of.isoformat(), "--out", folder, "--job", self.city.job)
            ran = elqr("year", "--fiscal-year", fiscal_year, *where)
            assert ran.code == 0, ran.err
        return folder

    def decide(self, ruling: str, by: str, target: str = "", day: date = NOVEMBER) -> None:
        """One person asks and another approves; `by` and `target` are stories."""
        rows = self.city.report("要確認一覧", max(night for night in NIGHTS if night < day))
        (number,) = [row["受付番号"] for row in rows if row["通知書番号"] == BILLS[by]]
        keys = {bill: key_no for (_, bill, _, _), (key_no, _) in self.city.issued().items()}
        named = ("--target", keys[BILLS[target]]) if target else ()
        asked = self.run(
            "review", "decide", "--ruling", ruling, "--payment", number, "--reason", "確かめた", "--by", "山田", "--json",
            *named, day=day,
        )  # fmt: skip
        self.run("review", "approve", asked.json["review"], "--by", "佐藤", day=day)

    def undo_last(self) -> None:
        (number,) = self.city.sql("SELECT max(ruling_no) FROM ruling")[0]
        asked = self.run("review", "undo", number, "--reason", "まちがい", "--by", "山田", "--json", day=NOVEMBER)
        self.run("review", "approve", asked.json["review"], "--by", "佐藤", day=NOVEMBER)

    def export(self, day: date) -> None:
        self.run("export", "make", "--by", "山田", day=day)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    folder = tmp_path_factory.mktemp("agreement")
    job = TRAINING + JOB.replace("date = 2026-11-20\n", "")
    city = City.founded(folder / "city", job, REGISTER_OF_ALL_YEARS, DATA_ONLY.replace('"json"', '"csv", "json"'))
    stands = Lived(city, folder)
    for at in range(6):
        _live(city, at)
    stands.export(NIGHTS[5])
    stands.decide("充当", "過納から充当する", "過納から充当される")
    stands.decide("還付候補", "返すと決めた二度納付")
    stands.decide("充当", "ほかの手続に充当する", "充当された後の減額")
    stands.decide("充当", "二度充当する", "締めた後に減る充当先")
    stands.decide("充当", "取り消す充当", "充当が取り消される")
    stands.export(NOVEMBER)
    stands.undo_last()
    for at in (6, 7):
        _live(city, at)
    stands.decide("充当", "二度充当する", "二度目の充当先", JUNE)
    _live(city, 8)
    stands.export(LAST)
    return stands


def _rows(folder: Path, name: str) -> list[Row]:
    """The rows of a table. Its CSV has the same figures as its JSON, and both have their sums."""
    told = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    *lines, total = csv.DictReader((folder / f"{name}.csv").read_text(encoding="utf-8-sig").splitlines())
    rows: list[Row] = told["rows"]
    for column, yen in told["totals"].items():
        assert [int(line[column]) for line in lines] == [row[column] for row in rows]
        assert sum(row[column] for row in rows) == int(total[column]) == yen, column
    return rows


def _sums(parts: Iterable[tuple[Any, int]]) -> dict[Any, int]:
    """Key → yen, without keys of nothing."""
    yen = Counter[Any]()
    for key, part in parts:
        yen[key] += part
    return {key: part for key, part in yen.items() if part}


def _held(*reasons: str) -> Iterable[tuple[Story, int, int]]:
    """Story, fiscal year and yen of what waits in suspense for these reasons, by hand."""
    return [(story, year, yen) for story in STORIES for year, why, yen in story.held if why in reasons]


def test_every_story_is_carried_on_without_a_gap() -> None:
    """What is written beside the stories adds up in itself."""
    for story in STORIES:
        for year, levied in story.years.items():
            following = story.years.get(year + 1)
            assert year == max(YEARS) or left(levied) == (following[0] if following else 0), story.name


@pytest.mark.parametrize("fiscal_year", YEARS)
def test_what_was_levied_and_collected_is_what_the_stories_say(lived: Lived, fiscal_year: int) -> None:
    rows = _rows(lived.year(fiscal_year), "調定収納表")
    columns = ("繰越調定額", "当初", "増額", "減額", "収納額")
    for at, column in enumerate(columns):
        wanted = _sums(
            ((NAMES[story.code], str(story.levy_year)), story.years[fiscal_year][at])
            for story in STORIES
            if fiscal_year in story.years
        )
        assert _sums(((row["手続"], row["賦課年度"]), row[column]) for row in rows) == wanted, column
    waiting = _sums(
        ((NAMES[story.code], str(story.levy_year)), yen) for story, year, yen in _held(*BACK) if year == fiscal_year
    )
    assert _sums(((row["手続"], row["賦課年度"]), row["還付未済額"]) for row in rows) == waiting
    for row in rows:
        owed = row["繰越調定額"] + row["当初"] + row["増額"] - row["減額"]
        assert (row["調定額"], row["未収額"]) == (owed, owed - row["収納額"])
        assert row["収納率"] is None or row["収納率"] == row["収納額"] / owed <= 1
        age = int(row["賦課年度"]) - fiscal_year
        assert row["区分"] == ("滞納繰越" if age < 0 else "翌年度" if age else "現年")
    totals = json.loads((lived.year(fiscal_year) / "調定収納表.json").read_text(encoding="utf-8"))["totals"]
    assert tuple(totals.values()) == TOTALS[fiscal_year]


@pytest.mark.parametrize("fiscal_year", YEARS)
def test_the_year_by_procedure_is_that_of_the_stories(lived: Lived, fiscal_year: int) -> None:
    rows = {row["手続"]: row for row in _rows(lived.year(fiscal_year), "決算見込")}
    in_year = [(story, story.years[fiscal_year]) for story in STORIES if fiscal_year in story.years]
    of_levy = [(story, levied) for story, levied in in_year if story.levy_year == fiscal_year]

    def compare(column: str, parts: Iterable[tuple[Story, int]]) -> None:
        wanted = _sums((NAMES[story.code], yen) for story, yen in parts)
        assert _sums((name, row[column]) for name, row in rows.items()) == wanted, column

    compare("調定件数", [(story, story.claims) for story, levied in of_levy if levied[1] + levied[2] > levied[3]])
    compare("調定額", [(story, levied[1] + levied[2] - levied[3]) for story, levied in of_levy])
    compare("収納額", [(story, levied[4]) for story, levied in of_levy])
    compare("減額後の過納", [])
    compare("未収件数", [(story, 1) for story, levied in of_levy if left(levied)])
    compare("未収額", [(story, left(levied)) for story, levied in of_levy])
    compare("滞納繰越分の収納額", [(story, levied[4]) for story, levied in in_year if story.levy_year < fiscal_year])
    for column, reasons in {
        "還付未済（過納）": (TOO_MUCH, REDUCED), "還付未済（二重納付）": (TWICE,), "その他の仮受": (GONE, UNKNOWN),
    }.items():  # fmt: skip
        compare(column, [(story, yen) for story, year, yen in _held(*reasons) if year == fiscal_year])


@pytest.mark.parametrize("fiscal_year", YEARS)
def test_what_is_carried_over_is_what_is_unpaid_and_what_the_next_year_begins_with(
    lived: Lived, fiscal_year: int
) -> None:
    carried = _rows(lived.year(fiscal_year), "滞納繰越一覧")
    wanted = {
        BILLS[story.name]: left(story.years[fiscal_year])
        for story in STORIES
        if story.levy_year == fiscal_year and left(story.years[fiscal_year])
    }
    assert {row["通知書番号"]: row["未収額"] for row in carried} == wanted
    assert all(row["調定額"] - row["収納額"] == row["未収額"] and row["納期限"] for row in carried)
    levied, summary = (_rows(lived.year(fiscal_year), name) for name in ("調定収納表", "決算見込"))
    by_procedure = _sums((row["手続"], row["未収額"]) for row in carried)
    assert _sums((row["手続"], row["未収額"]) for row in summary) == by_procedure
    assert _sums((row["手続"], row["未収額"]) for row in levied if row["区分"] == "現年") == by_procedure
    if fiscal_year + 1 in YEARS:
        following = _rows(lived.year(fiscal_year + 1), "調定収納表")
        unpaid = _sums(((row["手続"], row["賦課年度"]), row["未収額"]) for row in levied)
        assert _sums(((row["手続"], row["賦課年度"]), row["繰越調定額"]) for row in following) == unpaid


BEGUN = [(year, night) for year in (2025, 2026) for night in NIGHTS if night >= date(year, 4, 1) or year == 2025]


@pytest.mark.parametrize(("fiscal_year", "as_of"), BEGUN, ids=[f"{year}年度 {night}" for year, night in BEGUN])
def test_on_every_night_the_year_agrees_with_itself(lived: Lived, fiscal_year: int, as_of: date) -> None:
    """Whatever was known by then, of each procedure: the three tables, and what the next year begins with."""
    folder = lived.year(fiscal_year, as_of)
    levied, summary, carried = (_rows(folder, name) for name in ("調定収納表", "決算見込", "滞納繰越一覧"))

    def sums(rows: list[Row], *columns: str) -> dict[str, int]:
        return _sums((row["手続"], row[column]) for row in rows for column in columns)

    assert sums(carried, "未収額") == sums(summary, "未収額")
    assert sums([row for row in levied if row["区分"] == "現年"], "未収額") == sums(summary, "未収額")
    assert sums(levied, "還付未済額") == sums(summary, "還付未済（過納）", "還付未済（二重納付）")
    assert sums(levied, "収納額") == sums(summary, "収納額", "滞納繰越分の収納額")
    if as_of >= date(fiscal_year + 1, 4, 1):
        following = _rows(lived.year(fiscal_year + 1, as_of), "調定収納表")
        assert sums(following, "繰越調定額") == sums(levied, "未収額")


def test_an_inquiry_tells_of_every_claim_what_the_tables_sum(lived: Lived) -> None:
    unpaid = Counter[tuple[str, str]]()
    for bill, story in OF_BILL.items():
        if not story.years:
            continue
        cards: list[Row] = lived.run("claim", "show", bill, "--json").json["claims"]  # type: ignore[assignment]
        owed = sum(assessed + raised - lowered for _, assessed, raised, lowered, _ in story.years.values())
        collected = sum(levied[4] for levied in story.years.values())
        told = [sum(card[name] for card in cards) for name in ("owed_yen", "collected_yen", "open_yen")]
        assert (len(cards), told) == (story.claims, [owed, collected, owed - collected]), story.name
        for card in cards:
            items = ("principal_yen", "demand_fee_yen", "late_charge_yen")
            assert sum(entry[name] for entry in card["entries"] for name in items) == card["owed_yen"]
            assert sum(item["owed_yen"] for item in card["items"].values()) == card["owed_yen"]
            assert sum(payment["claim_yen"] for payment in card["payments"]) == card["collected_yen"]
        unpaid[NAMES[story.code], str(story.levy_year)] += sum(card["open_yen"] for card in cards)
    rows = _rows(lived.year(max(YEARS)), "調定収納表")
    assert +unpaid == _sums(((row["手続"], row["賦課年度"]), row["未収額"]) for row in rows)


def test_a_reminder_is_due_for_all_that_is_unpaid_except_for_a_reason(lived: Lived) -> None:
    """Payments wait that may be for these claims, so two people let the list be drawn."""
    asked = lived.run("arrears", "request", "--by", "山田", "--reason", "要確認は別の人のもの")
    assert "申請 1" in asked.out
    lived.run("arrears", "approve", 1, "--by", "佐藤")
    drawn = lived.run("arrears", "list", "--approval", 1, "--by", "山田", "--json").json
    rows = _rows(lived.city.folder / "out" / "arrears" / "000001", "督促対象一覧")
    unpaid = {bill: left(story.years[2027]) for bill, story in OF_BILL.items() if 2027 in story.years}
    wanted = _sums((bill, yen - sum(OF_BILL[bill].left_out.values())) for bill, yen in unpaid.items())
    assert {row["通知書番号"]: row["未収額"] for row in rows} == wanted
    assert all(row["調定額"] - row["収納額"] == row["未収額"] for row in rows)
    left_out = _sums(reason for story in STORIES for reason in story.left_out.items())
    assert left_out == {ANNOUNCED: 10_000, NOT_DUE: 10_000}
    assert (drawn["claims"], drawn["yen"], drawn["announced_claims"]) == (len(wanted), REMINDED_YEN, 1)
    levied = _rows(lived.year(2027), "調定収納表")
    assert sum(row["未収額"] for row in levied) == REMINDED_YEN + sum(left_out.values())


def test_what_may_have_to_be_paid_back_is_what_waits_in_suspense(lived: Lived) -> None:
    candidates = _rows(lived.city.folder / "out" / LAST.isoformat(), "過誤納整理簿")
    wanted = _sums((why, yen) for story in STORIES for _, why, yen in story.held if why != UNKNOWN)
    assert _sums((row["区分"], row["還付・充当候補額"]) for row in candidates) == wanted
    levied = [row for year in YEARS for row in _rows(lived.year(year), "調定収納表")]
    summary = [row for year in YEARS for row in _rows(lived.year(year), "決算見込")]
    to_pay_back = sum(row["還付未済額"] for row in levied)
    assert to_pay_back == sum(row["還付・充当候補額"] for row in candidates if row["区分"] in BACK)
    columns = ("還付未済（過納）", "還付未済（二重納付）", "その他の仮受")
    held = sum(row[name] for row in summary for name in columns)
    assert held == HELD_YEN
    waiting = lived.city.report("要確認一覧", LAST)
    decided = [row["還付・充当候補額"] for row in candidates if row["状態"] == "還付候補"]
    assert held == sum(int(str(row["仮受額"])) for row in waiting) + sum(decided)


def test_the_months_sum_to_the_years(lived: Lived) -> None:
    collected, balance = Counter[tuple[str, str, str]](), 0
    for month in MONTHS:
        folder = lived.folder / month
        ran = elqr("month", "--month", month, "--out", folder, "--json", "--job", lived.city.job)
        assert ran.code == 0, ran.err
        for row in _rows(folder, "月計表"):
            collected[row["手続"], row["会計年度"], row["現年・滞納"]] += row["収納額"]
        assert ran.json["suspense_opening_yen"] == balance, "a month begins with what the one before left in suspense"
        balance = int(str(ran.json["suspense_closing_yen"]))
    assert balance == HELD_YEN
    wanted = _sums(
        ((NAMES[story.code], YEARS[year], "現年" if story.levy_year == year else "滞納繰越"), levied[4])
        for story in STORIES
        for year, levied in story.years.items()
    )
    assert {key: yen for key, yen in collected.items() if yen} == wanted
    rows = [(year, row) for year in YEARS for row in _rows(lived.year(year), "決算見込")]
    kinds = {"収納額": "現年", "滞納繰越分の収納額": "滞納繰越"}
    told = _sums(((row["手続"], YEARS[year], kind), row[name]) for year, row in rows for name, kind in kinds.items())
    assert told == wanted


def test_the_core_system_is_told_what_stands_on_every_claim(lived: Lived) -> None:
    files = sorted((lived.city.folder / "out" / "export").glob("*/*.csv"))
    rows = [row for path in files for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines())]
    signs = {"1": 1, "2": -1}
    told = _sums((row["通知書番号"], signs[row["増減区分"]] * int(row["収納額"])) for row in rows)
    assert told == _sums((bill, levied[4]) for bill, story in OF_BILL.items() for levied in story.years.values())
    years = _sums((int(row["会計年度"]), signs[row["増減区分"]] * int(row["収納額"])) for row in rows)
    assert years == _sums((year, levied[4]) for story in STORIES for year, levied in story.years.items())
    assert len(files) == 3 and [row["消込結果"] for row in rows if row["増減区分"] == "2"].count("4") > 4


def test_the_ledger_is_sound(lived: Lived) -> None:
    ran = lived.run("verify")
    assert ran.code == 0, ran.out
