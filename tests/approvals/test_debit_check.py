"""依頼の照合: a request for account transfer against what the ledger says, before the bank gets it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tests.builders import (
    NIGHT,
    City,
    Ran,
    codes,
    elqr,
    eltax_file,
    eltax_row,
    notice_row,
    request_file,
    status_file,
    status_row,
    transfer_file,
    transfer_row,
)
from tests.cases.job_parts import CLAIMS
from tests.cases.prepared import prepared

DUE = date(2026, 11, 30)
EARLIER = date(2026, 11, 2)
"""The debit day of the month before, for claims due on 31 October."""

_PAID_KEY, _ANNOUNCED_KEY, _DOUBTFUL_KEY, _EARLY_KEY = ("1" * 20, "2" * 20, "3" * 20, "5" * 20)


def _notice(number: int, **given: object) -> dict[str, object]:
    """A slip of 10,000 yen and its number, with an account, due on the debit day."""
    own: dict[str, object] = {
        "bill_no": str(100_000 + number),
        "payer_ref": str(number),
        "customer_no": _customer(number),
        "principal_yen": 10_000 + number,
        "due_on": DUE,
        "payable_until_on": date(2027, 3, 31),
    }
    return notice_row(**(own | given))


def _customer(number: int) -> str:
    return f"K{number:03}"


def _debit(number: int, yen: int | None = None) -> dict[str, object]:
    return transfer_row(_customer(number), 10_000 + number if yen is None else yen)


_LAST_YEAR = {"levy_year": 2025, "tax_year": 2025, "due_on": date(2025, 12, 1), "issued_on": date(2025, 7, 1)}
_LAST_MONTH = {"due_on": date(2026, 10, 31)}
_NOTICES = [
    _notice(1),
    _notice(2, key_no=_PAID_KEY, check_no="123456"),
    _notice(3, key_no=_ANNOUNCED_KEY, check_no="123456"),
    _notice(4),
    _notice(5),
    _notice(6),
    _notice(6, customer_no=None, issue_no=2, notice_kind="分納", principal_yen=3_000, key_no="4" * 20, check_no="123456"),
    _notice(7),
    _notice(7, customer_no=None, issue_no=2, issued_on=date(2026, 11, 10)),
    _notice(8, **_LAST_YEAR),
    _notice(9, due_on=date(2027, 2, 28)),
    _notice(10, issued_on=date(2026, 12, 1), due_on=date(2026, 12, 5)),
    _notice(11, **_LAST_MONTH),
    _notice(12, **_LAST_MONTH),
    _notice(13, key_no=_DOUBTFUL_KEY, check_no="123456"),
    _notice(14, **_LAST_MONTH),
    _notice(15, customer_no=None),
    _notice(16),
    _notice(17, installment_no=1, principal_yen=5_000),
    _notice(18, bill_no="100017", payer_ref="17", installment_no=2, principal_yen=7_000, due_on=date(2027, 1, 31)),
    _notice(19, bill_no="100017", payer_ref="17", installment_no=0, principal_yen=12_000),
    _notice(20, **_LAST_YEAR),
    _notice(21, key_no=_EARLY_KEY, check_no="123456"),
    _notice(22),
]  # fmt: skip
"""8 and 20 are of last year, and 20 was paid then. 11, 12 and 14 were debited on 2 November. 19 is 全期 of 17 and 18.
The 速報 of 21 came on the night before its notice, and what was debited for 22 was taken off it again.
"""


class Bank(City):
    """A city that asks a bank to debit accounts, and what its ledger knows of them."""

    @classmethod
    def opened(cls, folder: Path) -> "Bank":
        return prepared(folder, cls._lived)

    @classmethod
    def _lived(cls, folder: Path) -> "Bank":
        city = cls(City.founded(folder).folder)
        announced = eltax_row(_EARLY_KEY, "123456", 10_021, data_kind="1", serial_no="00000005")
        city.deliver("before.csv", eltax_file(announced))
        assert city.night(date(2026, 11, 19)).code == 0
        city.notices(*_NOTICES)
        city.notices(_notice(4, change_kind="9", change_reason="調定取消"), name="then.csv")
        city.deliver(
            "eltax.csv",
            eltax_file(
                eltax_row(_PAID_KEY, "123456", 10_002),
                eltax_row(_ANNOUNCED_KEY, "123456", 10_003, data_kind="1", serial_no="00000002"),
                eltax_row(_DOUBTFUL_KEY, "999999", 10_013, serial_no="00000003"),
                eltax_row("4" * 20, "123456", 3_000, serial_no="00000004"),
            ),
        )
        results = [_debit(11) | {"result": "1"}, _debit(12) | {"result": "N"}, _debit(14), _debit(20), _debit(22)]
        city.deliver("kouza.dat", transfer_file(*results, debit_on=EARLIER))
        assert city.night().code == 3
        held = ("--kind", "徴収猶予", "--by", "山田", "--reason", "申請を認めた", "--job", city.job)
        assert elqr("arrears", "hold", "100005", *held).code == 0
        wrong = ("--by", "山田", "--reason", "別の人の口座だった", "--job", city.job)
        assert elqr("review", "reassign", 10, *wrong).code == 0
        assert elqr("review", "approve", 1, "--by", "佐藤", "--job", city.job).code == 0
        return city

    def request(self, *debits: dict[str, object], name: str = "irai.dat", debit_on: date = DUE) -> Path:
        path = self.folder / name
        path.write_bytes(request_file(*debits, debit_on=debit_on))
        return path

    def check(self, path: Path, *options: object, day: date = NIGHT) -> Ran:
        return elqr(
            "file", "check", path, "--against-ledger", "--job", self.job, "--date", day.isoformat(), "--json", *options
        )


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return Bank.opened(tmp_path / "city")


def _found(ran: Ran) -> list[tuple[object, ...]]:
    """(code, place, actual, expected) of each finding, the file left out of the place."""
    rows = ran.json["findings"]
    return [(row["code"], row["at"].partition(" ")[2], row["actual"], row["expected"]) for row in rows]  # type: ignore[attr-defined,index]


def _without_lacking(ran: Ran) -> list[tuple[object, ...]]:
    return [row for row in _found(ran) if row[0] != "D114"]


_KEY, _YEN = "92バイト目 「顧客番号」", "81バイト目 「引落金額」"
_CLAIM = "国民健康保険料 2026年度 {} 1期"
_DUE_BETWEEN = "引落日 2026-11-30 に合う納期限（2026-09-29 から 2026-12-10 まで）"

FAULTS: dict[str, tuple[dict[str, object], list[tuple[str, str, str, str]]]] = {
    "台帳と合う": (_debit(1), []),
    "納付済み": (
        _debit(2), [("D109", _KEY, f"収納済 10,002円 スマホアプリ 2026-11-05 受付番号2（{_CLAIM.format(100002)}）", "")]
    ),
    "速報あり": (
        _debit(3), [("D110", _KEY, f"速報 10,003円 スマホアプリ 2026-11-05 受付番号3（{_CLAIM.format(100003)}）", "")]
    ),
    "調定取消": (_debit(4), [("D108", _KEY, _CLAIM.format(100004), "")]),
    "徴収猶予": (
        _debit(5), [("D111", _KEY, f"徴収猶予　取り消すまで　記録1（山田）（{_CLAIM.format(100005)}）", "")]
    ),
    "一部が納付済み": (_debit(6), [("D112", _YEN, f"10,006円（{_CLAIM.format(100006)}）", "7,006円")]),
    "再発行した": (_debit(7), [("D113", _KEY, _CLAIM.format(100007), "")]),
    "前の年度": (
        _debit(8), [("D105", _KEY, "納期限 2025-12-01（国民健康保険料 2025年度 100008 1期）", _DUE_BETWEEN)]
    ),
    "ほかの期": (_debit(9), [("D106", _KEY, f"納期限 2027-02-28（{_CLAIM.format(100009)}）", _DUE_BETWEEN)]),
    "発行の前": (
        _debit(10), [("D106", _KEY, f"発行日 2026-12-01（{_CLAIM.format(100010)}）", "引落日 2026-11-30 より前")]
    ),
    "前の月に振替不能で、再振替": (_debit(11), []),
    "前の月の結果が未着": (
        _debit(12), [("D110", _KEY, f"結果未着 10,012円 口座振替 2026-11-02 受付番号7（{_CLAIM.format(100012)}）", "")]
    ),
    "確認番号の違う収納が要確認": (
        _debit(13),
        [("D110", _KEY, f"要確認の収納 10,013円 スマホアプリ 2026-11-05 受付番号4（{_CLAIM.format(100013)}）", "")],
    ),
    "速報の後に届いた納付書": (
        _debit(21), [("D110", _KEY, f"速報 10,021円 スマホアプリ 2026-11-05 受付番号1（{_CLAIM.format(100021)}）", "")]
    ),
    "組替で調定から外した": (
        _debit(22), [("D110", _KEY, f"要確認の収納 10,022円 口座振替 2026-11-02 受付番号10（{_CLAIM.format(100022)}）", "")]
    ),
    "額が少ない": (_debit(16, 16), [("D112", _YEN, f"16円（{_CLAIM.format(100016)}）", "10,016円")]),
    "該当なし": (_debit(99), [("D104", _KEY, "顧客番号 K099", "")]),
    "全期": (_debit(19, 12_000), []),
    "全期のほかに期別も": (
        _debit(17, 5_000), [("D109", _KEY, f"この依頼の19件目と同じ調定（{_CLAIM.format(100017)}）", "")]
    ),
    "同じ顧客番号が二度": (_debit(1), [("D101", _KEY, "顧客番号 K001", "2件目の一つだけ")]),
}  # fmt: skip


def test_each_debit_is_compared_with_the_ledger(bank: Bank) -> None:
    before = bank.ledger_state()
    ran = bank.check(bank.request(*(debit for debit, _ in FAULTS.values())))
    assert ran.code == 3
    expected = [
        (code, f"{record}件目 {place}", actual, wanted)
        for record, (_, faults) in enumerate(FAULTS.values(), start=2)
        for code, place, actual, wanted in faults
    ]
    assert _without_lacking(ran) == expected
    yen = sum(int(str(debit["amount_yen"])) for debit, _ in FAULTS.values())
    good = sum(int(str(debit["amount_yen"])) for debit, faults in FAULTS.values() if not faults)
    assert ran.json["asked"] == {"records": len(FAULTS), "yen": yen}
    assert ran.json["good"] == {"records": 3, "yen": good}
    assert sum(line["yen"] for line in ran.json["sums"]) == yen  # type: ignore[attr-defined,index]
    assert bank.ledger_state() == before, "a check records nothing"


def test_a_request_that_agrees_with_the_ledger_may_be_sent(bank: Bank) -> None:
    ran = bank.check(bank.request(_debit(1), _debit(6, 7_006), _debit(16), _debit(19, 12_000), _debit(11)))
    assert (ran.code, codes(ran), ran.json["faults"]) == (0, [], []), ran.out
    shown = elqr("file", "check", bank.folder / "irai.dat", "--against-ledger", "--job", bank.job)
    assert shown.code == 0 and "送ってよい依頼です" in shown.out


def test_a_claim_with_an_account_that_is_left_out_is_told(bank: Bank) -> None:
    """Not told: what was paid, announced, cancelled, held or reissued, has no account, or waits in 要確認."""
    ran = bank.check(bank.request(_debit(1)))
    whole = "国民健康保険料 2026年度 100017 {}期 納期限 2026-11-30 顧客番号 {}"
    assert _found(ran) == [
        ("D114", "", "国民健康保険料 2026年度 100006 1期 納期限 2026-11-30 顧客番号 K006", "7,006円"),
        ("D114", "", "国民健康保険料 2026年度 100016 1期 納期限 2026-11-30 顧客番号 K016", "10,016円"),
        ("D114", "", whole.format(1, "K017"), "5,000円"),
    ]
    assert ran.code == 3 and ran.json["good"] == {"records": 1, "yen": 10_001}


def test_a_claim_in_another_request_of_the_day_is_not_left_out(bank: Bank) -> None:
    one = bank.request(_debit(1))
    other = bank.request(_debit(6, 7_006), _debit(16), _debit(19, 12_000), name="other.dat")
    ran = bank.check(one, "--with", other)
    assert (ran.code, ran.json["with"]) == (0, ["other.dat"])


ACCIDENTS: dict[str, tuple[list[int], date, list[tuple[str, str]], tuple[int, int]]] = {
    "三笠市：前の年度の依頼": ([1, 8, 20], DUE, [("D105", "3件目"), ("D105", "4件目"), ("D109", "4件目")], (1, 10_001)),
    "養父市：古い一覧の日付を直した依頼": ([14], DUE, [("D109", "2件目")], (0, 0)),
    "養父市：古い一覧のままの依頼": ([14], EARLIER, [("D103", "2件目"), ("D107", "2件目"), ("D109", "2件目")], (0, 0)),
}


@pytest.mark.parametrize(("numbers", "debit_on", "expected", "good"), ACCIDENTS.values(), ids=ACCIDENTS.keys())
def test_what_went_wrong_elsewhere_is_told(
    bank: Bank, numbers: list[int], debit_on: date, expected: list[tuple[str, str]], good: tuple[int, int]
) -> None:
    """三笠市 sent last year's request, 323 debits; a header without a year looks like this year's. 養父市 sent an old
    list, and debited 3,423 twice.
    """
    ran = bank.check(bank.request(*map(_debit, numbers), debit_on=debit_on))
    places = [(code, str(place).split()[0]) for code, place, *_ in _without_lacking(ran)]
    assert (ran.code, sorted(places)) == (3, expected)
    assert ran.json["good"] == {"records": good[0], "yen": good[1]}


def test_a_result_says_that_this_very_debit_was_asked_for_before(bank: Bank) -> None:
    ran = bank.check(bank.request(_debit(11), debit_on=EARLIER))
    assert ("D103", f"2件目 {_KEY}", "2026-11-02 の結果「振替不能」 受付番号6（顧客番号 K011）", "") in _found(ran)
    assert ("D107", "2件目 「引落日」", "2026-11-02", "2026-11-20 か、その後") in _found(ran)


def test_a_debit_that_was_sent_and_has_no_result_is_told_by_the_request_beside_it(bank: Bank) -> None:
    """What failed has its result: it may be asked for again, although the earlier request has it. 全期 is its 期別."""
    sent = bank.request(_debit(1), _debit(16), _debit(19, 12_000), name="sent.dat", debit_on=date(2026, 11, 25))
    failed = bank.request(_debit(11), name="failed.dat", debit_on=EARLIER)
    again = bank.request(_debit(11), _debit(16), _debit(1), _debit(17, 5_000))
    ran = bank.check(again, "--with", sent, "--with", failed)
    assert _without_lacking(ran) == [
        ("D102", f"3件目 {_KEY}", "顧客番号 K016 sent.dat 3件目", ""),
        ("D102", f"4件目 {_KEY}", "顧客番号 K001 sent.dat 2件目", ""),
        ("D102", f"5件目 {_KEY}", "顧客番号 K017 sent.dat 4件目", ""),
    ]
    assert ran.json["good"] == {"records": 1, "yen": 10_011}


def test_the_same_file_again_is_told_once(bank: Bank) -> None:
    path = bank.request(_debit(1), _debit(16))
    sent = bank.request(_debit(1), _debit(16), name="sent.dat")
    ran = bank.check(path, "--with", sent)
    assert _without_lacking(ran) == [("D102", "", "sent.dat とまったく同じファイル", "")]
    assert ran.code == 3 and ran.json["good"] == {"records": 0, "yen": 0}


def test_the_city_says_how_far_a_debit_may_be_from_its_day(bank: Bank) -> None:
    bank.job.write_text(bank.job.read_text(encoding="utf-8") + "\n[debits]\nlate_days = 20\n", encoding="utf-8")
    ran = bank.check(bank.request(_debit(11)))
    wanted = "引落日 2026-11-30 に合う納期限（2026-11-10 から 2026-12-10 まで）"
    assert _without_lacking(ran) == [("D106", f"2件目 {_KEY}", f"納期限 2026-10-31（{_CLAIM.format(100011)}）", wanted)]


UNREADABLE: dict[str, Callable[[bytes], bytes]] = {
    "空": lambda data: b"",
    "途中で切れた": lambda data: data[:200],
    "合計が違う": lambda data: data.replace(b"8000001", b"8000002"),
    "結果のファイル": lambda data: transfer_file(_debit(1)),
}


@pytest.mark.parametrize("damage", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_file_that_is_no_request_is_not_compared(bank: Bank, damage: Callable[[bytes], bytes]) -> None:
    path = bank.request(_debit(1))
    path.write_bytes(damage(path.read_bytes()))
    ran = bank.check(path)
    assert ran.code == 4 and codes(ran) and ran.json["accepted"] is False


def test_a_request_without_debits_has_nothing_to_compare(bank: Bank) -> None:
    ran = bank.check(bank.request())
    assert (ran.code, ran.json["asked"]) == (0, {"records": 0, "yen": 0})


def test_what_is_asked_for_must_make_sense(bank: Bank) -> None:
    path = bank.request(_debit(1))
    assert elqr("file", "check", path, "--with", path).code == 2
    named = bank.check(path, "--spec", "account_transfer_91_result")
    assert named.code == 1 and "台帳と照らせる様式" in named.err
    spec = ("--spec", "account_transfer_91_request")
    shown = elqr("file", "check", path, "--against-ledger", "--job", bank.job, *spec)
    assert shown.code == 3 and "わけを担当に確かめてください" in shown.out, "one that lacks a claim may be right"
    path.write_bytes(b"")
    beside = bank.check(bank.request(_debit(1), name="good.dat"), "--with", path)
    assert beside.code == 1 and str(path) in beside.err


def test_what_a_file_of_the_core_system_holds_on_the_day_of_the_debit_is_told(bank: Bank) -> None:
    """Payer 1 is held up to the day itself, the claim 100016 from the day after."""
    bank.job.write_text(bank.job.read_text(encoding="utf-8") + CLAIMS, encoding="utf-8")
    (bank.folder / "claims").mkdir()
    of_payer = status_row(tsuchisho_no=None, atena_no="1", jokyo_kbn="執行停止", shuryo_ymd=DUE)
    of_claim = status_row(tsuchisho_no="100016", kaishi_ymd=date(2026, 12, 1))
    (bank.folder / "claims" / "jokyo.csv").write_bytes(status_file(of_payer, of_claim))
    bank.night(date(2026, 11, 21))
    ran = bank.check(bank.request(_debit(1), _debit(16)), day=date(2026, 11, 21))
    held = f"執行停止　{DUE}まで　状況1（jokyo.csv 1件目）（{_CLAIM.format(100001)}）"
    assert _without_lacking(ran) == [("D111", f"2件目 {_KEY}", held, "")]
