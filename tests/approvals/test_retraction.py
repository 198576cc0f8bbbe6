"""What was recorded wrongly is taken back by two people, and whatever relied on it knows."""

import json
import re
import shutil
import socket
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from elqr.vocabulary.codes import Code
from tests.builders import JOB, NIGHT, REFUSED, City, Ran, codes, credit_file, credit_row, elqr, notice_row, went_on
from tests.cases.exports import export, export_folder, pay
from tests.cases.job_parts import PRINT, SENDER
from tests.cases.prepared import prepared
from tests.cases.prints import approve_release, manifest_of, pay_slip, print_slips, record_uploads, request_release
from tests.cases.till import Till, act, open_marks
from tests.cases.undone import AFTER, undo, undone, verified, waiting

NEXT = date(2026, 11, 21)


def _printed_of(folder: Path) -> City:
    """Two notices of two payers printed on two pages, and their upload recorded."""
    city = City.founded(folder, JOB + PRINT)
    city.notices(notice_row(bill_no="101", principal_yen=1_000), notice_row(bill_no="102", payer_ref="2"))
    city.night()
    assert print_slips(city).code == 0
    record_uploads(city)
    return city


@pytest.fixture
def printed(tmp_path: Path) -> City:
    return prepared(tmp_path / "city", _printed_of)


def reject(city: City, by: str = "佐藤") -> Ran:
    return elqr("notice", "reject", city.folder / "print", "--by", by, "--reason", "一人が納付した", "--job", city.job)


def test_a_request_that_cannot_be_approved_any_more_is_withdrawn_and_asked_for_without_the_page(printed: City) -> None:
    assert request_release(printed).code == 0
    pay_slip(printed)
    printed.night()
    ran = approve_release(printed)
    assert ran.code == 1 and f"[{Code.NOTICE_PAID}] 0001-00002ページ" in ran.err and "elqr notice reject" in ran.err
    assert "elqr notice reject" in request_release(printed, "print", "--pull", "0001-00002").err
    assert reject(printed).code == 0
    assert (manifest_of(printed)["state"], manifest_of(printed)["requested"]) == ("printed", None)
    assert reject(printed).code == 1 and "申請されていません" in approve_release(printed).err
    assert request_release(printed, "print", "--pull", "0001-00002").code == 0
    assert "申請した人（山田）" in approve_release(printed, by="山田").err
    assert approve_release(printed).code == 0 and manifest_of(printed)["pulled"] == ["0001-00002"]
    assert printed.sql("SELECT step, taken_by FROM release_step ORDER BY step_no") == [
        ("requested", "山田"),
        ("withdrawn", "佐藤"),
        ("requested", "山田"),
        ("released", "佐藤"),
    ]
    assert printed.sql("SELECT reason FROM release_step WHERE step = 'withdrawn'") == [("一人が納付した",)]
    assert verified(printed) == set()
    printed.damage("UPDATE release_step SET reason = 'ほかの理由' WHERE step = 'withdrawn'")
    assert verified(printed) == {Code.ROWS_DIFFER}


def test_a_release_that_was_approved_wrongly_is_taken_back_and_may_be_asked_for_again(printed: City) -> None:
    assert undo(printed, "release", 1).code == 1, "nothing was approved yet"
    assert (request_release(printed).code, approve_release(printed).code) == (0, 0)
    assert "elqr undo release 1" in approve_release(printed).err
    assert print_slips(printed, "second", "--from", next((printed.folder / "out" / "upload").glob("*.csv"))).code == 0
    assert manifest_of(printed, "second")["is_reprint"]
    assert undo(printed, "release", 1).code == 0
    assert "申請済みです" in undo(printed, "release", 1, by="鈴木").err
    own = undo(printed, "approve", 1, by="山 田")
    assert own.code == 1 and "申請した人" in own.err
    assert undo(printed, "approve", 1, by="鈴木").code == 0
    assert undo(printed, "approve", 1, by="鈴木").code == 1
    assert "申請されていません" in approve_release(printed).err
    assert (request_release(printed).code, manifest_of(printed)["released"], approve_release(printed).code) == (
        0,
        None,
        0,
    )
    undone(printed, "release", "1")
    assert [one["number"] for one in waiting(printed, "--all")] == [2, 4], "each approval has a number of its own"


