"""Row marks (行の識別と照合値): what tells, weeks later, which payment a row is of and whether it still stands.

The identity is that of the record: content hash of its file and record number, the same in a ledger made
anew. The hash covers what the ledger says of the payment and not how it is shown, so a row stays good
until its outcome or its yen change. There is no secret in it: it guards against mistakes and stale
files, not against forgery, which the second person's approval is for.
"""

import hashlib

import polars as pl

from elqr.vocabulary.report_frames import ExceptionRow

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
"""What a decision rests on, in the order in which it is hashed."""

_BESIDES = ExceptionRow.OTHERS_MOVED
"""Where a row is in doubt beside other payments, a number that rises with what becomes of these."""

_HASH_DIGITS = 32


def marks(rows: pl.DataFrame) -> pl.DataFrame:
    """行の識別と照合値: 受付番号, 行の識別, 行の照合値 of decided payments: frame ExceptionRow."""
    identity = pl.concat_str(
        pl.col(ExceptionRow.FILE_SHA256), pl.lit(":"), pl.col(ExceptionRow.RECORD_NO).cast(pl.String)
    )
    content = pl.concat_str(
        [identity, *(pl.col(name).cast(pl.String).fill_null("\x00") for name in _CONTENT)], separator="\x1f"
    )
    if _BESIDES in rows.columns:
        content += pl.concat_str(pl.lit("\x1f"), pl.col(_BESIDES).cast(pl.String)).fill_null("")
    marked = rows.select(
        pl.col(ExceptionRow.PAYMENT_NO).alias("受付番号"), identity.alias(IDENTITY), content.alias(CONTENT)
    )
    hashed = [hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS] for text in marked[CONTENT].to_list()]
    return marked.with_columns(pl.Series(CONTENT, hashed, dtype=pl.String))


def digest(marked: pl.DataFrame) -> str:
    """全行の照合値: one hash over all rows, whatever their order."""
    rows = marked.select(pl.concat_str(IDENTITY, CONTENT, separator=" ")).to_series().sort().to_list()
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
