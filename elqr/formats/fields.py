"""Fields (項目): one column of text → one typed column, with what is wrong in it.

Each kind is one function in `KINDS`. Text is checked before it is cast, because a cast forgives
(`+12` is an integer to it) and cannot tell garbage from blank.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import polars as pl

from elqr.checkdigit import gs1_valid_column
from elqr.findings import Code
from elqr.fiscal import mmdd_expr
from elqr.formats.spec import FieldSpec

_FORMS = {"yyyymmdd": "%Y%m%d", "yyyy/mm/dd": "%Y/%m/%d", "yyyy-mm-dd": "%Y-%m-%d"}
_SHAPES = {
    "yyyymmdd": r"^[0-9]{8}$",
    "yyyy/mm/dd": r"^[0-9]{4}/[0-9]{2}/[0-9]{2}$",
    "yyyy-mm-dd": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "mmdd": r"^[0-9]{4}$",
}


@dataclass(frozen=True, slots=True)
class Flaw:
    """項目の誤り: which rows of a column break which rule."""

    field: FieldSpec
    code: Code
    bad: pl.Series
    shown: pl.Series
    expected: str
    offset_bytes: int = -1


@dataclass(frozen=True, slots=True)
class Typed:
    """Columns made from one field, and its flaws. A nested field makes several columns."""

    columns: dict[str, pl.Series]
    flaws: tuple[Flaw, ...] = ()


def read_field(field: FieldSpec, texts: pl.Series, received_on: date) -> Typed:
    """項目を読む: blanks are settled here, the rest by the kind."""
    is_text = field.kind in ("text", "filler")
    stripped = texts.str.strip_chars_end(" \u3000") if is_text else texts.str.strip_chars(" ")
    blank = stripped == ""
    if field.zero_is_blank:
        blank = blank | stripped.str.contains(r"^0+$")
    values = pl.select(pl.when(~blank).then(stripped).alias(field.name)).to_series()
    given = values if field.blank or is_text else texts
    typed = KINDS[field.kind](field, given, received_on)
    if field.blank or is_text:
        return typed
    return Typed(typed.columns, (*_blank_flaw(field, blank, texts), *_without(typed.flaws, blank)))


def _blank_flaw(field: FieldSpec, blank: pl.Series, texts: pl.Series) -> tuple[Flaw, ...]:
    return (Flaw(field, Code.BLANK, blank, texts, field.title),) if blank.any() else ()


def _without(flaws: tuple[Flaw, ...], rows: pl.Series) -> tuple[Flaw, ...]:
    return tuple(Flaw(f.field, f.code, f.bad & ~rows, f.shown, f.expected, f.offset_bytes) for f in flaws)


def _flawed(field: FieldSpec, code: Code, texts: pl.Series, good: pl.Series, expected: str) -> tuple[Flaw, ...]:
    bad = ~good.fill_null(True)
    return (Flaw(field, code, bad, texts, expected),) if bad.any() else ()


def _const(field: FieldSpec, texts: pl.Series, received_on: date) -> Typed:
    flaws = _flawed(field, Code.NOT_THE_CONSTANT, texts, texts == field.value, field.value or "")
    return Typed({field.name: texts}, flaws)


def _code(field: FieldSpec, texts: pl.Series, received_on: date) -> Typed:
    allowed = list(field.values or {})
    return Typed({field.name: texts}, _flawed(field, Code.NOT_IN_LIST, texts, texts.is_in(allowed), "・".join(allowed)))


def _digits(field: FieldSpec, texts: pl.Series, received_on: date) -> Typed:
    if field.width is not None:
        shape, expected = f"^[0-9]{{{field.width}}}$", f"{field.width}桁の数字"
    else:
        most = field.max_width or 255
        shape, expected = f"^[0-9]{{1,{most}}}$", f"{most}桁以内の数字"
    return Typed({field.name: texts}, _flawed(field, Code.NOT_DIGITS, texts, texts.str.contains(shape), expected))


def _integer(field: FieldSpec, texts: pl.Series, received_on: date) -> Typed:
    most = field.width or field.max_width or 12
    good = texts.str.contains(f"^[0-9]{{1,{most}}}$")
    whole = pl.select(pl.when(good).then(texts)).to_series().cast(pl.Int64, strict=False).alias(field.name)
    return Typed({field.name: whole}, _flawed(field, Code.NOT_DIGITS, texts, good, f"{most}桁以内の数字"))


def _date(field: FieldSpec, texts: pl.Series, received_on: date) -> Typed:
    shaped = pl.when(texts.str.contains(_SHAPES[field.form])).then(texts)
    if field.form == "mmdd":
        day = pl.select(mmdd_expr(shaped, received_on)).to_series()
    else:
        day = pl.select(shaped).to_series().str.to_date(_FORMS[field.form], strict=False, exact=True)
    good = texts.is_null() | day.is_not_null()
    return Typed({field.name: day.alias(field.name)}, _flawed(field, Code.NOT_A_DATE, texts, good, field.form.upper()))


def _time(field: FieldSpec, texts: pl.Series, received_on: date) -> Typed:
    good = texts.str.contains(r"^([01][0-9]|2[0-3])[0-5][0-9]([0-5][0-9])?$")
    return Typed({field.name: texts}, _flawed(field, Code.NOT_A_TIME, texts, good, "HHMM"))


def _text(field: FieldSpec, texts: pl.Series, received_on: date) -> Typed:
    most = field.max_width
    good = texts.str.len_chars() <= most if most else texts.is_null() | True
    return Typed({field.name: texts}, _flawed(field, Code.TOO_LONG, texts, good, f"{most}文字以内"))


def _nested(field: FieldSpec, texts: pl.Series, received_on: date) -> Typed:
    """入れ子: the prefix, then the parts of the nested layout at their widths."""
    assert field.nested is not None, "a spec that was read has its nested layouts"
    record = field.nested.record[0]
    shape = f"^{field.prefix}[0-9]{{{record.width_bytes}}}$"
    good = texts.str.contains(shape)
    flaws = _flawed(field, Code.NOT_DIGITS, texts, good, f"{field.prefix}{record.width_bytes}桁の数字")
    body = pl.select(pl.when(good).then(texts.str.strip_prefix(field.prefix))).to_series()
    columns = {field.name: body.alias(field.name)}
    for part, start in zip(record.fields, record.offsets, strict=True):
        typed = read_field(part.model_copy(update={"blank": True}), body.str.slice(start, part.width), received_on)
        columns |= {
            f"{field.name}.{name}": values.alias(f"{field.name}.{name}") for name, values in typed.columns.items()
        }
        flaws += typed.flaws
    if field.nested.check == "gs1_mod10":
        flaws += _flawed(field, Code.CHECK_DIGIT, texts, gs1_valid_column(body), "GS1 モジュラス10")
    return Typed(columns, flaws)


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