def test_a_notice_that_was_not_uploaded_after_all_is_not_sent(printed: City) -> None:
    (path,) = (printed.folder / "out" / "upload").glob("*.csv")
    assert request_release(printed).code == 0
    undone(printed, "uploaded", path)
    ran = approve_release(printed)
    assert ran.code == 1 and f"[{Code.NOT_UPLOADED}] 0001-00001ページ" in ran.err
    assert undo(printed, "uploaded", path.name).code == 1, "it is not recorded any more"
    record_uploads(printed)
    assert approve_release(printed).code == 0
    asked = undo(printed, "uploaded", path.name)
    assert asked.code == 0 and path.name in asked.out
    told = undo(printed, "approve", 2, by="佐藤")
    assert "発送を承認した納付書が 2枚あります" in told.out
    listed = elqr("undo", "list", "--all", "--job", printed.job).out.splitlines()
    assert len(listed) == 2 and all(
        "まちがえて記録した" in line and re.search(r"佐藤［[^］]+］ が承認", line) for line in listed
    )
    assert verified(printed) == set()


def test_a_page_that_was_pulled_did_not_leave_the_house(printed: City) -> None:
    """It is not counted among what was sent when the record of its upload is taken back, nor as sent before."""
    (path,) = (printed.folder / "out" / "upload").glob("*.csv")
    assert request_release(printed, "print", "--pull", "0001-00002").code == 0 and approve_release(printed).code == 0
    assert print_slips(printed, "second", "--from", path).code == 0
    assert not manifest_of(printed, "second")["is_reprint"], "one of its two was never sent"
    sent = request_release(printed, "second")
    assert sent.code == 1 and "0001-00001ページ" in sent.err and "0001-00002ページ" not in sent.err
    assert undo(printed, "uploaded", path).code == 0
    assert "発送を承認した納付書が 1枚あります" in undo(printed, "approve", 1, by="佐藤").out


def _short_of(folder: Path) -> Till:
    """The bank received one yen less than was confirmed, and two people closed the difference."""
    till = Till.opened(folder)
    till.paid("eltax.csv", 0, 1)
    till.money("01.dat", credit_file(credit_row(20_000, SENDER)))
    till.night()
    (mark,) = open_marks(till)
    assert act(till, "close", f" {mark.upper()} ", "--by", "花子", "--reason", "端数").code == 0
    assert "承認待ち" in act(till, "list").out
    act(till, "approve", 1, "--by", "三郎")
    return till


@pytest.fixture
def short(tmp_path: Path) -> Till:
    return prepared(tmp_path / "city", _short_of)


def test_a_difference_that_was_closed_wrongly_alarms_again_and_may_be_closed_again(short: Till) -> None:
    assert short.night(NEXT).code == 0
    assert "申請1" in act(short, "list", "--closed").out
    assert undo(short, "settlement", 1, day=date(2026, 11, 19)).code == 1, "the reports of the last night stay true"
    undone(short, "settlement", 1, day=AFTER)
    assert undo(short, "settlement", 1, day=AFTER).code == 1
    ran = short.night(AFTER)
    assert (ran.code, codes(ran)) == (3, ["S701"])
    (told,) = short.report("取り消し一覧", AFTER)
    names = ("種別", "理由", "申請者", "結果", "承認者")
    assert [told[name] for name in names] == ["差額の確認", "まちがえて記録した", "山田", "承認", "佐藤"]
    assert all(str(told[f"{who}した利用者と機械"]).endswith(f"@{socket.gethostname()}") for who in ("申請", "承認"))
    assert short.lines(AFTER) == [("地方税共同機構", "差額あり", "未済", 20_001, 0, 20_000, -1)]
    short.night(NEXT)
    assert not (short.folder / "out" / NEXT.isoformat() / "取り消し一覧.json").exists(), "nothing was asked for by then"
    assert short.lines(NEXT) == [("地方税共同機構", "差額を確認済", "前夜までに済", 20_001, 0, 20_000, -1)]
    assert verified(short) == set()
    (mark,) = [line["line"] for line in json.loads(act(short, "list", "--json", day=AFTER).out)]
    assert act(short, "close", mark, "--by", "花子", "--reason", "調べた", day=AFTER).code == 0
    assert act(short, "approve", 2, "--by", "三郎", day=AFTER).code == 0
    assert short.night(date(2026, 11, 23)).code == 0 and verified(short) == set()


