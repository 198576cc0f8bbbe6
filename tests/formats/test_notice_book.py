"""Notice files from Excel: a book and its CSV say what the file of the core system says, and what is wrong has a cell."""

import io
import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from elqr.formats import package
from elqr.formats.decode import Decoded, decode
from elqr.formats.dump import dump
from elqr.formats.recognize import recognize
from elqr.vocabulary.codes import Code
from elqr.vocabulary.limits import Limit
from tests.builders import NIGHT, REAL_NOTICE, SPECS, elqr, notice_file, notice_row
from tests.cases.notice_book import TITLES, Touch, excel_csv, notice_book

_SPEC = SPECS["notice_csv"]
_ROWS = (
    notice_row(principal_yen=1_234_567, customer_no="0012345", due_on=date(2026, 4, 1), issued_on=date(2026, 3, 9)),
    REAL_NOTICE | {"pension_no": "012345678901150202610", "barcode_until_on": date(2024, 7, 10)},
)


def _read(data: bytes, file: str = "納付書.xlsx") -> Decoded:
    return decode(data, _SPEC, file, NIGHT)


def _told(decoded: Decoded) -> list[tuple[str, str, str, str]]:
    """(code, place in the sheet, actual, expected) of every finding."""
    return [(each.code.value, each.at.field, each.actual, each.expected) for each in decoded.findings]


_MOVED = [*TITLES[7:], *TITLES[:7]]
_WIDE = [title.replace("・", "･").replace("MPN", "ＭＰＮ") + " " for title in TITLES]
SAME: dict[str, bytes] = {
    "ブック": notice_book(*_ROWS),
    "列の並びを変えたブック": notice_book(*_ROWS, titles=_MOVED),
    "下と右の空のあるブック": notice_book(*_ROWS, touch=lambda book, page: page.write_blank(9, 30, None, book.add_format())),
    "空白だけの下の行": notice_book(*_ROWS, touch=lambda _, page: page.write_string(5, 0, " ")),
    "隠れたシートのあるブック": notice_book(*_ROWS, touch=lambda book, _: book.add_worksheet("前の月").hide()),
    "ほかの表のあるブック": notice_book(*_ROWS, touch=lambda book, _: book.add_worksheet("控え").write_row(0, 0, ["氏名", 1])),
    "行を隠したブック": notice_book(*_ROWS, touch=lambda _, page: page.set_row(1, None, None, {"hidden": True})),
    "ExcelのCSV（UTF-8）": excel_csv(*_ROWS).encode("utf-8-sig"),
    "ExcelのCSV（BOMなし）": excel_csv(*_ROWS).encode(),
    "ExcelのCSV（Shift_JIS）": excel_csv(*_ROWS).encode("cp932"),
    "列の並びを変えたCSV": excel_csv(*_ROWS, titles=_MOVED).encode("cp932"),
    "下の空の行": excel_csv(*_ROWS, blank_rows=3).encode("cp932"),
    "右の空の列": excel_csv(*_ROWS, blank_rows=1, blank_columns=2).encode("cp932"),
    "全角の見出し": excel_csv(*_ROWS).replace(",".join(TITLES), ",".join(_WIDE)).encode("utf-8-sig"),
}  # fmt: skip


@pytest.mark.parametrize("data", SAME.values(), ids=SAME)
def test_whatever_excel_writes_is_the_same_rows(data: bytes) -> None:
    of_core, decoded = _read(notice_file(*_ROWS), "納付書.csv"), _read(data)
    assert decoded.findings == () == of_core.findings
    assert decoded.tables["notice"].equals(of_core.tables["notice"]) and decoded.record_count == 2
    assert set(decoded.sheet) == set(TITLES) and of_core.sheet == ()


