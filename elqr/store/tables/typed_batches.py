"""The tables of batches that were typed by hand (手で打った束): their sums as stated, and who confirmed them."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index

from elqr.store.db.schema import Whole, table, texts

typed_batch = table(
    "typed_batch",
    Column("batch_no", Whole, primary_key=True, autoincrement=False),
    *texts("sha256", "name", "spec"),
    Column("payments", Whole, nullable=False),
    Column("yen", Whole, nullable=False),
    Column("known", Whole, nullable=False),
    *texts("night_on", "asked_at", "asked_by"),
    CheckConstraint("payments > 0 AND yen >= 0 AND known >= 0"),
    Index("typed_batch_by_content", "sha256"),
)
"""束の申請: one file of slips, how many, their yen, and how many of their numbers an earlier batch had, as stated."""

typed_batch_step = table(
    "typed_batch_step",
    Column("batch_no", Whole, ForeignKey("typed_batch.batch_no"), primary_key=True, autoincrement=False),
    *texts("result", "night_on", "taken_at", "taken_by", "reason"),
)
"""承認・却下: the one step that ends a request. Only what was approved is taken in."""
