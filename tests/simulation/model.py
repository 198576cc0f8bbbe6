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
    is_cancelled: bool = False


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
        touched: set[tuple[str, int]] = set()
        for record in sorted(fresh, key=lambda own: (ORDER.index(own.stage), own.paid_on, own.event)):
            outcome, claim_yen = self._outcome(record, tonight[record.event], touched)
            held = record.yen - claim_yen if record.stage == "confirmed" else 0
            self.suspense += held
            found.append((record.event, record.stage, outcome, claim_yen, held))
        return found

    def _outcome(self, record: Record, tonight: set[str], touched: set[tuple[str, int]]) -> tuple[str, int]:
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
        return self._paid(record, touched)

    def _slip(self, record: Record) -> Slip | None:
        """The slip that a key names: the bar code's own reissue where it is known, else the newest."""
        own = [slip for slip in self.slips if record.key and record.key == getattr(slip, record.kind)]
        if record.kind == "barcode_no":
            own = [slip for slip in own if slip.reissue == record.reissue] or own
        return max(own, key=lambda slip: slip.issue, default=None)

    def _paid(self, record: Record, touched: set[tuple[str, int]]) -> tuple[str, int]:
        slip = self._slip(record)
        if slip is None:
            return "key_unknown", 0
        if record.check and record.check != slip.check:
            return "check_no_differs", 0
        if record.item and record.item != self.item:
            return "item_or_office_differs", 0
        if record.paid_on < slip.issued_on:
            return "paid_before_issue", 0
        if slip.is_cancelled:
            return "notice_cancelled", 0
        covers = self._covers(slip)
        if len(covers) > 1:
            is_touched = any(self.collected[claim] or claim in touched for claim in covers)
            is_short = record.yen < slip.yen
            touched |= set() if is_short else set(covers)
            if is_touched or is_short:
                return ("already_settled" if is_touched else "underpaid"), 0
            given = {claim: min(yen, self._owed(claim)) for claim, yen in covers.items()}
            for claim, yen in given.items():
                self.collected[claim] += yen
            whole = sum(given.values())
            is_open = any(self._owed(claim) > self.collected[claim] for claim in covers)
            plain = "underpaid" if is_open else self._plain(record, slip)
            return ("overpaid" if record.yen > whole else plain), whole
        claim = slip.bill, slip.part
        touched.add(claim)
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
        return max(valid, key=lambda slip: slip.issue).yen if valid else self._of(*claim)[0].yen

    def _covers(self, slip: Slip) -> dict[tuple[str, int], int]:
        """What a slip pays: its own claim, or for 全期 the first slips of all instalments of the bill."""
        if slip.part != WHOLE:
            return {(slip.bill, slip.part): slip.yen}
        first = [own for own in self.slips if own.bill == slip.bill and own.part != WHOLE and own.issue == 1]
        return {(own.bill, own.part): own.yen for own in first}
