"""What is asked of the tallies, and how they are entered (累計の照会と記帳)."""

from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, func, select

from elqr.rules.totals import issue_tallies, posting_tallies
from elqr.store.db.bulk import insert_frame, next_no, numbered, read_frame, select_named, staged
from elqr.store.tables import ledger as t
from elqr.store.tables.totals import issue_tally, posting_tally
from elqr.vocabulary.frames import Posting
from elqr.vocabulary.terms import Account

_WHOLE, _TEXT = pl.Int64, pl.String
_ISSUED = {"upload_no": _WHOLE, "procedure_code": _TEXT, "issued_on": pl.Date, "notice_no": _WHOLE}
_POSTED = {
    "posting_no": _WHOLE, "night_on": pl.Date, "payment_no": _WHOLE, "account": _TEXT, "procedure_code": _TEXT,
    "yen": _WHOLE, "key_kind": _TEXT, "paid_on": pl.Date,
}  # fmt: skip


def enter_issue_tallies(connection: Connection, issued: pl.DataFrame) -> None:
    """発行の累計を記す, of payloads beside their notices."""
    insert_frame(connection, issue_tally, issue_tallies(issued))


def enter_posting_tallies(connection: Connection, tallies: pl.DataFrame) -> None:
    """計上の累計を記す: frame PostingTally."""
    rows = numbered(tallies, "tally_no", next_no(connection, posting_tally.c.tally_no))
    insert_frame(connection, posting_tally, rows)


def tally_all(connection: Connection) -> None:
    """累計を作る, for a ledger that was begun before there were any."""
    enter_issue_tallies(connection, issued(connection))
    enter_posting_tallies(connection, posting_tallies(posted(connection)))


def issued(connection: Connection) -> pl.DataFrame:
    """発行した納付書のすべて, as `elqr.rules.totals.issue_tallies` takes them."""
    query = select(t.payload.c.upload_no, t.notice.c.procedure_code, t.notice.c.issued_on, t.notice.c.notice_no)
    return read_frame(connection, query.join(t.notice, t.notice.c.notice_no == t.payload.c.notice_no), _ISSUED)


def _posted() -> Select[Any]:
    g, p = t.posting.c, t.payment.c
    return select(
        g.posting_no, g.night_on, g.payment_no, g.account, g.procedure_code, g.yen, p.key_kind, p.paid_on
    ).join(t.payment, p.payment_no == g.payment_no)  # fmt: skip


def posted(connection: Connection) -> pl.DataFrame:
    """仕訳のすべて, as `elqr.rules.totals.posting_tallies` takes them."""
    return read_frame(connection, _posted(), _POSTED)


def posted_of(connection: Connection, payment_nos: pl.DataFrame) -> pl.DataFrame:
    """収納の仕訳 of some payments. Asked in two parts, each with an index of its own."""
    with staged(connection, payment_nos.select(Posting.PAYMENT_NO).unique()) as asked:
        own = _posted().join(asked, asked.c.payment_no == t.posting.c.payment_no)
        moved = t.posting.c.reverses_no.is_not(None)
        return pl.concat([read_frame(connection, own.where(part), _POSTED) for part in (moved, ~moved)])


def last_issued(connection: Connection) -> dict[str, int]:
    """発行の済んだところ: by procedure, the last notice up to which none is left to issue."""
    own = issue_tally.c
    query = select(own.procedure_code, func.max(own.last_notice_no)).group_by(own.procedure_code)
    return {code: int(last) for code, last in connection.execute(query)}


def balances(connection: Connection, night: date) -> dict[str, int]:
    """残高 up to a night: yen on claims and in suspense, over the whole ledger."""
    own = posting_tally.c
    query = select(own.account, func.sum(own.yen)).where(own.night_on <= night.isoformat()).group_by(own.account)
    found = {account: int(yen) for account, yen in connection.execute(query)}
    return {account.value: found.get(account.value, 0) for account in Account}


def evidence(connection: Connection, as_of: date) -> pl.DataFrame:
    """運用の証拠 per procedure, as known on a night: first notice and first eL-QR payment, counts and yen."""
    day, i, p = as_of.isoformat(), issue_tally.c, posting_tally.c
    issued = (
        select_named(
            {
                "procedure_code": i.procedure_code,
                "first_issued_on": func.min(i.issued_on),
                "notices": func.sum(i.notices),
            }
        )
        .join(t.upload, t.upload.c.upload_no == i.upload_no)
        .where(i.issued_on <= day, t.upload.c.night_on <= day)
        .group_by(i.procedure_code)
    )
    posted = (
        select_named(
            {
                "procedure_code": p.procedure_code,
                "first_paid_on": func.min(p.first_paid_on).filter(p.is_elqr == 1),
                "elqr_payments": func.sum(p.payments).filter(p.is_elqr == 1),
                "elqr_yen": func.sum(p.yen).filter(p.is_elqr == 1),
                "payments": func.sum(p.payments),
            }
        )
        .where(p.account == Account.CLAIM.value, p.night_on <= day)
        .group_by(p.procedure_code)
    )
    own = {"procedure_code": _TEXT, "first_issued_on": pl.Date, "notices": _WHOLE}
    paid = dict.fromkeys(("elqr_payments", "elqr_yen", "payments"), _WHOLE)
    both = read_frame(connection, issued, own).join(
        read_frame(connection, posted, {"procedure_code": _TEXT, "first_paid_on": pl.Date, **paid}),
        on="procedure_code",
        how="full",
        coalesce=True,
        validate="1:1",
    )
    shown = ("procedure_code", "first_issued_on", "first_paid_on", "notices", *paid)
    return both.select(shown).with_columns(pl.col(pl.Int64).fill_null(0)).sort("procedure_code")
