"""The tables of money (払込突合の帳票): what was due, what came, what differs and since when, down to the payment."""

from datetime import date

import polars as pl

from elqr.report.tables.ledger_rows import STANDING, Money, Standing
from elqr.report.tables.night import labels_of, table_of
from elqr.report.tables.table import Style, Table
from elqr.vocabulary.frames import Column, Frame
from elqr.vocabulary.money_frames import Deposit, Gap, Settled, SettledPayment
from elqr.vocabulary.terms import Channel, DepositKind, Outcome, SettlementOutcome, StageGap

_NO_DIFFERENCE = [SettlementOutcome.AWAITED.value, SettlementOutcome.OUTSIDE.value]
_TOTALS = ("収納件数", "収納額", "手数料", "入金額")


def difference() -> pl.Expr:
    """差額: the money less what the payments should bring after the fee; null while it is awaited or not compared."""
    owed = pl.col(Settled.PAYMENT_YEN) - pl.col(Settled.FEE_YEN)
    return pl.when(~pl.col(Settled.OUTCOME).is_in(_NO_DIFFERENCE)).then(pl.col(Settled.MONEY_YEN) - owed)


def age(day: str, night: date) -> pl.Expr:
    """経過日数 since a day."""
    return (pl.lit(night) - pl.col(day)).dt.total_days()


