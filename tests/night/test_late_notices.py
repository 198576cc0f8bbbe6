"""Late notices: payments whose key nobody knew show their notice the next morning, and two people may tie them to it."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.builders import (
    NIGHT,
    City,
    barcode,
    cvs_file,
    cvs_row,
    elqr,
    eltax_file,
    eltax_row,
    notice_row,
    transfer_file,
    transfer_row,
)
from tests.cases.prepared import prepared

_NEXT = NIGHT + timedelta(days=1)
_KEYS = {"1": "0" * 9 + "1" * 11, "2": "0" * 9 + "2" * 11}
_CODE = barcode("55", 10_000, None)


def _city_of(folder: Path) -> City:
    """A night of payments before their notices, and the next one, on which the notices came."""
    city = City.founded(folder)
    city.deliver("a.dat", transfer_file(transfer_row("A1", 10_000), transfer_row("A2", 4_000), transfer_row("Z", 500)))
    rows = [
        eltax_row(_KEYS["1"], "111111", 10_000),
        eltax_row(_KEYS["2"], "999999", 10_000, serial_no="00000002"),
    ]
    city.deliver("b.csv", eltax_file(*rows))
    city.deliver("c.dat", cvs_file(cvs_row(_CODE, data_kind="03")))
    city.night()
    city.notices(
        notice_row(bill_no="1", customer_no="A1"),
        notice_row(procedure_code="suido", bill_no="2", customer_no="A2", issued_on=date(2026, 11, 1)),
        notice_row(procedure_code="suido", bill_no="2", customer_no="A2", issued_on=date(2026, 11, 3), issue_no=2),
        notice_row(bill_no="3", key_no=_KEYS["1"], check_no="111111"),
        notice_row(bill_no="4", key_no=_KEYS["2"], check_no="222222"),
        notice_row(bill_no="5", barcode=_CODE),
        notice_row(bill_no="6", customer_no="Y"),
    )
    city.night(_NEXT)
    return city


@pytest.fixture
def city(tmp_path: Path) -> City:
    return prepared(tmp_path / "city", _city_of)


def _near(city: City, night: date) -> dict[object, object]:
    return {row["照会キー"]: row["近い納付書（候補）"] for row in city.report("要確認一覧", night)}


def _decide(city: City, *more: str) -> dict[str, object]:
    given = ("review", "decide", "--ruling", "納付書に充てる", "--reason", "後から届いた", "--by", "山田", "--json")
    return elqr(*given, "--job", city.job, "--date", _NEXT.isoformat(), *more).json


def _approve(city: City, no: object, by: str) -> tuple[int, str]:
    ran = elqr("review", "approve", no, "--by", by, "--job", city.job, "--date", _NEXT.isoformat())
    return ran.code, ran.out + ran.err


def test_the_next_morning_shows_the_notice_of_the_same_key_and_matches_nothing(city: City) -> None:
    same = "国民健康保険料 {} 1期（同じ照会キー{}）"
    assert _near(city, _NEXT) == {
        "A1": same.format("1", ""),
        "A2": same.format("2", "").replace("国民健康保険料", "水道料金"),
        "Z": None,
        _KEYS["1"]: same.format("3", ""),
        _KEYS["2"]: same.format("4", "・確認番号相違"),
        _CODE[2:29]: same.format("5", ""),
    }
    assert city.sql("SELECT account, sum(yen) FROM posting GROUP BY 1") == [("suspense", 34_500)]
    page = (city.drawn(_NEXT) / "index.html").read_text(encoding="utf-8")
    assert page.count('"同じ照会キー"') == 4, "in the details of a payment too"


def test_a_night_before_the_notices_is_drawn_as_it_was(city: City) -> None:
    folder = city.folder / "out" / NIGHT.isoformat()
    before = {path: path.read_bytes() for path in (folder / "要確認一覧.json", folder / "消込結果.json")}
    assert set(_near(city, NIGHT).values()) == {None}
    for path in before:
        path.unlink()
    city.night(NIGHT)
    assert {path: path.read_bytes() for path in before} == before


def test_two_people_tie_them_all_to_their_notices_with_one_ruling(city: City) -> None:
    ran = _decide(city)
    assert (ran["rulings"], ran["suspense_yen"], ran["refused"]) == (3, 24_000, [])
    assert ran["left_out"] == 3, "no notice, another 確認番号, and a 取消 without yen"
    assert city.sql("SELECT sum(yen) FROM posting WHERE account = 'claim'") == [(None,)], "nobody approved it yet"
    assert _approve(city, ran["review"], "山田")[0] == 1
    code, said = _approve(city, ran["review"], "佐藤")
    assert code == 0 and "24,000円" in said
    paid = "SELECT bill_no, sum(yen) FROM posting JOIN claim ON claim.claim_no = posting.claim_no GROUP BY 1 ORDER BY 1"
    assert city.sql(paid) == [("1", 10_000), ("2", 4_000), ("3", 10_000)]
    assert elqr("verify", "--job", city.job, "--date", _NEXT.isoformat()).code == 0
    night = _NEXT + timedelta(days=1)
    city.night(night)
    assert set(_near(city, night)) == {"Z", _KEYS["2"], _CODE[2:29]}
    assert _decide(city, "--date", night.isoformat())["rulings"] == 0, "nothing is left to be tied"


def test_a_search_narrows_what_is_tied_and_what_was_paid_since_is_refused(city: City) -> None:
    ran = _decide(city, "--channel", "口座振替")
    assert ran["rulings"] == 2
    said = elqr("review", "trail", "--job", city.job).out
    assert "→ 0000020269" in said and "→ A2" in said, "whoever approves sees a number of each notice"
    late = transfer_file(transfer_row("A1", 10_000), debit_on=date(2026, 11, 4))
    city.deliver("d.dat", late)
    city.night(_NEXT)
    assert [row[2] for row in city.outcomes(_NEXT)] == ["一致"]
    code, said = _approve(city, ran["review"], "佐藤")
    assert code == 3 and "4,000円" in said, "the claim that was paid meanwhile takes nothing more"
