"""Remittance (払込): what the ledger says is open, in; lines, entries and rows, out. The ledger's answers are given."""

from dataclasses import dataclass, field
from datetime import date
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from elqr.arithmetic.business_day import Calendar
from elqr.night.remittance import LISTED_PER_LINE, money_rows, open_settlement, settle_night
from elqr.report.tables.ledger_rows import Standing
from elqr.rules.contract import Contract
from elqr.rules.offsets import SETTLED_AS, SETTLEMENT_NO
from elqr.rules.settlement import Settlement
from elqr.rules.settlement_rules import Rules
from elqr.vocabulary.errors import LedgerError
from elqr.vocabulary.money_frames import Bundle, Deposit, Settled
from tests.cases.frame import frame_of

NIGHT = date(2026, 11, 20)
"""A Friday; the Monday after it is a holiday."""

_BUNDLE = {"spec": pl.String(), "night_on": pl.Date()}
_DEPOSIT = {"spec": pl.String(), "file_name": pl.String(), "night_on": pl.Date()}
_LISTED = {
    "bundle_no": pl.Int64, "payment_no": pl.Int64, "paid_on": pl.Date, "paid_yen": pl.Int64, "contract": pl.String,
}  # fmt: skip


def day(number: int) -> date:
    return date(2026, 11, number)


DUE_ON = day(12)


def bundle(no: int, on: date = DUE_ON, yen: int = 10_000, **given: object) -> dict[str, object]:
    usual = {
        "bundle_no": no, "file_no": 1, "channel": "app", "stage": "confirmed", "day_on": on, "is_funds_day": True,
        "payments": 1, "yen": yen, "spec": "eltax_payment_csv", "night_on": day(6),
    }  # fmt: skip
    return usual | given


def deposit(no: int, on: date = DUE_ON, yen: int = 10_000, **given: object) -> dict[str, object]:
    usual = {
        "deposit_no": no, "kind": "received", "booked_on": on, "yen": yen, "account": "1-1-123456", "sender_code": "",
        "sender": "ﾁﾎｳｾﾞｲｷﾖｳﾄﾞｳｷｺｳ", "spec": "bank_credit_01_a", "file_name": "01.dat", "night_on": on,
    }  # fmt: skip
    return usual | given


