"""照会: a key that stays the same over re-issues, in a city's nights; and 再発行 digits that were never issued."""

from datetime import date, timedelta
from itertools import permutations
from pathlib import Path

import polars as pl
import pytest

from elqr.rules.notice_lookup import registered_keys
from elqr.rules.suggestions import neighbours, suggestions
from elqr.store.ledger_file import open_ledger
from elqr.store.queries.arrears import named_claims
from elqr.store.queries.undecided import covers
from elqr.vocabulary.frames import Candidate, Payment
from tests.builders import JOB, NIGHT, ROOT, City, barcode, cvs_file, cvs_row, notice_row, transfer_file, transfer_row

_REISSUED_ON = date(2026, 11, 8)
_FIRST = notice_row(customer_no="A1")
_AGAIN = notice_row(customer_no="A1", issue_no=2, issued_on=_REISSUED_ON, payable_until_on=date(2026, 12, 31))
_CANCELLED = notice_row(customer_no="A1", change_kind="9")


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City.founded(tmp_path / "city")


def _debit(day: date, *yen: int) -> bytes:
    return transfer_file(*(transfer_row("A1", own) for own in yen), debit_on=day)


def _outcome(city: City, night: date) -> list[tuple[object, ...]]:
    return [row[2:] for row in city.outcomes(night)]


REISSUES = [
    ("取り消して再発行した前の引落", [_FIRST, _CANCELLED, _AGAIN], date(2026, 11, 2), ("旧納付書による納付", 10_000, 0)),
    ("再発行だけ取り消した", [_FIRST, _AGAIN, _AGAIN | {"change_kind": "9"}], date(2026, 11, 21), ("一致", 10_000, 0)),
    ("最初の発行より前の引落", [_FIRST, _AGAIN], date(2026, 9, 28), ("発行前の領収", 0, 10_000)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "rows", "paid_on", "wanted"), REISSUES, ids=[row[0] for row in REISSUES])
def test_a_customer_number_means_the_notice_in_force_on_the_day_of_the_debit(
    city: City, name: str, rows: list[dict[str, object]], paid_on: date, wanted: tuple[str, int, int]
) -> None:
    """All in one night, or the notices one after the other on nights before: the same notice is meant."""
    other, night = city.copy(city.folder.parent / "other"), NIGHT + timedelta(days=9)
    city.notices(*rows)
    city.deliver("kouza.dat", _debit(paid_on, 10_000))
    city.night(night)
    for number, row in enumerate(rows):
        other.notices(row, name=f"{number}.csv")
        other.night(NIGHT + timedelta(days=number))
    other.deliver("kouza.dat", _debit(paid_on, 10_000))
    other.night(night)
    assert _outcome(city, night) == _outcome(other, night) == [wanted]


def test_debits_before_and_after_a_reissue_do_not_depend_on_their_order(city: City) -> None:
    city.notices(_FIRST, _AGAIN)
    files = {"a.dat": _debit(date(2026, 11, 2), 4_000), "b.dat": _debit(date(2026, 11, 10), 6_000)}
    for number, (first, second) in enumerate(permutations(files)):
        other = city.copy(city.folder.parent / f"order{number}")
        other.deliver(f"1{first}", files[first])
        other.deliver(f"2{second}", files[second])
        other.night()
        paid = {str(row["ファイル"])[1:]: (row["消込結果"], row["付記"]) for row in other.report("消込結果")}
        assert paid == {"a.dat": ("不足", "旧納付書"), "b.dat": ("一致", "")}


_CODES = [barcode("77", 10_000, None, digit) for digit in range(3)]
_SLIPS = [
    notice_row(barcode=_CODES[0]),
    notice_row(barcode=_CODES[1], issue_no=2, issued_on=_REISSUED_ON, payable_until_on=date(2026, 12, 31)),
]


def test_a_reissue_digit_that_was_never_issued_is_told_beside_the_outcome(city: City) -> None:
    city.notices(*_SLIPS)
    city.deliver("cvs.dat", cvs_file(cvs_row(_CODES[2], paid_on=date(2026, 11, 5))))
    city.night()
    (row,) = city.report("消込結果")
    assert (row["消込結果"], row["付記"]) == ("旧納付書による納付", "旧納付書・未発行の再発行番号")


