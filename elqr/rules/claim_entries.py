"""Claim entries (調定異動): the notices of a claim and their cancellations → what changed on it, item by item.

Pure, for claims that come from notices (納付書による調定). Of each item such a claim owes what the newest valid notice
that speaks for it asks: one for the whole claim speaks for all items, one for 延滞金 or 督促 for its own item only, and
one for 分納 for none. An entry is the change that a notice or a cancellation brought, so that the entries of a claim
always sum to this, and to nothing when no valid notice is left. A 調定取消 takes back all that was asked by then.
A reminder for which the city charges a fee is like a notice for 督促, but it only raises: from then on no less than
the fee is owed, until a newer notice speaks for the item. It counts while a notice for the whole claim does.
Where two people took back a whole file, each entry of its notices has a counter-entry of its own kind, so that all sums
are what they were before the file.
"""

from typing import NamedTuple

import polars as pl

from elqr.vocabulary.claim_frames import ClaimCancel, ClaimEntry, ClaimFee, OwnNotice
from elqr.vocabulary.claim_terms import EntryKind, NoticeKind

_AT, _FILE_NO, _WHAT = "at", "came_in", "what"
_CAME, _WENT, _FELL, _RETRACTED, _CHARGED, _UNCHARGED = 0, 1, 2, 3, 4, 5
"""What happened, in order within a file: a notice came, was cancelled, its claim was, or its file was taken back.

The last two follow the file, in the order of their own numbers: a fee was charged, or taken back.
"""
_MADE, _BROUGHT = "made_kind", "brought_kind"
_HAS_NOTICE = "has_notice"
_BORN_AT, _WENT_AT, _FELL_AT, _BY = "born_at", "went_at", "fell_at", "by_notice_no"
_ITEMS = ClaimEntry.ITEMS
_SPOKEN_BY: dict[str, NoticeKind] = {
    ClaimEntry.DEMAND_FEE_YEN: NoticeKind.DEMAND,
    ClaimEntry.LATE_CHARGE_YEN: NoticeKind.LATE_CHARGE,
}
_ENTRY_OF = {
    NoticeKind.DEMAND.value: EntryKind.DEMAND_FEE.value,
    NoticeKind.LATE_CHARGE.value: EntryKind.LATE_CHARGE.value,
}


class Asked(NamedTuple):
    """納付書・調定取消・督促手数料: frames OwnNotice, ClaimCancel and ClaimFee of the same claims."""

    notices: pl.DataFrame
    cancels: pl.DataFrame
    fees: pl.DataFrame


def claim_entries(asked: Asked) -> pl.DataFrame:
    """調定異動: frame ClaimEntry, in order, of the claims of notices of which `asked` has all that came for each.

    Later files and fees only add entries: earlier ones stay as they are. Asserts that no claim owes less than nothing.
    """
    notices = asked.notices
    others = pl.concat([frame[OwnNotice.CLAIM_NO] for frame in (asked.cancels, asked.fees)]).unique()
    stands = ~pl.col(OwnNotice.CLAIM_NO).is_in(others.implode())
    is_whole = pl.col(OwnNotice.PART_KIND).is_null()
    is_alone = pl.col(OwnNotice.CLAIM_NO).is_unique() & pl.col(OwnNotice.GONE_FILE_NO).is_null() & stands & is_whole
    first = notices.filter(is_alone).with_columns(
        pl.lit(1, dtype=pl.Int64).alias(ClaimEntry.ENTRY_NO),
        pl.lit(EntryKind.ASSESSED.value).alias(ClaimEntry.KIND),
        pl.col(OwnNotice.ISSUED_ON).alias(ClaimEntry.ENTERED_ON),
        pl.lit(None, pl.Int64).alias(ClaimEntry.STATE_NO),
        pl.lit(None, pl.Int64).alias(ClaimEntry.FEE_NO),
    )
    changes = _changes(asked._replace(notices=notices.filter(~is_alone)))
    entries = pl.concat([ClaimEntry.of(first), changes])
    owed = entries.group_by(ClaimEntry.CLAIM_NO).agg(pl.col(_ITEMS).sum())
    assert owed.select(pl.all_horizontal((pl.col(_ITEMS) >= 0).all())).item(), "no claim owes less than nothing"
    return entries.sort(ClaimEntry.CLAIM_NO, ClaimEntry.ENTRY_NO)


