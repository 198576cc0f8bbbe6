"""Row marks (行の識別と照合値): what tells, weeks later, which payment a row is of and whether it still stands.

The identity is that of the record: content hash of its file and record number, the same in a ledger made
anew. The hash covers what the ledger says of the payment and not how it is shown, so a row stays good
until its outcome or its yen change. There is no secret in it: it guards against mistakes and stale
files, not against forgery, which the second person's approval is for.
"""

import hashlib

import polars as pl

IDENTITY, CONTENT = "行の識別", "行の照合値"
_CONTENT = (
    "channel", "stage", "outcome", "place", "flags", "paid_yen", "claim_yen", "suspense_yen", "paid_on",
    "key_kind", "key_digits", "procedure_code", "levy_year", "bill_no", "installment_no", "issue_no", "payer_ref",
    "amount_yen", "ruling_no",
)  # fmt: skip
"""What a decision rests on, in the order in which it is hashed."""

_BESIDES = "others_moved"
"""Where a row is in doubt beside other payments, a number that rises with what becomes of these."""

_HASH_DIGITS = 32


def marks(rows: pl.DataFrame) -> pl.DataFrame:
    """行の識別と照合値: 受付番号, 行の識別, 行の照合値 of decided payments (rows of the ledger's review query)."""
    identity = pl.concat_str(pl.col("file_sha256"), pl.lit(":"), pl.col("record_no").cast(pl.String))
    content = pl.concat_str(
        [identity, *(pl.col(name).cast(pl.String).fill_null("\x00") for name in _CONTENT)], separator="\x1f"
    )
    if _BESIDES in rows.columns:
        content += pl.concat_str(pl.lit("\x1f"), pl.col(_BESIDES).cast(pl.String)).fill_null("")
    made = rows.select(pl.col("payment_no").alias("受付番号"), identity.alias(IDENTITY), content.alias(CONTENT))
    hashed = [hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS] for text in made[CONTENT].to_list()]
    return made.with_columns(pl.Series(CONTENT, hashed, dtype=pl.String))


def digest(marked: pl.DataFrame) -> str:
    """全行の照合値: one hash over all rows, whatever their order."""
    rows = marked.select(pl.concat_str(IDENTITY, CONTENT, separator=" ")).to_series().sort().to_list()
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
