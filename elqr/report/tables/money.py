"""The tables of money (払込突合の帳票): what was due, what came, what differs and since when, to the payment."""

from datetime import date

import polars as pl

from elqr.report.tables.ledger_rows import Money, Standing
from elqr.report.tables.night import shown, table_of
from elqr.report.tables.table import Style, Table
from elqr.vocabulary.money_frames import Deposit, Settled
from elqr.vocabulary.terms import Channel, DepositKind, Outcome, SettlementOutcome, StageGap

_NO_DIFFERENCE = [SettlementOutcome.AWAITED.value, SettlementOutcome.OUTSIDE.value]
_TOTALS = ("収納件数", "収納額", "手数料", "入金額")


def difference() -> pl.Expr:
    """差額: the money less what the payments should bring after the fee; none while it is awaited or not compared."""
    owed = pl.col(Settled.PAYMENT_YEN) - pl.col(Settled.FEE_YEN)
    return pl.when(~pl.col(Settled.OUTCOME).is_in(_NO_DIFFERENCE)).then(pl.col(Settled.MONEY_YEN) - owed)


def age(day: str, night: date) -> pl.Expr:
    """経過日数 since a day."""
    return (pl.lit(night) - pl.col(day)).dt.total_days()


def settlement_table(money: Money, night: date) -> Table:
    """払込突合表: every line that is open, those that were settled tonight, and the sums of earlier nights."""
    order = {standing.value: number for number, standing in enumerate(Standing)}
    rows = money.lines.with_columns(pl.col("standing").replace_strict(order, return_dtype=pl.Int64).alias("order"))
    rows = rows.sort("order", Settled.FROM_ON, Settled.CONTRACT, Settled.OUTCOME, Settled.LINE_NO)
    return table_of(
        "払込突合表",
        "確報の額（収納額）と入金の突合。契約と資金化日ごと。差額は、入金額から収納額と手数料の差を引いた額です。",
        rows,
        {
            "契約": (_contract(), Style.TEXT),
            "突合結果": (shown(Settled.OUTCOME, SettlementOutcome), Style.TEXT),
            "状態": (shown("standing", Standing), Style.TEXT),
            "資金化日": (pl.col(Settled.FROM_ON), Style.DATE),
            "資金化日（至）": (pl.col(Settled.UNTIL_ON), Style.DATE),
            "経過日数": (
                pl.when(pl.col("standing") == Standing.OPEN.value).then(age(Settled.FROM_ON, night)),
                Style.COUNT,
            ),
            "収納件数": (pl.col(Settled.PAYMENTS), Style.COUNT),
            "収納額": (pl.col(Settled.PAYMENT_YEN), Style.YEN),
            "手数料": (pl.col(Settled.FEE_YEN), Style.YEN),
            "入金額": (pl.col(Settled.MONEY_YEN), Style.YEN),
            "差額": (difference(), Style.YEN),
        },
        _TOTALS,
    )


def _contract() -> pl.Expr:
    name = pl.col(Settled.CONTRACT)
    return pl.when(name == "").then(pl.lit("（契約なし）")).otherwise(name)


_DETAIL = {
    "contract": pl.String,
    "settled_as": pl.String,
    "from_on": pl.Date,
    "side": pl.String,
    "number": pl.Int64,
    "file_name": pl.String,
    "record_no": pl.Int64,
    "channel": pl.String,
    "day_on": pl.Date,
    "yen": pl.Int64,
    "is_difference": pl.Boolean,
    "outcome": pl.String,
    "who": pl.String,
    "key_digits": pl.String,
}


