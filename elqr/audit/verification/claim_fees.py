"""Fees for reminders (督促手数料の検算): each is of a claim of a list that was sent, and is undone where that was."""

from collections.abc import Iterator

import polars as pl

from elqr.audit.verification.audit import Audit, mismatch
from elqr.store.queries import reminders as queries
from elqr.vocabulary.audit_frames import SentFee
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding


def claim_fees(audit: Audit) -> Iterator[Finding]:
    """督促手数料: as the record of the sending says, or as the fee that the row takes back.

    That no fee is missing, the seals of the runs prove. Those are counted that stand and that brought something.
    """
    rows = queries.sent_fees(audit.session.ledger.connection)
    col, is_undo = pl.col, pl.col(SentFee.UNDOES_NO).is_not_null()
    night_on, sent_on, undone_on = col(SentFee.NIGHT_ON), col(SentFee.SENT_ON), col(SentFee.UNDONE_ON)
    undone = rows.select(SentFee.UNDOES_NO).drop_nulls()
    has_undo = col(SentFee.FEE_NO).is_in(undone[SentFee.UNDOES_NO].implode())
    audit.count("督促手数料", rows.filter(~is_undo & ~has_undo & col(SentFee.HAS_ENTRY)).height)
    rules = (
        (col(SentFee.LIST_NO).is_null(), "発送の記録か、一覧の調定にない", "発送した一覧の調定"),
        (col(SentFee.ISSUED_ON).ne_missing(col(SentFee.PRINTED_ON)), "発行日が発送の記録と違う", "発送の記録の発行日"),
        (~is_undo & (night_on < sent_on), "発送の記録より前の夜", "発送の記録から後の夜"),
        (is_undo & night_on.ne_missing(undone_on), "発送の記録の取り消しと合わない", "取り消しを承認した夜"),
        (is_undo & ~col(SentFee.IS_SAME), "取り消す手数料と合わない", "同じ調定・発送・額"),
        (~is_undo & undone_on.is_not_null() & ~has_undo & ~col(SentFee.IS_STATED), "取り消していない", "取り消しの行"),
    )
    for is_wrong, actual, expected in rules:
        for number in rows.filter(is_wrong.fill_null(False))[SentFee.FEE_NO].head(LISTED_PER_CODE):
            yield mismatch(f"督促手数料{number}", Code.ENTRY_DIFFERS, actual, expected)
