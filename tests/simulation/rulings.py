"""The truth of rulings (決裁の正解): what an approved one moves, and what comes back when two people undo it.

Of each payment rulings are undone the newest first, and only while its yen are where they put them.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from tests.simulation.model import City
from tests.simulation.notices import Claim, PrintableNotice
from tests.simulation.payments import Record
from tests.simulation.places import Held, Standing

ENDS = {"paid": "refunded", "time-barred": "revenue", "too-small": "revenue", "passed-on": "passed_on"}
"""勘定 where the yen of a step end."""


class Placed(NamedTuple):
    """調定での動き: a payment's yen on a claim, item by item, that a ruling put there or took off."""

    claim: Claim
    standing: Standing
    items: tuple[int, ...]


@dataclass(frozen=True)
class Ruling:
    """承認された決裁: what it put on claims, took off them, and added to suspense and to the account where yen end.

    `before` is what was told of the payment's refund until then.
    """

    number: int
    held: Held
    before: tuple[str, int, int]
    put: tuple[Placed, ...] = ()
    off: tuple[Placed, ...] = ()
    held_yen: int = 0
    ended: str = ""


@dataclass
class Rulings:
    """効いている決裁, in the order in which they were approved."""

    truth: City
    standing: list[Ruling] = field(default_factory=list)

    def of(self, record: Record) -> list[Ruling]:
        """一つの収納の決裁."""
        return [ruling for ruling in self.standing if ruling.held.record is record]

    def apply(self, number: int, held: Held, slip: PrintableNotice) -> int:
        """納付書に充てる: as much as is open on the claim. Returns the yen that left suspense."""
        put = self._put(held, slip)
        moved = sum(sum(own.items) for own in put)
        return self._enter(Ruling(number, held, _told(held), put=put, held_yen=-moved))

    def reassign(self, number: int, record: Record, slip: PrintableNotice | None) -> int:
        """組替: all yen come off their claims, to that of a slip, and the rest into suspense, to be decided anew."""
        held, off = self.truth.hold(record, 0, "reassigned"), self.placed(record)
        before, held_before = _told(held), held.yen
        for own in off:
            self.truth.take_off(own.claim, own.standing)
            held.yen += sum(own.items)
        put = self._put(held, slip) if slip else ()
        held_after = held.yen - sum(sum(own.items) for own in put)
        held.yen, held.step, held.decided, held.paid = held_before, "", 0, 0
        return self._enter(Ruling(number, held, before, put, off, held_after - held_before))

    def pay_out(self, number: int, held: Held, name: str) -> int:
        """還付の一歩: all that is in suspense goes where the step leads, or comes back from there."""
        out = held.yen if name in ENDS else -held.paid if name == "bounced" else 0
        ruling = Ruling(number, held, _told(held), held_yen=-out, ended=ENDS.get(name, "refunded" if out else ""))
        held.step, held.paid, held.decided = name, max(out, 0), held.yen - out
        return self._enter(ruling)

    def is_whole(self, ruling: Ruling) -> bool:
        """額が置いた所にあるか."""
        return ruling.held.yen >= ruling.held_yen and all(
            tuple(own.standing.items) == own.items
            and any(own.standing is other for other in self.truth.stands[own.claim])
            for own in ruling.put
        )

    def returning(self, ruling: Ruling) -> list[int]:
        """調定に戻る額 of what came off: as much as is open there. To several claims all goes back, or nothing."""
        freed = {own.claim: sum(own.items) for own in ruling.put}
        open_yen = {
            own.claim: self.truth.owed(own.claim) - self.truth.collected[own.claim] + freed.get(own.claim, 0)
            for own in ruling.off
        }
        parts = []
        for own in ruling.off:
            parts.append(max(0, min(sum(own.items), open_yen[own.claim])))
            open_yen[own.claim] -= parts[-1]
        if len(open_yen) > 1 and parts != [sum(own.items) for own in ruling.off]:
            return [0 for _ in parts]
        return parts

    def take_back(self, ruling: Ruling) -> tuple[int, int]:
        """決裁の取消: the yen that left suspense, and those that no claim takes back and that are there instead."""
        held, parts = ruling.held, self.returning(ruling)
        for own in ruling.put:
            self.truth.take_off(own.claim, own.standing)
        for own, yen in zip(ruling.off, parts, strict=True):
            slip = next(slip for slip in self.truth.slips if slip.key == own.standing.key)
            self.truth.put(held.record, slip, own.claim, yen)
        returned = sum(sum(own.items) for own in ruling.off) - sum(parts)
        self._move(held, returned - ruling.held_yen, ruling.ended, ruling.held_yen)
        held.step, held.decided, held.paid = ruling.before
        self.standing.remove(ruling)
        return ruling.held_yen - returned, returned

    def placed(self, record: Record) -> tuple[Placed, ...]:
        """収納のある調定."""
        return tuple(
            Placed(claim, own, tuple(own.items))
            for claim, several in self.truth.stands.items()
            for own in several
            if own.record is record
        )

    def _put(self, held: Held, slip: PrintableNotice) -> tuple[Placed, ...]:
        part = min(held.yen, self.truth.owed(slip.claim) - self.truth.collected[slip.claim])
        if part <= 0:
            return ()
        self.truth.put(held.record, slip, slip.claim, part)
        standing = self.truth.stands[slip.claim][-1]
        return (Placed(slip.claim, standing, tuple(standing.items)),)

    def _enter(self, ruling: Ruling) -> int:
        self._move(ruling.held, ruling.held_yen, ruling.ended, -ruling.held_yen)
        self.standing.append(ruling)
        return -ruling.held_yen

    def _move(self, held: Held, held_yen: int, ended: str, ended_yen: int) -> None:
        held.yen += held_yen
        if ended:
            self.truth.ended[ended] += ended_yen
        self.truth.moved[held.record.identity] += 1


def _told(held: Held) -> tuple[str, int, int]:
    return held.step, held.decided, held.paid
