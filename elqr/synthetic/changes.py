"""Changes (架空の異動): slips for parts of claims, rows that raise, lower or take back a claim, and what is paid then.

They are for claims that no other scene plays with, and come in a file of their own after all others. Some come only on
the next night, for claims that were paid. What becomes of every payment follows from what notices may ask for. Claims
that come in claim files are none of these (elqr/synthetic/filed_claims.py).
"""

from datetime import timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

from elqr.synthetic.events import Scenes
from elqr.synthetic.frames import ClaimTruth, InventedNotice, InventedPayment, ScenicNotice
from elqr.synthetic.notices import Calendar, bar_codes
from elqr.vocabulary.claim_frames import ClaimEntry
from elqr.vocabulary.claim_terms import ChangeReason, NoticeKind
from elqr.vocabulary.notice_frames import CANCEL
from elqr.vocabulary.terms import Outcome

_SHARE = 0.004
"""The share of the claims left that each change gets; one at least."""

CHANGE_YEN, _SHORT_YEN, LATE_YEN, _FEE_YEN = 500, 500, 300, 100
_KEYS = (InventedNotice.KEY_NO, InventedNotice.CHECK_NO, InventedNotice.CUSTOMER_NO)
_ADDED_LATER = (
    InventedNotice.ROW,
    InventedNotice.IS_CANCELLED,
    InventedNotice.ELQR_KEY,
    InventedNotice.ELQR_CHECK,
)
"""Columns that rows get when they are numbered and issued."""

_LATER = "_later"
"""What is owed on the next night, after the name of its column."""

PRINCIPAL, _PART = pl.col(InventedNotice.PRINCIPAL_YEN), pl.col(InventedNotice.PRINCIPAL_YEN) // 300 * 100
NOTHING = pl.lit(0, dtype=pl.Int64)


class Slip(NamedTuple):
    """異動の行: what a row says, and what it asks: 本税・本料, 督促手数料 and 延滞金."""

    kind: NoticeKind | None
    reason: ChangeReason | None
    asks: tuple[pl.Expr, pl.Expr, pl.Expr]


_PLAN = Slip(NoticeKind.INSTALMENT_PLAN, None, (_PART, NOTHING, NOTHING))
LATE_SLIP = Slip(NoticeKind.LATE_CHARGE, None, (NOTHING, NOTHING, pl.lit(LATE_YEN, dtype=pl.Int64)))
_DEMAND = Slip(NoticeKind.DEMAND, None, (PRINCIPAL, pl.lit(_FEE_YEN, dtype=pl.Int64), NOTHING))
_RAISED = Slip(None, ChangeReason.INCREASED, (PRINCIPAL + CHANGE_YEN, NOTHING, NOTHING))
_LOWERED = Slip(None, ChangeReason.REDUCED, (PRINCIPAL - CHANGE_YEN, NOTHING, NOTHING))
_FALLEN = Slip(None, ChangeReason.CLAIM_CANCELLED, (PRINCIPAL, NOTHING, NOTHING))

TOGETHER = {"joint": _PLAN, "joint_twice": _PLAN, "joint_short": _PLAN}
"""二つの調定を一枚で納める分納."""

CHANGES = TOGETHER | {
    "demand_short": _DEMAND,
    "fallen": _FALLEN,
    "plan": _PLAN,
    "plan_twice": _PLAN,
    "plan_after_whole": _PLAN,
    "whole_after_plan": _PLAN,
    "late_charge": LATE_SLIP,
    "late_charge_alone": LATE_SLIP,
    "raised": _RAISED,
    "raised_old": _RAISED,
    "lowered": _LOWERED,
    "lowered_old": _LOWERED,
}
"""今夜の異動, by what is paid then."""

NEXT_NIGHT = {"lowered_later": _LOWERED, "fallen_later": _FALLEN, "raised_later": _RAISED}
"""翌夜の異動, of claims that were paid tonight."""

_NEEDS_KEY = (*TOGETHER, "demand_short")
"""Payments of other amounts than the slip's are made by its eL-QR."""


