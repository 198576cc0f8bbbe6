"""The truth of 督促手数料 (手数料の正解): what reminders that were sent add to what is owed, and for how long."""

from collections import defaultdict
from dataclasses import dataclass, field

from tests.simulation.notices import Claim


@dataclass(frozen=True)
class Charge:
    """発送の記録による督促手数料: of which sending, and its yen. `after` is the last 発行連番 of the claim by then."""

    sent_no: int
    yen: int
    after: int


@dataclass
class Fees:
    """効いている督促手数料, by claim. However often it was reminded, a claim has one fee."""

    of_claim: dict[Claim, list[Charge]] = field(default_factory=lambda: defaultdict(list))

    def owed(self, claim: Claim, by_slips: int, spoken: int) -> int:
        """督促手数料 of a claim: no less than what slips say, unless one came after the reminder (`spoken`: 発行連番)."""
        return max([by_slips, *(own.yen for own in self.of_claim[claim] if own.after >= spoken)])

    def take_back(self, sent_no: int) -> None:
        """発送の記録の取り消し."""
        for claim, several in self.of_claim.items():
            self.of_claim[claim] = [own for own in several if own.sent_no != sent_no]
