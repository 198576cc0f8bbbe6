"""版2: prints, their release by two people, and uploads that were taken in."""

from elqr.store.migrations.steps import created, indexed

revision, down_revision = "2", "1"


def upgrade() -> None:
    """印刷と発送の表: tables of prints and releases."""
    created("upload_step", "print_batch", "print_notice", "release_step")
    indexed("decision", "decision_pending")