MEANT: dict[str, tuple[str, object, object]] = {
    "ゼロのない日": ("due_on", "2026/4/1", date(2026, 4, 1)),
    "二桁の日": ("due_on", "2026/11/9", date(2026, 11, 9)),
    "短い和暦": ("due_on", "R8.11.9", date(2026, 11, 9)),
    "和暦": ("due_on", "令和8年11月9日", date(2026, 11, 9)),
    "全角の日": ("due_on", "２０２６／１１／９", date(2026, 11, 9)),
    "日付のセル": ("due_on", date(2026, 11, 9), date(2026, 11, 9)),
    "桁区切り": ("principal_yen", "12,345", 12_345),
    "全角の額": ("principal_yen", "１２，３４５円", 12_345),
    "数のセル": ("principal_yen", 12_345.0, 12_345),
    "小数のゼロの付いた文字": ("principal_yen", "12345.0", 12_345),
    "12桁の数のセル": ("bill_no", 123_456_789_012, "123456789012"),
    "15桁の数のセル": ("bill_no", 123_456_789_012_345, "123456789012345"),
    "全角の番号": ("bill_no", "１００００１", "100001"),
    "全角の年度": ("levy_year", "２０２６", 2026),
    "前後の空白": ("payer_name", "　架空 太郎 ", "架空 太郎"),
    "区切った納付番号": ("key_no", "0000 0202-4010 1010-4348", "00000202401010104348"),
}  # fmt: skip


def test_what_has_one_meaning_is_read() -> None:
    rows = [notice_row(**{name: written}) for name, written, _ in MEANT.values()]
    table = _read(notice_book(*rows)).tables["notice"]
    read = {case: table[name][no] for no, (case, (name, _, _)) in enumerate(MEANT.items())}
    assert read == {case: value for case, (_, _, value) in MEANT.items()}


UNCERTAIN: dict[str, tuple[str, object, Code, str, str, str]] = {
    "年のない日": ("due_on", "11/9", Code.NOT_A_DATE, "K列「納期限」", "11/9", ""),
    "ない日": ("due_on", "2026/11/31", Code.NOT_A_DATE, "K列「納期限」", "2026/11/31", ""),
    "書式のない日付のセル": ("due_on", 46_335, Code.NOT_A_DATE, "K列「納期限」", "46335", "日付なら 2026-11-09"),
    "小数の額": ("principal_yen", 12_345.5, Code.NOT_DIGITS, "H列「本税・本料」", "12345.5", ""),
    "負の額": ("principal_yen", -5, Code.NOT_DIGITS, "H列「本税・本料」", "-5", ""),
    "番号が日付になった": ("bill_no", date(2026, 1, 2), Code.NOT_DIGITS, "E列「通知書番号」", "2026/1/2", ""),
    "前のゼロが落ちた納付番号": ("key_no", 202_401_010_104_348, Code.NOT_DIGITS, "R列「案件特定キー」", "202401010104348", "先頭の 0 が落ちたのなら 00000202401010104348"),
    "前のゼロが落ちた確認番号": ("check_no", 12_345, Code.NOT_DIGITS, "S列「確認番号」", "12345", "先頭の 0 が落ちたのなら 012345"),
    "前のゼロが落ちた年金特徴番号": ("pension_no", "12345678901150202610", Code.NOT_DIGITS, "V列「年金特徴番号」", "＊＊＊", "先頭の 0 が落ちたのなら 0 を足した番号"),
    "16桁からの数のセル": ("key_no", 1.2345678901234567e19, Code.NOT_DIGITS, "R列「案件特定キー」", "1.23456789012346E+19", "下の桁が失われた"),
    "数になったバーコード": ("barcode", "9.196E+43", Code.NOT_DIGITS, "T列「コンビニバーコード」", "9.196E+43", "下の桁が失われた"),
    "ない区分": ("change_kind", 2, Code.NOT_IN_LIST, "A列「異動区分」", "2", ""),
    "真偽のセル": ("issue_no", "TRUE", Code.NOT_DIGITS, "G列「発行連番」", "＊", ""),
}  # fmt: skip


@pytest.mark.parametrize("as_book", [True, False], ids=["ブック", "CSV"])
def test_what_is_not_certain_is_told_with_its_cell_and_what_it_probably_was(as_book: bool) -> None:
    rows = [notice_row(due_on=date(2026, 4, 1)), *(notice_row(**{row[0]: row[1]}) for row in UNCERTAIN.values())]
    decoded = _read(notice_book(*rows) if as_book else excel_csv(*rows).encode())
    told = {case: finding for case, finding in zip(UNCERTAIN, sorted(decoded.findings), strict=True)}
    for line, (case, (_, _, code, place, actual, likely)) in enumerate(UNCERTAIN.items(), start=3):
        finding = told[case]
        assert (finding.code, finding.at.field) == (code, f"{line}行目 {place}"), case
        if as_book or case != "16桁からの数のセル":  # whose digits a CSV shows as it likes
            assert finding.actual == actual, case
        assert likely in finding.expected and "基幹システム" not in str(finding) and "送付元" not in str(finding)
        assert str(finding.at) == f"納付書.xlsx {line}行目 {place}（{line - 1}件目）"


