"""Numbers as people write them (番号の書き方): grouping marks are removed and full-width digits become half-width.

Our page and our CSV group long numbers, and people copy them. The same rule holds for every number that a person
enters, in a book or on the command line. Text that is not a number stays as it was written, so that it can be reported.
"""

import re
import unicodedata

import polars as pl

_UNSEEN = r"\s'\u200B-\u200D\u2060\uFEFF"
_HYPHENS = r"\u2010-\u2015\u2212\u2500\u30FC-"
_GROUPING = rf"[{_UNSEEN}{_HYPHENS}]"
"""After NFKC: every kind of space, the apostrophe, invisible characters, and whatever looks like a hyphen."""
_SIGN = rf"^[{_UNSEEN}]*[{_HYPHENS}]"
"""A hyphen before the first digit groups nothing: it is a minus, and a number with one is none of ours."""


def plain_number(text: str) -> str:
    """番号の数字だけ: the digits alone; text that is not a number is returned unchanged."""
    shown = unicodedata.normalize("NFKC", text)
    digits = re.sub(_GROUPING, "", shown)
    return digits if digits.isascii() and digits.isdecimal() and not re.match(_SIGN, shown) else text


def plain_number_expr(name: str) -> pl.Expr:
    """番号の数字だけ: `plain_number` for a String column."""
    shown = pl.col(name).str.normalize("NFKC")
    digits = shown.str.replace_all(_in_rust(_GROUPING), "")
    is_number = digits.str.contains("^[0-9]+$") & ~shown.str.contains(_in_rust(_SIGN))
    return pl.when(is_number).then(digits).otherwise(name).alias(name)


def _in_rust(pattern: str) -> str:
    """その式を polars の書き方で."""
    return re.sub(r"\\u([0-9A-F]{4})", r"\\x{\1}", pattern)


def yen_text(yen: str | pl.Expr) -> pl.Expr:
    """金額 of a column as people read it: 1,234,567."""
    text = (pl.col(yen) if isinstance(yen, str) else yen).cast(pl.String)
    return text.str.reverse().str.replace_all("([0-9]{3})", "$1,").str.strip_suffix(",").str.reverse()
