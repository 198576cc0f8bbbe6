"""Wording (文言): what a slip says, as columns of text: a notice's yen, dates and numbers as a payer reads them.

One column for each name that a template may put in braces. Nothing here knows where a text stands.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from elqr.arithmetic.wareki import wareki, wareki_year
from elqr.issue.layout import AGENCY
from elqr.issue.reading import group_digits
from elqr.printing.imposition import Placed, page_label
from elqr.vocabulary.frames import Slip
from elqr.vocabulary.terms import WHOLE_YEAR

SLIP_WORDS: dict[str, str] = {
    "city": "団体名",
    "department": "所管課",
    "procedure": "手続（科目）",
    "levy_year": "賦課年度",
    "tax_year": "相当年度",
    "bill_no": "通知書番号",
    "installment": "期別",
    "amount": "納付金額",
    "principal": "本税・本料",
    "demand_fee": "督促手数料",
    "late_charge": "延滞金",
    "due_on": "納期限",
    "payable_until_on": "支払期限",
    "issued_on": "発行日",
    "payer_ref": "宛名番号",
    "payer_name": "氏名",
    "postal_code": "郵便番号",
    "address": "住所",
    "agency": "収納機関番号",
    "key_no": "納付番号",
    "check_no": "確認番号",
    "item_no": "納付区分",
    "bar_code": "バーコードの数字",
}
"""差し込める項目 of a slip: name in a template → what it is."""

PAGE_WORDS: dict[str, str] = {
    "sheet_no": "何枚目",
    "sheet_count": "全部で何枚",
    "page_label": "ファイルとページの番号",
    "page_installments": "この用紙の期別",
    "page_total": "この用紙の合計額",
}
"""差し込める項目 of a page: known once the slips are laid out."""

BAR_CODE_GROUPS = (6, 22, 6, 1, 6, 1)
"""バーコードの数字の区切り behind the AI: 発行企業, 収納企業 to 再発行, 支払期限, 印紙, 金額, 検査数字."""


@dataclass(frozen=True, slots=True)
class Office:
    """発行者: the city, and each procedure's name and department by its code."""

    city: str
    procedures: Mapping[str, tuple[str, str]]


def yen(value: int) -> str:
    """金額 as it is printed: 12,345."""
    return f"{value:,}"


def installment(value: int) -> str:
    """期別: 第3期, or 全期."""
    return "全期" if value == WHOLE_YEAR else f"第{value}期"


def bar_code_digits(digits: str) -> str:
    """バーコードの数字 as printed below the bars."""
    return f"({digits[:2]}){group_digits(digits[2:], BAR_CODE_GROUPS)}"


def words(slips: pl.DataFrame, office: Office, key_groups: Sequence[int]) -> pl.DataFrame:
    """文言: frame Slip → one String column for each of `SLIP_WORDS`, row by row."""
    names = {code: name for code, (name, _) in office.procedures.items()}
    departments = {code: department for code, (_, department) in office.procedures.items()}
    said: dict[str, pl.Series] = {
        "city": pl.Series([office.city]).new_from_index(0, slips.height),
        "agency": pl.Series([AGENCY]).new_from_index(0, slips.height),
        "department": _said(slips[Slip.PROCEDURE_CODE], departments.__getitem__),
        "procedure": _said(slips[Slip.PROCEDURE_CODE], names.__getitem__),
        "levy_year": _said(slips[Slip.LEVY_YEAR], wareki_year),
        "tax_year": _said(slips[Slip.TAX_YEAR], wareki_year),
        "installment": _said(slips[Slip.INSTALLMENT_NO], installment),
        "amount": _said(slips[Slip.AMOUNT_YEN], yen),
        "principal": _said(slips[Slip.PRINCIPAL_YEN], yen),
        "demand_fee": _said(slips[Slip.DEMAND_FEE_YEN], yen),
        "late_charge": _said(slips[Slip.LATE_CHARGE_YEN], yen),
        "due_on": _said(slips[Slip.DUE_ON], wareki),
        "payable_until_on": _said(slips[Slip.PAYABLE_UNTIL_ON], wareki),
        "issued_on": _said(slips[Slip.ISSUED_ON], wareki),
        "key_no": _said(slips[Slip.KEY_NO], lambda digits: group_digits(digits, key_groups)),
        "bar_code": _said(slips[Slip.BARCODE].fill_null(""), lambda digits: bar_code_digits(digits) if digits else ""),
    }
    given = {name: slips[name].fill_null("") for name in SLIP_WORDS if name not in said}
    return pl.DataFrame({name: (said | given)[name] for name in SLIP_WORDS})


def _said(values: pl.Series, say: Callable[[Any], str]) -> pl.Series:
    """Each different value is worded once."""
    different = values.unique()
    return values.replace_strict(different, [say(value) for value in different], return_dtype=pl.String).cast(pl.String)


def page_words(placed: pl.DataFrame, file_no: int) -> pl.DataFrame:
    """文言 of the pages: a placed file (frame Slip with Placed) → one String column for each of `PAGE_WORDS`."""
    first, last = pl.col(Slip.INSTALLMENT_NO).first(), pl.col(Slip.INSTALLMENT_NO).last()
    on_page = placed.select(
        Placed.SHEET_NO,
        Placed.SHEET_COUNT,
        Placed.PAGE_NO,
        first.over(Placed.PAGE_NO).alias("first"),
        last.over(Placed.PAGE_NO).alias("last"),
        pl.col(Slip.AMOUNT_YEN).sum().over(Placed.PAGE_NO).alias("total"),
    )
    one, other = _said(on_page["first"], installment), _said(on_page["last"], installment)
    return on_page.select(
        pl.col(Placed.SHEET_NO).cast(pl.String).alias("sheet_no"),
        pl.col(Placed.SHEET_COUNT).cast(pl.String).alias("sheet_count"),
        _said(on_page[Placed.PAGE_NO], lambda page_no: page_label(file_no, page_no)).alias("page_label"),
        pl.when(one == other).then(one).otherwise(one + "〜" + other).alias("page_installments"),
        _said(on_page["total"], yen).alias("page_total"),
    )
