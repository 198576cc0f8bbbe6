"""版6: slips that replace another have an index of their own, so that a night need not look for each among all."""

from elqr.store.migrations.steps import create_index

revision, down_revision = "6", "5"


def upgrade() -> None:
    """再発行の納付書の索引: an index of slips that were issued again."""
    create_index("notice", "notice_reissued")
