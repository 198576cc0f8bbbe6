"""Queries on the target of a ruling (対象の照会): a mark of the state of the notice that a person named.

A ruling keeps the mark from the moment of its request. When the notice was cancelled, reissued, announced, paid or
ruled on since, its mark differs, and the ruling is not carried out.
"""

import hashlib

import polars as pl
from sqlalchemy import Connection, exists

from elqr.store.db.bulk import read_frame, schema_of, select_named, stage_rows
from elqr.store.queries import matching as queries
from elqr.store.queries.open_claims import open_claims
from elqr.store.queries.printing import is_announced
from elqr.store.tables import ledger as t
from elqr.vocabulary.claim_frames import OpenClaim
from elqr.vocabulary.frames import Notice, NoticeStanding
from elqr.vocabulary.ruling_frames import DraftRuling

TARGET_MARK = DraftRuling.TARGET_MARK

_STATE = (
    NoticeStanding.NOTICE_NO,
    NoticeStanding.IS_CANCELLED,
    NoticeStanding.IS_CURRENT,
    NoticeStanding.IS_ANNOUNCED,
)
_CLAIM = (OpenClaim.CLAIM_NO, OpenClaim.COVER_YEN, OpenClaim.OWED_YEN, OpenClaim.COLLECTED_YEN)
_TEXT = "text"
_HASH_DIGITS = 32


def target_marks(connection: Connection, notice_nos: pl.DataFrame) -> pl.DataFrame:
    """対象の照合値 of notices: notice_no, and target_mark over the notice and every claim that it pays."""
    wanted = notice_nos.select(Notice.NOTICE_NO).drop_nulls().unique()
    claims = open_claims([connection], wanted)
    by_notice = claims.sort(OpenClaim.CLAIM_NO).group_by(OpenClaim.NOTICE_NO).agg(_text(*_CLAIM).str.join(";"))
    rows = _states(connection, wanted).join(by_notice, on=Notice.NOTICE_NO, validate="1:1").sort(Notice.NOTICE_NO)
    texts = rows.select(pl.concat_str(*_STATE, _TEXT, separator="|")).to_series()
    marks = [hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS] for text in texts]
    return rows.select(Notice.NOTICE_NO, pl.Series(TARGET_MARK, marks, dtype=pl.String))


def _text(*names: str) -> pl.Expr:
    return pl.concat_str(*names, separator=",").alias(_TEXT)


def _states(connection: Connection, notice_nos: pl.DataFrame) -> pl.DataFrame:
    """納付書の状態: the columns `_STATE`."""
    with stage_rows(connection, notice_nos) as staged:
        query = (
            select_named(
                {
                    NoticeStanding.NOTICE_NO: t.notice.c.notice_no,
                    NoticeStanding.IS_CANCELLED: exists().where(t.notice_cancel.c.notice_no == t.notice.c.notice_no),
                    NoticeStanding.IS_CURRENT: ~queries.has_newer_notice(),
                    NoticeStanding.IS_ANNOUNCED: is_announced(),
                }
            )
            .select_from(t.notice)
            .join(staged, staged.c.notice_no == t.notice.c.notice_no)
        )
        return read_frame(connection, query, schema_of(_STATE))
