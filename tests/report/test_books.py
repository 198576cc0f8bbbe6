"""The night's workbooks: who gets what, with figures counted by hand; and what comes back from other programs."""

import hashlib
import io
import zipfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.worksheet.worksheet import Worksheet
from pypdfium2 import PdfDocument

from elqr.report.books import file_stems, outcomes
from elqr.report.excel.book import Check
from elqr.report.excel.row_mark import digest, marks
from elqr.report.excel.workbook import book_bytes
from elqr.report.selection import Edition, Selection
from elqr.vocabulary.meanings import RULING_MEANINGS
from elqr.vocabulary.ruling_terms import WRITTEN_RULINGS, Ruling
from tests.builders import (
    EVERY_REPORT,
    NIGHT,
    REAL_BARCODE,
    REAL_NOTICE,
    REAL_PAYMENT,
    REGISTER,
    City,
    cvs_file,
    cvs_row,
    eltax_file,
    notice_row,
    transfer_file,
    transfer_row,
)
from tests.cases.small_book import book, table
from tests.office import calculated, needs_office, printed
from tests.report.invented import books_of, exceptions, register

DECISIONS = ["決裁", "対象の納付番号", "決裁の理由", "担当"]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """A night with, by hand: 39,500 twice (the second into suspense), 10,100 for 10,000, 9,000 and 500 for nobody."""
    city = City.founded(tmp_path_factory.mktemp("city") / "city", reports=EVERY_REPORT)
    city.notices(
        REAL_NOTICE, notice_row(customer_no="A1"), notice_row(bill_no="2", customer_no="B2", principal_yen=9_000)
    )
    city.deliver("eltax.csv", eltax_file(REAL_PAYMENT))
    city.deliver("cvs.dat", cvs_file(cvs_row(REAL_BARCODE, paid_on=date(2024, 6, 10))))
    city.deliver(
        "=t.dat", transfer_file(transfer_row("A1", 10_100), transfer_row("B2", 9_000), transfer_row("0012", 500))
    )
    assert city.night().code == 3
    return city


def _folder(city: City) -> Path:
    return city.folder / "out" / NIGHT.isoformat()


def _sheet(city: City, stem: str, sheet: str) -> Worksheet:
    found = load_workbook(_folder(city) / f"{stem}.xlsx")[sheet]
    assert isinstance(found, Worksheet)
    return found


def _rows(worksheet: Worksheet) -> list[dict[str, object]]:
    names, *rows = worksheet.iter_rows(min_row=7, values_only=True)
    return [dict(zip(map(str, names), row, strict=True)) for row in rows]


def _checks(rows: list[list[str]]) -> dict[tuple[str, str, str], tuple[str, str, str]]:
    """(表, 項目, 条件) → (Excelの計算, elqrの値, 判定)."""
    return {(row[0], row[1], row[2]): (row[3], row[4], row[5]) for row in rows[4:]}


def test_every_audience_gets_its_book(city: City) -> None:
    found = {path.stem: load_workbook(path).sheetnames for path in _folder(city).glob("*.xlsx")}
    about = ["合計の確認", "記入のしかた", "この帳票について"]
    department = ["要確認一覧", "組替", "消込結果", *about]
    assert found == {
        "要確認": ["要確認一覧", "組替", *about],
        "税料": ["消込結果", "納付書取込結果", "KPI表", "合計の確認", "この帳票について"],
        "会計": ["収納日計表", "行き先の確認", "決裁一覧", "取込結果", "合計の確認", "この帳票について"],
        "過誤納整理簿": ["過誤納整理簿", *about],
        "所管課_市民税課": department,
        "所管課_保険年金課": department,
        "所管課_上下水道局": department,
    }


