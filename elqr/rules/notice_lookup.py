"""Notice lookup (照会): the notice that a payment's key means, and what the payment says otherwise than the notice.

A key that stays the same when its notice is issued again (顧客番号, a bar code whose 再発行 digit never changes) names
several notices of one claim. The one in force on 領収日 is meant; where none was, the nearest one, with what is true
of it. Pure functions over frames; who asks decides what follows.
"""

import polars as pl

from elqr.vocabulary.frames import Candidate, Payment, join_beside
from elqr.vocabulary.matching_frames import Meant, Truths
from elqr.vocabulary.terms import KeyKind

_KEY = (Payment.KEY_KIND, Payment.KEY_DIGITS)
_ASKED = (*_KEY, Payment.REISSUE_NO, Payment.PAID_ON)
_SAID = (Candidate.CHECK_NO, Candidate.ITEM_NO, Candidate.OFFICE_CODE, Candidate.REISSUE_NO)
"""What a payment and its notice both say."""

TRUTHS = tuple(Truths.SCHEMA)
"""What `with_notice` says of each payment."""

CONTRADICTED = (Truths.CHECK_NO_DIFFERS, Truths.ITEM_OR_OFFICE_DIFFERS, Truths.IS_BEFORE_ISSUE)
"""What the notice of its key says otherwise than a payment: another may be meant."""

RULED_OUT = (*CONTRADICTED, Truths.IS_VOID)
"""What keeps a payment from the claims of its notice, whatever is owed on them."""

_PICKED = "picked"

_BARCODE_DIGITS = 27
"""発行企業, 収納企業 and 自由使用欄: what names a notice's bar code in the ledger."""


def registered_keys(keys: pl.DataFrame) -> pl.DataFrame:
    """台帳のキー: `key_digits` as the ledger has them, and `only_reissue_no`.

    A format may say that a bar code's 再発行 digit belongs to the number, and gives one digit more: then no other digit
    will do. It is null where any will.
    """
    digits = pl.col(Payment.KEY_DIGITS)
    is_whole = (pl.col(Payment.KEY_KIND) == KeyKind.BARCODE.value) & (digits.str.len_bytes() == _BARCODE_DIGITS + 1)
    return keys.with_columns(
        pl.when(is_whole).then(digits.str.slice(0, _BARCODE_DIGITS)).otherwise(digits).alias(Payment.KEY_DIGITS),
        pl.when(is_whole).then(digits.str.slice(_BARCODE_DIGITS)).alias("only_reissue_no"),
    )


def attach_to_keys(known: pl.DataFrame, keys: pl.DataFrame, only: pl.Series) -> pl.DataFrame:
    """見つけたものを照会キーの横に: what the ledger has for keys asked for by their number `at`, beside these keys.

    `only` is the `only_reissue_no` of each: what has another digit than is wanted is left out.
    """
    if only.null_count() < only.len():
        wanted = only.gather(known["at"])
        known = known.filter(wanted.is_null() | (wanted == known[Candidate.REISSUE_NO]))
    return known.hstack(keys.select(pl.col(_KEY).gather(known["at"])))


