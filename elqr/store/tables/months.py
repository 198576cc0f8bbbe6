"""The monthly close's tables (月締めの表): which figures were to be frozen, and who approved it.

A trigger refuses postings on any night up to the end of a closed month, because its opening balance comes from all
nights before it.
"""

from sqlalchemy import Column, ForeignKey, Index

from elqr.store.db.schema import Text, Whole, guard, index, table, texts
from elqr.vocabulary.ruling_terms import RulingResult

month_close = table(
    "month_close",
    Column("close_no", Whole, primary_key=True, autoincrement=False),
    *texts("month", "night_on", "asked_at", "asked_by"),
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
    *texts("month", "result", "night_on", "taken_at", "taken_by", "reason"),
    index("month_closed", "month", unique=True, where=Column("result") == RulingResult.APPROVED.value),
)
"""承認・却下: the one step that ends a request. A month is closed only once."""

IS_CLOSED = f"EXISTS (SELECT 1 FROM month_close_step WHERE result = '{RulingResult.APPROVED.value}' AND month >= {{}})"
"""締めた月か, in SQL: whether a month (YYYY-MM) is closed, or a later one."""

NOT_IN_CLOSED_MONTH = {
    "sqlite": (
        "CREATE TRIGGER posting_not_in_closed_month AFTER INSERT ON posting "
        f"WHEN {IS_CLOSED.format('substr(NEW.night_on, 1, 7)')} BEGIN SELECT RAISE(ABORT, 'closed month'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION elqr_not_in_closed_month() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$BEGIN IF {IS_CLOSED.format('(SELECT substr(min(night_on), 1, 7) FROM made)')} "
        "THEN RAISE EXCEPTION 'closed month'; END IF; RETURN NULL; END$$",
        "CREATE TRIGGER posting_not_in_closed_month AFTER INSERT ON posting REFERENCING NEW TABLE AS made "
        "FOR EACH STATEMENT EXECUTE FUNCTION elqr_not_in_closed_month()",
    ),
}
"""締めた月の守り by database: SQLite checks each row, PostgreSQL all rows of a statement at once."""

for _dialect, _statements in NOT_IN_CLOSED_MONTH.items():
    for _statement in _statements:
        guard(month_close_step, _dialect, _statement)
