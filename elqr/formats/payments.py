"""From a decoded payment file to payments (収納): the spec's `[payment]` table, applied as columns.

The identity of a payment is the sender's own; `occurrence_no` counts records of one file that agree in
it, so that two genuine twins both count and a re-delivery of both is recognised.
"""

import polars as pl

from elqr.formats.decode import Decoded
from elqr.formats.sequence import GROUP_NO, OFFSET_BYTES, RECORD_NO
from elqr.formats.spec import Mapped
from elqr.frames import Payment, PaymentContent
from elqr.terms import Stage

_SEPARATOR = "|"
_CONTENT = (
    Payment.CHANNEL,
    Payment.KEY_KIND,
    Payment.KEY_DIGITS,
    Payment.REISSUE_NO,
    Payment.CHECK_NO,
    Payment.ITEM_NO,
    Payment.OFFICE_CODE,
    Payment.PAID_YEN,
    Payment.PAID_ON,
)
"""What makes a record that was delivered again the same record: all that concerns the money."""


def payments_of(decoded: Decoded) -> pl.DataFrame:
    """収納データ: frame `PaymentContent`, one row a payment record, in file order."""
    pay = decoded.spec.payment
    assert pay is not None, "recognition offers only payment specs"
    rows = with_other_records(decoded, pay.record)
    rows = rows.select(
        RECORD_NO,
        OFFSET_BYTES,
        meaning(pay.channel).alias(Payment.CHANNEL),
        meaning(pay.stage).alias(Payment.STAGE),
        pl.lit(pay.key.kind.value).alias(Payment.KEY_KIND),
        pl.concat_str(pay.key.fields, ignore_nulls=True).alias(Payment.KEY_DIGITS),
        optional(pay.reissue_no).fill_null("").alias(Payment.REISSUE_NO),
        optional(pay.check_no).alias(Payment.CHECK_NO),
        optional(pay.item_no).alias(Payment.ITEM_NO),
        optional(pay.office_code).alias(Payment.OFFICE_CODE),
        pl.col(pay.paid_yen).alias(Payment.PAID_YEN),
        pl.col(pay.paid_on).alias(Payment.PAID_ON),
        optional(pay.funds_on).cast(pl.Date).alias(Payment.FUNDS_ON),
        optional(pay.result_code).alias(Payment.RESULT_CODE),
        joined(pay.identity).alias(Payment.IDENTITY),
    ).with_columns(joined(_CONTENT).alias(Payment.CONTENT))
    rows = rows.with_columns(_occurrences(rows))
    assert rows[Payment.STAGE].is_in([stage.value for stage in Stage]).all(), "a spec maps to stages only"
    return PaymentContent.of(rows)


def _occurrences(rows: pl.DataFrame) -> pl.Series:
    """何件目か, among the records that agree. By a hash nearly all stand alone; only the others are looked at."""
    hashes = rows.select(pl.struct(Payment.IDENTITY, Payment.STAGE).hash()).to_series()
    first = pl.repeat(1, rows.height, dtype=pl.Int64, eager=True).alias(Payment.OCCURRENCE_NO)
    if hashes.n_unique() == rows.height:
        return first
    at = hashes.is_duplicated().arg_true()
    number = pl.int_range(1, pl.len() + 1).over(Payment.IDENTITY, Payment.STAGE)
    return first.scatter(at, rows.select(Payment.IDENTITY, Payment.STAGE)[at].select(number).to_series())


def with_other_records(decoded: Decoded, home: str) -> pl.DataFrame:
    """The records of one name with the fields of other records of their group (`header.debit_on`) beside them."""
    rows = decoded.tables[home]
    for record in decoded.spec.record:
        if record.name == home or not record.opens_group:
            continue
        other = decoded.tables[record.name]
        fields = [name for name in other.columns if name not in (RECORD_NO, GROUP_NO, OFFSET_BYTES)]
        renamed = other.select(GROUP_NO, pl.col(fields).name.prefix(f"{record.name}."))
        rows = rows.join(renamed, on=GROUP_NO, how="left", validate="m:1", maintain_order="left")
    return rows


def meaning(mapped: Mapped) -> pl.Expr:
    """対応: what a record's value stands for; null for a value without a meaning in the spec."""
    if mapped.value is not None:
        return pl.lit(mapped.value)
    assert mapped.field is not None
    if not mapped.map:
        return pl.col(mapped.field)
    return pl.col(mapped.field).replace_strict(mapped.map, default=mapped.default, return_dtype=pl.String)


def optional(name: str | None) -> pl.Expr:
    """あれば読む項目: a field that a spec may leave out."""
    return pl.col(name) if name else pl.lit(None, dtype=pl.String)


def joined(names: tuple[str, ...]) -> pl.Expr:
    """識別: the values of some columns as one text."""
    return pl.concat_str([pl.col(name).cast(pl.String).fill_null("") for name in names], separator=_SEPARATOR)
