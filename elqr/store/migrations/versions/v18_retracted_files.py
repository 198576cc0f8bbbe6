"""版18: the import of a notice file may be taken back."""

import sqlalchemy as sa

from elqr.store.db.schema import Whole
from elqr.store.migrations.steps import add_column, create_index

revision, down_revision = "18", "17"


def upgrade() -> None:
    """納付書データの取り消し: which import a row takes back. No earlier row does."""
    add_column("notice_file", sa.Column("retracts_no", Whole))
    create_index("notice_file", "notice_file_retracted")