def settlement_table(money: Money, night: date) -> Table:
    """払込突合表: the open lines, those that were settled tonight, and the sums of earlier nights."""
    order = {standing.value: number for number, standing in enumerate(Standing)}
    rows = money.lines.with_columns(pl.col(STANDING).replace_strict(order, return_dtype=pl.Int64).alias("order"))
    rows = rows.sort("order", Settled.FROM_ON, Settled.CONTRACT, Settled.OUTCOME, Settled.LINE_NO)
    return table_of(
        "払込突合表",
        "確報の額（収納額）と入金の突合。契約と資金化日ごと。差額は、入金額から収納額と手数料の差を引いた額です。",
        rows,
        {
            "契約": (_contract(), Style.TEXT),
            "突合結果": (labels_of(Settled.OUTCOME, SettlementOutcome), Style.TEXT),
            "状態": (labels_of(STANDING, Standing), Style.TEXT),
            "資金化日": (pl.col(Settled.FROM_ON), Style.DATE),
            "資金化日（至）": (pl.col(Settled.UNTIL_ON), Style.DATE),
            "経過日数": (
                pl.when(pl.col(STANDING) == Standing.OPEN.value).then(age(Settled.FROM_ON, night)),
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


class _Detail(Frame):
    """内訳の行: a payment or a deposit in a line that does not agree. `side` says which of them."""

    CONTRACT = Settled.CONTRACT
    SETTLED_AS = Column("settled_as", pl.String)
    FROM_ON = Settled.FROM_ON
    SIDE = Column("side", pl.String)
    NUMBER = Column("number", pl.Int64)
    FILE_NAME = SettledPayment.FILE_NAME
    RECORD_NO = SettledPayment.RECORD_NO
    CHANNEL = SettledPayment.CHANNEL
    DAY_ON = Column("day_on", pl.Date)
    YEN = Column("yen", pl.Int64)
    IS_DIFFERENCE = Column("is_difference", pl.Boolean)
    OUTCOME = SettledPayment.OUTCOME
    WHO = Column("who", pl.String)
    KEY_DIGITS = SettledPayment.KEY_DIGITS


def detail_table(money: Money) -> Table:
    """払込突合の内訳: payments and deposits of each line that does not agree; ○ marks yen equal to the difference."""
    differs = pl.col(Settled.OUTCOME) == SettlementOutcome.DIFFERS.value
    lines = money.open_lines.select(
        Settled.LINE_NO, Settled.CONTRACT, pl.col(Settled.OUTCOME).alias(_Detail.SETTLED_AS), Settled.FROM_ON,
        pl.when(differs).then(difference().abs()).alias("difference"),
    )  # fmt: skip
    paid_yen = pl.col(SettledPayment.PAID_YEN)
    payments = money.payments.join(lines, on=Settled.LINE_NO, maintain_order="left").with_columns(
        pl.lit("収納").alias(_Detail.SIDE),
        pl.col(SettledPayment.PAYMENT_NO).alias(_Detail.NUMBER),
        pl.col(SettledPayment.PAID_ON).alias(_Detail.DAY_ON),
        paid_yen.alias(_Detail.YEN),
        (paid_yen == pl.col("difference")).alias(_Detail.IS_DIFFERENCE),
        labels_of(SettledPayment.OUTCOME, Outcome).alias(_Detail.OUTCOME),
        pl.lit(None).alias(_Detail.WHO),
    )
    is_cancelled, yen = pl.col(Deposit.KIND) == DepositKind.CANCELLED.value, pl.col(Deposit.YEN)
    deposits = money.deposits.join(lines, on=Settled.LINE_NO, maintain_order="left").with_columns(
        labels_of(Deposit.KIND, DepositKind).alias(_Detail.SIDE),
        pl.col(Deposit.DEPOSIT_NO).alias(_Detail.NUMBER),
        pl.col(Deposit.BOOKED_ON).alias(_Detail.DAY_ON),
        pl.when(is_cancelled).then(-yen).otherwise(yen).alias(_Detail.YEN),
        (yen.abs() == pl.col("difference")).alias(_Detail.IS_DIFFERENCE),
        pl.col(Deposit.SENDER).alias(_Detail.WHO),
        *(pl.lit(None).alias(name) for name in (_Detail.CHANNEL, _Detail.OUTCOME, _Detail.KEY_DIGITS)),
    )
    rows = pl.concat([_Detail.of(payments), _Detail.of(deposits)]).sort(
        _Detail.FROM_ON, _Detail.CONTRACT, _Detail.SIDE, _Detail.IS_DIFFERENCE, _Detail.NUMBER,
        descending=[False, False, True, True, False],
    )  # fmt: skip
    return table_of(
        "払込突合の内訳",
        "突合で合わない行の収納と入金の一件ごと。差額と同じ額に○。収納が1万件を超える行は、○のものだけです。",
        rows,
        {
            "契約": (_contract(), Style.TEXT),
            "突合結果": (labels_of(_Detail.SETTLED_AS, SettlementOutcome), Style.TEXT),
            "資金化日": (pl.col(_Detail.FROM_ON), Style.DATE),
            "区分": (pl.col(_Detail.SIDE), Style.TEXT),
            "番号": (pl.col(_Detail.NUMBER).cast(pl.String), Style.TEXT),
            "ファイル": (pl.col(_Detail.FILE_NAME), Style.TEXT),
            "記録": (pl.col(_Detail.RECORD_NO), Style.COUNT),
            "チャネル": (labels_of(_Detail.CHANNEL, Channel), Style.TEXT),
            "領収日・勘定日": (pl.col(_Detail.DAY_ON), Style.DATE),
            "金額": (pl.col(_Detail.YEN), Style.YEN),
            "差額と同額": (pl.when(_Detail.IS_DIFFERENCE).then(pl.lit("○")), Style.TEXT),
            "消込結果": (pl.col(_Detail.OUTCOME), Style.TEXT),
            "振込依頼人": (pl.col(_Detail.WHO), Style.TEXT),
            "照会キー": (pl.col(_Detail.KEY_DIGITS), Style.DIGITS),
        },
        (),
    )


def stage_table(money: Money, night: date) -> Table:
    """速報確報突合: each 速報 whose 確報 is overdue, and each of tonight's 確報 that no 速報 announced."""
    return table_of(
        "速報確報突合",
        "期限までに確報の届かない速報と、速報を送る契約で速報のなかった今夜の確報。",
        money.gaps,
        {
            "区分": (labels_of(Gap.GAP, StageGap), Style.TEXT),
            "契約": (_contract(), Style.TEXT),
            "受付番号": (pl.col(Gap.PAYMENT_NO).cast(pl.String), Style.TEXT),
            "ファイル": (pl.col(Gap.FILE_NAME), Style.TEXT),
            "記録": (pl.col(Gap.RECORD_NO), Style.COUNT),
            "チャネル": (labels_of(Gap.CHANNEL, Channel), Style.TEXT),
            "領収日": (pl.col(Gap.PAID_ON), Style.DATE),
            "経過日数": (age(Gap.PAID_ON, night), Style.COUNT),
            "領収額": (pl.col(Gap.PAID_YEN), Style.YEN),
            "照会キー": (pl.col(Gap.KEY_DIGITS), Style.DIGITS),
        },
        ("領収額",),
    )
