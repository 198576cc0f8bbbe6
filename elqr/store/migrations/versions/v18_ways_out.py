"""版18: imports taken back, slips typed by hand, notices by account, reasons not to remind, payers."""

import sqlalchemy as sa

from elqr.store.db.schema import Text, Whole
from elqr.store.migrations.steps import add_column, create_index, create_tables

revision, down_revision = "18", "17"


def upgrade() -> None:
    """表・列・索引: what each needs."""
    add_column("notice_file", sa.Column("retracts_no", Whole))
    create_index("notice_file", "notice_file_retracted")
    create_tables("typed_batch", "typed_batch_step")
    add_column("payment", sa.Column("image_ref", Text))
    create_index("notice", "notice_with_account")
    create_tables("reminder_status")
    create_index("claim", "claim_by_payer")
