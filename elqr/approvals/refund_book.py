"""The book of refunds (過誤納整理簿のブック): it goes out with what waits, and comes back with steps of payouts."""

from dataclasses import replace
from datetime import date

import polars as pl

from elqr.approvals.open_exceptions import NOW
from elqr.approvals.remarks import remarks_of_review
from elqr.approvals.review import Requested, enter_review, proposals_of
from elqr.approvals.ruling_state import altered_cell, with_done, with_state_to_pay_out
from elqr.arithmetic.plain_number import plain_number_expr, yen_text
from elqr.night.refunds import read_refunds
from elqr.report.books import DrawnFrom
from elqr.report.excel.book import Book
from elqr.report.excel.row_mark import CONTENT, REFUND_CONTENT, marks
from elqr.report.refund_book import refund_book
from elqr.report.review_form import REFUND_SHOWN
from elqr.report.tables.ledger_rows import Refunds
from elqr.report.tables.night import labels_of
from elqr.report.tables.refunds import refund_table
from elqr.rules.payout_steps import judge_steps, read_entries
from elqr.session.session import Session
from elqr.store.queries import reports as report_queries
from elqr.store.queries import reviews as queries
from elqr.store.queries.arrears import unpaid_by_payer
from elqr.store.queries.payouts import recorded_steps
from elqr.vocabulary.frames import Proposal, Ruled
from elqr.vocabulary.report_frames import ExceptionRow
from elqr.vocabulary.ruling_frames import DraftPayout, DraftRuling, DraftStep, Payout
from elqr.vocabulary.ruling_terms import Ruling
from elqr.vocabulary.signature import Signature


def list_refunds(session: Session, since: date | None) -> Refunds:
    """過誤納 as of the session's night: what waits, and with `since` what has ended from that night on."""
    with session.ledger.transaction() as connection:
        exceptions = queries.exceptions(connection, session.night_on)
        refunds = read_refunds(session, session.night_on, exceptions, since)
        unpaid = unpaid_by_payer(connection, session.night_on, refunds.payers())
        return replace(refunds, unpaid=lambda: unpaid)


def export_refunds(session: Session, since: date | None, file_name: str) -> tuple[Book, int]:
    """過誤納整理簿を書き出す. Returns the book and the number of its rows. `since` is as of `list_refunds`."""
    refunds = list_refunds(session, since)
    with session.ledger.transaction() as connection:
        chain = report_queries.chain(connection, session.night_on)
    table = refund_table(refunds, session.register, session.night_on)
    row_marks = marks(refunds.with_entries(), REFUND_CONTENT)
    drawn_from = DrawnFrom(session.job.city.name, session.night_on, chain)
    return refund_book(file_name, drawn_from, table, row_marks), table.height


def request_steps(
    session: Session, written: pl.DataFrame, request_row: dict[str, str], signature: Signature
) -> Requested:
    """記入された一歩を申請する: rows of a register of refunds. Those that cannot be carried out are refused singly.

    `request_row` is as of `request_rulings`.
    """
    with session.ledger.transaction():
        session.refuse_earlier_day()
        rows = _with_ledger_state(session, read_entries(written.rename({DraftRuling.MARK: DraftStep.ROW_MARK})))
        judged = judge_steps(rows, session.night_on, request_row["source"])
        review_no = 0
        if not judged.good.is_empty():
            entries = judged.good.select(Proposal.PAYMENT_NO, *(name for name in Payout.SCHEMA if name in rows.columns))
            review_no = enter_review(session, request_row, proposals_of(judged.good), signature, entries)
        remarks = remarks_of_review(session, review_no)
    is_back = pl.col(DraftStep.STEP) == Ruling.BOUNCED.value
    moved = pl.when(is_back).then(DraftStep.REFUNDED_YEN).otherwise(DraftStep.HELD_YEN).sum()
    yen = int(judged.good.select(moved).item())
    return Requested(review_no, judged.good.height, yen, judged.same, judged.findings, remarks=remarks)


