"""Sender corrections (送付元の取消): what the sender took back or corrected, carried out on the ledger by two people.

Pure. The yen of a payment that its sender took back stand on an account of their own, so that every payment's postings
still sum to its yen. A correction takes the place of the earlier payment as far as the claims take it; what they do
not take stays in suspense, and what cannot be divided in one way only is not divided.
"""

from dataclasses import dataclass

import polars as pl

from elqr.arithmetic.fiscal_year import OpenYears
from elqr.vocabulary.frames import Move, OpenClaim, Posting, Ruled
from elqr.vocabulary.terms import Account, Outcome, Ruling, Stage

OTHER_NO = "other_no"


class Standing(Posting):
    """収納の今の置き場所: yen that stand in one place, with the posting that put them there and the slip it pays."""

    POSTING_NO = Move.REVERSES_NO
    NOTICE_NO = Move.NOTICE_NO


@dataclass(frozen=True, slots=True)
class Concerned:
    """かかわる収納: for each payment ruled on the other 確報 of the same event, and where the yen of all of them stand.

    `others`: payment_no, other_no, same_key, other_paid_yen, other_outcome, other_notice_no. `standing`: Standing.
    """

    others: pl.DataFrame
    standing: pl.DataFrame

    @classmethod
    def of(cls, others: pl.DataFrame, standing: pl.DataFrame) -> "Concerned":
        """Without those that contradict too and stand on no claim: they wait for a decision of their own."""
        on_claims = standing.filter(pl.col(Posting.ACCOUNT) == Account.CLAIM.value)[Posting.PAYMENT_NO].unique()
        is_waiting = pl.col("other_outcome") == Outcome.CONFLICTS.value
        return cls(others.filter(~is_waiting | pl.col(OTHER_NO).is_in(on_claims.implode())), standing)

    def slips(self, rulings: pl.DataFrame, made: pl.DataFrame) -> pl.DataFrame:
        """納付書 whose claims approving these rulings may change: notice_no."""
        numbers = (
            rulings.select(Ruled.NOTICE_NO),
            made.select(Move.NOTICE_NO),
            self.standing.select(Standing.NOTICE_NO),
            self.others.select(pl.col("other_notice_no").alias(Ruled.NOTICE_NO)),
        )
        return pl.concat(numbers).drop_nulls().unique().sort(Ruled.NOTICE_NO)


def held_beside(concerned: Concerned) -> pl.DataFrame:
    """ほかの確報の額 by payment: payment_no, `others`, and `others_yen` that stand on claims and in suspense."""
    is_held = pl.col(Posting.ACCOUNT) != Account.WITHDRAWN.value
    held = concerned.standing.filter(is_held).group_by(Posting.PAYMENT_NO).agg(pl.col(Posting.YEN).sum())
    rows = concerned.others.join(held, left_on=OTHER_NO, right_on=Posting.PAYMENT_NO, how="left")
    return rows.group_by(Ruled.PAYMENT_NO).agg(
        pl.len().cast(pl.Int64).alias("others"), pl.col(Posting.YEN).fill_null(0).sum().alias("others_yen")
    )


def withdrawn(rulings: pl.DataFrame, concerned: Concerned) -> pl.DataFrame:
    """取り消される収納: ruling_no and payment_no, for the rulings (frame Ruled with stage) that take yen back."""
    rows = rulings.filter(_is(Ruling.REPLACE, Ruling.TAKE_BACK)).select(
        Ruled.RULING_NO, Ruled.PAYMENT_NO, Ruled.RULING, "stage"
    )
    is_own = (pl.col(Ruled.RULING) == Ruling.TAKE_BACK.value) & (pl.col("stage") == Stage.CONFIRMED.value)
    others = rows.filter(~is_own).join(concerned.others.select(Ruled.PAYMENT_NO, OTHER_NO), on=Ruled.PAYMENT_NO)
    own = rows.filter(is_own).select(Ruled.RULING_NO, Ruled.PAYMENT_NO)
    return pl.concat([own, others.select(Ruled.RULING_NO, pl.col(OTHER_NO).alias(Ruled.PAYMENT_NO))])


def overlapping(rulings: pl.DataFrame, concerned: Concerned) -> pl.Series:
    """重なる決裁: numbers of rulings that concern what an earlier one of the same request takes back or replaces."""
    touched = pl.concat([rulings.select(Ruled.RULING_NO, Ruled.PAYMENT_NO), withdrawn(rulings, concerned)]).unique()
    taken = withdrawn(rulings, concerned).join(concerned.standing, on=Ruled.PAYMENT_NO).drop_nulls(Posting.CLAIM_NO)
    on_claims = taken.select(Ruled.RULING_NO, Posting.CLAIM_NO).unique()
    later = [
        rows.filter(pl.col(Ruled.RULING_NO) != pl.col(Ruled.RULING_NO).min().over(by))[Ruled.RULING_NO]
        for rows, by in ((touched, Ruled.PAYMENT_NO), (on_claims, Posting.CLAIM_NO))
    ]
    return pl.concat(later).unique()


