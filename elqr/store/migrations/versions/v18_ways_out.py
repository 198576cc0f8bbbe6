"""版18: ways out of states: imports taken back, slips typed by hand that two people confirm, accounts by due day."""

import sqlalchemy as sa

from elqr.store.db.schema import Text, Whole
from elqr.store.migrations.steps import add_column, create_index, create_tables

revision, down_revision = "18", "17"


def upgrade() -> None:
    """取込の取り消し、手で打った束、口座: which import a row takes back; two tables and 画像番号; an index."""
    add_column("notice_file", sa.Column("retracts_no", Whole, sa.ForeignKey("notice_file.notice_file_no")))
    create_index("notice_file", "notice_file_retracted")
    create_tables("typed_batch", "typed_batch_step")
    add_column("payment", sa.Column("image_ref", Text))
    create_index("notice", "notice_with_account")