def test_a_difference_that_was_opened_again_agrees_when_the_missing_yen_arrives(short: Till) -> None:
    undone(short, "settlement", 1)
    short.money("02.dat", credit_file(credit_row(1, SENDER)))
    assert short.night(NEXT).code == 0
    assert short.lines(NEXT) == [("地方税共同機構", "一致", "今夜済", 20_001, 0, 20_001, 0)]
    assert verified(short) == set()
    short.damage("UPDATE retraction_step SET result = 'refused'")
    assert verified(short) >= {Code.ROWS_DIFFER, Code.SETTLEMENT_DIFFERS}, "else the money would stand twice"


def _exported_of(folder: Path) -> City:
    """Two exports of one payment each, 1,000 and 2,000 yen."""
    city = City.founded(folder, JOB.replace("date = 2026-11-20", f"date = {AFTER}"))
    city.notices(notice_row(bill_no="101", principal_yen=1_000), notice_row(bill_no="102", principal_yen=2_000))
    city.night(date(2026, 11, 19))
    for bill_no, yen, day in (("101", 1_000, NIGHT), ("102", 2_000, NEXT)):
        pay(city, (("kokuho", bill_no, 1, 1), yen), name=f"{bill_no}.csv")
        city.night(day)
        assert make(city, day)["yen"] == yen
    return city


@pytest.fixture
def exported(tmp_path: Path) -> City:
    return prepared(tmp_path / "city", _exported_of)


def make(city: City, day: date = AFTER) -> dict[str, Any]:
    ran = export(city, "make", "--by", "山田", "--json", day=day)
    assert ran.code == 0, ran.err
    return ran.json


def step(city: City, command: str, name: str) -> Ran:
    by = ("--by", "鈴木") if command == "taken" else ()
    return export(city, command, export_folder(city, name), *by)


def again(city: City, number: int) -> Ran:
    return export(city, "again", number, "--by", "山田", "--reason", "壊れた", day=AFTER)


def test_a_withdrawn_export_is_refused_and_its_postings_are_exported_again_once(exported: City) -> None:
    older = undo(exported, "export", 1, day=AFTER)
    assert older.code == 1 and "後の書き出し2" in older.err
    assert undo(exported, "export", 2, 1, day=AFTER).code == 0, "asked for together, the newest first"
    early = undo(exported, "approve", 2, by="佐藤", day=AFTER)
    assert early.code == 1 and "後の書き出し2" in early.err
    assert undo(exported, "approve", 1, by="佐藤", day=AFTER).code == 0
    for ran in (step(exported, "check", "000002"), step(exported, "taken", "000002"), again(exported, 2)):
        assert ran.code == 1 and "取り消されています（申請 山田、承認 佐藤、まちがえて記録した）" in ran.err
    assert "まだ書き出していない計上 1件 2,000円" in export(exported, "list").out
    assert undo(exported, "approve", 2, by="佐藤", day=AFTER).code == 0
    made = make(exported)
    assert (made["export_no"], made["postings"], made["yen"]) == (3, 2, 3_000)
    assert step(exported, "check", "000003").code == 0, "what was withdrawn is not waited for"
    assert "取消（申請 山田、承認 佐藤）" in export(exported, "list").out
    assert export(exported, "make", "--by", "山田", day=AFTER).out == "書き出していない計上はありません。\n"
    with pytest.raises(REFUSED, match="exported twice"):
        exported.sql(
            "INSERT INTO export SELECT 9, night_on, made_at, made_by, file_name, spec, postings, yen, "
            "first_posting_no, last_posting_no, 'x', 'x' FROM export WHERE export_no = 2"
        )
    assert verified(exported) == set()


