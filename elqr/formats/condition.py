"""Conditions (条件): the rows of a record kind to which a `where` of a spec applies."""

from collections.abc import Mapping

import polars as pl


def meets(where: Mapping[str, tuple[str, ...]]) -> pl.Expr:
    """条件に合うか: whether every field has one of its values, and none of those that `!` excludes.

    A field that is blank has the value of no characters.
    """
    return pl.all_horizontal(pl.lit(True), *(_has_one_of(name, values) for name, values in where.items()))


def _has_one_of(name: str, values: tuple[str, ...]) -> pl.Expr:
    excluded = [_has(name, value[1:]) for value in values if value.startswith("!")]
    wanted = [_has(name, value) for value in values if not value.startswith("!")]
    is_wanted = pl.any_horizontal(wanted) if wanted else pl.lit(True)
    return is_wanted & ~pl.any_horizontal(pl.lit(False), *excluded)


def _has(name: str, value: str) -> pl.Expr:
    return pl.col(name).eq_missing(value) if value else pl.col(name).is_null()
