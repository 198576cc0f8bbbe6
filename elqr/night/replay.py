"""Replay (やり直し): past nights run again on a copy of the ledger, and what came out differently.

The copy lies in memory and begins as the ledger stood before the first night. What was delivered comes from the
archive, in its order; the program is the one that runs every night. With another job or other specs the nights
run twice, with what holds now and with what was given, so that a difference is due to what was given alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from elqr.disk.archive import kept
from elqr.disk.content import sha256_of
from elqr.disk.inbox import Arrived
from elqr.disk.run_log import Clock, Journal
from elqr.formats.spec import Spec
from elqr.formats.spec_files import read_spec
from elqr.night.order import run_night
from elqr.night.steps import OneMachine
from elqr.night.take_in import take_file, take_notices
from elqr.rules.register import Register
from elqr.rules.settlement_rules import Rules
from elqr.session.configuration import calendar_for, read_register, specs_exist, specs_for
from elqr.session.job import Job, read_job, read_secret
from elqr.session.night import Night
from elqr.store.ledger_file import Ledger, open_ledger
from elqr.store.queries import past_nights as past
from elqr.vocabulary.errors import BadFile

_NOWHERE = ".replay"
"""A copy writes no file, and files that the nights wrote stand in nobody's way."""


@dataclass(frozen=True, slots=True)
class Ways:
    """やり方: a job and its specs, as a night is run by."""

    job: Job
    register: Register
    specs: Mapping[str, Spec]
    secret: bytes


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


def ways(path: Path, environment: Mapping[str, str], spec_files: tuple[Path, ...] = ()) -> Ways:
    """やり方 of a job, some of its specs replaced by files. Raises NotFound, BadFile."""
    job = read_job(path)
    specs = specs_for(job)
    for file in spec_files:
        spec = read_spec(file, {name: own for name, own in specs.items() if own.purpose == "part"})
        if not any(spec.name in box.specs for box in job.inbox):
            raise BadFile(
                f"様式 {file} の名前 {spec.name} は、ジョブのどの [[inbox]] にもありません。"
                "name を、入れ替える様式と同じにしてください。"
            )
        specs[spec.name] = spec
    specs_exist(job, specs, path)
    return Ways(job, read_register(job.register_file), specs, read_secret(job, environment))


def replayed(ledger: Ledger, now: Ways, given: Ways | None, since: date, until: date, clock: Clock) -> Replayed:
    """過去の夜をやり直す: with what holds now beside the ledger, or with what is given beside what holds now."""
    with ledger.transaction() as connection:
        nights = past.nights(connection, since, until)
        rulings = 0 if given else past.rulings_since(connection, since, until)
    before = _again(ledger, now, nights, since, until, clock) if given else _results(ledger, since, until)
    after = _again(ledger, given or now, nights, since, until, clock)
    compared = before.payments.join(after.payments, on=list(past.OUTCOME_KEY)).height
    payments = _differing(before.payments, after.payments, past.OUTCOME_KEY, past.OUTCOME)
    files = _differing(before.files, after.files, past.RESULT_KEY, past.RESULT)
    return Replayed(len(nights), compared, payments, files, rulings)


def _differing(before: pl.DataFrame, after: pl.DataFrame, on: Iterable[str], columns: Iterable[str]) -> pl.DataFrame:
    both = before.join(after, on=list(on), how="full", coalesce=True, suffix="_after")
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_after")) for name in columns)
    return both.filter(differs).sort(*on)


def _results(ledger: Ledger, since: date, until: date) -> Results:
    with ledger.transaction() as connection:
        return Results(past.outcomes(connection, since, until), past.file_results(connection, since, until))


def _again(ledger: Ledger, ways: Ways, nights: list[past.PastNight], since: date, until: date, clock: Clock) -> Results:
    """Runs the nights on a copy, of which nothing remains but their results."""
    rules = Rules((), (), calendar_for(ways.job))
    job = ways.job.model_copy(update={"out": ways.job.out / _NOWHERE})
    with open_ledger("sqlite://", rehearsal=True) as copy:
        with ledger.transaction() as connection, copy.transaction() as target:
            past.copy_before(connection, target, since, ways.job.issue.serial_digits)
            held = past.held_before(connection, since)
            unread = past.never_read(connection)
        for past_night in nights:
            workers = PastDeliveries(past_night, held, unread)
            night = Night(
                job=job,
                register=ways.register,
                specs=ways.specs,
                ledger=copy,
                night_on=past_night.night_on,
                secret=ways.secret,
                journal=Journal(clock),
                rules=rules,
                workers=workers,
            )
            run_night(night, "")
            held = [file for file in workers.offered() if file[0] in night.quarantined]
        return _results(copy, since, until)


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
            take_notices(night, _arrived(night, name, sha256))
        return self.night.issued

    def take_payments(self, night: Night) -> None:
        """収納データを取り込む as it came."""
        for name, sha256, spec in self.offered():
            if candidates := _candidates(night, spec):
                is_unread = (name, sha256) in self.unread
                arrived = Arrived(name, None, sha256) if is_unread else _arrived(night, name, sha256)
                take_file(night, arrived, candidates)

    def take_money(self, night: Night) -> None:
        """入金データは取り込まない: nights are run again for what they posted."""

    def offered(self) -> list[tuple[str, str, str]]:
        """受信箱にあったもの: a file that came takes the place of one of its name."""
        replaced = {name for name, _, _ in self.night.deliveries}
        return list(dict.fromkeys([*(file for file in self.held if file[0] not in replaced), *self.night.deliveries]))


def _candidates(own: Night, spec: str) -> list[Spec]:
    """The specs of the inbox that a file came into: the one that has the spec it was read by. Money has none."""
    if spec in own.specs and own.specs[spec].purpose == "money":
        return []
    boxes = [box.specs for box in own.job.inbox if spec in box.specs] or [box.specs for box in own.job.inbox]
    return [own.specs[name] for name in dict.fromkeys(name for box in boxes for name in box)]


def _arrived(own: Night, name: str, sha256: str) -> Arrived:
    data = kept(own.job.store.archive, sha256)
    if sha256_of(data) != sha256:
        raise BadFile(f"保管庫の {sha256} が届いたときと違います。elqr verify で調べてください。")
    return Arrived(name, data, sha256)


def with_archive_of(given: Ways, own: Ways) -> Ways:
    """別のジョブで、同じ保管庫から: what was delivered lies where the ledger's own job keeps it."""
    store = given.job.store.model_copy(update={"archive": own.job.store.archive})
    return replace(given, job=given.job.model_copy(update={"store": store}))
