"""Reassignment (組替): a posted payment comes off its claims, to those of another notice or into suspense.

Pure. All of its yen come off together, because part of a payment is no payment, and what was too much on the wrong
claim goes along. What the other notice's claims do not take is in suspense, where people decide again.
"""

from collections.abc import Iterable, Mapping

import polars as pl

from elqr.arithmetic.fiscal_year import OpenYears
from elqr.rules.standing import book_in_open_year
from elqr.vocabulary.frames import Move, Posting, Ruled
from elqr.vocabulary.ruling_frames import CurrentRuling, DraftReassignment, Standing
from elqr.vocabulary.ruling_terms import Ruling
from elqr.vocabulary.terms import Account

_HELD = (CurrentRuling.FISCAL_YEAR, CurrentRuling.IS_ARREARS, CurrentRuling.PROCEDURE_CODE)
_TAKEN_YEN = "taken_yen"


def is_reassignment() -> pl.Expr:
    """組替か, of a row of frame Ruled or Move."""
    return pl.col(Ruled.RULING) == Ruling.REASSIGN.value


def taken_off(rulings: pl.DataFrame, standing: pl.DataFrame, years: OpenYears) -> pl.DataFrame:
    """調定から外す仕訳: frame Move, for the 組替 among `rulings` (frame CurrentRuling, all current).

    `standing` (frame Standing) says where the yen of their payments are. What comes off after its year was closed
    belongs to the open year.
    """
    wanted = rulings.filter(is_reassignment()).select(Ruled.RULING_NO, Ruled.PAYMENT_NO, Ruled.STAFF, Ruled.REASON)
    on_claims = standing.filter(pl.col(Posting.ACCOUNT) == Account.CLAIM.value, pl.col(Posting.YEN) > 0)
    rows = book_in_open_year(wanted.join(on_claims, on=Ruled.PAYMENT_NO, maintain_order="left"), years)
    return Move.of(
        rows.with_columns(
            (-pl.col(Posting.YEN)).alias(Move.YEN),
            pl.col(Standing.POSTING_NO).alias(Move.REVERSES_NO),
            pl.col(Ruled.STAFF).alias(Move.DECIDED_BY),
        )
    )


def with_taken(rulings: pl.DataFrame, off: pl.DataFrame) -> pl.DataFrame:
    """外した額を持つ決裁: the rulings (frame CurrentRuling), as if what came off (frame Move) were in suspense."""
    taken = off.group_by(Move.RULING_NO, maintain_order=True).agg(
        (-pl.col(Move.YEN)).sum().alias(_TAKEN_YEN),
        pl.col(Move.REVERSES_NO).first().alias("off_no"),
        pl.col(Move.FISCAL_YEAR).max().alias("off_year"),
        pl.col(Move.PROCEDURE_CODE).first().alias("off_procedure"),
    )
    rows = rulings.join(taken, on=Ruled.RULING_NO, how="left", validate="1:1", maintain_order="left")
    return rows.with_columns(
        pl.col(CurrentRuling.SUSPENSE_YEN) + pl.col(_TAKEN_YEN).fill_null(0),
        pl.coalesce(CurrentRuling.HELD_NO, "off_no").alias(CurrentRuling.HELD_NO),
        pl.coalesce(CurrentRuling.FISCAL_YEAR, "off_year").alias(CurrentRuling.FISCAL_YEAR),
        pl.coalesce(CurrentRuling.IS_ARREARS, pl.lit(False)).alias(CurrentRuling.IS_ARREARS),
        pl.coalesce(CurrentRuling.PROCEDURE_CODE, "off_procedure").alias(CurrentRuling.PROCEDURE_CODE),
    )


def through_suspense(rulings: pl.DataFrame, applied: pl.DataFrame) -> pl.DataFrame:
    """仮受を通す: the postings `applied` (frame Move), with what came off claims entering suspense, and no more of it.

    `rulings` is as `with_taken` returns it. Yen that go straight on to another claim are never in suspense.
    """
    into = rulings.filter(pl.col(_TAKEN_YEN) > 0).select(
        Ruled.PAYMENT_NO,
        pl.lit(Account.SUSPENSE.value).alias(Move.ACCOUNT),
        pl.lit(None, pl.Int64).alias(Move.CLAIM_NO),
        pl.col(_TAKEN_YEN).alias(Move.YEN),
        *_HELD,
        pl.col("off_no").alias(Move.REVERSES_NO),
        Ruled.RULING_NO,
        pl.lit(None, pl.Int64).alias(Move.NOTICE_NO),
        pl.col(Ruled.STAFF).alias(Move.DECIDED_BY),
        Ruled.REASON,
    )
    is_of_these = pl.col(Move.RULING_NO).is_in(into[Move.RULING_NO].implode())
    is_net = is_of_these & (pl.col(Move.ACCOUNT) == Account.SUSPENSE.value)
    both = pl.concat([Move.of(into), applied.filter(is_net)])
    net = both.group_by(Move.RULING_NO, Move.PAYMENT_NO, maintain_order=True).agg(
        pl.col(Move.YEN).sum(), pl.all().exclude(Move.YEN).first()
    )
    return pl.concat([applied.filter(~is_net), Move.of(net.filter(pl.col(Move.YEN) != 0))])


def hindrances(rows: pl.DataFrame) -> pl.Series:
    """組替できない理由: in words, for each payment of `rows` (frame DraftReassignment); null where there is none."""
    names_target, claim_yen = pl.col(DraftReassignment.TARGET) != "", pl.col(DraftReassignment.CLAIM_YEN)
    causes: Mapping[str, pl.Expr] = {
        "受付{}は調定にありません（要確認なら elqr review decide で決めてください）": claim_yen == 0,
        "受付{}には承認待ちの申請があります。先に承認か却下をしてください": pl.col(DraftReassignment.IS_WAITING),
        "受付{}の仮受の額は返すと決裁されています。先に elqr review undo で取り消してください": pl.col(
            DraftReassignment.AWAITS_PAYOUT
        ),
        "受付{}の対象の納付番号は登録されていません": names_target & pl.col(DraftReassignment.NOTICE_NO).is_null(),
        "受付{}の対象の納付書は取り消されています": pl.col(DraftReassignment.IS_CANCELLED),
        "受付{}は、もう対象の納付書の調定にあります": pl.col(DraftReassignment.IS_THERE),
        "受付{}の対象の納付書には未収額がありません": names_target & (pl.col(DraftReassignment.LEFT_YEN) <= 0),
    }
    texts = ((pl.format(words, DraftReassignment.PAYMENT_NO), is_so) for words, is_so in causes.items())
    return rows.select(first_reason(texts)).to_series()


def first_reason(causes: Iterable[tuple[pl.Expr, pl.Expr]]) -> pl.Expr:
    """初めの理由: the words of the first of these causes (words, whether it is so) that applies to a row, or null."""
    return pl.coalesce(*(pl.when(is_so.fill_null(False)).then(words) for words, is_so in causes))
