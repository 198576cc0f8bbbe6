"""The year's life (一年の出来事): seeded slips, payments with everything that happens to them, and their deliveries."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from tests.builders import (
    barcode,
    cvs_file,
    cvs_row,
    dsk_file,
    dsk_row,
    eltax_file,
    eltax_row,
    notice_file,
    notice_row,
    payeasy_file,
    payeasy_row,
    transfer_file,
    transfer_row,
)
from tests.simulation.model import DEMAND, LATE, PLAN, WHOLE, PrintableNotice, Record

FIRST = date(2026, 4, 1)
ITEM = "901"
_DUE = (60, 120, 180, 240)
_FAMILY_B_FROM = FIRST + timedelta(150)
"""From this night on the convenience stores' agent sends another format."""


@dataclass
class Year:
    """一年: what is registered, cancelled and delivered on which night (days from the first)."""

    random: Random
    nights: int
    notices: dict[int, list[tuple[PrintableNotice, bool]]] = field(default_factory=lambda: defaultdict(list))
    files: dict[int, list[tuple[str, bytes, list[Record]]]] = field(default_factory=lambda: defaultdict(list))
    due: dict[tuple[int, str], list[Record]] = field(default_factory=lambda: defaultdict(list))
    numbers: dict[tuple[str, date], list[int]] = field(default_factory=lambda: defaultdict(list))
    reissued: set[tuple[str, int]] = field(default_factory=set)
    parted: set[tuple[str, int]] = field(default_factory=set)
    events: int = 0


def year(seed: int, nights: int, bills: int) -> Year:
    """一年を作る of a seed."""
    made = Year(Random(seed), nights)
    for number in range(bills):
        _bill(made, f"{100_000 + number}")
    _delivered(made)
    return made


def _slip(made: Year, bill: str, part: int, issue: int, yen: int, day: int) -> PrintableNotice:
    no = f"{int(bill) * 100 + part * 10 + issue:010d}"
    until = FIRST + timedelta(_DUE[part - 1] + 30 if part else 300)
    city_no = f"{int(bill) * 10 + part:016d}"
    check = f"{made.random.randrange(10**6):06d}"
    customer = f"C{bill}{part}" if issue == 1 and part else ""
    return PrintableNotice(
        bill, part, issue, yen, FIRST + timedelta(day), until, f"0000020261{no}", check, city_no, issue - 1, customer
    )


def _bill(made: Year, bill: str) -> None:
    """A bill of four instalments, perhaps with a 全期 slip, and what becomes of each. A few bills are told late."""
    chance = made.random
    told = chance.randrange(2, made.nights) if chance.random() < 0.06 else 0
    parts = [_slip(made, bill, part, 1, chance.randrange(1_000, 90_000), 0) for part in (1, 2, 3, 4)]
    made.notices[told] += [(slip, False) for slip in parts]
    days = iter(chance.sample(range(1, made.nights), min(60, made.nights - 1)))
    if chance.random() < 0.4:
        whole = _slip(made, bill, WHOLE, 1, sum(slip.yen for slip in parts), 0)
        made.notices[told].append((whole, False))
        if chance.random() < 0.7:
            _pay(made, whole, next(days), short=chance.random() < 0.2, via=chance.choice(("eltax", "cvs")))
    for slip in parts:
        for day in sorted(next(days) for _ in range(chance.choice((1, 1, 1, 2)))):
            if day < told:
                _pay(made, slip, day)
            elif day > told:
                _happens(made, slip, day)


