"""Opening the desk's database (窓口のデータベースを開く): a file beside the ledger's, or a schema on its server.

A log-in or a record of what somebody saw never waits for the transaction of a night, and the ledger stays as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, event, insert, inspect, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema

from elqr.store.db.database import engine, is_server, reason
from elqr.store.desk.tables import DESK_VERSION, desk_metadata, setting
from elqr.store.ledger_file import ledger_path, ledger_url
from elqr.vocabulary.errors import CannotWrite, LedgerError, cause

FILE_NAME = "desk.sqlite3"
_SCHEMA = "elqr_desk"
"""The schema on a server."""


@dataclass(frozen=True, slots=True)
class DeskDatabase:
    """窓口のデータベース. Any thread may use it; each transaction has a connection of its own."""

    engine: Engine

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction, rolled back when its block raises. Raises LedgerError when the database refuses."""
        try:
            with self.engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise LedgerError(
                f"窓口のデータベースを使えません（{reason(error)}）。空き容量・権限・サーバーを確かめてください。"
            ) from error


def open_desk_database(url: str) -> DeskDatabase:
    """窓口のデータベースを開く, the one beside a ledger. Creates it on first use. Raises LedgerError, CannotWrite."""
    database = DeskDatabase(_engine(url))
    with database.transaction() as connection:
        if is_server(connection) and not inspect(connection).has_schema(_SCHEMA):
            connection.execute(CreateSchema(_SCHEMA))
        if not inspect(connection).has_table(setting.name):
            desk_metadata.create_all(connection)
            connection.execute(insert(setting).values(name="version", value=str(DESK_VERSION)))
        version = connection.execute(select(setting.c.value).where(setting.c.name == "version")).scalar_one_or_none()
    if version != str(DESK_VERSION):
        raise LedgerError(
            f"窓口のデータベースの版（{version}）は、このプログラムの版（{DESK_VERSION}）と違います。"
            "合う版の elqr を使ってください。"
        )
    return database


def _engine(url: str) -> Engine:
    ledger = ledger_path(url)
    if ledger is None:
        return _server_engine(ledger_url(url))
    path = ledger.with_name(FILE_NAME)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise CannotWrite(
            f"窓口のデータベース {path} を作れません（{cause(error)}）。権限を確かめてください。"
        ) from error
    return engine(URL.create("sqlite", database=str(path)))


def _server_engine(url: URL) -> Engine:
    """サーバーのエンジン, whose tables are those of the desk's schema. It takes no turn among the ledger's writers."""
    database = engine(url, is_writer=False)

    @event.listens_for(database, "connect")
    def _on_connect(connection: Any, _: object) -> None:
        before, connection.autocommit = connection.autocommit, True
        connection.execute(f"SET search_path TO {_SCHEMA}")
        connection.autocommit = before

    return database
