"""Payment identity (収納の識別): when two records are of one payment, and when they say the same about it.

The identity begins with the sender, so that numbers of different senders never clash. Records of one identity and stage
are the same when they agree in everything the sender says about the money, including the day on which it arrives.
"""

import hashlib
from collections.abc import Sequence

import polars as pl

from elqr.vocabulary.frames import PaymentContent, as_one_text

_MONEY = (
    PaymentContent.CHANNEL, PaymentContent.KEY_KIND, PaymentContent.KEY_DIGITS, PaymentContent.REISSUE_NO,
    PaymentContent.CHECK_NO, PaymentContent.ITEM_NO, PaymentContent.OFFICE_CODE, PaymentContent.PAID_YEN,
    PaymentContent.PAID_ON, PaymentContent.FUNDS_ON, PaymentContent.RESULT_CODE,
)  # fmt: skip
CONTENT = (*_MONEY, PaymentContent.DOUBT)
"""中身: the columns in which a record must agree to be the same record delivered again."""

ACCEPTED = ""
"""The variant of the first content of an identity and stage; any other content has a hash as its variant."""

_HASH_DIGITS = 16


def content() -> pl.Expr:
    """中身を一つの文に: equal when everything the sender says about the money is equal, and raises the same doubt.

    A record without a doubt has the text that it had before there were doubts, because hashes of it are in ledgers.
    """
    doubt = pl.concat_str(pl.lit("|"), pl.col(PaymentContent.DOUBT)).fill_null("")
    return pl.concat_str(as_one_text(_MONEY), doubt)


def identity_of(sender: str, fields: Sequence[str]) -> pl.Expr:
    """識別: the sender and the fields that distinguish a payment from others."""
    return as_one_text((pl.lit(sender), *fields))


def variants(contents: pl.Series) -> pl.Series:
    """中身の照合値: a short hash of each content, by which a conflict is recognised when it is delivered again."""
    hashed = [hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS] for text in contents.to_list()]
    return pl.Series(hashed, dtype=pl.String)