def test_a_file_of_the_core_system_is_told_as_before() -> None:
    decoded = _read(notice_file(notice_row(), notice_row(bill_no="x")), "納付書.csv")
    (finding,) = decoded.findings
    assert str(finding.at) == "納付書.csv 2件目 「通知書番号」" and "基幹システム側で直し" in finding.remedy


_LESS = [title for title in TITLES if title != "納期限"]
HEADINGS: dict[str, tuple[list[str], list[tuple[str, str, str, str]]]] = {
    "書き違えた見出し": (
        ["郵便" if title == "郵便番号" else title for title in TITLES],
        [("F109", "1行目 P列「郵便」", "知らない見出し「郵便」", "「郵便番号」。いらない列なら削除する")],
    ),
    "知らない見出し": (
        [*TITLES, "備考"],
        [("F109", "1行目 AA列「備考」", "知らない見出し「備考」", "いらない列なら削除する")],
    ),
    "二つある見出し": ([*TITLES, "住所"], [("F109", "1行目 AA列「住所」", "二つ目の「住所」", "一度だけ")]),
    "足りない見出し": (_LESS, [("F109", "1行目", "見出し「納期限」がない", "納期限")]),
    "見出しのない列": (
        ["", *TITLES],
        [("F109", "1行目 A列", "見出しのない列", "いらない列なら削除する")],
    ),
    "見出しでない一行目": (["令和8年度 納付書一覧"], [("F109", "1行目", "見出しでない行（1項目）", "見出しの行")]),
}  # fmt: skip


@pytest.mark.parametrize(("titles", "told"), HEADINGS.values(), ids=HEADINGS)
def test_a_wrong_heading_is_told_with_the_one_that_it_is_near_to(
    titles: list[str], told: list[tuple[str, str, str, str]]
) -> None:
    assert _told(_read(notice_book(notice_row(), titles=titles))) == told


def test_a_value_beside_the_headings_is_told() -> None:
    decoded = _read(notice_book(notice_row(), notice_row(), touch=lambda _, page: page.write_string(1, 28, "x")))
    assert ("F108", "2行目", "29項目", "26項目") in _told(decoded)


def test_a_blank_row_between_others_is_told_and_counted() -> None:
    rows = _read(notice_book(notice_row(), {}, notice_row(bill_no="x"))).findings
    assert {each.at.field.split()[0] for each in rows} == {"3行目", "4行目"}


def _formula(_: object, page: object) -> None:
    page.write_formula("H2", "=5000+5000", None, 10_000)  # type: ignore[attr-defined]


def _second(book: object, _: object) -> None:
    book.add_worksheet("写し").write_row(0, 0, TITLES)  # type: ignore[attr-defined]


UNFIT: dict[str, tuple[Touch, str, str]] = {
    "数式": (_formula, "シート「納付書」の数式（H2）", "値の貼り付け"),
    "結合したセル": (lambda _, page: page.merge_range("A4:B5", "x"), "シート「納付書」の結合したセル（A4:B5）", "結合を解除"),
    "見出しのあるシートが二枚": (_second, "見えるシート 納付書・写し", "一枚"),
    "見えるシートがない": (lambda book, page: (book.add_worksheet("空").activate(), page.hide()), "中身のある見えるシートがない", "一枚"),
    "離れたセル": (lambda _, page: page.write_string(1_000_000, 3, "x"), "セル D1000001 まであって広すぎます", ""),
}  # fmt: skip


@pytest.mark.parametrize(("touch", "actual", "wanted"), UNFIT.values(), ids=UNFIT)
def test_a_book_in_which_people_see_something_else_is_refused(touch: Touch, actual: str, wanted: str) -> None:
    decoded = _read(notice_book(notice_row(), touch=touch))
    (finding,) = decoded.findings
    assert decoded.tables == {} and finding.code is Code.BOOK_UNFIT
    assert actual in finding.actual and wanted in finding.expected


