"""The year's life (一年の出来事): bills of both kinds of procedures, what the register says, and what is delivered."""

from random import Random

from tests.simulation import bills, claim_bills
from tests.simulation.claim_files import deliver_claims
from tests.simulation.notices import ITEMS
from tests.simulation.payment_files import deliver_payments
from tests.simulation.year import PROCEDURES, Year


def year(seed: int, nights: int, number_of_bills: int) -> Year:
    """一年を作る of a seed."""
    made = stories(seed, nights, number_of_bills)
    deliver_payments(made)
    deliver_claims(made)
    return made


def stories(seed: int, nights: int, number_of_bills: int) -> Year:
    """一年の出来事, before anything of them is delivered."""
    made = Year(Random(seed), nights)
    for number in range(number_of_bills):
        if number % 2:
            claim_bills.live_through(made, f"{500_000 + number}")
        else:
            bills.live_through(made, f"{100_000 + number}")
    _change_orders(made)
    return made


def _change_orders(made: Year) -> None:
    """充てる順序: each procedure has one, another later, or none."""
    for night in (0, *sorted(made.random.sample(range(1, made.nights), min(3, made.nights - 1)))):
        made.orders[night] = {
            own.code: made.random.choice(((), tuple(made.random.sample(ITEMS, len(ITEMS))))) for own in PROCEDURES
        }
