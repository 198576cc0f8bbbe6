"""Bills of a procedure whose notices say what is owed (納付書データの手続), and what becomes of them in a year."""

from dataclasses import replace

from tests.simulation.notices import DEMAND, LATE, PLAN, WHOLE, Claim, Line, PrintableNotice
from tests.simulation.paying import Told, correct, pay, pay_wrongly, tell
from tests.simulation.year import PARTS, Year, make_slip


def live_through(made: Year, bill: str) -> None:
    """A bill of four instalments, perhaps with a 全期 slip, and what becomes of each. A few bills are told late."""
    chance = made.random
    told = chance.randrange(2, made.nights) if chance.random() < 0.06 else 0
    parts = [make_slip(made, (bill, part), 1, chance.randrange(1_000, 90_000), 0) for part in PARTS]
    made.notices[told] += [(slip, False) for slip in parts]
    days = iter(chance.sample(range(1, made.nights), min(60, made.nights - 1)))
    if chance.random() < 0.4:
        whole = replace(make_slip(made, (bill, WHOLE), 1, sum(slip.yen for slip in parts), 0), is_total=True)
        made.notices[told].append((whole, False))
        if chance.random() < 0.7:
            via = chance.choice(("eltax", "cvs"))
            is_short = via == "eltax" and chance.random() < 0.2
            pay(made, whole, next(days), via=via, yen=whole.yen - 1 if is_short else 0)
    changed: set[Claim] = set()
    if chance.random() < 0.25:
        together = chance.sample(parts, chance.choice((2, 2, 3)))
        changed |= {slip.claim for slip in together}
        _share(made, together, [max(told, next(days)) for _ in range(chance.choice((2, 3, 4)))])
    for slip in parts:
        for day in sorted(next(days) for _ in range(chance.choice((1, 1, 1, 2)))):
            if day < told:
                pay(made, slip, day)
            elif day > told:
                _happen(made, slip, day, changed)


def _happen(made: Year, slip: PrintableNotice, day: int, changed: set[Claim]) -> None:
    """One thing that happens to a slip on a day. A claim that was issued again or in parts has `changed`."""
    chance = made.random
    kind = chance.random()
    if kind < 0.08:
        return
    if kind < 0.16:
        _reissue(made, slip, day, changed)
    elif kind < 0.21:
        made.notices[day].append((slip, True))
        pay(made, slip, chance.choice((day, max(1, day - chance.randrange(10, 30)))))
    elif kind < 0.33:
        pay_wrongly(made, slip, day)
    elif kind < 0.44:
        pay(made, slip, day, via="eltax", yen=chance.randrange(1, slip.yen))
    elif kind < 0.50:
        pay(made, slip, day, via="eltax", yen=slip.yen + chance.randrange(1, 500))
    elif kind < 0.56:
        tell(made, slip, day, Told("bank", (("not_collected", chance.randrange(1, 9)),), slip.yen))
    elif kind < 0.59:
        correct(made, slip, day)
    elif kind < 0.71:
        _ask_in_parts(made, slip, day, changed)
    else:
        pay(made, slip, day)


