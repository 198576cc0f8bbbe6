"""Moves (付け替え): postings of a ruling or a reduction, which change a payment's first postings."""

from datetime import date

from sqlalchemy import Connection, and_, case, exists, func, literal, literal_column, select
from sqlalchemy.sql import ColumnElement

from elqr.store.tables import ledger as t
from elqr.store.tables import reviews as r


def is_move() -> ColumnElement[bool]:
    """付け替えの仕訳か, of the posting of a query."""
    return t.posting.c.reverses_no.is_not(None)


def is_move_by(night: date) -> ColumnElement[bool]:
    """その夜までの付け替えか, of the posting of a query. Moves have an index of their own."""
    return and_(is_move(), is_posted_by(night))


def is_posted_by(night: date) -> ColumnElement[bool]:
    """その夜までに計上したか. The expression keeps the index on nights from being used: it would read too many rows."""
    return t.posting.c.night_on.concat("") <= night.isoformat()


def is_reduction() -> ColumnElement[bool]:
    """減額による過納の仕訳か, of the posting of a query."""
    return exists().where(r.reduced_posting.c.posting_no == t.posting.c.posting_no)


def takes_off() -> ColumnElement[bool]:
    """勘定から出す仕訳か, of the posting of a query. Without a parameter, so that a server may group by it."""
    return t.posting.c.yen < literal_column("0")


def has_moves(connection: Connection, night: date) -> bool:
    """付け替えのあった夜か: some postings of its date do not come from its decisions."""
    query = select(literal(1)).where(t.posting.c.night_on == night.isoformat(), is_move()).limit(1)
    return connection.execute(query).first() is not None


def signed_count() -> ColumnElement[int]:
    """計上の件数: a posting that takes back counts as -1, but a reduction that leaves some of the yen as 0."""
    posting, before = t.posting.c, t.posting.alias("before").c
    remaining = select(func.sum(before.yen)).where(
        before.payment_no == posting.payment_no,
        before.claim_no == posting.claim_no,
        before.posting_no <= posting.posting_no,
    )
    leaves_some = and_(is_reduction(), remaining.correlate(t.posting).scalar_subquery() > 0)
    return func.sum(case((posting.yen > 0, 1), (leaves_some, 0), else_=-1))
