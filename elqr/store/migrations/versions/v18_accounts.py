"""版18: notices with an account are found by the day on which they are due, to see which a request has left out."""

from elqr.store.migrations.steps import create_index

revision, down_revision = "18", "17"


def upgrade() -> None:
    """口座のある納付書の索引: one more index on notices."""
    create_index("notice", "notice_with_account")
