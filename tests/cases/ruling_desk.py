"""A desk (窓口): a city, its keys by bill and instalment, and what two people do in it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.builders import JOB, TRAINING, City, Ran, elqr, eltax_file, eltax_row
from tests.cases.prepared import prepared

MORNING = date(2026, 11, 20)


@dataclass(frozen=True)
class Desk:
    """A city, its keys by bill and instalment, and what two people do in it."""

    city: City
    keys: dict[str, tuple[str, str]]

    @classmethod
    def opened(cls, folder: Path, *notices: dict[str, object]) -> "Desk":
        return prepared(folder, cls._issued, *notices)

    @classmethod
    def _issued(cls, folder: Path, *notices: dict[str, object]) -> "Desk":
        city = City.founded(folder, TRAINING + JOB.replace("date = 2026-11-20\n", ""))
        city.notices(*notices)
        city.night(date(2026, 11, 10))
        return cls(city, {f"{bill}/{part}": key for (_, bill, part, _), key in city.issued().items()})

    def paid(self, day: date, key: tuple[str, str], yen: int, serial: int = 1, stage: str = "2") -> None:
        row = eltax_row(*key, yen, serial_no=f"{serial:08d}", data_kind=stage)
        self.city.deliver(f"{day:%d}{serial}{stage}.csv", eltax_file(row))
        self.city.night(day)

    def run(self, *arguments: object, day: date = MORNING) -> Ran:
        return elqr(*arguments, "--job", self.city.job, "--date", day.isoformat())

    def rule(self, ruling: str, payment: int, *target: object, day: date = MORNING) -> Ran:
        search = ("--ruling", ruling, "--payment", payment, "--reason", "確かめた", *target)
        return self.approved(self.run("review", "decide", *search, "--by", "山田", "--json", day=day), day)

    def ask_reassignment(self, payment: int, *target: object, day: date = MORNING) -> Ran:
        what = (payment, *target, "--reason", "別の期の納付書だった", "--by", "山田", "--json")
        return self.run("review", "reassign", *what, day=day)

    def reassign(self, payment: int, *target: object, day: date = MORNING) -> Ran:
        return self.approved(self.ask_reassignment(payment, *target, day=day), day)

    def ask_undo(self, *numbers: int, day: date = MORNING) -> Ran:
        return self.run("review", "undo", *numbers, "--reason", "まちがい", "--by", "山田", "--json", day=day)

    def undo(self, *numbers: int, day: date = MORNING) -> Ran:
        return self.approved(self.ask_undo(*numbers, day=day), day)

    def approved(self, asked: Ran, day: date) -> Ran:
        assert asked.code == 0, asked.out + asked.err
        return self.run("review", "approve", asked.json["review"], "--by", "佐藤", "--json", day=day)

    def stands(self) -> dict[tuple[int, str], int]:
        """(受付番号, bill/instalment or account) → yen; every payment's yen are whole, and the ledger verifies."""
        query = """SELECT payment_no, coalesce(bill_no || '/' || installment_no, account), sum(yen)
            FROM posting LEFT JOIN claim USING (claim_no) GROUP BY 1, 2 HAVING sum(yen) <> 0"""
        found = {(int(str(no)), str(where)): int(str(yen)) for no, where, yen in self.city.sql(query)}
        verified = self.run("verify", "--json")
        assert verified.code == 0, verified.out
        paid = dict(self.city.sql("SELECT payment_no, paid_yen FROM payment WHERE stage = 'confirmed'"))
        held = {no: sum(yen for (own, _), yen in found.items() if own == no) for no in paid}
        assert held == {no: yen for no, yen in paid.items()}
        return found

    def report(self, name: str, day: date = MORNING) -> dict[object, dict[str, object]]:
        self.city.night(day)
        return {row["受付番号"]: row for row in self.city.report(name, day)}
