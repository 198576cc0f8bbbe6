"""The review's desk (要確認のある朝): a city with four exceptions, and what people ask of it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.builders import JOB, City, Ran, elqr, eltax_file, eltax_row, notice_row
from tests.cases.prepared import prepared

MORNING = date(2026, 11, 24)

TWICE, WRONG_CHECK, UNKNOWN, SHORT = 2, 3, 4, 5
"""受付番号 of the exceptions: 二重納付 10,000円, 確認番号相違 7,000円, 該当なし 12,000円, 不足 (nothing in suspense)."""


@dataclass(frozen=True)
class Desk:
    """A city on the morning after a night with four exceptions, and the keys of its notices."""

    city: City
    keys: dict[str, str]

    def sql(self, query: str) -> list[tuple[object, ...]]:
        """What the ledger says."""
        return self.city.sql(query)

    def yen(self) -> tuple[dict[str, int], int]:
        """What stands on each claim (bill/instalment), and in suspense: sums of postings, asked of the database."""
        on_claims = self.sql(
            "SELECT bill_no || '/' || installment_no, sum(yen) FROM posting JOIN claim USING (claim_no) GROUP BY 1"
        )
        (held,) = self.sql("SELECT sum(yen) FROM posting WHERE account = 'suspense'")
        return dict(on_claims), int(str(held[0]))  # type: ignore[arg-type]

    def run(self, *arguments: object) -> Ran:
        """`elqr review` on that morning."""
        return elqr("review", *arguments, "--job", self.city.job, "--date", MORNING.isoformat())

    def book(self, name: str = "book.xlsx", *search: object) -> Path:
        """The book of the exceptions that a search finds, as it is exported."""
        path = self.city.folder / name
        assert self.run("export", "--out", path, *search).code == 0
        return path

    def taken(self, path: Path, by: str = "山田") -> Ran:
        """A filled-in book is imported."""
        return self.run("import", path, "--by", by, "--json")

    def refusals(self, path: Path) -> list[tuple[str, str]]:
        """(code, place) of the rows that an import refused."""
        refused = self.taken(path).json["refused"]
        return [(one["code"], one["at"]) for one in refused]  # type: ignore[attr-defined,index]

    def open_now(self, day: date = MORNING) -> list[tuple[object, ...]]:
        """(受付番号, 仮受額) of what is open after the night of a day."""
        self.city.night(day)
        return [(row["受付番号"], row["仮受額"]) for row in self.city.report("要確認一覧", day)]


WHOLE = {"100001/1": 10_000, "100004/1": 4_000}
"""On claims before anybody decided: the first payment, and the short one."""

HELD = 10_000 + 7_000 + 12_000
"""In suspense before anybody decided."""


def desk_in(folder: Path) -> Desk:
    """The city in a folder: seven notices, and a night of five payments, four of which ended as exceptions."""
    return prepared(folder, _lived)


def _lived(folder: Path) -> Desk:
    city = City.founded(folder, JOB.replace("date = 2026-11-20\n", ""))
    rows = [
        notice_row(),
        notice_row(installment_no=2),
        notice_row(bill_no="100002", principal_yen=7_000, payer_ref="2000002"),
        notice_row(bill_no="100003", principal_yen=3_000, payer_ref="3000003"),
        notice_row(bill_no="100003", principal_yen=3_000, payer_ref="3000003", installment_no=2),
        notice_row(bill_no="100003", principal_yen=6_000, payer_ref="3000003", installment_no=0),
        notice_row(bill_no="100004", principal_yen=5_000, payer_ref="4000004"),
    ]
    city.notices(*rows)
    city.night(date(2026, 11, 19))
    issued = city.issued()
    keys = {f"{bill}/{number}": key for (_, bill, number, _), (key, _) in issued.items()}
    checks = {f"{bill}/{number}": check for (_, bill, number, _), (_, check) in issued.items()}
    first = keys["100001/1"]
    strange = "9" + keys["100001/2"][1:]
    city.deliver(
        "eltax.csv",
        eltax_file(
            eltax_row(first, checks["100001/1"], 10_000, serial_no="00000001"),
            eltax_row(first, checks["100001/1"], 10_000, serial_no="00000002"),
            eltax_row(keys["100002/1"], "000000", 7_000, serial_no="00000003"),
            eltax_row(strange, "123456", 12_000, serial_no="00000004"),
            eltax_row(keys["100004/1"], checks["100004/1"], 4_000, serial_no="00000005"),
        ),
    )
    city.night()
    return Desk(city, keys)
