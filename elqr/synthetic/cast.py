"""Which slip plays which scene (配役): each claim at most one, and only a scene it can play."""

from datetime import date, timedelta

import numpy as np
import polars as pl

from elqr.synthetic.events import SCENES, SHARES, Scenes, ordinary
from elqr.synthetic.notices import Calendar
from elqr.synthetic.register import LEVIES
from elqr.vocabulary.terms import Outcome

_AT_LEAST = 2


def _playable(slips: pl.DataFrame, calendar: Calendar) -> dict[str, pl.Series]:
    """The slips that can play each scene."""
    plain = (pl.col("role") == "base") & ~pl.col("is_cancelled") & ~pl.col("has_reissue") & ~pl.col("has_whole")
    elqr, barcode = pl.col("elqr_key").is_not_null(), pl.col("barcode").is_not_null()
    whole = pl.col("role") == "whole"
    is_odd = whole.cum_sum() % 2 == 1
    special = {
        "late": plain & barcode & (pl.col("payable_until_on") == calendar.early_until_on),
        "overpaid": plain & elqr,
        "underpaid": plain & elqr & (pl.col("amount_yen") > 500),
        "double_other_channel": plain & elqr & barcode,
        "unknown_key": plain & elqr,
        "check_no_differs": plain & elqr,
        "item_differs": plain & elqr,
        "cancelled_notice": (pl.col("role") == "base") & pl.col("is_cancelled") & barcode,
        "old_slip": (pl.col("role") == "base") & pl.col("has_reissue") & barcode,
        "whole_then_part": whole & is_odd,
        "part_then_whole": whole & ~is_odd,
    }
    return {name: slips.select(special.get(name, plain & barcode)).to_series() for name in SCENES} | {
        "ordinary": slips.select(plain & (barcode | elqr | pl.col("customer_no").is_not_null())).to_series()
    }


_SETTLES_IN = timedelta(days=7)


def described(slips: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    """納付書に筋書きの材料を添える: amount, what is owed, reissued or under a 全期 slip, item_no, first part.

    A slip whose 支払期限 is over before its procedure goes live keeps its bar code only.
    """
    items = {levy.procedure.code: levy.procedure.item_no for levy in LEVIES}
    lives = {levy.procedure.code: levy.procedure.go_live_on for levy in LEVIES}
    last_live_on = pl.min_horizontal("payable_until_on", pl.lit(calendar.last_on - _SETTLES_IN))
    slips = slips.filter(pl.col("change_kind") == "1").with_columns(
        (pl.col("principal_yen") + pl.col("demand_fee_yen")).alias("amount_yen"),
        pl.col("procedure_code").replace_strict(items, return_dtype=pl.String).alias("item_no"),
    )
    slips = slips.with_columns(
        pl.col("procedure_code").replace_strict(lives, return_dtype=pl.Date).alias("live_on")
    ).with_columns(pl.when(pl.col("live_on") <= last_live_on).then("elqr_key").alias("elqr_key"))
    bill = ["procedure_code", "bill_no"]
    slips = slips.with_columns(
        (pl.col("role") == "reissue").any().over("claim_id").alias("has_reissue"),
        (pl.col("role") == "whole").any().over(bill).alias("has_whole"),
        pl.col("amount_yen").last().over("claim_id").alias("owed_yen"),
    )
    parts = slips.filter(pl.col("role") == "base").unique(bill, keep="first", maintain_order=True)
    return slips.join(
        parts.select(*bill, pl.struct(parts.columns).alias("part")), on=bill, how="left", maintain_order="left"
    )


def played(rng: np.random.Generator, slips: pl.DataFrame, calendar: Calendar, paid_share: float) -> pl.DataFrame:
    """収納の記録: all records of all scenes, in no order; each claim plays one scene at most."""
    slips = described(slips, calendar)
    scenes = Scenes(rng, calendar)
    paid = int(slips.filter(pl.col("role") == "base").height * paid_share)
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
    events += _real_slip(scenes, slips.filter(pl.col("role") == "real"))
    return pl.concat(events)


def _real_slip(scenes: Scenes, slip: pl.DataFrame) -> list[pl.DataFrame]:
    """実在の納付書: paid through its eL-QR, and a week later again through its bar code."""
    days = [pl.Series([day], dtype=pl.Date) for day in (date(2024, 6, 3), date(2024, 6, 10))]
    return [
        scenes.event(slip, "elqr", Outcome.MATCHED, "real_slip", days[0], claim_yen=pl.col("amount_yen")),
        scenes.event(slip, "twin", Outcome.ALREADY_SETTLED, "real_slip", days[1]),
    ]
