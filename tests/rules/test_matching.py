"""Matching as a table of cases: payments and claims in, one outcome each out. Values by hand from the rules."""

from datetime import date, timedelta
from itertools import product

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elqr.rules.matching import Matched, match
from elqr.vocabulary.claim_frames import OpenClaim
from elqr.vocabulary.frames import Candidate, KnownEvent, Payment
from elqr.vocabulary.terms import STAGE_TRANSITIONS, Stage, StageState

_DAY = date(2026, 11, 5)
_NOTICE = {
    "key_kind": "elqr", "key_digits": "K1", "reissue_no": "", "notice_no": 1, "issue_no": 1, "installment_no": 1, "amount_yen": 1_000,
    "issued_on": date(2026, 10, 1), "payable_until_on": date(2026, 11, 30), "check_no": "111111", "item_no": "901",
    "office_code": "44000", "procedure_code": "kokuho", "is_cancelled": False, "is_current": True,
}  # fmt: skip
_CLAIM = {
    "notice_no": 1, "claim_no": 1, "cover_yen": 1_000, "owed_yen": 1_000, "collected_yen": 0, "levy_year": 2026,
    "by_payment_no": None, "by_notice_no": None, "by_channel": None, "by_installment_no": None,
}  # fmt: skip
_PAYMENT = {
    "record_no": 1, "offset_bytes": None, "channel": "app", "stage": "confirmed", "identity": "", "occurrence_no": 1,
    "key_kind": "elqr", "key_digits": "K1", "reissue_no": "", "check_no": "111111", "item_no": "901", "office_code": "44000",
    "paid_yen": 1_000, "paid_on": _DAY, "funds_on": None, "result_code": None, "doubt": None,
    "received_on": None, "payment_no": 1, "file_no": 1,
}  # fmt: skip


def _frame(kind: type, rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=kind.SCHEMA) if rows else kind.empty()  # type: ignore[attr-defined,no-any-return]


def _paid(number: int, **given: object) -> dict[str, object]:
    return _PAYMENT | {"payment_no": number, "identity": f"P{number}", "record_no": number} | given


def _known(number: int, outcome: str, **given: object) -> dict[str, object]:
    row = {"variant": ""} | _paid(number, **given) | {"outcome": outcome}
    return {name: row[name] for name in KnownEvent.SCHEMA}


def _matched(
    payments: list[dict[str, object]],
    notices: list[dict[str, object]] | None = None,
    claims: list[dict[str, object]] | None = None,
    known: list[dict[str, object]] | None = None,
) -> Matched:
    return match(
        _frame(Payment, payments),
        _frame(KnownEvent, known or []),
        _frame(Candidate, [_NOTICE] if notices is None else notices),
        _frame(OpenClaim, [_CLAIM] if claims is None else claims),
    )


def _results(matched: Matched) -> list[tuple[str, int, int, str]]:
    columns = ("outcome", "claim_yen", "suspense_yen", "flags")
    return [tuple(row) for row in matched.decisions.sort("payment_no").select(columns).iter_rows()]  # type: ignore[misc]


