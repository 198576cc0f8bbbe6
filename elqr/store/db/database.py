"""The database (データベース): an SQLite file or a PostgreSQL server; the only place that asks which of them it is.

Both allow one writer at a time, and triggers in both refuse to change what was written (elqr/store/db/schema.py).
Modules for the server are imported only when there is one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl
from sqlalchemy import Connection, Engine, FromClause, Select, Table
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from elqr.store.db import sqlite

UNANSWERED = DBAPIError
"""問いに答えられない: raised by a database that lacks a table or is broken."""

DRIVERS = ("sqlite", "postgresql+psycopg")


def engine(url: URL, *, is_writer: bool = True) -> Engine:
    """エンジン for a URL with one of `DRIVERS`. An engine that only reads takes no turn."""
    if url.get_backend_name() == "sqlite":
        return sqlite.engine(url, is_writer=is_writer)
    from elqr.store.db import postgresql

    return postgresql.engine(url, is_writer=is_writer)


def is_server(connection: Connection) -> bool:
    """サーバーか: a PostgreSQL server, not an SQLite file."""
    return connection.dialect.name == "postgresql"


def session(connection: Connection) -> dict[str, str]:
    """接続した利用者: `session_user` as a server knows it, for the chain of runs; empty for a file."""
    if not is_server(connection):
        return {}
    return {"session_user": str(connection.exec_driver_sql("SELECT session_user").scalar_one())}


def take_turn(connection: Connection) -> bool:
    """順番を取る: a server runs one night at a time. A file is locked by whoever opens it."""
    if not is_server(connection):
        return True
    from elqr.store.db import postgresql

    return postgresql.take_turn(connection)


def copy_rows(connection: Connection, table: Table, rows: pl.DataFrame) -> bool:
    """一括で入れる: all rows, of stored types, by COPY. False for a file, which has no COPY."""
    if not is_server(connection):
        return False
    from elqr.store.db import postgresql

    postgresql.copy_in(connection, table, rows)
    return True


def ask_first(connection: Connection, table: Table) -> FromClause:
    """問う側から: a temporary table to join, such that queries begin with it and never read all of the ledger."""
    if not is_server(connection):
        return sqlite.ask_first(table)
    from elqr.store.db import postgresql

    return postgresql.ask_first(connection, table)


def read_columns(connection: Connection, statement: Select[Any], schema: Mapping[str, Any]) -> pl.DataFrame:
    """列のまま読む: the rows of a query as columns of stored types, in no order, without an object for each value."""
    if not is_server(connection):
        return sqlite.read_columns(connection, statement, schema)
    from elqr.store.db import postgresql

    return postgresql.read_columns(connection, statement, schema)


def refresh_statistics(connection: Connection) -> None:
    """統計を新しくする: a server's statistics about table sizes. Queries on a file do not depend on any."""
    if is_server(connection):
        from elqr.store.db import postgresql

        postgresql.refresh_statistics(connection)


def tidy(connection: Connection) -> None:
    """台帳を片付ける, on a connection that is no longer in use. A server does it by itself."""
    if not is_server(connection):
        sqlite.tidy(connection)


def reason(error: DBAPIError) -> str:
    """なぜ: the reason in words for the operator, never with a password."""
    if type(error.orig).__module__.startswith("sqlite3"):
        return str(error.orig)
    from elqr.store.db import postgresql

    return postgresql.reason(error)


def structure_breaks(connection: Connection) -> Iterator[str]:
    """台帳の作りの狂い, in words."""
    if not is_server(connection):
        yield from sqlite.structure_breaks(connection)
        return
    from elqr.store.db import postgresql

    yield from postgresql.structure_breaks(connection)
