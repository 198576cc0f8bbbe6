"""Refunds of a decoded file (還付の支払): the spec's `[refund]` table, applied as columns."""

import polars as pl

from elqr.formats.decode import Decoded
from elqr.formats.payments import meaning, optional, with_other_records
from elqr.formats.sequence import RECORD_NO
from elqr.vocabulary.ruling_frames import StatedPayout


def refunds_of(decoded: Decoded) -> pl.DataFrame:
    """還付の支払の行: frame StatedPayout, in file order, without rows in which something could not be read."""
    refund = decoded.spec.refund
    assert refund is not None, "recognition offers only refund specs"
    rows = with_other_records(decoded, refund.record).filter(~pl.col(RECORD_NO).is_in(decoded.flawed))
    return StatedPayout.of(
        rows.select(
            pl.col(RECORD_NO).alias(StatedPayout.RECORD_NO),
            optional(refund.payment_no).cast(pl.Int64).alias(StatedPayout.STATED_NO),
            _text(refund.decision_no).alias(StatedPayout.DECISION_NO),
            meaning(refund.step).alias(StatedPayout.RULING),
            pl.col(refund.done_on).alias(StatedPayout.DONE_ON),
            _text(refund.number).alias(StatedPayout.NUMBER),
            pl.col(refund.yen).alias(StatedPayout.YEN),
        )
    )


def _text(name: str | None) -> pl.Expr:
    return optional(name).cast(pl.String).fill_null("").str.strip_chars()
