"""Notice lookup (照会): the notice that a payment's key means, and how the payment differs from it.

Some keys stay the same when a notice is reissued: a 顧客番号, or a bar code whose 再発行 digit never changes. Such a
key names several notices of one claim. It means the notice in force on 領収日, or else the nearest one. Pure functions
over frames; the caller decides what follows from a difference.
"""

import polars as pl

from elqr.vocabulary.frames import Candidate, Payment, join_beside
from elqr.vocabulary.matching_frames import NoticeComparison, NoticeOfKey
from elqr.vocabulary.terms import Channel, KeyKind

_KEY = (Payment.KEY_KIND, Payment.KEY_DIGITS)
_LOOKUP = (*_KEY, Payment.REISSUE_NO, Payment.PAID_ON)
_COMPARED = (Candidate.CHECK_NO, Candidate.ITEM_NO, Candidate.OFFICE_CODE, Candidate.REISSUE_NO)
"""Columns that a payment and its notice both have."""

TRUTHS = tuple(NoticeComparison.SCHEMA)
"""What `look_up_notices` finds out about each payment."""

CONTRADICTED = (
    NoticeComparison.CHECK_NO_DIFFERS,
    NoticeComparison.ITEM_OR_OFFICE_DIFFERS,
    NoticeComparison.IS_BEFORE_ISSUE,
)
"""Differences between a payment and the notice of its key. Another notice may be meant."""

RULED_OUT = (*CONTRADICTED, NoticeComparison.IS_VOID)
"""What keeps a payment off the claims of its notice, however much they owe."""

_PICKED = "picked"

_BARCODE_DIGITS = 27
"""発行企業, 収納企業 and 自由使用欄: the digits by which the ledger knows a bar code."""


def registered_keys(keys: pl.DataFrame) -> pl.DataFrame:
    """台帳のキー: `key_digits` as the ledger has them, and `only_reissue_no`.

    A format may count a bar code's 再発行 digit as part of the key, which then has one digit more. Only notices with
    that digit, `only_reissue_no`, then fit. It is null where any fits.
    """
    digits = pl.col(Payment.KEY_DIGITS)
    has_reissue_no = (pl.col(Payment.KEY_KIND) == KeyKind.BARCODE.value) & (
        digits.str.len_bytes() == _BARCODE_DIGITS + 1
    )
    return keys.with_columns(
        pl.when(has_reissue_no).then(digits.str.slice(0, _BARCODE_DIGITS)).otherwise(digits).alias(Payment.KEY_DIGITS),
        pl.when(has_reissue_no).then(digits.str.slice(_BARCODE_DIGITS)).alias("only_reissue_no"),
    )


def attach_to_keys(known: pl.DataFrame, keys: pl.DataFrame, only: pl.Series) -> pl.DataFrame:
    """見つけたものを照会キーの横に: rows of the ledger, with the keys by which they were looked up.

    `known` has the index of its key in `at`. `only` is the `only_reissue_no` of each key. Rows with another 再発行
    digit are left out.
    """
    if only.null_count() < only.len():
        wanted = only.gather(known["at"])
        known = known.filter(wanted.is_null() | (wanted == known[Candidate.REISSUE_NO]))
    return known.hstack(keys.select(pl.col(_KEY).gather(known["at"])))


