"""Queries on payments that no night has decided yet (未消込の照会), for callers that read them in pieces."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import polars as pl
from sqlalchemy import Connection, exists, func, select

from elqr.rules.notice_lookup import attach_to_keys, registered_keys
from elqr.store.db.bulk import read_frame, read_unordered, schema_of, stage_rows
from elqr.store.tables import ledger as t
from elqr.vocabulary.frames import NoticeClaim, NoticeKey, Payment
from elqr.vocabulary.report_frames import Delivery

_PAYMENTS_AT_ONCE = 100_000

OPEN = ~exists().where(t.decided_file.c.file_no == t.file.c.file_no)
"""未消込のファイルか, for the file of a query: no night has matched it."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """未消込の収納: count and yen as their files state, and the first and last number."""

    count: int
    yen: int
    first: int
    last: int

    def spans(self, size: int) -> list[tuple[int, int]]:
        """区間: (first, last) of consecutive spans of a size."""
        return [(at, min(at + size - 1, self.last)) for at in range(self.first, self.last + 1, size)]


def undecided(connection: Connection, in_hand: Iterable[int] = ()) -> Undecided:
    """未消込の収納, except those of the files `in_hand`.

    Payments are numbered in the order of their files, so the first open file has the lowest number.
    """
    sums = select(
        func.coalesce(func.sum(t.file.c.payment_count), 0),
        func.coalesce(func.sum(t.file.c.payment_yen), 0),
        func.min(t.file.c.file_no).filter(t.file.c.payment_count > 0),
    ).where(OPEN, t.file.c.file_no.not_in(list(in_hand)))
    count, yen, file_no = connection.execute(sums).one()
    if file_no is None:
        return Undecided(0, 0, 1, 0)
    query = (
        select(t.payment.c.payment_no).where(t.payment.c.file_no == file_no).order_by(t.payment.c.record_no).limit(1)
    )
    first = connection.execute(query).scalar_one()
    last = connection.execute(select(func.max(t.payment.c.payment_no))).scalar_one()
    return Undecided(int(count), int(yen), int(first), int(last))


def open_specs(connection: Connection) -> pl.DataFrame:
    """未消込のファイルの様式: file_no and spec."""
    query = select(t.file.c.file_no, t.file.c.spec).where(OPEN)
    return read_frame(connection, query, schema_of((Payment.FILE_NO, Delivery.SPEC)))


def undecided_between(connection: Connection, first: int, last: int, in_hand: Iterable[int] = ()) -> pl.DataFrame:
    """未消込の収納 in a span of numbers, except those of the files `in_hand`; frame Payment, in order."""
    query = (
        select(*(t.payment.c[name] for name in Payment.SCHEMA))
        .join(t.file, t.file.c.file_no == t.payment.c.file_no)
        .where(t.payment.c.payment_no.between(first, last), OPEN, t.file.c.file_no.not_in(list(in_hand)))
    )
    return read_unordered(connection, query, Payment.SCHEMA).sort(Payment.PAYMENT_NO)


def undecided_payments(connection: Connection, in_hand: Collection[int] = ()) -> Iterator[pl.DataFrame]:
    """未消込の収納 of all files, except those `in_hand`; frames Payment, in order."""
    waiting = undecided(connection, in_hand)
    if waiting.count:
        for span in waiting.spans(_PAYMENTS_AT_ONCE):
            yield undecided_between(connection, *span, in_hand)


def covers(connection: Connection, payments: pl.DataFrame) -> pl.DataFrame:
    """キーの指す調定: key_kind, key_digits, and claim_no of each claim that a notice with that key pays."""
    names = (NoticeKey.KEY_KIND, NoticeKey.KEY_DIGITS)
    keys = payments.select(names).unique().with_row_index("at").cast({"at": pl.Int64})
    stored = registered_keys(keys)
    with stage_rows(connection, stored.select(*names, "at")) as staged:
        key, pays = t.notice_key.c, t.notice_claim.c
        query = (
            select(staged.c.at, key.reissue_no, pays.claim_no)
            .join(staged, (key.key_kind == staged.c.key_kind) & (key.key_digits == staged.c.key_digits))
            .join(t.notice_claim, pays.notice_no == key.notice_no)
            .distinct()
        )
        schema = {"at": pl.Int64, NoticeKey.REISSUE_NO: pl.String, NoticeClaim.CLAIM_NO: pl.Int64}
        rows = read_frame(connection, query, schema)
    rows = attach_to_keys(rows, keys, stored["only_reissue_no"])
    return rows.select(*names, NoticeClaim.CLAIM_NO).unique()
