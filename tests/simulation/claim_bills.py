"""Bills of a procedure with claim files (調定データの手続): the core system says what is owed, and notices only ask."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta

from tests.simulation.bills import print_part, reprint, share_slip
from tests.simulation.claims import DOWN, GONE, NOTHING, RELIEF, UP, ClaimRow
from tests.simulation.notices import DEMAND, LATE, PLAN, WHOLE, Claim, Line, PrintableNotice
from tests.simulation.paying import pay, pay_wrongly
from tests.simulation.year import BY_FILE, FIRST, PARTS, Year, make_slip


@dataclass
class _Life:
    """一つの調定の一年, told in the order of days: what the core system asks, and the notices that it printed.

    `paid_days` are those of all claims of its bill, and `beside` its bill's other claims.
    """

    made: Year
    claim: Claim
    stated: list[int]
    paid_days: set[int]
    off: list[int] = field(default_factory=lambda: list(NOTHING))
    slips: list[PrintableNotice] = field(default_factory=list)
    issue: int = 0
    beside: list["_Life"] = field(default_factory=list)
    next_steps: list["_Step"] = field(default_factory=list)

    def say(self, day: int, reason: str = "") -> None:
        """A row of the claim file; a few come some nights later, and some never in the year."""
        chance = self.made.random
        self.off = [min(pair) for pair in zip(self.off, self.stated, strict=True)]
        noon = time(chance.randrange(24), chance.randrange(60), chance.randrange(60))
        row = ClaimRow(
            BY_FILE.code, *self.claim, (self.stated[0], self.stated[1], self.stated[2]),
            datetime.combine(FIRST + timedelta(day), noon), self.made.due_on(self.claim[1]), reason,
            (self.off[0], self.off[1], self.off[2]), FIRST + timedelta(day) if any(self.off) else None,
        )  # fmt: skip
        self.made.said.append(row)
        self.made.rows[day + (chance.randrange(1, 9) if chance.random() < 0.3 else 0)].append(row)

    def print(self, day: int, items: list[int], kind: str = "") -> PrintableNotice | None:
        """A notice; not one of 0円."""
        if not sum(items):
            return None
        self.issue += 1
        asks = items[0], items[1], items[2]
        if kind:
            slip = print_part(self.made, self.slips[0], self.issue, asks, (kind, day))
        else:
            wholes = [own for own in self.slips if not own.kind]
            slip = make_slip(self.made, self.claim, self.issue, sum(items), day)
            slip = reprint(self.made, wholes[-1], self.issue, sum(items), day) if wholes else slip
            slip = replace(slip, fee=items[1], late=items[2])
        self.slips.append(slip)
        self.made.notices[day].append((slip, False))
        return slip

    def pay(self, slip: PrintableNotice, day: int, yen: int = 0) -> None:
        """A payment on the day, or on the next without one of this bill."""
        day = self.free_day(day)
        pay(self.made, slip, day, via="eltax" if yen else "", yen=yen)

    def free_day(self, day: int) -> int:
        """その日か、その後の空いた日: which of two payments of a day came first nobody says."""
        while day in self.paid_days:
            day += 1
        self.paid_days.add(day)
        return day

    @property
    def owed(self) -> list[int]:
        """残る額 as the core system knows it."""
        return [stated - off for stated, off in zip(self.stated, self.off, strict=True)]

    def a_part(self, yen: int) -> int:
        """A part of an amount, of one yen at least."""
        return self.made.random.randrange(1, max(2, yen))


_Step = Callable[[_Life, int], None]


def live_through(made: Year, bill: str) -> None:
    """A bill in instalments or in one, and what becomes of each. Notices may come before their claims, or much later."""
    chance = made.random
    told = chance.randrange(0, made.nights // 2) if chance.random() < 0.2 else 0
    first = min(made.nights - 2, max(0, told + chance.choice((0, 0, 0, -2, 5))))
    parts, paid_days = chance.choice(((WHOLE,), PARTS[:2], PARTS)), set[int]()
    lives = [_Life(made, (bill, part), [chance.randrange(1_000, 90_000), 0, 0], paid_days) for part in parts]
    days = []
    for number, life in enumerate(lives):
        life.beside = [other for other in lives if other is not life]
        if chance.random() < 0.1:
            life.stated[1:] = [100, chance.randrange(100, 900)]
        life.say(told)
        life.print(first, life.stated)
        later = range(first + 1, made.nights)
        days += [(day, number) for day in chance.sample(later, min(chance.randrange(2, 8), len(later)))]
    if len(lives) > 1 and chance.random() < 0.4:
        _print_whole(lives, first)
    for day, number in sorted(days):
        life = lives[number]
        step = life.next_steps.pop() if life.next_steps else chance.choices(*zip(*_STEPS, strict=True))[0]
        step(life, day)


def _print_whole(lives: list[_Life], day: int) -> None:
    """全期: a slip for all instalments of a bill. It waits until claim files say just what it asks."""
    made, bill = lives[0].made, lives[0].claim[0]
    asked = sum(life.owed[0] for life in lives) - made.random.choice((0, 0, 0, 0, 1))
    slip = replace(make_slip(made, (bill, WHOLE), 1, asked, day), is_total=True)
    made.notices[day].append((slip, False))
    if made.random.random() < 0.7:
        lives[0].pay(slip, day + made.random.randrange(1, 40), made.random.choice((0, 0, 0, asked - 1, asked + 50)))


def _pay(life: _Life, day: int) -> None:
    """By the newest notice or by another, the whole of it, less or more."""
    chance = life.made.random
    slip = chance.choice([*life.slips, life.slips[-1]])
    yen = chance.choice((0, 0, 0, 0, life.a_part(slip.yen), slip.yen + chance.randrange(1, 500)))
    life.pay(slip, day, yen)
    if chance.random() < 0.12:
        life.pay(chance.choice(life.slips), day)


def _pay_wrongly(life: _Life, day: int) -> None:
    pay_wrongly(life.made, life.made.random.choice(life.slips), life.free_day(day))


def _pay_soon(life: _Life, day: int, slip: PrintableNotice | None) -> None:
    """A notice that was just printed is paid some days later, as a whole or in part."""
    chance = life.made.random
    if slip and chance.random() < 0.7:
        yen = chance.choice((0, 0, life.a_part(slip.yen)))
        life.pay(slip, day + chance.randrange(0, 9), yen)


def _print_anew(life: _Life, day: int) -> None:
    """再発行 of what is owed, or of less: what is left after a payment."""
    rest = (
        [life.a_part(life.owed[0]), *life.owed[1:]] if life.made.random.random() < 0.4 and life.owed[0] else life.owed
    )
    _pay_soon(life, day, life.print(day, rest))


def _raise(life: _Life, day: int) -> None:
    life.stated[0] += life.made.random.randrange(100, 5_000)
    life.say(day, UP)
    if life.made.random.random() < 0.5:
        _print_anew(life, day)


def _lower(life: _Life, day: int) -> None:
    chance = life.made.random
    life.stated = [life.a_part(yen) if yen and chance.random() < 0.6 else yen for yen in life.stated]
    life.say(day, chance.choice((DOWN, DOWN, "")))
    if chance.random() < 0.4:
        _print_anew(life, day)


def _relieve(life: _Life, day: int) -> None:
    """減免 of all, of the late charge, or of a part."""
    kind = life.made.random.choice(("all", "late", "part"))
    if kind == "all":
        life.stated = [0, 0, 0]
    elif kind == "late":
        life.stated[2] = 0
    else:
        life.stated[0] = life.a_part(life.stated[0]) if life.stated[0] else 0
    life.say(day, RELIEF)


def _write_off(life: _Life, day: int) -> None:
    """不納欠損 of all or of parts; or it is taken back."""
    chance = life.made.random
    if any(life.off) and chance.random() < 0.5:
        life.off = [0, 0, 0]
    else:
        life.off = list(life.stated) if chance.random() < 0.5 else [chance.randrange(yen + 1) for yen in life.stated]
    life.say(day)


def _cancel(life: _Life, day: int) -> None:
    """調定取消, perhaps with another assessment later."""
    life.stated = [0, 0, 0]
    life.say(day, life.made.random.choice((GONE, GONE, "")))
    if life.made.random.random() < 0.5:
        life.next_steps.append(_raise)


def _charge(life: _Life, day: int) -> None:
    """督促手数料 or 延滞金, and a notice that asks for it."""
    chance = life.made.random
    kind = chance.choice((LATE, DEMAND))
    if kind == LATE:
        life.stated[2] += chance.randrange(100, 900)
    else:
        life.stated[1] = 100
    life.say(day)
    owed = life.owed
    _pay_soon(life, day, life.print(day, [0, 0, owed[2]] if kind == LATE else [owed[0], owed[1], 0], kind))


def _plan(life: _Life, day: int) -> None:
    """分納 of all items: parts that may be more than is open by then."""
    for _ in range(life.made.random.choice((1, 2, 3))):
        items = [life.a_part(yen) if yen else 0 for yen in life.owed]
        _pay_soon(life, day, life.print(day, items, PLAN))


def _share(life: _Life, day: int) -> None:
    """分納 of several claims of a bill: one slip, the instalment that is due last first."""
    chance = life.made.random
    of_slip = [life, *chance.sample(life.beside, min(len(life.beside), chance.choice((1, 1, 2))))]
    of_slip = [own for own in of_slip if own.slips and sum(own.owed)]
    if len(of_slip) < 2:
        return
    lines = list[Line]()
    for own in sorted(of_slip, key=lambda own: -own.claim[1]):
        own.issue += 1
        items = tuple(own.a_part(yen) if yen else 0 for yen in own.owed)
        lines.append(Line(own.claim, own.issue, life.made.due_on(own.claim[1]), items))
    slip = share_slip(life.made, lines, day)
    for own in of_slip:
        own.slips.append(slip)
    _pay_soon(life, day, slip)


def _ask_too_much(life: _Life, day: int) -> None:
    """A notice of more than is owed: refused, until the claim is raised or the notice is cancelled."""
    chance = life.made.random
    slip = life.print(day, [life.owed[0] + chance.randrange(1, 900), *life.owed[1:]])
    if slip and chance.random() < 0.3:
        life.slips.remove(slip)
        life.next_steps.append(lambda own, later: own.made.notices[later].append((slip, True)))
    elif chance.random() < 0.6:
        life.next_steps.append(_raise)


def _cancel_paper(life: _Life, day: int) -> None:
    slip = life.made.random.choice(life.slips)
    if slip.issued_on < FIRST + timedelta(day):
        life.made.notices[day].append((slip, True))


_STEPS: tuple[tuple[_Step, float], ...] = (
    (_pay, 9), (_pay_wrongly, 1), (_print_anew, 2), (_raise, 1.5), (_lower, 3), (_relieve, 2), (_write_off, 2.5),
    (_cancel, 1), (_charge, 3), (_plan, 2), (_share, 2), (_ask_too_much, 1), (_cancel_paper, 1),
)  # fmt: skip
