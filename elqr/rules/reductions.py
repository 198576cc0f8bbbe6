"""Reductions (減額による過納): yen on a claim beyond what is owed after a notice was cancelled or lowered.

Pure. The excess moves from the claim into suspense, the last payment first, so that people can pay it back or put it on
another claim. The last payment is the one with the last 領収日, then by the sender's identity, never by arrival.
"""

import polars as pl

from elqr.arithmetic.fiscal_year import OpenYears
from elqr.rules.standing import book_in_open_year
from elqr.vocabulary.claim_frames import ClaimEntry
from elqr.vocabulary.frames import Column, Payment, Posting, Reduction
from elqr.vocabulary.ruling_frames import Standing
from elqr.vocabulary.terms import Account

_PART_YEN, _TURN = "part_yen", "turn"


class Reducible(Standing):
    """減額された調定にある収納: yen on such a claim item by item, with their payment and what the claim owes.

    `entered_on` is the day of the claim's last entry (異動日).
    Where no notice asks for a part of the claim, its items are not told apart: all yen count as 本税・本料.
    """

    PAID_ON = Payment.PAID_ON
    ENTERED_ON = ClaimEntry.ENTERED_ON
    IDENTITY = Payment.IDENTITY
    OCCURRENCE_NO = Payment.OCCURRENCE_NO
    PRINCIPAL_YEN = ClaimEntry.PRINCIPAL_YEN
    DEMAND_FEE_YEN = ClaimEntry.DEMAND_FEE_YEN
    LATE_CHARGE_YEN = ClaimEntry.LATE_CHARGE_YEN
    OWED_PRINCIPAL_YEN = Column("owed_principal_yen", pl.Int64)
    OWED_DEMAND_FEE_YEN = Column("owed_demand_fee_yen", pl.Int64)
    OWED_LATE_CHARGE_YEN = Column("owed_late_charge_yen", pl.Int64)

    OWED = (OWED_PRINCIPAL_YEN, OWED_DEMAND_FEE_YEN, OWED_LATE_CHARGE_YEN)


def reductions(standing: pl.DataFrame, years: OpenYears) -> pl.DataFrame:
    """減額による過納の仕訳: frame Reduction, a pair of postings for the excess of each posting.

    `standing` is frame Reducible of all yen on each claim. What leaves a claim that was lowered after its year was
    closed belongs to the year of 異動日, whenever the notice came: what is owed and what is collected change in the
    same year. The pairs come in the order in which the excess is taken: from it follows which items each of them takes.
    Asserts that no claim keeps more of an item than it owes, and that the postings sum to 0.
    """
    rows = standing.sort(
        Reducible.PAID_ON, Reducible.IDENTITY, Reducible.OCCURRENCE_NO, Reducible.POSTING_NO, descending=True
    )
    parts = {name: _excess(name, owed) for name, owed in zip(ClaimEntry.ITEMS, Reducible.OWED, strict=True)}
    rows = rows.with_columns(part.alias(f"part_{name}") for name, part in parts.items())
    for name, owed in zip(ClaimEntry.ITEMS, Reducible.OWED, strict=True):
        kept = (pl.col(name) - pl.col(f"part_{name}")).sum().over(Posting.CLAIM_NO)
        assert rows.select((kept <= pl.col(owed)).all()).item(), "no claim keeps more of an item than is owed"
    rows = rows.with_columns(pl.sum_horizontal(f"part_{name}" for name in parts).alias(_PART_YEN))
    taken = rows.filter(pl.col(_PART_YEN) > 0).with_row_index(_TURN)
    taken = book_in_open_year(taken, years, pl.col(Reducible.ENTERED_ON))
    out = taken.with_columns((-pl.col(_PART_YEN)).alias(Posting.YEN))
    into = taken.with_columns(
        pl.col(_PART_YEN).alias(Posting.YEN),
        pl.lit(Account.SUSPENSE.value).alias(Posting.ACCOUNT),
        pl.lit(None, dtype=pl.Int64).alias(Posting.CLAIM_NO),
        pl.lit(None, dtype=pl.Int64).alias(Reduction.NOTICE_NO),
    )
    moves = Reduction.of(pl.concat([out, into], how="diagonal").sort(_TURN, Posting.ACCOUNT))
    assert moves[Posting.YEN].sum() == 0, "reductions move yen and make none"
    return moves


def _excess(item: str, owed: str) -> pl.Expr:
    """過納 of an item, taken from each posting: the last payment first. The rows are in this order."""
    yen = pl.col(item)
    excess = yen.sum().over(Posting.CLAIM_NO) - pl.col(owed)
    taken_before = yen.cum_sum().over(Posting.CLAIM_NO) - yen
    return pl.min_horizontal(yen, (excess - taken_before).clip(lower_bound=0))
