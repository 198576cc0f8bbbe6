"""The year, night by night: the program and the model side by side; the first difference is told with its seed."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from elqr.night.night import Night
from elqr.night.opening import open_session, workers_for
from elqr.night.order import run_night
from tests.builders import JOB, REGISTER, TRAINING, City, elqr
from tests.simulation.desk import Asked, approve, ask
from tests.simulation.life import FIRST, ITEM, notice_files, year
from tests.simulation.model import City as Truth
from tests.simulation.model import Record

_TONIGHT = """
    SELECT (SELECT min(name) FROM delivery WHERE delivery.sha256 = file.sha256 AND status = 'accepted'), record_no,
        outcome, claim_yen, suspense_yen, payment_no
    FROM decision JOIN payment USING (payment_no) JOIN file USING (file_no) JOIN decided_file USING (file_no)
    WHERE night_on = '{}'
"""
_CLAIMS = "SELECT bill_no, installment_no, sum(yen) FROM posting JOIN claim USING (claim_no) GROUP BY 1, 2"
_DAYS = 9
"""So many nights at the most lie between a request and its approval."""
_HEADED = ("cvs", "bank")
_JOB = TRAINING + JOB.replace('"eltax_payment_csv"]', '"eltax_payment_csv", "payeasy_csv"]')
_LIVE = REGISTER.replace("2026-10-01", "2026-04-01")


class Difference(AssertionError):
    """The program and the model do not agree."""


@dataclass
class Figures:
    """What was simulated."""

    nights: int = 0
    records: int = 0
    yen: int = 0
    rulings: int = 0
    stale: int = 0

    def __str__(self) -> str:
        return (
            f"{self.nights:,} nights, {self.records:,} records, {self.yen:,} yen, "
            f"{self.rulings:,} rulings carried out, {self.stale:,} stale"
        )


@dataclass
class _Desk:
    """窓口: what staff have asked for and nobody has approved yet, and 受付番号 of what has yen, by event."""

    chance: Random
    until: int
    numbers: dict[int, int] = field(default_factory=dict)
    asked: Asked | None = None
    since: int = 0


def simulate(seed: int, nights: int, bills: int, folder: Path) -> Figures:
    """一年を動かす. Raises Difference with the seed, the night and the record."""
    life, truth, figures = year(seed, nights, bills), Truth(ITEM), Figures()
    city, taken, desk = City.founded(folder, _JOB, _LIVE), set[bytes](), _Desk(Random(seed), nights // 2)
    for number in range(nights):
        night = FIRST + timedelta(number)
        files = life.files[number]
        if not files and not life.notices[number]:
            continue
        truth.try_again()
        for slip, is_cancel in sorted(life.notices[number], key=lambda own: (bool(own[0].kind), own[1])):
            if not is_cancel:
                truth.register(slip)
            elif slip in truth.slips:
                slip.cancelled_on = night
        for name, data in notice_files(life.notices[number]).items():
            (folder / "notices" / f"{number:03d}{name}.csv").write_bytes(data)
        mapped: dict[tuple[str, int], Record] = {}
        records: list[list[Record]] = []
        for name, data, sent in files:
            city.deliver(name, data)
            own = [] if data in taken else sent  # what came before under whatever name is not read again
            taken |= {data} if sent else set()
            records.append(own)
            first = 2 if name.startswith(_HEADED) else 1
            mapped |= {(name, first + at): record for at, record in enumerate(own)}
        _run(city, night)
        where = f"seed {seed}, night {number} ({night})"
        _compare(city, night, truth.night(records), mapped, where, desk.numbers)
        _balances(city, truth, where)
        _decide(city, truth, desk, number, figures, where)
        for name, _, _ in files:
            city.withdraw(name)
        figures.nights, figures.records = figures.nights + 1, figures.records + sum(map(len, records))
    figures.yen = sum(truth.collected.values()) + truth.suspense
    ran = elqr("verify", "--job", city.job, "--date", (FIRST + timedelta(nights)).isoformat())
    if ran.code != 0:
        raise Difference(f"seed {seed}: verify {ran.out} {ran.err}")
    middle = FIRST + timedelta(nights // 2)
    ran = elqr("replay", "--job", city.job, "--from", middle.isoformat())
    if ran.code != 0:
        raise Difference(f"seed {seed}: replay from {middle} {ran.out} {ran.err}")
    return figures


def _run(city: City, night: date) -> None:
    with (
        open_session(city.job, night, rehearsal=False, show=lambda _: None) as session,
        workers_for(session) as workers,
    ):
        run_night(Night(session), workers)


def _compare(
    city: City,
    night: date,
    wanted: list[tuple[int, str, str, int, int]],
    mapped: dict[tuple[str, int], Record],
    where: str,
    numbers: dict[int, int],
) -> None:
    found = Counter[tuple[object, ...]]()
    for name, record_no, outcome, claim_yen, suspense_yen, payment_no in city.sql(_TONIGHT.format(night.isoformat())):
        record = mapped.get((name, record_no))
        if record is None:
            raise Difference(f"{where}: {name} {record_no} was decided, and nobody sent it")
        found[record.event, record.stage, outcome, claim_yen, suspense_yen] += 1
        if claim_yen or suspense_yen:
            numbers[record.event] = payment_no
    expected = Counter[tuple[object, ...]](wanted)
    if found != expected:
        more, less = found - expected, expected - found
        records = [own for own in mapped.values() if own.event in {key[0] for key in more | less}]
        raise Difference(f"{where}: the program said {dict(more)}, the model {dict(less)}: {records}")


def _decide(city: City, truth: Truth, desk: _Desk, number: int, figures: Figures, where: str) -> None:
    """決裁: every few nights something is asked for, and approved some nights later. What is replayed has none."""
    night = FIRST + timedelta(number)
    if desk.asked is None and number < desk.until - _DAYS and desk.chance.random() < 0.3:
        desk.asked, desk.since = ask(city, truth, desk.numbers, desk.chance, night), number
    elif desk.asked is not None and number - desk.since > desk.chance.randrange(1, _DAYS):
        done, moved, wanted, wanted_yen = approve(city, truth, desk.asked, night)
        if (done, moved) != (wanted, wanted_yen):
            raise Difference(f"{where}: approved {done}, {moved} yen, the model {wanted}, {wanted_yen}: {desk.asked}")
        figures.rulings, figures.stale = figures.rulings + done, figures.stale + len(desk.asked.wishes) - done
        desk.asked = None
        _balances(city, truth, where)


def _balances(city: City, truth: Truth, where: str) -> None:
    stands = {(bill, part): yen for bill, part, yen in city.sql(_CLAIMS) if yen}
    if stands != {claim: yen for claim, yen in truth.collected.items() if yen}:
        raise Difference(f"{where}: claims {set(stands.items()) ^ set(truth.collected.items())}")
    held = city.sql("SELECT coalesce(sum(yen), 0) FROM posting WHERE account = 'suspense'")[0][0]
    if held != truth.suspense:
        raise Difference(f"{where}: suspense {held}, the model {truth.suspense}")
