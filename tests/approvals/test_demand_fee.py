"""督促手数料 of reminders that were sent: what each claim owes and what its payments pay, before and after it is undone.

Every story is a claim of its own in one city whose register has a fee of 100 yen. What must come out is written down
from the rules of 調定 and 納付書, by hand.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from elqr.vocabulary.claim_frames import ClaimEntry
from tests.builders import JOB, REGISTER, TRAINING, City, Ran, elqr, notice_row
from tests.cases.lived import Lived
from tests.cases.reminded_city import Office
from tests.cases.slip_stories import DEMAND, DOWN, FALLS, LATE, PLAN, Step, Teller, gone, pay, slip

_FIRST, _BEFORE, _LISTED, _SENT, *_AFTER = (date(2026, 11, day) for day in range(19, 25))
"""Notices; what comes before the list; the list, and that night; the sending; the nights after it, the first its own."""
_UNDONE, _LAST, _DECEMBER = date(2026, 11, 26), date(2026, 11, 27), date(2026, 12, 1)
_ISSUED = date(2026, 11, 24)
_WITH_FEE = REGISTER.replace('code = "kokuho"', 'code = "kokuho"\ndemand_fee_yen = 100')

Items = tuple[int, int, int]
Paid = tuple[str, int, int]
"""Why a payment waits, or else its 消込結果; then its yen on the claim and in suspense."""


@dataclass(frozen=True)
class Story:
    """What comes before the list, between list and sending, and on the nights after it; then what must come out.

    `owed` and `paid` are as of the last of these nights, `undone_owed` and `undone_paid` after the sending was undone.
    """

    name: str
    owed: Items
    undone_owed: Items
    after: tuple[list[Step], ...] = ()
    before: list[Step] = field(default_factory=list)
    between: list[Step] = field(default_factory=list)
    paid: list[Paid] = field(default_factory=list)
    undone_paid: list[Paid] | None = None
    refused: list[str] = field(default_factory=list)


_ON, _SLIP = "一致", slip(10_000, 100, kind=DEMAND)
_CHARGED, _PLAIN = (10_000, 100, 0), (10_000, 0, 0)
STORIES = [
    Story("手数料", _CHARGED, _PLAIN),
    Story("引抜", _PLAIN, _PLAIN),
    Story("一覧の前に完納", _PLAIN, _PLAIN, before=[pay(1, 10_000)], paid=[(_ON, 10_000, 0)]),
    Story("発行日の前に完納", _PLAIN, _PLAIN, between=[pay(1, 10_000)], paid=[(_ON, 10_000, 0)]),
    Story("発送の前に調定取消", (0, 0, 0), (0, 0, 0), between=[gone(1, FALLS)]),
    # 前の紙で
    Story("前の紙で", _CHARGED, _PLAIN, ([pay(1, 10_000)],), paid=[(_ON, 10_000, 0)]),
    Story("前の紙で二度", _CHARGED, _PLAIN, ([pay(1, 10_000)], [pay(1, 10_000)]),
          paid=[(_ON, 10_000, 0), ("二重納付", 0, 10_000)]),
    Story("前の紙で同じ夜に二度", _CHARGED, _PLAIN, ([pay(1, 10_000), pay(1, 10_000)],),
          paid=[(_ON, 10_000, 0), ("二重納付", 0, 10_000)]),
    Story("前の紙で手数料も", _CHARGED, _PLAIN, ([pay(1, 10_100)],), paid=[("過納", 10_000, 100)]),
    Story("前の紙で一部", _CHARGED, _PLAIN, ([pay(1, 4_000)], [pay(1, 6_000)]),
          paid=[("不足", 4_000, 0), (_ON, 6_000, 0)]),
    # 督促の納付書
    Story("督促の紙が先", _CHARGED, _CHARGED, before=[_SLIP]),
    Story("高い督促の紙が先", (10_000, 150, 0), (10_000, 150, 0), before=[slip(10_000, 150, kind=DEMAND)]),
    Story("安い督促の紙が先", _CHARGED, (10_000, 80, 0), before=[slip(10_000, 80, kind=DEMAND)]),
    Story("督促の紙が後", _CHARGED, _CHARGED, ([_SLIP],)),
    Story("督促の紙で納付", _CHARGED, _CHARGED, ([_SLIP], [pay(2, 10_100)]), paid=[(_ON, 10_100, 0)]),
    Story("督促の紙で二度", _CHARGED, _CHARGED, ([_SLIP], [pay(2, 10_100)], [pay(2, 10_100)]),
          paid=[(_ON, 10_100, 0), ("二重納付", 0, 10_100)]),
    Story("前の紙の後、督促の紙で", _CHARGED, _CHARGED, ([_SLIP], [pay(1, 10_000)], [pay(2, 10_100)]),
          paid=[(_ON, 10_000, 0), ("過納", 100, 10_000)]),
    Story("督促の紙の不足", _CHARGED, _CHARGED, ([_SLIP], [pay(2, 5_000)]), paid=[("不足", 5_000, 0)]),
    Story("督促の紙の取消", _CHARGED, _PLAIN, ([_SLIP], [gone(2)])),
    Story("納めた督促の紙の取消", _CHARGED, _PLAIN, ([_SLIP], [pay(2, 10_100)], [gone(2)]),
          paid=[(_ON, 10_100, 0)], undone_paid=[("減額による過納", 10_000, 100)]),
    Story("高い督促の紙が後", (10_000, 150, 0), (10_000, 150, 0), ([slip(10_000, 150, kind=DEMAND)],)),
    Story("安い督促の紙が後", _CHARGED, (10_000, 50, 0), ([slip(10_000, 50, kind=DEMAND)],), refused=["N614"]),
    Story("安い督促の紙で減額更正", (10_000, 50, 0), (10_000, 50, 0), ([slip(10_000, 50, kind=DEMAND, why=DOWN)],)),
    Story("残りの督促", _CHARGED, _CHARGED, ([pay(1, 4_000)], [slip(6_000, 100, kind=DEMAND)], [pay(2, 6_100)]),
          paid=[("不足", 4_000, 0), (_ON, 6_100, 0)]),
    # 再発行
    Story("手数料のない再発行", _CHARGED, _PLAIN, ([slip(10_000)],), refused=["N614"]),
    Story("手数料のない減額更正", _PLAIN, _PLAIN, ([slip(10_000, why=DOWN)],)),
    Story("手数料のある再発行", _CHARGED, _CHARGED, ([slip(10_000, 100)], [pay(2, 10_100)]), paid=[(_ON, 10_100, 0)]),
    Story("手数料を残す減額更正", (7_000, 100, 0), (7_000, 100, 0), ([slip(7_000, 100, why=DOWN)],)),
    Story("納めた後の減額更正", _PLAIN, _PLAIN, ([_SLIP], [pay(2, 10_100)], [slip(10_000, why=DOWN)]),
          paid=[("減額による過納", 10_000, 100)]),
    Story("発送の前の再発行", _CHARGED, _PLAIN, ([pay(2, 10_000)],), between=[slip(10_000)], paid=[(_ON, 10_000, 0)]),
    # 調定取消
    Story("調定取消", (0, 0, 0), (0, 0, 0), ([gone(1, FALLS)],)),
    Story("紙の取消", _CHARGED, _PLAIN, ([gone(1)],)),
    Story("前の紙で納めた後の調定取消", (0, 0, 0), (0, 0, 0), ([pay(1, 10_000)], [gone(1, FALLS)]),
          paid=[("減額による過納", 0, 10_000)]),
    Story("督促の紙で納めた後の調定取消", (0, 0, 0), (0, 0, 0), ([_SLIP], [pay(2, 10_100)], [gone(1, FALLS)]),
          paid=[("減額による過納", 0, 10_100)]),
    # 分納・延滞金
    Story("手数料のある分納", _CHARGED, _PLAIN, ([slip(3_000, 100, kind=PLAN)], [pay(2, 3_100)]),
          paid=[(_ON, 3_100, 0)], undone_paid=[("減額による過納", 3_000, 100)]),
    Story("手数料を超える分納", _CHARGED, _PLAIN, ([slip(3_000, 200, kind=PLAN)],), refused=["N616"]),
    Story("延滞金", (10_000, 100, 500), (10_000, 0, 500), ([slip(0, late=500, kind=LATE)], [pay(2, 500)]),
          paid=[(_ON, 500, 0)]),
]  # fmt: skip
_BILLS = [(f"{number:06}", story) for number, story in enumerate(STORIES, start=300_001)]
_BILL = {story.name: bill_no for bill_no, story in _BILLS}


@dataclass(frozen=True)
class Told(Lived):
    """The city before the sending was undone, and after; and what was owed and paid by bill, before and after."""

    undone: City
    outcomes: tuple[dict[str, tuple[Items, list[Paid]]], dict[str, tuple[Items, list[Paid]]]]
    told_at: tuple[str, str]
    """What who requested and who approved the undoing was told."""
    exceeded: list[tuple[str, dict[str, Any]]]
    """A claim on which more was collected than is owed, before the next night: as shown, and its card."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    office = Office(City.founded(tmp_path_factory.mktemp("fees") / "city", TRAINING + JOB, _WITH_FEE).folder)
    teller = Teller(office)
    teller.live(_FIRST, [(bill_no, [slip(10_000)]) for bill_no, _ in _BILLS])
    teller.live(_BEFORE, [(bill_no, story.before) for bill_no, story in _BILLS])
    assert office.draw(day=_LISTED).code == 0
    _run(office, _LISTED, "arrears", "pull", 1, _BILL["引抜"], "--reason", "窓口で約束")
    teller.live(_LISTED, [(bill_no, story.between) for bill_no, story in _BILLS])
    sent = _run(office, _SENT, "arrears", "sent", 1, "--issued-on", _ISSUED)
    as_before = {"引抜", "一覧の前に完納", "発行日の前に完納", "発送の前に調定取消", "督促の紙が先", "高い督促の紙が先"}
    charged = len(STORIES) - len(as_before)
    assert f"督促手数料 {charged}件 {(charged - 1) * 100 + 20:,}円" in sent.out, "安い督促の紙が先 is raised by 20"
    for at, day in enumerate((_SENT, *_AFTER)):
        teller.live(day, [(bill_no, story.after[at]) for bill_no, story in _BILLS if at < len(story.after)])
    undone = Office(office.copy(office.folder.parent / "undone").folder)
    told_at = _undo(undone, _UNDONE)
    exceeded = _BILL["納めた督促の紙の取消"]
    shown = elqr("claim", "show", exceeded, "--job", undone.job, "--date", _UNDONE.isoformat()).out
    cards = [(shown, _card(undone, exceeded, _UNDONE))]
    for day in (_UNDONE, _LAST):
        undone.night(day)
    outcomes = (_outcomes(Lived(office, _AFTER[-1], [])), _outcomes(Lived(undone, _LAST, [])))
    return Told(office, _AFTER[-1], teller.refused, undone, outcomes, told_at, cards)


