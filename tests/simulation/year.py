"""The year (一年): what is registered, said and delivered on which night, and the notices that a seed invents."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from tests.simulation.claims import ClaimRow
from tests.simulation.notices import WHOLE, PrintableNotice, Procedure
from tests.simulation.payments import Record

FIRST = date(2026, 4, 1)
BY_NOTICE = Procedure("kokuho", "国民健康保険料", "901", by_file=False, fee=100)
BY_FILE = Procedure("kaigo", "介護保険料", "902", by_file=True)
PROCEDURES = (BY_NOTICE, BY_FILE)
PARTS = (1, 2, 3, 4)


@dataclass
class Year:
    """一年. Nights are days from the first; `said` are all rows of the core system, delivered or not.

    Payments up to the event `delivered` are in files.
    """

    random: Random
    nights: int
    notices: dict[int, list[tuple[PrintableNotice, bool]]] = field(default_factory=lambda: defaultdict(list))
    files: dict[int, list[tuple[str, bytes, list[Record]]]] = field(default_factory=lambda: defaultdict(list))
    due: dict[tuple[int, str], list[Record]] = field(default_factory=lambda: defaultdict(list))
    numbers: dict[tuple[str, date], list[int]] = field(default_factory=lambda: defaultdict(list))
    said: list[ClaimRow] = field(default_factory=list)
    rows: dict[int, list[ClaimRow]] = field(default_factory=lambda: defaultdict(list))
    claim_files: dict[int, list[tuple[str, bytes, list[ClaimRow]]]] = field(default_factory=lambda: defaultdict(list))
    orders: dict[int, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    events: int = 0
    delivered: int = 0

    @property
    def grace(self) -> int:
        """納期限から支払期限までの日数."""
        return max(5, self.nights // 12)

    def due_on(self, part: int) -> date:
        """納期限 of an instalment, or of what is not paid in instalments."""
        return FIRST + timedelta(self.nights * (part or PARTS[-1]) // 6)

    def is_night(self, day: int) -> bool:
        """一年のうちの夜か."""
        return 0 <= day < self.nights


def make_slip(made: Year, claim: tuple[str, int], issue: int, yen: int, day: int) -> PrintableNotice:
    """納付書: one for the whole of a claim, with numbers of its own; a few have limits of their own per way to pay."""
    chance, (bill, part) = made.random, claim
    until = made.due_on(part) + timedelta(made.grace)
    limits = [chance.choice((None, until + timedelta(chance.randrange(-made.grace, made.grace)))) for _ in range(2)]
    return PrintableNotice(
        BY_FILE if bill.startswith("5") else BY_NOTICE, bill, part, issue, yen, FIRST + timedelta(day), made.due_on(part), until,
        key=f"0000020261{int(bill) * 1000 + part * 100 + issue:010d}", check=f"{chance.randrange(10**6):06d}",
        barcode_no=f"{int(bill) * 10 + part:016d}", reissue=issue - 1 if issue < 10 else 0,
        customer=f"C{bill}{part}" if issue == 1 and part != WHOLE else "", barcode_until=limits[0], mpn_until=limits[1],
    )  # fmt: skip
