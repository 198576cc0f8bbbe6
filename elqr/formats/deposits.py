"""From a decoded file about money to its lines (入金明細): the spec's `[deposit]` table, applied as columns.

The identity of a line says the same in every format, so that a bank's notice and its statement of the same account
tell of one transfer and not of two: account, day, kind, yen and sender. `number` is what the sender numbers it with.
"""

import polars as pl

from elqr.formats.decode import Decoded
from elqr.formats.payments import meaning, optional, with_other_records
from elqr.formats.sequence import OFFSET_BYTES, RECORD_NO
from elqr.frames import joined
from elqr.money_frames import DepositContent
from elqr.terms import DepositKind

_SMALL_KANA = dict(zip("ァィゥェォッャュョヮ", "アイウエオツヤユヨワ", strict=True))


def deposits_of(decoded: Decoded) -> pl.DataFrame:
    """入金明細: frame `DepositContent`, one row a line, in file order."""
    money = decoded.spec.deposit
    assert money is not None, "recognition offers only money specs"
    rows = with_other_records(decoded, money.record).select(
        RECORD_NO,
        OFFSET_BYTES,
        meaning(money.kind).alias(DepositContent.KIND),
        pl.col(money.booked_on).alias(DepositContent.BOOKED_ON),
        optional(money.funds_on).cast(pl.Date).alias(DepositContent.FUNDS_ON),
        pl.col(money.yen).alias(DepositContent.YEN),
        _account(money.account).alias(DepositContent.ACCOUNT),
        optional(money.sender_code).fill_null("").str.strip_chars().alias(DepositContent.SENDER_CODE),
        optional(money.sender).fill_null("").str.strip_chars().alias(DepositContent.SENDER),
        joined(money.number).alias(DepositContent.NUMBER) if money.number else pl.lit("").alias(DepositContent.NUMBER),
    )
    assert rows[DepositContent.KIND].is_in([kind.value for kind in DepositKind]).all(), "a spec maps to kinds only"
    sender = (
        pl.when(pl.col(DepositContent.SENDER) == "").then(DepositContent.SENDER_CODE).otherwise(DepositContent.SENDER)
    )
    rows = rows.with_columns(folded(sender).alias("who")).with_columns(
        joined(
            (DepositContent.ACCOUNT, DepositContent.BOOKED_ON, DepositContent.KIND, DepositContent.YEN, "who")
        ).alias(DepositContent.IDENTITY)
    )
    return DepositContent.of(rows)


def _account(names: tuple[str, ...]) -> pl.Expr:
    if not names:
        return pl.lit("")
    parts = [pl.col(name).cast(pl.String).fill_null("").str.strip_chars() for name in names]
    return pl.concat_str([bare_digits(part) for part in parts], separator="-")


def bare_digits(text: pl.Expr) -> pl.Expr:
    """前ゼロのない番号: formats write the same account with different widths."""
    return text.str.strip_chars_start("0")


def folded(text: pl.Expr) -> pl.Expr:
    """比べるための名前: half and full width, small kana, case and spaces are the same. Never shown."""
    wide = text.str.normalize("NFKC").str.to_uppercase().str.replace_all(r"\s", "")
    return wide.str.replace_many(_SMALL_KANA)
