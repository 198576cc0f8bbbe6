"""過誤納整理簿 as staff work it: the book out, the next steps written in it, in again, approved by another person."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from elqr.vocabulary.codes import Code
from tests.builders import Ran, eltax_file, eltax_row, notice_row
from tests.cases.prepared import prepared
from tests.cases.ruling_desk import MORNING, Desk

CANDIDATE, NOT_OURS, OPEN = 2, 3, 5
"""受付番号: 10,000 yen paid twice and ruled 還付候補; 777 yen that are another city's; 6,000 yen paid twice, not decided."""

STEPS = ("一歩", "日付", "番号", "決めた加算金", "別の還付先の宛名番号", "一歩の理由", "担当")
DECIDE = ("還付決定", datetime(2026, 11, 18), "還付第5号", 1_200, "8800", "二重に納付", "山田")
PASS_ON = ("返還済", datetime(2026, 11, 19), "伝票78", None, None, "隣の市の収納", "田中")


def _desk_of(folder: Path) -> Desk:
    """The payer of the candidate owes two more claims: 8,000 yen due in September, 6,000 yen due in November."""
    autumn = {"due_on": date(2026, 9, 30), "bill_no": "100004", "principal_yen": 8_000}
    desk = Desk.opened(
        folder,
        notice_row(),
        notice_row(installment_no=2, principal_yen=6_000, due_on=date(2026, 11, 30)),
        notice_row(**autumn),
        notice_row(bill_no="200002", principal_yen=6_000, payer_ref="2"),
    )
    first, second = desk.keys["100001/1"], desk.keys["200002/1"]
    wrong = ("9" + first[0][1:], first[1])
    paid = [(first, 10_000), (first, 10_000), (wrong, 777), (second, 6_000), (second, 6_000)]
    rows = [eltax_row(*key, yen, serial_no=f"{serial:08d}") for serial, (key, yen) in enumerate(paid, start=1)]
    desk.city.deliver("all.csv", eltax_file(*rows))
    desk.city.night(date(2026, 11, 11))
    desk.rule("還付候補", CANDIDATE)
    desk.rule("当市の収納でない", NOT_OURS)
    return desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return prepared(tmp_path / "city", _desk_of)


def _book(desk: Desk, name: str = "refunds.xlsx", day: date = MORNING) -> Path:
    path = desk.city.folder / name
    ran = desk.run("refund", "export", "--out", path, day=day)
    assert ran.code == 0, ran.err
    return path


def _rows(path: Path) -> dict[object, dict[str, object]]:
    book: Any = load_workbook(path)
    names, *rows = book["過誤納整理簿"].iter_rows(min_row=7, values_only=True)
    return {row[0]: dict(zip(map(str, names), row, strict=True)) for row in rows}


def _written(path: Path, entries: Mapping[int, tuple[object, ...]], **cells: object) -> Path:
    """Writes steps beside these payments, and `cells` (heading → value) into every row."""
    book: Any = load_workbook(path)
    sheet = book["過誤納整理簿"]
    at = {cell.value: cell.column for cell in sheet[7]}
    for row in range(8, sheet.max_row + 1):
        for heading, value in zip(STEPS, entries.get(sheet.cell(row, 1).value, ()), strict=False):
            sheet.cell(row, at[heading]).value = value
        for heading, value in cells.items():
            sheet.cell(row, at[heading]).value = value
    book.save(path)
    return path


def _taken(desk: Desk, path: Path, day: date = MORNING) -> Ran:
    return desk.run("review", "import", path, "--by", "山田", "--json", day=day)


def _refusals(ran: Ran) -> list[tuple[str, str]]:
    refused: Any = ran.json["refused"]
    return [(one["code"], one["at"]) for one in refused]


def test_the_book_offers_each_row_the_steps_that_may_follow(desk: Desk) -> None:
    path = _book(desk)
    rows = _rows(path)
    names = ("状態", "区分", "過誤納額", "還付・充当候補額", "経過日数")
    assert {number: tuple(row[name] for name in names) for number, row in rows.items()} == {
        OPEN: ("要確認", "二重納付", 6_000, 6_000, 15),
        CANDIDATE: ("還付候補", "二重納付", 10_000, 10_000, 15),
        NOT_OURS: ("当市の収納でない", "該当なし", 777, 777, 15),
    }, "received on 5 November, seen on the 20th"
    book: Any = load_workbook(path)
    sheet = book["過誤納整理簿"]
    steps = next(cell.column_letter for cell in sheet[7] if cell.value == "一歩")
    rules = {str(rule.sqref): rule for rule in sheet.data_validations.dataValidation if str(rule.sqref)[0] == steps}
    assert {where: (rule.type, rule.formula1) for where, rule in rules.items()} == {
        f"{steps}8": ("custom", "FALSE"),
        f"{steps}9": ("list", '"還付決定,時効,少額"'),
        f"{steps}10": ("list", '"返還済"'),
    }
    unlocked = {str(sheet.cell(7, cell.column).value) for row in sheet.iter_rows(min_row=8) for cell in row if not cell.protection.locked}  # fmt: skip
    assert unlocked == set(STEPS) and sheet.protection.sheet


