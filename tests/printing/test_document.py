"""The PDF: the same bytes for the same slips, small, with its font inside, readable by another program."""

import io
from dataclasses import replace
from datetime import date
from pathlib import Path

import pikepdf
import polars as pl
import pypdfium2
import pytest
from PIL import Image

from elqr.printing.proof import Proof, prove, read_list
from elqr.printing.template import Mark
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.frames import PrintableNotice
from tests.builders import REAL_BARCODE, REAL_CODE, REAL_NOTICE, TEMPLATES, notice_row, order, slips


def _many(bills: int) -> pl.DataFrame:
    return slips(*(notice_row(payer_ref=str(payer), bill_no=str(payer), installment_no=no) for payer in range(bills) for no in (1, 2, 3)))  # fmt: skip


def test_the_same_slips_and_day_give_the_same_bytes() -> None:
    rows = _many(3)
    one, other = prove(order(rows)), prove(order(rows.sample(fraction=1, shuffle=True, seed=1)))
    assert one.pdf == other.pdf and one.list_csv == other.list_csv
    assert prove(replace(order(rows), made_on=date(2026, 11, 21))).pdf != one.pdf


def test_the_font_is_embedded_once_and_cut_down() -> None:
    with pikepdf.open(io.BytesIO(prove(order(_many(2))).pdf)) as pdf:
        fonts = {page.Resources.Font.F.objgen for page in pdf.pages}
        font = pdf.pages[0].Resources.Font.F.DescendantFonts[0]
        assert len(fonts) == 1
        assert str(font.FontDescriptor.FontName).endswith("+IPAexGothic")
        assert len(font.FontDescriptor.FontFile2.read_bytes()) < 100_000


def test_a_page_is_small() -> None:
    few, many = prove(order(_many(1))), prove(order(_many(101)))
    assert (few.pages, many.pages) == (1, 101)
    assert (len(many.pdf) - len(few.pdf)) / 100 < 3_000, "at most 3 KB a page"


def test_the_text_on_the_page_reads_as_text() -> None:
    pdf = pypdfium2.PdfDocument(prove(order(slips(REAL_NOTICE))).pdf)
    text = pdf[0].get_textpage().get_text_bounded()
    for words in (
        "自動車税（種別割）",
        "39,500 円",
        "令和6年5月31日",
        "令和6年7月10日",
        "0000-0202-4010-1010-4348",
        "架空 太郎",
    ):
        assert words in text, words


def _proof_of(*names: str) -> Proof:
    return prove(order(slips(*(notice_row(payer_ref=str(no), bill_no=str(no), payer_name=name) for no, name in enumerate(names, 1)))))  # fmt: skip


def test_a_name_that_cannot_be_set_is_told_and_left_out() -> None:
    proof = _proof_of("架空 太郎", "𠮷田 花子", "架空 三郎")
    assert (proof.pages, proof.notices, proof.checked.findings) == (2, 2, ())
    (finding,) = proof.left_out
    assert (finding.code, finding.actual) == (Code.GLYPH_LACKING, "「𠮷」（U+20BB7）")
    assert finding.at.file == "宛名番号2 通知書番号2", "the payer is named by number"
    assert "花子" not in str(finding)


def test_characters_that_share_a_glyph_read_back_as_they_were_written() -> None:
    """The font has one glyph for - and ‐, for ‒ and –, for 長 and ⻑: every hyphen of the file was read as the other."""
    rows = [
        notice_row(payer_ref="1", bill_no="1", payer_name="⻑谷 長", address="見本市1‐2\u20113"),
        notice_row(payer_ref="2", bill_no="2", payer_name="長谷 ⻑", address="見本市1-2–3\u20124"),
    ]
    proof = prove(order(slips(*rows)))
    assert (proof.notices, proof.left_out, proof.checked.findings) == (2, (), ())
    one, other = (page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(proof.pdf))
    assert "⻑谷 長" in one and "見本市1‐2\u20113" in one and "0000-0202" in one
    assert "長谷 ⻑" in other and "見本市1-2–3\u20124" in other


LEFT_OUT = [
    ("氏名が空", {"payer_name": ""}, Code.NAME_LACKING, ""),
    ("氏名がない", {"payer_name": None}, Code.NAME_LACKING, ""),
    ("氏名が空白だけ", {"payer_name": "　"}, Code.NAME_LACKING, ""),
    ("氏名の字が?になった", {"payer_name": "山? 太郎"}, Code.CHARACTER_LOST, "氏名に「?」"),
    ("氏名の字が？になった", {"payer_name": "山？ 太郎"}, Code.CHARACTER_LOST, "氏名に「？」"),
    ("氏名の字が〓になった", {"payer_name": "〓田 太郎"}, Code.CHARACTER_LOST, "氏名に「〓」"),
    ("氏名の字がU+FFFDになった", {"payer_name": "\ufffd田 太郎"}, Code.CHARACTER_LOST, "氏名に「\ufffd」"),
    ("住所の字が失われた", {"address": "見本市〓町1?2"}, Code.CHARACTER_LOST, "住所に「?」、住所に「〓」"),
    ("右から書く字", {"payer_name": "שלום"}, Code.GLYPH_LACKING, "「ו」（U+05D5）、「ל」（U+05DC）、「ם」（U+05DD）、「ש」（U+05E9）"),
]  # fmt: skip


