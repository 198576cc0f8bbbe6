"""One 分納 notice that pays several claims: each takes what the notice asks of it, and nothing is spread.

Every story has claims of its own in one city, so that all of them live through the same nights; a second city gets the
same rows and records the other way round. What must come out is written down by hand, from the rules of 納付書.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from elqr.store.ledger_file import open_ledger
from elqr.store.queries.printing import standings
from elqr.vocabulary.terms import Outcome
from tests.builders import (
    City,
    elqr,
    eltax_file,
    eltax_row,
    notice_file,
    notice_row,
)

_DAYS = [date(2026, 11, day) for day in range(16, 21)]
_PLAN, _LATE = "分納", "延滞金"
_DOWN, _FALLS = "減額更正", "調定取消"

Row = dict[str, object]
Items = tuple[int, int, int]
_CLAIMS: dict[str, Row] = {
    "A": {},
    "B": {},
    "C": {"levy_year": 2025, "tax_year": 2024, "installment_no": 7},
    "D": {"installment_no": 1},
    "E": {"installment_no": 2},
    "DE": {"installment_no": 0},
}
"""The claims of a story, by letters. A and B are bills of one year, C of another; D and E are instalments of a bill."""


def ask(claim: str, principal: int, late: int = 0, **given: object) -> tuple[str, str, Row]:
    """A notice for one claim. The numbers of a claim's notices count from 1."""
    return "ask", claim, {"principal_yen": principal, "late_charge_yen": late, **given}


def joint(paper: str = "1", **asked: int | tuple[int, int]) -> tuple[str, str, dict[str, Any]]:
    """A 分納 notice for several claims: what it asks of each, 本税・本料 or that and 延滞金. `paper` tells two apart."""
    return "joint", paper, asked


def gone(claim: str, number: int, why: str | None = None) -> tuple[str, str, Row]:
    """A 取消 of a notice of a claim, or of a row of a notice for several."""
    return "ask", claim, {"issue_no": number, "change_kind": "9", "change_reason": why, "principal_yen": 1}


def pay(what: str, yen: int, number: int = 1) -> tuple[str, str, tuple[int, int]]:
    """A payment by a notice of a claim, or by one for several ("1", "2")."""
    return "pay", what, (yen, number)


Paid = tuple[str, int, int]
"""Why a payment waits, or else its 消込結果; then its yen that stand on claims and in suspense in the end."""


@dataclass(frozen=True)
class Story:
    """Nights with their notices and payments; then what stands on each claim by item, and each payment."""

    name: str
    nights: list[list[tuple[str, str, Any]]]
    on_claims: dict[str, Items]
    paid: list[Paid]
    flags: str | None = None
    refused: list[str] = field(default_factory=list)


def _story(name: str, *nights: Any, on: dict[str, int | Items], paid: Any, **given: Any) -> Story:
    days = [night if isinstance(night, list) else [night] for night in nights]
    items = {claim: yen if isinstance(yen, tuple) else (yen, 0, 0) for claim, yen in on.items()}
    return Story(name, days, items, list(paid), **given)