def test_the_register_names_what_else_the_payer_owes_oldest_first(desk: Desk) -> None:
    rows = _rows(_book(desk))
    row = rows[CANDIDATE]
    assert row["ほかの未納"] == (
        "国民健康保険料 2026年度 100004 1期 8,000円（期限 2026-09-30）／"
        "国民健康保険料 2026年度 100001 2期 6,000円（期限 2026-11-30）"
    )
    assert (row["ほかの未納の件数"], row["ほかの未納額"]) == (2, 14_000)
    assert row["充当先の納付番号（候補）"] == desk.keys["100004/1"][0]
    assert [rows[number]["ほかの未納"] for number in (OPEN, NOT_OURS)] == [None, None], (
        "the other has paid all, and nobody knows whose the third is"
    )


def test_steps_go_from_the_book_to_the_ledger_by_two_people(desk: Desk) -> None:
    path = _book(desk)
    asked = _taken(desk, _written(path, {CANDIDATE: DECIDE, NOT_OURS: PASS_ON}))
    assert (asked.code, asked.json["rulings"], asked.json["suspense_yen"]) == (0, 2, 10_777), asked.err
    assert [remark["code"] for remark in asked.json["remarks"]] == [  # type: ignore[attr-defined,index]
        Code.INTEREST_UNRULED,
        Code.PAYEE_DIFFERS,
    ]
    for name in ("山田", "田中"):
        refused = desk.run("review", "approve", asked.json["review"], "--by", name)
        assert refused.code == 1, "neither who requested nor who decided a row approves it"
    again = _taken(desk, path)
    assert (again.json["review"], again.json["unchanged"]) == (None, 2), "the same book twice is one request"
    assert desk.approved(asked, MORNING).json["moved_yen"] == 777
    assert desk.stands()[NOT_OURS, "passed_on"] == 777
    entered = desk.city.sql("SELECT done_on, number, interest_yen, payee_ref FROM payout ORDER BY ruling_no")
    assert entered == [("2026-11-18", "還付第5号", 1_200, "8800"), ("2026-11-19", "伝票78", 0, "")]
    done = _taken(desk, path)
    assert (done.json["unchanged"], done.json["refused"]) == (2, []), "the same steps were carried out"
    other = _taken(desk, _written(path, {CANDIDATE: (*DECIDE[:2], "還付第6号", *DECIDE[3:]), NOT_OURS: PASS_ON}))
    assert (other.json["unchanged"], [code for code, _ in _refusals(other)]) == (1, [Code.ROW_STALE])
    desk.city.night(MORNING)
    nightly = desk.city.drawn(MORNING) / "過誤納整理簿.xlsx"
    row = _rows(nightly)[CANDIDATE]
    names = ("状態", "還付決定日", "還付決定の番号", "加算金", "還付先の宛名番号", "一歩")
    assert [row[name] for name in names] == ["還付決定", datetime(2026, 11, 18), "還付第5号", 1_200, "8800", None]
    asked = _taken(
        desk, _written(nightly, {CANDIDATE: ("還付支払済", "2026/11/20", "伝票77", None, None, "振込", "山田")})
    )
    assert desk.approved(asked, MORNING).json["moved_yen"] == 10_000
    rows = _rows(_book(desk, "ended.xlsx"))
    assert {number: row["状態"] for number, row in rows.items()} == {
        OPEN: "要確認", CANDIDATE: "還付支払済", NOT_OURS: "返還済",
    }  # fmt: skip
    back = ("還付返戻", "令和8年11月20日", None, None, None, "口座の誤り", "山田")
    asked = _taken(desk, _written(desk.city.folder / "ended.xlsx", {CANDIDATE: back}))
    assert asked.json["suspense_yen"] == 10_000 and desk.approved(asked, MORNING).json["moved_yen"] == -10_000
    assert "過誤納整理簿（控え1）.xlsx" in desk.city.night(MORNING).err, "what was written stays beside the new one"


