"""Claims of a decoded file (調定データ): the spec's `[claim]` table, applied as columns."""

from collections.abc import Iterable

import polars as pl

from elqr.formats.decode import Decoded
from elqr.formats.payments import meaning, with_other_records
from elqr.formats.sequence import RECORD_NO
from elqr.vocabulary.claim_frames import ClaimStateContent

_YEN = (
    ClaimStateContent.PRINCIPAL_YEN, ClaimStateContent.DEMAND_FEE_YEN, ClaimStateContent.LATE_CHARGE_YEN,
    *ClaimStateContent.OFF,
)  # fmt: skip


def claims_of(decoded: Decoded) -> pl.DataFrame:
    """調定データの行: frame ClaimStateContent, one row for each claim, in file order.

    Yen that the file leaves blank, or has no field for, are 0.
    """
    claim = decoded.spec.claim
    assert claim is not None, "recognition offers only claim specs"
    mapped = {name: getattr(claim, name, None) for name in ClaimStateContent.SCHEMA}
    fields = {name: pl.col(field) for name, field in mapped.items() if isinstance(field, str)}
    rows = with_other_records(decoded, claim.record).select(
        pl.col(RECORD_NO).alias(ClaimStateContent.RECORD_NO),
        meaning(claim.procedure).alias(ClaimStateContent.PROCEDURE_CODE),
        (meaning(claim.reason) if claim.reason else pl.lit(None, pl.String)).alias(ClaimStateContent.REASON),
        stated_at(claim.stated_at),
        **fields,
    )
    absent = [name for name in ClaimStateContent.SCHEMA if name not in rows.columns]
    schema = ClaimStateContent.SCHEMA
    rows = rows.with_columns(pl.lit(None, schema[name]).alias(name) for name in absent)
    return ClaimStateContent.of(rows.with_columns(pl.col(_YEN).cast(pl.Int64).fill_null(0)))


def stated_at(fields: Iterable[str]) -> pl.Expr:
    """操作日時: the fields that say it as one text that sorts by time, the day first."""
    parts = [pl.col(name).cast(pl.String).fill_null("") for name in fields]
    return pl.concat_str(parts, separator=" ").str.strip_chars().alias(ClaimStateContent.STATED_AT)