@dataclass
class Told:
    """A ledger (台帳) that answers what it is given, and what a night entered into it."""

    bundles: list[dict[str, object]] = field(default_factory=list)
    deposits: list[dict[str, object]] = field(default_factory=list)
    settled: list[dict[str, object]] = field(default_factory=list)
    """Deposits of lines that hold, with settlement_no and settled_as."""
    settled_bundles: dict[int, list[dict[str, object]]] = field(default_factory=dict)
    unwatched: list[dict[str, object]] = field(default_factory=list)
    waiting: tuple[tuple[int, int], ...] = ()
    """(bundle, payment) of 速報 that still wait."""
    lines_tonight: list[dict[str, object]] = field(default_factory=list)
    lines_before: list[dict[str, object]] = field(default_factory=list)
    sums: tuple[int, int] = (0, 0)
    without_preliminary: list[tuple[int, int, date, int]] = field(default_factory=list)
    """(bundle, payment, 領収日, 円)."""
    overdue: list[tuple[int, date, int, str]] = field(default_factory=list)
    """(payment, 領収日, 円, 契約)."""
    beside: list[dict[str, object]] = field(default_factory=list)
    entered: Settlement | None = None
    watched: tuple[list[int], list[tuple[int, str]]] | None = None
    asked_payments: list[tuple[int, int | None]] = field(default_factory=list)

    connection: Any = None

    def queries(self) -> SimpleNamespace:
        return SimpleNamespace(
            open_bundles=lambda *_: frame_of(Bundle, *self.bundles, **_BUNDLE),
            open_deposits=lambda *_: frame_of(Deposit, *self.deposits, **_DEPOSIT),
            settled_like=lambda *_: frame_of(
                Deposit, *self.settled, **_DEPOSIT, **{SETTLEMENT_NO: pl.Int64(), SETTLED_AS: pl.String()}
            ),
            bundles_in=lambda _, numbers: frame_of(
                Bundle, *(row for no in sorted(numbers) for row in self.settled_bundles.get(no, [])), **_BUNDLE
            ),
            deposits_in=lambda _, numbers: frame_of(
                Deposit,
                *(
                    {name: value for name, value in row.items() if name not in (SETTLEMENT_NO, SETTLED_AS)}
                    for row in self.settled
                    if row[SETTLEMENT_NO] in numbers
                ),
                **_DEPOSIT,
            ),
            unwatched_bundles=lambda _: frame_of(Bundle, *self.unwatched, **_BUNDLE),
            overdue_among=self._overdue_among,
            settled=lambda *_: frame_of(Settled, *self.lines_tonight),
            settled_before=lambda *_: frame_of(Settled, *self.lines_before),
            money_sums=lambda *_: self.sums,
            bundle_payments=self._payments,
            deposits_beside=lambda *_: frame_of(Deposit, *self.beside, **_DEPOSIT, is_watched=pl.Boolean()),
            night_bundles=lambda *_: frame_of(Bundle, *self.bundles, **_BUNDLE),
            without_preliminary=self._alone,
            overdue=lambda *_: pl.DataFrame(
                self.overdue, schema={name: _LISTED[name] for name in list(_LISTED)[1:]}, orient="row"
            ),
        )

    def _overdue_among(self, _: object, due: pl.DataFrame) -> pl.DataFrame:
        rows = [row for row in self.waiting if row[0] in due["bundle_no"].to_list()]
        return pl.DataFrame(rows, schema={"bundle_no": pl.Int64, "payment_no": pl.Int64}, orient="row")

    def _alone(self, _: object, bundles: pl.DataFrame, __: date) -> pl.DataFrame:
        rows = [row for row in self.without_preliminary if row[0] in bundles["bundle_no"].to_list()]
        return pl.DataFrame(rows, schema={name: _LISTED[name] for name in list(_LISTED)[:4]}, orient="row")

    def _payments(self, _: object, asked: pl.DataFrame, __: object) -> pl.DataFrame:
        self.asked_payments = list(asked.select("bundle_no", "only_yen").iter_rows())
        rows = [(no, 100 + no) for no, _ in self.asked_payments]
        return pl.DataFrame(rows, schema={"bundle_no": pl.Int64, "payment_no": pl.Int64}, orient="row")

    def entries(self) -> SimpleNamespace:
        return SimpleNamespace(enter_settled=self._enter_settled, enter_watched=self._enter_watched)

    def _enter_settled(self, _: object, night: date, found: Settlement) -> None:
        assert night == NIGHT
        self.entered = found

    def _enter_watched(self, _: object, night: date, due: pl.DataFrame, overdue: pl.DataFrame) -> None:
        assert night == NIGHT
        self.watched = due["bundle_no"].to_list(), list(overdue.select("payment_no", "contract").iter_rows())


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Told:
    told = Told()
    monkeypatch.setattr("elqr.night.remittance.money_queries", told.queries())
    monkeypatch.setattr("elqr.night.remittance.money_entries", told.entries())
    return told


def rules(*contracts: Contract) -> Rules:
    return Rules(contracts, (), Calendar(frozenset({date(2026, 11, 3), date(2026, 11, 23)}), frozenset(), NIGHT))


def contract(name: str = "機構", **given: object) -> Contract:
    usual = {"name": name, "specs": ("eltax_payment_csv",), "senders": ("チホウゼイ",), "days": 3}
    return Contract.model_validate(usual | given)


def said(found: pl.DataFrame) -> list[tuple[object, ...]]:
    return sorted(
        found.select(Settled.CONTRACT, Settled.OUTCOME, Settled.PAYMENT_YEN, Settled.MONEY_YEN).iter_rows(), key=str
    )


def test_without_contracts_there_is_no_settlement(ledger: Told) -> None:
    ledger.bundles, ledger.sums = [bundle(1)], (10_000, 0)
    assert settle_night(ledger, rules(), NIGHT) == {} and ledger.entered is None  # type: ignore[arg-type]
    assert money_rows(ledger, rules(), NIGHT) is None  # type: ignore[arg-type]