def _outcomes(lived: Lived) -> dict[str, tuple[Items, list[Paid]]]:
    """What is owed on each bill by item, and its payments in order."""
    sums = ", ".join(f"sum({name})" for name in ClaimEntry.ITEMS)
    owed = lived.city.sql(f"SELECT bill_no, {sums} FROM claim_entry JOIN claim USING (claim_no) GROUP BY bill_no")
    stands = (
        "(SELECT coalesce(sum(yen), 0) FROM posting WHERE posting.payment_no = decision.payment_no AND account = '{}')"
    )
    paid = lived.city.sql(
        f"SELECT bill_no, payment_no, outcome, {stands.format('claim')}, {stands.format('suspense')} "
        "FROM decision JOIN notice ON notice.notice_no = decision.notice_no ORDER BY payment_no"
    )
    payments = dict[str, list[Paid]]()
    for bill_no, payment_no, outcome, claim_yen, suspense_yen in paid:
        row = {"payment_no": payment_no, "outcome": outcome, "suspense_yen": suspense_yen}
        payments.setdefault(bill_no, []).append((lived.why(row), claim_yen, suspense_yen))
    return {bill_no: ((*items,), payments.get(bill_no, [])) for bill_no, *items in owed}  # type: ignore[misc]


def _run(city: City, day: date, *arguments: object) -> Ran:
    ran = elqr(*arguments, "--by", "山田", "--job", city.job, "--date", day.isoformat())
    assert ran.code == 0, ran.err
    return ran