def test_the_review_book_holds_every_exception_oldest_first(city: City) -> None:
    worksheet = _sheet(city, "要確認", "要確認一覧")
    rows = _rows(worksheet)
    shown = [(row["理由"], row["領収日"], row["領収額"], row["仮受額"], row["所管課"]) for row in rows]
    assert shown == [
        ("二重納付", datetime(2024, 6, 10), 39_500, 39_500, "市民税課"),
        ("該当なし", datetime(2026, 11, 2), 500, 500, "会計（所管課不明）"),
        ("過納", datetime(2026, 11, 2), 10_100, 100, "保険年金課"),
    ]
    keys = {row["理由"]: row["照会キー"] for row in rows}
    assert keys["該当なし"] == "0012" and rows[0]["通知書番号"] == "2024010101043"
    assert {row["ファイル"] for row in rows} == {"cvs.dat", "=t.dat"}
    assert [row[name] for row in rows for name in DECISIONS] == [None] * 12
    totals = {str(worksheet.cell(7, at).value): worksheet.cell(5, at).value for at in range(1, 31)}
    assert {name: yen for name, yen in totals.items() if isinstance(yen, int)} == {
        "領収額": 50_100,
        "仮受額": 40_100,
        "収納額": 10_000,
    }


def test_only_decisions_can_be_written_and_the_marks_are_hidden(city: City) -> None:
    worksheet = _sheet(city, "要確認", "要確認一覧")
    names = [str(cell.value) for cell in worksheet[7]]
    unlocked = {
        (cell.row, names[cell.column - 1])
        for row in worksheet.iter_rows()
        for cell in row
        if not cell.protection.locked
    }
    assert unlocked == {(row, name) for row in (8, 9, 10) for name in DECISIONS} and worksheet.protection.sheet
    hidden = [
        names[at] for at, cell in enumerate(worksheet[7]) if worksheet.column_dimensions[cell.column_letter].hidden
    ]
    assert hidden == names[-2:] == ["行の識別", "行の照合値"]
    choices = next(rule for rule in worksheet.data_validations.dataValidation if rule.type == "list")
    words = "納付書に充てる,還付候補,充当,保留,差戻し,当市の収納でない,訂正（先の収納に代える）,収納の取消,確認のみ"
    assert choices.formula1 == f'"{words}"'
    assert len(choices.formula1) <= 257, "Excel takes 255 characters of a list"


def test_reassignments_are_written_in_blank_rows_and_nowhere_else(city: City) -> None:
    for stem in ("要確認", "所管課_保険年金課"):
        worksheet = _sheet(city, stem, "組替")
        heads = {cell.column: cell.value for cell in worksheet[7]}
        assert list(heads.values()) == ["行", "受付番号", "対象の納付番号", "組替の理由", "担当"]
        unlocked = {cell.coordinate for row in worksheet.iter_rows() for cell in row if not cell.protection.locked}
        assert unlocked == {f"{column}{row}" for column in "BCDE" for row in range(8, 33)}
        assert worksheet.protection.sheet
        assert [row["行"] for row in _rows(worksheet)] == list(range(1, 26))
        assert worksheet["A4"].value.startswith('="Excelの合計（"') and "25行" in worksheet["A1"].value
        ranges = {str(rule.sqref): rule.type for rule in worksheet.data_validations.dataValidation}
        assert ranges == {"B8:B32": "custom", "C8:C32": "custom", "D8:D32": "textLength", "E8:E32": "textLength"}


def test_every_ruling_has_a_label_and_a_meaning(city: City) -> None:
    guide = {row[0]: row[1] for row in _sheet(city, "要確認", "記入のしかた").iter_rows(values_only=True)}
    assert set(RULING_MEANINGS) == set(Ruling) and len({ruling.label for ruling in Ruling}) == len(Ruling)
    for ruling in WRITTEN_RULINGS:
        assert "," not in ruling.label and guide[ruling.label] == RULING_MEANINGS[ruling]


def test_a_book_says_of_which_night_and_ledger_it_is(city: City) -> None:
    facts = {
        row[2]: row[1] for row in _sheet(city, "要確認", "この帳票について").iter_rows(min_row=4, values_only=True)
    }
    ((run_id, run_hash),) = city.sql("SELECT run_id, hash FROM run")
    assert (facts["form"], facts["night_on"], facts["city"]) == ("elqr-review-1", "2026-11-20", "見本市")
    assert (facts["run_id"], facts["run_hash"], facts["ledger"]) == (run_id, run_hash, run_hash)
    assert (facts["rows"], facts["paid_yen"], facts["suspense_yen"]) == (3, 50_100, 40_100)
    rows = _rows(_sheet(city, "要確認", "要確認一覧"))
    lines = sorted(f"{row['行の識別']} {row['行の照合値']}" for row in rows)
    assert facts["digest"] == hashlib.sha256("\n".join(lines).encode()).hexdigest()


