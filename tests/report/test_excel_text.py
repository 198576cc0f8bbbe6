"""What Excel would make of a text in a CSV: nothing."""

import polars as pl
import pytest

from elqr.report.data_files import csv_bytes
from elqr.report.excel.excel_text import group_digits, keep_as_text
from elqr.report.tables.table import Heading, Style, Table

CHANGED = [
    "1-2", "3/4", "11/5", "2026-11", "2026/11/5", "2026-11-20", "1E5", "1e5", "12.3E+4", "0012", "007", "1.10", "1.", ".5", "10:30",
    "10:30:15", "9:05 AM", "50%", "¥100", "1,000", "18,900", "(12)", "R8.11.20", "H31/4/1", "令和8年11月20日", "11月20日", "1 3/4",
    "5-Mar", "Nov 2026", "TRUE", "false", "１２／５", "００１２", "１，０００", "1234567890123456", "－5", "+81", "=1+1", "@SUM", "-1",
]  # fmt: skip
KEPT = [
    "12", "202611", "2026", "1期", "A-1", "1-2-3番地", "見本市架空町1-2-3", "2026-112", "2026-1120", "1234-5678-9", "0000-2024",
    "2026-11-20 08:00", "kouza_20261120.dat", "", "架空 太郎", "may", "12件", "R8", "3/4期",
]  # fmt: skip


@pytest.mark.parametrize("text", CHANGED)
def test_what_excel_would_change_is_marked_as_text(text: str) -> None:
    assert keep_as_text(pl.Series([text])).to_list() == [f"'{text}"]


@pytest.mark.parametrize("text", KEPT)
def test_what_excel_leaves_alone_stays(text: str) -> None:
    assert keep_as_text(pl.Series([text])).to_list() == [text]


def test_grouping_makes_no_date_and_no_number() -> None:
    """Of every length: a number below seven digits stays whole, a longer one falls into fours."""
    given = ["", "1", "0012", "20261", "202611", "2026112", "20261120", "202611201", "0" * 20, "A123456789", None]
    made = group_digits(pl.Series(given, dtype=pl.String)).to_list()
    assert made == ["", "1", "0012", "20261", "202611", "2026-112", "2026-1120", "2026-1120-1", "0000-0000-0000-0000-0000", "A123456789", None]  # fmt: skip
    shown = keep_as_text(pl.Series(made, dtype=pl.String)).to_list()
    assert [text for text in shown if text and text.startswith("'")] == ["'0012"]


def test_an_identifier_in_a_csv_is_read_back_as_it_was() -> None:
    frame = pl.DataFrame({"宛名番号": ["202611", "001234", "00202611", "1-2"], "備考": ["3/4", "1E5", "0012", "ok"]})
    table = Table("t", "表", "", (Heading("宛名番号", Style.DIGITS), Heading("備考", Style.TEXT)), frame, ())
    lines = csv_bytes(table).decode("utf-8-sig").splitlines()
    assert lines == ["宛名番号,備考", "202611,'3/4", "'001234,'1E5", "0020-2611,'0012", "'1-2,ok"]