ONE = [
    ("一致", {}, {}, {}, ("matched", 1_000, 0, "")),
    ("期限当日は遅れではない", {"paid_on": date(2026, 11, 30)}, {}, {}, ("matched", 1_000, 0, "")),
    ("期限の翌日", {"paid_on": date(2026, 12, 1)}, {}, {}, ("late", 1_000, 0, "late")),
    ("発行当日は発行前ではない", {"paid_on": date(2026, 10, 1)}, {}, {}, ("matched", 1_000, 0, "")),
    ("発行の前日", {"paid_on": date(2026, 9, 30)}, {}, {}, ("paid_before_issue", 0, 1_000, "before_issue")),
    ("該当なし", {"key_digits": "K2"}, {}, {}, ("key_unknown", 0, 1_000, "")),
    ("確認番号相違", {"check_no": "111112"}, {}, {}, ("check_no_differs", 0, 1_000, "")),
    ("確認番号のないチャネル", {"check_no": None}, {}, {}, ("matched", 1_000, 0, "")),
    ("納付区分相違", {"item_no": "902"}, {}, {}, ("item_or_office_differs", 0, 1_000, "")),
    ("機関コード相違", {"office_code": "44001"}, {}, {}, ("item_or_office_differs", 0, 1_000, "")),
    ("確認番号の違いが納付区分の違いに先立つ", {"check_no": "9", "item_no": "9"}, {}, {}, ("check_no_differs", 0, 1_000, "")),
    ("取消済", {}, {"is_cancelled": True}, {}, ("notice_cancelled", 0, 1_000, "cancelled_notice")),
    ("発行前が取消済に先立つ", {"paid_on": date(2026, 9, 30)}, {"is_cancelled": True}, {}, ("paid_before_issue", 0, 1_000, "before_issue,cancelled_notice")),
    ("二重納付", {}, {}, {"collected_yen": 1_000, "by_payment_no": 7, "by_notice_no": 1, "by_channel": "app", "by_installment_no": 1}, ("already_settled", 0, 1_000, "same_slip")),
    ("別チャネル・別の納付書で二重納付", {}, {}, {"collected_yen": 1_000, "by_payment_no": 7, "by_notice_no": 2, "by_channel": "cvs", "by_installment_no": 1}, ("already_settled", 0, 1_000, "other_slip,other_channel")),
    ("過納", {"paid_yen": 1_300}, {}, {}, ("overpaid", 1_000, 300, "")),
    ("残りより多い", {}, {}, {"collected_yen": 400}, ("overpaid", 600, 400, "")),
    ("不足", {"paid_yen": 700}, {}, {}, ("underpaid", 700, 0, "")),
    ("残りちょうど", {"paid_yen": 600}, {}, {"collected_yen": 400}, ("matched", 600, 0, "")),
    ("旧納付書", {}, {"is_current": False}, {}, ("old_slip", 1_000, 0, "old_slip")),
    ("旧納付書が期限後に先立つ", {"paid_on": date(2026, 12, 1)}, {"is_current": False}, {}, ("old_slip", 1_000, 0, "old_slip,late")),
    ("督促手数料の足りない旧納付書", {}, {"is_current": False}, {"owed_yen": 1_100}, ("underpaid", 1_000, 0, "old_slip")),
    ("減額後の旧納付書", {}, {"is_current": False}, {"owed_yen": 800}, ("overpaid", 800, 200, "old_slip")),
    ("速報", {"stage": "preliminary"}, {}, {}, ("pending", 0, 0, "")),
    ("振替不能", {"stage": "not_collected"}, {}, {}, ("not_collected", 0, 0, "")),
    ("速報のない取消", {"stage": "cancelled"}, {}, {}, ("stage_unexpected", 0, 0, "")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "payment", "notice", "claim", "wanted"), ONE, ids=[row[0] for row in ONE])
def test_one_payment(
    name: str,
    payment: dict[str, object],
    notice: dict[str, object],
    claim: dict[str, object],
    wanted: tuple[str, int, int, str],
) -> None:
    assert _results(_matched([_paid(1, **payment)], [_NOTICE | notice], [_CLAIM | claim])) == [wanted]


def test_two_payments_of_one_claim_are_decided_by_their_day_not_by_arrival() -> None:
    late, early = _paid(1, paid_on=_DAY), _paid(2, paid_on=_DAY - timedelta(days=1), channel="cvs")
    assert _results(_matched([late, early])) == [
        ("already_settled", 0, 1_000, "same_slip,other_channel"),
        ("matched", 1_000, 0, ""),
    ]


def test_on_one_day_the_senders_identity_decides() -> None:
    assert _results(_matched([_paid(1, identity="B"), _paid(2, identity="A")]))[1][0] == "matched"


def test_an_underpayment_and_the_rest_settle_a_claim() -> None:
    parts = [_paid(1, paid_yen=400), _paid(2, paid_yen=600), _paid(3, paid_yen=1)]
    assert [row[:3] for row in _results(_matched(parts))] == [
        ("underpaid", 400, 0),
        ("matched", 600, 0),
        ("already_settled", 0, 1),
    ]


def test_a_record_of_the_ledger_delivered_again() -> None:
    known = _known(9, "matched", identity="P1")
    assert _results(_matched([_paid(1)], known=[known]))[0][0] == "already_posted"
    assert _results(_matched([_paid(1, paid_yen=999)], known=[known]))[0][:3] == ("conflicts", 0, 999)
    twin = _paid(2, identity="P1", occurrence_no=2)
    assert [row[0] for row in _results(_matched([_paid(1), twin], known=[known]))] == ["already_posted", "matched"]


_OTHERWISE = {
    "channel": "eltax", "key_kind": "mpn", "key_digits": "K2", "reissue_no": "1", "check_no": "222222",
    "item_no": None, "office_code": "44001", "paid_yen": 999, "paid_on": date(2026, 11, 6),
    "funds_on": date(2026, 11, 9), "result_code": "X", "doubt": "種別22",
}  # fmt: skip
_BESIDES = {"record_no": 7, "file_no": 2, "offset_bytes": 120, "received_on": date(2026, 11, 9)}


@pytest.mark.parametrize("column", _OTHERWISE)
@pytest.mark.parametrize("is_known", [True, False])
def test_a_repeat_that_says_something_else_about_the_money_conflicts(column: str, is_known: bool) -> None:
    again = _paid(2, identity="P1", file_no=2, **{column: _OTHERWISE[column]})
    yen = int(str(again["paid_yen"]))
    if is_known:
        assert _results(_matched([again], known=[_known(1, "matched")]))[0][:3] == ("conflicts", 0, yen)
    else:
        found = [row[:3] for row in _results(_matched([_paid(1), again]))]
        assert found == [("conflicts", 0, 1_000), ("conflicts", 0, yen)], "none of the two is chosen"


