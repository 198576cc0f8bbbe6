"""Dates (日付): columns of text ↔ columns of dates, for every form that a spec may name.

The day of receipt settles a missing year (月日) or era (和暦). A text with two possible readings is settled by the
rule *and* reported with both readings: a payment must not move to another year in silence.
Each distinct text is read once.
"""

import re
from datetime import date, timedelta

import polars as pl

from elqr.arithmetic.wareki import parse_mmdd, parse_wareki_yymmdd, wareki
from elqr.formats.spec import DateForm

FORMS = {"yyyymmdd": "%Y%m%d", "yyyy/mm/dd": "%Y/%m/%d", "yyyy-mm-dd": "%Y-%m-%d", "mmdd": "%m%d"}
_SHAPES: dict[DateForm, str] = {
    "yyyymmdd": r"^[0-9]{8}$",
    "yyyy/mm/dd": r"^[0-9]{4}/[0-9]{2}/[0-9]{2}$",
    "yyyy-mm-dd": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "mmdd": r"^[0-9]{4}$",
    "wareki_yymmdd": r"^[0-9]{6}$",
}
_NO_YEAR = "0000"
"""Polars has a year 0, the calendar does not."""
_SOON = timedelta(days=7)
"""A 月日 that falls this soon after the receipt may mean that day."""
_COMING = timedelta(days=31)
"""A 和暦 date this soon after the receipt is reported along with the date in an earlier era."""
_A_YEAR = timedelta(days=366)
_NEARLY_EVEN = timedelta(days=60)
"""If the dates in two years differ by less in their distance from the receipt, both are possible."""


def read_dates(
    texts: pl.Series, form: DateForm, received_on: date, *, ahead: bool = False
) -> tuple[pl.Series, pl.Series]:
    """日付にする: Date column (null: not a date in this form) and String column of both readings (null: no doubt).

    `ahead`: the date may lie after the receipt (a request's 引落日), so the nearest one is taken.
    """
    distinct = texts.drop_nulls().unique()
    shaped = distinct.filter(distinct.str.contains(_SHAPES[form]))
    if form == "mmdd":
        read = _nearest if ahead else _latest
        readings = [read(text, received_on) for text in shaped]
    elif form == "wareki_yymmdd":
        readings = [_in_latest_era(text, received_on) for text in shaped]
    else:
        shaped = shaped.filter(~shaped.str.starts_with(_NO_YEAR))
        readings = [(day, None) for day in shaped.str.to_date(FORMS[form], strict=False, exact=True)]
    nulls = pl.repeat(None, len(texts), dtype=pl.String, eager=True)
    if not readings:
        return nulls.cast(pl.Date).alias(texts.name), nulls
    days = pl.Series([day for day, _ in readings], dtype=pl.Date)
    doubts = pl.Series([doubt for _, doubt in readings], dtype=pl.String)
    return (
        texts.replace_strict(shaped, days, default=None, return_dtype=pl.Date),
        texts.replace_strict(shaped, doubts, default=None, return_dtype=pl.String) if doubts.count() else nulls,
    )


def _latest(text: str, received_on: date) -> tuple[date | None, str | None]:
    """The latest day up to the receipt; in doubt when it is almost a year ago or more."""
    day = parse_mmdd(text, received_on)
    if day is None or received_on - day <= _A_YEAR - _SOON:
        return day, None
    coming = (_in_year(text, year) for year in (received_on.year, received_on.year + 1))
    later = next((later for later in coming if later and later > received_on), None)
    return day, f"{day.isoformat()} か {later.isoformat()}" if later else f"{day.isoformat()} か、ない日付"


def _nearest(text: str, received_on: date) -> tuple[date | None, str | None]:
    """The day nearest to the receipt; in doubt when two are about equally near."""
    years = (received_on.year - 1, received_on.year, received_on.year + 1)
    candidates = sorted((abs(day - received_on), day) for year in years if (day := _in_year(text, year)))
    if len(candidates) > 1 and candidates[1][0] - candidates[0][0] < _NEARLY_EVEN:
        return candidates[0][1], f"{candidates[0][1].isoformat()} か {candidates[1][1].isoformat()}"
    return (candidates[0][1], None) if candidates else (None, None)


def _in_year(text: str, year: int) -> date | None:
    try:
        return date(year, int(text[:2]), int(text[2:]))
    except ValueError:
        return None


def _in_latest_era(text: str, received_on: date) -> tuple[date | None, str | None]:
    """The day in the latest era that does not put it after the receipt; in doubt when it is over a year ago."""
    day = parse_wareki_yymmdd(text, received_on)
    if day is None or received_on - day <= _A_YEAR:
        return day, None
    soon = parse_wareki_yymmdd(text, received_on + _COMING)
    return day, f"{wareki(day)} か " + (wareki(soon) if soon and soon != day else "別の元号")


def wareki_texts(days: pl.Series) -> pl.Series:
    """日付の列 → 和暦 YYMMDD without the era."""
    distinct = days.drop_nulls().unique()
    texts = pl.Series([_yymmdd(day) for day in distinct], dtype=pl.String)
    return days.replace_strict(distinct, texts, default=None, return_dtype=pl.String)


def _yymmdd(day: date) -> str:
    match = re.match(r"\D*?(元|\d+)年", wareki(day))
    assert match, "every day has its year"
    year = 1 if match[1] == "元" else int(match[1]) % 100
    return f"{year:02}{day:%m%d}"
