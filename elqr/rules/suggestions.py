"""Suggestions (近い照会キー): notices whose key is near to an unknown one, or that came later.

They are only shown to people, and never applied.
"""

import polars as pl

from elqr.rules.notice_lookup import CONTRADICTED, RULED_OUT, find_notice
from elqr.vocabulary.frames import NoticeKey, Payment, Suggestion
from elqr.vocabulary.matching_frames import NoticeComparison, NoticeOfKey
from elqr.vocabulary.report_frames import LateNotice
from elqr.vocabulary.terms import KeyKind, Outcome

_CUSTOMER = KeyKind.CUSTOMER.value
ASKED_AT_MOST = 2_000
"""Unknown keys examined in a night, and as many 顧客番号.

Each key has some 200 neighbours, and more keys than this are not misread digits.
"""

_PAYMENT_COLUMNS = (Payment.PAYMENT_NO, Payment.KEY_KIND, Payment.REISSUE_NO, Payment.PAID_ON)
ASKED = (*_PAYMENT_COLUMNS, Payment.KEY_DIGITS)
"""Columns of a payment whose key is unknown."""

WAS, TO = "was", "to"
"""A number as it was written, and as it may have been meant."""

_ONE_DIGIT, _SWAP, _ZEROS = "1桁違い", "隣り合う2桁の入れ替わり", "先頭の0"

_MOST_DIGITS = 20
"""桁数 of a 通知書番号 or a 顧客番号 at most. Source: specs/notice_csv.toml."""


def neighbours(unknown: pl.DataFrame) -> pl.DataFrame:
    """近い照会キー: `ASKED` with the key_digits of each neighbour, and `how` it differs.

    `unknown` has the columns `ASKED`. Keys that are not all digits have no neighbours. A 顧客番号 comes from a program,
    which misreads no digit but may fill up the number, so only the zeros in front of it may be others.
    """
    keys = unknown.select(*_PAYMENT_COLUMNS, pl.col(Payment.KEY_DIGITS).alias(WAS))
    keys, is_customer = keys.filter(pl.col(WAS).str.contains("^[0-9]+$")), pl.col(Payment.KEY_KIND) == _CUSTOMER
    of_slips, of_customers = (keys.filter(is_one).head(ASKED_AT_MOST) for is_one in (~is_customer, is_customer))
    near = pl.concat([misread(of_slips), with_other_zeros(of_customers)])
    return near.select(*_PAYMENT_COLUMNS, pl.col(TO).alias(NoticeKey.KEY_DIGITS), Suggestion.HOW)


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


def with_other_zeros(numbers: pl.DataFrame) -> pl.DataFrame:
    """先頭の0の数が違う番号: each row once for every such number (`TO`) of up to `_MOST_DIGITS`, and `how`."""
    bare = pl.col(WAS).str.strip_chars_start("0")
    widths = numbers.with_columns(pl.int_ranges(bare.str.len_bytes(), _MOST_DIGITS + 1).alias("width"))
    widths = widths.explode("width", empty_as_null=False).filter(bare != "")
    padded = widths.with_columns(bare.str.zfill(pl.col("width")).alias(TO), pl.lit(_ZEROS).alias(Suggestion.HOW))
    return padded.filter(pl.col(TO) != pl.col(WAS)).select([*numbers.columns, TO, Suggestion.HOW])


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