def test_a_row_is_refused_with_its_place_and_the_others_go_in(desk: Desk) -> None:
    entries = {
        OPEN: DECIDE,
        CANDIDATE: ("還付支払済", *DECIDE[1:]),
        NOT_OURS: PASS_ON,
    }
    taken = _taken(desk, _written(_book(desk), entries))
    assert taken.code == 3 and taken.json["rulings"] == 1
    assert _refusals(taken) == [
        (Code.RULING_UNFIT, "refunds.xlsx 8行目 「一歩」"),
        (Code.RULING_UNFIT, "refunds.xlsx 9行目 「一歩」"),
    ]
    assert "還付決定・時効・少額" in str(taken.json["refused"]), "it says what may follow"
    desk.run("refund", "too-small", CANDIDATE, "--on", "2026-11-20", "--reason", "x", "--by", "山田")
    waits = _taken(desk, _written(_book(desk, "b.xlsx"), {CANDIDATE: DECIDE}))
    assert [code for code, _ in _refusals(waits)] == [Code.RULING_WAITING]


def test_a_changed_book_is_refused(desk: Desk) -> None:
    altered = _taken(desk, _written(_book(desk, "a.xlsx"), {CANDIDATE: DECIDE}, 領収額=1))
    assert [code for code, _ in _refusals(altered)] == [Code.ROW_ALTERED]
    hidden = _taken(desk, _written(_book(desk, "h.xlsx"), {CANDIDATE: DECIDE}, 行の照合値="0" * 32))
    assert hidden.code == 1 and "書き出したときと違います" in hidden.err
    other = _written(_book(desk, "o.xlsx"), {CANDIDATE: DECIDE})
    book: Any = load_workbook(other)
    facts = {row[2].value: row[1] for row in book["この帳票について"].iter_rows(min_row=4)}
    facts["ledger"].value = "0" * 64
    book.save(other)
    assert "別の台帳" in _taken(desk, other).err
    assert desk.run("refund", "export", "--out", other).code == 1, "a book in which people write is not overwritten"


def test_what_ended_goes_from_the_nightly_list_after_two_months(desk: Desk) -> None:
    desk.approved(_taken(desk, _written(_book(desk), {NOT_OURS: PASS_ON})), MORNING)

    def listed(*what: str) -> set[object]:
        rows = desk.run("refund", "list", *what, "--json", day=date(2027, 1, 4)).json
        return {row["payment_no"] for row in rows}  # type: ignore[index]

    assert NOT_OURS in desk.report("過誤納整理簿", date(2026, 12, 31))
    assert listed() == {OPEN, CANDIDATE} and listed("--all") == {OPEN, CANDIDATE, NOT_OURS}
    assert listed("--since", "2026-11-20") == {OPEN, CANDIDATE, NOT_OURS}


def test_yen_that_come_after_what_was_decided_are_not_decided(desk: Desk) -> None:
    """3,000 of 10,000 yen are ruled 還付候補 and decided; then the claim falls by 1,000 more."""

    def falls(to_yen: int, issue_no: int, day: date) -> None:
        less = {"issue_no": issue_no, "change_reason": "減額更正", "issued_on": day}
        desk.city.notices(notice_row(principal_yen=to_yen, **less), name=f"less_{issue_no}.csv")
        desk.city.night(day)

    def shown(day: date) -> tuple[object, ...]:
        path = _book(desk, day=day)
        row = _rows(path)[1]
        path.unlink()
        return row["状態"], row["還付・充当候補額"], row["還付決定の番号"]

    first, second = date(2026, 11, 20), date(2026, 11, 21)
    falls(7_000, 2, first)
    desk.rule("還付候補", 1, day=first)
    assert shown(first) == ("還付候補", 3_000, None)
    step = ("--on", "2026-11-20", "--number", "還付第6号", "--reason", "減額", "--by", "山田", "--json")
    desk.approved(desk.run("refund", "decide", 1, *step, day=first), first)
    assert shown(first) == ("還付決定", 3_000, "還付第6号")
    falls(6_000, 3, second)
    assert shown(second) == ("要確認", 4_000, "還付第6号"), "two people decided on 3,000 yen"
    desk.rule("還付候補", 1, day=second)
    assert shown(second)[:2] == ("還付候補", 4_000)
