"""Printing: symbols and pages a second on one core, beside segno alone and the plain PDF library; memory."""

import random
from datetime import date

import polars as pl
import segno
from fpdf import FPDF

from elqr.issue.symbol_table import image_bits, symbol_rows
from elqr.printing.document import document
from elqr.printing.imposition import Placement, assign_pages
from elqr.printing.preflight import preflight
from elqr.printing.template import Template
from elqr.printing.typeface import typeface
from elqr.printing.wording import page_words, words
from tests.bench.measure import Row, a_second, compared, ran_text
from tests.builders import OFFICE, PRINTED_ON, TEMPLATES, barcode, notice_row, slips

PAGES = 1_000


def many(bills: int, slips_a_bill: int, procedure: str) -> pl.DataFrame:
    """Frame PrintableNotice of invented bills with bar codes."""
    return slips(
        *(
            notice_row(
                procedure_code=procedure,
                payer_ref=str(bill),
                bill_no=str(bill),
                installment_no=no,
                principal_yen=1_000 + bill,
                barcode=barcode(f"{bill}{no}", 1_000 + bill, date(2026, 11, 30)),
            )
            for bill in range(1, bills + 1)
            for no in range(1, slips_a_bill + 1)
        )
    )


def _symbols(scale: int) -> list[Row]:
    made = random.Random(1)
    codes = pl.Series([f"{made.randrange(10**255):0255d}" for _ in range(20_000 * scale)])
    some = codes.head(200).to_list()

    def plain() -> None:
        for code in some:
            segno.make(code, version=6, error="m", mode="numeric", boost_error=False, micro=False)

    image_bits(symbol_rows(codes.head(10)))
    table = a_second(len(codes), lambda: image_bits(symbol_rows(codes)))
    return compared("図形", "個/秒", [("一括（表）", table), ("segno だけ", a_second(len(some), plain))])


def _placed(template: Template, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    placed = assign_pages(rows, len(template.page.slips)).with_columns(pl.lit(1, pl.Int64).alias(Placement.FILE_NO))
    texts = words(placed, OFFICE, template.key_groups).hstack(page_words(placed, 1))
    return placed, texts.with_columns(placed[Placement.PLACE_NO])


def _with_fpdf(template: Template, rows: pl.DataFrame, font: str) -> bytes:
    """The same fills on the same pages with a plain PDF library: what one would write without ours."""
    placed, texts = _placed(template, rows)
    pdf = FPDF(unit="mm", format="A4")
    pdf.add_font("J", fname=font)
    pdf.set_auto_page_break(False)
    for row in texts.iter_rows(named=True):
        pdf.add_page()
        for text in (*template.head.fills, *template.slip.fills):
            if text.only_if is None:
                pdf.set_font("J", size=text.size)
                pdf.set_xy(*text.at)
                pdf.cell(text.width, text.size * 0.3528, text.text.format(**row), align=text.align[0].upper())
        matrix = segno.make(placed["digits"][0], version=6, error="m", mode="numeric", boost_error=False).matrix
        for y, line in enumerate(matrix):
            for x, dark in enumerate(line):
                if dark:
                    pdf.rect(
                        template.slip.qr.at[0] + x * 0.4233, template.slip.qr.at[1] + y * 0.4233, 0.4233, 0.4233, "F"
                    )
    return bytes(pdf.output())


def _pages(scale: int) -> list[Row]:
    found: list[Row] = []
    for name, each, procedure in (("shiyoryo", 1, "douro"), ("hokenryo", 3, "kokuho")):
        template = TEMPLATES[name]
        face = typeface(template.fonts, template.folder)
        placed, texts = _placed(template, many(PAGES * scale, each, procedure))
        pages = int(placed[Placement.PAGE_NO].max())  # type: ignore[arg-type]
        pdf = document(template, face, placed, texts, PRINTED_ON)
        drawn = a_second(pages, lambda t=template, f=face, p=placed, w=texts: document(t, f, p, w, PRINTED_ON))  # type: ignore[misc]
        group = f"{name}（{each}枚）"
        rows = [(f"ページ（{len(template.slip.fills)}か所×{each}枚）", drawn)]
        if each == 1:
            few = many(50, 1, procedure)
            rows.append(
                (
                    "ふつうのPDFライブラリ（fpdf2とsegno）",
                    a_second(50, lambda t=template, f=face, r=few: _with_fpdf(t, r, str(f.path)), 1),
                )
            )  # type: ignore[misc]
        found += compared(group, "ページ/秒", rows)
        found.append(Row(group, "1ページの大きさ", len(pdf) / pages, "バイト"))
        checked = placed.filter(pl.col(Placement.PAGE_NO) <= 200)
        half = document(template, face, checked, texts.head(checked.height), PRINTED_ON)
        proved = a_second(200, lambda t=template, p=checked, h=half: preflight(t, OFFICE, "x", h, p), 2)  # type: ignore[misc]
        found.append(Row(group, "印刷前検査（描画・復号・文字の照合）", proved, "ページ/秒"))
    return found


def rows(scale: int) -> list[Row]:
    """Symbols and pages."""
    return [*_symbols(scale), *_pages(scale)]


_PRINT = """
import sys, tempfile
from dataclasses import replace
from pathlib import Path
from tests.bench.printing import many
from tests.builders import order
from elqr.printing.proof import prove
rows, files = many(1000, 1, "douro"), int(sys.argv[1])
with tempfile.TemporaryDirectory() as folder:
    for no in range(files):
        made = replace(order(rows, "shiyoryo"), file_no=no + 1, sample=1)
        (Path(folder) / f"{no}.pdf").write_bytes(prove(made).pdf)
"""


def memory(scale: int) -> list[Row]:
    """最大メモリ of printing files of 1,000 pages one after another, each in a process of its own."""
    found = []
    for files in (1, 10, 100) if scale >= 10 else (1, 10):
        _, most = ran_text(_PRINT, files)
        found.append(Row("メモリ", f"{files * PAGES:,}ページ", most, "MB"))
    return found
