"""Numbers handed out (渡した番号): the last number of each series that has left the house.

Somebody else has what bears the number: a key is on a notice, an upload at the tax agency, an export in the core
system, a list of reminders at the printer. A number is never handed out again, whatever happens to the ledger.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Self

LABELS = {
    "run_no": "実行",
    "key_serial": "案件特定キーの連番",
    "upload_no": "納付書情報",
    "export_no": "書き出し",
    "list_no": "督促対象一覧",
    "print_no": "印刷",
}
"""What staff read for each series, in this order."""


_BEYOND = 10**12
"""No series comes this far: such a number was never handed out."""


@dataclass(frozen=True, slots=True)
class HandedOut:
    """渡した番号: the last of each series; 0 where nothing was handed out."""

    run_no: int = 0
    key_serial: int = 0
    upload_no: int = 0
    export_no: int = 0
    list_no: int = 0
    print_no: int = 0

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Self:
        """渡した番号, from keys as of `as_dict`; a missing one is 0. Raises ValueError."""
        numbers = {series.name: values.get(series.name, 0) for series in fields(cls)}
        if wrong := [name for name, value in numbers.items() if type(value) is not int or not 0 <= value < _BEYOND]:
            raise ValueError(f"{wrong[0]} は番号ではありません")
        return cls(**numbers)  # type: ignore[arg-type]

    def as_dict(self) -> dict[str, int]:
        """系列と番号, for files and the ledger."""
        return asdict(self)

    def furthest(self, other: "HandedOut") -> "HandedOut":
        """大きい方 of each series."""
        other_numbers = other.as_dict()
        return HandedOut(**{name: max(number, other_numbers[name]) for name, number in self.as_dict().items()})

    def beyond(self, known: "HandedOut") -> str:
        """先にある番号: the series that are further than `known`, in words; empty when none is."""
        known_numbers = known.as_dict()
        return "、".join(
            f"{LABELS[name]}{number:,}（台帳は{known_numbers[name]:,}まで）"
            for name, number in self.as_dict().items()
            if number > known_numbers[name]
        )

    def __str__(self) -> str:
        return "、".join(f"{LABELS[name]}{number:,}まで" for name, number in self.as_dict().items() if number)
