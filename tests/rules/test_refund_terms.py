"""還付の期限と加算金, by examples computed by hand from the rules that cities publish. The rates are invented."""

import tomllib
from datetime import date

import polars as pl
import pytest

from elqr.rules.refund_terms import refund_terms
from elqr.rules.register import Register
from elqr.vocabulary.ruling_frames import RefundTerm
from tests.builders import REGISTER

_RATES = "".join(
    f"\n[[refund_rates]]\nyear = {year}\npercent = {percent}\n"
    for year, percent in ((2026, 0.9), (2027, 1), (2028, 2.4))
)
_TAX = """
[refund_rules.tax]
barred_years = 5
has_interest = true
overpaid = ["reduced"]
later_months = 1
base_unit_yen = 1000
base_least_yen = 2000
unit_yen = 100
least_yen = 1000
"""
_PREMIUM = "\n[refund_rules.premium]\nbarred_years = 2\nhas_interest = false\n"


def _register(rule: str, rates: str = _RATES) -> Register:
    text = REGISTER.replace('code = "kokuho"', f'code = "kokuho"\nrefund = "{rule}"') + _TAX + _PREMIUM + rates
    return Register.model_validate(tomllib.loads(text))


def _term(
    paid_on: date, until: date | None, yen: int, outcome: str = "already_settled", reduced_on: date | None = None,
    rule: str = "tax", rates: str = _RATES,
) -> dict[str, object]:  # fmt: skip
    case = {
        "payment_no": 1, "outcome": outcome, "procedure_code": "kokuho", "paid_on": paid_on, "suspense_yen": yen,
        "reduced_on": reduced_on, "refund_decided_on": until,
    }  # fmt: skip
    dates = {"paid_on": pl.Date, "reduced_on": pl.Date, "refund_decided_on": pl.Date}
    (row,) = refund_terms(
        pl.DataFrame([case], schema_overrides=dates), _register(rule, rates), date(2027, 3, 31)
    ).to_dicts()
    return row


EXAMPLES = [
    # 過納: from 6 November; 56 days of 2026 and 90 of 2027: 1,234,000 × (0.9 × 56 + 1 × 90) ÷ 36,500 = 4,746.67…
    ("過納", (date(2026, 11, 5), date(2027, 3, 31), 1_234_567, "reduced"), date(2026, 11, 6), 4_700, "1,234,000円×（0.9%×56日＋1%×90日）÷365＝4,746円"),
    # 誤納: one month later, from 6 December: 26 and 90 days: 1,234,000 × (0.9 × 26 + 1 × 90) ÷ 36,500 = 3,833.85…
    ("誤納", (date(2026, 11, 5), date(2027, 3, 31), 1_234_567), date(2026, 12, 6), 3_800, "1,234,000円×（0.9%×26日＋1%×90日）÷365＝3,833円"),
    # A month from 31 January ends with February: from 1 March, 31 days: 1,000,000 × 1 × 31 ÷ 36,500 = 849.3…, below 1,000
    ("月末", (date(2027, 1, 30), date(2027, 3, 31), 1_000_999), date(2027, 3, 1), 0, "1,000,000円×（1%×31日）÷365＝849円、1,000円未満"),
    # Both days count: paid on 30 March, decided on 31 March: one day of 過納: 50,000,000 × 1 ÷ 36,500 = 1,369.8…
    ("一日", (date(2027, 3, 30), date(2027, 3, 31), 50_000_000, "reduced"), date(2027, 3, 31), 1_300, "50,000,000円×（1%×1日）÷365＝1,369円"),
    # A leap year has 366 days, the divisor stays: 1,000,000 × (1 × 31 + 2.4 × 60) ÷ 36,500 = 4,794.52…
    ("閏年", (date(2027, 11, 30), date(2028, 2, 29), 1_000_000, "reduced"), date(2027, 12, 1), 4_700, "1,000,000円×（1%×31日＋2.4%×60日）÷365＝4,794円"),
    ("基礎未満", (date(2026, 11, 5), date(2027, 3, 31), 1_999, "reduced"), date(2026, 11, 6), 0, "2,000円未満"),
    ("起算日の前", (date(2027, 3, 5), date(2027, 3, 31), 1_000_000), date(2027, 4, 6), 0, "起算日 2027-04-06 の前"),
    # 100,000 × 0.9 × 31 ÷ 36,500 = 76.4…
    ("割合の年の初日から", (date(2025, 12, 31), date(2026, 1, 31), 100_000, "reduced"), date(2026, 1, 1), 0, "100,000円×（0.9%×31日）÷365＝76円、1,000円未満"),
    ("割合のない年から", (date(2025, 12, 30), date(2026, 1, 31), 100_000, "reduced"), date(2025, 12, 31), None, "2025年から2026年の割合が手続台帳にそろっていません"),
    ("まだ決めていない", (date(2026, 11, 5), None, 1_234_567, "reduced"), date(2026, 11, 6), 4_700, "1,234,000円×（0.9%×56日＋1%×90日）÷365＝4,746円"),
    ("最大の額", (date(2026, 12, 31), date(2028, 12, 31), 99_999_999_999, "reduced"), date(2027, 1, 1), 3_406_575_300, "99,999,999,000円×（1%×365日＋2.4%×366日）÷365＝3,406,575,308円"),
]  # fmt: skip
"""Name, what happened, 起算日, 加算金, and the working."""


