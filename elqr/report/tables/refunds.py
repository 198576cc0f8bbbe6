"""The register of refunds (過誤納整理簿): each case once, how far it is, and what else its payer owes."""

from datetime import date

import polars as pl

from elqr.arithmetic.plain_number import yen_text
from elqr.report.tables.ledger_rows import Refunds
from elqr.report.tables.night import (
    claim_words,
    department,
    flag_names,
    installment_name,
    labels_of,
    procedure_name,
    table_of,
)
from elqr.report.tables.table import Style, Table
from elqr.rules.refund_terms import refund_terms
from elqr.rules.register import Register
from elqr.vocabulary.arrival_frames import PayerClaim
from elqr.vocabulary.report_frames import EarlierPayment, ExceptionRow
from elqr.vocabulary.ruling_frames import Reduced, RefundCase, RefundTerm
from elqr.vocabulary.ruling_terms import FOLLOWS, PAYS_INTO, Ruling
from elqr.vocabulary.terms import Channel, Outcome

TITLE, STATE, KIND = "過誤納整理簿", "状態", "区分"
NOT_DECIDED = "要確認"
STATES = (
    NOT_DECIDED,
    *(
        ruling.label
        for ruling in (Ruling.REFUND, Ruling.NOT_OURS, *(step for step in FOLLOWS if step not in PAYS_INTO))
    ),
    *(ruling.label for ruling in PAYS_INTO),
)
"""状態, in the order in which the register lists them: what waits, then what has ended."""

_CLAIMS_NAMED = 2
CASE_YEN, UNPAID, UNPAID_YEN, UNPAID_TEXT = "case_yen", "unpaid", "unpaid_yen", "unpaid_text"
_END_YEN = (RefundCase.REFUNDED_YEN, RefundCase.REVENUE_YEN, RefundCase.PASSED_ON_YEN)
_NO_INTEREST = (Ruling.NOT_OURS.value, Ruling.PASSED_ON.value)


def refund_rows(refunds: Refunds, register: Register, night: date) -> pl.DataFrame:
    """過誤納の行: the cases in the order of their states, oldest first, with entries, terms and unpaid claims.

    Yen that came into suspense, or left it, after what was decided are not decided yet: the case is 要確認 again.

    What is due besides is computed by the city's rules, up to the 還付決定 or the night.
    """
    earlier_payments = refunds.others.select(
        pl.col(EarlierPayment.PAYMENT_NO).alias(ExceptionRow.OTHER_PAYMENT_NO),
        labels_of(EarlierPayment.CHANNEL, Channel).alias("other_channel"),
        pl.col(EarlierPayment.PAID_ON).alias("other_paid_on"),
    )
    rows = refunds.with_entries()
    known = (earlier_payments, ExceptionRow.OTHER_PAYMENT_NO), (refunds.reduced, ExceptionRow.PAYMENT_NO)
    for frame, key in known:
        rows = rows.join(frame, on=key, how="left", validate="m:1", maintain_order="left")
    nothing = pl.col(*_END_YEN).fill_null(0)
    case_yen = pl.col(ExceptionRow.SUSPENSE_YEN) + pl.sum_horizontal(nothing)
    is_as_decided = pl.col(ExceptionRow.SUSPENSE_YEN) == pl.col(RefundCase.AFTER_YEN)
    rows = rows.with_columns(
        nothing,
        pl.col(ExceptionRow.SUSPENSE_YEN).alias(RefundCase.HELD_YEN),
        case_yen.alias(CASE_YEN),
        pl.when(is_as_decided).then(labels_of(RefundCase.STANDING, Ruling)).fill_null(NOT_DECIDED).alias(STATE),
    )
    whole = rows.with_columns(pl.col(CASE_YEN).alias(ExceptionRow.SUSPENSE_YEN))
    terms = refund_terms(whole, register, night).drop(*Reduced.SCHEMA)
    bears_interest = ~rows[RefundCase.STANDING].is_in(_NO_INTEREST).fill_null(False)
    rows = rows.hstack(terms.select(pl.when(bears_interest).then(pl.all())))
    rows = rows.join(
        _unpaid(refunds.unpaid(), register),
        on=ExceptionRow.PAYER_REF, how="left", validate="m:1", maintain_order="left",
    )  # fmt: skip
    order = pl.col(STATE).replace_strict({state: number for number, state in enumerate(STATES)})
    return rows.sort(order, ExceptionRow.PAID_ON, ExceptionRow.PAYMENT_NO, maintain_order=True)


