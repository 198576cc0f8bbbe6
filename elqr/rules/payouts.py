"""Payouts (還付と返還): how yen that are not the city's leave suspense, step by step, and where they end.

Pure. A step follows the one that stands (`FOLLOWS`), and moves all of a payment's yen or none: 還付決定 moves none,
支払済 and the like move what is in suspense to the account where it ends, and 返戻 brings back what was paid.
"""

from collections.abc import Iterable

import polars as pl

from elqr.rules.reassignment import first_reason
from elqr.vocabulary.frames import Move, Posting, Ruled
from elqr.vocabulary.ruling_frames import CurrentRuling, DraftPayout, PaymentNow, Payout, Standing
from elqr.vocabulary.ruling_terms import FOLLOWS, PAYS_INTO, Ruling
from elqr.vocabulary.terms import Account


def is_payout() -> pl.Expr:
    """還付の一歩か, of a row of frame Ruled."""
    return pl.col(Ruled.RULING).is_in([ruling.value for ruling in FOLLOWS])


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


def reasons(rows: pl.DataFrame) -> pl.Series:
    """進めない理由: in words, for each payment of `rows`; null where it can take its step.

    `rows` is frame DraftPayout with `ruling`, the step that is wanted, and its day `done_on`.
    """
    payment_no, stands, done_on = pl.col(DraftPayout.PAYMENT_NO), pl.col(DraftPayout.STANDING), pl.col(Payout.DONE_ON)
    step, is_back = pl.col(Ruled.RULING), _is_step([Ruling.BOUNCED])
    stands_label, step_label = _label(stands).fill_null("決裁なし"), _label(step)
    follows = pl.any_horizontal(
        (step == next_step.value) & stands.is_in([ruling.value for ruling in before])
        for next_step, before in FOLLOWS.items()
    ).fill_null(False)
    held, refunded, left = (
        pl.col(name) for name in (DraftPayout.HELD_YEN, DraftPayout.REFUNDED_YEN, DraftPayout.AFTER_YEN)
    )
    paid, stood_on = pl.col(DraftPayout.BEFORE_YEN) - left, pl.col(DraftPayout.STOOD_ON)
    wanted = {
        next_step.value: "・".join(ruling.label for ruling in before if ruling is not next_step)
        for next_step, before in FOLLOWS.items()
    }
    after = step.replace_strict(wanted, default=None)
    causes = (
        (pl.format("受付{}は台帳にありません", payment_no), pl.col(DraftPayout.FALLS_ON).is_null()),
        (
            pl.format("受付{}には承認待ちの申請があります。先に承認か却下をしてください", payment_no),
            pl.col(DraftPayout.IS_WAITING),
        ),
        (
            pl.format("受付{}の今の決裁は「{}」です。{}は「{}」の後です", payment_no, stands_label, step_label, after),
            ~follows,
        ),
        (pl.format("受付{}は {} より後の収納です", payment_no, done_on), done_on < pl.col(DraftPayout.FALLS_ON)),
        (
            pl.format("受付{}の{}は {} です。それより前の日付は書けません", payment_no, stands_label, stood_on),
            done_on < stood_on,
        ),
        (
            pl.format("受付{}は二度以上支払いました。戻った支払を elqr review undo で取り消してください", payment_no),
            is_back & (refunded != paid),
        ),
        (
            pl.format("受付{}には仮受の額もあります。先に要確認で決めてください", payment_no),
            is_back & (held != 0),
        ),
        (pl.format("受付{}の仮受は 0円です", payment_no), ~is_back & (held <= 0)),
        (
            pl.format(
                "受付{}の今の仮受額は「{}」のときと違います。今の額で決め直してください", payment_no, stands_label
            ),
            _is_step(PAYS_INTO) & (held != left),
        ),
    )
    return rows.select(first_reason(causes)).to_series()


def _is_step(steps: Iterable[Ruling]) -> pl.Expr:
    return pl.col(Ruled.RULING).is_in([step.value for step in steps])


def _label(ruling: pl.Expr) -> pl.Expr:
    labels = {ruling.value: ruling.label for ruling in Ruling}
    return ruling.replace_strict(labels, default=None, return_dtype=pl.String)
