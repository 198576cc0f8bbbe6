"""The table of what may have to be paid back (過誤納候補)."""

import polars as pl

from elqr.report.tables.night import department, flag_names, installment_name, labels_of, procedure_name, table_of
from elqr.report.tables.table import Style, Table
from elqr.rules.register import Register
from elqr.vocabulary.claim_terms import TO_PAY_BACK
from elqr.vocabulary.report_frames import EarlierPayment, ExceptionRow
from elqr.vocabulary.terms import LEFT_CLAIM, Channel, Outcome, Ruling


def refund_table(exceptions: pl.DataFrame, awaiting: pl.DataFrame, others: pl.DataFrame, register: Register) -> Table:
    """過誤納候補: second payments and overpayments that wait for 還付 or 充当, and payments ruled to be paid out.

    `exceptions` and `awaiting` are frame ExceptionRow, `others` the earlier payments that they name (frame
    EarlierPayment).
    """
    kinds = (*TO_PAY_BACK, Outcome.NOTICE_CANCELLED, Outcome.REASSIGNED)
    flags = pl.col(ExceptionRow.FLAGS).str.split(",")
    has_left_claim = pl.any_horizontal(flags.list.contains(flag.value) for flag in LEFT_CLAIM)
    is_held = pl.col(ExceptionRow.SUSPENSE_YEN) > 0
    is_kind = pl.col(ExceptionRow.OUTCOME).is_in([*map(str, kinds)]) | (has_left_claim & is_held)
    rows = pl.concat([exceptions.filter(is_kind), awaiting])
    earlier_payments = others.select(
        pl.col(EarlierPayment.PAYMENT_NO).alias(ExceptionRow.OTHER_PAYMENT_NO),
        labels_of(EarlierPayment.CHANNEL, Channel).alias("other_channel"),
        pl.col(EarlierPayment.PAID_ON).alias("other_paid_on"),
    )
    rows = rows.join(earlier_payments, on=ExceptionRow.OTHER_PAYMENT_NO, how="left", maintain_order="left")
    return table_of(
        "過誤納候補",
        "二重納付・過納・取消済納付書・減額・決裁の取消・組替で調定から外れた収納と、返すと決裁した収納。仮受額が還付または充当の候補です。",
        rows,
        {
            "受付番号": (pl.col(ExceptionRow.PAYMENT_NO), Style.COUNT),
            "区分": (labels_of(ExceptionRow.OUTCOME, Outcome), Style.TEXT),
            "決裁": (labels_of(ExceptionRow.RULING, Ruling), Style.TEXT),
            "所管課": (department(register), Style.TEXT),
            "手続": (procedure_name(register), Style.TEXT),
            "賦課年度": (pl.col(ExceptionRow.LEVY_YEAR), Style.TEXT),
            "通知書番号": (pl.col(ExceptionRow.BILL_NO), Style.DIGITS),
            "期別": (installment_name(), Style.TEXT),
            "宛名番号": (pl.col(ExceptionRow.PAYER_REF), Style.DIGITS),
            "領収日": (pl.col(ExceptionRow.PAID_ON), Style.DATE),
            "チャネル": (labels_of(ExceptionRow.CHANNEL, Channel), Style.TEXT),
            "領収額": (pl.col(ExceptionRow.PAID_YEN), Style.YEN),
            "還付・充当候補額": (pl.col(ExceptionRow.SUSPENSE_YEN), Style.YEN),
            "付記": (flag_names(), Style.TEXT),
            "先の収納のチャネル": (pl.col("other_channel"), Style.TEXT),
            "先の領収日": (pl.col("other_paid_on"), Style.DATE),
        },
        ("領収額", "還付・充当候補額"),
    )
