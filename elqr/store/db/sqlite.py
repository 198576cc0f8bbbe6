"""SQLite (台帳のファイル): one writer at a time by `BEGIN IMMEDIATE`, durable with every commit."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import (
    Connection,
    Engine,
    FromClause,
    Select,
    Table,
    UnaryExpression,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool, StaticPool
from sqlalchemy.sql.operators import custom_op

from elqr.store.db.schema import BUSY_SECONDS, metadata
from elqr.vocabulary.errors import LedgerError

_PRAGMAS = (
    "journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "temp_store=MEMORY", "wal_autocheckpoint=16384",
)  # fmt: skip
"""The last copies 64 MB of pages into the file at once, instead of a little after each delivered file."""

_WRITER_KILOBYTES, _READER_KILOBYTES = 65_536, 16_384
"""Page cache: a writer comes back to its pages, a reader that looks up sorted keys does not."""


def reading_engine(path: Path) -> Engine:
    """読むだけのエンジン of a file that may be in a read-only folder. Leaves not even a lock there."""
    options = {"mode": "ro", "uri": "true"} | ({"immutable": "1"} if is_quiet(path) else {})
    return engine(URL.create("sqlite", database=path.absolute().as_uri(), query=options), is_writer=False)


def is_quiet(path: Path) -> bool:
    """誰も書いていないか: a ledger that is open, or whose writer crashed, has a write-ahead log next to it."""
    log = path.with_name(f"{path.name}-wal")
    return not (log.exists() and log.stat().st_size)


def engine(url: URL, *, is_writer: bool = True) -> Engine:
    """エンジン of a file, or of a database in memory. An engine that only reads may be used by any thread."""
    arguments: dict[str, Any] = {"timeout": BUSY_SECONDS, "check_same_thread": is_writer}
    if hasattr(sqlite3, "LEGACY_TRANSACTION_CONTROL"):
        arguments["autocommit"] = sqlite3.LEGACY_TRANSACTION_CONTROL
    database = create_engine(url, poolclass=NullPool if url.database else StaticPool, connect_args=arguments)

    @event.listens_for(database, "connect")
    def _on_connect(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        kilobytes = _WRITER_KILOBYTES if is_writer else _READER_KILOBYTES
        is_read_only = url.query.get("mode") == "ro"
        for pragma in (*(_PRAGMAS[1:] if is_read_only else _PRAGMAS), f"cache_size=-{kilobytes}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(database, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")

    return database


def ask_first(table: Table) -> FromClause:
    """問う側から: a plus before each column keeps SQLite from looking rows up in this table.

    It has no statistics and might read the whole ledger instead; so it has to begin with this table.
    Source: sqlite.org/optoverview.html, the unary plus.
    """
    expressions = [UnaryExpression(column, operator=custom_op("+"), type_=column.type) for column in table.c]
    return select(
        *(expression.label(column.name) for expression, column in zip(expressions, table.c, strict=True))
    ).subquery("asked")


def read_columns(connection: Connection, statement: Select[Any], schema: Mapping[str, Any]) -> pl.DataFrame:
    """列のまま読む: each column of a query as one JSON array, without an object for each value.

    The rows are in no order, and are held as text for a moment: the caller limits the size.
    Source: sqlite.org/json1.html, json_group_array.
    """
    columns = [func.json_group_array(column) for column in statement.subquery().c]
    texts = connection.execute(select(*columns)).one()
    pairs = zip(schema.items(), texts, strict=True)
    return pl.DataFrame(
        [pl.Series(name, [text]).str.json_decode(pl.List(dtype)).explode() for (name, dtype), text in pairs]
    )


def tidy(connection: Connection) -> None:
    """記録簿を台帳に写す: copies what was committed from the log into the file, except what readers still use.

    Source: sqlite.org/pragma.html, wal_checkpoint.
    """
    connection.rollback()
    connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")


_KINDS = {"table": "表", "index": "索引", "trigger": "守り", "view": "ビュー"}


def _label(kind: str, name: str) -> str:
    is_append_only = kind == "trigger" and name.endswith(("_no_update", "_no_delete"))
    return f"{'追記だけの' if is_append_only else ''}{_KINDS[kind]} {name}"


def _definitions(connection: Connection) -> dict[tuple[str, str], str]:
    """定義 of all objects in the file by kind and name, with spaces and quotes normalised."""
    query = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    return {
        (kind, name): " ".join(text.replace('"', "").split()) for kind, name, text in connection.exec_driver_sql(query)
    }


@cache
def _wanted_definitions() -> dict[tuple[str, str], str]:
    """定義 of a new ledger."""
    with engine(make_url("sqlite://")).begin() as connection:
        metadata.create_all(connection)
        return _definitions(connection)


def structure_breaks(connection: Connection) -> Iterator[str]:
    """台帳の作りの狂い, in words: missing tables and triggers, broken references, and what SQLite itself finds."""
    stored, wanted = _definitions(connection), _wanted_definitions()
    for item in sorted(wanted.keys() - stored.keys()):
        yield f"{_label(*item)} がありません"
    for item in sorted(stored.keys() - wanted.keys()):
        yield f"知らない{_label(*item)} があります"
    for item in sorted(item for item in wanted.keys() & stored.keys() if wanted[item] != stored[item]):
        yield f"{_label(*item)} の定義が違います"
    for row in connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(20):
        yield f"表 {row[0]} の {row[1]}行目が、{row[2]} にない番号を指しています"
    for row in connection.exec_driver_sql("PRAGMA quick_check(20)"):
        if row[0] != "ok":
            yield str(row[0])


def copy_ledger(path: Path, copy: Path) -> None:
    """控えを取る: copies the ledger to another file while others write. Keeps an existing copy. Raises LedgerError."""
    if copy.exists():
        return
    part = copy.with_name(f".{copy.name}.part")
    try:
        part.touch(mode=0o600)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(part)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")  # one file, which reading does not change
            if target.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise LedgerError(
                    f"台帳 {path} の控えが正しく取れません。台帳が壊れていないか elqr verify で調べてください。"
                )
        part.replace(copy)
    except (sqlite3.Error, OSError) as error:
        raise LedgerError(f"台帳の控え {copy} を書けません（{error}）。空き容量と権限を確かめてください。") from error
    finally:
        part.unlink(missing_ok=True)


def read_ends(copy: Path) -> dict[str, str]:
    """控えの中身, read without changing it: schema_version, ledger, run_id, run_hash. Raises LedgerError."""
    ends = "SELECT (SELECT hash FROM run ORDER BY run_no LIMIT 1), run_id, hash FROM run ORDER BY run_no DESC LIMIT 1"
    try:
        with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as ledger:
            if ledger.execute("PRAGMA quick_check").fetchone() != ("ok",):
                raise LedgerError(f"控え {copy} は壊れています。使わずに、別の控えを使ってください。")
            (version,) = ledger.execute("SELECT value FROM setting WHERE name = 'schema_version'").fetchone()
            first, run_id, last = ledger.execute(ends).fetchone() or ("", "", "")
    except (sqlite3.Error, TypeError) as error:
        raise LedgerError(f"控え {copy} は elqr の台帳として読めません（{error}）。") from error
    return {"schema_version": version, "ledger": first, "run_id": run_id, "run_hash": last}
