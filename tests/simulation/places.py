"""Where yen of payments are (収納のある所): on a claim, item by item, or in suspense."""

from dataclasses import dataclass

from tests.simulation.payments import Record


@dataclass
class Held:
    """仮受にある収納: what is left of its yen, and the outcome that brought it there.

    And the last step of its refund, what was in suspense after it, and what it paid out.
    """

    record: Record
    yen: int
    outcome: str
    step: str = ""
    decided: int = 0
    paid: int = 0


@dataclass
class Standing:
    """調定にある収納: what is left of its yen there, item by item."""

    record: Record
    items: list[int]
    key: str

    @property
    def yen(self) -> int:
        """残っている額."""
        return sum(self.items)


def fill(yen: int, rooms: list[int], order: list[int]) -> list[int]:
    """順に充てる: as much as each item has room for."""
    items = [0, 0, 0]
    for at in order:
        items[at] = max(0, min(yen, rooms[at]))
        yen -= items[at]
    return items
