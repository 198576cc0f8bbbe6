"""版18: what else a payer owes is asked every night, of those to whom something may have to be paid back."""

from elqr.store.migrations.steps import create_index

revision, down_revision = "18", "17"


def upgrade() -> None:
    """納付者から調定を引く索引: claims are found by their payer."""
    create_index("claim", "claim_by_payer")