def speaks_for(item: str) -> pl.Expr:
    """内訳を決める納付書か: whether a notice says what is owed of an item, and does not only ask for it."""
    part, kind = pl.col(OwnNotice.PART_KIND), _SPOKEN_BY.get(item)
    return part.is_null() if kind is None else part.is_null() | (part == kind.value)


def new_entries(before: Asked, after: Asked) -> pl.DataFrame:
    """新しい調定異動: frame ClaimEntry of what a file or fees brought; `before` is without these, `after` with them."""
    number = (ClaimEntry.CLAIM_NO, ClaimEntry.ENTRY_NO)
    return claim_entries(after).join(claim_entries(before), on=number, how="anti", maintain_order="left")


def _changes(asked: Asked) -> pl.DataFrame:
    """増減した調定の異動: an entry for each notice, cancellation or fee that changed what is owed."""
    claim_no = OwnNotice.CLAIM_NO
    events = _events(asked)
    owed = _standing(events, asked)
    rows = events.join(owed, on=_AT, how="left", validate="1:1", maintain_order="left")
    is_none = pl.col(_ITEMS[0]).is_null()
    rows = rows.with_columns(is_none.alias("is_none"), pl.col(_ITEMS).fill_null(0))
    changes = (pl.col(_ITEMS) - pl.col(_ITEMS).shift(1).over(claim_no).fill_null(0)).name.keep()
    rows = rows.with_columns(changes).filter(pl.any_horizontal(pl.col(_ITEMS) != 0))
    entry_no = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(claim_no)
    is_counter, is_uncharged = pl.col(_WHAT) == _RETRACTED, pl.col(_WHAT) == _UNCHARGED
    standing = pl.when(is_counter | is_uncharged).then(-1).otherwise(1)
    is_first = standing.cum_sum().over(claim_no) == standing
    change = pl.sum_horizontal(_ITEMS)
    is_up = (change > 0) | ((change == 0) & (pl.col(ClaimEntry.PRINCIPAL_YEN) > 0))
    kind = (
        pl.when(is_first).then(pl.lit(EntryKind.ASSESSED.value))
        .when("is_none").then(pl.lit(EntryKind.CANCELLED.value))
        .when((is_up | is_uncharged) & pl.col(_MADE).is_not_null()).then(_MADE)
        .when(is_up).then(pl.lit(EntryKind.INCREASED.value))
        .otherwise(pl.lit(EntryKind.REDUCED.value))
    )  # fmt: skip
    rows = rows.with_columns(kind.alias(ClaimEntry.KIND))
    brought = rows.filter(pl.col(_WHAT) == _CAME).select(OwnNotice.NOTICE_NO, pl.col(ClaimEntry.KIND).alias(_BROUGHT))
    rows = rows.join(brought, on=OwnNotice.NOTICE_NO, how="left", validate="m:1", maintain_order="left")
    return ClaimEntry.of(
        rows.with_columns(
            entry_no.alias(ClaimEntry.ENTRY_NO),
            pl.when(is_counter).then(_BROUGHT).otherwise(ClaimEntry.KIND).alias(ClaimEntry.KIND),
            pl.col(ClaimEntry.ENTERED_ON).cum_max().over(claim_no),
            pl.lit(None, pl.Int64).alias(ClaimEntry.STATE_NO),
        )
    )


