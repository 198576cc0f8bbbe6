"""One printed file (印刷ファイル): from the slips of a file to a PDF that is proved, and its list.

A pure function of its order, so that several can be made side by side. Slips that cannot be set in type
are left out with the whole bill they belong to, because an envelope must not lack a slip unnoticed.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from elqr.printing.document import document, said
from elqr.printing.drawing import overlong
from elqr.printing.imposition import BILL, Placed, on_pages
from elqr.printing.preflight import Checked, preflight
from elqr.printing.template import Template
from elqr.printing.typeface import Typeface
from elqr.printing.wording import SLIP_WORDS, Office, page_words, words
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location
from elqr.vocabulary.frames import PrintNotice, Slip

_SHOWN = 10
"""Characters named in one finding."""
LISTED = (
    PrintNotice.FILE_NO,
    PrintNotice.PAGE_NO,
    PrintNotice.PLACE_NO,
    Slip.NOTICE_NO,
    Slip.KEY_NO,
    Slip.INSTALLMENT_NO,
    Slip.AMOUNT_YEN,
    Slip.DUE_ON,
    Slip.PAYABLE_UNTIL_ON,
    Slip.DIGITS,
    Slip.BARCODE,
)
"""目録の列: what scans of a print are compared with. No names, no addresses."""
LISTED_SCHEMA = {str(name): name.dtype for name in LISTED}


@dataclass(frozen=True)
class Order:
    """印刷の注文: one file. `sample` limits preflight to so many of its pages; None checks all."""

    template: Template
    face: Typeface
    office: Office
    file_no: int
    made_on: date
    slips: pl.DataFrame
    sample: int | None = None

    @property
    def name(self) -> str:
        """ファイル名 without its kind."""
        return f"{self.file_no:04d}_{self.template.name}"


@dataclass(frozen=True)
class Proof:
    """刷り上がり: the PDF, its list, and everything that was found."""

    pdf: bytes
    listed: bytes
    pages: int
    notices: int
    yen: int
    checked: Checked
    left_out: tuple[Finding, ...] = ()


def proved(order: Order) -> Proof:
    """刷って、検査する. Nothing but what is left out and what preflight finds can be wrong with a proof."""
    slips, unprintable = _printable(order, order.slips)
    placed, texts = _worded(order, slips)
    overlong_bills, overlong_found = _overlong(order, placed, texts)
    if overlong_found:
        placed, texts = _worded(order, slips.join(overlong_bills, on=BILL, how="anti", maintain_order="left"))
    left_out = (*unprintable, *overlong_found)
    if placed.is_empty():
        return Proof(b"", _listed(placed), 0, 0, 0, Checked(0, 0, 0, 0, ()), left_out)
    pdf = document(order.template, order.face, placed, texts, order.made_on)
    pages, yen = int(placed[Placed.PAGE_NO].max()), int(placed[Slip.AMOUNT_YEN].sum())  # type: ignore[arg-type]
    name = f"{order.name}.pdf"
    checked = preflight(order.template, order.office, name, pdf, placed, _sampled(order, pages))
    return Proof(pdf, _listed(placed), pages, placed.height, yen, checked, left_out)


def _worded(order: Order, slips: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The slips in their places, and what they and their pages say."""
    placed = on_pages(slips, len(order.template.page.slips))
    placed = placed.with_columns(pl.lit(order.file_no, pl.Int64).alias(Placed.FILE_NO))
    slip_words = words(placed, order.office, order.template.key_groups)
    return placed, slip_words.hstack(page_words(placed, order.file_no)).with_columns(placed[Placed.PLACE_NO])


