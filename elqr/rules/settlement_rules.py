"""What the city agreed on (突合と到着の決まり): contracts, expected files and business days, as a night needs them."""

from dataclasses import dataclass

from elqr.arithmetic.business_day import Calendar
from elqr.rules.contract import Contract
from elqr.rules.expected_files import Arrival


@dataclass(frozen=True, slots=True)
class Rules:
    """突合と到着の決まり: the city's contracts and expected files, and its business days."""

    contracts: tuple[Contract, ...]
    arrivals: tuple[Arrival, ...]
    calendar: Calendar
