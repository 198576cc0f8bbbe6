"""The review as staff work it: a book out, decisions written in it, in again, approved by another person."""

import io
import platform
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from openpyxl import load_workbook

from elqr.vocabulary.codes import Code
from elqr.vocabulary.limits import BOOK_UNPACKED
from tests.builders import NIGHT, REFUSED, ROOT, City, elqr, eltax_file, eltax_row, notice_row
from tests.cases.review_book import Written, reassigned, written
from tests.cases.review_desk import HELD, MORNING, SHORT, TWICE, UNKNOWN, WHOLE, WRONG_CHECK, Desk, desk_in
from tests.office import converted, needs_office

pytestmark = pytest.mark.usefixtures("each_command_once")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return desk_in(tmp_path / "city")


def _all(desk: Desk) -> dict[int, Written]:
    return {
        TWICE: ("充当", desk.keys["100001/2"], "同じ人の2期へ", "山田"),
        WRONG_CHECK: ("納付書に充てる", desk.keys["100002/1"], "電話で本人に確かめた", "山田"),
        UNKNOWN: ("保留", "", "銀行に照会中", "佐藤"),
        SHORT: ("確認のみ", "", "残りは督促で", "山田"),
    }


def test_the_fixture_is_what_the_tests_say(desk: Desk) -> None:
    assert desk.yen() == (WHOLE, HELD)
    assert desk.open_now() == [(TWICE, 10_000), (WRONG_CHECK, 7_000), (UNKNOWN, 12_000), (SHORT, 0)]


def test_decisions_go_from_the_book_to_the_claims_by_two_people(desk: Desk) -> None:
    taken = desk.taken(written(desk.book(), _all(desk)))
    assert taken.code == 0 and taken.json["rulings"] == 4 and taken.json["suspense_yen"] == HELD
    assert desk.yen() == (WHOLE, HELD), "nothing moves before somebody else has approved"
    approved = desk.run("approve", 1, "--by", "鈴木", "--json")
    assert approved.code == 0 and approved.json["moved_yen"] == 17_000
    assert desk.yen() == (WHOLE | {"100001/2": 10_000, "100002/1": 7_000}, 12_000)
    assert desk.open_now() == [(UNKNOWN, 12_000)]
    (held,) = desk.city.report("要確認一覧", MORNING)
    assert held["前回の決裁"] == f"保留（{MORNING} 銀行に照会中）"
    daily = desk.city.report("収納日計表", MORNING)
    assert [(row["区分"], row["件数"], row["収納額"]) for row in daily] == [("決裁", 2, 17_000)]


def test_the_night_that_was_drawn_stays_as_it_was(desk: Desk) -> None:
    night = desk.city.folder / "out" / NIGHT.isoformat()
    before = {path.name: path.read_bytes() for path in night.glob("*.json")}
    desk.taken(written(desk.book(), _all(desk)))
    desk.run("approve", 1, "--by", "鈴木")
    desk.city.night(NIGHT)
    assert len(before) > 8 and {path.name: path.read_bytes() for path in night.glob("*.json")} == before


def test_the_trail_says_who_when_why_before_and_after(desk: Desk) -> None:
    desk.taken(written(desk.book(), _all(desk)))
    desk.run("approve", 1, "--by", "鈴木")
    (told,) = elqr("review", "trail", "--payment", TWICE, "--job", desk.city.job, "--json").json
    said = {name: told[name] for name in ("ruling", "target", "reason", "staff", "asked_by", "taken_by", "result")}  # type: ignore[index]
    assert said == {
        "ruling": "appropriate", "target": desk.keys["100001/2"], "reason": "同じ人の2期へ", "staff": "山田",
        "asked_by": "山田", "taken_by": "鈴木", "result": "approved",
    }  # fmt: skip
    assert (told["before_yen"], told["after_yen"]) == (10_000, 0)  # type: ignore[index]
    assert told["asked_at"] <= told["taken_at"]  # type: ignore[index]
    listed = {row["受付番号"]: row for row in desk.city.report("決裁一覧", MORNING)} if desk.open_now() else {}
    assert listed[str(TWICE)]["承認者"] == "鈴木" and listed[str(TWICE)]["仮受額（後）"] == 0
    seats = ("申請した利用者と機械", "承認した利用者と機械")
    assert [f"［{listed[str(TWICE)][seat]}］" for seat in seats] == [told["asked_at_seat"], told["taken_at_seat"]]  # type: ignore[index]
    assert told["asked_at_seat"] not in ("", "［］")  # type: ignore[index]


