"""Money and days of payments, paired: sums worked out by hand."""

from datetime import date, timedelta

import pytest

from elqr.rules.contract import Contract, Fee, overlapping
from elqr.rules.pairing import Credit, Due, pair_up
from elqr.vocabulary.terms import SettlementOutcome as Said

NIGHT = date(2026, 11, 20)


def day(number: int) -> date:
    return date(2026, 11, number)


def contract(**given: object) -> Contract:
    return Contract.model_validate({"name": "代行A", "specs": ("cvs_family_a",), **given})


def lines(own: Contract, dues: list[tuple[int, int, int]], credits: list[tuple[int, int]], night: date = NIGHT):  # type: ignore[no-untyped-def]
    """(結果, 資金化日, 入金日, 手数料) of days (day, payments, yen) and transfers (day, yen)."""
    made = pair_up(
        own,
        [Due(day(on), (no,), payments, yen) for no, (on, payments, yen) in enumerate(dues)],
        [Credit(day(on), no, yen) for no, (on, yen) in enumerate(credits)],
        night,
        lambda start, days: start + timedelta(days),
    )
    return [
        (
            line.outcome,
            [due.on.day for due in line.dues if due.on],
            [credit.on.day for credit in line.credits],
            line.fee_yen,
        )
        for line in made
    ]


def test_the_same_day_and_the_same_yen_agree() -> None:
    assert lines(contract(), [(12, 3, 30_000)], [(12, 30_000)]) == [(Said.AGREED, [12], [12], 0)]


def test_several_transfers_of_one_day_are_added_up() -> None:
    assert lines(contract(), [(12, 3, 30_000)], [(12, 10_000), (12, 20_000)]) == [(Said.AGREED, [12], [12, 12], 0)]


@pytest.mark.parametrize("money", [29_999, 30_001])
def test_one_yen_is_a_difference(money: int) -> None:
    assert lines(contract(), [(12, 3, 30_000)], [(12, money)]) == [(Said.DIFFERS, [12], [12], 0)]


def test_money_may_come_within_the_days_of_the_contract_and_not_after() -> None:
    dues, credits = [(12, 1, 10_000)], [(14, 10_000)]
    assert lines(contract(days=2), dues, credits) == [(Said.AGREED, [12], [14], 0)]
    assert lines(contract(days=1), dues, credits) == [(Said.NO_MONEY, [12], [], 0), (Said.NO_PAYMENTS, [], [14], 0)]
    assert lines(contract(days_before=2), [(14, 1, 10_000)], [(12, 10_000)]) == [(Said.AGREED, [14], [12], 0)]


def test_payments_wait_for_money_until_their_last_day() -> None:
    dues = [(12, 1, 10_000)]
    assert lines(contract(days=3), dues, [], day(15)) == [(Said.AWAITED, [12], [], 0)]
    assert lines(contract(days=3), dues, [], day(16)) == [(Said.NO_MONEY, [12], [], 0)]


def test_money_in_two_parts_on_two_days_agrees() -> None:
    assert lines(contract(days=3), [(12, 1, 10_000)], [(12, 9_999), (13, 1)]) == [(Said.AGREED, [12], [12, 13], 0)]


def test_a_friday_and_a_saturday_paid_apart_on_monday_each_find_their_own() -> None:
    found = lines(contract(days=3), [(13, 1, 10_000), (14, 1, 20_000)], [(16, 20_000), (16, 10_000)])
    assert found == [(Said.AGREED, [13], [16], 0), (Said.AGREED, [14], [16], 0)]


def test_days_are_joined_only_where_the_contract_says_so() -> None:
    dues, credits = [(12, 1, 10_000), (13, 1, 20_000), (14, 2, 5_000)], [(16, 35_000)]
    assert lines(contract(days=4, joined=True), dues, credits) == [(Said.AGREED, [12, 13, 14], [16], 0)]
    apart = lines(contract(days=4), dues, credits)
    assert apart[0] == (Said.DIFFERS, [12], [16], 0)
    assert [said for said, *_ in apart[1:]] == [Said.NO_MONEY, Said.NO_MONEY]


