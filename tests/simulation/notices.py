"""Notices (納付書) and the procedures (手続) that they belong to, as the year knows them."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

WHOLE = 0
PLAN, LATE, DEMAND = "分納", "延滞金", "督促"
ITEMS = ("principal", "demand_fee", "late_charge")
"""The words of the register for 本税・本料, 督促手数料 and 延滞金, in the order in which yen of items stand here."""

Claim = tuple[str, int]
"""通知書番号と期別: no two procedures share a number."""


class Procedure(NamedTuple):
    """手続. `by_file`: its claims come by claim files (調定データ), and its notices only ask. `fee` is that of a reminder."""

    code: str
    name: str
    item_no: str
    by_file: bool
    fee: int = 0


class Line(NamedTuple):
    """納付書の行: what a slip asks of one claim (本税・本料, 督促手数料, 延滞金), and which slip of that claim it is."""

    claim: Claim
    issue: int
    due_on: date
    items: tuple[int, ...]


@dataclass
class PrintableNotice:
    """納付書. `cancelled_on` is the night on which its cancellation came; `is_lowered`: it says 減額更正.

    `kind` is empty for a slip that asks for the whole claim. `fee` and `late` are of the yen, and so is what a 分納
    slip asks of `others`; the rest is 本税・本料.
    """

    procedure: Procedure
    bill: str
    part: int
    issue: int
    yen: int
    issued_on: date
    due_on: date
    until: date
    key: str
    check: str
    barcode_no: str
    reissue: int
    customer: str = ""
    cancelled_on: date | None = None
    is_lowered: bool = False
    is_total: bool = False
    kind: str = ""
    fee: int = 0
    late: int = 0
    barcode_until: date | None = None
    mpn_until: date | None = None
    others: tuple[Line, ...] = ()

    @property
    def claim(self) -> Claim:
        """その調定. Of a 全期 slip (`is_total`) the bill and no instalment of it."""
        return self.bill, self.part

    @property
    def items(self) -> list[int]:
        """本税・本料、督促手数料、延滞金, of its own claim."""
        return [self.yen - sum(sum(line.items) for line in self.others) - self.fee - self.late, self.fee, self.late]

    @property
    def lines(self) -> list[Line]:
        """行: its own claim first."""
        return [Line(self.claim, self.issue, self.due_on, tuple(self.items)), *self.others]

    def asks(self, claim: Claim) -> list[int]:
        """求める額 of each item of a claim. Of an instalment of a 全期 slip, its own."""
        return next((list(line.items) for line in self.others if line.claim == claim), self.items)

    @property
    def is_cancelled(self) -> bool:
        """取消済か."""
        return self.cancelled_on is not None

    @property
    def barcode_limit(self) -> date:
        """バーコードの期限: its own, or else the 支払期限."""
        return self.barcode_until or self.until

    def is_in_force(self, day: date) -> bool:
        """その日に有効か: issued by then, and not cancelled before the day was over."""
        return self.issued_on <= day and (self.cancelled_on is None or day < self.cancelled_on)

    def is_late(self, day: date, sender: str, key_kind: str) -> bool:
        """支払期限後か: judged by the limit of the way in which it was paid."""
        if key_kind == "barcode_no":
            return day > self.barcode_limit
        return day > (self.mpn_until or self.until if sender == "payeasy" else self.until)
