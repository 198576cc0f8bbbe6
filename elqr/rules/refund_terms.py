"""Refund terms (還付の期限と加算金): from when interest counts, how much it is, and when the claim is barred by time.

Pure. Every figure is the city's (`RefundRule`, `RefundRate` of the register): where a rule or the rate of a year is not
written, there is no amount, and the working says which is missing. 過納 counts from the day after the payment, 誤納 the
months of the rule later; both the first and the last day count. A month ends on the day before the corresponding day
or, where a month has none, on its last day (民法143条).
"""

from datetime import date
from typing import Any

import polars as pl

from elqr.arithmetic.plain_number import yen_text
from elqr.rules.register import Register
from elqr.vocabulary.report_frames import ExceptionRow
from elqr.vocabulary.ruling_frames import RefundCase, RefundTerm

_DAYS, _PER_CENT = 365, 100
_RATE_STEPS = 1_000
"""割合は千分の一％まで: rates are held as whole thousandths of a percent, so that all is computed in whole numbers."""

_RULE = (
    "barred_years", "has_interest", "later_months", "base_unit_yen", "base_least_yen", "unit_yen", "least_yen",
)  # fmt: skip
_OVERPAID, _UNTIL, _BASE, _SUM, _YEARS, _PARTS = "overpaid", "until_on", "base_yen", "sum_yen", "years", "parts"


