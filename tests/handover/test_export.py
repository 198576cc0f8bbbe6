"""The export as staff use it: what was posted goes to the core system, each posting once, in turn, unchanged."""

import csv
import io
import json
import shutil
from datetime import date
from pathlib import Path

import pytest

from tests.builders import (
    JOB,
    NIGHT,
    ROOT,
    City,
    Ran,
    codes,
    elqr,
    notice_row,
    transfer_file,
    transfer_row,
)
from tests.cases.exports import export, export_folder, pay
from tests.cases.prepared import prepared
from tests.cases.review_book import written
from tests.cases.review_desk import UNKNOWN, desk_in

NEXT = date(2026, 11, 21)
_NO_DATE = JOB.replace("date = 2026-11-20\n", "")
_SPEC = (ROOT / "specs" / "collection_history_csv.toml").read_text(encoding="utf-8")


def _make(city: City, day: date = NIGHT) -> dict[str, object]:
    ran = export(city, "make", "--by", "山田", "--json", day=day)
    assert ran.code == 0
    return ran.json


def _rows(city: City, no: int) -> list[dict[str, str]]:
    data = (export_folder(city, f"{no:06d}") / f"elqr_history_{no:06d}.csv").read_bytes()
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def _ledger(city: City, query: str) -> list[tuple[int, ...]]:
    return city.sql(query)


FEES = {"principal_yen": 9_500, "demand_fee_yen": 100, "late_charge_yen": 400}
NOTICES = (
    notice_row(**FEES),
    notice_row(bill_no="100002", principal_yen=5_000),
    notice_row(bill_no="100003"),
    notice_row(bill_no="100004", principal_yen=3_000),
    notice_row(bill_no="100004", principal_yen=3_000, installment_no=2),
    notice_row(bill_no="100004", principal_yen=6_000, installment_no=0),
    notice_row(bill_no="100005", principal_yen=3_000),
    notice_row(bill_no="100005", principal_yen=2_900, demand_fee_yen=100, installment_no=2),
    notice_row(bill_no="100005", principal_yen=5_900, demand_fee_yen=100, installment_no=0),
    notice_row(bill_no="100006", levy_year=2025, tax_year=2025, principal_yen=7_000),
    notice_row(procedure_code="suido", bill_no="100007", principal_yen=2_200, customer_no="S7"),
)


def _city_of(folder: Path) -> City:
    """A night of seven slips paid, each in its own way; nine postings on claims, 45,200 yen."""
    made = City.founded(folder, _NO_DATE)
    made.notices(*NOTICES)
    made.night(date(2026, 11, 19))
    pay(
        made,
        (("kokuho", "100001", 1, 1), 10_000),
        (("kokuho", "100002", 1, 1), 4_000),
        (("kokuho", "100003", 1, 1), 11_000),
        (("kokuho", "100004", 0, 1), 6_000),
        (("kokuho", "100005", 0, 1), 6_000),
        (("kokuho", "100006", 1, 1), 7_000),
    )
    made.deliver("kouza.dat", transfer_file(transfer_row("S7", 2_200)))
    assert made.night().code == 3
    return made


@pytest.fixture
def city(tmp_path: Path) -> City:
    return prepared(tmp_path / "city", _city_of)


# (通知書番号, 期別, 納付書の期別, 消込結果, 収納額, 本税, 督促手数料, 延滞金, 会計年度, 滞納繰越区分, チャネル)
EXPECTED = [
    ("100001", "1", "1", "1", "10000", "9500", "100", "400", "2026", "0", "03"),
    ("100002", "1", "1", "2", "4000", "", "", "", "2026", "0", "03"),
    ("100003", "1", "1", "3", "10000", "10000", "0", "0", "2026", "0", "03"),
    ("100004", "1", "0", "1", "3000", "3000", "0", "0", "2026", "0", "03"),
    ("100004", "2", "0", "1", "3000", "3000", "0", "0", "2026", "0", "03"),
    ("100005", "1", "0", "1", "3000", "", "", "", "2026", "0", "03"),
    ("100005", "2", "0", "1", "3000", "", "", "", "2026", "0", "03"),
    ("100006", "1", "1", "1", "7000", "7000", "0", "0", "2026", "1", "03"),
    ("100007", "1", "1", "1", "2200", "2200", "0", "0", "2026", "0", "06"),
]


