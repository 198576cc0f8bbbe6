"""Rules of rows (行の規則): what a person wrote in a row of a book is refused by the first rule that it breaks."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location
from elqr.vocabulary.ruling_frames import DraftRuling

_RULE, _ACTUAL, _EXPECTED = "broken_rule", "actual_text", "expected_text"


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
    """調べた行: the good ones, the number of those that already wait, and why the others were refused."""

    good: pl.DataFrame
    same: int
    findings: tuple[Finding, ...]


def judge_rows(rows: pl.DataFrame, rules: Sequence[RowRule], file: str) -> JudgedRows:
    """行を調べる: the first broken rule refuses a row (columns line_no and waiting_is_same beside what the rules need).

    The last of `rules` refuses a row because a ruling on its payment waits. One that repeats that ruling is counted,
    and not handed in twice.
    """

    def first_of(values: Sequence[pl.Expr]) -> pl.Expr:
        pairs = zip(rules, values, strict=True)
        return pl.coalesce(pl.when(rule.broken.fill_null(False)).then(value) for rule, value in pairs)

    number = first_of([pl.lit(number) for number in range(len(rules))])
    actual = first_of([rule.actual.cast(pl.String).fill_null("") for rule in rules])
    wanted = [rule.expected if isinstance(rule.expected, pl.Expr) else pl.lit(rule.expected) for rule in rules]
    is_same = pl.col(DraftRuling.WAITING_IS_SAME).fill_null(False)
    judged = rows.with_columns(
        number.alias(_RULE), actual.alias(_ACTUAL), first_of(wanted).fill_null("").alias(_EXPECTED)
    )
    is_repeat = is_same & (pl.col(_RULE) == len(rules) - 1)
    judged = judged.with_columns(pl.when(~is_repeat.fill_null(False)).then(_RULE).alias(_RULE))
    refused = judged.filter(pl.col(_RULE).is_not_null())
    findings = [
        Finding(Location(file, line_no, field=rules[number].column, unit="行目"), rules[number].code, value, expected)
        for line_no, number, value, expected in refused.select(
            DraftRuling.LINE_NO, _RULE, _ACTUAL, _EXPECTED
        ).iter_rows()
    ]
    fit = judged.filter(pl.col(_RULE).is_null())
    good = fit.filter(~is_same)
    return JudgedRows(good, fit.height - good.height, tuple(findings))
