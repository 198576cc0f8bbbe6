"""Fields (項目): one column of text → one typed column and its flaws.

Each kind is one function in `KINDS`. Text is checked before it is cast, because a cast is too lenient
(it takes `+12` for an integer) and cannot tell garbage from blank.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from elqr.arithmetic.checkdigit import as_matrix, gs1_valid
from elqr.formats.dates import read_dates
from elqr.formats.mpn import mpn_valid
from elqr.formats.spec import TEXT_KINDS, FieldSpec
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import without_names

_ZERO, _NINE = 0x30, 0x39
_NUMBERS = ("digits", "yen", "count")
"""Kinds that fill the width of a fixed field with digits; they may be blank, but not padded with blanks."""
SPACES = " \u3000"
"""空白: the characters that pad a text field."""
_TIME = r"^([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9])?$"
CHECKS = {"gs1_mod10": (gs1_valid, "GS1 モジュラス10"), "mpn": (mpn_valid, "MPN 上段・下段のCD")}
"""検査 of a nested layout: the name in the spec → the check of rows of bytes, and the name that staff read."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """項目の誤り: a rule, and the rows of a column that break it."""

    field: FieldSpec
    code: Code
    bad: pl.Series
    shown: pl.Series
    expected: str | pl.Series
    offset_bytes: int = -1


@dataclass(frozen=True, slots=True)
class Typed:
    """読んだ項目: the columns of one field, and its flaws. A nested field has several columns."""

    columns: dict[str, pl.Series]
    flaws: tuple[Flaw, ...] = ()


def read_field(
    field: FieldSpec, texts: pl.Series, received_on: date, *, is_digits: bool = False, spaces: str = SPACES
) -> Typed:
    """項目を読む: blanks are handled here, everything else by the kind. A column of equal values is read once.

    `is_digits`: the caller knows that every byte of the column is a digit and that it has the field's width.
    `spaces`: those of `SPACES` that may occur.
    """
    if len(texts) > 1 and not texts.null_count() and (texts == texts[0]).all():
        return repeated(read_field(field, texts.head(1), received_on, is_digits=is_digits, spaces=spaces), len(texts))
    if field.zeros_lost:
        texts = _fill_with_zeros(field, texts)
    if field.kind in _NUMBERS and not field.zero_is_blank and (is_digits or _all_digits(field, texts)):
        return Typed({field.name: texts if field.kind == "digits" else texts.cast(pl.Int64)})
    if is_digits and field.kind == "nested" and not field.prefix:
        return _nested(field, texts, received_on)
    if field.space_padded:
        texts = _fill_with_zeros(field, texts)
    is_text = field.kind in ("text", "filler")
    stripped = _strip(texts, spaces, is_text=is_text)
    blank = stripped == ""
    if field.zero_is_blank:
        blank = blank | stripped.str.contains(r"^0+$")
    may_be_blank = field.blank or is_text
    values = stripped if may_be_blank and not (field.width and field.kind in _NUMBERS) else texts
    if may_be_blank and blank.any():
        values = values.set(blank, None)
    typed = KINDS[field.kind](field, values, received_on)
    if may_be_blank:
        return typed
    return Typed(typed.columns, (*_blank_flaw(field, blank, texts), *_without_rows(typed.flaws, blank)))


def value_without_names(field: FieldSpec, text: str) -> str:
    """氏名を伏せた値 of a field: text fields, values that the spec names, and the prefix stay as they are."""
    bare = text.strip()
    if field.kind in TEXT_KINDS or bare == field.value or (field.values and bare in field.values):
        return text
    prefix = field.prefix if text.startswith(field.prefix) else ""
    return prefix + without_names(text.removeprefix(prefix))


def repeated(typed: Typed, count: int) -> Typed:
    """同じ値の列: repeat the result of one value for a column in which all values are equal."""

    def repeat(values: pl.Series) -> pl.Series:
        return values.new_from_index(0, count)

    columns = {name: repeat(values) for name, values in typed.columns.items()}
    flaws = tuple(
        replace(
            flaw,
            bad=repeat(flaw.bad),
            shown=repeat(flaw.shown),
            expected=flaw.expected if isinstance(flaw.expected, str) else repeat(flaw.expected),
        )
        for flaw in typed.flaws
    )
    return Typed(columns, flaws)


def _all_digits(field: FieldSpec, texts: pl.Series) -> bool:
    """Whether every value is digits only, and as many as the field's kind wants."""
    most = field.width or field.max_width or 0
    return _are_digits(texts, most if field.kind == "digits" and field.width else 1, most)


