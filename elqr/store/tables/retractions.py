"""The retractions' tables (記録の取り消しの表): records that were wrong and that two people take back.

Nothing that was recorded is changed or deleted: a retraction names its record by kind and number, and takes effect
when another person approves it. What becomes true after all is recorded anew, as another row.
"""

from sqlalchemy import Column, ForeignKey, Index

from elqr.store.db.schema import Text, Whole, table, texts

retraction = table(
    "retraction",
    Column("retraction_no", Whole, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("number", Whole, nullable=False),
    *texts("subject", "night_on", "asked_at", "asked_by", "reason"),
    Index("retraction_by_subject", "kind", "number"),
)
"""取り消しの申請: the kind of record, its number in the table of its kind, and its name for people (`subject`)."""

retraction_step = table(
    "retraction_step",
    Column("retraction_no", Whole, ForeignKey("retraction.retraction_no"), primary_key=True, autoincrement=False),
    *texts("result", "night_on", "taken_at", "taken_by", "reason"),
)
"""承認・却下: the one step that ends a request. After approval the record no longer counts."""
