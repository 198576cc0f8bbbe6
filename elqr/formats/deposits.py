"""Lines of money received (入金明細) of a decoded file: the spec's `[deposit]` table, applied as columns.

The identity of a line is the same in every format, so that a bank's notice, its statement of the same account, and
what a person types from the passbook are recognised as one transfer. It consists of account, day, kind, yen and sender,
each folded so that differences of spelling do not count. `number` is the sender's own number of the line. Lines that
agree in everything but the account are of the same *event*: `elqr.rules.deposits` judges whether they may be one.
"""

import polars as pl

from elqr.formats.decode import Decoded
from elqr.formats.payments import meaning, optional, with_other_records
from elqr.formats.sequence import OFFSET_BYTES, RECORD_NO
from elqr.vocabulary.frames import as_one_text
from elqr.vocabulary.money_frames import DepositContent
from elqr.vocabulary.terms import DepositKind

_SMALL = dict(zip("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ", strict=True))
_HIRAGANA = {chr(code): chr(code + 0x60) for code in range(ord("ぁ"), ord("ゖ") + 1)}
_LIKE_ANOTHER = {
    **_SMALL,
    **{small: _SMALL.get(kana, kana) for small, kana in _HIRAGANA.items()},
    **dict.fromkeys("ー-‐‑‒–—―−─━~〜・.,。、()[]「」『』", ""),
}
"""Banks write neither small kana nor ー; people write both, or omit -. Hiragana counts as katakana."""

RULE = "v3"
"""The first part of an identity: the rule by which it was folded. Identities by an older rule stay as they are."""

_BANK, _BRANCH, _NUMBER = 4, 3, 7
"""Digits of a bank, of a branch, and of an account."""


def deposits_of(decoded: Decoded) -> pl.DataFrame:
    """入金明細: frame `DepositContent`, one row per line, in file order."""
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
        as_one_text(money.number).alias(DepositContent.NUMBER)
        if money.number
        else pl.lit("").alias(DepositContent.NUMBER),
    )
    assert rows[DepositContent.KIND].is_in([kind.value for kind in DepositKind]).all(), "a spec maps to kinds only"
    return DepositContent.of(with_identity(rows))


def with_identity(rows: pl.DataFrame) -> pl.DataFrame:
    """識別を付ける: add `identity`, by today's rule, to columns of DepositContent."""
    placed_rows = placed(rows)
    identity = as_one_text((pl.lit(RULE), PLACE, EVENT)).alias(DepositContent.IDENTITY)
    return placed_rows.with_columns(identity).drop(PLACE, EVENT)


PLACE, EVENT = "place", "event"
"""比べるための口座, empty where it is unknown; and the event there: day, kind, yen and sender."""


def placed(rows: pl.DataFrame) -> pl.DataFrame:
    """口座と出来事を付ける: add `place` and `event`, texts to be compared, to columns of DepositContent."""
    parts = (DepositContent.BOOKED_ON, DepositContent.KIND, DepositContent.YEN)
    event = as_one_text((*parts, folded_sender())).alias(EVENT)
    return rows.with_columns(plain_account(pl.col(DepositContent.ACCOUNT)).alias(PLACE), event)


def folded_sender() -> pl.Expr:
    """比べるための依頼人: the folded name, or the code where there is no name."""
    sender = pl.col(DepositContent.SENDER)
    return folded(pl.when(sender == "").then(bare_digits(pl.col(DepositContent.SENDER_CODE))).otherwise(sender))


def _account(names: tuple[str, ...]) -> pl.Expr:
    if not names:
        return pl.lit("")
    parts = [pl.col(name).cast(pl.String).fill_null("").str.strip_chars() for name in names]
    return pl.concat_str([bare_digits(part) for part in parts], separator="-")


def bare_digits(text: pl.Expr) -> pl.Expr:
    """前ゼロのない番号, because formats write the same account in different widths."""
    return text.str.strip_chars_start("0")


def plain_account(text: pl.Expr) -> pl.Expr:
    """比べるための口座: zeros, spaces, hyphens and width in bank, branch and number make no difference. Never shown.

    Text without digits is compared as a name.
    """
    plain = text.str.normalize("NFKC").str.replace_all(r"[‐‑‒–—―−─━ーｰ]", "-")
    plain = plain.str.replace_all(r"[^0-9-]", "").str.replace_all("-+", "-").str.strip_chars("-")
    parts = plain.str.split("-")
    bank, branch = parts.list.get(0, null_on_oob=True), parts.list.get(1, null_on_oob=True)
    number = parts.list.slice(2).list.join("")
    full = pl.concat_str(
        bare_digits(bank).str.zfill(_BANK),
        bare_digits(branch).str.zfill(_BRANCH),
        bare_digits(number).str.zfill(_NUMBER),
    )
    partial = parts.list.eval(pl.element().str.strip_chars_start("0")).list.join("-")
    digits = pl.when(parts.list.len() > 2).then(full).otherwise(partial)
    account = pl.when(parts.list.len() == 1).then(plain).otherwise(digits)
    return pl.when(plain == "").then(folded(text)).otherwise(account)


def folded(text: pl.Expr) -> pl.Expr:
    """比べるための名前: width, small kana, ー, hyphens, dots, brackets, case, spaces do not matter. Never shown."""
    wide = text.str.normalize("NFKC").str.to_uppercase().str.replace_all(r"\s", "").str.normalize("NFC")
    return wide.str.replace_many(_LIKE_ANOTHER)
