"""The year, night by night: the program and the model side by side; the first difference is told with its seed."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from elqr.night.night import Night
from elqr.night.opening import open_session, workers_for
from elqr.night.order import run_night
from tests.builders import JOB, REGISTER, TRAINING, City, elqr
from tests.simulation import refunds
from tests.simulation.comparison import Difference, compare_balances, compare_claims, compare_items, compare_outcomes
from tests.simulation.desk import Asked, approve, ask
from tests.simulation.life import year
from tests.simulation.model import City as Truth
from tests.simulation.payment_files import notice_files
from tests.simulation.payments import Record
from tests.simulation.year import BY_FILE, FIRST, PROCEDURES, Year

_DAYS = 9
"""So many nights at the most lie between a request and its approval."""
_STEPS = 3
"""So many steps of refunds wait for their approval at the most."""
_LIES = 15
"""So many nights a notice file with refused rows is read again."""
_HEADED = ("cvs", "bank")
_JOB = f"""{TRAINING}{JOB.replace('"eltax_payment_csv"]', '"eltax_payment_csv", "payeasy_csv"]')}
[[claims]]
path = "claims"
specs = ["claim_csv"]
"""
_REGISTER = f"""{REGISTER.replace("2026-10-01", "2026-04-01")}
[[procedure]]
code = "{BY_FILE.code}"
name = "介護保険料"
kind = "介護"
department = "介護保険課"
priority = "優先"
item_no = "{BY_FILE.item_no}"
go_live_on = 2026-04-01
claims = "file"
"""


@dataclass
class Figures:
    """What was simulated."""

    nights: int = 0
    records: int = 0
    yen: int = 0
    rulings: int = 0
    refunds: int = 0
    stale: int = 0
    claim_files: int = 0
    held: int = 0

    def __str__(self) -> str:
        return (
            f"{self.nights:,} nights, {self.records:,} records, {self.yen:,} yen, "
            f"{self.claim_files:,} claim files, {self.held:,} held back, "
            f"{self.rulings:,} rulings and {self.refunds:,} steps of refunds carried out, {self.stale:,} stale"
        )


@dataclass
class _Desk:
    """窓口: what staff have asked for and nobody has approved yet, and 受付番号 of what has yen, by event."""

    chance: Random
    until: int
    numbers: dict[int, int] = field(default_factory=dict)
    asked: Asked | None = None
    since: int = 0
    steps: list[refunds.Step] = field(default_factory=list)

    def taken(self) -> set[int]:
        """承認待ちの収納: 受付番号 of what some request waits for."""
        wishes = [wish.payment_no for wish in self.asked.wishes] if self.asked else []
        return {*wishes, *(self.numbers[step.held.record.event] for step in self.steps)}


@dataclass
class _Lived:
    """動かしている一年: the program's city, the model's, and what both are told."""

    seed: int
    life: Year
    city: City
    truth: Truth
    desk: _Desk
    figures: Figures = field(default_factory=Figures)
    read: set[bytes] = field(default_factory=set)

    def where(self, number: int) -> str:
        """どの夜か."""
        return f"seed {self.seed}, night {number}, {_day(number)}"


def found_city(folder: Path) -> City:
    """都市をつくる: one procedure whose notices say what is owed, and one with claim files."""
    city = City.founded(folder, _JOB, _REGISTER)
    (folder / "claims").mkdir()
    return city


def simulate(seed: int, nights: int, bills: int, folder: Path) -> Figures:
    """一年を動かす. Raises Difference with the seed, the night and the record."""
    desk = _Desk(Random(seed), nights // 2)
    own = _Lived(seed, year(seed, nights, bills), found_city(folder), Truth(PROCEDURES), desk)
    life, truth, figures = own.life, own.truth, own.figures
    for number in range(nights):
        if any(told.get(number) for told in (life.files, life.notices, life.claim_files, life.orders)):
            _live_through(own, number)
    figures.yen = sum(truth.collected.values()) + truth.suspense + truth.ended_yen
    figures.claim_files, figures.held = truth.book.files, truth.book.held
    with_order = {own.code for own in PROCEDURES if all(orders[own.code] for orders in life.orders.values())}
    compare_items(own.city, truth, f"seed {seed}", _day(nights), with_order)
    _prove(own.city, nights, f"seed {seed}")
    return figures


def _day(number: int) -> date:
    return FIRST + timedelta(number)


def _live_through(own: _Lived, number: int) -> None:
    """一夜: what is there, what the program makes of it, what the model does, and what people decide afterwards."""
    city, truth, where = own.city, own.truth, own.where(number)
    _prepare(own, number)
    records, sent = _deliver(own, number)
    _run(city, _day(number))
    own.desk.numbers |= compare_outcomes(city, where, truth.night(records), sent)
    compare_balances(city, truth, where)
    compare_claims(city, truth, where)
    _decide(own, number)
    _refund(own, number)
    for name, _, _ in own.life.files[number]:
        city.withdraw(name)
    own.figures.nights += 1
    own.figures.records += sum(map(len, records))


def _prepare(own: _Lived, number: int) -> None:
    """What the night finds: the register, claim files, which are read by name, and notices."""
    folder, life, truth = own.city.folder, own.life, own.truth
    if number in life.orders:
        truth.orders = life.orders[number]
        (folder / "procedures.toml").write_text(_register(truth.orders), encoding="utf-8")
    claim_files = sorted(life.claim_files[number], key=lambda file: file[0])
    for name, data, _ in claim_files:
        (folder / "claims" / name).write_bytes(data)
    _tidy_notices(own, number)
    for name, data in notice_files(life.notices[number]).items():
        (folder / "notices" / f"{number:03d}{name}.csv").write_bytes(data)
    truth.prepare([rows for _, _, rows in claim_files if rows], life.notices[number], _day(number))


def _tidy_notices(own: _Lived, number: int) -> None:
    """納付書データを片付ける: a file stays for as long as a row of it may still come in, but not for ever."""
    truth = own.truth
    for path in (own.city.folder / "notices").iterdir():
        came = int(path.name[:3])
        slips = [slip for slip, _ in own.life.notices[came]]
        waiting = [slip for slip in slips if slip not in truth.slips]
        if came < number - _LIES or not waiting:
            path.unlink()
            truth.refused = [slip for slip in truth.refused if slip not in slips]


def _register(orders: dict[str, tuple[str, ...]]) -> str:
    """手続台帳 with the order of each procedure that has one."""
    text = _REGISTER
    for code, order in orders.items():
        items = ", ".join(f'"{item}"' for item in order)
        text = text.replace(f'code = "{code}"', f'code = "{code}"\norder = [{items}]') if order else text
    return text


def _deliver(own: _Lived, number: int) -> tuple[list[list[Record]], dict[tuple[str, int], Record]]:
    """収納データを届ける: the records of each file, and each by its file and number."""
    records: list[list[Record]] = []
    sent: dict[tuple[str, int], Record] = {}
    for name, data, told in own.life.files[number]:
        own.city.deliver(name, data)
        fresh = [] if data in own.read else told  # what came before under whatever name is not read again
        own.read |= {data} if told else set()
        records.append(fresh)
        first = 2 if name.startswith(_HEADED) else 1
        sent |= {(name, first + at): record for at, record in enumerate(fresh)}
    return records, sent


def _run(city: City, night: date) -> None:
    with (
        open_session(city.job, night, rehearsal=False, show=lambda _: None) as session,
        workers_for(session) as workers,
    ):
        run_night(Night(session), workers)


def _decide(own: _Lived, number: int) -> None:
    """決裁: every few nights something is asked for, and approved some nights later. What is replayed has none."""
    city, truth, desk, where = own.city, own.truth, own.desk, own.where(number)
    if desk.asked is None and number < desk.until - _DAYS and desk.chance.random() < 0.3:
        desk.asked, desk.since = ask(city, truth, desk.numbers, desk.chance, _day(number), desk.taken()), number
    elif desk.asked is not None and number - desk.since > desk.chance.randrange(1, _DAYS):
        done, moved, wanted, wanted_yen = approve(city, truth, desk.asked, _day(number))
        if (done, moved) != (wanted, wanted_yen):
            raise Difference(f"{where}: approved {done}, {moved} yen, the model {wanted}, {wanted_yen}: {desk.asked}")
        own.figures.rulings += done
        own.figures.stale += len(desk.asked.wishes) - done
        desk.asked = None
        compare_balances(city, truth, where)


def _refund(own: _Lived, number: int) -> None:
    """還付: steps of refunds are asked for, and each is approved on one of the next nights. What is replayed has none."""
    city, truth, desk, where = own.city, own.truth, own.desk, own.where(number)
    for due in [step for step in desk.steps if desk.chance.random() < 0.5 and number < desk.until]:
        done, moved, wanted, wanted_yen = refunds.approve(city, truth, due, _day(number))
        if (done, moved) != (wanted, wanted_yen):
            raise Difference(f"{where}: approved {done}, {moved} yen, the model {wanted}, {wanted_yen}: {due}")
        own.figures.refunds += done
        own.figures.stale += 1 - done
        desk.steps.remove(due)
    compare_balances(city, truth, where)
    if number < desk.until - 1 and len(desk.steps) < _STEPS:
        step = refunds.ask(city, truth, desk.numbers, desk.chance, _day(number), desk.taken())
        desk.steps += [step] if step else []


def _prove(city: City, nights: int, where: str) -> None:
    """検算とやり直し: the ledger is whole, and the second half of the year comes out again as it did."""
    ran = elqr("verify", "--job", city.job, "--date", _day(nights).isoformat())
    if ran.code != 0:
        raise Difference(f"{where}: verify {ran.out} {ran.err}")
    middle = _day(nights // 2)
    ran = elqr("replay", "--job", city.job, "--from", middle.isoformat())
    if ran.code != 0:
        raise Difference(f"{where}: replay from {middle} {ran.out} {ran.err}")
