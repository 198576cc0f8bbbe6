"""The tables of files that are given up (取込保留をあきらめた記録): asked for by one person, agreed to by another."""

from sqlalchemy import Column, ForeignKey, Index

from elqr.store.db.schema import Text, Whole, table

waiver = table(
    "waiver",
    Column("waiver_no", Whole, primary_key=True, autoincrement=False),
    Column("sha256", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("night_on", Text, nullable=False),
    Column("asked_at", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("waiver_by_content", "sha256"),
)
"""あきらめの申請: a file that was held back and will not be waited for any more, by its content."""

waiver_step = table(
    "waiver_step",
    Column("waiver_no", Whole, ForeignKey("waiver.waiver_no"), primary_key=True, autoincrement=False),
    Column("result", Text, nullable=False),
    Column("night_on", Text, nullable=False),
    Column("taken_at", Text, nullable=False),
    Column("taken_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""承認・却下: the one step that ends a request."""
