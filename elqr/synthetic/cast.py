"""The cast (配役): which notice plays which scene. A claim plays one scene at most, and only one that it can play."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from elqr.synthetic.events import SCENES, SHARES, Scenes, pay_as_usual
from elqr.synthetic.frames import InventedPayment, ScenicNotice
from elqr.synthetic.notices import Calendar
from elqr.synthetic.register import LEVIES
from elqr.vocabulary.claim_frames import ClaimEntry
from elqr.vocabulary.notice_frames import CANCEL
from elqr.vocabulary.terms import Outcome

_AT_LEAST = 2
"""Notices that play each scene, however small the city."""

_SETTLES_IN = timedelta(days=7)
"""A procedure has to be live this long before the last day for its notices to be paid by eL-QR."""


@dataclass(frozen=True, slots=True)
class Played:
    """演じた結果: the records of all scenes (frame InventedPayment), and first notices (frame ScenicNotice).

    Nobody paid anything by those that are `free`. What is owed on those that are `paid` was paid as usual.
    """

    events: pl.DataFrame
    free: pl.DataFrame
    paid: pl.DataFrame


def _playable(notices: pl.DataFrame, calendar: Calendar) -> dict[str, pl.Series]:
    """演じられる納付書: for each scene, whether a notice can play it."""
    plain = (
        (pl.col(ScenicNotice.ROLE) == "base")
        & ~pl.col(ScenicNotice.IS_CANCELLED)
        & ~pl.col(ScenicNotice.HAS_REISSUE)
        & ~pl.col(ScenicNotice.HAS_WHOLE)
    )
    elqr, barcode = pl.col(ScenicNotice.ELQR_KEY).is_not_null(), pl.col(ScenicNotice.BARCODE).is_not_null()
    whole = pl.col(ScenicNotice.ROLE) == "whole"
    is_odd = whole.cum_sum() % 2 == 1
    special = {
        "late": plain & barcode & (pl.col(ScenicNotice.PAYABLE_UNTIL_ON) == calendar.early_until_on),
        "overpaid": plain & elqr,
        "underpaid": plain & elqr & (pl.col(ScenicNotice.AMOUNT_YEN) > 500),
        "double_other_channel": plain & elqr & barcode,
        "unknown_key": plain & elqr,
        "check_no_differs": plain & elqr,
        "item_differs": plain & elqr,
        "cancelled_notice": (pl.col(ScenicNotice.ROLE) == "base") & pl.col(ScenicNotice.IS_CANCELLED) & barcode,
        "old_slip": (pl.col(ScenicNotice.ROLE) == "base") & pl.col(ScenicNotice.HAS_REISSUE) & barcode,
        "whole_then_part": whole & is_odd,
        "part_then_whole": whole & ~is_odd,
    }
    return {name: notices.select(special.get(name, plain & barcode)).to_series() for name in SCENES} | {
        "ordinary": notices.select(
            plain & (barcode | elqr | pl.col(ScenicNotice.CUSTOMER_NO).is_not_null())
        ).to_series()
    }


def describe(notices: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    """納付書に筋書きの材料を添える: frame InventedNotice → frame ScenicNotice.

    A notice keeps its eL-QR key only if its procedure is live by the 支払期限, and `_SETTLES_IN` before the last day.
    """
    items = {levy.procedure.code: levy.procedure.item_no for levy in LEVIES}
    live_days = {levy.procedure.code: levy.procedure.go_live_on for levy in LEVIES}
    last_live_on = pl.min_horizontal(ScenicNotice.PAYABLE_UNTIL_ON, pl.lit(calendar.last_on - _SETTLES_IN))
    notices = notices.with_columns(
        pl.sum_horizontal(ClaimEntry.ITEMS).alias(ScenicNotice.AMOUNT_YEN),
        pl.col(ScenicNotice.PROCEDURE_CODE).replace_strict(items, return_dtype=pl.String).alias(ScenicNotice.ITEM_NO),
    )
    notices = notices.with_columns(
        pl.col(ScenicNotice.PROCEDURE_CODE).replace_strict(live_days, return_dtype=pl.Date).alias(ScenicNotice.LIVE_ON)
    ).with_columns(
        pl.when(pl.col(ScenicNotice.LIVE_ON) <= last_live_on).then(ScenicNotice.ELQR_KEY).alias(ScenicNotice.ELQR_KEY)
    )
    bill = [ScenicNotice.PROCEDURE_CODE, ScenicNotice.BILL_NO]
    notices = notices.with_columns(
        (pl.col(ScenicNotice.ROLE) == "reissue").any().over(ScenicNotice.CLAIM_ID).alias(ScenicNotice.HAS_REISSUE),
        (pl.col(ScenicNotice.ROLE) == "whole").any().over(bill).alias(ScenicNotice.HAS_WHOLE),
        pl.col(ScenicNotice.AMOUNT_YEN).last().over(ScenicNotice.CLAIM_ID).alias(ScenicNotice.OWED_YEN),
    )
    parts = notices.filter(pl.col(ScenicNotice.ROLE) == "base").unique(bill, keep="first", maintain_order=True)
    return notices.join(
        parts.select(*bill, pl.struct(parts.columns).alias(ScenicNotice.PART)),
        on=bill,
        how="left",
        maintain_order="left",
    )


def play(rng: np.random.Generator, notices: pl.DataFrame, calendar: Calendar, paid_share: float) -> Played:
    """演じる, with notices of frame InventedNotice. The records are in no order."""
    notices = describe(notices.filter(pl.col(ScenicNotice.CHANGE_KIND) != CANCEL), calendar)
    scenes = Scenes(rng, calendar)
    paid_count = int(notices.filter(pl.col(ScenicNotice.ROLE) == "base").height * paid_share)
    shuffled = pl.Series(rng.permutation(notices.height))
    playable = _playable(notices, calendar)
    is_taken = pl.Series([False] * notices.height)
    events: list[pl.DataFrame] = []
    counts = {name: max(int(paid_count * share), _AT_LEAST) for name, share in SHARES.items()}
    counts["ordinary"] = max(paid_count - sum(counts.values()), 0)
    for name, count in counts.items():
        is_free = (playable[name] & ~is_taken).gather(shuffled)
        chosen = shuffled.filter(is_free).head(count)
        assert name == "ordinary" or chosen.len() >= _AT_LEAST, f"too few notices to play {name}"
        is_taken = is_taken | pl.Series(np.isin(np.arange(notices.height), chosen.to_numpy()))
        scene = SCENES.get(name, pay_as_usual)
        events += scene(scenes, notices[chosen.to_numpy()])
    events += _pay_real_notice(scenes, notices.filter(pl.col(ScenicNotice.ROLE) == "real"))
    records = pl.concat(events)
    is_usual = (pl.col(InventedPayment.FAULT) == "") & (pl.col(InventedPayment.OUTCOME) == Outcome.MATCHED.value)
    paid = notices.filter(playable["ordinary"]).join(records.filter(is_usual), on=ScenicNotice.CLAIM_ID, how="semi")
    return Played(records, notices.filter(playable["twins"] & ~is_taken), paid)


def _pay_real_notice(scenes: Scenes, notice: pl.DataFrame) -> list[pl.DataFrame]:
    """実在の納付書の収納: once by its eL-QR, and a week later again by its bar code."""
    days = [pl.Series([day], dtype=pl.Date) for day in (date(2024, 6, 3), date(2024, 6, 10))]
    return [
        scenes.event(notice, "elqr", Outcome.MATCHED, "real_slip", days[0], claim_yen=pl.col(ScenicNotice.AMOUNT_YEN)),
        scenes.event(notice, "twin", Outcome.ALREADY_SETTLED, "real_slip", days[1]),
    ]
