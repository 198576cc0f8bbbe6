"""Seals (封): digests, in each link of the chain, of the rows entered since the link before, so that none can change.

Tables whose rows are numbered in order of entry are sealed by ranges: the last number (`upto`), and count and digest of
the new rows (`sealed`). Tables whose rows only have a night are sealed by night; the last link of a night covers all of
it (`nightly`). Each link also has the counters and the settings, the two tables whose rows change.
The digest is the SHA-256 of the rows in the order of their key, as RFC 4180: texts quoted, null empty, lines end in LF.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import Column, Connection, Table, and_, func, literal, select, union_all

from elqr.store.db.bulk import as_stored, read_frame
from elqr.store.db.schema import Text
from elqr.store.tables import arrears as arrears_tables
from elqr.store.tables import claim_files as claim_tables
from elqr.store.tables import counted as counted_tables
from elqr.store.tables import held_files as held_tables
from elqr.store.tables import ledger as tables
from elqr.store.tables import money as money_tables
from elqr.store.tables import refused_rows as refused_tables
from elqr.store.tables import reviews as review_tables
from elqr.store.tables import totals as tally_tables
from elqr.store.tables.item_orders import item_order

Stored = Table
"""台帳の表, for callers that compare its rows with the chain."""

Seal = tuple[int, str]
"""封: the number of rows, and their digest."""

NOTHING: Seal = (0, hashlib.sha256().hexdigest())
_ROWS_AT_ONCE = 100_000


@dataclass(frozen=True, slots=True)
class Range:
    """番号の順に増える表: the numbering column, and the tables (with their columns) whose rows have its numbers.

    A row without a number was not entered with that range, and is not sealed here.
    """

    number: Column[Any]
    members: tuple[tuple[Table, str], ...]

    @property
    def name(self) -> str:
        """How the chain names the numbers."""
        return str(self.number.table.name)


def _range(number: Column[Any], *members: Table, more: tuple[tuple[Table, str], ...] = ()) -> Range:
    return Range(number, (*((member, number.name) for member in (number.table, *members)), *more))


RANGES = (
    _range(
        tables.notice_file.c.notice_file_no,
        tables.notice_finding,
        tables.notice_cancel,
        tables.claim_cancel,
        refused_tables.notice_refused,
        more=((refused_tables.notice_refused_end, "by_file_no"),),
    ),
    _range(claim_tables.claim_file.c.file_no),
    _range(claim_tables.claim_state.c.state_no),
    _range(claim_tables.reminder_status.c.status_no),
    _range(tables.upload.c.upload_no, tables.payload, tally_tables.issue_tally),
    _range(tables.delivery.c.delivery_no, tables.delivery_finding, held_tables.delivery_box),
    _range(tables.decision.c.payment_no, tables.suggestion, counted_tables.counted_day),
    _range(tables.posting.c.posting_no, review_tables.ruling_posting, review_tables.reduced_posting),
    _range(tally_tables.posting_tally.c.tally_no),
    _range(money_tables.deposit.c.deposit_no),
    _range(money_tables.bundle.c.bundle_no),
    _range(money_tables.settlement.c.settlement_no, money_tables.settlement_bundle, money_tables.settlement_deposit),
    _range(review_tables.ruling.c.ruling_no, review_tables.payout),
    _range(arrears_tables.arrears_list.c.list_no, arrears_tables.arrears_claim),
    _range(arrears_tables.claim_fee.c.fee_no),
    _range(tables.print_batch.c.print_no, tables.print_notice),
    _range(item_order.c.order_no),
)
"""番号で封をする表: sealed by number."""

NIGHTS = (review_tables.ruling_result, money_tables.watched_bundle, money_tables.overdue_payment)
"""夜で封をする表: sealed by night."""

TAKEN_IN = (
    "notice_file",
    "claim_file",
    "claim_state",
    "reminder_status",
    "item_order",
    "upload",
    "delivery",
    "deposit",
)
"""Ranges that are entered before the night's link: an interrupted night leaves them to the next."""


def schema_of(table: Table) -> dict[str, Any]:
    """The stored types of a table's columns, in its order."""
    return {column.name: pl.String if column.type is Text else pl.Int64 for column in table.c}


def seal(table: Table, rows: pl.DataFrame, **constants: object) -> Seal:
    """封 of rows of a table, in the order of its key. Missing columns are null."""
    if rows.is_empty():
        return NOTHING
    schema = schema_of(table)
    filled = rows.with_columns(pl.lit(value).alias(name) for name, value in constants.items())
    missing = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in filled.columns]
    return _seal_columns(table, as_stored(filled.with_columns(missing)), list(schema))


def _seal_columns(table: Table, rows: pl.DataFrame, names: list[str]) -> Seal:
    stored = rows.select(names)
    keys = [column.name for column in table.primary_key.columns]
    ordered = stored if len(keys) == 1 and stored[keys[0]].is_sorted() else stored.sort(keys)
    digest = hashlib.sha256()
    for part in ordered.iter_slices(_ROWS_AT_ONCE):
        digest.update(_to_csv(part))
    return ordered.height, digest.hexdigest()


