"""The truth (正解): what must become of every record, one record at a time, in plain Python.

It imports nothing of the package and shares nothing with it but the words of the documents: claims, slips, stages,
and the order in which outcomes are decided.
"""

from collections import Counter, defaultdict
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
    accepted: dict[tuple[int, str], Record] = field(default_factory=dict)
    others: dict[tuple[int, str], set[Record]] = field(default_factory=lambda: defaultdict(set))
    in_order: Counter[tuple[int, str]] = field(default_factory=Counter)
    known: Counter[tuple[int, str]] = field(default_factory=Counter)

    def night(self, files: list[list[Record]]) -> list[tuple[int, str, str, int, int]]:
        """(event, stage, outcome, claim yen, suspense yen) of every record of a night, in whatever order it came."""
        found: list[tuple[int, str, str, int, int]] = []
        fresh, again = self._told_apart(files, found)
        for event in {record.event for record in again}:
            for record in self._renewed(event, files, fresh, [own for own in again if own.event == event]):
                again.remove(record)
                fresh.append(record)
        found += [(record.event, record.stage, "already_posted", 0, 0) for record in again]
        orders = {event: self._in_order(event, fresh) for event in {record.event for record in fresh}}
        touched: set[tuple[str, int]] = set()
        for record in sorted(fresh, key=lambda own: (ORDER.index(own.stage), own.paid_on, own.event)):
            outcome = orders[record.event][record.stage].pop(0)
            outcome, claim_yen = self._paid(record, touched) if outcome == "paid" else (outcome, 0)
            held = record.yen - claim_yen if record.stage == "confirmed" else 0
            self.suspense += held
            found.append((record.event, record.stage, outcome, claim_yen, held))
        for event, stage, outcome, _, _ in found:
            if outcome != "already_posted":
                self.known[event, stage] += 1
                self.in_order[event, stage] += outcome not in ("stage_unexpected", "conflicts")
        return found

    def _told_apart(
        self, files: list[list[Record]], found: list[tuple[int, str, str, int, int]]
    ) -> tuple[list[Record], list[Record]]:
        """New records, and those that say again what is accepted. Contradictions are found with their money held."""
        contents: dict[tuple[int, str], set[Record]] = defaultdict(set)
        for record in (own for records in files for own in records):
            contents[record.event, record.stage].add(record)
        disputed = {
            where for where, own in contents.items()
            if where not in self.accepted and (self.others[where] or len(own) > 1)
        }  # fmt: skip
        fresh, again = [], []
        for record in (own for records in files for own in records):
            where = record.event, record.stage
            if record == self.accepted.get(where):
                again.append(record)
            elif record in self.others[where]:
                found.append((*where, "already_posted", 0, 0))
            elif where in self.accepted or where in disputed:
                self.others[where].add(record)
                held = record.yen if record.stage == "confirmed" else 0
                self.suspense += held
                found.append((*where, "conflicts", 0, held))
            else:
                self.accepted[where] = record
                fresh.append(record)
        return fresh, again

    def _renewed(self, event: int, files: list[list[Record]], fresh: list[Record], again: list[Record]) -> list[Record]:
        """The night's last word: a 速報 after all were taken back, or a 取消 while one stands; one of them at most."""
        told = back = 0
        for records in files:
            own = [r.stage for r in records if r.event == event and r == self.accepted.get((event, r.stage))]
            own = [stage for stage in own if stage in ("preliminary", "cancelled")]
            told += own.count("preliminary") + (own[:1] == ["cancelled"] and "preliminary" in own)
            back += own.count("cancelled")
        stages = Counter(record.stage for record in fresh if record.event == event)
        all_told = self.in_order[event, "preliminary"] + stages["preliminary"]
        all_back = self.in_order[event, "cancelled"] + stages["cancelled"]
        any_back = self.known[event, "cancelled"] + stages["cancelled"]
        stage = ""
        if told > back and 0 < all_told <= all_back:
            stage = "preliminary"
        elif back > told and all_told > any_back:
            stage = "cancelled"
        may = [record for record in again if record.stage == stage]
        return [] if self.known[event, "confirmed"] else may[:1]

    def _in_order(self, event: int, fresh: list[Record]) -> dict[str, list[str]]:
        """Outcomes of an event's new records by stage: 速報, then 取消, then 振替不能, then 確報."""
        tonight = Counter(record.stage for record in fresh if record.event == event)
        is_paid = self.known[event, "confirmed"] > 0
        told, back = (self.in_order[event, stage] for stage in ("preliminary", "cancelled"))
        may = 0 if is_paid else max(0, told + tonight["preliminary"] - back)
        over = back + min(may, tonight["cancelled"])
        left = told + tonight["preliminary"] - over
        numbers = range(told + 1, told + tonight["preliminary"] + 1)
        first = ["stage_unexpected" if is_paid else "taken_back" if no <= over else "pending" for no in numbers]
        backs = ["taken_back" if no <= may else "stage_unexpected" for no in range(1, tonight["cancelled"] + 1)]
        is_known = is_paid or told > 0
        return {
            "preliminary": first,
            "cancelled": backs,
            "not_collected": ["stage_unexpected" if is_known else "not_collected"] * tonight["not_collected"],
            "confirmed": ["stage_unexpected" if over and left < 1 else "paid"] * tonight["confirmed"],
        }

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
            if is_touched or record.yen < slip.yen:
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