def _undo(city: City, day: date) -> tuple[str, str]:
    """What is told at the request and at the approval."""
    asked = _run(city, day, "undo", "sent", 1, "--reason", "出していなかった")
    approved = elqr("undo", "approve", 1, "--by", "佐藤", "--job", city.job, "--date", day.isoformat())
    assert approved.code == 0, approved.err
    return asked.out, approved.out


def _card(city: City, bill_no: str, day: date) -> dict[str, Any]:
    ran = elqr("claim", "show", bill_no, "--json", "--job", city.job, "--date", day.isoformat())
    (card,) = ran.json["claims"]  # type: ignore[misc]
    return card  # type: ignore[no-any-return]


def _owed(card: dict[str, Any]) -> Items:
    return tuple(item["owed_yen"] for item in card["items"].values())  # type: ignore[return-value]


@pytest.mark.parametrize(("bill_no", "story"), _BILLS, ids=list(_BILL))
def test_a_reminder_that_was_sent_brings_its_fee_once(told: Told, bill_no: str, story: Story) -> None:
    sent, undone = (outcomes[bill_no] for outcomes in told.outcomes)
    assert sent == (story.owed, story.paid)
    assert [code for bill, code in told.refused if bill == bill_no] == story.refused
    assert undone == (story.undone_owed, story.paid if story.undone_paid is None else story.undone_paid)


