"""The truth (正解): what must become of every record, one record at a time, in plain Python.

It imports nothing of the package and shares nothing with it but the words of the documents: claims, slips, stages,
and the order in which outcomes are decided.
"""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date

WHOLE = 0
PLAN, LATE, DEMAND = "分納", "延滞金", "督促"
_SPEAK = (("",), ("", DEMAND), ("", LATE))
"""The kinds of slips that say what is owed of 本税・本料, of 督促手数料 and of 延滞金."""
ORDER = ("preliminary", "cancelled", "not_collected", "confirmed")


@dataclass
class PrintableNotice:
    """納付書. `cancelled_on` is the night on which its cancellation came; `is_lowered`: it says 減額更正.

    `kind` is empty for a slip that asks for the whole claim. `fee` and `late` are of the yen; the rest is 本税・本料.
    """

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
    is_lowered: bool = False
    kind: str = ""
    fee: int = 0
    late: int = 0

    @property
    def items(self) -> list[int]:
        """本税・本料、督促手数料、延滞金."""
        return [self.yen - self.fee - self.late, self.fee, self.late]

    @property
    def is_cancelled(self) -> bool:
        """取消済か."""
        return self.cancelled_on is not None

    def is_in_force(self, day: date) -> bool:
        """その日に有効か: issued by then, and not cancelled before the day was over."""
        return self.issued_on <= day and (self.cancelled_on is None or day < self.cancelled_on)


@dataclass(frozen=True)
class Record:
    """収納データの一件. `event` tells it from every other; `number` is the sender's own of that day, and may begin anew."""

    event: int
    sender: str
    number: int
    stage: str
    yen: int
    paid_on: date
    kind: str
    key: str
    reissue: int = 0
    check: str = ""
    item: str = ""

    @property
    def identity(self) -> Hashable:
        """収納の識別: the sender and what is its own number; a bar code and an account's customer belong to it."""
        inside = (self.key, self.reissue, self.yen) if self.kind == "barcode_no" else ()
        inside = (self.key,) if self.kind == "customer" else inside
        return self.sender, self.paid_on, self.number, *inside

    @property
    def content(self) -> Hashable:
        """送付元が言うお金のすべて."""
        return self.yen, self.kind, self.key, self.reissue, self.check, self.item


@dataclass
class Known:
    """一つの識別について知っていること: how often each content came of each stage, and which of them stands."""

    count: dict[tuple[str, Hashable], int] = field(default_factory=lambda: defaultdict(int))
    standing: dict[str, Hashable] = field(default_factory=dict)
    stages: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def is_taken_back(self) -> bool:
        """速報がすべて取り消されているか."""
        return 0 < self.stages["preliminary"] <= self.stages["cancelled"]


@dataclass
class Held:
    """仮受にある収納: what is left of its yen, and the outcome that brought it there."""

    record: Record
    yen: int
    outcome: str


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