def look_up_notices(rows: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
    """照会する: each payment with its notice (columns of Candidate, null where the key is unknown) and `TRUTHS`.

    `rows` has key_kind, key_digits, reissue_no, channel, paid_on, check_no, item_no and office_code. `candidates` is
    frame Candidate of their keys.
    """
    notices = candidates.drop(*_KEY, Candidate.ISSUE_NO).rename({str(name): f"notice_{name}" for name in _COMPARED})
    meant = find_notice(rows, candidates)
    rows = rows.hstack(notices.select(pl.all().gather(meant[NoticeOfKey.NOTICE_INDEX])))
    is_cancelled = pl.col(Candidate.IS_CANCELLED).fill_null(False)
    digits = (pl.col(name) for name in (Payment.REISSUE_NO, f"notice_{Candidate.REISSUE_NO}"))
    return rows.with_columns(
        _differs(Payment.CHECK_NO).alias(NoticeComparison.CHECK_NO_DIFFERS),
        (_differs(Payment.ITEM_NO) | _differs(Payment.OFFICE_CODE)).alias(NoticeComparison.ITEM_OR_OFFICE_DIFFERS),
        (pl.col(Payment.PAID_ON) < pl.col(Candidate.ISSUED_ON))
        .fill_null(False)
        .alias(NoticeComparison.IS_BEFORE_ISSUE),
        (pl.col(Payment.PAID_ON) > _limit()).fill_null(False).alias(NoticeComparison.IS_LATE),
        (~pl.col(Candidate.IS_CURRENT)).fill_null(False).alias(NoticeComparison.IS_OLD_NOTICE),
        (_differs(Payment.REISSUE_NO) & pl.all_horizontal(digit != "" for digit in digits)).alias(
            NoticeComparison.IS_REISSUE_UNISSUED
        ),
        (is_cancelled & ~meant[NoticeOfKey.IS_IN_FORCE]).alias(NoticeComparison.IS_VOID),
        is_cancelled.alias(Candidate.IS_CANCELLED),
    )


def _limit() -> pl.Expr:
    """支払期限 of the way by which somebody paid, or else of the notice."""
    by_barcode = pl.when(pl.col(Payment.KEY_KIND) == KeyKind.BARCODE.value).then(Candidate.BARCODE_UNTIL_ON)
    by_mpn = pl.when(pl.col(Payment.CHANNEL) == Channel.PAYEASY.value).then(Candidate.MPN_UNTIL_ON)
    return pl.coalesce(by_barcode, by_mpn, Candidate.PAYABLE_UNTIL_ON)


def _differs(name: str) -> pl.Expr:
    return (pl.col(name) != pl.col(f"notice_{name}")).fill_null(False)


def find_notice(rows: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
    """どの納付書か: frame NoticeOfKey of each row; the index is null where there is no notice.

    `rows` has key_kind, key_digits, reissue_no and paid_on. `candidates` has the first three of these, issue_no,
    issued_on, is_cancelled and cancelled_on.

    `is_in_force`: the notice was in force on 領収日 and, if it was cancelled later, another notice of the same key
    replaces it. Nearly every key has only one notice; it is meant, and nothing more is compared.
    """
    notices = candidates.with_row_index(NoticeOfKey.NOTICE_INDEX)
    keys = notices.group_by(_KEY).agg(pl.col(NoticeOfKey.NOTICE_INDEX).first(), pl.len())
    several = notices.join(keys.filter(pl.col("len") > 1), on=_KEY, how="semi")
    lookups = rows.select(_LOOKUP)
    meant = join_beside(lookups, keys.select(*_KEY, NoticeOfKey.NOTICE_INDEX), _KEY)
    picked = _pick_in_force(lookups.join(several, on=_KEY, how="semi").unique(), several)
    meant = join_beside(meant, picked, _LOOKUP)
    return meant.select(
        pl.coalesce(_PICKED, NoticeOfKey.NOTICE_INDEX).alias(NoticeOfKey.NOTICE_INDEX),
        pl.col(NoticeOfKey.IS_IN_FORCE).fill_null(False),
    )


def _pick_in_force(lookups: pl.DataFrame, several: pl.DataFrame) -> pl.DataFrame:
    """領収日に有効だった納付書: `_LOOKUP`, the index of the notice and `is_in_force`, for keys of several notices.

    Notices with the payment's 再発行 digit are preferred, if there are any. Among them it is the newest that was issued
    by 領収日 and not yet cancelled; else the newest issued by then; else the first issued after it.
    """
    notices = several.rename({str(Candidate.REISSUE_NO): "notice_reissue_no"})
    pairs = lookups.join(notices, on=_KEY)
    is_issued = (pl.col(Candidate.ISSUED_ON) <= pl.col(Payment.PAID_ON)).fill_null(True)
    is_uncancelled = ~pl.col(Candidate.IS_CANCELLED)
    was_valid = is_uncancelled | (pl.col(Candidate.CANCELLED_ON) > pl.col(Payment.PAID_ON)).fill_null(False)
    order = pl.when(is_issued).then(Candidate.ISSUE_NO).otherwise(-pl.col(Candidate.ISSUE_NO))
    has_digit = pl.col("notice_reissue_no") == pl.col(Payment.REISSUE_NO)
    is_replaced = is_uncancelled.any().over(*_LOOKUP, has_digit)
    return (
        pairs.with_columns((is_issued & was_valid & is_replaced).alias(NoticeOfKey.IS_IN_FORCE))
        .sort(
            has_digit,
            is_issued & was_valid,
            is_issued,
            order,
            is_uncancelled,
            NoticeOfKey.NOTICE_INDEX,
            descending=True,
        )
        .unique(_LOOKUP, keep="first", maintain_order=True)
        .select(*_LOOKUP, pl.col(NoticeOfKey.NOTICE_INDEX).alias(_PICKED), NoticeOfKey.IS_IN_FORCE)
    )
