"""Suggestions (近い照会キー): neighbours counted by hand, and which of them a person is shown."""

from datetime import date

import polars as pl
import pytest

from elqr.rules.suggestions import ASKED, ASKED_AT_MOST, exact, neighbours, suggestions
from elqr.vocabulary.frames import Candidate, Payment, Suggestion
from tests.cases.frame import frame_of

PAID_ON = date(2026, 11, 5)
ONE_DIGIT, SWAP = "1桁違い", "隣り合う2桁の入れ替わり"


def asked(*keys: str, **given: object) -> pl.DataFrame:
    rows = [
        {"payment_no": no, "key_kind": "elqr", "key_digits": key, "reissue_no": "", "paid_on": PAID_ON} | given
        for no, key in enumerate(keys, start=1)
    ]
    return frame_of(Payment, *rows).select(ASKED)


def near(*keys: str) -> set[tuple[int, str, str]]:
    """(payment, key, how)."""
    made = neighbours(asked(*keys))
    rows = set(made.select("payment_no", "key_digits", "how").iter_rows())
    assert len(rows) == made.height, "each once"
    return rows


def test_every_digit_may_be_another_and_two_beside_each_other_may_be_swapped() -> None:
    first = {f"{digit}2" for digit in "023456789"}
    second = {f"1{digit}" for digit in "013456789"}
    assert near("12") == {(1, key, ONE_DIGIT) for key in first | second} | {(1, "21", SWAP)}


def test_only_the_zeros_in_front_of_a_customer_number_may_be_others() -> None:
    """A bank fills up its 20 digits, where the ledger has the six that the city wrote."""
    filled = "00000000000000123456"
    rows = neighbours(asked(filled, key_kind="customer")).select("key_digits", "how").rows()
    assert rows == [(filled[-width:], "先頭の0") for width in range(6, 20)]
    assert neighbours(asked("A1", "0000", key_kind="customer")).is_empty()


COUNTS = [
    ("一桁", "7", 9, set()),
    ("同じ桁の入れ替わりはない", "11", 18, set()),
    ("三桁", "120", 27, {"210", "102"}),
    ("同じ桁を挟む", "1221", 36, {"2121", "1212"}),
    ("納付番号", "00000202401010104348", 180, {
        "00002002401010104348", "00000022401010104348", "00000220401010104348", "00000204201010104348",
        "00000202041010104348", "00000202410010104348", "00000202400110104348", "00000202401100104348",
        "00000202401001104348", "00000202401011004348", "00000202401010014348", "00000202401010140348",
        "00000202401010103448", "00000202401010104438", "00000202401010104384",
    }),
    ("空", "", 0, set()),
    ("数字でない", "12A4", 0, set()),
    ("全角", "１２", 0, set()),
    ("空白", "1 2", 0, set()),
]  # fmt: skip


@pytest.mark.parametrize(("key", "changed", "swapped"), [row[1:] for row in COUNTS], ids=[row[0] for row in COUNTS])
def test_neighbours_by_hand(key: str, changed: int, swapped: set[str]) -> None:
    found = near(key)
    assert sum(how == ONE_DIGIT for *_, how in found) == changed
    assert {to for _, to, how in found if how == SWAP} == swapped
    assert key not in {to for _, to, _ in found} and all(len(to) == len(key) for _, to, _ in found)


def test_a_neighbour_is_asked_for_as_its_payment_would_be() -> None:
    made = neighbours(asked("7", key_kind="barcode", reissue_no="3"))
    said = made.select("payment_no", "key_kind", "reissue_no", "paid_on").unique()
    assert said.rows() == [(1, "barcode", "3", PAID_ON)]
    assert neighbours(asked()).is_empty()


def test_a_key_that_two_payments_name_has_its_neighbours_for_each() -> None:
    assert {no for no, *_ in near("7", "7")} == {1, 2} and len(near("7", "7")) == 18


def test_of_very_many_unknown_keys_the_first_are_asked_for() -> None:
    """What are no numbers take nobody's place."""
    keys = ["X"] * 5 + ["7"] * (ASKED_AT_MOST + 1)
    found = neighbours(asked(*keys))["payment_no"]
    assert found.n_unique() == ASKED_AT_MOST and found.min() == 6 and found.max() == ASKED_AT_MOST + 5


