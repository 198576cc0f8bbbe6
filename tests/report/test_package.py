"""Books that come back: whatever spelling their XML has, formulas are seen; whatever else the bytes are, one answer."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from elqr.formats import package
from elqr.report.review_form import read_form
from elqr.vocabulary.errors import BadFile
from tests.builders import City, elqr, eltax_file, eltax_row, notice_row

_SHEET, _FACTS = "要確認一覧", "この帳票について"
_BODY = 8
"""The first row of the table, as Excel counts."""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A book for decisions on two payments of unknown keys."""
    city = City.founded(tmp_path_factory.mktemp("book") / "city")
    city.notices(notice_row())
    rows = [eltax_row(f"{no:020}", "123456", 1_000 + no, serial_no=f"{no:08}") for no in (1, 2)]
    city.deliver("a.csv", eltax_file(*rows))
    city.night()
    path = city.folder / "book.xlsx"
    assert elqr("review", "export", "--out", path, "--job", city.job).code == 0
    return path.read_bytes()


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        return {name: source.read(name) for name in source.namelist()}


def _packed(parts: dict[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as made:
        for name, part in parts.items():
            made.writestr(name, part)
    return whole.getvalue()


def _changed(data: bytes, part: str, change: Callable[[str], str]) -> bytes:
    parts = _parts(data)
    before = parts[part].decode()
    after = change(before)
    assert after != before, "the change changes something"
    return _packed(parts | {part: after.encode()})


_PART = "xl/worksheets/sheet1.xml"
_CELL = re.compile(rf'<c r="(B{_BODY})"[^>]*?(?:/>|>.*?</c>)')


def _with_cell(cell: str) -> Callable[[str], str]:
    return lambda text: _CELL.sub(cell.replace("\\", "\\\\"), text, count=1)


def _prefixed(text: str) -> str:
    """The same sheet with a prefix for every element, as some programs write it."""
    text = re.sub(r"<(/?)([A-Za-z])", r"<\1x:\2", text)
    return text.replace("xmlns=", "xmlns:x=", 1).replace('<x:c r="B8"', '<x:c r="B8"', 1)


FORMULAS = {
    "ふつうの数式": f'<c r="B{_BODY}"><f>1+1</f><v>2</v></c>',
    "属性が先": f'<c s="1" t="str" r="B{_BODY}" ><f ca="1" >1+1</f><v>2</v></c>',
    "一重引用符": f"<c r='B{_BODY}' t='str'><f>1+1</f><v>2</v></c>",
    "前に注釈": f'<c r="B{_BODY}"><!-- <v>1</v> --><f>1+1</f><v>2</v></c>',
    "前に処理命令": f'<c r="B{_BODY}"><?x y?><f>1+1</f><v>2</v></c>',
    "値が先": f'<c r="B{_BODY}"><v>2</v><f>1+1</f></c>',
    "別の接頭辞": f'<y:c xmlns:y="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="B{_BODY}"><y:f>1</y:f></y:c>',
    "厳密な名前空間": f'<c r="B{_BODY}"><f xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main">1+1</f></c>',
    "共有数式の空の要素": f'<c r="B{_BODY}"><f t="shared" si="0"/><v>2</v></c>',
    "改行のある要素": f'<c\n r="B{_BODY}"\n><f\n>1+1</f\n><v>2</v></c>',
}  # fmt: skip


@pytest.mark.parametrize("cell", FORMULAS.values(), ids=FORMULAS)
def test_a_formula_is_seen_in_any_spelling(book: bytes, cell: str) -> None:
    form = read_form(_changed(book, _PART, _with_cell(cell)), "b.xlsx")
    assert [(row["line_no"], bool(row["formula"])) for row in form.rows.iter_rows(named=True)] == [(_BODY, True)]


def test_a_formula_is_seen_in_a_sheet_with_prefixes_or_in_utf_16(book: bytes) -> None:
    formula = _changed(book, _PART, _with_cell(FORMULAS["ふつうの数式"]))
    prefixed = _changed(formula, _PART, _prefixed)
    found = package.look_through(prefixed, lambda title: title == _SHEET)[_SHEET].formulas
    assert (_BODY, f"B{_BODY}") in found
    parts = _parts(formula)
    text = parts[_PART].decode().replace("UTF-8", "UTF-16")
    wide = _packed(parts | {_PART: text.encode("utf-16")})
    assert (_BODY, f"B{_BODY}") in package.look_through(wide, lambda title: title == _SHEET)[_SHEET].formulas


def test_a_cell_that_does_not_say_where_it_stands_follows_the_one_before(book: bytes) -> None:
    nameless = _changed(book, _PART, _with_cell("<c><f>1</f><v>1</v></c>"))
    look = package.look_through(nameless, lambda title: title == _SHEET)[_SHEET]
    assert [row for row, _ in look.formulas if row > _BODY - 1] == [_BODY]


def _renamed(title: str) -> Callable[[bytes], bytes]:
    return lambda data: _changed(data, "xl/workbook.xml", lambda text: text.replace(f'name="{title}"', 'name="別名"'))


def _fact_gone(label: str) -> Callable[[bytes], bytes]:
    """A row of the sheet of facts taken out, by what it says in its first cell."""

    def change(data: bytes) -> bytes:
        parts = _parts(data)
        texts = re.findall(r"<si>(?:<t[^>]*>)(.*?)</t></si>", parts.get("xl/sharedStrings.xml", b"").decode())
        for name, part in parts.items():
            rows = re.findall(r"<row .*?</row>", part.decode()) if name.startswith("xl/worksheets/sheet") else []
            for row in rows:
                if any(texts[int(at)] == label for at in re.findall(r't="s"><v>([0-9]+)</v>', row)):
                    return _packed(parts | {name: part.replace(row.encode(), b"")})
        raise AssertionError(f"no row says {label}")

    return change


def _stray(cell: str) -> Callable[[bytes], bytes]:
    row = re.sub("[A-Z]", "", cell)
    added = f'<row r="{row}"><c r="{cell}" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
    return lambda data: _changed(data, _PART, lambda text: text.replace("</sheetData>", added))


def _many_texts(data: bytes) -> bytes:
    """A shared text of 30,000 characters in 40,000 cells: 1.2 GB of text from a small package."""
    parts = _parts(data)
    texts = parts["xl/sharedStrings.xml"].decode().replace("</sst>", f"<si><t>{'x' * 30_000}</t></si></sst>")
    number = texts.count("<si>") - 1
    rows = "".join(f'<row r="{at}"><c r="A{at}" t="s"><v>{number}</v></c></row>' for at in range(1_000, 41_000))
    sheet = parts[_PART].decode().replace("</sheetData>", rows + "</sheetData>")
    return _packed(parts | {"xl/sharedStrings.xml": texts.encode(), _PART: sheet.encode()})


def _twice(data: bytes) -> bytes:
    parts = _parts(data)
    return _packed(parts | {_PART.upper(): parts[_PART]})


def _deep(data: bytes) -> bytes:
    return _changed(data, _PART, lambda text: text.replace("<sheetData>", "<a>" * 200_000 + "</a>" * 200_000 + "<sheetData>"))  # fmt: skip


def _ods(data: bytes) -> bytes:
    return _packed({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<x/>"})


REFUSED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "シートの名前が違う": (_renamed(_SHEET), "シート「要確認一覧」がありません"),
    "素性のシートがない": (_renamed(_FACTS), "決裁を書くブックではありません"),
    "離れたセル": (_stray("XFD1048576"), "XFD1048576"),
    "離れた行": (_stray("BZ1048576"), "BZ1048576"),
    "大きな共有文字列": (_many_texts, "文字が多すぎます"),
    "同じ名の中身": (_twice, "中身の名前の重なり"),
    "ODS": (_ods, "読めません"),
    "HTML": (lambda _: "<html><body><table><tr><td>決裁</td></tr></table></body></html>".encode(), "読めません"),
    "古い形式か暗号化": (lambda _: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "パスワード"),
    "XMLの途中で終わる": (lambda data: _changed(data, _PART, lambda text: text[: len(text) // 2]), "読めません"),
    "知らない行の番号": (lambda data: _changed(data, _PART, lambda text: text.replace('<row r="8"', '<row r="x"')), "読めません"),
    **{f"素性の行がない（{label}）": (_fact_gone(label), f"行（{label}）" if label != "様式" else "決裁を書くブック") for label in
       ("様式", "団体", "夜（和暦）", "台帳の照合値", "要確認の件数", "全行の照合値")},
}  # fmt: skip


@pytest.mark.parametrize(("change", "said"), REFUSED.values(), ids=REFUSED)
def test_a_book_that_cannot_be_read_gets_one_answer(
    book: bytes, change: Callable[[bytes], bytes], said: str, tmp_path: Path
) -> None:
    with pytest.raises(BadFile) as refused:
        read_form(change(book), "b.xlsx")
    assert said in str(refused.value) and "\n" not in str(refused.value)


def test_deep_xml_does_no_harm(book: bytes) -> None:
    assert read_form(_deep(book), "b.xlsx").rows.is_empty()