@pytest.mark.parametrize("column", _BESIDES)
def test_a_repeat_that_differs_besides_the_money_is_a_repeat(column: str) -> None:
    again = _paid(2, **({"identity": "P1"} | {column: _BESIDES[column]}))
    assert _results(_matched([again], known=[_known(1, "matched")]))[0][0] == "already_posted"


def test_the_same_record_in_two_files_of_one_night() -> None:
    again = _paid(2, identity="P1", file_no=2)
    for payments in ([_paid(1), again], [again, _paid(1)]):
        decisions = _matched(payments).decisions.sort("payment_no")
        assert decisions["outcome"].to_list() == ["matched", "already_posted"]
        assert decisions["other_payment_no"].to_list() == [None, 1]


def _said(identity: str, *records: tuple[int, int, str, int]) -> list[dict[str, object]]:
    """Records of one identity: (file, how-manieth of its kind there, stage, yen), numbered as they are given."""
    return [
        _paid(no, identity=identity, file_no=file, occurrence_no=occurrence, stage=stage, paid_yen=yen)
        for no, (file, occurrence, stage, yen) in enumerate(records, 1)
    ]


CONTRADICTING = [
    ("二つのファイル", [(1, 1, "confirmed", 1_000), (2, 1, "confirmed", 900)]),
    ("一つのファイル", [(1, 1, "confirmed", 900), (1, 1, "confirmed", 1_000)]),
    ("三つのうち二つは同じ", [(1, 1, "confirmed", 900), (2, 1, "confirmed", 1_000), (3, 1, "confirmed", 900)]),
    ("双子と別の額", [(1, 1, "confirmed", 900), (1, 2, "confirmed", 900), (2, 1, "confirmed", 1_000)]),
]


@pytest.mark.parametrize("records", [row[1] for row in CONTRADICTING], ids=[row[0] for row in CONTRADICTING])
def test_of_contradicting_records_of_one_night_none_is_chosen(records: list[tuple[int, int, str, int]]) -> None:
    """Whatever the order: every content waits in suspense once, and is known by what it says when it comes again."""
    whole = {(occurrence, yen) for _, occurrence, _, yen in records}
    for in_order in (records, records[::-1]):
        payments = _said("P", *in_order)
        matched = _matched(payments)
        found = matched.decisions.sort("payment_no")
        kept = found.filter(pl.col("outcome") == "conflicts")
        assert set(found["outcome"]) <= {"conflicts", "already_posted"} and kept.height == len(whole)
        assert found["suspense_yen"].sum() == sum(yen for _, yen in whole) and found["claim_yen"].sum() == 0
        assert kept["other_payment_no"].null_count() == 0 and (kept["other_payment_no"] != kept["payment_no"]).all()
        named = {row["payment_no"]: row for row in matched.known_as.to_dicts()}
        assert set(named) == set(kept["payment_no"]) and all(len(str(row["variant"])) == 16 for row in named.values())
        known = [
            _known(no, "conflicts", **{**{name: payments[no - 1][name] for name in _PAYMENT if name != "payment_no"}, **{"variant": named[no]["variant"]}})
            for no in named
        ]  # fmt: skip
        again = _said("P", *((9, occurrence, "confirmed", yen) for occurrence, yen in sorted(whole)))
        assert set(_matched(again, known=known).decisions["outcome"]) == {"already_posted"}
        other = _matched([_paid(1, identity="P", paid_yen=1)], known=known)
        assert _results(other)[0][:3] == ("conflicts", 0, 1), "a further content waits too"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["先に同じもの", "先に違うもの"])
def test_what_is_known_stands_and_its_twin_counts_beside_a_contradiction(order: tuple[int, int]) -> None:
    tonight = [_paid(1, identity="P", occurrence_no=2, paid_yen=400), _paid(2, identity="P", paid_yen=300)]
    known = [_known(9, "underpaid", identity="P", paid_yen=400)]
    claims = [_CLAIM | {"collected_yen": 400}]
    found = _matched([tonight[at] for at in order], known=known, claims=claims).decisions.sort("payment_no")
    assert found.select("outcome", "claim_yen", "suspense_yen").rows() == [("underpaid", 400, 0), ("conflicts", 0, 300)]
    assert found["other_payment_no"].to_list() == [None, 9]


