"""Staging (下書き): where the machines of a cluster put their results until the night takes them into the ledger.

Every run has a schema of its own, with unlogged tables, because a night that fails starts over. Work may be done twice
or die in the middle, so a piece goes in by one transaction together with its row in `piece`, and whoever comes second
changes nothing. Nothing here belongs to the ledger until `enter_file` and `enter_decided` take it over.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import Column, ColumnElement, Connection, MetaData, Table, func, insert, literal, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema, DropSchema

from elqr.rules.suggestions import ASKED
from elqr.store.db.bulk import insert_frame, next_no, read_frame, schema_of
from elqr.store.db.schema import Text, Whole
from elqr.store.entries.money import enter_bundles
from elqr.store.entries.night import POSTING_ORDER, Receipt, enter_content, enter_decided_files
from elqr.store.queries.totals import enter_posting_tallies
from elqr.store.tables import counted
from elqr.store.tables import ledger as t
from elqr.store.tables import money as m
from elqr.store.tables.ledger import NIGHT
from elqr.store.tables.totals import posting_tally
from elqr.vocabulary.frames import Payment, PaymentContent, Posting
from elqr.vocabulary.money_frames import Bundle
from elqr.vocabulary.tally_frames import PostingTally
from elqr.vocabulary.terms import KeyKind, Outcome

_SCHEMA = "elqr_cluster_"
_STAGED = {
    t.payment_identity: None,
    t.decision: None,
    t.posting: tuple(Posting.SCHEMA),
    counted.counted_day: None,
    m.bundle: tuple(name for name in Bundle.SCHEMA if name != Bundle.BUNDLE_NO),
    posting_tally: tuple(PostingTally.SCHEMA),
}
"""The columns that a part hands over for each table of the ledger; None for all of them. The rest is added later."""


@dataclass(frozen=True, slots=True)
class Staging:
    """下書き of one run: where it is. It can be sent to any machine."""

    url: str = field(repr=False)
    schema: str

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """One transaction that reads the ledger and writes here. It takes no turn: the run that sent it has it."""
        from elqr.store.db.postgresql import engine

        database = engine(make_url(self.url), is_writer=False)
        try:
            with database.begin() as connection:
                yield connection
        finally:
            database.dispose()

    @property
    def piece(self) -> Table:
        """片: the pieces that are here, with the summary that each came with (`told`)."""
        columns = Column("name", Text, primary_key=True), Column("told", Text, nullable=False)
        return Table("piece", MetaData(), *columns, schema=self.schema, prefixes=["UNLOGGED"])

    def of(self, table: Table) -> Table:
        """The staging table for a table of the ledger."""
        return self._copy_of(table, table.name, _STAGED[table] or tuple(table.c.keys()))

    def payments(self, sha256: str) -> Table:
        """収納 of one file by its content, not yet numbered."""
        return self._copy_of(t.payment, f"file_{sha256[:48]}", tuple(PaymentContent.SCHEMA))

    def _copy_of(self, table: Table, name: str, columns: tuple[str, ...]) -> Table:
        copies = [Column(column, table.c[column].type) for column in columns]
        return Table(name, MetaData(), *copies, schema=self.schema, prefixes=["UNLOGGED"])

    def put_file(self, sha256: str, payments: pl.DataFrame) -> None:
        """ファイルを置く: its payments (frame PaymentContent). A second call for the same file does nothing."""
        with self.connected() as connection:
            if self._is_first(connection, sha256, {}):
                table = self.payments(sha256)
                table.create(connection)
                insert_frame(connection, table, payments)

    def put_part(
        self, connection: Connection, part_no: int, summary: Mapping[str, object], rows: Mapping[Table, pl.DataFrame]
    ) -> None:
        """部分を置く: its rows by table of the ledger. A second call for the same part does nothing."""
        if self._is_first(connection, f"part {part_no}", summary):
            for table, frame in rows.items():
                insert_frame(connection, self.of(table), frame)

    def _is_first(self, connection: Connection, name: str, summary: Mapping[str, object]) -> bool:
        piece = self.piece
        row = postgresql.insert(piece).values(name=name, told=json.dumps(summary)).on_conflict_do_nothing()
        return connection.execute(row.returning(piece.c.name)).first() is not None


_NUMBERS = (Payment.PAYMENT_NO, Payment.FILE_NO)


@contextmanager
def open_staging(url: str) -> Iterator[Staging]:
    """下書きを用意する for the block, after dropping what a run that died left."""
    unnamed = Staging(url, "")
    with unnamed.connected() as connection:
        schemas = "SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)"
        for name in connection.exec_driver_sql(schemas, (_SCHEMA,)).scalars().all():
            connection.execute(DropSchema(name, cascade=True))
        number = connection.exec_driver_sql("SELECT pg_current_xact_id()::text").scalar_one()
        staging = Staging(url, f"{_SCHEMA}{number}")
        connection.execute(CreateSchema(staging.schema))
        for table in (staging.piece, *map(staging.of, _STAGED)):
            table.create(connection)
    try:
        yield staging
    finally:
        with suppress(DBAPIError), staging.connected() as connection:  # a server that is gone: the next run drops it
            connection.execute(DropSchema(staging.schema, cascade=True))


def enter_file(connection: Connection, staging: Staging, receipt: Receipt, count: int, yen: int) -> None:
    """ファイルを取り込む: the file, its delivery, and its payments in the order of their records."""
    file_no = enter_content(connection, receipt, count, yen)
    staged = staging.payments(receipt.delivered.sha256)
    number = _number_from(next_no(connection, t.payment.c.payment_no), staged.c.record_no)
    query = select(*staged.c, number, literal(file_no, Whole))
    connection.execute(insert(t.payment).from_select([*staged.c.keys(), *_NUMBERS], query))
    entered = select(func.count(), func.coalesce(func.sum(t.payment.c.paid_yen), 0)).where(
        t.payment.c.file_no == file_no
    )
    assert tuple(connection.execute(entered).one()) == (count, yen), "all that the file holds"


def read_told(connection: Connection, staging: Staging) -> list[dict[str, object]]:
    """部分の申告: the summary that each part came with."""
    piece = staging.piece.c
    query = select(piece.told).where(piece.name.startswith("part "))
    return [json.loads(text) for text in connection.execute(query).scalars()]


def unknown_keys(connection: Connection, staging: Staging, most: int) -> pl.DataFrame:
    """該当なしのキー: `suggestions.ASKED` of the first `most` payments of the night, and as many with 顧客番号."""
    decided, payment = staging.of(t.decision), t.payment.c
    query = (
        select(*(payment[name] for name in ASKED))
        .join(decided, decided.c.payment_no == payment.payment_no)
        .where(decided.c.outcome == Outcome.KEY_UNKNOWN.value, payment.key_digits.regexp_match("^[0-9]+$"))
        .order_by(payment.payment_no)
        .limit(most)
    )
    is_customer = payment.key_kind == KeyKind.CUSTOMER.value
    keys = (query.where(is_one) for is_one in (~is_customer, is_customer))
    return pl.concat([read_frame(connection, of_kind, schema_of(ASKED)) for of_kind in keys])


def enter_decided(
    connection: Connection, staging: Staging, night: date, count: int, posted_yen: int, suggestions: pl.DataFrame
) -> None:
    """消込を記す: identities, decisions, postings and bundles of all parts, numbered as a single machine would."""
    for table in (t.payment_identity, t.decision, counted.counted_day):
        staged = staging.of(table)
        connection.execute(insert(table).from_select(staged.c.keys(), select(*staged.c)))
    decided, posted = (staging.of(table) for table in (t.decision, t.posting))
    decided_count = connection.execute(select(func.count()).select_from(decided)).scalar_one()
    assert decided_count == count, "every payment has exactly one decision"
    order = (posted.c[name].nulls_last() for name in POSTING_ORDER)
    number = _number_from(next_no(connection, t.posting.c.posting_no), *order)
    constants = {
        "posting_no": number,
        "night_on": literal(night.isoformat()),
        "decided_by": literal(NIGHT),
        "reason": literal(""),
    }
    query = select(*posted.c, *constants.values())
    connection.execute(insert(t.posting).from_select([*posted.c.keys(), *constants], query))
    entered = connection.execute(select(func.coalesce(func.sum(posted.c.yen), 0))).scalar_one()
    assert entered == posted_yen, "postings sum to what was decided"
    insert_frame(connection, t.suggestion, suggestions)
    enter_decided_files(connection, night)
    enter_bundles(connection, night, _bundles(connection, staging))
    enter_posting_tallies(connection, _tallies(connection, staging))


def _bundles(connection: Connection, staging: Staging) -> pl.DataFrame:
    bundle = staging.of(m.bundle).c
    keys = [column for column in bundle if column.name not in (Bundle.PAYMENTS, Bundle.YEN)]
    sums = (func.sum(bundle[name]).label(name) for name in (Bundle.PAYMENTS, Bundle.YEN))
    query = select(*keys, *sums).group_by(*keys)
    schema = {name: dtype for name, dtype in Bundle.SCHEMA.items() if name != Bundle.BUNDLE_NO}
    return read_frame(connection, query, schema).sort([key.name for key in keys])


def _tallies(connection: Connection, staging: Staging) -> pl.DataFrame:
    tally = staging.of(posting_tally).c
    keys = (tally.night_on, tally.account, tally.procedure_code, tally.is_elqr)
    first = func.min(tally.first_paid_on).label(PostingTally.FIRST_PAID_ON)
    sums = (func.sum(tally[name]).label(name) for name in (PostingTally.PAYMENTS, PostingTally.YEN))
    query = select(*keys, first, *sums).group_by(*keys)
    return read_frame(connection, query, PostingTally.SCHEMA).sort([key.name for key in keys])


def _number_from(first: int, *order: ColumnElement[Any]) -> ColumnElement[int]:
    return func.row_number().over(order_by=order) + literal(first - 1, Whole)