def detail_table(money: Money) -> Table:
    """払込突合の内訳: payments and money behind every line that does not agree; what equals the difference is told."""
    differs = pl.col(Settled.OUTCOME) == SettlementOutcome.DIFFERS.value
    lines = money.open_lines.select(
        Settled.LINE_NO, Settled.CONTRACT, pl.col(Settled.OUTCOME).alias("settled_as"), Settled.FROM_ON,
        pl.when(differs).then(difference().abs()).alias("difference"),
    )  # fmt: skip
    is_difference = pl.col("yen").abs() == pl.col("difference")
    payments = money.payments.join(lines, on=Settled.LINE_NO, maintain_order="left").select(
        Settled.CONTRACT, "settled_as", Settled.FROM_ON, pl.lit("収納").alias("side"),
        pl.col("payment_no").alias("number"), "file_name", "record_no", "channel", pl.col("paid_on").alias("day_on"),
        pl.col("paid_yen").alias("yen"), (pl.col("paid_yen") == pl.col("difference")).alias("is_difference"),
        shown("outcome", Outcome).alias("outcome"), pl.lit(None, dtype=pl.String).alias("who"), "key_digits",
    )  # fmt: skip
    back = pl.col(Deposit.KIND) == DepositKind.CANCELLED.value
    deposits = (
        money.deposits.join(lines, on=Settled.LINE_NO, maintain_order="left")
        .with_columns(pl.when(back).then(-pl.col(Deposit.YEN)).otherwise(Deposit.YEN).alias(Deposit.YEN))
        .select(
            Settled.CONTRACT, "settled_as", Settled.FROM_ON, shown(Deposit.KIND, DepositKind).alias("side"),
            pl.col(Deposit.DEPOSIT_NO).alias("number"), "file_name", Deposit.RECORD_NO,
            pl.lit(None, dtype=pl.String).alias("channel"), pl.col(Deposit.BOOKED_ON).alias("day_on"), Deposit.YEN,
            is_difference.alias("is_difference"), pl.lit(None, dtype=pl.String).alias("outcome"),
            pl.col(Deposit.SENDER).alias("who"), pl.lit(None, dtype=pl.String).alias("key_digits"),
        )
    )  # fmt: skip
    rows = pl.concat([payments.cast(_DETAIL), deposits.cast(_DETAIL)])  # type: ignore[arg-type]
    rows = rows.sort(
        "from_on", "contract", "side", "is_difference", "number", descending=[False, False, True, True, False]
    )
    return table_of(
        "払込突合の内訳",
        "突合で合わない行の収納と入金の一件ごと。差額と同じ額に○。収納が1万件を超える行は、○のものだけです。",
        rows,
        {
            "契約": (_contract(), Style.TEXT),
            "突合結果": (shown("settled_as", SettlementOutcome), Style.TEXT),
            "資金化日": (pl.col("from_on"), Style.DATE),
            "区分": (pl.col("side"), Style.TEXT),
            "番号": (pl.col("number").cast(pl.String), Style.TEXT),
            "ファイル": (pl.col("file_name"), Style.TEXT),
            "記録": (pl.col("record_no"), Style.COUNT),
            "チャネル": (shown("channel", Channel), Style.TEXT),
            "領収日・勘定日": (pl.col("day_on"), Style.DATE),
            "金額": (pl.col("yen"), Style.YEN),
            "差額と同額": (pl.when("is_difference").then(pl.lit("○")), Style.TEXT),
            "消込結果": (pl.col("outcome"), Style.TEXT),
            "振込依頼人": (pl.col("who"), Style.TEXT),
            "照会キー": (pl.col("key_digits"), Style.DIGITS),
        },
        (),
    )


def stage_table(money: Money, night: date) -> Table:
    """速報確報突合: 速報 whose time is over, and tonight's 確報 that no 速報 announced, to the payment."""
    return table_of(
        "速報確報突合",
        "期限までに確報の届かない速報と、速報を送る契約で速報のなかった今夜の確報。",
        money.gaps,
        {
            "区分": (shown("gap", StageGap), Style.TEXT),
            "契約": (_contract(), Style.TEXT),
            "受付番号": (pl.col("payment_no").cast(pl.String), Style.TEXT),
            "ファイル": (pl.col("file_name"), Style.TEXT),
            "記録": (pl.col("record_no"), Style.COUNT),
            "チャネル": (shown("channel", Channel), Style.TEXT),
            "領収日": (pl.col("paid_on"), Style.DATE),
            "経過日数": (age("paid_on", night), Style.COUNT),
            "領収額": (pl.col("paid_yen"), Style.YEN),
            "照会キー": (pl.col("key_digits"), Style.DIGITS),
        },
        ("領収額",),
    )
