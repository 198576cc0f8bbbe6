"""Queries of open claims (消込前の調定の照会): what is owed on the claims of tonight's notices, and what is paid.

Where notices ask for parts of a claim, what is open is known item by item.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl
from sqlalchemy import Connection, FromClause, Select, case, exists, func, select
from sqlalchemy.sql import ColumnElement

from elqr.rules.claim_items import open_items
from elqr.store.db.bulk import look_up, read_frame, select_named, stage_rows
from elqr.store.queries.claim_items import has_parts, item_frames
from elqr.store.queries.owed import entry_yen
from elqr.store.tables import ledger as t
from elqr.vocabulary.claim_frames import ClaimOrder, NoticePosting, OpenClaim
from elqr.vocabulary.frames import Notice, Payment

_OF_ITEMS = {
    name: OpenClaim.SCHEMA[name]
    for name in (
        OpenClaim.IS_PART,
        OpenClaim.ASKED_OWED_YEN,
        *OpenClaim.LEFT,
        *OpenClaim.ROOM,
        OpenClaim.ITEMS,
        OpenClaim.IS_LINE,
    )
}
_HAS_PARTS = "has_parts"
_KEY = (OpenClaim.NOTICE_NO, OpenClaim.CLAIM_NO)
_WHOLE = {name: kind for name, kind in OpenClaim.SCHEMA.items() if name not in _OF_ITEMS} | {_HAS_PARTS: pl.Boolean}


def open_claims(connections: Sequence[Connection], notices: pl.DataFrame) -> pl.DataFrame:
    """消込前の調定 of notices (notice_no): frame OpenClaim."""
    claims = _whole_claims(connections, notices)
    with_parts = claims.filter(_HAS_PARTS)[OpenClaim.CLAIM_NO].unique()
    claims = claims.drop(_HAS_PARTS)
    if with_parts.is_empty():
        return claims.with_columns(pl.lit(None, kind).alias(name) for name, kind in _OF_ITEMS.items())
    frames = item_frames(connections[0], with_parts.to_frame())
    key = [str(name) for name in (OpenClaim.CLAIM_NO, OpenClaim.NOTICE_NO)]
    rows = claims.join(
        open_items(frames.notices, frames.entries, frames.posted), on=key, how="left", maintain_order="left"
    )
    rows = rows.join(_first_by_itself(connections[0], frames.posted), on=key, how="left", maintain_order="left")
    newest = frames.orders.sort(OpenClaim.CLAIM_NO, ClaimOrder.NIGHT_ON).unique(OpenClaim.CLAIM_NO, keep="last")
    rows = rows.join(newest.drop(ClaimOrder.NIGHT_ON), on=OpenClaim.CLAIM_NO, how="left", maintain_order="left")
    is_own = pl.col(OpenClaim.IS_PART) & pl.col("own_no").is_not_null()
    return OpenClaim.of(
        rows.with_columns(
            pl.when(is_own).then("own_no").otherwise(OpenClaim.BY_PAYMENT_NO).alias(OpenClaim.BY_PAYMENT_NO),
            pl.when(is_own).then("own_channel").otherwise(OpenClaim.BY_CHANNEL).alias(OpenClaim.BY_CHANNEL),
            pl.when(is_own).then(OpenClaim.NOTICE_NO).otherwise(OpenClaim.BY_NOTICE_NO).alias(OpenClaim.BY_NOTICE_NO),
        )
    )


def _first_by_itself(connection: Connection, posted: pl.DataFrame) -> pl.DataFrame:
    """納付書ごとの先の収納: claim_no, notice_no, and the first payment with yen still on the claim by this notice."""
    key = (NoticePosting.CLAIM_NO, NoticePosting.NOTICE_NO)
    standing = posted.group_by(*key, NoticePosting.PAYMENT_NO).agg(pl.col(NoticePosting.YEN).sum())
    first = standing.filter(pl.col(NoticePosting.YEN) > 0).group_by(key).agg(pl.col(NoticePosting.PAYMENT_NO).min())
    with stage_rows(connection, first.select(Payment.PAYMENT_NO).unique()) as staged:
        query = select(t.payment.c.payment_no, t.payment.c.channel.label("own_channel"))
        query = query.join(staged, staged.c.payment_no == t.payment.c.payment_no)
        channels = read_frame(connection, query, {Payment.PAYMENT_NO: pl.Int64, "own_channel": pl.String})
    rows = first.join(channels, on=Payment.PAYMENT_NO, validate="m:1")
    return rows.rename({str(Payment.PAYMENT_NO): "own_no"})


def _whole_claims(connections: Sequence[Connection], notices: pl.DataFrame) -> pl.DataFrame:
    """調定ごと: frame OpenClaim without items, and `has_parts`: some notice of the claim asks for a part.

    What is owed comes as a row for each entry, and is summed here: nearly all claims have one entry, and summing them
    one by one in the database took a quarter of the question.
    """
    covers, first = t.notice_claim.c, t.payment.c.payment_no
    collected = case((first.is_(None), 0), else_=_aggregate_on_claim(func.sum(t.posting.c.yen)))
    with_parts = has_parts(connections[0])

    def query(staged: FromClause) -> Select[Any]:
        return (
            select_named(
                {
                    OpenClaim.NOTICE_NO: covers.notice_no,
                    OpenClaim.CLAIM_NO: covers.claim_no,
                    OpenClaim.COVER_YEN: covers.cover_yen,
                    OpenClaim.OWED_YEN: func.coalesce(entry_yen(), 0),
                    OpenClaim.COLLECTED_YEN: collected,
                    OpenClaim.LEVY_YEAR: t.claim.c.levy_year,
                    OpenClaim.BY_PAYMENT_NO: first,
                    OpenClaim.BY_NOTICE_NO: t.decision.c.notice_no,
                    OpenClaim.BY_CHANNEL: t.payment.c.channel,
                    OpenClaim.BY_INSTALLMENT_NO: t.notice.c.installment_no,
                    _HAS_PARTS: with_parts,
                }
            )
            .select_from(t.notice_claim)
            .join(staged, staged.c.notice_no == covers.notice_no)
            .join(t.claim, t.claim.c.claim_no == covers.claim_no)
            .outerjoin(t.claim_entry, t.claim_entry.c.claim_no == covers.claim_no)
            .outerjoin(t.payment, first == _first_on_claim())
            .outerjoin(t.decision, t.decision.c.payment_no == first)
            .outerjoin(t.notice, t.notice.c.notice_no == t.decision.c.notice_no)
        )

    rows = look_up(connections, notices.select(Notice.NOTICE_NO).unique(), query, _WHOLE)
    of_claim = [name for name in _WHOLE if name not in _KEY and name != OpenClaim.OWED_YEN]
    summed = rows.group_by(_KEY).agg(pl.col(OpenClaim.OWED_YEN).sum(), pl.col(of_claim).first())
    return summed.select(*_WHOLE)


def _aggregate_on_claim(aggregate: ColumnElement[int]) -> ColumnElement[int]:
    return (
        select(aggregate)
        .where(t.posting.c.claim_no == t.notice_claim.c.claim_no)
        .correlate(t.notice_claim)
        .scalar_subquery()
    )


def _first_on_claim() -> ColumnElement[int]:
    """先の収納 of a claim: the first payment with yen still on it. Most claims have no posting: this is asked first."""
    posting = t.posting.c
    has_any = exists().where(posting.claim_no == t.notice_claim.c.claim_no).correlate(t.notice_claim)
    standing = (
        select(posting.payment_no)
        .where(posting.claim_no == t.notice_claim.c.claim_no)
        .group_by(posting.payment_no)
        .having(func.sum(posting.yen) > 0)
        .order_by(posting.payment_no)
        .limit(1)
        .correlate(t.notice_claim)
        .scalar_subquery()
    )
    return case((has_any, standing))
