"""Books that come back (ブックの取り込み): what people wrote in one becomes requests, which another person approves.

A book of exceptions holds decisions and 組替, 過誤納整理簿 the steps of payouts.
"""

from dataclasses import dataclass

import polars as pl

from elqr.approvals.open_exceptions import NOW
from elqr.approvals.reassignment import request_written_reassignments
from elqr.approvals.refund_book import request_steps
from elqr.approvals.review import NOTHING, Requested, request_rulings
from elqr.approvals.ruling_state import OWN_NOTICE_NO
from elqr.arithmetic.person_name import name_fault, spelt
from elqr.arithmetic.plain_number import plain_number_expr
from elqr.disk.content import sha256_of
from elqr.report.review_form import Form, read_form
from elqr.session.session import Session
from elqr.store.queries import reports as report_queries
from elqr.vocabulary.errors import BadFile
from elqr.vocabulary.ruling_frames import DraftRuling
from elqr.vocabulary.ruling_terms import WRITTEN_RULINGS, ReviewKind
from elqr.vocabulary.signature import Signature

_RULING_OF_LABEL = {ruling.label: ruling.value for ruling in WRITTEN_RULINGS}


@dataclass(frozen=True, slots=True)
class RequestedByBook:
    """ブックの申請の結果: one request of its decisions or steps, and one of its 組替."""

    rulings: Requested
    reassignments: Requested


def request_from_book(session: Session, name: str, data: bytes, signature: Signature) -> RequestedByBook:
    """ブックを取り込む: what people wrote in it is requested. Rows that cannot be carried out are refused singly.

    Decisions come before 組替: a payment that one of them is about is not reassigned before they are approved or
    refused. Raises BadFile for a book that is not ours, is of another ledger, or was tampered with.
    """
    form = read_form(data, name)
    _refuse_foreign(session, form, name)
    request_row = {"kind": ReviewKind.BOOK.value, "source": name, "sha256": sha256_of(data)}
    if form.is_of_refunds:
        steps = request_steps(session, form.rows, request_row | {"kind": ReviewKind.PAYOUT.value}, signature)
        return RequestedByBook(steps, NOTHING)
    rows = form.rows.with_columns(
        pl.col(DraftRuling.RULING_SAID).replace_strict(_RULING_OF_LABEL, default=None).alias(DraftRuling.RULING),
        plain_number_expr(DraftRuling.TARGET),
        pl.lit(None, dtype=pl.Int64).alias(OWN_NOTICE_NO),
    )
    requested = request_rulings(session, name, rows, request_row, signature)
    return RequestedByBook(
        requested, request_written_reassignments(session, (name, data), form.reassignments, signature)
    )


def _refuse_foreign(session: Session, form: Form, name: str) -> None:
    """よその台帳のブックと、名前でない担当を断る. Raises BadFile."""
    with session.ledger.transaction() as connection:
        chain = report_queries.chain(connection, NOW)
    if form.facts["city"] != session.job.city.name or form.facts["ledger"] != chain["ledger"]:
        raise BadFile(
            f"{name} は別の台帳（{form.facts['city']} {form.facts['night_wareki']}）から書き出したブックです。"
            "このジョブの台帳から書き出したブックに書いてください。"
        )
    for staff in form.staff:
        if fault := name_fault(staff) if staff else "":
            raise BadFile(f"{name} の担当 {spelt(staff)}: {fault}")
