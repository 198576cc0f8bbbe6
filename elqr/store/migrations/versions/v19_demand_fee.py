"""版19: a reminder that was sent may bring a fee."""

import sqlalchemy as sa

from elqr.store.db.schema import Whole
from elqr.store.migrations.steps import add_column, create_tables

revision, down_revision = "19", "18"


def upgrade() -> None:
    """督促手数料: the table of the fees, and entries that come from one."""
    create_tables("claim_fee", unless_there=True)
    add_column("claim_entry", sa.Column("fee_no", Whole))