def _listed(placed: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    placed.select(LISTED).write_csv(out, date_format="%Y-%m-%d")
    return out.getvalue()


def read_listed(data: bytes) -> pl.DataFrame:
    """目録を読む: the list of one file."""
    return pl.read_csv(data, schema=LISTED_SCHEMA)


def _sampled(order: Order, pages: int) -> list[int]:
    """抜取り: `sample` pages at even distances, the first and the last among them; empty for all."""
    if order.sample is None or order.sample >= pages:
        return []
    if order.sample == 1:
        return [1]
    return sorted({1 + round(step * (pages - 1) / (order.sample - 1)) for step in range(order.sample)})


def _printable(order: Order, slips: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """刷れる納付書, and a finding for every bill that must not or cannot be printed as it is."""
    found: list[Finding] = []
    for sift in (_with_names, _with_whole_texts, _with_glyphs):
        slips, bad = sift(order, slips)
        found += bad
    return slips, found


_PAYER = {Slip.PAYER_NAME: "payer_name", Slip.ADDRESS: "address"}
"""人が書いた文字の項目: column → its name in a template."""
_LOST = ["?", "？", "〓", "\ufffd"]
"""What another system leaves where it could not write a character."""


def _names_said(order: Order) -> set[str]:
    """差し込む項目 of the template that a notice has."""
    fills = (*order.template.head.fills, *order.template.slip.fills)
    return {name for text in fills for name in text.names if name in SLIP_WORDS}


def _with_names(order: Order, slips: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """氏名のある納付書: nobody can be sent a bill without a name."""
    if _PAYER[Slip.PAYER_NAME] not in _names_said(order):
        return slips, []
    is_blank = pl.col(Slip.PAYER_NAME).fill_null("").str.replace_all(r"[\s\p{C}]", "") == ""
    return _without(slips, slips.filter(is_blank), lambda slip: Finding(_who(slip), Code.NAME_LACKING))


def _with_whole_texts(order: Order, slips: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """文字の失われていない納付書: who reads 山?様 does not know whether it is for them."""
    said = [column for column, name in _PAYER.items() if name in _names_said(order)]
    is_lost = [pl.col(column).fill_null("").str.contains_any(_LOST) for column in said]
    if not said:
        return slips, []

    def tell(slip: dict[str, Any]) -> Finding:
        shown = [
            f"{SLIP_WORDS[_PAYER[column]]}に「{character}」"
            for column in said
            for character in _LOST
            if character in (slip[column] or "")
        ]
        return Finding(_who(slip), Code.CHARACTER_LOST, "、".join(shown))

    return _without(slips, slips.filter(pl.any_horizontal(is_lost)), tell)


def _with_glyphs(order: Order, slips: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """字形のある納付書: whatever they say, the font has."""
    names = sorted(_names_said(order))
    said = pl.concat_str(names).alias("said")
    said_by = words(slips, order.office, order.template.key_groups).select(said)["said"]
    lacking = order.face.lacking("".join(sorted(set().union(*said_by))))
    if not lacking:
        return slips, []

    def tell(slip: dict[str, Any]) -> Finding:
        own = [character for character in lacking if character in slip["said"]]
        shown = "、".join(f"「{character}」（U+{ord(character):04X}）" for character in own[:_SHOWN])
        return Finding(_who(slip), Code.GLYPH_LACKING, shown, order.face.path.name)

    return _without(slips, slips.with_columns(said_by).filter(pl.col("said").str.contains_any(lacking)), tell)


def _without(
    slips: pl.DataFrame, bad: pl.DataFrame, tell: Callable[[dict[str, Any]], Finding]
) -> tuple[pl.DataFrame, list[Finding]]:
    """除いた残り: slips whose bill has no bad one, and a finding for each bill that has."""
    firsts = bad.unique(BILL, keep="first", maintain_order=True)
    return slips.join(bad, on=BILL, how="anti", maintain_order="left"), [tell(slip) for slip in firsts.to_dicts()]


def _who(slip: dict[str, object]) -> Location:
    """Whose slip it is, by 宛名番号 and 通知書番号: a name does not go into a finding."""
    return Location(f"宛名番号{slip[Slip.PAYER_REF]} 通知書番号{slip[Slip.BILL_NO]}")


def _overlong(order: Order, placed: pl.DataFrame, texts: pl.DataFrame) -> tuple[pl.DataFrame, list[Finding]]:
    """枠に入らない納付書: their bills, and a finding for each bill and text."""
    filled, firsts = said(order.template, texts), placed.filter(pl.col(Placed.PLACE_NO) == 0)
    bills, found = [placed.head(0)], set()
    for rows, fills, columns in (
        (firsts, order.template.head.fills, filled.head),
        (placed, order.template.slip.fills, filled.slip),
    ):
        for text, column in zip(fills, columns, strict=True):
            wide = [no for no, value in enumerate(column) if value and overlong(order.face, text, value)]
            bills.append(rows[wide])
            found |= {
                Finding(_who(slip), Code.TEXT_OVERLONG, text.text, f"幅{text.width:g}mm")
                for slip in rows[wide].to_dicts()
            }
    return pl.concat(bills).select(BILL).unique(), sorted(found)
