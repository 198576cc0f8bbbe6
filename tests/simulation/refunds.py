"""Refunds of the year (一年の還付): one payment at a time goes a step on, and another person approves nights later."""

from dataclasses import dataclass
from datetime import date
from random import Random

from tests.builders import City, Ran, elqr
from tests.simulation.model import City as Truth
from tests.simulation.model import Held

_NEXT = {
    "": ("refund",),
    "refund": ("decide", "decide", "time-barred", "too-small"),
    "decide": ("paid", "paid", "paid", "decide", "too-small"),
    "paid": ("bounced",),
    "bounced": ("paid", "time-barred"),
}
"""The steps that may follow one; paid more often than not, so that transfers come back."""

_ENDS = {"paid": "refunded", "time-barred": "revenue", "too-small": "revenue"}
"""勘定 where the yen of a step end."""


@dataclass(frozen=True)
class Step:
    """申請した一歩: of which payment, and how it stood."""

    review_no: int
    held: Held
    name: str
    stood: tuple[object, ...]


def ask(city: City, truth: Truth, numbers: dict[int, int], chance: Random, night: date, taken: set[int]) -> Step | None:
    """一歩を申請する, for some payment that is not `taken` by another request. What may not go on is refused."""
    events = [held.record.event for held in truth.held.values()]
    may = [
        held
        for held in truth.held.values()
        if (held.yen or held.step == "paid")
        and _NEXT.get(held.step)
        and events.count(held.record.event) == 1
        and numbers.get(held.record.event, 0) not in (0, *taken)
    ]
    if not may:
        return None
    held = chance.choice(may)
    name, number = chance.choice(_NEXT[held.step]), numbers[held.record.event]
    ran = _asked(city, night, name, number)
    if not _may_take(held, name):
        assert ran.code != 0 and "決め" in ran.err + ran.out, (name, held, ran)
        return None
    assert ran.code == 0, (name, held, ran.err)
    return Step(int(str(ran.json["review"])), held, name, _standing(truth, held, name))


def approve(city: City, truth: Truth, step: Step, night: date) -> tuple[int, int, int, int]:
    """承認する: (rulings carried out, yen moved) as the program says, and as the truth does."""
    arguments = ("approve", step.review_no, "--by", "鈴木", "--json", "--job", city.job, "--date", night.isoformat())
    ran = elqr("review", *arguments)
    results: dict[str, int] = ran.json["results"]  # type: ignore[assignment]
    told = results.get("承認", 0), int(str(ran.json["moved_yen"]))
    if _standing(truth, step.held, step.name) != step.stood:
        return (*told, 0, 0)
    held, moved = step.held, 0
    if step.name in _ENDS:
        moved = held.yen
        truth.ended[_ENDS[step.name]] += moved
    elif step.name == "bounced":
        moved = -held.paid
        truth.ended["refunded"] += moved
    held.yen -= moved
    held.step, held.paid, held.decided = step.name, max(moved, 0), held.yen
    return (*told, 1, moved)


def _asked(city: City, night: date, name: str, number: int) -> Ran:
    shared = ("--reason", "確かめた", "--by", "山田", "--json", "--job", city.job, "--date", night.isoformat())
    if name == "refund":
        return elqr("review", "decide", "--ruling", "還付候補", "--payment", number, *shared)
    return elqr("refund", name, number, "--on", night.isoformat(), "--number", "5", *shared)


def _may_take(held: Held, name: str) -> bool:
    """進めるか: what moves yen moves as much as was there when it was decided; what came back was paid alone."""
    if name == "bounced":
        return held.yen == 0
    return name not in _ENDS or held.yen == held.decided


def _standing(truth: Truth, held: Held, name: str) -> tuple[object, ...]:
    told = truth.told_of(held) if name == "refund" else ()
    return held.yen, held.step, told
