"""Row rules (行の規則): what refuses a row that people handed in: the first broken rule of a list, with its place.

Pure. The rows may come from a workbook or from a file; the rules of each are with what they are about.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location

_BROKEN, _ACTUAL, _EXPECTED = "broken_rule", "broken_actual", "broken_expected"
"""破った規則: the index of the first rule that a row breaks, or null; what was found, and what is wanted."""


@dataclass(frozen=True, slots=True)
class Rule:
    """行の規則: a row is refused with the code, at the column, where `broken` is true. Null counts as false."""

    code: Code
    column: str
    broken: pl.Expr
    actual: pl.Expr
    expected: str | pl.Expr = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """調べた行: the good rows that say something new, how many repeat what was handed in before, and findings."""

    good: pl.DataFrame
    same: int
    findings: tuple[Finding, ...]


def judge_written(rows: pl.DataFrame, rules: Sequence[Rule], is_same: pl.Expr, place: tuple[str, str, str]) -> Judged:
    """書かれた行を調べる. `place` is the file, the column that numbers its rows, and the unit in which it does.

    A good row of which `is_same` is true is counted, and not handed in twice.
    """

    def of_first(values: Iterable[pl.Expr]) -> pl.Expr:
        broken = (rule.broken.fill_null(False) for rule in rules)
        return pl.coalesce(pl.when(is_so).then(value) for is_so, value in zip(broken, values, strict=True))

    expected = (pl.lit(rule.expected) if isinstance(rule.expected, str) else rule.expected for rule in rules)
    judged = rows.with_columns(
        of_first(map(pl.lit, range(len(rules)))).alias(_BROKEN),
        of_first(rule.actual.cast(pl.String).fill_null("") for rule in rules).alias(_ACTUAL),
        of_first(text.cast(pl.String).fill_null("") for text in expected).alias(_EXPECTED),
    )
    file, line_no, unit = place
    refused = judged.filter(pl.col(_BROKEN).is_not_null()).select(_BROKEN, line_no, _ACTUAL, _EXPECTED)
    findings = tuple(
        Finding(Location(file, at, field=rules[number].column, unit=unit), rules[number].code, actual, wanted)
        for number, at, actual, wanted in refused.iter_rows()
    )
    good = judged.filter(pl.col(_BROKEN).is_null()).drop(_BROKEN, _ACTUAL, _EXPECTED)
    new = good.filter(~is_same)
    return Judged(new, good.height - new.height, findings)