def test_every_posting_says_what_became_of_its_claim_and_divides_only_where_the_slip_tells(city: City) -> None:
    made = _make(city)
    assert (made["postings"], made["yen"], made["taken_back_yen"]) == (9, 45_200, 0)
    columns = (
        "通知書番号",
        "期別",
        "納付書の期別",
        "消込結果",
        "収納額",
        "本税・本料",
        "督促手数料",
        "延滞金",
        "会計年度",
        "滞納繰越区分",
        "納付チャネル区分",
    )
    rows = _rows(city, 1)
    found = sorted(tuple(row[name] for name in columns) for row in rows)
    assert found == EXPECTED
    first = rows[0]
    key, check = city.issued()["kokuho", "100001", 1, 1]
    assert (first["納付番号"], first["確認番号"], first["納付区分"]) == (key, check, "901")
    assert (first["領収日"], first["資金化日"], first["消込日"], first["増減区分"]) == (
        "20261105",
        "20261112",
        "20261120",
        "1",
    )
    without = next(row for row in rows if row["通知書番号"] == "100007")
    assert (without["科目コード"], without["納付番号"], without["納付区分"]) == ("suido", "", "")


def test_only_what_is_new_is_exported_and_nothing_twice(city: City) -> None:
    first = _make(city)
    assert export(city, "make", "--by", "山田").out == "書き出していない計上はありません。\n"
    pay(city, (("kokuho", "100002", 1, 1), 1_000), name="second.csv")
    city.night(NEXT)
    second = _make(city, NEXT)
    assert (second["export_no"], second["first_posting_no"]) == (2, 11)
    assert first["last_posting_no"] == 9, "the tenth is in suspense"
    (row,) = _rows(city, 2)
    assert (row["通知書番号"], row["消込結果"], row["収納額"], row["本税・本料"]) == ("100002", "1", "1000", "")
    exported = [int(row["仕訳番号"]) for no in (1, 2) for row in _rows(city, no)]
    assert exported == [
        no for (no,) in _ledger(city, "SELECT posting_no FROM posting WHERE account = 'claim' ORDER BY 1")
    ]
    assert (
        _ledger(city, "SELECT sum(yen) FROM export")
        == _ledger(city, "SELECT sum(yen) FROM posting WHERE account = 'claim'")
        == [(46_200,)]
    )
    listed = export(city, "list")
    assert listed.out.splitlines()[-1] == "まだ書き出していない計上 0件 0円" and len(listed.out.splitlines()) == 3