def change_claims(rng: np.random.Generator, free: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    """異動の行: frame InventedNotice, for some of the claims of `free` (frame ScenicNotice, first notices)."""
    free = _shuffled(rng, free)
    count, rows = max(int(free.height * _SHARE), 1), list[pl.DataFrame]()
    for name, slip in CHANGES.items():
        chosen = _choose(free, name, count)
        assert not chosen.is_empty(), f"too few claims are left for {name}"
        free = free.join(chosen, on=ScenicNotice.CLAIM_ID, how="anti", maintain_order="left")
        rows.append(slip_rows(chosen, name, slip, calendar))
    return pl.concat(rows)


def change_paid_claims(rng: np.random.Generator, paid: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    """翌夜の異動の行: frame InventedNotice, for some of the claims of `paid` (frame ScenicNotice, first notices)."""
    paid = _shuffled(rng, paid)
    count = max(int(paid.height * _SHARE), 1)
    parts = [paid.slice(number * count, count) for number in range(len(NEXT_NIGHT))]
    rows = [slip_rows(part, name, slip, calendar) for part, (name, slip) in zip(parts, NEXT_NIGHT.items(), strict=True)]
    return pl.concat(rows)


def _shuffled(rng: np.random.Generator, notices: pl.DataFrame) -> pl.DataFrame:
    return notices[rng.permutation(notices.height)]


def _choose(free: pl.DataFrame, name: str, count: int) -> pl.DataFrame:
    """異動のある調定: of a bill two claims for a slip for several, and none else.

    A claim that is taken back has no key yet, because a cancelled notice gets none.
    """
    has_key = pl.col(ScenicNotice.ELQR_KEY).is_not_null()
    if name == "fallen":
        return free.filter(pl.col(ScenicNotice.KEY_NO).is_not_null() | ~pl.col(ScenicNotice.IS_LIVE)).head(count)
    fit = free.filter(has_key) if name in _NEEDS_KEY else free
    if name not in TOGETHER:
        return fit.head(count)
    bill = (ScenicNotice.PROCEDURE_CODE, ScenicNotice.BILL_NO)
    nth = pl.int_range(pl.len()).over(bill)
    pairs = fit.filter(nth < 2).filter(pl.len().over(bill) == 2).sort(bill, maintain_order=True)
    return pairs.head(2 * count)


def slip_rows(claims: pl.DataFrame, name: str, slip: Slip, calendar: Calendar) -> pl.DataFrame:
    """異動の行 of claims: frame InventedNotice, from that of their first notices.

    The rows of a slip for several have one bar code, with the yen of all.
    """
    is_part, is_gone = slip.kind is not None, slip.reason is ChangeReason.CLAIM_CANCELLED
    asks = dict(zip(ClaimEntry.ITEMS, slip.asks, strict=True))
    rows = claims.with_columns(
        pl.lit(name).alias(InventedNotice.ROLE),
        pl.lit(CANCEL if is_gone else "1").alias(InventedNotice.CHANGE_KIND),
        pl.lit(1 if is_gone else 2, dtype=pl.Int64).alias(InventedNotice.ISSUE_NO),
        pl.lit(slip.kind, dtype=pl.String).alias(InventedNotice.NOTICE_KIND),
        pl.lit(slip.reason, dtype=pl.String).alias(InventedNotice.CHANGE_REASON),
        *(ask.alias(item) for item, ask in asks.items()),
        pl.lit(calendar.issued_on + timedelta(days=10)).alias(InventedNotice.ISSUED_ON),
        pl.lit(calendar.late_until_on).alias(InventedNotice.PAYABLE_UNTIL_ON),
        *(pl.lit(None, pl.String).alias(key) for key in _KEYS),
    )
    yen = pl.sum_horizontal(ClaimEntry.ITEMS)
    if name in TOGETHER:
        bill = (InventedNotice.PROCEDURE_CODE, InventedNotice.BILL_NO)
        yen, first = yen.sum().over(bill), pl.col(InventedNotice.BARCODE).first().over(bill)
        rows = rows.with_columns(first.alias(InventedNotice.BARCODE))
    of_claim = pl.col(InventedNotice.BARCODE)
    front = pl.concat_str(of_claim.str.slice(0, 19), pl.lit("01" if is_part else "00"), of_claim.str.slice(21, 8))
    codes = bar_codes(rows, front, pl.lit(0 if is_part else 1), yen)
    is_coded = pl.col(InventedNotice.BARCODE).is_not_null() & pl.lit(not is_gone)
    rows = rows.with_columns(pl.when(is_coded).then(codes).alias(InventedNotice.BARCODE))
    return rows.select(name for name in InventedNotice.SCHEMA if name not in _ADDED_LATER)


class _Paid(NamedTuple):
    """納付: by the slip of the change or by the first notice, with how many yen more, and what should become of it.

    `claim_yen` is of the columns amount_yen, of the notice that is paid, and slip_yen.
    """

    by: str
    outcome: Outcome
    claim_yen: pl.Expr
    extra_yen: int = 0


_SLIP, _BASE = "slip", "base"
_SLIP_YEN = "slip_yen"
_ALL = pl.col(ScenicNotice.AMOUNT_YEN)
_MATCHED, _TWICE = _Paid(_SLIP, Outcome.MATCHED, _ALL), _Paid(_SLIP, Outcome.ALREADY_SETTLED, NOTHING)
_WHOLE = _Paid(_BASE, Outcome.MATCHED, _ALL)

_PAYMENTS: dict[str, tuple[_Paid, ...]] = {
    "joint": (_MATCHED,),
    "joint_twice": (_MATCHED, _TWICE),
    "joint_short": (_Paid(_SLIP, Outcome.UNDERPAID, NOTHING, -_SHORT_YEN),),
    "demand_short": (_Paid(_SLIP, Outcome.UNDERPAID, _ALL - _SHORT_YEN, -_SHORT_YEN),),
    "fallen": (_Paid(_BASE, Outcome.NOTICE_CANCELLED, NOTHING),),
    "plan": (_MATCHED,),
    "plan_twice": (_MATCHED, _TWICE),
    "plan_after_whole": (_WHOLE, _TWICE),
    "whole_after_plan": (_MATCHED, _Paid(_BASE, Outcome.OVERPAID, _ALL - pl.col(_SLIP_YEN))),
    "late_charge": (_WHOLE, _MATCHED),
    "late_charge_alone": (_MATCHED,),
    "raised": (_MATCHED,),
    "raised_old": (_Paid(_BASE, Outcome.UNDERPAID, _ALL),),
    "lowered": (_MATCHED,),
    "lowered_old": (_Paid(_BASE, Outcome.OVERPAID, pl.col(_SLIP_YEN)),),
}
assert list(_PAYMENTS) == list(CHANGES), "something is paid on every change"


def pay_changes(scenes: Scenes, slips: pl.DataFrame, claims: pl.DataFrame) -> list[pl.DataFrame]:
    """異動のある調定の収納: frames InventedPayment. `slips` and `claims` (first notices) are frame ScenicNotice."""
    slips = _one_for_each(slips).with_columns(pl.col(ScenicNotice.AMOUNT_YEN).alias(_SLIP_YEN))
    events = []
    for name, payments in _PAYMENTS.items():
        changed = slips.filter(pl.col(ScenicNotice.ROLE) == name)
        of_slip = changed.select(ScenicNotice.CLAIM_ID, _SLIP_YEN)
        bases = of_slip.join(claims, on=ScenicNotice.CLAIM_ID, how="left", maintain_order="left")
        days = scenes.elqr_days(changed, 0, 0.3) if name in _NEEDS_KEY else scenes.days(changed.height, 0, 0.3)
        for nth, paid in enumerate(payments):
            notices, via = (changed if paid.by == _SLIP else bases), "elqr" if paid.extra_yen else "barcode"
            when = days + timedelta(days=2 * nth)
            events.append(
                scenes.event(
                    notices,
                    via,
                    paid.outcome,
                    name,
                    when,
                    extra_yen=paid.extra_yen,
                    claim_yen=paid.claim_yen,
                    minute=7 * nth,
                )
            )
    return events


def _one_for_each(slips: pl.DataFrame) -> pl.DataFrame:
    """一枚に一行: of the rows of a slip for several claims the first, with the yen of all."""
    code = pl.when(pl.col(ScenicNotice.ROLE).is_in(list(TOGETHER))).then(ScenicNotice.BARCODE)
    slip = pl.coalesce(code, pl.col(ScenicNotice.CLAIM_ID).cast(pl.String))
    slips = slips.with_columns(pl.col(ScenicNotice.AMOUNT_YEN).sum().over(slip))
    return slips.filter(slip.is_first_distinct())


def claim_truths(notices: pl.DataFrame, slips: pl.DataFrame, later: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """調定ごとの真実: frame ClaimTruth. The three frames of notices are InventedNotice, `events` is InventedPayment."""
    of_claim = notices.filter(pl.col(InventedNotice.ROLE).is_in(["base", "reissue", "real"]))
    claims = of_claim.unique(InventedNotice.CLAIM_ID, keep="last", maintain_order=True)
    claims = claims.with_columns(
        pl.when(InventedNotice.IS_CANCELLED).then(0).otherwise(pl.col(item)).alias(item) for item in ClaimEntry.ITEMS
    )
    claims = _with_collected(claims, notices, slips, events)
    claims = _changed(_changed(claims, slips), later, _LATER)
    later_owed = pl.sum_horizontal(f"{item}{_LATER}" for item in ClaimEntry.ITEMS)
    return ClaimTruth.of(
        claims.with_columns(
            later_owed.alias(ClaimTruth.LATER_OWED_YEN),
            pl.min_horizontal(later_owed, ClaimTruth.COLLECTED_YEN).alias(ClaimTruth.LATER_COLLECTED_YEN),
        ).sort(ClaimTruth.PROCEDURE_CODE, ClaimTruth.BILL_NO, ClaimTruth.INSTALLMENT_NO)
    )


def _changed(claims: pl.DataFrame, slips: pl.DataFrame, suffix: str = "") -> pl.DataFrame:
    """異動の後の調定: what is owed by item. A slip for a part speaks only for the item that it is about."""
    rows_of_night = slips.select(
        InventedNotice.CLAIM_ID, InventedNotice.NOTICE_KIND, InventedNotice.CHANGE_REASON,
        *(pl.col(item).alias(f"{item}_said") for item in ClaimEntry.ITEMS),
    )  # fmt: skip
    rows = claims.drop(InventedNotice.NOTICE_KIND, InventedNotice.CHANGE_REASON).join(
        rows_of_night, on=InventedNotice.CLAIM_ID, how="left", validate="1:1", maintain_order="left"
    )
    kind, reason = pl.col(InventedNotice.NOTICE_KIND), pl.col(InventedNotice.CHANGE_REASON)
    speaks = (reason.is_not_null(), kind == NoticeKind.DEMAND.value, kind == NoticeKind.LATE_CHARGE.value)
    return rows.with_columns(
        pl.when(reason == ChangeReason.CLAIM_CANCELLED.value)
        .then(0)
        .when(is_said)
        .then(f"{item}_said")
        .otherwise(item)
        .alias(f"{item}{suffix}")
        for item, is_said in zip(ClaimEntry.ITEMS, speaks, strict=True)
    ).drop(f"{item}_said" for item in ClaimEntry.ITEMS)


def _with_collected(
    claims: pl.DataFrame, notices: pl.DataFrame, slips: pl.DataFrame, events: pl.DataFrame
) -> pl.DataFrame:
    """調定に入った額. By a 全期 notice or a slip for several claims each claim gets what it asks of it."""
    claim_id, claim_yen = InventedPayment.CLAIM_ID, InventedPayment.CLAIM_YEN
    bill = (InventedNotice.PROCEDURE_CODE, InventedNotice.BILL_NO)
    paid = events.group_by(claim_id).agg(pl.col(claim_yen).sum().alias(ClaimTruth.COLLECTED_YEN))
    together = slips.filter(pl.col(InventedNotice.ROLE).is_in(list(TOGETHER)))
    together = together.join(paid, on=claim_id, how="left", maintain_order="left")
    is_paid = pl.col(ClaimTruth.COLLECTED_YEN).max().over(InventedNotice.BARCODE) > 0
    shared = together.filter(is_paid).select(claim_id, PRINCIPAL.alias("shared_yen"))
    wholes = notices.filter(pl.col(InventedNotice.ROLE) == "whole").join(paid, on=claim_id)
    wholes = wholes.filter(pl.col(ClaimTruth.COLLECTED_YEN) > 0).select(*bill, by_whole=True)
    rows = claims.join(paid, on=claim_id, how="left", validate="1:1", maintain_order="left")
    rows = rows.join(shared, on=claim_id, how="left", validate="1:1", maintain_order="left")
    rows = rows.join(wholes, on=bill, how="left", validate="m:1", maintain_order="left")
    collected = pl.coalesce(pl.when("by_whole").then(PRINCIPAL), "shared_yen", ClaimTruth.COLLECTED_YEN)
    return rows.with_columns(collected.fill_null(0).alias(ClaimTruth.COLLECTED_YEN))
