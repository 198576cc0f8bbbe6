"""版14: a payment has the 収入日 that its record states. Payments of older programs were taken in without it."""

import sqlalchemy as sa
from alembic import op

from elqr.store.db.schema import Text
from elqr.store.migrations.steps import add_column
from elqr.store.tables.ledger import LAST_WITHOUT_RECEIVED, file, setting

revision, down_revision = "14", "13"


def upgrade() -> None:
    """収入日: its column, and up to which file older programs left it out."""
    add_column("payment", sa.Column("received_on", Text))
    last = op.get_bind().execute(sa.select(sa.func.coalesce(sa.func.max(file.c.file_no), 0))).scalar_one()
    op.get_bind().execute(setting.insert().values(name=LAST_WITHOUT_RECEIVED, value=str(last)))
