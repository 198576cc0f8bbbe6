"""The year, night by night: the program and the model side by side; the first difference is told with its seed."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

from elqr.night.night import Night
from elqr.night.opening import open_session, workers_for
from elqr.night.order import run_night
from tests.builders import JOB, REGISTER, TRAINING, City, elqr
from tests.simulation import desk, reassignments, refunds
from tests.simulation.answers import Answers
from tests.simulation.comparison import (
    Difference,
    compare_balances,
    compare_claims,
    compare_fees,
    compare_items,
    compare_outcomes,
    compare_year,
)
from tests.simulation.life import year
from tests.simulation.model import City as Truth
from tests.simulation.months import Months, close_month, compare_all
from tests.simulation.notices import Claim
from tests.simulation.office import Office, Request
from tests.simulation.payment_files import notice_files
from tests.simulation.payments import Record
from tests.simulation.reminders import ReminderDesk
from tests.simulation.rulings import Rulings
from tests.simulation.unpaid import GRACE, USUAL_GRACE, Reminders
from tests.simulation.year import BY_FILE, BY_NOTICE, FIRST, PROCEDURES, Year

_ASKS: tuple[tuple[Callable[[Office, date], Request | None], float], ...] = (
    (desk.ask, 0.15), (refunds.ask, 0.7), (reassignments.ask, 0.3), (reassignments.ask_to_undo, 0.25),
)  # fmt: skip
"""What staff ask for, each on so many nights."""
_WAITING = 5
"""So many requests wait for their approval at the most."""
_LIES = 15
"""So many nights a notice file with refused rows is read again."""
_HEADED = ("cvs", "bank")
_JOB = f"""{TRAINING}{JOB.replace('"eltax_payment_csv"]', '"eltax_payment_csv", "payeasy_csv"]')}
[[claims]]
path = "claims"
specs = ["claim_csv"]
[arrears]
days_after_due = {USUAL_GRACE}
procedures = {{ {BY_FILE.code} = {GRACE[BY_FILE.code]} }}
"""
_CODE = f'code = "{BY_NOTICE.code}"'
_WITH_FEE = REGISTER.replace(_CODE, f"{_CODE}\ndemand_fee_yen = {BY_NOTICE.fee}")
_REGISTER = f"""{_WITH_FEE.replace("2026-10-01", "2026-04-01")}
[[procedure]]
code = "{BY_FILE.code}"
name = "{BY_FILE.name}"
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
    reassigned: int = 0
    undone: int = 0
    of_closed: int = 0
    stale: int = 0
    months: int = 0
    compared: int = 0
    lists: int = 0
    charged: int = 0
    paid: int = 0
    uncharged: int = 0
    claim_files: int = 0
    held: int = 0

    def __str__(self) -> str:
        return (
            f"{self.nights:,} nights, {self.records:,} records, {self.yen:,} yen, "
            f"{self.claim_files:,} claim files, {self.held:,} held back, "
            f"{self.rulings:,} rulings carried out, {self.reassigned:,} of them reassignments, {self.undone:,} undone, "
            f"{self.of_closed:,} of both after the month of the payment was closed, "
            f"{self.stale:,} stale, {self.months:,} months closed, "
            f"{self.compared:,} lists of reminders compared and {self.lists:,} drawn, "
            f"{self.charged:,} fees charged, {self.paid:,} claims with one that was paid, {self.uncharged:,} taken back"
        )


