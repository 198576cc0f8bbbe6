"""全期 in a city's ledger: instalments that fall away, totals that are asked for, and files in any order."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders import NIGHT, City, codes, elqr, notice_file, notice_row, transfer_file, transfer_row

_TOTAL = 4_000


def _part(number: int, **given: object) -> dict[str, object]:
    return notice_row(installment_no=number, **({"principal_yen": 1_000} | given))


def _whole(yen: int = _TOTAL, issue_no: int = 1, **given: object) -> dict[str, object]:
    own = {"customer_no": "W", "principal_yen": yen, "issue_no": issue_no}
    return notice_row(installment_no=0, **(own | given))


_PARTS = [_part(number) for number in (1, 2, 3, 4)]
_CANCELLED = _part(4, change_kind="9")


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City.founded(tmp_path / "city")


def _import(city: City, *rows: dict[str, object]) -> dict[str, Any]:
    path = city.folder / "rows.csv"
    path.write_bytes(notice_file(*rows))
    ran = elqr("notice", "import", path, "--job", city.job, "--json")
    assert ran.code in (0, 3), ran.err
    return ran.json


def _found(ran: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(finding["code"], finding["actual"], finding["expected"]) for finding in ran["findings"]]


def _paid(city: City, yen: int, day: date = NIGHT) -> list[tuple[object, ...]]:
    city.deliver(f"{day}.dat", transfer_file(transfer_row("W", yen), debit_on=day - timedelta(days=10)))
    city.night(day)
    assert elqr("verify", "--job", city.job, "--date", day.isoformat()).code == 0
    return [row[2:] for row in city.outcomes(day)]


_BY_CLAIM = """
    SELECT claim.installment_no, sum(yen) FROM posting JOIN claim ON claim.claim_no = posting.claim_no GROUP BY 1 ORDER BY 1
"""


def test_nothing_is_collected_for_an_instalment_that_was_cancelled(city: City) -> None:
    _import(city, *_PARTS, _whole())
    _import(city, _CANCELLED)
    assert _paid(city, _TOTAL) == [("過納", 3_000, 1_000)]
    assert city.sql(_BY_CLAIM) == [(1, 1_000), (2, 1_000), (3, 1_000)]


def test_less_than_the_slip_asks_waits_whole_even_where_it_is_what_is_left(city: City) -> None:
    """What falls short of its slip is for people to decide on; the new total has a slip of its own."""
    _import(city, *_PARTS, _whole())
    _import(city, _CANCELLED)
    assert _paid(city, 3_000) == [("不足", 0, 3_000)]


@pytest.mark.parametrize("together", [False, True], ids=["取消のあとで", "取消と同じファイルで"])
def test_a_new_total_is_the_sum_of_the_instalments_that_stand(city: City, together: bool) -> None:
    _import(city, *_PARTS, _whole())
    before = [] if together else [_CANCELLED]
    if before:
        _import(city, *before)
    now = [_CANCELLED] if together else []
    assert _found(_import(city, _whole(4_000, 2), *now)) == [("N608", "4000", "3000")]
    ran = _import(city, *now, _whole(3_000, 2))
    assert _found(ran) == [] and ran["count"] == 1
    assert _paid(city, 3_000) == [("一致", 3_000, 0)]


def test_an_instalment_that_was_issued_again_still_stands(city: City) -> None:
    """Its first slip is cancelled, but a newer one asks for what is owed."""
    _import(city, *_PARTS)
    _import(city, _CANCELLED, _part(4, issue_no=2, principal_yen=500))
    assert _found(_import(city, _whole(4_000))) == [("N608", "4000", "3500")]
    assert _found(_import(city, _whole(3_500))) == []
    assert _paid(city, 3_500) == [("一致", 3_500, 0)]


def test_a_total_of_instalments_that_all_fell_away_is_refused(city: City) -> None:
    _import(city, *_PARTS, _whole())
    _import(city, *(_part(number, change_kind="9") for number in (1, 2, 3, 4)))
    (finding,) = _found(_import(city, _whole(4_000, 2)))
    assert finding[:2] == ("N608", "全期だけ")
    assert _paid(city, _TOTAL) == [("取消済納付書", 0, 4_000)]


def test_instalments_after_a_single_claim_never_stop_a_night(city: City) -> None:
    """First 全期 alone: one claim. What comes later is refused row by row, until that claim's slips are cancelled."""
    city.notices(_whole(), name="1.csv")
    city.night()
    city.notices(*_PARTS, _whole(issue_no=2), name="2.csv")
    ran = city.night(NIGHT + timedelta(days=1))
    assert ran.code == 3 and set(codes(ran)) == {"N608"}
    assert city.sql("SELECT installment_no, count(*) FROM claim GROUP BY 1") == [(0, 1)]
    gone = [_whole(change_kind="9"), _whole(issue_no=2, change_kind="9")]
    city.notices(*gone, *_PARTS, _whole(issue_no=3), name="3.csv")
    assert city.sql("SELECT count(*) FROM notice_claim") == [(2,)]
    day = NIGHT + timedelta(days=2)
    assert _paid(city, _TOTAL, day) == [("一致", 4_000, 0)]
    assert city.sql(_BY_CLAIM) == [(1, 1_000), (2, 1_000), (3, 1_000), (4, 1_000)]
    totals = elqr("year", "--fiscal-year", "2026", "--job", city.job, "--as-of", day.isoformat(), "--json").json[
        "totals"
    ]
    assert (totals["調定額"], totals["収納額"]) == (4_000, 4_000), "the replaced claim asks for nothing any more"  # type: ignore[index]


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)])
def test_files_of_instalments_and_totals_in_any_order_end_in_rows_and_findings(
    city: City, order: tuple[int, ...]
) -> None:
    files = ([_whole()], _PARTS, [*_PARTS, _whole(issue_no=2), _CANCELLED])
    for number in order:
        _import(city, *files[number])
    paid = city.sql("SELECT notice_no FROM notice EXCEPT SELECT notice_no FROM notice_claim")
    assert paid == [], "every notice pays a claim"


def test_a_whole_year_slip_is_refused_for_a_payment_of_its_night_as_on_the_night_before(city: City) -> None:
    """The 0円 record puts nothing on its claim, so the older 全期 slip is what it is on a night of its own."""
    rows = [_part(1, customer_no="P"), *_PARTS[1:], _whole(), _whole(issue_no=2)]
    _import(city, *rows)
    city.deliver("a.dat", transfer_file(transfer_row("P", 0), transfer_row("W", _TOTAL)))
    city.night()
    assert [row[2:] for row in city.outcomes()] == [("不足", 0, 0), ("一致", 4_000, 0)]
