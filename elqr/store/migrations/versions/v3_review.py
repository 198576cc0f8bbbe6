"""版3: the review, exports to the core system, and the monthly close."""

from elqr.store.migrations.steps import create_index, create_tables

revision, down_revision = "3", "2"


def upgrade() -> None:
    """決裁・書き出し・月締めの表: tables of reviews, exports and closes."""
    create_tables("review", "ruling", "review_step", "ruling_result", "ruling_posting")
    create_tables("retraction", "retraction_step")  # today's guard of exports reads them
    create_tables("export", "export_again", "export_taken", "month_close", "month_close_step")
    create_index("posting", "posting_moved")
