"""The table of 操作記録: what people did at the desk, one line each, oldest first."""

import polars as pl

from elqr.report.tables.night import labels_of, table_of
from elqr.report.tables.table import Style, Table
from elqr.vocabulary.desk_frames import DeskRecord
from elqr.vocabulary.staff import Deed


def desk_record_table(rows: pl.DataFrame) -> Table:
    """操作記録 of frame DeskRecord."""
    return table_of(
        "操作記録",
        "窓口で、だれが、いつ、どこから、何をしたか。",
        rows,
        {
            "番号": (pl.col(DeskRecord.RECORD_NO), Style.COUNT),
            "時刻": (pl.col(DeskRecord.RECORDED_AT), Style.TEXT),
            "利用者": (pl.col(DeskRecord.LOGIN), Style.TEXT),
            "氏名": (pl.col(DeskRecord.PERSON), Style.TEXT),
            "アドレス": (pl.col(DeskRecord.ADDRESS), Style.TEXT),
            "操作": (labels_of(DeskRecord.DEED, Deed), Style.TEXT),
            "対象": (pl.col(DeskRecord.SUBJECT), Style.TEXT),
        },
        (),
    )
