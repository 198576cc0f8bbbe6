"""Steps (版上げの手順): what revisions are made of."""

from alembic import op

from elqr.store.schema import metadata


def created(*names: str) -> None:
    """表を作る, with their indexes and guards."""
    for name in names:
        metadata.tables[name].create(op.get_bind())


def indexed(table: str, name: str) -> None:
    """索引を作る on a table that was there before."""
    next(index for index in metadata.tables[table].indexes if index.name == name).create(op.get_bind())
