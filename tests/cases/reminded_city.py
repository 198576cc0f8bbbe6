"""A city whose slips are overdue (督促の町), and what people ask of it."""

import json
from datetime import date
from pathlib import Path

from tests.builders import JOB, TRAINING, City, Ran, elqr, eltax_file, eltax_row, notice_row
from tests.cases.prepared import prepared

DUE = date(2026, 10, 31)
"""The 20th day after it is 20 November; the 21st day is the first on which a claim is listed."""
DAY = date(2026, 11, 21)
SLIPS = [
    notice_row(bill_no=str(100_001 + number), payer_ref=str(9_000 + number), principal_yen=10_000 + number, due_on=DUE)
    for number in range(5)
]


class Office(City):
    """A city whose five slips of 10,000 to 10,004 yen were due on 31 October."""

    @classmethod
    def opened(cls, folder: Path, extra: str = "") -> "Office":
        return prepared(folder, cls._issued, extra)

    @classmethod
    def _issued(cls, folder: Path, extra: str) -> "Office":
        own = cls(City.founded(folder, TRAINING + JOB + extra).folder)
        (folder / "money").mkdir()
        own.notices(*SLIPS)
        own.night(date(2026, 11, 4))
        return own

    def paid(self, name: str, number: int, yen: int | None = None, stage: str = "2", **given: object) -> None:
        key_no, check_no = self.issued()["kokuho", str(100_001 + number), 1, 1]
        row = eltax_row(
            key_no, check_no, yen or 10_000 + number, data_kind=stage, serial_no=f"{number + 1:08d}", **given
        )
        self.deliver(name, eltax_file(row))

    def arrears(self, *arguments: object, day: date = DAY) -> Ran:
        return elqr("arrears", *arguments, "--job", self.job, "--date", day.isoformat())

    def draw(self, *options: str, day: date = DAY) -> Ran:
        return self.arrears("list", "--by", "山田", "--json", *options, day=day)

    def rows(self, number: int = 1) -> list[dict[str, object]]:
        path = self.folder / "out" / "arrears" / f"{number:06d}" / "督促対象一覧.json"
        return json.loads(path.read_text(encoding="utf-8"))["rows"]  # type: ignore[no-any-return]

    def list_folder(self, number: int = 1) -> Path:
        return self.folder / "out" / "arrears" / f"{number:06d}"
