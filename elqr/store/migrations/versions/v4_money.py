"""版4: money received, its settlement, lists of reminders, and the money that earlier nights should have brought."""

from alembic import op

from elqr.store.entries.money import bundle_all
from elqr.store.migrations.steps import create_tables

revision, down_revision = "4", "3"


def upgrade() -> None:
    """入金・突合・督促の表, and 収納の束 of all nights before."""
    create_tables("deposit_file", "deposit", "bundle", "settlement", "settlement_bundle", "settlement_deposit")
    create_tables("watched_bundle", "overdue_payment", "difference", "difference_step")
    create_tables("arrears_request", "arrears_step", "arrears_list", "arrears_claim")
    bundle_all(op.get_bind())
