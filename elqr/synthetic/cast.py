"""Which slip plays which scene (配役): each claim at most one, and only a scene it can play."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from elqr.synthetic.events import SCENES, SHARES, Scenes, ordinary
from elqr.synthetic.frames import ScenicSlip
from elqr.synthetic.notices import Calendar
from elqr.synthetic.register import LEVIES
from elqr.vocabulary.terms import Outcome

_AT_LEAST = 2


def _playable(slips: pl.DataFrame, calendar: Calendar) -> dict[str, pl.Series]:
    """The slips that can play each scene."""
    plain = (
        (pl.col(ScenicSlip.ROLE) == "base")
        & ~pl.col(ScenicSlip.IS_CANCELLED)
        & ~pl.col(ScenicSlip.HAS_REISSUE)
        & ~pl.col(ScenicSlip.HAS_WHOLE)
    )
    elqr, barcode = pl.col(ScenicSlip.ELQR_KEY).is_not_null(), pl.col(ScenicSlip.BARCODE).is_not_null()
    whole = pl.col(ScenicSlip.ROLE) == "whole"
    is_odd = whole.cum_sum() % 2 == 1
    special = {
        "late": plain & barcode & (pl.col(ScenicSlip.PAYABLE_UNTIL_ON) == calendar.early_until_on),
        "overpaid": plain & elqr,
        "underpaid": plain & elqr & (pl.col(ScenicSlip.AMOUNT_YEN) > 500),
        "double_other_channel": plain & elqr & barcode,
        "unknown_key": plain & elqr,
        "check_no_differs": plain & elqr,
        "item_differs": plain & elqr,
        "cancelled_notice": (pl.col(ScenicSlip.ROLE) == "base") & pl.col(ScenicSlip.IS_CANCELLED) & barcode,
        "old_slip": (pl.col(ScenicSlip.ROLE) == "base") & pl.col(ScenicSlip.HAS_REISSUE) & barcode,
        "whole_then_part": whole & is_odd,
        "part_then_whole": whole & ~is_odd,
    }
    return {name: slips.select(special.get(name, plain & barcode)).to_series() for name in SCENES} | {
        "ordinary": slips.select(plain & (barcode | elqr | pl.col(ScenicSlip.CUSTOMER_NO).is_not_null())).to_series()
    }


_SETTLES_IN = timedelta(days=7)


def describe(slips: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    """納付書に筋書きの材料を添える: frame ScenicSlip.

    A slip whose 支払期限 is over before its procedure goes live keeps its bar code only.
    """
    items = {levy.procedure.code: levy.procedure.item_no for levy in LEVIES}
    lives = {levy.procedure.code: levy.procedure.go_live_on for levy in LEVIES}
    last_live_on = pl.min_horizontal(ScenicSlip.PAYABLE_UNTIL_ON, pl.lit(calendar.last_on - _SETTLES_IN))
    slips = slips.filter(pl.col(ScenicSlip.CHANGE_KIND) == "1").with_columns(
        (pl.col(ScenicSlip.PRINCIPAL_YEN) + pl.col(ScenicSlip.DEMAND_FEE_YEN)).alias(ScenicSlip.AMOUNT_YEN),
        pl.col(ScenicSlip.PROCEDURE_CODE).replace_strict(items, return_dtype=pl.String).alias(ScenicSlip.ITEM_NO),
    )
    slips = slips.with_columns(
        pl.col(ScenicSlip.PROCEDURE_CODE).replace_strict(lives, return_dtype=pl.Date).alias(ScenicSlip.LIVE_ON)
    ).with_columns(
        pl.when(pl.col(ScenicSlip.LIVE_ON) <= last_live_on).then(ScenicSlip.ELQR_KEY).alias(ScenicSlip.ELQR_KEY)
    )
    bill = [ScenicSlip.PROCEDURE_CODE, ScenicSlip.BILL_NO]
    slips = slips.with_columns(
        (pl.col(ScenicSlip.ROLE) == "reissue").any().over(ScenicSlip.CLAIM_ID).alias(ScenicSlip.HAS_REISSUE),
        (pl.col(ScenicSlip.ROLE) == "whole").any().over(bill).alias(ScenicSlip.HAS_WHOLE),
        pl.col(ScenicSlip.AMOUNT_YEN).last().over(ScenicSlip.CLAIM_ID).alias(ScenicSlip.OWED_YEN),
    )
    parts = slips.filter(pl.col(ScenicSlip.ROLE) == "base").unique(bill, keep="first", maintain_order=True)
    return slips.join(
        parts.select(*bill, pl.struct(parts.columns).alias(ScenicSlip.PART)), on=bill, how="left", maintain_order="left"
    )


def play(rng: np.random.Generator, slips: pl.DataFrame, calendar: Calendar, paid_share: float) -> pl.DataFrame:
    """収納の記録: all records of all scenes, in no order (frame InventedPayment); each claim plays one at most."""
    slips = describe(slips, calendar)
    scenes = Scenes(rng, calendar)
    paid = int(slips.filter(pl.col(ScenicSlip.ROLE) == "base").height * paid_share)
    shuffled = pl.Series(rng.permutation(slips.height))
    playable = _playable(slips, calendar)
    taken = pl.Series([False] * slips.height)
    events: list[pl.DataFrame] = []
    counts = {name: max(int(paid * share), _AT_LEAST) for name, share in SHARES.items()}
    counts["ordinary"] = max(paid - sum(counts.values()), 0)
    for name, count in counts.items():
        free = (playable[name] & ~taken).gather(shuffled)
        chosen = shuffled.filter(free).head(count)
        assert name == "ordinary" or chosen.len() >= _AT_LEAST, f"too few slips to play {name}"
        taken = taken | pl.Series(np.isin(np.arange(slips.height), chosen.to_numpy()))
        scene = SCENES.get(name, ordinary)
        events += scene(scenes, slips[chosen.to_numpy()])
    events += _real_slip(scenes, slips.filter(pl.col(ScenicSlip.ROLE) == "real"))
    return pl.concat(events)


def _real_slip(scenes: Scenes, slip: pl.DataFrame) -> list[pl.DataFrame]:
    """実在の納付書: paid through its eL-QR, and a week later again through its bar code."""
    days = [pl.Series([day], dtype=pl.Date) for day in (date(2024, 6, 3), date(2024, 6, 10))]
    return [
        scenes.event(slip, "elqr", Outcome.MATCHED, "real_slip", days[0], claim_yen=pl.col(ScenicSlip.AMOUNT_YEN)),
        scenes.event(slip, "twin", Outcome.ALREADY_SETTLED, "real_slip", days[1]),
    ]
