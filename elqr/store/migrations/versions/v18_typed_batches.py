"""版18: batches that were typed by hand and confirmed by two people, and the picture of a slip."""

import sqlalchemy as sa

from elqr.store.db.schema import Text
from elqr.store.migrations.steps import add_column, create_tables

revision, down_revision = "18", "17"


def upgrade() -> None:
    """手で打った束: their two tables, and 画像番号 of a payment."""
    create_tables("typed_batch", "typed_batch_step")
    add_column("payment", sa.Column("image_ref", Text))
