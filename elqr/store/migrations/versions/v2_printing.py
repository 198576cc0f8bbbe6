"""版2: prints, their release by two people, and accepted uploads."""

from elqr.store.migrations.steps import create_index, create_tables

revision, down_revision = "2", "1"


def upgrade() -> None:
    """印刷と発送の表: tables of prints and releases."""
    create_tables("upload_step", "print_batch", "print_notice", "release_step")
    create_index("decision", "decision_pending")