def test_what_is_owed_is_what_was_owed_on_the_night_of_the_posting(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city", _NO_DATE)
    lower = notice_row(issue_no=2, principal_yen=8_000, change_reason="減額更正")
    city.notices(notice_row(), lower)
    city.night(date(2026, 11, 19))
    pay(city, (("kokuho", "100001", 1, 2), 8_000))
    city.night(NIGHT)
    city.notices(lower | {"change_kind": "9", "change_reason": None}, notice_row(bill_no="100002"), name="later.csv")
    city.night(NEXT)
    pay(city, (("kokuho", "100002", 1, 1), 10_000), name="later.csv")
    city.night(date(2026, 11, 22))
    _make(city, date(2026, 11, 22))
    assert [(row["通知書番号"], row["発行連番"], row["消込結果"], row["収納額"]) for row in _rows(city, 1)] == [
        ("100001", "2", "1", "8000"),
        ("100002", "1", "1", "10000"),
    ]


def test_the_manifest_says_where_the_export_stands_in_the_ledger(city: City) -> None:
    made = _make(city)
    manifest = json.loads((export_folder(city, "000001") / "manifest.json").read_text(encoding="utf-8"))
    assert manifest == made
    ((run_id, run_hash),) = _ledger(city, "SELECT run_id, hash FROM run ORDER BY run_no DESC LIMIT 1 OFFSET 1")
    assert (made["run_id"], made["run_hash"], made["night_on"]) == (run_id, run_hash, "2026-11-20")
    assert made["spec_verified"] is False and made["reexport_of"] is None
    first, last = _ledger(city, "SELECT min(posting_no), max(posting_no) FROM posting WHERE account = 'claim'")[0]
    assert (made["first_posting_no"], made["last_posting_no"]) == (first, last)


def test_after_a_crash_before_the_ledger_knew_the_same_is_written_again(city: City) -> None:
    _make(city)
    before = {path.name: path.read_bytes() for path in export_folder(city, "000001").iterdir()}
    last = "run_no = (SELECT max(run_no) FROM run)"
    city.damage("DELETE FROM export", f"DELETE FROM act WHERE {last}", f"DELETE FROM run WHERE {last}")
    (city.folder / "archive" / "ledger.json").unlink()  # it is left after the ledger knew
    stray = export(city, "check", export_folder(city, "000001"))
    assert stray.code == 1 and "台帳に記録がありません" in stray.err
    (export_folder(city, "000001") / "elqr_history_000001.csv").unlink()
    _make(city)
    assert {path.name: path.read_bytes() for path in export_folder(city, "000001").iterdir()} == before
    assert export(city, "check", export_folder(city, "000001")).code == 0


def test_what_a_ruling_posts_and_takes_back_is_exported_with_its_slip(tmp_path: Path) -> None:
    desk = desk_in(tmp_path / "city")
    _make(desk.city)
    target = desk.keys["100003/2"]
    desk.taken(written(desk.book("a.xlsx"), {UNKNOWN: ("納付書に充てる", target, "読み違い", "山田")}))
    desk.run("approve", 1, "--by", "鈴木")
    _make(desk.city, date(2026, 11, 24))
    (onto,) = _rows(desk.city, 2)
    assert (onto["通知書番号"], onto["期別"], onto["納付番号"], onto["消込結果"], onto["収納額"]) == (
        "100003",
        "2",
        target,
        "1",
        "3000",
    )
    assert (onto["増減区分"], onto["本税・本料"], onto["取消元の仕訳番号"]) == ("1", "3000", "")
    assert desk.run("undo", 1, "--reason", "別の人だった", "--by", "山田").code == 0
    assert desk.run("approve", 2, "--by", "鈴木").code == 0
    made = _make(desk.city, date(2026, 11, 24))
    assert (made["yen"], made["added_yen"], made["taken_back_yen"]) == (-3_000, 0, 3_000)
    (back,) = _rows(desk.city, 3)
    assert (back["消込結果"], back["増減区分"], back["収納額"], back["本税・本料"]) == ("4", "2", "3000", "3000")
    assert back["取消元の仕訳番号"] == onto["仕訳番号"]


def test_the_same_bytes_go_out_again_only_under_a_marked_name(city: City) -> None:
    made = _make(city)
    first = (export_folder(city, "000001") / "elqr_history_000001.csv").read_bytes()
    shutil.rmtree(export_folder(city, "000001"))
    again = export(city, "again", 1, "--by", "佐藤", "--reason", "送る途中で壊れた", "--json").json
    assert (again["reexport_of"], again["again_no"], again["sha256"], again["reason"], again["by"]) == (
        1,
        1,
        made["sha256"],
        "送る途中で壊れた",
        "佐藤",
    )
    assert (export_folder(city, "000001_again1") / "elqr_history_000001_again1.csv").read_bytes() == first
    assert export(city, "again", 1, "--by", "佐藤", "--reason", "もう一度").code == 0
    old = export(city, "check", export_folder(city, "000001_again1"))
    assert old.code == 1 and "（再2）のフォルダを使ってください" in old.err
    assert export(city, "check", export_folder(city, "000001_again2")).code == 0
    assert _ledger(city, "SELECT count(*) FROM export") == [(1,)], "an export made again is none of its own"


def _changed(city: City) -> None:
    path = export_folder(city, "000001") / "elqr_history_000001.csv"
    path.write_bytes(path.read_bytes().replace(b"10000", b"10001", 1))


def _cut(city: City) -> None:
    (export_folder(city, "000001") / "elqr_history_000001.csv").unlink()


def _manifest(city: City) -> None:
    path = export_folder(city, "000001") / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"postings": 9', b'"postings": 8'))


def _torn(city: City) -> None:
    (export_folder(city, "000001") / "manifest.json").write_bytes(b'{"export_no": 1')


def _none(city: City) -> None:
    (export_folder(city, "000001") / "manifest.json").unlink()


def _had(city: City) -> None:
    assert export(city, "taken", export_folder(city, "000001"), "--by", "鈴木").code == 0


def _replaced(city: City) -> None:
    assert export(city, "again", 1, "--by", "佐藤", "--reason", "壊れた").code == 0


def _other(city: City) -> None:
    path = export_folder(city, "000001") / "manifest.json"
    made = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(made | {"ledger": "0" * 64}), encoding="utf-8")


def _extra(city: City) -> None:
    path = export_folder(city, "000001") / "elqr_history_000001.csv"
    shutil.copy(path, path.with_name("elqr_history_000001 (2).csv"))


