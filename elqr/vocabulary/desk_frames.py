"""Columns of the desk (窓口の列), spelt once as in elqr/vocabulary/frames.py."""

import polars as pl

from elqr.vocabulary.frames import Column, Frame


class DeskRecord(Frame):
    """操作記録: who did what, when, and from where."""

    RECORD_NO = Column("record_no", pl.Int64)
    RECORDED_AT = Column("recorded_at", pl.String)
    LOGIN = Column("login", pl.String)
    PERSON = Column("person", pl.String)
    ADDRESS = Column("address", pl.String)
    DEED = Column("deed", pl.String)
    SUBJECT = Column("subject", pl.String)
