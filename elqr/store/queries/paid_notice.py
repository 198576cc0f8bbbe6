"""The notice that a posting paid (納められた納付書): that of its decision, of its ruling or of its reduction."""

from typing import Any

from sqlalchemy import Select, func
from sqlalchemy.sql import ColumnElement

from elqr.store.tables import ledger as t
from elqr.store.tables import reviews as r


def paid_notice_no() -> ColumnElement[int]:
    """納められた納付書 of the posting of a query that `join_paid_notice` made."""
    return func.coalesce(
        r.reduced_posting.c.notice_no, r.ruling_posting.c.notice_no, r.ruling.c.notice_no, t.decision.c.notice_no
    )


def join_paid_notice(query: Select[Any]) -> Select[Any]:
    """Joins postings with what says which notice they paid: of a reduction or a ruling, or else the key's."""
    return (
        query.select_from(t.posting)
        .join(t.decision, t.decision.c.payment_no == t.posting.c.payment_no)
        .outerjoin(r.reduced_posting, r.reduced_posting.c.posting_no == t.posting.c.posting_no)
        .outerjoin(r.ruling_posting, r.ruling_posting.c.posting_no == t.posting.c.posting_no)
        .outerjoin(r.ruling, r.ruling.c.ruling_no == r.ruling_posting.c.ruling_no)
    )
