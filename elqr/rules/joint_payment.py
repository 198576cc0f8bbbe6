"""Claims paid together (まとめて納めた調定): which of one payer's claims one amount may have been for.

Pure. A payer pays several slips at once, and the record says only the sum. Of a payer with few claims every choice is
looked at; of one with many, any two, and of each bill any instalments in a row. The sum of all of a payer's claims, or
of all of a bill's, is looked at always. Nothing is ever posted by it: it says what may have been paid.
"""

import polars as pl

from elqr.vocabulary.arrival_frames import SummedClaim, Unpaid

FEW = 8
"""Claims of one payer of which every choice is looked at: 255 sums. Of more they would double with each claim."""
_AT_ONCE = 4_000
"""Payers looked at together, each with at most so many sums: a million at a time."""

_BILL = (Unpaid.PAYER_REF, Unpaid.PROCEDURE_CODE, Unpaid.LEVY_YEAR, Unpaid.TAX_YEAR, Unpaid.BILL_NO)
_YEN, _AT = SummedClaim.YEN, "at"


def claims_adding_up(claims: pl.DataFrame, amounts: pl.Series) -> pl.DataFrame:
    """合計の合う調定: frame SummedClaim, of each claim (frame Unpaid) that makes up one of these amounts with others.

    Each claim alone is among them.
    """
    wanted = amounts.unique().rename(_YEN).to_frame()
    payer, left = Unpaid.PAYER_REF, Unpaid.LEFT_YEN
    if wanted.is_empty() or claims.is_empty():
        return SummedClaim.empty()
    whole = [claims.select(Unpaid.CLAIM_NO, yen.alias(_YEN)) for yen in (left_of(_BILL), left_of((payer,)))]
    rows = claims.select(*_BILL, Unpaid.INSTALLMENT_NO, Unpaid.CLAIM_NO, left)
    rows = rows.filter(pl.col(left) <= amounts.max(), left_of((payer,)) >= amounts.min())
    is_few = pl.len().over(payer) <= FEW
    choices = [*whole, *_choices(rows.filter(is_few), wanted), *_pairs(rows.filter(~is_few), wanted)]
    choices.append(_in_a_row(rows.filter(~is_few), wanted))
    return pl.concat(part.join(wanted, on=_YEN, how="semi") for part in choices).unique()


def left_of(by: tuple[str, ...]) -> pl.Expr:
    """未収額の計 of the claims that are the same in these."""
    return pl.col(Unpaid.LEFT_YEN).sum().over(by)


def _choices(rows: pl.DataFrame, wanted: pl.DataFrame) -> list[pl.DataFrame]:
    """すべての組合せ of each payer's claims: one bit of a number says whether a claim is chosen."""
    place = pl.int_range(pl.len()).over(Unpaid.PAYER_REF).alias(_AT)
    rows = rows.sort(Unpaid.PAYER_REF, Unpaid.CLAIM_NO).with_columns(place)
    payers, choices = rows[Unpaid.PAYER_REF].unique(maintain_order=True), []
    for first in range(0, payers.len(), _AT_ONCE):
        some = rows.filter(pl.col(Unpaid.PAYER_REF).is_in(payers.slice(first, _AT_ONCE).implode()))
        count = pl.len().over(Unpaid.PAYER_REF)
        lines = some.with_columns(pl.int_ranges(1, 2**count).alias("choice")).explode("choice")
        lines = lines.filter((pl.col("choice") // 2 ** pl.col(_AT)) % 2 == 1)
        key = [str(Unpaid.PAYER_REF), "choice"]
        sums = lines.group_by(key).agg(pl.col(Unpaid.LEFT_YEN).sum().alias(_YEN)).join(wanted, on=_YEN, how="semi")
        choices.append(lines.join(sums, on=key).select(Unpaid.CLAIM_NO, _YEN))
    return choices


def _pairs(rows: pl.DataFrame, wanted: pl.DataFrame) -> list[pl.DataFrame]:
    """一つと、二つの組合せ of each payer's claims: of the other one's yen it is known what they must be."""
    claims = rows.select(Unpaid.PAYER_REF, Unpaid.CLAIM_NO, Unpaid.LEFT_YEN)
    alone = claims.select(Unpaid.CLAIM_NO, pl.col(Unpaid.LEFT_YEN).alias(_YEN))
    needs = claims.join(wanted, how="cross").with_columns((pl.col(_YEN) - pl.col(Unpaid.LEFT_YEN)).alias("needs_yen"))
    other = claims.rename({Unpaid.CLAIM_NO: "second_no", Unpaid.LEFT_YEN: "needs_yen"})
    both = needs.filter(pl.col("needs_yen") > 0).join(other, on=[str(Unpaid.PAYER_REF), "needs_yen"])
    return [alone, both.filter(pl.col(Unpaid.CLAIM_NO) != pl.col("second_no")).select(Unpaid.CLAIM_NO, _YEN)]


def _in_a_row(rows: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """続いた期別 of a bill: sums from one instalment to a later one, as differences of what there is up to each."""
    order = [*map(str, _BILL), str(Unpaid.INSTALLMENT_NO)]
    until = pl.col(Unpaid.LEFT_YEN).cum_sum().over(_BILL)
    rows = rows.sort(order).with_columns(until.alias("until_yen"), pl.int_range(pl.len()).over(_BILL).alias(_AT))
    before = pl.col("until_yen") - pl.col(Unpaid.LEFT_YEN)
    starts = rows.select(*_BILL, before.alias("from_yen"), pl.col(_AT).alias("first")).join(wanted, how="cross")
    starts = starts.with_columns((pl.col("from_yen") + pl.col(_YEN)).alias("until_yen"))
    key = [*map(str, _BILL), "until_yen"]
    runs = starts.join(rows.select(*key, pl.col(_AT).alias("last")), on=key).filter(pl.col("last") > pl.col("first"))
    every = runs.select(*_BILL, _YEN, pl.int_ranges("first", pl.col("last") + 1).alias(_AT)).explode(_AT)
    return every.join(rows.select(*_BILL, _AT, Unpaid.CLAIM_NO), on=[*map(str, _BILL), _AT]).select(
        Unpaid.CLAIM_NO, _YEN
    )
