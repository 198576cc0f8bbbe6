"""版13: a claim file may say what is owed, instead of the notices; a notice has limits per way to pay."""

import sqlalchemy as sa
from alembic import op

from elqr.store.db.schema import Text, Whole
from elqr.store.migrations.steps import add_column, allow_null, create_tables

revision, down_revision = "13", "12"


def upgrade() -> None:
    """調定データ: the tables of the files and their rows, and entries that come from such a row instead of a notice."""
    for name in ("barcode_until_on", "mpn_until_on"):
        add_column("notice", sa.Column(name, Text))
    create_tables("claim_file", "claim_state", unless_there=True)
    columns = {column["name"]: column for column in sa.inspect(op.get_bind()).get_columns("claim_entry")}
    if not columns["notice_no"]["nullable"]:
        allow_null("claim_entry", "notice_no")
    add_column("claim_entry", sa.Column("state_no", Whole))
