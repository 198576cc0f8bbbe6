"""Items (内訳): what each payment pays of a claim of which notices ask for parts (分納, 延滞金, 督促), item by item.

So it does of a claim with a fee for a reminder, which no notice may ask.

Pure. In the order of posting, a payment pays what its notice asks and is still open, in the order of items that the
city says, or else 本税・本料 first. A notice for the whole claim asks what such notices made of each item; a notice for
a part asks its own yen, once. Such claims are few, and what a payment may take depends on all before it, so they are
gone through one by one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from elqr.vocabulary.claim_frames import AskedNotice, CardItems, ClaimEntry, ItemPosting, NoticePosting, OpenClaim
from elqr.vocabulary.claim_terms import Item

_ITEMS = ClaimEntry.ITEMS
_OWED, _ASKED = tuple(f"owed_{name}" for name in _ITEMS), tuple(f"asked_{name}" for name in _ITEMS)
_IS_PART = OpenClaim.IS_PART
_NONE = (0, 0, 0)
_AS_LISTED = (0, 1, 2)
_POSITIONS = {item.value: at for at, item in enumerate(Item)}
_ORDER = OpenClaim.ITEMS

Items = Sequence[int]
"""Yen of each item, in the order of `ClaimEntry.ITEMS`."""


@dataclass(slots=True)
class _Paid:
    """ある調定に納めた額, by item: in all, by each notice and by each payment."""

    in_all: list[int] = field(default_factory=lambda: [0, 0, 0])
    by_notice: dict[int, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))
    by_payment: dict[int, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))

    def left(self, owed: Items) -> list[int]:
        """残り of each item."""
        return [max(yen - paid, 0) for yen, paid in zip(owed, self.in_all, strict=True)]

    def room(self, owed: Items, notice_no: int, asked: Items, *, is_part: bool) -> list[int]:
        """納付書で入る額 of each item: no more than is open, nor than the notice still asks."""
        taken: Items = self.by_notice[notice_no] if is_part else _NONE
        still_asked = (yen - paid for yen, paid in zip(asked, taken, strict=True))
        return [max(min(pair), 0) for pair in zip(self.left(owed), still_asked, strict=True)]

    def add(self, items: Items, notice_no: int, payment_no: int) -> None:
        """足す: yen of a payment by a notice; negative ones take back."""
        for sums in (self.in_all, self.by_notice[notice_no], self.by_payment[payment_no]):
            sums[:] = [before + yen for before, yen in zip(sums, items, strict=True)]


def fill(yen: int, rooms: Items, turns: Sequence[int] = _AS_LISTED) -> list[int]:
    """順に充てる: as much of `yen` as each item has room for, in the order of `turns`."""
    items = [0] * len(rooms)
    for at in turns:
        items[at] = min(yen, rooms[at])
        yen -= items[at]
    return items


def _turns(order: str | None) -> Sequence[int]:
    """順番 of an order of items, as it stands in the ledger; without one, as the items are listed."""
    return tuple(_POSITIONS[item] for item in order.split(",")) if order else _AS_LISTED


def posted_items(
    postings: pl.DataFrame, notices: pl.DataFrame, entries: pl.DataFrame, orders: pl.DataFrame
) -> pl.DataFrame:
    """計上の内訳: frame ItemPosting of `postings` (frame NoticePosting: all on their claims), in order.

    `notices` is frame AskedNotice, `entries` ClaimEntry and `orders` ClaimOrder of these claims. Asserts that every yen
    has its item.
    """
    night_on = NoticePosting.NIGHT_ON
    rows = _with_asks(postings, notices, entries).sort(night_on)
    orders, by = orders.sort(night_on), NoticePosting.CLAIM_NO
    rows = rows.join_asof(orders, on=night_on, by=by, check_sortedness=False).sort(NoticePosting.POSTING_NO)
    of_claim: dict[int, _Paid] = defaultdict(_Paid)
    given = [_post(of_claim[step.claim_no], step) for step in _steps(rows)]
    schema = ItemPosting.SCHEMA
    columns = {str(name): schema[name] for name in (*_ITEMS, ItemPosting.IS_CERTAIN)}
    items = pl.DataFrame(given, schema=columns, orient="row")
    posted = ItemPosting.of(rows.hstack(items))
    is_divided = pl.sum_horizontal(_ITEMS) == pl.col(NoticePosting.YEN)
    assert posted.select(is_divided.all()).item(), "every yen is of an item"
    return posted


class _Step(NamedTuple):
    """一つの計上, with what is owed on its claim and what its notice asks, as of its night."""

    claim_no: int
    payment_no: int
    notice_no: int
    yen: int
    is_part: bool
    order: str | None
    owed: Items
    asked: Items


def _steps(rows: pl.DataFrame) -> Iterator[_Step]:
    key = (NoticePosting.CLAIM_NO, NoticePosting.PAYMENT_NO, NoticePosting.NOTICE_NO)
    names = (*key, NoticePosting.YEN, _IS_PART, _ORDER)
    return map(_Step._make, rows.select(*names, pl.concat_list(_OWED), pl.concat_list(_ASKED)).iter_rows())


def _post(paid: _Paid, step: _Step) -> list[int]:
    """計上する: what a posting puts on each item of its claim or takes off it, and whether that is certain.

    What people put beyond what the notice asks goes to what else is open. What is taken off goes from items with more
    on them than is owed, then from what the payment put there, the last item first.
    """
    turns = _turns(step.order)
    if step.yen >= 0:
        ways = [paid.room(step.owed, step.notice_no, step.asked, is_part=step.is_part), paid.left(step.owed)]
        items = _in_turn(step.yen, ways, turns)
    else:
        put = paid.by_payment[step.payment_no]
        beyond = [max(min(sums - due, mine), 0) for sums, due, mine in zip(paid.in_all, step.owed, put, strict=True)]
        ways = [beyond, put]
        items = [-taken for taken in _in_turn(-step.yen, ways, turns[::-1])]
    items[0] += step.yen - sum(items)
    paid.add(items, step.notice_no, step.payment_no)
    yen = abs(step.yen)
    is_only_way = any(yen == sum(rooms) or yen <= sum(rooms) == max(rooms) for rooms in ways)
    return [*items, bool(step.order) or is_only_way]


def _in_turn(yen: int, ways: Iterable[Items], turns: Sequence[int]) -> list[int]:
    """順に充てる: into the first rooms, and what is over into what the next ones have more."""
    items = [0, 0, 0]
    for rooms in ways:
        open_yen = [max(room - taken, 0) for room, taken in zip(rooms, items, strict=True)]
        given = fill(yen - sum(items), open_yen, turns)
        items = [sum(pair) for pair in zip(items, given, strict=True)]
    return items


def owed_items(entries: pl.DataFrame) -> pl.DataFrame:
    """内訳ごとの調定額: claim_no and `owed_` with the name of each item, of frame ClaimEntry."""
    return entries.group_by(ClaimEntry.CLAIM_NO).agg(pl.col(_ITEMS).sum().name.prefix("owed_"))


def open_items(notices: pl.DataFrame, entries: pl.DataFrame, posted: pl.DataFrame) -> pl.DataFrame:
    """内訳の残り: claim_no, notice_no and the columns of OpenClaim that tell of items, for each of `notices`.

    `notices` is frame AskedNotice, `entries` ClaimEntry and `posted` ItemPosting of the same claims.
    """
    paid = posted.group_by(ItemPosting.CLAIM_NO).agg(pl.col(_ITEMS).sum().name.prefix("paid_"))
    by_notice = [str(name) for name in (AskedNotice.CLAIM_NO, AskedNotice.NOTICE_NO)]
    taken = posted.group_by(by_notice).agg(pl.col(_ITEMS).sum().name.prefix("taken_"))
    rows = notices.join(_asks(notices, entries), on=by_notice, validate="1:1")
    for frame, on in ((owed_items(entries), by_notice[:1]), (paid, by_notice[:1]), (taken, by_notice)):
        rows = rows.join(frame, on=on, how="left", validate="m:1")
    rows = rows.with_columns(pl.col("^(owed|paid|taken)_.*$").fill_null(0))
    owed = [pl.min_horizontal(asked, due) for asked, due in zip(_ASKED, _OWED, strict=True)]
    left, room = dict[str, pl.Expr](), dict[str, pl.Expr]()
    for name, left_name, room_name in zip(_ITEMS, OpenClaim.LEFT, OpenClaim.ROOM, strict=True):
        left[left_name] = (pl.col(f"owed_{name}") - pl.col(f"paid_{name}")).clip(0)
        taken_yen = pl.when(_IS_PART).then(f"taken_{name}").otherwise(0)
        room[room_name] = (pl.col(f"asked_{name}") - taken_yen).clip(0)
    asked_owed = pl.sum_horizontal(owed).alias(OpenClaim.ASKED_OWED_YEN)
    return rows.select(*by_notice, _IS_PART, OpenClaim.IS_LINE, asked_owed, **left, **room)


def _with_asks(postings: pl.DataFrame, notices: pl.DataFrame, entries: pl.DataFrame) -> pl.DataFrame:
    """求めと調定額を横に置く: `_OWED`, `_ASKED` and is_part of each posting, as of its night."""
    claim_no, night_on = NoticePosting.CLAIM_NO, NoticePosting.NIGHT_ON
    nights = postings.select(claim_no, night_on).unique()
    upto = entries.rename({ClaimEntry.NIGHT_ON: "entered_night"}).join(nights, on=claim_no)
    upto = upto.filter(pl.col("entered_night") <= pl.col(night_on))
    key = [str(claim_no), str(night_on)]
    owed = upto.group_by(key).agg(pl.col(_ITEMS).sum().name.prefix("owed_"))
    asks = _asks(notices, upto, by=key)
    rows = postings.join(owed, on=key, how="left", validate="m:1")
    rows = rows.join(asks, on=[*key, str(NoticePosting.NOTICE_NO)], how="left", validate="m:1")
    kinds = notices.select(claim_no, NoticePosting.NOTICE_NO, _IS_PART)
    rows = rows.join(kinds, on=[claim_no, NoticePosting.NOTICE_NO], how="left", validate="m:1")
    return rows.with_columns(pl.col(*_OWED, *_ASKED).fill_null(0), pl.col(_IS_PART).fill_null(False))


def _asks(notices: pl.DataFrame, entries: pl.DataFrame, by: Sequence[str] = (AskedNotice.CLAIM_NO,)) -> pl.DataFrame:
    """納付書の求め: `_ASKED` of each notice, for each group `by` of entries.

    A notice for the whole claim asks what such notices made of the item, or what it says itself if that is more. What
    a reminder added no notice asks but those that say so.
    """
    claim_no, notice_no = AskedNotice.CLAIM_NO, AskedNotice.NOTICE_NO
    is_whole = ~pl.col(_IS_PART).fill_null(False)
    kinds = notices.select(claim_no, notice_no, _IS_PART)
    of_whole = (
        entries.join(kinds, on=[claim_no, notice_no], how="left", validate="m:1")
        .group_by(by)
        .agg(pl.col(_ITEMS).filter(is_whole & pl.col(ClaimEntry.FEE_NO).is_null()).sum().name.prefix("whole_"))
    )
    pairs = notices.join(of_whole, on=claim_no, how="left").with_columns(pl.col("^whole_.*$").fill_null(0))
    asked = {
        column: pl.when(is_whole).then(pl.max_horizontal(name, f"whole_{name}")).otherwise(name)
        for column, name in zip(_ASKED, _ITEMS, strict=True)
    }
    return pairs.select(*by, notice_no, **asked)


def take_items(lines: pl.DataFrame, offered: str) -> pl.DataFrame:
    """今夜の内訳: `left_yen` that each line may take, and `claim_part_yen` that it takes, for claims with items.

    `lines` are in order and have claim_no, notice_no, the yen `offered` and what OpenClaim says of items.
    """
    left: dict[int, list[int]] = {}
    room: dict[tuple[int, int], list[int]] = {}
    taken: list[tuple[int, int]] = []
    names = (OpenClaim.CLAIM_NO, OpenClaim.NOTICE_NO, offered, _IS_PART, _ORDER)
    for claim_no, notice_no, yen, is_part, order, open_yen, asked in lines.select(
        *names, pl.concat_list(OpenClaim.LEFT), pl.concat_list(OpenClaim.ROOM)
    ).iter_rows():
        now = left.setdefault(claim_no, open_yen)
        asks = room.setdefault((claim_no, notice_no), asked) if is_part else asked
        rooms = [min(pair) for pair in zip(now, asks, strict=True)]
        items = fill(yen, rooms, _turns(order))
        taken.append((sum(rooms), sum(items)))
        now[:] = [yen - given for yen, given in zip(now, items, strict=True)]
        if is_part:
            asks[:] = [yen - given for yen, given in zip(asks, items, strict=True)]
    return pl.DataFrame(taken, schema={"left_yen": pl.Int64, "claim_part_yen": pl.Int64}, orient="row")


def collected_items(posted: pl.DataFrame) -> pl.DataFrame:
    """内訳ごとの収納額: frame CardItems, of frame ItemPosting."""
    is_certain = pl.col(ItemPosting.IS_CERTAIN).all()
    sums = (pl.when(is_certain).then(pl.col(name).sum()).alias(name) for name in _ITEMS)
    return CardItems.of(posted.group_by(ItemPosting.CLAIM_NO).agg(sums))
