"""Sums of claims (まとめて納めた調定): against every choice, counted one by one."""

from datetime import date
from itertools import combinations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from elqr.rules.joint_payment import FEW, claims_adding_up
from elqr.vocabulary.arrival_frames import Unpaid


def _claims(*own: tuple[int, str, str, int, int]) -> pl.DataFrame:
    """Frame Unpaid of (claim_no, payer, bill, instalment, yen)."""
    base = {name: None for name in Unpaid.SCHEMA} | {
        "procedure_code": "kokuho", "levy_year": 2026, "tax_year": 2026, "due_on": date(2026, 9, 30),
    }  # fmt: skip
    rows = [
        base | {"claim_no": no, "payer_ref": payer, "bill_no": bill, "installment_no": part, "left_yen": yen}
        for no, payer, bill, part, yen in own
    ]
    return pl.DataFrame(rows, schema=Unpaid.SCHEMA)


def _found(claims: pl.DataFrame, *amounts: int) -> set[tuple[int, int]]:
    return set(claims_adding_up(claims, pl.Series(amounts, dtype=pl.Int64)).select("claim_no", "yen").rows())


def test_two_of_one_payers_three_bills_make_up_an_amount() -> None:
    three = [(1, "甲", "1", 1, 3_000), (2, "甲", "2", 1, 4_000), (3, "甲", "3", 1, 5_000), (4, "乙", "4", 1, 5_000)]
    assert _found(_claims(*three), 7_000) == {(1, 7_000), (2, 7_000)}
    assert _found(_claims(*three), 8_000) == {(1, 8_000), (3, 8_000)}, "the claim of another payer makes up nothing"
    assert _found(_claims(*three), 10_000) == set()


def test_of_many_claims_any_two_any_instalments_in_a_row_and_all_are_looked_at() -> None:
    """Twelve instalments of 1,001, 1,002, … yen: no two choices of a kind have one sum by chance."""
    many = _claims(*((no, "甲", "1", no, 1_000 + 2**no) for no in range(1, 13)))
    yen = {no: 1_000 + 2**no for no in range(1, 13)}
    for chosen in ((5,), (3, 9), (4, 5, 6), (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11), tuple(yen)):
        amount = sum(yen[no] for no in chosen)
        assert _found(many, amount) == {(no, amount) for no in chosen}, chosen
    assert _found(many, sum(yen[no] for no in (2, 5, 9))) == set(), "three that are not in a row: the limit"


_PAYERS = st.lists(st.tuples(st.sampled_from("甲乙丙"), st.sampled_from("12"), st.integers(1, 9)), max_size=FEW)


@settings(max_examples=100, deadline=None)
@given(_PAYERS, st.lists(st.integers(1, 20), max_size=3))
def test_of_few_claims_every_choice_is_looked_at(own: list[tuple[str, str, int]], amounts: list[int]) -> None:
    rows = [(no, payer, bill, no, yen) for no, (payer, bill, yen) in enumerate(own, start=1)]
    wanted = {
        (no, amount)
        for amount in amounts
        for size in range(1, len(rows) + 1)
        for chosen in combinations(rows, size)
        if len({row[1] for row in chosen}) == 1 and sum(row[4] for row in chosen) == amount
        for no, *_ in chosen
    }
    assert _found(_claims(*rows), *amounts) == wanted