def _events(asked: Asked) -> pl.DataFrame:
    """納付書の動き: a row for each notice that came, for each that was cancelled, for each 調定取消 and for each fee.

    They are numbered (`at`) in order by claim. Files come in order. In a file the notices come in the order of
    発行連番, then the cancellations, then 調定取消. A file that is taken back goes in the reverse order. Fees, and what
    takes them back, come after the file before them.
    """
    notices, cancels, fees = asked
    came = notices.select(
        OwnNotice.CLAIM_NO,
        OwnNotice.NOTICE_NO,
        OwnNotice.ISSUE_NO,
        pl.col(OwnNotice.NOTICE_FILE_NO).alias(_FILE_NO),
        pl.lit(_CAME).alias(_WHAT),
        pl.col(OwnNotice.ISSUED_ON).alias(ClaimEntry.ENTERED_ON),
        OwnNotice.NIGHT_ON,
        pl.col(OwnNotice.PART_KIND).replace_strict(_ENTRY_OF, default=None).alias(_MADE),
    )
    gone_on = pl.col(OwnNotice.GONE_ON)
    went = notices.filter(gone_on.is_not_null()).select(
        OwnNotice.CLAIM_NO,
        OwnNotice.NOTICE_NO,
        OwnNotice.ISSUE_NO,
        pl.col(OwnNotice.GONE_FILE_NO).alias(_FILE_NO),
        pl.when(OwnNotice.IS_RETRACTED).then(pl.lit(_RETRACTED)).otherwise(pl.lit(_WENT)).alias(_WHAT),
        gone_on.alias(ClaimEntry.ENTERED_ON),
        gone_on.alias(ClaimEntry.NIGHT_ON),
    )
    fell = cancels.select(
        ClaimCancel.CLAIM_NO,
        ClaimCancel.NOTICE_NO,
        ClaimCancel.ISSUE_NO,
        pl.col(ClaimCancel.NOTICE_FILE_NO).alias(_FILE_NO),
        pl.lit(_FELL).alias(_WHAT),
        pl.col(ClaimCancel.NIGHT_ON).alias(ClaimEntry.ENTERED_ON),
        ClaimCancel.NIGHT_ON,
    )
    is_undone = pl.col(ClaimFee.UNDOES_NO).is_not_null()
    charged = fees.select(
        ClaimFee.CLAIM_NO,
        ClaimFee.FEE_NO,
        ClaimFee.UNDOES_NO,
        pl.col(ClaimFee.NOTICES_UPTO).alias(_FILE_NO),
        pl.when(is_undone).then(pl.lit(_UNCHARGED)).otherwise(pl.lit(_CHARGED)).alias(_WHAT),
        pl.when(is_undone).then(ClaimFee.NIGHT_ON).otherwise(ClaimFee.ISSUED_ON).alias(ClaimEntry.ENTERED_ON),
        ClaimFee.NIGHT_ON,
        pl.lit(EntryKind.DEMAND_FEE.value).alias(_MADE),
    )
    issue_no = pl.col(OwnNotice.ISSUE_NO)
    turn = pl.when(pl.col(_WHAT) == _RETRACTED).then(-issue_no).otherwise(pl.coalesce(issue_no, ClaimFee.FEE_NO))
    events = pl.concat([came, went, fell, charged], how="diagonal")
    events = events.sort(OwnNotice.CLAIM_NO, _FILE_NO, pl.min_horizontal(_WHAT, pl.lit(_CHARGED)), turn)
    return events.with_row_index(_AT)


