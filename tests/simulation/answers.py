"""What follows a reminder (督促の後): slips that ask for its fee, too little or too much of it, or not for it at all.

The core system prints them while the year goes on, because it depends on the lists which claims have a fee.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from tests.simulation.bills import print_part, reprint, share_slip
from tests.simulation.model import City
from tests.simulation.notices import DEMAND, PLAN, WHOLE, Claim, Line, PrintableNotice
from tests.simulation.paying import Told, pay, tell
from tests.simulation.payment_files import deliver_payments
from tests.simulation.year import FIRST, Year

_MOST = 3
"""So many slips follow on a claim."""
_OFTEN = 0.4
"""So many evenings a claim with a fee gets one."""


@dataclass(frozen=True)
class _Asked:
    """求める調定: what is owed and what is left of it, item by item; its newest slip, the next one's number and day."""

    claim: Claim
    owed: list[int]
    left: list[int]
    slip: PrintableNotice
    issue: int
    day: int


@dataclass
class Answers:
    """督促の後の納付書: how many were printed for each claim."""

    life: Year
    truth: City
    printed: Counter[Claim] = field(default_factory=Counter)

    def go_on(self, number: int) -> None:
        """一夜の後にすること: slips for the next night, and payments of the days after it."""
        life, chance = self.life, self.life.random
        if number + 2 >= life.nights:
            return
        busy = {line.claim for night in range(number + 1, life.nights) for line in self.lines(night)}
        for claim in sorted(claim for claim, several in self.truth.fees.of_claim.items() if several):
            slip = self.truth.newest_slip(claim)
            owed, may = self.truth.owed_items(claim), claim not in busy and self.printed[claim] < _MOST
            if not may or slip is None or slip.kind or not owed[1] or chance.random() >= _OFTEN:
                continue
            self.printed[claim] += 1
            asked = _Asked(claim, owed, self.truth.left(claim), slip, self.next_issue(claim), number + 1)
            ((step, _),) = chance.choices(_STEPS, [often for _, often in _STEPS])
            self._pay(claim, step(self, asked), number + 1)
        deliver_payments(life)

    def print(self, asked: _Asked, slip: PrintableNotice) -> PrintableNotice:
        """納付書を刷る."""
        self.life.notices[asked.day].append((slip, False))
        return slip

    def next_issue(self, claim: Claim) -> int:
        """次の発行連番, after all slips of the claim, refused or not."""
        return 1 + max(line.issue for night in self.life.notices for line in self.lines(night) if line.claim == claim)

    def lines(self, night: int) -> list[Line]:
        """その夜の納付書の行."""
        return [line for slip, _ in self.life.notices.get(night, ()) for line in slip.lines]

    def _pay(self, claim: Claim, slip: PrintableNotice, day: int) -> None:
        """By the new slip, or by another, which asks for no fee; in whole, in part or more, and now and then twice."""
        chance, life = self.life.random, self.life
        others = [own for own in self.truth.slips if own.claim == claim and not own.is_total]
        paid_days = self._paid_days(claim[0])
        days = [own for own in range(day, min(day + 12, life.nights)) if FIRST + timedelta(own) not in paid_days]
        for paid_on in sorted(chance.sample(days, min(len(days), chance.choice((0, 1, 1, 2))))):
            own = chance.choice((slip, slip, slip, chance.choice(others)))
            yen = chance.choice((0, 0, 0, chance.randrange(1, own.yen + 1), own.yen + 50))
            if chance.random() < 0.5:
                tell(life, own, paid_on, Told("eltax", (("confirmed", chance.randrange(1, 5)),), yen or own.yen))
            else:
                pay(life, own, paid_on, via="eltax" if yen else "", yen=yen)

    def _paid_days(self, bill: str) -> set[date]:
        """納付のある日 of a bill: which of two payments of a day came first nobody says."""
        slips = [slip for several in self.life.notices.values() for slip, _ in several if slip.bill == bill]
        keys = {key for slip in slips for key in (slip.key, slip.barcode_no, slip.customer)}
        return {record.paid_on for told in self.life.due.values() for record in told if record.key in keys}


def _demand(answers: Answers, asked: _Asked) -> PrintableNotice:
    """督促: what is left and the fee; now and then a lower one, which is refused, or a higher one."""
    fee = asked.owed[1] + answers.life.random.choice((0, 0, 0, 0, 0, -50, 50))
    return answers.print(
        asked, print_part(answers.life, asked.slip, asked.issue, (asked.left[0], fee, 0), (DEMAND, asked.day))
    )


def _reissue(answers: Answers, asked: _Asked) -> PrintableNotice:
    """再発行 of all that is owed with the fee."""
    return _print_whole(answers, asked, asked.owed)


def _lower(answers: Answers, asked: _Asked) -> PrintableNotice:
    """減額更正, of the fee or of something else."""
    principal, fee, late = asked.owed
    kept = answers.life.random.choice(
        ((principal, 0, late), (principal, 0, late), (principal - principal // 3, fee, late))
    )
    return _print_whole(answers, asked, list(kept), is_lowered=True)


def _forget(answers: Answers, asked: _Asked) -> PrintableNotice:
    """再発行 without the fee: refused, for as long as it is owed."""
    return _print_whole(answers, asked, [asked.owed[0], 0, asked.owed[2]])


def _plan(answers: Answers, asked: _Asked) -> PrintableNotice:
    """分納 with the fee; now and then with more of it than is owed, which is refused."""
    items = _part(answers, asked.owed[0]), asked.owed[1] + answers.life.random.choice((0, 0, 0, 0, 1)), 0
    return answers.print(asked, print_part(answers.life, asked.slip, asked.issue, items, (PLAN, asked.day)))


def _share(answers: Answers, asked: _Asked) -> PrintableNotice:
    """分納 of two claims of the bill, of which the other may have no fee."""
    truth, bill = answers.truth, asked.claim[0]
    busy = {line.claim for night in range(asked.day, answers.life.nights) for line in answers.lines(night)}
    beside = {own.claim for own in truth.slips if own.bill == bill and own.part != WHOLE and not own.kind} - busy
    beside = {claim for claim in beside - {asked.claim} if truth.owed(claim)}
    if not beside:
        return _plan(answers, asked)
    lines = [Line(asked.claim, asked.issue, asked.slip.due_on, (_part(answers, asked.owed[0]), asked.owed[1], 0))]
    other = answers.life.random.choice(sorted(beside))
    owed, due_on = truth.owed_items(other), answers.life.due_on(other[1])
    lines.append(Line(other, answers.next_issue(other), due_on, (_part(answers, owed[0]), owed[1], 0)))
    return share_slip(answers.life, sorted(lines, key=lambda line: -line.claim[1]), asked.day)


def _part(answers: Answers, yen: int) -> int:
    return answers.life.random.randrange(1, max(2, yen))


def _print_whole(answers: Answers, asked: _Asked, items: list[int], is_lowered: bool = False) -> PrintableNotice:
    slip = reprint(answers.life, asked.slip, asked.issue, sum(items), asked.day)
    return answers.print(asked, replace(slip, fee=items[1], late=items[2], is_lowered=is_lowered))


_STEPS: tuple[tuple[Callable[[Answers, _Asked], PrintableNotice], float], ...] = (
    (_demand, 4), (_reissue, 2), (_lower, 1.5), (_forget, 1.5), (_plan, 2), (_share, 1),
)  # fmt: skip
