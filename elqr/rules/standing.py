"""Standing (今の置き場所): where the yen of a payment are now, after what was taken off again.

Pure. What is taken off a claim of a closed year is booked in the open year. So a place, which is an account, a claim
and a year, may hold less than nothing, and another one of the same payment and claim more than is left of it.
"""

from collections.abc import Sequence

import polars as pl

from elqr.vocabulary.frames import Posting
from elqr.vocabulary.ruling_frames import Standing

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
