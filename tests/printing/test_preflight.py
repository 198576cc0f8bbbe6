"""Preflight: what is right says nothing; each planted fault is caught, on its page, with its code.

Faults are planted by drawing from rows that were tampered with, and checking against the true ones.
"""

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from elqr.printing.document import document
from elqr.printing.imposition import Placement, assign_pages
from elqr.printing.preflight import PreflightResult, preflight
from elqr.printing.proof import prove
from elqr.printing.template import Template
from elqr.printing.typeface import typeface
from elqr.printing.wording import page_words, words
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.frames import PrintableNotice
from tests.builders import OFFICE, PRINTED_ON, REAL_BARCODE, REAL_NOTICE, TEMPLATES, barcode, notice_row, order, slips

HOKENRYO, SHIYORYO = TEMPLATES["hokenryo"], TEMPLATES["shiyoryo"]


def _three(payer: int = 1) -> list[dict[str, object]]:
    """One payer's three 期別, each of its own amount and dates; the third without a bar code."""
    rows = []
    for no, (yen, due, until) in enumerate(
        [
            (20_700, date(2026, 10, 31), date(2026, 11, 30)),
            (32_500, date(2026, 11, 30), date(2026, 12, 28)),
            (8_100, date(2026, 12, 25), date(2027, 1, 31)),
        ],
        start=5,
    ):
        code = barcode(f"{payer}{no}", yen, until) if no < 7 else None
        rows.append(
            notice_row(payer_ref=str(payer), bill_no=f"10000{payer}", installment_no=no, principal_yen=yen, due_on=due, payable_until_on=until, barcode=code)
        )  # fmt: skip
    return rows


TRUE = slips(*_three(1), *_three(2))


def _drawn(rows: pl.DataFrame, template: Template = HOKENRYO, said: pl.DataFrame | None = None) -> bytes:
    """The PDF of some rows; its texts from `said`, if they are to say something else."""
    placed = _placed(rows, template)
    texts = words(_placed(said, template) if said is not None else placed, OFFICE, template.key_groups)
    texts = texts.hstack(page_words(placed, 1)).with_columns(placed[Placement.PLACE_NO])
    return document(template, typeface(template.fonts, template.folder), placed, texts, PRINTED_ON)


def _placed(rows: pl.DataFrame, template: Template = HOKENRYO) -> pl.DataFrame:
    return assign_pages(rows, len(template.page.slips)).with_columns(pl.lit(1, pl.Int64).alias(Placement.FILE_NO))


def _checked(pdf: bytes, rows: pl.DataFrame = TRUE, template: Template = HOKENRYO) -> PreflightResult:
    return preflight(template, OFFICE, "0001.pdf", pdf, _placed(rows, template))


def _codes(findings: tuple[Finding, ...], page: int) -> set[Code]:
    assert findings, "nothing was found"
    assert {finding.at.record_no for finding in findings} == {page}, "another page was named"
    return {finding.code for finding in findings}


def test_a_true_print_has_no_findings_and_everything_was_read() -> None:
    checked = _checked(_drawn(TRUE))
    assert checked.findings == ()
    assert (checked.pages, checked.symbols, checked.bar_codes) == (2, 6, 4)
    assert checked.texts > 2 * 10 + 6 * 20, "every place of the template was compared"


def test_the_real_slip_prints_its_real_codes() -> None:
    checked = preflight(HOKENRYO, OFFICE, "1.pdf", _drawn(slips(REAL_NOTICE)), _placed(slips(REAL_NOTICE)))
    assert checked.findings == () and checked.bar_codes == 1
    assert slips(REAL_NOTICE)[PrintableNotice.BARCODE][0] == REAL_BARCODE


def _with(column: str, row: int, value: object) -> pl.DataFrame:
    values = TRUE[column].to_list()
    values[row] = value
    return TRUE.with_columns(pl.Series(column, values, dtype=TRUE.schema[column]))


def _swapped(column: str, one: int, other: int) -> pl.DataFrame:
    values = TRUE[column].to_list()
    values[one], values[other] = values[other], values[one]
    return TRUE.with_columns(pl.Series(column, values, dtype=TRUE.schema[column]))


def _issued_again(row: int, **given: object) -> str:
    """A payload of the same slip that says something else."""
    own = TRUE.row(row, named=True)
    return str(slips(notice_row(**{**_three(1)[0], **_row_of(own), **given}))[PrintableNotice.DIGITS][0])


def _row_of(slip: dict[str, object]) -> dict[str, object]:
    names = ("installment_no", "principal_yen", "due_on", "payable_until_on", "key_no", "check_no")
    return {name: slip[name] for name in names}


