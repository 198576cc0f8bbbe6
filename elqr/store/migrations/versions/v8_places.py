"""版8: every confirmed yen that was delivered has a place, and what was recorded can be taken back by two people."""

from alembic import op

from elqr.store.identity import begin
from elqr.store.migrations.steps import created

revision, down_revision = "8", "7"


def upgrade() -> None:
    """収納の識別、勘定、取り消しの記録."""
    created("waiver", "waiver_step")
    created("ledger_start")
    begin(op.get_bind())
