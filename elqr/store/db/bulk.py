"""Bulk loading (一括の読み書き): frames ↔ tables inside the current transaction.

SQLite's driver takes rows as plain tuples, zipped from lists of columns: ten times faster than an object per row.
A server takes them by COPY. A staging table holds tonight's keys, so that a query costs what the night holds.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import chain
from typing import Any

import polars as pl
from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    FromClause,
    MetaData,
    Select,
    Table,
    func,
    literal,
    select,
)

from elqr.store.db.database import ask_first, copy_rows, read_columns
from elqr.store.db.schema import Text, Whole
from elqr.vocabulary import frames

Schema = Mapping[str, Any]
Query = Select[Any] | CompoundSelect[Any]
_ROWS_A_FETCH = 20_000
_KEYS_A_CONNECTION, _KEYS_A_QUESTION = 10_000, 25_000
_ROWS_A_STATEMENT = 100
"""For inserts into a file: one statement per row takes more than twice as long, keys and indexes aside."""


def insert_frame(connection: Connection, table: Table, frame: pl.DataFrame, **constants: object) -> None:
    """Appends every row. `constants` fill columns that are the same in all rows; columns not named stay null."""
    if frame.is_empty():
        return
    rows = as_stored(frame.with_columns(pl.lit(value).alias(name) for name, value in constants.items()))
    rows = rows.select(name for name in rows.columns if name in table.c)
    if copy_rows(connection, table, rows):
        return
    literals = {
        name: literal_text
        for name in rows.columns[1:]
        if (literal_text := _literal_of(connection, rows[name])) is not None
    }
    names = ", ".join(connection.dialect.identifier_preparer.quote(name) for name in rows.columns)
    row = f"({', '.join(literals.get(name, '?') for name in rows.columns)})"
    statement = f"INSERT INTO {table.name} ({names}) VALUES "
    for part in rows.drop(literals).iter_slices(_ROWS_A_FETCH):
        full = part.height - part.height % _ROWS_A_STATEMENT
        for portion, rows_each in ((part.slice(0, full), _ROWS_A_STATEMENT), (part.slice(full), 1)):
            if values := _statement_values(portion, rows_each):
                connection.exec_driver_sql(statement + ", ".join([row] * rows_each), values)


def _statement_values(rows: pl.DataFrame, rows_each: int) -> list[tuple[object, ...]]:
    """The values of each statement, which takes `rows_each` rows at once."""
    flat = chain.from_iterable(zip(*(column.to_list() for column in rows.iter_columns()), strict=True))
    return list(zip(*[flat] * (rows_each * rows.width), strict=True))


def _literal_of(connection: Connection, values: pl.Series) -> str | None:
    """A value that all rows share, as a literal of SQL: written once instead of bound for every row. Else None."""
    first = values[0]
    if first != values[-1] or (isinstance(first, str) and not first.isprintable()):
        return None
    if values.len() > 1 and not values.eq_missing(first).all():
        return None
    return str(literal(first).compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))


def as_stored(frame: pl.DataFrame) -> pl.DataFrame:
    """Dates as ISO text, booleans as 0 and 1."""
    dates = [pl.col(pl.Date).dt.to_string("%Y-%m-%d")] if pl.Date in frame.dtypes else []
    booleans = [pl.col(pl.Boolean).cast(pl.Int64)] if pl.Boolean in frame.dtypes else []
    return frame.with_columns(*dates, *booleans) if dates or booleans else frame


Columns = dict[frames.Column, ColumnElement[Any]]
"""Columns of a query by the column of the frame that they are read as."""


def select_named(columns: Mapping[str, ColumnElement[Any]] | Mapping[frames.Column, ColumnElement[Any]]) -> Select[Any]:
    """A query of these columns, each labelled with its name, so that results are bound by name."""
    return select(*(column.label(name) for name, column in columns.items()))


def schema_of(columns: Iterable[frames.Column]) -> dict[str, Any]:
    """列の型: the schema of declared columns, in their order."""
    return {str(column): column.dtype for column in columns}


def _stored_schema(query: Query, schema: Schema) -> Schema:
    """The schema as the database keeps it (see `as_stored`). Asserts that the query's columns have its names.

    So must each part of a union. Rows come without names: two columns of one type that changed places would be read as
    each other.
    """
    for part in query.selects if isinstance(query, CompoundSelect) else (query,):
        names = [getattr(column, "name", None) for column in part.selected_columns]
        assert names == list(schema), f"a query of {names} is read as {list(schema)}"
    return {
        name: pl.String if dtype == pl.Date else pl.Int64 if dtype == pl.Boolean else dtype
        for name, dtype in schema.items()
    }


def read_frame(connection: Connection, statement: Query, schema: Schema) -> pl.DataFrame:
    """The rows of a query as a frame of exactly this schema; the query's columns have its names, in its order."""
    stored = _stored_schema(statement, schema)
    result = connection.execute(statement)
    pieces, driver = [], result.cursor
    assert driver is not None, "a query gives rows"
    while rows := driver.fetchmany(_ROWS_A_FETCH):  # the driver's tuples, without an object for each
        columns = list(zip(*rows, strict=True))
        pieces.append(
            pl.DataFrame(
                [
                    pl.Series(name, column, dtype=dtype)
                    for (name, dtype), column in zip(stored.items(), columns, strict=True)
                ]
            )
        )
    result.close()
    return _restore_types(pl.concat(pieces) if pieces else pl.DataFrame(schema=stored), schema)