@pytest.mark.parametrize("by", ["山田", "山 田", "佐藤"], ids=["申請した人", "空白の違い", "一行だけ決めた人"])
def test_nobody_approves_their_own(desk: Desk, by: str) -> None:
    desk.taken(written(desk.book(), _all(desk)))
    assert desk.run("approve", 1, "--by", by).code == 1
    assert desk.yen() == (WHOLE, HELD) and desk.sql("SELECT count(*) FROM review_step") == [(0,)]


def test_the_same_book_twice_is_asked_for_once(desk: Desk) -> None:
    path = written(desk.book(), _all(desk))
    desk.taken(path)
    again = desk.taken(path)
    assert again.code == 0 and again.json["review"] is None and again.json["unchanged"] == 4
    assert desk.sql("SELECT count(*) FROM ruling") == [(4,)]


def test_a_book_from_before_a_decision_is_taken_row_by_row(desk: Desk) -> None:
    old, older = desk.book("old.xlsx"), desk.book("older.xlsx")
    desk.taken(written(desk.book(), {TWICE: _all(desk)[TWICE]}))
    desk.run("approve", 1, "--by", "鈴木")
    other = desk.taken(written(older, {TWICE: ("還付候補", "", "二重", "山田")}))
    assert other.code == 3 and other.json["unchanged"] == 0
    assert [one["code"] for one in other.json["refused"]] == [Code.ROW_STALE]  # type: ignore[attr-defined,index]
    taken = desk.taken(written(old, _all(desk)))
    assert taken.code == 0 and taken.json["rulings"] == 3
    assert (taken.json["unchanged"], taken.json["refused"]) == (1, []), "the decision that was carried out is the same"
    desk.run("undo", 1, "--reason", "別の人だった", "--by", "山田")
    assert desk.run("approve", 3, "--by", "鈴木").code == 0
    undone = desk.taken(written(older, {TWICE: _all(desk)[TWICE]}))
    assert undone.json["unchanged"] == 0, "what was undone is not carried out"


def test_what_changed_between_asking_and_approving_is_not_carried_out(desk: Desk) -> None:
    desk.taken(written(desk.book(), {TWICE: _all(desk)[TWICE]}))
    keys = desk.city.issued()
    desk.city.deliver("late.csv", eltax_file(eltax_row(*keys["kokuho", "100001", 2, 1], 10_000, serial_no="00000009")))
    desk.city.night(date(2026, 11, 21))
    ended = desk.run("approve", 1, "--by", "鈴木", "--json")
    assert ended.code == 3 and ended.json["stale"] == [1] and ended.json["moved_yen"] == 0
    assert desk.yen() == (WHOLE | {"100001/2": 10_000}, HELD)
    assert (TWICE, 10_000) in desk.open_now()


def test_a_claim_takes_no_more_than_is_owed_and_the_rest_stays_open(desk: Desk) -> None:
    desk.taken(written(desk.book(), {UNKNOWN: ("納付書に充てる", desk.keys["100001/2"], "一桁の読み違い", "山田")}))
    assert desk.run("approve", 1, "--by", "鈴木", "--json").json["moved_yen"] == 10_000
    assert desk.yen() == (WHOLE | {"100001/2": 10_000}, HELD - 10_000)
    assert (UNKNOWN, 2_000) in desk.open_now()


