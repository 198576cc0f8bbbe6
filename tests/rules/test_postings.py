"""Postings (計上): decisions in, postings out. Yen and accounting years by hand, from the rules of the field."""

from datetime import date

import polars as pl
import pytest

from elqr.arithmetic.fiscal_year import WithoutPeriod
from elqr.rules.postings import postings, year_days
from elqr.vocabulary.counted_frames import CountedDay
from elqr.vocabulary.frames import Allocation, Decision, Payment, Posting
from tests.cases.frame import frame_of

NOVEMBER = date(2026, 11, 5)
WATER = WithoutPeriod("suido", date.min, date.max)

Paid = tuple[int, date, str | None, list[tuple[int, int, int]], int]
"""受付番号, 領収日, 手続, (調定, 賦課年度, 円) of each claim, 仮受の円."""


def posted(
    *paid: Paid, without: tuple[WithoutPeriod, ...] = (WATER,), counted: tuple[dict[str, object], ...] = ()
) -> pl.DataFrame:
    decisions = [
        {
            "payment_no": no,
            "procedure_code": code,
            "claim_yen": sum(yen for *_, yen in claims),
            "suspense_yen": held,
        }
        for no, _, code, claims, held in paid
    ]
    allocations = [
        {"payment_no": no, "claim_no": claim_no, "levy_year": levy_year, "claim_yen": yen}
        for no, _, _, claims, _ in paid
        for claim_no, levy_year, yen in claims
    ]
    payments = [{"payment_no": no, "paid_on": on} for no, on, *_ in paid]
    days = year_days(frame_of(Payment, *payments), frame_of(CountedDay, *counted))
    return postings(frame_of(Decision, *decisions), frame_of(Allocation, *allocations), days, without)


ONE: list[tuple[str, Paid, list[tuple[object, ...]]]] = [
    (
        "一致",
        (1, NOVEMBER, "kokuho", [(7, 2026, 10_000)], 0),
        [("claim", 7, 10_000, 2026, False, "kokuho")],
    ),
    (
        "不足は調定へ",
        (1, NOVEMBER, "kokuho", [(7, 2026, 1)], 0),
        [("claim", 7, 1, 2026, False, "kokuho")],
    ),
    (
        "過納の超えた額は仮受へ",
        (1, NOVEMBER, "kokuho", [(7, 2026, 10_000)], 500),
        [("claim", 7, 10_000, 2026, False, "kokuho"), ("suspense", None, 500, 2026, False, "kokuho")],
    ),
    (
        "二重納付は全額を仮受へ",
        (1, NOVEMBER, "kokuho", [], 10_000),
        [("suspense", None, 10_000, 2026, False, "kokuho")],
    ),
    (
        "該当なしは手続もわからない",
        (1, NOVEMBER, None, [], 12_000),
        [("suspense", None, 12_000, 2026, False, None)],
    ),
    (
        "全期は期別ごとに",
        (1, NOVEMBER, "kokuho", [(9, 2026, 3_001), (8, 2026, 2_999)], 0),
        [("claim", 8, 2_999, 2026, False, "kokuho"), ("claim", 9, 3_001, 2026, False, "kokuho")],
    ),
    ("速報と0円は何も計上しない", (1, NOVEMBER, "kokuho", [], 0), []),
]  # fmt: skip


@pytest.mark.parametrize(("paid", "wanted"), [row[1:] for row in ONE], ids=[row[0] for row in ONE])
def test_what_is_decided_of_a_payment_is_posted_once(paid: Paid, wanted: list[tuple[object, ...]]) -> None:
    made = posted(paid)
    assert made.drop(Posting.PAYMENT_NO).rows() == wanted
    assert dict(made.schema) == Posting.SCHEMA


YEARS = [
    ("年度の末日", "kokuho", 2025, date(2026, 3, 31), 2025, False),
    ("出納整理期間の初日", "kokuho", 2025, date(2026, 4, 1), 2025, False),
    ("出納整理期間の末日", "kokuho", 2025, date(2026, 5, 31), 2025, False),
    ("出納閉鎖の翌日", "kokuho", 2025, date(2026, 6, 1), 2026, True),
    ("前々年度は整理期間でも今の年度", "kokuho", 2024, date(2026, 4, 1), 2026, True),
    ("前々年度を年度の末日に", "kokuho", 2024, date(2026, 3, 31), 2025, True),
    ("年度の前に納めた", "kokuho", 2026, date(2026, 3, 31), 2026, False),
    ("公営企業会計の年度の末日", "suido", 2025, date(2026, 3, 31), 2025, False),
    ("公営企業会計に整理期間はない", "suido", 2025, date(2026, 4, 1), 2026, True),
]


@pytest.mark.parametrize(
    ("code", "levy_year", "paid_on", "year", "is_arrears"), [row[1:] for row in YEARS], ids=[row[0] for row in YEARS]
)
def test_a_claim_belongs_to_its_accounting_year(
    code: str, levy_year: int, paid_on: date, year: int, is_arrears: bool
) -> None:
    """The excess of a payment goes with its claim, and is no arrears itself."""
    made = posted((1, paid_on, code, [(7, levy_year, 900)], 100))
    assert made.select(Posting.YEN, Posting.FISCAL_YEAR, Posting.IS_ARREARS).rows() == [
        (900, year, is_arrears),
        (100, year, False),
    ]