def test_a_night_without_payments_and_money_enters_no_line(ledger: Told) -> None:
    assert settle_night(ledger, rules(contract()), NIGHT) == {}  # type: ignore[arg-type]
    assert ledger.entered is not None and ledger.entered.lines.is_empty() and ledger.watched is None


def test_what_agrees_is_entered_and_what_does_not_stays_open(ledger: Told) -> None:
    ledger.bundles = [bundle(1), bundle(2, on=day(13), yen=700), bundle(3, on=day(16), yen=0)]
    ledger.deposits = [deposit(1), deposit(2, sender="ﾔﾁﾝ", yen=5)]
    assert settle_night(ledger, rules(contract()), NIGHT) == {"settled": {"機構": 2}, "overdue": {}}  # type: ignore[arg-type]
    assert ledger.entered is not None
    assert said(ledger.entered.lines) == [("機構", "agreed", 0, 0), ("機構", "agreed", 10_000, 10_000)]
    assert sorted(ledger.entered.bundles["bundle_no"]) == [1, 3] and ledger.entered.deposits[
        "deposit_no"
    ].to_list() == [1]
    assert said(open_settlement(ledger, rules(contract()), NIGHT).lines) == [  # type: ignore[arg-type]
        ("", "no_contract", 0, 5),
        ("機構", "agreed", 0, 0),
        ("機構", "agreed", 10_000, 10_000),
        ("機構", "no_money", 700, 0),
    ]


def test_what_agreed_is_counted_by_contract(ledger: Told) -> None:
    other = contract("代行", specs=("cvs_family_a",), senders=("ダイコウ",))
    ledger.bundles = [bundle(1), bundle(2, on=day(13)), bundle(3, spec="cvs_family_a", yen=5)]
    ledger.deposits = [deposit(1), deposit(2, on=day(13)), deposit(3, sender="ﾀﾞｲｺｳ", yen=5)]
    found = settle_night(ledger, rules(contract(), other), NIGHT)  # type: ignore[arg-type]
    assert found == {"settled": {"代行": 1, "機構": 2}, "overdue": {}} and [*found["settled"]] == ["代行", "機構"]


def agreed_before(ledger: Told) -> None:
    """Line 7 agreed on an earlier night; tonight the bank takes its 10,000 yen back."""
    ledger.settled = [deposit(1, settlement_no=7, settled_as="agreed")]
    ledger.settled_bundles = {7: [bundle(1)], 8: [bundle(9)]}
    ledger.deposits = [deposit(2, on=NIGHT, kind="cancelled")]


def test_money_that_is_taken_back_opens_what_it_agreed_with(ledger: Told) -> None:
    agreed_before(ledger)
    assert settle_night(ledger, rules(contract()), NIGHT) == {"settled": {"機構": 1}, "overdue": {}}  # type: ignore[arg-type]
    assert ledger.entered is not None and said(ledger.entered.lines) == [("機構", "taken_back", 0, 0)]
    assert sorted(ledger.entered.deposits["deposit_no"]) == [1, 2]
    assert ledger.entered.bundles.is_empty(), "its payments are open again, and not settled with it"


def test_who_only_looks_opens_nothing(ledger: Told) -> None:
    """Until a night has entered it, the line holds: what takes its money back stands alone, in its contract."""
    agreed_before(ledger)
    found = open_settlement(ledger, rules(contract()), NIGHT)  # type: ignore[arg-type]
    assert said(found.lines) == [("機構", "differs", 0, -10_000)] and found.bundles.is_empty()


def test_open_money_that_is_taken_back_is_offset_for_who_looks_too(ledger: Told) -> None:
    ledger.deposits = [deposit(1), deposit(2, on=NIGHT, kind="cancelled")]
    assert said(open_settlement(ledger, rules(contract()), NIGHT).lines) == [("機構", "taken_back", 0, 0)]  # type: ignore[arg-type]


OVER: list[tuple[str, dict[str, object], date, int, bool]] = [
    ("来た夜の五営業日後はまだ", {}, day(13), 5, False),
    ("その次の日", {}, day(12), 5, True),
    ("休日は数えない", {}, date(2026, 11, 2), 13, False),
    ("休日の後", {}, date(2026, 11, 2), 12, True),
    ("契約のない速報は十営業日", {"spec": "dsk_csv"}, date(2026, 11, 6), 5, False),
    ("契約のない速報の十一営業日目", {"spec": "dsk_csv"}, date(2026, 11, 5), 5, True),
]


