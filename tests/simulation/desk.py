"""What staff decide in the year (一年の決裁): targets written in the book, approved nights later, and what the truth says.

Between asking and approving the year goes on: a target may be paid, cancelled or replaced in the meantime.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from openpyxl import load_workbook

from tests.builders import elqr
from tests.simulation.notices import PrintableNotice
from tests.simulation.office import ASKS, Office, Results
from tests.simulation.payments import Record
from tests.simulation.places import Held

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

    @property
    def records(self) -> list[Record]:
        """申請した収納."""
        return [wish.held.record for wish in self.wishes]

    def approve(self, office: Office, night: date) -> tuple[Results, Results]:
        """承認する."""
        told = office.approve(night, self.review_no)
        as_asked = [wish for wish in self.wishes if _standing(office, wish.held, wish.slip) == wish.stood]
        numbers = office.ruling_nos(self.review_no)
        moved = [office.rulings.apply(numbers[wish.payment_no], wish.held, wish.slip) for wish in as_asked]
        return told, Results(len(moved), sum(moved))


def ask(office: Office, night: date) -> Asked | None:
    """決裁を申請する: some payments of those in suspense, each to a slip of its own that still owes something.

    None of those that are to be paid back.
    """
    truth, free = office.truth, {id(record): number for number, record in office.free().items()}
    held = [
        (free[id(own.record)], own)
        for own in truth.held.values()
        if own.yen and not own.step and id(own.record) in free
    ]
    open_slips = [
        slip
        for slip in truth.slips
        if not slip.is_total and not slip.kind and not slip.is_cancelled
        and truth.owed(slip.claim) > truth.collected[slip.claim]
    ]  # fmt: skip
    several = min(_MOST, len(held), len(open_slips))
    if not several:
        return None
    targets = {slip.claim: slip for slip in office.chance.sample(open_slips, several)}
    pairs = zip(office.chance.sample(held, several), targets.values(), strict=False)
    wishes = tuple(Wish(number, own, slip, _standing(office, own, slip)) for (number, own), slip in pairs)
    path = office.city.folder / f"decisions_{night}.xlsx"
    exported = elqr("review", "export", "--out", path, "--job", office.city.job, "--date", night.isoformat())
    assert exported.code == 0, exported.err
    _fill_in(path, {wish.payment_no: wish.slip.key for wish in wishes})
    ran = office.ask(night, "review", "import", path, reason=False)
    assert ran.code == 0 and ran.json["rulings"] == len(wishes), ran.out + ran.err
    return Asked(int(str(ran.json["review"])), wishes)


def _fill_in(path: Path, targets: dict[int, str]) -> None:
    """ブックに書く: the key of the slip for each payment, by 受付番号."""
    book = load_workbook(path)
    sheet = book["要確認一覧"]
    column = {cell.value: cell.column for cell in sheet[_HEADING_ROW]}
    for row in range(_HEADING_ROW + 1, sheet.max_row + 1):
        if key := targets.get(sheet.cell(row, column["受付番号"]).value):
            for heading, value in (
                ("決裁", "納付書に充てる"),
                ("対象の納付番号", key),
                ("決裁の理由", "確かめた"),
                ("担当", ASKS),
            ):
                sheet.cell(row, column[heading]).value = value
    book.save(path)


def _standing(office: Office, held: Held, slip: PrintableNotice) -> tuple[object, ...]:
    """今の姿: of the payment its yen and what else is told of it, and of its target."""
    return held.yen, office.truth.told_of(held), *office.target(slip)
