"""The office (役所): the program's city beside the model's, and what staff have in hand when they decide."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import NamedTuple, Protocol

from elqr.night.opening import open_session
from elqr.session.session import Session
from elqr.vocabulary.signature import Signature
from tests.builders import City, Ran, elqr
from tests.simulation.model import City as Truth
from tests.simulation.notices import PrintableNotice
from tests.simulation.payments import Record
from tests.simulation.rulings import Rulings

ASKS, APPROVES = "山田", "鈴木"


class Results(NamedTuple):
    """承認の結果: how many rulings were carried out and how many yen they moved out of suspense, 戻らない額 apart."""

    rulings: int
    moved_yen: int
    returned_yen: int = 0


class Request(Protocol):
    """承認を待つ申請."""

    @property
    def records(self) -> list[Record]:
        """申請した収納."""

    def approve(self, office: "Office", night: date) -> tuple[Results, Results]:
        """承認する: what came of it as the program says, and as the truth does."""


@dataclass
class Office:
    """役所. `numbers` are 受付番号 of what has yen, by event, and `posted_on` the nights on which it came.

    `waiting` are requests that nobody has approved yet.
    """

    city: City
    truth: Truth
    chance: Random
    rulings: Rulings
    numbers: dict[int, int] = field(default_factory=dict)
    posted_on: dict[int, date] = field(default_factory=dict)
    waiting: list[Request] = field(default_factory=list)

    def free(self) -> dict[int, Record]:
        """決めてよい収納 by 受付番号: in no request that waits."""
        taken = {record.event for request in self.waiting for record in request.records}
        return {number: record for number, record in self.known().items() if record.event not in taken}

    def known(self) -> dict[int, Record]:
        """お金のある収納 by 受付番号; one whose event stands there twice is left alone."""
        records = [held.record for held in self.truth.held.values()]
        records += [own.record for several in self.truth.stands.values() for own in several]
        of_event = defaultdict[int, dict[int, Record]](dict)
        for record in records:
            of_event[record.event][id(record)] = record
        return {
            self.numbers[event]: record
            for event, several in of_event.items()
            if event in self.numbers and len(several) == 1
            for record in several.values()
        }

    def run(self, night: date, *arguments: object) -> Ran:
        """コマンドを一つ on the night's day."""
        return elqr(*arguments, "--json", "--job", self.city.job, "--date", night.isoformat())

    def ask(self, night: date, *arguments: object, reason: bool = True) -> Ran:
        """申請する: the first of the two people."""
        return self.run(night, *arguments, "--by", ASKS, *(("--reason", "確かめた") if reason else ()))

    def approve(self, night: date, review_no: int) -> Results:
        """承認する: the second."""
        told = self.run(night, "review", "approve", review_no, "--by", APPROVES).json
        results: dict[str, int] = told["results"]  # type: ignore[assignment]
        returned: list[dict[str, int]] = told["returned"]  # type: ignore[assignment]
        return Results(results.get("承認", 0), int(str(told["moved_yen"])), sum(payment["yen"] for payment in returned))

    def ruling_nos(self, review_no: int) -> dict[int, int]:
        """決裁番号 of a request, by 受付番号."""
        return dict(self.city.sql(f"SELECT payment_no, ruling_no FROM ruling WHERE review_no = {review_no}"))

    @contextmanager
    def open(self, night: date) -> Iterator[Session]:
        """作業を始める on the night's day."""
        with open_session(self.city.job, night, rehearsal=False, show=lambda _: None) as session:
            yield session

    def target(self, slip: PrintableNotice) -> tuple[object, ...]:
        """対象の納付書の今の姿: valid, announced or replaced, and what is owed and collected on its claims."""
        claims = [(self.truth.owed(claim), self.truth.collected[claim]) for claim in self.truth.claims_of(slip)]
        return slip.is_cancelled, self.truth.is_announced(slip), len(self.truth.newer(slip)), *claims


def sign(by: str, night: date) -> Signature:
    """署名."""
    return Signature(by, f"{night}T09:00:00+09:00", "確かめた")