def look_up_notices(rows: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
    """照会する: each payment with its notice (columns of Candidate, null where the key is not known) and `TRUTHS`.

    `rows` has key_kind, key_digits, reissue_no, paid_on, check_no, item_no, office_code; `candidates` is frame
    Candidate of their keys.
    """
    slips = candidates.drop(*_KEY, Candidate.ISSUE_NO).rename({str(name): f"notice_{name}" for name in _SAID})
    places = find_notice(rows, candidates)
    rows = rows.hstack(slips.select(pl.all().gather(places[Meant.SLIP_INDEX])))
    is_cancelled = pl.col(Candidate.IS_CANCELLED).fill_null(False)
    digits = (pl.col(name) for name in (Payment.REISSUE_NO, f"notice_{Candidate.REISSUE_NO}"))
    return rows.with_columns(
        _differs(Payment.CHECK_NO).alias(Truths.CHECK_NO_DIFFERS),
        (_differs(Payment.ITEM_NO) | _differs(Payment.OFFICE_CODE)).alias(Truths.ITEM_OR_OFFICE_DIFFERS),
        (pl.col(Payment.PAID_ON) < pl.col(Candidate.ISSUED_ON)).fill_null(False).alias(Truths.IS_BEFORE_ISSUE),
        (pl.col(Payment.PAID_ON) > pl.col(Candidate.PAYABLE_UNTIL_ON)).fill_null(False).alias(Truths.IS_LATE),
        (~pl.col(Candidate.IS_CURRENT)).fill_null(False).alias(Truths.IS_OLD_SLIP),
        (_differs(Payment.REISSUE_NO) & pl.all_horizontal(digit != "" for digit in digits)).alias(
            Truths.IS_REISSUE_UNISSUED
        ),
        (is_cancelled & ~places[Meant.IS_IN_FORCE]).alias(Truths.IS_VOID),
        is_cancelled.alias(Candidate.IS_CANCELLED),
    )


def _differs(name: str) -> pl.Expr:
    return (pl.col(name) != pl.col(f"notice_{name}")).fill_null(False)


def find_notice(rows: pl.DataFrame, candidates: pl.DataFrame) -> pl.DataFrame:
    """どの納付書か: frame Meant of each row; `slip_index` is null where there is none.

    `rows` has key_kind, key_digits, reissue_no, paid_on; `candidates` also reissue_no, issue_no, issued_on,
    is_cancelled and cancelled_on.

    `is_in_force`: the notice was in force on 領収日, and if it was cancelled later, another that the same number means
    is in its place. Nearly every key has one notice, which is not looked at any further.
    """
    slips = candidates.with_row_index(Meant.SLIP_INDEX)
    keys = slips.group_by(_KEY).agg(pl.col(Meant.SLIP_INDEX).first(), pl.len())
    several = slips.join(keys.filter(pl.col("len") > 1), on=_KEY, how="semi")
    asked = rows.select(_ASKED)
    places = join_beside(asked, keys.select(*_KEY, Meant.SLIP_INDEX), _KEY)
    picked = _in_force(asked.join(several, on=_KEY, how="semi").unique(), several)
    places = join_beside(places, picked, _ASKED)
    return places.select(
        pl.coalesce(_PICKED, Meant.SLIP_INDEX).alias(Meant.SLIP_INDEX), pl.col(Meant.IS_IN_FORCE).fill_null(False)
    )


def _in_force(asked: pl.DataFrame, several: pl.DataFrame) -> pl.DataFrame:
    """領収日に有効だった納付書: `_ASKED` with the place that is picked and `is_in_force`, of keys of several.

    A 再発行 digit picks among the notices that have it; one that none has picks nothing. Of those the newest is meant
    that was issued by 領収日 and not yet cancelled; else the newest issued by then; else the first issued after it.
    """
    issued = several.rename({str(Candidate.REISSUE_NO): "own_reissue_no"})
    pairs = asked.join(issued, on=_KEY)
    is_issued = (pl.col(Candidate.ISSUED_ON) <= pl.col(Payment.PAID_ON)).fill_null(True)
    is_uncancelled = ~pl.col(Candidate.IS_CANCELLED)
    was_valid = is_uncancelled | (pl.col(Candidate.CANCELLED_ON) > pl.col(Payment.PAID_ON)).fill_null(False)
    order = pl.when(is_issued).then(Candidate.ISSUE_NO).otherwise(-pl.col(Candidate.ISSUE_NO))
    has_digit = pl.col("own_reissue_no") == pl.col(Payment.REISSUE_NO)
    is_replaced = is_uncancelled.any().over(*_ASKED, has_digit)
    return (
        pairs.with_columns((is_issued & was_valid & is_replaced).alias(Meant.IS_IN_FORCE))
        .sort(has_digit, is_issued & was_valid, is_issued, order, Meant.SLIP_INDEX, descending=True)
        .unique(_ASKED, keep="first", maintain_order=True)
        .select(*_ASKED, pl.col(Meant.SLIP_INDEX).alias(_PICKED), Meant.IS_IN_FORCE)
    )
