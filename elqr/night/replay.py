"""Replay (やり直し): past nights run again on a copy of the ledger, and what came out differently.

The copy lies in memory and begins as the ledger stood before the first night. What was delivered comes from the
archive, in its order; the program is the one that runs every night. With another job or other specs the nights
run twice, with what holds now and with what was given, so that a difference is due to what was given alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

import polars as pl

from elqr.disk.archive import kept
from elqr.disk.content import sha256_of
from elqr.disk.inbox import Arrived
from elqr.disk.run_log import Clock, Journal
from elqr.formats.spec import Spec
from elqr.night.night import Night
from elqr.night.order import run_night
from elqr.night.take_in import Taken, take_file, take_notices
from elqr.night.workers import OneMachine
from elqr.session.job import Job
from elqr.session.session import Session
from elqr.session.setup import Setup
from elqr.store.ledger_file import Ledger, open_ledger
from elqr.store.queries import past_nights as past
from elqr.vocabulary.errors import BadFile

_NOWHERE = ".replay"
"""A copy writes no file, and files that the nights wrote stand in nobody's way."""


class Nights(NamedTuple):
    """夜の範囲: from one to another, both among them."""

    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Results:
    """結果 of some nights: `payments` and `files`, as elqr/store/queries/past_nights.py reads them."""

    payments: pl.DataFrame
    files: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Replayed:
    """やり直しの結果: the nights, how many payments both have, and what differs, as rows before and after.

    `payments`: sha256, record_no, and `name`, `paid_yen`, `night_on`, `outcome`, `claim_yen`, `suspense_yen`, `slip`
    of each side, the other's with `_after`; null where a side has no such record. `files` likewise.
    `rulings`: how many decisions of people fall into these nights, which are not made again.
    """

    nights: int
    compared: int
    payments: pl.DataFrame
    files: pl.DataFrame
    rulings: int


def replay(ledger: Ledger, now: Setup, given: Setup | None, nights: Nights, clock: Clock) -> Replayed:
    """過去の夜をやり直す: with what holds now beside the ledger, or with what is given beside what holds now."""
    with ledger.transaction() as connection:
        past_nights = past.nights(connection, *nights)
        rulings = 0 if given else past.rulings_since(connection, *nights)
    before = _run_again(ledger, now, past_nights, nights, clock) if given else _results(ledger, nights)
    after = _run_again(ledger, given or now, past_nights, nights, clock)
    compared = before.payments.join(after.payments, on=list(past.OUTCOME_KEY)).height
    payments = _differing(before.payments, after.payments, past.OUTCOME_KEY, past.OUTCOME)
    files = _differing(before.files, after.files, past.RESULT_KEY, past.RESULT)
    return Replayed(len(past_nights), compared, payments, files, rulings)


def _differing(before: pl.DataFrame, after: pl.DataFrame, on: Iterable[str], columns: Iterable[str]) -> pl.DataFrame:
    both = before.join(after, on=list(on), how="full", coalesce=True, suffix="_after")
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_after")) for name in columns)
    return both.filter(differs).sort(*on)


def _results(ledger: Ledger, nights: Nights) -> Results:
    with ledger.transaction() as connection:
        return Results(past.outcomes(connection, *nights), past.file_results(connection, *nights))


def _run_again(
    ledger: Ledger, setup: Setup, past_nights: list[past.PastNight], nights: Nights, clock: Clock
) -> Results:
    """Runs the nights on a copy, of which nothing remains but their results."""
    job = setup.job.model_copy(update={"out": setup.job.out / _NOWHERE})
    rules = replace(setup.rules, contracts=(), arrivals=())
    setup = replace(setup, job=job, rules=rules, configuration="")
    with open_ledger("sqlite://", rehearsal=True) as copy:
        with ledger.transaction() as connection, copy.transaction() as target:
            past.copy_before(connection, target, nights.since, job.issue.serial_digits)
            held = past.held_before(connection, nights.since)
            unread = past.never_read(connection)
        for past_night in past_nights:
            workers = PastDeliveries(past_night, held, unread)
            night = Night(Session(setup, copy, past_night.night_on, Journal(clock)))
            run_night(night, workers)
            held = [file for file in workers.offered() if file[0] in night.quarantined]
        return _results(copy, nights)


@dataclass(frozen=True, slots=True)
class PastDeliveries(OneMachine):
    """過去に届いたもの: what came on a night, from the archive, and what was `held` back before and lay there still.

    Name, hash and spec of each; `unread` are names and hashes of what could not be read then.
    """

    night: past.PastNight
    held: list[tuple[str, str, str]]
    unread: set[tuple[str, str]]

    def take_notices(self, night: Night) -> bool:
        """納付書データを取り込む as it came."""
        for name, sha256 in self.night.notice_files:
            take_notices(night, _arrived(night.session.job, name, sha256))
        return self.night.issued

    def take_payments(self, night: Night) -> Taken:
        """収納データを取り込む as it came."""
        taken = Taken()
        for name, sha256, spec in self.offered():
            if candidates := _candidates(night.session, spec):
                is_unread = (name, sha256) in self.unread
                arrived = Arrived(name, None, sha256) if is_unread else _arrived(night.session.job, name, sha256)
                taken |= take_file(night, arrived, candidates)
        return taken

    def take_money(self, night: Night) -> None:
        """入金データは取り込まない: nights are run again for what they posted."""

    def offered(self) -> list[tuple[str, str, str]]:
        """受信箱にあったもの: a file that came takes the place of one of its name."""
        replaced = {name for name, _, _ in self.night.deliveries}
        return list(dict.fromkeys([*(file for file in self.held if file[0] not in replaced), *self.night.deliveries]))


def _candidates(session: Session, spec: str) -> list[Spec]:
    """The specs of the inbox that a file came into: the one that has the spec it was read by. Money has none."""
    specs, inboxes = session.specs, session.job.inbox
    if spec in specs and specs[spec].purpose == "money":
        return []
    boxes = [box.specs for box in inboxes if spec in box.specs] or [box.specs for box in inboxes]
    return [specs[name] for name in dict.fromkeys(name for box in boxes for name in box)]


def _arrived(job: Job, name: str, sha256: str) -> Arrived:
    data = kept(job.store.archive, sha256)
    if sha256_of(data) != sha256:
        raise BadFile(f"保管庫の {sha256} が届いたときと違います。elqr verify で調べてください。")
    return Arrived(name, data, sha256)


def with_archive_of(given: Setup, owner: Setup) -> Setup:
    """別のジョブで、同じ保管庫から: what was delivered lies where the ledger's own job keeps it."""
    store = given.job.store.model_copy(update={"archive": owner.job.store.archive})
    return replace(given, job=given.job.model_copy(update={"store": store}))
