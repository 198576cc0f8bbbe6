"""版9: yen on a claim beyond what is owed go into suspense on the night that brings the reduction."""

from elqr.store.migrations.steps import create_tables

revision, down_revision = "9", "8"


def upgrade() -> None:
    """減額による過納の仕訳: postings that a lowered notice caused."""
    create_tables("reduced_posting")
