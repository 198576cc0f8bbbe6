"""Columns of the counted day (計上日の列), spelt once as in elqr/vocabulary/frames.py."""

import polars as pl

from elqr.vocabulary.frames import Column, Frame, Payment


class CountedDay(Frame):
    """計上日: the day on which a payment stands in the books, of a city that does not count by night.

    `falls_on` is the payment's day by the city's rule (`day_rule`). `counted_on` is later where the month of `falls_on`
    was closed before the payment came: then it is the first day of the next month that was open.
    """

    PAYMENT_NO = Payment.PAYMENT_NO
    FALLS_ON = Column("falls_on", pl.Date)
    COUNTED_ON = Column("counted_on", pl.Date)
    RULE = Column("day_rule", pl.String)


class BasisSum(Frame):
    """計上日の決め方ごとの合計: `is_later` where the month of the payment's day was closed before it came."""

    RULE = CountedDay.RULE
    IS_LATER = Column("is_later", pl.Boolean)
    COUNT = Column("count", pl.Int64)
    YEN = Column("yen", pl.Int64)


class CountedBeside(CountedDay):
    """計上日とその収納の日: null where there is no payment."""

    PAID_ON = Payment.PAID_ON
    RECEIVED_ON = Payment.RECEIVED_ON
    FUNDS_ON = Payment.FUNDS_ON
