"""版14: a payment has the 収入日 that its record states and a day in the books; items are paid in the city's order.

Payments of older programs were taken in without a 収入日, and count by their night.
"""

import sqlalchemy as sa
from alembic import op

from elqr.store.db.schema import Text
from elqr.store.migrations.steps import add_column, create_tables
from elqr.store.tables.ledger import LAST_WITHOUT_RECEIVED, file, setting

revision, down_revision = "14", "13"


def upgrade() -> None:
    """収入日・計上日・充てる順序: where they stand, and up to which file older programs left the 収入日 out."""
    add_column("payment", sa.Column("received_on", Text))
    create_tables("counted_day", "item_order")
    last = op.get_bind().execute(sa.select(sa.func.coalesce(sa.func.max(file.c.file_no), 0))).scalar_one()
    op.get_bind().execute(setting.insert().values(name=LAST_WITHOUT_RECEIVED, value=str(last)))