def _moved(template: Template, x: float, y: float, module: float | None = None) -> Template:
    """The template with its eL-QR elsewhere, as if a printer driver had shifted or scaled it."""
    qr = template.slip.qr
    qr = qr.model_copy(update={"at": (qr.at[0] + x, qr.at[1] + y), "module": module or qr.module})
    return template.model_copy(update={"slip": template.slip.model_copy(update={"qr": qr})})


def _off_the_page(template: Template) -> Template:
    """The eL-QR 4 mm over the printable margin, at the right edge."""
    return _moved(template, 205 + 4 - template.slip.qr.area.right, 0)


def _line_through(template: Template) -> Template:
    """A thin line over the middle of the eL-QR's twentieth row of modules: a decoder corrects it and says so."""
    x, y, u, _ = template.slip.qr.area
    line = template.slip.lines[0].model_copy(
        update={"start": (x, y + 8.25), "end": (u, y + 8.25), "width": 0.3, "dash": None}
    )
    return template.model_copy(
        update={"slip": template.slip.model_copy(update={"lines": (*template.slip.lines, line)})}
    )


FAULTS: list[tuple[str, Callable[[], bytes], int, set[Code]]] = [
    ("一期と二期の金額を、コードだけ入れ替えた", lambda: _drawn(_swapped("digits", 0, 1)), 1, {Code.SYMBOL_DIFFERS, Code.CODE_AND_NOTICE}),
    ("一期と二期の金額を、印字だけ入れ替えた", lambda: _drawn(TRUE, said=_swapped("amount_yen", 0, 1)), 1, {Code.TEXT_DIFFERS}),
    ("一期と二期のバーコードを入れ替えた", lambda: _drawn(_swapped("barcode", 3, 4)), 2, {Code.BAR_CODE_DIFFERS, Code.TEXT_DIFFERS}),
    ("納期限を、印字だけ一日違えた", lambda: _drawn(TRUE, said=_with("due_on", 4, date(2026, 12, 1))), 2, {Code.TEXT_DIFFERS}),
    ("支払期限を、印字だけ一年違えた", lambda: _drawn(TRUE, said=_with("payable_until_on", 0, date(2025, 11, 30))), 1, {Code.TEXT_DIFFERS}),
    ("支払期限を、コードだけ短くした", lambda: _drawn(_with("digits", 3, _issued_again(3, payable_until_on=date(2026, 11, 1)))), 2, {Code.SYMBOL_DIFFERS, Code.CODE_AND_NOTICE}),
    ("納期限を、コードだけ違えた", lambda: _drawn(_with("digits", 3, _issued_again(3, due_on=date(2026, 10, 30)))), 2, {Code.SYMBOL_DIFFERS, Code.CODE_AND_NOTICE}),
    ("期別を、コードだけ違えた", lambda: _drawn(_with("digits", 0, _issued_again(0, installment_no=6))), 1, {Code.SYMBOL_DIFFERS, Code.CODE_AND_NOTICE}),
    ("前に発行した古いコード", lambda: _drawn(_with("digits", 0, _issued_again(0, key_no="00000202699999999999", check_no="111111"))), 1, {Code.SYMBOL_DIFFERS, Code.CODE_AND_NOTICE}),
    ("別の人のコード", lambda: _drawn(_swapped("digits", 0, 3)), 0, {Code.SYMBOL_DIFFERS, Code.CODE_AND_NOTICE}),
    ("一桁壊れたコード", lambda: _drawn(_with("digits", 1, TRUE["digits"][1][:-1] + "9")), 1, {Code.SYMBOL_DIFFERS, Code.PAYLOAD_CRC}),
    ("確認番号の印字", lambda: _drawn(TRUE, said=_with("check_no", 2, "000000")), 1, {Code.TEXT_DIFFERS}),
    ("納付番号の印字", lambda: _drawn(TRUE, said=_with("key_no", 2, "00000202699999999999")), 1, {Code.TEXT_DIFFERS}),
    ("発行日の印字", lambda: _drawn(TRUE, said=_with("issued_on", 0, date(2025, 10, 1))), 1, {Code.TEXT_DIFFERS}),
    ("氏名の印字", lambda: _drawn(TRUE, said=_with("payer_name", 3, "架空 次郎")), 2, {Code.TEXT_DIFFERS}),
    ("あるはずのバーコードがない", lambda: _drawn(_with("barcode", 0, None)), 1, {Code.CODE_MISPLACED, Code.BAR_CODE_UNREADABLE, Code.TEXT_DIFFERS}),
    ("ないはずのバーコードがある", lambda: _drawn(_with("barcode", 2, REAL_BARCODE)), 1, {Code.BAR_CODE_DIFFERS, Code.TEXT_DIFFERS}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("plant", "page", "codes"), [fault[1:] for fault in FAULTS], ids=[fault[0] for fault in FAULTS]
)
def test_planted_faults_are_caught(plant: Callable[[], bytes], page: int, codes: set[Code]) -> None:
    findings = _checked(plant()).findings
    if page:
        assert codes <= _codes(findings, page)
    else:
        assert codes <= {finding.code for finding in findings} and {f.at.record_no for f in findings} == {1, 2}


def _reworded(template: Template) -> Template:
    """The word behind the amount is another one."""
    texts = [text.model_copy(update={"text": text.text.replace(" 円", " 点")}) for text in template.slip.texts]
    return template.model_copy(update={"slip": template.slip.model_copy(update={"texts": tuple(texts)})})


LAYOUTS: list[tuple[str, Callable[[], Template], set[Code]]] = [
    ("eL-QRが余白から4mmはみ出した", lambda: _off_the_page(HOKENRYO), {Code.INK_IN_MARGIN, Code.CODE_MISPLACED, Code.SYMBOL_UNREADABLE}),
    ("eL-QRが1mmずれた", lambda: _moved(HOKENRYO, 1, 0), {Code.CODE_MISPLACED}),
    ("eL-QRが95%に縮んだ", lambda: _moved(HOKENRYO, 0, 0, HOKENRYO.slip.qr.module * 0.95), {Code.CODE_MISPLACED}),
    ("円が点になった", lambda: _reworded(HOKENRYO), {Code.TEXT_UNREADABLE}),
    ("eL-QRに線が重なった", lambda: _line_through(HOKENRYO), {Code.SYMBOL_UNREADABLE}),
]  # fmt: skip


@pytest.mark.parametrize(("plant", "codes"), [layout[1:] for layout in LAYOUTS], ids=[layout[0] for layout in LAYOUTS])
def test_misplaced_codes_are_caught(plant: Callable[[], Template], codes: set[Code]) -> None:
    findings = _checked(_drawn(TRUE, plant())).findings
    assert codes <= {finding.code for finding in findings}
    assert {finding.at.record_no for finding in findings} == {1, 2}


def test_a_lost_page_and_another_sheet_size_are_caught() -> None:
    first = TRUE.filter(pl.col(PrintableNotice.PAYER_REF) == "1")
    assert {finding.code for finding in _checked(_drawn(first)).findings} == {Code.PAGE_COUNT}
    letter = HOKENRYO.model_copy(update={"page": HOKENRYO.page.model_copy(update={"height": 279.4})})
    assert Code.PAGE_SIZE in {finding.code for finding in _checked(_drawn(TRUE, letter)).findings}


def test_a_finding_names_file_page_slip_and_what_was_found() -> None:
    finding = _checked(_drawn(TRUE, said=_with("due_on", 4, date(2026, 12, 1)))).findings[0]
    assert (finding.at.file, finding.at.record_no, finding.at.field) == ("0001.pdf", 2, "2枚目 納期限の印字")
    assert (finding.actual, finding.expected) == ("令和8年12月1日", "2026-11-30")
    assert str(finding).startswith("[R913] 0001.pdf 2ページ 「2枚目 納期限の印字」: 印字が台帳と違います。")


def test_names_do_not_stand_in_findings() -> None:
    findings = _checked(_drawn(TRUE, said=_with("payer_name", 0, "架空 次郎"))).findings
    assert findings and not any("次郎" in str(finding) or "太郎" in str(finding) for finding in findings)


def test_only_the_pages_asked_for_are_checked() -> None:
    pdf = _drawn(TRUE, said=_with("due_on", 4, date(2026, 12, 1)))
    placed = _placed(TRUE)
    assert preflight(HOKENRYO, OFFICE, "1.pdf", pdf, placed, [1]).findings == ()
    assert preflight(HOKENRYO, OFFICE, "1.pdf", pdf, placed, [2]).pages == 1
    assert preflight(HOKENRYO, OFFICE, "1.pdf", pdf, placed, [2]).findings != ()


def test_the_usage_fee_sheet_is_proved_too() -> None:
    row = notice_row(procedure_code="douro", installment_no=1, barcode=barcode("77", 10_000, date(2026, 11, 30)))
    proof = prove(order(slips(row), "shiyoryo"))
    assert (proof.pages, proof.notices, proof.yen, proof.checked.findings) == (1, 1, 10_000, ())


def test_a_whole_year_slip_has_a_sheet_of_its_own() -> None:
    rows = [notice_row(installment_no=no, principal_yen=yen) for no, yen in ((0, 30_000), (1, 10_000), (2, 20_000))]
    proof = prove(order(slips(*rows)))
    assert (proof.pages, proof.checked.findings) == (2, ())
