"""版18: ways out of states: imports taken back, and slips typed by hand that two people confirm."""

import sqlalchemy as sa

from elqr.store.db.schema import Text, Whole
from elqr.store.migrations.steps import add_column, create_index, create_tables

revision, down_revision = "18", "17"


def upgrade() -> None:
    """取込の取り消しと手で打った束: which import a row takes back, two tables of batches, 画像番号 of a payment."""
    add_column("notice_file", sa.Column("retracts_no", Whole, sa.ForeignKey("notice_file.notice_file_no")))
    create_index("notice_file", "notice_file_retracted")
    create_tables("typed_batch", "typed_batch_step")
    add_column("payment", sa.Column("image_ref", Text))