_TOLD, _BACK, _PAID = (1_000, "preliminary"), (1_000, "cancelled"), (1_000, "confirmed")
ANNOUNCED = [
    ("四夜", [[[_TOLD]], [[_BACK]], [[_TOLD]], [[_PAID]]], "pending taken_back pending matched"),
    ("一夜の四ファイル", [[[_TOLD], [_BACK], [_TOLD], [_PAID]]], "taken_back taken_back pending matched"),
    ("一つのファイル", [[[_TOLD, _BACK, _TOLD, _PAID]]], "taken_back taken_back pending matched"),
    ("束でまた届く", [[[_TOLD]], [[_BACK]], [[_TOLD]], [[_TOLD, _BACK, _TOLD, _PAID]]], "pending taken_back pending already_posted already_posted already_posted matched"),
    ("確報の後の束", [[[_TOLD], [_BACK], [_TOLD], [_PAID]], [[_TOLD, _BACK, _TOLD, _PAID]]], "taken_back taken_back pending matched already_posted already_posted already_posted already_posted"),
    ("取消で始まるファイル", [[[_TOLD]], [[_BACK, _TOLD]], [[_PAID]]], "pending taken_back pending matched"),
    ("取消で始まる束の再送", [[[_TOLD]], [[_BACK, _TOLD]], [[_BACK, _TOLD]], [[_PAID]]], "pending taken_back pending already_posted already_posted matched"),
    ("二度目の取消", [[[_TOLD]], [[_BACK]], [[_TOLD]], [[_BACK]], [[_PAID]]], "pending taken_back pending taken_back stage_unexpected"),
    ("三度目の速報", [[[_TOLD]], [[_BACK]], [[_TOLD]], [[_BACK]], [[_TOLD]], [[_PAID]]], "pending taken_back pending taken_back pending matched"),
    ("取消の後の確報", [[[_TOLD]], [[_BACK]], [[_PAID]]], "pending taken_back stage_unexpected"),
    ("古い束の再送", [[[_TOLD]], [[_BACK]], [[_TOLD, _BACK]], [[_PAID]]], "pending taken_back already_posted already_posted stage_unexpected"),
    ("速報の再送", [[[_TOLD]], [[_TOLD]], [[_PAID]], [[_TOLD]]], "pending already_posted matched already_posted"),
    ("速報と取消の再送", [[[_TOLD, _BACK]], [[_BACK]]], "taken_back taken_back already_posted"),
]  # fmt: skip


@pytest.mark.parametrize(("nights", "wanted"), [row[1:] for row in ANNOUNCED], ids=[row[0] for row in ANNOUNCED])
def test_paid_is_paid_however_often_it_was_announced_and_taken_back(
    nights: list[list[list[tuple[int, str]]]], wanted: str
) -> None:
    """Nights of files of records; the outcomes one after the other."""
    known: list[dict[str, object]] = []
    found: list[str] = []
    file_no = 0
    for files in nights:
        payments: list[dict[str, object]] = []
        for records in files:
            file_no += 1
            for at, (yen, stage) in enumerate(records):
                number = 1 + len(found) + len(payments)
                occurrence = 1 + records[:at].count((yen, stage))
                payments.append(
                    _paid(number, identity="P", file_no=file_no, stage=stage, paid_yen=yen, occurrence_no=occurrence)
                )
        matched = _matched(payments, known=known)
        outcomes = matched.decisions.sort("payment_no")["outcome"].to_list()
        named = {row["payment_no"]: row for row in matched.known_as.to_dicts()}
        for payment, outcome in zip(payments, outcomes, strict=True):
            if outcome != "already_posted":
                row = {"variant": ""} | payment | {"outcome": outcome} | named.get(payment["payment_no"], {})
                known.append({name: row[name] for name in KnownEvent.SCHEMA})
        keys = [tuple(row[name] for name in ("stage", "occurrence_no", "variant")) for row in known]
        assert len(set(keys)) == len(keys)
        found += outcomes
    assert " ".join(found) == wanted


_PARTS = [_CLAIM | {"notice_no": 5, "claim_no": no, "cover_yen": 250, "owed_yen": 250} for no in (1, 2, 3, 4)]
_WHOLE = _NOTICE | {"key_digits": "W", "notice_no": 5, "installment_no": 0}
_THIRD = _NOTICE | {"key_digits": "T", "notice_no": 3, "installment_no": 3, "amount_yen": 250}
_THIRD_CLAIM = _CLAIM | {"notice_no": 3, "claim_no": 3, "cover_yen": 250, "owed_yen": 250}


@pytest.mark.parametrize(
    ("name", "first", "second", "wanted"),
    [
        ("全期のあとに期別", "W", "T", [("matched", 1_000, 0), ("already_settled", 0, 250)]),
        ("期別のあとに全期", "T", "W", [("matched", 250, 0), ("already_settled", 0, 1_000)]),
        ("全期のあとに全期", "W", "W", [("matched", 1_000, 0), ("already_settled", 0, 1_000)]),
    ],
)
def test_whole_year_and_instalment(name: str, first: str, second: str, wanted: list[tuple[str, int, int]]) -> None:
    yen = {"W": 1_000, "T": 250}
    payments = [_paid(1, key_digits=first, paid_yen=yen[first]), _paid(2, key_digits=second, paid_yen=yen[second])]
    matched = _matched(payments, [_WHOLE, _THIRD], [*_PARTS, _THIRD_CLAIM])
    assert [row[:3] for row in _results(matched)] == wanted


