"""The truth of reminders (督促の正解): which claims are to be reminded and with how many yen, and why others are not."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.simulation.model import City
from tests.simulation.notices import Claim
from tests.simulation.year import BY_FILE

GRACE = {BY_FILE.code: 7}
"""納期限から一覧に載せるまでの日数, of procedures where it is not `USUAL_GRACE`."""
USUAL_GRACE = 4
NO_SLIP, ANNOUNCED, REMINDED, ELSEWHERE = "有効な納付書がない", "速報あり", "督促済", "よそで発送"
HOLDS = ("返戻", "公示送達", "督促停止", "徴収猶予", "執行停止", "分納", ELSEWHERE)
"""止めるわけ; the last stops nothing."""


@dataclass(frozen=True)
class Hold:
    """止める記録, or a 引抜 from a list (`list_no`). `until` is its last day, if there is one."""

    number: int
    claim: Claim
    kind: str
    until: date | None = None
    list_no: int = 0

    def is_in_force(self, night: date) -> bool:
        """その夜に効いているか."""
        return self.until is None or night <= self.until


@dataclass
class ReminderList:
    """督促対象一覧: the yen of each claim, its 本税・本料 as it was drawn, what was pulled, and whether it was sent."""

    number: int
    drawn_on: date
    yen: dict[Claim, int]
    principal: dict[Claim, int]
    pulled: list[Hold] = field(default_factory=list)
    sent_no: int = 0
    issued_on: date = date.min

    @property
    def left(self) -> set[Claim]:
        """引き抜いていない調定."""
        return set(self.yen) - {hold.claim for hold in self.pulled}


@dataclass
class Reminders:
    """督促の記録 that hold."""

    truth: City
    holds: list[Hold] = field(default_factory=list)
    lists: list[ReminderList] = field(default_factory=list)

    def unpaid(self, night: date, grace: bool = True) -> dict[Claim, int]:
        """納期限の過ぎた未収: a claim whose days are over, and what is left of it."""
        truth = self.truth
        claims = {line.claim for slip in truth.slips if not slip.is_total for line in slip.lines} | set(truth.book.rows)
        left = {claim: truth.owed(claim) - truth.collected[claim] for claim in claims}
        return {claim: yen for claim, yen in left.items() if yen > 0 and self._is_over(claim, night, grace)}

    def reasons(self, claim: Claim, night: date, but: Iterable[ReminderList] = ()) -> set[str]:
        """載せないわけ: all there are. A list speaks for itself, and not against itself (`but`)."""
        why = {hold.kind for hold in self.holds if hold.claim == claim and hold.is_in_force(night)} - {ELSEWHERE}
        if self.truth.newest_slip(claim) is None:
            why.add(NO_SLIP)
        if claim in self.truth.announced_claims():
            why.add(ANNOUNCED)
        sent = [own for own in self.lists if own.sent_no and claim in own.left]
        if sent and sent[-1] not in but and self.truth.owed_items(claim)[0] <= sent[-1].principal[claim]:
            why.add(REMINDED)
        return why

    def _is_over(self, claim: Claim, night: date, grace: bool) -> bool:
        row, slip = self.truth.book.newest(claim), self.truth.newest_slip(claim)
        due_on = row.due_on if row else slip.due_on if slip else date.max
        days = GRACE.get(BY_FILE.code if row else "", USUAL_GRACE) if grace else 0
        return due_on < night - timedelta(days)