def test_a_sheet_with_nothing_but_a_cell_far_away_is_not_read() -> None:
    """The grid of its cells would fill the memory."""
    data = notice_book(titles=[], touch=lambda _, page: page.write_string(1_048_575, 16_383, "x"))
    (finding,) = _read(data).findings
    assert finding.code is Code.BOOK_UNFIT and "XFD1048576 まであって広すぎます" in finding.actual


def _repacked(change: Callable[[str, bytes], bytes]) -> bytes:
    whole = io.BytesIO()
    source = zipfile.ZipFile(io.BytesIO(notice_book(notice_row())))
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in source.namelist():
            packed.writestr(name, change(name, source.read(name)))
    return whole.getvalue()


def test_an_error_of_excel_is_no_blank() -> None:
    error = b'<c r="U2" t="e"><v>#N/A</v></c></row></sheetData>'
    data = _repacked(lambda name, part: part.replace(b"</row></sheetData>", error) if "sheet1" in name else part)
    assert _told(_read(data)) == [("F119", "", "シート「納付書」のエラーのセル（U2）", "正しい値")]


def test_how_a_name_is_read_aloud_is_no_part_of_it() -> None:
    """The furigana that Excel keeps beside what was typed."""
    typed, spoken = "架空 太郎</t>".encode(), '架空 太郎</t><rPh sb="0" eb="2"><t>カクウ</t></rPh>'.encode()
    data = _repacked(lambda name, part: part.replace(typed, spoken))
    assert _read(data).tables["notice"]["payer_name"].to_list() == ["架空 太郎"]


NO_BOOKS: dict[str, tuple[bytes, str]] = {
    "パスワードか古い形式": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "パスワードのかかったブックか、古い形式（.xls）です"),
    "ほかのZIP": (b"PK\x03\x04" + bytes(60), "圧縮したファイル（ZIP）"),
    "途中で切れたブック": (notice_book(notice_row())[:3_000], "Excel のブック（.xlsx）として読めません"),
    "DOCTYPE": (_repacked(lambda name, part: part.replace(b"<workbook", b'<!DOCTYPE x [<!ENTITY a "b">]><workbook') if name == "xl/workbook.xml" else part), "DOCTYPE がある"),
}  # fmt: skip


@pytest.mark.parametrize(("data", "actual"), NO_BOOKS.values(), ids=NO_BOOKS)
def test_what_is_no_book_gets_one_answer(data: bytes, actual: str) -> None:
    (finding,) = _read(data).findings
    assert finding.code is Code.BOOK_UNFIT and actual in finding.actual


def test_a_book_that_unpacks_to_too_much_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "BOOK_UNPACKED", Limit("", 1_000, "", ""))
    (finding,) = _read(notice_book(notice_row())).findings
    assert finding.code is Code.BOOK_UNFIT and "開くと大きすぎます" in finding.actual


def test_a_long_file_with_blank_columns_is_read_to_its_end() -> None:
    """More rows are too wide than findings are listed."""
    assert _read(excel_csv(*[notice_row()] * 1_200, blank_columns=1).encode()).record_count == 1_200


def test_a_book_is_recognised_by_its_head_and_belongs_to_notices_only() -> None:
    data = notice_book(notice_row())
    assert recognize(data[:2_000], [_SPEC], "f", NIGHT) == (_SPEC, ())
    (finding,) = recognize(data, [SPECS["eltax_payment_csv"]], "f", NIGHT)[1]
    assert finding.code is Code.FOREIGN


def test_names_stay_hidden_whatever_the_order_of_the_columns(tmp_path: Path) -> None:
    row = notice_row(payer_name="伏字 花子", address="伏字町")
    for data in (excel_csv(row, titles=_MOVED).encode(), notice_book(row, titles=_MOVED)):
        lines = "\n".join(dump(data, _SPEC, "f", NIGHT))
        assert "伏字" not in lines and "（bill_no）: 100001" in lines
    path, copy = tmp_path / "a.csv", tmp_path / "copy.csv"
    path.write_bytes(excel_csv(row, titles=_MOVED).encode())
    assert elqr("file", "mask", path, "--spec", "notice_csv", "--out", copy).code == 0
    assert "伏字" not in copy.read_text(encoding="utf-8")
    path.write_bytes(notice_book(row))
    refused = elqr("file", "mask", path, "--spec", "notice_csv", "--out", tmp_path / "b")
    assert refused.code == 1 and "CSV で保存したもの" in refused.err
