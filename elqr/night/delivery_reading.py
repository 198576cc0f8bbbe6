"""Reading what was delivered (受信ファイルの読取): decoded and judged, the next file while this one is entered.

Reading needs no ledger and decides nothing about the night: a file that was read early and is known after all is put
away unused.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial

from elqr.disk.content import read_part
from elqr.disk.inbox import Arrived
from elqr.formats.intake.delivered_file import Intake, LargeIntake, judge_file, judge_large_file
from elqr.formats.spec import Spec
from elqr.session.session import Session
from elqr.store.queries.matching import file_of
from elqr.vocabulary.limits import PIECE_BYTES, WHOLE

EarlyReading = Callable[[], Intake | LargeIntake]
"""先に始めた読取: waits for what was read."""


@dataclass(frozen=True, slots=True)
class Box:
    """受信箱: its name (`Job.box_name`; empty where it is unknown), and the formats that may arrive in it."""

    name: str
    specs: tuple[Spec, ...]

    @property
    def formats(self) -> dict[str, str]:
        """様式: name → purpose."""
        return {spec.name: spec.purpose for spec in self.specs}


def read_delivered(arrived: Arrived, specs: Sequence[Spec], night_on: date) -> Intake | LargeIntake:
    """読む: a large file piece by piece.

    A large file with something wrong or odd in it is read whole if its size allows, to find everything at once.
    """
    if arrived.findings:
        return Intake("", 0, None, arrived.findings)
    if arrived.path is not None:
        size, read = arrived.size_bytes, partial(read_part, arrived.path)
        large = judge_large_file(read, size, arrived.name, specs, night_on, PIECE_BYTES)
        if isinstance(large, LargeIntake) or size > WHOLE.most:
            return large
    return judge_file(arrived.whole() or b"", arrived.name, specs, night_on)


def read_ahead(
    session: Session, arrivals: Iterator[Arrived], specs: Sequence[Spec]
) -> Iterator[tuple[Arrived, EarlyReading | None]]:
    """一つ先を読む: each file, with its reading if that has begun. Large files and known ones are not read early."""
    with ThreadPoolExecutor(1) as thread:
        previous: tuple[Arrived, EarlyReading | None] | None = None
        for arrived in arrivals:
            is_early = arrived.data is not None and not arrived.findings and not _is_known(session, arrived)
            reading = thread.submit(read_delivered, arrived, specs, session.night_on).result if is_early else None
            if previous is not None:
                yield previous
            previous = arrived, reading
        if previous is not None:
            yield previous


def _is_known(session: Session, arrived: Arrived) -> bool:
    with session.ledger.transaction() as connection:
        return file_of(connection, arrived.sha256) is not None
