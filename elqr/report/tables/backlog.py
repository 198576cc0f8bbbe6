"""The backlog (要確認の残): sums of all that waits, whether it is listed or not, and what a list leaves out.

A night lists what it brought and the oldest of what was there before, up to a limit: a list of everything would cost
every morning what has heaped up over months. Sums are always of everything.
"""

from datetime import date

import polars as pl

from elqr.report.tables import night as shape
from elqr.rules.register import Register
from elqr.vocabulary.page_frames import Waiting
from elqr.vocabulary.terms import Outcome


def waiting_of(rows: pl.DataFrame) -> pl.DataFrame:
    """要確認の合計 of rows of the ledger's review query; frame Waiting."""
    sums = rows.group_by(Waiting.KEYS).agg(pl.len().alias(Waiting.COUNT), pl.col(Waiting.SUSPENSE_YEN).sum())
    return Waiting.of(sums)


def open_only(waiting: pl.DataFrame) -> pl.DataFrame:
    """未処理の要確認だけ: rows that nobody has decided."""
    return waiting.filter(Waiting.IS_OPEN)


def aged(waiting: pl.DataFrame, register: Register, night: date) -> pl.DataFrame:
    """経過日数の表のもと: 理由, 所管課, 経過日数, 件数, 仮受額 of what is open."""
    rows = shape.with_procedure(open_only(waiting), register)
    return rows.select(
        shape.labels_of(Waiting.OUTCOME, Outcome).alias("理由"),
        shape.department(register).alias("所管課"),
        (pl.lit(night) - pl.col(Waiting.PAID_ON)).dt.total_days().alias("経過日数"),
        pl.col(Waiting.COUNT).alias("件数"),
        pl.col(Waiting.SUSPENSE_YEN).alias("仮受額"),
    )


def left_out(listed: int, waiting: pl.DataFrame) -> str:
    """載せていないもの in words; empty where all that is open is listed."""
    count = int(open_only(waiting)[Waiting.COUNT].sum())
    if listed >= count:
        return ""
    return (
        f"要確認は全部で{count:,}件あるので、今夜のものと、受付の古いものだけを載せました。"
        "残りは elqr review export で書き出せます。"
    )
