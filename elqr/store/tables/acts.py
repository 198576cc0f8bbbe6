"""The acts' table (人のしたことの表): which link of the chain records who asked, who approved, and on which machine."""

from sqlalchemy import Column, ForeignKey, Index

from elqr.store.db.schema import Text, Whole, table, texts

ASKED = "asked"
"""The step with which a request begins."""

act = table(
    "act",
    Column("run_no", Whole, ForeignKey("run.run_no"), primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("number", Whole, nullable=False),
    *texts("step", "taken_by", "os_user", "login", "machine", "session_user"),
    Index("act_by_number", "kind", "number"),
)
"""人のしたこと: one step of one request or record, as its link has it. `session_user` is what a server knows."""
