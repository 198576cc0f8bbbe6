"""Suggestions (近い照会キー): known keys one digit or one swap away from an unknown one, and those that came later.

Only ever shown to a person; never applied by themselves.
"""

import polars as pl

from elqr.rules.notice_lookup import CONTRADICTED, RULED_OUT, find_notice
from elqr.vocabulary.frames import NoticeKey, Payment, Suggestion
from elqr.vocabulary.matching_frames import Meant, Truths
from elqr.vocabulary.report_frames import LateNotice
from elqr.vocabulary.terms import Outcome

ASKED_AT_MOST = 2_000
"""Unknown keys looked at in a night: each has some 200 neighbours. More than that is no misreading."""

_OF_PAYMENT = (Payment.PAYMENT_NO, Payment.KEY_KIND, Payment.REISSUE_NO, Payment.PAID_ON)
ASKED = (*_OF_PAYMENT, Payment.KEY_DIGITS)
"""What is asked of a payment whose key is not known."""

_ONE_DIGIT, _SWAP = "1桁違い", "隣り合う2桁の入れ替わり"


def neighbours(unknown: pl.DataFrame) -> pl.DataFrame:
    """一桁違い・入れ替わり of each unknown key: `ASKED` with key_digits of the neighbour, and how.

    `unknown` has the columns of `ASKED`; keys that are not all digits have no neighbours.
    """
    asked = unknown.select(*_OF_PAYMENT, pl.col(Payment.KEY_DIGITS).alias("was"))
    asked = asked.filter(pl.col("was").str.contains("^[0-9]+$")).head(ASKED_AT_MOST)
    at = asked.with_columns(pl.int_ranges(0, pl.col("was").str.len_bytes()).alias("at")).explode(
        "at", empty_as_null=False
    )
    before, after = pl.col("was").str.head(pl.col("at")), pl.col("was").str.slice(pl.col("at") + 1)
    digits = at.with_columns(pl.lit([str(digit) for digit in range(10)]).alias("digit")).explode(
        "digit", empty_as_null=False
    )
    changed = digits.with_columns(
        pl.concat_str(before, "digit", after).alias("to"), pl.lit(_ONE_DIGIT).alias(Suggestion.HOW)
    )
    pair = pl.concat_str(after.str.head(1), pl.col("was").str.slice(pl.col("at"), 1))
    swapped = at.filter(after != "").with_columns(
        pl.concat_str(before, pair, after.str.slice(1)).alias("to"), pl.lit(_SWAP).alias(Suggestion.HOW)
    )
    columns = [*_OF_PAYMENT, "was", "to", Suggestion.HOW]
    both = pl.concat([changed.select(columns), swapped.select(columns)])
    return both.filter(pl.col("was") != pl.col("to")).select(
        *_OF_PAYMENT, pl.col("to").alias(NoticeKey.KEY_DIGITS), Suggestion.HOW
    )


def suggestions(near: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """近い納付書: of the neighbours that the ledger knows the notice that would be meant; frame Suggestion.

    `known`: their notices, as `lookup.meant` looks at them, with notice_no.
    """
    candidates = near.join(known, on=[NoticeKey.KEY_KIND, NoticeKey.KEY_DIGITS], how="semi")
    candidates = candidates.with_columns(
        known[NoticeKey.NOTICE_NO].gather(find_notice(candidates, known)[Meant.SLIP_INDEX])
    )
    return Suggestion.of(
        candidates.unique([Suggestion.PAYMENT_NO, Suggestion.NOTICE_NO], keep="first", maintain_order=True)
    ).sort(Suggestion.PAYMENT_NO, Suggestion.NOTICE_NO)


SAME_KEY = "同じ照会キー"
_BUT = {
    Truths.CHECK_NO_DIFFERS: Outcome.CHECK_NO_DIFFERS.label,
    Truths.ITEM_OR_OFFICE_DIFFERS: Outcome.ITEM_OR_OFFICE_DIFFERS.label,
    Truths.IS_BEFORE_ISSUE: Outcome.PAID_BEFORE_ISSUE.label,
    Truths.IS_VOID: Outcome.NOTICE_CANCELLED.label,
}


def exact(rows: pl.DataFrame) -> pl.DataFrame:
    """同じ照会キーの納付書: frame LateNotice, of payments beside their notices (`with_notice`).

    One that does not fit is what the payment would not have been matched with; `how` says why.
    """
    named = rows.filter(pl.col(Suggestion.NOTICE_NO).is_not_null())
    words_of = [pl.when(name).then(pl.lit(words)) for name, words in _BUT.items()]
    how = pl.concat_str(pl.lit(SAME_KEY), *words_of, separator="・", ignore_nulls=True)
    rows = named.select(
        Suggestion.PAYMENT_NO,
        Suggestion.NOTICE_NO,
        how.alias(Suggestion.HOW),
        (~pl.any_horizontal(CONTRADICTED)).alias(LateNotice.AGREES),
        (~pl.any_horizontal(RULED_OUT)).alias(LateNotice.FITS),
    )
    return rows.sort(Suggestion.PAYMENT_NO)
