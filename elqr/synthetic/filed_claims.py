"""Filed claims (調定データで受ける調定): what the claim files of two nights say, with notices and payments.

Every claim of these procedures is in the first file. A few have a story: they are changed by a further file tonight, or
only by that of the next night, after they were paid. Notices only ask, so what is owed follows from the files alone.
"""

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
import polars as pl

from elqr.synthetic.changes import CHANGE_YEN, LATE_SLIP, LATE_YEN, NOTHING, PRINCIPAL, Slip, slip_rows
from elqr.synthetic.events import Scenes
from elqr.synthetic.frames import ClaimTruth, FiledState, InventedNotice, ScenicNotice
from elqr.synthetic.notices import Calendar
from elqr.synthetic.register import BY_FILE
from elqr.vocabulary.claim_frames import ClaimEntry
from elqr.vocabulary.claim_terms import EntryKind
from elqr.vocabulary.terms import Outcome

_SHARE = 0.02
"""The share of these claims that gets each story; one at least."""

_RELIEF_YEN = 300
_STORY = "story"


class _Story(NamedTuple):
    """調定データの物語: what a further row of the claim says, and what is asked and paid.

    `off` is what is written off. `slip` comes with the change. `paid_by` are the notices that are paid tonight.
    """

    reason: EntryKind | None
    owes: tuple[pl.Expr, pl.Expr, pl.Expr]
    is_later: bool
    slip: Slip | None = None
    paid_by: tuple[str, ...] = ()
    off: pl.Expr = NOTHING


_BASE, _SLIP = "base", "slip"
_RAISED = (PRINCIPAL + CHANGE_YEN, NOTHING, NOTHING)
_REST = pl.lit(CHANGE_YEN, dtype=pl.Int64)

STORIES = {
    "filed_raised": _Story(EntryKind.INCREASED, _RAISED, False, Slip(None, None, _RAISED), (_SLIP,)),
    "filed_late_charge": _Story(
        None, (PRINCIPAL, NOTHING, pl.lit(LATE_YEN, dtype=pl.Int64)), False, LATE_SLIP, (_BASE, _SLIP)
    ),
    "filed_raised_later": _Story(
        EntryKind.INCREASED, _RAISED, True, Slip(None, None, (_REST, NOTHING, NOTHING)), (_BASE,)
    ),
    "filed_lowered_later": _Story(EntryKind.REDUCED, (PRINCIPAL - CHANGE_YEN, NOTHING, NOTHING), True, None, (_BASE,)),
    "filed_relieved_later": _Story(
        EntryKind.RELIEVED, (PRINCIPAL - _RELIEF_YEN, NOTHING, NOTHING), True, None, (_BASE,)
    ),
    "filed_written_off_later": _Story(None, (PRINCIPAL, NOTHING, NOTHING), True, off=PRINCIPAL),
}
"""物語, by name. What is paid tonight is what the notice asks, so every payment is 一致."""


class FiledClaims(NamedTuple):
    """調定データの調定: states (frame FiledState) of the first file, of further ones tonight, and of the next night.

    `claims` are the first notices of claims with a story, and its name. `slips` and `later_slips` are further notices.
    All three are frame InventedNotice.
    """

    assessed: pl.DataFrame
    changed: pl.DataFrame
    later: pl.DataFrame
    claims: pl.DataFrame
    slips: pl.DataFrame
    later_slips: pl.DataFrame


def file_claims(rng: np.random.Generator, rows: pl.DataFrame, calendar: Calendar) -> FiledClaims:
    """調定データにする, from the notices of the city (frame InventedNotice)."""
    filed = rows.filter(pl.col(InventedNotice.PROCEDURE_CODE).is_in(BY_FILE))
    claims = _cast(rng, filed)
    newest = filed.filter(pl.col(InventedNotice.ROLE).is_in(["base", "reissue"]))
    newest = newest.unique(InventedNotice.CLAIM_ID, keep="last", maintain_order=True)
    owes = (PRINCIPAL, pl.col(InventedNotice.DEMAND_FEE_YEN), NOTHING)
    later_on = calendar.last_on + timedelta(days=1)
    return FiledClaims(
        _states(newest, _Story(EntryKind.ASSESSED, owes, False), calendar.issued_on),
        pl.concat(_further_states(claims, calendar.issued_on + timedelta(days=10), is_later=False)),
        pl.concat(_further_states(claims, later_on, is_later=True)),
        claims,
        pl.concat(_further_slips(claims, calendar, is_later=False)),
        pl.concat(_further_slips(claims, calendar, is_later=True)),
    )


