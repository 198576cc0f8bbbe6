"""Queries and entries of the tallies (累計の照会と記帳)."""

from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, func, null, select

from elqr.rules.totals import issue_tallies, posting_tallies
from elqr.store.db.bulk import insert_frame, next_no, number_rows, read_frame, schema_of, select_named, stage_rows
from elqr.store.tables import ledger as t
from elqr.store.tables.totals import issue_tally, posting_tally
from elqr.vocabulary.frames import Posting
from elqr.vocabulary.tally_frames import EvidenceSum, IssuedNotice, PostedPayment
from elqr.vocabulary.terms import Account


def enter_issue_tallies(connection: Connection, issued: pl.DataFrame) -> None:
    """発行の累計を記す for payloads with their notices: the columns of IssuedNotice."""
    insert_frame(connection, issue_tally, issue_tallies(issued))


def enter_posting_tallies(connection: Connection, tallies: pl.DataFrame) -> None:
    """計上の累計を記す: frame PostingTally."""
    rows = number_rows(tallies, "tally_no", next_no(connection, posting_tally.c.tally_no))
    insert_frame(connection, posting_tally, rows)


def tally_all(connection: Connection) -> None:
    """累計を作る for a ledger that is older than tallies, and than slips typed by hand."""
    rows = read_frame(connection, _select_posted(PostedPayment.IMAGE_REF), PostedPayment.SCHEMA)
    enter_issue_tallies(connection, issued(connection))
    enter_posting_tallies(connection, posting_tallies(rows))


def issued(connection: Connection) -> pl.DataFrame:
    """発行した納付書のすべて: frame IssuedNotice."""
    query = select(t.payload.c.upload_no, t.notice.c.procedure_code, t.notice.c.issued_on, t.notice.c.notice_no)
    query = query.join(t.notice, t.notice.c.notice_no == t.payload.c.notice_no)
    return read_frame(connection, query, IssuedNotice.SCHEMA)


def _select_posted(*without: str) -> Select[Any]:
    """The columns of PostedPayment; null for those that an older ledger is `without`."""
    posting, payment = t.posting.c, t.payment.c
    columns = (
        null().label(name) if name in without else (posting if name in posting else payment)[name]
        for name in PostedPayment.SCHEMA
    )
    return select(*columns).select_from(t.posting).join(t.payment, payment.payment_no == posting.payment_no)


def posted(connection: Connection) -> pl.DataFrame:
    """仕訳のすべて: frame PostedPayment."""
    return read_frame(connection, _select_posted(), PostedPayment.SCHEMA)


def posted_of(connection: Connection, payment_nos: pl.DataFrame) -> pl.DataFrame:
    """収納の仕訳 of payments: frame PostedPayment. Two queries, each with an index of its own."""
    with stage_rows(connection, payment_nos.select(Posting.PAYMENT_NO).unique()) as staged:
        query = _select_posted().join(staged, staged.c.payment_no == t.posting.c.payment_no)
        moved = t.posting.c.reverses_no.is_not(None)
        parts = [read_frame(connection, query.where(part), PostedPayment.SCHEMA) for part in (moved, ~moved)]
        return pl.concat(parts)


def last_issued(connection: Connection) -> dict[str, int]:
    """発行の済んだところ by procedure: the last notice number up to which nothing is left to issue."""
    tally = issue_tally.c
    query = select(tally.procedure_code, func.max(tally.last_notice_no)).group_by(tally.procedure_code)
    return {code: int(last) for code, last in connection.execute(query)}


def balances(connection: Connection, night: date) -> dict[str, int]:
    """残高 up to a night: yen by account, over the whole ledger."""
    tally = posting_tally.c
    query = (
        select(tally.account, func.sum(tally.yen)).where(tally.night_on <= night.isoformat()).group_by(tally.account)
    )
    sums = {account: int(yen) for account, yen in connection.execute(query)}
    return {account.value: sums.get(account.value, 0) for account in Account}


def evidence(connection: Connection, as_of: date) -> pl.DataFrame:
    """運用の証拠 per procedure, as known on a night: frame EvidenceSum."""
    day, issue, posting = as_of.isoformat(), issue_tally.c, posting_tally.c
    code = EvidenceSum.PROCEDURE_CODE
    of_notices = {
        code: issue.procedure_code,
        EvidenceSum.FIRST_ISSUED_ON: func.min(issue.issued_on),
        EvidenceSum.NOTICES: func.sum(issue.notices),
    }
    of_payments = {
        code: posting.procedure_code,
        EvidenceSum.FIRST_PAID_ON: func.min(posting.first_paid_on).filter(posting.is_elqr == 1),
        EvidenceSum.ELQR_PAYMENTS: func.sum(posting.payments).filter(posting.is_elqr == 1),
        EvidenceSum.ELQR_YEN: func.sum(posting.yen).filter(posting.is_elqr == 1),
        EvidenceSum.PAYMENTS: func.sum(posting.payments),
    }
    issued = (
        select_named(of_notices)
        .join(t.upload, t.upload.c.upload_no == issue.upload_no)
        .where(issue.issued_on <= day, t.upload.c.night_on <= day)
        .group_by(issue.procedure_code)
    )
    posted = (
        select_named(of_payments)
        .where(posting.account == Account.CLAIM.value, posting.night_on <= day)
        .group_by(posting.procedure_code)
    )
    rows = read_frame(connection, issued, schema_of(of_notices)).join(
        read_frame(connection, posted, schema_of(of_payments)), on=code, how="full", coalesce=True, validate="1:1"
    )
    return rows.select(*EvidenceSum.SCHEMA).with_columns(pl.col(pl.Int64).fill_null(0)).sort(code)
