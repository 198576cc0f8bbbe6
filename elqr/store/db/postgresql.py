"""PostgreSQL (台帳のサーバー): one writer at a time by an advisory lock, rows in by COPY, its errors in Japanese."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import polars as pl
import psycopg
from psycopg.types.bool import BoolLoader
from psycopg.types.numeric import IntLoader
from sqlalchemy import (
    Boolean,
    Connection,
    Engine,
    FromClause,
    Integer,
    Select,
    Table,
    cast,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import NullPool

from elqr.store.db.schema import BUSY_SECONDS, lost_indexes, metadata
from elqr.store.db.server_shape import shape_breaks

_DIALECT = PGDialect(paramstyle="named")  # type: ignore[no-untyped-call]
"""For a query that is passed on as text: the driver's own parameter style would double each percent sign."""

_PAGE_BYTES, _GROWN, _GROWN_PAGES = 8_192, 1.2, 100
"""A table has grown when it is a fifth and 100 pages larger than the server's statistics say."""

_WRITER, _RUN = 0x656C7172, 0x6E696768
"""Keys of the advisory locks for one transaction and for one run."""

_REASONS = {
    "28P01": "利用者の名前かパスワードが違います",
    "28000": "この利用者の接続は許されていません",
    "3D000": "その名前のデータベースがありません",
    "42501": "この利用者に権限がありません",
    "53100": "サーバーのディスクに空きがありません",
    "53300": "サーバーの接続の数が上限です",
    "55P03": f"ほかの利用者が{BUSY_SECONDS}秒を過ぎても使っています",
    "08006": "サーバーにつながらないか、途中で切れました",
    "57P01": "サーバーが止められました",
    "57P03": "サーバーが起動の途中か、止まる途中です",
}
_WHEN_CONNECTING = {"password authentication failed": "28P01", "does not exist": "3D000", "no pg_hba.conf": "28000"}
"""A refused connection has no state; its message is searched for these words."""


class _Flag(BoolLoader):
    """Booleans as 0 and 1, as the frames store them."""

    def load(self, data: Any) -> Any:
        return int(super().load(data))


def engine(url: URL, *, is_writer: bool = True) -> Engine:
    """エンジン of a server. An engine that does not write to the ledger's tables takes no turn.

    `random_page_cost` is low because a ledger's pages are mostly in memory or on a solid-state disk.
    """
    settings = f"-c lock_timeout={BUSY_SECONDS}s -c TimeZone=UTC -c client_min_messages=warning -c random_page_cost=1.1"
    arguments = {"connect_timeout": BUSY_SECONDS, "application_name": "elqr", "options": settings}
    database = create_engine(url, poolclass=NullPool, connect_args=arguments)

    @event.listens_for(database, "connect")
    def _on_connect(connection: psycopg.Connection[Any], _: object) -> None:
        # PostgreSQL sums integers to numeric; every number in the ledger is an integer.
        connection.adapters.register_loader("numeric", IntLoader)
        connection.adapters.register_loader("bool", _Flag)

    if not is_writer:
        return database

    @event.listens_for(database, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")

    return database


def refresh_statistics(connection: Connection) -> None:
    """統計を新しくする for tables that have grown: with statistics of a smaller ledger, plans read whole tables.

    Autovacuum would do it within minutes, but the night does not wait. A table that is being analysed is skipped.
    Source: postgresql.org/docs, pg_class: `relpages` and `reltuples` are as of the last ANALYZE, -1 before the first.
    """
    known = f"CASE WHEN reltuples < 0 THEN 0 ELSE relpages * {_GROWN} + {_GROWN_PAGES} END"
    grown = f"""SELECT relname FROM pg_class WHERE oid = ANY(CAST(:tables AS regclass[]))
        AND pg_relation_size(oid) / {_PAGE_BYTES} > {known} ORDER BY relname"""
    names = [table.name for table in metadata.sorted_tables]
    for name in connection.execute(text(grown), {"tables": names}).scalars().all():
        connection.exec_driver_sql(f"ANALYZE (SKIP_LOCKED) {name}")


def take_turn(connection: Connection) -> bool:
    """順番を取る: one run at a time on one server, from any machine. Held until the connection closes."""
    with connection.begin():
        return bool(connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_RUN})").scalar_one())


def copy_in(connection: Connection, table: Table, rows: pl.DataFrame) -> None:
    """一括で入れる on a server, by COPY. An empty text is quoted, so that it is not read as null."""
    names = ", ".join(f'"{name}"' for name in rows.columns)
    schema = f"{table.schema}." if table.schema else "" if table.metadata is metadata else "pg_temp."
    with _copy(connection, f"COPY {schema}{table.name} ({names}) FROM STDIN (FORMAT csv)") as copy:
        copy.write(rows.write_csv(include_header=False, quote_style="necessary").encode())


def read_columns(connection: Connection, statement: Select[Any], schema: Mapping[str, Any]) -> pl.DataFrame:
    """列のまま読む, by COPY: null is an empty field, an empty text a quoted one, and booleans are 0 and 1."""
    columns = statement.subquery().c
    numbers = [cast(column, Integer) if isinstance(column.type, Boolean) else column for column in columns]
    query = select(*numbers).compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})
    with _copy(connection, f"COPY ({query}) TO STDOUT (FORMAT csv)") as copy:
        return pl.read_csv(b"".join(copy), has_header=False, schema=dict(schema))


@contextmanager
def _copy(connection: Connection, statement: str) -> Iterator[psycopg.Copy]:
    """COPYする with the driver itself. Raises OperationalError, like any other statement."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    try:
        with driver.cursor().copy(statement) as copy:
            yield copy
    except psycopg.OperationalError as error:
        raise OperationalError(statement, None, error) from error


def ask_first(connection: Connection, table: Table) -> FromClause:
    """問う側から: ANALYZE tells the server how many rows the table has, and it plans by that."""
    connection.exec_driver_sql(f"ANALYZE pg_temp.{table.name}")
    return table


def reason(error: DBAPIError) -> str:
    """なぜ: the reason in Japanese where the state is known, else the database's own words, which hold no password."""
    state = getattr(error.orig, "sqlstate", None)
    message = str(error.orig).strip()
    if state is None and isinstance(error.orig, psycopg.OperationalError):
        state = next((code for words, code in _WHEN_CONNECTING.items() if words in message), "08006")
    return _REASONS.get(str(state), message.partition("\n")[0])


def structure_breaks(connection: Connection) -> Iterator[str]:
    """台帳の作りの狂い, in words: missing tables, triggers and indexes, and broken references."""
    query = "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
    names = set(connection.exec_driver_sql(query).scalars())
    yield from (f"表 {table.name} がありません" for table in metadata.sorted_tables if table.name not in names)
    yield from lost_indexes(names)
    yield from shape_breaks(connection)
    for table in metadata.sorted_tables if metadata.tables.keys() <= names else ():
        for key in table.foreign_keys:
            parent = key.column.table.alias("parent")
            refers = parent.c[key.column.name] == key.parent
            broken = select(func.count()).select_from(table).outerjoin(parent, refers)
            broken = broken.where(key.parent.is_not(None), parent.c[key.column.name].is_(None))
            if count := connection.execute(broken).scalar_one():
                yield f"表 {table.name} の {count}行が、{key.column.table.name} にない番号を指しています"
