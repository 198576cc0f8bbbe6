"""What staff answer the telephone with: a claim by any of its numbers, however they are written."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from elqr.report.claim_card import outcome_words
from elqr.vocabulary.terms import PLACE_OF, Outcome, Stage
from tests.builders import City, barcode, elqr, eltax_file, eltax_row, notice_row
from tests.cases.prepared import prepared

_ISSUED, _PAID, _CHANGED, _NOW = (date(2026, 11, day) for day in (20, 21, 22, 24))


def _show(city: City, number: str, *more: object) -> list[dict[str, Any]]:
    ran = elqr("claim", "show", number, "--json", "--job", city.job, "--date", _NOW.isoformat(), *more)
    assert ran.code == (0 if ran.json["claims"] else 1), ran.err
    return ran.json["claims"]  # type: ignore[no-any-return]


def _city_of(folder: Path) -> City:
    """Two claims: one of 10,000 yen paid short by two payments and then raised; one of fees that nobody paid."""
    city = City.founded(folder)
    first = notice_row(customer_no="00000000000000012345", pension_no="1" * 21)
    fees = notice_row(bill_no="100001", installment_no=2, principal_yen=7_000, demand_fee_yen=100, late_charge_yen=300)
    city.notices(first, fees)
    city.night(_ISSUED)
    key_no, check_no = city.issued()["kokuho", "100001", 1, 1]
    rows = [eltax_row(key_no, check_no, yen, serial_no=f"{yen:08}") for yen in (4_000, 7_000)]
    city.deliver("paid.csv", eltax_file(*rows, eltax_row("9" * 20, check_no, 1)))
    assert city.night(_PAID).code == 3
    city.notices(notice_row(issue_no=2, principal_yen=12_000, issued_on=_CHANGED), name="raised.csv")
    city.night(_CHANGED)
    return city


@pytest.fixture
def city(tmp_path: Path) -> City:
    return prepared(tmp_path / "city", _city_of)


def test_a_claim_is_shown_with_all_that_the_ledger_knows_of_it(city: City) -> None:
    (claim,) = _show(city, "100001", "--installment", "1")
    assert {name: claim[name] for name in ("procedure_code", "levy_year", "tax_year", "bill_no", "installment_no")} == {
        "procedure_code": "kokuho", "levy_year": 2026, "tax_year": 2026, "bill_no": "100001", "installment_no": 1,
    }  # fmt: skip
    assert (claim["owed_yen"], claim["collected_yen"], claim["open_yen"]) == (12_000, 10_000, 2_000)
    assert claim["due_on"] == "2026-10-31"
    entries = [(entry["kind"], entry["principal_yen"], entry["night_on"]) for entry in claim["entries"]]
    assert entries == [("assessed", 10_000, _ISSUED.isoformat()), ("increased", 2_000, _CHANGED.isoformat())]
    assert [(notice["issue_no"], notice["amount_yen"]) for notice in claim["notices"]] == [(1, 10_000), (2, 12_000)]
    payments = [(row["outcome"], row["claim_yen"], row["suspense_yen"]) for row in claim["payments"]]
    assert payments == [("underpaid", 4_000, 0), ("overpaid", 6_000, 1_000)]


def test_the_items_of_what_was_collected_are_shown_where_they_are_known(city: City) -> None:
    fees = next(claim for claim in _show(city, "100001") if claim["installment_no"] == 2)
    nothing = {name: {"owed_yen": yen, "collected_yen": 0} for name, yen in _FEES.items()}
    assert fees["items"] == nothing
    key_no, check_no = city.issued()["kokuho", "100001", 2, 1]
    for day, yen, known in ((23, 5_000, None), (24, 2_400, "all")):
        row = eltax_row(key_no, check_no, yen, serial_no=f"{yen:08}", paid_on=date(2026, 11, 20))
        city.deliver(f"{yen}.csv", eltax_file(row))
        city.night(date(2026, 11, day))
        (fees,) = _show(city, key_no)
        assert fees["items"] == {
            name: {"owed_yen": owed, "collected_yen": owed if known else None} for name, owed in _FEES.items()
        }


_FEES = {"principal": 7_000, "demand_fee": 100, "late_charge": 300}


def test_any_number_finds_the_claim_however_it_is_written(city: City) -> None:
    key_no, _ = city.issued()["kokuho", "100001", 1, 1]
    numbers = (
        key_no,
        f"{key_no[:4]}-{key_no[4:12]} {key_no[12:]}",
        key_no.translate({ord("0") + digit: ord("０") + digit for digit in range(10)}),
        "0000000000 0000012345",
        "1" * 21,
    )
    for number in numbers:
        assert [claim["installment_no"] for claim in _show(city, number)] == [1], number
    assert [claim["installment_no"] for claim in _show(city, " １００-００１ ")] == [1, 2]
    assert [claim["installment_no"] for claim in _show(city, "100001", "--procedure", "kenzei")] == []
    assert _show(city, "9" * 20) == [] and _show(city, "文字") == [], "a key that no notice has"


def test_a_bar_code_and_an_eLQR_find_the_claim_by_all_their_digits(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city")
    code = barcode("1", 10_000, date(2026, 11, 30))
    city.notices(notice_row(barcode=code), notice_row(bill_no="100002"))
    city.night(_ISSUED)
    ((digits,),) = city.sql("SELECT digits FROM payload JOIN notice USING (notice_no) WHERE bill_no = '100002'")
    assert len(code) == 44 and len(digits) == 255
    assert [claim["bill_no"] for claim in _show(city, code)] == ["100001"]
    assert [claim["bill_no"] for claim in _show(city, digits)] == ["100002"]


def test_staff_read_it_in_japanese_and_are_told_when_there_is_nothing(city: City) -> None:
    ran = elqr("claim", "show", "100001", "--job", city.job, "--date", _NOW.isoformat())
    assert ran.code == 0
    for words in ("調定額 12,000円　収納額 10,000円　未収額 2,000円", "増額更正　+2,000円", "確報・要確認（過納）"):
        assert words in ran.out
    nothing = elqr("claim", "show", "77", "--job", city.job, "--date", _NOW.isoformat())
    assert nothing.code == 1 and nothing.err.startswith("番号 77 の調定はありません。") and nothing.out == ""


def test_a_card_shows_the_ledger_of_now_and_an_earlier_day_is_refused(city: City) -> None:
    ran = elqr("claim", "show", "100001", "--job", city.job, "--date", _PAID.isoformat())
    assert (ran.code, ran.out) == (1, "")
    assert f"処理日（{_PAID}）が、台帳の最後の処理日（{_CHANGED}）より前です。" in ran.err


@pytest.mark.parametrize(
    ("stage", "outcome", "words"),
    [
        (Stage.PRELIMINARY, Outcome.PENDING, "速報（確報待ち）"),
        (Stage.CANCELLED, Outcome.TAKEN_BACK, "速報取消"),
        (Stage.CONFIRMED, Outcome.MATCHED, "確報・収納（一致）"),
        (Stage.CONFIRMED, Outcome.OVERPAID, "確報・要確認（過納）"),
        (Stage.UNDECIDED, Outcome.NOT_COLLECTED, "結果未着・振替不能"),
        (Stage.CONFIRMED, Outcome.ALREADY_POSTED, "確報・計上済（再受信）"),
    ],
)
def test_what_became_of_a_payment_is_said_once(stage: Stage, outcome: Outcome, words: str) -> None:
    assert outcome_words({"stage": stage, "place": PLACE_OF[outcome], "outcome": outcome}) == words
