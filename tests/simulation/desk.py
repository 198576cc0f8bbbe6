"""What staff decide in the year (一年の決裁): targets written in the book, approved nights later, and what the truth says.

Between asking and approving the year goes on: a target may be paid, cancelled or replaced in the meantime.
"""

from dataclasses import dataclass
from datetime import date
from random import Random

from openpyxl import load_workbook

from tests.builders import City, elqr
from tests.simulation.model import City as Truth
from tests.simulation.model import Held
from tests.simulation.notices import PrintableNotice

_MOST = 3
_HEADING_ROW = 7


@dataclass(frozen=True)
class Wish:
    """決裁の一行: yen of a payment in suspense to the claim of a slip, and how both stood when it was asked for."""

    payment_no: int
    held: Held
    slip: PrintableNotice
    stood: tuple[object, ...]


@dataclass(frozen=True)
class Asked:
    """申請."""

    review_no: int
    wishes: tuple[Wish, ...]


def ask(
    city: City, truth: Truth, numbers: dict[int, int], chance: Random, night: date, taken: set[int]
) -> Asked | None:
    """決裁を申請する: some payments of those in suspense, each to a slip of its own that still owes something.

    None of those that another request has `taken`, nor of those that are to be paid back.
    """
    waiting = _waiting(truth).items()
    held = [(numbers[event], own) for event, own in waiting if numbers.get(event, 0) not in (0, *taken)]
    open_slips = [
        slip
        for slip in truth.slips
        if not slip.is_total and not slip.kind and not slip.is_cancelled and _left(truth, slip) > 0
    ]
    several = min(_MOST, len(held), len(open_slips))
    if not several:
        return None
    targets = {slip.claim: slip for slip in chance.sample(open_slips, several)}
    pairs = zip(chance.sample(held, several), targets.values(), strict=False)
    wishes = tuple(Wish(number, own, slip, _standing(truth, own, slip)) for (number, own), slip in pairs)
    path = city.folder / f"decisions_{night}.xlsx"
    exported = _review(city, night, "export", "--out", path)
    assert exported.code == 0, exported.err
    book = load_workbook(path)
    sheet = book["要確認一覧"]
    column = {cell.value: cell.column for cell in sheet[_HEADING_ROW]}
    targets_of = {wish.payment_no: wish.slip.key for wish in wishes}
    for row in range(_HEADING_ROW + 1, sheet.max_row + 1):
        if key := targets_of.get(sheet.cell(row, column["受付番号"]).value):
            for heading, value in (
                ("決裁", "納付書に充てる"),
                ("対象の納付番号", key),
                ("決裁の理由", "確かめた"),
                ("担当", "山田"),
            ):
                sheet.cell(row, column[heading]).value = value
    book.save(path)
    ran = _review(city, night, "import", path, "--by", "山田", "--json")
    assert ran.code == 0 and ran.json["rulings"] == len(wishes), ran.out + ran.err
    return Asked(int(str(ran.json["review"])), wishes)


def approve(city: City, truth: Truth, asked: Asked, night: date) -> tuple[int, int, int, int]:
    """承認する: (rulings carried out, yen moved) as the program says, and as the truth does."""
    ran = _review(city, night, "approve", asked.review_no, "--by", "鈴木", "--json")
    carried_out = moved = 0
    as_asked = [wish for wish in asked.wishes if _standing(truth, wish.held, wish.slip) == wish.stood]
    for wish in as_asked:
        part = min(wish.held.yen, _left(truth, wish.slip))
        truth.put(wish.held.record, wish.slip, wish.slip.claim, part)
        wish.held.yen -= part
        carried_out, moved = carried_out + 1, moved + part
    results: dict[str, int] = ran.json["results"]  # type: ignore[assignment]
    return results.get("承認", 0), int(str(ran.json["moved_yen"])), carried_out, moved


def _review(city: City, night: date, *arguments: object):  # type: ignore[no-untyped-def]
    return elqr("review", *arguments, "--job", city.job, "--date", night.isoformat())


def _waiting(truth: Truth) -> dict[int, Held]:
    """仮受にある収納 by event; one whose event stands there twice is left alone."""
    events = [held.record.event for held in truth.held.values()]
    return {
        held.record.event: held
        for held in truth.held.values()
        if held.yen and not held.step and events.count(held.record.event) == 1
    }


def _left(truth: Truth, slip: PrintableNotice) -> int:
    return truth.owed(slip.claim) - truth.collected[slip.claim]


def _standing(truth: Truth, held: Held, slip: PrintableNotice) -> tuple[object, ...]:
    """今の姿: of the payment its yen and what else is told of it; of the target whether it is valid, announced and the newest, and what is open."""
    newer = truth.newer(slip)
    claim = truth.owed(slip.claim), _left(truth, slip)
    return held.yen, truth.told_of(held), slip.is_cancelled, truth.is_announced(slip), *claim, len(newer)
