"""Steps (版上げの手順): what revisions are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from alembic import op
from sqlalchemy import insert, text

from elqr.store.schema import metadata


def created(*names: str, unless_there: bool = False) -> None:
    """表を作る, with their indexes and guards; `unless_there` for what an earlier revision may have needed."""
    for name in names:
        metadata.tables[name].create(op.get_bind(), checkfirst=unless_there)


def indexed(table: str, name: str) -> None:
    """索引を作る on a table that was there before, unless a step before this one made the table with it."""
    next(index for index in metadata.tables[table].indexes if index.name == name).create(op.get_bind(), checkfirst=True)


@dataclass(frozen=True, slots=True)
class Remade:
    """作り直す表: its rows in an order, numbered from 1 where their number is new, with what else is new."""

    name: str
    number: str = ""
    order: str = "1"
    more: Mapping[str, object] = field(default_factory=dict)


def remade(*tables: Remade) -> None:
    """表を作り直す in the shape of today, with their rows; a table that refers to another stands before it."""
    connection, rows = op.get_bind(), {}
    for table in tables:
        found = connection.execute(text(f"SELECT * FROM {table.name} ORDER BY {table.order}")).mappings()
        numbers = ({table.number: number} if table.number else {} for number in range(1, 1 << 62))
        rows[table.name] = [{**row, **number, **table.more} for row, number in zip(found, numbers, strict=False)]
        op.drop_table(table.name)
    for table in reversed(tables):
        created(table.name)
        if rows[table.name]:
            connection.execute(insert(metadata.tables[table.name]), rows[table.name])