_BASE = [ask("A", 10_000), ask("B", 8_000)]
_JOINT = joint(A=3_000, B=2_000)
_ON, _TWICE, _OVER, _SHORT = "一致", "二重納付", "過納", "不足"
STORIES = [
    _story("納めた", _BASE, _JOINT, pay("1", 5_000), on={"A": 3_000, "B": 2_000}, paid=[(_ON, 5_000, 0)]),
    _story("同じファイルの通常の納付書と", [*_BASE, _JOINT], pay("1", 5_000), on={"A": 3_000, "B": 2_000},
           paid=[(_ON, 5_000, 0)]),
    _story("二度", _BASE, _JOINT, pay("1", 5_000), pay("1", 5_000), on={"A": 3_000, "B": 2_000},
           paid=[(_ON, 5_000, 0), (_TWICE, 0, 5_000)], flags="same_slip"),
    _story("同じ夜に二度", _BASE, _JOINT, [pay("1", 5_000), pay("1", 5_000)], on={"A": 3_000, "B": 2_000},
           paid=[(_ON, 5_000, 0), (_TWICE, 0, 5_000)], flags="same_slip"),
    _story("多い", _BASE, _JOINT, pay("1", 6_000), on={"A": 3_000, "B": 2_000}, paid=[(_OVER, 5_000, 1_000)]),
    _story("少ない", _BASE, _JOINT, pay("1", 4_000), on={"A": 0, "B": 0}, paid=[(_SHORT, 0, 4_000)]),
    _story("少なく、もう一度全額", _BASE, _JOINT, pay("1", 4_000), pay("1", 5_000), on={"A": 3_000, "B": 2_000},
           paid=[(_SHORT, 0, 4_000), (_ON, 5_000, 0)]),
    _story("同じ夜に、少なくと全額", _BASE, _JOINT, [pay("1", 4_000), pay("1", 5_000)], on={"A": 3_000, "B": 2_000},
           paid=[(_SHORT, 0, 4_000), (_ON, 5_000, 0)]),
    # ほかの納付書と
    _story("一つは先に納めてある", _BASE, [_JOINT, pay("A", 10_000)], pay("1", 5_000), on={"A": 10_000, "B": 2_000},
           paid=[(_ON, 10_000, 0), (_OVER, 2_000, 3_000)]),
    _story("同じ夜に一つを先に", _BASE, _JOINT, [pay("A", 10_000), pay("1", 5_000)], on={"A": 10_000, "B": 2_000},
           paid=[(_ON, 10_000, 0), (_OVER, 2_000, 3_000)]),
    _story("一つは先に納めてあり、二度", _BASE, [_JOINT, pay("A", 10_000)], pay("1", 5_000), pay("1", 5_000),
           on={"A": 10_000, "B": 2_000}, paid=[(_ON, 10_000, 0), (_OVER, 2_000, 3_000), (_TWICE, 0, 5_000)],
           flags="same_slip"),
    _story("どちらも先に納めてある", _BASE, [_JOINT, pay("A", 10_000)], pay("B", 8_000), pay("1", 5_000),
           on={"A": 10_000, "B": 8_000}, paid=[(_ON, 10_000, 0), (_ON, 8_000, 0), (_TWICE, 0, 5_000)],
           flags="other_slip"),
    _story("どちらも先に納めてあり、少ない", _BASE, [_JOINT, pay("A", 10_000)], pay("B", 8_000), pay("1", 4_000),
           on={"A": 10_000, "B": 8_000}, paid=[(_ON, 10_000, 0), (_ON, 8_000, 0), (_TWICE, 0, 4_000)],
           flags="other_slip"),
    _story("一部は先に納めてある", _BASE, [_JOINT, pay("A", 2_000)], pay("1", 5_000), on={"A": 5_000, "B": 2_000},
           paid=[(_SHORT, 2_000, 0), (_ON, 5_000, 0)]),
    _story("残りが求める額より少ない", _BASE, [_JOINT, pay("A", 9_000)], pay("1", 5_000), on={"A": 10_000, "B": 2_000},
           paid=[(_SHORT, 9_000, 0), (_OVER, 3_000, 2_000)]),
    _story("後から全額", _BASE, _JOINT, pay("1", 5_000), pay("A", 10_000), on={"A": 10_000, "B": 2_000},
           paid=[(_ON, 5_000, 0), (_OVER, 7_000, 3_000)]),
    _story("二枚が鎖になる", [*_BASE, ask("C", 6_000)], [joint("1", A=3_000, B=2_000), joint("2", B=6_000, C=1_000)],
           [pay("2", 7_000), pay("1", 5_000)], on={"A": 3_000, "B": 8_000, "C": 1_000},
           paid=[(_ON, 7_000, 0), (_ON, 5_000, 0)]),
    _story("二枚の求めが調定を超える", _BASE, [joint("1", A=3_000, B=7_000), joint("2", A=1_000, B=6_000)],
           pay("1", 10_000), pay("2", 7_000), on={"A": 4_000, "B": 8_000},
           paid=[(_ON, 10_000, 0), (_OVER, 2_000, 5_000)]),
    _story("年度も期別も違う三つ", [*_BASE, ask("C", 6_000)], joint(A=3_000, C=1_500, B=2_000), pay("1", 6_500),
           on={"A": 3_000, "B": 2_000, "C": 1_500}, paid=[(_ON, 6_500, 0)]),
    _story("年度の違う二つ、多い", [ask("A", 10_000), ask("C", 6_000)], joint(A=3_000, C=1_500), pay("1", 5_000),
           on={"A": 3_000, "C": 1_500}, paid=[(_OVER, 4_500, 500)]),
    _story("年度の違う二つ、後で減額", [ask("A", 10_000), ask("C", 6_000)], joint(A=3_000, C=1_500), pay("1", 4_500),
           ask("C", 1_000, change_reason=_DOWN), on={"A": 3_000, "C": 1_000}, paid=[("減額による過納", 4_000, 500)]),
    # 内訳
    _story("延滞金も", [*_BASE, ask("A", 0, late=500, notice_kind=_LATE)], joint(A=(3_000, 500), B=2_000),
           pay("1", 5_500), on={"A": (3_000, 0, 500), "B": 2_000}, paid=[(_ON, 5_500, 0)]),
    _story("本税は先に納めてある", [*_BASE, ask("A", 0, late=500, notice_kind=_LATE)],
           [joint(A=(3_000, 500), B=2_000), pay("A", 10_000)], pay("1", 5_500),
           on={"A": (10_000, 0, 500), "B": 2_000}, paid=[(_ON, 10_000, 0), (_OVER, 2_500, 3_000)]),
    # 取消と減額
    _story("取消の後", _BASE, _JOINT, gone("B", 2), pay("1", 5_000), on={"A": 0, "B": 0},
           paid=[("取消済納付書", 0, 5_000)]),
    _story("すべての行の取消の後", _BASE, _JOINT, [gone("A", 2), gone("B", 2)], pay("1", 5_000), on={"A": 0, "B": 0},
           paid=[("取消済納付書", 0, 5_000)]),
    _story("一夜おいて、ほかの行も取消", _BASE, _JOINT, gone("A", 2), [gone("B", 2), pay("1", 5_000)],
           on={"A": 0, "B": 0}, paid=[("取消済納付書", 0, 5_000)]),
    _story("納めた後の取消", _BASE, _JOINT, pay("1", 5_000), gone("A", 2), on={"A": 3_000, "B": 2_000},
           paid=[(_ON, 5_000, 0)]),
    _story("取消の行に調定取消", _BASE, _JOINT, gone("A", 2, _FALLS), pay("1", 5_000), on={"A": 3_000, "B": 2_000},
           paid=[(_ON, 5_000, 0)], refused=["N615"]),
    _story("納めた後の減額", _BASE, _JOINT, pay("1", 5_000), ask("B", 500, change_reason=_DOWN),
           on={"A": 3_000, "B": 500}, paid=[("減額による過納", 3_500, 1_500)]),
    _story("納めた後の調定取消", _BASE, _JOINT, pay("1", 5_000), gone("A", 1, _FALLS), on={"A": 0, "B": 2_000},
           paid=[("減額による過納", 2_000, 3_000)]),
    _story("調定取消の後", _BASE, _JOINT, gone("A", 1, _FALLS), pay("1", 5_000), on={"A": 0, "B": 2_000},
           paid=[(_OVER, 2_000, 3_000)]),
    _story("どちらも調定取消の後", _BASE, _JOINT, [gone("A", 1, _FALLS), gone("B", 1, _FALLS)], pay("1", 5_000),
           on={"A": 0, "B": 0}, paid=[("取消済納付書", 0, 5_000)]),
    # 全期と
    _story("納めた後の全期", [ask("D", 4_000), ask("E", 4_000), ask("DE", 8_000), *_BASE], joint(A=3_000, D=1_000),
           pay("1", 4_000), pay("DE", 8_000), on={"A": 3_000, "D": 1_000, "E": 0},
           paid=[(_ON, 4_000, 0), (_TWICE, 0, 8_000)], flags="other_slip,whole_and_part"),
    _story("同じ夜に全期を後で", [ask("D", 4_000), ask("E", 4_000), ask("DE", 8_000), *_BASE], joint(A=3_000, D=1_000),
           [pay("1", 4_000), pay("DE", 8_000)], on={"A": 3_000, "D": 1_000, "E": 0},
           paid=[(_ON, 4_000, 0), (_TWICE, 0, 8_000)], flags="other_slip,whole_and_part"),
    _story("少なく納めた後の全期", [ask("D", 4_000), ask("E", 4_000), ask("DE", 8_000), *_BASE],
           joint(A=3_000, D=1_000), [pay("1", 3_000), pay("DE", 8_000)], on={"A": 0, "D": 4_000, "E": 4_000},
           paid=[(_SHORT, 0, 3_000), (_ON, 8_000, 0)]),
    _story("全期の後", [ask("D", 4_000), ask("E", 4_000), ask("DE", 8_000), *_BASE], joint(A=3_000, D=1_000),
           pay("DE", 8_000), pay("1", 4_000), on={"A": 3_000, "D": 4_000, "E": 4_000},
           paid=[(_ON, 8_000, 0), (_OVER, 3_000, 1_000)]),
    # 断られる行
    _story("一つの調定より多く求める", _BASE, joint(A=3_000, B=9_000), on={"A": 0, "B": 0}, paid=[],
           refused=["N616", "N623"]),
    _story("調定のない行", [ask("A", 10_000)], joint(A=3_000, B=2_000), on={"A": 0}, paid=[], refused=["N616", "N623"]),
]  # fmt: skip