def _happens(made: Year, slip: PrintableNotice, day: int) -> None:
    """One thing that happens to a slip on a day."""
    chance = made.random
    kind = chance.random()
    if kind < 0.08:
        return
    if kind < 0.16:
        if (slip.bill, slip.part) in made.reissued | made.parted:
            return
        made.reissued.add((slip.bill, slip.part))
        newer = _slip(made, slip.bill, slip.part, 2, slip.yen + chance.choice((0, 100, -(slip.yen // 3))), day)
        # Some cities print the same 再発行 digit on every slip: then the day of the payment says which it was.
        digit = chance.choice((slip.reissue, newer.reissue))
        newer = replace(newer, barcode_no=slip.barcode_no, reissue=digit, is_lowered=newer.yen < slip.yen)
        made.notices[day].append((newer, False))
        paid = chance.choice((slip, newer))
        _pay(
            made,
            paid,
            max(1, day - chance.randrange(0, 4))
            if paid is slip
            else min(day + chance.randrange(1, 9), made.nights - 1),
        )
    elif kind < 0.21:
        made.notices[day].append((slip, True))
        _pay(made, slip, chance.choice((day, max(1, day - chance.randrange(10, 30)))))
    elif kind < 0.26:
        _pay(
            made,
            replace(slip, key="9" + slip.key[1:], barcode_no="9" + slip.barcode_no[1:]),
            day,
            via=chance.choice(("eltax", "cvs", "dsk")),
        )
    elif kind < 0.30:
        _pay(made, replace(slip, check=f"{(int(slip.check) + 1) % 10**6:06d}"), day, via="eltax")
    elif kind < 0.33:
        _pay(made, slip, day, via="eltax", item="999")
    elif kind < 0.36:
        _pay(made, slip, -3, via=chance.choice(("eltax", "cvs")))
    elif kind < 0.44:
        _pay(made, slip, day, via="eltax", yen=chance.randrange(1, slip.yen))
    elif kind < 0.50:
        _pay(made, slip, day, via="eltax", yen=slip.yen + chance.randrange(1, 500))
    elif kind < 0.56:
        _event(made, slip, day, "bank", (("not_collected", chance.randrange(1, 9)),))
    elif kind < 0.59:
        _corrected(made, slip, day)
    elif kind < 0.71:
        _in_parts(made, slip, day)
    else:
        _pay(made, slip, day)


def _in_parts(made: Year, slip: PrintableNotice, day: int) -> None:
    """Slips for parts of a claim: 分納 in two or three, 延滞金 that may grow, or 督促; paid, forgotten or taken back."""
    if (slip.bill, slip.part) in made.parted or day + 1 >= made.nights:
        return
    made.parted.add((slip.bill, slip.part))
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
        part = _part_slip(made, slip, issue, items, (kind, day))
        made.notices[day].append((part, False))
        for paid_on in (next(later, 0), next(later, 0))[: chance.choice((0, 1, 1, 1, 2))]:
            if paid_on:
                yen = chance.choice((0, 0, 0, part.yen + 50, max(1, part.yen // 2)))
                _pay(made, part, paid_on, via="eltax" if yen else "", yen=yen)
        if chance.random() < 0.15 and (gone_on := next(later, 0)):
            made.notices[gone_on].append((part, True))
    if chance.random() < 0.5 and (paid_on := next(later, 0)):
        _pay(made, slip, paid_on)


def _part_slip(
    made: Year, slip: PrintableNotice, issue: int, items: tuple[int, int, int], kind_and_day: tuple[str, int]
) -> PrintableNotice:
    """A slip for a part of a claim, with numbers of its own."""
    kind, day = kind_and_day
    made_slip = _slip(made, slip.bill, slip.part, issue, sum(items), day)
    own_no = f"{issue * 10**14 + int(slip.barcode_no):016d}"
    return replace(made_slip, kind=kind, fee=items[1], late=items[2], barcode_no=own_no, reissue=0)


def _pay(
    made: Year, slip: PrintableNotice, day: int, *, short: bool = False, via: str = "", yen: int = 0, item: str = ITEM
) -> None:
    """A payment with its stages: announced or not, confirmed soon or late, sometimes taken back, sometimes both."""
    chance = made.random
    senders = ("eltax", "cvs", "dsk", "payeasy", *(["bank"] if slip.customer else []))
    sender = via or chance.choice(senders)
    soon, later = chance.randrange(7, 12), chance.randrange(12, 25)
    confirmed = ("confirmed", chance.randrange(2, 25))
    announced = ("preliminary", chance.randrange(1, 6))
    back = ("cancelled", chance.randrange(1, 12))
    ways = [
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
    given = slip.yen - 1 if short and sender == "eltax" else yen or slip.yen
    _event(made, slip, day, sender, (confirmed,) if sender in ("bank", "payeasy") else stages, given, item)


def _corrected(made: Year, slip: PrintableNotice, day: int) -> None:
    """A sender that says another amount of the same payment: later, or both in one night."""
    chance = made.random
    sender, first = chance.choice(("eltax", "payeasy")), chance.randrange(2, 12)
    second = first + chance.choice((0, 0, chance.randrange(1, 9)))
    _event(made, slip, day, sender, (("confirmed", first),), slip.yen)
    _event(made, slip, day, sender, (("confirmed", second),), slip.yen + chance.choice((-1, 1, 900)), again=True)


def _event(
    made: Year, slip: PrintableNotice, day: int, sender: str, stages: tuple[tuple[str, int], ...], yen: int = 0, item: str = ITEM,
    *, again: bool = False,
) -> None:  # fmt: skip
    """A payment. `again` says more of the payment before it; a few senders begin their numbers anew within a day."""
    made.events += 1
    paid_on, yen = FIRST + timedelta(day), yen or slip.yen
    number, before = made.events, made.numbers[sender, paid_on]
    is_alone = all(stage == "confirmed" for stage, _ in stages)
    if again:
        number = before[-1]
    elif before and is_alone and sender in ("eltax", "payeasy") and made.random.random() < 0.3:
        number = made.random.choice(before)
    elif sender == "payeasy" and made.numbers["eltax", paid_on]:
        number = made.numbers["eltax", paid_on][-1]
    if is_alone:
        made.numbers[sender, paid_on].append(number)
    for stage, later in stages:
        night = max(0, day) + later
        base = Record(made.events, sender, number, stage, yen, paid_on, "key", slip.key, 0, slip.check, item)
        if sender in ("cvs", "dsk"):
            base = replace(base, kind="barcode_no", key=slip.barcode_no, reissue=slip.reissue, check="", item="")
        elif sender == "bank":
            base = replace(base, kind="customer", key=slip.customer, check="", item="")
        if night < made.nights:
            made.due[night, sender].append(base)


def _delivered(made: Year) -> None:
    """Files of every night: whole or in two, some with old records again, some broken first, some twice."""
    chance, sent = made.random, defaultdict(list)
    untils = {(slip.barcode_no, slip.reissue): slip.until for own in made.notices.values() for slip, _ in own}
    for (night, sender), records in sorted(made.due.items()):
        chance.shuffle(records)
        cut = chance.randrange(len(records)) if chance.random() < 0.2 else 0
        for number, own in enumerate(_apart((records[:cut], records[cut:]))):
            again = chance.sample(sent[sender], min(len(sent[sender]), 2)) if chance.random() < 0.15 else []
            again = [record for record in again if record.stage not in ("preliminary", "cancelled")]
            if again and sender == "eltax" and chance.random() < 0.3:
                again = [replace(record, yen=record.yen + 7) for record in again]
            whole = own + [record for record in again if record not in own]
            _file(made, night, f"{sender}_{night:03d}_{number}", sender, whole, untils)
            sent[sender] += own


def _apart(parts: tuple[list[Record], ...]) -> list[list[Record]]:
    """What is told twice of one payment comes in files of its own: in one file it would be two payments."""
    files = [list(part) for part in parts if part]
    for records in list(files):
        seen: list[Record] = []
        for record in list(records):
            if record in seen:
                records.remove(record)
                files.append([record])
            seen.append(record)
    return files


def _file(
    made: Year, night: int, name: str, sender: str, records: list[Record], untils: dict[tuple[str, int], date]
) -> None:
    chance = made.random
    for together in _by_day(records, sender):
        data = _written(sender, together, night, untils)
        own = f"{name}_{together[0].paid_on:%m%d}" if sender == "bank" else name
        came = night
        if chance.random() < 0.04:
            made.files[night].append((f"{own}_broken.dat", data[: len(data) // 2 + 3] + b"\xff\xff", []))
            came = min(made.nights - 1, night + chance.randrange(1, 5))
        made.files[came].append((f"{own}.dat", data, together))
        if chance.random() < 0.08:
            later = min(made.nights - 1, came + chance.randrange(0, 9))
            made.files[later].append((f"{own}_again.dat", data, []))


def _by_day(records: list[Record], sender: str) -> list[list[Record]]:
    """A bank's file has one 引落日."""
    if sender != "bank":
        return [records]
    days: dict[date, list[Record]] = defaultdict(list)
    for record in records:
        days[record.paid_on].append(record)
    return list(days.values())


def _written(sender: str, records: list[Record], night: int, untils: dict[tuple[str, int], date]) -> bytes:
    """The bytes of a sender's file."""
    if sender == "bank":
        rows = [
            transfer_row(own.key, own.yen, "0" if own.stage == "confirmed" else "1", account_no=f"{own.number:07d}")
            for own in records
        ]
        return transfer_file(*rows, line_end="crlf", debit_on=records[0].paid_on)
    kinds = {"preliminary": "01", "confirmed": "02", "cancelled": "03"}
    if sender == "eltax":
        codes = {"preliminary": "1", "confirmed": "2", "cancelled": "9"}
        rows = [
            eltax_row(
                own.key, own.check, own.yen, data_kind=codes[own.stage], item_no=own.item, paid_on=own.paid_on,
                received_on=own.paid_on, funds_on=own.paid_on, processed_on=own.paid_on, serial_no=f"{own.number:08d}",
            )
            for own in records
        ]  # fmt: skip
        return eltax_file(*rows)
    if sender == "payeasy":
        return payeasy_file(
            *(
                payeasy_row(
                    own.key,
                    own.check,
                    own.yen,
                    item_no=own.item,
                    processed_on=own.paid_on,
                    serial_no=f"{own.number:08d}",
                )
                for own in records
            )
        )
    coded = [(own, barcode(own.key, own.yen, untils.get((own.key, own.reissue)), own.reissue)) for own in records]
    if sender == "dsk":
        return dsk_file(
            *(
                dsk_row(
                    code,
                    data_kind=kinds[own.stage],
                    paid_on=own.paid_on,
                    store=f"{own.number:06d}",
                    funds_on=own.paid_on,
                    made_on=own.paid_on,
                )
                for own, code in coded
            )
        )
    family = "b" if FIRST + timedelta(night) >= _FAMILY_B_FROM else "a"
    return cvs_file(
        *(
            cvs_row(
                code,
                data_kind=kinds[own.stage],
                paid_on=own.paid_on,
                store=f"{own.number:07d}",
                got_on=own.paid_on,
                funds_on=own.paid_on,
                booked_on=own.paid_on,
            )
            for own, code in coded
        ),
        family=family,
    )


def notice_files(slips: list[tuple[PrintableNotice, bool]]) -> dict[str, bytes]:
    """納付書データ of a night, by name; True is a cancellation.

    A file that says why an amount falls takes its cancellations for those of the paper alone. So slips that ask for
    less than the one before have a file of their own, and so have those for a part.
    """
    rows = [
        (
            "" if is_cancel else "減額" if slip.is_lowered else "一部" if slip.kind else "",
            notice_row(
                change_kind="9" if is_cancel else "1", bill_no=slip.bill, installment_no=slip.part, issue_no=slip.issue,
                principal_yen=slip.items[0], demand_fee_yen=slip.fee, late_charge_yen=slip.late,
                notice_kind=slip.kind or None if not is_cancel else None, due_on=slip.until - timedelta(30), payable_until_on=slip.until,
                issued_on=slip.issued_on, payer_ref=slip.bill, key_no=slip.key, check_no=slip.check,
                barcode=barcode(slip.barcode_no, slip.yen, slip.until, slip.reissue), customer_no=slip.customer or None,
                change_reason="減額更正" if slip.is_lowered and not is_cancel else None,
            ),
        )
        for slip, is_cancel in slips
    ]  # fmt: skip
    parts = {name: [row for of, row in rows if of == name] for name in ("", "一部", "減額")}
    return {name: notice_file(*own) for name, own in parts.items() if own}