def refund_terms(cases: pl.DataFrame, register: Register, night: date) -> pl.DataFrame:
    """還付の期限と加算金: frame RefundTerm of `cases` (frame ExceptionRow, with reduced_on and refund_decided_on).

    Interest counts until the 還付決定, or until `night` where there is none yet.
    """
    rows = cases.join(_rules(register), on=ExceptionRow.PROCEDURE_CODE, how="left", maintain_order="left")
    is_overpaid = pl.col(ExceptionRow.OUTCOME).is_in(pl.col(_OVERPAID)).fill_null(False)
    next_day = pl.col(ExceptionRow.PAID_ON).dt.offset_by("1d")
    later = next_day.dt.offset_by(pl.format("{}mo", pl.col("later_months").fill_null(0)))
    later = pl.when(later.dt.day() == next_day.dt.day()).then(later).otherwise(later.dt.offset_by("1d"))
    reduced_on = pl.when(is_overpaid).then(RefundTerm.REDUCED_ON)
    arose_on = pl.coalesce(reduced_on, ExceptionRow.PAID_ON)
    has_rule, years = pl.col("barred_years").is_not_null(), pl.col("barred_years").fill_null(0)
    barred_on = arose_on.dt.offset_by(pl.format("{}y", years))
    rows = rows.with_columns(
        pl.when(has_rule)
        .then(pl.when(is_overpaid).then(pl.lit("過納")).otherwise(pl.lit("誤納")))
        .alias(RefundTerm.KIND),
        pl.when(has_rule).then(pl.when(is_overpaid).then(next_day).otherwise(later)).alias(RefundTerm.STARTS_ON),
        pl.when(has_rule).then(barred_on).alias(RefundTerm.BARRED_ON),
        pl.coalesce(RefundCase.REFUND_DECIDED_ON, pl.lit(night)).alias(_UNTIL),
        (pl.col(ExceptionRow.SUSPENSE_YEN) // pl.col("base_unit_yen") * pl.col("base_unit_yen")).alias(_BASE),
    )
    rows = rows.join(_by_years(rows, register), on=ExceptionRow.PAYMENT_NO, how="left", maintain_order="left")
    return _with_working(rows)


def _rules(register: Register) -> pl.DataFrame:
    """還付の決まり by procedure_code."""
    schema: dict[str, Any] = {ExceptionRow.PROCEDURE_CODE: pl.String, _OVERPAID: pl.List(pl.String)}
    schema |= {name: pl.Boolean if name == "has_interest" else pl.Int64 for name in _RULE}
    rows = [
        (procedure.code, list(map(str, rule.overpaid)), *(getattr(rule, name) for name in _RULE))
        for procedure in register.procedure
        if (rule := register.refund_rules.get(procedure.refund)) is not None
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _by_years(rows: pl.DataFrame, register: Register) -> pl.DataFrame:
    """暦年ごとの計算: payment_no, `sum_yen` (not yet divided), how many years have a rate, and the parts in words."""
    rates = pl.DataFrame(
        [(rate.year, round(rate.percent * _RATE_STEPS), f"{rate.percent:g}%") for rate in register.refund_rates],
        schema={"year": pl.Int32, "steps": pl.Int64, "percent": pl.String},
        orient="row",
    )
    pairs = rows.select(ExceptionRow.PAYMENT_NO, RefundTerm.STARTS_ON, _UNTIL, _BASE).join(rates, how="cross")
    first = pl.max_horizontal(RefundTerm.STARTS_ON, pl.date("year", 1, 1))
    last = pl.min_horizontal(_UNTIL, pl.date("year", 12, 31))
    pairs = pairs.with_columns(((last - first).dt.total_days() + 1).alias("days")).filter(pl.col("days") > 0)
    part = pl.format("{}×{}日", "percent", "days")
    return (
        pairs.sort(ExceptionRow.PAYMENT_NO, "year")
        .group_by(ExceptionRow.PAYMENT_NO, maintain_order=True)
        .agg(
            (pl.col(_BASE).cast(pl.Int128) * pl.col("steps") * pl.col("days")).sum().alias(_SUM),
            pl.len().alias(_YEARS),
            part.str.join("＋").alias(_PARTS),
        )
    )


def _with_working(rows: pl.DataFrame) -> pl.DataFrame:
    """加算金とその計算: the amount, null where it cannot be said, and the working in words."""
    starts, until = pl.col(RefundTerm.STARTS_ON), pl.col(_UNTIL)
    needed = until.dt.year() - starts.dt.year() + 1
    exact = (pl.col(_SUM) // (_DAYS * _PER_CENT * _RATE_STEPS)).cast(pl.Int64)
    rounded = exact // pl.col("unit_yen") * pl.col("unit_yen")
    least, base_least = pl.col("least_yen"), pl.col("base_least_yen")
    has_none = pl.col(ExceptionRow.SUSPENSE_YEN) < base_least
    is_lacking = pl.col(_YEARS).fill_null(0) < needed
    sum_text = pl.format("{}円×（{}）÷{}＝{}円", yen_text(_BASE), _PARTS, pl.lit(_DAYS), yen_text(exact))
    lacking = pl.format("{}年から{}年の割合が手続台帳にそろっていません", starts.dt.year(), until.dt.year())
    steps: tuple[tuple[pl.Expr, int | None, pl.Expr], ...] = (
        (pl.col("has_interest").is_null(), None, pl.lit("還付の決まりが手続台帳にありません")),
        (~pl.col("has_interest"), 0, pl.lit("加算金なし")),
        (until < starts, 0, pl.format("起算日 {} の前", starts)),
        (has_none, 0, pl.format("{}円未満", yen_text(base_least))),
        (is_lacking, None, lacking),
        (rounded < least, 0, pl.format("{}、{}円未満", sum_text, yen_text(least))),
    )
    which = pl.coalesce(pl.when(is_so).then(number) for number, (is_so, _, _) in enumerate(steps))
    texts, amounts = (
        [pl.when(which == number).then(step[place]) for number, step in enumerate(steps)] for place in (2, 1)
    )
    is_last = which.is_null()
    return RefundTerm.of(
        rows.with_columns(
            pl.coalesce(*amounts, pl.when(is_last).then(rounded)).cast(pl.Int64).alias(RefundTerm.DUE_YEN),
            pl.coalesce(*texts, sum_text).alias(RefundTerm.WORKING),
        )
    )
