"""Events (架空の収納): what payers and senders did, and the truth: the outcome that each record should have.

A claim plays one scene at most. So the scene alone says what the outcome should be, and no matcher is asked. Shares are
shares of the claims that are paid at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from elqr.synthetic.frames import InventedPayment, ScenicNotice
from elqr.synthetic.notices import Calendar
from elqr.synthetic.register import BY_FILE
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
"""仕込んだ事象: the share of each. All other payments are as they should be."""

NOT_COLLECTED_SHARE = 0.08
"""The share of 振替不能 among account transfers."""


@dataclass(frozen=True, slots=True)
class Scenes:
    """筋書き: what every scene needs, which is chance and the calendar."""

    rng: np.random.Generator
    calendar: Calendar

    def days(
        self, count: int, first_share: float = 0.0, last_share: float = 1.0, *, after: date | None = None
    ) -> pl.Series:
        """領収日: days drawn from a part of the calendar, given by the shares at which it starts and ends.

        In a short calendar that part may round to days before `after`, so `after` is kept by itself.
        """
        length = (self.calendar.last_on - self.calendar.first_on).days
        first = max(int(length * first_share), (after - self.calendar.first_on).days + 1 if after else 0)
        last = max(int(length * last_share), first + 1)
        offsets = pl.DataFrame({"days": self.rng.integers(first, last, count)})
        return offsets.select(pl.lit(self.calendar.first_on) + pl.duration(days=pl.col("days"))).to_series()

    def elqr_days(self, notices: pl.DataFrame, first_share: float = 0.0, last_share: float = 1.0) -> pl.Series:
        """eL-QRの領収日: as `days`, but none before the 運用開始 of the notice's procedure."""
        days = notices.select(ScenicNotice.LIVE_ON, self.days(notices.height, first_share, last_share).alias("day"))
        return days.select(pl.max_horizontal("day", ScenicNotice.LIVE_ON)).to_series()

    def event(
        self,
        notices: pl.DataFrame,
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
        """納付書ごとの記録: one record of each notice (frame InventedPayment).

        `claim_yen` goes to the claim. The rest of a confirmed payment is in suspense.
        """
        paid_yen = pl.col(ScenicNotice.AMOUNT_YEN) + extra_yen
        on_claim = pl.lit(0) if claim_yen is None else pl.lit(claim_yen) if isinstance(claim_yen, int) else claim_yen
        in_suspense = paid_yen - on_claim if stage is Stage.CONFIRMED else pl.lit(0)
        return notices.with_columns(paid_on.alias(InventedPayment.PAID_ON)).select(
            InventedPayment.CLAIM_ID,
            pl.lit(via).alias(InventedPayment.VIA),
            pl.lit(stage.value).alias(InventedPayment.STAGE),
            InventedPayment.PAID_ON,
            (pl.col(ScenicNotice.ROW) % 600 + 480 + minute).cast(pl.Int64).alias(InventedPayment.MINUTE),
            InventedPayment.ELQR_KEY,
            InventedPayment.ELQR_CHECK,
            InventedPayment.ITEM_NO,
            InventedPayment.BARCODE,
            InventedPayment.CUSTOMER_NO,
            paid_yen.cast(pl.Int64).alias(InventedPayment.PAID_YEN),
            pl.lit(outcome.value).alias(InventedPayment.OUTCOME),
            pl.lit(PLACE_OF[outcome].value).alias(InventedPayment.PLACE),
            on_claim.cast(pl.Int64).alias(InventedPayment.CLAIM_YEN),
            in_suspense.cast(pl.Int64).alias(InventedPayment.SUSPENSE_YEN),
            pl.lit(fault).alias(InventedPayment.FAULT),
        )


Scene = Callable[[Scenes, pl.DataFrame], list[pl.DataFrame]]
_AMOUNT_YEN = pl.col(ScenicNotice.AMOUNT_YEN)


def _pay_late(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    days = scenes.days(notices.height, 0.6, after=scenes.calendar.early_until_on)
    return [scenes.event(notices, "barcode", Outcome.LATE, "late", days, claim_yen=_AMOUNT_YEN)]


def _overpay(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    days = scenes.elqr_days(notices, 0, 0.5)
    return [scenes.event(notices, "elqr", Outcome.OVERPAID, "overpaid", days, extra_yen=500, claim_yen=_AMOUNT_YEN)]


def _underpay(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    days = scenes.elqr_days(notices, 0, 0.5)
    return [
        scenes.event(notices, "elqr", Outcome.UNDERPAID, "underpaid", days, extra_yen=-500, claim_yen=_AMOUNT_YEN - 500)
    ]


def _pay_twice_same_channel(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    fault, days = "double_same_channel", scenes.days(notices.height, 0, 0.4)
    first = scenes.event(notices, "barcode", Outcome.MATCHED, fault, days, claim_yen=_AMOUNT_YEN)
    return [first, scenes.event(notices, "barcode", Outcome.ALREADY_SETTLED, fault, days + timedelta(days=2), minute=7)]


def _pay_twice_other_channel(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    fault, days = "double_other_channel", scenes.elqr_days(notices, 0, 0.4)
    first = scenes.event(notices, "elqr", Outcome.MATCHED, fault, days, claim_yen=_AMOUNT_YEN)
    return [first, scenes.event(notices, "barcode", Outcome.ALREADY_SETTLED, fault, days + timedelta(days=1))]


def _announce_only(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    days = scenes.days(notices.height, 0, 0.5)
    return [scenes.event(notices, "barcode", Outcome.PENDING, "preliminary_only", days, stage=Stage.PRELIMINARY)]


def _announce_and_cancel(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    fault, days = "preliminary_cancelled", scenes.days(notices.height, 0, 0.5)
    stages = (Stage.PRELIMINARY, Stage.CANCELLED)
    return [scenes.event(notices, "barcode", Outcome.TAKEN_BACK, fault, days, stage=stage) for stage in stages]


def _cancel_alone(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    days = scenes.days(notices.height, 0, 0.5)
    return [scenes.event(notices, "barcode", Outcome.STAGE_UNEXPECTED, "cancel_alone", days, stage=Stage.CANCELLED)]


def _pay_twins(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    days = scenes.days(notices.height, 0, 0.5)
    first = scenes.event(notices, "twin", Outcome.MATCHED, "twins", days, claim_yen=_AMOUNT_YEN)
    return [first, scenes.event(notices, "twin", Outcome.ALREADY_SETTLED, "twins", days)]


def _pay_unknown_key(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    unknown = notices.with_columns(
        pl.concat_str(pl.lit("9"), pl.col(ScenicNotice.ELQR_KEY).str.slice(1)).alias(ScenicNotice.ELQR_KEY)
    )
    days = scenes.elqr_days(notices, 0, 0.5)
    return [scenes.event(unknown, "elqr", Outcome.KEY_UNKNOWN, "unknown_key", days)]


def _pay_wrong_check_no(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    last_digit = (pl.col(ScenicNotice.ELQR_CHECK).str.slice(5).cast(pl.Int64) + 1) % 10
    wrong = notices.with_columns(
        pl.concat_str(pl.col(ScenicNotice.ELQR_CHECK).str.head(5), last_digit.cast(pl.String)).alias(
            ScenicNotice.ELQR_CHECK
        )
    )
    days = scenes.elqr_days(notices, 0, 0.5)
    return [scenes.event(wrong, "elqr", Outcome.CHECK_NO_DIFFERS, "check_no_differs", days)]


def _pay_wrong_item(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    wrong = notices.with_columns(pl.lit("999").alias(ScenicNotice.ITEM_NO))
    days = scenes.elqr_days(notices, 0, 0.5)
    return [scenes.event(wrong, "elqr", Outcome.ITEM_OR_OFFICE_DIFFERS, "item_differs", days)]


def _pay_before_issue(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    before = scenes.calendar.issued_on - timedelta(days=3)
    days = pl.Series([before] * notices.height, dtype=pl.Date)
    return [scenes.event(notices, "barcode", Outcome.PAID_BEFORE_ISSUE, "before_issue", days)]


def _pay_cancelled_notice(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    days = scenes.days(notices.height, 0, 0.5)
    return [scenes.event(notices, "barcode", Outcome.NOTICE_CANCELLED, "cancelled_notice", days)]


def _pay_old_notice(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    """旧納付書の収納: the first notice is paid after a second was sent, which asks the same or adds the 督促手数料.

    Of claims in claim files every notice counts by its own yen.
    """
    parts = []
    is_filed = pl.col(ScenicNotice.PROCEDURE_CODE).is_in(BY_FILE)
    pays_all = is_filed | (pl.col(ScenicNotice.OWED_YEN) == pl.col(ScenicNotice.AMOUNT_YEN))
    for is_whole, outcome in ((True, Outcome.OLD_NOTICE), (False, Outcome.UNDERPAID)):
        notices_of_amount = notices.filter(pays_all == is_whole)
        days = scenes.days(notices_of_amount.height, 0, 0.5)
        parts.append(scenes.event(notices_of_amount, "barcode", outcome, "old_slip", days, claim_yen=_AMOUNT_YEN))
    return parts


def _pay_whole_then_part(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    fault, days = "whole_then_part", scenes.days(notices.height, 0, 0.3)
    first = scenes.event(notices, "barcode", Outcome.MATCHED, fault, days, claim_yen=_AMOUNT_YEN)
    return [
        first,
        scenes.event(_first_instalments(notices), "barcode", Outcome.ALREADY_SETTLED, fault, days + timedelta(days=2)),
    ]


def _pay_part_then_whole(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    fault, days = "part_then_whole", scenes.days(notices.height, 0, 0.3)
    first = scenes.event(_first_instalments(notices), "barcode", Outcome.MATCHED, fault, days, claim_yen=_AMOUNT_YEN)
    return [first, scenes.event(notices, "barcode", Outcome.ALREADY_SETTLED, fault, days + timedelta(days=2))]


def _first_instalments(whole: pl.DataFrame) -> pl.DataFrame:
    """最初の期別の納付書 of each 全期 notice, in the same order."""
    return whole.select(ScenicNotice.PART).unnest(ScenicNotice.PART)


SCENES: dict[str, Scene] = {
    "late": _pay_late,
    "overpaid": _overpay,
    "underpaid": _underpay,
    "double_same_channel": _pay_twice_same_channel,
    "double_other_channel": _pay_twice_other_channel,
    "preliminary_only": _announce_only,
    "preliminary_cancelled": _announce_and_cancel,
    "cancel_alone": _cancel_alone,
    "twins": _pay_twins,
    "unknown_key": _pay_unknown_key,
    "check_no_differs": _pay_wrong_check_no,
    "item_differs": _pay_wrong_item,
    "before_issue": _pay_before_issue,
    "cancelled_notice": _pay_cancelled_notice,
    "old_slip": _pay_old_notice,
    "whole_then_part": _pay_whole_then_part,
    "part_then_whole": _pay_part_then_whole,
}
assert list(SCENES) == list(SHARES), "every fault has its scene and its share"


def pay_as_usual(scenes: Scenes, notices: pl.DataFrame) -> list[pl.DataFrame]:
    """ふつうの収納: by eL-QR, bar code or account transfer. A 速報 announces most of those by bar code."""
    choice = pl.Series(scenes.rng.random(notices.height))
    has_elqr, has_barcode = notices[ScenicNotice.ELQR_KEY].is_not_null(), notices[ScenicNotice.BARCODE].is_not_null()
    by_transfer = notices[ScenicNotice.CUSTOMER_NO].is_not_null() & ((choice < 0.9) | ~has_elqr)
    by_elqr = ~by_transfer & has_elqr & ((choice < 0.4) | ~has_barcode)
    parts = []
    for via, rows in (
        ("elqr", notices.filter(by_elqr)),
        ("barcode", notices.filter(~by_transfer & ~by_elqr & has_barcode)),
    ):
        days = scenes.elqr_days(rows, 0, 0.5) if via == "elqr" else scenes.days(rows.height, 0, 0.5)
        parts.append(scenes.event(rows, via, Outcome.MATCHED, "", days, claim_yen=_AMOUNT_YEN))
        is_announced = pl.Series(scenes.rng.random(rows.height)) < (0.6 if via == "barcode" else 0.3)
        parts.append(
            scenes.event(
                rows.filter(is_announced), via, Outcome.PENDING, "", days.filter(is_announced), stage=Stage.PRELIMINARY
            )
        )
    rows, debit_days = notices.filter(by_transfer), pl.Series(scenes.calendar.debit_days)
    is_failed = (pl.Series(scenes.rng.random(rows.height)) < NOT_COLLECTED_SHARE) | pl.Series(
        np.arange(rows.height) < 2
    )
    for debited, outcome, stage in (
        (rows.filter(~is_failed), Outcome.MATCHED, Stage.CONFIRMED),
        (rows.filter(is_failed), Outcome.NOT_COLLECTED, Stage.NOT_COLLECTED),
    ):
        days = debit_days.gather(pl.Series(scenes.rng.integers(0, debit_days.len(), debited.height)))
        parts.append(
            scenes.event(
                debited,
                "transfer",
                outcome,
                "",
                days,
                stage=stage,
                claim_yen=_AMOUNT_YEN if stage is Stage.CONFIRMED else None,
            )
        )
    return parts