def test_a_missing_transfer_does_not_take_the_next_day_s_money() -> None:
    found = lines(contract(days=3), [(12, 1, 10_000), (13, 1, 20_000)], [(13, 19_999)])
    assert found == [(Said.DIFFERS, [13], [13], 0), (Said.NO_MONEY, [12], [], 0)]


@pytest.mark.parametrize(
    ("fee", "payments", "yen", "kept"),
    [
        ({"per_payment_yen": 55}, 3, 30_000, 165),
        ({"per_transfer_yen": 330}, 3, 30_000, 330),
        # 52円 × 3件 × 1.10 ＝ 171.6円
        ({"per_payment_yen": 52, "tax_percent": 10}, 3, 30_000, 171),
        ({"per_payment_yen": 52, "tax_percent": 10, "rounding": "四捨五入"}, 3, 30_000, 172),
        ({"per_payment_yen": 52, "tax_percent": 10, "rounding": "切上げ"}, 3, 30_000, 172),
        # 0.99 % of 39,500円 ＝ 391.05円
        ({"per_10000": 99}, 1, 39_500, 391),
        ({"per_10000": 99, "rounding": "切上げ"}, 1, 39_500, 392),
        # （55円 × 2件 ＋ 110円）＋ 1 % of 12,345円 ＝ 343.45円
        ({"per_payment_yen": 55, "per_transfer_yen": 110, "per_10000": 100}, 2, 12_345, 343),
        ({}, 3, 30_000, 0),
    ],
)
def test_fees_are_added_up_taxed_and_rounded_once(fee: dict[str, object], payments: int, yen: int, kept: int) -> None:
    assert Fee.model_validate(fee).of(payments, yen) == kept
    own = contract(fee=fee)
    said = Said.AGREED_NET if kept else Said.AGREED
    assert lines(own, [(12, payments, yen)], [(12, yen - kept)]) == [(said, [12], [12], kept)]
    assert lines(own, [(12, payments, yen)], [(12, yen - kept - 1)]) == [(Said.DIFFERS, [12], [12], kept)]


def test_the_whole_sum_where_a_fee_was_agreed_is_a_difference() -> None:
    assert lines(contract(fee={"per_payment_yen": 55}), [(12, 3, 30_000)], [(12, 30_000)]) == [
        (Said.DIFFERS, [12], [12], 165)
    ]


def test_one_transfer_of_joined_days_costs_one_transfer() -> None:
    own = contract(days=4, joined=True, fee={"per_transfer_yen": 330})
    assert lines(own, [(12, 1, 10_000), (13, 1, 20_000)], [(16, 29_670)]) == [(Said.AGREED_NET, [12, 13], [16], 330)]


def test_money_taken_back_of_no_known_deposit_is_a_difference() -> None:
    assert lines(contract(), [], [(13, -10_000)]) == [(Said.DIFFERS, [], [13], 0)]


def test_what_is_outside_or_before_the_first_day_is_not_compared() -> None:
    assert lines(contract(outside=True), [(12, 1, 1)], [(12, 2)]) == [
        (Said.OUTSIDE, [12], [], 0),
        (Said.OUTSIDE, [], [12], 0),
    ]
    found = lines(contract(since=day(13)), [(12, 1, 1), (13, 1, 5)], [(12, 2), (13, 5)])
    assert found == [(Said.OUTSIDE, [12], [], 0), (Said.OUTSIDE, [], [12], 0), (Said.AGREED, [13], [13], 0)]


def test_contracts_that_claim_the_same_payments_are_named() -> None:
    one, two = contract(), contract(name="代行B", channels=("cvs",))
    assert overlapping((one, two)) == ["代行A と 代行B（cvs_family_a）"]
    assert overlapping((contract(channels=("app",)), two)) == []
