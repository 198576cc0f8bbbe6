"""Opening the ledger (台帳を開く): SQLite by default, another database by URL.

`Ledger.transaction()` is one transaction, all or nothing. A rehearsal (`--dry-run`) wraps everything in an outer
transaction and rolls it back at the end.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Concatenate, NoReturn, ParamSpec, Self, TypeVar

from sqlalchemy import Connection, Engine, inspect, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError

from elqr.store.db import sqlite
from elqr.store.db.database import DRIVERS, engine, is_server, reason, refresh_statistics, take_turn, tidy
from elqr.store.db.schema import SCHEMA_VERSION, metadata
from elqr.store.entries.chain import OPERATOR
from elqr.store.queries.ledger_identity import give_identity
from elqr.store.tables import acts as act_tables
from elqr.store.tables import arrears as arrears_tables
from elqr.store.tables import claim_files as claim_tables
from elqr.store.tables import counted as counted_tables
from elqr.store.tables import exports as export_tables
from elqr.store.tables import held_files as held_tables
from elqr.store.tables import item_orders as order_tables
from elqr.store.tables import ledger as tables
from elqr.store.tables import money as money_tables
from elqr.store.tables import months as month_tables
from elqr.store.tables import refused_rows as refused_tables
from elqr.store.tables import retractions as retraction_tables
from elqr.store.tables import reviews as review_tables
from elqr.store.tables import totals as tally_tables
from elqr.store.tables import typed_batches as batch_tables
from elqr.store.tables.ledger import setting
from elqr.vocabulary.errors import CannotWrite, LedgerError, Locked, OperatorError, cause

_TABLE_MODULES = (
    tables, review_tables, export_tables, month_tables, money_tables, arrears_tables, held_tables, tally_tables,
    refused_tables, retraction_tables, act_tables, counted_tables, claim_tables, order_tables, batch_tables,
)  # fmt: skip
"""The modules that declare tables, imported so that a new ledger has all of them."""

_Arguments = ParamSpec("_Arguments")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Aside:
    """横の接続: answers questions about committed rows while the ledger's own connection is in use.

    Without a thread it shares that connection: it answers at once, and tidies nothing.
    """

    connection: Connection
    thread: Executor | None

    def ask(
        self,
        question: Callable[Concatenate[Connection, _Arguments], _Answer],
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> Callable[[], _Answer]:
        """問う, one question after the other. Returns a function that waits for the answer."""
        if self.thread is not None:
            return self.thread.submit(question, self.connection, *args, **kwargs).result
        answer = question(self.connection, *args, **kwargs)
        return lambda: answer

    def tidy(self) -> None:
        """片付ける: work that closing the ledger would otherwise do, and does where there is no thread."""
        if self.thread is not None:
            self.thread.submit(tidy, self.connection)


@dataclass(slots=True)
class Ledger:
    """台帳: an open connection. With `rehearsal`, everything is rolled back on close.

    `is_new`: the ledger was created when it was opened.
    """

    engine: Engine
    connection: Connection
    rehearsal: bool
    read_as: tuple[Path, os.stat_result] | None = None
    is_new: bool = False

    def has_stayed(self) -> None:
        """読む間に変わらなかったか: checks a file that is read without a lock. Raises LedgerError when it changed."""
        if self.read_as is None:
            return
        path, before = self.read_as
        now = path.stat()
        if (now.st_size, now.st_mtime_ns) != (before.st_size, before.st_mtime_ns) or not sqlite.is_quiet(path):
            raise LedgerError(
                f"読んでいる間に台帳 {path} が書き換えられました。夜間処理が終わってから、もう一度実行してください。"
            )

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction, rolled back when its block raises. Raises LedgerError when the disk or a lock refuses."""
        begin = self.connection.begin_nested if self.rehearsal else self.connection.begin
        try:
            with begin():
                yield self.connection
        except OperationalError as error:
            raise LedgerError(
                f"台帳に書き込めません（{reason(error)}）。空き容量・権限・ほかの利用者を確かめて、もう一度実行してください。"
                "取り込み済みの分は失われていません。"
            ) from error

    @contextmanager
    def readers(self, most: int = os.cpu_count() or 1) -> Iterator[list[Connection]]:
        """読む接続: several that see what is committed. Only our own in a rehearsal, or for a ledger in memory."""
        if self.rehearsal or not self.engine.url.database:
            yield [self.connection]
            return
        database = engine(self.engine.url, is_writer=False)
        try:
            with ExitStack() as stack:
                yield [stack.enter_context(database.connect()) for _ in range(most)]
        finally:
            database.dispose()

    def refresh(self) -> None:
        """統計を新しくする for tables that have grown, in a transaction of its own."""
        with self.transaction() as connection:
            refresh_statistics(connection)

    @contextmanager
    def aside(self) -> Iterator[Aside]:
        """横で問う: on another connection in a thread of its own, or on ours where there is no other."""
        with self.readers(1) as (reader,):
            if reader is self.connection:
                yield Aside(reader, None)
                return
            with ThreadPoolExecutor(1) as thread:
                yield Aside(reader, thread)

    def close(self) -> None:
        """閉じる. A rehearsal is rolled back."""
        self.connection.rollback()
        self.connection.close()
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def ledger_path(url: str) -> Path | None:
    """台帳のファイル: the path of an SQLite ledger; None for a server. Raises LedgerError."""
    target = ledger_url(url)
    return Path(target.database) if target.get_backend_name() == "sqlite" and target.database else None


