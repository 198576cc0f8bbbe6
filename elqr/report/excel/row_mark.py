"""Row marks (行の識別と照合値): they say, weeks later, which payment a row is for and whether it is still valid.

The identity is that of the record: its file's content hash and its record number, which are the same in a ledger that
was made anew. The hash covers what the ledger says about the payment, not how it is shown, so a row stays valid until
its outcome or its yen change. There is no secret in it: it guards against mistakes and stale files. Against forgery
there is the second person's approval.
"""

import hashlib
from collections.abc import Sequence

import polars as pl

from elqr.vocabulary.report_frames import ExceptionRow
from elqr.vocabulary.ruling_frames import RefundCase

IDENTITY, CONTENT = "行の識別", "行の照合値"
_CONTENT = (
    ExceptionRow.CHANNEL,
    ExceptionRow.STAGE,
    ExceptionRow.OUTCOME,
    ExceptionRow.PLACE,
    ExceptionRow.FLAGS,
    ExceptionRow.PAID_YEN,
    ExceptionRow.CLAIM_YEN,
    ExceptionRow.SUSPENSE_YEN,
    ExceptionRow.PAID_ON,
    ExceptionRow.KEY_KIND,
    ExceptionRow.KEY_DIGITS,
    ExceptionRow.PROCEDURE_CODE,
    ExceptionRow.LEVY_YEAR,
    ExceptionRow.BILL_NO,
    ExceptionRow.INSTALLMENT_NO,
    ExceptionRow.ISSUE_NO,
    ExceptionRow.PAYER_REF,
    ExceptionRow.AMOUNT_YEN,
    ExceptionRow.RULING_NO,
)
"""What a decision is based on, in the order in which it is hashed."""

REFUND_CONTENT = (
    ExceptionRow.OUTCOME,
    ExceptionRow.PAID_YEN,
    ExceptionRow.PAID_ON,
    ExceptionRow.BILL_NO,
    ExceptionRow.INSTALLMENT_NO,
    ExceptionRow.PAYER_REF,
    ExceptionRow.SUSPENSE_YEN,
    RefundCase.STANDING_NO,
    RefundCase.REFUNDED_YEN,
    RefundCase.REVENUE_YEN,
    RefundCase.PASSED_ON_YEN,
)
"""還付の一歩のもと: what a step of a payout is based on, likewise."""

_OTHERS_MOVED = ExceptionRow.OTHERS_MOVED
"""If a row is in doubt because of other payments, a number that rises when something happens to them."""

_HASH_DIGITS = 32


def marks(rows: pl.DataFrame, content: Sequence[str] = _CONTENT) -> pl.DataFrame:
    """行の識別と照合値 of decided payments (frame ExceptionRow): 受付番号, 行の識別 and 行の照合値.

    `content` are the columns that a decision is based on.
    """
    identity = pl.concat_str(
        pl.col(ExceptionRow.FILE_SHA256), pl.lit(":"), pl.col(ExceptionRow.RECORD_NO).cast(pl.String)
    )
    text = pl.concat_str(
        [identity, *(pl.col(name).cast(pl.String).fill_null("\x00") for name in content)], separator="\x1f"
    )
    if _OTHERS_MOVED in rows.columns:
        text += pl.concat_str(pl.lit("\x1f"), pl.col(_OTHERS_MOVED).cast(pl.String)).fill_null("")
    texts = rows.select(
        pl.col(ExceptionRow.PAYMENT_NO).alias("受付番号"), identity.alias(IDENTITY), text.alias(CONTENT)
    )
    hashed = [hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS] for text in texts[CONTENT].to_list()]
    return texts.with_columns(pl.Series(CONTENT, hashed, dtype=pl.String))


def digest(row_marks: pl.DataFrame) -> str:
    """全行の照合値: one hash over all rows of `marks`, in any order."""
    rows = row_marks.select(pl.concat_str(IDENTITY, CONTENT, separator=" ")).to_series().sort().to_list()
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
