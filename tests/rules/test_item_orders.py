"""The city's order (充てる順序): into which items a payment goes that is less than what its notice asks."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from elqr.rules.claim_items import fill
from tests.builders import JOB, REGISTER, City, elqr, eltax_file, eltax_row, notice_row

_DAYS = [date(2026, 11, day) for day in range(16, 21)]
_FEE_FIRST, _LATE_FIRST = ("demand_fee", "principal", "late_charge"), ("late_charge", "demand_fee", "principal")


def _register(*order: str) -> str:
    said = "".join(f'"{item}", ' for item in order)
    return REGISTER.replace('code = "kokuho"', f'code = "kokuho"\norder = [{said}]') if order else REGISTER


def _pay(city: City, day: date, yen: int, number: int) -> None:
    key_no, check_no = city.issued()["kokuho", "100001", 1, 1]
    city.deliver(f"{day}.csv", eltax_file(eltax_row(key_no, check_no, yen, paid_on=day, serial_no=f"{number:08}")))
    city.night(day)


def _collected(city: City) -> list[int | None]:
    ran = elqr("claim", "show", "100001", "--json", "--job", city.job, "--date", _DAYS[-1].isoformat())
    (card,) = ran.json["claims"]  # type: ignore[misc]
    items: dict[str, Any] = card["items"]  # type: ignore[index]
    return [items[item]["collected_yen"] for item in ("principal", "demand_fee", "late_charge")]


# 手続台帳の順序: 4,000円の後と、さらに 6,200円の後の、本税・督促手数料・延滞金の収納（10,000円・100円・500円のうち）
ORDERS: dict[str, tuple[tuple[str, ...], list[int | None], list[int | None]]] = {
    "決めていない": ((), [None, None, None], [None, None, None]),
    "手数料から": (_FEE_FIRST, [3_900, 100, 0], [10_000, 100, 100]),
    "延滞金から": (_LATE_FIRST, [3_400, 100, 500], [9_600, 100, 500]),
    "本税から": (("principal", "demand_fee", "late_charge"), [4_000, 0, 0], [10_000, 100, 100]),
}


@pytest.mark.parametrize("name", ORDERS)
def test_a_part_payment_goes_into_the_items_in_the_city_s_order(tmp_path: Path, name: str) -> None:
    order, first, second = ORDERS[name]
    city = City.founded(tmp_path / "city", JOB, _register(*order))
    city.notices(notice_row(principal_yen=10_000, demand_fee_yen=100, late_charge_yen=500))
    city.night(_DAYS[0])
    _pay(city, _DAYS[1], 4_000, 1)
    assert _collected(city) == first
    _pay(city, _DAYS[2], 6_200, 2)
    assert _collected(city) == second
    _pay(city, _DAYS[3], 400, 3)
    assert _collected(city) == [10_000, 100, 500]
    assert elqr("verify", "--job", city.job, "--date", _DAYS[-1].isoformat()).code == 0


def test_a_slip_for_a_part_is_paid_in_the_order_too(tmp_path: Path) -> None:
    """The slip asks 2,000 of 本税 and 100 of the fee; 1,000 come: the fee first."""
    city = City.founded(tmp_path / "city", JOB, _register(*_FEE_FIRST))
    city.notices(
        notice_row(principal_yen=10_000, demand_fee_yen=100, notice_kind="通常"),
        notice_row(principal_yen=2_000, demand_fee_yen=100, issue_no=2, notice_kind="分納"),
    )
    city.night(_DAYS[0])
    key_no, check_no = city.issued()["kokuho", "100001", 1, 2]
    city.deliver("a.csv", eltax_file(eltax_row(key_no, check_no, 1_000, paid_on=_DAYS[1])))
    city.night(_DAYS[1])
    assert _collected(city) == [900, 100, 0]
    city.deliver("b.csv", eltax_file(eltax_row(key_no, check_no, 1_100, paid_on=_DAYS[2], serial_no="00000002")))
    city.night(_DAYS[2])
    assert _collected(city) == [2_000, 100, 0]
    assert elqr("verify", "--job", city.job, "--date", _DAYS[-1].isoformat()).code == 0


def test_a_new_order_divides_only_what_is_paid_from_then_on(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city", JOB, _register(*_FEE_FIRST))
    city.notices(notice_row(principal_yen=10_000, demand_fee_yen=100, late_charge_yen=500))
    city.night(_DAYS[0])
    _pay(city, _DAYS[1], 4_000, 1)
    (city.folder / "procedures.toml").write_text(_register(*_LATE_FIRST), encoding="utf-8")
    assert _collected(city) == [3_900, 100, 0], "a register that no night has read changes nothing"
    _pay(city, _DAYS[2], 600, 2)
    assert _collected(city) == [4_000, 100, 500]
    (city.folder / "procedures.toml").write_text(_register(), encoding="utf-8")
    _pay(city, _DAYS[3], 1_000, 3)
    assert _collected(city) == [5_000, 100, 500], "only 本税 is open"
    assert city.sql("SELECT items FROM item_order ORDER BY order_no") == [
        (",".join(_FEE_FIRST),),
        (",".join(_LATE_FIRST),),
        ("",),
    ]
    assert elqr("verify", "--job", city.job, "--date", _DAYS[-1].isoformat()).code == 0


def test_a_night_that_runs_again_divides_by_the_order_that_held_on_it(tmp_path: Path) -> None:
    """4,000 paid without an order leave 6,000 of 10,000 本税 for a slip of 本税 alone, and 6,100 with the fee first."""
    city = City.founded(tmp_path / "city", JOB, _register())
    city.notices(
        notice_row(principal_yen=10_000, demand_fee_yen=100, notice_kind="通常"),
        notice_row(principal_yen=10_000, issue_no=2, notice_kind="分納"),
    )
    city.night(_DAYS[0])
    _pay(city, _DAYS[1], 4_000, 1)
    (city.folder / "procedures.toml").write_text(_register(*_FEE_FIRST), encoding="utf-8")
    city.night(_DAYS[2])
    key_no, check_no = city.issued()["kokuho", "100001", 1, 2]
    city.deliver("slip.csv", eltax_file(eltax_row(key_no, check_no, 10_000, paid_on=_DAYS[3], serial_no="00000002")))
    city.night(_DAYS[3])
    assert [row[2:] for row in city.outcomes(_DAYS[3])] == [("過納", 6_000, 4_000)]
    again = elqr("replay", "--job", city.job, "--from", _DAYS[0].isoformat())
    assert again.code == 0, again.out


def test_an_order_that_no_register_says_is_not_sealed(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city", JOB, _register(*_FEE_FIRST))
    city.notices(notice_row())
    assert city.night(_DAYS[0]).code == 0
    city.damage("INSERT INTO item_order SELECT order_no + 1, procedure_code, 'late_charge', night_on FROM item_order")
    ran = city.night(_DAYS[1])
    assert ran.code == 1 and "L523" in ran.err and "手続台帳の order のとおり" in ran.err


@pytest.mark.parametrize("order", ['["principal"]', '["principal", "principal", "late_charge"]', '["tax"]'])
def test_an_order_names_each_item_once(tmp_path: Path, order: str) -> None:
    register = REGISTER.replace('code = "kokuho"', f'code = "kokuho"\norder = {order}')
    city = City.founded(tmp_path / "city", JOB, register)
    ran = city.night(_DAYS[0])
    assert ran.code == 1 and "order" in ran.err and "procedures.toml" in ran.err


def test_what_is_filled_is_conserved() -> None:
    assert fill(700, [500, 100, 300], (2, 1, 0)) == [300, 100, 300]
    assert fill(2_000, [500, 100, 300], (1, 0, 2)) == [500, 100, 300]
