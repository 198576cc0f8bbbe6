"""Sender corrections (送付元の取消): what the sender took back or corrected, carried out on the ledger by two people.

Pure. The yen of a payment that its sender took back stand on an account of their own, so that every payment's postings
still sum to its yen. A correction takes the place of the earlier payment as far as the claims take it; what they do
not take stays in suspense, and what cannot be divided in one way only is not divided.
"""

from dataclasses import dataclass

import polars as pl

from elqr.arithmetic.fiscal_year import OpenYears
from elqr.vocabulary.frames import Move, OpenClaim, Posting, Ruled
from elqr.vocabulary.ruling_frames import Beside, CurrentRuling, OtherConfirmed, Standing, TargetClaim
from elqr.vocabulary.terms import Account, Outcome, Ruling, Stage

TARGET_PROCEDURE = "target_procedure"
"""The procedure of a claim that yen are put on, beside a payment that has one of its own."""

PART_YEN = "part_yen"
"""What a claim takes of a payment."""

_ROOM_YEN, _WAS_YEN, _LEAVES_YEN = "room_yen", "was_yen", "leaves_yen"
"""Of a place of a correction: what the claim can take, what stood there, and what leaves it."""


@dataclass(frozen=True, slots=True)
class Concerned:
    """かかわる収納: for each payment ruled on the other 確報 of the same event, and where the yen of all of them stand.

    `others`: frame OtherConfirmed. `standing`: Standing.
    """

    others: pl.DataFrame
    standing: pl.DataFrame

    @classmethod
    def of(cls, others: pl.DataFrame, standing: pl.DataFrame) -> "Concerned":
        """Without those that contradict too and stand on no claim: they wait for a decision of their own."""
        on_claims = standing.filter(pl.col(Posting.ACCOUNT) == Account.CLAIM.value)[Posting.PAYMENT_NO].unique()
        is_waiting = pl.col(OtherConfirmed.OTHER_OUTCOME) == Outcome.CONFLICTS.value
        return cls(others.filter(~is_waiting | pl.col(OtherConfirmed.OTHER_NO).is_in(on_claims.implode())), standing)

    def slips(self, rulings: pl.DataFrame, postings: pl.DataFrame) -> pl.DataFrame:
        """納付書 whose claims approving these rulings may change: notice_no."""
        numbers = (
            rulings.select(Ruled.NOTICE_NO),
            postings.select(Move.NOTICE_NO),
            self.standing.select(Standing.NOTICE_NO),
            self.others.select(pl.col(OtherConfirmed.OTHER_NOTICE_NO).alias(Ruled.NOTICE_NO)),
        )
        return pl.concat(numbers).drop_nulls().unique().sort(Ruled.NOTICE_NO)


def other_payments_held(concerned: Concerned) -> pl.DataFrame:
    """ほかの確報の額 by payment: frame Beside."""
    is_held = pl.col(Posting.ACCOUNT) != Account.WITHDRAWN.value
    held = concerned.standing.filter(is_held).group_by(Posting.PAYMENT_NO).agg(pl.col(Posting.YEN).sum())
    rows = concerned.others.join(held, left_on=OtherConfirmed.OTHER_NO, right_on=Posting.PAYMENT_NO, how="left")
    return rows.group_by(Ruled.PAYMENT_NO).agg(
        pl.len().cast(pl.Int64).alias(Beside.OTHERS), pl.col(Posting.YEN).fill_null(0).sum().alias(Beside.OTHERS_YEN)
    )


def withdrawn_payments(rulings: pl.DataFrame, concerned: Concerned) -> pl.DataFrame:
    """取り消される収納: ruling_no and payment_no, for the rulings (frame CurrentRuling) that take yen back."""
    rows = rulings.filter(_is(Ruling.REPLACE, Ruling.TAKE_BACK)).select(
        Ruled.RULING_NO, Ruled.PAYMENT_NO, Ruled.RULING, CurrentRuling.STAGE
    )
    is_own = (pl.col(Ruled.RULING) == Ruling.TAKE_BACK.value) & (pl.col(CurrentRuling.STAGE) == Stage.CONFIRMED.value)
    others = rows.filter(~is_own).join(
        concerned.others.select(Ruled.PAYMENT_NO, OtherConfirmed.OTHER_NO), on=Ruled.PAYMENT_NO
    )
    itself = rows.filter(is_own).select(Ruled.RULING_NO, Ruled.PAYMENT_NO)
    return pl.concat([itself, others.select(Ruled.RULING_NO, pl.col(OtherConfirmed.OTHER_NO).alias(Ruled.PAYMENT_NO))])


