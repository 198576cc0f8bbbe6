"""The tallies' tables (累計の表): sums of what was issued or posted at once."""

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, PrimaryKeyConstraint

from elqr.store.db.schema import Whole, columns, table
from elqr.vocabulary import tally_frames

issue_tally = table(
    "issue_tally",
    *columns(tally_frames.IssueTally),
    PrimaryKeyConstraint("upload_no", "procedure_code", "issued_on"),
    ForeignKeyConstraint(["upload_no"], ["upload.upload_no"]),
    CheckConstraint("notices > 0"),
)
"""発行の累計 of each upload."""

posting_tally = table(
    "posting_tally",
    Column("tally_no", Whole, primary_key=True, autoincrement=False),
    *columns(tally_frames.PostingTally, nullable=("procedure_code",)),
    CheckConstraint("payments >= 0 AND is_elqr IN (0, 1)"),
)
"""計上の累計 of each night and of each approval."""
