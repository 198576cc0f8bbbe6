"""Numbers as people write them (番号の書き方): grouping marks are removed and full-width digits become half-width.

Our page and our CSV group long numbers, and people copy them. The same rule holds for every number that a person
enters, in a book or on the command line. Text that is not a number stays as it was written, so that it can be reported.
"""

import re
import unicodedata

import polars as pl

_GROUPING = r"[\s'\u200B-\u200D\u2060\uFEFF\u2010-\u2015\u2212\u2500\u30FC-]"
"""After NFKC: every kind of space, the apostrophe, invisible characters, and whatever looks like a hyphen."""


def plain_number(text: str) -> str:
    """番号の数字だけ: the digits alone; text that is not a number is returned unchanged."""
    digits = re.sub(_GROUPING, "", unicodedata.normalize("NFKC", text))
    return digits if digits.isascii() and digits.isdecimal() else text


def plain_number_expr(name: str) -> pl.Expr:
    """番号の数字だけ: `plain_number` for a String column."""
    digits = pl.col(name).str.normalize("NFKC").str.replace_all(_RUST_GROUPING, "")
    return pl.when(digits.str.contains("^[0-9]+$")).then(digits).otherwise(name).alias(name)


_RUST_GROUPING = re.sub(r"\\u([0-9A-F]{4})", r"\\x{\1}", _GROUPING)


def yen_text(yen: str | pl.Expr) -> pl.Expr:
    """金額 of a column as people read it: 1,234,567."""
    text = (pl.col(yen) if isinstance(yen, str) else yen).cast(pl.String)
    return text.str.reverse().str.replace_all("([0-9]{3})", "$1,").str.strip_suffix(",").str.reverse()
