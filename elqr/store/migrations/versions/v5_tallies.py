"""版5: tallies of what was issued and posted, so that no night reads the whole ledger."""

from alembic import op

from elqr.store.migrations.steps import create_index, create_tables
from elqr.store.queries.totals import tally_all

revision, down_revision = "5", "4"


def upgrade() -> None:
    """累計の表, and the tallies of all that was issued and posted before."""
    create_tables("issue_tally", "posting_tally")
    create_index("decision", "decision_waiting")
    tally_all(op.get_bind())