def test_a_row_is_marked_by_its_record_and_by_what_the_ledger_says() -> None:
    found = exceptions(2)
    identity, mark = marks(found).row(0)[1:]
    key, paid_on = found["key_digits"][0], found["paid_on"][0].isoformat()
    text = [
        f"{1:064x}:1",
        "cvs",
        "confirmed",
        "check_no_differs",
        "exception",
        "same_slip,other_channel",
        "100",
        "0",
        "100",
    ]
    text += [paid_on, "elqr", key, "kokuho", "2026", f"{1:015d}", "1", "1", f"{1:010d}", "100", "\x00"]
    assert identity == f"{1:064x}:1"
    assert mark == hashlib.sha256("\x1f".join(text).encode()).hexdigest()[:32]
    for name, value in (("outcome", "overpaid"), ("suspense_yen", 99), ("key_digits", "9"), ("bill_no", None)):
        changed = found.with_columns(pl.lit(value, dtype=found.schema[name]).alias(name))
        assert marks(changed)["行の識別"].to_list() == marks(found)["行の識別"].to_list()
        assert not set(marks(changed)["行の照合値"]) & set(marks(found)["行の照合値"]), name
    later = found.with_columns(pl.lit("other.dat").alias("file_name"))
    assert marks(later).equals(marks(found)), "the name of a delivery is not what a decision rests on"
    assert digest(marks(found)) == digest(marks(found.reverse())) != digest(marks(found.head(1)))


def test_a_department_sees_its_own_and_finance_sees_the_rest_too(city: City) -> None:
    found = {
        name: [
            (row["理由"], row["仮受額"]) for row in _rows(_sheet(city, f"所管課_{name}", "要確認一覧")) if row["理由"]
        ]
        for name in ("市民税課", "保険年金課", "上下水道局")
    }
    assert found == {"市民税課": [("二重納付", 39_500)], "保険年金課": [("過納", 100)], "上下水道局": []}
    results = [row["領収額"] for row in _rows(_sheet(city, "所管課_保険年金課", "消込結果"))]
    assert sorted(results) == [9_000, 10_100]  # type: ignore[type-var]


def test_nobody_is_named_in_a_workbook(city: City) -> None:
    seen = 0
    for path in _folder(city).glob("*.xlsx"):
        with zipfile.ZipFile(path) as package:
            for name in package.namelist():
                seen += 1
                text = package.read(name).decode()
                assert "架空" not in text and "ｶｸｳ" not in text and "invented-secret" not in text, (path, name)
    assert seen > 60


def test_running_again_writes_the_same_workbooks(city: City, tmp_path: Path) -> None:
    again = city.copy(tmp_path / "again")
    assert again.night().json["changed"] is False
    for path in _folder(city).glob("*.xlsx"):
        assert (_folder(again) / path.name).read_bytes() == path.read_bytes(), path.name


def test_what_people_wrote_is_never_overwritten(city: City, tmp_path: Path) -> None:
    again = city.copy(tmp_path / "again")
    path = _folder(again) / "要確認.xlsx"
    fresh = path.read_bytes()
    for number in (1, 2):
        workbook = load_workbook(path)
        worksheet = workbook["要確認一覧"]
        column = [cell.value for cell in worksheet[7]].index("決裁") + 1
        worksheet.cell(8, column).value = Ruling.REFUND.label
        worksheet.cell(9, column).value = f"{number}"
        workbook.save(path)
        written = path.read_bytes()
        ran = again.night()
        assert f"要確認（控え{number}）.xlsx" in ran.err and path.read_bytes() == fresh
        assert (_folder(again) / f"要確認（控え{number}）.xlsx").read_bytes() == written
    assert again.night().err == ""
    assert len(list(_folder(again).glob("*控え*"))) == 2
    (_folder(again) / "会計.xlsx").write_bytes(b"nobody writes in it")
    again.night()
    assert len(list(_folder(again).glob("*控え*"))) == 2