def test_a_refused_whole_year_payment_takes_nothing_from_later_instalments() -> None:
    second = _NOTICE | {"key_digits": "S", "notice_no": 2, "installment_no": 2, "amount_yen": 250}
    second_claim = _CLAIM | {"notice_no": 2, "claim_no": 2, "cover_yen": 250, "owed_yen": 250}
    payments = [
        _paid(1, key_digits="T", paid_yen=250),
        _paid(2, key_digits="W"),
        _paid(3, key_digits="S", paid_yen=250),
    ]
    matched = _matched(payments, [_WHOLE, _THIRD, second], [*_PARTS, _THIRD_CLAIM, second_claim])
    assert [row[0] for row in _results(matched)] == ["matched", "already_settled", "matched"]


def test_a_short_whole_year_payment_is_never_spread() -> None:
    matched = _matched([_paid(1, key_digits="W", paid_yen=999)], [_WHOLE], _PARTS)
    assert _results(matched) == [("underpaid", 0, 999, "")] and matched.allocations.is_empty()


def test_a_short_whole_year_payment_after_an_instalment_is_a_second_payment() -> None:
    """二重納付 comes before 不足 in the order of outcomes, whether the instalment was paid tonight or before."""
    payments = [_paid(1, key_digits="T", paid_yen=250), _paid(2, key_digits="W", paid_yen=999)]
    tonight = _matched(payments, [_WHOLE, _THIRD], [*_PARTS, _THIRD_CLAIM])
    assert [row[:3] for row in _results(tonight)] == [("matched", 250, 0), ("already_settled", 0, 999)]
    paid = [part | {"collected_yen": 250 if part["claim_no"] == 3 else 0} for part in _PARTS]
    before = _matched([_paid(1, key_digits="W", paid_yen=999)], [_WHOLE], paid)
    assert _results(before)[0][:3] == ("already_settled", 0, 999)


_OCT, _NOV = date(2026, 10, 1), date(2026, 11, 8)
_FIRST = {"notice_no": 1, "issue_no": 1, "issued_on": _OCT, "is_current": False}
_SECOND = {"notice_no": 2, "issue_no": 2, "issued_on": _NOV, "payable_until_on": date(2026, 12, 31)}
_GONE = {"is_cancelled": True}
IN_FORCE = [
    ("再発行の前に納めた", date(2026, 11, 5), {}, {}, (1, "old_slip", "old_slip")),
    ("再発行の前日", date(2026, 11, 7), {}, {}, (1, "old_slip", "old_slip")),
    ("再発行の日", _NOV, {}, {}, (2, "matched", "")),
    ("発行の前", date(2026, 9, 30), {}, {}, (1, "paid_before_issue", "old_slip,before_issue")),
    ("再発行が取り消された後", date(2026, 11, 15), {"is_current": True}, _GONE | {"cancelled_on": date(2026, 11, 10)}, (1, "matched", "")),
    ("再発行が取り消された日", date(2026, 11, 10), {"is_current": True}, _GONE | {"cancelled_on": date(2026, 11, 10)}, (1, "matched", "")),
    ("再発行が有効な間に納め、後で取り消された", date(2026, 11, 9), {"is_current": True}, _GONE | {"cancelled_on": date(2026, 11, 10)}, (2, "matched", "cancelled_notice")),
    ("取り消して再発行する前に納めた", date(2026, 11, 5), _GONE | {"cancelled_on": _NOV}, {}, (1, "old_slip", "old_slip,cancelled_notice")),
    ("取消と再発行の間に納めた", date(2026, 11, 5), _GONE | {"cancelled_on": date(2026, 11, 3)}, {}, (1, "notice_cancelled", "old_slip,cancelled_notice")),
    ("どちらも取消済", date(2026, 11, 15), _GONE | {"cancelled_on": date(2026, 11, 10)}, _GONE | {"cancelled_on": date(2026, 11, 10)}, (2, "notice_cancelled", "cancelled_notice")),
    ("納めた後でどちらも取消済", date(2026, 11, 9), _GONE | {"cancelled_on": date(2026, 11, 10)}, _GONE | {"cancelled_on": date(2026, 11, 10)}, (2, "notice_cancelled", "cancelled_notice")),
    ("取消の日のわからない取消", date(2026, 11, 15), {"is_current": True}, _GONE, (1, "matched", "")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "digits"),
    [({"key_kind": "customer"}, ("", "", "")), ({"key_kind": "barcode"}, ("0", "0", "0"))],
    ids=["顧客番号", "変わらない再発行区分"],
)
@pytest.mark.parametrize(("name", "paid_on", "first", "second", "wanted"), IN_FORCE, ids=[row[0] for row in IN_FORCE])
def test_a_key_of_several_notices_means_the_one_in_force_when_it_was_paid(
    key: dict[str, object],
    digits: tuple[str, str, str],
    name: str,
    paid_on: date,
    first: dict[str, object],
    second: dict[str, object],
    wanted: tuple[int, str, str],
) -> None:
    notices = [
        _NOTICE | key | {"reissue_no": digits[0]} | _FIRST | first,
        _NOTICE | key | {"reissue_no": digits[1]} | _SECOND | second,
    ]
    payment = _paid(1, **key, reissue_no=digits[2], paid_on=paid_on)
    for slips in (notices, notices[::-1]):
        decided = _matched([payment], slips, [_CLAIM, _CLAIM | {"notice_no": 2}]).decisions
        assert decided.select("notice_no", "outcome", "flags").row(0) == wanted