def test_two_decisions_for_one_claim_fill_it_once(desk: Desk) -> None:
    target = desk.keys["100001/2"]
    entries = {TWICE: ("充当", target, "2期へ", "山田"), UNKNOWN: ("納付書に充てる", target, "2期へ", "山田")}
    desk.taken(written(desk.book(), entries))
    ended = desk.run("approve", 1, "--by", "鈴木", "--json")
    assert ended.code == 3 and ended.json["stale"] == [2] and ended.json["moved_yen"] == 10_000
    assert desk.yen() == (WHOLE | {"100001/2": 10_000}, HELD - 10_000)


def test_a_whole_year_slip_takes_all_of_its_instalments_or_nothing(desk: Desk) -> None:
    whole = {UNKNOWN: ("納付書に充てる", desk.keys["100003/0"], "全期の納付書", "山田")}
    desk.taken(written(desk.book(), whole))
    desk.run("approve", 1, "--by", "鈴木")
    assert desk.yen() == (WHOLE | {"100003/1": 3_000, "100003/2": 3_000}, HELD - 6_000)
    desk.taken(written(desk.book("more.xlsx"), {TWICE: ("納付書に充てる", desk.keys["100003/0"], "もう一度", "山田")}))
    assert desk.sql("SELECT count(*) FROM ruling") == [(1,)], "a whole slip that something stands on has nothing left"


def test_a_whole_year_slip_is_not_paid_in_part(desk: Desk) -> None:
    desk.taken(written(desk.book(), {WRONG_CHECK: ("納付書に充てる", desk.keys["100003/1"], "1期へ", "山田")}))
    desk.run("approve", 1, "--by", "鈴木")
    desk.taken(written(desk.book("2.xlsx"), {UNKNOWN: ("納付書に充てる", desk.keys["100003/0"], "全期へ", "山田")}))
    ended = desk.run("approve", 2, "--by", "鈴木", "--json")
    assert ended.json["moved_yen"] == 0 and ended.json["stale"] == [2]


def test_refunds_close_the_exception_and_stay_on_the_list_of_refunds(desk: Desk) -> None:
    desk.taken(written(desk.book(), {TWICE: ("還付候補", "", "二重に納付", "山田")}))
    desk.run("approve", 1, "--by", "鈴木")
    assert [number for number, _ in desk.open_now()] == [WRONG_CHECK, UNKNOWN, SHORT]
    (refund,) = desk.city.report("過誤納整理簿", MORNING)
    assert (refund["受付番号"], refund["状態"], refund["還付・充当候補額"]) == (TWICE, "還付候補", 10_000)
    assert desk.yen() == (WHOLE, HELD)


def test_an_approved_decision_is_undone_by_two_people_and_counter_posted(desk: Desk) -> None:
    desk.taken(written(desk.book(), _all(desk)))
    desk.run("approve", 1, "--by", "鈴木")
    assert desk.run("undo", 1, "--reason", "別の人だった", "--by", "山田").code == 0
    assert desk.run("approve", 2, "--by", "山田").code == 1
    assert desk.run("approve", 2, "--by", "鈴木").code == 0
    assert desk.yen() == (WHOLE | {"100001/2": 0, "100002/1": 7_000}, 22_000)
    assert desk.open_now() == [(TWICE, 10_000), (UNKNOWN, 12_000)]
    daily = desk.city.report("収納日計表", MORNING)
    assert [(row["区分"], row["件数"], row["収納額"]) for row in daily] == [("決裁", 2, 17_000), ("決裁", -1, -10_000)]
    assert desk.run("undo", 1, "--reason", "もう一度", "--by", "山田").code == 1, "what is undone has no effect to undo"
    desk.taken(written(desk.book("again.xlsx"), {TWICE: ("還付候補", "", "返す", "山田")}))
    assert desk.run("approve", 3, "--by", "鈴木").code == 0
    assert desk.run("undo", 999, "--reason", "x", "--by", "山田").code == 1


