"""Postings (計上): what the decisions put on claims and into suspense. Append-only; a balance is a sum.

The yen of an accepted 確報 are on its claim (収納), or in suspense (仮受) until people decide. They are never nowhere
and never in two places.
"""

from collections.abc import Sequence

import polars as pl

from elqr.arithmetic.fiscal_year import WithoutPeriod, accounting_year_expr, fiscal_year_expr, has_period_expr
from elqr.vocabulary.counted_frames import CountedDay
from elqr.vocabulary.frames import Allocation, Decision, Payment, Posting, join_beside
from elqr.vocabulary.terms import Account


def postings(
    decisions: pl.DataFrame,
    allocations: pl.DataFrame,
    days: pl.DataFrame,
    without_closing_period: Sequence[WithoutPeriod],
) -> pl.DataFrame:
    """仕訳: frame Posting, for tonight's decisions.

    `days` is as `year_days` returns it. `without_closing_period` says when which procedures are 公営企業会計. Yen on a
    claim belong to the claim's accounting year, and so does the excess of the same payment in suspense: to the latest,
    where its claims are of several. A payment that is on no claim belongs to the year of its day. Asserts that every
    accepted yen is posted exactly once.
    """
    decided = decisions.select(Payment.PAYMENT_NO, Decision.PROCEDURE_CODE, Decision.SUSPENSE_YEN)
    on_claims = allocations.join(decided, on=Payment.PAYMENT_NO, validate="m:1", maintain_order="left").join(
        days, on=Payment.PAYMENT_NO, validate="m:1", maintain_order="left"
    )
    both_days = (CountedDay.FALLS_ON, CountedDay.COUNTED_ON)
    year = _open_year(pl.col(Allocation.LEVY_YEAR), both_days, without_closing_period)
    on_claims = on_claims.select(
        Payment.PAYMENT_NO,
        pl.lit(Account.CLAIM.value).alias(Posting.ACCOUNT),
        Allocation.CLAIM_NO,
        pl.col(Allocation.CLAIM_YEN).alias(Posting.YEN),
        year.alias(Posting.FISCAL_YEAR),
        (year != pl.col(Allocation.LEVY_YEAR)).alias(Posting.IS_ARREARS),
        Decision.PROCEDURE_CODE,
    )
    claim_year = on_claims.group_by(Payment.PAYMENT_NO).agg(pl.col(Posting.FISCAL_YEAR).max())
    held = (
        decided.filter(pl.col(Decision.SUSPENSE_YEN) > 0)
        .join(days, on=Payment.PAYMENT_NO, validate="1:1", maintain_order="left")
        .join(claim_year, on=Payment.PAYMENT_NO, how="left", validate="1:1", maintain_order="left")
    )
    day_year = fiscal_year_expr(pl.col(CountedDay.FALLS_ON))
    day_year = _open_year(day_year, (CountedDay.COUNTED_ON,), without_closing_period)
    in_suspense = held.select(
        Payment.PAYMENT_NO,
        pl.lit(Account.SUSPENSE.value).alias(Posting.ACCOUNT),
        pl.lit(None, dtype=pl.Int64).alias(Posting.CLAIM_NO),
        pl.col(Decision.SUSPENSE_YEN).alias(Posting.YEN),
        pl.coalesce(Posting.FISCAL_YEAR, day_year).alias(Posting.FISCAL_YEAR),
        pl.lit(False).alias(Posting.IS_ARREARS),
        Decision.PROCEDURE_CODE,
    )
    rows = Posting.of(
        pl.concat([on_claims.select(*Posting.SCHEMA), in_suspense.select(*Posting.SCHEMA)], how="vertical_relaxed")
    )
    decided_yen = decisions.select(pl.col(Decision.CLAIM_YEN).sum() + pl.col(Decision.SUSPENSE_YEN).sum()).item()
    assert rows[Posting.YEN].sum() == decided_yen, "postings sum to what was decided"
    return rows.sort(Posting.PAYMENT_NO, Posting.ACCOUNT, Posting.CLAIM_NO)


def year_days(payments: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """年度を決める日: payment_no, falls_on and counted_on of payments (payment_no, paid_on).

    `counted` (frame CountedDay) has the days of a city that counts by days. 領収日 stands for both where there is none,
    which is the rule of a city that counts by night.

    The year of a claim of 普通徴収 is that of its levy, which the day of payment does not change (地方自治法施行令142条
    decides by the 納期 or by the day of the notice). The day decides only whether the books of that year still took the
    money: until 出納閉鎖 it is the claim's own year, later 滞納繰越 of the year of the day. Whether 領収日 or 収入日
    has to lie before that is the city's word, so 収入日 decides only where the city counts by it. A payment that stands
    in a later month because the month of its day was closed belongs to a year that is open in the later month, too.
    """
    beside = join_beside(payments.select(Payment.PAYMENT_NO, Payment.PAID_ON), counted, [Payment.PAYMENT_NO])
    days = (pl.coalesce(name, Payment.PAID_ON).alias(name) for name in (CountedDay.FALLS_ON, CountedDay.COUNTED_ON))
    return beside.select(Payment.PAYMENT_NO, *days)


def _open_year(year: pl.Expr, days: Sequence[str], without_closing_period: Sequence[WithoutPeriod]) -> pl.Expr:
    """年度: a fiscal year if it is open on each of the days, else the year of the day."""
    for day in days:
        has_period = has_period_expr(pl.col(Decision.PROCEDURE_CODE), pl.col(day), without_closing_period)
        year = accounting_year_expr(year, pl.col(day), has_period)
    return year
