"""Limits per way to pay (納め方ごとの期限): a payment is late by the limit of the way in which it was made."""

from datetime import date
from pathlib import Path

import pytest

from elqr.vocabulary.terms import Outcome
from tests.builders import (
    JOB,
    NIGHT,
    City,
    barcode,
    codes,
    cvs_file,
    cvs_row,
    elqr,
    eltax_file,
    eltax_row,
    notice_row,
    payeasy_file,
    payeasy_row,
)

_JOB = JOB.replace('"eltax_payment_csv"]', '"eltax_payment_csv", "payeasy_csv"]')
_UNTIL, _BARCODE, _MPN = date(2026, 11, 10), date(2026, 11, 5), date(2026, 11, 15)
_DAYS = [date(2026, 11, day) for day in (5, 6, 10, 11, 15, 16)]
_LATE, _ON = Outcome.LATE.label, Outcome.MATCHED.label
# 納め方: 領収日ごとの消込結果
EXPECTED = {
    "バーコード": [_ON, _LATE, _LATE, _LATE, _LATE, _LATE],
    "eL-QR": [_ON, _ON, _ON, _LATE, _LATE, _LATE],
    "ペイジー": [_ON, _ON, _ON, _ON, _ON, _LATE],
}


def _bill(way: int, day: int) -> str:
    return f"{way}{day}0001"


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> City:
    """One notice for each way and day, all with the same three limits."""
    city = City.founded(tmp_path_factory.mktemp("limits") / "city", _JOB)
    limits = {"payable_until_on": _UNTIL, "barcode_until_on": _BARCODE, "mpn_until_on": _MPN}
    bills = [_bill(way, day) for way in range(3) for day in range(len(_DAYS))]
    city.notices(*(notice_row(bill_no=bill, barcode=barcode(bill, 10_000, _BARCODE), **limits) for bill in bills))
    assert city.night(date(2026, 11, 4)).code == 0
    keys = {bill: city.issued()["kokuho", bill, 1, 1] for bill in bills}
    days = list(enumerate(_DAYS))
    city.deliver(
        "cvs.dat", cvs_file(*(cvs_row(barcode(_bill(0, no), 10_000, _BARCODE), paid_on=day) for no, day in days))
    )
    city.deliver(
        "eltax.csv",
        eltax_file(*(eltax_row(*keys[_bill(1, no)], 10_000, paid_on=day, serial_no=f"{no:08}") for no, day in days)),
    )
    city.deliver(
        "payeasy.csv",
        payeasy_file(
            *(payeasy_row(*keys[_bill(2, no)], 10_000, processed_on=day, serial_no=f"{no:08}") for no, day in days)
        ),
    )
    city.night(NIGHT)
    return city


@pytest.mark.parametrize(("way", "name"), list(enumerate(EXPECTED)))
def test_a_payment_is_late_by_the_limit_of_its_way(paid: City, way: int, name: str) -> None:
    rows = {row["通知書番号"]: row["消込結果"] for row in paid.report("消込結果")}
    assert [rows[_bill(way, day)] for day in range(len(_DAYS))] == EXPECTED[name]


def test_the_limits_are_proved(paid: City) -> None:
    assert elqr("verify", "--job", paid.job, "--date", NIGHT.isoformat()).code == 0


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"barcode_until_on": date(2026, 10, 30)}, "N603"),
        ({"mpn_until_on": date(2026, 10, 30)}, "N603"),
        ({"barcode_until_on": _BARCODE, "barcode": barcode("1", 10_000, _UNTIL)}, "N606"),
        ({"payable_until_on": _UNTIL, "barcode": barcode("1", 10_000, _BARCODE)}, "N606"),
    ],
    ids=["バーコード期限が納期限より前", "MPN期限が納期限より前", "バーコードの中の期限", "列がないとき"],
)
def test_a_limit_that_cannot_be_right_is_refused(tmp_path: Path, given: dict[str, object], code: str) -> None:
    city = City.founded(tmp_path / "city", _JOB)
    city.notices(notice_row(**given))
    assert codes(city.night(NIGHT)) == [code]