def _reissue(made: Year, slip: PrintableNotice, day: int, changed: set[Claim]) -> None:
    """The same again, or more or less; and one of the two is paid."""
    if slip.claim in changed:
        return
    changed.add(slip.claim)
    chance = made.random
    newer = reprint(made, slip, 2, slip.yen + chance.choice((0, 100, -(slip.yen // 3))), day)
    newer = replace(newer, is_lowered=newer.yen < slip.yen)
    made.notices[day].append((newer, False))
    if chance.random() < 0.5:
        pay(made, slip, max(1, day - chance.randrange(0, 4)))
    else:
        pay(made, newer, min(day + chance.randrange(1, 9), made.nights - 1))


def reprint(made: Year, slip: PrintableNotice, issue: int, yen: int, day: int) -> PrintableNotice:
    """再発行 with the same bar code but for its digit.

    Some cities print the same 再発行 digit on every slip: then the day of the payment says which it was.
    """
    newer = make_slip(made, slip.claim, issue, yen, day)
    digit = made.random.choice((slip.reissue, newer.reissue))
    return replace(newer, barcode_no=slip.barcode_no, reissue=digit, barcode_until=slip.barcode_until)


def _ask_in_parts(made: Year, slip: PrintableNotice, day: int, changed: set[Claim]) -> None:
    """Slips for parts of a claim: 分納 in two or three, 延滞金 that may grow, or 督促; paid, forgotten or taken back."""
    if slip.claim in changed or day + 1 >= made.nights:
        return
    changed.add(slip.claim)
    chance, kind = made.random, made.random.choice((PLAN, LATE, DEMAND))
    if kind == PLAN:
        first = chance.randrange(1, slip.yen)
        second = chance.choice((slip.yen - first, (slip.yen - first) // 2 + 1))
        asks = [(first, 0, 0), (second, 0, 0), (chance.randrange(1, slip.yen), 0, 0)][: chance.choice((2, 3))]
    elif kind == LATE:
        late = chance.randrange(100, 900)
        asks = [(0, 0, late), (0, 0, late + chance.choice((0, 100, -50)))][: chance.choice((1, 2))]
    else:
        asks = [(slip.yen - chance.choice((0, 0, slip.yen // 3)), 100, 0)]
    later = iter(sorted(chance.sample(range(day + 1, made.nights), min(8, made.nights - day - 1))))
    for issue, items in enumerate(asks, start=3):
        part = print_part(made, slip, issue, items, (kind, day))
        made.notices[day].append((part, False))
        for paid_on in (next(later, 0), next(later, 0))[: chance.choice((0, 1, 1, 1, 2))]:
            if paid_on:
                yen = chance.choice((0, 0, 0, part.yen + 50, max(1, part.yen // 2)))
                pay(made, part, paid_on, via="eltax" if yen else "", yen=yen)
        if chance.random() < 0.15 and (gone_on := next(later, 0)):
            made.notices[gone_on].append((part, True))
    if chance.random() < 0.5 and (paid_on := next(later, 0)):
        pay(made, slip, paid_on)


def _share(made: Year, slips: list[PrintableNotice], days: list[int]) -> None:
    """分納 of several claims of a bill: one slip, the instalment that is due last first; paid, forgotten or taken back."""
    chance = made.random
    day, *later = sorted(set(days))
    parts = [slip.yen - chance.choice((0, slip.yen // 3, slip.yen // 2)) for slip in slips]
    pairs = sorted(zip(slips, parts, strict=True), key=lambda pair: -pair[0].part)
    shared = share_slip(made, [Line(slip.claim, 3, slip.due_on, (yen, 0, 0)) for slip, yen in pairs], day)
    for paid_on in later:
        kind = chance.random()
        if kind < 0.15:
            made.notices[paid_on].append((shared, True))
        elif kind < 0.7:
            yen = chance.choice((0, 0, 0, shared.yen + 50, shared.yen - 1))
            pay(made, shared, paid_on, via="eltax" if yen else "", yen=yen)
        else:
            pay(made, chance.choice(slips), paid_on)


def share_slip(made: Year, lines: list[Line], day: int) -> PrintableNotice:
    """A 分納 slip for several claims, with numbers of its own. It bears the dates of its first line."""
    first, *others = lines
    yen = sum(sum(line.items) for line in lines)
    slip = make_slip(made, first.claim, first.issue, yen, day)
    own_no = f"{first.issue * 10**14 + int(slip.barcode_no):016d}"
    shared = replace(
        slip, kind=PLAN, fee=first.items[1], late=first.items[2], barcode_no=own_no, reissue=0, customer="",
        others=tuple(others),
    )  # fmt: skip
    made.notices[day].append((shared, False))
    return shared


def print_part(
    made: Year, slip: PrintableNotice, issue: int, items: tuple[int, int, int], kind_and_day: tuple[str, int]
) -> PrintableNotice:
    """A slip for a part of a claim, with numbers of its own."""
    kind, day = kind_and_day
    part = make_slip(made, slip.claim, issue, sum(items), day)
    own_no = f"{issue * 10**14 + int(part.barcode_no):016d}"
    return replace(part, kind=kind, fee=items[1], late=items[2], barcode_no=own_no, reissue=0, customer="")