def test_a_book_that_nobody_wrote_in_is_not_kept(city: City, tmp_path: Path) -> None:
    """Saved anew by another program, nothing filled in; with a comment somebody has written in it."""
    again = city.copy(tmp_path / "again")
    path = _folder(again) / "要確認.xlsx"
    fresh = path.read_bytes()
    load_workbook(path).save(path)
    assert path.read_bytes() != fresh
    assert again.night().err == "" and path.read_bytes() == fresh
    workbook = load_workbook(path)
    workbook["要確認一覧"].cell(8, 1).comment = Comment("電話済", "山田")
    workbook.save(path)
    assert "控え1" in again.night().err


def test_a_report_that_cannot_be_written_keeps_no_other_back(city: City, tmp_path: Path) -> None:
    """A folder stands in the place of two files, as an open book does on Windows: they are named, the rest is new."""
    again = city.copy(tmp_path / "again")
    folder = _folder(again)
    for name in ("会計.xlsx", "消込結果.csv"):
        (folder / name).unlink()
        (folder / name / "x").mkdir(parents=True)
    for path in folder.iterdir():
        if path.is_file() and path.suffix != ".xlsx":
            path.write_bytes(b"old")
    ran = again.night()
    assert ran.code == 1 and "会計.xlsx" in ran.err and "消込結果.csv" in ran.err and "書きました" in ran.err
    left = [path.name for path in folder.iterdir() if path.is_file() and path.read_bytes() == b"old"]
    assert left == [] and not [path for path in folder.iterdir() if path.name.startswith(".")]
    assert list(folder.glob("runs/*/run.json")), "the run is on record"
    for name in ("会計.xlsx", "消込結果.csv"):
        (folder / name / "x").rmdir()
        (folder / name).rmdir()
    assert again.night().code in (0, 3, 4) and (folder / "会計.xlsx").is_file()


def test_a_rehearsal_writes_no_workbook(city: City, tmp_path: Path) -> None:
    again = city.copy(tmp_path / "again")
    for path in _folder(again).glob("*.xlsx"):
        path.unlink()
    again.night(NIGHT, "--dry-run")
    assert not list(_folder(again).glob("*.xlsx"))


def test_an_empty_night_still_has_every_book(tmp_path: Path) -> None:
    empty = City.founded(tmp_path / "city", reports=EVERY_REPORT)
    assert empty.night().code == 0
    books = sorted(path.stem for path in _folder(empty).glob("*.xlsx"))
    assert books == [
        "会計",
        "所管課_上下水道局",
        "所管課_保険年金課",
        "所管課_市民税課",
        "税料",
        "要確認",
        "過誤納整理簿",
    ]
    worksheet = _sheet(empty, "要確認", "要確認一覧")
    assert str(worksheet["A2"].value).startswith("該当する行はありません。")
    facts = {
        row[2]: row[1] for row in _sheet(empty, "要確認", "この帳票について").iter_rows(min_row=4, values_only=True)
    }
    assert (facts["rows"], facts["suspense_yen"], facts["run_id"]) == (0, 0, "")


def test_names_of_departments_make_file_names_for_windows() -> None:
    names = ["A/B課", "A:B課", 'x<>"|?*\\', "末尾の点. ", "\x07課", "...", "ABC", "abc", "課" * 90]
    assert file_stems(names) == [
        "A／B課", "A：B課", "x＜＞”｜？＊＼", "末尾の点", "課", "名称なし", "ABC", "abc（2）", "課" * 50,
    ]  # fmt: skip


def test_a_hostile_register_stays_text() -> None:
    name = "=HYPERLINK(1)/*?𠮷課"
    own = register(REGISTER.replace("保険年金課", name).replace("国民健康保険料", "=1+1*?~'𠮷"))
    found = books_of(exceptions(6), own, city="=A&B[市]")
    assert "所管課_=HYPERLINK(1)／＊？𠮷課.xlsx" in found
    for made in found.values():
        workbook = load_workbook(io.BytesIO(book_bytes(made)))
        for worksheet in workbook:
            for row in worksheet.iter_rows(min_row=8):
                texts = [cell for cell in row if cell.data_type == "f"]
                assert not texts or worksheet.title == "合計の確認"


@pytest.fixture(scope="module")
def recalculated(city: City, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], list[list[str]]]:
    return calculated(tmp_path_factory.mktemp("office"), *_folder(city).glob("*.xlsx"))


