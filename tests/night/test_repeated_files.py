"""Files that say nothing new: a day without payments is read; the same file with another day is told once."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from elqr.formats.intake.delivered_file import judge_file
from tests.builders import (
    NIGHT,
    SPECS,
    City,
    barcode,
    codes,
    cvs_file,
    cvs_row,
    notice_row,
    transfer_file,
    transfer_row,
)

_PAYMENTS = [spec for spec in SPECS.values() if spec.purpose == "payment"]


def test_a_day_without_payments_is_a_file_like_any_other() -> None:
    """Of family B no header is published, so that nothing tells such a file there."""
    intake = judge_file(cvs_file(), "f", [SPECS["cvs_family_a"]], NIGHT)
    assert (intake.spec_name, intake.findings) == ("cvs_family_a", ())
    assert intake.payments is not None and intake.payments.is_empty()


def test_of_two_formats_without_payments_the_verified_one_is_taken() -> None:
    assert judge_file(cvs_file(), "f", _PAYMENTS, NIGHT).spec_name == "cvs_family_a"


@pytest.mark.parametrize("data", [
    cvs_file().replace(b"20261106", b"20261306"), cvs_file()[:122], cvs_file().replace(b"\r\n8", b"\r\nX"),
    b"1" + b" " * 119 + b"\r\n9" + b" " * 119 + b"\r\n",
])  # fmt: skip
def test_what_has_no_header_of_ours_is_still_unknown(data: bytes) -> None:
    assert judge_file(data, "f", [SPECS["cvs_family_a"]], NIGHT).findings


def test_a_night_takes_in_a_day_without_payments(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city")
    city.notices(notice_row())
    city.deliver("cvs.dat", cvs_file())
    ran = city.night()
    assert ran.code == 0 and {row["結果"] for row in city.report("取込結果")} == {"取込"}


def _delivered(folder: Path) -> tuple[City, list[dict[str, object]]]:
    city = City.founded(folder)
    city.notices(*(notice_row(bill_no=str(no), payer_ref=str(no), customer_no=f"{no:020}") for no in range(1, 7)))
    rows = [transfer_row(f"{no:020}", 10_000) for no in range(1, 7)]
    city.deliver("furikae_1102.dat", transfer_file(*rows, debit_on=date(2026, 11, 2)))
    return city, rows


@pytest.mark.parametrize("nights", [1, 2], ids=["一夜", "二夜"])
def test_the_same_transfers_with_another_day_are_told_once_for_the_file(tmp_path: Path, nights: int) -> None:
    city, rows = _delivered(tmp_path / "city")
    if nights == 2:
        assert city.night(NIGHT - timedelta(1)).code == 0
    city.deliver("furikae_1104.dat", transfer_file(*rows, debit_on=date(2026, 11, 4)))
    ran = city.night()
    (told,) = [finding for finding in ran.json["findings"] if finding["code"] == "M405"]  # type: ignore[attr-defined]
    assert told["at"] == "furikae_1104.dat" and told["actual"] == "6件中6件 60,000円（領収日 2026-11-04）"
    assert "furikae_1102.dat" in told["expected"] and "2026-11-02" in told["expected"]
    assert ran.code == 3
    places = {(place, yen) for _, _, outcome, place, yen in city.outcomes() if outcome == "二重納付"}
    assert places == {(0, 10_000)}, "the money stands in suspense until it is decided"


def test_one_payer_who_pays_twice_is_no_repeated_file(tmp_path: Path) -> None:
    city, rows = _delivered(tmp_path / "city")
    others = [transfer_row(f"9{no:019}", 10_000) for no in range(4)]
    city.deliver("furikae_1104.dat", transfer_file(*rows[:2], *others, debit_on=date(2026, 11, 4)))
    assert "M405" not in codes(city.night())


def test_bar_codes_paid_again_on_another_day_are_no_repeated_file_below_three(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city")
    city.notices(notice_row(barcode=barcode("1", 10_000, date(2026, 11, 30))))
    code = barcode("1", 10_000, date(2026, 11, 30))
    city.deliver("a.dat", cvs_file(cvs_row(code, paid_on=date(2026, 11, 4))))
    city.deliver("b.dat", cvs_file(cvs_row(code, paid_on=date(2026, 11, 5))))
    assert "M405" not in codes(city.night())
