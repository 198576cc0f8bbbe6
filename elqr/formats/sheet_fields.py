"""Fields of a spreadsheet (表計算の項目): values as a spreadsheet writes them, read where their meaning is certain.

A value that the field reads as it stands stays as it is. What cannot be mended is refused with what it probably was,
because nobody but the person who typed it knows how many zeros a spreadsheet has dropped.
"""

import re
from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from elqr.formats.by_hand import plain_texts
from elqr.formats.fields import Flaw, Typed, read_field
from elqr.formats.spec import FieldSpec, Spec
from elqr.vocabulary.codes import Code

SCIENTIFIC = r"^[0-9](?:\.[0-9]+)?[Ee]\+[0-9]+$"
"""A number of more digits than Excel shows."""
_FIRST_DAY = date(1899, 12, 30)
_SERIAL = re.compile("[1-9][0-9]{4}")
"""Days of the years from 1927 to 2173, as Excel counts them."""


def read_written_field(field: FieldSpec, texts: pl.Series, received_on: date, spec: Spec) -> tuple[Typed, bool]:
    """CSVの項目を読む, as the spec says who writes it: typed, and whether text of a spreadsheet was mended."""
    if spec.spreadsheet:
        return _read_sheet_field(field, texts, received_on)
    return read_field(field, plain_texts(field, texts) if spec.typed_by_hand else texts, received_on), False


def _read_sheet_field(field: FieldSpec, texts: pl.Series, received_on: date) -> tuple[Typed, bool]:
    typed = read_field(field, texts, received_on)
    if not typed.flaws:
        return typed, False
    is_bad = pl.select(pl.any_horizontal(*(flaw.bad for flaw in typed.flaws))).to_series()
    plain = pl.select(pl.when(is_bad).then(plain_texts(field, texts)).otherwise(texts)).to_series().alias(field.name)
    is_mended = bool((plain != texts).any())
    typed = read_field(field, plain, received_on) if is_mended else typed
    return replace(typed, flaws=tuple(_with_likely_values(flaw, field, texts) for flaw in typed.flaws)), is_mended


def _with_likely_values(flaw: Flaw, field: FieldSpec, texts: pl.Series) -> Flaw:
    """思い当たる値を添える to what was expected of a number or a day. Shows the text as it was written."""
    if flaw.field is not field or flaw.code not in (Code.NOT_DIGITS, Code.NOT_A_DATE):
        return flaw
    wanted = flaw.expected if isinstance(flaw.expected, str) else ""
    bad_texts = texts.filter(flaw.bad).unique()
    likely = pl.Series([wanted + _likely_value(field, text.strip()) for text in bad_texts], dtype=pl.String)
    expected = texts.replace_strict(bad_texts, likely, default=wanted, return_dtype=pl.String)
    return replace(flaw, shown=texts, expected=expected)


def _likely_value(field: FieldSpec, text: str) -> str:
    """What a text probably was; nothing where that is not known. A personal value is not told."""
    if field.kind == "date" and _SERIAL.fullmatch(text):
        return f"（表示形式が日付でない。日付なら {_FIRST_DAY + timedelta(days=int(text))}）"
    if field.kind in ("digits", "nested") and re.match(SCIENTIFIC, text):
        return "（Excel が数に変え、下の桁が失われた）"
    width = field.width or 0
    if field.kind != "digits" or not text.isdecimal() or not 0 < len(text) < width:
        return ""
    return f"（先頭の 0 が落ちたのなら {'0 を足した番号' if field.personal else text.zfill(width)}）"
