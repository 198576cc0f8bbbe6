"""Queries and entries of the export (書き出しの照会と記帳): postings by number, each exactly once."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, and_, case, func, insert, select
from sqlalchemy.sql import ColumnElement

from elqr.store.db.bulk import next_no, read_frame, select_named
from elqr.store.queries.notice_lines import line_of, of_line, said
from elqr.store.queries.owed import owed_yen
from elqr.store.queries.paid_notice import join_paid_notice, paid_notice_no
from elqr.store.queries.retractions import numbers_taken_back, retractions_approved
from elqr.store.tables import exports as e
from elqr.store.tables import ledger as t
from elqr.store.tables import reviews as r
from elqr.store.tables.counted import counted_day
from elqr.vocabulary.claim_frames import ClaimEntry
from elqr.vocabulary.counted_frames import CountedDay
from elqr.vocabulary.counted_terms import DayRule
from elqr.vocabulary.export_frames import Collected
from elqr.vocabulary.frames import ClaimKey
from elqr.vocabulary.ruling_terms import RetractionKind
from elqr.vocabulary.terms import Account


def last_posting_no(connection: Connection) -> int:
    """書き出し済の最後の仕訳; 0 when nothing was exported or all of it was withdrawn."""
    query = select(func.coalesce(func.max(e.export.c.last_posting_no), 0)).where(_holds())
    return int(connection.execute(query).scalar_one())


def _holds() -> ColumnElement[bool]:
    """書き出したままか: two people have not withdrawn it."""
    return e.export.c.export_no.not_in(numbers_taken_back(RetractionKind.EXPORT))


def _is_taken() -> ColumnElement[bool]:
    """取込済のままか: the record was not taken back."""
    return e.export_taken.c.taken_no.not_in(numbers_taken_back(RetractionKind.TAKEN))


def _is_on_claim_after(posting_no: int) -> ColumnElement[bool]:
    return and_(t.posting.c.account == Account.CLAIM.value, t.posting.c.posting_no > posting_no)


def outstanding(connection: Connection) -> tuple[int, int]:
    """まだ書き出していない計上: count and yen."""
    query = select(func.count(), func.coalesce(func.sum(t.posting.c.yen), 0))
    count, yen = connection.execute(query.where(_is_on_claim_after(last_posting_no(connection)))).one()
    return int(count), int(yen)


def collected_after(connection: Connection, posting_no: int) -> pl.DataFrame:
    """収納履歴: postings on claims after a number, in order; frame Collected.

    Of a 分納 notice for several claims it is the row of the claim, as the core system sent it.
    """
    posting, notice = t.posting.c, t.notice.c
    columns: dict[str, ColumnElement[Any]] = {
        **{name: t.claim.c[name] for name in ClaimKey.SCHEMA},
        Collected.POSTING_NO: posting.posting_no,
        Collected.REVERSES_NO: posting.reverses_no,
        Collected.YEN: posting.yen,
        Collected.FISCAL_YEAR: posting.fiscal_year,
        Collected.IS_ARREARS: posting.is_arrears,
        Collected.NIGHT_ON: posting.night_on,
        Collected.BY_RULING: r.ruling_posting.c.ruling_no.is_not(None),
        Collected.CHANNEL: t.payment.c.channel,
        Collected.PAID_ON: t.payment.c.paid_on,
        Collected.RECEIVED_ON: _received_on(),
        Collected.FUNDS_ON: t.payment.c.funds_on,
        Collected.OUTCOME: t.decision.c.outcome,
        Collected.ISSUE_NO: said(Collected.ISSUE_NO),
        Collected.SLIP_INSTALLMENT_NO: of_line(t.claim.c.installment_no, notice.installment_no),
        Collected.KEY_NO: func.coalesce(t.payload.c.key_no, notice.key_no),
        Collected.CHECK_NO: func.coalesce(t.payload.c.check_no, notice.check_no),
        Collected.ITEM_NO: t.payload.c.item_no,
        Collected.SLIP_YEN: of_line(t.notice_claim.c.cover_yen, notice.amount_yen),
        **{name: said(name) for name in ClaimEntry.ITEMS},
        Collected.COVER_YEN: t.notice_claim.c.cover_yen,
        Collected.COLLECTED_YEN: _collected_yen(),
        Collected.OWED_YEN: func.nullif(owed_yen(posting.claim_no, posting.night_on), 0),
    }
    query = _join_notice(select_named(columns))
    query = query.where(_is_on_claim_after(posting_no)).order_by(posting.posting_no)
    return read_frame(connection, query, Collected.SCHEMA)


def _join_notice(query: Select[Any]) -> Select[Any]:
    """Joins postings with the notice that was paid, its claim and its payload."""
    covers = and_(t.notice_claim.c.notice_no == t.notice.c.notice_no, t.notice_claim.c.claim_no == t.posting.c.claim_no)
    return (
        join_paid_notice(query)
        .join(t.claim, t.claim.c.claim_no == t.posting.c.claim_no)
        .join(t.payment, t.payment.c.payment_no == t.posting.c.payment_no)
        .outerjoin(counted_day, counted_day.c.payment_no == t.posting.c.payment_no)
        .join(t.notice, t.notice.c.notice_no == paid_notice_no())
        .join(t.notice_claim, covers)
        .outerjoin(t.notice_line, line_of(t.posting.c.claim_no))
        .outerjoin(t.payload, t.payload.c.notice_no == t.notice.c.notice_no)
    )


def _received_on() -> ColumnElement[str]:
    """収入日 that the file states or the city's rule gave; null where 領収日 was only taken for it."""
    is_received = counted_day.c[CountedDay.RULE].in_([rule.value for rule in DayRule if rule.is_received])
    return func.coalesce(t.payment.c.received_on, case((is_received, counted_day.c.falls_on)))


