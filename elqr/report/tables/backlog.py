"""The backlog (要確認の残): sums of all waiting exceptions, listed or not, and a note about those that are not listed.

A night lists its own exceptions and the oldest of the earlier ones, up to a limit. If everything were listed, every
morning would pay for months of backlog. The sums always cover everything.
"""

from datetime import date

import polars as pl

from elqr.report.tables import night as shape
from elqr.rules.register import Register
from elqr.vocabulary.page_frames import Waiting
from elqr.vocabulary.terms import Outcome


def waiting_of(rows: pl.DataFrame) -> pl.DataFrame:
    """要確認の合計: frame Waiting, summed from rows of the ledger's review query."""
    sums = rows.group_by(Waiting.KEYS).agg(pl.len().alias(Waiting.COUNT), pl.col(Waiting.SUSPENSE_YEN).sum())
    return Waiting.of(sums)


def open_only(waiting: pl.DataFrame) -> pl.DataFrame:
    """未処理の要確認だけ: the rows that nobody has decided; frame Waiting."""
    return waiting.filter(Waiting.IS_OPEN)


def open_ages(waiting: pl.DataFrame, register: Register, night: date) -> pl.DataFrame:
    """経過日数の表のもと: 理由, 所管課, 経過日数, 件数 and 仮受額 of the open rows of frame Waiting."""
    rows = shape.with_procedure(open_only(waiting), register)
    return rows.select(
        shape.labels_of(Waiting.OUTCOME, Outcome).alias("理由"),
        shape.department(register).alias("所管課"),
        (pl.lit(night) - pl.col(Waiting.PAID_ON)).dt.total_days().alias("経過日数"),
        pl.col(Waiting.COUNT).alias("件数"),
        pl.col(Waiting.SUSPENSE_YEN).alias("仮受額"),
    )


def left_out_note(listed: int, waiting: pl.DataFrame) -> str:
    """載せていないもの in words; empty if every open exception is listed."""
    count = int(open_only(waiting)[Waiting.COUNT].sum())
    if listed >= count:
        return ""
    return (
        f"要確認は全部で{count:,}件あるので、今夜のものと、受付の古いものだけを載せました。"
        "残りは elqr review export で書き出せます。"
    )