@pytest.mark.parametrize("name", ["前の紙で手数料も", "前の紙で"])
def test_a_paper_that_does_not_ask_for_the_fee_leaves_it_open(told: Told, name: str) -> None:
    items = _card(told.city, _BILL[name], told.last_day)["items"]
    assert [item["collected_yen"] for item in items.values()] == [10_000, 0, 0]


_STAY = (
    "督促の紙が後", "督促の紙で納付", "督促の紙で二度", "前の紙の後、督促の紙で", "督促の紙の不足", "高い督促の紙が後",
    "残りの督促", "手数料のある再発行", "手数料を残す減額更正",
)  # fmt: skip
"""Of these a later notice asks for the fee of 100 yen; of 安い督促の紙で減額更正 it asks for 50."""


def test_what_stays_when_a_sending_is_undone_is_named_at_the_request_and_at_the_approval(told: Told) -> None:
    bills = sorted([*(_BILL[name] for name in _STAY), lowered := _BILL["安い督促の紙で減額更正"]])
    wanted = [f"国民健康保険料 2026年度 {bill_no} 1期 {50 if bill_no == lowered else 100}円" for bill_no in bills]
    for out in told.told_at:
        assert "督促手数料 10件 950円は、ほかの納付書か発送の記録が求めているので残ります" in out
        (named,) = re.findall(r"残ります（(.*?)）。", out)
        assert named.split("、") == wanted and "取消の行（異動区分 9）" in out


def test_all_yen_are_proved_and_the_nights_come_out_the_same_again(told: Told) -> None:
    charged = len(STORIES) - 6
    cities = ((told.city, told.last_day, _FIRST, charged), (told.undone, _LAST, _AFTER[0], 0))
    for city, day, since, fees in cities:
        ran = elqr("verify", "--json", "--job", city.job, "--date", day.isoformat())
        assert ran.code == 0 and ran.json["looked_at"]["督促手数料"] == fees, ran.out  # type: ignore[call-overload, index]
        ran = elqr("replay", "--from", since, "--json", "--job", city.job)
        assert ran.code == 0 and ran.json["payments"] == [], ran.out
    owed = sum(sum(story.owed) for story in STORIES)
    where = ("--fiscal-year", 2026, "--as-of", told.last_day, "--out", told.city.folder / "year")
    ran = elqr("year", *where, "--json", "--job", told.city.job)
    assert ran.json["totals"]["調定額"] == owed  # type: ignore[index, call-overload]


