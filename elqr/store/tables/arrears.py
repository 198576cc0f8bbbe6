"""The arrears' tables (督促の表): lists that were drawn, and who let one be drawn in spite of what was missing."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, PrimaryKeyConstraint

from elqr.store.db.schema import Text, Whole, table

arrears_request = table(
    "arrears_request",
    Column("request_no", Whole, primary_key=True, autoincrement=False),
    Column("situation", Text, nullable=False),
    Column("claims", Whole, nullable=False),
    Column("yen", Whole, nullable=False),
    Column("risks", Text, nullable=False),
    Column("night_on", Text, nullable=False),
    Column("asked_at", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index("arrears_request_by_situation", "situation"),
)
"""督促対象を引く申請: the situation, by the hash of its claims and of all that stands against drawing them."""

arrears_step = table(
    "arrears_step",
    Column("request_no", Whole, ForeignKey("arrears_request.request_no"), primary_key=True, autoincrement=False),
    Column("result", Text, nullable=False),
    Column("night_on", Text, nullable=False),
    Column("taken_at", Text, nullable=False),
    Column("taken_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)
"""承認・却下: the one step that ends a request."""

arrears_list = table(
    "arrears_list",
    Column("list_no", Whole, primary_key=True, autoincrement=False),
    Column("request_no", Whole, ForeignKey("arrears_request.request_no"), unique=True),
    Column("night_on", Text, nullable=False),
    Column("made_at", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("claims", Whole, nullable=False),
    Column("yen", Whole, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("manifest_sha256", Text, nullable=False),
    CheckConstraint("claims > 0 AND yen > 0"),
)
"""督促対象一覧: each list that was drawn; an approval opens one."""

arrears_claim = table(
    "arrears_claim",
    Column("list_no", Whole, ForeignKey("arrears_list.list_no"), nullable=False),
    Column("claim_no", Whole, ForeignKey("claim.claim_no"), nullable=False),
    Column("left_yen", Whole, nullable=False),
    PrimaryKeyConstraint("list_no", "claim_no"),
    CheckConstraint("left_yen > 0"),
    without_rowid=True,
)
"""督促対象の調定: what was left of each claim of a list."""
