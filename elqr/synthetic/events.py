"""What payers and senders did (架空の収納), and what each record should come out as: the truth.

Every claim plays at most one scene, so what should come of its payments is known here from the scene
itself, not from any matcher. Shares are of the claims that are paid at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from elqr.synthetic.frames import InventedPayment, ScenicSlip
from elqr.synthetic.notices import Calendar
from elqr.vocabulary.terms import PLACE_OF, Outcome, Stage

SHARES: dict[str, float] = {
    "late": 0.03,
    "overpaid": 0.01,
    "underpaid": 0.01,
    "double_same_channel": 0.02,
    "double_other_channel": 0.02,
    "preliminary_only": 0.02,
    "preliminary_cancelled": 0.02,
    "cancel_alone": 0.005,
    "twins": 0.005,
    "unknown_key": 0.01,
    "check_no_differs": 0.005,
    "item_differs": 0.005,
    "before_issue": 0.005,
    "cancelled_notice": 0.005,
    "old_slip": 0.02,
    "whole_then_part": 0.005,
    "part_then_whole": 0.005,
}
"""Planted faults; everything else that is paid is paid as it should be. At least two of each."""

NOT_COLLECTED_SHARE = 0.08
"""振替不能 among account transfers."""


@dataclass(frozen=True, slots=True)
class Scenes:
    """筋書き: chance, and the dates within which things happen."""

    rng: np.random.Generator
    calendar: Calendar

    def days(
        self, count: int, first_share: float = 0.0, last_share: float = 1.0, *, after: date | None = None
    ) -> pl.Series:
        """Days within a part of the stretch, and after a date: a short stretch rounds its parts."""
        whole = (self.calendar.last_on - self.calendar.first_on).days
        first = max(int(whole * first_share), (after - self.calendar.first_on).days + 1 if after else 0)
        last = max(int(whole * last_share), first + 1)
        offsets = pl.DataFrame({"days": self.rng.integers(first, last, count)})
        return offsets.select(pl.lit(self.calendar.first_on) + pl.duration(days=pl.col("days"))).to_series()

    def elqr_days(self, slips: pl.DataFrame, first_share: float = 0.0, last_share: float = 1.0) -> pl.Series:
        """Days within a part of the stretch, none before the procedure's 運用開始."""
        days = slips.select(ScenicSlip.LIVE_ON, self.days(slips.height, first_share, last_share).alias("day"))
        return days.select(pl.max_horizontal("day", ScenicSlip.LIVE_ON)).to_series()

    def event(
        self,
        slips: pl.DataFrame,
        via: str,
        outcome: Outcome,
        fault: str,
        paid_on: pl.Series,
        *,
        stage: Stage = Stage.CONFIRMED,
        extra_yen: int = 0,
        claim_yen: pl.Expr | int | None = None,
        minute: int = 0,
    ) -> pl.DataFrame:
        """One record of each slip: frame InventedPayment.

        What goes to the claim is stated; the rest of a confirmed payment is in suspense.
        """
        paid = pl.col(ScenicSlip.AMOUNT_YEN) + extra_yen
        to_claim = pl.lit(0) if claim_yen is None else pl.lit(claim_yen) if isinstance(claim_yen, int) else claim_yen
        rest = paid - to_claim if stage is Stage.CONFIRMED else pl.lit(0)
        return slips.with_columns(paid_on.alias(InventedPayment.PAID_ON)).select(
            InventedPayment.CLAIM_ID,
            pl.lit(via).alias(InventedPayment.VIA),
            pl.lit(stage.value).alias(InventedPayment.STAGE),
            InventedPayment.PAID_ON,
            (pl.col(ScenicSlip.ROW) % 600 + 480 + minute).cast(pl.Int64).alias(InventedPayment.MINUTE),
            InventedPayment.ELQR_KEY,
            InventedPayment.ELQR_CHECK,
            InventedPayment.ITEM_NO,
            InventedPayment.BARCODE,
            InventedPayment.CUSTOMER_NO,
            paid.cast(pl.Int64).alias(InventedPayment.PAID_YEN),
            pl.lit(outcome.value).alias(InventedPayment.OUTCOME),
            pl.lit(PLACE_OF[outcome].value).alias(InventedPayment.PLACE),
            to_claim.cast(pl.Int64).alias(InventedPayment.CLAIM_YEN),
            rest.cast(pl.Int64).alias(InventedPayment.SUSPENSE_YEN),
            pl.lit(fault).alias(InventedPayment.FAULT),
        )


