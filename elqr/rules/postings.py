"""Postings (計上): what the decisions put on claims and into suspense. Append-only; a balance is a sum.

The yen of an accepted 確報 are on its claim (収納), or in suspense (仮受) until people decide. They are never nowhere
and never in two places.
"""

from collections.abc import Sequence

import polars as pl

from elqr.arithmetic.fiscal_year import WithoutPeriod, accounting_year_expr, fiscal_year_expr, has_period_expr
from elqr.vocabulary.frames import Allocation, Decision, Payment, Posting
from elqr.vocabulary.terms import Account


def postings(
    decisions: pl.DataFrame,
    allocations: pl.DataFrame,
    payments: pl.DataFrame,
    without_closing_period: Sequence[WithoutPeriod],
) -> pl.DataFrame:
    """仕訳: frame Posting, for tonight's decisions.

    `payments` is frame Payment. `without_closing_period` says when which procedures are 公営企業会計. Yen on a claim
    belong to the claim's accounting year, and so does the excess of the same payment in suspense. A payment that is on
    no claim belongs to the year of 領収日. Asserts that every accepted yen is posted exactly once.
    """
    paid = payments.select(Payment.PAYMENT_NO, Payment.PAID_ON)
    decided = decisions.select(Payment.PAYMENT_NO, Decision.PROCEDURE_CODE, Decision.SUSPENSE_YEN)
    on_claims = allocations.join(decided, on=Payment.PAYMENT_NO, validate="m:1", maintain_order="left").join(
        paid, on=Payment.PAYMENT_NO, validate="m:1", maintain_order="left"
    )
    has_period = has_period_expr(pl.col(Decision.PROCEDURE_CODE), pl.col(Payment.PAID_ON), without_closing_period)
    year = accounting_year_expr(pl.col(Allocation.LEVY_YEAR), pl.col(Payment.PAID_ON), has_period)
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
        .join(paid, on=Payment.PAYMENT_NO, validate="1:1", maintain_order="left")
        .join(claim_year, on=Payment.PAYMENT_NO, how="left", validate="1:1", maintain_order="left")
    )
    in_suspense = held.select(
        Payment.PAYMENT_NO,
        pl.lit(Account.SUSPENSE.value).alias(Posting.ACCOUNT),
        pl.lit(None, dtype=pl.Int64).alias(Posting.CLAIM_NO),
        pl.col(Decision.SUSPENSE_YEN).alias(Posting.YEN),
        pl.coalesce(Posting.FISCAL_YEAR, fiscal_year_expr(pl.col(Payment.PAID_ON))).alias(Posting.FISCAL_YEAR),
        pl.lit(False).alias(Posting.IS_ARREARS),
        Decision.PROCEDURE_CODE,
    )
    rows = Posting.of(
        pl.concat([on_claims.select(*Posting.SCHEMA), in_suspense.select(*Posting.SCHEMA)], how="vertical_relaxed")
    )
    decided_yen = decisions.select(pl.col(Decision.CLAIM_YEN).sum() + pl.col(Decision.SUSPENSE_YEN).sum()).item()
    assert rows[Posting.YEN].sum() == decided_yen, "postings sum to what was decided"
    return rows.sort(Posting.PAYMENT_NO, Posting.ACCOUNT, Posting.CLAIM_NO)
