"""Sender corrections (送付元の取消): what a sender took back or corrected, posted once two people approve it.

Pure. The yen of a payment that its sender took back go to an account of their own, so that every payment's postings
still sum to its yen. A correction takes the place of the earlier payment, up to what the claims can take. The rest
stays in suspense. What can be divided in more than one way is not divided.
"""

from dataclasses import dataclass

import polars as pl

from elqr.arithmetic.fiscal_year import OpenYears
from elqr.rules.standing import book_in_open_year
from elqr.vocabulary.claim_frames import OpenClaim
from elqr.vocabulary.frames import Move, Posting, Ruled
from elqr.vocabulary.ruling_frames import Beside, CurrentRuling, OtherConfirmed, Standing, TargetClaim
from elqr.vocabulary.ruling_terms import Ruling
from elqr.vocabulary.terms import NIGHT_ACCOUNTS, Account, Outcome, Stage

TARGET_PROCEDURE = "target_procedure"
"""The procedure of the claim that takes the yen. The payment has a column for its own."""

PART_YEN = "part_yen"
"""The yen that a claim takes of a payment."""

_ROOM_YEN, _WAS_YEN, _LEAVES_YEN = "room_yen", "was_yen", "leaves_yen"
"""For a claim of a correction: the yen that it can take, that it had, and that leave it."""


@dataclass(frozen=True, slots=True)
class Concerned:
    """かかわる収納: the other 確報 of the event of each payment under decision (frame OtherConfirmed).

    `standing` (frame Standing) says where the yen of all these payments are.
    """

    others: pl.DataFrame
    standing: pl.DataFrame

    @classmethod
    def of(cls, others: pl.DataFrame, standing: pl.DataFrame) -> "Concerned":
        """かかわる収納 without conflicting 確報 that are on no claim, because these await a decision of their own."""
        on_claims = standing.filter(pl.col(Posting.ACCOUNT) == Account.CLAIM.value)[Posting.PAYMENT_NO].unique()
        is_waiting = pl.col(OtherConfirmed.OTHER_OUTCOME) == Outcome.CONFLICTS.value
        return cls(others.filter(~is_waiting | pl.col(OtherConfirmed.OTHER_NO).is_in(on_claims.implode())), standing)

    def notices(self, rulings: pl.DataFrame, postings: pl.DataFrame) -> pl.DataFrame:
        """納付書: the notice_no of notices whose claims these rulings may change."""
        numbers = (
            rulings.select(Ruled.NOTICE_NO),
            postings.select(Move.NOTICE_NO),
            self.standing.select(Standing.NOTICE_NO),
            self.others.select(pl.col(OtherConfirmed.OTHER_NOTICE_NO).alias(Ruled.NOTICE_NO)),
        )
        return pl.concat(numbers).drop_nulls().unique().sort(Ruled.NOTICE_NO)


def other_payments_held(concerned: Concerned) -> pl.DataFrame:
    """ほかの確報の額: frame Beside, by payment."""
    is_held = pl.col(Posting.ACCOUNT).is_in([account.value for account in NIGHT_ACCOUNTS])
    held = concerned.standing.filter(is_held).group_by(Posting.PAYMENT_NO).agg(pl.col(Posting.YEN).sum())
    rows = concerned.others.join(held, left_on=OtherConfirmed.OTHER_NO, right_on=Posting.PAYMENT_NO, how="left")
    return rows.group_by(Ruled.PAYMENT_NO).agg(
        pl.len().cast(pl.Int64).alias(Beside.OTHERS), pl.col(Posting.YEN).fill_null(0).sum().alias(Beside.OTHERS_YEN)
    )


