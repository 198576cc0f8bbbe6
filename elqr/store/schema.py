"""How the ledger's tables are declared (台帳の表の定め方), SQLAlchemy Core.

Columns come from the frames' declarations, so a column is spelt once; what is added is what a database
guards: keys, uniqueness, signs, and that rows are never changed or deleted.
Dates are ISO text and yen are integers, readable with any tool.
"""

from collections.abc import Iterable
from typing import Any

import polars as pl
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, PrimaryKeyConstraint, Table, Text, event
from sqlalchemy.schema import DDL
from sqlalchemy.types import TypeEngine

from elqr import frames

SCHEMA_VERSION = 4

metadata = MetaData()
Whole = BigInteger().with_variant(Integer(), "sqlite")
_TYPES: dict[Any, TypeEngine[Any]] = {pl.Int64: Whole, pl.Boolean: Whole, pl.String: Text(), pl.Date: Text()}


def columns(frame: type[frames.Frame], nullable: Iterable[str] = (), key: str = "") -> list[Column[Any]]:
    """The columns a frame declares, NOT NULL unless named; `key` is the primary key, given by us."""
    optional = set(nullable)
    made: list[Column[Any]] = []
    for name, dtype in frame.SCHEMA.items():
        kind = _TYPES[dtype]
        made.append(Column(name, kind, primary_key=name == key, autoincrement=False, nullable=name in optional))
    return made


def table(name: str, *items: Any, without_rowid: bool = False, is_append_only: bool = True) -> Table:
    """A STRICT table whose rows are never changed or deleted; triggers say so.

    Without rowids the key's columns must come first: SQLite 3.40's integrity check misreads other orders.
    """
    made: Table = Table(name, metadata, *items, sqlite_strict=True, sqlite_with_rowid=not without_rowid)
    for verb in ("UPDATE", "DELETE") if is_append_only else ():
        event.listen(
            made,
            "after_create",
            DDL(  # type: ignore[no-untyped-call]
                f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} "
                "BEGIN SELECT RAISE(ABORT, 'append-only'); END"
            ).execute_if(dialect="sqlite"),
        )
    return made


def findings(name: str, parent: str) -> Table:
    """指摘 of one parent row, numbered by line."""
    number = parent.partition(".")[2]
    whole = [Column(column, Whole, nullable=False) for column in ("line_no", "record_no", "offset_bytes")]
    text = [Column(column, Text, nullable=False) for column in ("code", "field", "actual", "expected")]
    owner = Column(number, Whole, ForeignKey(parent), nullable=False)
    return table(name, owner, *whole, *text, PrimaryKeyConstraint(number, "line_no"))