Scene = Callable[[Scenes, pl.DataFrame], list[pl.DataFrame]]
_ALL = pl.col(ScenicSlip.AMOUNT_YEN)


def _late(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    days = scenes.days(slips.height, 0.6, after=scenes.calendar.early_until_on)
    return [scenes.event(slips, "barcode", Outcome.LATE, "late", days, claim_yen=_ALL)]


def _overpaid(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    days = scenes.elqr_days(slips, 0, 0.5)
    return [scenes.event(slips, "elqr", Outcome.OVERPAID, "overpaid", days, extra_yen=500, claim_yen=_ALL)]


def _underpaid(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    days = scenes.elqr_days(slips, 0, 0.5)
    return [scenes.event(slips, "elqr", Outcome.UNDERPAID, "underpaid", days, extra_yen=-500, claim_yen=_ALL - 500)]


def _double_same(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    fault, days = "double_same_channel", scenes.days(slips.height, 0, 0.4)
    first = scenes.event(slips, "barcode", Outcome.MATCHED, fault, days, claim_yen=_ALL)
    return [first, scenes.event(slips, "barcode", Outcome.ALREADY_SETTLED, fault, days + timedelta(days=2), minute=7)]


def _double_other(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    fault, days = "double_other_channel", scenes.elqr_days(slips, 0, 0.4)
    first = scenes.event(slips, "elqr", Outcome.MATCHED, fault, days, claim_yen=_ALL)
    return [first, scenes.event(slips, "barcode", Outcome.ALREADY_SETTLED, fault, days + timedelta(days=1))]


def _preliminary_only(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    days = scenes.days(slips.height, 0, 0.5)
    return [scenes.event(slips, "barcode", Outcome.PENDING, "preliminary_only", days, stage=Stage.PRELIMINARY)]


def _preliminary_cancelled(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    fault, days = "preliminary_cancelled", scenes.days(slips.height, 0, 0.5)
    stages = (Stage.PRELIMINARY, Stage.CANCELLED)
    return [scenes.event(slips, "barcode", Outcome.TAKEN_BACK, fault, days, stage=stage) for stage in stages]


def _cancel_alone(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    days = scenes.days(slips.height, 0, 0.5)
    return [scenes.event(slips, "barcode", Outcome.STAGE_UNEXPECTED, "cancel_alone", days, stage=Stage.CANCELLED)]


def _twins(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    days = scenes.days(slips.height, 0, 0.5)
    first = scenes.event(slips, "twin", Outcome.MATCHED, "twins", days, claim_yen=_ALL)
    return [first, scenes.event(slips, "twin", Outcome.ALREADY_SETTLED, "twins", days)]


def _unknown_key(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    strange = slips.with_columns(
        pl.concat_str(pl.lit("9"), pl.col(ScenicSlip.ELQR_KEY).str.slice(1)).alias(ScenicSlip.ELQR_KEY)
    )
    days = scenes.elqr_days(slips, 0, 0.5)
    return [scenes.event(strange, "elqr", Outcome.KEY_UNKNOWN, "unknown_key", days)]


def _check_no_differs(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    last = (pl.col(ScenicSlip.ELQR_CHECK).str.slice(5).cast(pl.Int64) + 1) % 10
    wrong = slips.with_columns(
        pl.concat_str(pl.col(ScenicSlip.ELQR_CHECK).str.head(5), last.cast(pl.String)).alias(ScenicSlip.ELQR_CHECK)
    )
    days = scenes.elqr_days(slips, 0, 0.5)
    return [scenes.event(wrong, "elqr", Outcome.CHECK_NO_DIFFERS, "check_no_differs", days)]


def _item_differs(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    wrong = slips.with_columns(pl.lit("999").alias(ScenicSlip.ITEM_NO))
    days = scenes.elqr_days(slips, 0, 0.5)
    return [scenes.event(wrong, "elqr", Outcome.ITEM_OR_OFFICE_DIFFERS, "item_differs", days)]


def _before_issue(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    before = scenes.calendar.issued_on - timedelta(days=3)
    days = pl.Series([before] * slips.height, dtype=pl.Date)
    return [scenes.event(slips, "barcode", Outcome.PAID_BEFORE_ISSUE, "before_issue", days)]


def _cancelled_notice(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    days = scenes.days(slips.height, 0, 0.5)
    return [scenes.event(slips, "barcode", Outcome.NOTICE_CANCELLED, "cancelled_notice", days)]


def _old_slip(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    """The first slip is paid after a second was sent: the same amount, or short of the 督促手数料 added."""
    parts = []
    for is_same, outcome in ((True, Outcome.OLD_SLIP), (False, Outcome.UNDERPAID)):
        slips_of = slips.filter((pl.col(ScenicSlip.OWED_YEN) == pl.col(ScenicSlip.AMOUNT_YEN)) == is_same)
        days = scenes.days(slips_of.height, 0, 0.5)
        parts.append(scenes.event(slips_of, "barcode", outcome, "old_slip", days, claim_yen=_ALL))
    return parts


def _whole_then_part(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    fault, days = "whole_then_part", scenes.days(slips.height, 0, 0.3)
    first = scenes.event(slips, "barcode", Outcome.MATCHED, fault, days, claim_yen=_ALL)
    return [
        first,
        scenes.event(_first_part(slips), "barcode", Outcome.ALREADY_SETTLED, fault, days + timedelta(days=2)),
    ]


def _part_then_whole(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    fault, days = "part_then_whole", scenes.days(slips.height, 0, 0.3)
    first = scenes.event(_first_part(slips), "barcode", Outcome.MATCHED, fault, days, claim_yen=_ALL)
    return [first, scenes.event(slips, "barcode", Outcome.ALREADY_SETTLED, fault, days + timedelta(days=2))]


def _first_part(whole: pl.DataFrame) -> pl.DataFrame:
    """The first instalment's slip of each whole-year slip, in its place."""
    return whole.select(ScenicSlip.PART).unnest(ScenicSlip.PART)


SCENES: dict[str, Scene] = {
    "late": _late,
    "overpaid": _overpaid,
    "underpaid": _underpaid,
    "double_same_channel": _double_same,
    "double_other_channel": _double_other,
    "preliminary_only": _preliminary_only,
    "preliminary_cancelled": _preliminary_cancelled,
    "cancel_alone": _cancel_alone,
    "twins": _twins,
    "unknown_key": _unknown_key,
    "check_no_differs": _check_no_differs,
    "item_differs": _item_differs,
    "before_issue": _before_issue,
    "cancelled_notice": _cancelled_notice,
    "old_slip": _old_slip,
    "whole_then_part": _whole_then_part,
    "part_then_whole": _part_then_whole,
}
assert list(SCENES) == list(SHARES), "every fault has its scene and its share"


def ordinary(scenes: Scenes, slips: pl.DataFrame) -> list[pl.DataFrame]:
    """ふつうの収納: by eL-QR, bar code or account transfer; most bar-code payments announced by a 速報 first."""
    choice = pl.Series(scenes.rng.random(slips.height))
    has_elqr, has_barcode = slips[ScenicSlip.ELQR_KEY].is_not_null(), slips[ScenicSlip.BARCODE].is_not_null()
    by_transfer = slips[ScenicSlip.CUSTOMER_NO].is_not_null() & ((choice < 0.9) | ~has_elqr)
    by_elqr = ~by_transfer & has_elqr & ((choice < 0.4) | ~has_barcode)
    parts = []
    for via, rows in (
        ("elqr", slips.filter(by_elqr)),
        ("barcode", slips.filter(~by_transfer & ~by_elqr & has_barcode)),
    ):
        days = scenes.elqr_days(rows, 0, 0.5) if via == "elqr" else scenes.days(rows.height, 0, 0.5)
        parts.append(scenes.event(rows, via, Outcome.MATCHED, "", days, claim_yen=_ALL))
        announced = pl.Series(scenes.rng.random(rows.height)) < (0.6 if via == "barcode" else 0.3)
        parts.append(
            scenes.event(
                rows.filter(announced), via, Outcome.PENDING, "", days.filter(announced), stage=Stage.PRELIMINARY
            )
        )
    rows, debits = slips.filter(by_transfer), pl.Series(scenes.calendar.debit_days)
    fails = (pl.Series(scenes.rng.random(rows.height)) < NOT_COLLECTED_SHARE) | pl.Series(np.arange(rows.height) < 2)
    for some, outcome, stage in (
        (rows.filter(~fails), Outcome.MATCHED, Stage.CONFIRMED),
        (rows.filter(fails), Outcome.NOT_COLLECTED, Stage.NOT_COLLECTED),
    ):
        days = debits.gather(pl.Series(scenes.rng.integers(0, debits.len(), some.height)))
        parts.append(
            scenes.event(
                some, "transfer", outcome, "", days, stage=stage, claim_yen=_ALL if stage is Stage.CONFIRMED else None
            )
        )
    return parts
