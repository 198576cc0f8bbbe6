"""Imposition (面付け): which notice stands in which file, on which page, in which place. Columns in, columns out.

In the order of enveloping: payer, then bill, then 期別. One payer's bill is never split over two files, and
a page holds slips of one bill only, so that what is folded together belongs to one envelope.
"""

import numpy as np
import numpy.typing as npt
import polars as pl

from elqr.vocabulary.frames import Column, PrintNotice, Slip
from elqr.vocabulary.terms import WHOLE_YEAR

BILL = (Slip.PAYER_REF, Slip.PROCEDURE_CODE, Slip.LEVY_YEAR, Slip.TAX_YEAR, Slip.BILL_NO)
"""封筒の単位: what is folded together."""


class Placed(PrintNotice):
    """場所: the columns that imposition adds to a slip."""

    TEMPLATE = Column("template", pl.String)
    SHEET_NO = Column("sheet_no", pl.Int64)
    SHEET_COUNT = Column("sheet_count", pl.Int64)


def _enveloping() -> list[pl.Expr]:
    """封入順. 宛名番号 and 通知書番号 by their length first, so that 9 comes before 10."""
    by_number = [pl.col(Slip.PAYER_REF).str.len_bytes(), pl.col(Slip.PAYER_REF)]
    bill = [pl.col(name) for name in BILL[1:-1]]
    bill_no = [pl.col(Slip.BILL_NO).str.len_bytes(), pl.col(Slip.BILL_NO)]
    return [*by_number, *bill, *bill_no, pl.col(Slip.INSTALLMENT_NO), pl.col(Slip.NOTICE_NO)]


def in_files(slips: pl.DataFrame, places: dict[str, int], most_pages: int) -> pl.DataFrame:
    """ファイルに分ける: notices with TEMPLATE → the same in enveloping order, with FILE_NO.

    `places` is how many slips a page of each template holds. A file has at most `most_pages` pages, or
    one bill that alone has more.
    """
    ordered = slips.sort(Placed.TEMPLATE, *_enveloping())
    per_page = pl.col(Placed.TEMPLATE).replace_strict(places, return_dtype=pl.Int64)
    ordered = ordered.with_columns(_place_no(per_page).alias("nth"))
    bills = ordered.group_by(Placed.TEMPLATE, *BILL, maintain_order=True).agg((pl.col("nth") == 0).sum().alias("pages"))
    numbers: list[npt.NDArray[np.int64]] = []
    for _, own in bills.group_by(Placed.TEMPLATE, maintain_order=True):
        numbers.append(_numbered(own["pages"].to_numpy(), most_pages) + (numbers[-1][-1] if numbers else 0))
    files = pl.Series(Placed.FILE_NO, np.concatenate(numbers) if numbers else [], dtype=pl.Int64)
    return ordered.drop("nth").join(
        bills.select(Placed.TEMPLATE, *BILL, files),
        on=[Placed.TEMPLATE, *BILL],
        maintain_order="left",
        validate="m:1",
    )


def _numbered(pages: npt.NDArray[np.int64], most_pages: int) -> npt.NDArray[np.int64]:
    """Bills to files, from 1: as many to a file as fit. One step a file, not a bill."""
    ends = np.cumsum(pages)
    number, start, before = np.empty(len(pages), np.int64), 0, 0
    for no in range(1, len(pages) + 1):
        if start == len(pages):
            break
        stop = max(int(np.searchsorted(ends, before + most_pages, side="right")), start + 1)
        number[start:stop] = no
        start, before = stop, int(ends[stop - 1])
    return number


def on_pages(slips: pl.DataFrame, places: int) -> pl.DataFrame:
    """ページに置く: notices of one file, in enveloping order → with PAGE_NO, PLACE_NO, SHEET_NO, SHEET_COUNT."""
    ordered = slips.sort(*_enveloping()).with_columns(_place_no(pl.lit(places)).alias(Placed.PLACE_NO))
    begins = (pl.col(Placed.PLACE_NO) == 0).cast(pl.Int64)
    made = ordered.with_columns(begins.cum_sum().alias(Placed.PAGE_NO), *sheet_columns())
    assert made.select(Placed.PAGE_NO, Placed.PLACE_NO).is_duplicated().sum() == 0, "one slip in one place"
    return made


def page_label(file_no: int, page_no: int) -> str:
    """ページの番号 as printed in the sheet's corner: 0001-00012."""
    return f"{file_no:04d}-{page_no:05d}"


def sheet_columns() -> list[pl.Expr]:
    """何枚目・全部で何枚: of the sheets of a bill whose slips stand in order, with their PLACE_NO."""
    begins = (pl.col(Placed.PLACE_NO) == 0).cast(pl.Int64)
    return [begins.cum_sum().over(BILL).alias(Placed.SHEET_NO), begins.sum().over(BILL).alias(Placed.SHEET_COUNT)]


def _place_no(places: pl.Expr) -> pl.Expr:
    """Place on the page. A 全期 slip has a sheet of its own: who pays it does not pay the others."""
    return pl.int_range(pl.len(), dtype=pl.Int64).over(*BILL, pl.col(Slip.INSTALLMENT_NO) == WHOLE_YEAR) % places