@needs_office
def test_another_program_comes_to_the_same_sums(recalculated: dict[tuple[str, str], list[list[str]]]) -> None:
    review = _checks(recalculated["要確認", "合計の確認"])
    assert review["要確認一覧", "行の数", "すべて"] == ("3", "3", "一致")
    assert review["要確認一覧", "領収額", "すべて"] == ("50100", "50100", "一致")
    assert review["要確認一覧", "仮受額", "すべて"] == ("40100", "40100", "一致")
    assert review["要確認一覧", "仮受額", "理由＝二重納付"] == ("39500", "39500", "一致")
    assert review["要確認一覧", "仮受額", "理由＝過納"] == ("100", "100", "一致")
    finance = _checks(recalculated["会計", "合計の確認"])
    assert finance["収納日計表", "収納額", "すべて"] == ("58500", "58500", "一致")
    assert finance["収納日計表", "収納額", "手続＝国民健康保険料"] == ("19000", "19000", "一致")
    assert finance["行き先の確認", "受信金額", "区分＝ファイル"] == ("98600", "98600", "一致")
    assert finance["行き先の確認", "要確認件数", "区分＝手続×年度"] == ("3", "3", "一致")
    assert finance["取込結果", "金額", "すべて"] == ("98600", "98600", "一致")
    refunds = _checks(recalculated["過誤納整理簿", "合計の確認"])
    assert refunds["過誤納整理簿", "還付・充当候補額", "すべて"] == ("39600", "39600", "一致")
    assert refunds["過誤納整理簿", "過誤納額", "状態＝要確認"] == ("39600", "39600", "一致")
    seen = [
        line for (_, sheet), rows in recalculated.items() if sheet == "合計の確認" for line in _checks(rows).values()
    ]
    assert len(seen) > 80 and {verdict for *_, verdict in seen} == {"一致"}


@needs_office
def test_another_program_reads_the_rows_as_they_are(recalculated: dict[tuple[str, str], list[list[str]]]) -> None:
    rows = recalculated["要確認", "要確認一覧"]
    assert rows[2][0] == "表示中の計（3件）" and rows[5][0] == "件数　一致"
    cells = {cell for row in rows[7:] for cell in row}
    assert {"0012", "2024010101043", "=t.dat", "二重納付"} <= cells
    assert not any(cell.startswith(("#", "Err:")) for rows in recalculated.values() for row in rows for cell in row)


@needs_office
def test_a_yen_changed_in_the_file_shows(city: City, tmp_path: Path) -> None:
    """The sums are of what stands in the sheet: one yen more in one cell, and it no longer agrees."""
    changed = tmp_path / "要確認.xlsx"
    with zipfile.ZipFile(_folder(city) / "要確認.xlsx") as made, zipfile.ZipFile(changed, "w") as package:
        for name in made.namelist():
            data = made.read(name)
            if name == "xl/worksheets/sheet1.xml":
                head, row = data[: data.index(b'<row r="8"')], data[data.index(b'<row r="8"') :]
                assert row.count(b"<v>39500</v>") == 3
                data = head + row.replace(b"<v>39500</v>", b"<v>39501</v>", 2)
            package.writestr(name, data)
    found = calculated(tmp_path, changed)
    checks = _checks(found["要確認", "合計の確認"])
    assert checks["要確認一覧", "領収額", "すべて"] == ("50101", "50100", "不一致")
    assert checks["要確認一覧", "仮受額", "理由＝二重納付"] == ("39501", "39500", "不一致")
    assert checks["要確認一覧", "収納額", "すべて"] == ("10000", "10000", "一致")
    assert found["要確認", "合計の確認"][2][0] == "不一致があります"
    assert found["要確認", "要確認一覧"][5].count("不一致") == 2


@needs_office
def test_none_one_and_divided_rows_add_up_in_another_program(tmp_path: Path) -> None:
    few = {"none": book(table([])), "one": book(table(["a"], [77])), "parts": book(table(list("abcdefg")))}
    for name, made in few.items():
        (tmp_path / f"{name}.xlsx").write_bytes(book_bytes(made, most_rows=3))
    found = calculated(tmp_path, *(tmp_path / f"{name}.xlsx" for name in few))
    sums = {name: [tuple(row[3:]) for row in found[name, "合計の確認"][4:]] for name in few}
    assert sums == {
        "none": [("0", "0", "一致"), ("0", "0", "一致")],
        "one": [("1", "1", "一致"), ("77", "77", "一致")],
        "parts": [("7", "7", "一致"), ("2800", "2800", "一致")],
    }
    assert [found["parts", sheet][3][2] for sheet in ("表", "表（2）", "表（3）")] == ["600", "1500", "700"]


