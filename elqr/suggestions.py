"""Suggestions (近い照会キー): known keys one digit or one swap away from an unknown one.

Only ever shown to a person; never applied by themselves.
"""

import polars as pl

from elqr.frames import NoticeKey, Payment, Suggestion

ASKED_AT_MOST = 2_000
"""Unknown keys looked at in a night: each has some 200 neighbours. More than that is no misreading."""

_ONE_DIGIT, _SWAP = "1桁違い", "隣り合う2桁の入れ替わり"


def neighbours(unknown: pl.DataFrame) -> pl.DataFrame:
    """一桁違い・入れ替わり of each unknown key: payment_no, key_kind, key_digits (the neighbour), how.

    `unknown` has payment_no, key_kind, key_digits; keys that are not all digits have no neighbours.
    """
    asked = unknown.select(Payment.PAYMENT_NO, Payment.KEY_KIND, pl.col(Payment.KEY_DIGITS).alias("was"))
    asked = asked.filter(pl.col("was").str.contains("^[0-9]+$")).head(ASKED_AT_MOST)
    at = asked.with_columns(pl.int_ranges(0, pl.col("was").str.len_bytes()).alias("at")).explode(
        "at", empty_as_null=False
    )
    before, after = pl.col("was").str.head(pl.col("at")), pl.col("was").str.slice(pl.col("at") + 1)
    digits = at.with_columns(pl.lit([str(digit) for digit in range(10)]).alias("digit")).explode(
        "digit", empty_as_null=False
    )
    changed = digits.with_columns(pl.concat_str(before, "digit", after).alias("to"), pl.lit(_ONE_DIGIT).alias("how"))
    pair = pl.concat_str(after.str.head(1), pl.col("was").str.slice(pl.col("at"), 1))
    swapped = at.filter(after != "").with_columns(
        pl.concat_str(before, pair, after.str.slice(1)).alias("to"), pl.lit(_SWAP).alias("how")
    )
    columns = [Payment.PAYMENT_NO, Payment.KEY_KIND, "was", "to", "how"]
    both = pl.concat([changed.select(columns), swapped.select(columns)])
    return both.filter(pl.col("was") != pl.col("to")).select(
        Payment.PAYMENT_NO, Payment.KEY_KIND, pl.col("to").alias(NoticeKey.KEY_DIGITS), "how"
    )


def suggestions(near: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """近い納付書: the neighbours that the ledger knows; frame Suggestion. `known`: key_kind, key_digits, notice_no."""
    found = near.join(known, on=[NoticeKey.KEY_KIND, NoticeKey.KEY_DIGITS], how="inner", validate="m:1")
    return Suggestion.of(
        found.unique([Suggestion.PAYMENT_NO, Suggestion.NOTICE_NO], keep="first", maintain_order=True)
    ).sort(Suggestion.PAYMENT_NO, Suggestion.NOTICE_NO)