def _cast(rng: np.random.Generator, filed: pl.DataFrame) -> pl.DataFrame:
    """物語を配る: the only notices of some claims that can be paid by bar code, with the name of their story."""
    is_only = pl.len().over(InventedNotice.CLAIM_ID) == 1
    fit = filed.filter(is_only & pl.col(InventedNotice.BARCODE).is_not_null())
    count = max(int(fit.height * _SHARE), 1)
    chosen = fit[rng.permutation(fit.height)].head(count * len(STORIES))
    assert chosen.height == count * len(STORIES), "too few claims come in claim files"
    return chosen.with_columns(pl.Series(_STORY, [name for name in STORIES for _ in range(count)]))


def _of_story(claims: pl.DataFrame, name: str) -> pl.DataFrame:
    return claims.filter(pl.col(_STORY) == name).drop(_STORY)


def _further_states(claims: pl.DataFrame, changed_on: date, *, is_later: bool) -> list[pl.DataFrame]:
    stories = [(name, story) for name, story in STORIES.items() if story.is_later is is_later]
    return [_states(_of_story(claims, name), story, changed_on) for name, story in stories]


def _states(notices: pl.DataFrame, story: _Story, changed_on: date) -> pl.DataFrame:
    return FiledState.of(
        notices.with_columns(
            *(owed.alias(item) for item, owed in zip(ClaimEntry.ITEMS, story.owes, strict=True)),
            story.off.alias(FiledState.PRINCIPAL_OFF_YEN),
            pl.lit(story.reason and story.reason.label, dtype=pl.String).alias(FiledState.REASON),
            pl.lit(changed_on).alias(FiledState.CHANGED_ON),
        )
    )


def _further_slips(claims: pl.DataFrame, calendar: Calendar, *, is_later: bool) -> list[pl.DataFrame]:
    return [
        slip_rows(_of_story(claims, name), name, story.slip, calendar)
        for name, story in STORIES.items()
        if story.slip and story.is_later is is_later
    ]


def pay_filed_claims(scenes: Scenes, claims: pl.DataFrame, slips: pl.DataFrame) -> list[pl.DataFrame]:
    """物語の収納: frames InventedPayment. `claims` (as in FiledClaims) and `slips` are frame ScenicNotice."""
    events = []
    for name, story in STORIES.items():
        bases = _of_story(claims, name)
        notices = {_BASE: bases, _SLIP: slips.filter(pl.col(ScenicNotice.ROLE) == name)}
        days = scenes.days(bases.height, 0, 0.3)
        for nth, by in enumerate(story.paid_by):
            when = days + timedelta(days=2 * nth)
            claim_yen = pl.col(ScenicNotice.AMOUNT_YEN)
            events.append(
                scenes.event(notices[by], "barcode", Outcome.MATCHED, name, when, claim_yen=claim_yen, minute=7 * nth)
            )
    return events


def with_filed(truths: pl.DataFrame, filed: FiledClaims) -> pl.DataFrame:
    """調定データの言う調定: frame ClaimTruth, where claims of these files owe what the last of their rows says.

    What was collected beyond that goes to suspense on the next night.
    """
    tonight = pl.concat([filed.assessed, filed.changed])
    nights = [_owed(states) for states in (tonight, pl.concat([tonight, filed.later]))]
    key = [ClaimTruth.PROCEDURE_CODE, ClaimTruth.BILL_NO, ClaimTruth.INSTALLMENT_NO]
    now, later = (night.join(truths.select(*key, ClaimTruth.COLLECTED_YEN), on=key, validate="1:1") for night in nights)
    later_owed = pl.sum_horizontal(ClaimEntry.ITEMS)
    later = later.select(
        *key,
        later_owed.alias(ClaimTruth.LATER_OWED_YEN),
        pl.min_horizontal(later_owed, ClaimTruth.COLLECTED_YEN).alias(ClaimTruth.LATER_COLLECTED_YEN),
    )
    return truths.update(now.join(later, on=key, validate="1:1"), on=key)


def _owed(states: pl.DataFrame) -> pl.DataFrame:
    """調定ごとの残る額, by the last row of each claim."""
    last = states.unique(FiledState.CLAIM_ID, keep="last", maintain_order=True)
    owed = pl.col(FiledState.PRINCIPAL_YEN) - pl.col(FiledState.PRINCIPAL_OFF_YEN)
    return last.with_columns(owed).select(
        FiledState.PROCEDURE_CODE, FiledState.BILL_NO, FiledState.INSTALLMENT_NO, *ClaimEntry.ITEMS
    )
