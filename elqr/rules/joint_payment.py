"""Claims paid together (まとめて納めた調定): which claims of one payer may have been paid with one amount.

Pure. A payer may pay several notices at once, and the record gives only the sum. For a payer with few claims every
choice of claims is tried. For one with many, only pairs and consecutive instalments of a bill. The sums of all claims
of the payer and of each bill are always tried. Nothing is posted from this: it only says what may have been paid.
"""

import polars as pl

from elqr.vocabulary.arrival_frames import SummedClaim, Unpaid

FEW = 8
"""The most claims of a payer for which every choice is tried: 255 sums. Each further claim would double them."""
_AT_ONCE = 4_000
"""Payers whose choices are tried at once: about a million sums at a time."""

_BILL = (Unpaid.PAYER_REF, Unpaid.PROCEDURE_CODE, Unpaid.LEVY_YEAR, Unpaid.TAX_YEAR, Unpaid.BILL_NO)
_YEN, _INDEX = SummedClaim.YEN, "index"


def claims_adding_up(claims: pl.DataFrame, amounts: pl.Series) -> pl.DataFrame:
    """合計の合う調定: frame SummedClaim, the claims (frame Unpaid) that sum to one of `amounts`, alone or together."""
    wanted = amounts.unique().rename(_YEN).to_frame()
    payer, left_yen = Unpaid.PAYER_REF, Unpaid.LEFT_YEN
    if wanted.is_empty() or claims.is_empty():
        return SummedClaim.empty()
    totals = [
        claims.select(Unpaid.CLAIM_NO, yen.alias(_YEN)) for yen in (_left_yen_over(_BILL), _left_yen_over((payer,)))
    ]
    rows = claims.select(*_BILL, Unpaid.INSTALLMENT_NO, Unpaid.CLAIM_NO, left_yen)
    rows = rows.filter(pl.col(left_yen) <= amounts.max(), _left_yen_over((payer,)) >= amounts.min())
    is_few = pl.len().over(payer) <= FEW
    sums = [*totals, *_all_choices(rows.filter(is_few), wanted), *_pairs(rows.filter(~is_few), wanted)]
    sums.append(_consecutive_instalments(rows.filter(~is_few), wanted))
    return pl.concat(part.join(wanted, on=_YEN, how="semi") for part in sums).unique()


def _left_yen_over(by: tuple[str, ...]) -> pl.Expr:
    """未収額の計 of the claims with the same values in these columns."""
    return pl.col(Unpaid.LEFT_YEN).sum().over(by)


def _all_choices(rows: pl.DataFrame, wanted: pl.DataFrame) -> list[pl.DataFrame]:
    """すべての組合せ of each payer's claims. The bits of a number say which claims are chosen."""
    index = pl.int_range(pl.len()).over(Unpaid.PAYER_REF).alias(_INDEX)
    rows = rows.sort(Unpaid.PAYER_REF, Unpaid.CLAIM_NO).with_columns(index)
    payers, choices = rows[Unpaid.PAYER_REF].unique(maintain_order=True), []
    for first in range(0, payers.len(), _AT_ONCE):
        group = rows.filter(pl.col(Unpaid.PAYER_REF).is_in(payers.slice(first, _AT_ONCE).implode()))
        count = pl.len().over(Unpaid.PAYER_REF)
        lines = group.with_columns(pl.int_ranges(1, 2**count).alias("choice")).explode("choice")
        lines = lines.filter((pl.col("choice") // 2 ** pl.col(_INDEX)) % 2 == 1)
        key = [str(Unpaid.PAYER_REF), "choice"]
        sums = lines.group_by(key).agg(pl.col(Unpaid.LEFT_YEN).sum().alias(_YEN)).join(wanted, on=_YEN, how="semi")
        choices.append(lines.join(sums, on=key).select(Unpaid.CLAIM_NO, _YEN))
    return choices


def _pairs(rows: pl.DataFrame, wanted: pl.DataFrame) -> list[pl.DataFrame]:
    """一つと、二つの組合せ of each payer's claims. The first claim's yen tell what the second's must be."""
    claims = rows.select(Unpaid.PAYER_REF, Unpaid.CLAIM_NO, Unpaid.LEFT_YEN)
    alone = claims.select(Unpaid.CLAIM_NO, pl.col(Unpaid.LEFT_YEN).alias(_YEN))
    needs = claims.join(wanted, how="cross").with_columns((pl.col(_YEN) - pl.col(Unpaid.LEFT_YEN)).alias("needs_yen"))
    second = claims.rename({Unpaid.CLAIM_NO: "second_no", Unpaid.LEFT_YEN: "needs_yen"})
    both = needs.filter(pl.col("needs_yen") > 0).join(second, on=[str(Unpaid.PAYER_REF), "needs_yen"])
    return [alone, both.filter(pl.col(Unpaid.CLAIM_NO) != pl.col("second_no")).select(Unpaid.CLAIM_NO, _YEN)]


def _consecutive_instalments(rows: pl.DataFrame, wanted: pl.DataFrame) -> pl.DataFrame:
    """続いた期別 of a bill: sums from one instalment to a later one, as differences of running sums."""
    order = [*map(str, _BILL), str(Unpaid.INSTALLMENT_NO)]
    until = pl.col(Unpaid.LEFT_YEN).cum_sum().over(_BILL)
    rows = rows.sort(order).with_columns(until.alias("until_yen"), pl.int_range(pl.len()).over(_BILL).alias(_INDEX))
    before = pl.col("until_yen") - pl.col(Unpaid.LEFT_YEN)
    starts = rows.select(*_BILL, before.alias("from_yen"), pl.col(_INDEX).alias("first")).join(wanted, how="cross")
    starts = starts.with_columns((pl.col("from_yen") + pl.col(_YEN)).alias("until_yen"))
    key = [*map(str, _BILL), "until_yen"]
    runs = starts.join(rows.select(*key, pl.col(_INDEX).alias("last")), on=key).filter(pl.col("last") > pl.col("first"))
    members = runs.select(*_BILL, _YEN, pl.int_ranges("first", pl.col("last") + 1).alias(_INDEX)).explode(_INDEX)
    return members.join(rows.select(*_BILL, _INDEX, Unpaid.CLAIM_NO), on=[*map(str, _BILL), _INDEX]).select(
        Unpaid.CLAIM_NO, _YEN
    )
