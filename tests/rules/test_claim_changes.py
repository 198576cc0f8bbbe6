"""A re-issue that asks for another amount says why, and a cancellation says whether the claim falls with the paper."""

import csv
from collections.abc import Sequence
from datetime import date
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests.builders import ROOT, City, Ran, elqr, eltax_file, eltax_row, notice_file, notice_row

pytestmark = pytest.mark.usefixtures("each_command_once")

_FIRST, _SECOND, _THIRD, _LAST = (date(2026, 11, day) for day in (20, 21, 22, 23))
_UP, _DOWN, _FALLS = "増額更正", "減額更正", "調定取消"


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City.founded(tmp_path / "city")


def _with_columns(*rows: dict[str, object]) -> bytes:
    """A file that has both columns, even where nothing stands in them."""
    lines = list(
        csv.reader(notice_file(*rows, notice_row(notice_kind="通常", change_reason=_UP)).decode().splitlines())
    )
    return "".join(",".join(line) + "\r\n" for line in lines[:-1]).encode()


def _bring(city: City, day: date, data: bytes) -> Ran:
    (city.folder / "notices" / f"{day}.csv").write_bytes(data)
    return city.night(day)


def _found(ran: Ran) -> list[tuple[str, str]]:
    return [(finding["code"], finding["expected"]) for finding in ran.json["findings"]]  # type: ignore[index, union-attr]


def _claim(city: City, number: str = "100001") -> dict[str, Any]:
    (card,) = elqr("claim", "show", number, "--json", "--job", city.job, "--date", _LAST.isoformat()).json["claims"]
    return card  # type: ignore[no-any-return]


def _owed(city: City) -> tuple[int, list[tuple[str, int]]]:
    """What is owed, and the entries that it is the sum of."""
    card = _claim(city)
    items = ("principal_yen", "demand_fee_yen", "late_charge_yen")
    return card["owed_yen"], [(row["kind"], sum(row[name] for name in items)) for row in card["entries"]]


def _is_sound(city: City) -> bool:
    ran = elqr("verify", "--job", city.job, "--date", _LAST.isoformat())
    assert ran.code == 0, ran.out
    return True


def _again(yen: int = 10_000, reason: str | None = None, **given: object) -> dict[str, object]:
    return notice_row(issue_no=2, principal_yen=yen, change_reason=reason, **given)


_SAME = ("assessed", 10_000)
REISSUES = [
    ("同じ額", [_again()], (10_000, [_SAME]), []),
    ("減額と言う", [_again(7_000, _DOWN)], (7_000, [_SAME, ("reduced", -3_000)]), []),
    ("増額と言う", [_again(12_000, _UP)], (12_000, [_SAME, ("increased", 2_000)]), []),
    ("減額と言わない", [_again(7_000)], (10_000, [_SAME]), ["N614"]),
    ("増額と言わない", [_again(12_000)], (10_000, [_SAME]), ["N614"]),
    ("減額と言って増える", [_again(12_000, _DOWN)], (10_000, [_SAME]), ["N614"]),
    ("増額と言って減る", [_again(7_000, _UP)], (10_000, [_SAME]), ["N614"]),
    ("内訳だけ変わり、言わない", [_again(9_500, late_charge_yen=500)], (10_000, [_SAME]), ["N614"]),
    (
        "内訳だけ変わる",
        [_again(9_500, _UP, late_charge_yen=500)],
        (10_000, [_SAME, ("reduced", 0)]),
        [],
    ),
    ("発行の行に調定取消", [_again(10_000, _FALLS)], (10_000, [_SAME]), ["N615"]),
    (
        "断った行の次の行",
        [_again(7_000), notice_row(issue_no=3, principal_yen=7_000)],
        (10_000, [_SAME]),
        ["N614", "N614"],
    ),
    (
        "減額した行の次の行",
        [_again(7_000, _DOWN), notice_row(issue_no=3, principal_yen=7_000)],
        (7_000, [_SAME, ("reduced", -3_000)]),
        [],
    ),
]


@pytest.mark.parametrize(("name", "rows", "owed", "found"), REISSUES, ids=[row[0] for row in REISSUES])
def test_a_re_issue_that_asks_for_another_amount_says_why(
    city: City, name: str, rows: list[dict[str, object]], owed: tuple[int, list[tuple[str, int]]], found: list[str]
) -> None:
    _bring(city, _FIRST, notice_file(notice_row()))
    ran = _bring(city, _SECOND, _with_columns(*rows))
    assert [code for code, _ in _found(ran)] == found
    assert _owed(city) == owed and _is_sound(city)


