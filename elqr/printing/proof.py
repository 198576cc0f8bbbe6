"""One printed file (印刷ファイル): from the notices of a file to a PDF that is proved, and its list.

A pure function of its order, so that several can run at the same time. A notice that cannot be set in type is left out
with its whole bill, because an envelope must not lack a notice unnoticed.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from elqr.printing.document import document, fill_texts
from elqr.printing.drawing import is_overlong
from elqr.printing.imposition import BILL, Placement, assign_pages
from elqr.printing.preflight import PreflightResult, preflight
from elqr.printing.template import Template
from elqr.printing.typeface import Typeface
from elqr.printing.wording import NOTICE_WORDS, Office, page_words, words
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location
from elqr.vocabulary.frames import PrintableNotice, PrintNotice
from elqr.vocabulary.visible_text import LOST

_SHOWN = 10
"""Characters named in one finding."""
LIST_COLUMNS = (
    PrintNotice.FILE_NO,
    PrintNotice.PAGE_NO,
    PrintNotice.PLACE_NO,
    PrintableNotice.NOTICE_NO,
    PrintableNotice.KEY_NO,
    PrintableNotice.INSTALLMENT_NO,
    PrintableNotice.AMOUNT_YEN,
    PrintableNotice.DUE_ON,
    PrintableNotice.PAYABLE_UNTIL_ON,
    PrintableNotice.DIGITS,
    PrintableNotice.BARCODE,
)
"""目録の列: what scans of a print are compared with; no names or addresses."""
LIST_SCHEMA = {str(name): name.dtype for name in LIST_COLUMNS}


@dataclass(frozen=True)
class Order:
    """印刷の注文: one file. `sample` is how many of its pages preflight checks; None for all."""

    template: Template
    face: Typeface
    office: Office
    file_no: int
    made_on: date
    notices: pl.DataFrame
    sample: int | None = None

    @property
    def name(self) -> str:
        """ファイル名 without its extension."""
        return f"{self.file_no:04d}_{self.template.name}"


@dataclass(frozen=True)
class Proof:
    """刷り上がり: the PDF, its list as CSV, the result of preflight, and what was left out."""

    pdf: bytes
    list_csv: bytes
    pages: int
    notices: int
    yen: int
    checked: PreflightResult
    left_out: tuple[Finding, ...] = ()


def prove(order: Order) -> Proof:
    """刷って、検査する: notices that cannot be printed are left out, and the pages read back."""
    notices, unprintable = _sift(order, order.notices)
    placed, texts = _word(order, notices)
    overlong_bills, overlong_findings = _find_overlong(order, placed, texts)
    if overlong_findings:
        placed, texts = _word(order, notices.join(overlong_bills, on=BILL, how="anti", maintain_order="left"))
    left_out = (*unprintable, *overlong_findings)
    if placed.is_empty():
        return Proof(b"", _write_list(placed), 0, 0, 0, PreflightResult(0, 0, 0, 0, ()), left_out)
    pdf = document(order.template, order.face, placed, texts, order.made_on)
    pages, yen = int(placed[Placement.PAGE_NO].max()), int(placed[PrintableNotice.AMOUNT_YEN].sum())  # type: ignore[arg-type]
    name = f"{order.name}.pdf"
    checked = preflight(order.template, order.office, name, pdf, placed, _sample_pages(order, pages))
    return Proof(pdf, _write_list(placed), pages, placed.height, yen, checked, left_out)


def _word(order: Order, notices: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """納付書を置き、文言にする: the notices in their places, and the texts of notices and pages."""
    placed = assign_pages(notices, len(order.template.page.slips))
    placed = placed.with_columns(pl.lit(order.file_no, pl.Int64).alias(Placement.FILE_NO))
    notice_words = words(placed, order.office, order.template.key_groups)
    return placed, notice_words.hstack(page_words(placed, order.file_no)).with_columns(placed[Placement.PLACE_NO])


def _write_list(placed: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    placed.select(LIST_COLUMNS).write_csv(out, date_format="%Y-%m-%d")
    return out.getvalue()


def read_list(data: bytes) -> pl.DataFrame:
    """目録を読む: the list of one file, columns LIST_COLUMNS."""
    return pl.read_csv(data, schema=LIST_SCHEMA)


def _sample_pages(order: Order, pages: int) -> list[int]:
    """抜取り: `sample` pages at even distances, with the first and the last; empty for all."""
    if order.sample is None or order.sample >= pages:
        return []
    if order.sample == 1:
        return [1]
    return sorted({1 + round(step * (pages - 1) / (order.sample - 1)) for step in range(order.sample)})


def _sift(order: Order, notices: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """刷れる納付書, and a finding for each bill that cannot or must not be printed."""
    findings: list[Finding] = []
    for sift in (_require_names, _require_whole_texts, _require_glyphs):
        notices, refusals = sift(order, notices)
        findings += refusals
    return notices, findings


_PAYER = {PrintableNotice.PAYER_NAME: "payer_name", PrintableNotice.ADDRESS: "address"}
"""人が書いた文字の項目: column → its name in a template."""


def _names_used(order: Order) -> set[str]:
    """差し込む項目: the names of NOTICE_WORDS that the template uses."""
    fills = (*order.template.head.fills, *order.template.slip.fills)
    return {name for text in fills for name in text.names if name in NOTICE_WORDS}


def _require_names(order: Order, notices: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """氏名のある納付書: a bill without a name can be sent to nobody."""
    if _PAYER[PrintableNotice.PAYER_NAME] not in _names_used(order):
        return notices, []
    is_blank = pl.col(PrintableNotice.PAYER_NAME).fill_null("").str.replace_all(r"[\s\p{C}]", "") == ""
    return _drop_bills(notices, notices.filter(is_blank), lambda notice: Finding(_bill_of(notice), Code.NAME_LACKING))


def _require_whole_texts(order: Order, notices: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """文字の失われていない納付書: a reader of 山?様 cannot tell whether it is meant for them."""
    columns = [column for column, name in _PAYER.items() if name in _names_used(order)]
    is_lost = [pl.col(column).fill_null("").str.contains_any(list(LOST)) for column in columns]
    if not columns:
        return notices, []

    def tell(notice: dict[str, Any]) -> Finding:
        shown = [
            f"{NOTICE_WORDS[_PAYER[column]]}に「{character}」"
            for column in columns
            for character in LOST
            if character in (notice[column] or "")
        ]
        return Finding(_bill_of(notice), Code.CHARACTER_LOST, "、".join(shown))

    return _drop_bills(notices, notices.filter(pl.any_horizontal(is_lost)), tell)


def _require_glyphs(order: Order, notices: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """字形のある納付書: the font has every character that they say."""
    names = sorted(_names_used(order))
    texts = words(notices, order.office, order.template.key_groups).select(pl.concat_str(names).alias("text"))["text"]
    lacking = order.face.lacking("".join(sorted(set().union(*texts))))
    if not lacking:
        return notices, []

    def tell(notice: dict[str, Any]) -> Finding:
        missing = [character for character in lacking if character in notice["text"]]
        shown = "、".join(f"「{character}」（U+{ord(character):04X}）" for character in missing[:_SHOWN])
        return Finding(_bill_of(notice), Code.GLYPH_LACKING, shown, order.face.path.name)

    return _drop_bills(notices, notices.with_columns(texts).filter(pl.col("text").str.contains_any(lacking)), tell)


def _drop_bills(
    notices: pl.DataFrame, bad: pl.DataFrame, tell: Callable[[dict[str, Any]], Finding]
) -> tuple[pl.DataFrame, list[Finding]]:
    """除いた残り: notices of bills without a bad one, and a finding for each bill that has one."""
    firsts = bad.unique(BILL, keep="first", maintain_order=True)
    return notices.join(bad, on=BILL, how="anti", maintain_order="left"), [tell(notice) for notice in firsts.to_dicts()]


def _bill_of(notice: dict[str, object]) -> Location:
    """封筒の場所: the bill by 宛名番号 and 通知書番号, as a name must not stand in a finding."""
    return Location(f"宛名番号{notice[PrintableNotice.PAYER_REF]} 通知書番号{notice[PrintableNotice.BILL_NO]}")


def _find_overlong(order: Order, placed: pl.DataFrame, texts: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """枠に入らない納付書: their bills, and a finding for each bill and text."""
    filled, firsts = fill_texts(order.template, texts), placed.filter(pl.col(Placement.PLACE_NO) == 0)
    bills, findings = [placed.head(0)], set()
    for rows, fills, columns in (
        (firsts, order.template.head.fills, filled.head),
        (placed, order.template.slip.fills, filled.notice),
    ):
        for text, values in zip(fills, columns, strict=True):
            wide = [no for no, value in enumerate(values) if value and is_overlong(order.face, text, value)]
            bills.append(rows[wide])
            findings |= {
                Finding(_bill_of(notice), Code.TEXT_OVERLONG, text.text, f"幅{text.width:g}mm")
                for notice in rows[wide].to_dicts()
            }
    return pl.concat(bills).select(BILL).unique(), sorted(findings)
