"""The state that rulings rest on (決裁の横の台帳): what the ledger says now of drafts, rulings, and rulings to undo."""

import polars as pl

from elqr.approvals.open_exceptions import NOW, exceptions_table
from elqr.arithmetic.plain_number import yen_text
from elqr.report.excel.row_mark import CONTENT, marks
from elqr.report.review_form import SHOWN
from elqr.report.tables import night as shape
from elqr.rules.payouts import is_payout, step_mark
from elqr.rules.reassignment import is_reassignment
from elqr.rules.refund_terms import refund_terms
from elqr.rules.rulings import DECIDED_ON, decided_on
from elqr.rules.sender_correction import other_payments_held
from elqr.rules.standing import place_marks
from elqr.session.session import Session
from elqr.store.queries import reviews as queries
from elqr.store.queries import sender_corrections as withdrawal_queries
from elqr.store.queries.payouts import recorded_steps, reduced_on
from elqr.store.queries.ruling_target import TARGET_MARK, target_marks
from elqr.vocabulary.claim_frames import OpenClaim
from elqr.vocabulary.frames import Notice, NumberedPosting, Proposal, Ruled
from elqr.vocabulary.report_frames import ExceptionRow
from elqr.vocabulary.ruling_frames import (
    CurrentRuling,
    DraftPayout,
    DraftReassignment,
    DraftRuling,
    LaterRuling,
    PaymentNow,
    Payout,
    Reduced,
    RefundCase,
    RefundTerm,
    RulingToUndo,
    Standing,
)
from elqr.vocabulary.ruling_terms import AWAITS_PAYOUT, Ruling
from elqr.vocabulary.terms import Outcome

OWN_NOTICE_NO = "own_notice_no"
"""収納の照会キーの納付書 of a draft without a written target, or null."""


def with_ledger_state(session: Session, rows: pl.DataFrame) -> pl.DataFrame:
    """決裁案に今の台帳を並べる: what the rules of elqr/rules/rulings.py need; frame DraftRuling and more."""
    connection = session.ledger.connection
    known = queries.payments_at(connection, rows)
    rows = rows.join(
        known, on=[ExceptionRow.FILE_SHA256, ExceptionRow.RECORD_NO], how="left", validate="m:1", maintain_order="left"
    )
    now = queries.exceptions(connection, NOW, known)
    shown = exceptions_table(session, now).frame.select(
        pl.col("受付番号").alias(DraftRuling.PAYMENT_NO),
        *(pl.col(name).cast(pl.String).alias(f"{name}の今") for name in SHOWN),
    )
    state = (
        now.join(
            marks(now).rename({"受付番号": DraftRuling.PAYMENT_NO, CONTENT: DraftRuling.MARK_NOW}),
            on=DraftRuling.PAYMENT_NO,
        )
        .join(shown, on=DraftRuling.PAYMENT_NO, validate="1:1")
        .select(
            DraftRuling.PAYMENT_NO,
            pl.when(ExceptionRow.IS_OPEN).then(DraftRuling.MARK_NOW).alias(DraftRuling.MARK_NOW),
            DraftRuling.SUSPENSE_YEN,
            DraftRuling.PAYER_REF,
            DraftRuling.STAGE,
            DraftRuling.OUTCOME,
            pl.when(ExceptionRow.IS_OPEN)
            .then(
                pl.format(
                    "{} 仮受額 {}円", shape.labels_of(DraftRuling.OUTCOME, Outcome), yen_text(DraftRuling.SUSPENSE_YEN)
                )
            )
            .otherwise(pl.format("決裁済（{}）", shape.labels_of(ExceptionRow.RULING, Ruling)))
            .alias(DraftRuling.STATE_NOW),
            *(f"{name}の今" for name in SHOWN),
        )
    )
    rows = rows.join(state, on=DraftRuling.PAYMENT_NO, how="left", validate="m:1", maintain_order="left")
    other_yen = other_payments_held(withdrawal_queries.concerned(connection, known))
    rows = rows.join(other_yen, on=DraftRuling.PAYMENT_NO, how="left", validate="m:1", maintain_order="left")
    rows = rows.with_columns(pl.col(DraftRuling.OTHERS, DraftRuling.OTHERS_YEN).fill_null(0))
    rows = _join_targets(session, rows).with_columns(decided_on(DraftRuling.MARK))
    waiting = queries.waiting_rulings(connection).select(
        Ruled.PAYMENT_NO, *(pl.col(name).alias(f"waiting_{name}") for name in Ruled.SCHEMA if name != Ruled.PAYMENT_NO)
    )
    rows = rows.join(waiting, on=Proposal.PAYMENT_NO, how="left", validate="m:1", maintain_order="left")
    compared = (Proposal.RULING, Proposal.NOTICE_NO, Proposal.REASON, Proposal.STAFF)
    is_same = [pl.col(name).eq_missing(pl.col(f"waiting_{name}")) for name in compared]
    of_payment = pl.col(Ruled.MARK).str.split("/").list.first()  # what the notice was like, approving has changed
    done = queries.carried_out(connection, known).with_columns(of_payment.alias(Ruled.MARK))
    rows = with_done(rows, done, (Proposal.PAYMENT_NO, *compared, Proposal.MARK))
    return rows.with_columns(
        pl.col(DraftRuling.STATE_NOW).fill_null("要確認にありません"),
        altered_cell(rows, SHOWN).alias(DraftRuling.ALTERED),
        pl.all_horizontal(*is_same, pl.col(DECIDED_ON) == pl.col(f"waiting_{Proposal.MARK}")).alias(
            DraftRuling.WAITING_IS_SAME
        ),
        shape.labels_of("waiting_ruling", Ruling).alias(DraftRuling.WAITING_SAID),
    )


