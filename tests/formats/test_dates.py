"""Dates without a year or an era: settled by the day of receipt, and doubted where they may be another."""

from datetime import date

import polars as pl
import pytest

from elqr.formats.dates import read_dates, wareki_texts
from elqr.formats.decode import decode
from elqr.formats.intake.delivered_file import judge_file
from elqr.vocabulary.codes import Code
from tests.builders import SPECS, eltax_file, eltax_row
from tests.formats.cases import LONG_300, LONG_350, REQUEST_91, RESULT_91

# (書かれた日付, 受領日, 読み, 疑い)
MMDD: list[tuple[str, date, date | None, str | None]] = [
    ("1102", date(2026, 11, 20), date(2026, 11, 2), None),
    ("1120", date(2026, 11, 20), date(2026, 11, 20), None),
    ("1231", date(2027, 1, 4), date(2026, 12, 31), None),
    ("0104", date(2027, 1, 4), date(2027, 1, 4), None),
    ("0105", date(2027, 1, 4), date(2026, 1, 5), "2026-01-05 か 2027-01-05"),
    ("0101", date(2026, 12, 31), date(2026, 1, 1), "2026-01-01 か 2027-01-01"),
    ("1121", date(2026, 11, 20), date(2025, 11, 21), "2025-11-21 か 2026-11-21"),
    ("1201", date(2026, 11, 20), date(2025, 12, 1), None),
    ("0229", date(2028, 3, 3), date(2028, 2, 29), None),
    ("0229", date(2027, 3, 3), date(2024, 2, 29), "2024-02-29 か 2028-02-29"),
    ("0229", date(2026, 3, 3), date(2024, 2, 29), "2024-02-29 か、ない日付"),
    ("0230", date(2026, 3, 3), None, None),
    ("1301", date(2026, 3, 3), None, None),
    ("11 2", date(2026, 11, 20), None, None),
    ("１１０２", date(2026, 11, 20), None, None),
]
WHOLE: list[tuple[str, date | None]] = [
    ("20261105", date(2026, 11, 5)),
    ("00010101", date(1, 1, 1)),
    ("00000101", None),
    ("00000229", None),
    ("00000000", None),
    ("99991231", date(9999, 12, 31)),
    ("20261131", None),
]


@pytest.mark.parametrize(("text", "wanted"), WHOLE)
def test_a_date_with_its_year(text: str, wanted: date | None) -> None:
    for form, written in (
        ("yyyymmdd", text),
        ("yyyy/mm/dd", f"{text[:4]}/{text[4:6]}/{text[6:]}"),
        ("yyyy-mm-dd", f"{text[:4]}-{text[4:6]}-{text[6:]}"),
    ):
        found, doubt = read_dates(pl.Series("d", [written, "20261105"]), form, date(2026, 11, 20))  # type: ignore[arg-type]
        assert (found[0], doubt[0]) == (wanted, None), written


def test_a_year_of_zeros_holds_the_file_and_not_the_night() -> None:
    data = eltax_file(eltax_row("1" * 20, "123456", 4_000)).replace(b"20261105", b"00000105")
    taken = judge_file(data, "zero.csv", [SPECS["eltax_payment_csv"]], date(2026, 11, 20))
    assert [finding.code for finding in taken.findings] == [Code.NOT_A_DATE, Code.NOT_A_DATE]


AHEAD: list[tuple[str, date, date | None, str | None]] = [
    ("1130", date(2026, 11, 20), date(2026, 11, 30), None),
    ("1102", date(2026, 11, 20), date(2026, 11, 2), None),
    ("0104", date(2026, 12, 21), date(2027, 1, 4), None),
    ("1228", date(2027, 1, 4), date(2026, 12, 28), None),
    ("0520", date(2026, 11, 20), date(2027, 5, 20), "2027-05-20 か 2026-05-20"),
    ("0229", date(2027, 2, 1), date(2028, 2, 29), None),
    ("0229", date(2030, 2, 1), None, None),
]
WAREKI: list[tuple[str, date, date | None, str | None]] = [
    ("081102", date(2026, 11, 20), date(2026, 11, 2), None),
    ("081120", date(2026, 11, 20), date(2026, 11, 20), None),
    ("081121", date(2026, 11, 20), date(1996, 11, 21), "平成8年11月21日 か 令和8年11月21日"),
    ("010501", date(2019, 5, 7), date(2019, 5, 1), None),
    ("310426", date(2019, 5, 7), date(2019, 4, 26), None),
    ("310507", date(2019, 5, 7), date(2019, 5, 7), None),
    ("261102", date(2026, 11, 20), date(2014, 11, 2), "平成26年11月2日 か 別の元号"),
    ("080229", date(2026, 11, 20), None, None),
    ("000101", date(2026, 11, 20), None, None),
    ("8 1102", date(2026, 11, 20), None, None),
]


@pytest.mark.parametrize(("text", "received_on", "day", "doubt"), MMDD)
def test_month_and_day_across_the_new_year(text: str, received_on: date, day: date | None, doubt: str | None) -> None:
    days, doubts = read_dates(pl.Series("d", [text, None, text]), "mmdd", received_on)
    assert (days.to_list(), doubts.to_list()) == ([day, None, day], [doubt, None, doubt])


@pytest.mark.parametrize(("text", "received_on", "day", "doubt"), AHEAD)
def test_a_day_that_may_lie_ahead(text: str, received_on: date, day: date | None, doubt: str | None) -> None:
    days, doubts = read_dates(pl.Series("d", [text]), "mmdd", received_on, ahead=True)
    assert (days[0], doubts[0]) == (day, doubt)


@pytest.mark.parametrize(("text", "received_on", "day", "doubt"), WAREKI)
def test_years_of_an_era_that_is_not_written(text: str, received_on: date, day: date | None, doubt: str | None) -> None:
    days, doubts = read_dates(pl.Series("d", [text]), "wareki_yymmdd", received_on)
    assert (days[0], doubts[0]) == (day, doubt)


def test_an_era_is_written_back() -> None:
    days = pl.Series([date(2026, 11, 2), None, date(2019, 5, 1), date(2019, 4, 30), date(1988, 1, 8)])
    assert wareki_texts(days).to_list() == ["081102", None, "010501", "310430", "630108"]


@pytest.mark.parametrize(
    ("data", "spec", "at"),
    [
        (RESULT_91.data().replace(b"1102", b"1121", 1), RESULT_91.spec, 54),
        (RESULT_91.data().replace(b"1102", b"0229", 1), RESULT_91.spec, 54),
        (REQUEST_91.data().replace(b"1130", b"0520", 1), REQUEST_91.spec, 54),
        (LONG_300.data().replace(b"081102", b"081121", 1), LONG_300.spec, 54),
        (LONG_350.data().replace(b"081102", b"261102", 1), LONG_350.spec, 54),
    ],
    ids=["月日", "二月二十九日", "依頼", "和暦", "西暦の下二桁"],
)
def test_a_date_in_doubt_is_a_finding_with_both_readings(data: bytes, spec: str, at: int) -> None:
    (finding,) = decode(data, SPECS[spec], "f", date(2026, 11, 20)).findings
    assert (finding.code, finding.at.record_no, finding.at.offset_bytes) == (Code.DATE_IN_DOUBT, 1, at)
    assert " か" in finding.expected
