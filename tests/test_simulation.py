"""A season of the simulated year, and proof that the model can disagree."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from tests.builders import City as Program
from tests.builders import claim_file, claim_row, codes, elqr, eltax_file, eltax_row, notice_row
from tests.simulation.comparison import Difference
from tests.simulation.life import stories
from tests.simulation.model import City
from tests.simulation.notices import DEMAND, LATE, PLAN
from tests.simulation.runner import found_city, simulate
from tests.simulation.year import BY_FILE, Year

_DAYS = [date(2026, 11, day) for day in range(1, 6)]


def test_a_season_has_no_difference(tmp_path: Path) -> None:
    """A year of many seeds: `python -m tests.simulation --nights 365 --seeds 20`."""
    figures = simulate(2, nights=28, bills=14, folder=tmp_path / "city")
    assert figures.nights > 20 and figures.records > 40 and figures.yen > 500_000
    assert figures.claim_files > 10 and figures.held > 1
    assert figures.rulings > 5 and figures.reassigned and figures.undone and figures.lists
    assert figures.charged and figures.paid and figures.uncharged


def test_a_wrong_truth_is_a_difference_with_its_seed_and_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(City, "_plain", lambda *_: "late")
    with pytest.raises(Difference, match=r"seed 1, night \d+, .*matched"):
        simulate(1, nights=12, bills=20, folder=tmp_path / "city")


_STORIES = (
    "分納", "いくつもの調定を一枚で", "延滞金だけ", "督促手数料", "再発行で増額", "納める前に減額", "納めた後で減額",
    "調定データの増額更正", "調定データの減額更正", "調定データの減免", "調定データの調定取消", "一部の納付",
    "充てる順序あり", "充てる順序なし",
)  # fmt: skip


@pytest.mark.parametrize("story", _STORIES)
def test_the_years_tell_every_story(story: str) -> None:
    assert story in _told()


@cache
def _told() -> set[str]:
    return {story for seed in range(1, 21) for story in _told_in(stories(seed, nights=365, number_of_bills=12))}


def _told_in(own: Year) -> Iterator[str]:
    """The stories of a year, from what it says of its slips, its payments, its claim files and its register."""
    slips = [slip for several in own.notices.values() for slip, is_cancel in several if not is_cancel]
    for slip in slips:
        yield from (slip.kind,) if slip.kind == PLAN else ()
        yield from ("いくつもの調定を一枚で",) if slip.others else ()
        yield from ("延滞金だけ",) if slip.kind == LATE and slip.items == [0, 0, slip.late] else ()
        yield from ("督促手数料",) if slip.kind == DEMAND and slip.fee else ()
    issues = {(slip.claim, slip.issue): slip for slip in slips if not slip.kind and not slip.is_total}
    of_key = {slip.key: slip for slip in slips}
    for record in (own for several in own.due.values() for own in several if own.stage == "confirmed"):
        if slip := of_key.get(record.key):
            newer = issues.get((slip.claim, slip.issue + 1))
            yield from ("納める前に減額",) if slip.is_lowered else ()
            yield from ("納めた後で減額",) if newer and newer.is_lowered and record.paid_on < newer.issued_on else ()
            yield from ("再発行で増額",) if newer and newer.yen > slip.yen else ()
            yield from ("一部の納付",) if record.yen < slip.yen and not slip.kind else ()
    yield from (f"調定データの{row.reason}" for row in own.said)
    yield from (
        f"充てる順序{'あり' if order else 'なし'}" for orders in own.orders.values() for order in orders.values()
    )


@pytest.fixture
def city(tmp_path: Path) -> Program:
    return found_city(tmp_path / "city")


def _claims(city: Program, name: str, *rows: dict[str, object]) -> None:
    own = [claim_row(**{"zeimoku_cd": "kaigo", **row}) for row in rows]
    (city.folder / "claims" / name).write_bytes(claim_file(*own))


def test_an_assessment_is_one_claim_or_instalments_in_whatever_files_they_come(city: Program) -> None:
    _claims(city, "a.csv", {"kibetsu_cd": 1})
    city.night(_DAYS[0])
    _claims(city, "b.csv", {"kibetsu_cd": 0})
    assert city.night(_DAYS[1]).code == 4
    assert city.sql("SELECT sum(principal_yen) FROM claim_entry") == [(10_000,)]


def test_a_held_file_that_was_replaced_before_the_first_night_is_no_difference(city: Program) -> None:
    _claims(city, "a.csv", {"kosei_jiyu_cd": "調定取消"})
    assert city.night(_DAYS[0]).code == 4
    _claims(city, "a.csv", {})
    assert city.night(_DAYS[1]).code == 0
    _claims(city, "b.csv", {"tsuchisho_no": "100002"})
    assert city.night(_DAYS[2]).code == 0
    ran = elqr("replay", "--job", city.job, "--from", _DAYS[2].isoformat())
    assert ran.code == 0, ran.out


def test_a_whole_year_slip_asks_what_the_claim_file_says_of_its_instalments(city: Program) -> None:
    parts, procedure = (1, 2), {"procedure_code": "kaigo"}
    _claims(city, "a.csv", *({"kibetsu_cd": part} for part in parts))
    city.notices(*(notice_row(installment_no=part, **procedure) for part in parts), name="a.csv")
    assert city.night(_DAYS[0]).code == 0
    _claims(city, "b.csv", {"kibetsu_cd": 2, "zeigaku": 7_000, "sosa_ymd": _DAYS[1]})
    city.notices(notice_row(installment_no=0, principal_yen=17_000, **procedure), name="b.csv")
    assert codes(city.night(_DAYS[1])) == []


def test_a_whole_year_slip_pays_all_that_it_asks_where_an_instalment_owes_a_fee_besides(city: Program) -> None:
    """The first instalment owes 10,000, 100 of fee and 50 of late charge. 全期 asks for the 20,000 alone."""
    procedure = {"procedure_code": "kaigo"}
    _claims(city, "a.csv", {"kibetsu_cd": 1, "tokusoku": 100, "entaikin": 50}, {"kibetsu_cd": 2})
    slips = ({"demand_fee_yen": 100, "late_charge_yen": 50}, {})
    each = (notice_row(installment_no=part, **procedure, **own) for part, own in enumerate(slips, start=1))
    city.notices(*each, notice_row(installment_no=0, principal_yen=20_000, **procedure), name="a.csv")
    assert codes(city.night(_DAYS[0])) == []
    days = dict.fromkeys(("paid_on", "received_on", "funds_on"), _DAYS[0])
    key_no, check_no = city.issued()["kaigo", "100001", 0, 1]
    city.deliver("paid.csv", eltax_file(eltax_row(key_no, check_no, 20_000, item_no=BY_FILE.item_no, **days)))
    city.night(_DAYS[1])
    assert [row[2:] for row in city.outcomes(_DAYS[1])] == [("一致", 20_000, 0)]
    cards = elqr("claim", "show", "100001", "--json", "--job", city.job, "--date", _DAYS[1].isoformat()).json["claims"]
    assert [own["open_yen"] for own in cards] == [150, 0]  # type: ignore[attr-defined]
    assert elqr("verify", "--job", city.job, "--date", _DAYS[1].isoformat()).code == 0


def test_a_notice_file_with_a_withdrawn_row_is_proved(city: Program) -> None:
    """Two notices wait for their claims; one is cancelled before these come."""
    one, other = (notice_row(procedure_code="kaigo", bill_no=bill) for bill in ("1", "2"))
    city.notices(one, other, name="a.csv")
    city.night(_DAYS[0])
    city.notices(one | {"change_kind": "9"}, name="b.csv")
    city.night(_DAYS[1])
    _claims(city, "a.csv", {"tsuchisho_no": "1"}, {"tsuchisho_no": "2"})
    city.night(_DAYS[2])
    assert city.sql("SELECT bill_no FROM notice") == [("2",)]
    ran = elqr("verify", "--job", city.job, "--date", _DAYS[2].isoformat())
    assert ran.code == 0, ran.out