@pytest.mark.parametrize(("given", "came", "days", "is_over"), [row[1:] for row in OVER], ids=[row[0] for row in OVER])
def test_a_preliminary_is_over_after_the_business_days_of_its_contract(
    ledger: Told, given: dict[str, object], came: date, days: int, is_over: bool
) -> None:
    """Counted from the night on which it came. Friday the 13th and five business days are Friday the 20th."""
    ledger.unwatched = [bundle(4, stage="preliminary", night_on=came, **given), bundle(5, night_on=NIGHT)]
    ledger.waiting = ((4, 41), (4, 42), (5, 51))
    found = settle_night(ledger, rules(contract(confirm_days=days)), NIGHT)  # type: ignore[arg-type]
    name = "" if given else "機構"
    assert found == ({"settled": {}, "overdue": {name: 2}} if is_over else {})
    assert ledger.watched == (([4], [(41, name), (42, name)]) if is_over else None)


def test_bundles_whose_time_is_over_are_looked_at_once_even_when_all_was_confirmed(ledger: Told) -> None:
    """Where something is entered at all: a night that changes nothing writes nothing."""
    ledger.unwatched = [bundle(4, stage="preliminary", night_on=date(2026, 10, 1))]
    assert settle_night(ledger, rules(contract()), NIGHT) == {} and ledger.watched is None  # type: ignore[arg-type]
    ledger.bundles, ledger.deposits = [bundle(1)], [deposit(1)]
    assert settle_night(ledger, rules(contract()), NIGHT) == {"settled": {"機構": 1}, "overdue": {}}  # type: ignore[arg-type]
    assert ledger.watched == ([4], [])


def line(no: int, payment_yen: int, money_yen: int) -> dict[str, object]:
    return {
        "line_no": no, "contract": "機構", "outcome": "agreed", "payments": 1, "payment_yen": payment_yen,
        "fee_yen": 0, "money_yen": money_yen,
    }  # fmt: skip


def drawn(ledger: Told, *contracts: Contract) -> Any:
    return money_rows(ledger, rules(*contracts or (contract(),)), NIGHT)  # type: ignore[arg-type]


def test_the_lines_say_whether_they_are_open_of_tonight_or_of_before(ledger: Told) -> None:
    ledger.bundles, ledger.deposits = [bundle(1, yen=700)], [deposit(1, yen=699)]
    ledger.lines_tonight, ledger.lines_before = [line(5, 30, 30)], [line(1, 4_000, 4_000), line(2, 1, 1)]
    ledger.sums = (700 + 30 + 4_001, 699 + 30 + 4_001)
    rows = drawn(ledger)
    found = rows.lines.select("standing", Settled.PAYMENT_YEN).rows()
    assert found == [(Standing.OPEN, 700), (Standing.TONIGHT, 30), (Standing.BEFORE, 4_000), (Standing.BEFORE, 1)]
    assert rows.open_lines.height == 1


@pytest.mark.parametrize("sums", [(10_001, 9_999), (10_000, 10_000)], ids=["収納の一円", "入金の一円"])
def test_lines_that_do_not_hold_all_yen_of_the_ledger_are_never_drawn(ledger: Told, sums: tuple[int, int]) -> None:
    ledger.bundles, ledger.deposits, ledger.sums = [bundle(1)], [deposit(1, yen=9_999)], (10_000, 9_999)
    assert drawn(ledger).lines.height == 1
    ledger.sums = sums
    with pytest.raises(LedgerError):
        drawn(ledger)


LISTED: list[tuple[str, dict[str, object], int | None, int, list[tuple[int, int | None]]]] = [
    ("短い行は全部", {"payments": LISTED_PER_LINE}, 9_000, 9_000, [(1, None)]),
    ("長い行は差額と同じものだけ", {"payments": LISTED_PER_LINE + 1}, 9_000, 9_000, [(1, 1_000)]),
    ("多すぎる入金の差額", {"payments": LISTED_PER_LINE + 1}, 10_400, 10_400, [(1, 400)]),
    ("入金のない長い行", {"payments": LISTED_PER_LINE + 1}, None, 0, [(1, 10_000)]),
]