def test_a_payment_that_no_notice_of_its_key_asked_for_yet_is_measured_at_the_first() -> None:
    key = {"key_kind": "customer"}
    third = _NOTICE | key | _SECOND | {"notice_no": 3, "issue_no": 3}
    notices = [third, _NOTICE | key | _SECOND, _NOTICE | key | _FIRST]
    decided = _matched([_paid(1, **key, paid_on=date(2026, 9, 1))], notices, [_CLAIM]).decisions
    assert decided.select("notice_no", "outcome").row(0) == (1, "paid_before_issue")


REISSUE_DIGITS = [
    ("前の納付書の番号", "0", date(2026, 11, 5), (1, "old_slip", "old_slip")),
    ("再発行の後で前の納付書の番号", "0", date(2026, 11, 15), (1, "old_slip", "old_slip")),
    ("新しい納付書の番号", "1", date(2026, 11, 15), (2, "matched", "")),
    ("発行の前に新しい納付書の番号", "1", date(2026, 11, 5), (2, "paid_before_issue", "before_issue")),
    ("未発行の番号で再発行の前", "7", date(2026, 11, 5), (1, "old_slip", "old_slip,reissue_unissued")),
    ("未発行の番号で再発行の後", "7", date(2026, 11, 15), (2, "matched", "reissue_unissued")),
    ("番号を伝えないチャネル", "", date(2026, 11, 15), (2, "matched", "")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "digit", "paid_on", "wanted"), REISSUE_DIGITS, ids=[row[0] for row in REISSUE_DIGITS])
def test_a_bar_codes_reissue_digit_picks_the_notice_that_has_it(
    name: str, digit: str, paid_on: date, wanted: tuple[int, str, str]
) -> None:
    key = {"key_kind": "barcode"}
    notices = [_NOTICE | key | _FIRST | {"reissue_no": "0"}, _NOTICE | key | _SECOND | {"reissue_no": "1"}]
    claims = [_CLAIM, _CLAIM | {"notice_no": 2}]
    decided = _matched([_paid(1, **key, reissue_no=digit, paid_on=paid_on)], notices, claims).decisions
    assert decided.select("notice_no", "outcome", "flags").row(0) == wanted


def test_a_digit_that_names_a_cancelled_slip_names_no_other() -> None:
    """The slip is known exactly, so it is like any other cancelled slip, whatever was issued in its place."""
    key, gone = {"key_kind": "barcode"}, _GONE | {"cancelled_on": _NOV}
    notices = [_NOTICE | key | _FIRST | gone | {"reissue_no": "0"}, _NOTICE | key | _SECOND | {"reissue_no": "1"}]
    decided = _matched([_paid(1, **key, reissue_no="0")], notices, [_CLAIM, _CLAIM | {"notice_no": 2}]).decisions
    assert decided.select("notice_no", "outcome", "suspense_yen").row(0) == (1, "notice_cancelled", 1_000)


def test_a_reissue_digit_of_the_only_notice_that_was_never_issued_is_told() -> None:
    key = {"key_kind": "barcode"}
    only = _NOTICE | key | {"reissue_no": "0"}
    assert _results(_matched([_paid(1, **key, reissue_no="3")], [only])) == [("matched", 1_000, 0, "reissue_unissued")]
    assert _results(_matched([_paid(1, **key, reissue_no="0")], [only])) == [("matched", 1_000, 0, "")]


_FALLEN = [part | ({"owed_yen": 0} if part["claim_no"] == 4 else {}) for part in _PARTS]
"""A 全期 slip of four instalments, the fourth of which was cancelled after it was issued."""
WHOLE_AFTER_CANCEL = [
    ("元の合計額", 1_000, ("overpaid", 750, 250)),
    ("元の合計額より多い", 1_100, ("overpaid", 750, 350)),
    ("納付書の額に足りない", 999, ("underpaid", 0, 999)),
]


