"""Steps of payouts in a book (ブックに書かれた還付の一歩): what people write in 過誤納整理簿, row by row.

Pure. Refused, row by row: a row that no longer agrees with the ledger, a step that cannot follow the present state, a
day, a number or 加算金 that is missing, unreadable or of no use to the step, a row without a reason or a name.
"""

import re
from datetime import date

import polars as pl

from elqr.arithmetic.wareki import parse_wareki
from elqr.rules.payouts import hindrances, may_follow
from elqr.rules.row_rules import JudgedRows, RowRule, is_blank, judge_rows
from elqr.vocabulary.codes import Code
from elqr.vocabulary.ruling_frames import DraftStep
from elqr.vocabulary.ruling_terms import FOLLOWS, NUMBERED, Ruling

STEP, DONE, NUMBER, INTEREST, PAYEE = "一歩", "日付", "番号", "決めた加算金", "別の還付先の宛名番号"
REASON, STAFF = "一歩の理由", "担当"
"""記入欄: the columns in which people write."""

STEPS = tuple(FOLLOWS)
"""ブックに書ける一歩."""

_STEP_OF_LABEL = {step.label: step.value for step in STEPS}
_HINDRANCE = "hindrance"
_IS_SAME = pl.col(DraftStep.WAITING_IS_SAME).fill_null(False)
_DAY = re.compile(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})")
_YEN_TEXT = r"^([0-9]{1,12}|[0-9]{1,3}(,[0-9]{3}){1,3})円?$"


def steps_after(standing: Ruling) -> tuple[Ruling, ...]:
    """今の状態の次の一歩: the steps that may follow a ruling."""
    return tuple(step for step, before in FOLLOWS.items() if standing in before)


def read_entries(rows: pl.DataFrame) -> pl.DataFrame:
    """書かれたものを読む: the step, the day and the yen of rows of frame DraftStep's columns `…_said`."""
    days = [_day_of(text) for text in rows[DraftStep.DONE_SAID].to_list()]
    yen = pl.col(DraftStep.INTEREST_SAID).str.normalize("NFKC").str.replace_all(r"[\s\\¥]", "")
    digits = pl.when(yen.str.contains(_YEN_TEXT)).then(yen.str.replace_all("[,円]", "")).cast(pl.Int64)
    return rows.with_columns(
        pl.col(DraftStep.STEP_SAID)
        .replace_strict(_STEP_OF_LABEL, default=None, return_dtype=pl.String)
        .alias(DraftStep.STEP),
        pl.Series(DraftStep.DONE_ON, days, dtype=pl.Date),
        pl.when(yen == "").then(0).otherwise(digits).alias(DraftStep.INTEREST_YEN),
    )


def _day_of(text: str) -> date | None:
    """日付: a day as a cell of a book has it, or as people write it (2026/11/20, 令和8年11月20日)."""
    parts = _DAY.fullmatch(text.partition("T")[0])
    try:
        return date(*map(int, parts.groups())) if parts else parse_wareki(text)
    except ValueError:
        return None


def judge_steps(rows: pl.DataFrame, night: date, file: str) -> JudgedRows:
    """一歩を調べる: rows of frame DraftStep → those that can be requested on a night, and why the others cannot."""
    hindered = rows.with_columns(hindrances(rows).alias(_HINDRANCE))
    place = (file, DraftStep.LINE_NO, "行目")
    return judge_rows(hindered, _rules(night), _IS_SAME, place, pl.col(DraftStep.IS_DONE))


def _is_any(steps: tuple[Ruling, ...]) -> pl.Expr:
    return pl.col(DraftStep.STEP).is_in([step.value for step in steps])


def _rules(night: date) -> tuple[RowRule, ...]:
    """一歩の規則, in order: the first broken rule refuses the row."""
    step, written, blank = pl.col(DraftStep.STEP), pl.col(DraftStep.STEP_SAID), pl.lit("空欄")
    allowed = {standing.value: "・".join(step.label for step in steps_after(standing)) or "なし" for standing in Ruling}
    next_steps = pl.col(DraftStep.STANDING).replace_strict(allowed, default="なし（要確認で先に決めます）")
    is_number_needed, is_decision = _is_any(NUMBERED), _is_any((Ruling.REFUND_DECIDED,))
    lacking, unfit = Code.RULING_INCOMPLETE, Code.RULING_UNFIT
    follows = may_follow(DraftStep.STEP, DraftStep.STANDING)
    done_on, interest, payee = (pl.col(n) for n in (DraftStep.DONE_SAID, DraftStep.INTEREST_SAID, DraftStep.PAYEE_REF))
    only_decided = f"空欄（{Ruling.REFUND_DECIDED.label}にだけ書きます）"
    return (
        RowRule(Code.ROW_UNKNOWN, "行の識別", pl.col(DraftStep.PAYMENT_NO).is_null(), pl.col(DraftStep.IDENTITY)),
        RowRule(
            Code.ROW_STALE,
            "行の照合値",
            pl.col(DraftStep.ROW_MARK).ne_missing(pl.col(DraftStep.ROW_MARK_NOW)),
            pl.col(DraftStep.STATE_NOW),
        ),
        RowRule(Code.ROW_ALTERED, "", pl.col(DraftStep.ALTERED) != "", pl.col(DraftStep.ALTERED)),
        RowRule(Code.FORMULA, "", pl.col(DraftStep.FORMULA) != "", pl.col(DraftStep.FORMULA), "文字・数・日付"),
        RowRule(Code.RULING_UNKNOWN, STEP, step.is_null(), written, next_steps),
        RowRule(unfit, STEP, ~follows, written, next_steps),
        RowRule(lacking, DONE, is_blank(DraftStep.DONE_SAID), blank, "一歩の日付"),
        RowRule(unfit, DONE, pl.col(DraftStep.DONE_ON).is_null(), done_on, "日付（2026/11/20 など）"),
        RowRule(unfit, DONE, pl.col(DraftStep.DONE_ON) > night, done_on, f"{night} まで（先の日付は書けません）"),
        RowRule(lacking, NUMBER, is_number_needed & is_blank(DraftStep.NUMBER), blank, "決定番号・伝票番号など"),
        RowRule(lacking, INTEREST, is_decision & is_blank(DraftStep.INTEREST_SAID), blank, "加算金の額（なければ 0）"),
        RowRule(unfit, INTEREST, pl.col(DraftStep.INTEREST_YEN).is_null(), interest, "円の額（1200 など）"),
        RowRule(unfit, INTEREST, ~is_decision & ~is_blank(DraftStep.INTEREST_SAID), interest, only_decided),
        RowRule(unfit, PAYEE, ~is_decision & ~is_blank(DraftStep.PAYEE_REF), payee, only_decided),
        RowRule(lacking, REASON, is_blank(DraftStep.REASON), blank, "理由"),
        RowRule(lacking, STAFF, is_blank(DraftStep.STAFF), blank, "決めた人の名前"),
        RowRule(unfit, STEP, pl.col(_HINDRANCE).is_not_null(), pl.col(_HINDRANCE)),
        RowRule(
            Code.RULING_WAITING,
            STEP,
            pl.col(DraftStep.WAITING_REVIEW_NO).is_not_null() & ~_IS_SAME,
            pl.format("申請{}の「{}」", DraftStep.WAITING_REVIEW_NO, DraftStep.WAITING_SAID),
        ),
    )