COUNTED = [
    ("収入日が出納閉鎖の前", 2025, date(2026, 5, 31), date(2026, 5, 31), 2025, False),
    ("領収日は前でも収入日が後", 2025, date(2026, 6, 3), date(2026, 6, 3), 2026, True),
    ("収入日は前で、5月は締めてあった", 2025, date(2026, 5, 29), date(2026, 6, 1), 2026, True),
    ("3月は締めてあったが、出納整理期間", 2025, date(2026, 3, 30), date(2026, 4, 1), 2025, False),
    ("滞納繰越分も、開いている年度のまま", 2024, date(2026, 3, 30), date(2026, 4, 1), 2025, True),
    ("滞納繰越分の年度は収入日で", 2024, date(2026, 4, 2), date(2026, 4, 2), 2026, True),
]
"""A payment of 29 May 2026, or of 30 March for the days before: 賦課年度, 本来の日, 計上日, 会計年度, 滞納繰越."""


@pytest.mark.parametrize(
    ("levy_year", "falls_on", "counted_on", "year", "is_arrears"),
    [row[1:] for row in COUNTED],
    ids=[row[0] for row in COUNTED],
)
def test_a_city_that_counts_by_a_day_has_the_year_of_that_day(
    levy_year: int, falls_on: date, counted_on: date, year: int, is_arrears: bool
) -> None:
    paid_on = min(falls_on, date(2026, 5, 29))
    counted = {"payment_no": 1, "falls_on": falls_on, "counted_on": counted_on, "day_rule": "stated"}
    made = posted((1, paid_on, "kokuho", [(7, levy_year, 900)], 100), counted=(counted,))
    assert made.select(Posting.YEN, Posting.FISCAL_YEAR, Posting.IS_ARREARS).rows() == [
        (900, year, is_arrears),
        (100, year, False),
    ]


@pytest.mark.parametrize(
    ("paid_on", "year"), [(date(2026, 3, 31), 2025), (date(2026, 4, 1), 2026)], ids=["年度の末日", "年度の初日"]
)
def test_what_stands_on_no_claim_belongs_to_the_year_of_its_day(paid_on: date, year: int) -> None:
    """出納整理期間 is of claims."""
    made = posted((1, paid_on, "kokuho", [], 1_000), (2, paid_on, None, [], 1_000))
    assert made[Posting.FISCAL_YEAR].to_list() == [year, year]


@pytest.mark.parametrize(
    ("paid_on", "year"),
    [(date(2027, 4, 1), 2026), (date(2027, 4, 2), 2027), (date(2027, 4, 9), 2027), (date(2027, 4, 10), 2026)],
    ids=["前の日", "初日", "末日", "次の日"],
)
def test_the_days_without_a_closing_period_have_two_ends(paid_on: date, year: int) -> None:
    without = (WithoutPeriod("suido", date(2027, 4, 2), date(2027, 4, 9)), WithoutPeriod("kenzei", date.min, date.max))
    assert posted((1, paid_on, "suido", [(7, 2026, 1)], 0), without=without)[Posting.FISCAL_YEAR].to_list() == [year]


MANY: list[Paid] = [
    (12, NOVEMBER, None, [], 4_000),
    (3, NOVEMBER, "kokuho", [(7, 2026, 10_000)], 1),
    (5, NOVEMBER, "suido", [(6, 2026, 2_200)], 0),
    (4, NOVEMBER, "kokuho", [(7, 2026, 300)], 0),
]


def test_a_night_is_in_the_order_of_its_payments_whatever_order_it_comes_in() -> None:
    """Two payments on one claim are two postings."""
    made = posted(*MANY)
    assert made.select(Posting.PAYMENT_NO, Posting.ACCOUNT, Posting.CLAIM_NO, Posting.YEN).rows() == [
        (3, "claim", 7, 10_000),
        (3, "suspense", None, 1),
        (4, "claim", 7, 300),
        (5, "claim", 6, 2_200),
        (12, "suspense", None, 4_000),
    ]
    assert posted(*MANY[::-1]).equals(made)


def test_a_night_of_nothing_posts_nothing() -> None:
    made = posted()
    assert made.height == 0 and dict(made.schema) == Posting.SCHEMA


def test_yen_that_a_decision_holds_and_no_claim_takes_stop_the_night() -> None:
    decisions = frame_of(Decision, {"payment_no": 1, "procedure_code": "kokuho", "claim_yen": 100, "suspense_yen": 0})
    days = year_days(frame_of(Payment, {"payment_no": 1, "paid_on": NOVEMBER}), CountedDay.empty())
    for yen in (99, 101):
        on_claim = frame_of(Allocation, {"payment_no": 1, "claim_no": 7, "levy_year": 2026, "claim_yen": yen})
        with pytest.raises(AssertionError, match="postings sum"):
            postings(decisions, on_claim, days, ())
