"""elqr spec new: guesses are marked, nothing personal is repeated, and the draft moves no money."""

import sys
import tomllib
from pathlib import Path

import pytest

from elqr.formats.authoring.lint import lint
from elqr.formats.authoring.sample import draft_from_sample
from elqr.formats.authoring.sample_fixed import records_of
from elqr.formats.ebcdic import to_ebcdic
from elqr.formats.intake.delivered_file import judge_file
from elqr.formats.spec import Spec
from elqr.formats.spec_files import read_spec
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.terms import Stage
from tests.builders import (
    NIGHT,
    REAL_BARCODE,
    ROOT,
    SPECS,
    barcode,
    cvs_file,
    cvs_row,
    dsk_file,
    dsk_row,
    elqr,
    transfer_file,
    transfer_row,
)
from tests.formats.typist import typed

_INBOX = ROOT / "samples" / "inbox"
_PARTS = {name: spec for name, spec in SPECS.items() if spec.purpose == "part"}


def _drafted(tmp_path: Path, data: bytes, *options: object) -> Spec:
    (tmp_path / "sample.dat").write_bytes(data)
    out = tmp_path / "city_pay.toml"
    ran = elqr("spec", "new", "city_pay", "--from", tmp_path / "sample.dat", "--out", out, *options)
    assert ran.code == 0, ran.err
    return read_spec(out, _PARTS)


def _places(spec: Spec, record: str) -> dict[tuple[int, int], str]:
    """(first byte from 1, width) → kind."""
    own = spec.record_named(record)
    assert own is not None
    return {(at + 1, field.width or 0): field.kind for field, at in zip(own.fields, own.offsets, strict=True)}


_CODES = [barcode(str(10**15 + 7919 * at), 1_000 + 111 * at, None) for at in range(9)]


def test_a_convenience_store_file(tmp_path: Path) -> None:
    """The places are those of the document of family A: bar code 16/44, days 4/8, 70/8 and 94/8."""
    spec = _drafted(tmp_path, cvs_file(*(cvs_row(code, paid_at=f"10{at:02}") for at, code in enumerate(_CODES, 10))))
    assert (spec.record_bytes, spec.line_ends, spec.charsets) == (120, ("crlf",), ("cp932",))
    assert [record.tag for record in spec.record] == ["1", "2", "8", "9"]
    kinds = _places(spec, "data")
    assert kinds[16, 44] == "nested" and kinds[4, 8] == kinds[70, 8] == kinds[94, 8] == "date"
    assert spec.payment is not None and spec.payment.paid_yen == "barcode.amount_yen"
    assert [record.closes for record in spec.record] == [False, False, False, True]


@pytest.mark.parametrize("line_end", ["none", "crlf"])
def test_an_account_transfer_whose_totals_prove_the_amount(tmp_path: Path, line_end: str) -> None:
    """Amount 81/10, number 2/6 and sum 8/12 of the trailer stand in the association's document."""
    rows = [transfer_row(f"{7_000_000_001 + 17 * at:020d}", 32_100 + 1_700 * at) for at in range(16)]
    spec = _drafted(tmp_path, transfer_file(*rows, line_end=line_end))  # type: ignore[arg-type]
    assert spec.record_bytes == 120 and spec.charsets == ("jisx0201",)
    assert _places(spec, "data")[81, 10] == "yen"
    trailer = _places(spec, "trailer")
    assert trailer[2, 6] == "count" and trailer[8, 12] == "yen"
    assert [control.title for control in spec.control] == ["合計件数", "合計金額"]
    assert spec.payment is None and spec.purpose == "upload", "no day stands in its data records"


def test_an_ebcdic_file_gives_the_draft_of_its_jis_twin(tmp_path: Path) -> None:
    rows = [transfer_row(f"{7_000_000_001 + 17 * at:020d}", 32_100 + 1_700 * at) for at in range(16)]
    data = transfer_file(*rows)
    jis = _drafted(tmp_path, data)
    (tmp_path / "city_pay.toml").unlink()
    ebcdic = _drafted(tmp_path, to_ebcdic(data, "sample"))
    assert (jis.charsets, ebcdic.charsets) == (("jisx0201",), ("ebcdic",))
    assert (ebcdic.record, ebcdic.control, ebcdic.line_ends) == (jis.record, jis.control, jis.line_ends)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows には擬似端末がない")