def _bill(number: int, claim: str) -> str:
    return f"{500_000 + 10 * number + ('A', 'B', 'C', 'D', 'E', 'DE').index(claim if claim in 'ABC' else 'D')}"


def _key(number: int, paper: str) -> str:
    return f"{7 * 10**19 + 10 * number + int(paper):020}"


@dataclass(frozen=True)
class Lived:
    """A city after all nights, which story and payment each record was, and the codes of refused rows by story."""

    city: City
    records: dict[str, tuple[int, int]]
    refused: dict[int, list[str]]


def _row(number: int, claim: str, day: date, **given: object) -> Row:
    own = {"bill_no": _bill(number, claim), "payer_ref": str(number), "issued_on": day}
    return notice_row(**{**own, **_CLAIMS[claim], **given})


def _live(folder: Path, *, backward: bool = False) -> Lived:
    """Each night is run twice. `backward`: the rows and records of each file come the other way round."""
    city, issued = City.founded(folder), dict[tuple[int, str], int]()
    records, refused, nth = dict[str, tuple[int, int]](), dict[int, list[str]](), dict[int, int]()
    turn = -1 if backward else 1
    for at, day in enumerate(_DAYS):
        rows, payments = list[tuple[int, Row]](), list[Row]()
        for number, story in enumerate(STORIES):
            for what, name, step in story.nights[at] if at < len(story.nights) else []:
                if what == "ask":
                    issued[number, name] = issued.get((number, name), 0) + ("issue_no" not in step)
                    rows.append((number, _row(number, name, day, **{"issue_no": issued[number, name], **step})))
                elif what == "joint":
                    for claim, asked in step.items():
                        issued[number, claim] = issued.get((number, claim), 0) + 1
                        principal, late = asked if isinstance(asked, tuple) else (asked, 0)
                        yen = {"principal_yen": principal, "late_charge_yen": late}
                        key: Row = {"key_no": _key(number, name), "check_no": "123456", "notice_kind": _PLAN}
                        key["issue_no"] = issued[number, claim]
                        rows.append((number, _row(number, claim, day, **yen, **key)))
                else:
                    serial_no = f"{at}{len(payments):07}"
                    if name.isdigit():
                        key_no, check_no = _key(number, name), "123456"
                    else:
                        part = int(str(_CLAIMS[name].get("installment_no", 1)))
                        key_no, check_no = city.issued()["kokuho", _bill(number, name), part, step[1]]
                    payments.append(eltax_row(key_no, check_no, step[0], serial_no=serial_no, paid_on=day))
                    records[f"{day}.csv|{serial_no}"] = number, nth.setdefault(number, 0)
                    nth[number] += 1
        rows, payments = rows[::turn], payments[::turn]
        if rows:
            columns = notice_row(bill_no=f"9{at}", notice_kind="通常", change_reason=_DOWN, change_kind="9")
            (city.folder / "notices" / f"{day}.csv").write_bytes(notice_file(*(row for _, row in rows), columns))
        if payments:
            city.deliver(f"{day}.csv", eltax_file(*payments))
        for finding in city.night(day).json["findings"]:  # type: ignore[attr-defined]
            place = re.match(rf"{day}\.csv (\d+)", finding["at"])
            if place and int(place[1]) <= len(rows):
                refused.setdefault(rows[int(place[1]) - 1][0], []).append(finding["code"])
        assert city.night(day).json["changed"] is False
    return Lived(city, records, refused)


