"""The truth (正解): what must become of every record, one record at a time, in plain Python.

It imports nothing of the package and shares nothing with it but the words of the documents: claims, slips, stages,
and the order in which outcomes are decided.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date

from tests.simulation.claims import ClaimBook, ClaimRow
from tests.simulation.fees import Charge, Fees
from tests.simulation.notices import DEMAND, ITEMS, LATE, PLAN, WHOLE, Claim, Line, PrintableNotice, Procedure
from tests.simulation.payments import ORDER, Record, Told
from tests.simulation.places import Held, Standing, fill

_SPEAK = (("",), ("", DEMAND), ("", LATE))
"""The kinds of slips that say what is owed of 本税・本料, of 督促手数料 and of 延滞金, where notices say it."""


@dataclass
class City:
    """都市の真実: its slips, what is owed, what stands on claims and in suspense, and what was seen of every payment."""

    procedures: tuple[Procedure, ...]
    book: ClaimBook = field(init=False)
    fees: Fees = field(default_factory=Fees)
    orders: dict[str, tuple[str, ...]] = field(default_factory=dict)
    slips: list[PrintableNotice] = field(default_factory=list)
    collected: dict[Claim, int] = field(default_factory=lambda: defaultdict(int))
    covers: dict[str, dict[Claim, int]] = field(default_factory=dict)
    taken: dict[tuple[str, Claim], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))
    stands: dict[Claim, list[Standing]] = field(default_factory=lambda: defaultdict(list))
    held: dict[int, Held] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    ended: Counter[str] = field(default_factory=Counter)
    moved: Counter[Hashable] = field(default_factory=Counter)
    announced: list[tuple[Record, PrintableNotice | None]] = field(default_factory=list)
    refused: list[PrintableNotice] = field(default_factory=list)
    delivered_yen: int = 0
    repeated_yen: int = 0
    serial: int = 0

    def __post_init__(self) -> None:
        self.book = ClaimBook(self.procedures)

    @property
    def suspense(self) -> int:
        """仮受の残高."""
        return sum(held.yen for held in self.held.values())

    @property
    def ended_yen(self) -> int:
        """終わった額: paid back, or the city's revenue."""
        return sum(self.ended.values())

    def told_of(self, held: Held) -> tuple[int, int]:
        """同じ識別の確報: how many there are and how often their yen moved, where they contradict each other.

        What becomes of another one makes of a decision another question.
        """
        if held.outcome not in ("conflicts", "stage_unexpected"):
            return 0, 0
        identity = held.record.identity
        counts = self.told.known[identity].count
        return sum(number for (stage, _), number in counts.items() if stage == "confirmed"), self.moved[identity]

    def prepare(
        self, claim_files: list[list[ClaimRow]], notices: list[tuple[PrintableNotice, bool]], night: date
    ) -> None:
        """取り込む before payments: claim files, what was refused before, then tonight's notices; True is a cancellation."""
        for rows in claim_files:
            self.book.take_in(rows)
        self._try_again()
        for slip, is_cancel in sorted(notices, key=lambda own: (bool(own[0].kind), own[1])):
            if not is_cancel:
                self.register(slip)
            elif slip in self.slips:
                slip.cancelled_on = night
            else:
                self.refused = [own for own in self.refused if own is not slip]

    def register(self, slip: PrintableNotice) -> None:
        """納付書を取り込む. A refused one is tried again on later nights, as its file still lies there.

        That ends when a later slip of its claim came, or its own cancellation.
        """
        if slip.procedure.by_file and slip.is_total:
            self.covers[slip.key] = covers = self._stated(slip.bill)
            may = slip.yen == sum(covers.values())
        else:
            may = all((self._may_ask if slip.procedure.by_file else self._may_speak)(slip, line) for line in slip.lines)
        (self.slips if may else self.refused).append(slip)

    def _stated(self, bill: str) -> dict[Claim, int]:
        """本税・本料 that the instalments of a bill owe by claim files."""
        owed = {claim: self.owed_items(claim)[0] for claim in self.book.rows if claim[0] == bill and claim[1] != WHOLE}
        return {claim: yen for claim, yen in owed.items() if yen}

    def _may_ask(self, slip: PrintableNotice, line: Line) -> bool:
        """調定データの手続: the claim is known, and of no item the slip asks for more than is owed."""
        asks = zip(line.items, self.owed_items(line.claim), strict=True)
        return line.claim in self.book.rows and all(ask <= due for ask, due in asks)

    def _may_speak(self, slip: PrintableNotice, line: Line) -> bool:
        """納付書データの手続: one for a part needs a valid slip for the whole, and asks for no more than is owed.

        It may raise what it speaks for, but not lower it. One for the whole lowers what is owed only if it says so.
        """
        owed, has_whole = self.owed_items(line.claim), self._has_whole(line.claim)
        if not slip.kind:
            steps = sum(line.items) - sum(owed)
            return not has_whole or (steps <= 0 if slip.is_lowered else steps >= 0)
        asks = zip(line.items, owed, _SPEAK, strict=True)
        return has_whole and not any(ask < due if slip.kind in kinds else ask > due for ask, due, kinds in asks)

    def _try_again(self) -> None:
        """取り込まなかった納付書をもう一度見る."""
        refused, self.refused = self.refused, []
        for slip in refused:
            if all(own < line.issue for line in slip.lines for own in self._issues(line.claim)):
                self.register(slip)

    def put(self, record: Record, slip: PrintableNotice, claim: Claim, yen: int) -> None:
        """調定に入れる: into what the slip asks, in the city's order; what people add goes to what else is open."""
        if not yen:
            return
        order = [ITEMS.index(item) for item in self.orders.get(slip.procedure.code) or ITEMS]
        items = fill(yen, self.room(slip, claim), order)
        beyond = [left - given for left, given in zip(self.left(claim), items, strict=True)]
        items = [sum(pair) for pair in zip(items, fill(yen - sum(items), beyond, order), strict=True)]
        assert sum(items) == yen, "what a claim takes is open on it"
        self.collected[claim] += yen
        taken = self.taken[slip.key, claim]
        self.taken[slip.key, claim] = [sum(pair) for pair in zip(taken, items, strict=True)]
        self.stands[claim].append(Standing(record, items, slip.key))
        self.moved[record.identity] += 1

    def take_off(self, claim: Claim, standing: Standing) -> None:
        """調定から外す: what a payment has there."""
        self.collected[claim] -= standing.yen
        taken = self.taken[standing.key, claim]
        self.taken[standing.key, claim] = [yen - off for yen, off in zip(taken, standing.items, strict=True)]
        self.stands[claim] = [own for own in self.stands[claim] if own is not standing]
        self.moved[standing.record.identity] += 1

    def room(self, slip: PrintableNotice, claim: Claim) -> list[int]:
        """納付書で入る額 of each item: a slip asks its own yen once.

        Where notices say what is owed, one for the whole asks for all 本税・本料, and of the rest what stands on it.
        """
        asks = [ask - taken for ask, taken in zip(slip.asks(claim), self.taken[slip.key, claim], strict=True)]
        if not slip.kind and not slip.procedure.by_file:
            asks = [self.owed_items(claim)[0], slip.fee, slip.late]
        return [max(0, min(pair)) for pair in zip(asks, self.left(claim), strict=True)]

    def left(self, claim: Claim) -> list[int]:
        """未収 of each item."""
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
                    self.taken[own.key, claim][at] -= part
                    parts[number] += part
            for number, own in enumerate(last_first):
                self.collected[claim] -= parts[number]
                if parts[number]:
                    self.hold(own.record, parts[number], "reduced")
                    self.moved[own.record.identity] += 1
            self.stands[claim] = [own for own in several if own.yen]

    def hold(self, record: Record, yen: int, outcome: str) -> Held:
        """仮受に置く: one place for each payment."""
        held = next((own for own in self.held.values() if own.record is record), None)
        if held is None:
            self.serial += 1
            held = self.held[self.serial] = Held(record, 0, outcome)
        held.yen += yen
        return held

    def is_announced(self, slip: PrintableNotice) -> bool:
        """速報があるか: one that names the slip and was not taken back."""
        stages = (self.told.known[record.identity].stages for record, own in self.announced if own is slip)
        return any(own["preliminary"] > own["cancelled"] for own in stages)

    def announced_claims(self) -> set[Claim]:
        """速報のある調定: of those 速報 that wait for their 確報, and also of a notice that came after its 速報."""
        waiting = [pair for pair in self.announced if self.told.known[pair[0].identity].still_waits]
        slips = [own for record, slip in waiting for own in ([slip] if slip else self.named(record))]
        return {claim for slip in slips for claim in self.claims_of(slip)}

    def night(self, files: list[list[Record]]) -> list[tuple[int, str, str, int, int]]:
        """(event, stage, outcome, claim yen, suspense yen) of every record of a night, in whatever order it came."""
        self._reduce()
        paid_before = self.told.paid()
        fresh, repeats, conflicts = self.told.night(files)
        results = [(record.event, record.stage, "already_posted", 0, 0) for record in repeats]
        announcements: dict[Hashable, int] = defaultdict(int)
        self.delivered_yen += sum(own.yen for own in fresh + repeats if own.stage == "confirmed")
        self.repeated_yen += sum(own.yen for own in repeats if own.stage == "confirmed")
        for record in sorted(fresh, key=lambda own: (ORDER.index(own.stage), own.paid_on, own.event)):
            outcome, claim_yen = "conflicts", 0
            if record not in conflicts:
                announcements[record.identity] += record.stage == "preliminary"
                is_paid = record.identity in paid_before
                outcome, claim_yen = self._outcome(record, announcements[record.identity], is_paid)
            held = record.yen - claim_yen if record.stage == "confirmed" else 0
            if held:
                self.hold(record, held, outcome)
            results.append((record.event, record.stage, outcome, claim_yen, held))
        assert self.delivered_yen == self.repeated_yen + sum(self.collected.values()) + self.suspense + self.ended_yen
        return results

    def _outcome(self, record: Record, told: int, is_paid: bool) -> tuple[str, int]:
        """`told` are the 速報 of tonight up to this record; `is_paid` says that an earlier night had the 確報."""
        known, night = self.told.known[record.identity], self.told.tonight[record.identity]
        if record.stage == "preliminary":
            if is_paid:
                return "stage_unexpected", 0
            number = known.stages["preliminary"] - night["preliminary"] + told
            if number <= known.stages["cancelled"]:
                return "taken_back", 0
            self.announced.append((record, self._slip(record)))
            return "pending", 0
        if record.stage == "cancelled":
            night["cancelled"] -= 1
            return ("taken_back" if night["cancelled"] >= 0 else "stage_unexpected"), 0
        if record.stage == "not_collected":
            is_known = known.stages["preliminary"] or known.stages["confirmed"]
            return ("stage_unexpected" if is_known else "not_collected"), 0
        return ("stage_unexpected", 0) if known.is_taken_back else self._paid(record)

    def _slip(self, record: Record) -> PrintableNotice | None:
        """The slip that a key names: with the bar code's own reissue where it is known, and of those the one in force.

        Where none was in force, the last that had been issued by then; else the first that was issued after.
        """
        named = self.named(record)
        in_force = [slip for slip in named if slip.is_in_force(record.paid_on)]
        issued = [slip for slip in named if slip.issued_on <= record.paid_on]
        if in_force or issued:
            return max(in_force or issued, key=lambda slip: slip.issue)
        return min(named, key=lambda slip: slip.issue, default=None)

    def named(self, record: Record) -> list[PrintableNotice]:
        """照会キーの指す納付書."""
        named = [slip for slip in self.slips if record.key and record.key == getattr(slip, record.kind)]
        if record.kind == "barcode_no":
            named = [slip for slip in named if slip.reissue == record.reissue] or named
        return named

    def _is_cancelled(self, record: Record, slip: PrintableNotice) -> bool:
        """取消済か: not when it was in force as it was paid, and another slip of the same number is valid now."""
        others = [own for own in self.named(record) if not own.is_cancelled]
        return slip.is_cancelled and not (slip.is_in_force(record.paid_on) and others)

    def _paid(self, record: Record) -> tuple[str, int]:
        slip = self._slip(record)
        if slip is None:
            return "key_unknown", 0
        if record.check and record.check != slip.check:
            return "check_no_differs", 0
        if record.item and record.item != slip.procedure.item_no:
            return "item_or_office_differs", 0
        if record.paid_on < slip.issued_on:
            return "paid_before_issue", 0
        if self._is_cancelled(record, slip):
            return "notice_cancelled", 0
        if slip.is_total:
            return self._paid_whole(record, slip)
        owed = [(line, self.owed_items(line.claim)) for line in slip.lines]
        if not any(due for line, dues in owed for ask, due in zip(line.items, dues, strict=True) if ask):
            return "notice_cancelled", 0
        rooms = {line.claim: sum(self.room(slip, line.claim)) for line in slip.lines}
        left = sum(rooms.values())
        part = min(left, record.yen)
        if left and slip.others and record.yen < slip.yen:
            return "underpaid", 0  # a difference is never spread over several claims
        for claim, room in rooms.items():
            self.put(record, slip, claim, min(part, room))
        if left == 0:
            return "already_settled", 0
        if record.yen > left:
            return "overpaid", part
        return ("underpaid" if record.yen < left else self._plain(record, slip)), part

    def _paid_whole(self, record: Record, slip: PrintableNotice) -> tuple[str, int]:
        """全期: all that its instalments still owe, or nothing of them where something stands on one already."""
        covers = self._covers(slip)
        if any(self.collected[claim] for claim in covers):
            return "already_settled", 0
        if record.yen < slip.yen:
            return "underpaid", 0
        given = {claim: min(yen, self.owed_items(claim)[0]) for claim, yen in covers.items()}
        for claim, yen in given.items():
            self.put(record, slip, claim, yen)
        whole = sum(given.values())
        if whole == 0:
            return ("already_settled" if any(map(self.owed, covers)) else "notice_cancelled"), 0
        if record.yen > whole:
            return "overpaid", whole
        is_open = any(self.left(claim)[0] for claim in covers)
        return ("underpaid" if is_open else self._plain(record, slip)), whole

    def _plain(self, record: Record, slip: PrintableNotice) -> str:
        if any(not own.is_cancelled for own in self.newer(slip)):
            return "old_slip"
        return "late" if slip.is_late(record.paid_on, record.sender, record.kind) else "matched"

    def newer(self, slip: PrintableNotice) -> list[PrintableNotice]:
        """後の納付書 that replace a slip: those for the whole, and of its kind; none replaces one for 分納."""
        kinds = () if slip.kind == PLAN else ("", slip.kind)
        return [own for own in self._of(slip.claim) if own.issue > slip.issue and own.kind in kinds]

    def claims_of(self, slip: PrintableNotice) -> list[Claim]:
        """納付書の払う調定."""
        return list(self._covers(slip)) if slip.is_total else [line.claim for line in slip.lines]

    def newest_slip(self, claim: Claim) -> PrintableNotice | None:
        """調定のすべてを求める最新の納付書, where its paper alone was taken back, too: always by claim files.

        Where none is left, one for 延滞金 or 督促; never one for 分納.
        """
        of_claim = [own for own in self._of(claim) if not own.is_total and own.kind != PLAN]
        left = [own for own in of_claim if not own.is_cancelled or (own.procedure.by_file and not own.kind)]
        return max(left, key=lambda own: (not own.kind, own.issue), default=None)

    def _issues(self, claim: Claim) -> list[int]:
        """発行連番 of all slips that ask of a claim."""
        return [line.issue for slip in self.slips for line in slip.lines if line.claim == claim]

    def _of(self, claim: Claim) -> list[PrintableNotice]:
        return [slip for slip in self.slips if slip.claim == claim]

    def owed(self, claim: Claim) -> int:
        """調定額."""
        return sum(self.owed_items(claim))

    def owed_items(self, claim: Claim) -> list[int]:
        """調定額 of each item: what the claim file says, or else the newest valid slip that speaks for it."""
        if row := self.book.newest(claim):
            return row.owed
        owed, spoken = [0, 0, 0], [0, 0, 0]
        for slip in sorted(self._of(claim), key=lambda own: own.issue):
            for at, kinds in enumerate(_SPEAK):
                if not slip.procedure.by_file and not slip.is_cancelled and slip.kind in kinds:
                    owed[at], spoken[at] = slip.items[at], slip.issue
        if self.fees.of_claim.get(claim) and self._has_whole(claim):
            owed[1] = self.fees.owed(claim, owed[1], spoken[1])
        return owed

    def _has_whole(self, claim: Claim) -> bool:
        """調定のすべてを求める有効な納付書があるか: without one there is no 調定 but what slips for a part brought."""
        return any(not own.kind and not own.is_cancelled for own in self._of(claim))

    def charge(self, claim: Claim, fee: int, sent_no: int, issued_on: date) -> int:
        """発送した督促状の手数料をつける, if something was left to pay on its 発行日. Returns what this adds.

        Where claim files say what is owed, they say so of the fee, too.
        """
        before = self.owed(claim)
        paid = sum(own.yen for own in self.stands[claim] if own.record.paid_on < issued_on)
        if not fee or claim in self.book.rows or paid >= before:
            return 0
        self.fees.of_claim[claim].append(Charge(sent_no, fee, max(self._issues(claim))))
        return self.owed(claim) - before

    def _covers(self, slip: PrintableNotice) -> dict[Claim, int]:
        """What a 全期 slip pays: what claim files said as it came, or the first slips of all instalments of the bill."""
        if slip.procedure.by_file:
            return self.covers[slip.key]
        first = [own for own in self.slips if own.bill == slip.bill and not own.is_total and own.issue == 1]
        return {own.claim: own.yen for own in first}
