"""Payouts (還付と返還): how yen that are not the city's leave suspense, step by step, and where they end.

Pure. A step follows the one that stands (`FOLLOWS`), and moves all of a payment's yen or none: 還付決定 moves none,
支払済 and the like move what is in suspense to the account where it ends, and 返戻 brings back what was paid.
"""

import polars as pl

from elqr.rules.reassignment import first_reason
from elqr.vocabulary.claim_terms import TO_PAY_BACK
from elqr.vocabulary.frames import Move, Posting, Ruled
from elqr.vocabulary.report_frames import ExceptionRow
from elqr.vocabulary.ruling_frames import CurrentRuling, DraftPayout, DraftStep, PaymentNow, Standing
from elqr.vocabulary.ruling_terms import FOLLOWS, PAYS_INTO, Ruling
from elqr.vocabulary.terms import LEFT_CLAIM, Account, Outcome


def is_payout() -> pl.Expr:
    """還付の一歩か, of a row of frame Ruled."""
    return pl.col(Ruled.RULING).is_in([ruling.value for ruling in FOLLOWS])


def is_case() -> pl.Expr:
    """過誤納か, of a row of frame ExceptionRow: yen that may be too much, or that two people ruled to be paid out."""
    kinds = (*TO_PAY_BACK, Outcome.NOTICE_CANCELLED, Outcome.REASSIGNED)
    flags = pl.col(ExceptionRow.FLAGS).str.split(",")
    has_left_claim = pl.any_horizontal(flags.list.contains(flag.value) for flag in LEFT_CLAIM)
    is_kind = pl.col(ExceptionRow.OUTCOME).is_in([kind.value for kind in kinds])
    return is_kind | (has_left_claim & (pl.col(ExceptionRow.SUSPENSE_YEN) > 0)) | ~pl.col(ExceptionRow.IS_OPEN)


def step_mark(place_mark: str) -> pl.Expr:
    """一歩の照合値: the mark of where a payment's yen are (`place_marks`), with the last ruling that stands.

    When a yen or a ruling of the payment came or went since a step was requested, it differs.
    """
    last = pl.col(PaymentNow.LAST_STANDING_NO).cast(pl.String)
    return pl.concat_str(pl.col(place_mark).fill_null("-"), last.fill_null("-"), separator="|")