def test_a_card_shows_which_reminder_brought_the_fee_and_that_it_was_undone(told: Told) -> None:
    shown = elqr("claim", "show", _BILL["手数料"], "--job", told.undone.job, "--date", "2026-11-27").out
    lines = [line.strip() for line in shown.splitlines() if "督促対象一覧" in line]
    assert lines == [
        "令和8年11月24日　督促手数料　+100円　督促対象一覧1　発行日 令和8年11月24日",
        "令和8年11月26日　督促手数料の取り消し　-100円　督促対象一覧1　発行日 令和8年11月24日",
    ]
    entries = _card(told.city, _BILL["手数料"], told.last_day)["entries"]
    assert [(entry["kind"], entry["entered_on"], entry["list_no"]) for entry in entries] == [
        ("assessed", "2026-11-19", None), ("demand_fee", "2026-11-24", 1),
    ]  # fmt: skip
    assert set(entries[0]) >= {str(name) for name in ClaimEntry.ITEMS}


def test_what_was_collected_beyond_what_is_owed_is_no_negative_debt(told: Told) -> None:
    """10,100 yen were collected, 10,000 are owed once the sending is undone, and a night has yet to move the rest."""
    names = ("owed_yen", "collected_yen", "open_yen", "unpaid_yen", "overpaid_yen")
    ((shown, card),) = told.exceeded
    assert [card[name] for name in names] == [10_000, 10_100, -100, 0, 100]
    assert "収納額 10,100円　未収額 0円　過納 100円（次の夜に仮受へ移します）" in shown
    moved = _card(told.undone, _BILL["納めた督促の紙の取消"], _LAST)
    assert [moved[name] for name in names] == [10_000, 10_000, 0, 0, 0]


def test_a_claim_of_which_only_the_fee_is_open_is_not_reminded_again(told: Told) -> None:
    """Only what was pulled comes again. A list that was sent is not told as changed by its own fee."""
    office = Office(told.city.folder)
    checked = office.arrears("check", office.list_folder(), "--json", day=told.last_day)
    changed = {row["bill_no"] for row in checked.json["changed"]}  # type: ignore[attr-defined, index]
    assert _BILL["手数料"] not in changed and _BILL["前の紙で"] in changed
    again = office.copy(told.city.folder.parent / "again")
    drawn = elqr("arrears", "list", "--by", "山田", "--json", "--job", again.job, "--date", "2026-11-30")
    assert drawn.json["claims"] == 1, drawn.out  # type: ignore[index]


def test_a_sending_that_was_undone_is_recorded_again_with_its_fee(tmp_path: Path) -> None:
    """It counts from its 発行日, as a notice does that comes after that month was closed. The day of the record is open."""
    office = Office(City.founded(tmp_path / "city", TRAINING + JOB, _WITH_FEE).folder)
    Teller(office).live(_FIRST, [("100001", [slip(10_000)])])
    office.draw(day=_LISTED)
    mistyped = office.arrears("sent", 1, "--issued-on", "2062-11-24", "--by", "山田", day=_SENT)
    assert mistyped.code == 1 and "発行日 2062-11-24 が、処理日（2026-11-22）の31日後より先です" in mistyped.err
    _run(office, _SENT, "arrears", "sent", 1, "--issued-on", _ISSUED)
    reissued = office.copy(tmp_path / "reissued")
    reissued.notices(notice_row(bill_no="100001", issue_no=2), name="reissued.csv")
    findings: Any = reissued.night(_AFTER[0]).json["findings"]
    (refused,) = [finding for finding in findings if finding["code"] == "N614"]
    assert "10100円（発送した督促の手数料を含む。" in refused["expected"]
    earlier = office.arrears("list", "--by", "山田", day=_FIRST)
    assert earlier.code == 1 and "最後の処理日" in earlier.err
    assert "督促手数料 1件 100円は取り消しました" in _undo(office, _UNDONE)[1]
    _run(office, _DECEMBER, "month", "close", "2026-11")
    end = elqr("month", "approve", "2026-11", "--by", "佐藤", "--job", office.job, "--date", _DECEMBER.isoformat())
    assert end.code == 0, end.err
    sent = ("sent", 1, "--issued-on", _ISSUED, "--by", "山田")
    refused = office.arrears(*sent, day=_UNDONE)
    assert refused.code == 1 and "締めてある" in refused.err
    assert office.arrears(*sent, day=_DECEMBER).code == 0
    columns = "kind, demand_fee_yen, entered_on, night_on"
    fees = office.sql(f"SELECT {columns} FROM claim_entry WHERE demand_fee_yen <> 0 ORDER BY entry_no")
    assert fees == [
        ("demand_fee", 100, "2026-11-24", "2026-11-22"),
        ("demand_fee", -100, "2026-11-26", "2026-11-26"),
        ("demand_fee", 100, "2026-11-26", "2026-12-01"),
    ], "the days of a claim's entries never go back"
    assert elqr("verify", "--job", office.job, "--date", _DECEMBER.isoformat()).code == 0


