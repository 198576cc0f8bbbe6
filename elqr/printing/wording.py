"""Wording (文言): a notice's yen, dates and numbers as a payer reads them, as columns of text.

One column for each name that a template may use in braces. Where a text stands is not known here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from elqr.arithmetic.wareki import wareki, wareki_year
from elqr.issue.layout import AGENCY
from elqr.issue.reading import group_digits
from elqr.printing.imposition import Placement, page_label
from elqr.vocabulary.frames import PrintableNotice
from elqr.vocabulary.terms import WHOLE_YEAR

NOTICE_WORDS: dict[str, str] = {
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
"""差し込める項目 of a notice: name in a template → title."""

PAGE_WORDS: dict[str, str] = {
    "sheet_no": "何枚目",
    "sheet_count": "全部で何枚",
    "page_label": "ファイルとページの番号",
    "page_installments": "この用紙の期別",
    "page_total": "この用紙の合計額",
}
"""差し込める項目 of a page, known once the notices have their places: name in a template → title."""

BAR_CODE_GROUPS = (6, 22, 6, 1, 6, 1)
"""バーコードの数字の区切り after the AI: 発行企業, 収納企業 to 再発行, 支払期限, 印紙, 金額, 検査数字."""


@dataclass(frozen=True, slots=True)
class Office:
    """発行者: the city, and procedure code → name and department."""

    city: str
    procedures: Mapping[str, tuple[str, str]]


def yen(value: int) -> str:
    """金額 as it is printed: 12,345."""
    return f"{value:,}"


def installment(value: int) -> str:
    """期別 as it is printed: 第3期, or 全期."""
    return "全期" if value == WHOLE_YEAR else f"第{value}期"


def bar_code_digits(digits: str) -> str:
    """バーコードの数字 as they are printed below the bars."""
    return f"({digits[:2]}){group_digits(digits[2:], BAR_CODE_GROUPS)}"


def words(notices: pl.DataFrame, office: Office, key_groups: Sequence[int]) -> pl.DataFrame:
    """文言: frame PrintableNotice → one String column for each of NOTICE_WORDS, row by row."""
    names = {code: name for code, (name, _) in office.procedures.items()}
    departments = {code: department for code, (_, department) in office.procedures.items()}
    worded: dict[str, pl.Series] = {
        "city": pl.Series([office.city]).new_from_index(0, notices.height),
        "agency": pl.Series([AGENCY]).new_from_index(0, notices.height),
        "department": _word_each(notices[PrintableNotice.PROCEDURE_CODE], departments.__getitem__),
        "procedure": _word_each(notices[PrintableNotice.PROCEDURE_CODE], names.__getitem__),
        "levy_year": _word_each(notices[PrintableNotice.LEVY_YEAR], wareki_year),
        "tax_year": _word_each(notices[PrintableNotice.TAX_YEAR], wareki_year),
        "bill_no": _bill_numbers(notices),
        "installment": _word_each(notices[PrintableNotice.INSTALLMENT_NO], installment),
        "amount": _word_each(notices[PrintableNotice.AMOUNT_YEN], yen),
        "principal": _word_each(notices[PrintableNotice.PRINCIPAL_YEN], yen),
        "demand_fee": _word_each(notices[PrintableNotice.DEMAND_FEE_YEN], yen),
        "late_charge": _word_each(notices[PrintableNotice.LATE_CHARGE_YEN], yen),
        "due_on": _word_each(notices[PrintableNotice.DUE_ON], wareki),
        "payable_until_on": _word_each(notices[PrintableNotice.PAYABLE_UNTIL_ON], wareki),
        "issued_on": _word_each(notices[PrintableNotice.ISSUED_ON], wareki),
        "key_no": _word_each(notices[PrintableNotice.KEY_NO], lambda digits: group_digits(digits, key_groups)),
        "bar_code": _word_each(
            notices[PrintableNotice.BARCODE].fill_null(""), lambda digits: bar_code_digits(digits) if digits else ""
        ),
    }
    unchanged = {name: notices[name].fill_null("") for name in NOTICE_WORDS if name not in worded}
    return pl.DataFrame({name: (worded | unchanged)[name] for name in NOTICE_WORDS})


def _bill_numbers(notices: pl.DataFrame) -> pl.Series:
    """通知書番号 as it is printed; of a notice for several claims the first, and how many others: 100001 ほか1件."""
    bill_no, others = pl.col(PrintableNotice.BILL_NO), pl.col(PrintableNotice.OTHER_CLAIMS)
    text = pl.when(others > 0).then(pl.format("{} ほか{}件", bill_no, others)).otherwise(bill_no)
    return notices.select(text).to_series()


def _word_each(values: pl.Series, say: Callable[[Any], str]) -> pl.Series:
    """文言 of each row; every different value is worded once."""
    different = values.unique()
    return values.replace_strict(different, [say(value) for value in different], return_dtype=pl.String).cast(pl.String)


def page_words(placed: pl.DataFrame, file_no: int) -> pl.DataFrame:
    """ページの文言: the notices of a file in their places → one String column for each of PAGE_WORDS, row by row."""
    first, last = pl.col(PrintableNotice.INSTALLMENT_NO).first(), pl.col(PrintableNotice.INSTALLMENT_NO).last()
    on_page = placed.select(
        Placement.SHEET_NO,
        Placement.SHEET_COUNT,
        Placement.PAGE_NO,
        first.over(Placement.PAGE_NO).alias("first"),
        last.over(Placement.PAGE_NO).alias("last"),
        pl.col(PrintableNotice.AMOUNT_YEN).sum().over(Placement.PAGE_NO).alias("total"),
    )
    first_text, last_text = _word_each(on_page["first"], installment), _word_each(on_page["last"], installment)
    return on_page.select(
        pl.col(Placement.SHEET_NO).cast(pl.String).alias("sheet_no"),
        pl.col(Placement.SHEET_COUNT).cast(pl.String).alias("sheet_count"),
        _word_each(on_page[Placement.PAGE_NO], lambda page_no: page_label(file_no, page_no)).alias("page_label"),
        pl.when(first_text == last_text)
        .then(first_text)
        .otherwise(first_text + "〜" + last_text)
        .alias("page_installments"),
        _word_each(on_page["total"], yen).alias("page_total"),
    )
