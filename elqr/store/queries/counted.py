"""Queries by the counted day (計上日の照会): postings by the day on which they stand in the books.

A posting of matching stands on the 計上日 of its payment; without one, and for moves of decisions and reductions, on
its night. So each stands on exactly one day, whichever way the city counts and counted before.
"""

from datetime import date, timedelta
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select

from elqr.store.db.bulk import Columns, read_frame, schema_of, select_named
from elqr.store.queries.chain import posted_between
from elqr.store.queries.moves import is_move, is_reduction, signed_count, takes_off
from elqr.store.tables import ledger as t
from elqr.store.tables.counted import counted_day
from elqr.vocabulary.counted_frames import BasisSum, CountedBeside, CountedDay
from elqr.vocabulary.counted_terms import CountedBy
from elqr.vocabulary.report_frames import DailySum, LaterSum, MonthlySum, PostedSum
from elqr.vocabulary.terms import Account


def is_counted(connection: Connection) -> bool:
    """計上日のある台帳か: whether any payment counts by another day than its night."""
    return connection.execute(select(func.max(counted_day.c.counted_on))).scalar_one() is not None


def counted_days(connection: Connection) -> pl.DataFrame:
    """計上日のすべて: frame CountedDay."""
    return read_frame(connection, select(*(counted_day.c[name] for name in CountedDay.SCHEMA)), CountedDay.SCHEMA)


def days_beside(connection: Connection) -> pl.DataFrame:
    """計上日とその収納の日: frame CountedBeside, for every row."""
    columns = (
        (counted_day if name in CountedDay.SCHEMA else t.payment).c[name].label(name) for name in CountedBeside.SCHEMA
    )
    query = select(*columns).outerjoin(t.payment, t.payment.c.payment_no == counted_day.c.payment_no)
    return read_frame(connection, query, CountedBeside.SCHEMA)


def month_sums(connection: Connection, first: date, last: date) -> pl.DataFrame:
    """計上の合計 that stand on the days from one to another: frame MonthlySum."""
    posting = t.posting.c
    keys: Columns = {
        MonthlySum.ACCOUNT: posting.account,
        MonthlySum.PROCEDURE_CODE: posting.procedure_code,
        MonthlySum.FISCAL_YEAR: posting.fiscal_year,
        MonthlySum.IS_ARREARS: posting.is_arrears,
        MonthlySum.CHANNEL: t.payment.c.channel,
        MonthlySum.DAY_ON: posting.night_on,
        MonthlySum.IS_MOVE: is_move(),
        MonthlySum.IS_REDUCTION: is_reduction(),
        MonthlySum.TAKES_OFF: takes_off(),
    }
    in_nights = _is_within(posting.night_on, first, last)
    if not is_counted(connection):
        return read_frame(connection, _sums(keys).where(in_nights), MonthlySum.SCHEMA)
    by_night = _sums(keys).outerjoin(counted_day, _is_of_payment()).where(in_nights, _stands_on_its_night())
    by_day = _sums({**keys, MonthlySum.DAY_ON: counted_day.c.counted_on}).join(counted_day, _is_of_payment())
    parts = [by_night, by_day.where(~is_move(), _is_within(counted_day.c.counted_on, first, last))]
    rows = pl.concat(read_frame(connection, query, MonthlySum.SCHEMA) for query in parts)
    sums = rows.group_by(list(keys)).agg(pl.col(MonthlySum.COUNT, MonthlySum.YEN).sum())
    return MonthlySum.of(sums.sort(list(keys)))


def later_sums(connection: Connection, night: date) -> pl.DataFrame:
    """日計表の後の計上 up to a night: frame LaterSum, of days before it. People decide when a day's list is drawn."""
    between = posted_between(connection, night)
    if between is None:
        return LaterSum.empty()
    after_no, last_no = between
    posting, payment = t.posting.c, t.payment.c
    keys: Columns = {
        LaterSum.NIGHT_ON: posting.night_on,
        LaterSum.ACCOUNT: posting.account,
        LaterSum.PROCEDURE_CODE: posting.procedure_code,
        LaterSum.FISCAL_YEAR: posting.fiscal_year,
        LaterSum.IS_ARREARS: posting.is_arrears,
        LaterSum.CHANNEL: payment.channel,
        LaterSum.PAID_ON: payment.paid_on,
        LaterSum.IS_MOVE: is_move(),
        LaterSum.IS_REDUCTION: is_reduction(),
        LaterSum.TAKES_OFF: takes_off(),
    }
    is_told = posting.account != Account.SUSPENSE.value  # where the yen come from
    query = _sums(keys).where(posting.posting_no > after_no, posting.night_on < night.isoformat(), is_told)
    if last_no is not None:
        query = query.where(posting.posting_no <= last_no)
    return read_frame(connection, query, LaterSum.SCHEMA)


def _sums(keys: Columns) -> Select[Any]:
    """計上の合計: count and yen of postings by these columns."""
    sums = {DailySum.COUNT: signed_count(), DailySum.YEN: func.sum(t.posting.c.yen)}
    query = select_named({**keys, **sums}).select_from(t.posting)
    query = query.join(t.payment, t.payment.c.payment_no == t.posting.c.payment_no)
    return query.group_by(*keys.values()).order_by(*keys.values())


