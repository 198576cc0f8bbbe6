"""The table of counted days (計上日の表): on which day a payment stands in the books of a city that counts by days.

A city that counts by night has no rows here: the night of a posting is in the posting. A trigger refuses days in closed
months, as one does with the nights of postings.
"""

from sqlalchemy import Index

from elqr.store.db.schema import columns, guard, table
from elqr.store.tables.months import IS_CLOSED
from elqr.vocabulary.counted_frames import CountedDay

counted_day = table(
    "counted_day",
    *columns(CountedDay, key="payment_no"),
    Index("counted_day_by_day", "counted_on"),
)

guard(
    counted_day,
    "sqlite",
    "CREATE TRIGGER counted_day_not_in_closed_month AFTER INSERT ON counted_day "
    f"WHEN {IS_CLOSED.format('substr(NEW.counted_on, 1, 7)')} BEGIN SELECT RAISE(ABORT, 'closed month'); END",
)
guard(
    counted_day,
    "postgresql",
    "CREATE OR REPLACE FUNCTION elqr_day_not_in_closed_month() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$BEGIN IF {IS_CLOSED.format('(SELECT substr(min(counted_on), 1, 7) FROM made)')} "
    "THEN RAISE EXCEPTION 'closed month'; END IF; RETURN NULL; END$$",
)
guard(
    counted_day,
    "postgresql",
    "CREATE TRIGGER counted_day_not_in_closed_month AFTER INSERT ON counted_day REFERENCING NEW TABLE AS made "
    "FOR EACH STATEMENT EXECUTE FUNCTION elqr_day_not_in_closed_month()",
)