def _are_digits(texts: pl.Series, least: int, most: int) -> bool:
    if not len(texts) or texts.null_count():
        return False
    lengths = texts.str.len_bytes().to_numpy()
    if lengths.min() < least or lengths.max() > most:
        return False
    digits = np.frombuffer(texts.str.join("").item().encode(), dtype=np.uint8)
    return bool(digits.min() >= _ZERO and digits.max() <= _NINE)


def _strip(texts: pl.Series, spaces: str, *, is_text: bool) -> pl.Series:
    """Strip the spaces that pad a field."""
    if not spaces:
        return texts
    return texts.str.strip_chars_end(spaces) if is_text else texts.str.strip_chars(" ")


def _fill_with_zeros(field: FieldSpec, texts: pl.Series) -> pl.Series:
    """前のゼロを補う: for spaces on the left, or for zeros that a spreadsheet lost; a blank field stays blank."""
    bare, width = texts.str.strip_chars_start(" "), field.width or field.max_width or len(field.form)
    filled = pl.select(pl.when(bare == "").then(texts).otherwise(bare.str.zfill(width))).to_series()
    return filled.alias(texts.name)


def _blank_flaw(field: FieldSpec, blank: pl.Series, texts: pl.Series) -> tuple[Flaw, ...]:
    if not blank.any():
        return ()
    spaces = pl.select(pl.when(texts.str.strip_chars() == "").then(pl.lit("空白")).otherwise(texts)).to_series()
    return (Flaw(field, Code.BLANK, blank, spaces, "値"),)


def _without_rows(flaws: tuple[Flaw, ...], rows: pl.Series) -> tuple[Flaw, ...]:
    return tuple(replace(flaw, bad=flaw.bad & ~rows) for flaw in flaws)


def _flaws_of(
    field: FieldSpec, code: Code, texts: pl.Series, good: pl.Series, expected: str | pl.Series
) -> tuple[Flaw, ...]:
    bad = ~good.fill_null(True)
    return (Flaw(field, code, bad, texts, expected),) if bad.any() else ()


def _const(field: FieldSpec, texts: pl.Series, received_on: date) -> Typed:
    flaws = _flaws_of(field, Code.NOT_THE_CONSTANT, texts, texts == field.value, field.value or "")
    return Typed({field.name: texts}, flaws)


def _code(field: FieldSpec, texts: pl.Series, received_on: date) -> Typed:
    allowed = list(field.values or {})
    return Typed(
        {field.name: texts}, _flaws_of(field, Code.NOT_IN_LIST, texts, texts.is_in(allowed), "・".join(allowed))
    )


def _digits(field: FieldSpec, texts: pl.Series, received_on: date) -> Typed:
    if field.width is not None:
        shape, expected = f"^[0-9]{{{field.width}}}$", f"{field.width}桁の数字"
    else:
        most = field.max_width or 255
        shape, expected = f"^[0-9]{{1,{most}}}$", f"{most}桁以内の数字"
    return Typed({field.name: texts}, _flaws_of(field, Code.NOT_DIGITS, texts, texts.str.contains(shape), expected))


def _integer(field: FieldSpec, texts: pl.Series, received_on: date) -> Typed:
    most = field.width or field.max_width or 12
    good = texts.str.contains(f"^[0-9]{{1,{most}}}$")
    numbers = pl.select(pl.when(good).then(texts)).to_series().cast(pl.Int64, strict=False).alias(field.name)
    return Typed({field.name: numbers}, _flaws_of(field, Code.NOT_DIGITS, texts, good, f"{most}桁以内の数字"))