@pytest.fixture(scope="module", params=[False, True], ids=["forward", "backward"])
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Lived:
    return _live(tmp_path_factory.mktemp("joint") / "city", backward=request.param)


def _payments(lived: Lived, number: int) -> list[tuple[Paid, str]]:
    """The payments of a story in the order in which they were made, with their 付記."""
    waiting = {row["受付番号"]: row["理由"] for row in lived.city.report("要確認一覧", _DAYS[-1])}
    found = {}
    for payment_no, identity, outcome, flags, on_claims, held in lived.city.sql(
        "SELECT payment.payment_no, identity, outcome, flags, "
        "(SELECT coalesce(sum(yen), 0) FROM posting AS p WHERE p.payment_no = payment.payment_no AND account = 'claim'), "
        "(SELECT coalesce(sum(yen), 0) FROM posting AS p WHERE p.payment_no = payment.payment_no AND account <> 'claim') "
        "FROM payment JOIN decision ON decision.payment_no = payment.payment_no"
    ):
        (record,) = [key for key in lived.records if key.split("|")[1] in str(identity)]
        story, nth = lived.records[record]
        if story == number:
            found[nth] = (waiting.get(payment_no, Outcome(outcome).label), int(on_claims), int(held)), str(flags)
    return [(found[nth][0], found[nth][1]) for nth in sorted(found)]  # type: ignore[misc]


