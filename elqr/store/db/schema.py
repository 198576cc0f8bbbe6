"""How the ledger's tables are declared (台帳の表の定め方), SQLAlchemy Core.

Columns come from the frames' declarations, so a column is spelt once. Added here is what a database can enforce: keys,
uniqueness, signs, and that rows are never changed or deleted. Dates are ISO text and yen are integers, readable with
any tool.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    event,
    literal_column,
    or_,
)
from sqlalchemy import Text as AnyText
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import DDL, CreateIndex
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.types import TypeEngine

from elqr.vocabulary import frames

SCHEMA_VERSION = 19
BUSY_SECONDS = 30
"""How long a transaction waits for another writer."""

CHANGING = ("counter", "setting")
"""The tables whose rows change."""

metadata = MetaData()
Whole = BigInteger().with_variant(Integer(), "sqlite")
Text = AnyText().with_variant(AnyText(collation="C"), "postgresql")
"""Text that sorts by its bytes on every server: dates and hashes do, and reports must not depend on a locale."""

_TYPES: dict[Any, TypeEngine[Any]] = {pl.Int64: Whole, pl.Boolean: Whole, pl.String: Text, pl.Date: Text}


GUARDS: dict[str, list[str]] = {}
"""守りの文: the trigger statements by database."""


def columns(frame: type[frames.Frame], nullable: Iterable[str] = (), key: str = "") -> list[Column[Any]]:
    """The columns that a frame declares, NOT NULL unless in `nullable`. `key` is the primary key; we assign it."""
    optional = set(nullable)
    declared: list[Column[Any]] = []
    for name, dtype in frame.SCHEMA.items():
        kind = _TYPES[dtype]
        declared.append(Column(name, kind, primary_key=name == key, autoincrement=False, nullable=name in optional))
    return declared


def added_later(declared: list[Column[Any]], *names: str) -> list[Column[Any]]:
    """後から足した列を最後に: where a migration adds them to an older ledger, so that all ledgers are the same."""
    return [*(column for column in declared if column.name not in names), *(c for c in declared if c.name in names)]


def texts(*names: str) -> list[Column[Any]]:
    """文字の列: text columns that are never null, but may be empty."""
    return [Column(name, Text, nullable=False) for name in names]


def table(name: str, *items: Any, without_rowid: bool = False) -> Table:
    """A STRICT table. Triggers refuse to change or delete its rows.

    Without rowids the key's columns must come first: SQLite 3.40's integrity check misreads other orders.
    """
    new_table: Table = Table(name, metadata, *items, sqlite_strict=True, sqlite_with_rowid=not without_rowid)
    if name not in CHANGING:
        for verb in ("UPDATE", "DELETE"):
            guard(new_table, "sqlite", append_only(name, verb))
        for statement in append_only_on_server(name):
            guard(new_table, "postgresql", statement)
    return new_table


def append_only(name: str, verb: str) -> str:
    """追記だけの守り of a table in a file, against UPDATE or DELETE (`verb`)."""
    return (
        f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} BEGIN SELECT RAISE(ABORT, 'append-only'); END"
    )


def append_only_on_server(name: str) -> tuple[str, str]:
    """追記だけの守り of a table on a server: the function that refuses, and the trigger that calls it."""
    return (
        "CREATE OR REPLACE FUNCTION elqr_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN RAISE EXCEPTION 'append-only'; END$$",
        f"CREATE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
        "EXECUTE FUNCTION elqr_append_only()",
    )


def guard(table: Table, dialect: str, statement: str) -> None:
    """守り: a further statement for a database, run when the table is created."""
    GUARDS.setdefault(dialect, []).append(statement)
    event.listen(table, "after_create", DDL(statement).execute_if(dialect=dialect))  # type: ignore[no-untyped-call]


def index(name: str, *columns: str, unique: bool = False, where: ColumnElement[bool] | None = None) -> Index:
    """索引, a partial one where a condition is given."""
    return Index(name, *columns, unique=unique, sqlite_where=where)


def one_of(column: ColumnElement[str], values: Iterable[str]) -> ColumnElement[bool]:
    """いずれかである: a column has one of three or more values, as a CHECK or a partial index asks it of each new row.

    Spelt as alternatives: from `IN (…)` of more than two, SQLite makes a table for every row that it enters.
    """
    return or_(*(column == literal_column(f"'{value}'") for value in values))


@compiles(CreateIndex, "postgresql")
def _keep_condition(creation: CreateIndex, compiler: DDLCompiler, **kwargs: Any) -> str:
    """A server's partial index has the file's condition. Naming it in `index` would load the server's dialect."""
    options = creation.element.dialect_options
    options["postgresql"]["where"] = options["sqlite"]["where"]
    return str(compiler.visit_create_index(creation, **kwargs))  # type: ignore[no-untyped-call]


def findings(name: str, parent: str) -> Table:
    """指摘: a table of findings, numbered by line below each row of `parent` (`table.column`)."""
    number = parent.partition(".")[2]
    number_columns = [Column(column, Whole, nullable=False) for column in ("line_no", "record_no", "offset_bytes")]
    text_columns = [Column(column, Text, nullable=False) for column in ("code", "field", "actual", "expected")]
    owner = Column(number, Whole, ForeignKey(parent), nullable=False)
    return table(name, owner, *number_columns, *text_columns, PrimaryKeyConstraint(number, "line_no"))


def lost_indexes(names: set[str]) -> Iterator[str]:
    """ない索引, in words: declared indexes that are not among `names`."""
    for name in sorted({str(index.name) for table in metadata.sorted_tables for index in table.indexes} - names):
        yield f"索引 {name} がありません"
