"""The truth (正解): what must become of every record, one record at a time, in plain Python.

It imports nothing of the package and shares nothing with it but the words of the documents: claims, slips, stages,
and the order in which outcomes are decided.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

WHOLE = 0
ORDER = ("preliminary", "cancelled", "not_collected", "confirmed")


@dataclass
class Slip:
    """納付書."""

    bill: str
    part: int
    issue: int
    yen: int
    issued_on: date
    until: date
    key: str
    check: str
    barcode_no: str
    reissue: int
    customer: str = ""
    cancelled_on: date | None = None

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_on is not None

    def was_valid(self, day: date) -> bool:
        """Issued by the day, and not cancelled by then."""
        return self.issued_on <= day and (self.cancelled_on is None or self.cancelled_on > day)


@dataclass(frozen=True)
class Record:
    """収納データの一件. `event` is the sender's own identity of the payment."""

    event: int
    stage: str
    yen: int
    paid_on: date
    kind: str
    key: str
    reissue: int = 0
    check: str = ""
    item: str = ""


@dataclass
class City:
    """都市の真実: its slips, what stands on claims and in suspense, and what was seen of every payment."""

    item: str
    slips: list[Slip] = field(default_factory=list)
    collected: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    suspense: int = 0
    seen: dict[int, dict[str, Record]] = field(default_factory=lambda: defaultdict(dict))
    ended: set[int] = field(default_factory=set)

    def night(self, records: list[Record]) -> list[tuple[int, str, str, int, int]]:
        """(event, stage, outcome, claim yen, suspense yen) of every record of a night, in whatever order it came."""
        found = []
        fresh: list[Record] = []
        for record in records:
            first = self.seen[record.event].get(record.stage)
            if first is None:
                self.seen[record.event][record.stage] = record
                fresh.append(record)
            else:
                same = first == record
                found.append((record.event, record.stage, "already_posted" if same else "conflicts", 0, 0))
        tonight = defaultdict(set)
        for record in fresh:
            tonight[record.event].add(record.stage)
        for record in sorted(fresh, key=lambda own: (ORDER.index(own.stage), own.paid_on, own.event)):
            outcome, claim_yen = self._outcome(record, tonight[record.event])
            held = record.yen - claim_yen if record.stage == "confirmed" else 0
            self.suspense += held
            found.append((record.event, record.stage, outcome, claim_yen, held))
        return found

    def _outcome(self, record: Record, tonight: set[str]) -> tuple[str, int]:
        known = self.seen[record.event].keys()
        before = known - tonight
        if record.stage == "preliminary":
            if "confirmed" in before:
                return "stage_unexpected", 0
            return ("taken_back" if "cancelled" in tonight else "pending"), 0
        if record.stage == "cancelled":
            may = "preliminary" in known and "confirmed" not in before
            self.ended |= {record.event} if may else set()
            return ("taken_back" if may else "stage_unexpected"), 0
        if record.stage == "not_collected":
            return ("not_collected", 0) if not known & {"preliminary", "confirmed"} else ("stage_unexpected", 0)
        if record.event in self.ended:
            return "stage_unexpected", 0
        return self._paid(record)

    def _behind(self, record: Record) -> list[Slip]:
        """The slips that a key may name: of a bar code those with its own reissue digit, where there are any."""
        own = [slip for slip in self.slips if record.key and record.key == getattr(slip, record.kind)]
        if record.kind == "barcode_no":
            own = [slip for slip in own if slip.reissue == record.reissue] or own
        return own

    def _slip(self, own: list[Slip], day: date) -> Slip | None:
        """The newest that was in force on a day; else the newest issued by then; else the first of all."""
        valid = [slip for slip in own if slip.was_valid(day)]
        issued = [slip for slip in own if slip.issued_on <= day]
        newest = max(valid or issued, key=lambda slip: slip.issue, default=None)
        return newest or min(own, key=lambda slip: slip.issue, default=None)

    def _paid(self, record: Record) -> tuple[str, int]:
        behind = self._behind(record)
        slip = self._slip(behind, record.paid_on)
        if slip is None:
            return "key_unknown", 0
        if record.check and record.check != slip.check:
            return "check_no_differs", 0
        if record.item and record.item != self.item:
            return "item_or_office_differs", 0
        if record.paid_on < slip.issued_on:
            return "paid_before_issue", 0
        is_replaced = slip.was_valid(record.paid_on) and not all(own.is_cancelled for own in behind)
        covers = self._covers(slip)
        if (slip.is_cancelled and not is_replaced) or not any(map(self._owed, covers)):
            return "notice_cancelled", 0
        if len(covers) > 1:
            is_touched = any(self.collected[claim] for claim in covers)
            given = {claim: min(yen, self._owed(claim)) for claim, yen in covers.items()}
            whole = sum(given.values())
            if is_touched or record.yen < whole:
                return ("already_settled" if is_touched else "underpaid"), 0
            for claim, yen in given.items():
                self.collected[claim] += yen
            is_open = any(self._owed(claim) > self.collected[claim] for claim in covers)
            plain = "underpaid" if is_open else self._plain(record, slip)
            return ("overpaid" if record.yen > whole else plain), whole
        claim = slip.bill, slip.part
        left = max(0, self._owed(claim) - self.collected[claim])
        part = min(left, record.yen)
        self.collected[claim] += part
        if left == 0:
            return "already_settled", 0
        if record.yen > left:
            return "overpaid", part
        return ("underpaid" if record.yen < left else self._plain(record, slip)), part

    def _plain(self, record: Record, slip: Slip) -> str:
        newer = [own for own in self._of(slip.bill, slip.part) if own.issue > slip.issue and not own.is_cancelled]
        return "old_slip" if newer else "late" if record.paid_on > slip.until else "matched"

    def _of(self, bill: str, part: int) -> list[Slip]:
        return [slip for slip in self.slips if (slip.bill, slip.part) == (bill, part)]

    def _owed(self, claim: tuple[str, int]) -> int:
        valid = [slip for slip in self._of(*claim) if not slip.is_cancelled]
        return max(valid, key=lambda slip: slip.issue).yen if valid else 0

    def _covers(self, slip: Slip) -> dict[tuple[str, int], int]:
        """What a slip pays: its own claim, or for 全期 the first slips of all instalments of the bill."""
        if slip.part != WHOLE:
            return {(slip.bill, slip.part): slip.yen}
        first = [own for own in self.slips if own.bill == slip.bill and own.part != WHOLE and own.issue == 1]
        return {(own.bill, own.part): own.yen for own in first}
