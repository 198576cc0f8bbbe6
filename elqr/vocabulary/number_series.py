"""Numbers handed out (渡した番号): how far each series of the ledger has come in the world outside.

What bears a number is with somebody else: a key on a notice, an upload with the tax agency, an export in the core
system, a list of reminders with the printer. A number is never handed out again, whatever became of the ledger.
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
"""What each series is called, in the order in which they are told."""


_BEYOND = 10**12
"""No series comes so far; a number from here on was not handed out."""


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
    def of(cls, given: Mapping[str, object]) -> Self:
        """From what `as_dict` made. Raises ValueError."""
        numbers = {series.name: given.get(series.name, 0) for series in fields(cls)}
        if wrong := [name for name, value in numbers.items() if type(value) is not int or not 0 <= value < _BEYOND]:
            raise ValueError(f"{wrong[0]} は番号ではありません")
        return cls(**numbers)  # type: ignore[arg-type]

    def as_dict(self) -> dict[str, int]:
        """For files and the ledger."""
        return asdict(self)

    def furthest(self, other: "HandedOut") -> "HandedOut":
        """どちらか遠い方 of each series."""
        mine, theirs = self.as_dict(), other.as_dict()
        return HandedOut(**{name: max(mine[name], theirs[name]) for name in mine})

    def beyond(self, known: "HandedOut") -> str:
        """先にある番号: the series that have come further than what is known, in words; empty when none has."""
        its = known.as_dict()
        return "、".join(
            f"{LABELS[name]}{number:,}（台帳は{its[name]:,}まで）"
            for name, number in self.as_dict().items()
            if number > its[name]
        )

    def __str__(self) -> str:
        return "、".join(f"{LABELS[name]}{number:,}まで" for name, number in self.as_dict().items() if number)
