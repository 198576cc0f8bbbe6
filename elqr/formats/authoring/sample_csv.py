"""A sampled CSV (CSVの見本): its columns, guessed from titles and values. Guesses only; nothing is stated as fact."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from elqr.arithmetic.checkdigit import BARCODE_DIGITS, gs1_valid_column
from elqr.formats.authoring.draft import GUESS, Draft, DraftField, DraftRecord, payment_of
from elqr.formats.authoring.spec_text import PERSONAL_WORDS
from elqr.formats.dates import FORMS
from elqr.vocabulary.errors import BadFile

_WORDS = {
    "領収日": "paid_on", "収納日": "paid_on", "納付日": "paid_on", "収入日": "received_on", "払込日": "funds_on",
    "振込日": "funds_on", "作成日": "made_on", "収納時刻": "paid_at", "金額": "amount_yen", "納付金額": "amount_yen",
    "収納金額": "amount_yen", "納付番号": "key_no", "確認番号": "check_no", "納付区分": "item_no", "氏名": "payer_name",
    "住所": "address", "郵便番号": "postal_code", "店舗": "store", "通知書番号": "bill_no", "期別": "installment_no",
    "顧客番号": "customer_no", "種別": "data_kind", "バーコード": "barcode", "バーコード情報": "barcode",
}  # fmt: skip
_DAYS = {
    "yyyymmdd": r"^(19|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$",
    "yyyy/mm/dd": r"^(19|20)[0-9]{2}/(0[1-9]|1[0-2])/(0[1-9]|[12][0-9]|3[01])$",
    "yyyy-mm-dd": r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
}
_YEN = re.compile("金額|税額|料額|合計額|手数料|延滞金|本税|本料|円")
_CODE = re.compile(rf"^(\D*)(91[0-9]{{{BARCODE_DIGITS - 2}}})$")


def csv_rows_of(text: str) -> list[list[str]]:
    """CSVの行; none when the text is not a CSV of at least two columns and equally long rows."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text.rstrip("\x1a"), newline=""), strict=True) if row]
    except csv.Error:
        return []
    widths = {len(row) for row in rows}
    return rows if len(widths) == 1 and widths.pop() > 1 else []


def csv_draft(name: str, source: str, rows: Sequence[Sequence[str]], charset: str) -> Draft:
    """CSVの下書き: titles come from the header row, if there seems to be one."""
    head = rows[0]
    is_header = (
        len(set(head)) == len(head) and all(head) and not any(re.search("[0-9]{4}|^[0-9]+$", title) for title in head)
    )
    body = rows[1:] if is_header else rows
    titles = list(head) if is_header else [f"{at}列目" for at in range(1, len(head) + 1)]
    columns = list(zip(*body, strict=True)) if body else [()] * len(titles)
    fields = tuple(
        _field(at, title, list(column)) for at, (title, column) in enumerate(zip(titles, columns, strict=True), 1)
    )
    return _draft_of(
        name, source, fields, charset, is_header, () if is_header else ("見出し行がないように見える。本当にないか",)
    )


def columns_draft(name: str, titles: Sequence[str], charset: str) -> Draft:
    """CSVの下書き from the titles of its columns alone."""
    clean = [title.strip() for title in titles]
    if not all(clean) or len(set(clean)) != len(clean) or len(clean) < 2:
        raise BadFile("--columns には、空でなく重ならない見出しをコンマで区切って二つ以上書いてください。")
    fields = tuple(_field(at, title, []) for at, title in enumerate(clean, 1))
    return _draft_of(
        name, "送付元の資料の名前と版をここに書く", fields, charset, True, ("項目の種類（kind）と日付の形",)
    )


def _draft_of(
    name: str, source: str, fields: Sequence[DraftField], charset: str, is_header: bool, questions: tuple[str, ...]
) -> Draft:
    record = DraftRecord("data", "データ", _make_names_unique(fields))
    pay = payment_of(record)
    questions += ("文字コード", "速報・確報・取消の区別があるか")
    questions += () if pay else ("金額・日付・照会キーのどれかを推測できなかった",)
    return Draft(name, source, "csv", charset, (record,), header_row=is_header, payment=pay, questions=questions)


def _make_names_unique(fields: Sequence[DraftField]) -> tuple[DraftField, ...]:
    unique: list[DraftField] = []
    for at, field in enumerate(fields, start=1):
        is_taken = field.name in {earlier.name for earlier in unique}
        unique.append(replace(field, name=f"column_{at}") if is_taken else field)
    return tuple(unique)


def _field(at: int, title: str, values: list[str]) -> DraftField:
    name = _WORDS.get(title, f"column_{at}")
    filled = pl.Series([value.strip() for value in values if value.strip()], dtype=pl.String)
    extra: dict[str, object] = {"blank": True} if len(filled) < len(values) else {}
    personal: dict[str, object] = {"personal": True} if any(word in title for word in PERSONAL_WORDS) else {}
    if not len(filled):
        return _by_title(name, title, personal, extra if values else {})
    for form, shape in _DAYS.items():
        if filled.str.contains(shape).all() and filled.str.to_date(FORMS[form], strict=False).is_not_null().all():
            return DraftField(
                name, title, "date", None, {"form": form} | extra | personal, f"{GUESS}: 見本がすべてこの形の日付"
            )
    codes = [_CODE.match(value) for value in filled]
    if all(codes) and gs1_valid_column(pl.Series([code[2] for code in codes if code])).all():
        prefix = {code[1] for code in codes if code}
        if len(prefix) == 1:
            prefix_extra = {"prefix": next(iter(prefix))} if prefix != {""} else {}
            return DraftField(
                name, title, "nested", None, {"spec": "gs1_128"} | prefix_extra | extra, f"{GUESS}: 44桁のバーコード"
            )
    if filled.str.contains("^[0-9]+$").all() and not personal:
        longest = int(filled.str.len_chars().max() or 1)  # type: ignore[arg-type]
        if _YEN.search(title) and longest <= 12:
            return DraftField(name, title, "yen", None, {"max_width": 11} | extra, f"{GUESS}: 見出しと数字だけの値から")
        same = filled.str.len_chars().n_unique() == 1
        width = longest if same and (len(filled) > 1 or longest > 1) else None
        return DraftField(
            name, title, "digits", width, ({} if width else {"max_width": longest}) | extra, f"{GUESS}: 数字だけ"
        )
    return DraftField(name, title, "text", None, personal, f"{GUESS}: 文字" + ("。個人情報" if personal else ""))


def _by_title(name: str, title: str, personal: dict[str, object], extra: dict[str, object]) -> DraftField:
    """A field guessed from its title alone, because there is no value to look at."""
    note = f"{GUESS}: 見出しだけから"
    if personal:
        return DraftField(name, title, "text", None, personal, f"{note}。個人情報")
    if title.endswith("日") or title.endswith("年月日"):
        return DraftField(name, title, "date", None, {"form": "yyyymmdd"} | extra, f"{note}。日付の形は要確認")
    if _YEN.search(title):
        return DraftField(name, title, "yen", None, {"max_width": 11} | extra, note)
    if title.endswith("番号"):
        return DraftField(name, title, "digits", None, {"max_width": 20} | extra, note)
    return DraftField(name, title, "text", None, {}, note)