def test_answers_on_a_terminal_are_asked_again_until_they_are_answers_and_may_be_broken_off(tmp_path: Path) -> None:
    code, screen = typed(tmp_path, ["spec", "new", "city_a"], ["xml\n", "fixed\n", "abc\n", "80\n"])
    assert code == 0 and screen.count("答えになりません") == 2
    assert read_spec(tmp_path / "city_a.toml", _PARTS).record_bytes == 80
    code, screen = typed(tmp_path, ["spec", "new", "city_b"], ["fixed\n", "\x03"])
    assert code == 130 and "中断しました" in screen and "Traceback" not in screen
    assert [path.name for path in tmp_path.iterdir()] == ["city_a.toml"]


def test_a_csv_with_titles(tmp_path: Path) -> None:
    spec = _drafted(tmp_path, dsk_file(*(dsk_row(code) for code in _CODES)))
    fields = {field.title: field for field in spec.record[0].fields}
    assert spec.layout == "csv" and spec.header_row and spec.charsets == ("cp932",)
    assert list(fields) == [field.title for field in SPECS["dsk_csv"].record[0].fields]
    assert (fields["バーコード情報"].kind, fields["バーコード情報"].prefix) == ("nested", "EAN")
    assert fields["収納日"].kind == "date" and fields["金額"].kind == "yen" and fields["種別"].kind == "digits"


def test_a_csv_with_names_in_it(tmp_path: Path) -> None:
    text = "収納日,納付番号,氏名,金額,備考\r\n" + "".join(
        f"2026/11/{day:02},00{day:06},架空 太郎{day},{day}500,\r\n" for day in range(1, 20)
    )
    spec = _drafted(tmp_path, b"\xef\xbb\xbf" + text.encode())
    fields = {field.title: field for field in spec.record[0].fields}
    assert spec.charsets == ("utf-8-sig",)
    assert fields["収納日"].form == "yyyy/mm/dd" and fields["納付番号"].width == 8 and fields["氏名"].personal
    assert spec.payment is not None and (spec.payment.paid_yen, spec.payment.key.fields) == ("amount_yen", ("key_no",))
    assert "架空" not in (tmp_path / "city_pay.toml").read_text(encoding="utf-8")


def test_rows_without_titles_are_not_taken_for_titles(tmp_path: Path) -> None:
    text = "".join(f"20261105,{at:08},架空 太郎,{at}500\r\n" for at in range(1, 20))
    spec = _drafted(tmp_path, text.encode("cp932"))
    assert not spec.header_row and spec.record[0].fields[2].title == "3列目"
    assert "架空" not in (tmp_path / "city_pay.toml").read_text(encoding="utf-8")


def test_every_sample_gives_a_draft_that_is_marked_and_moves_no_money(tmp_path: Path) -> None:
    paths = sorted(_INBOX.iterdir())
    assert len(paths) > 20
    for path in paths:
        out = tmp_path / path.stem / "city_pay.toml"
        assert elqr("spec", "new", "city_pay", "--from", path, "--out", out).code == 0, path.name
        text = out.read_text(encoding="utf-8")
        own = tomllib.loads(text)
        assert (
            own["verified"] == {"layout": False, "values": False}
            and own["grade"] == "PROVISIONAL"
            and len(own["open_questions"]) >= 3
        )
        lines = text.splitlines()
        assert all("推測" in line for line in lines if line.startswith(("  { name", "charsets", "record_bytes")))
        assert "架空" not in text and "ｶｸｳ" not in text and "ﾀﾛｳ" not in text
        assert not [remark for remark in lint(out.read_bytes(), "city_pay", SPECS) if remark.is_error]
        spec = read_spec(out, _PARTS)
        if spec.payment:
            taken = judge_file(path.read_bytes(), path.name, [spec], NIGHT)
            assert taken.findings == (), (path.name, taken.findings[:3])
            assert taken.payments is not None and set(taken.payments["stage"]) == {Stage.PRELIMINARY.value}


def test_answers_instead_of_a_sample(tmp_path: Path) -> None:
    out = tmp_path / "city_pay.toml"
    ran = elqr("spec", "new", "city_pay", "--layout", "fixed", "--record-bytes", 120, "--tags", "1,2,8", "--out", out)
    assert ran.code == 0
    spec = read_spec(out)
    assert [(record.tag, record.width_bytes) for record in spec.record] == [("1", 120), ("2", 120), ("8", 120)]
    assert spec.payment is None and elqr("spec", "check", out).code in (0, 3)
    out.unlink()
    columns = "収納日,金額,納付番号,納付者氏名,備考"
    ran = elqr("spec", "new", "city_pay", "--layout", "csv", "--columns", columns, "--charset", "utf-8", "--out", out)
    assert ran.code == 0
    spec = read_spec(out)
    assert [field.kind for field in spec.record[0].fields] == ["date", "yen", "digits", "text", "text"]
    assert spec.record[0].fields[3].personal and spec.payment is not None and spec.charsets == ("utf-8",)