def _collected_yen() -> ColumnElement[int]:
    """収納額 on the claim, up to and including the posting."""
    before = t.posting.alias("before")
    return (
        select(func.sum(before.c.yen))
        .where(before.c.claim_no == t.posting.c.claim_no, before.c.posting_no <= t.posting.c.posting_no)
        .correlate(t.posting)
        .scalar_subquery()
    )


def exports(connection: Connection) -> list[dict[str, Any]]:
    """書き出しの一覧, oldest first: rows of the exports.

    Each has its `again` rows, its valid `taken` rows, those taken back (`not_taken`), and its retraction or None
    (`withdrawn`).
    """
    export_rows = [dict(row) for row in connection.execute(select(e.export).order_by(e.export.c.export_no)).mappings()]
    withdrawn = {row["number"]: row for row in retractions_approved(connection, RetractionKind.EXPORT)}
    parts = {
        "again": select(e.export_again).order_by(e.export_again.c.again_no),
        "taken": select(e.export_taken).where(_is_taken()).order_by(e.export_taken.c.taken_no),
        "not_taken": select(e.export_taken).where(~_is_taken()).order_by(e.export_taken.c.taken_no),
    }
    rows: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for name, query in parts.items():
        for row in connection.execute(query).mappings():
            rows.setdefault((name, row["export_no"]), []).append(dict(row))
    return [
        {**export, **{name: rows.get((name, export["export_no"]), []) for name in parts}}
        | {"withdrawn": withdrawn.get(export["export_no"])}
        for export in export_rows
    ]


def untaken_before(connection: Connection, export_no: int) -> list[int]:
    """取込済と記録されていない書き出し before a number, without those withdrawn."""
    query = select(e.export.c.export_no).where(
        e.export.c.export_no < export_no,
        e.export.c.export_no.not_in(select(e.export_taken.c.export_no).where(_is_taken())),
        _holds(),
    )
    return list(connection.execute(query.order_by(e.export.c.export_no)).scalars())


def enter_export(connection: Connection, row: Mapping[str, object]) -> None:
    """書き出しを記す: one export."""
    connection.execute(insert(e.export).values(**row))


def enter_again(connection: Connection, row: Mapping[str, object]) -> None:
    """再書き出しを記す: one export that was written again."""
    connection.execute(insert(e.export_again).values(**row))


def enter_taken(connection: Connection, row: Mapping[str, object]) -> dict[str, object]:
    """基幹システムの取込を記す. Returns its row with its number."""
    numbered = {"taken_no": next_no(connection, e.export_taken.c.taken_no), **row}
    connection.execute(insert(e.export_taken).values(**numbered))
    return numbered


def export_breaks(connection: Connection, export_no: int) -> list[str]:
    """書き出しと計上が合うか, by a query of its own: what does not add up, in words.

    An export is compared with all postings on claims since the end of the export before it. So over time all valid
    exports are compared with all postings, without reading the whole ledger each night.
    """
    row = connection.execute(select(e.export).where(e.export.c.export_no == export_no)).mappings().one()
    before = select(func.coalesce(func.max(e.export.c.last_posting_no), 0)).where(
        e.export.c.export_no < export_no, e.export.c.last_posting_no < row["first_posting_no"]
    )
    count, yen = connection.execute(
        select(func.count(), func.coalesce(func.sum(t.posting.c.yen), 0)).where(
            _is_on_claim_after(connection.execute(before).scalar_one()),
            t.posting.c.posting_no <= row["last_posting_no"],
        )
    ).one()
    pairs = {"件数": (row["postings"], count), "金額": (row["yen"], yen)}
    return [f"{label} 書き出し {ours:,} 計上 {theirs:,}" for label, (ours, theirs) in pairs.items() if ours != theirs]


def all_exports_break(connection: Connection) -> list[str]:
    """すべての書き出しの合計と計上の合計が合うか: what does not add up, in words."""
    exported = connection.execute(
        select(func.coalesce(func.sum(e.export.c.postings), 0), func.coalesce(func.sum(e.export.c.yen), 0)).where(
            _holds()
        )
    ).one()
    posted = connection.execute(
        select(func.count(), func.coalesce(func.sum(t.posting.c.yen), 0)).where(
            t.posting.c.account == Account.CLAIM.value, t.posting.c.posting_no <= last_posting_no(connection)
        )
    ).one()
    pairs = zip(("件数", "金額"), exported, posted, strict=True)
    return [f"{label} 書き出し {ours:,} 計上 {theirs:,}" for label, ours, theirs in pairs if ours != theirs]