def read_unordered(connection: Connection, statement: Select[Any], schema: Schema) -> pl.DataFrame:
    """As `read_frame`, but faster and in any order. All rows must fit in memory as text for a moment."""
    return _restore_types(read_columns(connection, statement, _stored_schema(statement, schema)), schema)


def _restore_types(frame: pl.DataFrame, schema: Schema) -> pl.DataFrame:
    restored = [
        pl.col(name).str.to_date("%Y-%m-%d") if dtype == pl.Date else pl.col(name).cast(dtype)
        for name, dtype in schema.items()
        if dtype in (pl.Date, pl.Boolean)
    ]
    return frame.with_columns(restored) if restored else frame


@contextmanager
def stage_rows(connection: Connection, frame: pl.DataFrame) -> Iterator[FromClause]:
    """A temporary table of tonight's rows, dropped at the end of the block, or by the transaction that fails in it.

    Its rows are sorted, so that looking them up passes once through the ledger's pages.
    """
    table = _staging_table(tuple((name, dtype in (pl.String, pl.Date)) for name, dtype in frame.schema.items()))
    table.create(connection, checkfirst=False)
    insert_frame(connection, table, frame.sort(frame.columns))
    yield ask_first(connection, table)
    table.drop(connection, checkfirst=False)


@cache
def _staging_table(columns: tuple[tuple[str, bool], ...]) -> Table:
    """(name, is text) each. The same table for the same columns, so that a question that was asked is known again."""
    parts = [Column(name, Text if is_text else Whole) for name, is_text in columns]
    return Table("staged", MetaData(), *parts, prefixes=["TEMPORARY"])


def look_up(
    connections: Sequence[Connection], keys: pl.DataFrame, query: Callable[[FromClause], Select[Any]], schema: Schema
) -> pl.DataFrame:
    """照会: the rows of a query for these keys, in no order. `keys` has one row per key.

    Many keys are divided among all connections and looked up in batches. Each connection gets keys that are next to
    each other, so that it reads pages of its own.
    """

    def answer(connection: Connection, part: pl.DataFrame) -> list[pl.DataFrame]:
        answers = []
        for batch in part.iter_slices(_KEYS_A_QUESTION):
            with stage_rows(connection, batch) as table:
                answers.append(read_unordered(connection, query(table), schema))
        return answers

    if keys.is_empty():
        return pl.DataFrame(schema=schema)
    if len(connections) == 1 or keys.height < _KEYS_A_CONNECTION:
        return pl.concat(answer(connections[0], keys))
    keys = keys.sort(keys.columns)
    size = -(-keys.height // len(connections))
    parts = [keys.slice(number * size, size) for number in range(len(connections))]
    with ThreadPoolExecutor(len(connections)) as pool:
        return pl.concat(chain.from_iterable(pool.map(answer, connections, parts)))


def next_no(connection: Connection, column: Column[Any]) -> int:
    """The number after the largest in use. Safe because the transaction holds the write lock."""
    return int(connection.execute(select(func.coalesce(func.max(column), 0))).scalar_one()) + 1


def number_rows(frame: pl.DataFrame, name: str, first: int) -> pl.DataFrame:
    """The frame with consecutive numbers from `first` in a column."""
    return frame.with_columns(pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias(name))