@pytest.mark.parametrize(("name", "yen", "wanted"), WHOLE_AFTER_CANCEL, ids=[row[0] for row in WHOLE_AFTER_CANCEL])
def test_a_whole_year_slip_pays_what_is_owed_and_nothing_that_fell_away(
    name: str, yen: int, wanted: tuple[str, int, int]
) -> None:
    matched = _matched([_paid(1, key_digits="W", paid_yen=yen)], [_WHOLE], _FALLEN)
    assert _results(matched)[0][:3] == wanted
    on_claims = dict(matched.allocations.select("claim_no", "claim_yen").iter_rows())
    assert on_claims == ({} if wanted[1] == 0 else {1: 250, 2: 250, 3: 250})


def test_a_whole_year_slip_of_which_nothing_is_left_waits_like_a_cancelled_notice() -> None:
    gone = [part | {"owed_yen": 0} for part in _PARTS]
    assert _results(_matched([_paid(1, key_digits="W")], [_WHOLE], gone)) == [("notice_cancelled", 0, 1_000, "")]


_FIFTH = [_CLAIM | {"notice_no": 6, "claim_no": no, "cover_yen": 250, "owed_yen": 250} for no in (2, 3, 4, 5)]
_OTHER_WHOLE = _NOTICE | {"key_digits": "V", "notice_no": 6, "installment_no": 0, "issue_no": 2}
_PAID_FIFTH = [row | {"collected_yen": 250 if row["claim_no"] == 5 else 0} for row in _FIFTH]
_NOTHING_THERE = [
    ("入らなかった全期", _paid(1, key_digits="V", identity="A"), _PAID_FIFTH, "already_settled"),
    ("0円の期別", _paid(1, key_digits="T", identity="A", paid_yen=0), _FIFTH, "underpaid"),
    ("足りない全期", _paid(1, key_digits="V", identity="A", paid_yen=999), _FIFTH, "underpaid"),
]


@pytest.mark.parametrize(("name", "first", "claims", "wanted"), _NOTHING_THERE, ids=[row[0] for row in _NOTHING_THERE])
def test_a_payment_that_puts_nothing_on_a_claim_keeps_no_whole_year_slip_from_it(
    name: str, first: dict[str, object], claims: list[dict[str, object]], wanted: str
) -> None:
    """As it would be on the next night, when the ledger has nothing on the claims."""
    old = _WHOLE | {"is_current": False}
    notices, every = [old, _OTHER_WHOLE, _THIRD], [*_PARTS, *claims, _THIRD_CLAIM]
    together = _matched([first, _paid(2, key_digits="W", identity="B")], notices, every)
    assert [row[0] for row in _results(together)] == [wanted, "old_slip"]
    assert _results(_matched([_paid(2, key_digits="W")], notices, every))[0][0] == "old_slip"


def test_whole_year_slips_that_share_instalments_are_taken_one_after_the_other() -> None:
    """A takes 1 and 2; B, of 2 and 3, comes too late; so C takes 3 and 4, which B put nothing on."""
    pairs = {"A": (1, 2), "B": (2, 3), "C": (3, 4), "D": (4, 5)}
    notices = [
        _NOTICE | {"key_digits": key, "notice_no": number, "installment_no": 0, "amount_yen": 500}
        for number, key in enumerate(pairs, start=11)
    ]
    claims = [
        _CLAIM | {"notice_no": number, "claim_no": claim_no, "cover_yen": 250, "owed_yen": 250}
        for number, own in enumerate(pairs.values(), start=11)
        for claim_no in own
    ]
    payments = [_paid(no, key_digits=key, paid_yen=500, identity=key) for no, key in enumerate("CBDA", start=1)]
    found = dict(zip("CBDA", (row[0] for row in _results(_matched(payments, notices, claims))), strict=True))
    assert found == {"A": "matched", "B": "already_settled", "C": "matched", "D": "already_settled"}


_PATH_TO = {
    StageState.NOTHING: [],
    StageState.PENDING: [(Stage.PRELIMINARY, "pending")],
    StageState.TAKEN_BACK: [(Stage.PRELIMINARY, "pending"), (Stage.CANCELLED, "taken_back")],
    StageState.SETTLED: [(Stage.CONFIRMED, "matched")],
}
_USUAL = {
    Stage.PRELIMINARY: "pending",
    Stage.CANCELLED: "taken_back",
    Stage.UNDECIDED: "doubtful",
    Stage.NOT_COLLECTED: "not_collected",
    Stage.CONFIRMED: "matched",
}
_TWINS = {(StageState.PENDING, Stage.PRELIMINARY), (StageState.SETTLED, Stage.CONFIRMED)}
"""A second record of a stage with nothing between is a byte twin: a payment of its own, not a step of the first."""


