"""The monthly close's tables (月締めの表): which figures were asked to be frozen, and who approved it.

A trigger keeps every posting out of the nights up to the end of a closed month: what was closed had its
opening balance from all the nights before it.
"""

from sqlalchemy import Column, ForeignKey, Index

from elqr.store.schema import Text, Whole, guard, index, table
from elqr.terms import RulingResult

month_close = table(
    "month_close",
    Column("close_no", Whole, primary_key=True, autoincrement=False),
    Column("month", Text, nullable=False),
    Column("night_on", Text, nullable=False),
    Column("asked_at", Text, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("postings", Whole, nullable=False),
    Column("yen", Whole, nullable=False),
    Column("suspense_yen", Whole, nullable=False),
    Column("sha256", Text, nullable=False),
    Index("month_close_by_month", "month"),
)
"""月締めの申請: the figures of a month, and the hash of all of them."""

month_close_step = table(
    "month_close_step",
    Column("close_no", Whole, ForeignKey("month_close.close_no"), primary_key=True, autoincrement=False),
    Column("month", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("night_on", Text, nullable=False),
    Column("taken_at", Text, nullable=False),
    Column("taken_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    index("month_closed", "month", unique=True, where=Column("result") == RulingResult.APPROVED.value),
)
"""承認・却下: the one step that ends a request. A month is closed once."""

_CLOSED = (
    "EXISTS (SELECT 1 FROM month_close_step "
    f"WHERE result = '{RulingResult.APPROVED.value}' AND month >= substr(NEW.night_on, 1, 7))"
)
guard(
    month_close_step,
    "sqlite",
    f"CREATE TRIGGER posting_not_in_closed_month BEFORE INSERT ON posting WHEN {_CLOSED} "
    "BEGIN SELECT RAISE(ABORT, 'closed month'); END",
)
guard(
    month_close_step,
    "postgresql",
    "CREATE OR REPLACE FUNCTION elqr_not_in_closed_month() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$BEGIN IF {_CLOSED} THEN RAISE EXCEPTION 'closed month'; END IF; RETURN NEW; END$$",
)
guard(
    month_close_step,
    "postgresql",
    "CREATE TRIGGER posting_not_in_closed_month BEFORE INSERT ON posting "
    "FOR EACH ROW EXECUTE FUNCTION elqr_not_in_closed_month()",
)
