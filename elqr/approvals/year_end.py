"""The fiscal year's end (決算見込・滞納繰越): drawn from the ledger as of a night. The ledger is not written."""

from datetime import date

from elqr.arithmetic.fiscal_year import closing_day
from elqr.arithmetic.fiscal_year import fiscal_year as fiscal_year_of
from elqr.arithmetic.wareki import wareki_fiscal_year
from elqr.report.years import Yearly, YearRows, yearly
from elqr.session.session import Session
from elqr.store.queries import fiscal_year as queries
from elqr.store.queries import reports as report_queries
from elqr.vocabulary.errors import Refused
from elqr.vocabulary.terms import AccountingKind


def draw_year(session: Session, fiscal_year: int) -> Yearly:
    """決算見込を引く: a fiscal year, from what the ledger knew on the session's night.

    Later notices change the year's claims until its closing day; after that a change belongs to the next year. What
    reached the ledger after that day but belongs to the year is shown apart. Raises Refused for a year that has not
    begun by that night and has nothing in the ledger.
    """
    closing = closing_day(fiscal_year, AccountingKind.GENERAL)
    with session.ledger.transaction() as connection:
        rows = _rows(session, fiscal_year, session.night_on)
        at_close = _rows(session, fiscal_year, closing) if closing < session.night_on else None
        chain = report_queries.chain(connection, session.night_on)
    if rows.is_empty and fiscal_year > fiscal_year_of(session.night_on):
        raise Refused(
            f"{wareki_fiscal_year(fiscal_year)}はまだ始まっていません（{session.night_on} の夜まで）。"
            "--fiscal-year の西暦を確かめてください。"
        )
    return yearly(session.job.city.name, rows, session.register, chain, at_close)


def _rows(session: Session, fiscal_year: int, as_of: date) -> YearRows:
    """年度の行: what the reports of the year are drawn from, as of a day."""
    connection, days = session.ledger.connection, queries.YearEnd.of(fiscal_year)
    enterprise = _without_period(session, fiscal_year)
    ends = queries.YearEnds(enterprise, _without_period(session, fiscal_year - 1))
    return YearRows(
        fiscal_year,
        as_of,
        queries.claims_of_year(connection, fiscal_year, as_of, days, enterprise),
        queries.collected_of_year(connection, fiscal_year, as_of),
        queries.held_of_year(connection, fiscal_year, as_of),
        queries.levied_of_year(connection, fiscal_year, as_of, ends),
        session.rules.accounting.by,
    )


def _without_period(session: Session, fiscal_year: int) -> list[str]:
    """公営企業会計の手続: those that close on the last day of the year."""
    last = queries.YearEnd.of(fiscal_year).last
    return [row.code for row in session.register.procedure if row.closing_day(fiscal_year) == last]