def test_what_is_decided_after_the_list_of_its_day_stands_beside_the_next(desk: Desk) -> None:
    def listed(name: str, day: date) -> list[tuple[object, ...]]:
        return [(row["区分"], row["件数"], row["収納額"]) for row in desk.city.report(name, day)]

    desk.taken(written(desk.book(), _all(desk)))
    desk.run("approve", 1, "--by", "鈴木")
    desk.city.night(MORNING)
    drawn, after = listed("収納日計表", MORNING), date(2026, 11, 26)
    assert drawn == [("決裁", 2, 17_000)]
    assert not (desk.city.folder / "out" / MORNING.isoformat() / "日計表の後の計上.csv").exists()
    desk.run("undo", 1, "--reason", "別の人だった", "--by", "山田")
    desk.run("approve", 2, "--by", "鈴木")
    desk.city.night(after)
    assert listed("収納日計表", after) == [], "the day after has none of it"
    assert listed("日計表の後の計上", after) == [("決裁", -1, -10_000)]
    assert [row["計上した日"] for row in desk.city.report("日計表の後の計上", after)] == [MORNING.isoformat()]
    sheet = load_workbook(desk.city.drawn(after) / "会計.xlsx")["日計表の後の計上"]
    assert -10_000 in [cell.value for row in sheet.iter_rows() for cell in row]
    anew = elqr("day", "--day", MORNING, "--job", desk.city.job, "--json").json
    assert (anew["postings"], anew["yen"]) == (1, 7_000), "what was drawn, and what came after it"
    desk.run("undo", 3, "--reason", "保留をやめる", "--by", "山田")
    desk.city.night(MORNING)
    assert listed("日計表の後の計上", after) == [("決裁", -1, -10_000)], "an earlier night run again takes nothing away"
    desk.city.night(after)
    assert listed("日計表の後の計上", after) == [("決裁", -1, -10_000)], "nor does the same night, run again"
    desk.city.night(date(2026, 11, 27))
    assert not (desk.city.folder / "out" / "2026-11-27" / "日計表の後の計上.csv").exists(), "it is told once"


def test_a_rejected_request_moves_nothing_and_may_be_asked_again(desk: Desk) -> None:
    path = written(desk.book(), _all(desk))
    desk.taken(path)
    assert desk.run("reject", 1, "--by", "鈴木", "--reason", "理由が足りない").code == 0
    assert desk.yen() == (WHOLE, HELD)
    assert desk.run("approve", 1, "--by", "鈴木").code == 1
    assert desk.taken(path).json["review"] == 2
    assert desk.run("approve", 2, "--by", "鈴木").code == 0
    assert desk.run("approve", 7, "--by", "鈴木").code == 1


def test_many_are_decided_by_a_search(desk: Desk) -> None:
    asked = desk.run("decide", "--ruling", "保留", "--reason", "年度末に見る", "--by", "山田", "--outcome", "該当なし", "--outcome", "二重納付", "--json")  # fmt: skip
    assert asked.json["rulings"] == 2 and asked.json["suspense_yen"] == 22_000
    narrow = desk.run("decide", "--ruling", "還付候補", "--reason", "返す", "--by", "山田", "--payment", WRONG_CHECK, "--department", "保険年金課", "--json")  # fmt: skip
    assert narrow.json["rulings"] == 1
    nothing = desk.run(
        "decide", "--ruling", "保留", "--reason", "x", "--by", "山田", "--department", "市民税課", "--json"
    )
    assert nothing.json["review"] is None
    assert desk.run("decide", "--ruling", "充当", "--reason", "x", "--by", "山田").code == 2
    assert desk.run("decide", "--ruling", "なし", "--reason", "x", "--by", "山田").code == 2
    assert desk.run("decide", "--ruling", "保留", "--reason", " ", "--by", "山田").code == 1