def _date(field: FieldSpec, texts: pl.Series, received_on: date) -> Typed:
    day, doubt = read_dates(texts, field.form, received_on, ahead=field.ahead)
    good = texts.is_null() | day.is_not_null()
    flaws = _flaws_of(field, Code.NOT_A_DATE, texts, good, field.form.upper())
    if doubt.null_count() < len(doubt):
        flaws += _flaws_of(field, Code.DATE_IN_DOUBT, texts, doubt.is_null(), doubt)
    return Typed({field.name: day.alias(field.name)}, flaws)


def _time(field: FieldSpec, texts: pl.Series, received_on: date) -> Typed:
    distinct = texts.unique()
    all_good = distinct.str.contains(_TIME).fill_null(True).all()
    return Typed(
        {field.name: texts},
        () if all_good else _flaws_of(field, Code.NOT_A_TIME, texts, texts.str.contains(_TIME), "HHMM"),
    )


def _text(field: FieldSpec, texts: pl.Series, received_on: date) -> Typed:
    if not field.max_width:
        return Typed({field.name: texts})
    good = texts.str.len_chars() <= field.max_width
    return Typed({field.name: texts}, _flaws_of(field, Code.TOO_LONG, texts, good, f"{field.max_width}文字以内"))


def _nested(field: FieldSpec, texts: pl.Series, received_on: date) -> Typed:
    """入れ子: cut the prefix off, and read the parts of the nested layout."""
    assert field.nested is not None, "a spec that was read has its nested layouts"
    record = field.nested.record[0]
    body, flaws = _body(field, texts, record.width_bytes)
    is_given = body.is_not_null()
    digits = as_matrix(body.drop_nulls(), record.width_bytes)
    alike = (digits == digits[:1]).all(axis=0) & (1 < len(digits) == len(body))
    columns = {field.name: body.fill_null(texts).alias(field.name)}
    for part, start in zip(record.fields, record.offsets, strict=True):
        end = start + (part.width or 0)
        values = (body.head(1) if alike[start:end].all() else body).str.slice(start, part.width)
        optional_part = part.model_copy(update={"blank": True})
        typed = read_field(optional_part, values, received_on, is_digits=len(digits) == len(body))
        typed = repeated(typed, len(body)) if len(values) < len(body) else typed
        columns |= {
            f"{field.name}.{name}": values.alias(f"{field.name}.{name}") for name, values in typed.columns.items()
        }
        flaws += typed.flaws
    if field.nested.check is not None:
        valid, expected = CHECKS[field.nested.check]
        good = np.ones(len(body), dtype=np.bool_)
        good[is_given.to_numpy()] = valid(digits)
        flaws += _flaws_of(field, Code.CHECK_DIGIT, texts, pl.Series(good), expected)
    return Typed(columns, flaws)


def _body(field: FieldSpec, texts: pl.Series, width: int) -> tuple[pl.Series, tuple[Flaw, ...]]:
    """The text after the prefix where it is digits, null elsewhere; and the flaws."""
    body = texts.str.slice(len(field.prefix)) if texts.str.starts_with(field.prefix).all() else texts
    if _are_digits(body, width, width):
        return body, ()
    good = texts.str.contains(f"^{field.prefix}[0-9]{{{width}}}$")
    body = pl.select(pl.when(good).then(texts.str.strip_prefix(field.prefix))).to_series()
    return body, _flaws_of(field, Code.NOT_DIGITS, texts, good, f"{field.prefix}{width}桁の数字")


KINDS: dict[str, Callable[[FieldSpec, pl.Series, date], Typed]] = {
    "const": _const,
    "code": _code,
    "digits": _digits,
    "yen": _integer,
    "count": _integer,
    "date": _date,
    "time": _time,
    "text": _text,
    "filler": lambda field, texts, received_on: Typed({}),
    "nested": _nested,
}