def test_each_bill_that_cannot_be_sent_is_left_out_and_the_rest_is_printed() -> None:
    rows = [
        notice_row(payer_ref=str(payer), bill_no=str(payer), installment_no=no, **(given if no == 2 else {}))
        for payer, (_, given, _, _) in enumerate(LEFT_OUT, start=1)
        for no in (1, 2)
    ]
    proof = prove(order(slips(*rows, notice_row(payer_ref="99", bill_no="99"))))
    assert (proof.notices, proof.checked.findings) == (1, ())
    assert {(finding.at.file, finding.code, finding.actual) for finding in proof.left_out} == {
        (f"宛名番号{payer} 通知書番号{payer}", code, said) for payer, (_, _, code, said) in enumerate(LEFT_OUT, start=1)
    }


def test_a_bill_without_an_address_can_be_handed_over() -> None:
    given: list[dict[str, object]] = [{"postal_code": None}, {"postal_code": ""}, {"address": None}, {"address": ""}]
    rows = [notice_row(payer_ref=str(no), bill_no=str(no), **fields) for no, fields in enumerate(given)]
    proof = prove(order(slips(*rows)))
    assert (proof.notices, proof.left_out, proof.checked.findings) == (4, (), ())


def test_a_bill_is_left_out_whole_and_nothing_may_be_left() -> None:
    rows = [notice_row(installment_no=no, payer_name="𠮷田") for no in (1, 2)]
    proof = prove(order(slips(*rows)))
    assert (proof.pdf, proof.pages, proof.notices, proof.yen) == (b"", 0, 0, 0)
    assert len(proof.left_out) == 1 and read_list(proof.list_csv).is_empty()


def test_a_long_name_is_set_smaller_and_one_too_long_is_told() -> None:
    long_name, too_long = "架空" * 11, "架空" * 40
    proof = _proof_of(long_name, too_long)
    assert proof.notices == 1 and proof.checked.findings == ()
    assert {(finding.code, finding.at.file) for finding in proof.left_out} == {
        (Code.TEXT_OVERLONG, "宛名番号2 通知書番号2")
    }


def test_the_list_names_every_slip_and_no_person() -> None:
    proof = prove(order(slips(REAL_NOTICE)))
    row = read_list(proof.list_csv).row(0, named=True)
    assert (row[PrintableNotice.KEY_NO], row[PrintableNotice.DIGITS], row[PrintableNotice.BARCODE]) == (
        "00000202401010104348",
        REAL_CODE,
        REAL_BARCODE,
    )
    assert (row[PrintableNotice.AMOUNT_YEN], row[PrintableNotice.DUE_ON], row["page_no"], row["place_no"]) == (39_500, date(2024, 5, 31), 1, 0)  # fmt: skip
    assert "架空" not in proof.list_csv.decode()


def _with_mark(folder: Path, file: str) -> Proof:
    template = TEMPLATES["hokenryo"]
    mark = Mark(at=template.slip.el_mark[0].at, size=template.slip.el_mark[0].size, file=file)
    slip = template.slip.model_copy(update={"el_mark": (mark,)})
    return prove(order(slips(REAL_NOTICE), template.model_copy(update={"slip": slip, "folder": folder})))


def _ink_in_mark(proof: Proof) -> int:
    """The darkest grey in the middle of the mark's place."""
    template = TEMPLATES["hokenryo"]
    (x, y), (left, top) = template.slip.el_mark[0].at, template.page.slips[0]
    grey = pypdfium2.PdfDocument(proof.pdf)[0].render(scale=100 / 72, grayscale=True).to_numpy()
    row, column = round((top + y + 2) * 100 / 25.4), round((left + x + 3) * 100 / 25.4)
    return int(grey[row, column])


def test_the_el_mark_may_be_a_picture_or_a_pdf(tmp_path: Path) -> None:
    Image.new("RGB", (60, 40), (90, 90, 90)).save(tmp_path / "mark.png")
    Image.new("RGB", (60, 40), (90, 90, 90)).save(tmp_path / "mark.pdf")
    (tmp_path / "pdf.png").write_bytes((tmp_path / "mark.pdf").read_bytes())
    for file in ("mark.png", "mark.pdf", "pdf.png"):
        proof = _with_mark(tmp_path, file)
        assert proof.checked.findings == () and 80 < _ink_in_mark(proof) < 100, file
    assert _ink_in_mark(prove(order(slips(REAL_NOTICE)))) > 250


def _pdf_page(width: int = 60, side: int = 1) -> bytes:
    """A PDF of one page, in which a picture says a size."""
    pdf, out = pikepdf.new(), io.BytesIO()
    pdf.add_blank_page(page_size=(60, 40))
    pdf.pages[0].MediaBox = pikepdf.Array([0, 0, width, 40])
    pdf.pages[0].Resources = pikepdf.Dictionary(
        XObject=pikepdf.Dictionary(I=pdf.make_stream(b"", Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=side, Height=side))
    )  # fmt: skip
    pdf.save(out)
    return out.getvalue()


def _large_png() -> bytes:
    out = io.BytesIO()
    Image.new("1", (5_001, 5_000)).save(out, "PNG")
    return out.getvalue()


MARKS = [
    ("EPS", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n", "画像として読めません"),
    ("大きな画像のあるPDF", _pdf_page(side=65_535), "中の画像が"),
    ("大きさのないPDF", _pdf_page(width=0), "ページに大きさがありません"),
    ("壊れたPDF", b"%PDF-1.7\nnothing", "を読めません"),
    ("大きすぎるPNG", _large_png(), "版下に置く図の点"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "said"), [case[1:] for case in MARKS], ids=[case[0] for case in MARKS])
def test_a_mark_is_a_pdf_or_a_picture_of_a_size(tmp_path: Path, data: bytes, said: str) -> None:
    (tmp_path / "mark.png").write_bytes(data)
    with pytest.raises(BadFile, match=f"版下 hokenryo: eLマークの図 .*{said}"):
        _with_mark(tmp_path, "mark.png")
