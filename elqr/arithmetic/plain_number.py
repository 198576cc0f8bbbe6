"""Numbers as people write them (番号の書き方): what groups digits is taken away, and full width made half width.

Our page and our CSV group long numbers, and people copy them. One rule for every number that a person gives, in a book
or on the command line. What is no number without its groups stays as it was written, to be told so.
"""

import re
import unicodedata

import polars as pl

_GROUPING = r"[\s'\u200B-\u200D\u2060\uFEFF\u2010-\u2015\u2212\u2500\u30FC-]"
"""Blanks of every kind, an apostrophe, what nobody sees, and all that is taken for a hyphen. After NFKC."""


def plain_number(text: str) -> str:
    """番号の数字だけ; a text that is none stays as it is."""
    digits = re.sub(_GROUPING, "", unicodedata.normalize("NFKC", text))
    return digits if digits.isascii() and digits.isdecimal() else text


def plain_number_expr(name: str) -> pl.Expr:
    """番号の数字だけ, of a column of texts."""
    digits = pl.col(name).str.normalize("NFKC").str.replace_all(_RUST_GROUPING, "")
    return pl.when(digits.str.contains("^[0-9]+$")).then(digits).otherwise(name).alias(name)


_RUST_GROUPING = re.sub(r"\\u([0-9A-F]{4})", r"\\x{\1}", _GROUPING)
