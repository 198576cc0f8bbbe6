"""Settlement rules (突合と到着の決まり): the contracts, expected files and business days that a night needs."""

from dataclasses import dataclass, field

from elqr.arithmetic.business_day import Calendar
from elqr.rules.contract import Contract
from elqr.rules.counting import Accounting, ReceivedRules
from elqr.rules.expected_files import Arrival


@dataclass(frozen=True, slots=True)
class Rules:
    """突合と到着の決まり: the city's contracts, expected files and business days, and by which day it counts."""

    contracts: tuple[Contract, ...]
    arrivals: tuple[Arrival, ...]
    calendar: Calendar
    accounting: Accounting = field(default_factory=Accounting)

    @property
    def received(self) -> ReceivedRules:
        """収入日の決め方."""
        return ReceivedRules(self.contracts, self.accounting, self.calendar)