def with_done(rows: pl.DataFrame, done: pl.DataFrame, compared: tuple[str, ...]) -> pl.DataFrame:
    """実施済の決裁を並べる: `is_done` of rows that say the same as one of the rulings that were carried out."""
    same = done.select(*compared, pl.lit(True).alias(DraftRuling.IS_DONE)).unique()
    return rows.join(same, on=list(compared), how="left", validate="m:1", nulls_equal=True, maintain_order="left")


def altered_cell(rows: pl.DataFrame, shown: tuple[str, ...]) -> pl.Expr:
    """書き換えられた欄: the first cell of a row that differs from the ledger, in words; empty where none does.

    `shown` are the columns as the book has them, each with its value now in the column `…の今`.
    """
    differ = [
        pl.when(pl.col(name) != pl.col(f"{name}の今").fill_null("").str.strip_chars()).then(
            pl.format("{} {}（台帳では {}）", pl.lit(name), name, pl.col(f"{name}の今").fill_null("空欄"))
        )
        for name in shown
        if name in rows.columns
    ]
    return pl.coalesce(*differ, pl.lit(""))


def _join_targets(session: Session, rows: pl.DataFrame) -> pl.DataFrame:
    """対象の納付書を並べる: the notice of the number that somebody wrote, or of the payment's own key.

    Adds notice_no, target_payer_ref, is_cancelled, target_mark, and left_yen: what is still owed on its claims.
    """
    connection = session.ledger.connection
    written = rows.filter(pl.col(DraftRuling.TARGET) != "").select(pl.col(DraftRuling.TARGET).alias(Notice.KEY_NO))
    targets = queries.target_notices(connection, written).select(
        pl.col(Notice.KEY_NO).alias(DraftRuling.TARGET), DraftRuling.NOTICE_NO
    )
    rows = rows.join(targets, on=DraftRuling.TARGET, how="left", validate="m:1", maintain_order="left")
    rows = rows.with_columns(pl.coalesce(OWN_NOTICE_NO, DraftRuling.NOTICE_NO).alias(DraftRuling.NOTICE_NO))
    numbers = rows.select(DraftRuling.NOTICE_NO).drop_nulls().unique()
    notices = queries.notices_by_no(connection, numbers).rename({Notice.PAYER_REF: DraftRuling.TARGET_PAYER_REF})
    claims = queries.target_claims(connection, numbers)
    left_yen = claims.group_by(OpenClaim.NOTICE_NO).agg(
        (pl.col(OpenClaim.OWED_YEN) - pl.col(OpenClaim.COLLECTED_YEN)).sum().alias(DraftRuling.LEFT_YEN)
    )
    for known in (notices, target_marks(connection, numbers), left_yen):
        rows = rows.join(known, on=OpenClaim.NOTICE_NO, how="left", validate="m:1", maintain_order="left")
    return rows


