"""Payments (収納) of a decoded payment file: the spec's `[payment]` table, applied as columns.

The identity of a payment is the sender's own. `occurrence_no` counts records of one file that agree in it and in
everything they say about the money, so that two genuine twins both count and a re-delivery of both is recognised.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import polars as pl

from elqr.formats.condition import meets
from elqr.formats.decode import Decoded, unread_column
from elqr.formats.mapping import DoubtRule, Mapped, PaymentMap
from elqr.formats.payment_identity import content, identity_of
from elqr.formats.sequence import GROUP_NO, OFFSET_BYTES, RECORD_NO
from elqr.formats.spec import Spec
from elqr.vocabulary.frames import Payment, PaymentContent
from elqr.vocabulary.terms import Stage

_IDENTIFYING = (Payment.IDENTITY, Payment.STAGE)
_CONTENT, _BEFORE = "content", "before"
_AGREEING = (*_IDENTIFYING, _CONTENT)


def payments_of(decoded: Decoded) -> pl.DataFrame:
    """収納データ: frame `PaymentContent`, one row per payment record, in file order."""
    rows = contents_of(decoded)
    return Occurrences.among([hashes_of(rows)]).add_numbers(rows)


def contents_of(decoded: Decoded) -> pl.DataFrame:
    """収納データ before its occurrences are counted: frame `PaymentContent` without `occurrence_no`."""
    pay = decoded.spec.payment
    assert pay is not None, "recognition offers only payment specs"
    rows = with_other_records(decoded, pay.record)
    rows = rows.select(
        RECORD_NO,
        OFFSET_BYTES,
        meaning(pay.channel).alias(Payment.CHANNEL),
        meaning(pay.stage).alias(Payment.STAGE),
        *_key(pay),
        optional(pay.reissue_no).fill_null("").alias(Payment.REISSUE_NO),
        optional(pay.check_no).alias(Payment.CHECK_NO),
        optional(pay.item_no).alias(Payment.ITEM_NO),
        optional(pay.office_code).alias(Payment.OFFICE_CODE),
        pl.col(pay.paid_yen).fill_null(0).alias(Payment.PAID_YEN),
        pl.col(pay.paid_on).alias(Payment.PAID_ON),
        optional(pay.funds_on).cast(pl.Date).alias(Payment.FUNDS_ON),
        optional(pay.result_code).alias(Payment.RESULT_CODE),
        _doubt(pay.doubt).alias(Payment.DOUBT),
        optional(pay.received_on).cast(pl.Date).alias(Payment.RECEIVED_ON),
        (optional(pay.image_ref).fill_null("") if pay.image_ref else optional(None)).alias(Payment.IMAGE_REF),
        _identity(decoded.spec, pay),
    )
    assert rows[Payment.STAGE].is_in([stage.value for stage in Stage]).all(), "a spec maps to stages only"
    return rows


def identities_of(decoded: Decoded) -> pl.DataFrame:
    """識別だけ: identity and stage of every payment record, as in `contents_of`."""
    pay = decoded.spec.payment
    assert pay is not None, "recognition offers only payment specs"
    return with_other_records(decoded, pay.record).select(
        _identity(decoded.spec, pay), meaning(pay.stage).alias(Payment.STAGE)
    )


def _key(pay: PaymentMap) -> tuple[pl.Expr, pl.Expr]:
    """照会キー: its kind and digits; of the other key where the fields of the first are blank."""
    kind, digits = pl.lit(pay.key.kind.value), pl.concat_str(pay.key_fields, ignore_nulls=True)
    if (other := pay.other_key) is not None:
        is_first = pl.any_horizontal(pl.col(name).is_not_null() for name in pay.key.fields)
        kind = pl.when(is_first).then(kind).otherwise(pl.lit(other.kind.value))
        digits = pl.when(is_first).then(digits).otherwise(pl.concat_str(other.fields, ignore_nulls=True))
    return kind.alias(Payment.KEY_KIND), digits.alias(Payment.KEY_DIGITS)


def _doubt(rules: Iterable[DoubtRule]) -> pl.Expr:
    """疑義: the title of the first rule that is true of a record; null if it raises no doubt."""
    titles = [pl.when(_is_true(rule) & meets(rule.where)).then(pl.lit(rule.title)) for rule in rules]
    return pl.coalesce(*titles, pl.lit(None, dtype=pl.String))


def _is_true(rule: DoubtRule) -> pl.Expr:
    if rule.unread:
        return pl.col(unread_column(rule.field.partition(".")[0]))
    if (other := rule.differs_from) is not None:
        value = pl.col(other.field)
        whole = other.start == 1 and other.width is None
        return pl.col(rule.field) != (value if whole else value.str.slice(other.start - 1, other.width))
    return meets({rule.field: rule.values})


def _identity(spec: Spec, pay: PaymentMap) -> pl.Expr:
    return identity_of(spec.sender, pay.identity).alias(Payment.IDENTITY)


def hashes_of(rows: pl.DataFrame) -> pl.Series:
    """識別のハッシュ: equal for records of one identity and stage; others may have the same by chance."""
    return rows.select(pl.struct(_IDENTIFYING).hash()).to_series()


@dataclass(slots=True)
class Occurrences:
    """何件目か among the records of a file that agree, however many pieces it is read in.

    `several` holds the hashes that occur more than once. Nearly all records have a hash of their own; the others are
    compared by identity, stage and everything they say about the money, with each other and with those `seen` so far.
    """

    several: pl.Series
    seen: pl.DataFrame

    @classmethod
    def among(cls, hashes: Iterable[pl.Series]) -> Self:
        """全件のハッシュから: for all records of a file."""
        every = pl.concat(hashes)
        several = every.filter(every.is_duplicated()).unique() if every.n_unique() < len(every) else every.clear()
        return cls(several, pl.DataFrame(schema={name: pl.String for name in _AGREEING} | {_BEFORE: pl.Int64}))

    def add_numbers(self, rows: pl.DataFrame) -> pl.DataFrame:
        """何件目かを付ける: the next records of the file with their `occurrence_no`: frame `PaymentContent`."""
        rows = rows.with_columns(pl.lit(1, dtype=pl.Int64).alias(Payment.OCCURRENCE_NO))
        if len(self.several):
            at = hashes_of(rows).is_in(self.several.implode()).arg_true()
            few = rows[at].select(*_IDENTIFYING, content().alias(_CONTENT))
            number = pl.int_range(1, pl.len() + 1, dtype=pl.Int64).over(_AGREEING)
            earlier = few.join(self.seen, on=_AGREEING, how="left", maintain_order="left")[_BEFORE].fill_null(0)
            rows = rows.with_columns(rows[Payment.OCCURRENCE_NO].scatter(at, few.select(number).to_series() + earlier))
            counts = few.group_by(_AGREEING).agg(pl.len().cast(pl.Int64).alias(_BEFORE))
            self.seen = pl.concat([self.seen, counts]).group_by(_AGREEING).agg(pl.col(_BEFORE).sum())
        return PaymentContent.of(rows)


def with_other_records(decoded: Decoded, home: str) -> pl.DataFrame:
    """ほかのレコードの項目を付ける: records of one kind, with fields of the records that open their group.

    The columns of those are named by their record, such as `header.debit_on`.
    """
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
    """対応: the meaning of a record's value; null for a value without a meaning in the spec."""
    if mapped.value is not None:
        return pl.lit(mapped.value)
    assert mapped.field is not None
    if not mapped.map:
        return pl.col(mapped.field)
    term = pl.col(mapped.field).replace_strict(mapped.map, default=mapped.default, return_dtype=pl.String)
    for value, table in mapped.maps.items():
        assert mapped.by is not None, "a second table is for a second field"
        table_term = pl.col(mapped.field).replace_strict(table, default=None, return_dtype=pl.String)
        term = pl.when(pl.col(mapped.by) == value).then(table_term).otherwise(term)
    return term


def optional(name: str | None) -> pl.Expr:
    """あれば読む項目: a field that a spec may leave out."""
    return pl.col(name) if name else pl.lit(None, dtype=pl.String)
