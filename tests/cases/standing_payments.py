"""Payments that stand (止まった収納): one city with a payment for every way out of every 消込結果, and where each goes."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from elqr.vocabulary.ruling_terms import NEEDS_TARGET, WRITTEN_RULINGS, Ruling
from elqr.vocabulary.terms import Outcome
from elqr.vocabulary.ways_out import WAYS_OUT
from tests.builders import (
    JOB,
    City,
    Ran,
    barcode,
    dsk_file,
    dsk_row,
    elqr,
    eltax_file,
    eltax_row,
    notice_row,
    transfer_file,
    transfer_row,
)
from tests.cases.review_book import listed, written

ISSUED, FIRST, SECOND = date(2026, 11, 10), date(2026, 11, 11), date(2026, 11, 12)
_YEN = 1_000
_BY_LABEL = {ruling.label: ruling for ruling in WRITTEN_RULINGS}
_TOLD = ("300001", "300002", "300004")
"""Bills of which only a 速報 came at first; then a 確報 of one, a 取消 of another, and nothing of the last."""
_LATER = 500
"""Added to the number of a case, the serial number of what came of it on the second night."""
_AWAITED = f"{77:020}"
"""The 顧客番号 of a debit that has a result after all."""
ANSWERED = (*_TOLD[:2], "300003")
"""Bills of which nothing waits any more after the second night: paid, taken back, and debited."""


@dataclass(frozen=True)
class Case:
    """A payment that stands: by its state, and the ruling that is to end it. Its bills are its own and one to apply to."""

    number: int
    state: str
    ruling: Ruling
    outcome: Outcome | None

    @property
    def bill(self) -> str:
        return str(100_000 + self.number)

    @property
    def other_bill(self) -> str:
        return str(200_000 + self.number)


def cases() -> list[Case]:
    """A case for each way that is a ruling of the workbook, out of each state of a payment."""
    ways = [(state, _BY_LABEL[way.words]) for state in WAYS_OUT["収納"] for way in state.ways if way.words in _BY_LABEL]
    outcomes = {state.name: own for state, _ in ways for own in state.values if isinstance(own, Outcome)}
    wanted = [(state.name, ruling) for state, ruling in ways if state.name not in (OVERDUE, EMPTIED)]
    wanted += [(Outcome.KEY_UNKNOWN.label, ruling) for ruling in PUT_OFF]
    return [Case(at, state, ruling, outcomes.get(state)) for at, (state, ruling) in enumerate(wanted, start=1)]


PUT_OFF = (Ruling.HOLD, Ruling.SEND_BACK)
"""These lead nowhere: a case of each waits on."""

OVERDUE = "速報のみ期限超過"
"""Takes a contract that says how long a 確報 may take, and so another city."""

EMPTIED = "訂正・取消でお金のなくなった収納"
"""Comes of the rulings, and so after the book."""


@dataclass(frozen=True)
class Payments:
    """The city after the nights that brought the payments, and the 受付番号 of each case by its number."""

    city: City
    numbers: dict[int, int] = field(default_factory=dict)

    def run(self, *arguments: object, day: date = SECOND) -> Ran:
        return elqr(*arguments, "--job", self.city.job, "--date", day.isoformat())

    def asked(self, *arguments: object, day: date = SECOND) -> Ran:
        """What 山田 asks for."""
        return self.run(*arguments, "--reason", "確かめた", "--by", "山田", "--json", day=day)

    def approved(self, asked: Ran, day: date = SECOND) -> dict[str, Any]:
        """What comes of it when 佐藤 approves."""
        assert asked.code == 0 and not asked.json.get("refused"), asked.out + asked.err
        return self.run("review", "approve", asked.json["review"], "--by", "佐藤", "--json", day=day).json

    def ended(self, *arguments: object, day: date = SECOND) -> None:
        """山田 asks, 佐藤 approves, and every ruling takes effect."""
        results = self.approved(self.asked(*arguments, day=day), day)["results"]
        assert list(results) == ["承認"], (arguments, results)

    def step(self, step: str, *payments: int) -> None:
        """A step of refunds."""
        number = ("--number", "5") if step in ("decide", "paid", "passed-on") else ()
        self.ended("refund", step, *payments, "--on", SECOND, *number)

    def open_on(self, day: date) -> dict[int, str]:
        """受付番号 → 理由 of what is on the list of a night."""
        return {int(str(row["受付番号"])): str(row["理由"]) for row in self.city.report("要確認一覧", day)}

    def open_now(self, day: date = SECOND) -> set[int]:
        """受付番号 of what waits for a ruling, as the workbook shows it now."""
        path = self.city.folder / f"open{len(list(self.city.folder.glob('open*.xlsx')))}.xlsx"
        assert self.run("review", "export", "--out", path, day=day).code == 0
        return listed(path)

    def last_rulings(self) -> dict[int, tuple[int, str]]:
        """受付番号 → number and words of its last approved ruling."""
        rows: list[dict[str, Any]] = elqr("review", "trail", "--json", "--job", self.city.job).json  # type: ignore[assignment]
        return {row["payment_no"]: (row["ruling_no"], row["ruling"]) for row in rows if row["result"] == "approved"}

    def stands(self) -> dict[int, dict[str, int]]:
        """受付番号 → yen by account, or by bill."""
        found: dict[int, dict[str, int]] = {}
        query = """SELECT payment_no, coalesce(bill_no, account), sum(yen) FROM posting LEFT JOIN claim USING (claim_no)
            GROUP BY 1, 2 HAVING sum(yen) <> 0"""
        for number, where, yen in self.city.sql(query):
            found.setdefault(number, {})[where] = int(yen)
        return found

    def accounts(self, *payments: int) -> list[str]:
        """Where the yen of each of these are that are not on a claim."""
        stands = self.stands()
        return [" ".join(sorted(where for where in stands[number] if not where.isdigit())) for number in payments]

    def rule(self, ruling: Ruling, *payments: int, day: date = SECOND) -> None:
        """One ruling of several payments, by two people."""
        chosen = [part for number in payments for part in ("--payment", number)]
        self.ended("review", "decide", "--ruling", ruling.label, *chosen, day=day)

    def book(self, day: date = SECOND) -> None:
        """The workbook: each case with its own ruling, handed in and approved at once."""
        path, keys = self.city.folder / "book.xlsx", self.city.issued()
        assert self.run("review", "export", "--out", path, day=day).code == 0
        targets = {case.number: keys["kokuho", case.other_bill, 1, 1][0] for case in cases()}
        written(path, {
            self.numbers[case.number]: (
                case.ruling.label, targets[case.number] if case.ruling in NEEDS_TARGET else "", "確かめた", "山田",
            )
            for case in cases()
        })  # fmt: skip
        asked = self.run("review", "import", path, "--by", "山田", "--json", day=day)
        assert self.approved(asked, day)["results"] == {"承認": len(cases())}

    def corrected(self, case: Case, yen: int) -> None:
        """What came of a case on the second night comes once more with other yen."""
        key = self.city.issued()["kokuho", case.bill, 1, 1]
        self.city.deliver("corrected.csv", eltax_file(_paid(key, _LATER + case.number, yen)))

    def ruled(self, ruling: Ruling, outcome: Outcome | None = None) -> list[int]:
        """受付番号 of the cases that the workbook rules so."""
        return [
            self.numbers[case.number] for case in cases() if case.ruling is ruling and outcome in (None, case.outcome)
        ]


def paid_in(folder: Path) -> Payments:
    """The nights that bring every case before people."""
    city = City.founded(folder, JOB.replace("date = 2026-11-20\n", ""))
    payments = Payments(city)
    slips = [row for case in cases() for row in (_slip(case.bill, case), _slip(case.other_bill))]
    city.notices(*slips, *map(_slip, _TOLD), _slip(ANSWERED[-1]) | {"customer_no": _AWAITED})
    city.night(ISSUED)
    keys = {bill: key for (_, bill, _, _), key in city.issued().items()}
    told = [_paid(keys[bill], 900 + at, data_kind="1") for at, bill in enumerate(_TOLD)]
    city.deliver("first.csv", eltax_file(*(_paid(keys[case.bill], case.number) for case in _of(*_EARLY)), *told))
    unknown = [f"{case.number:020}" for case in cases() if case.outcome is None]
    city.deliver("furikae.dat", transfer_file(*(transfer_row(no, _YEN, "N") for no in (*unknown, _AWAITED))))
    city.notices(*(_slip(case.bill) | {"change_kind": "9"} for case in _of(Outcome.NOTICE_CANCELLED)), name="gone.csv")
    city.night(FIRST)
    placed = dict(city.sql("SELECT bill_no, payment_no FROM posting JOIN claim USING (claim_no)"))
    payments.ended("review", "reassign", *(placed[case.bill] for case in _of(Outcome.REASSIGNED)), day=FIRST)
    less = {"issue_no": 2, "principal_yen": 700, "change_reason": "減額更正"}
    city.notices(*(_slip(case.bill) | less for case in _of(Outcome.REDUCED)), name="less.csv")
    after = [
        _paid(keys[bill], 900 + at, data_kind=kind) for at, (bill, kind) in enumerate(zip(_TOLD, "29", strict=False))
    ]
    city.deliver("second.csv", eltax_file(*(row for case in cases() for row in _late(case, keys)), *after))
    city.deliver("dsk.csv", dsk_file(*(dsk_row(_code(case), center="999") for case in _of(Outcome.DOUBTFUL))))
    city.deliver("result.dat", transfer_file(transfer_row(_AWAITED, _YEN)))
    city.night(SECOND)
    rows = {_place(row): int(str(row["受付番号"])) for row in city.report("要確認一覧", SECOND)}
    return Payments(city, {case.number: rows[case.state, case.bill] for case in cases()})


def _of(*outcomes: Outcome) -> list[Case]:
    return [case for case in cases() if case.outcome in outcomes]


_EARLY = (
    Outcome.CONFLICTS, Outcome.STAGE_UNEXPECTED, Outcome.ALREADY_SETTLED, Outcome.REDUCED, Outcome.REASSIGNED,
)  # fmt: skip
"""What was paid in order before the sender, the core system or people said otherwise."""


def _place(row: dict[str, object]) -> tuple[str, str]:
    """(state, bill) of a row of the list. An unknown key bears the number of its case."""
    state = "結果未着" if row["段階"] == "結果未着" else str(row["理由"])
    number = str(row["通知書番号"] or 100_000 + int(str(row["照会キー"])[1:]))
    return state, number


def _slip(bill: str, case: Case | None = None) -> dict[str, object]:
    more: dict[str, object] = {}
    if case is not None and case.outcome is Outcome.DOUBTFUL:
        more["barcode"] = _code(case)
    if case is not None and case.outcome is None:
        more["customer_no"] = f"{case.number:020}"
    return notice_row(bill_no=bill, payer_ref=bill[1:], principal_yen=_YEN, **more)


def _code(case: Case) -> str:
    return barcode(str(case.number), _YEN, date(2026, 11, 30))


def _paid(key: tuple[str, str], number: int, yen: int = _YEN, **given: object) -> dict[str, object]:
    return eltax_row(*key, yen, serial_no=f"{number:08d}", **given)


def _late(case: Case, keys: dict[str, tuple[str, str]]) -> list[dict[str, object]]:
    """What the second night brings of a case."""
    key, check = keys[case.bill]
    new = _LATER + case.number
    rows = {
        Outcome.CONFLICTS: _paid((key, check), case.number, 900),
        Outcome.STAGE_UNEXPECTED: _paid((key, check), case.number, data_kind="9"),
        Outcome.KEY_UNKNOWN: _paid((f"9{case.number:019d}", check), new),
        Outcome.CHECK_NO_DIFFERS: _paid((key, f"{(int(check) + 1) % 1_000_000:06d}"), new),
        Outcome.ITEM_OR_OFFICE_DIFFERS: _paid((key, check), new, item_no="902"),
        Outcome.PAID_BEFORE_ISSUE: _paid((key, check), new, paid_on=date(2026, 9, 30)),
        Outcome.NOTICE_CANCELLED: _paid((key, check), new),
        Outcome.ALREADY_SETTLED: _paid((key, check), new),
        Outcome.OVERPAID: _paid((key, check), new, 1_500),
        Outcome.UNDERPAID: _paid((key, check), new, 400),
    }
    return [rows[case.outcome]] if case.outcome in rows else []
