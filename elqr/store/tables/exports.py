"""The export's tables (書き出しの表): what was handed to the core system, once or again, and what it has taken in."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, PrimaryKeyConstraint

from elqr.store.db.schema import Whole, guard, table, texts
from elqr.vocabulary.ruling_terms import RetractionKind, RulingResult

export = table(
    "export",
    Column("export_no", Whole, primary_key=True, autoincrement=False),
    *texts("night_on", "made_at", "made_by", "file_name", "spec"),
    Column("postings", Whole, nullable=False),
    Column("yen", Whole, nullable=False),
    Column("first_posting_no", Whole, ForeignKey("posting.posting_no"), nullable=False),
    Column("last_posting_no", Whole, ForeignKey("posting.posting_no"), nullable=False),
    *texts("sha256", "manifest_sha256"),
    CheckConstraint("postings > 0 AND first_posting_no <= last_posting_no"),
)
"""書き出し: the postings on claims from one number to another. Each is in at most one valid export."""

_HELD = (
    "SELECT 1 FROM export AS held WHERE held.first_posting_no <= NEW.last_posting_no "
    "AND held.last_posting_no >= NEW.first_posting_no AND NOT EXISTS (SELECT 1 FROM retraction JOIN retraction_step "
    "ON retraction_step.retraction_no = retraction.retraction_no "
    f"WHERE retraction.kind = '{RetractionKind.EXPORT.value}' AND retraction.number = held.export_no "
    f"AND retraction_step.result = '{RulingResult.APPROVED.value}')"
)
guard(
    export,
    "sqlite",
    f"CREATE TRIGGER export_once BEFORE INSERT ON export WHEN EXISTS ({_HELD}) "
    "BEGIN SELECT RAISE(ABORT, 'exported twice'); END",
)
guard(
    export,
    "postgresql",
    "CREATE OR REPLACE FUNCTION elqr_export_once() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$BEGIN IF EXISTS ({_HELD}) THEN RAISE EXCEPTION 'exported twice'; END IF; RETURN NEW; END$$",
)
guard(
    export,
    "postgresql",
    "CREATE TRIGGER export_once BEFORE INSERT ON export FOR EACH ROW EXECUTE FUNCTION elqr_export_once()",
)

export_again = table(
    "export_again",
    Column("export_no", Whole, ForeignKey("export.export_no"), nullable=False),
    Column("again_no", Whole, nullable=False),
    *texts("night_on", "made_at", "made_by", "reason", "manifest_sha256"),
    PrimaryKeyConstraint("export_no", "again_no"),
    CheckConstraint("again_no > 0"),
)
"""再書き出し: the same bytes once more, marked as a repeat."""

export_taken = table(
    "export_taken",
    Column("taken_no", Whole, primary_key=True, autoincrement=False),
    Column("export_no", Whole, ForeignKey("export.export_no"), nullable=False),
    Column("again_no", Whole, nullable=False),
    *texts("taken_at", "taken_by"),
    Index("export_taken_by_export", "export_no"),
)
"""取込済: the core system has it. `again_no` is 0 for the first export. Recorded anew after a retraction."""