def overlapping_rulings(rulings: pl.DataFrame, concerned: Concerned) -> pl.Series:
    """重なる決裁: numbers of rulings that concern what an earlier one of the same request takes back or replaces."""
    touched = pl.concat(
        [rulings.select(Ruled.RULING_NO, Ruled.PAYMENT_NO), withdrawn_payments(rulings, concerned)]
    ).unique()
    taken = (
        withdrawn_payments(rulings, concerned)
        .join(concerned.standing, on=Ruled.PAYMENT_NO)
        .drop_nulls(Posting.CLAIM_NO)
    )
    on_claims = taken.select(Ruled.RULING_NO, Posting.CLAIM_NO).unique()
    later = [
        rows.filter(pl.col(Ruled.RULING_NO) != pl.col(Ruled.RULING_NO).min().over(by))[Ruled.RULING_NO]
        for rows, by in ((touched, Ruled.PAYMENT_NO), (on_claims, Posting.CLAIM_NO))
    ]
    return pl.concat(later).unique()


def moves_of(rulings: pl.DataFrame, claims: pl.DataFrame, concerned: Concerned, years: OpenYears) -> pl.DataFrame:
    """取消と訂正の仕訳: frame Move.

    `rulings` (frame CurrentRuling) are current and do not overlap; `claims` are frame TargetClaim.
    What comes off a claim after its year was closed belongs to the year that is open, like what is put on one.
    """
    back = (
        withdrawn_payments(rulings, concerned)
        .join(concerned.standing, on=Ruled.PAYMENT_NO)
        .filter((pl.col(Posting.ACCOUNT) != Account.WITHDRAWN.value) & (pl.col(Posting.YEN) > 0))
        .join(rulings.select(Ruled.RULING_NO, Ruled.STAFF, Ruled.REASON), on=Ruled.RULING_NO)
        .with_columns(pl.col(Ruled.STAFF).alias(Move.DECIDED_BY))
    )
    was = pl.col(Posting.FISCAL_YEAR)
    open_year = years.of(was, pl.col(Posting.PROCEDURE_CODE))
    now = pl.when(pl.col(Posting.ACCOUNT) == Account.CLAIM.value).then(open_year).otherwise(was)
    back = back.with_columns(
        now.alias(Posting.FISCAL_YEAR), (pl.col(Posting.IS_ARREARS) | (now != was)).alias(Posting.IS_ARREARS)
    )
    out = back.with_columns((-pl.col(Posting.YEN)).alias(Posting.YEN))
    into = back.with_columns(
        pl.lit(Account.WITHDRAWN.value).alias(Posting.ACCOUNT),
        pl.lit(None, dtype=pl.Int64).alias(Posting.CLAIM_NO),
        pl.lit(None, dtype=pl.Int64).alias(Move.NOTICE_NO),
    )
    lines = _replacing(rulings, _places(rulings, claims, concerned, back))
    year = years.of_claim(pl.col(OpenClaim.LEVY_YEAR), pl.col(CurrentRuling.PAID_ON), pl.col(TARGET_PROCEDURE))
    lines = lines.with_columns(
        pl.col(CurrentRuling.HELD_NO).alias(Move.REVERSES_NO), pl.col(Ruled.STAFF).alias(Move.DECIDED_BY)
    )
    onto = lines.with_columns(
        pl.lit(Account.CLAIM.value).alias(Move.ACCOUNT),
        pl.col(PART_YEN).alias(Move.YEN),
        pl.col(TARGET_PROCEDURE).alias(Move.PROCEDURE_CODE),
        year.alias(Move.FISCAL_YEAR),
        (year != pl.col(OpenClaim.LEVY_YEAR)).alias(Move.IS_ARREARS),
    )
    held = lines.group_by(Ruled.RULING_NO, maintain_order=True).agg(
        pl.col(PART_YEN).sum(), pl.all().exclude(PART_YEN).first()
    )
    from_suspense = held.with_columns(
        pl.lit(Account.SUSPENSE.value).alias(Move.ACCOUNT),
        pl.lit(None, dtype=pl.Int64).alias(Move.CLAIM_NO),
        pl.lit(None, dtype=pl.Int64).alias(Move.NOTICE_NO),
        (-pl.col(PART_YEN)).alias(Move.YEN),
    )
    return pl.concat([Move.of(rows) for rows in (out, into, onto, from_suspense)])


