"""版15: a 分納 notice may pay several claims; what it asks of each has a row of its own."""

from elqr.store.migrations.steps import create_tables

revision, down_revision = "15", "14"


def upgrade() -> None:
    """納付書の行: the table. No earlier notice has a row in it."""
    create_tables("notice_line", unless_there=True)
