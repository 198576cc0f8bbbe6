"""Fiscal years (会計年度): the edges of the year and of 出納整理期間."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elqr.arithmetic.fiscal_year import (
    accounting_year_expr,
    closing_day,
    fiscal_year,
    fiscal_year_expr,
    last_day,
    month_end,
)
from elqr.vocabulary.terms import AccountingKind

GENERAL, SPECIAL, ENTERPRISE = AccountingKind.GENERAL, AccountingKind.SPECIAL, AccountingKind.PUBLIC_ENTERPRISE

ACCOUNTING_YEARS = [
    pytest.param(2026, date(2026, 3, 31), GENERAL, 2026, id="年度開始前の納付は調定の年度"),
    pytest.param(2026, date(2026, 4, 1), GENERAL, 2026, id="年度初日"),
    pytest.param(2026, date(2027, 3, 31), GENERAL, 2026, id="年度末日"),
    pytest.param(2026, date(2027, 4, 1), GENERAL, 2026, id="出納整理期間の初日"),
    pytest.param(2026, date(2027, 5, 31), GENERAL, 2026, id="出納整理期間の末日"),
    pytest.param(2026, date(2027, 6, 1), GENERAL, 2027, id="出納整理期間の翌日は滞納繰越"),
    pytest.param(2026, date(2027, 5, 31), SPECIAL, 2026, id="特別会計にも出納整理期間がある"),
    pytest.param(2026, date(2027, 6, 1), SPECIAL, 2027, id="特別会計の滞納繰越"),
    pytest.param(2026, date(2028, 1, 5), GENERAL, 2027, id="翌年度の1月"),
    pytest.param(2026, date(2028, 3, 31), GENERAL, 2027, id="翌年度の末日"),
    pytest.param(2026, date(2028, 4, 1), GENERAL, 2028, id="翌々年度の4月に出納整理期間はない"),
    pytest.param(2020, date(2026, 5, 1), GENERAL, 2026, id="過年度の調定は納付の年度"),
    pytest.param(2026, date(2027, 3, 31), ENTERPRISE, 2026, id="公営企業会計の年度末日"),
    pytest.param(2026, date(2027, 4, 1), ENTERPRISE, 2027, id="公営企業会計に出納整理期間はない"),
    pytest.param(2026, date(2027, 5, 31), ENTERPRISE, 2027, id="公営企業会計の5月末日"),
    pytest.param(2026, date(2027, 6, 1), ENTERPRISE, 2027, id="公営企業会計の6月"),
]


def accounting_year(levy_year: int, paid_on: date, kind: AccountingKind) -> int:
    frame = pl.DataFrame(
        {"levy": [levy_year], "paid_on": [paid_on], "closing": [kind is not ENTERPRISE]},
        schema={"levy": pl.Int64, "paid_on": pl.Date, "closing": pl.Boolean},
    )
    years = frame.select(accounting_year_expr(pl.col("levy"), pl.col("paid_on"), pl.col("closing"))).to_series()
    assert years.dtype == pl.Int64
    return int(years.item())


@pytest.mark.parametrize(("levy_year", "paid_on", "kind", "expected"), ACCOUNTING_YEARS)
def test_accounting_year(levy_year: int, paid_on: date, kind: AccountingKind, expected: int) -> None:
    assert accounting_year(levy_year, paid_on, kind) == expected


@given(
    levy_year=st.integers(2015, 2035),
    paid_on=st.dates(date(2018, 1, 1), date(2032, 12, 31)),
    kind=st.sampled_from(AccountingKind),
)
@settings(deadline=None)
def test_a_claim_is_of_its_year_until_that_is_closed(levy_year: int, paid_on: date, kind: AccountingKind) -> None:
    year = accounting_year(levy_year, paid_on, kind)
    assert year == (levy_year if paid_on <= closing_day(levy_year, kind) else fiscal_year(paid_on))
    assert year in {levy_year, fiscal_year(paid_on)}
    assert year >= levy_year


@pytest.mark.parametrize(
    ("day", "year"),
    [(date(2026, 3, 31), 2025), (date(2026, 4, 1), 2026), (date(2026, 12, 31), 2026), (date(2027, 1, 1), 2026)],
)
def test_fiscal_year(day: date, year: int) -> None:
    assert fiscal_year(day) == year
    assert pl.select(fiscal_year_expr(pl.lit(day))).item() == year


@pytest.mark.parametrize(
    ("year", "kind", "last", "closing"),
    [
        (2026, GENERAL, date(2027, 3, 31), date(2027, 5, 31)),
        (2026, SPECIAL, date(2027, 3, 31), date(2027, 5, 31)),
        (2026, ENTERPRISE, date(2027, 3, 31), date(2027, 3, 31)),
    ],
    ids=["一般会計", "特別会計", "公営企業会計"],
)
def test_the_days_on_which_a_year_ends(year: int, kind: AccountingKind, last: date, closing: date) -> None:
    assert (last_day(year), closing_day(year, kind)) == (last, closing)
    assert accounting_year(year, closing, kind) == year, "paid on the closing day: still the year's"
    assert accounting_year(year, date.fromordinal(closing.toordinal() + 1), kind) == year + 1, "a day later: arrears"


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2028, 2, 29), date(2028, 2, 29)),
        (date(2026, 12, 31), date(2026, 12, 31)),
        (date(2019, 4, 1), date(2019, 4, 30)),
        (date(2019, 5, 1), date(2019, 5, 31)),
    ],
)
def test_month_end(day: date, end: date) -> None:
    assert month_end(day) == end