def _is(*rulings: Ruling) -> pl.Expr:
    return pl.col(Ruled.RULING).is_in([ruling.value for ruling in rulings])


def _places(rulings: pl.DataFrame, claims: pl.DataFrame, concerned: Concerned, back: pl.DataFrame) -> pl.DataFrame:
    """訂正の行き先: ruling_no, claim_no, `was_yen` that the earlier payment leaves there, `room_yen`, and the claim.

    An earlier payment of 0 yen stood on no claim: its place are those of its slip. A correction that names another key
    goes nowhere by itself.
    """
    replaces = rulings.filter(_is(Ruling.REPLACE)).select(Ruled.RULING_NO, Ruled.PAYMENT_NO)
    others = replaces.join(concerned.others, on=Ruled.PAYMENT_NO)
    named = (
        others.group_by(Ruled.RULING_NO)
        .agg(pl.col(OtherConfirmed.SAME_KEY).all())
        .filter(OtherConfirmed.SAME_KEY)
        .select(Ruled.RULING_NO)
    )
    key = [OpenClaim.NOTICE_NO, OpenClaim.CLAIM_NO]
    stood = (
        back.drop_nulls(Posting.CLAIM_NO)
        .join(replaces.select(Ruled.RULING_NO), on=Ruled.RULING_NO, how="semi")
        .group_by(Ruled.RULING_NO, *key)
        .agg(pl.col(Posting.YEN).sum().alias(_WAS_YEN), pl.col(Posting.YEN).sum().alias(_LEAVES_YEN))
    )
    was_nothing = (pl.col(OtherConfirmed.OTHER_PAID_YEN) == 0) & (
        pl.col(OtherConfirmed.OTHER_OUTCOME) == Outcome.UNDERPAID.value
    )
    nowhere = (
        others.filter(was_nothing)
        .join(stood, on=Ruled.RULING_NO, how="anti")
        .select(Ruled.RULING_NO, pl.col(OtherConfirmed.OTHER_NOTICE_NO).alias(OpenClaim.NOTICE_NO))
        .join(claims.select(*key, pl.col(OpenClaim.COVER_YEN).alias(_WAS_YEN)), on=OpenClaim.NOTICE_NO)
        .with_columns(pl.lit(0, dtype=pl.Int64).alias(_LEAVES_YEN))
    )
    places = pl.concat([stood, nowhere.select(stood.columns)]).join(named, on=Ruled.RULING_NO, how="semi")
    targets = claims.rename({TargetClaim.PROCEDURE_CODE: TARGET_PROCEDURE})
    room = pl.col(OpenClaim.OWED_YEN) - pl.col(OpenClaim.COLLECTED_YEN) + pl.col(_LEAVES_YEN)
    return places.join(targets, on=key).with_columns(room.clip(lower_bound=0).alias(_ROOM_YEN))


_HELD = (CurrentRuling.FISCAL_YEAR, CurrentRuling.IS_ARREARS, CurrentRuling.PROCEDURE_CODE)
"""What leaves suspense stays in the year and procedure in which it is held."""


def _replacing(rulings: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """訂正の充て方: `part_yen` of each place. One claim takes what it can; several what stood there, or nothing."""
    rows = rulings.drop(Ruled.NOTICE_NO, *_HELD).join(places, on=Ruled.RULING_NO)
    held = rulings.select(Ruled.RULING_NO, *_HELD)
    rows = rows.join(held, on=Ruled.RULING_NO).sort(Ruled.RULING_NO, OpenClaim.CLAIM_NO)
    is_one = pl.len().over(Ruled.RULING_NO) == 1
    fits = (pl.col(_ROOM_YEN) >= pl.col(_WAS_YEN)).all().over(Ruled.RULING_NO)
    enough = pl.col(_WAS_YEN).sum().over(Ruled.RULING_NO) <= pl.col(CurrentRuling.SUSPENSE_YEN)
    whole = pl.when(fits & enough).then(_WAS_YEN).otherwise(0)
    part = pl.when(is_one).then(pl.min_horizontal(CurrentRuling.SUSPENSE_YEN, _ROOM_YEN)).otherwise(whole)
    return rows.with_columns(part.alias(PART_YEN)).filter(pl.col(PART_YEN) > 0)
