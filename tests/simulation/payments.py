"""Payments (収納) as senders tell of them: which records repeat what is known, contradict it, or tell of it anew."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date

ORDER = ("preliminary", "cancelled", "not_collected", "confirmed")


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

    @property
    def still_waits(self) -> bool:
        """確報を待つ速報があるか: each 取消 and each 確報 ends one, whichever of them came first."""
        ends = [
            max((number for (own, _), number in self.count.items() if own == stage), default=0)
            for stage in ("cancelled", "confirmed")
        ]
        return self.stages["preliminary"] > sum(ends)


@dataclass
class Told:
    """届いたもの: what was seen of every payment, and what of it came tonight."""

    known: dict[Hashable, Known] = field(default_factory=lambda: defaultdict(Known))
    tonight: dict[Hashable, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))

    def night(self, files: list[list[Record]]) -> tuple[list[Record], list[Record], list[Record]]:
        """今夜の記録: those that are new, those that repeat, and of the new ones those that contradict."""
        self.tonight.clear()
        paid_before = self.paid()
        fresh, repeats = self._tell_apart(files)
        conflicts = self._conflicts(fresh)
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
        return fresh, repeats, conflicts

    def paid(self) -> set[Hashable]:
        """確報のある識別."""
        return {identity for identity, known in self.known.items() if known.stages["confirmed"]}

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
