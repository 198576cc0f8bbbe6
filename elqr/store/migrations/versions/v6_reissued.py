"""版6: reissued notices have an index of their own, so that a night does not search all notices for them."""

from elqr.store.migrations.steps import create_index

revision, down_revision = "6", "5"


def upgrade() -> None:
    """再発行の納付書の索引: an index of reissued notices."""
    create_index("notice", "notice_reissued")