SPOILT = [
    ("ファイルの一桁が違う", _changed, "elqr_history_000001.csv が書き出したときと違います"),
    ("ファイルがない", _cut, "elqr_history_000001.csv がありません"),
    ("目録の件数が違う", _manifest, "manifest.json が書き出したときと違います"),
    ("目録が途中で切れた", _torn, "引渡しの目録ではありません"),
    ("目録がない", _none, "manifest.json がありません"),
    ("取込済", _had, "鈴木 が取込済と記録しています"),
    ("書き出し直した後の元のフォルダ", _replaced, "（再1）のフォルダを使ってください"),
    ("別の台帳", _other, "別の台帳の書き出しです"),
    ("目録にないファイル", _extra, "目録（manifest.json）にないもの elqr_history_000001 (2).csv があります"),
    (
        "目録にないフォルダ",
        lambda city: (export_folder(city, "000001") / "もう一つ").mkdir(),
        "にないもの もう一つ があります",
    ),
]


@pytest.mark.parametrize(("name", "spoil", "said"), SPOILT, ids=[row[0] for row in SPOILT])
def test_a_stale_or_changed_folder_is_refused(city: City, name: str, spoil: object, said: str) -> None:
    _make(city)
    assert export(city, "check", export_folder(city, "000001")).code == 0
    spoil(city)  # type: ignore[operator]
    for command in (("check", export_folder(city, "000001")), ("taken", export_folder(city, "000001"), "--by", "鈴木")):
        ran = export(city, *command)
        assert ran.code == 1 and said in ran.err


def test_what_programs_leave_in_an_exported_folder_is_no_reason(city: City) -> None:
    _make(city)
    for name in ("Thumbs.db", ".DS_Store", ".manifest.json.1234"):
        (export_folder(city, "000001") / name).write_bytes(b"x")
    assert export(city, "check", export_folder(city, "000001")).code == 0


def test_an_export_under_another_number_is_refused_and_elsewhere_is_not(city: City, tmp_path: Path) -> None:
    _make(city)
    for name, code in (("000002", 1), ("000001_again1", 1), ("渡す分", 0)):
        shutil.copytree(export_folder(city, "000001"), tmp_path / name)
        ran = export(city, "check", tmp_path / name)
        assert ran.code == code and ("000001 のものです" in ran.err) == bool(code), name


def test_exports_are_taken_in_their_turn(city: City) -> None:
    _make(city)
    pay(city, (("kokuho", "100002", 1, 1), 1_000), name="second.csv")
    city.night(NEXT)
    _make(city, NEXT)
    early = export(city, "check", export_folder(city, "000002"))
    assert early.code == 1 and "書き出し1が、まだ取込済と記録されていません" in early.err
    for name in ("000001", "000002"):
        assert export(city, "taken", export_folder(city, name), "--by", "鈴木").code == 0
    assert "鈴木 が取込済" in export(city, "list").out


def test_a_ledger_that_was_written_in_behind_our_back_is_not_exported(city: City) -> None:
    _make(city)
    city.damage("UPDATE posting SET yen = yen + 1 WHERE posting_no = 1")
    ran = export(city, "check", export_folder(city, "000001"))
    assert ran.code == 1 and "書き出しと計上の合計が合いません（金額 書き出し 45,200 計上 45,201）" in ran.err


