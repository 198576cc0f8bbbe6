"""Settlement rules (突合と到着の決まり): the contracts, expected files and business days that a night needs."""

from dataclasses import dataclass

from elqr.arithmetic.business_day import Calendar
from elqr.rules.contract import Contract
from elqr.rules.expected_files import Arrival


@dataclass(frozen=True, slots=True)
class Rules:
    """突合と到着の決まり: the city's contracts, expected files and business days."""

    contracts: tuple[Contract, ...]
    arrivals: tuple[Arrival, ...]
    calendar: Calendar
