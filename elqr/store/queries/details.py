"""Queries for the page's details (明細の照会): of the payments that it shows, as of a night.

All are staged joins on keys or indexed numbers, so their cost depends on what is shown, not on what is stored.
"""

from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, func, select

from elqr.store.db.bulk import read_frame, select_named, stage_rows
from elqr.store.queries.moves import is_move, is_reduction
from elqr.store.queries.notice_lines import line_of, of_line, said
from elqr.store.tables import ledger as t
from elqr.vocabulary.frames import Payment, Suggestion
from elqr.vocabulary.page_frames import CaseClaim, CaseKeys, ClaimNotice, ClaimPosting, NearNotice, SuspensePosting
from elqr.vocabulary.terms import Account


def case_keys(connection: Connection, payments: pl.DataFrame) -> pl.DataFrame:
    """収納の照会キーと原データの場所 of payments; frame CaseKeys, in the order of `payments` (payment_no)."""
    payment, file = t.payment.c, t.file.c
    columns: dict[str, ColumnElement[Any]] = {
        name: file.sha256 if name == CaseKeys.FILE_SHA256 else (file if name in file else payment)[name]
        for name in CaseKeys.SCHEMA
    }
    with stage_rows(connection, payments.select(Payment.PAYMENT_NO)) as staged:
        query = (
            select_named(columns)
            .select_from(t.payment)
            .join(staged, staged.c.payment_no == payment.payment_no)
            .join(t.file, file.file_no == payment.file_no)
        )
        rows = read_frame(connection, query, CaseKeys.SCHEMA)
    return payments.select(CaseKeys.PAYMENT_NO).join(
        rows, on=CaseKeys.PAYMENT_NO, validate="1:1", maintain_order="left"
    )


def case_claims(connection: Connection, payments: pl.DataFrame) -> pl.DataFrame:
    """収納の調定: the claims that the notice of each payment pays; frame CaseClaim."""
    with stage_rows(connection, payments.select(Payment.PAYMENT_NO)) as staged:
        query = (
            select(t.decision.c.payment_no, t.notice_claim.c.claim_no)
            .join(staged, staged.c.payment_no == t.decision.c.payment_no)
            .join(t.notice_claim, t.notice_claim.c.notice_no == t.decision.c.notice_no)
            .order_by(t.decision.c.payment_no, t.notice_claim.c.claim_no)
        )
        return read_frame(connection, query, CaseClaim.SCHEMA)


def claim_notices(connection: Connection, claims: pl.DataFrame, night: date) -> pl.DataFrame:
    """調定の納付書 known on a night, with its cancellation by then; frame ClaimNotice."""
    notice, claim, day = t.notice.c, t.claim.c, night.isoformat()
    cancel = t.notice_cancel.c
    with stage_rows(connection, claims.select(CaseClaim.CLAIM_NO).unique()) as staged:
        query = (
            select_named(
                {
                    ClaimNotice.CLAIM_NO: claim.claim_no,
                    ClaimNotice.LEVY_YEAR: claim.levy_year,
                    ClaimNotice.BILL_NO: claim.bill_no,
                    ClaimNotice.CLAIM_INSTALLMENT_NO: claim.installment_no,
                    ClaimNotice.NOTICE_NO: notice.notice_no,
                    ClaimNotice.INSTALLMENT_NO: of_line(claim.installment_no, notice.installment_no),
                    ClaimNotice.ISSUE_NO: said(ClaimNotice.ISSUE_NO),
                    ClaimNotice.PART_KIND: notice.part_kind,
                    ClaimNotice.AMOUNT_YEN: notice.amount_yen,
                    ClaimNotice.ISSUED_ON: notice.issued_on,
                    ClaimNotice.PAYABLE_UNTIL_ON: notice.payable_until_on,
                    ClaimNotice.KEY_NO: t.payload.c.key_no,
                    ClaimNotice.CANCELLED_ON: cancel.night_on,
                }
            )
            .select_from(t.claim)
            .join(staged, staged.c.claim_no == claim.claim_no)
            .join(t.notice_claim, t.notice_claim.c.claim_no == staged.c.claim_no)
            .join(t.notice, notice.notice_no == t.notice_claim.c.notice_no)
            .join(t.notice_file, t.notice_file.c.notice_file_no == notice.notice_file_no)
            .outerjoin(t.notice_line, line_of(claim.claim_no))
            .outerjoin(t.notice_cancel, and_(cancel.notice_no == notice.notice_no, cancel.night_on <= day))
            .outerjoin(t.payload, _is_issued(day))
            .where(t.notice_file.c.night_on <= day)
            .order_by(claim.claim_no, notice.issued_on, notice.issue_no, notice.notice_no)
        )
        return read_frame(connection, query, ClaimNotice.SCHEMA)


def _is_issued(day: str) -> ColumnElement[bool]:
    """The payload of the notice, if it was issued by a day."""
    issued = select(t.upload.c.upload_no).where(t.upload.c.night_on <= day)
    return and_(t.payload.c.notice_no == t.notice.c.notice_no, t.payload.c.upload_no.in_(issued))