def test_the_night_exports_what_it_posted_when_the_job_says_so(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city", JOB + '\n[export]\nnightly = true\nfolder = "kikan"\n')
    city.notices(*NOTICES)
    assert "export" not in city.night(date(2026, 11, 19)).json
    pay(city, (("kokuho", "100002", 1, 1), 5_000))
    assert not city.night(NIGHT, "--dry-run").json.get("folder") and not (city.folder / "kikan").exists()
    ran = city.night()
    assert ran.json["export"]["yen"] == 5_000  # type: ignore[index]
    assert (city.folder / "kikan" / "000001" / "elqr_history_000001.csv").is_file()
    again = elqr("night", city.job, "--date", NIGHT.isoformat())
    assert "基幹システムへ" not in again.out
    assert _ledger(city, "SELECT made_by FROM export") == [("夜間消込",)]


def test_verify_tells_every_change_of_an_export_and_of_its_kept_bytes(city: City, tmp_path: Path) -> None:
    _make(city)
    export(city, "again", 1, "--by", "佐藤", "--reason", "壊れた")
    assert _verified(city) == set()
    columns = (
        "file_name",
        "spec",
        "postings",
        "yen",
        "first_posting_no",
        "last_posting_no",
        "sha256",
        "manifest_sha256",
    )
    whole = ("postings", "yen", "first_posting_no", "last_posting_no", "again_no")
    changes = [
        # The first posting stays before the last one: a server would refuse anything else by itself.
        f"UPDATE {table} SET {name} = {name} "
        + ("+ 1" if name == "first_posting_no" else "* 10 + 9" if name in whole else "|| '9'")
        for table, names in {
            "export": columns,
            "export_again": ("again_no", "made_by", "reason", "manifest_sha256"),
        }.items()
        for name in names
    ]
    for change in changes:
        shutil.rmtree(tmp_path / "copy", ignore_errors=True)
        copy = city.copy(tmp_path / "copy")
        copy.damage(change)
        assert "L513" in _verified(copy), change
    (sha256,) = _ledger(city, "SELECT sha256 FROM export")[0]
    (city.folder / "archive" / str(sha256)[:2] / str(sha256)).unlink()
    assert _verified(city) == {"L513"}
    again = export(city, "again", 1, "--by", "佐藤", "--reason", "もう一度")
    assert again.code == 1 and "保管庫" in again.err


def _verified(city: City) -> set[str]:
    ran = elqr("verify", "--job", city.job, "--date", NEXT.isoformat(), "--json")
    return set(codes(ran))


def _with_spec(city: City, text: str) -> Ran:
    folder = city.folder / "own"
    folder.mkdir()
    (folder / "collection_history_csv.toml").write_text(text, encoding="utf-8")
    city.job.write_text(
        city.job.read_text(encoding="utf-8").replace('out = "out"', 'out = "out"\nspecs = ["own"]'), encoding="utf-8"
    )
    return export(city, "make", "--by", "山田")


WRONG_SPECS = [
    ("知らない項目", _SPEC.replace('name = "funds_on"', 'name = "funded_on"'), "項目 funded_on は書き出せません"),
    ("符号の意味が足りない", _SPEC.replace('"3" = "過納", ', ""), "「消込結果」（result）に「過納」の符号がありません"),
    ("空欄を許さない内訳", _SPEC.replace("max_width = 11, blank = true", "max_width = 11"), "読み返せません（[F207]"),
    (
        "桁が足りない",
        _SPEC.replace(
            'title = "通知書番号", kind = "digits", max_width = 20',
            'title = "通知書番号", kind = "digits", max_width = 5',
        ),
        "読み返せません（[F201]",
    ),
    (
        "書き出しの様式でない",
        _SPEC.replace('purpose = "upload"', 'purpose = "notice"'),
        "書き出しの様式（purpose = upload）ではありません",
    ),
]


@pytest.mark.parametrize(("name", "text", "said"), WRONG_SPECS, ids=[row[0] for row in WRONG_SPECS])
def test_a_spec_that_cannot_say_it_is_refused_and_nothing_is_recorded(
    city: City, name: str, text: str, said: str
) -> None:
    assert text != _SPEC
    ran = _with_spec(city, text)
    assert ran.code == 1 and said in ran.err and ran.err.count("\n") == 1
    assert _ledger(city, "SELECT count(*) FROM export") == [(0,)] and not export_folder(city, "000001").exists()


_FIXED = """
name = "collection_history_csv"
title = "固定長の収納履歴"
purpose = "upload"
layout = "fixed"
verified = true
grade = "LOW"
sources = ["試験"]
charsets = ["cp932"]
line_ends = ["crlf"]
record_bytes = 40
recognize = { record = "history", fields = ["posting_no"] }
[[record]]
name = "history"
title = "収納履歴"
tag = "D"
follows = ["start", "history"]
closes = true
opens_group = true
fields = [
  { name = "kind", title = "区分", kind = "const", width = 1, value = "D" },
  { name = "posting_no", title = "仕訳番号", kind = "count", width = 9 },
  { name = "result", title = "結果", kind = "code", width = 2, values = { "A1" = "消込済", "A2" = "一部", "A3" = "過納", "A9" = "取消・訂正" } },
  { name = "bill_no", title = "通知書番号", kind = "digits", width = 6 },
  { name = "amount_yen", title = "収納額", kind = "yen", width = 9 },
  { name = "rest", title = "予備", kind = "filler", width = 13 },
]
"""


def test_a_city_replaces_the_format_without_python_even_by_a_fixed_one(city: City) -> None:
    ran = _with_spec(city, _FIXED)
    assert ran.code == 0, ran.err
    lines = (export_folder(city, "000001") / "elqr_history_000001.dat").read_bytes().split(b"\r\n")
    assert lines[0] == b"D000000001A1100001000010000" + b" " * 13 and len(lines) == 10
