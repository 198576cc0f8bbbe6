"""Reasons not to remind, of a decoded file (督促の状況): the spec's `[status]` table, applied as columns."""

import polars as pl

from elqr.formats.claims import stated_at
from elqr.formats.condition import meets
from elqr.formats.decode import Decoded
from elqr.formats.payments import meaning, with_other_records
from elqr.formats.sequence import RECORD_NO
from elqr.vocabulary.claim_frames import StatusContent
from elqr.vocabulary.frames import ClaimKey


def statuses_of(decoded: Decoded) -> pl.DataFrame:
    """督促の状況の行: frame StatusContent of the rows to which the spec's `where` applies, in file order.

    A row that says nothing of a claim is of its payer. Any other is of a claim; what it leaves blank of the key is
    empty, 0, or for the 期別 null.
    """
    status = decoded.spec.status
    assert status is not None, "recognition offers only specs with a mapping"
    rows = with_other_records(decoded, status.record).filter(meets(status.where))
    fields = {name: getattr(status, name, None) for name in StatusContent.SCHEMA}
    released = [pl.col(name) for name in status.released_on]
    released_on = pl.min_horizontal(released) if released else pl.lit(None, pl.Date)
    if status.deleted:
        released_on = pl.when(meets(status.deleted)).then(pl.col(status.from_on)).otherwise(released_on)
    number = [pl.col(name).cast(pl.String).fill_null("") for name in status.number]
    mapped = {
        **{name: pl.col(field) for name, field in fields.items() if isinstance(field, str)},
        StatusContent.RECORD_NO: pl.col(RECORD_NO),
        StatusContent.KIND: meaning(status.kind),
        StatusContent.NUMBER: pl.concat_str(number, separator=" ") if number else pl.lit(""),
        StatusContent.RELEASED_ON: released_on,
        StatusContent.STATED_AT: stated_at(status.stated_at),
    }
    if status.procedure is not None:
        mapped[StatusContent.PROCEDURE_CODE] = meaning(status.procedure)
    schema = StatusContent.SCHEMA
    columns = [mapped.get(name, pl.lit(None)).cast(dtype).alias(name) for name, dtype in schema.items()]
    statuses = rows.select(columns)
    is_of_claim = pl.any_horizontal(pl.col(name).is_not_null() for name in ClaimKey.SCHEMA)
    number_of_one = pl.when(is_of_claim).then(StatusContent.INSTALLMENT_NO).otherwise(0)
    payer_ref = pl.when(~is_of_claim).then(StatusContent.PAYER_REF)
    statuses = statuses.with_columns(
        number_of_one.alias(StatusContent.INSTALLMENT_NO), payer_ref.alias(StatusContent.PAYER_REF)
    )
    years = pl.col(StatusContent.LEVY_YEAR, StatusContent.TAX_YEAR)
    return statuses.with_columns(pl.col(pl.String).fill_null(""), years.fill_null(0))
