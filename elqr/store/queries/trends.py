"""Queries of the trends (推移の照会): the sums in the runs and the rulings since, without reading payments again."""

import json
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, false, func, literal, or_, select, true

from elqr.store.db.bulk import read_frame, select_named
from elqr.store.queries.moves import is_move_by, is_posted_by
from elqr.store.queries.open_exceptions import returned_payments
from elqr.store.tables import ledger as t
from elqr.store.tables import reviews as r
from elqr.vocabulary.page_frames import ChannelTrend, PlaceTrend, RulingTrend
from elqr.vocabulary.ruling_terms import Ruling, RulingResult
from elqr.vocabulary.terms import Account, Place


def run_sums(connection: Connection, night: date, nights: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """実行の合計 of the last nights with matching, up to a night: frames PlaceTrend and ChannelTrend, summed by night.

    Runs of approvals have no sums. Runs of older programs have no sums by channel, so their nights are missing from the
    second frame.
    """
    decided_file, run = t.decided_file.c, t.run.c
    newest_first = (
        select(decided_file.night_on)
        .where(decided_file.night_on <= night.isoformat())
        .distinct()
        .order_by(decided_file.night_on.desc())
    )
    days = list(connection.execute(newest_first.limit(nights)).scalars())
    places, channels = [], []
    has_sums = run.entry.contains('"places":')  # acts of people have none
    for day, text in connection.execute(select(run.night_on, run.entry).where(run.night_on.in_(days), has_sums)):
        entry: dict[str, Any] = json.loads(text)
        places += [(day, place, *sums) for place, sums in entry.get("places", {}).items()]
        channels += [(day, channel, *sums) for channel, sums in entry.get("channels", {}).items()]
    return _sum_by_night(places, PlaceTrend.SCHEMA), _sum_by_night(channels, ChannelTrend.SCHEMA)


def _sum_by_night(rows: list[tuple[Any, ...]], schema: dict[str, Any]) -> pl.DataFrame:
    """One row per night and name: a night may have several runs."""
    stored = {name: pl.String if dtype == pl.Date else dtype for name, dtype in schema.items()}
    day, name, *sums = schema
    frame = pl.DataFrame(rows, schema=stored, orient="row").group_by(day, name).agg(pl.col(sums).sum()).sort(day, name)
    return frame.with_columns(pl.col(day).str.to_date("%Y-%m-%d"))


def rulings_since(connection: Connection, first: date, night: date) -> pl.DataFrame:
    """効力のある決裁と減額 of payments touched after one night and up to another: frame RulingTrend.

    Includes earlier rulings on these payments, because the change that a ruling makes depends on the one before. What
    an undone ruling left in suspense counts as a reduction.
    """
    ruling, effect, posting, reduced = r.ruling.c, r.ruling_result.c, t.posting.c, r.reduced_posting.c
    was_exception = t.decision.c.place.in_([Place.EXCEPTION.value, Place.REJECTED.value])
    rulings = (
        select_named(
            {
                RulingTrend.PAYMENT_NO: ruling.payment_no,
                RulingTrend.RULING_NO: ruling.ruling_no,
                RulingTrend.RULING: ruling.ruling,
                RulingTrend.IS_REDUCTION: false(),
                RulingTrend.WAS_EXCEPTION: was_exception,
                RulingTrend.AFTER_YEN: effect.after_yen,
                RulingTrend.NIGHT_ON: effect.night_on,
            }
        )
        .join(r.ruling_result, effect.ruling_no == ruling.ruling_no)
        .join(t.decision, t.decision.c.payment_no == ruling.payment_no)
        .where(effect.result == RulingResult.APPROVED.value, effect.night_on <= night.isoformat())
    )
    held: dict[str, ColumnElement[Any]] = {
        RulingTrend.IS_REDUCTION: true(),
        RulingTrend.WAS_EXCEPTION: was_exception,
        RulingTrend.AFTER_YEN: posting.yen,
        RulingTrend.NIGHT_ON: posting.night_on,
    }
    reductions = (
        select_named(
            {
                RulingTrend.PAYMENT_NO: posting.payment_no,
                RulingTrend.RULING_NO: func.coalesce(reduced.after_ruling_no, 0),
                RulingTrend.RULING: literal(""),
                **held,
            }
        )
        .join(r.reduced_posting, reduced.posting_no == posting.posting_no)
        .join(t.decision, t.decision.c.payment_no == posting.payment_no)
        .where(posting.account == Account.SUSPENSE.value, is_move_by(night))
    )
    undone = literal(Ruling.UNDO.value).label(RulingTrend.RULING)
    columns = (undone, *(column.label(name) for name, column in held.items()))
    returns = (
        returned_payments(night)
        .join(t.decision, t.decision.c.payment_no == posting.payment_no)
        .with_only_columns(posting.payment_no, r.ruling_posting.c.ruling_no, *columns)
    )
    came_off = (reductions.with_only_columns(posting.payment_no), returned_payments(night))
    since = (
        rulings.with_only_columns(ruling.payment_no).where(effect.night_on > first.isoformat()),
        *(payments.where(~is_posted_by(first)) for payments in came_off),
    )
    touched = or_(*(t.decision.c.payment_no.in_(payments) for payments in since))
    was_listed = or_(was_exception, *(t.decision.c.payment_no.in_(payments) for payments in came_off))
    parts = (rulings.where(touched, was_listed), reductions.where(touched), returns.where(touched))
    rows = pl.concat(read_frame(connection, part, RulingTrend.SCHEMA) for part in parts)
    return rows.sort(RulingTrend.PAYMENT_NO, RulingTrend.RULING_NO, RulingTrend.IS_REDUCTION)
