"""The retractions' tables (記録の取り消しの表): what was recorded wrongly and is taken back, by two people.

Nothing that was recorded is changed or deleted: a retraction names what it takes back by its kind and number, and
holds from the step in which another person approves it. What is true again is recorded again, as a row of its own.
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
"""取り消しの申請: of which kind of record, its number in the table of its kind, and how people call it."""

retraction_step = table(
    "retraction_step",
    Column("retraction_no", Whole, ForeignKey("retraction.retraction_no"), primary_key=True, autoincrement=False),
    *texts("result", "night_on", "taken_at", "taken_by", "reason"),
)
"""承認・却下: the one step that ends a request; approved, the record does not hold any more."""
