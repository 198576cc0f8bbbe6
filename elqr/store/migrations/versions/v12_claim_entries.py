"""版12: what is owed on a claim is the sum of its entries."""

import sqlalchemy as sa
from alembic import op

from elqr.rules.claim_entries import Asked, claim_entries
from elqr.store.db.schema import Text, Whole
from elqr.store.migrations.steps import add_column, create_index, create_tables
from elqr.store.queries.claim_entries import enter_entries, own_notices, pieces
from elqr.vocabulary.claim_frames import ClaimCancel, ClaimFee

revision, down_revision = "12", "11"


def upgrade() -> None:
    """調定異動: gives every claim the entries by which it owes on each past night what it owed."""
    add_column("notice", sa.Column("change_reason", Text))
    add_column("notice", sa.Column("part_kind", Text))
    add_column("notice_cancel", sa.Column("is_paper_only", Whole))
    add_column("notice_file", sa.Column("retracts_no", Whole))  # this and the tables: the query below looks there, too
    create_tables("claim_entry", "claim_cancel", "notice_line")
    create_index("decision", "decision_unposted")
    create_index("notice", "notice_part")
    connection = op.get_bind()
    for numbers in pieces(connection):
        asked = Asked(own_notices(connection, numbers), ClaimCancel.empty(), ClaimFee.empty())
        enter_entries(connection, claim_entries(asked))
