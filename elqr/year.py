"""The fiscal year's end (決算見込・滞納繰越): drawn from the ledger as of a night; nothing is written into it."""

from elqr.fiscal import closing_day, last_day
from elqr.night import Night
from elqr.report.years import Yearly, YearRows, yearly
from elqr.store import report_queries
from elqr.store import year_queries as queries
from elqr.terms import AccountingKind


def drawn(night: Night, fiscal_year: int) -> Yearly:
    """決算見込を引く: a fiscal year, as far as the ledger knew on the prepared night.

    Claims change by later slips until the year's closing day; from then on a change is the next year's.
    """
    as_of = night.night_on
    days = queries.YearEnd(last_day(fiscal_year), closing_day(fiscal_year, AccountingKind.GENERAL))
    with night.ledger.transaction() as connection:
        claims = queries.claims_of_year(connection, fiscal_year, as_of, days, night.register.without_closing_period())
        rows = YearRows(
            fiscal_year,
            as_of,
            claims,
            queries.collected_of_year(connection, fiscal_year, as_of),
            queries.held_of_year(connection, fiscal_year, as_of),
        )
        chain = report_queries.chain(connection, as_of)
    return yearly(night.job.city.name, rows, night.register, chain)
