"""The database (データベース): an SQLite file or a PostgreSQL server; the only place that asks which of them it is.

Both hold one writer at a time, and both refuse changes to what was written, by triggers (elqr/store/db/schema.py).
What serves a server only is imported for a server only.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl
from sqlalchemy import Connection, Engine, FromClause, Select, Table
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from elqr.store.db import sqlite

UNANSWERED = DBAPIError
"""問いに答えられない: what a database raises that lacks a table, or is broken."""

DRIVERS = ("sqlite", "postgresql+psycopg")


def engine(url: URL, *, is_writer: bool = True) -> Engine:
    """エンジン of a URL of one of the drivers. One that only reads takes no turn."""
    if url.get_backend_name() == "sqlite":
        return sqlite.engine(url, is_writer=is_writer)
    from elqr.store.db import postgresql

    return postgresql.engine(url, is_writer=is_writer)


def is_server(connection: Connection) -> bool:
    """サーバーか: a PostgreSQL server, not an SQLite file."""
    return connection.dialect.name == "postgresql"


def session(connection: Connection) -> dict[str, str]:
    """接続した利用者: whom a server knows the connection by, for the chain of runs; a file knows nobody."""
    if not is_server(connection):
        return {}
    return {"session_user": str(connection.exec_driver_sql("SELECT session_user").scalar_one())}


def take_turn(connection: Connection) -> bool:
    """順番を取る: one run at a time on one server. A file is locked by who opens it."""
    if not is_server(connection):
        return True
    from elqr.store.db import postgresql

    return postgresql.take_turn(connection)


def copy_rows(connection: Connection, table: Table, rows: pl.DataFrame) -> bool:
    """一括で入れる: all rows of stored types by COPY, where the database knows it; False where it does not."""
    if not is_server(connection):
        return False
    from elqr.store.db import postgresql

    postgresql.copy_in(connection, table, rows)
    return True


def ask_first(connection: Connection, table: Table) -> FromClause:
    """問う側から: a temporary table as queries join it, so that they begin with it and never read all of the ledger."""
    if not is_server(connection):
        return sqlite.ask_first(table)
    from elqr.store.db import postgresql

    return postgresql.ask_first(connection, table)


def read_columns(connection: Connection, statement: Select[Any], schema: Mapping[str, Any]) -> pl.DataFrame:
    """列のまま読む: all that a query gives in columns of stored types, in no order; no object is made of each."""
    if not is_server(connection):
        return sqlite.read_columns(connection, statement, schema)
    from elqr.store.db import postgresql

    return postgresql.read_columns(connection, statement, schema)


def refresh_statistics(connection: Connection) -> None:
    """統計を新しくする: what a server knows of the sizes of tables; a file is asked in an order of our own."""
    if is_server(connection):
        from elqr.store.db import postgresql

        postgresql.refresh_statistics(connection)


def tidy(connection: Connection) -> None:
    """台帳を片付ける, on a connection that nobody is asking any more. A server does it by itself."""
    if not is_server(connection):
        sqlite.tidy(connection)


def reason(error: DBAPIError) -> str:
    """なぜ, in words for the operator; never with a password."""
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
