"""Imposition: in the order of enveloping, no bill over two files, one bill to a page."""

import polars as pl

from elqr.printing.imposition import Placement, assign_files, assign_pages
from elqr.vocabulary.frames import PrintableNotice
from tests.builders import notice_row, slips


def _bills(*bills: tuple[str, str, list[int]]) -> pl.DataFrame:
    """Slips of (payer, bill, instalments), in the order given."""
    rows = [notice_row(payer_ref=payer, bill_no=bill, installment_no=no) for payer, bill, nos in bills for no in nos]
    return slips(*rows)


def _files(rows: pl.DataFrame, most_pages: int, places: int = 3) -> list[tuple[str, str, int, int]]:
    made = assign_files(rows.with_columns(pl.lit("t").alias(Placement.TEMPLATE)), {"t": places}, most_pages)
    return list(
        made.select(
            PrintableNotice.PAYER_REF, PrintableNotice.BILL_NO, PrintableNotice.INSTALLMENT_NO, Placement.FILE_NO
        ).iter_rows()
    )


def test_by_payer_then_bill_then_installment_and_numbers_as_numbers() -> None:
    rows = _bills(("10", "1", [2, 1]), ("9", "20", [1]), ("9", "3", [11, 2]))
    assert [row[:3] for row in _files(rows, 100)] == [
        ("9", "3", 2),
        ("9", "3", 11),
        ("9", "20", 1),
        ("10", "1", 1),
        ("10", "1", 2),
    ]


def test_a_bill_is_never_split_over_two_files() -> None:
    """Bills of 2, 2, 1 and 4 pages with at most three pages a file: 2 | 2 + 1 | 4."""
    rows = _bills(("1", "1", [1, 2, 3, 4]), ("2", "1", [1, 2, 3, 4]), ("3", "1", [1]), ("4", "1", list(range(1, 11))))
    files = {(payer, file_no) for payer, _, _, file_no in _files(rows, 3)}
    assert files == {("1", 1), ("2", 2), ("3", 2), ("4", 3)}


def test_as_many_pages_to_a_file_as_fit() -> None:
    rows = _bills(*((str(payer), "1", [1]) for payer in range(1, 8)))
    assert [row[3] for row in _files(rows, 3)] == [1, 1, 1, 2, 2, 2, 3]
    assert [row[3] for row in _files(rows, 1)] == [1, 2, 3, 4, 5, 6, 7]
    assert [row[3] for row in _files(rows, 7)] == [1] * 7


def test_each_template_has_files_of_its_own() -> None:
    rows = _bills(("1", "1", [1]), ("2", "1", [1]), ("3", "1", [1]))
    named = rows.with_columns(pl.Series(Placement.TEMPLATE, ["b", "a", "b"]))
    made = assign_files(named, {"a": 1, "b": 3}, 10)
    assert list(made.select(PrintableNotice.PAYER_REF, Placement.TEMPLATE, Placement.FILE_NO).iter_rows()) == [
        ("2", "a", 1),
        ("1", "b", 2),
        ("3", "b", 2),
    ]


def _pages(rows: pl.DataFrame, places: int = 3) -> list[tuple[int, ...]]:
    columns = (
        PrintableNotice.INSTALLMENT_NO,
        Placement.PAGE_NO,
        Placement.PLACE_NO,
        Placement.SHEET_NO,
        Placement.SHEET_COUNT,
    )
    return list(assign_pages(rows, places).select(columns).iter_rows())


def test_a_page_holds_one_bill_and_sheets_are_counted_within_it() -> None:
    rows = _bills(("1", "1", [1, 2, 3, 4]), ("1", "2", [1]), ("2", "1", [1]))
    assert _pages(rows) == [
        (1, 1, 0, 1, 2),
        (2, 1, 1, 1, 2),
        (3, 1, 2, 1, 2),
        (4, 2, 0, 2, 2),
        (1, 3, 0, 1, 1),
        (1, 4, 0, 1, 1),
    ]


def test_a_whole_year_slip_stands_alone() -> None:
    assert _pages(_bills(("1", "1", [0, 1, 2]))) == [(0, 1, 0, 1, 2), (1, 2, 0, 2, 2), (2, 2, 1, 2, 2)]


def test_slips_for_parts_have_sheets_of_their_own() -> None:
    """Who pays the reminder does not pay the ordinary slips, too: no sheet sums them."""
    rows = _bills(("1", "1", [1, 2, 1, 2]))
    kinds = pl.Series(PrintableNotice.PART_KIND, [None, None, "督促", "督促"])
    assert _pages(rows.with_columns(kinds)) == [(1, 1, 0, 1, 2), (2, 1, 1, 1, 2), (1, 2, 0, 2, 2), (2, 2, 1, 2, 2)]


def test_nothing_to_print() -> None:
    empty = _bills(("1", "1", [1])).head(0)
    assert _pages(empty) == [] and _files(empty, 10) == []
