"""The table of expected arrivals (到着予定表): what should have come, what came, and what is missing."""

import polars as pl

from elqr.report.tables.night import labels_of, table_of
from elqr.report.tables.table import Style, Table
from elqr.vocabulary.arrival_frames import Arriving
from elqr.vocabulary.terms import ArrivalState


def arrival_table(rows: pl.DataFrame) -> Table:
    """到着予定表 of frame Arriving: what is missing first, oldest first."""
    order = {state.value: number for number, state in enumerate(ArrivalState)}
    ordered = rows.with_columns(pl.col(Arriving.STATE).replace_strict(order, return_dtype=pl.Int64).alias("order"))
    return table_of(
        "到着予定表",
        "届くはずのファイルと、届いたもの。未着・不足・順序外は、届くか、ジョブで来ないとするまで毎朝出ます。",
        ordered.sort("order", Arriving.DUE_ON, Arriving.NAME, maintain_order=True),
        {
            "到着予定": (pl.col(Arriving.NAME), Style.TEXT),
            "状況": (labels_of(Arriving.STATE, ArrivalState), Style.TEXT),
            "予定日": (pl.col(Arriving.DUE_ON), Style.DATE),
            "期限": (pl.col(Arriving.LIMIT_ON), Style.DATE),
            "予定数": (pl.col(Arriving.COUNT), Style.COUNT),
            "届いた数": (pl.col(Arriving.ARRIVED), Style.COUNT),
            "届いた夜": (pl.col(Arriving.ARRIVED_ON), Style.DATE),
            "ファイル": (pl.col(Arriving.FILES), Style.TEXT),
        },
        (),
    )
