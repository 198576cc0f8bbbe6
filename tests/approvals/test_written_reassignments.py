"""組替 in the review's book: staff write it beside their decisions, and it comes back as a request of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from elqr.report.review_form import is_untouched
from elqr.vocabulary.codes import Code
from tests.cases.review_book import Written, reassigned, written
from tests.cases.review_desk import HELD, SHORT, TWICE, WHOLE, Desk, desk_in

PAID = 1
"""受付番号 of the payment that settled 100001/1 with 10,000 yen."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path / "city")


def _book(desk: Desk, change: Callable[[object], None], **decisions: Written) -> Path:
    return written(desk.book(), {TWICE: decisions["twice"]} if decisions else {}, change)


def _refused(requested: Any) -> list[tuple[str, str, str]]:
    return [(row["code"], row["at"].removeprefix("book.xlsx "), row["actual"]) for row in requested["refused"]]


def test_a_book_asks_for_decisions_and_for_reassignments_once(desk: Desk) -> None:
    """10,000 go to a claim of 7,000, and the short payment back to suspense. Numbers are full-width or grouped."""
    key = desk.keys["100002/1"]
    rows = reassigned(
        ("１", f"{key[:4]} {key[4:8]}-{key[8:]}", "別の人の納付書だった", "佐藤"), (SHORT, "", "本人の申出", "山田")
    )
    path = _book(desk, rows, twice=("還付候補", "", "二重", "山田"))
    blank, only = desk.book("blank.xlsx"), written(desk.book("only.xlsx"), {}, rows)
    assert [is_untouched(own.read_bytes(), own.name) for own in (blank, only)] == [True, False], "it is kept"
    taken = desk.taken(path)
    assert taken.code == 0 and (taken.json["review"], taken.json["rulings"]) == (1, 1)
    assert taken.json["reassignment"] == {
        "review": 2, "rulings": 2, "suspense_yen": 14_000, "unchanged": 0, "left_out": 0,
        "returned": [{"payment": PAID, "yen": 3_000}], "refused": [],
        "remarks": [
            {"code": "V112", "at": "「受付1 対象の納付番号」", "actual": "宛名番号 2000002", "expected": "宛名番号 1000001"}
        ],
    }  # fmt: skip
    assert desk.yen() == (WHOLE, HELD), "one person moves nothing"
    again = desk.taken(path)
    assert again.code == 0 and (again.json["review"], again.json["unchanged"]) == (None, 1)
    requested: Any = again.json["reassignment"]
    assert (requested["review"], requested["unchanged"]) == (None, 2)
    assert desk.run("approve", 2, "--by", "佐藤").code == 1, "who decided a row does not approve it"
    assert desk.run("approve", 2, "--by", "鈴木", "--json").json["moved_yen"] == -7_000
    assert desk.yen() == ({"100001/1": 0, "100002/1": 7_000, "100004/1": 0}, HELD + 7_000)
    requested = desk.taken(path).json["reassignment"]
    assert (requested["review"], requested["unchanged"], requested["refused"]) == (None, 2, [])
    trail: Any = desk.city.sql("SELECT staff, reason FROM ruling WHERE ruling = 'reassign' ORDER BY ruling_no")
    assert trail == [("佐藤", "別の人の納付書だった"), ("山田", "本人の申出")]