@dataclass
class City:
    """都市の真実: its slips, what stands on claims and in suspense, and what was seen of every payment."""

    item: str
    slips: list[PrintableNotice] = field(default_factory=list)
    collected: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    taken: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))
    stands: dict[tuple[str, int], list["Standing"]] = field(default_factory=lambda: defaultdict(list))
    held: dict[int, Held] = field(default_factory=dict)
    known: dict[Hashable, Known] = field(default_factory=lambda: defaultdict(Known))
    tonight: dict[Hashable, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    announced: list[tuple[Hashable, PrintableNotice]] = field(default_factory=list)
    refused: list[PrintableNotice] = field(default_factory=list)
    delivered_yen: int = 0
    repeated_yen: int = 0
    serial: int = 0

    @property
    def suspense(self) -> int:
        """仮受の残高."""
        return sum(held.yen for held in self.held.values())

    def told_of(self, held: Held) -> tuple[int, int]:
        """同じ識別のほかの確報: how many there are and what stands of them, where the 確報 contradict each other.

        What becomes of another one makes of a decision another question.
        """
        if held.outcome not in ("conflicts", "stage_unexpected"):
            return 0, 0
        identity = held.record.identity
        counts = self.known[identity].count
        standing = (own for several in self.stands.values() for own in several if own.record.identity == identity)
        count = sum(number for (stage, _), number in counts.items() if stage == "confirmed")
        return count, sum(own.yen for own in standing)

    def register(self, slip: PrintableNotice) -> None:
        """納付書を取り込む: one for a part needs a valid slip for the whole, and asks for no more than is owed.

        It may raise what it speaks for, but not lower it. A refused one is tried again on later nights, as its file still
        lies there, until a later slip of its claim came.
        """
        if slip.kind:
            owed = self.owed_items((slip.bill, slip.part))
            bases = [own for own in self._of(slip.bill, slip.part) if not own.kind and not own.is_cancelled]
            asks = zip(slip.items, owed, _SPEAK, strict=True)
            if not bases or any(ask < due if slip.kind in kinds else ask > due for ask, due, kinds in asks):
                self.refused.append(slip)
                return
        self.slips.append(slip)

    def try_again(self) -> None:
        """取り込まなかった納付書をもう一度見る."""
        refused, self.refused = self.refused, []
        for slip in refused:
            if all(own.issue < slip.issue for own in self._of(slip.bill, slip.part)):
                self.register(slip)

    def put(self, record: Record, slip: PrintableNotice, claim: tuple[str, int], yen: int) -> None:
        """調定に入れる: into what the slip asks, in the order of the items; what people add goes to what else is open."""
        if not yen:
            return
        items = _fill(yen, self.room(slip, claim))
        beyond = [left - given for left, given in zip(self._left(claim), items, strict=True)]
        items = [sum(pair) for pair in zip(items, _fill(yen - sum(items), beyond), strict=True)]
        assert sum(items) == yen, "what a claim takes is open on it"
        self.collected[claim] += yen
        self.taken[slip.key] = [sum(pair) for pair in zip(self.taken[slip.key], items, strict=True)]
        self.stands[claim].append(Standing(record, items, slip.key))

    def room(self, slip: PrintableNotice, claim: tuple[str, int]) -> list[int]:
        """納付書で入る額 of each item: a slip for a part asks its own yen once; one for the whole all but what such brought."""
        asks = [ask - taken for ask, taken in zip(slip.items, self.taken[slip.key], strict=True)]
        if not slip.kind:
            asks = [self.owed_items(claim)[0], 0, 0]
        return [max(0, min(pair)) for pair in zip(asks, self._left(claim), strict=True)]

    def _left(self, claim: tuple[str, int]) -> list[int]:
        on_claim = [sum(own.items[at] for own in self.stands[claim]) for at in range(3)]
        return [max(0, due - paid) for due, paid in zip(self.owed_items(claim), on_claim, strict=True)]

    def _reduce(self) -> None:
        """減額による過納: what stands on a claim beyond what is owed goes into suspense, the last payment first."""
        for claim, several in self.stands.items():
            owed, parts = self.owed_items(claim), defaultdict[int, int](int)
            last_first = sorted(several, key=lambda own: (own.record.paid_on, own.record.identity), reverse=True)
            for at in range(3):
                excess = sum(own.items[at] for own in several) - owed[at]
                for number, own in enumerate(last_first):
                    part = max(0, min(excess, own.items[at]))
                    own.items[at], excess = own.items[at] - part, excess - part
                    self.taken[own.key][at] -= part
                    parts[number] += part
            for number, own in enumerate(last_first):
                self.collected[claim] -= parts[number]
                if parts[number]:
                    self._hold(own.record, parts[number], "reduced")
            self.stands[claim] = [own for own in several if own.yen]

    def _hold(self, record: Record, yen: int, outcome: str) -> None:
        """仮受に置く: one place for each payment."""
        held = next((own for own in self.held.values() if own.record is record), None)
        if held is not None:
            held.yen += yen
            return
        self.serial += 1
        self.held[self.serial] = Held(record, yen, outcome)

    def is_announced(self, slip: PrintableNotice) -> bool:
        """速報があるか: one that names the slip and was not taken back."""
        stages = (self.known[identity].stages for identity, own in self.announced if own is slip)
        return any(own["preliminary"] > own["cancelled"] for own in stages)

    def night(self, files: list[list[Record]]) -> list[tuple[int, str, str, int, int]]:
        """(event, stage, outcome, claim yen, suspense yen) of every record of a night, in whatever order it came."""
        results = []
        self.tonight.clear()
        self._reduce()
        fresh, repeats = self._tell_apart(files)
        conflicts = self._conflicts(fresh)
        paid_before = {identity for identity, known in self.known.items() if known.stages["confirmed"]}
        for record in sorted(fresh, key=lambda own: ORDER.index(own.stage)):
            known = self.known[record.identity]
            is_idle = known.is_taken_back or not known.stages["preliminary"] or record.identity in paid_before
            if record not in conflicts and not (record.stage == "cancelled" and is_idle):
                known.stages[record.stage] += 1
                self.tonight[record.identity][record.stage] += 1
        for record in self._renewed(files, repeats):
            repeats.remove(record)
            fresh.append(record)
            self.known[record.identity].stages[record.stage] += 1
            self.tonight[record.identity][record.stage] += 1
        results += [(record.event, record.stage, "already_posted", 0, 0) for record in repeats]
        told: dict[Hashable, int] = defaultdict(int)
        touched: set[tuple[str, int]] = set()
        self.delivered_yen += sum(own.yen for own in fresh + repeats if own.stage == "confirmed")
        self.repeated_yen += sum(own.yen for own in repeats if own.stage == "confirmed")
        for record in sorted(fresh, key=lambda own: (ORDER.index(own.stage), own.paid_on, own.event)):
            outcome, claim_yen = "conflicts", 0
            if record not in conflicts:
                told[record.identity] += record.stage == "preliminary"
                outcome, claim_yen = self._outcome(
                    record, told[record.identity], record.identity in paid_before, touched
                )
            held = record.yen - claim_yen if record.stage == "confirmed" else 0
            if held:
                self._hold(record, held, outcome)
            results.append((record.event, record.stage, outcome, claim_yen, held))
        assert self.delivered_yen == self.repeated_yen + sum(self.collected.values()) + self.suspense
        return results

    def _tell_apart(self, files: list[list[Record]]) -> tuple[list[Record], list[Record]]:
        """新しいものと繰り返し: the n-th of equal records of a file is the n-th of them, wherever it comes again."""
        fresh, repeats = [], []
        for records in files:
            inside: dict[Hashable, int] = defaultdict(int)
            for record in records:
                same = record.identity, record.stage, record.content
                inside[same] += 1
                known = self.known[record.identity]
                if inside[same] <= known.count[record.stage, record.content]:
                    repeats.append(record)
                else:
                    known.count[record.stage, record.content] += 1
                    fresh.append(record)
        return fresh, repeats

    def _conflicts(self, fresh: list[Record]) -> list[Record]:
        """内容の相違: of one identity and stage only one content stands; of several in one night, none does."""
        contents: dict[tuple[Hashable, str], set[Hashable]] = defaultdict(set)
        for record in fresh:
            contents[record.identity, record.stage].add(record.content)
        for (identity, stage), several in contents.items():
            if stage not in self.known[identity].standing:
                self.known[identity].standing[stage] = next(iter(several)) if len(several) == 1 else None
        return [own for own in fresh if self.known[own.identity].standing[own.stage] != own.content]

    def _renewed(self, files: list[list[Record]], repeats: list[Record]) -> list[Record]:
        """もう一度の速報: told again after all were taken back, and not only delivered again.

        A file that begins with the 取消 and goes on with a 速報 tells of the one that was taken back, too.
        """
        renewed = []
        for record in {own for own in repeats if own.stage == "preliminary"}:
            known, told, back = self.known[record.identity], 0, 0
            for records in files:
                stages = [own.stage for own in records if own.identity == record.identity]
                stages = [stage for stage in stages if stage in ("preliminary", "cancelled")]
                told += stages.count("preliminary") + (stages[:1] == ["cancelled"] and "preliminary" in stages)
                back += stages.count("cancelled")
            if known.is_taken_back and "confirmed" not in known.standing and told > back:
                renewed.append(record)
        return renewed

    def _outcome(self, record: Record, told: int, is_paid: bool, touched: set[tuple[str, int]]) -> tuple[str, int]:
        """`told` are the 速報 of tonight up to this record; `is_paid` says that an earlier night had the 確報."""
        known, night = self.known[record.identity], self.tonight[record.identity]
        if record.stage == "preliminary":
            if is_paid:
                return "stage_unexpected", 0
            number = known.stages["preliminary"] - night["preliminary"] + told
            if number <= known.stages["cancelled"]:
                return "taken_back", 0
            if slip := self._slip(record):
                self.announced.append((record.identity, slip))
            return "pending", 0
        if record.stage == "cancelled":
            night["cancelled"] -= 1
            return ("taken_back" if night["cancelled"] >= 0 else "stage_unexpected"), 0
        if record.stage == "not_collected":
            is_known = known.stages["preliminary"] or known.stages["confirmed"]
            return ("stage_unexpected" if is_known else "not_collected"), 0
        return ("stage_unexpected", 0) if known.is_taken_back else self._paid(record, touched)

    def _slip(self, record: Record) -> PrintableNotice | None:
        """The slip that a key names: with the bar code's own reissue where it is known, and of those the one in force.

        Where none was in force, the last that had been issued by then; else the first that was issued after.
        """
        named = self._named(record)
        in_force = [slip for slip in named if slip.is_in_force(record.paid_on)]
        issued = [slip for slip in named if slip.issued_on <= record.paid_on]
        if in_force or issued:
            return max(in_force or issued, key=lambda slip: slip.issue)
        return min(named, key=lambda slip: slip.issue, default=None)

    def _named(self, record: Record) -> list[PrintableNotice]:
        named = [slip for slip in self.slips if record.key and record.key == getattr(slip, record.kind)]
        if record.kind == "barcode_no":
            named = [slip for slip in named if slip.reissue == record.reissue] or named
        return named

    def _is_cancelled(self, record: Record, slip: PrintableNotice) -> bool:
        """取消済か: not when another slip that the same number names stands in its place."""
        instead = [own for own in self._named(record) if not own.is_cancelled and own.issued_on > slip.issued_on]
        return slip.is_cancelled and not instead

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
        if self._is_cancelled(record, slip):
            return "notice_cancelled", 0
        if slip.part == WHOLE:
            return self._paid_whole(record, slip, touched)
        claim = slip.bill, slip.part
        if not self.owed(claim):
            return "notice_cancelled", 0
        left = sum(self.room(slip, claim))
        part = min(left, record.yen)
        self.put(record, slip, claim, part)
        touched |= {claim} if part else set()
        if left == 0:
            return "already_settled", 0
        if record.yen > left:
            return "overpaid", part
        return ("underpaid" if record.yen < left else self._plain(record, slip)), part

    def _paid_whole(self, record: Record, slip: PrintableNotice, touched: set[tuple[str, int]]) -> tuple[str, int]:
        """全期: all that its instalments still owe, or nothing of them where something stands on one already."""
        covers = self._covers(slip)
        if any(self.collected[claim] for claim in covers):
            return "already_settled", 0
        if record.yen < slip.yen:
            return "underpaid", 0
        given = {claim: min(yen, self.owed_items(claim)[0]) for claim, yen in covers.items()}
        for claim, yen in given.items():
            self.put(record, slip, claim, yen)
            touched |= {claim} if yen else set()
        whole = sum(given.values())
        if whole == 0:
            return ("already_settled" if any(map(self.owed, covers)) else "notice_cancelled"), 0
        if record.yen > whole:
            return "overpaid", whole
        is_open = any(self._left(claim)[0] for claim in covers)
        return ("underpaid" if is_open else self._plain(record, slip)), whole

    def _plain(self, record: Record, slip: PrintableNotice) -> str:
        newer = [own for own in self.newer(slip) if not own.is_cancelled]
        return "old_slip" if newer else "late" if record.paid_on > slip.until else "matched"

    def newer(self, slip: PrintableNotice) -> list[PrintableNotice]:
        """後の納付書 that replace a slip: those for the whole, and of its kind; none replaces one for 分納."""
        kinds = () if slip.kind == PLAN else ("", slip.kind)
        return [own for own in self._of(slip.bill, slip.part) if own.issue > slip.issue and own.kind in kinds]

    def _of(self, bill: str, part: int) -> list[PrintableNotice]:
        return [slip for slip in self.slips if (slip.bill, slip.part) == (bill, part)]

    def owed(self, claim: tuple[str, int]) -> int:
        """調定額."""
        return sum(self.owed_items(claim))

    def owed_items(self, claim: tuple[str, int]) -> list[int]:
        """調定額 of each item: of the newest valid slip that speaks for it; nothing when all are cancelled."""
        owed = [0, 0, 0]
        for slip in sorted(self._of(*claim), key=lambda own: own.issue):
            for at, kinds in enumerate(_SPEAK):
                if not slip.is_cancelled and slip.kind in kinds:
                    owed[at] = slip.items[at]
        return owed

    def _covers(self, slip: PrintableNotice) -> dict[tuple[str, int], int]:
        """What a 全期 slip pays: the first slips of all instalments of the bill."""
        first = [own for own in self.slips if own.bill == slip.bill and own.part != WHOLE and own.issue == 1]
        return {(own.bill, own.part): own.yen for own in first}


def _fill(yen: int, rooms: list[int]) -> list[int]:
    """順に充てる: as much as each item has room for."""
    items = []
    for room in rooms:
        items.append(max(0, min(yen, room)))
        yen -= items[-1]
    return items