@pytest.mark.parametrize(
    ("given", "starts_on", "yen", "working"), [row[1:] for row in EXAMPLES], ids=[row[0] for row in EXAMPLES]
)
def test_interest_counts_as_computed_by_hand(
    given: tuple[date, date, int, str], starts_on: date, yen: int | None, working: str
) -> None:
    row = _term(*given)
    assert (row[RefundTerm.STARTS_ON], row[RefundTerm.DUE_YEN], row[RefundTerm.WORKING]) == (starts_on, yen, working)


def test_a_fund_without_interest_says_so() -> None:
    row = _term(date(2026, 11, 5), None, 1_234_567, rule="premium")
    assert (row[RefundTerm.DUE_YEN], row[RefundTerm.WORKING]) == (0, "加算金なし")


BARS = [
    ("誤納は納付の日から", "already_settled", None, "tax", date(2031, 11, 5)),
    ("過納は減額の夜から", "reduced", date(2027, 2, 10), "tax", date(2032, 2, 10)),
    ("料は二年", "already_settled", None, "premium", date(2028, 11, 5)),
]


@pytest.mark.parametrize(
    ("outcome", "reduced_on", "rule", "barred_on"), [row[1:] for row in BARS], ids=[row[0] for row in BARS]
)
def test_the_claim_is_barred_after_the_years_of_its_fund(
    outcome: str, reduced_on: date | None, rule: str, barred_on: date
) -> None:
    assert _term(date(2026, 11, 5), None, 1_000, outcome, reduced_on, rule)[RefundTerm.BARRED_ON] == barred_on
    assert _term(date(2028, 2, 29), None, 1_000, rule="tax")[RefundTerm.BARRED_ON] == date(2033, 2, 28)


def test_nothing_is_guessed_where_no_rule_is_written() -> None:
    row = _term(date(2026, 11, 5), None, 1_234_567, rule="")
    told = [row[name] for name in (RefundTerm.KIND, RefundTerm.STARTS_ON, RefundTerm.BARRED_ON, RefundTerm.DUE_YEN)]
    assert told == [None] * 4 and row[RefundTerm.WORKING] == "還付の決まりが手続台帳にありません"


WRONG = [
    ("ない決まり", _TAX.replace("refund_rules.tax", "refund_rules.other"), "tax が [refund_rules] にありません"),
    ("二度の年", _TAX + _RATES + _RATES, "refund_rates の年が重なっています: 2026, 2027, 2028"),
]


@pytest.mark.parametrize(("text", "said"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_register_that_contradicts_itself_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("[", r"\[").replace("]", r"\]")):
        Register.model_validate(
            tomllib.loads(REGISTER.replace('code = "kokuho"', 'code = "kokuho"\nrefund = "tax"') + text)
        )