def _is_of_payment() -> ColumnElement[bool]:
    return counted_day.c.payment_no == t.posting.c.payment_no


def _stands_on_its_night() -> ColumnElement[bool]:
    return or_(is_move(), counted_day.c.payment_no.is_(None))


def posted_sums(connection: Connection, first: date, last: date, by: CountedBy | None) -> pl.DataFrame:
    """計上の合計 of what can count from one day to another: frame PostedSum, `counts_on` left out.

    By the days on which the postings stand in the books (None), or by another day: then the ledger is read for people
    who compare, and the caller chooses the rows by their days. Moves count on their night in any case.
    """
    posting, payment = t.posting.c, t.payment.c
    keys: Columns = {
        **{name: payment[name] for name in (PostedSum.CHANNEL, PostedSum.PAID_ON, PostedSum.RECEIVED_ON)},
        **{name: posting[name] for name in _OF_POSTING},
        PostedSum.FUNDS_ON: payment.funds_on,
        PostedSum.SPEC: t.file.c.spec,
        PostedSum.IS_MOVE: is_move(),
        PostedSum.IS_REDUCTION: is_reduction(),
        PostedSum.TAKES_OFF: takes_off(),
        **day_columns(),
    }
    base = _sums(keys).join(t.file, t.file.c.file_no == payment.file_no).outerjoin(counted_day, is_of_matching())
    in_nights = _is_within(posting.night_on, first, last)
    choices = {
        None: (and_(in_nights, counted_day.c.payment_no.is_(None)), _is_within(counted_day.c.counted_on, first, last)),
        CountedBy.NIGHT: (in_nights,),
        CountedBy.PAID_ON: (_is_within(payment.paid_on, first, last),),
        CountedBy.RECEIVED_ON: (_may_be_received_within(first, last),),
    }
    conditions = [and_(is_move(), in_nights), *(and_(~is_move(), choice) for choice in choices[by])]
    schema = schema_of((*keys, DailySum.COUNT, DailySum.YEN))
    return pl.concat(read_frame(connection, base.where(condition), schema) for condition in conditions)


_OF_POSTING = (
    PostedSum.ACCOUNT, PostedSum.PROCEDURE_CODE, PostedSum.FISCAL_YEAR, PostedSum.IS_ARREARS, PostedSum.NIGHT_ON,
)  # fmt: skip


def _is_within(day: ColumnElement[Any], first: date, last: date) -> ColumnElement[bool]:
    return and_(day >= first.isoformat(), day <= last.isoformat())


def _may_be_received_within(first: date, last: date) -> ColumnElement[bool]:
    """収入日になりうる日のどれかが間にあるか. No rule puts the 収入日 further from 領収日 than `_FARTHEST`."""
    payment = t.payment.c
    return or_(
        _is_within(payment.received_on, first, last),
        _is_within(payment.funds_on, first, last),
        _is_within(payment.paid_on, first - _FARTHEST, last),
    )


_FARTHEST = timedelta(days=200)
"""More than 60 business days, whatever holidays lie among them."""


def suspense_shift(connection: Connection, day: date) -> int:
    """仮受のずれ at the end of a day: yen that are counted by then and were entered later, less the opposite.

    Added to the balance by night, it gives the balance by 計上日.
    """
    posting, on = t.posting.c, day.isoformat()
    came_later = and_(posting.night_on > on, counted_day.c.counted_on <= on)
    counts_later = and_(posting.night_on <= on, counted_day.c.counted_on > on)
    total = 0
    for sign, condition in ((1, came_later), (-1, counts_later)):
        query = select(func.coalesce(func.sum(posting.yen), 0)).join(counted_day, _is_of_payment())
        held = query.where(~is_move(), posting.account == Account.SUSPENSE.value, condition)
        total += sign * int(connection.execute(held).scalar_one())
    return total


def basis_sums(connection: Connection, first: date, last: date) -> pl.DataFrame:
    """計上日の決め方ごとの合計 of what stands on claims on the days from one to another: frame BasisSum.

    Only postings that have a 計上日.
    """
    is_later = counted_day.c.counted_on > counted_day.c.falls_on
    keys: Columns = {BasisSum.RULE: counted_day.c[CountedDay.RULE], BasisSum.IS_LATER: is_later}
    query = _sums(keys).join(counted_day, _is_of_payment())
    on_claims = t.posting.c.account == Account.CLAIM.value
    return read_frame(
        connection,
        query.where(~is_move(), on_claims, _is_within(counted_day.c.counted_on, first, last)),
        BasisSum.SCHEMA,
    )


def day_columns() -> Columns:
    """計上日の列 of the posting of a query that outer joins `counted_day`: those of DailySum.OF_DAY, null for moves."""
    return {name: counted_day.c[name] for name in DailySum.OF_DAY}


def is_of_matching() -> ColumnElement[bool]:
    """その計上日か, for an outer join: the 計上日 of the posting of a query, which no decision or reduction made."""
    return and_(_is_of_payment(), ~is_move())