def _unpaid(claims: pl.DataFrame, register: Register) -> pl.DataFrame:
    """ほかの未納 of each payer: their number, their yen, the first of them in words, and the 納付番号 of the oldest.

    Those of which a 速報 says that they are paid are named, but no 納付番号 is offered for them.
    """
    due = pl.format("（期限 {}）", PayerClaim.DUE_ON).fill_null("")
    text = pl.format(
        "{} {}円{}{}",
        claim_words(register),
        yen_text(PayerClaim.LEFT_YEN),
        due,
        pl.when(PayerClaim.IS_ANNOUNCED).then(pl.lit("速報あり")).otherwise(pl.lit("")),
    )
    count = pl.len().cast(pl.Int64)
    free = pl.col(PayerClaim.KEY_NO).filter(~pl.col(PayerClaim.IS_ANNOUNCED)).drop_nulls()
    texts = pl.col("text").head(_CLAIMS_NAMED).str.join("／")
    return (
        claims.with_columns(text.alias("text"))
        .group_by(PayerClaim.PAYER_REF, maintain_order=True)
        .agg(
            count.alias(UNPAID),
            pl.col(PayerClaim.LEFT_YEN).sum().alias(UNPAID_YEN),
            pl.when(count > _CLAIMS_NAMED)
            .then(pl.format("{}／ほか {}件", texts, count - _CLAIMS_NAMED))
            .otherwise(texts)
            .alias(UNPAID_TEXT),
            free.first().alias(PayerClaim.KEY_NO),
        )
    )


def refund_table(refunds: Refunds, register: Register, night: date) -> Table:
    """過誤納整理簿: second payments and overpayments that wait for 還付 or 充当, and payments ruled to be paid out.

    Those ruled have the day and the number of their last step, and the number, the 加算金 and the payee of their
    還付決定.
    """
    arose_on = pl.coalesce(RefundTerm.REDUCED_ON, ExceptionRow.PAID_ON)
    days = (pl.lit(night) - arose_on).dt.total_days()
    is_long_ago = refunds.ended_since in (None, date.min)
    since = "、終わったもの" if is_long_ago else f"、{refunds.ended_since} から後に終わったもの"
    is_open = pl.col(ExceptionRow.SUSPENSE_YEN) > 0
    return table_of(
        TITLE,
        "二重納付・過納・取消済納付書・減額・決裁の取消・組替で調定から外れた収納と、返すと決裁した収納"
        f"{since}。仮受額が還付または充当の候補です。",
        refund_rows(refunds, register, night),
        {
            "受付番号": (pl.col(ExceptionRow.PAYMENT_NO), Style.COUNT),
            STATE: (pl.col(STATE), Style.TEXT),
            KIND: (labels_of(ExceptionRow.OUTCOME, Outcome), Style.TEXT),
            "過納・誤納": (pl.col(RefundTerm.KIND), Style.TEXT),
            "所管課": (department(register), Style.TEXT),
            "手続": (procedure_name(register), Style.TEXT),
            "賦課年度": (pl.col(ExceptionRow.LEVY_YEAR), Style.TEXT),
            "通知書番号": (pl.col(ExceptionRow.BILL_NO), Style.DIGITS),
            "期別": (installment_name(), Style.TEXT),
            "宛名番号": (pl.col(ExceptionRow.PAYER_REF), Style.DIGITS),
            "領収日": (pl.col(ExceptionRow.PAID_ON), Style.DATE),
            "経過日数": (pl.when(is_open).then(days), Style.COUNT),
            "チャネル": (labels_of(ExceptionRow.CHANNEL, Channel), Style.TEXT),
            "領収額": (pl.col(ExceptionRow.PAID_YEN), Style.YEN),
            "過誤納額": (pl.col(CASE_YEN), Style.YEN),
            "還付・充当候補額": (pl.col(ExceptionRow.SUSPENSE_YEN), Style.YEN),
            "加算金の起算日": (pl.col(RefundTerm.STARTS_ON), Style.DATE),
            "加算金（計算）": (pl.col(RefundTerm.DUE_YEN), Style.YEN),
            "加算金の計算": (pl.col(RefundTerm.WORKING), Style.TEXT),
            "時効完成日": (pl.col(RefundTerm.BARRED_ON), Style.DATE),
            "還付決定日": (pl.col(RefundCase.REFUND_DECIDED_ON), Style.DATE),
            "還付決定の番号": (pl.col(RefundCase.REFUND_NUMBER), Style.TEXT),
            "加算金": (pl.col(RefundCase.INTEREST_YEN), Style.YEN),
            "還付先の宛名番号": (pl.col(RefundCase.PAYEE_REF), Style.DIGITS),
            "決裁の日付": (pl.col(RefundCase.DONE_ON), Style.DATE),
            "決裁の文書番号": (pl.col(RefundCase.NUMBER), Style.TEXT),
            "ほかの未納": (pl.when(is_open).then(UNPAID_TEXT), Style.TEXT),
            "ほかの未納の件数": (pl.when(is_open).then(UNPAID), Style.COUNT),
            "ほかの未納額": (pl.when(is_open).then(UNPAID_YEN), Style.YEN),
            "充当先の納付番号（候補）": (pl.when(is_open).then(PayerClaim.KEY_NO), Style.DIGITS),
            "付記": (flag_names(), Style.TEXT),
            "先の収納のチャネル": (pl.col("other_channel"), Style.TEXT),
            "先の領収日": (pl.col("other_paid_on"), Style.DATE),
        },
        ("領収額", "過誤納額", "還付・充当候補額"),
    )
