"""Debits of a decoded request (口座振替の依頼の引落): the spec's `[debit]` table, applied as columns."""

import polars as pl

from elqr.formats.decode import Decoded
from elqr.formats.payment_identity import identity_of
from elqr.formats.payments import with_other_records
from elqr.formats.sequence import RECORD_NO
from elqr.formats.spec import Spec
from elqr.vocabulary.debit_frames import Debit
from elqr.vocabulary.findings import Location


def debits_of(decoded: Decoded) -> pl.DataFrame:
    """引落: frame Debit, one row per record, in file order."""
    debit = decoded.spec.debit
    assert debit is not None, "only a spec that says what a debit is has debits"
    rows = with_other_records(decoded, debit.record).select(
        pl.col(RECORD_NO).alias(Debit.RECORD_NO),
        identity_of(decoded.spec.sender, debit.identity).alias(Debit.IDENTITY),
        pl.lit(debit.key.kind.value).alias(Debit.KEY_KIND),
        pl.concat_str(debit.key.fields, ignore_nulls=True).alias(Debit.KEY_DIGITS),
        pl.col(debit.yen).fill_null(0).alias(Debit.YEN),
        pl.col(debit.debit_on).alias(Debit.DEBIT_ON),
    )
    return Debit.of(rows)


def places_of(spec: Spec, file: str) -> tuple[Location, Location]:
    """顧客番号と金額の場所 in any record of a debit: where findings about them point."""
    debit = spec.debit
    record = spec.record_named(debit.record) if debit else None
    assert debit is not None and record is not None, "only a spec that says what a debit is has debits"
    places = []
    for name, title in ((debit.key.fields[0], "顧客番号"), (debit.yen, "引落金額")):
        at = next((at for at, field in enumerate(record.fields) if field.name == name), None)
        if at is None:  # a part of a nested field, or derived from several
            places.append(Location(file, field=title))
            continue
        offset = record.offsets[at] if spec.layout == "fixed" else -1
        places.append(Location(file, offset_bytes=offset, field=record.fields[at].title))
    return places[0], places[1]