WRONG: list[tuple[str, list[object], int, str]] = [
    ("指定なし", ["a_b"], 2, "--layout"),
    ("固定長で長さなし", ["a_b", "--layout", "fixed"], 2, "--record-bytes"),
    ("CSVで見出しなし", ["a_b", "--layout", "csv"], 2, "--columns"),
    ("見出しが重なる", ["a_b", "--layout", "csv", "--columns", "金額,金額"], 1, "重ならない見出し"),
    ("区分が重なる", ["a_b", "--layout", "fixed", "--record-bytes", 10, "--tags", "1,1"], 1, "下書きを作れません"),
    ("区分が長すぎる", ["a_b", "--layout", "fixed", "--record-bytes", 2, "--tags", "12"], 1, "下書きを作れません"),
    ("名前が使えない", ["市様式", "--layout", "fixed", "--record-bytes", 10], 1, "使えません"),
    ("同梱の名前", ["dsk_csv", "--layout", "fixed", "--record-bytes", 10], 1, "同梱されています"),
    ("ない見本", ["a_b", "--from", "nai.dat"], 1, "nai.dat がありません"),
    ("見本がフォルダ", ["a_b", "--from", "."], 1, "フォルダです"),
    ("長さが大きすぎる", ["a_b", "--layout", "fixed", "--record-bytes", 999_999], 2, "--record-bytes"),
    ("出力の名前違い", ["a_b", "--layout", "fixed", "--record-bytes", 10, "--out", "x.toml"], 1, "a_b.toml にしてください"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "code", "said"), WRONG, ids=[row[0] for row in WRONG])
def test_wrong_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, arguments: list[object], code: int, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = elqr("spec", "new", *arguments)
    assert ran.code == code and said in ran.err and "Traceback" not in ran.err, ran.err
    assert list(tmp_path.iterdir()) == []


SAMPLES = [
    ("空", b"", "空です"),
    ("改行だけ", b"\r\n\r\n", "空です"),
    ("PDF", b"%PDF-1.7", "PDF文書です"),
    ("NULのあるもの", b"12\x0034", "文字でない"),
    ("でたらめ", bytes(range(1, 256)) * 9, "読めません"),
    ("文章", "これは文章です。\n改行の位置がばらばらです。\n様式ではありません、たぶん。\n".encode(), "UTF-8 の固定長"),
    ("長い一行", b"1" * 999_983, "--record-bytes"),
    ("長さのそろわない行", b"abc\nabcdefgh\nab\nabcdefghijkl\n", "そろっていません"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "said"), SAMPLES, ids=[row[0] for row in SAMPLES])
def test_what_is_no_sample(name: str, data: bytes, said: str) -> None:
    with pytest.raises(BadFile, match=said):
        draft_from_sample("city_pay", data, "sample.dat")


def test_a_record_length_that_does_not_divide_the_file() -> None:
    with pytest.raises(BadFile, match="480バイトは 121で割り切れません"):
        draft_from_sample("city_pay", transfer_file(transfer_row("1", 100)), "sample.dat", 121)


def test_records_without_kinds_are_one_kind() -> None:
    """Nothing at the start of the records is a kind: their first byte is a different one in each."""
    rows = [f"{chr(0xB1 + at)}".encode("latin-1") + f"{at:09d}".encode() for at in range(20)]
    draft = draft_from_sample("city_pay", b"\r\n".join(rows) + b"\r\n", "sample.dat")
    assert [record.name for record in draft.records] == ["data"]


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "city_pay.toml"
    out.write_text("mine", encoding="utf-8")
    ran = elqr("spec", "new", "city_pay", "--layout", "fixed", "--record-bytes", 10, "--out", out)
    assert ran.code == 1 and "すでにあります" in ran.err and out.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("records", [3, 4, 10, 24])
def test_the_record_length_of_a_file_without_line_ends(records: int) -> None:
    rows = [transfer_row(f"{at:020d}", 100 + at) for at in range(records)]
    assert records_of(transfer_file(*rows), None)[0].shape == (records + 3, 120)


def test_one_record_gives_a_draft_too(tmp_path: Path) -> None:
    spec = _drafted(tmp_path, cvs_file(cvs_row(REAL_BARCODE)))
    assert _places(spec, "data")[16, 44] == "nested"