def with_state_to_undo(
    session: Session, rulings: pl.DataFrame, postings: pl.DataFrame, gone: pl.Series
) -> pl.DataFrame:
    """取り消す決裁に今の台帳を並べる: what `refusals` needs (frame RulingToUndo), and the balance of its payment."""
    connection = session.ledger.connection
    waiting = queries.waiting_rulings(connection).group_by(Ruled.PAYMENT_NO).agg(
        pl.col(Ruled.REVIEW_NO).max().alias(RulingToUndo.WAITING_REVIEW_NO)
    )  # fmt: skip
    later = queries.moved_since(connection, postings).rename({LaterRuling.PAYMENT_NO: RulingToUndo.LATER_PAYMENT_NO})
    balances = queries.standing(connection, rulings, NOW)
    rows = rulings
    for known, key in ((balances, Ruled.PAYMENT_NO), (waiting, Ruled.PAYMENT_NO), (later, Ruled.RULING_NO)):
        rows = rows.join(known, on=key, how="left", validate="m:1", maintain_order="left")
    return rows.with_columns(pl.col(Ruled.RULING_NO).is_in(gone.implode()).alias(RulingToUndo.IS_GONE))


def with_state_to_reassign(session: Session, wanted: pl.DataFrame) -> pl.DataFrame:
    """組み替える収納に今の台帳を並べる: frame DraftReassignment of `wanted`: payment_no once, and target.

    A target is a 納付番号, or empty for 仮受.
    """
    connection = session.ledger.connection
    standing = withdrawal_queries.standing_of(connection, wanted)
    rows = wanted.join(place_marks(standing), on=DraftReassignment.PAYMENT_NO, how="left", maintain_order="left")
    rows = _join_targets(session, rows.with_columns(pl.lit(None, pl.Int64).alias(OWN_NOTICE_NO)))
    claims = queries.target_claims(connection, rows.select(DraftReassignment.NOTICE_NO).drop_nulls())
    on_targets = standing.drop(Standing.NOTICE_NO).join(
        claims.select(OpenClaim.CLAIM_NO, OpenClaim.NOTICE_NO), on=OpenClaim.CLAIM_NO
    )
    there = rows.select(DraftReassignment.PAYMENT_NO, DraftReassignment.NOTICE_NO).join(
        on_targets, on=[DraftReassignment.PAYMENT_NO, DraftReassignment.NOTICE_NO], how="semi"
    )
    payment_no, waiting = pl.col(DraftReassignment.PAYMENT_NO), queries.waiting_rulings(connection)
    is_decided = ~pl.col(ExceptionRow.IS_OPEN) & (pl.col(ExceptionRow.SUSPENSE_YEN) > 0)
    decided = queries.exceptions(connection, NOW).filter(is_decided)
    for_payout = decided.filter(pl.col(ExceptionRow.RULING).is_in([ruling.value for ruling in AWAITS_PAYOUT]))
    return DraftReassignment.of(
        rows.with_columns(
            pl.col(DraftReassignment.CLAIM_YEN, DraftReassignment.HELD_YEN).fill_null(0),
            payment_no.is_in(waiting[Ruled.PAYMENT_NO].implode()).alias(DraftReassignment.IS_WAITING),
            payment_no.is_in(for_payout[ExceptionRow.PAYMENT_NO].implode()).alias(DraftReassignment.AWAITS_PAYOUT),
            payment_no.is_in(there[DraftReassignment.PAYMENT_NO].implode()).alias(DraftReassignment.IS_THERE),
        )
    )