def test_a_department_gets_a_book_of_its_own_rows(desk: Desk) -> None:
    path = desk.book("own.xlsx", "--outcome", "過納")
    assert load_workbook(path)["要確認一覧"].cell(8, 1).value is None
    path = desk.book("own2.xlsx", "--department", "保険年金課", "--paid-until", "2026-11-05")
    assert load_workbook(path)["要確認一覧"].cell(8, 1).value == TWICE
    assert desk.run("export", "--out", path).code == 1, "a book in which people write is not overwritten"
    assert desk.run("export", "--out", desk.city.folder / "x.csv").code == 1


_KEY = "key"
ROWS: list[tuple[str, int, Written, Code, str]] = [
    ("一覧にない決裁", TWICE, ("返金", "", "理由", "山田"), Code.RULING_UNKNOWN, "決裁"),
    ("決裁が空で理由だけ", TWICE, ("", "", "理由", "山田"), Code.RULING_UNKNOWN, "決裁"),
    ("理由がない", TWICE, ("還付候補", "", "", "山田"), Code.RULING_INCOMPLETE, "決裁の理由"),
    ("理由が空白だけ", TWICE, ("還付候補", "", "　 ", "山田"), Code.RULING_INCOMPLETE, "決裁の理由"),
    ("担当がない", TWICE, ("還付候補", "", "理由", ""), Code.RULING_INCOMPLETE, "担当"),
    ("対象がない", TWICE, ("納付書に充てる", "", "理由", "山田"), Code.RULING_INCOMPLETE, "対象の納付番号"),
    ("要らない対象", TWICE, ("還付候補", _KEY, "理由", "山田"), Code.RULING_UNFIT, "対象の納付番号"),
    ("19桁の対象", UNKNOWN, ("納付書に充てる", "1" * 19, "理由", "山田"), Code.TARGET_UNKNOWN, "対象の納付番号"),
    ("知らない対象", UNKNOWN, ("納付書に充てる", "1" * 20, "理由", "山田"), Code.TARGET_UNKNOWN, "対象の納付番号"),
    ("収納済の対象", UNKNOWN, ("納付書に充てる", "100001/1", "理由", "山田"), Code.TARGET_CLOSED, "対象の納付番号"),
    ("違う人への充当", TWICE, ("充当", "100002/1", "理由", "山田"), Code.RULING_UNFIT, "対象の納付番号"),
    ("納付者のわからない充当", UNKNOWN, ("充当", _KEY, "理由", "山田"), Code.RULING_UNFIT, "対象の納付番号"),
    ("お金のある確認のみ", TWICE, ("確認のみ", "", "理由", "山田"), Code.RULING_UNFIT, "決裁"),
    ("お金のない還付", SHORT, ("還付候補", "", "理由", "山田"), Code.RULING_UNFIT, "決裁"),
    ("数式の担当", TWICE, ("還付候補", "", "理由", '=HYPERLINK("http://x","山田")'), Code.FORMULA, ""),
    ("数式の決裁", TWICE, ('=A1&""', "", "理由", "山田"), Code.FORMULA, ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("payment", "entry", "code", "column"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_a_row_that_cannot_be_is_refused_with_its_place_and_the_others_go_in(
    desk: Desk, payment: int, entry: Written, code: Code, column: str
) -> None:
    target = desk.keys["100001/2"] if entry[1] == _KEY else desk.keys.get(entry[1], entry[1])
    others = {number: given for number, given in _all(desk).items() if number != payment}
    path = written(desk.book(), others | {payment: (entry[0], target, *entry[2:])})
    taken = desk.taken(path)
    assert taken.code == 3 and taken.json["rulings"] == 3
    (refused,) = taken.json["refused"]  # type: ignore[misc]
    line_no = {TWICE: 8, WRONG_CHECK: 9, UNKNOWN: 10, SHORT: 11}[payment]
    assert refused["code"] == code and refused["at"].startswith(f"book.xlsx {line_no}行目")  # type: ignore[index]
    assert column in refused["at"]  # type: ignore[index]


def test_a_cancelled_notice_is_no_target(desk: Desk) -> None:
    path = desk.book()
    desk.city.notices(
        notice_row(bill_no="100003", principal_yen=3_000, payer_ref="3000003", change_kind="9"), name="c.csv"
    )
    desk.city.night(date(2026, 11, 21))
    written(path, {UNKNOWN: ("納付書に充てる", desk.keys["100003/1"], "理由", "山田")})
    assert desk.refusals(path) == [(Code.TARGET_CLOSED, "book.xlsx 10行目 「対象の納付番号」")]


def test_another_decision_on_a_payment_that_waits_is_refused(desk: Desk) -> None:
    path = desk.book()
    desk.taken(written(path, {TWICE: ("還付候補", "", "返す", "山田")}))
    assert desk.refusals(written(path, {TWICE: ("保留", "", "待つ", "佐藤")})) == [
        (Code.RULING_WAITING, "book.xlsx 8行目 「決裁」")
    ]


@pytest.mark.parametrize("search", [[], ["--outcome", "過納"]], ids=["何も書いていない", "行がない"])
def test_a_book_with_nothing_written_asks_for_nothing(desk: Desk, search: list[str]) -> None:
    taken = desk.taken(desk.book("empty.xlsx", *search))
    assert taken.code == 0 and taken.json["review"] is None and taken.json["refused"] == []


def test_digits_that_a_spreadsheet_made_a_number_are_refused(desk: Desk) -> None:
    path = written(desk.book(), {UNKNOWN: ("納付書に充てる", "x", "理由", "山田")})
    book = load_workbook(path)
    target = next(cell.column for cell in book["要確認一覧"][7] if cell.value == "対象の納付番号")
    book["要確認一覧"].cell(10, target).value = float(desk.keys["100001/2"])
    book.save(path)
    assert desk.refusals(path)[0][0] == Code.TARGET_UNKNOWN


def _visible(book: object) -> None:
    sheet = book["要確認一覧"]  # type: ignore[index]
    column = next(cell.column for cell in sheet[7] if cell.value == "仮受額")
    sheet.cell(8, column).value = 1


def test_a_shown_amount_that_was_changed_refuses_its_row(desk: Desk) -> None:
    path = written(desk.book(), _all(desk), _visible)
    assert desk.refusals(path) == [(Code.ROW_ALTERED, "book.xlsx 8行目")]


def _hidden(book: object) -> None:
    sheet = book["要確認一覧"]  # type: ignore[index]
    column = next(cell.column for cell in sheet[7] if cell.value == "行の照合値")
    sheet.cell(8, column).value = "0" * 32


def _row_gone(book: object) -> None:
    book["要確認一覧"].delete_rows(9)  # type: ignore[index]


def _heading_gone(book: object) -> None:
    next(cell for cell in book["要確認一覧"][7] if cell.value == "決裁").value = "決定"  # type: ignore[index]


def _facts_gone(book: object) -> None:
    del book["この帳票について"]  # type: ignore[attr-defined]


TAMPERED = [("隠れた列", _hidden), ("行の削除", _row_gone), ("見出し", _heading_gone), ("素性のシート", _facts_gone)]


@pytest.mark.parametrize("change", [row[1] for row in TAMPERED], ids=[row[0] for row in TAMPERED])
def test_a_tampered_book_is_refused_whole(desk: Desk, change: Callable[[object], None]) -> None:
    refused = desk.taken(written(desk.book(), _all(desk), change))
    assert refused.code == 1 and "elqr review export" in refused.err
    assert desk.sql("SELECT count(*) FROM review") == [(0,)]


def test_what_is_no_such_book_is_refused(desk: Desk, tmp_path: Path) -> None:
    night = desk.city.drawn()
    files = {
        "読むだけのブック": (night / "会計.xlsx").read_bytes(),
        "CSV": (night / "要確認一覧.csv").read_bytes(),
        "古い形式": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
        "壊れたZIP": desk.book().read_bytes()[:2_000],
        "空": b"",
    }
    for name, data in files.items():
        path = tmp_path / f"{name}.xlsx"
        path.write_bytes(data)
        assert desk.taken(path).code == 1, name
    assert desk.taken(tmp_path / "none.xlsx").code == 1
    assert desk.sql("SELECT count(*) FROM review") == [(0,)]


def test_a_book_of_another_ledger_is_refused(desk: Desk, tmp_path: Path) -> None:
    other = City.founded(tmp_path / "other")
    other.notices(notice_row(bill_no="9"))
    other.night()
    refused = elqr("review", "import", written(desk.book(), _all(desk)), "--by", "山田", "--job", other.job)
    assert refused.code == 1 and "別の台帳" in refused.err


def test_a_row_of_a_payment_that_a_restored_ledger_lost_is_refused(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city")
    city.notices(notice_row())
    city.night()
    (tmp_path / "backup").mkdir()
    restored = city.copy(tmp_path / "backup" / "city")
    ((key, check),) = city.issued().values()
    city.deliver("a.csv", eltax_file(eltax_row(key, "000000" if check != "000000" else "1", 10_000)))
    city.night()
    path = tmp_path / "book.xlsx"
    assert elqr("review", "export", "--out", path, "--job", city.job).code == 0
    written(path, {1: ("還付候補", "", "返す", "山田")})
    taken = elqr("review", "import", path, "--by", "山田", "--job", restored.job, "--json")
    assert [one["code"] for one in taken.json["refused"]] == [Code.ROW_UNKNOWN]  # type: ignore[attr-defined,index]


def test_a_package_that_unpacks_without_end_is_not_unpacked(desk: Desk, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xlsx"
    packed = zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with packed as package, package.open("xl/workbook.xml", "w") as entry:
        for _ in range(BOOK_UNPACKED.most // 1_000_000 + 1):
            entry.write(bytes(1_000_000))
    assert bomb.stat().st_size < 5_000_000
    refused = desk.taken(bomb)
    assert refused.code == 1 and "大きすぎます" in refused.err


def test_a_package_that_lies_about_its_size_is_not_unpacked(desk: Desk, tmp_path: Path) -> None:
    """The directory says 1,000 bytes; the stream holds 600 MB. It is refused, and memory stays small."""
    plain = io.BytesIO()
    with (
        zipfile.ZipFile(desk.book()) as source,
        zipfile.ZipFile(plain, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package,
    ):
        for entry in source.infolist():
            if entry.filename == "xl/worksheets/sheet1.xml":
                with package.open(entry.filename, "w") as part:
                    for _ in range(600):
                        part.write(b" " * 1_000_000)
            else:
                package.writestr(entry.filename, source.read(entry))
    data = bytearray(plain.getvalue())
    real = (600_000_000).to_bytes(4, "little")
    while (at := data.find(real)) >= 0:
        data[at : at + 4] = (1_000).to_bytes(4, "little")
    bomb = tmp_path / "bomb.xlsx"
    bomb.write_bytes(data)
    said = f"""
import resource
from elqr.cli import main
resource.setrlimit(resource.RLIMIT_AS, (3_000_000_000, 3_000_000_000))
main(["review", "import", {str(bomb)!r}, "--by", "山田", "--job", {str(desk.city.job)!r}])
"""
    ran = subprocess.run([sys.executable, "-c", said], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 1 and "Traceback" not in ran.stderr, ran.stderr
    assert desk.sql("SELECT count(*) FROM review") == [(0,)]


ENTITIES = [
    ("十億の笑い", "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)), "&e9;"),
    ("外のファイル", '<!ENTITY e9 SYSTEM "file:///etc/passwd">', "&e9;"),
]


@pytest.mark.parametrize(("entities", "used"), [row[1:] for row in ENTITIES], ids=[row[0] for row in ENTITIES])
@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
def test_entities_of_a_book_are_not_followed(desk: Desk, tmp_path: Path, part: str, entities: str, used: str) -> None:
    path = tmp_path / "book.xlsx"
    with zipfile.ZipFile(desk.book()) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        names = source.namelist()
        for name in names:
            text = source.read(name)
            if name == part:
                head, root = text.split(b"?>", 1)
                at = root.index(b">", root.index(b"name=") if part.endswith("workbook.xml") else 0) + 1
                declared = f'?><!DOCTYPE x [<!ENTITY e0 "lol">{entities}]>'.encode()
                text = head + declared + root[:at] + used.encode() + root[at:]
            package.writestr(name, text)
    if part in names:
        assert desk.taken(path).code == 1
        assert desk.sql("SELECT count(*) FROM review") == [(0,)]


def test_a_day_before_the_last_night_is_refused(desk: Desk) -> None:
    path = written(desk.book(), _all(desk))
    early = elqr("review", "import", path, "--by", "山田", "--job", desk.city.job, "--date", "2026-11-19")
    assert early.code == 1 and "2026-11-20" in early.err
    assert desk.sql("SELECT count(*) FROM review") == [(0,)]


def test_rows_of_the_review_cannot_be_changed_or_deleted(desk: Desk) -> None:
    desk.taken(written(desk.book(), _all(desk)))
    desk.run("approve", 1, "--by", "鈴木")
    for table in ("review", "ruling", "review_step", "ruling_result", "ruling_posting"):
        assert desk.sql(f"SELECT count(*) FROM {table}")[0][0]
        key = "posting_no" if table == "ruling_posting" else "review_no" if table.startswith("review") else "ruling_no"
        for verb in (f"DELETE FROM {table}", f"UPDATE {table} SET {key} = {key}"):
            with pytest.raises(REFUSED, match="append-only"):
                desk.sql(verb)


def test_a_name_in_the_book_is_what_a_reader_sees(desk: Desk) -> None:
    path = written(desk.book(), {UNKNOWN: ("保留", "", "照会中", "佐藤\u200b")})
    taken = desk.taken(path)
    assert taken.code == 1 and "目に見えない文字" in taken.err


def test_the_trail_says_at_which_machine(desk: Desk) -> None:
    desk.taken(written(desk.book(), _all(desk)))
    desk.run("approve", 1, "--by", "鈴木")
    trail = elqr("review", "trail", "--job", desk.city.job).out
    assert trail.count(f"@{platform.node()}］") == 2 * len(_all(desk))


def test_approvals_are_links_of_the_chain(desk: Desk) -> None:
    desk.taken(written(desk.book(), _all(desk)))
    before = desk.sql("SELECT hash FROM run ORDER BY run_no DESC LIMIT 1")
    desk.run("approve", 1, "--by", "鈴木")
    (link,) = desk.sql("SELECT previous_hash, entry FROM run ORDER BY run_no DESC LIMIT 1")
    assert [(link[0],)] == before and '"moved_yen":17000' in str(link[1])


def test_lists_say_what_waits(desk: Desk) -> None:
    listing = ("review", "list", "--job", desk.city.job)
    assert "ありません" in elqr(*listing).out
    desk.taken(written(desk.book(), _all(desk)))
    assert "　ブック　" in elqr(*listing).out and "elqr review trail --review" in elqr(*listing).err
    assert "承認待ち" in elqr("review", "trail", "--job", desk.city.job).out
    desk.run("approve", 1, "--by", "鈴木")
    assert "申請1" not in elqr(*listing).out and re.search(r"鈴木［[^］]+］ が承認", elqr(*listing, "--all").out)


@needs_office
def test_a_book_that_another_program_saved_is_taken_in(desk: Desk, tmp_path: Path) -> None:
    path = written(desk.book(), _all(desk), reassigned((1, desk.keys["100002/1"], "別の人の納付書だった", "山田")))
    folder = tmp_path / "office"
    folder.mkdir()
    converted([path], "xlsx", folder)
    taken = desk.taken(folder / path.name)
    assert taken.code == 0 and taken.json["rulings"] == 4
    assert taken.json["reassignment"]["rulings"] == 1  # type: ignore[index]
