"""版1: the night; notices, payments, postings and the chain of runs."""

revision, down_revision = "1", None


def upgrade() -> None:
    """Does nothing: no ledger is older."""