@pytest.mark.parametrize(
    ("given", "yen", "money_yen", "asked"), [row[1:] for row in LISTED], ids=[row[0] for row in LISTED]
)
def test_lines_are_listed_to_the_payment_and_long_ones_to_the_difference(
    ledger: Told, given: dict[str, object], yen: int | None, money_yen: int, asked: list[tuple[int, int | None]]
) -> None:
    ledger.bundles = [bundle(1, **given)]
    ledger.deposits = [] if yen is None else [deposit(1, yen=yen)]
    ledger.sums = (10_000, money_yen)
    rows = drawn(ledger)
    assert ledger.asked_payments == asked
    assert rows.payments.select("payment_no", Settled.LINE_NO).rows() == [(101, 1)]
    assert rows.deposits.select(Deposit.DEPOSIT_NO, Settled.LINE_NO).rows() == ([] if yen is None else [(1, 1)])


def test_what_waits_for_its_money_or_agrees_is_not_listed(ledger: Told) -> None:
    ledger.bundles, ledger.deposits = [bundle(1, on=day(19)), bundle(2, yen=700)], [deposit(1, yen=700)]
    ledger.sums = (10_700, 700)
    rows = drawn(ledger)
    assert said(rows.lines) == [("機構", "agreed", 700, 700), ("機構", "awaited", 10_000, 0)]
    assert ledger.asked_payments == [] and rows.payments.is_empty() and rows.deposits.is_empty()


def test_the_fee_is_no_part_of_the_difference(ledger: Told) -> None:
    """10,000 yen less 55 are owed, 8,945 came: 1,000 are missing."""
    ledger.bundles, ledger.deposits = [bundle(1, payments=LISTED_PER_LINE + 1)], [deposit(1, yen=8_945)]
    ledger.sums = (10_000, 8_945)
    drawn(ledger, contract(fee={"per_transfer_yen": 55}))
    assert ledger.asked_payments == [(1, 1_000)]


def test_stages_that_are_missing_are_listed_overdue_first(ledger: Told) -> None:
    """確報 without 速報 are told only where the contract says that its sender announces them."""
    announcing = contract(preliminary=True)
    silent = contract("代行", specs=("cvs_family_a",), senders=("ダイコウ",))
    ledger.bundles = [bundle(1), bundle(2, spec="cvs_family_a", yen=1)]
    ledger.sums = (10_001, 0)
    ledger.without_preliminary = [(1, 12, day(6), 300), (1, 11, day(5), 400), (2, 21, day(5), 1)]
    ledger.overdue = [
        (34, day(1), 80, "あ"),
        (32, day(2), 50, "機構"),
        (31, day(2), 60, "機構"),
        (33, day(1), 70, "機構"),
    ]
    rows = drawn(ledger, announcing, silent)
    assert rows.gaps.select("gap", "contract", "payment_no", "paid_yen").rows() == [
        ("preliminary_only", "あ", 34, 80),
        ("preliminary_only", "機構", 33, 70),
        ("preliminary_only", "機構", 31, 60),
        ("preliminary_only", "機構", 32, 50),
        ("confirmed_only", "機構", 11, 400),
        ("confirmed_only", "機構", 12, 300),
    ]


@pytest.mark.parametrize(("outside", "told"), [(False, 1), (True, 0)], ids=["突合する契約", "突合しない契約"])
def test_lines_that_may_say_another_are_told_of_contracts_that_are_compared(
    ledger: Told, outside: bool, told: int
) -> None:
    """The bank told of it with the account, and a person typed it without."""
    ledger.beside = [
        deposit(1, is_watched=True, night_on=NIGHT),
        deposit(2, is_watched=True, night_on=NIGHT, account="", repeats_no=1, file_name="hand.csv", record_no=3),
    ]
    doubts = drawn(ledger, contract(outside=outside)).doubts
    assert (
        doubts.select("file_name", "record_no", "why", "other_file").rows()
        == [("hand.csv", 3, "merged", "01.dat")][:told]
    )
