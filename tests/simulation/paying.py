"""Paying (納付): a payment with its stages, from the day on which it is made to the nights that hear of it."""

from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from tests.simulation.notices import PrintableNotice
from tests.simulation.payments import Record
from tests.simulation.year import FIRST, Year

Stages = tuple[tuple[str, int], ...]
"""Stages, each with the days after the payment on which it is told."""


class Told(NamedTuple):
    """送付元の言うこと. `again` says more of the payment before it."""

    sender: str
    stages: Stages
    yen: int
    again: bool = False


def pay(made: Year, slip: PrintableNotice, day: int, via: str = "", yen: int = 0) -> None:
    """A payment: announced or not, confirmed soon or late, sometimes taken back, sometimes both."""
    chance = made.random
    senders = ("eltax", "cvs", "dsk", "payeasy", *(["bank"] if slip.customer else []))
    sender = via or chance.choice(senders)
    soon, later = chance.randrange(7, 12), chance.randrange(12, 25)
    confirmed = ("confirmed", chance.randrange(2, 25))
    announced = ("preliminary", chance.randrange(1, 6))
    back = ("cancelled", chance.randrange(1, 12))
    ways: list[tuple[Stages, float]] = [
        ((confirmed,), 4),
        ((announced, confirmed), 5),
        ((announced, back), 1),
        ((announced, back, confirmed), 1),
        ((back, confirmed), 0.3),
        ((announced,), 0.4),
        ((announced, confirmed, ("cancelled", 25)), 0.3),
        ((announced, ("cancelled", 6), ("preliminary", soon), ("confirmed", later)), 0.7),
        ((("preliminary", 3), ("cancelled", 3), ("preliminary", 3), ("confirmed", later)), 0.3),
    ]
    stages = chance.choices([way for way, _ in ways], [weight for _, weight in ways])[0]
    tell(made, slip, day, Told(sender, (confirmed,) if sender in ("bank", "payeasy") else stages, yen or slip.yen))


def correct(made: Year, slip: PrintableNotice, day: int) -> None:
    """A sender that says another amount of the same payment: later, or both in one night."""
    chance = made.random
    sender, first = chance.choice(("eltax", "payeasy")), chance.randrange(2, 12)
    second = first + chance.choice((0, 0, chance.randrange(1, 9)))
    tell(made, slip, day, Told(sender, (("confirmed", first),), slip.yen))
    tell(made, slip, day, Told(sender, (("confirmed", second),), slip.yen + chance.choice((-1, 1, 900)), again=True))


def pay_wrongly(made: Year, slip: PrintableNotice, day: int) -> None:
    """A payment that does not fit its slip: another key, 確認番号 or item, too early, or one that a bank could not take."""
    chance = made.random
    kind = chance.choice(("key", "check", "item", "early", "bank", "corrected"))
    if kind == "key":
        other = replace(slip, key="9" + slip.key[1:], barcode_no="9" + slip.barcode_no[1:])
        pay(made, other, day, via=chance.choice(("eltax", "cvs", "dsk")))
    elif kind == "check":
        pay(made, replace(slip, check=f"{(int(slip.check) + 1) % 10**6:06d}"), day, via="eltax")
    elif kind == "item":
        pay(made, replace(slip, procedure=slip.procedure._replace(item_no="999")), day, via="eltax")
    elif kind == "early":
        pay(made, slip, -3, via=chance.choice(("eltax", "cvs")))
    elif kind == "bank":
        tell(made, slip, day, Told("bank", (("not_collected", chance.randrange(1, 9)),), slip.yen))
    else:
        correct(made, slip, day)


def tell(made: Year, slip: PrintableNotice, day: int, told: Told) -> None:
    """The records of a payment. A few senders begin their numbers anew within a day."""
    made.events += 1
    sender, paid_on = told.sender, FIRST + timedelta(day)
    number, before = made.events, made.numbers[sender, paid_on]
    is_alone = all(stage == "confirmed" for stage, _ in told.stages)
    if told.again:
        number = before[-1]
    elif before and is_alone and sender in ("eltax", "payeasy") and made.random.random() < 0.3:
        number = made.random.choice(before)
    elif sender == "payeasy" and made.numbers["eltax", paid_on]:
        number = made.numbers["eltax", paid_on][-1]
    if is_alone:
        made.numbers[sender, paid_on].append(number)
    key, item = ("key", slip.key), slip.procedure.item_no
    for stage, later in told.stages:
        base = Record(made.events, sender, number, stage, told.yen, paid_on, *key, check=slip.check, item=item)
        if sender in ("cvs", "dsk"):
            base = replace(base, kind="barcode_no", key=slip.barcode_no, reissue=slip.reissue, check="", item="")
        elif sender == "bank":
            base = replace(base, kind="customer", key=slip.customer, check="", item="")
        if made.is_night(night := max(0, day) + later):
            made.due[night, sender].append(base)