def _with_ledger_state(session: Session, rows: pl.DataFrame) -> pl.DataFrame:
    """一歩に今の台帳を並べる: frame DraftStep, of the rows of a form whose entries are read."""
    connection, at = session.ledger.connection, [ExceptionRow.FILE_SHA256, ExceptionRow.RECORD_NO]
    known = queries.payments_at(connection, rows)
    rows = rows.join(known, on=at, how="left", validate="m:1", maintain_order="left")
    now = read_refunds(session, NOW, queries.payments_as_of(connection, NOW, known))
    row_marks = marks(now.with_entries(), REFUND_CONTENT)
    table = refund_table(now, session.register, session.night_on).frame
    state = table.join(row_marks, on="受付番号", validate="1:1").select(
        pl.col("受付番号").alias(DraftStep.PAYMENT_NO),
        pl.col(CONTENT).alias(DraftStep.ROW_MARK_NOW),
        pl.format("{} {}円", "状態", yen_text("還付・充当候補額")).alias(DraftStep.STATE_NOW),
        *(pl.col(name).cast(pl.String).alias(f"{name}の今") for name in REFUND_SHOWN),
    )
    numbers = known[DraftPayout.PAYMENT_NO].to_list()
    drafts = with_state_to_pay_out(session, tuple(numbers))
    for beside in (state, drafts):
        rows = rows.join(beside, on=DraftStep.PAYMENT_NO, how="left", validate="m:1", maintain_order="left")
    rows = rows.with_columns(plain_number_expr(DraftStep.PAYEE_REF))
    return _with_waiting(session, rows).with_columns(
        pl.col(DraftStep.STATE_NOW).fill_null("過誤納整理簿にありません"),
        altered_cell(rows, REFUND_SHOWN).alias(DraftStep.ALTERED),
        pl.lit(False).alias(DraftStep.IS_WAITING),  # what waits is told by a rule of its own
    )


def _with_waiting(session: Session, rows: pl.DataFrame) -> pl.DataFrame:
    """承認待ちと承認済の決裁を並べる: whether a row says the same, and was drawn before it was carried out."""
    connection = session.ledger.connection
    compared = (Proposal.RULING, Proposal.REASON, Proposal.STAFF)
    entered = tuple(name for name in Payout.SCHEMA if name != Payout.RULING_NO)
    waiting = queries.waiting_rulings(connection)
    steps = recorded_steps(connection, waiting).select(*Payout.SCHEMA)
    waiting = waiting.join(steps, on=Ruled.RULING_NO, how="left", validate="1:1", maintain_order="left")
    waiting = waiting.select(
        Ruled.PAYMENT_NO,
        *(pl.col(name).alias(f"waiting_{name}") for name in (Ruled.REVIEW_NO, *compared, Ruled.MARK, *entered)),
    )
    rows = rows.join(waiting, on=DraftStep.PAYMENT_NO, how="left", validate="m:1", maintain_order="left")
    is_same = (pl.col(name).eq_missing(pl.col(f"waiting_{name}")) for name in (*compared, Ruled.MARK, *entered))
    done = queries.carried_out(connection, rows)
    done = done.join(recorded_steps(connection, done).select(Ruled.RULING_NO, *entered), on=Ruled.RULING_NO)
    rows = with_done(rows, done, (Ruled.PAYMENT_NO, *compared, *entered))
    is_old = pl.col(DraftStep.ROW_MARK).ne_missing(pl.col(DraftStep.ROW_MARK_NOW))
    return rows.with_columns(
        pl.all_horizontal(*is_same).alias(DraftStep.WAITING_IS_SAME),
        (is_old & pl.col(DraftStep.IS_DONE)).alias(DraftStep.IS_DONE),
        labels_of("waiting_ruling", Ruling).alias(DraftStep.WAITING_SAID),
    )