def _standing(events: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """最新の有効な納付書の額 after each event (`at`), item by item; no row where none is valid."""
    lives = _lives_of_notices(events, asked).with_columns(pl.lit(None, pl.Int64).alias(ClaimFee.FEE_NO))
    if asked.fees.height:
        lives = pl.concat([lives, _lives_of_fees(events, asked)], how="diagonal")
    at = pl.col(_AT)
    is_gone = (at >= pl.min_horizontal(_WENT_AT, _FELL_AT)).fill_null(False)
    is_valid = (pl.col(_BORN_AT) <= at) & ~is_gone
    return (
        events.select(_AT, OwnNotice.CLAIM_NO)
        .join(lives, on=OwnNotice.CLAIM_NO)
        .filter(is_valid)
        .sort(_AT, OwnNotice.ISSUE_NO)
        .group_by(_AT)
        .agg(*(newest_asked(name) for name in _ITEMS), pl.col(ClaimFee.FEE_NO).is_null().any().alias(_HAS_NOTICE))
        .filter(_HAS_NOTICE)
        .drop(_HAS_NOTICE)
    )


def _lives_of_notices(events: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """納付書の初めと終わり: what each asks, and the events by which it came and went or fell."""
    number = OwnNotice.NOTICE_NO
    lives = asked.notices.select(OwnNotice.CLAIM_NO, number, OwnNotice.ISSUE_NO, OwnNotice.PART_KIND, *_ITEMS)
    for name, what in ((_BORN_AT, [_CAME]), (_WENT_AT, [_WENT, _RETRACTED])):
        ats = events.filter(pl.col(_WHAT).is_in(what)).select(number, pl.col(_AT).alias(name))
        lives = lives.join(ats, on=number, how="left", validate="1:1")
    pairs = _taken_back(asked.notices, asked.cancels)
    return lives.join(_first_fall(pairs, number, events), on=number, how="left", validate="1:1")


def _lives_of_fees(events: pl.DataFrame, asked: Asked) -> pl.DataFrame:
    """督促手数料の初めと終わり: as `_lives_of_notices`."""
    number = ClaimFee.FEE_NO
    ats = ((_BORN_AT, _CHARGED, number), (_WENT_AT, _UNCHARGED, ClaimFee.UNDOES_NO))
    lives = _as_notices(asked)
    for name, what, of_fee in ats:
        at = events.filter(pl.col(_WHAT) == what).select(pl.col(of_fee).alias(number), pl.col(_AT).alias(name))
        lives = lives.join(at, on=number, how="left", validate="1:1")
    pairs = _fees_taken_back(asked.fees, asked.cancels)
    return lives.join(_first_fall(pairs, number, events), on=number, how="left", validate="1:1")


def _as_notices(asked: Asked) -> pl.DataFrame:
    """納付書としての督促手数料: what each fee asks, as a 督促 notice with the 発行連番 of the last one before it."""
    fees = asked.fees.filter(pl.col(ClaimFee.UNDOES_NO).is_null())
    issued = asked.notices.select(OwnNotice.CLAIM_NO, OwnNotice.ISSUE_NO, OwnNotice.NOTICE_FILE_NO)
    earlier = fees.join(issued, on=ClaimFee.CLAIM_NO)
    earlier = earlier.filter(pl.col(OwnNotice.NOTICE_FILE_NO) <= pl.col(ClaimFee.NOTICES_UPTO))
    last = earlier.group_by(ClaimFee.FEE_NO).agg(pl.col(OwnNotice.ISSUE_NO).max())
    yen = dict.fromkeys(_ITEMS, pl.lit(0, pl.Int64)) | {ClaimEntry.DEMAND_FEE_YEN: pl.col(ClaimFee.YEN)}
    rows = fees.join(last, on=ClaimFee.FEE_NO, validate="1:1").with_columns(**yen)
    kind = pl.lit(NoticeKind.DEMAND.value).alias(OwnNotice.PART_KIND)
    return rows.select(ClaimFee.CLAIM_NO, ClaimFee.FEE_NO, OwnNotice.ISSUE_NO, kind, *_ITEMS)


def newest_asked(item: str) -> pl.Expr:
    """求めた額 of an item, by the last notice of a group that speaks for it, or 0; and no less than a fee after it.

    The notices are in the order of 発行連番. A row with a `fee_no` is a fee.
    """
    is_paper = pl.col(ClaimFee.FEE_NO).is_null()
    asked = pl.col(item).filter(speaks_for(item) & is_paper).last().fill_null(0)
    return asked if item != ClaimEntry.DEMAND_FEE_YEN else pl.max_horizontal(asked, charged_fee()).alias(item)


def charged_fee() -> pl.Expr:
    """督促手数料 of the reminders of a group after the last notice that speaks for it; null where there is none.

    A fee counts while a notice for the whole claim does.
    """
    item, issue_no = ClaimEntry.DEMAND_FEE_YEN, pl.col(OwnNotice.ISSUE_NO)
    is_fee = pl.col(ClaimFee.FEE_NO).is_not_null()
    is_later = issue_no >= issue_no.filter(speaks_for(item) & ~is_fee).max()
    has_whole = pl.col(OwnNotice.PART_KIND).is_null().any()
    return pl.when(has_whole).then(pl.col(item).filter(is_fee & is_later).max())


def _first_fall(pairs: pl.DataFrame, number: str, events: pl.DataFrame) -> pl.DataFrame:
    """調定取消で消えたもの: a number and the first 調定取消 (`fell_at`) that takes it back. `pairs` has both."""
    fell = events.filter(pl.col(_WHAT) == _FELL).select(
        pl.col(OwnNotice.NOTICE_NO).alias(_BY), pl.col(_AT).alias(_FELL_AT)
    )
    return pairs.join(fell, on=_BY, validate="m:1").group_by(number).agg(pl.col(_FELL_AT).min())


def _fees_taken_back(fees: pl.DataFrame, cancels: pl.DataFrame) -> pl.DataFrame:
    """調定取消と督促手数料: fee_no and `by_notice_no` for each 調定取消 and each fee from before its file."""
    fell = cancels.select(
        ClaimFee.CLAIM_NO,
        pl.col(ClaimCancel.NOTICE_NO).alias(_BY),
        pl.col(ClaimCancel.NOTICE_FILE_NO).alias("upto_file_no"),
    )
    pairs = fees.join(fell, on=ClaimFee.CLAIM_NO)
    return pairs.filter(pl.col(ClaimFee.NOTICES_UPTO) < pl.col("upto_file_no")).select(ClaimFee.FEE_NO, _BY)


def _taken_back(notices: pl.DataFrame, cancels: pl.DataFrame) -> pl.DataFrame:
    """調定取消と納付書: notice_no and `by_notice_no` for each 調定取消 and each notice that it takes back.

    That is what came in earlier files, and of its own file what is no newer than the notice that it names.
    """
    upto_file_no, upto_issue_no = pl.col("upto_file_no"), pl.col("upto_issue_no")
    fell = cancels.select(
        OwnNotice.CLAIM_NO,
        pl.col(ClaimCancel.NOTICE_NO).alias(_BY),
        pl.col(ClaimCancel.NOTICE_FILE_NO).alias("upto_file_no"),
        pl.col(ClaimCancel.ISSUE_NO).alias("upto_issue_no"),
    )
    file_no = pl.col(OwnNotice.NOTICE_FILE_NO)
    is_taken = (file_no < upto_file_no) | ((file_no == upto_file_no) & (pl.col(OwnNotice.ISSUE_NO) <= upto_issue_no))
    names = (OwnNotice.CLAIM_NO, OwnNotice.NOTICE_NO, OwnNotice.ISSUE_NO, OwnNotice.NOTICE_FILE_NO)
    return notices.select(names).join(fell, on=OwnNotice.CLAIM_NO).filter(is_taken).select(OwnNotice.NOTICE_NO, _BY)


def valid_notices(asked: Asked) -> pl.DataFrame:
    """数える納付書: frame OwnNotice of those that nothing has taken back."""
    valid = asked.notices.filter(pl.col(OwnNotice.GONE_FILE_NO).is_null())
    gone = _taken_back(asked.notices, asked.cancels)
    return valid.join(gone, on=OwnNotice.NOTICE_NO, how="anti", maintain_order="left")


def valid_fees(asked: Asked) -> pl.DataFrame:
    """数える督促手数料: claim_no, fee_no, and issue_no, part_kind and items as of a notice, if nothing took it back."""
    undone = asked.fees.select(pl.col(ClaimFee.UNDOES_NO).alias(ClaimFee.FEE_NO)).drop_nulls()
    valid = _as_notices(asked).join(undone, on=ClaimFee.FEE_NO, how="anti")
    return valid.join(_fees_taken_back(asked.fees, asked.cancels), on=ClaimFee.FEE_NO, how="anti")
