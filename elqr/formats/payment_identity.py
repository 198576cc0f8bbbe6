"""Payment identity (収納の識別): what makes two records tell of one payment, and what makes them say the same of it.

The identity begins with the sender, so that the numbers of two senders never meet. Records of one identity and stage
are the same when they are equal in all that the sender says of the money, the day on which it comes included.
"""

import hashlib
from collections.abc import Sequence

import polars as pl

from elqr.vocabulary.frames import PaymentContent, joined

CONTENT = (
    PaymentContent.CHANNEL, PaymentContent.KEY_KIND, PaymentContent.KEY_DIGITS, PaymentContent.REISSUE_NO,
    PaymentContent.CHECK_NO, PaymentContent.ITEM_NO, PaymentContent.OFFICE_CODE, PaymentContent.PAID_YEN,
    PaymentContent.PAID_ON, PaymentContent.FUNDS_ON, PaymentContent.RESULT_CODE,
)  # fmt: skip
"""中身: what makes a record that was delivered again the same record."""

ACCEPTED = ""
"""The variant of the first content of an identity and stage; another content has a hash of its own."""

_HASH_DIGITS = 16


def content() -> pl.Expr:
    """中身を一つの文に: equal in it means equal in all that the sender says of the money."""
    return joined(CONTENT)


def identity_of(sender: str, fields: Sequence[str]) -> pl.Expr:
    """識別: the sender, and the fields that make a payment its own."""
    return joined((pl.lit(sender), *fields))


def variants(contents: pl.Series) -> pl.Series:
    """中身の照合値 of contents, each a short hash: what a conflict is known by when it comes again."""
    hashed = [hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS] for text in contents.to_list()]
    return pl.Series(hashed, dtype=pl.String)