def ledger_url(url: str) -> URL:
    """台帳の場所: the parsed URL. It is never shown: it may hold a password. Raises LedgerError."""
    try:
        target = make_url(url)
    except (ArgumentError, ValueError) as error:  # ValueError: a port that is not a number
        raise LedgerError(_URL_FORMS) from error
    if target.drivername not in DRIVERS:
        raise LedgerError(_URL_FORMS)
    return target


_NOT_OURS = "このデータベースは elqr の台帳ではありません。[store] url を確かめてください。"
_URL_FORMS = (
    "台帳のURLが読めません。sqlite:///パス か、"
    "postgresql+psycopg://利用者:パスワード@サーバー/データベース の形で書いてください。"
)


def is_nothing(url: str) -> bool:
    """台帳のファイルがないか空か; False for a server, which has to be opened to tell. Raises LedgerError."""
    path = ledger_path(url)
    try:
        return path is not None and (not path.exists() or (path.is_file() and path.stat().st_size == 0))
    except OSError:
        return False


def _allow_new() -> None:
    """Does not refuse a new ledger."""


def refuse_nothing() -> NoReturn:
    """台帳がないか、空なら断る: an empty ledger would pass every check. Raises LedgerError."""
    raise LedgerError(
        "台帳がないか、空です。ジョブの [store] url の場所と、共有フォルダやサーバーにつながっているかを確かめ、"
        "なくなったのなら控えから戻してください。"
    )


def open_ledger(
    url: str,
    *,
    rehearsal: bool = False,
    before_new: Callable[[], None] = _allow_new,
    operator: Mapping[str, str] | None = None,
) -> Ledger:
    """台帳を開く for an operator; creates it on first use. Raises LedgerError, CannotWrite, Locked.

    `before_new` is called before a new ledger is written, and raises where there should already be one.
    """
    path, target = ledger_path(url), ledger_url(url)
    if path is not None:
        if is_nothing(url):
            before_new()
        _check_path(path, rehearsal)
        if rehearsal and not path.exists():
            target = make_url("sqlite://")
    database = engine(target)
    try:
        connection = database.connect()
        connection.info[OPERATOR] = dict(operator or {})
        ledger = Ledger(database, connection, rehearsal)
        if path is None and target.database and not rehearsal and not take_turn(connection):
            raise Locked("別の夜間処理が動いています。終わってから、もう一度実行してください。")
        if rehearsal:
            connection.begin()
        try:
            _prepare(ledger, before_new)
        except OperatorError:
            ledger.close()
            raise
    except DBAPIError as error:
        database.dispose()
        raise LedgerError(
            f"台帳 {path or ''} を開けません（{reason(error)}）。パスと権限、空き容量を確かめてください。"
            if path
            else f"台帳のデータベースを開けません（{reason(error)}）。サーバーと [store] の設定を確かめてください。"
        ) from error
    return ledger


