"""The check of places (行き先の確認): every record ends in exactly one place; the places add up in count and yen.

Read = posted + exception + pending + not collected + cancelled + already posted + rejected, for the night and for each
file, channel and procedure × fiscal year.
"""

import polars as pl

from elqr.arithmetic.fiscal_year import fiscal_year_expr
from elqr.report.tables.night import labels_of, procedure_name, table_of
from elqr.report.tables.table import Style, Table
from elqr.rules.register import Register
from elqr.vocabulary.report_frames import DecidedPayment, PlacedRecord
from elqr.vocabulary.terms import Channel, Place

_KINDS = {"夜": "night", "ファイル": PlacedRecord.FILE_NAME, "チャネル": PlacedRecord.CHANNEL, "手続×年度": "procedure"}
_NOTE = "受信＝収納＋要確認＋速報＋振替不能＋取消＋計上済＋受付拒否。件数と金額の両方で確かめています。"


def records(decisions: pl.DataFrame, redelivered: pl.DataFrame) -> pl.DataFrame:
    """読んだ記録: frame PlacedRecord, one row for each decision (frame DecidedPayment).

    Records of files that were delivered again whole have one row for each group (frame RedeliveredSum).
    """
    one_record, yen = pl.lit(1, dtype=pl.Int64), pl.col(DecidedPayment.PAID_YEN)
    decided_rows = decisions.with_columns(one_record.alias(PlacedRecord.COUNT), yen.alias(PlacedRecord.YEN))
    redelivered_rows = redelivered.with_columns(pl.lit(Place.ALREADY_POSTED.value).alias(PlacedRecord.PLACE))
    return pl.concat([decided_rows.select(*PlacedRecord.SCHEMA), redelivered_rows.select(*PlacedRecord.SCHEMA)])


def places_table(read: pl.DataFrame, register: Register) -> Table:
    """行き先の確認: one row for the night and for each file, channel and procedure × fiscal year."""
    year = fiscal_year_expr(pl.col(PlacedRecord.PAID_ON)).cast(pl.String)
    labelled = read.with_columns(
        pl.lit("全体").alias("night"),
        labels_of(PlacedRecord.CHANNEL, Channel).alias(PlacedRecord.CHANNEL),
        pl.concat_str(procedure_name(register), pl.lit(" "), year, pl.lit("年度")).alias("procedure"),
    )
    sums = pl.concat([_sums(labelled, kind, column) for kind, column in _KINDS.items()])
    count = pl.sum_horizontal(pl.col(f"{place.value}_count") for place in Place)
    yen = pl.sum_horizontal(pl.col(f"{place.value}_yen") for place in Place)
    adds_up = (pl.col(PlacedRecord.COUNT) == count) & (pl.col(PlacedRecord.YEN) == yen)
    assert sums.select(adds_up.all()).item(), "every record read has exactly one place"
    columns: dict[str, tuple[pl.Expr, Style]] = {
        "区分": (pl.col("of"), Style.TEXT),
        "対象": (pl.col("what"), Style.TEXT),
        "受信件数": (pl.col(PlacedRecord.COUNT), Style.COUNT),
        "受信金額": (pl.col(PlacedRecord.YEN), Style.YEN),
    }
    for place in Place:
        columns[f"{place.label}件数"] = (pl.col(f"{place.value}_count"), Style.COUNT)
        columns[f"{place.label}金額"] = (pl.col(f"{place.value}_yen"), Style.YEN)
    columns["一致"] = (pl.when(adds_up).then(pl.lit("○")).otherwise(pl.lit("×")), Style.TEXT)
    return table_of("行き先の確認", _NOTE, sums, columns, ())


def _sums(labelled: pl.DataFrame, kind: str, column: str) -> pl.DataFrame:
    """The rows of one kind: count and yen of what was read, and of each place."""
    place_sums = [
        pl.col(name).filter(pl.col(PlacedRecord.PLACE) == place.value).sum().alias(f"{place.value}_{name}")
        for place in Place
        for name in (PlacedRecord.COUNT, PlacedRecord.YEN)
    ]
    totals = pl.col(PlacedRecord.COUNT, PlacedRecord.YEN).sum()
    sums = labelled.group_by(pl.col(column).alias("what")).agg(totals, *place_sums)
    return sums.sort("what").select(pl.lit(kind).alias("of"), pl.all())