def claim_postings(connection: Connection, claims: pl.DataFrame, night: date) -> pl.DataFrame:
    """調定への計上 up to a night, with the payments behind them; frame ClaimPosting."""
    posting, payment = t.posting.c, t.payment.c
    with stage_rows(connection, claims.select(CaseClaim.CLAIM_NO).unique()) as staged:
        query = (
            select_named(
                {
                    ClaimPosting.CLAIM_NO: posting.claim_no,
                    ClaimPosting.POSTING_NO: posting.posting_no,
                    ClaimPosting.NIGHT_ON: posting.night_on,
                    ClaimPosting.YEN: posting.yen,
                    ClaimPosting.IS_MOVE: is_move(),
                    ClaimPosting.IS_REDUCTION: is_reduction(),
                    ClaimPosting.DECIDED_BY: posting.decided_by,
                    ClaimPosting.REASON: posting.reason,
                    ClaimPosting.PAYMENT_NO: payment.payment_no,
                    ClaimPosting.CHANNEL: payment.channel,
                    ClaimPosting.PAID_ON: payment.paid_on,
                }
            )
            .join(staged, staged.c.claim_no == posting.claim_no)
            .join(t.payment, payment.payment_no == posting.payment_no)
            .where(posting.night_on <= night.isoformat())
            .order_by(posting.claim_no, posting.posting_no)
        )
        return read_frame(connection, query, ClaimPosting.SCHEMA)


def suspense_postings(connection: Connection, payments: pl.DataFrame, night: date) -> pl.DataFrame:
    """仮受への計上 of payments up to a night; frame SuspensePosting."""
    posting = t.posting.c
    parts = []
    with stage_rows(connection, payments.select(Payment.PAYMENT_NO)) as staged:
        for is_move in (False, True):
            query = (
                select(
                    posting.payment_no,
                    posting.posting_no,
                    posting.night_on,
                    posting.yen,
                    posting.decided_by,
                    posting.reason,
                )
                .join(staged, staged.c.payment_no == posting.payment_no)
                .where(posting.reverses_no.is_not(None) if is_move else posting.reverses_no.is_(None))
                .where(posting.account == Account.SUSPENSE.value, posting.night_on <= night.isoformat())
            )
            parts.append(read_frame(connection, query, SuspensePosting.SCHEMA))
    return pl.concat(parts).sort(SuspensePosting.PAYMENT_NO, SuspensePosting.POSTING_NO)


def near_notices(connection: Connection, payments: pl.DataFrame, late: pl.DataFrame, night: date) -> pl.DataFrame:
    """近い納付書 of payments, and what was collected on their claims by a night; frame NearNotice.

    First those that came later with the same key (`late`: frame LateNotice).
    """
    suggestion = t.suggestion.c
    late_rows = late.join(payments, on=Payment.PAYMENT_NO, how="semi").select(*Suggestion.SCHEMA)
    with stage_rows(connection, late_rows) as staged:
        parts = [read_frame(connection, _select_near(staged, night).order_by(staged.c.payment_no), NearNotice.SCHEMA)]
    with stage_rows(connection, payments.select(Payment.PAYMENT_NO)) as staged:
        near = (
            select(suggestion.payment_no, suggestion.notice_no, suggestion.how)
            .join(staged, staged.c.payment_no == suggestion.payment_no)
            .subquery()
        )
        query = _select_near(near, night).order_by(near.c.payment_no, near.c.notice_no)
        parts.append(read_frame(connection, query, NearNotice.SCHEMA))
    return pl.concat(parts)


def _select_near(staged: FromClause, night: date) -> Select[Any]:
    """近い納付書 as a person sees them, for rows of payment_no, notice_no and how."""
    notice = t.notice.c
    collected = (
        select(func.coalesce(func.sum(t.posting.c.yen), 0))
        .join(t.notice_claim, t.notice_claim.c.claim_no == t.posting.c.claim_no)
        .where(t.notice_claim.c.notice_no == notice.notice_no, t.posting.c.night_on <= night.isoformat())
        .correlate(t.notice)
        .scalar_subquery()
    )
    columns = {
        NearNotice.PAYMENT_NO: staged.c.payment_no,
        NearNotice.HOW: staged.c.how,
        NearNotice.PROCEDURE_CODE: notice.procedure_code,
        NearNotice.LEVY_YEAR: notice.levy_year,
        NearNotice.BILL_NO: notice.bill_no,
        NearNotice.INSTALLMENT_NO: notice.installment_no,
        NearNotice.AMOUNT_YEN: notice.amount_yen,
        NearNotice.KEY_NO: t.payload.c.key_no,
        NearNotice.COLLECTED_YEN: collected,
    }
    return (
        select_named(columns)
        .select_from(staged)
        .join(t.notice, notice.notice_no == staged.c.notice_no)
        .outerjoin(t.payload, _is_issued(night.isoformat()))
    )