def _cards(lived: Lived, number: int, claim: str) -> dict[str, Any]:
    ran = elqr("claim", "show", _bill(number, claim), "--json", "--job", lived.city.job, "--date", str(_DAYS[-1]))
    part = _CLAIMS[claim].get("installment_no", 1)
    (card,) = [card for card in ran.json["claims"] if card["installment_no"] == part]  # type: ignore[attr-defined]
    return card  # type: ignore[no-any-return]


@pytest.mark.parametrize(("number", "story"), list(enumerate(STORIES)), ids=[story.name for story in STORIES])
def test_each_claim_takes_what_the_notice_asks_of_it(lived: Lived, number: int, story: Story) -> None:
    payments = _payments(lived, number)
    assert [paid for paid, _ in payments] == story.paid
    if story.flags is not None:
        assert payments[-1][1] == story.flags
    for claim, wanted in story.on_claims.items():
        card = _cards(lived, number, claim)
        collected = tuple(item["collected_yen"] for item in card["items"].values())
        assert (claim, card["collected_yen"], *collected) == (claim, sum(wanted), *wanted)
    assert sorted(lived.refused.get(number, [])) == story.refused


def test_all_yen_of_the_stories_are_proved_and_come_out_again(lived: Lived) -> None:
    job = ("--job", lived.city.job, "--date", str(_DAYS[-1]))
    ran = elqr("verify", *job)
    assert ran.code == 0, ran.out


PILES = {
    "納めた": 5_000,
    "少ない": 0,
    "一部は先に納めてある": 5_000,
    "一つは先に納めてある": 12_000,
    "二枚が鎖になる": 11_000,
}
"""Yen that speak against sending the notice: its own, or all on its claims where one of them is settled."""


@pytest.mark.ledger_file
@pytest.mark.parametrize("name", PILES)
def test_such_a_notice_may_be_sent_until_one_of_its_claims_is_settled(lived: Lived, name: str) -> None:
    (number,) = [number for number, story in enumerate(STORIES) if story.name == name]
    with open_ledger(f"sqlite:///{lived.city.folder / 'ledger.db'}") as ledger, ledger.transaction() as connection:
        (row,) = standings(connection).filter(pl.col("key_no") == _key(number, "1")).iter_rows(named=True)
    assert (row["is_current"], row["collected_yen"], row["amount_yen"]) == (True, PILES[name], 5_000)


@pytest.mark.ledger_file
def test_nights_run_again_give_the_same(lived: Lived) -> None:
    ran = elqr("replay", "--job", lived.city.job, "--from", _DAYS[1], "--to", _DAYS[-1])
    assert ran.code == 0, ran.out + ran.err
