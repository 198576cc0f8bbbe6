"""Frames of notice files (納付書データの表): rows that were refused."""

import polars as pl

from elqr.vocabulary.frames import ClaimKey, Column, Notice

CANCEL = "9"
"""異動区分 取消."""


class RefusedRow(ClaimKey):
    """取り込まなかった行: what a row said of itself; null where it could not be read."""

    ISSUE_NO = Notice.ISSUE_NO
    CHANGE_KIND = Column("change_kind", pl.String)
    RECORD_NO = Column("record_no", pl.Int64)
