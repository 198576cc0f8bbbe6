"""Refused rows (取り込まなかった行): which rows of earlier notice files a later one ends. Pure."""

import polars as pl

from elqr.vocabulary.frames import ClaimKey
from elqr.vocabulary.notice_frames import CANCEL, EarlierRow, EndedRow, RefusedRow

_KEY = list(ClaimKey.SCHEMA)
_SAME = [*_KEY, RefusedRow.CHANGE_KIND]


def ended_rows(before: pl.DataFrame, refused: pl.DataFrame, good: pl.DataFrame) -> pl.DataFrame:
    """終わった行 of `before` (frame EarlierRow), by what a later file refused and had right: frame EndedRow.

    A row is right when the file has it, or a newer issue of its claim, or its 取消. One that is wrong again, or stood
    in the same content before (`is_here`), waits in its new place only.
    """
    newest = good.group_by(_SAME).agg(pl.col(RefusedRow.ISSUE_NO).max().alias("newest_no"))
    gone = good.filter(pl.col(RefusedRow.CHANGE_KIND) == CANCEL).select(*_KEY, RefusedRow.ISSUE_NO, is_cancel=True)
    again = refused.select(*_SAME, RefusedRow.ISSUE_NO, is_again=True).drop_nulls().unique()
    rows = before.join(newest, on=_SAME, how="left").join(gone.unique(), on=[*_KEY, RefusedRow.ISSUE_NO], how="left")
    rows = rows.join(again, on=[*_SAME, RefusedRow.ISSUE_NO], how="left")
    has_it = (pl.col("newest_no") >= pl.col(RefusedRow.ISSUE_NO)) & (pl.col(RefusedRow.CHANGE_KIND) != CANCEL)
    is_right = (has_it | pl.col("is_cancel")).fill_null(False)
    rows = rows.with_columns(is_right.alias(EndedRow.IS_RIGHT))
    is_over = pl.col(EndedRow.IS_RIGHT) | pl.col("is_again").fill_null(False) | pl.col(EarlierRow.IS_HERE)
    return rows.filter(is_over).select(*before.columns, EndedRow.IS_RIGHT)
