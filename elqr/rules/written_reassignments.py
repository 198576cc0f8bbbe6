"""Written reassignments (書かれた組替): the rows of the sheet for 組替, compared with the ledger.

Pure. Refused, row by row: one without a payment, a reason or a name, a number that is none, the same payment twice, and
what cannot be reassigned. A row that was handed in before, and was not refused or undone, is counted.
"""

import polars as pl

from elqr.rules.reassignment import hindrances
from elqr.rules.row_rules import JudgedRows, RowRule, is_blank, judge_rows
from elqr.rules.rulings import STAFF, TARGET, TARGET_DIGITS
from elqr.vocabulary.codes import Code
from elqr.vocabulary.frames import Proposal
from elqr.vocabulary.ruling_frames import DraftReassignment, WrittenReassignment

PAYMENT, REASON = "受付番号", "組替の理由"
"""記入欄: the columns in which people write, with those of TARGET and STAFF."""

_CAUSE, _IS_REPEATED, _TIMES = "cause", "is_repeated", "times"
_IS_SAME = pl.col(_IS_REPEATED).fill_null(False)


_RULES = (
    RowRule(Code.FORMULA, "", ~is_blank(WrittenReassignment.FORMULA), pl.col(WrittenReassignment.FORMULA), "文字"),
    RowRule(
        Code.REASSIGNMENT_UNFIT,
        PAYMENT,
        pl.col(DraftReassignment.PAYMENT_NO).is_null(),
        pl.col(WrittenReassignment.PAYMENT_SAID).replace("", "空欄"),
        "受付番号の数字",
    ),
    RowRule(Code.RULING_INCOMPLETE, REASON, is_blank(WrittenReassignment.REASON), pl.lit("空欄"), "理由"),
    RowRule(Code.RULING_INCOMPLETE, STAFF, is_blank(WrittenReassignment.STAFF), pl.lit("空欄"), "決めた人の名前"),
    RowRule(
        Code.TARGET_UNKNOWN,
        TARGET,
        ~pl.col(WrittenReassignment.TARGET).str.contains(rf"^([0-9]{{{TARGET_DIGITS}}})?$"),
        pl.col(WrittenReassignment.TARGET),
        f"数字{TARGET_DIGITS}桁、または空欄（仮受へ）",
    ),
    RowRule(
        Code.REASSIGNMENT_UNFIT,
        PAYMENT,
        pl.col(_TIMES) > 1,
        pl.format("受付{}が {}行", DraftReassignment.PAYMENT_NO, _TIMES),
        "一つの収納に一行",
    ),
    RowRule(Code.REASSIGNMENT_UNFIT, "", pl.col(_CAUSE).is_not_null() & ~_IS_SAME, pl.col(_CAUSE)),
)


def payments_to_reassign(written: pl.DataFrame) -> pl.DataFrame:
    """組み替える収納: payment_no and target of each payment that the rows (with payment_no) name, one for each."""
    named = written.drop_nulls(DraftReassignment.PAYMENT_NO)
    return named.unique(DraftReassignment.PAYMENT_NO, keep="first", maintain_order=True).select(
        DraftReassignment.PAYMENT_NO, WrittenReassignment.TARGET
    )


def judge_reassignments(written: pl.DataFrame, drafts: pl.DataFrame, before: pl.DataFrame, file: str) -> JudgedRows:
    """組替の行を調べる: rows (frame WrittenReassignment, with payment_no), with the state of the ledger beside them.

    `drafts` is frame DraftReassignment of their payments, `before` frame Proposal of the 組替 of these that wait for
    approval or have effect.
    """
    entries = [Proposal.PAYMENT_NO, Proposal.NOTICE_NO, Proposal.REASON, Proposal.STAFF]
    repeated = before.select(entries).unique().with_columns(pl.lit(True).alias(_IS_REPEATED))
    drafts = drafts.with_columns(hindrances(drafts).alias(_CAUSE)).drop(DraftReassignment.TARGET)
    rows = written.with_columns(pl.len().over(DraftReassignment.PAYMENT_NO).alias(_TIMES))
    rows = rows.join(drafts, on=DraftReassignment.PAYMENT_NO, how="left", validate="m:1", maintain_order="left")
    rows = rows.join(repeated, on=entries, how="left", validate="m:1", nulls_equal=True, maintain_order="left")
    return judge_rows(rows, _RULES, _IS_SAME, (file, WrittenReassignment.LINE_NO, "行目"))