def test_each_row_that_cannot_be_is_refused_with_its_place_and_the_others_go_in(desk: Desk) -> None:
    rows = [
        ("", desk.keys["100002/1"], "理由", "山田"),
        ("受付5", "", "理由", "山田"),
        (TWICE, "", "", "山田"),
        (TWICE, "", "理由", ""),
        (TWICE, "12345", "理由", "山田"),
        (99, "", "理由", "山田"),
        (3, "", "理由", "山田"),
        (PAID, "", "理由", "山田"),
        (PAID, desk.keys["100002/1"], "理由", "山田"),
        (4, "", "理由", '="山田"'),
        (SHORT, "", "理由", "山田"),
        ("-4", "", "理由", "山田"),
        ("－４", "", "理由", "山田"),
        (-4, "", "理由", "山田"),
    ]
    taken = desk.taken(_book(desk, reassigned(*rows)))
    requested: Any = taken.json["reassignment"]
    assert taken.code == 3 and (requested["review"], requested["rulings"]) == (1, 1)
    not_posted = "受付{}は調定にありません（要確認なら elqr review decide で決めてください）"
    assert _refused(requested) == [
        (Code.REASSIGNMENT_UNFIT, "8行目 「受付番号」", "空欄"),
        (Code.REASSIGNMENT_UNFIT, "9行目 「受付番号」", "受付5"),
        (Code.RULING_INCOMPLETE, "10行目 「組替の理由」", "空欄"),
        (Code.RULING_INCOMPLETE, "11行目 「担当」", "空欄"),
        (Code.TARGET_UNKNOWN, "12行目 「対象の納付番号」", "12345"),
        (Code.REASSIGNMENT_UNFIT, "13行目", not_posted.format(99)),
        (Code.REASSIGNMENT_UNFIT, "14行目", not_posted.format(3)),
        (Code.REASSIGNMENT_UNFIT, "15行目 「受付番号」", "受付1が 2行"),
        (Code.REASSIGNMENT_UNFIT, "16行目 「受付番号」", "受付1が 2行"),
        (Code.FORMULA, "17行目", "E17"),
        (Code.REASSIGNMENT_UNFIT, "19行目 「受付番号」", "-4"),
        (Code.REASSIGNMENT_UNFIT, "20行目 「受付番号」", "－４"),
        (Code.REASSIGNMENT_UNFIT, "21行目 「受付番号」", "-4"),
    ]
    shown = desk.run("import", desk.city.folder / "book.xlsx", "--by", "山田")
    assert "申請済み・承認済みと同じ行 1件　取り込まなかった行 13件" in shown.out and shown.code == 3


def test_a_payment_is_decided_or_reassigned_and_not_both(desk: Desk) -> None:
    path = written(desk.book(), {SHORT: ("確認のみ", "", "督促で", "山田")}, reassigned((SHORT, "", "理由", "山田")))
    taken = desk.taken(path)
    assert taken.code == 3 and taken.json["rulings"] == 1
    waits = "受付5には承認待ちの申請があります。先に承認か却下をしてください"
    assert _refused(taken.json["reassignment"]) == [(Code.REASSIGNMENT_UNFIT, "8行目", waits)]


def test_what_a_whole_year_slip_does_not_take_is_said_at_the_request(desk: Desk) -> None:
    """Its instalments ask for 6,000. 4,000 are too few for it; of 10,000 it takes all that it asks for."""
    few = desk.run(
        "reassign", SHORT, "--target", desk.keys["100003/0"], "--reason", "全期の納付書だった", "--by", "山田"
    )
    assert "対象の納付書に入らない 受付5の 4,000円は、承認すると仮受に入り" in few.out
    assert "全額を納められるときだけ入ります" in few.out
    taken = desk.taken(_book(desk, reassigned((PAID, desk.keys["100003/0"], "全期の納付書だった", "山田"))))
    requested: Any = taken.json["reassignment"]
    assert requested["returned"] == [{"payment": PAID, "yen": 4_000}]
    assert desk.run("approve", 1, "--by", "鈴木", "--json").json["moved_yen"] == -4_000


def _without_sheet(book: Any) -> None:
    del book["組替"]


def _from_before(book: Any) -> None:
    """As books were written when they had no sheet for 組替."""
    del book["組替"]
    facts = book["この帳票について"]
    facts.delete_rows(next(row for row in range(1, facts.max_row + 1) if facts.cell(row, 3).value == "reassign_rows"))


def test_a_sheet_that_was_deleted_is_missed_and_an_older_book_is_taken_in(desk: Desk) -> None:
    decision: Written = ("還付候補", "", "二重", "山田")
    lost = desk.taken(_book(desk, _without_sheet, twice=decision))
    assert lost.code == 1 and "シート「組替」がありません" in lost.err
    old = desk.taken(written(desk.book("old.xlsx"), {TWICE: decision}, _from_before))
    assert old.code == 0 and old.json["rulings"] == 1


def test_a_name_in_the_sheet_is_what_a_reader_sees_and_rows_left_blank_say_nothing(desk: Desk) -> None:
    path = _book(desk, reassigned((PAID, "", "理由", "山田\u200b"), first=20))
    assert "目に見えない文字" in desk.taken(path).err
    book = load_workbook(path)
    reassigned((PAID, "", "理由", "山田"), first=20)(book)
    book.save(path)
    requested: Any = desk.taken(path).json["reassignment"]
    assert (requested["review"], requested["rulings"]) == (1, 1)