@pytest.mark.parametrize(("state", "stage"), list(product(StageState, Stage)))
def test_stages_follow_the_table_of_transitions(state: StageState, stage: Stage) -> None:
    known = [
        _known(number, outcome, identity="P", stage=own.value)
        for number, (own, outcome) in enumerate(_PATH_TO[state], start=100)
    ]
    occurrence = 1 + sum(own is stage for own, _ in _PATH_TO[state])
    payment = _paid(1, identity="P", stage=stage.value, occurrence_no=occurrence)
    is_allowed = (state, stage) in STAGE_TRANSITIONS or (state, stage) in _TWINS
    assert _results(_matched([payment], known=known))[0][0] == (_USUAL[stage] if is_allowed else "stage_unexpected")


@pytest.mark.parametrize(
    ("stage", "outcome"),
    [("confirmed", ("doubtful", 0, 1_000)), ("undecided", ("doubtful", 0, 0)), ("preliminary", ("pending", 0, 0)),
     ("cancelled", ("stage_unexpected", 0, 0)), ("not_collected", ("not_collected", 0, 0))],
)  # fmt: skip
def test_people_decide_on_a_doubtful_record_once_its_money_is_there(stage: str, outcome: tuple[str, int, int]) -> None:
    """The claim stays open for others of the night, whichever comes first."""
    rows = [_paid(1, stage=stage, doubt="種別22", paid_on=_DAY - timedelta(1)), _paid(2)]
    assert [row[:3] for row in _results(_matched(rows))] == [outcome, ("matched", 1_000, 0)]


def test_a_known_doubtful_record_is_a_repeat_and_without_its_doubt_a_conflict() -> None:
    known = _known(1, "doubtful", doubt="種別22")
    assert _results(_matched([_paid(1, doubt="種別22")], known=[known]))[0][0] == "already_posted"
    assert _results(_matched([_paid(1)], known=[known]))[0][:3] == ("conflicts", 0, 1_000)


def test_a_confirmed_payment_that_was_taken_back_waits_in_suspense() -> None:
    stages = [("preliminary", "pending"), ("cancelled", "taken_back")]
    known = [
        _known(number, outcome, identity="P", stage=stage) for number, (stage, outcome) in enumerate(stages, start=100)
    ]
    assert _results(_matched([_paid(1, identity="P")], known=known)) == [("stage_unexpected", 0, 1_000, "after_cancel")]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_money_is_conserved_and_order_and_partition_do_not_matter(data: st.DataObject) -> None:
    """Random nights: split by claim into any parts, in any order, the outcomes are the same."""
    count = data.draw(st.integers(1, 12))
    draw = lambda *choices: data.draw(st.sampled_from(choices))  # noqa: E731
    payments = [
        _paid(
            number,
            key_digits=draw("A", "B", "T", "W", "?"),
            paid_yen=draw(250, 999, 1_000, 1_001),
            stage=draw("confirmed", "confirmed", "preliminary", "cancelled", "undecided"),
            doubt=draw(None, None, None, "種別22"),
            identity=(identity := draw("1", "2", "3", "4")),
            occurrence_no=1,
            paid_on=_DAY + timedelta(days=int(identity)),
        )
        for number in range(1, count + 1)
    ]
    payments = [row | {"identity": f"{row['key_digits']}{row['identity']}"} for row in payments]
    notices = [
        _NOTICE | {"key_digits": "A", "notice_no": 11},
        _NOTICE | {"key_digits": "B", "notice_no": 12},
        _THIRD,
        _WHOLE,
    ]
    claims = [
        _CLAIM | {"notice_no": 11, "claim_no": 11},
        _CLAIM | {"notice_no": 12, "claim_no": 12},
        *_PARTS,
        _THIRD_CLAIM,
    ]
    matched = _matched(payments, notices, claims)
    confirmed = {row["payment_no"] for row in payments if row["stage"] == "confirmed"}
    for number, outcome, claim_yen, suspense_yen in matched.decisions.select(
        "payment_no", "outcome", "claim_yen", "suspense_yen"
    ).iter_rows():
        paid = next(row["paid_yen"] for row in payments if row["payment_no"] == number)
        held = number in confirmed and outcome != "already_posted"
        assert claim_yen + suspense_yen == (paid if held else 0)
    on_claims = dict(matched.allocations.group_by("claim_no").agg(pl.col("claim_yen").sum()).iter_rows())
    owed = {11: 1_000, 12: 1_000, 1: 250, 2: 250, 3: 250, 4: 250}
    assert all(yen <= owed[claim_no] for claim_no, yen in on_claims.items())
    shuffled = data.draw(st.permutations(payments))
    assert _results(_matched(shuffled, notices, claims)) == _results(matched)
    parts = [{"A"}, {"B"}, {"T", "W"}, {"?"}]
    apart = [
        _matched([row for row in payments if row["key_digits"] in part], notices, claims).decisions for part in parts
    ]
    assert pl.concat(apart).sort("payment_no").equals(matched.decisions.sort("payment_no"))
