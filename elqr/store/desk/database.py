"""Opening the desk's database (窓口のデータベースを開く): a file beside the ledger's, or a schema on its server.

A log-in or a record of what somebody saw never waits for the transaction of a night, and the ledger stays as it is.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event, insert, inspect, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema

from elqr.store.db.database import engine, is_server, reason
from elqr.store.desk.tables import DESK_VERSION, desk_metadata, setting
from elqr.store.ledger_file import ledger_path, ledger_url
from elqr.vocabulary.errors import CannotWrite, LedgerError, NotFound, cause

FILE_NAME = "desk.sqlite3"
_SCHEMA = "elqr_desk"
"""The schema on a server."""

_NO_ACCOUNTS = "窓口の利用者がまだありません。elqr desk account add で登録してから使ってください。"
_OPEN_TO_OTHERS = 0o077
_BUSY_MILLISECONDS = 2_500
"""So long one page waits for another that is writing. Writing here takes no longer than a moment."""


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


def open_desk_database(url: str, *, creates: bool = False) -> DeskDatabase:
    """窓口のデータベースを開く, the one beside a ledger. `creates`: where there is none, it is made.

    Raises LedgerError, CannotWrite, and NotFound where there is none.
    """
    database = DeskDatabase(_engine(url, creates=creates))
    with database.transaction() as connection:
        if is_server(connection) and not inspect(connection).has_schema(_SCHEMA) and creates:
            connection.execute(CreateSchema(_SCHEMA))
        if not inspect(connection).has_table(setting.name):
            if not creates:
                raise NotFound(_NO_ACCOUNTS)
            desk_metadata.create_all(connection)
            connection.execute(insert(setting).values(name="version", value=str(DESK_VERSION)))
        version = connection.execute(select(setting.c.value).where(setting.c.name == "version")).scalar_one_or_none()
    if version != str(DESK_VERSION):
        raise LedgerError(
            f"窓口のデータベースの版（{version}）は、このプログラムの版（{DESK_VERSION}）と違います。"
            "合う版の elqr を使ってください。"
        )
    return database


def desk_path(url: str) -> Path | None:
    """窓口のデータベースのファイル beside a ledger's; None on a server."""
    ledger = ledger_path(url)
    return None if ledger is None else ledger.with_name(FILE_NAME)


def _engine(url: str, *, creates: bool) -> Engine:
    path = desk_path(url)
    if path is None:
        return _server_engine(ledger_url(url))
    if not creates and not path.exists():
        raise NotFound(_NO_ACCOUNTS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
        mode = path.stat().st_mode
    except OSError as error:
        raise CannotWrite(
            f"窓口のデータベース {path} を作れません（{cause(error)}）。権限を確かめてください。"
        ) from error
    if os.name == "posix" and mode & _OPEN_TO_OTHERS:
        raise LedgerError(
            f"窓口のデータベース {path} を、ほかの利用者かグループも使えます（権限 {mode & 0o777:03o}）。"
            "パスワードのハッシュと操作記録があるので開きません。chmod go= で閉じてください。"
        )
    database = engine(URL.create("sqlite", database=str(path)))

    @event.listens_for(database, "connect")
    def _on_connect(connection: Any, _: object) -> None:
        connection.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")

    return database


def _server_engine(url: URL) -> Engine:
    """サーバーのエンジン, whose tables are those of the desk's schema. It takes no turn among the ledger's writers."""
    database = engine(url, is_writer=False)

    @event.listens_for(database, "connect")
    def _on_connect(connection: Any, _: object) -> None:
        before, connection.autocommit = connection.autocommit, True
        connection.execute(f"SET search_path TO {_SCHEMA}")
        connection.autocommit = before

    return database
