"""Reassignment (組替の申請): posted payments that people want on the claims of another notice, or back in suspense.

They name the payments by number, on the command line or in a workbook. The request says what the notice does not take.
"""

from dataclasses import replace

import polars as pl

from elqr.approvals.remarks import remarks_of_review
from elqr.approvals.review import NOTHING, Requested, effects_now, enter_review, proposals_of, signed_rows
from elqr.approvals.ruling_state import with_state_to_reassign
from elqr.arithmetic.plain_number import plain_number, plain_number_expr
from elqr.disk.content import sha256_of
from elqr.rules.reassignment import hindrances
from elqr.rules.written_reassignments import judge_reassignments, payments_to_reassign
from elqr.session.session import Session
from elqr.store.queries import reviews as queries
from elqr.vocabulary.errors import Refused
from elqr.vocabulary.frames import Proposal, Ruled, RulingEffect
from elqr.vocabulary.ruling_frames import DraftReassignment, WrittenReassignment
from elqr.vocabulary.ruling_terms import ReviewKind, Ruling
from elqr.vocabulary.signature import Signature

_SAID = WrittenReassignment.PAYMENT_SAID
_NUMBER = "^0*[1-9][0-9]{0,14}$"
"""受付番号: larger ones no database can look up."""


def request_reassignment(
    session: Session, payment_nos: tuple[int, ...], target: str, signature: Signature
) -> Requested:
    """組替を申請する, of posted payments by their numbers. `target` is the 納付番号 to pay instead, or empty for 仮受.

    Raises Refused with the reason when one cannot be reassigned.
    """
    with session.ledger.transaction():
        session.refuse_earlier_day()
        wanted = pl.DataFrame({DraftReassignment.PAYMENT_NO: sorted(set(payment_nos))}).with_columns(
            pl.lit(plain_number(target.strip())).alias(DraftReassignment.TARGET)
        )
        rows = with_state_to_reassign(session, wanted)
        if reasons := hindrances(rows).drop_nulls().to_list():
            raise Refused(f"組替できない収納があります。{'。'.join(reasons)}。")
        return _enter(session, signed_rows(rows, signature), ("", ""), signature)


def request_written_reassignments(
    session: Session, file: tuple[str, bytes], written: pl.DataFrame, signature: Signature
) -> Requested:
    """ブックの組替を申請する: rows of its sheet (frame WrittenReassignment), each with its own reason and person.

    `file` is the book's name and content. Rows that cannot be reassigned are refused singly.
    """
    name, data = file
    rows = written.with_columns(plain_number_expr(WrittenReassignment.TARGET), plain_number_expr(_SAID))
    number = pl.when(pl.col(_SAID).str.contains(_NUMBER)).then(_SAID).cast(pl.Int64)
    rows = rows.with_columns(number.alias(Proposal.PAYMENT_NO))
    with session.ledger.transaction() as connection:
        session.refuse_earlier_day()
        drafts = with_state_to_reassign(session, payments_to_reassign(rows))
        judged = judge_reassignments(rows, drafts, queries.reassigned_before(connection, drafts), name)
        if judged.good.is_empty():
            return replace(NOTHING, same=judged.same, findings=judged.findings)
        requested = _enter(session, judged.good, (name, sha256_of(data)), signature)
        return replace(requested, same=judged.same, findings=judged.findings)


def _enter(session: Session, rows: pl.DataFrame, source: tuple[str, str], signature: Signature) -> Requested:
    """組替の申請を記す. `rows` is frame DraftReassignment with who decided and why, `source` a file's name and hash.

    What goes to suspense is what approving does now, by the rules of the approval.
    """
    request_row = {"kind": ReviewKind.REASSIGN.value, "source": source[0], "sha256": source[1]}
    proposals = proposals_of(rows.with_columns(pl.lit(Ruling.REASSIGN.value).alias(Proposal.RULING)))
    review_no = enter_review(session, request_row, proposals, signature)
    rulings = queries.rulings_of(session.ledger.connection, review_no)
    after_yen = effects_now(session, rulings).effects.select(Ruled.RULING_NO, RulingEffect.AFTER_YEN)
    held = rulings.drop_nulls(Ruled.NOTICE_NO).join(after_yen, on=Ruled.RULING_NO, maintain_order="left")
    held = held.filter(pl.col(RulingEffect.AFTER_YEN) > 0).select(Ruled.PAYMENT_NO, RulingEffect.AFTER_YEN)
    goes_along = pl.when(pl.col(DraftReassignment.NOTICE_NO).is_not_null()).then(DraftReassignment.HELD_YEN)
    yen = rows.select((pl.col(DraftReassignment.CLAIM_YEN) + goes_along.fill_null(0)).sum()).item()
    remarks, returned = remarks_of_review(session, review_no), tuple(held.iter_rows())
    return Requested(review_no, proposals.height, int(yen), 0, (), returned=returned, remarks=remarks)
