"""Ruling reversals (決裁の取消): what undoing a ruling posts, given the claims as they are at that time.

Pure. Every posting of the ruling is reversed. Yen that a claim no longer takes, because others paid it or it now owes
less, go into suspense, where people decide again. A 全期 payment goes back as it was, or not at all. A ruling cannot be
undone when its yen are no longer where it put them. What moved them must be undone first.
"""

from dataclasses import dataclass

import polars as pl

from elqr.arithmetic.fiscal_year import OpenYears
from elqr.rules.standing import book_in_open_year
from elqr.vocabulary.claim_frames import OpenClaim
from elqr.vocabulary.frames import Move, Ruled
from elqr.vocabulary.ruling_frames import CurrentRuling, Made, RulingToUndo
from elqr.vocabulary.ruling_terms import Ruling, RulingResult
from elqr.vocabulary.terms import Account


@dataclass(frozen=True, slots=True)
class Reversal:
    """決裁の取消の結果: `moves` (frame Move), and the `returned` ones among them, which no claim took.

    `gone` are the numbers of rulings that cannot be undone.
    """

    moves: pl.DataFrame
    returned: pl.DataFrame
    gone: pl.Series


_SHORT_YEN, _ROOM_YEN, _PART_YEN = "short_yen", "room_yen", "part_yen"
"""Yen no longer where a ruling put them, yen that a claim can still take, and yen that return to it."""

_PLACE = (Move.PAYMENT_NO, Move.ACCOUNT, Move.CLAIM_NO)


def reversal(rulings: pl.DataFrame, claims: pl.DataFrame, postings: pl.DataFrame, years: OpenYears) -> Reversal:
    """決裁を取り消す: the reversal of the rulings that those of `rulings` undo.

    `rulings` is frame Ruled with is_current, `claims` frame OpenClaim before the reversal, and `postings` frame Made of
    the rulings to undo. What returns to a claim, or into suspense instead, belongs to the open year, unless its payment
    already has yen in suspense.
    """
    rows = _reversed_postings(rulings, postings, years)
    rows = _without_held(rows)
    gone = rows.filter(pl.col(_SHORT_YEN) > 0)[Move.RULING_NO].unique()
    rows = rows.filter(~pl.col(Move.RULING_NO).is_in(gone.implode()), pl.col(Move.YEN) != 0)
    is_returning = (pl.col(Move.ACCOUNT) == Account.CLAIM.value) & (pl.col(Move.YEN) > 0)
    lines = _with_parts(rows.filter(is_returning), _room(claims, rows))
    onto = lines.filter(pl.col(_PART_YEN) > 0).with_columns(pl.col(_PART_YEN).alias(Move.YEN))
    returned = lines.filter(pl.col(_PART_YEN) < pl.col(Move.YEN)).with_columns(
        pl.lit(Account.SUSPENSE.value).alias(Move.ACCOUNT),
        pl.lit(None, dtype=pl.Int64).alias(Move.CLAIM_NO),
        pl.lit(None, dtype=pl.Int64).alias(Move.NOTICE_NO),
        (pl.col(Move.YEN) - pl.col(_PART_YEN)).alias(Move.YEN),
        pl.coalesce(Made.HELD_YEAR, Move.FISCAL_YEAR).alias(Move.FISCAL_YEAR),
        pl.lit(False).alias(Move.IS_ARREARS),
    )
    moves = pl.concat([Move.of(part) for part in (rows.filter(~is_returning), onto, returned)])
    assert moves[Move.YEN].sum() == rows[Move.YEN].sum(), "what a claim does not take is in suspense"
    return Reversal(moves, Move.of(returned), gone)


def by_payment(returned: pl.DataFrame) -> tuple[tuple[int, int], ...]:
    """収納ごとの仮受に置いた額: payment_no and yen, of `returned` (frame Move)."""
    sums = returned.group_by(Move.PAYMENT_NO).agg(pl.col(Move.YEN).sum()).sort(Move.PAYMENT_NO)
    return tuple((int(number), int(yen)) for number, yen in sums.iter_rows())


def _reversed_postings(rulings: pl.DataFrame, postings: pl.DataFrame, years: OpenYears) -> pl.DataFrame:
    """戻す仕訳: each posting of an undone ruling with the opposite yen, and the columns of frame Made."""
    undone = rulings.filter(pl.col(Ruled.RULING) == Ruling.UNDO.value, CurrentRuling.IS_CURRENT).select(
        pl.col(Ruled.UNDOES_NO).alias("made_by_no"), Ruled.RULING_NO, Ruled.STAFF, Ruled.REASON
    )
    rows = postings.rename({Made.RULING_NO: "made_by_no"}).join(undone, on="made_by_no", validate="m:1")
    return book_in_open_year(rows, years).with_columns(
        (-pl.col(Move.YEN)).alias(Move.YEN),
        pl.col(Made.POSTING_NO).alias(Move.REVERSES_NO),
        pl.col(Ruled.STAFF).alias(Move.DECIDED_BY),
    )


