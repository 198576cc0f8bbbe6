"""収入日: kept from the files that state it, shown where the days of a payment are shown, and never guessed."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from elqr.formats.intake.delivered_file import judge_file
from elqr.vocabulary.frames import Payment
from tests.builders import NIGHT, PAYMENT_SPECS, SPECS, City, codes, elqr, eltax_file, eltax_row, notice_row
from tests.cases.prepared import prepared
from tests.formats.csv_cases import ELTAX_PAYMENT

STATED = {"eltax_payment_csv", "payment_by_hand_csv"}
"""The shipped formats whose items include a 収入日. A 振込日, 資金化日 or 経理処理日 is none."""


def _city_of(folder: Path) -> City:
    """Two claims of 10,000 yen; one is paid by a record that states a 収入日, the other by one that does not."""
    city = City.founded(folder)
    city.notices(notice_row(), notice_row(bill_no="100002"))
    city.night(date(2026, 11, 4))
    rows = []
    for number, (bill_no, day) in enumerate((("100001", date(2026, 11, 9)), ("100002", None)), start=1):
        key_no, check_no = city.issued()["kokuho", bill_no, 1, 1]
        rows.append(eltax_row(key_no, check_no, 10_000, received_on=day, serial_no=f"{number:08d}"))
    city.deliver("eltax.csv", eltax_file(*rows))
    assert city.night().code == 0
    return city


@pytest.fixture
def city(tmp_path: Path) -> City:
    return prepared(tmp_path / "city", _city_of)


@pytest.mark.parametrize("name", PAYMENT_SPECS)
def test_only_formats_that_state_a_received_day_have_one(name: str) -> None:
    pay = SPECS[name].payment
    assert pay is not None
    assert (pay.received_on is not None) is (name in STATED)


def test_a_record_may_leave_it_out() -> None:
    without = ELTAX_PAYMENT.data.replace(b"20261105,20261106", b"20261105,")
    for data, days in ((ELTAX_PAYMENT.data, [date(2026, 11, 6)]), (without, [None])):
        intake = judge_file(data, "f", [SPECS[ELTAX_PAYMENT.spec]], NIGHT)
        assert intake.payments is not None and intake.payments[Payment.RECEIVED_ON].to_list() == days


def test_it_is_kept_in_the_ledger_and_shown(city: City) -> None:
    assert city.sql("SELECT received_on FROM payment ORDER BY payment_no") == [("2026-11-09",), (None,)]
    shown = {}
    for bill_no in ("100001", "100002"):
        cards = elqr("claim", "show", bill_no, "--json", "--job", city.job).json["claims"]
        ((payment,),) = [card["payments"] for card in cards]  # type: ignore[index]
        text = elqr("claim", "show", bill_no, "--job", city.job).out
        shown[bill_no] = (payment["received_on"], "収入日 令和8年11月9日" in text, "収入日" in text)
    assert shown == {"100001": ("2026-11-09", True, True), "100002": (None, False, False)}


def test_it_is_exported_in_the_collection_history(city: City) -> None:
    assert elqr("export", "make", "--by", "山田", "--job", city.job).code == 0
    (path,) = (city.folder / "out" / "export" / "000001").glob("elqr_history_*")
    rows = pl.read_csv(path, infer_schema=False)
    assert rows.select("通知書番号", "領収日", "収入日", "資金化日").rows() == [
        ("100001", "20261105", "20261109", "20261112"),
        ("100002", "20261105", None, "20261112"),
    ]


def test_it_is_in_the_details_of_a_payment(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city")
    city.deliver("eltax.csv", eltax_file(eltax_row("9" * 20, "123456", 777, received_on=date(2026, 11, 9))))
    assert city.night().code == 3
    page = (city.drawn() / "index.html").read_text(encoding="utf-8")
    assert json.dumps(["収入日", "2026-11-09"], ensure_ascii=False, separators=(",", ":")) in page


@pytest.mark.parametrize("day", ["'2026-11-10'", "NULL"])
def test_a_day_that_was_changed_is_told(city: City, day: str) -> None:
    assert codes(elqr("verify", "--json", "--job", city.job)) == []
    city.damage(f"UPDATE payment SET received_on = {day} WHERE payment_no = 1")
    assert codes(elqr("verify", "--json", "--job", city.job)) == ["L505"]


def test_a_payment_that_comes_again_with_another_received_day_is_the_same_payment(city: City) -> None:
    """The day on which a city books is not what tells payments apart: the first one stays."""
    key_no, check_no = city.issued()["kokuho", "100001", 1, 1]
    city.deliver("again.csv", eltax_file(eltax_row(key_no, check_no, 10_000, received_on=date(2026, 11, 10))))
    ran = city.night(date(2026, 11, 21))
    assert ran.places() == {"already_posted": (1, 10_000)}
    assert city.sql("SELECT sum(yen) FROM posting") == [(20_000,)]