def withdrawn_payments(rulings: pl.DataFrame, concerned: Concerned) -> pl.DataFrame:
    """取り消される収納: ruling_no and payment_no of what the rulings (frame CurrentRuling) take back or replace."""
    rows = rulings.filter(_is(Ruling.REPLACE, Ruling.TAKE_BACK)).select(
        Ruled.RULING_NO, Ruled.PAYMENT_NO, Ruled.RULING, CurrentRuling.STAGE
    )
    takes_own = (pl.col(Ruled.RULING) == Ruling.TAKE_BACK.value) & (
        pl.col(CurrentRuling.STAGE) == Stage.CONFIRMED.value
    )
    others = rows.filter(~takes_own).join(
        concerned.others.select(Ruled.PAYMENT_NO, OtherConfirmed.OTHER_NO), on=Ruled.PAYMENT_NO
    )
    own_payments = rows.filter(takes_own).select(Ruled.RULING_NO, Ruled.PAYMENT_NO)
    return pl.concat(
        [own_payments, others.select(Ruled.RULING_NO, pl.col(OtherConfirmed.OTHER_NO).alias(Ruled.PAYMENT_NO))]
    )


def overlapping_rulings(rulings: pl.DataFrame, concerned: Concerned) -> pl.Series:
    """重なる決裁: numbers of rulings that touch what an earlier ruling of the same request takes back or replaces."""
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

    `rulings` (frame CurrentRuling) are current and do not overlap. `claims` is frame TargetClaim. What leaves a claim
    after its year was closed belongs to the open year, as does what is put on one.
    """
    back = (
        withdrawn_payments(rulings, concerned)
        .join(concerned.standing, on=Ruled.PAYMENT_NO)
        .filter(pl.col(Posting.ACCOUNT).is_in([account.value for account in NIGHT_ACCOUNTS]), pl.col(Posting.YEN) > 0)
        .join(rulings.select(Ruled.RULING_NO, Ruled.STAFF, Ruled.REASON), on=Ruled.RULING_NO)
        .with_columns(pl.col(Ruled.STAFF).alias(Move.DECIDED_BY))
    )
    back = book_in_open_year(back, years)
    out = back.with_columns((-pl.col(Posting.YEN)).alias(Posting.YEN))
    withdrawn = back.with_columns(
        pl.lit(Account.WITHDRAWN.value).alias(Posting.ACCOUNT),
        pl.lit(None, dtype=pl.Int64).alias(Posting.CLAIM_NO),
        pl.lit(None, dtype=pl.Int64).alias(Move.NOTICE_NO),
    )
    lines = _correction_lines(rulings, _correction_places(rulings, claims, concerned, back))
    year = years.of_claim(pl.col(OpenClaim.LEVY_YEAR), pl.col(CurrentRuling.FALLS_ON), pl.col(TARGET_PROCEDURE))
    lines = lines.with_columns(
        pl.col(CurrentRuling.HELD_NO).alias(Move.REVERSES_NO), pl.col(Ruled.STAFF).alias(Move.DECIDED_BY)
    )
    on_claims = lines.with_columns(
        pl.lit(Account.CLAIM.value).alias(Move.ACCOUNT),
        pl.col(PART_YEN).alias(Move.YEN),
        pl.col(TARGET_PROCEDURE).alias(Move.PROCEDURE_CODE),
        year.alias(Move.FISCAL_YEAR),
        (year != pl.col(OpenClaim.LEVY_YEAR)).alias(Move.IS_ARREARS),
    )
    held_lines = lines.group_by(Ruled.RULING_NO, maintain_order=True).agg(
        pl.col(PART_YEN).sum(), pl.all().exclude(PART_YEN).first()
    )
    from_suspense = held_lines.with_columns(
        pl.lit(Account.SUSPENSE.value).alias(Move.ACCOUNT),
        pl.lit(None, dtype=pl.Int64).alias(Move.CLAIM_NO),
        pl.lit(None, dtype=pl.Int64).alias(Move.NOTICE_NO),
        (-pl.col(PART_YEN)).alias(Move.YEN),
    )
    return pl.concat([Move.of(rows) for rows in (out, withdrawn, on_claims, from_suspense)])


def _is(*rulings: Ruling) -> pl.Expr:
    return pl.col(Ruled.RULING).is_in([ruling.value for ruling in rulings])


def _correction_places(
    rulings: pl.DataFrame, claims: pl.DataFrame, concerned: Concerned, back: pl.DataFrame
) -> pl.DataFrame:
    """訂正の行き先: ruling_no and frame TargetClaim, with `was_yen` that the earlier payment had there, and `room_yen`.

    An earlier payment of 0 yen was on no claim, so its places are the claims of its notice. A correction with another
    key goes nowhere by itself.
    """
    replaces = rulings.filter(_is(Ruling.REPLACE)).select(Ruled.RULING_NO, Ruled.PAYMENT_NO)
    others = replaces.join(concerned.others, on=Ruled.PAYMENT_NO)
    with_same_key = (
        others.group_by(Ruled.RULING_NO)
        .agg(pl.col(OtherConfirmed.SAME_KEY).all())
        .filter(OtherConfirmed.SAME_KEY)
        .select(Ruled.RULING_NO)
    )
    key = [OpenClaim.NOTICE_NO, OpenClaim.CLAIM_NO]
    earlier_places = (
        back.drop_nulls(Posting.CLAIM_NO)
        .join(replaces.select(Ruled.RULING_NO), on=Ruled.RULING_NO, how="semi")
        .group_by(Ruled.RULING_NO, *key)
        .agg(pl.col(Posting.YEN).sum().alias(_WAS_YEN), pl.col(Posting.YEN).sum().alias(_LEAVES_YEN))
    )
    was_zero = (pl.col(OtherConfirmed.OTHER_PAID_YEN) == 0) & (
        pl.col(OtherConfirmed.OTHER_OUTCOME) == Outcome.UNDERPAID.value
    )
    zero_places = (
        others.filter(was_zero)
        .join(earlier_places, on=Ruled.RULING_NO, how="anti")
        .select(Ruled.RULING_NO, pl.col(OtherConfirmed.OTHER_NOTICE_NO).alias(OpenClaim.NOTICE_NO))
        .join(claims.select(*key, pl.col(OpenClaim.COVER_YEN).alias(_WAS_YEN)), on=OpenClaim.NOTICE_NO)
        .with_columns(pl.lit(0, dtype=pl.Int64).alias(_LEAVES_YEN))
    )
    places = pl.concat([earlier_places, zero_places.select(earlier_places.columns)]).join(
        with_same_key, on=Ruled.RULING_NO, how="semi"
    )
    targets = claims.rename({TargetClaim.PROCEDURE_CODE: TARGET_PROCEDURE})
    room_yen = pl.col(OpenClaim.OWED_YEN) - pl.col(OpenClaim.COLLECTED_YEN) + pl.col(_LEAVES_YEN)
    return places.join(targets, on=key).with_columns(room_yen.clip(lower_bound=0).alias(_ROOM_YEN))


_HELD_COLUMNS = (CurrentRuling.FISCAL_YEAR, CurrentRuling.IS_ARREARS, CurrentRuling.PROCEDURE_CODE)
"""What leaves suspense stays in the year and procedure in which it was held."""


def _correction_lines(rulings: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """訂正の充て方: `part_yen` of each place. One claim takes what it can. Several take what they had, or nothing."""
    rows = rulings.drop(Ruled.NOTICE_NO, *_HELD_COLUMNS).join(places, on=Ruled.RULING_NO)
    held = rulings.select(Ruled.RULING_NO, *_HELD_COLUMNS)
    rows = rows.join(held, on=Ruled.RULING_NO).sort(Ruled.RULING_NO, OpenClaim.CLAIM_NO)
    is_one = pl.len().over(Ruled.RULING_NO) == 1
    fits = (pl.col(_ROOM_YEN) >= pl.col(_WAS_YEN)).all().over(Ruled.RULING_NO)
    is_enough = pl.col(_WAS_YEN).sum().over(Ruled.RULING_NO) <= pl.col(CurrentRuling.SUSPENSE_YEN)
    all_or_nothing = pl.when(fits & is_enough).then(_WAS_YEN).otherwise(0)
    part = pl.when(is_one).then(pl.min_horizontal(CurrentRuling.SUSPENSE_YEN, _ROOM_YEN)).otherwise(all_or_nothing)
    return rows.with_columns(part.alias(PART_YEN)).filter(pl.col(PART_YEN) > 0)
