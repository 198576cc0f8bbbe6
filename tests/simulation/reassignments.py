"""Reassignments of the year (一年の組替), and rulings that are undone (決裁の取消): asked for, and approved nights later.

By then the month in which the payment was posted may be closed. Its figures stay as they are.
"""

from dataclasses import dataclass
from datetime import date

from tests.simulation.notices import PrintableNotice
from tests.simulation.office import Office, Results
from tests.simulation.payments import Record
from tests.simulation.rulings import Ruling

_AWAITING = ("refund", "decide", "bounced", "not_ours")
"""Steps after which the yen in suspense are to be paid out."""


@dataclass(frozen=True)
class Reassignment:
    """申請した組替: of which payment, to which slip or, without one, into suspense, and how both stood."""

    review_no: int
    payment_no: int
    record: Record
    slip: PrintableNotice | None
    stood: tuple[object, ...]

    @property
    def records(self) -> list[Record]:
        """申請した収納."""
        return [self.record]

    def approve(self, office: Office, night: date) -> tuple[Results, Results]:
        """承認する."""
        told = office.approve(night, self.review_no)
        if _standing(office, self.record, self.slip) != self.stood:
            return told, Results(0, 0)
        number = office.ruling_nos(self.review_no)[self.payment_no]
        return told, Results(1, office.rulings.reassign(number, self.record, self.slip))


@dataclass(frozen=True)
class Undoing:
    """申請した決裁の取消, and how the notices stood to whose claims yen go back, or come from."""

    review_no: int
    ruling: Ruling
    stood: tuple[object, ...]

    @property
    def records(self) -> list[Record]:
        """申請した収納."""
        return [self.ruling.held.record]

    def approve(self, office: Office, night: date) -> tuple[Results, Results]:
        """承認する."""
        told = office.approve(night, self.review_no)
        if _slips(office, self.ruling) != self.stood:
            return told, Results(0, 0)
        return told, Results(1, *office.rulings.take_back(self.ruling))


def ask(office: Office, night: date) -> Reassignment | None:
    """組替を申請する, of some payment on a claim. To a claim that cannot take it, it is refused."""
    chance, rulings = office.chance, office.rulings
    may = [(number, record) for number, record in office.free().items() if rulings.placed(record)]
    may = [(number, record) for number, record in may if not _awaits_payout(office, record)]
    slips = [slip for slip in office.truth.slips if not slip.is_total and not slip.kind]
    if not may or not slips:
        return None
    number, record = chance.choice(may)
    open_slips = [slip for slip in slips if _may_take(office, record, slip)]
    slip = chance.choice([None, *(chance.choice(own) for own in (open_slips, open_slips, slips) if own)])
    target = ("--target", slip.key) if slip else ()
    ran = office.ask(night, "review", "reassign", number, *target)
    if slip and not _may_take(office, record, slip):
        assert ran.code == 1 and "組替できない" in ran.err, (record, slip, ran)
        return None
    assert ran.code == 0, (record, slip, ran.err)
    on_claims = sum(sum(own.items) for own in rulings.placed(record))
    held = sum(own.yen for own in office.truth.held.values() if own.record is record) if slip else 0
    assert ran.json["suspense_yen"] == on_claims + held, (record, slip, ran.out)
    return Reassignment(int(str(ran.json["review"])), number, record, slip, _standing(office, record, slip))


def ask_to_undo(office: Office, night: date) -> Undoing | None:
    """決裁の取消を申請する, of the newest ruling of some payment; an older one is refused until then."""
    chance, rulings = office.chance, office.rulings
    free = {id(record) for record in office.free().values()}
    ruled = [ruling for ruling in rulings.standing if id(ruling.held.record) in free]
    if not ruled:
        return None
    ruling = chance.choice(ruled)
    last = rulings.of(ruling.held.record)[-1]
    if ruling is not last and chance.random() < 0.5:
        ran = office.ask(night, "review", "undo", ruling.number)
        assert ran.code == 1 and f"先に決裁{last.number}" in ran.err, (ruling, last, ran)
    if not rulings.is_whole(last):
        return None
    ran = office.ask(night, "review", "undo", last.number)
    assert ran.code == 0, (last, ran.err)
    returned = sum(sum(own.items) for own in last.off) - sum(rulings.returning(last))
    told: list[dict[str, int]] = ran.json["returned"]  # type: ignore[assignment]
    assert sum(payment["yen"] for payment in told) == returned, (last, returned, told)
    return Undoing(int(str(ran.json["review"])), last, _slips(office, last))


def _awaits_payout(office: Office, record: Record) -> bool:
    return any(held.yen and held.step in _AWAITING for held in office.truth.held.values() if held.record is record)


def _may_take(office: Office, record: Record, slip: PrintableNotice) -> bool:
    """組み替えられるか: the slip is valid, and something is open on its claim, where nothing of the payment is yet."""
    truth, claims = office.truth, {own.claim for own in office.rulings.placed(record)}
    is_open = truth.owed(slip.claim) > truth.collected[slip.claim]
    return is_open and not slip.is_cancelled and slip.claim not in claims


def _standing(office: Office, record: Record, slip: PrintableNotice | None) -> tuple[object, ...]:
    """今の姿: where the yen of the payment are, and what its target is."""
    places = [(own.claim, own.items) for own in office.rulings.placed(record)]
    held = [own.yen for own in office.truth.held.values() if own.record is record and own.yen]
    return *places, *held, office.target(slip) if slip else None


def _slips(office: Office, ruling: Ruling) -> tuple[object, ...]:
    keys = {own.standing.key for own in (*ruling.put, *ruling.off)}
    return tuple(office.target(slip) for slip in office.truth.slips if slip.key in keys)
