"""Columns of expected arrivals (到着予定の列), spelt once as in elqr/frames.py."""

import polars as pl

from elqr.frames import Column, Frame


class DeliveredFile(Frame):
    """取り込んだファイル: its name, spec and the night of its delivery."""

    FILE_NAME = Column("file_name", pl.String)
    SPEC = Column("spec", pl.String)
    NIGHT_ON = Column("night_on", pl.Date)


class Arriving(Frame):
    """到着の状況: one expected day of one kind of file, or what is wrong with its numbers."""

    NAME = Column("name", pl.String)
    DUE_ON = Column("due_on", pl.Date)
    LIMIT_ON = Column("limit_on", pl.Date)
    STATE = Column("state", pl.String)
    ARRIVED = Column("arrived", pl.Int64)
    COUNT = Column("count", pl.Int64)
    FILES = Column("files", pl.String)
    ARRIVED_ON = Column("arrived_on", pl.Date)
