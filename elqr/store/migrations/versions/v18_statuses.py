"""版18: files say why claims are not reminded."""

from elqr.store.migrations.steps import create_tables

revision, down_revision = "18", "17"


def upgrade() -> None:
    """督促の状況: the table of the rows."""
    create_tables("reminder_status")