def with_state_to_pay_out(session: Session, payment_nos: tuple[int, ...]) -> pl.DataFrame:
    """還付を進める収納に今の台帳を並べる: frame DraftPayout. A number that no payment has keeps nulls."""
    connection = session.ledger.connection
    numbers = pl.DataFrame(
        {DraftPayout.PAYMENT_NO: sorted(set(payment_nos))}, schema={DraftPayout.PAYMENT_NO: pl.Int64}
    )
    standing = withdrawal_queries.standing_of(connection, numbers)
    names = (DraftPayout.PAYMENT_NO, DraftPayout.FALLS_ON, PaymentNow.LAST_STANDING_NO)
    now = queries.standing(connection, numbers, NOW).select(names)
    stood = queries.rulings_by_no(connection, now[PaymentNow.LAST_STANDING_NO].drop_nulls())
    last = stood.select(
        pl.col(Ruled.RULING_NO).alias(PaymentNow.LAST_STANDING_NO),
        pl.col(Ruled.RULING).alias(DraftPayout.STANDING),
        DraftPayout.BEFORE_YEN,
        DraftPayout.AFTER_YEN,
    )
    steps = recorded_steps(connection, numbers).select(
        pl.col(Payout.RULING_NO).alias(PaymentNow.LAST_STANDING_NO),
        pl.col(Payout.DONE_ON).alias(DraftPayout.STOOD_ON),
        pl.col(Payout.NUMBER).alias(DraftPayout.STOOD_NUMBER),
    )
    last = last.join(steps, on=PaymentNow.LAST_STANDING_NO, how="left", validate="1:1", maintain_order="left")
    now = now.join(last, on=PaymentNow.LAST_STANDING_NO, how="left", validate="m:1", maintain_order="left")
    rows = numbers
    undecided = numbers.with_columns(pl.lit(None, pl.Date).alias(RefundCase.REFUND_DECIDED_ON))
    barred_days = terms_of_decisions(session, undecided).select(DraftPayout.PAYMENT_NO, DraftPayout.BARRED_ON)
    for known in (now, place_marks(standing), barred_days):
        rows = rows.join(known, on=DraftPayout.PAYMENT_NO, how="left", validate="1:1", maintain_order="left")
    rows = rows.with_columns(step_mark(DraftPayout.MARK).alias(DraftPayout.MARK))
    is_waiting = pl.col(DraftPayout.PAYMENT_NO).is_in(queries.waiting_rulings(connection)[Ruled.PAYMENT_NO].implode())
    return DraftPayout.of(rows.with_columns(is_waiting.alias(DraftPayout.IS_WAITING)))


def terms_of_decisions(session: Session, decided: pl.DataFrame) -> pl.DataFrame:
    """還付の期限と加算金 of payments (payment_no, refund_decided_on): payment_no, payer_ref and frame RefundTerm."""
    connection = session.ledger.connection
    rows = shape.with_procedure(queries.payments_as_of(connection, NOW, decided), session.register)
    for known in (reduced_on(connection, rows, NOW), decided):
        rows = rows.join(known, on=Reduced.PAYMENT_NO, how="left", validate="1:1", maintain_order="left")
    terms = refund_terms(rows, session.register, session.night_on).drop(RefundTerm.PAYMENT_NO)
    return rows.select(ExceptionRow.PAYMENT_NO, ExceptionRow.PAYER_REF).hstack(terms)


