"""The table of what may have to be paid back (過誤納候補)."""

from datetime import date

import polars as pl

from elqr.report.tables.ledger_rows import Rows
from elqr.report.tables.night import department, flag_names, installment_name, labels_of, procedure_name, table_of
from elqr.report.tables.table import Style, Table
from elqr.rules.refund_terms import refund_terms
from elqr.rules.register import Register
from elqr.vocabulary.claim_terms import TO_PAY_BACK
from elqr.vocabulary.report_frames import EarlierPayment, ExceptionRow
from elqr.vocabulary.ruling_frames import Reduced, RefundCase, RefundTerm
from elqr.vocabulary.ruling_terms import Ruling
from elqr.vocabulary.terms import LEFT_CLAIM, Channel, Outcome


def refund_table(ledger: Rows, register: Register, night: date) -> Table:
    """過誤納候補: second payments and overpayments that wait for 還付 or 充当, and payments ruled to be paid out.

    Those ruled have the day and the number of their last step, and the 加算金 and the payee of their 還付決定. What is
    due besides is computed by the city's rules, up to the 還付決定 or the night.
    """
    kinds = (*TO_PAY_BACK, Outcome.NOTICE_CANCELLED, Outcome.REASSIGNED)
    flags = pl.col(ExceptionRow.FLAGS).str.split(",")
    has_left_claim = pl.any_horizontal(flags.list.contains(flag.value) for flag in LEFT_CLAIM)
    is_held = pl.col(ExceptionRow.SUSPENSE_YEN) > 0
    is_kind = pl.col(ExceptionRow.OUTCOME).is_in([*map(str, kinds)]) | (has_left_claim & is_held)
    rows = pl.concat([ledger.exceptions.filter(is_kind), ledger.awaiting])
    earlier_payments = ledger.others.select(
        pl.col(EarlierPayment.PAYMENT_NO).alias(ExceptionRow.OTHER_PAYMENT_NO),
        labels_of(EarlierPayment.CHANNEL, Channel).alias("other_channel"),
        pl.col(EarlierPayment.PAID_ON).alias("other_paid_on"),
    )
    rows = rows.join(earlier_payments, on=ExceptionRow.OTHER_PAYMENT_NO, how="left", maintain_order="left")
    entered = (RefundCase.DONE_ON, RefundCase.NUMBER, RefundCase.INTEREST_YEN, RefundCase.PAYEE_REF)
    steps = ledger.refunds.select(RefundCase.PAYMENT_NO, RefundCase.REFUND_DECIDED_ON, *entered)
    for known in (steps, ledger.reduced):
        rows = rows.join(known, on=ExceptionRow.PAYMENT_NO, how="left", validate="1:1", maintain_order="left")
    terms = refund_terms(rows, register, night).drop(*Reduced.SCHEMA)
    is_ours = rows[ExceptionRow.RULING].ne_missing(Ruling.NOT_OURS.value)
    rows = rows.hstack(terms.select(pl.when(is_ours).then(pl.all())))
    return table_of(
        "過誤納候補",
        "二重納付・過納・取消済納付書・減額・決裁の取消・組替で調定から外れた収納と、返すと決裁した収納。仮受額が還付または充当の候補です。",
        rows,
        {
            "受付番号": (pl.col(ExceptionRow.PAYMENT_NO), Style.COUNT),
            "区分": (labels_of(ExceptionRow.OUTCOME, Outcome), Style.TEXT),
            "決裁": (labels_of(ExceptionRow.RULING, Ruling), Style.TEXT),
            "決裁の日付": (pl.col(RefundCase.DONE_ON), Style.DATE),
            "決裁の文書番号": (pl.col(RefundCase.NUMBER), Style.TEXT),
            "加算金": (pl.col(RefundCase.INTEREST_YEN), Style.YEN),
            "過納・誤納": (pl.col(RefundTerm.KIND), Style.TEXT),
            "加算金の起算日": (pl.col(RefundTerm.STARTS_ON), Style.DATE),
            "加算金（計算）": (pl.col(RefundTerm.DUE_YEN), Style.YEN),
            "加算金の計算": (pl.col(RefundTerm.WORKING), Style.TEXT),
            "時効完成日": (pl.col(RefundTerm.BARRED_ON), Style.DATE),
            "還付先の宛名番号": (pl.col(RefundCase.PAYEE_REF), Style.DIGITS),
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