def test_an_export_that_was_taken_in_is_not_handed_out_under_another_name(exported: City) -> None:
    assert again(exported, 1).code == 0
    assert step(exported, "taken", "000001").code == 1, "the newer folder is to be used"
    assert step(exported, "taken", "000001_again1").code == 0
    for name in ("000001", "000001_again1"):
        for command in ("check", "taken"):
            ran = step(exported, command, name)
            assert ran.code == 1 and "二度取り込まないでください" in ran.err
    refused = again(exported, 1)
    assert refused.code == 1 and "elqr undo taken 1" in refused.err
    assert step(exported, "check", "000002").code == 0


def test_an_export_that_was_not_taken_in_after_all_is_taken_in_later(exported: City) -> None:
    assert undo(exported, "taken", 1, day=AFTER).code == 1
    assert undo(exported, "export", 2, day=AFTER).code == 0
    assert step(exported, "taken", "000001").code == 0
    assert step(exported, "taken", "000002").code == 0
    late = undo(exported, "approve", 1, by="佐藤", day=AFTER)
    assert late.code == 1 and "取込済と記録しています" in late.err, "it was taken in while its withdrawal waited"
    assert undo(exported, "reject", 1, by="佐藤", day=AFTER).code == 0
    assert waiting(exported) == [] and undo(exported, "approve", 1, by="佐藤", day=AFTER).code == 1
    held = undo(exported, "export", 2, day=AFTER)
    assert held.code == 1 and "elqr undo taken" in held.err
    undone(exported, "taken", 2, day=AFTER)
    assert step(exported, "check", "000002").code == 0
    assert again(exported, 2).code == 0
    assert step(exported, "taken", "000002_again1").code == 0
    undone(exported, "taken", 2, day=AFTER)
    undone(exported, "export", 2, day=AFTER)
    assert make(exported)["yen"] == 2_000
    assert verified(exported) == set()


@pytest.mark.ledger_file
def test_a_ledger_from_before_it_was_taken_in_does_not_hand_it_out_again(exported: City) -> None:
    before = exported.folder / "before.db"
    shutil.copy(exported.folder / "ledger.db", before)
    assert step(exported, "taken", "000001").code == 0
    shutil.copy(before, exported.folder / "ledger.db")
    older = step(exported, "check", "000001")
    assert older.code == 1 and "保管庫の印より古い" in older.err and "elqr ledger accept" in older.err
    assert went_on("accept", "--job", exported.job).code == 0
    for ran in (step(exported, "check", "000001"), again(exported, 1)):
        assert ran.code == 1 and "取込済です" in ran.err and "elqr export taken" in ran.err
    assert step(exported, "taken", "000001").code == 0, "recorded anew"
    assert "二度取り込まないで" in step(exported, "check", "000001").err
    undone(exported, "taken", 1, day=AFTER)
    assert step(exported, "check", "000001").code == 0, (
        "the ledger knows the record in the folder, and that it was wrong"
    )
    (export_folder(exported, "000001") / "taken.json").write_bytes(b"{")
    assert "読めない印" in step(exported, "check", "000001").err
    assert step(exported, "taken", "000001").code == 0


def test_what_stands_of_a_retraction_is_in_the_chain_to_the_last_column(exported: City) -> None:
    undone(exported, "export", 2, day=AFTER)
    assert undo(exported, "export", 1, day=AFTER).code == 0
    assert undo(exported, "reject", 2, by="佐藤", day=AFTER).code == 0
    assert verified(exported) == set()
    columns = {
        "retraction": ("kind", "number", "subject", "night_on", "asked_at", "asked_by", "reason"),
        "retraction_step": ("result", "night_on", "taken_at", "taken_by", "reason"),
    }
    told = []
    for table, names in columns.items():
        with pytest.raises(REFUSED, match="append-only"):
            exported.sql(f"DELETE FROM {table}")
        said = ", ".join(f"{name} = {7 if name == 'number' else repr('x')}" for name in names)
        exported.damage(f"UPDATE {table} SET {said} WHERE retraction_no = 2")
    ran = elqr("verify", "--job", exported.job, "--date", AFTER.isoformat(), "--json")
    told = [(finding["at"], finding["code"]) for finding in ran.json["findings"]]  # type: ignore[attr-defined,index]
    assert len(told) == sum(map(len, columns.values())) and {code for _, code in told} == {Code.ROWS_DIFFER}
