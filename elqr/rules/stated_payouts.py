"""Stated payouts (財務会計の言う支払): rows of a file of the accounting system, compared with the ledger.

Pure. A row names its payment by 受付番号, by 決定番号, or by both. One that the ledger has already is counted; one that
differs from it, or cannot be taken now, is refused with what was found and what is wanted.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from elqr.arithmetic.plain_number import yen_text
from elqr.rules.payouts import hindrances
from elqr.rules.row_rules import JudgedRows, RowRule, judge_rows
from elqr.vocabulary.codes import Code
from elqr.vocabulary.frames import Ruled
from elqr.vocabulary.ruling_frames import DraftPayout, Payout, RecordedStep, StatedPayout
from elqr.vocabulary.ruling_terms import NUMBERED, Ruling

MATCHES = "matches"
"""当たる収納: how many payments have the 決定番号 of a row."""

_DECIDED_NO, _RECORDED, _RECORDED_YEN, _PLAIN = "decided_no", "recorded", "recorded_yen", "plain_no"
_REASON, _TWICE, _NIGHT = "cause", "twice", "night"


@dataclass(frozen=True, slots=True)
class KnownPayouts:
    """台帳の還付: of the payments of a file, the state (DraftPayout), the recorded steps, and their 決定番号.

    `decided` is as of `decided_refunds` in elqr/store/queries/payouts.py.
    """

    drafts: pl.DataFrame
    recorded: pl.DataFrame
    decided: pl.DataFrame


def with_payments(stated: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    """収納を決める: rows (frame StatedPayout) with payment_no and `MATCHES`.

    Where no 受付番号 is stated, it is the only payment with the 決定番号, or null.
    """
    by_number = decided.group_by(_plain(Payout.NUMBER).alias(_PLAIN)).agg(
        pl.len().alias(MATCHES), pl.col(Ruled.PAYMENT_NO).first()
    )
    rows = stated.with_columns(_plain(StatedPayout.DECISION_NO).alias(_PLAIN))
    rows = rows.join(by_number, on=_PLAIN, how="left", validate="m:1", maintain_order="left").drop(_PLAIN)
    found_no = pl.when(pl.col(MATCHES) == 1).then(Ruled.PAYMENT_NO)
    return rows.with_columns(
        pl.coalesce(StatedPayout.STATED_NO, found_no).alias(Ruled.PAYMENT_NO), pl.col(MATCHES).fill_null(0)
    )


def _plain(column: str) -> pl.Expr:
    """番号の書き方をそろえる: full-width and half-width are one, as people and systems write either."""
    return pl.col(column).str.normalize("NFKC")


_IS_PAID, _IS_BACK = (pl.col(StatedPayout.RULING) == step.value for step in (Ruling.PAID_OUT, Ruling.BOUNCED))
_NEEDS_NUMBER = pl.col(StatedPayout.RULING).is_in([step.value for step in NUMBERED])
_IS_NEW, _YEN = ~pl.col(_RECORDED), pl.col(StatedPayout.YEN)
_NOW_YEN = pl.when(_IS_PAID).then(DraftPayout.HELD_YEN).otherwise(DraftPayout.REFUNDED_YEN)
_PLACE = pl.when(_IS_PAID).then(pl.lit("仮受")).otherwise(pl.lit("還付済"))
_IS_UNNAMED = pl.col(StatedPayout.STATED_NO).is_null()
_HAS_NO_DECISION_NO, _HAS_NO_NUMBER = (pl.col(name) == "" for name in (StatedPayout.DECISION_NO, StatedPayout.NUMBER))
_YEN_TEXT = pl.format("{}円", yen_text(_YEN))


_RULES = (
    RowRule(Code.PAYOUT_UNKNOWN, "受付番号", _IS_UNNAMED & _HAS_NO_DECISION_NO, pl.lit("空欄"), "受付番号か決定番号"),
    RowRule(
        Code.PAYOUT_UNKNOWN,
        "決定番号",
        _IS_UNNAMED & (pl.col(MATCHES) != 1),
        pl.format("{}（当たる収納 {}件）", StatedPayout.DECISION_NO, MATCHES),
        "一件の収納の還付決定の番号（何件もあるなら受付番号）",
    ),
    RowRule(
        Code.PAYOUT_UNKNOWN,
        "受付番号",
        pl.col(DraftPayout.FALLS_ON).is_null(),
        pl.col(StatedPayout.STATED_NO),
        "台帳にある受付番号",
    ),
    RowRule(
        Code.PAYOUT_DIFFERS,
        "決定番号",
        _IS_NEW & ~_HAS_NO_DECISION_NO & (_plain(StatedPayout.DECISION_NO) != _plain(_DECIDED_NO)),
        pl.col(StatedPayout.DECISION_NO),
        pl.format("{}（受付{}の還付決定）", _DECIDED_NO, Ruled.PAYMENT_NO),
    ),
    RowRule(
        Code.NOT_IN_LIST,
        "区分",
        pl.col(StatedPayout.RULING).is_null(),
        pl.lit("意味のわからない値"),
        "支払済・返戻",
    ),
    RowRule(Code.RULING_INCOMPLETE, "支払番号", _NEEDS_NUMBER & _HAS_NO_NUMBER, pl.lit("空欄"), "支払番号"),
    RowRule(
        Code.PAYOUT_DIFFERS,
        "金額",
        ~_IS_NEW & (pl.col(_RECORDED_YEN) != _YEN),
        _YEN_TEXT,
        pl.format("{}円（同じ日・同じ番号で記録済）", yen_text(_RECORDED_YEN)),
    ),
    RowRule(
        Code.FUTURE_DATE,
        "支払日",
        pl.col(StatedPayout.DONE_ON) > pl.col(_NIGHT),
        pl.col(StatedPayout.DONE_ON),
        pl.format("{} までの日付", _NIGHT),
    ),
    RowRule(Code.PAYOUT_UNFIT, "区分", _IS_NEW & pl.col(_REASON).is_not_null(), pl.col(_REASON)),
    RowRule(
        Code.PAYOUT_DIFFERS,
        "支払番号",
        _IS_NEW & _IS_BACK & ~_HAS_NO_NUMBER & (pl.col(StatedPayout.NUMBER) != pl.col(DraftPayout.STOOD_NUMBER)),
        pl.col(StatedPayout.NUMBER),
        pl.format("{}（戻った支払の番号）", DraftPayout.STOOD_NUMBER),
    ),
    RowRule(
        Code.PAYOUT_DIFFERS,
        "金額",
        _IS_NEW & (_YEN != _NOW_YEN),
        _YEN_TEXT,
        pl.format("{}円（{}の額）", yen_text(_NOW_YEN), _PLACE),
    ),
    RowRule(Code.PAYOUT_TWICE, "受付番号", _IS_NEW & (pl.col(_TWICE) > 1), pl.col(Ruled.PAYMENT_NO), "一行"),
)
"""支払の行の規則, in order."""


def judge_stated(rows: pl.DataFrame, known: KnownPayouts, night: date, file: str) -> JudgedRows:
    """支払の行を調べる: rows as of `with_payments`, against the ledger on a night."""
    on_step = [StatedPayout.RULING, StatedPayout.DONE_ON, StatedPayout.NUMBER]
    recorded = known.recorded.group_by(RecordedStep.PAYMENT_NO, *on_step).agg(
        pl.col(RecordedStep.MOVED_YEN).last().alias(_RECORDED_YEN), pl.lit(True).alias(_RECORDED)
    )
    decided = known.decided.select(Ruled.PAYMENT_NO, pl.col(Payout.NUMBER).alias(_DECIDED_NO))
    keys = ([Ruled.PAYMENT_NO], [Ruled.PAYMENT_NO], [Ruled.PAYMENT_NO, *on_step])
    for beside, key in zip((known.drafts, decided, recorded), keys, strict=True):
        rows = rows.join(beside, on=key, how="left", validate="m:1", maintain_order="left")
    rows = rows.with_columns(
        pl.col(_RECORDED).fill_null(False),
        pl.coalesce(_RECORDED_YEN, _NOW_YEN).alias(_RECORDED_YEN),
        pl.lit(night).alias(_NIGHT),
    )
    rows = rows.with_columns(
        hindrances(rows).alias(_REASON), _IS_NEW.sum().over(Ruled.PAYMENT_NO, StatedPayout.RULING).alias(_TWICE)
    )
    return judge_rows(rows, _RULES, ~_IS_NEW, (file, StatedPayout.RECORD_NO, "件目"))
