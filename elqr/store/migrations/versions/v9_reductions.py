"""版9: what stands on a claim beyond what is owed goes into suspense in the night that brought the reduction."""

from elqr.store.migrations.steps import create_tables

revision, down_revision = "9", "8"


def upgrade() -> None:
    """減額による過納の仕訳: postings that a lowered slip made."""
    create_tables("reduced_posting")