def _without_held(rows: pl.DataFrame) -> pl.DataFrame:
    """すでに仮受にある額を除く: the rows with `short_yen`, the yen that are no longer where the ruling put them.

    A night may have moved yen from the claim into suspense since, because the notice was cancelled or lowered. Undoing
    would put them there too, so neither posting moves them.
    """
    taken = (-pl.col(Move.YEN)).clip(lower_bound=0)
    so_far = taken.cum_sum().over(*_PLACE, order_by=[Move.RULING_NO, Made.POSTING_NO])
    short = pl.min_horizontal(taken, (so_far - pl.col(Made.STANDS_YEN)).clip(lower_bound=0))
    rows = rows.with_columns(short.alias(_SHORT_YEN))
    of_ruling = (Move.RULING_NO, Move.PAYMENT_NO)
    on_claim, in_suspense = (pl.col(Move.ACCOUNT) == account.value for account in (Account.CLAIM, Account.SUSPENSE))
    missing = pl.col(_SHORT_YEN).filter(on_claim).sum().over(of_ruling)
    reducible = pl.min_horizontal(Move.YEN, Made.STANDS_YEN).filter(in_suspense & (pl.col(Move.YEN) > 0))
    is_held = (missing > 0) & (missing <= reducible.sum().over(of_ruling))
    moved = pl.when(on_claim).then(pl.col(_SHORT_YEN)).when(in_suspense & (pl.col(Move.YEN) > 0)).then(-missing)
    return rows.with_columns(
        pl.when(is_held).then(pl.col(Move.YEN) + moved.otherwise(0)).otherwise(Move.YEN).alias(Move.YEN),
        pl.when(is_held & on_claim).then(0).otherwise(_SHORT_YEN).alias(_SHORT_YEN),
    )


def _room(claims: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """調定の空き: claim_no and `room_yen`, the yen that a claim can take once these rows have taken theirs off it."""
    freed = rows.filter(pl.col(Move.YEN) < 0).drop_nulls(Move.CLAIM_NO)
    sums = freed.group_by(Move.CLAIM_NO).agg((-pl.col(Move.YEN)).sum().alias("freed_yen"))
    left_yen = (pl.col(OpenClaim.OWED_YEN) - pl.col(OpenClaim.COLLECTED_YEN)).min().alias(_ROOM_YEN)
    open_claims = claims.group_by(OpenClaim.CLAIM_NO).agg(left_yen).join(sums, on=Move.CLAIM_NO, how="left")
    room_yen = pl.col(_ROOM_YEN) + pl.col("freed_yen").fill_null(0)
    return open_claims.select(Move.CLAIM_NO, room_yen.clip(lower_bound=0).alias(_ROOM_YEN))


def _with_parts(lines: pl.DataFrame, room: pl.DataFrame) -> pl.DataFrame:
    """調定に戻る額: `part_yen` of each line. One claim gets what it can take, several of a payment all or nothing."""
    rows = lines.join(room, on=Move.CLAIM_NO, how="left", validate="m:1").sort(
        Move.RULING_NO, Move.PAYMENT_NO, Move.CLAIM_NO, Made.POSTING_NO
    )
    before = pl.col(Move.YEN).cum_sum().over(Move.CLAIM_NO) - pl.col(Move.YEN)
    part = pl.min_horizontal(Move.YEN, (pl.col(_ROOM_YEN).fill_null(0) - before).clip(lower_bound=0))
    of_payment = (Move.RULING_NO, Move.PAYMENT_NO)
    rows = rows.with_columns(part.alias(_PART_YEN))
    is_one = pl.col(Move.CLAIM_NO).n_unique().over(of_payment) == 1
    fits = (pl.col(_PART_YEN) == pl.col(Move.YEN)).all().over(of_payment)
    return rows.with_columns(pl.when(is_one | fits).then(_PART_YEN).otherwise(0).alias(_PART_YEN))


def refusals(rows: pl.DataFrame) -> list[str]:
    """取り消せない理由: in words, for each ruling of `rows` (frame RulingToUndo) that cannot be undone."""
    ruling_no, last, result = Ruled.RULING_NO, RulingToUndo.LAST_STANDING_NO, pl.col(RulingToUndo.RESULT)
    label = result.replace_strict({result.value: result.label for result in RulingResult}, default="")
    is_last = pl.col(last).eq_missing(pl.col(ruling_no))
    waits, undone_by = RulingToUndo.WAITING_REVIEW_NO, RulingToUndo.UNDONE_BY_NO
    reason = (
        pl.when(result.is_null())
        .then(pl.format("決裁{}は承認待ちです（取り下げは elqr review reject {}）", ruling_no, Ruled.REVIEW_NO))
        .when(result != RulingResult.APPROVED.value)
        .then(pl.format("決裁{}は{}で、効力がありません", ruling_no, label))
        .when(pl.col(Ruled.RULING) == Ruling.UNDO.value)
        .then(pl.format("決裁{}は決裁の取消です。受付{}を要確認で決め直してください", ruling_no, Ruled.PAYMENT_NO))
        .when(pl.col(undone_by).is_not_null())
        .then(pl.format("決裁{}は決裁{}で取り消してあります", ruling_no, undone_by))
        .when(~is_last)
        .then(pl.format("決裁{}の後に決裁{}があります。先に決裁{}を取り消してください", ruling_no, last, last))
        .when(pl.col(waits).is_not_null())
        .then(pl.format("受付{}の申請{}が承認待ちです。先に承認か却下をしてください", Ruled.PAYMENT_NO, waits))
        .when(pl.col(RulingToUndo.IS_GONE) & pl.col(RulingToUndo.LATER_NO).is_null())
        .then(
            pl.format(
                "決裁{}で調定に入れた額は、その後の減額で夜間処理が仮受に移しました。受付{}を要確認で決めてください",
                ruling_no, Ruled.PAYMENT_NO,
            )
        )
        .when(RulingToUndo.IS_GONE)
        .then(
            pl.format(
                "決裁{}で動かした額は、後の決裁{}が動かしました。先に決裁{}を取り消すか、受付{}が要確認にあればそこで"
                "決めてください",
                ruling_no, RulingToUndo.LATER_NO, RulingToUndo.LATER_NO, RulingToUndo.LATER_PAYMENT_NO,
            )
        )
    )  # fmt: skip
    return rows.select(reason).to_series().drop_nulls().to_list()
