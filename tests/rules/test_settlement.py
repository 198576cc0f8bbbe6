"""Settlement (払込突合): bundles and money in, lines out. Sums by hand; how days are paired is tests/rules/test_pairing."""

from datetime import date, timedelta

import polars as pl
import pytest

from elqr.rules.contract import Contract
from elqr.rules.offsets import Offset
from elqr.rules.settlement import Settlement, bundles, deposits_with_contract, settle, with_contract
from elqr.vocabulary.frames import Decision, Payment
from elqr.vocabulary.money_frames import Bundle, Deposit, LineBundle, LineDeposit, Settled
from tests.cases.frame import frame_of

NIGHT = date(2026, 11, 20)


def day(number: int) -> date:
    return date(2026, 11, number)


DUE_ON = day(12)


def later(start: date, days: int) -> date:
    """Every day is a business day."""
    return start + timedelta(days)


def contract(name: str = "機構", **given: object) -> Contract:
    return Contract.model_validate({"name": name, "specs": ("eltax_payment_csv",), **given})


Paid = tuple[int, str, str, str, int, date | None, int]
"""ファイル, チャネル, 段階, 行き先, 円, 資金化日, 仮受の円. The 領収日 is the 5th."""


def bundled(*paid: Paid) -> pl.DataFrame:
    payments = frame_of(
        Payment,
        *(
            {
                "payment_no": no, "file_no": file_no, "channel": channel, "stage": stage, "paid_yen": yen,
                "paid_on": day(5), "funds_on": funds_on,
            }
            for no, (file_no, channel, stage, _, yen, funds_on, _) in enumerate(paid, start=1)
        ),
    )  # fmt: skip
    holds = ("posted", "exception")
    decisions = frame_of(
        Decision,
        *(
            {"payment_no": no, "place": place, "claim_yen": yen - held if place in holds else 0, "suspense_yen": held}
            for no, (_, _, _, place, yen, _, held) in enumerate(paid, start=1)
        ),
    )
    return bundles(payments, decisions)


def ok(yen: int, **given: object) -> Paid:
    """確報 of an app in the first file, due on the 12th."""
    usual = {"file_no": 1, "channel": "app", "stage": "confirmed", "place": "posted", "funds_on": day(12), "held": 0}
    own = usual | given
    return (own["file_no"], own["channel"], own["stage"], own["place"], yen, own["funds_on"], own["held"])  # type: ignore[return-value]