def test_a_file_without_the_column_may_raise_an_amount_and_is_told_how_to_lower_one(city: City) -> None:
    _bring(city, _FIRST, notice_file(notice_row()))
    ran = _bring(city, _SECOND, notice_file(_again(7_000)))
    assert _found(ran) == [("N614", "前の納付書と同じ10000円か、異動事由に「減額更正」")]
    assert _found(_bring(city, _THIRD, notice_file(_again(12_000)))) == []
    assert _owed(city) == (12_000, [_SAME, ("increased", 2_000)]) and _is_sound(city)


_GONE, _FALLEN = {"change_kind": "9"}, {"change_kind": "9", "change_reason": _FALLS}
CANCELS: list[tuple[str, bool, list[dict[str, object]], int]] = [
    ("列のないファイル", False, [notice_row(**_GONE)], 0),
    ("紙だけ", True, [notice_row(**_GONE)], 10_000),
    ("調定も", True, [notice_row(**_FALLEN)], 0),
    ("列のないファイル、新しい納付書が残る", False, [_again(), notice_row(**_GONE)], 10_000),
    ("紙だけ、新しい納付書も", True, [_again(), notice_row(**_GONE), _again(**_GONE)], 10_000),
    ("調定も、前の納付書の行で", True, [_again(), _again(10_000, _FALLS, change_kind="9")], 0),
    ("取消に減額更正", True, [notice_row(change_kind="9", change_reason=_DOWN)], 10_000),
]


@pytest.mark.parametrize(("name", "has_column", "rows", "owed"), CANCELS, ids=[row[0] for row in CANCELS])
def test_a_cancellation_takes_the_paper_and_the_claim_only_if_it_says_so(
    city: City, name: str, has_column: bool, rows: list[dict[str, object]], owed: int
) -> None:
    _bring(city, _FIRST, notice_file(notice_row()))
    _bring(city, _SECOND, _with_columns(*rows) if has_column else notice_file(*rows))
    assert _owed(city)[0] == owed and _is_sound(city)


def test_a_claim_of_which_the_paper_was_taken_back_falls_when_that_is_said_later_and_once(city: City) -> None:
    _bring(city, _FIRST, notice_file(notice_row()))
    _bring(city, _SECOND, _with_columns(notice_row(**_GONE)))
    _bring(city, _THIRD, _with_columns(notice_row(**_FALLEN)))
    assert _owed(city) == (0, [_SAME, ("cancelled", -10_000)])
    _bring(city, _LAST, _with_columns(notice_row(**_FALLEN), _again(8_000, _UP)))
    assert _owed(city) == (8_000, [_SAME, ("cancelled", -10_000), ("increased", 8_000)]), (
        "the same row takes nothing more"
    )
    assert _is_sound(city)


def test_what_was_paid_on_a_claim_that_falls_or_is_lowered_waits_to_be_paid_back(city: City) -> None:
    _bring(city, _FIRST, notice_file(notice_row(), notice_row(bill_no="100002")))
    for number, bill in enumerate(("100001", "100002"), start=1):
        key_no, check_no = city.issued()["kokuho", bill, 1, 1]
        city.deliver(f"{bill}.csv", eltax_file(eltax_row(key_no, check_no, 10_000, serial_no=f"{number:08}")))
    city.night(_SECOND)
    _bring(city, _THIRD, _with_columns(_again(7_000, _DOWN), notice_row(bill_no="100002", **_FALLEN)))
    waiting = [(row["理由"], row["仮受額"]) for row in city.report("要確認一覧", _THIRD)]
    assert sorted(waiting) == [("減額による過納", 3_000), ("減額による過納", 10_000)]
    assert [_claim(city, bill)["collected_yen"] for bill in ("100001", "100002")] == [7_000, 0] and _is_sound(city)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_files_of_one_claim_in_any_order_and_twice_end_in_one_amount(city: City, order: Sequence[int]) -> None:
    """Where the amount falls before it was asked, the row is refused or has nothing before it; it never vanishes."""
    files = [_with_columns(notice_row()), _with_columns(_again(7_000, _DOWN)), notice_file(notice_row(bill_no="2"))]
    for number in order:
        (city.folder / "notices" / f"{number}.csv").write_bytes(files[number])
        city.night(_FIRST)
        city.night(_FIRST)
    assert _owed(city)[0] == 7_000 and _is_sound(city)


def test_the_register_of_columns_is_that_of_the_format() -> None:
    """In the order in which they stand at the end."""
    text = (ROOT / "specs" / "notice_csv.toml").read_text(encoding="utf-8")
    assert text.index("年金特徴番号") < text.index("納付種別") < text.index("異動事由")
