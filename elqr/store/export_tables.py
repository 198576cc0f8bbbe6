"""The export's tables (書き出しの表): what was handed to the core system, again, and what it has taken in."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, PrimaryKeyConstraint, UniqueConstraint

from elqr.store.schema import Text, Whole, table

export = table(
    "export",
    Column("export_no", Whole, primary_key=True, autoincrement=False),
    Column("night_on", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("spec", Text, nullable=False),
    Column("postings", Whole, nullable=False),
    Column("yen", Whole, nullable=False),
    Column("first_posting_no", Whole, ForeignKey("posting.posting_no"), nullable=False),
    Column("last_posting_no", Whole, ForeignKey("posting.posting_no"), nullable=False),
    Column("sha256", Text, nullable=False),
    Column("manifest_sha256", Text, nullable=False),
    UniqueConstraint("sha256"),
    UniqueConstraint("first_posting_no"),
    UniqueConstraint("last_posting_no"),
    CheckConstraint("postings > 0 AND first_posting_no <= last_posting_no"),
)
"""書き出し: the postings on claims from one number to another, each in one export only."""

export_again = table(
    "export_again",
    Column("export_no", Whole, ForeignKey("export.export_no"), nullable=False),
    Column("again_no", Whole, nullable=False),
    Column("night_on", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("manifest_sha256", Text, nullable=False),
    PrimaryKeyConstraint("export_no", "again_no"),
    CheckConstraint("again_no > 0"),
)
"""再書き出し: the same bytes once more, marked as such."""

export_taken = table(
    "export_taken",
    Column("export_no", Whole, ForeignKey("export.export_no"), nullable=False),
    Column("again_no", Whole, nullable=False),
    Column("taken_at", Text, nullable=False),
    Column("taken_by", Text, nullable=False),
    PrimaryKeyConstraint("export_no", "again_no"),
)
"""取込済: the core system has it. `again_no` is 0 for the first export."""