def payout_moves(rulings: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """還付の仕訳: frame Move, for the steps among `rulings` (frame CurrentRuling, all current).

    `standing` (frame Standing) says where the yen of their payments are. Yen stay in the year in which they entered
    suspense.
    """
    into = rulings.filter(pl.col(CurrentRuling.SUSPENSE_YEN) > 0).with_columns(
        pl.col(Ruled.RULING)
        .replace_strict({ruling.value: account.value for ruling, account in PAYS_INTO.items()}, default=None)
        .alias(Move.ACCOUNT),
        pl.col(CurrentRuling.SUSPENSE_YEN).alias(Move.YEN),
        pl.col(CurrentRuling.HELD_NO).alias(Move.REVERSES_NO),
    )
    refunded = standing.filter(pl.col(Posting.ACCOUNT) == Account.REFUNDED.value, pl.col(Posting.YEN) > 0)
    bounced = rulings.filter(pl.col(Ruled.RULING) == Ruling.BOUNCED.value)
    back = bounced.select(Ruled.RULING_NO, Ruled.PAYMENT_NO, Ruled.STAFF, Ruled.REASON).join(
        refunded.drop(Standing.NOTICE_NO), on=Ruled.PAYMENT_NO, maintain_order="left"
    )
    back = back.with_columns(pl.col(Standing.POSTING_NO).alias(Move.REVERSES_NO))
    added = [_moves(into.drop_nulls(Move.ACCOUNT)), _moves(back.with_columns(_account(Account.SUSPENSE)))]
    taken = [
        part.with_columns(_account(account), -pl.col(Move.YEN))
        for part, account in zip(added, (Account.SUSPENSE, Account.REFUNDED), strict=True)
    ]
    return pl.concat([*added, *taken])


def _account(account: Account) -> pl.Expr:
    return pl.lit(account.value).alias(Move.ACCOUNT)


def _moves(rows: pl.DataFrame) -> pl.DataFrame:
    nothing = (pl.lit(None, pl.Int64).alias(name) for name in (Move.CLAIM_NO, Move.NOTICE_NO))
    return Move.of(rows.with_columns(pl.col(Ruled.STAFF).alias(Move.DECIDED_BY), *nothing))


def may_follow(step: str, standing: str) -> pl.Expr:
    """次に進める一歩か: whether the ruling in one column may follow that in another."""
    pairs = [f"{next_step.value} {ruling.value}" for next_step, before in FOLLOWS.items() for ruling in before]
    return pl.concat_str(step, standing, separator=" ").is_in(pairs).fill_null(False)


def hindrances(rows: pl.DataFrame) -> pl.Series:
    """一歩を妨げるもの: in words, or null, of each row of frame DraftPayout with the step and its day beside it."""
    stands, step = pl.col(DraftPayout.STANDING), pl.col(DraftStep.STEP)
    labels = {ruling.value: ruling.label for ruling in Ruling}
    label = stands.replace_strict(labels, default="決裁なし")
    wanted = {
        next_step.value: "・".join(ruling.label for ruling in before if ruling is not next_step)
        for next_step, before in FOLLOWS.items()
    }
    follows = may_follow(DraftStep.STEP, DraftPayout.STANDING)
    held, refunded, left = (
        pl.col(name) for name in (DraftPayout.HELD_YEN, DraftPayout.REFUNDED_YEN, DraftPayout.AFTER_YEN)
    )
    is_back, is_out = step == Ruling.BOUNCED.value, step.is_in([ruling.value for ruling in PAYS_INTO])
    number, done_on, stood_on = (
        pl.col(name) for name in (DraftPayout.PAYMENT_NO, DraftStep.DONE_ON, DraftPayout.STOOD_ON)
    )
    falls_on = pl.col(DraftPayout.FALLS_ON)
    is_barred, barred_on = step == Ruling.TIME_BARRED.value, pl.col(DraftPayout.BARRED_ON)
    paid = pl.col(DraftPayout.BEFORE_YEN) - left
    step_label, before = step.replace_strict(labels, default=""), step.replace_strict(wanted, default="")
    causes: tuple[tuple[str, tuple[pl.Expr, ...], pl.Expr], ...] = (
        ("受付{}は台帳にありません", (), falls_on.is_null()),
        ("受付{}には承認待ちの申請があります。先に承認か却下をしてください", (), pl.col(DraftPayout.IS_WAITING)),
        ("受付{}の今の決裁は「{}」です。{}は「{}」の後です", (label, step_label, before), ~follows),
        ("受付{}の収納の日は {} です。それより前の日付は書けません", (falls_on,), done_on < falls_on),
        ("受付{}の{}は {} です。それより前の日付は書けません", (label, stood_on), done_on < stood_on),
        (
            "受付{}の時効完成日は {} です。それより前に時効にはできません",
            (barred_on,),
            is_barred & (done_on < barred_on),
        ),
        (
            "受付{}は二度以上支払いました。戻った支払を elqr review undo で取り消してください",
            (),
            is_back & (refunded != paid),
        ),
        ("受付{}には仮受の額もあります。先に要確認で決めてください", (), is_back & (held != 0)),
        ("受付{}の仮受は 0円です", (), ~is_back & (held <= 0)),
        (
            "受付{}の今の仮受額は「{}」のときと違います。今の額で決め直してください",
            (label,),
            is_out & (held != left),
        ),
    )
    texts = ((pl.format(words, number, *values), is_so) for words, values, is_so in causes)
    return rows.select(first_reason(texts)).to_series()