def open_to_read(url: str, before_new: Callable[[], None] = refuse_nothing, *, beside: Engine | None = None) -> Ledger:
    """台帳を読むために開く: an existing ledger that is not empty. Nothing is created or changed. Raises LedgerError.

    A ledger of an older program is migrated in a rehearsal, which needs write access to its file. `before_new` is
    called where there is no ledger or an empty one, and raises. `beside` is the engine of a `LedgerReader`.
    """
    path = ledger_path(url)
    if path is not None:
        _check_path(path, rehearsal=True)
    if is_nothing(url) or (path is not None and not path.is_file()):
        before_new()
        refuse_nothing()
    database = beside or (engine(ledger_url(url), is_writer=False) if path is None else sqlite.reading_engine(path))
    try:
        connection = database.connect()
        if path is None:  # does not see what others write meanwhile
            connection = connection.execution_options(isolation_level="REPEATABLE READ")
        with connection.begin():
            names = set(inspect(connection).get_table_names())
            query = select(setting.c.value).where(setting.c.name == "schema_version")
            version = connection.execute(query).scalar_one_or_none() if "setting" in names else None
    except DBAPIError as error:
        database.dispose()
        raise LedgerError(
            f"台帳 {path or ''} を読めません（{reason(error)}）。場所と権限を確かめてください。"
        ) from error
    if version != str(SCHEMA_VERSION):
        connection.close()
        database.dispose()
    if not names:
        before_new()
        refuse_nothing()
    if "posting" not in names:
        raise LedgerError(_NOT_OURS)
    if version != str(SCHEMA_VERSION):
        if beside:
            raise LedgerError(
                f"台帳の版（{version}）がこのプログラム（{SCHEMA_VERSION}）と違います。"
                "同じ版の elqr で夜間処理を一度実行してから、もう一度始めてください。"
            )
        return open_ledger(url, rehearsal=True)
    connection.begin()
    read_as = (path, path.stat()) if path is not None and not beside and sqlite.is_quiet(path) else None
    return Ledger(database, connection, rehearsal=True, read_as=read_as)


@dataclass(frozen=True, slots=True)
class LedgerReader:
    """台帳を横で読むもの, for a program that stays: a night may begin and write meanwhile, and nobody waits.

    This needs write access to the folder of the ledger's file, and a ledger of this version.
    """

    url: str
    engine: Engine

    @classmethod
    def of(cls, url: str) -> Self:
        """Of a ledger's URL. Raises LedgerError."""
        return cls(url, engine(ledger_url(url), is_writer=False))

    def look(self) -> Ledger:
        """見る: the ledger, as it is committed now. Raises LedgerError."""
        return open_to_read(self.url, beside=self.engine)


def _check_path(path: Path, rehearsal: bool) -> None:
    if path.is_dir():
        raise LedgerError(f"台帳 {path} はフォルダです。ジョブの [store] url にファイルのパスを書いてください。")
    if not rehearsal:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600, exist_ok=True)
        except OSError as error:
            raise CannotWrite(f"台帳 {path} を作れません（{cause(error)}）。権限を確かめてください。") from error


def _prepare(ledger: Ledger, before_new: Callable[[], None]) -> None:
    """Creates the tables of a new ledger and migrates an old one. Refuses a newer one, or a foreign database."""
    with ledger.transaction() as connection:
        names = set(inspect(connection).get_table_names())
        if not names:
            before_new()
            metadata.create_all(connection, checkfirst=False)
            give_identity(connection)
            ledger.is_new = True
            connection.execute(setting.insert().values(name="schema_version", value=str(SCHEMA_VERSION)))
            return
        if "setting" not in names or "posting" not in names:
            raise LedgerError(_NOT_OURS)
        version = connection.execute(
            select(setting.c.value).where(setting.c.name == "schema_version")
        ).scalar_one_or_none()
        if version is None or not version.isdigit():
            raise LedgerError("台帳の版が読めません。控えから戻してください。")
        if int(version) < SCHEMA_VERSION:
            _bring_up(ledger, int(version))
        if int(version) > SCHEMA_VERSION:
            raise LedgerError(
                f"台帳の版（{version}）がこのプログラム（{SCHEMA_VERSION}）より新しいです。"
                "新しい elqr を使ってください。"
            )


def _bring_up(ledger: Ledger, version: int) -> None:
    """版上げする: migrates a ledger of an older program, and keeps a copy of its file next to it."""
    from elqr.store.migrations import bring_up

    path = ledger.engine.url.database
    if not is_server(ledger.connection) and path and not ledger.rehearsal:
        sqlite.copy_ledger(Path(path), Path(f"{path}.v{version}"))
    bring_up(ledger.connection, version)