BUNDLES: list[tuple[str, list[Paid], list[tuple[object, ...]]]] = [
    ("なし", [], []),
    ("一件", [ok(10_000)], [(1, "app", "confirmed", day(12), True, 1, 10_000)]),
    ("一日の合計", [ok(10_000), ok(10_001)], [(1, "app", "confirmed", day(12), True, 2, 20_001)]),
    ("0円も一件", [ok(0)], [(1, "app", "confirmed", day(12), True, 1, 0)]),
    ("仮受も納められた金", [ok(9_000, place="exception", held=9_000)], [(1, "app", "confirmed", day(12), True, 1, 9_000)]),
    ("過納", [ok(10_500, place="exception", held=500)], [(1, "app", "confirmed", day(12), True, 1, 10_500)]),
    ("待つ速報", [ok(700, stage="preliminary", place="pending")], [(1, "app", "preliminary", day(12), True, 1, 700)]),
    ("取り消した速報", [ok(700, stage="preliminary", place="cancelled")], []),
    ("速報取消", [ok(700, stage="cancelled", place="cancelled")], []),
    ("計上済の再受信", [ok(700, place="already_posted")], []),
    ("振替不能", [ok(700, stage="not_collected", place="not_collected")], []),
    ("資金化日がなければ領収日", [ok(700, funds_on=None)], [(1, "app", "confirmed", day(5), False, 1, 700)]),
    (
        "領収日で数えるものと資金化日の同じ日は別",
        [ok(1, funds_on=None), ok(2, funds_on=day(5))],
        [(1, "app", "confirmed", day(5), False, 1, 1), (1, "app", "confirmed", day(5), True, 1, 2)],
    ),
    (
        "ファイル・チャネル・段階・日ごと",
        [ok(1, file_no=2), ok(2, funds_on=day(13)), ok(4, channel="cvs"), ok(8), ok(16, stage="preliminary", place="pending")],
        [
            (1, "app", "confirmed", day(12), True, 1, 8),
            (1, "app", "confirmed", day(13), True, 1, 2),
            (1, "app", "preliminary", day(12), True, 1, 16),
            (1, "cvs", "confirmed", day(12), True, 1, 4),
            (2, "app", "confirmed", day(12), True, 1, 1),
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("paid", "wanted"), [row[1:] for row in BUNDLES], ids=[row[0] for row in BUNDLES])
def test_payments_that_hold_yen_or_wait_are_bundled(paid: list[Paid], wanted: list[tuple[object, ...]]) -> None:
    made = bundled(*paid)
    assert made.rows() == wanted
    assert made.columns == [name for name in Bundle.SCHEMA if name != Bundle.BUNDLE_NO]
    assert bundled(*paid[::-1]).equals(made)


def test_a_confirmed_yen_that_is_due_nowhere_stops_the_night() -> None:
    with pytest.raises(AssertionError, match="every confirmed yen"):
        bundled(ok(700, place="already_posted", held=700))


def bundle(no: int, on: date = DUE_ON, yen: int = 10_000, **given: object) -> dict[str, object]:
    usual = {
        "bundle_no": no, "file_no": 1, "channel": "app", "stage": "confirmed", "day_on": on, "is_funds_day": True,
        "payments": 1, "yen": yen, "spec": "eltax_payment_csv",
    }  # fmt: skip
    return usual | given


def due(*rows: dict[str, object], contracts: tuple[Contract, ...]) -> pl.DataFrame:
    return with_contract(frame_of(Bundle, *rows, spec=pl.String()), contracts)


def test_a_bundle_is_of_the_contract_that_takes_its_format_and_channel() -> None:
    contracts = (
        contract("アプリ", channels=("app",)),
        contract("窓口ほか", channels=("counter", "post_office")),
        contract("コンビニ", specs=("cvs_family_a", "cvs_family_b")),
    )
    rows = [
        bundle(1),
        bundle(2, channel="post_office"),
        bundle(3, channel="cvs"),
        bundle(4, channel="cvs", spec="cvs_family_b"),
        bundle(5, channel="app", spec="cvs_family_a"),
        bundle(6, spec="dsk_csv"),
    ]
    found = due(*rows, contracts=contracts)
    assert found["contract"].to_list() == ["アプリ", "窓口ほか", None, "コンビニ", "コンビニ", None]
    assert due(*rows, contracts=())["contract"].null_count() == 6
    assert due(contracts=contracts).is_empty()


def deposit(no: int, on: date = DUE_ON, yen: int = 10_000, **given: object) -> dict[str, object]:
    usual = {
        "deposit_no": no, "kind": "received", "booked_on": on, "yen": yen, "account": "1-1-123456", "sender_code": "",
        "sender": "ﾁﾎｳｾﾞｲｷﾖｳﾄﾞｳｷｺｳ", "spec": "bank_credit_01_a",
    }  # fmt: skip
    return usual | given


def money(*rows: dict[str, object], contracts: tuple[Contract, ...]) -> pl.DataFrame:
    return deposits_with_contract(frame_of(Deposit, *rows, spec=pl.String()), contracts)


MARKS: list[tuple[str, dict[str, object], dict[str, object], bool]] = [
    ("名の始まり", {"senders": ("地方税", "チホウゼイキョウドウ")}, {}, True),
    ("名の途中", {"senders": ("キョウドウ",)}, {}, False),
    ("依頼人コード", {"sender_codes": ("0000000077",)}, {"sender_code": "77"}, True),
    ("違う依頼人コード", {"sender_codes": ("78",)}, {"sender_code": "77"}, False),
    ("名かコード", {"senders": ("ベツ",), "sender_codes": ("77",)}, {"sender_code": "0077"}, True),
    ("口座", {"accounts": ("0001-001-0123456",)}, {"sender": "ﾍﾞﾂ"}, True),
    ("別の口座", {"accounts": ("0001-001-0123457",)}, {}, False),
    ("口座も名も", {"accounts": ("1-1-123456",), "senders": ("チホウゼイ",)}, {}, True),
    ("口座は合って名が違う", {"accounts": ("1-1-123456",), "senders": ("ベツ",)}, {}, False),
    ("入金の様式", {"money_specs": ("bank_credit_01_a",)}, {}, True),
    ("別の様式", {"money_specs": ("bank_statement_03",), "senders": ("チホウゼイ",)}, {}, False),
    ("手がかりのない契約", {}, {}, False),
    ("記号だけの名は手がかりでない", {"senders": ("ー",)}, {}, False),
]


@pytest.mark.parametrize(("marks", "row", "is_ours"), [row[1:] for row in MARKS], ids=[row[0] for row in MARKS])
def test_money_is_of_a_contract_whose_marks_all_fit(
    marks: dict[str, object], row: dict[str, object], is_ours: bool
) -> None:
    found = money(deposit(1, **row), contracts=(contract(**marks),))
    assert found["contract"].to_list() == ["機構" if is_ours else None]


def test_money_is_of_the_first_contract_that_fits() -> None:
    one, other = contract("一", senders=("チホウ",)), contract("二", senders=("チホウゼイ",))
    assert money(deposit(1), contracts=(one, other))["contract"].to_list() == ["一"]
    assert money(deposit(1), contracts=(other, one))["contract"].to_list() == ["二"]
    assert money(deposit(1), contracts=())["contract"].to_list() == [None]
    assert money(contracts=(one,)).is_empty()


def test_money_counts_for_its_day_of_funds_and_what_is_taken_back_is_negative() -> None:
    rows = [deposit(1, funds_on=day(13)), deposit(2), deposit(3, kind="cancelled"), deposit(4, kind="cancelled", yen=0)]
    found = money(*rows, contracts=())
    assert found["counts_on"].to_list() == [day(13), day(12), day(12), day(12)]
    assert found["signed_yen"].to_list() == [10_000, 10_000, -10_000, 0]


def settled(
    dues: list[dict[str, object]],
    credits: list[dict[str, object]],
    *contracts: Contract,
    pairs: tuple[tuple[int, int], ...] = (),
) -> Settlement:
    return settle(
        due(*dues, contracts=contracts), Offset(money(*credits, contracts=contracts), pairs), contracts, NIGHT, later
    )


def lines(found: Settlement) -> list[tuple[object, ...]]:
    """(契約, 結果, 初日, 末日, 件数, 収納, 手数料, 入金), the bundles and the deposits of each line."""
    made = []
    for row in found.lines.iter_rows(named=True):
        no = row.pop("line_no")
        parts = [
            sorted(frame.filter(pl.col("line_no") == no)[name])
            for frame, name in ((found.bundles, "bundle_no"), (found.deposits, "deposit_no"))
        ]
        made.append((*row.values(), *parts))
    return made


OURS = contract(senders=("チホウゼイ",), days=3)


LINES: list[tuple[str, list[dict[str, object]], list[dict[str, object]], list[tuple[object, ...]]]] = [
    ("なし", [], [], []),
    (
        "一致",
        [bundle(1)],
        [deposit(1)],
        [("機構", "agreed", day(12), day(12), 1, 10_000, 0, 10_000, [1], [1])],
    ),
    (
        "一日の束を合わせて一件の入金",
        [bundle(1, yen=4_000, payments=3), bundle(2, yen=6_000, channel="cvs", payments=2)],
        [deposit(1)],
        [("機構", "agreed", day(12), day(12), 5, 10_000, 0, 10_000, [1, 2], [1])],
    ),
    (
        "一円の差額",
        [bundle(1)],
        [deposit(1, yen=9_999)],
        [("機構", "differs", day(12), day(12), 1, 10_000, 0, 9_999, [1], [1])],
    ),
    (
        "入金なし",
        [bundle(1)],
        [],
        [("機構", "no_money", day(12), day(12), 1, 10_000, 0, 0, [1], [])],
    ),
    (
        "入金待ち",
        [bundle(1, on=day(17))],
        [],
        [("機構", "awaited", day(17), day(17), 1, 10_000, 0, 0, [1], [])],
    ),
    (
        "収納なし",
        [],
        [deposit(1)],
        [("機構", "no_payments", day(12), day(12), 0, 0, 0, 10_000, [], [1])],
    ),
    (
        "資金化日なし",
        [bundle(1, on=day(5), is_funds_day=False)],
        [],
        [("機構", "no_funds_day", None, None, 1, 10_000, 0, 0, [1], [])],
    ),
    (
        "0円の収納と0円の入金",
        [bundle(1, yen=0)],
        [deposit(1, yen=0)],
        [
            ("機構", "agreed", day(12), day(12), 1, 0, 0, 0, [1], []),
            ("機構", "agreed", day(12), day(12), 0, 0, 0, 0, [], [1]),
        ],
    ),
    (
        "契約なしの収納は様式とチャネルごと、入金は一件ごと",
        [bundle(1, spec="dsk_csv"), bundle(2, on=day(13), spec="dsk_csv", yen=1), bundle(3, spec="dsk_csv", channel="cvs")],
        [deposit(1, sender="ﾔﾁﾝ", yen=700), deposit(2, on=day(14), sender="ﾔﾁﾝ", yen=700)],
        [
            ("dsk_csv スマホアプリ", "no_contract", None, None, 2, 10_001, 0, 0, [1, 2], []),
            ("dsk_csv コンビニ", "no_contract", None, None, 1, 10_000, 0, 0, [3], []),
            ("", "no_contract", day(12), day(12), 0, 0, 0, 700, [], [1]),
            ("", "no_contract", day(14), day(14), 0, 0, 0, 700, [], [2]),
        ],
    ),
    (
        "契約のない0円は比べるものがない",
        [bundle(1, spec="dsk_csv", yen=0)],
        [deposit(1, sender="ﾔﾁﾝ", yen=0)],
        [
            ("dsk_csv スマホアプリ", "outside", None, None, 1, 0, 0, 0, [1], []),
            ("", "outside", day(12), day(12), 0, 0, 0, 0, [], [1]),
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("dues", "credits", "wanted"), [row[1:] for row in LINES], ids=[row[0] for row in LINES])
def test_payments_and_money_stand_in_lines(
    dues: list[dict[str, object]], credits: list[dict[str, object]], wanted: list[tuple[object, ...]]
) -> None:
    found = settled(dues, credits, OURS)
    assert sorted(lines(found), key=str) == sorted(wanted, key=str)
    assert found.lines["line_no"].to_list() == list(range(1, len(wanted) + 1))
    schemas = (Settled.SCHEMA, LineBundle.SCHEMA, LineDeposit.SCHEMA)
    assert tuple(dict(part.schema) for part in (found.lines, found.bundles, found.deposits)) == schemas


def test_what_has_no_contract_stands_by_format_and_channel_in_order_and_money_as_it_came() -> None:
    channels = ("payeasy", "cvs", "eltax", "app", "counter", "card")
    dues = [bundle(no, spec=spec, channel=name) for no, (spec, name) in enumerate(
        ((spec, name) for spec in ("z", "a") for name in channels), start=1
    )]  # fmt: skip
    found = settled(dues, [deposit(no, sender="ﾔﾁﾝ") for no in (3, 1, 2)], OURS)
    order = ["スマホアプリ", "クレジットカード", "窓口", "コンビニ", "地方税お支払サイト", "ペイジー"]
    assert [name for name, *_ in lines(found)] == [f"{spec} {name}" for spec in "az" for name in order] + [""] * 3
    assert found.deposits["deposit_no"].to_list() == [3, 1, 2]


def test_the_bundles_of_a_day_stand_by_their_numbers() -> None:
    found = settled([bundle(no, yen=no) for no in range(20, 0, -1)], [], OURS)
    assert found.bundles["bundle_no"].to_list() == list(range(1, 21)) and found.lines.height == 1


@pytest.mark.parametrize(
    ("yen", "outcome"), [(9_945, "agreed_net"), (10_000, "differs"), (9_944, "differs")], ids=["引いた額", "引かない額", "一円少ない"]
)  # fmt: skip
def test_the_fee_of_a_contract_stands_in_its_line(yen: int, outcome: str) -> None:
    found = settled([bundle(1)], [deposit(1, yen=yen)], contract(senders=("チホウゼイ",), fee={"per_payment_yen": 55}))
    assert lines(found) == [("機構", outcome, day(12), day(12), 1, 10_000, 55, yen, [1], [1])]


def test_a_contract_may_count_from_the_day_of_payment() -> None:
    """Five days from the 5th and, of the other bundle, the day that it names; both stand in one line."""
    dues = [bundle(1, on=day(5), is_funds_day=False, yen=4_000), bundle(2, on=day(10), yen=6_000)]
    found = settled(dues, [deposit(1, on=day(10))], contract(senders=("チホウゼイ",), funds_days=5))
    assert lines(found) == [("機構", "agreed", day(10), day(10), 2, 10_000, 0, 10_000, [1, 2], [1])]


def test_days_that_one_transfer_pays_span_from_the_first_to_the_last() -> None:
    dues = [bundle(1, on=day(13), yen=6_000), bundle(2, yen=4_000)]
    found = settled(dues, [deposit(1, on=day(16))], contract(senders=("チホウゼイ",), days=4, joined=True))
    assert lines(found) == [("機構", "agreed", day(12), day(13), 2, 10_000, 0, 10_000, [1, 2], [1])]


def test_each_contract_is_compared_with_its_own_money() -> None:
    """The same yen on the same day, the other way round."""
    other = contract("代行", specs=("cvs_family_a",), senders=("ダイコウ",))
    dues = [bundle(1, spec="cvs_family_a"), bundle(2, yen=500)]
    found = settled(dues, [deposit(1), deposit(2, yen=500, sender="ﾀﾞｲｺｳ")], OURS, other)
    assert [line[:2] for line in lines(found)] == [("機構", "differs"), ("代行", "differs")]
    assert [line[-2:] for line in lines(found)] == [([2], [1]), ([1], [2])]


TAKEN_BACK = [
    ("契約のある入金", {}, "機構"),
    ("契約のない入金", {"sender": "ﾔﾁﾝ"}, ""),
]


@pytest.mark.parametrize(("given", "name"), [row[1:] for row in TAKEN_BACK], ids=[row[0] for row in TAKEN_BACK])
def test_money_that_was_taken_back_stands_beside_what_took_it_back(given: dict[str, object], name: str) -> None:
    """In the contract of the deposit, whoever the line that takes it back names; the payments are as unpaid as before."""
    credits = [deposit(1, **given), deposit(2, on=day(16), kind="cancelled", sender="")]
    found = lines(settled([bundle(1)], credits, OURS, pairs=((1, 2),)))
    assert (name, "taken_back", day(12), day(16), 0, 0, 0, 0, [], [1, 2]) in found
    assert ("機構", "no_money", day(12), day(12), 1, 10_000, 0, 0, [1], []) in found and len(found) == 2


def test_every_part_stands_in_exactly_one_line_and_the_sums_are_those_given() -> None:
    dues = [bundle(no, on=day(10 + no % 5), yen=1_000 * no) for no in range(1, 12)]
    dues.append(bundle(12, spec="dsk_csv", yen=77))
    credits = [deposit(no, on=day(10 + no % 6), yen=1_500 * no) for no in range(1, 9)]
    credits += [deposit(9, kind="cancelled", yen=1_500), deposit(10, sender="ﾔﾁﾝ", yen=5)]
    found = settled(dues, credits, OURS, pairs=((1, 9),))
    assert sorted(found.bundles["bundle_no"]) == list(range(1, 13))
    assert sorted(found.deposits["deposit_no"]) == list(range(1, 11))
    assert found.lines["payment_yen"].sum() == 66_000 + 77
    assert found.lines["money_yen"].sum() == 54_000 - 1_500 + 5
    assert found.lines["payments"].sum() == 12
