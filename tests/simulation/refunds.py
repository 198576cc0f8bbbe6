"""Refunds of the year (一年の還付): one payment at a time goes a step on, and another person approves nights later."""

from dataclasses import dataclass
from datetime import date

from tests.builders import Ran
from tests.simulation.office import Office, Results
from tests.simulation.payments import Record
from tests.simulation.places import Held
from tests.simulation.rulings import ENDS

_NEXT = {
    "": ("refund", "refund", "refund", "not_ours"),
    "refund": ("decide", "decide", "time-barred", "too-small"),
    "decide": ("paid", "paid", "paid", "decide", "too-small"),
    "paid": ("bounced",),
    "bounced": ("paid", "time-barred"),
    "not_ours": ("passed-on",),
}
"""The steps that may follow one; paid more often than not, so that transfers come back."""

_LABELS = {"refund": "還付候補", "not_ours": "当市の収納でない"}
"""決裁 with which a refund begins: written as any other of 要確認."""


@dataclass(frozen=True)
class Step:
    """申請した一歩: of which payment, and how it stood."""

    review_no: int
    payment_no: int
    held: Held
    name: str
    stood: tuple[object, ...]

    @property
    def records(self) -> list[Record]:
        """申請した収納."""
        return [self.held.record]

    def approve(self, office: Office, night: date) -> tuple[Results, Results]:
        """承認する."""
        told = office.approve(night, self.review_no)
        if _standing(office, self.held, self.name) != self.stood:
            return told, Results(0, 0)
        number = office.ruling_nos(self.review_no)[self.payment_no]
        return told, Results(1, office.rulings.pay_out(number, self.held, self.name))


def ask(office: Office, night: date) -> Step | None:
    """一歩を申請する, for some payment. What may not go on is refused."""
    free = {id(record): number for number, record in office.free().items()}
    may = [
        held
        for held in office.truth.held.values()
        if (held.yen or held.step == "paid") and _NEXT.get(held.step) and id(held.record) in free
    ]
    if not may:
        return None
    held = office.chance.choice(may)
    name, number = office.chance.choice(_NEXT[held.step]), free[id(held.record)]
    ran = _asked(office, night, name, number)
    if not _may_take(held, name):
        assert ran.code != 0 and "決め" in ran.err + ran.out, (name, held, ran)
        return None
    assert ran.code == 0, (name, held, ran.err)
    return Step(int(str(ran.json["review"])), number, held, name, _standing(office, held, name))


def _asked(office: Office, night: date, name: str, number: int) -> Ran:
    if name in _LABELS:
        return office.ask(night, "review", "decide", "--ruling", _LABELS[name], "--payment", number)
    return office.ask(night, "refund", name, number, "--on", night.isoformat(), "--number", "5")


def _may_take(held: Held, name: str) -> bool:
    """進めるか: what moves yen moves as much as was there when it was decided; what came back was paid alone."""
    if name == "bounced":
        return held.yen == 0
    return name not in ENDS or held.yen == held.decided


def _standing(office: Office, held: Held, name: str) -> tuple[object, ...]:
    told = office.truth.told_of(held) if name in _LABELS else ()
    return held.yen, held.step, told
