"""The till (入金のある都市): a city whose payments and money meet, to be paid and asked night by night."""

import json
from datetime import date
from pathlib import Path

from tests.builders import JOB, NIGHT, City, Ran, credit_file, credit_row, elqr, eltax_file, eltax_row, notice_row
from tests.cases.job_parts import CONTRACT, MONEY, SENDER
from tests.cases.prepared import prepared

SLIPS = [
    notice_row(bill_no=str(100_001 + number), payer_ref=str(number), principal_yen=10_000 + number)
    for number in range(4)
]


class Till(City):
    """A city with an inbox for money, four slips of 10,000, 10,001, 10,002 and 10,003 yen, and a way to pay them."""

    @classmethod
    def opened(cls, folder: Path, contract: str = CONTRACT, money: str = MONEY) -> "Till":
        """The city after the night that issued its slips."""
        return prepared(folder, cls._issued, contract, money)

    @classmethod
    def _issued(cls, folder: Path, contract: str, money: str) -> "Till":
        own = cls(City.founded(folder, JOB + money + contract).folder)
        (folder / "money").mkdir()
        own.notices(*SLIPS)
        own.night(date(2026, 11, 4))
        return own

    def paid(self, name: str, *numbers: int, stage: str = "2", **given: object) -> None:
        """A file of 確報 (or of another stage) of some slips."""
        keys = self.issued()
        rows = []
        for number in numbers:
            key_no, check_no = keys["kokuho", str(100_001 + number), 1, 1]
            rows.append(
                eltax_row(key_no, check_no, 10_000 + number, data_kind=stage, serial_no=f"{number + 1:08d}", **given)
            )
        self.deliver(name, eltax_file(*rows))

    def money(self, name: str, data: bytes) -> None:
        """A file of money delivered."""
        (self.folder / "money" / name).write_bytes(data)

    def lines(self, day: date = NIGHT) -> list[tuple[object, ...]]:
        """(契約, 結果, 状態, 収納額, 手数料, 入金額, 差額) of the 払込突合表."""
        names = ("契約", "突合結果", "状態", "収納額", "手数料", "入金額", "差額")
        return [tuple(row[name] for name in names) for row in self.report("払込突合表", day)]


def act(till: Till, *arguments: object, day: date = NIGHT) -> Ran:
    """`elqr settlement` of the till, on a day."""
    return elqr("settlement", *arguments, "--job", till.job, "--date", day.isoformat())


def open_marks(till: Till) -> list[str]:
    """The marks (行の照合値) of the lines that do not agree."""
    ran = act(till, "list", "--json")
    return [line["line"] for line in json.loads(ran.out)]


def settled_in(folder: Path) -> Till:
    """A ledger with every table of money filled: agreed, taken back, said twice, overdue, closed by two, refused."""
    return prepared(folder, _settled)


def _settled(folder: Path) -> Till:
    till = Till.opened(folder, CONTRACT + "confirm_days = 5\n")
    till.paid("sokuho.csv", 3, stage="1")
    till.night(date(2026, 11, 6))
    till.paid("eltax.csv", 0, 1)
    till.paid("next.csv", 2, funds_on=date(2026, 11, 13))
    twice = credit_row(20_001, SENDER, inquiry_no="000001")
    back = [
        credit_row(90, "ｶｸｳ", inquiry_no=number, cancel_kind=kind)
        for number, kind in (("000002", None), ("000003", "1"))
    ]
    till.money("01.dat", credit_file(twice, *(row | {"sender": SENDER} for row in back)))
    till.money("02.dat", credit_file(twice, credit_row(10_000, SENDER, date(2026, 11, 13))))
    till.night()
    (mark,) = open_marks(till)
    act(till, "close", mark, "--by", "花子", "--reason", "端数")
    act(till, "reject", 1, "--by", "三郎", "--reason", "調べる")
    act(till, "close", mark, "--by", "花子", "--reason", "調べた")
    act(till, "approve", 2, "--by", "三郎")
    return till
