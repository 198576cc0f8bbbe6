"""Replay (やり直し): run past nights again on a copy of the ledger, and find what comes out differently.

The copy is in memory and begins with the state of the ledger before the first night. The delivered files come from
the archive, in their order, and the program is the one that runs every night. A payment is divided into items in the
order that held on its night. With another job or other specs the nights run twice, with the current setup and with the
other one, each with the order of its register, so that only the setup can make a difference.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

import polars as pl

from elqr.disk.archive import read_kept
from elqr.disk.content import sha256_of
from elqr.disk.inbox import Arrived
from elqr.disk.run_log import Clock, Journal
from elqr.formats.spec import Spec
from elqr.night.delivery_reading import Box
from elqr.night.night import Night
from elqr.night.order import run_night
from elqr.night.take_in import Taken, charge_again, retract_notices, take_file, take_notices
from elqr.night.workers import OneMachine
from elqr.session.job import Inbox, Job
from elqr.session.session import Session
from elqr.session.setup import Setup
from elqr.store.ledger_file import Ledger, open_ledger
from elqr.store.queries import past_nights as past
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.report_frames import Delivery

_NOWHERE = ".replay"
"""An output folder that does not exist: a copy writes no files, and must not meet those that the nights wrote."""


class Nights(NamedTuple):
    """夜の範囲: the first and the last night, both included."""

    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Results:
    """夜の結果: `payments` and `files`, as elqr/store/queries/past_nights.py reads them."""

    payments: pl.DataFrame
    files: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Replayed:
    """やり直しの結果: how many nights, how many payments both sides have, and the rows that differ.

    `payments` has sha256, record_no, and `name`, `paid_yen`, `night_on`, `outcome`, `claim_yen`, `suspense_yen`, `slip`
    of the side before; those of the side after end in `_after`. A side without the record has nulls. `files` has the
    columns of past_nights.RESULT_KEY and RESULT in the same way. `rulings` counts the decisions of people in these
    nights, which are not repeated.
    """

    nights: int
    compared: int
    payments: pl.DataFrame
    files: pl.DataFrame
    rulings: int


def replay(ledger: Ledger, current: Setup, other: Setup | None, nights: Nights, clock: Clock) -> Replayed:
    """過去の夜をやり直す: compare the ledger with the current setup, or the current setup with another one."""
    with ledger.transaction() as connection:
        past_nights = past.nights(connection, *nights)
        rulings = 0 if other else past.rulings_since(connection, *nights)
    if other:
        past_nights = [replace(past_night, orders=None) for past_night in past_nights]
        before = _run_again(ledger, current, past_nights, nights, clock)
    else:
        before = _read_results_to_compare(ledger, current, nights)
    after = _run_again(ledger, other or current, past_nights, nights, clock)
    compared = before.payments.join(after.payments, on=list(past.OUTCOME_KEY)).height
    payments = _differences(before.payments, after.payments, past.OUTCOME_KEY, past.OUTCOME)
    files = _differences(before.files, after.files, past.RESULT_KEY, past.RESULT)
    return Replayed(len(past_nights), compared, payments, files, rulings)


def _differences(before: pl.DataFrame, after: pl.DataFrame, on: Iterable[str], columns: Iterable[str]) -> pl.DataFrame:
    both = before.join(after, on=list(on), how="full", coalesce=True, suffix="_after")
    differs = pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_after")) for name in columns)
    return both.filter(differs).sort(*on)


def _read_results(ledger: Ledger, nights: Nights) -> Results:
    with ledger.transaction() as connection:
        return Results(past.outcomes(connection, *nights), past.file_results(connection, *nights))


def _read_results_to_compare(ledger: Ledger, setup: Setup, nights: Nights) -> Results:
    """台帳の結果, without files of money and notice files that were held back: they are not taken in again."""
    left_out = [name for name, spec in setup.specs.items() if spec.purpose in ("money", "notice")]
    results = _read_results(ledger, nights)
    return replace(results, files=results.files.filter(~pl.col(Delivery.SPEC).is_in(left_out)))


def _run_again(
    ledger: Ledger, setup: Setup, past_nights: list[past.PastNight], nights: Nights, clock: Clock
) -> Results:
    """夜をもう一度動かす, on a copy that is dropped afterwards. Returns the results."""
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
            orders, register = past_night.orders, setup.register
            of_night = setup if orders is None else replace(setup, register=register.with_orders(orders))
            night = Night(Session(of_night, copy, past_night.night_on, Journal(clock)))
            run_night(night, workers)
            held = [file for file in workers.offered() if file[0] in night.quarantined]
        return _read_results(copy, nights)


@dataclass(frozen=True, slots=True)
class PastDeliveries(OneMachine):
    """過去に届いたもの: the files of a night, from the archive, and those `held` back before that were still there.

    `held` are name, hash and spec; `unread` are name and hash of files that could not be read then.
    """

    night: past.PastNight
    held: list[tuple[str, str, str]]
    unread: set[tuple[str, str]]

    def take_notices(self, night: Night) -> bool:
        """納付書データを取り込む, in the order in which it came, with the fees that people charged in between."""
        first, *later = self.night.fees
        charge_again(night, first)
        for (name, sha256, is_retracted), fees in zip(self.night.notice_files, later, strict=True):
            if is_retracted:
                retract_notices(night, name, sha256)
            else:
                take_notices(night, _read_kept(night.session.job, name, sha256))
            charge_again(night, fees)
        return self.night.issued

    def take_claims(self, night: Night) -> None:
        """調定データを取り込む, in the order in which it came."""
        self._take(night, night.session.job.claims, "claim")

    def take_payments(self, night: Night) -> Taken:
        """収納データを取り込む, in the order in which it came."""
        return self._take(night, night.session.job.inbox, "payment")

    def _take(self, night: Night, boxes: Sequence[Inbox], purpose: str) -> Taken:
        taken, specs = Taken(), night.session.specs
        for name, sha256, spec in self.offered():
            if (specs[spec].purpose if spec in specs else "payment") != purpose:
                continue
            if candidates := _candidates(night.session, boxes, spec):
                is_unread = (name, sha256) in self.unread
                arrived = Arrived(name, None, sha256) if is_unread else _read_kept(night.session.job, name, sha256)
                taken |= take_file(night, arrived, Box("", tuple(candidates)))
        return taken

    def take_money(self, night: Night) -> None:
        """入金データは取り込まない: a replay compares only what the nights posted."""

    def offered(self) -> list[tuple[str, str, str]]:
        """受信箱にあったもの: name, hash and spec. A file that came replaces a held one of its name."""
        replaced = {name for name, _, _ in self.night.deliveries}
        return list(dict.fromkeys([*(file for file in self.held if file[0] not in replaced), *self.night.deliveries]))


def _candidates(session: Session, boxes: Sequence[Inbox], spec: str) -> list[Spec]:
    """様式の候補: the specs of the inboxes that allow the spec by which the file was read."""
    allowed = [box.specs for box in boxes if spec in box.specs] or [box.specs for box in boxes]
    return [session.specs[name] for name in dict.fromkeys(name for names in allowed for name in names)]


def _read_kept(job: Job, name: str, sha256: str) -> Arrived:
    """保管庫から読む, as if it arrived. Raises BadFile for a file that has changed."""
    data = read_kept(job.store.archive, sha256)
    if sha256_of(data) != sha256:
        raise BadFile(f"保管庫の {sha256} が届いたときと違います。elqr verify で調べてください。")
    return Arrived(name, data, sha256)


def with_archive_of(other: Setup, owner: Setup) -> Setup:
    """別のジョブで、同じ保管庫から: the other setup with the archive of the ledger's own job."""
    store = other.job.store.model_copy(update={"archive": owner.job.store.archive})
    return replace(other, job=other.job.model_copy(update={"store": store}))