def seals_of(table: Table, rows: pl.DataFrame) -> Iterator[Seal]:
    """認める封 of rows of a table: as `seal` makes it, and as programs made it that did not have its last columns yet.

    Only columns that are null in all rows may have been added later (版上げ); they come last in their table.
    """
    yield seal(table, rows)
    names = list(schema_of(table))
    while rows.height and rows[names[-1]].is_null().all():
        yield _seal_columns(table, rows, names := names[:-1])


def _to_csv(rows: pl.DataFrame) -> bytes:
    return rows.write_csv(include_header=False, quote_style="non_numeric").encode()


def all_rows(connection: Connection, table: Table) -> pl.DataFrame:
    """すべての行 of a table, in stored types."""
    return read_frame(connection, select(*table.c), schema_of(table))


def seal_new(
    connection: Connection, night_on: str, upto: Mapping[str, int], ready: Mapping[str, Seal]
) -> dict[str, Any]:
    """封をする: the seals of the next link, after one that went `upto`. `ready`: seals that the caller already has."""
    now, sealed = dict(upto), dict[str, Seal]()
    for series in RANGES:
        first = upto.get(series.name, 0)
        now[series.name] = last = int(
            connection.execute(select(func.coalesce(func.max(series.number), 0))).scalar_one()
        )
        is_ready = series.name != tables.upload.name or last == first + 1  # `ready` covers one upload only
        for table, column in series.members if last > first else ():
            table_seal = ready.get(table.name) if is_ready else None
            if (table_seal := table_seal or _seal_where(connection, table, table.c[column] > first)) != NOTHING:
                sealed[table.name] = table_seal
    nightly = {
        table.name: {night_on: table_seal}
        for table in NIGHTS
        if (table_seal := _seal_where(connection, table, table.c.night_on == night_on)) != NOTHING
    }
    return {"upto": now, "sealed": sealed, "nightly": nightly, **read_changing(connection)}


def count_unsealed(connection: Connection) -> dict[str, int]:
    """封のない行: how many by table, among rows that only a link's own transaction enters. None should exist.

    Rows of `TAKEN_IN` may wait for a link, but not without the row that numbers them. Payloads have no index by upload,
    so they are checked where uploads are.
    """
    run, parts = tables.run.c, list[Any]()
    newest = connection.execute(select(run.entry).order_by(run.run_no.desc()).limit(1)).scalar_one_or_none()
    upto = json.loads(newest or "{}").get("upto", {})
    for series in RANGES:
        first = upto.get(series.name, 0)
        for table, column in series.members:
            after, may_wait = table.c[column] > first, series.name in TAKEN_IN
            if table is tables.payload or (may_wait and table is series.number.table):
                continue
            if may_wait:
                after = and_(after, table.c[column].not_in(select(series.number).where(series.number > first)))
            parts.append(_count(table, after))
    last = connection.execute(
        select(run.night_on, run.entry).order_by(run.night_on.desc(), run.run_no.desc()).limit(1)
    ).one_or_none()
    night_on, nightly = ("", {}) if last is None else (last.night_on, json.loads(last.entry).get("nightly", {}))
    for table in NIGHTS:
        stated, on = nightly.get(table.name, {}).get(night_on, NOTHING), table.c.night_on
        is_other = _seal_where(connection, table, on == night_on) != tuple(stated)
        parts += [_count(table, on > night_on), select(literal(table.name), literal(int(is_other)))]
    counts = Counter[str]()
    for name, count in connection.execute(union_all(*parts)):
        counts[name] += count
    return dict(+counts)


def _count(table: Table, condition: Any) -> Any:
    return select(literal(table.name), func.count()).select_from(table).where(condition)


def read_changing(connection: Connection) -> dict[str, dict[str, Any]]:
    """変わる行: the current counters and settings."""
    changing: dict[str, dict[str, Any]] = {}
    for name, table in (("counters", tables.counter), ("settings", tables.setting)):
        rows = connection.execute(select(*table.c).order_by(table.c.name))
        changing[name] = {key: value for key, value in rows}
    return changing


def seal_earlier(connection: Connection, names: Iterable[Table]) -> dict[str, Any]:
    """前からの行: seals of rows that older programs entered without a link, by table, and of all nights."""
    nightly = {}
    for table in NIGHTS:
        rows = all_rows(connection, table)
        parts = rows.partition_by(table.c.night_on.name, as_dict=True)
        nightly[table.name] = {str(night_on): seal(table, part) for (night_on,), part in sorted(parts.items())}
    return {"before": {table.name: seal(table, all_rows(connection, table)) for table in names}, "nightly": nightly}


def _seal_where(connection: Connection, table: Table, condition: Any) -> Seal:
    """封 of the rows that meet a condition. Rows with a single key column are read in pieces."""
    query, schema, (key, *further) = select(*table.c).where(condition), schema_of(table), table.primary_key.columns
    if further:
        return seal(table, read_frame(connection, query, schema))
    digest, count, part = hashlib.sha256(), 0, query
    while (rows := read_frame(connection, part.order_by(key).limit(_ROWS_AT_ONCE), schema)).height:
        digest.update(_to_csv(rows))
        count, part = count + rows.height, query.where(key > rows[key.name][-1])
        if rows.height < _ROWS_AT_ONCE:
            break
    return count, digest.hexdigest()
