"""Steps (版上げの手順): the building blocks of revisions."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from alembic import op
from sqlalchemy import Column, insert, inspect, text

from elqr.store.db.database import is_server
from elqr.store.db.schema import append_only, metadata


def create_tables(*names: str, unless_there: bool = False) -> None:
    """表を作る with their indexes and triggers. `unless_there`: an earlier revision may have created them."""
    for name in names:
        metadata.tables[name].create(op.get_bind(), checkfirst=unless_there)


def create_index(table: str, name: str) -> None:
    """索引を作る on an existing table, unless an earlier step created the table with it."""
    next(index for index in metadata.tables[table].indexes if index.name == name).create(op.get_bind(), checkfirst=True)


def remake_index(table: str, name: str) -> None:
    """索引を作り直す with the condition that it has today."""
    op.drop_index(name)
    create_index(table, name)


@dataclass(frozen=True, slots=True)
class Remade:
    """作り直す表: the order of its rows, the column to number from 1 if it is new, and values of other new columns."""

    name: str
    number: str = ""
    order: str = "1"
    more: Mapping[str, object] = field(default_factory=dict)


def remake_tables(*tables: Remade) -> None:
    """表を作り直す in today's shape, keeping their rows. A table that refers to another comes before it."""
    connection, rows = op.get_bind(), {}
    for table in tables:
        old_rows = connection.execute(text(f"SELECT * FROM {table.name} ORDER BY {table.order}")).mappings()
        numbers = ({table.number: number} if table.number else {} for number in range(1, 1 << 62))
        rows[table.name] = [{**row, **number, **table.more} for row, number in zip(old_rows, numbers, strict=False)]
        op.drop_table(table.name)
    for table in reversed(tables):
        create_tables(table.name)
        if rows[table.name]:
            connection.execute(insert(metadata.tables[table.name]), rows[table.name])


def add_column(table: str, column: Column[Any]) -> None:
    """列を足す, unless an earlier step created the table with it."""
    if column.name not in {existing["name"] for existing in inspect(op.get_bind()).get_columns(table)}:
        op.add_column(table, column)


def allow_null(table: str, column: str) -> None:
    """空を許す: a column of an existing table no longer has to have a value. In a file, see `_replace_in_schema`."""
    if is_server(op.get_bind()):
        op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} DROP NOT NULL")
        return
    kind = metadata.tables[table].c[column].type.compile(op.get_bind().dialect)
    _replace_in_schema(table, f"{column} {kind} NOT NULL", f"{column} {kind}")


@contextmanager
def without_guard(name: str) -> Iterator[None]:
    """守りを外す: the rows of one table may change in the block. If the block fails, so does the transaction."""
    if is_server(op.get_bind()):
        op.execute(f"ALTER TABLE {name} DISABLE TRIGGER {name}_no_change")
        yield
        op.execute(f"ALTER TABLE {name} ENABLE TRIGGER {name}_no_change")
        return
    op.execute(f"DROP TRIGGER {name}_no_update")
    yield
    op.execute(append_only(name, "UPDATE"))


def replace_check(table: str, was: str, becomes: str) -> None:
    """条件を置き換える: one CHECK of an existing table, found by its text. In a file, see `_replace_in_schema`."""
    connection = op.get_bind()
    if is_server(connection):
        column = was.partition(" ")[0]
        names = connection.exec_driver_sql(
            "SELECT conname FROM pg_constraint WHERE conrelid = CAST(%s AS regclass) AND contype = 'c' "
            "AND pg_get_constraintdef(oid) LIKE %s",
            (table, f"CHECK (({column} = ANY%"),
        )
        name = names.scalar_one()
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({becomes})")
        return
    _replace_in_schema(table, was, becomes)


def _replace_in_schema(table: str, was: str, becomes: str) -> None:
    """表の定めの字を置き換える, in a file: a CHECK or NOT NULL is only text in the schema, so no row is written anew.

    Source: sqlite.org/lang_altertable.html, "changes that do not affect the on-disk content".
    """
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ? AND instr(sql, ?) > 0",
        (was, becomes, table, was),
    )
    assert changed.rowcount == 1, f"the schema of {table} is as it was made"
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
