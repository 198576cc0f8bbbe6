"""Imposition (面付け): which notice stands in which file, on which page, in which place. Columns in, columns out.

In the order of enveloping: payer, then bill, then 期別. A bill is never split over two files, and a page holds
notices of one bill only, so that what is folded together belongs in one envelope.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from elqr.vocabulary.frames import Column, PrintableNotice, PrintNotice
from elqr.vocabulary.terms import WHOLE_YEAR

BILL = (
    PrintableNotice.PAYER_REF,
    PrintableNotice.PROCEDURE_CODE,
    PrintableNotice.LEVY_YEAR,
    PrintableNotice.TAX_YEAR,
    PrintableNotice.BILL_NO,
)
"""封筒の単位: what is folded together."""


class Placement(PrintNotice):
    """場所: the columns that imposition adds to a notice."""

    TEMPLATE = Column("template", pl.String)
    SHEET_NO = Column("sheet_no", pl.Int64)
    SHEET_COUNT = Column("sheet_count", pl.Int64)


def _enveloping_order() -> list[pl.Expr]:
    """封入順. 宛名番号 and 通知書番号 by their length first, so that 9 comes before 10."""
    by_number = [pl.col(PrintableNotice.PAYER_REF).str.len_bytes(), pl.col(PrintableNotice.PAYER_REF)]
    bill = [pl.col(name) for name in BILL[1:-1]]
    bill_no = [pl.col(PrintableNotice.BILL_NO).str.len_bytes(), pl.col(PrintableNotice.BILL_NO)]
    last = (PrintableNotice.PART_KIND, PrintableNotice.INSTALLMENT_NO, PrintableNotice.NOTICE_NO)
    return [*by_number, *bill, *bill_no, *(pl.col(name) for name in last)]


def assign_files(notices: pl.DataFrame, places: dict[str, int], most_pages: int) -> pl.DataFrame:
    """ファイルに分ける: notices with TEMPLATE → the same in enveloping order, with FILE_NO.

    `places`: template → notices that a page of it holds. A file has at most `most_pages` pages, or one bill that
    alone has more.
    """
    ordered = notices.sort(Placement.TEMPLATE, *_enveloping_order())
    per_page = pl.col(Placement.TEMPLATE).replace_strict(places, return_dtype=pl.Int64)
    ordered = ordered.with_columns(_place_no(per_page).alias("nth"))
    bills = ordered.group_by(Placement.TEMPLATE, *BILL, maintain_order=True).agg(
        (pl.col("nth") == 0).sum().alias("pages")
    )
    numbers: list[npt.NDArray[np.int64]] = []
    for _, template_bills in bills.group_by(Placement.TEMPLATE, maintain_order=True):
        numbers.append(
            _number_files(template_bills["pages"].to_numpy(), most_pages) + (numbers[-1][-1] if numbers else 0)
        )
    files = pl.Series(Placement.FILE_NO, np.concatenate(numbers) if numbers else [], dtype=pl.Int64)
    return ordered.drop("nth").join(
        bills.select(Placement.TEMPLATE, *BILL, files),
        on=[Placement.TEMPLATE, *BILL],
        maintain_order="left",
        validate="m:1",
    )


def _number_files(pages: npt.NDArray[np.int64], most_pages: int) -> npt.NDArray[np.int64]:
    """ファイルの番号 of each bill, from 1: as many bills to a file as fit. One step per file, not per bill."""
    ends = np.cumsum(pages)
    number, start, before = np.empty(len(pages), np.int64), 0, 0
    for no in range(1, len(pages) + 1):
        if start == len(pages):
            break
        stop = max(int(np.searchsorted(ends, before + most_pages, side="right")), start + 1)
        number[start:stop] = no
        start, before = stop, int(ends[stop - 1])
    return number


def assign_pages(notices: pl.DataFrame, places: int) -> pl.DataFrame:
    """ページに置く: notices of one file, in enveloping order → with PAGE_NO, PLACE_NO, SHEET_NO, SHEET_COUNT."""
    ordered = notices.sort(*_enveloping_order()).with_columns(_place_no(pl.lit(places)).alias(Placement.PLACE_NO))
    begins = (pl.col(Placement.PLACE_NO) == 0).cast(pl.Int64)
    placed = ordered.with_columns(begins.cum_sum().alias(Placement.PAGE_NO), *sheet_columns())
    assert placed.select(Placement.PAGE_NO, Placement.PLACE_NO).is_duplicated().sum() == 0, "one notice in one place"
    return placed


def page_label(file_no: int, page_no: int) -> str:
    """ページの番号 as printed in the sheet's corner: 0001-00012."""
    return f"{file_no:04d}-{page_no:05d}"


def sheet_columns() -> list[pl.Expr]:
    """何枚目・全部で何枚: columns SHEET_NO and SHEET_COUNT, for notices in order with their PLACE_NO."""
    begins = (pl.col(Placement.PLACE_NO) == 0).cast(pl.Int64)
    return [begins.cum_sum().over(BILL).alias(Placement.SHEET_NO), begins.sum().over(BILL).alias(Placement.SHEET_COUNT)]


def _place_no(places: pl.Expr) -> pl.Expr:
    """ページの中の場所. 全期 and each 納付種別 have sheets of their own: who pays one does not pay the others."""
    is_whole = pl.col(PrintableNotice.INSTALLMENT_NO) == WHOLE_YEAR
    nth = pl.int_range(pl.len(), dtype=pl.Int64).over(*BILL, PrintableNotice.PART_KIND, is_whole)
    return nth % places
