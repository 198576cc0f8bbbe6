"""Rules of rows (行の規則): what people handed in, in a book or a file, is refused by the first rule that a row breaks.

Pure. The rules of each kind of row are with what they are about.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location

_RULE, _ACTUAL, _EXPECTED = "broken_rule", "actual_text", "expected_text"
"""破った規則: the index of the first rule that a row breaks, or null; what was found, and what is wanted."""


@dataclass(frozen=True, slots=True)
class RowRule:
    """行の規則: a row is refused with the code, at the column, where `broken` is true. Null counts as false."""

    code: Code
    column: str
    broken: pl.Expr
    actual: pl.Expr
    expected: str | pl.Expr = ""


@dataclass(frozen=True, slots=True)
class JudgedRows:
    """調べた行: the good rows that say something new, how many repeat what was handed in before, and findings."""

    good: pl.DataFrame
    same: int
    findings: tuple[Finding, ...]


def is_blank(name: str) -> pl.Expr:
    """空欄か: whether nothing is written in a column."""
    return pl.col(name).fill_null("") == ""


def judge_rows(
    rows: pl.DataFrame,
    rules: Sequence[RowRule],
    is_same: pl.Expr,
    place: tuple[str, str, str],
    is_done: pl.Expr | None = None,
) -> JudgedRows:
    """行を調べる: the first broken rule refuses a row. A good row of which `is_same` is true is counted, not handed in.

    So is one of which `is_done` is true, whatever rules it breaks now that it was carried out. `place` is the file, the
    column that numbers its rows, and the unit in which it does.
    """
    all_rows = rows.height
    rows = rows if is_done is None else rows.filter(~is_done.fill_null(False))
    done = all_rows - rows.height

    def first_of(values: Iterable[pl.Expr]) -> pl.Expr:
        pairs = zip(rules, values, strict=True)
        return pl.coalesce(pl.when(rule.broken.fill_null(False)).then(value) for rule, value in pairs)

    expected = (rule.expected if isinstance(rule.expected, pl.Expr) else pl.lit(rule.expected) for rule in rules)
    judged = rows.with_columns(
        first_of(map(pl.lit, range(len(rules)))).alias(_RULE),
        first_of(rule.actual.cast(pl.String).fill_null("") for rule in rules).alias(_ACTUAL),
        first_of(text.fill_null("") for text in expected).alias(_EXPECTED),
    )
    file, line_no, unit = place
    refused = judged.filter(pl.col(_RULE).is_not_null()).select(_RULE, line_no, _ACTUAL, _EXPECTED)
    findings = tuple(
        Finding(Location(file, at, field=rules[number].column, unit=unit), rules[number].code, actual, wanted)
        for number, at, actual, wanted in refused.iter_rows()
    )
    fit = judged.filter(pl.col(_RULE).is_null()).drop(_RULE, _ACTUAL, _EXPECTED)
    good = fit.filter(~is_same.fill_null(False))
    return JudgedRows(good, done + fit.height - good.height, findings)
