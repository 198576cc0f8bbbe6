"""The Japanese calendar (和暦): the edges of the eras and of the leap years."""

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from elqr.arithmetic.wareki import mmdd_expr, parse_mmdd, parse_wareki_yymmdd, wareki, wareki_fiscal_year, wareki_month


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 11, 20), "令和8年11月20日"),
        (date(2019, 5, 1), "令和元年5月1日"),
        (date(2019, 4, 30), "平成31年4月30日"),
        (date(1989, 1, 8), "平成元年1月8日"),
        (date(1989, 1, 7), "昭和64年1月7日"),
        (date(1926, 12, 25), "昭和元年12月25日"),
        (date(1926, 12, 24), "大正15年12月24日"),
        (date(1912, 7, 30), "大正元年7月30日"),
        (date(1912, 7, 29), "明治45年7月29日"),
        (date(1868, 10, 23), "明治元年10月23日"),
        (date(1868, 10, 22), "1868年10月22日"),
    ],
)
def test_wareki(day: date, text: str) -> None:
    assert wareki(day) == text


@pytest.mark.parametrize(
    ("year", "text"),
    [
        (2026, "令和8（2026）年度"),
        (2019, "令和元（2019）年度"),
        (2018, "平成30（2018）年度"),
        (1989, "平成元（1989）年度"),
        (1988, "昭和63（1988）年度"),
    ],
)
def test_wareki_fiscal_year(year: int, text: str) -> None:
    assert wareki_fiscal_year(year) == text


MMDD = [
    pytest.param("1120", date(2026, 11, 20), date(2026, 11, 20), id="受信日当日"),
    pytest.param("1121", date(2026, 11, 20), date(2025, 11, 21), id="翌日の月日は前年"),
    pytest.param("1231", date(2027, 1, 4), date(2026, 12, 31), id="年またぎ"),
    pytest.param("0229", date(2026, 11, 20), date(2024, 2, 29), id="平年に届いた0229は直近の閏年"),
    pytest.param("0229", date(2024, 2, 28), date(2020, 2, 29), id="閏日の前日"),
    pytest.param("0229", date(2024, 2, 29), date(2024, 2, 29), id="閏日当日"),
    pytest.param("0229", date(2104, 2, 28), date(2096, 2, 29), id="2100年は平年"),
    pytest.param("0230", date(2026, 11, 20), None, id="ない日"),
    pytest.param("1301", date(2026, 11, 20), None, id="ない月"),
    pytest.param("0000", date(2026, 11, 20), None, id="ゼロ"),
    pytest.param("120", date(2026, 11, 20), None, id="3桁"),
    pytest.param("", date(2026, 11, 20), None, id="空"),
    pytest.param(" 120", date(2026, 11, 20), None, id="空白"),
    pytest.param("１１２０", date(2026, 11, 20), None, id="全角"),
]


@pytest.mark.parametrize(("text", "receipt_on", "expected"), MMDD)
def test_mmdd(text: str, receipt_on: date, expected: date | None) -> None:
    assert parse_mmdd(text, receipt_on) == expected


@given(
    texts=st.lists(st.none() | st.from_regex(r"[01][0-9][0-3][0-9]", fullmatch=True) | st.text(max_size=5)),
    receipt_on=st.dates(date(1990, 1, 1), date(2110, 12, 31)),
)
@example(texts=[], receipt_on=date(2026, 4, 1))
@settings(deadline=None)
def test_mmdd_column_agrees_with_the_single_value(texts: list[str | None], receipt_on: date) -> None:
    column = pl.Series("mmdd", texts, dtype=pl.String)
    days = pl.select(mmdd_expr(pl.lit(column), receipt_on)).to_series()
    assert days.dtype == pl.Date
    assert days.to_list() == [None if text is None else parse_mmdd(text, receipt_on) for text in texts]


@given(day=st.dates(date(1990, 1, 1), date(2090, 12, 31)), waited=st.integers(0, 365))
def test_mmdd_finds_every_date_of_the_last_year(day: date, waited: int) -> None:
    receipt_on = day + timedelta(days=waited)
    again = (receipt_on.month, receipt_on.day) >= (day.month, day.day) and receipt_on.year > day.year
    assert again or parse_mmdd(f"{day:%m%d}", receipt_on) == day


WAREKI_YYMMDD = [
    pytest.param("081120", date(2026, 11, 20), date(2026, 11, 20), id="令和8年"),
    pytest.param("081121", date(2026, 11, 20), date(1996, 11, 21), id="受信日の翌日は前の元号"),
    pytest.param("010501", date(2019, 5, 7), date(2019, 5, 1), id="令和の初日"),
    pytest.param("310430", date(2019, 5, 7), date(2019, 4, 30), id="平成の末日"),
    pytest.param("310501", date(2019, 5, 7), date(2019, 5, 1), id="改元に間に合わない送付元"),
    pytest.param("640107", date(2026, 11, 20), date(1989, 1, 7), id="昭和の末日"),
    pytest.param("010108", date(1989, 1, 9), date(1989, 1, 8), id="平成の初日"),
    pytest.param("080229", date(2026, 11, 20), None, id="平年の閏日を前の元号に読み替えない"),
    pytest.param("060229", date(2026, 11, 20), date(2024, 2, 29), id="閏年"),
    pytest.param("001120", date(2026, 11, 20), None, id="0年"),
    pytest.param("081301", date(2027, 1, 20), None, id="ない月"),
    pytest.param("990101", date(1960, 1, 1), None, id="どの元号でも未来"),
    pytest.param("81120", date(2026, 11, 20), None, id="5桁"),
    pytest.param("０８１１２０", date(2026, 11, 20), None, id="全角"),
]


@pytest.mark.parametrize(("text", "received_on", "expected"), WAREKI_YYMMDD)
def test_wareki_yymmdd(text: str, received_on: date, expected: date | None) -> None:
    assert parse_wareki_yymmdd(text, received_on) == expected


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 2, 1), "令和8年2月"),
        (date(2028, 2, 29), "令和10年2月"),
        (date(2026, 12, 31), "令和8年12月"),
        (date(2019, 4, 1), "平成31年4月"),
        (date(2019, 5, 1), "令和元年5月"),
    ],
)
def test_wareki_month(day: date, text: str) -> None:
    assert wareki_month(day) == text