def moves_of(rulings: pl.DataFrame, claims: pl.DataFrame, concerned: Concerned, years: OpenYears) -> pl.DataFrame:
    """取消と訂正の仕訳: frame Move. `rulings` are current, do not overlap, and have what `ruling.effects` asks for.

    What comes off a claim after its year was closed belongs to the year that is open, like what is put on one.
    """
    back = (
        withdrawn(rulings, concerned)
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
    year = years.of_claim(pl.col(OpenClaim.LEVY_YEAR), pl.col("paid_on"), pl.col("target_procedure"))
    lines = lines.with_columns(pl.col("held_no").alias(Move.REVERSES_NO), pl.col(Ruled.STAFF).alias(Move.DECIDED_BY))
    onto = lines.with_columns(
        pl.lit(Account.CLAIM.value).alias(Move.ACCOUNT),
        pl.col("part_yen").alias(Move.YEN),
        pl.col("target_procedure").alias(Move.PROCEDURE_CODE),
        year.alias(Move.FISCAL_YEAR),
        (year != pl.col(OpenClaim.LEVY_YEAR)).alias(Move.IS_ARREARS),
    )
    held = lines.group_by(Ruled.RULING_NO, maintain_order=True).agg(
        pl.col("part_yen").sum(), pl.all().exclude("part_yen").first()
    )
    from_suspense = held.with_columns(
        pl.lit(Account.SUSPENSE.value).alias(Move.ACCOUNT),
        pl.lit(None, dtype=pl.Int64).alias(Move.CLAIM_NO),
        pl.lit(None, dtype=pl.Int64).alias(Move.NOTICE_NO),
        (-pl.col("part_yen")).alias(Move.YEN),
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
    named = others.group_by(Ruled.RULING_NO).agg(pl.col("same_key").all()).filter("same_key").select(Ruled.RULING_NO)
    key = [OpenClaim.NOTICE_NO, OpenClaim.CLAIM_NO]
    stood = (
        back.drop_nulls(Posting.CLAIM_NO)
        .join(replaces.select(Ruled.RULING_NO), on=Ruled.RULING_NO, how="semi")
        .group_by(Ruled.RULING_NO, *key)
        .agg(pl.col(Posting.YEN).sum().alias("was_yen"), pl.col(Posting.YEN).sum().alias("leaves_yen"))
    )
    was_nothing = (pl.col("other_paid_yen") == 0) & (pl.col("other_outcome") == Outcome.UNDERPAID.value)
    nowhere = (
        others.filter(was_nothing)
        .join(stood, on=Ruled.RULING_NO, how="anti")
        .select(Ruled.RULING_NO, pl.col("other_notice_no").alias(OpenClaim.NOTICE_NO))
        .join(claims.select(*key, pl.col(OpenClaim.COVER_YEN).alias("was_yen")), on=OpenClaim.NOTICE_NO)
        .with_columns(pl.lit(0, dtype=pl.Int64).alias("leaves_yen"))
    )
    places = pl.concat([stood, nowhere.select(stood.columns)]).join(named, on=Ruled.RULING_NO, how="semi")
    own = claims.rename({"procedure_code": "target_procedure"})
    room = pl.col(OpenClaim.OWED_YEN) - pl.col(OpenClaim.COLLECTED_YEN) + pl.col("leaves_yen")
    return places.join(own, on=key).with_columns(room.clip(lower_bound=0).alias("room_yen"))


def _replacing(rulings: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """訂正の充て方: `part_yen` of each place. One claim takes what it can; several what stood there, or nothing."""
    rows = rulings.drop(OpenClaim.NOTICE_NO, "procedure_code", "fiscal_year", "is_arrears").join(
        places, on=Ruled.RULING_NO
    )
    held = rulings.select(Ruled.RULING_NO, Move.FISCAL_YEAR, Move.IS_ARREARS, Move.PROCEDURE_CODE)
    rows = rows.join(held, on=Ruled.RULING_NO).sort(Ruled.RULING_NO, OpenClaim.CLAIM_NO)
    is_one = pl.len().over(Ruled.RULING_NO) == 1
    fits = (pl.col("room_yen") >= pl.col("was_yen")).all().over(Ruled.RULING_NO)
    enough = pl.col("was_yen").sum().over(Ruled.RULING_NO) <= pl.col("suspense_yen")
    whole = pl.when(fits & enough).then("was_yen").otherwise(0)
    part = pl.when(is_one).then(pl.min_horizontal("suspense_yen", "room_yen")).otherwise(whole)
    return rows.with_columns(part.alias("part_yen")).filter(pl.col("part_yen") > 0)
