"""版11: a payment that is in order may raise a doubt (疑義), about which people decide; a notice has a pension key."""

import sqlalchemy as sa

from elqr.store.db.schema import Text
from elqr.store.migrations.steps import add_column

revision, down_revision = "11", "10"


def upgrade() -> None:
    """疑義と年金特別徴収のキー: the columns in which they stand."""
    add_column("payment", sa.Column("doubt", Text))
    add_column("notice", sa.Column("pension_no", Text))