@pytest.fixture
def strict(tmp_path: Path) -> City:
    """A city whose format says that the 再発行 digit belongs to the number."""
    spec = (ROOT / "specs" / "cvs_family_a.toml").read_text(encoding="utf-8")
    was = '"barcode.city_no"] }'
    assert was in spec
    folder = tmp_path / "specs"
    folder.mkdir()
    changed = spec.replace(was, '"barcode.city_no"], with_reissue_no = true }')
    (folder / "cvs_family_a.toml").write_text(changed, encoding="utf-8")
    return City.founded(tmp_path / "city", JOB.replace('out = "out"', f'out = "out"\nspecs = ["{folder}"]'))


def test_a_digit_that_belongs_to_the_number_names_its_own_notice_or_none(strict: City) -> None:
    strict.notices(*_SLIPS)
    strict.deliver("cvs.dat", cvs_file(*(cvs_row(code, paid_at=f"101{at}") for at, code in enumerate(_CODES))))
    strict.night()
    found = {row["照会キー"]: (row["消込結果"], row["付記"]) for row in strict.report("消込結果")}
    key = _CODES[0][2:29]
    assert found == {
        f"{key}0": ("旧納付書による納付", "旧納付書"),
        f"{key}1": ("発行前の領収", "発行前"),
        f"{key}2": ("該当なし", ""),
    }
    (waiting,) = [row for row in strict.report("要確認一覧") if row["理由"] == "該当なし"]
    assert waiting["近い納付書（候補）"] == "／".join(f"国民健康保険料 100001 1期（{how}）" for how in ["1桁違い"] * 2)


@pytest.mark.ledger_file
def test_who_meets_on_a_claim_is_known_by_numbers_with_and_without_the_digit(strict: City) -> None:
    """What the machines of a cluster ask to put payments together that may influence each other."""
    strict.notices(*_SLIPS)
    strict.night()
    digits = _CODES[0][2:29]
    keys = [digits, f"{digits}0", f"{digits}1", f"{digits}2"]
    asked = pl.DataFrame({"key_kind": ["barcode"] * 4, "key_digits": keys})
    with open_ledger(f"sqlite:///{strict.folder / 'ledger.db'}") as ledger, ledger.transaction() as connection:
        found = covers(connection, asked)
        named = named_claims(connection, asked.with_row_index("payment_no"))
    assert sorted(found.rows()) == [("barcode", key, 1) for key in keys[:3]]
    assert sorted(named.rows()) == [(no, 1) for no in range(3)], "what the reminder gate asks"


def test_only_a_bar_codes_number_has_a_digit_that_may_belong_to_it() -> None:
    keys = [("barcode", "1" * 27), ("barcode", "1" * 27 + "5"), ("customer", "1" * 28), ("barcode", "1" * 29)]
    found = registered_keys(pl.DataFrame(keys, schema=["key_kind", "key_digits"], orient="row"))
    assert found.rows() == [(*keys[0], None), ("barcode", "1" * 27, "5"), (*keys[2], None), (*keys[3], None)]


@pytest.mark.parametrize(("paid_on", "wanted"), [(date(2026, 11, 5), 1), (date(2026, 11, 9), 2)])
def test_a_suggestion_names_the_notice_that_the_key_would_have_meant(paid_on: date, wanted: int) -> None:
    row = {"payment_no": 9, "key_kind": "barcode", "key_digits": "12346", "reissue_no": "0", "paid_on": paid_on}
    near = neighbours(pl.DataFrame([row], schema_overrides=Payment.SCHEMA))
    notices = [(1, 1, date(2026, 10, 1)), (2, 2, _REISSUED_ON)]
    known = pl.DataFrame(
        [
            dict.fromkeys(Candidate.SCHEMA)
            | {"key_kind": "barcode", "key_digits": "12345", "reissue_no": "0", "is_cancelled": False}
            | {"notice_no": notice_no, "issue_no": issue_no, "issued_on": issued_on}
            for notice_no, issue_no, issued_on in notices
        ],
        schema=Candidate.SCHEMA,
    )
    assert suggestions(near, known).rows() == [(9, wanted, "1桁違い")]
