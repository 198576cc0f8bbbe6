"""Stories of claims (調定の話): what comes for many claims in one city, night by night."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from tests.builders import City, eltax_file, eltax_row, notice_file, notice_row

Row = dict[str, object]
Step = Row | tuple[int, int]
"""A notice, a 取消, or a payment by a notice: its number and yen."""

PLAN, LATE, DEMAND = "分納", "延滞金", "督促"
UP, DOWN, FALLS = "増額更正", "減額更正", "調定取消"


def slip(principal: int, fee: int = 0, late: int = 0, kind: str | None = None, why: str | None = None) -> Row:
    """A notice. The numbers of a story's notices count from 1."""
    yen = {"principal_yen": principal, "demand_fee_yen": fee, "late_charge_yen": late}
    return {**yen, "notice_kind": kind, "change_reason": why}


def gone(number: int, why: str | None = None) -> Row:
    """A 取消 of a notice."""
    return {"issue_no": number, "change_kind": "9", "change_reason": why}


def pay(number: int, yen: int) -> tuple[int, int]:
    """A payment by a notice."""
    return number, yen


@dataclass
class Teller:
    """Who tells a city its stories, each of a bill of its own. `refused`: bill and code of each refused row."""

    city: City
    refused: list[tuple[str, str]] = field(default_factory=list)
    numbers: dict[str, int] = field(default_factory=dict)

    def live(self, day: date, steps: Iterable[tuple[str, Sequence[Step]]]) -> None:
        """A night with the steps of each bill."""
        city, rows, payments = self.city, list[Row](), list[Row]()
        for bill_no, step in ((bill_no, step) for bill_no, own in steps for step in own):
            if isinstance(step, tuple):
                key_no, check_no = city.issued()["kokuho", bill_no, 1, step[0]]
                serial_no = f"{day:%d}{len(payments):06}"
                payments.append(eltax_row(key_no, check_no, step[1], serial_no=serial_no, paid_on=day))
            else:
                self.numbers[bill_no] = self.numbers.get(bill_no, 0) + ("issue_no" not in step)
                of_story = {"bill_no": bill_no, "payer_ref": bill_no, "issued_on": day}
                rows.append(notice_row(**{"issue_no": self.numbers[bill_no], **of_story, **step}))
        if rows:
            columns = notice_row(bill_no=f"9{day:%d}", notice_kind="通常", change_reason=UP, change_kind="9")
            (city.folder / "notices" / f"{day}.csv").write_bytes(notice_file(*rows, columns))
        if payments:
            city.deliver(f"{day}.csv", eltax_file(*payments))
        for finding in city.night(day).json["findings"]:  # type: ignore[attr-defined]
            place = re.match(rf"{day}\.csv (\d+)", finding["at"])
            if place and int(place[1]) <= len(rows):
                self.refused.append((str(rows[int(place[1]) - 1]["bill_no"]), finding["code"]))