def notice_marks(session: Session, postings: pl.DataFrame) -> pl.DataFrame:
    """取り消す決裁の納付書の照合値: ruling_no, target_mark over all notices of its postings (frame Made)."""
    notices = (
        postings.select(Ruled.RULING_NO, Ruled.NOTICE_NO).drop_nulls().unique().sort(Ruled.RULING_NO, Ruled.NOTICE_NO)
    )
    marked = notices.join(target_marks(session.ledger.connection, notices), on=Ruled.NOTICE_NO, maintain_order="left")
    return marked.group_by(Ruled.RULING_NO).agg(pl.col(TARGET_MARK).str.join("/"))


def rulings_to_undo(rulings: pl.DataFrame) -> pl.DataFrame:
    """取り消す決裁: ruling_no of the rulings that these undo."""
    return rulings.select(pl.col(Ruled.UNDOES_NO).alias(Ruled.RULING_NO)).drop_nulls()


def with_current_payments(session: Session, rulings: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """決裁に今の収納を並べる (frame CurrentRuling): is_current, the balance, and the posting that holds it.

    A ruling is stale (無効) when its payment or its notice is not what it was when it was decided. `standing` (frame
    Standing) says where the yen of the payments are.
    """
    connection = session.ledger.connection
    now = queries.exceptions(connection, NOW, rulings.unique(Ruled.PAYMENT_NO)).filter(ExceptionRow.IS_OPEN)
    marked = marks(now).select(
        pl.col("受付番号").alias(CurrentRuling.PAYMENT_NO), pl.col(CONTENT).alias(DraftRuling.MARK_NOW)
    )
    held = queries.held(connection, rulings).select(
        CurrentRuling.PAYMENT_NO,
        pl.col(NumberedPosting.POSTING_NO).alias(CurrentRuling.HELD_NO),
        CurrentRuling.FISCAL_YEAR,
        CurrentRuling.IS_ARREARS,
        CurrentRuling.PROCEDURE_CODE,
    )
    targets = target_marks(connection, rulings)
    rows = rulings.join(targets, on=Ruled.NOTICE_NO, how="left", validate="m:1", maintain_order="left")
    undone_marks = notice_marks(session, queries.made_by(connection, rulings_to_undo(rulings)))
    undone_marks = undone_marks.rename({Ruled.RULING_NO: Ruled.UNDOES_NO, TARGET_MARK: "undone_mark"})
    rows = rows.join(undone_marks, on=Ruled.UNDOES_NO, how="left", validate="m:1", maintain_order="left")
    for known in (queries.standing(connection, rulings, NOW), marked, held):
        rows = rows.join(known, on=Ruled.PAYMENT_NO, how="left", validate="m:1", maintain_order="left")
    places = place_marks(standing).select(Ruled.PAYMENT_NO, pl.col(DraftReassignment.MARK).alias("place_mark"))
    rows = rows.join(places, on=Ruled.PAYMENT_NO, how="left", validate="m:1", maintain_order="left")
    is_undo = pl.col(Ruled.RULING) == Ruling.UNDO.value
    rows = rows.with_columns(pl.when(is_undo).then("undone_mark").otherwise(TARGET_MARK).alias(TARGET_MARK))
    payment_mark = (
        pl.when(is_undo)
        .then(pl.lit(""))
        .when(is_reassignment())
        .then("place_mark")
        .when(is_payout())
        .then(step_mark("place_mark"))
        .otherwise(DraftRuling.MARK_NOW)
    )
    is_unchanged = pl.col(Ruled.MARK).eq_missing(decided_on(payment_mark))
    is_still_last = ~is_undo | pl.col(PaymentNow.LAST_STANDING_NO).eq_missing(pl.col(Ruled.UNDOES_NO))
    return rows.with_columns((is_unchanged & is_still_last).alias(CurrentRuling.IS_CURRENT))
