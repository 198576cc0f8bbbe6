"""The table of retractions (取り消し一覧): requests that wait for a second person, and those that ended on the day."""

import polars as pl

from elqr.report.tables.night import labels_of, table_of
from elqr.report.tables.table import Style, Table
from elqr.vocabulary.report_frames import RetractionRecord
from elqr.vocabulary.ruling_terms import RetractionKind, RulingResult


def retraction_table(rows: pl.DataFrame) -> Table:
    """取り消し一覧 of the requests as of a night (frame RetractionRecord)."""
    return table_of(
        "取り消し一覧",
        "承認を待つ記録の取り消しと、前の夜の日から後に承認・却下されたもの。承認されるまで、記録は有効です。",
        rows,
        {
            "申請": (pl.col(RetractionRecord.RETRACTION_NO).cast(pl.String), Style.TEXT),
            "種別": (labels_of(RetractionRecord.KIND, RetractionKind), Style.TEXT),
            "取り消すもの": (pl.col(RetractionRecord.SUBJECT), Style.TEXT),
            "理由": (pl.col(RetractionRecord.REASON), Style.TEXT),
            "申請者": (pl.col(RetractionRecord.ASKED_BY), Style.TEXT),
            "申請日時": (pl.col(RetractionRecord.ASKED_AT).str.slice(0, 16).str.replace("T", " "), Style.TEXT),
            "結果": (labels_of(RetractionRecord.RESULT, RulingResult).fill_null("承認待ち"), Style.TEXT),
            "承認者": (pl.col(RetractionRecord.TAKEN_BY), Style.TEXT),
            "承認日時": (pl.col(RetractionRecord.TAKEN_AT).str.slice(0, 16).str.replace("T", " "), Style.TEXT),
            "申請した利用者と機械": (pl.col(RetractionRecord.ASKED_SEAT), Style.TEXT),
            "承認した利用者と機械": (pl.col(RetractionRecord.TAKEN_SEAT), Style.TEXT),
        },
        (),
    )
