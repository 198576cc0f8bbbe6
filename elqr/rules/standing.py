"""Standing (今の置き場所): where the yen of a payment are now, after what was taken off again.

Pure. What is taken off a claim of a closed year is booked in the open year. So a place, which is an account, a claim
and a year, may hold less than nothing, and another one of the same payment and claim more than is left of it.
"""

from collections.abc import Sequence

import polars as pl

from elqr.arithmetic.fiscal_year import OpenYears
from elqr.vocabulary.frames import Posting
from elqr.vocabulary.ruling_frames import DraftPayout, DraftReassignment, Standing
from elqr.vocabulary.terms import Account

_YEN_ON = {
    DraftReassignment.CLAIM_YEN: Account.CLAIM,
    DraftReassignment.HELD_YEN: Account.SUSPENSE,
    DraftPayout.REFUNDED_YEN: Account.REFUNDED,
}
_SAME = [str(name) for name in (Posting.PAYMENT_NO, Posting.ACCOUNT, Posting.CLAIM_NO)]


def net_of_taken(places: pl.DataFrame, yen: Sequence[str] = (Posting.YEN,)) -> pl.DataFrame:
    """残っている置き場所: `places` (frame Standing) with what is left of them, without those of which nothing is.

    What was taken off comes from the places of the same payment, account and claim, the last posting first. `yen` are
    the columns to net, each for itself.
    """
    last_first = places.sort(Standing.POSTING_NO, descending=True, nulls_last=True)
    left = {}
    for name in yen:
        put, taken = pl.col(name).clip(lower_bound=0), (-pl.col(name)).clip(lower_bound=0).sum().over(_SAME)
        before = put.cum_sum().over(_SAME) - put
        left[name] = put - pl.min_horizontal(put, (taken - before).clip(lower_bound=0))
    return last_first.with_columns(**left).filter(pl.any_horizontal(pl.col(yen) > 0))


def book_in_open_year(places: pl.DataFrame, years: OpenYears, day: pl.Expr | None = None) -> pl.DataFrame:
    """開いている年度に計上する: places of which something is taken off, in the year in which that is booked.

    On a claim of which the year was closed, that is the open year. What is in suspense stays in its year. `day` is a
    Date column, where the rows have days of their own.
    """
    posted_year = pl.col(Posting.FISCAL_YEAR)
    open_year = years.of(posted_year, pl.col(Posting.PROCEDURE_CODE), day)
    year = pl.when(pl.col(Posting.ACCOUNT) == Account.CLAIM.value).then(open_year).otherwise(posted_year)
    is_arrears = pl.col(Posting.IS_ARREARS) | (year != posted_year)
    return places.with_columns(year.alias(Posting.FISCAL_YEAR), is_arrears.alias(Posting.IS_ARREARS))


def place_marks(standing: pl.DataFrame) -> pl.DataFrame:
    """置き場所の照合値 of payments: payment_no, mark, claim_yen, held_yen (仮受) and refunded_yen, of frame Standing.

    When any yen of a payment came or went since something was requested, its mark differs.
    """
    account, yen = pl.col(Posting.ACCOUNT), pl.col(Posting.YEN)
    places = standing.filter(yen != 0).sort(Posting.ACCOUNT, Posting.CLAIM_NO, Posting.YEN)
    claim = pl.coalesce(pl.col(Posting.CLAIM_NO).cast(pl.String), account)
    place = pl.concat_str(claim, Standing.POSTING_NO, Posting.YEN, separator=",")
    marks = places.group_by(Posting.PAYMENT_NO).agg(
        place.str.join(";").alias(DraftReassignment.MARK),
        *(yen.filter(account == place.value).sum().alias(name) for name, place in _YEN_ON.items()),
    )
    return marks.sort(Posting.PAYMENT_NO)
