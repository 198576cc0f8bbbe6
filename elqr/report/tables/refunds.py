"""The table of what may have to be paid back (過誤納候補)."""

import polars as pl

from elqr.report.tables.night import department, flag_names, installment_name, procedure_name, shown, table_of
from elqr.report.tables.table import Style, Table
from elqr.rules.register import Register
from elqr.vocabulary.terms import LEFT_CLAIM, Channel, Outcome, Ruling


def refund_table(exceptions: pl.DataFrame, awaiting: pl.DataFrame, others: pl.DataFrame, register: Register) -> Table:
    """過誤納候補: second payments and overpayments that wait for 還付 or 充当, and what was decided to be paid out."""
    kinds = (Outcome.ALREADY_SETTLED, Outcome.OVERPAID, Outcome.NOTICE_CANCELLED, Outcome.REDUCED)
    had_stood = pl.any_horizontal(pl.col("flags").str.split(",").list.contains(flag.value) for flag in LEFT_CLAIM)
    is_kind = pl.col("outcome").is_in([*map(str, kinds)]) | (had_stood & (pl.col("suspense_yen") > 0))
    rows = pl.concat([exceptions.filter(is_kind), awaiting])
    before = others.select(
        pl.col("payment_no").alias("other_payment_no"),
        shown("channel", Channel).alias("other_channel"),
        pl.col("paid_on").alias("other_paid_on"),
    )
    rows = rows.join(before, on="other_payment_no", how="left", maintain_order="left")
    return table_of(
        "過誤納候補",
        "二重納付・過納・取消済納付書・減額や決裁の取消による過納の収納と、返すと決裁した収納。仮受額が還付または充当の候補です。",
        rows,
        {
            "受付番号": (pl.col("payment_no"), Style.COUNT),
            "区分": (shown("outcome", Outcome), Style.TEXT),
            "決裁": (shown("ruling", Ruling), Style.TEXT),
            "所管課": (department(register), Style.TEXT),
            "手続": (procedure_name(register), Style.TEXT),
            "賦課年度": (pl.col("levy_year"), Style.TEXT),
            "通知書番号": (pl.col("bill_no"), Style.DIGITS),
            "期別": (installment_name(), Style.TEXT),
            "宛名番号": (pl.col("payer_ref"), Style.DIGITS),
            "領収日": (pl.col("paid_on"), Style.DATE),
            "チャネル": (shown("channel", Channel), Style.TEXT),
            "領収額": (pl.col("paid_yen"), Style.YEN),
            "還付・充当候補額": (pl.col("suspense_yen"), Style.YEN),
            "付記": (flag_names(), Style.TEXT),
            "先の収納のチャネル": (pl.col("other_channel"), Style.TEXT),
            "先の領収日": (pl.col("other_paid_on"), Style.DATE),
        },
        ("領収額", "還付・充当候補額"),
    )
