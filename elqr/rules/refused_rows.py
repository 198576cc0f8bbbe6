"""Refused rows (取り込まなかった行): which rows of earlier notice files a later one ends. Pure."""

import polars as pl

from elqr.vocabulary.frames import ClaimKey
from elqr.vocabulary.notice_frames import CANCEL, EarlierRow, EndedRow, RefusedRow

_CLAIM_KEY = list(ClaimKey.SCHEMA)
_ROW_KEY = [*_CLAIM_KEY, RefusedRow.CHANGE_KIND]


def ended_rows(before: pl.DataFrame, refused: pl.DataFrame, good: pl.DataFrame) -> pl.DataFrame:
    """終わった行: the rows of `before` (frame EarlierRow) that a later file ends, as frame EndedRow.

    `refused` and `good` are the later file's rows (frame RefusedRow). A row is right when `good` has it, a newer issue
    of its claim, or its 取消; a 取消 of one row of a notice for several claims takes back all of them. A row that is
    refused again, or whose file had the same content as the later one (`is_here`), waits only in the later file.
    """
    newest = good.group_by(_ROW_KEY).agg(pl.col(RefusedRow.ISSUE_NO).max().alias("newest_no"))
    cancels = good.filter(pl.col(RefusedRow.CHANGE_KIND) == CANCEL).select(
        *_CLAIM_KEY, RefusedRow.ISSUE_NO, is_cancel=True
    )
    again = refused.select(*_ROW_KEY, RefusedRow.ISSUE_NO, is_again=True).drop_nulls().unique()
    rows = before.join(newest, on=_ROW_KEY, how="left").join(
        cancels.unique(), on=[*_CLAIM_KEY, RefusedRow.ISSUE_NO], how="left"
    )
    rows = rows.join(again, on=[*_ROW_KEY, RefusedRow.ISSUE_NO], how="left")
    is_issued = (pl.col("newest_no") >= pl.col(RefusedRow.ISSUE_NO)) & (pl.col(RefusedRow.CHANGE_KIND) != CANCEL)
    is_issued, is_joint = is_issued.fill_null(False), pl.col(RefusedRow.JOINT_NO).is_not_null()
    is_taken_back = pl.col("is_cancel").fill_null(False) & ~is_issued
    of_notice = is_taken_back.any().over(EarlierRow.NOTICE_FILE_NO, RefusedRow.JOINT_NO)
    is_withdrawn = is_taken_back | (is_joint & of_notice & ~is_issued)
    is_right = is_issued | is_withdrawn
    rows = rows.with_columns(is_right.alias(EndedRow.IS_RIGHT), is_withdrawn.alias(EndedRow.IS_WITHDRAWN))
    is_over = pl.col(EndedRow.IS_RIGHT) | pl.col("is_again").fill_null(False) | pl.col(EarlierRow.IS_HERE)
    return rows.filter(is_over).select(*before.columns, EndedRow.IS_RIGHT, EndedRow.IS_WITHDRAWN)
