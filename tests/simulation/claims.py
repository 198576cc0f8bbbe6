"""Claim files (調定データ): what each row says is owed, which row stands, and what the changes are called."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain

from tests.simulation.notices import WHOLE, Claim, Procedure

Yen = tuple[int, int, int]
NOTHING: Yen = (0, 0, 0)
UP, DOWN, RELIEF, GONE = "増額更正", "減額更正", "減免", "調定取消"


@dataclass(frozen=True)
class ClaimRow:
    """調定データの一行: what is asked of a claim, item by item, and how much of that was written off (不納欠損)."""

    procedure: str
    bill: str
    part: int
    stated: Yen
    at: datetime
    due_on: date
    reason: str = ""
    off: Yen = NOTHING
    off_on: date | None = None

    @property
    def claim(self) -> Claim:
        """その調定."""
        return self.bill, self.part

    @property
    def owed(self) -> list[int]:
        """残る額: stated minus written off."""
        return [stated - off for stated, off in zip(self.stated, self.off, strict=True)]

    @property
    def is_possible(self) -> bool:
        """行だけを見て正しいか: no more is written off than is asked, on a day; and what is cancelled asks for nothing."""
        if self.reason == GONE and any(self.stated):
            return False
        if any(off > stated for stated, off in zip(self.stated, self.off, strict=True)):
            return False
        return self.off_on is not None or not any(self.off)


@dataclass
class ClaimBook:
    """調定の台帳: every row that was taken in, and the yen of each kind of change (調定異動)."""

    procedures: tuple[Procedure, ...]
    rows: dict[Claim, list[ClaimRow]] = field(default_factory=lambda: defaultdict(list))
    changes: dict[Claim, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    files: int = 0
    held: int = 0

    def newest(self, claim: Claim) -> ClaimRow | None:
        """今の行: the one with the newest 操作日時, whenever it came."""
        return max(self.rows[claim], key=lambda row: row.at) if claim in self.rows else None

    def take_in(self, rows: list[ClaimRow]) -> None:
        """取り込む: all rows of a file or, where one of them is bad, none."""
        if not self._is_good(rows):
            self.held += 1
            return
        self.files += 1
        for row in rows:
            before = self.newest(row.claim)
            if before is None or row.at > before.at:
                self._change(before, row)
            self.rows[row.claim].append(row)

    def _is_good(self, rows: list[ClaimRow]) -> bool:
        known = {procedure.code for procedure in self.procedures if procedure.by_file}
        if len({row.claim for row in rows}) < len(rows) or any(
            row.procedure not in known or not row.is_possible for row in rows
        ):
            return False
        return not any(self._is_mixed(row.bill, rows) or self._is_contradicted(row) for row in rows)

    def _is_mixed(self, bill: str, rows: list[ClaimRow]) -> bool:
        """期別 0 と期別の両方か: what an assessment is asked, by the newest rows with this file, is one claim or instalments."""
        of_bill = [row for row in [*chain.from_iterable(self.rows.values()), *rows] if row.bill == bill]
        newest = {row.part: row for row in sorted(of_bill, key=lambda own: own.at)}
        parts = {part for part, row in newest.items() if any(row.stated)}
        return WHOLE in parts and len(parts) > 1

    def _is_contradicted(self, row: ClaimRow) -> bool:
        """同じ操作日時で中身が違うか: of any row that came before, not only of the newest."""
        return any(own.at == row.at and own != row for own in self.rows.get(row.claim, ()))

    def _change(self, before: ClaimRow | None, row: ClaimRow) -> None:
        """調定異動: what changed from the row that stood until now. What comes or goes does so with all its items."""
        changes, off = self.changes[row.claim], sum(row.off) - (sum(before.off) if before else 0)
        changes["written_off"] -= off
        if before is None or not any(before.stated):
            changes["increased" if changes["assessed"] else "assessed"] += sum(row.stated)
            return
        steps = [now - then for now, then in zip(row.stated, before.stated, strict=True)]
        lowers = "relieved" if row.reason == RELIEF else "cancelled" if not any(row.stated) else "reduced"
        for step, raises in zip(steps, ("increased", "demand_fee", "late_charge"), strict=True):
            changes[raises if step > 0 else lowers] += step