@dataclass
class _Lived:
    """動かしている一年: the program's city, the model's, and what both are told."""

    seed: int
    life: Year
    city: City
    truth: Truth
    office: Office
    reminders: ReminderDesk
    answers: Answers
    months: Months = field(default_factory=Months)
    figures: Figures = field(default_factory=Figures)
    read: set[bytes] = field(default_factory=set)
    fees: dict[Claim, list[list[int]]] = field(default_factory=dict)
    with_fee_paid: set[Claim] = field(default_factory=set)

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
    city, truth = found_city(folder), Truth(PROCEDURES)
    office = Office(city, truth, Random(seed), Rulings(truth))
    life, reminders = year(seed, nights, bills), ReminderDesk(office, Reminders(truth), max(1, 90 / nights))
    own = _Lived(seed, life, city, truth, office, reminders, Answers(life, truth))
    figures = own.figures
    for number in range(nights):
        if any(told.get(number) for told in (life.files, life.notices, life.claim_files, life.orders)):
            _live_through(own, number)
    figures.yen = sum(truth.collected.values()) + truth.suspense + truth.ended_yen
    figures.claim_files, figures.held = truth.book.files, truth.book.held
    figures.months, figures.compared, figures.lists = (
        len(own.months.closed),
        own.reminders.compared,
        own.reminders.drawn,
    )
    figures.charged, figures.uncharged = reminders.charged, reminders.uncharged
    compare_all(office, own.months, _day(nights), f"seed {seed}")
    with_order = {own.code for own in PROCEDURES if all(orders[own.code] for orders in life.orders.values())}
    compare_items(own.city, truth, f"seed {seed}", _day(nights), with_order)
    compare_year(own.city, truth, f"seed {seed}", _day(nights))
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
    tonight = compare_outcomes(city, where, truth.night(records), sent)
    own.office.numbers |= tonight
    own.office.posted_on |= dict.fromkeys(tonight, _day(number))
    compare_balances(city, truth, where)
    compare_claims(city, truth, where)
    _compare_fees(own, number)
    _decide(own, number)
    close_month(own.office, own.months, _day(number), where)
    own.months.keep(own.office, _day(number))
    own.reminders.go_on(_day(number), where)
    own.answers.go_on(number)
    for name, _, _ in own.life.files[number]:
        city.withdraw(name)
    own.figures.nights += 1
    own.figures.records += sum(map(len, records))


def _compare_fees(own: _Lived, number: int) -> None:
    """督促手数料 of the night."""
    if own.truth.fees.of_claim:
        orders = [orders for night, orders in own.life.orders.items() if night <= number]
        with own.office.open(_day(number)) as session:
            has_order = all(of_code[BY_NOTICE.code] for of_code in orders)
            compare_fees(session, own.truth, own.where(number), own.fees, has_order)
    paid = {claim for claim, (_, collected) in own.fees.items() if collected[1]}
    own.figures.paid += len(paid - own.with_fee_paid)
    own.with_fee_paid |= paid


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
    """決裁: what was asked for is approved on one of the next nights; more is asked for. What is replayed has none."""
    office, where, figures = own.office, own.where(number), own.figures
    if number >= own.life.nights // 2:
        return
    for request in [request for request in office.waiting if office.chance.random() < 0.3]:
        told, wanted = request.approve(office, _day(number))
        if told != wanted:
            raise Difference(f"{where}: approved {told}, the model {wanted}: {request}")
        office.waiting.remove(request)
        figures.rulings += wanted.rulings
        is_reassigned, is_undone = (
            isinstance(request, kind) for kind in (reassignments.Reassignment, reassignments.Undoing)
        )
        figures.reassigned += wanted.rulings * is_reassigned
        figures.undone += wanted.rulings * is_undone
        posted_on = office.posted_on[request.records[0].event].replace(day=1)
        figures.of_closed += wanted.rulings * ((is_reassigned or is_undone) and posted_on in own.months.closed)
        figures.stale += len(request.records) - wanted.rulings
    compare_balances(own.city, own.truth, where)
    for ask, often in _ASKS:
        if len(office.waiting) < _WAITING and office.chance.random() < often and (asked := ask(office, _day(number))):
            office.waiting.append(asked)


def _prove(city: City, nights: int, where: str) -> None:
    """検算とやり直し: the ledger is whole, and the second half of the year comes out again as it did."""
    ran = elqr("verify", "--job", city.job, "--date", _day(nights).isoformat())
    if ran.code != 0:
        raise Difference(f"{where}: verify {ran.out} {ran.err}")
    middle = _day(nights // 2)
    ran = elqr("replay", "--job", city.job, "--from", middle.isoformat())
    if ran.code != 0:
        raise Difference(f"{where}: replay from {middle} {ran.out} {ran.err}")
