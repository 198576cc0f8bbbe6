"""Migrations (台帳の版上げ): from each version of the ledger to the next, with its rows, as Alembic revisions.

A new table or index needs one more numbered file in `versions/`, and a higher `SCHEMA_VERSION`. Tables are
append-only, so a revision creates tables as they are declared in the tables' modules, or drops redundant columns; one
that changed a column would have to spell out both shapes. The version is kept in the ledger's own `setting`, because a
program without Alembic must be able to refuse a ledger that is newer than itself.
"""

from datetime import date
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select, update

from elqr import __version__
from elqr.store.db.schema import SCHEMA_VERSION
from elqr.store.entries.acts import SAID
from elqr.store.entries.chain import append_link
from elqr.store.entries.seals import seal_earlier
from elqr.store.tables.ledger import run, setting

_HERE = Path(__file__).parent


def bring_up(connection: Connection, version: int) -> None:
    """版上げする in the caller's transaction: every revision after a version, in order.

    A link dated on the last night seals what older programs entered without one; from then on it cannot change.
    """
    scripts = ScriptDirectory(str(_HERE))
    revisions = reversed(list(scripts.iterate_revisions("head", str(version))))
    with Operations.context(MigrationContext.configure(connection)):
        for revision in revisions:
            revision.module.upgrade()
            statement = update(setting).where(setting.c.name == "schema_version").values(value=revision.revision)
            connection.execute(statement)
    last_night = connection.execute(select(func.max(run.c.night_on))).scalar_one()
    if last_night is not None:
        entry = {"version": __version__, "migrated": [version, SCHEMA_VERSION]}
        append_link(connection, date.fromisoformat(last_night), entry, earlier=seal_earlier(connection, SAID))