def test_a_reminder_that_was_not_pulled_after_all_gets_its_fee(told: Told) -> None:
    city = told.city.copy(told.city.folder.parent / "unpulled")
    ((hold_no,),) = city.sql("SELECT hold_no FROM reminder_hold")
    _run(city, _UNDONE, "undo", "hold", hold_no, "--reason", "抜いていなかった")
    approved = elqr("undo", "approve", 1, "--by", "佐藤", "--job", city.job, "--date", _UNDONE.isoformat())
    assert approved.code == 0, approved.err
    entries = _card(city, _BILL["引抜"], _UNDONE)["entries"]
    assert [(entry["kind"], entry["entered_on"], entry["night_on"]) for entry in entries] == [
        ("assessed", "2026-11-19", "2026-11-19"), ("demand_fee", "2026-11-24", "2026-11-26"),
    ]  # fmt: skip
    assert elqr("verify", "--job", city.job, "--date", _UNDONE.isoformat()).code == 0


DAMAGE = (
    "issued_on = '2026-11-23'",
    "sent_no = 7",
    "night_on = '2026-11-21'",
    "undoes_no = 9",
)
"""What is changed of the fees from the first on: 発行日, the list, an earlier night, a sending that nobody undid."""


def test_a_fee_that_no_sending_explains_is_told(told: Told, tmp_path: Path) -> None:
    city = told.city.copy(tmp_path / "city")
    city.damage(*(f"UPDATE claim_fee SET {change} WHERE fee_no = {number}" for number, change in enumerate(DAMAGE, 1)))
    found = elqr("verify", "--json", "--job", city.job, "--date", told.last_day.isoformat()).json["findings"]
    places = {finding["at"].split()[0] for finding in found}  # type: ignore[attr-defined, index]
    assert places >= {f"督促手数料{number}" for number in range(1, len(DAMAGE) + 1)}, places


def test_an_import_before_the_fee_stands_until_the_sending_is_undone(tmp_path: Path) -> None:
    """The list was drawn before the import, but the fee came after it."""
    office = Office(City.founded(tmp_path / "city", TRAINING + JOB, _WITH_FEE).folder)
    teller = Teller(office)
    teller.live(_FIRST, [("100001", [slip(10_000)])])
    office.draw(day=_LISTED)
    teller.live(_SENT, [("100001", [slip(9_000, why=DOWN)])])
    _run(office, _AFTER[0], "arrears", "sent", 1, "--issued-on", _ISSUED)
    wrong = ("undo", "notices", f"{_SENT}.csv", "--reason", "別の課のファイル", "--by", "山田", "--job", office.job)
    refused = elqr(*wrong, "--date", _UNDONE)
    assert refused.code == 1 and "elqr undo sent 1" in refused.err
    _undo(office, _UNDONE)
    assert elqr(*wrong, "--date", _UNDONE).code == 0
    assert elqr("undo", "approve", 2, "--by", "佐藤", "--job", office.job, "--date", _UNDONE).code == 0
    assert _owed(_card(office, "100001", _UNDONE)) == _PLAIN
    assert elqr("verify", "--job", office.job, "--date", _UNDONE).code == 0


def test_a_register_has_the_fee_only_where_notices_say_what_is_owed(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city", JOB, _WITH_FEE.replace("= 100", '= 100\nclaims = "file"'))
    city.notices(notice_row())
    ran = city.night()
    assert ran.code == 1 and 'claims = "file" の手続には書けません' in ran.err
    for wrong in ("0", "-100", '"百円"', '"100"', "true", "10001"):
        (city.folder / "procedures.toml").write_text(_WITH_FEE.replace("= 100", f"= {wrong}"), encoding="utf-8")
        ran = city.night()
        assert ran.code == 1 and "demand_fee_yen" in ran.err