@needs_office
def test_hostile_names_are_compared_as_they_are_written(tmp_path: Path) -> None:
    """Sums of 1, 10, 100, …: each condition finds its own row and no other."""
    names = ['>*"~?', '>xx"~y', "=1+1*", "=1+12", "<>", "a*", "ab", "a~*", "𠮷?", "𠮷野", "#N/A", "1"]
    yen = [10**at for at in range(len(names))]
    checks = tuple(Check(name, own, "円", ("名", name)) for name, own in zip(names, yen, strict=True))
    own = book(table(names, yen), checks=checks)
    (tmp_path / "b.xlsx").write_bytes(book_bytes(replace(own, city="=A&B[市]")))
    rows = calculated(tmp_path, tmp_path / "b.xlsx")["b", "合計の確認"][6:]
    assert [(row[1], row[3], row[5]) for row in rows] == [(n, str(y), "一致") for n, y in zip(names, yen, strict=True)]


@needs_office
def test_a_book_prints_on_a4_landscape_with_its_heading_on_every_page(tmp_path: Path) -> None:
    path = tmp_path / "要確認.xlsx"
    path.write_bytes(book_bytes(books_of(exceptions(150))["要確認.xlsx"]))
    pdf = PdfDocument(printed(tmp_path, path))
    texts = [page.get_textpage().get_text_range() for page in pdf]
    assert {tuple(round(side) for side in page.get_size()) for page in pdf} == {(842, 595)}
    listed = [text for text in texts if text.startswith("見本市 要確認一覧")]
    (blank,) = (text for text in texts if text.startswith("見本市 組替"))
    assert "組替の理由" in blank and "25行" in blank, "a page of its own"
    assert len(listed) >= 2 and all("決裁の理由" in text and "担当" in text for text in listed)
    assert "担当者の判断を待つ収納" in listed[0] and listed[0].count("1,132,500") >= 4, "two columns, summed twice"
    assert not any("行の照合値" in text or "照会キー" in text for text in listed)
    assert any("R8." in text for text in listed) and "1／" in texts[0]


@needs_office
def test_fifty_thousand_exceptions_stay_usable(tmp_path: Path) -> None:
    path = tmp_path / "要確認.xlsx"
    path.write_bytes(book_bytes(books_of(exceptions(50_000))["要確認.xlsx"]))
    assert path.stat().st_size < 15_000_000
    found = calculated(tmp_path, path)
    checks = _checks(found["要確認", "合計の確認"])
    assert checks["要確認一覧", "行の数", "すべて"] == ("50000", "50000", "一致")
    assert checks["要確認一覧", "仮受額", "すべて"] == ("125002500000", "125002500000", "一致"), (
        "100 × (1 + … + 50,000)"
    )
    rows = found["要確認", "要確認一覧"]
    assert len(rows) == 50_007 and [rows[7][0], rows[-1][0]] == ["1", "50000"]


def test_a_very_large_night_lists_what_is_not_plain_and_says_where_all_of_it_is() -> None:
    """By hand: of the four outcomes one is 一致; over three rows it is left to the CSV."""
    found = exceptions(4).with_columns(outcome=pl.Series(["matched", "late", "underpaid", "key_unknown"]))
    edition = Edition("見本市", NIGHT, register(), Selection())
    whole, some = (outcomes(found, edition, most=most) for most in (4, 3))
    assert whole.frame["消込結果"].to_list() == ["一致", "支払期限後の納付", "不足", "該当なし"]
    assert some.frame["消込結果"].to_list() == ["支払期限後の納付", "不足", "該当なし"]
    assert "収納が4件あるので" in some.note and "3件だけ" in some.note and "消込結果.csv" in some.note
    assert some.total("領収額") == whole.total("領収額") - found["paid_yen"][0]
