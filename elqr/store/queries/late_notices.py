"""Late notices (後から届いた納付書): the ledger's notices for the keys of payments, known on their night or not.

As of a night, so that drawing a night again shows the same. All are staged joins: their cost depends on what waits.
"""

from datetime import date

import polars as pl
from sqlalchemy import Connection, select

from elqr.rules.notice_lookup import look_up_notices
from elqr.rules.suggestions import exact
from elqr.store.db.bulk import read_frame, schema_of, select_named, stage_rows
from elqr.store.queries.matching import candidates
from elqr.store.tables import ledger as t
from elqr.vocabulary.frames import Candidate, Payment
from elqr.vocabulary.terms import KeyKind

_ASKED = (
    Payment.PAYMENT_NO, Payment.KEY_KIND, Payment.KEY_DIGITS, Payment.REISSUE_NO, Payment.PAID_ON, Payment.CHECK_NO,
    Payment.ITEM_NO, Payment.OFFICE_CODE, Payment.CHANNEL,
)  # fmt: skip


def late_notices(connection: Connection, payments: pl.DataFrame, night: date) -> pl.DataFrame:
    """同じ照会キーの納付書 of payments (payment_no), known by a night: frame LateNotice. No payment is changed."""
    with stage_rows(connection, payments.select(Payment.PAYMENT_NO).unique()) as staged:
        query = select(*(t.payment.c[name] for name in _ASKED)).join(
            staged, staged.c.payment_no == t.payment.c.payment_no
        )
        rows = read_frame(connection, query, schema_of(_ASKED))
    return exact(look_up_notices(rows, _keep_known(connection, candidates([connection], rows), night)))


def _keep_known(connection: Connection, candidate_rows: pl.DataFrame, night: date) -> pl.DataFrame:
    """その夜までに知られていた納付書: frame Candidate, with the keys and cancellations known by then."""
    notice, file, upload = t.notice.c, t.notice_file.c, t.upload.c
    schema = {Candidate.NOTICE_NO: pl.Int64, "came_on": pl.Date, "came_with_key": pl.Boolean, "keyed_on": pl.Date}
    schema |= {"went_on": pl.Date}
    issued = select(upload.night_on).join(t.payload, t.payload.c.upload_no == upload.upload_no)
    of_notice = issued.where(t.payload.c.notice_no == notice.notice_no).correlate(t.notice).scalar_subquery()
    with stage_rows(connection, candidate_rows.select(Candidate.NOTICE_NO).unique()) as staged:
        query = (
            select_named(
                {
                    Candidate.NOTICE_NO: notice.notice_no,
                    "came_on": file.night_on,
                    "came_with_key": notice.key_no.is_not(None),
                    "keyed_on": of_notice,
                    "went_on": t.notice_cancel.c.night_on,
                }
            )
            .join(staged, staged.c.notice_no == notice.notice_no)
            .join(t.notice_file, file.notice_file_no == notice.notice_file_no)
            .outerjoin(t.notice_cancel, t.notice_cancel.c.notice_no == notice.notice_no)
        )
        known = read_frame(connection, query, schema)
    rows = candidate_rows.join(known, on=Candidate.NOTICE_NO, validate="m:1", maintain_order="left")
    is_given = (pl.col(Candidate.KEY_KIND) != KeyKind.ELQR.value) | pl.col("came_with_key")
    has_key = is_given | (pl.col("keyed_on") <= night).fill_null(False)
    is_gone = pl.col("went_on") <= night
    return (
        rows.filter((pl.col("came_on") <= night) & has_key)
        .with_columns(
            is_gone.fill_null(False).alias(Candidate.IS_CANCELLED),
            pl.when(is_gone).then(Candidate.CANCELLED_ON).alias(Candidate.CANCELLED_ON),
        )
        .select(*Candidate.SCHEMA)
    )