def known(*slips: tuple[str, int], **given: object) -> pl.DataFrame:
    """Notices by their key and number."""
    usual = {"key_kind": "elqr", "reissue_no": "", "issue_no": 1, "issued_on": date(2026, 10, 1), "is_cancelled": False}
    return frame_of(Candidate, *(usual | {"key_digits": key, "notice_no": no} | given for key, no in slips))


SHOWN = [
    ("知らない番号だけ", ["12"], [("99", 1)], []),
    ("一桁違い", ["12"], [("19", 5)], [(1, 5, ONE_DIGIT)]),
    ("入れ替わり", ["12"], [("21", 5)], [(1, 5, SWAP)]),
    ("その番号そのものは近いのではない", ["12"], [("12", 5)], []),
    ("納付書ごとに、番号の順", ["12"], [("19", 6), ("21", 4), ("02", 5)], [(1, 4, SWAP), (1, 5, ONE_DIGIT), (1, 6, ONE_DIGIT)]),
    ("二つの番号で届く一枚は一度", ["12"], [("19", 5), ("02", 5)], [(1, 5, ONE_DIGIT)]),
    ("二件の収納には一度ずつ", ["12", "18"], [("19", 5)], [(1, 5, ONE_DIGIT), (2, 5, ONE_DIGIT)]),
    ("収納の順", ["12", "34"], [("35", 1), ("11", 9)], [(1, 9, ONE_DIGIT), (2, 1, ONE_DIGIT)]),
    ("桁数の違う番号", ["12"], [("112", 5), ("2", 6)], []),
]  # fmt: skip


@pytest.mark.parametrize(("keys", "slips", "wanted"), [row[1:] for row in SHOWN], ids=[row[0] for row in SHOWN])
def test_known_notices_near_an_unknown_key_are_shown(
    keys: list[str], slips: list[tuple[str, int]], wanted: list[tuple[int, int, str]]
) -> None:
    made = suggestions(neighbours(asked(*keys)), known(*slips))
    assert made.rows() == wanted and dict(made.schema) == Suggestion.SCHEMA


def test_a_key_of_another_kind_is_not_near() -> None:
    assert suggestions(neighbours(asked("12")), known(("19", 5), key_kind="customer")).is_empty()
    assert suggestions(neighbours(asked()), known()).is_empty()


_TRUTHS = ("check_no_differs", "item_or_office_differs", "is_before_issue", "is_void", "is_late", "is_old_notice")
BESIDE = [
    ("何も違わない", (), "同じ照会キー", True, True),
    ("確認番号", ("check_no_differs",), "同じ照会キー・確認番号相違", False, False),
    ("納付区分", ("item_or_office_differs",), "同じ照会キー・納付区分・機関コード相違", False, False),
    ("発行前", ("is_before_issue",), "同じ照会キー・発行前の領収", False, False),
    ("取消済は違うことを言っていない", ("is_void",), "同じ照会キー・取消済納付書", True, False),
    ("期限後と旧納付書は当てはまる", ("is_late", "is_old_notice"), "同じ照会キー", True, True),
    (
        "みな違う",
        ("is_void", "is_before_issue", "check_no_differs"),
        "同じ照会キー・確認番号相違・発行前の領収・取消済納付書",
        False,
        False,
    ),
]


@pytest.mark.parametrize(("true", "how", "agrees", "fits"), [row[1:] for row in BESIDE], ids=[row[0] for row in BESIDE])
def test_a_notice_that_came_later_says_what_speaks_against_it(
    true: tuple[str, ...], how: str, agrees: bool, fits: bool
) -> None:
    rows = [{"payment_no": 3, "notice_no": 8}, {"payment_no": 2, "notice_no": 9}, {"payment_no": 1, "notice_no": None}]
    schema = {"payment_no": pl.Int64, "notice_no": pl.Int64, **dict.fromkeys(_TRUTHS, pl.Boolean)}
    beside = pl.DataFrame([{name: name in true for name in _TRUTHS} | row for row in rows], schema=schema)
    made = exact(beside)
    assert made.columns == ["payment_no", "notice_no", "how", "agrees", "fits"]
    assert made.rows() == [(2, 9, how, agrees, fits), (3, 8, how, agrees, fits)], "whose key nobody knows is not listed"
    assert exact(beside.clear()).is_empty()
