"""A city whose clerk keeps the notices in Excel: taken in, told, mended, withdrawn, and proved from the book itself."""

from datetime import date
from pathlib import Path

import pytest

from elqr.disk.content import sha256_of
from tests.builders import NIGHT, REGISTER, ROOT, City, barcode, codes, elqr, notice_row, transfer_file, transfer_row
from tests.cases.notice_book import excel_csv, notice_book
from tests.cases.prepared import prepared

_NAME = "納付書.xlsx"
_GOOD = notice_row(customer_no="0012345", barcode=barcode("1", 10_000, date(2026, 11, 30)))
_BAD = (
    notice_row(bill_no="100002", customer_no=345),
    notice_row(bill_no="100003", due_on="11/9"),
    notice_row(bill_no="100004", principal_yen=0),
)
_TOLD = [
    ("N626", f"{_NAME} 3行目 U列「口座振替顧客番号」（2件目）"),
    ("F202", f"{_NAME} 4行目 K列「納期限」（3件目）"),
    ("N602", f"{_NAME} 5行目「合計額」（4件目）"),
]


def _put(city: City, *rows: dict[str, object], name: str = _NAME) -> Path:
    path = city.folder / "notices" / name
    path.write_bytes(notice_book(*rows))
    return path


def _founded(folder: Path) -> City:
    city = City.founded(folder)
    _put(city, _GOOD, *_BAD)
    assert city.night().code == 3
    return city


@pytest.fixture
def city(tmp_path: Path) -> City:
    return prepared(tmp_path / "city", _founded)


def test_the_night_takes_a_book_in_and_proves_it_from_its_bytes(city: City) -> None:
    data = (city.folder / "notices" / _NAME).read_bytes()
    assert city.sql("SELECT sha256, rows_read, rows_new, rows_bad FROM notice_file") == [(sha256_of(data), 4, 1, 3)]
    city.deliver("t.dat", transfer_file(transfer_row(f"{12_345:020}", 10_000)))
    again = city.night()
    assert [(each["code"], each["at"]) for each in again.json["findings"]] == _TOLD  # type: ignore[attr-defined]
    page = (city.drawn() / "index.html").read_text(encoding="utf-8")
    assert "K列「納期限」" in page and "ファイルでこの行を直し" in page and "基幹システム側で" not in page
    (unknown,) = city.report("要確認一覧")
    assert unknown["近い納付書（候補）"] == "国民健康保険料 100001 1期（先頭の0）", (
        "the bank filled up the number to 20 digits"
    )
    (city.folder / "notices" / _NAME).unlink()
    proved = elqr("verify", "--job", city.job)
    assert proved.code == 0 and "取り込まなかった行 3" in proved.out
    assert elqr("replay", "--job", city.job, "--from", NIGHT.isoformat()).code == 0


def test_a_mended_book_ends_what_was_told_and_a_check_records_nothing(city: City) -> None:
    mended = [row | {"customer_no": "0000345", "due_on": date(2026, 11, 9), "principal_yen": 10_000} for row in _BAD]
    mended = [row | {"customer_no": f"000{no}345"} for no, row in enumerate(mended)]
    path, before = _put(city, *mended, _GOOD), city.ledger_state()
    checked = elqr("notice", "check", path, "--job", city.job)
    assert checked.code == 0 and "取り込む行 3" in checked.out and "登録済と同じ行 1　断る行 0" in checked.out
    assert city.ledger_state() == before
    assert elqr("notice", "import", path, "--job", city.job, "--json").json["result"] == "新規3 変更なし1 指摘0"
    assert codes(city.night()) == []
    assert elqr("verify", "--job", city.job).code == 0


def test_a_row_is_withdrawn_and_sent_again_with_the_same_bar_code(city: City) -> None:
    """Nothing was paid or released: the corrected row has the next 発行連番, and the old paper is not printed any more."""
    path = _put(city, _GOOD | {"change_kind": "9"}, _GOOD | {"issue_no": 2, "address": "見本市正しい町1"})
    ran = elqr("notice", "import", path, "--job", city.job, "--json")
    assert ran.json["findings"] == [] and ran.json["result"] == "新規2 変更なし0 指摘0"
    assert elqr("notice", "issue", "--job", city.job).out.startswith("発行 1件 10,000円")
    assert [key[1:] for key in city.issued()] == [("100001", 1, 1), ("100001", 1, 2)]
    assert city.sql("SELECT issue_no, barcode = (SELECT barcode FROM notice WHERE notice_no = 1) FROM notice") == [
        (1, 1),
        (2, 1),
    ]
    assert city.sql("SELECT notice_no FROM notice_cancel") == [(1,)]
    assert city.sql("SELECT sum(principal_yen), count(*) FROM claim_entry") == [(10_000, 1)], "only the paper changed"


def test_a_csv_that_was_once_read_to_the_letter_still_proves(tmp_path: Path) -> None:
    city = City.founded(tmp_path / "city")
    (city.folder / "own").mkdir()
    spec = (ROOT / "specs" / "notice_csv.toml").read_text(encoding="utf-8")
    (city.folder / "own" / "notice_csv.toml").write_text(spec.replace("spreadsheet = true\n", ""), encoding="utf-8")
    job = city.job.read_text(encoding="utf-8")
    path = city.folder / "rows.csv"
    path.write_text(excel_csv(_GOOD, notice_row(bill_no="１００００２"), blank_rows=2), encoding="utf-8")
    own = city.folder / "own.toml"
    own.write_text('specs = ["own"]\n' + job, encoding="utf-8")
    assert "指摘4" in elqr("notice", "import", path, "--job", own).out
    assert elqr("verify", "--job", city.job).code == 0
    assert "新規2" in elqr("notice", "import", path, "--job", city.job).out
    assert elqr("verify", "--job", city.job).code == 0


def test_notices_of_a_procedure_that_is_not_live_are_told(tmp_path: Path) -> None:
    """They are taken in and get no eL-QR; whoever forgot the day must not find out from the paper."""
    city = City.founded(tmp_path / "city", register=REGISTER.replace("go_live_on = 2026-10-01", "", 1))
    path, words = _put(city, _GOOD, notice_row(bill_no="100009")), "eL-QR を付けない納付書　国民健康保険料 2件"
    assert words in elqr("notice", "check", path, "--job", city.job).out
    assert words in elqr("night", city.job).out and city.issued() == {}
    again = elqr("night", city.job)
    assert words not in again.out, "told when they came"
    assert "国民健康保険料" in elqr("notice", "issue", "--job", city.job).err
    assert "eL-QR を付けず、KPI に数えない: 国民健康保険料" in elqr("doctor", "--job", city.job).out


def test_a_lost_character_is_told_as_such_also_where_the_notice_is_known(city: City) -> None:
    """The same list, saved by Excel as Shift_JIS: a re-issue would print the broken name."""
    whole = notice_row(bill_no="100020", payer_name="𠮷田 花子")
    _put(city, whole)
    assert elqr("notice", "import", city.folder / "notices" / _NAME, "--job", city.job).code == 0
    (city.folder / "notices" / "list.csv").write_bytes(excel_csv(whole).encode("cp932", "replace"))
    ran = elqr("notice", "check", city.folder / "notices" / "list.csv", "--job", city.job, "--json")
    assert codes(ran) == ["N627"]
