"""Suggestions (近い照会キー): notices with a key one digit or one swap from an unknown one, or that came later.

They are only shown to people, and never applied.
"""

import polars as pl

from elqr.rules.notice_lookup import CONTRADICTED, RULED_OUT, find_notice
from elqr.vocabulary.frames import NoticeKey, Payment, Suggestion
from elqr.vocabulary.matching_frames import NoticeComparison, NoticeOfKey
from elqr.vocabulary.report_frames import LateNotice
from elqr.vocabulary.terms import Outcome

ASKED_AT_MOST = 2_000
"""Unknown keys examined in a night. Each has some 200 neighbours, and more keys than this are not misread digits."""

_PAYMENT_COLUMNS = (Payment.PAYMENT_NO, Payment.KEY_KIND, Payment.REISSUE_NO, Payment.PAID_ON)
ASKED = (*_PAYMENT_COLUMNS, Payment.KEY_DIGITS)
"""Columns of a payment whose key is unknown."""

WAS, TO = "was", "to"
"""A number as it was written, and as it may have been meant."""

_ONE_DIGIT, _SWAP = "1桁違い", "隣り合う2桁の入れ替わり"


def neighbours(unknown: pl.DataFrame) -> pl.DataFrame:
    """一桁違い・入れ替わり: `ASKED` with the key_digits of each neighbour, and `how` it differs.

    `unknown` has the columns `ASKED`. Keys that are not all digits have no neighbours.
    """
    keys = unknown.select(*_PAYMENT_COLUMNS, pl.col(Payment.KEY_DIGITS).alias(WAS))
    keys = keys.filter(pl.col(WAS).str.contains("^[0-9]+$")).head(ASKED_AT_MOST)
    return misread(keys).select(*_PAYMENT_COLUMNS, pl.col(TO).alias(NoticeKey.KEY_DIGITS), Suggestion.HOW)


def misread(numbers: pl.DataFrame) -> pl.DataFrame:
    """読み違えた番号: each row once for every number (`TO`) that its digits (`WAS`) may have been, and `how`."""
    positions = numbers.with_columns(pl.int_ranges(0, pl.col(WAS).str.len_bytes()).alias("at")).explode(
        "at", empty_as_null=False
    )
    before, after = pl.col(WAS).str.head(pl.col("at")), pl.col(WAS).str.slice(pl.col("at") + 1)
    digits = positions.with_columns(pl.lit([str(digit) for digit in range(10)]).alias("digit")).explode(
        "digit", empty_as_null=False
    )
    changed = digits.with_columns(
        pl.concat_str(before, "digit", after).alias(TO), pl.lit(_ONE_DIGIT).alias(Suggestion.HOW)
    )
    pair = pl.concat_str(after.str.head(1), pl.col(WAS).str.slice(pl.col("at"), 1))
    swapped = positions.filter(after != "").with_columns(
        pl.concat_str(before, pair, after.str.slice(1)).alias(TO), pl.lit(_SWAP).alias(Suggestion.HOW)
    )
    columns = [*numbers.columns, TO, Suggestion.HOW]
    both = pl.concat([changed.select(columns), swapped.select(columns)])
    return both.filter(pl.col(WAS) != pl.col(TO))


def suggestions(near: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """近い納付書: frame Suggestion, the notices that known neighbours mean.

    `near` has the columns of `neighbours`. `known` are the notices of these keys, as `find_notice` takes them, with
    notice_no.
    """
    candidates = near.join(known, on=[NoticeKey.KEY_KIND, NoticeKey.KEY_DIGITS], how="semi")
    candidates = candidates.with_columns(
        known[NoticeKey.NOTICE_NO].gather(find_notice(candidates, known)[NoticeOfKey.NOTICE_INDEX])
    )
    return Suggestion.of(
        candidates.unique([Suggestion.PAYMENT_NO, Suggestion.NOTICE_NO], keep="first", maintain_order=True)
    ).sort(Suggestion.PAYMENT_NO, Suggestion.NOTICE_NO)


SAME_KEY = "同じ照会キー"
_DIFFERENCES = {
    NoticeComparison.CHECK_NO_DIFFERS: Outcome.CHECK_NO_DIFFERS.label,
    NoticeComparison.ITEM_OR_OFFICE_DIFFERS: Outcome.ITEM_OR_OFFICE_DIFFERS.label,
    NoticeComparison.IS_BEFORE_ISSUE: Outcome.PAID_BEFORE_ISSUE.label,
    NoticeComparison.IS_VOID: Outcome.NOTICE_CANCELLED.label,
}


def exact(rows: pl.DataFrame) -> pl.DataFrame:
    """同じ照会キーの納付書: frame LateNotice, of payments with their notices (`look_up_notices`).

    A notice that does not fit would not have been matched. `how` says why.
    """
    with_notice = rows.filter(pl.col(Suggestion.NOTICE_NO).is_not_null())
    reasons = [pl.when(name).then(pl.lit(words)) for name, words in _DIFFERENCES.items()]
    how = pl.concat_str(pl.lit(SAME_KEY), *reasons, separator="・", ignore_nulls=True)
    rows = with_notice.select(
        Suggestion.PAYMENT_NO,
        Suggestion.NOTICE_NO,
        how.alias(Suggestion.HOW),
        (~pl.any_horizontal(CONTRADICTED)).alias(LateNotice.AGREES),
        (~pl.any_horizontal(RULED_OUT)).alias(LateNotice.FITS),
    )
    return rows.sort(Suggestion.PAYMENT_NO)
