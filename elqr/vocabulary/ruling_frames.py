"""Columns of rulings and of what they are based on (決裁の列), spelt once as in elqr/vocabulary/frames.py."""

import polars as pl

from elqr.vocabulary.claim_frames import OpenClaim
from elqr.vocabulary.counted_frames import CountedDay
from elqr.vocabulary.frames import (
    Column,
    Decision,
    Frame,
    Move,
    Notice,
    NumberedPosting,
    Payment,
    Posting,
    Proposal,
    Ruled,
    RulingEffect,
)


class Made(NumberedPosting):
    """決裁による仕訳, with what is left now where it put its yen, and the fiscal year of its payment in suspense.

    `stands_yen` is what the payment has now on the posting's account and claim, at most what nights left of the posting
    when its notice was lowered. `held_year` is null where the payment never was in suspense.
    """

    RULING_NO = Move.RULING_NO
    NOTICE_NO = Move.NOTICE_NO
    STANDS_YEN = Column("stands_yen", pl.Int64)
    HELD_YEAR = Column("held_year", pl.Int64)


class PaymentNow(Frame):
    """収納の今: its balance in suspense, and the last ruling on it that was not undone.

    `falls_on` is the day by which the city counts it: 領収日 if it counts by night.
    """

    PAYMENT_NO = Payment.PAYMENT_NO
    STAGE = Payment.STAGE
    FALLS_ON = CountedDay.FALLS_ON
    SUSPENSE_YEN = Decision.SUSPENSE_YEN
    LAST_STANDING_NO = Column("last_standing_no", pl.Int64)


class CurrentRuling(Ruled):
    """決裁の横に今の収納: whether the payment is unchanged since the decision, its balance, and the posting holding it.

    That posting put the yen into suspense. Further postings keep its year and procedure.
    """

    IS_CURRENT = Column("is_current", pl.Boolean)
    STAGE = PaymentNow.STAGE
    FALLS_ON = PaymentNow.FALLS_ON
    SUSPENSE_YEN = PaymentNow.SUSPENSE_YEN
    HELD_NO = Column("held_no", pl.Int64)
    FISCAL_YEAR = Posting.FISCAL_YEAR
    IS_ARREARS = Posting.IS_ARREARS
    PROCEDURE_CODE = Posting.PROCEDURE_CODE


class EndedRuling(Ruled):
    """終わった決裁: its result and the yen in suspense before and after, null while it waits, and what undid it."""

    RESULT = RulingEffect.RESULT
    BEFORE_YEN = RulingEffect.BEFORE_YEN
    AFTER_YEN = RulingEffect.AFTER_YEN
    UNDONE_BY_NO = Column("undone_by_no", pl.Int64)


class LaterRuling(Frame):
    """後で動かした決裁: the last ruling that moved yen of a payment after an earlier one (`ruling_no`) did."""

    RULING_NO = Ruled.RULING_NO
    LATER_NO = Column("later_no", pl.Int64)
    PAYMENT_NO = Ruled.PAYMENT_NO


class RulingToUndo(EndedRuling):
    """取り消す決裁の横に今の台帳: what may prevent undoing a ruling.

    `is_gone`: its yen are no longer where it put them. The ruling `later_no` on `later_payment_no` moved them since.
    """

    LAST_STANDING_NO = PaymentNow.LAST_STANDING_NO
    WAITING_REVIEW_NO = Column("waiting_review_no", pl.Int64)
    IS_GONE = Column("is_gone", pl.Boolean)
    LATER_NO = LaterRuling.LATER_NO
    LATER_PAYMENT_NO = Column("later_payment_no", pl.Int64)


class Standing(Posting):
    """収納の今の置き場所: yen in one place, with the posting that put them there and the notice that it pays."""

    POSTING_NO = Move.REVERSES_NO
    NOTICE_NO = Move.NOTICE_NO


class TargetClaim(OpenClaim):
    """充てる先の調定: a claim that yen may be applied to, with its procedure."""

    PROCEDURE_CODE = Posting.PROCEDURE_CODE


class OtherConfirmed(Frame):
    """ほかの確報: another 確報 of the same event as a payment under decision, and its outcome."""

    PAYMENT_NO = Ruled.PAYMENT_NO
    OTHER_NO = Column("other_no", pl.Int64)
    SAME_KEY = Column("same_key", pl.Boolean)
    OTHER_PAID_YEN = Column("other_paid_yen", pl.Int64)
    OTHER_OUTCOME = Column("other_outcome", pl.String)
    OTHER_NOTICE_NO = Column("other_notice_no", pl.Int64)


class Beside(Frame):
    """ほかの確報の額: how many other 確報 a payment's event has, and their yen on claims and in suspense."""

    PAYMENT_NO = Ruled.PAYMENT_NO
    OTHERS = Column("others", pl.Int64)
    OTHERS_YEN = Column("others_yen", pl.Int64)


class DraftRuling(Frame):
    """決裁案の横に今の台帳: what somebody wrote in a row, and the current state of its payment and target.

    `mark` identifies the state that was decided on, and `decided_on` is what a ruling keeps of it. `altered` and
    `formula` name cells that nobody may write in. The target is the notice that the row names, or that of the payment's
    own key. The columns `waiting_…` are of a ruling on the payment that waits for approval. `is_done`: what the
    row says was approved already, and has effect.
    """

    LINE_NO = Column("line_no", pl.Int64)
    IDENTITY = Column("identity", pl.String)
    MARK = Proposal.MARK
    RULING_SAID = Column("ruling_said", pl.String)
    RULING = Proposal.RULING
    TARGET = Column("target", pl.String)
    REASON = Proposal.REASON
    STAFF = Proposal.STAFF
    FORMULA = Column("formula", pl.String)
    PAYMENT_NO = Proposal.PAYMENT_NO
    MARK_NOW = Column("mark_now", pl.String)
    STATE_NOW = Column("state_now", pl.String)
    SUSPENSE_YEN = Decision.SUSPENSE_YEN
    PAYER_REF = Notice.PAYER_REF
    STAGE = Payment.STAGE
    OUTCOME = Decision.OUTCOME
    OTHERS = Beside.OTHERS
    OTHERS_YEN = Beside.OTHERS_YEN
    ALTERED = Column("altered", pl.String)
    NOTICE_NO = Proposal.NOTICE_NO
    TARGET_PAYER_REF = Column("target_payer_ref", pl.String)
    IS_CANCELLED = Column("is_cancelled", pl.Boolean)
    TARGET_MARK = Column("target_mark", pl.String)
    LEFT_YEN = Column("left_yen", pl.Int64)
    DECIDED_ON = Column("decided_on", pl.String)
    WAITING_REVIEW_NO = Column("waiting_review_no", pl.Int64)
    WAITING_SAID = Column("waiting_said", pl.String)
    WAITING_IS_SAME = Column("waiting_is_same", pl.Boolean)
    IS_DONE = Column("is_done", pl.Boolean)


class WrittenReassignment(Frame):
    """書かれた組替: a row of the sheet for 組替, as it was written. `formula` is as of DraftRuling."""

    LINE_NO = DraftRuling.LINE_NO
    PAYMENT_SAID = Column("payment_said", pl.String)
    TARGET = DraftRuling.TARGET
    REASON = Proposal.REASON
    STAFF = Proposal.STAFF
    FORMULA = DraftRuling.FORMULA


class DraftReassignment(Frame):
    """組替の案の横に今の台帳: a posted payment, its yen on claims and in suspense, and the notice to pay instead.

    `mark` is of where its yen are. `is_there`: they are on a claim of that notice already. `awaits_payout`: two people
    decided to pay out what it has in suspense.
    """

    PAYMENT_NO = Proposal.PAYMENT_NO
    CLAIM_YEN = Decision.CLAIM_YEN
    MARK = Proposal.MARK
    IS_WAITING = Column("is_waiting", pl.Boolean)
    AWAITS_PAYOUT = Column("awaits_payout", pl.Boolean)
    HELD_YEN = Column("held_yen", pl.Int64)
    TARGET = DraftRuling.TARGET
    NOTICE_NO = Proposal.NOTICE_NO
    IS_CANCELLED = DraftRuling.IS_CANCELLED
    IS_THERE = Column("is_there", pl.Boolean)
    LEFT_YEN = DraftRuling.LEFT_YEN
    TARGET_MARK = DraftRuling.TARGET_MARK


class DraftPayout(Frame):
    """還付の一歩の横に今の台帳: a payment, the ruling that stands on it, and its yen in suspense and 還付済.

    That had `before_yen` in suspense and left `after_yen`; where it is a step, `stood_on` and `stood_number` are its
    day and its number. `barred_on` is its 時効完成日, null where the city has no rule. `mark` is of where its yen are
    and of the ruling.
    """

    PAYMENT_NO = Proposal.PAYMENT_NO
    STANDING = Column("standing", pl.String)
    STOOD_ON = Column("stood_on", pl.Date)
    STOOD_NUMBER = Column("stood_number", pl.String)
    BEFORE_YEN = RulingEffect.BEFORE_YEN
    AFTER_YEN = RulingEffect.AFTER_YEN
    FALLS_ON = PaymentNow.FALLS_ON
    HELD_YEN = DraftReassignment.HELD_YEN
    REFUNDED_YEN = Column("refunded_yen", pl.Int64)
    BARRED_ON = Column("barred_on", pl.Date)
    MARK = Proposal.MARK
    IS_WAITING = DraftReassignment.IS_WAITING


class Payout(Frame):
    """還付の記録 of a ruling: its day (決定日・支払日・返戻日), its number (決定番号・支払番号), 加算金, and 宛名番号.

    `payee_ref` is empty where it is the payer of the notice.
    """

    RULING_NO = Ruled.RULING_NO
    DONE_ON = Column("done_on", pl.Date)
    NUMBER = Column("number", pl.String)
    INTEREST_YEN = Column("interest_yen", pl.Int64)
    PAYEE_REF = Column("payee_ref", pl.String)


class DraftStep(DraftPayout):
    """書かれた一歩の横に今の台帳: what somebody wrote in a row of a book, beside the payment and its state.

    `…_said` is what was written, null where nothing is read from it. The rest is as in DraftRuling and in Payout.
    """

    LINE_NO = DraftRuling.LINE_NO
    IDENTITY = DraftRuling.IDENTITY
    ROW_MARK = Column("row_mark", pl.String)
    ROW_MARK_NOW = Column("row_mark_now", pl.String)
    STATE_NOW = DraftRuling.STATE_NOW
    ALTERED = DraftRuling.ALTERED
    FORMULA = DraftRuling.FORMULA
    STEP_SAID = Column("step_said", pl.String)
    STEP = Proposal.RULING
    DONE_SAID = Column("done_said", pl.String)
    DONE_ON = Payout.DONE_ON
    NUMBER = Payout.NUMBER
    INTEREST_SAID = Column("interest_said", pl.String)
    INTEREST_YEN = Payout.INTEREST_YEN
    PAYEE_REF = Payout.PAYEE_REF
    REASON = Proposal.REASON
    STAFF = Proposal.STAFF
    WAITING_REVIEW_NO = DraftRuling.WAITING_REVIEW_NO
    WAITING_SAID = DraftRuling.WAITING_SAID
    WAITING_IS_SAME = DraftRuling.WAITING_IS_SAME
    IS_DONE = DraftRuling.IS_DONE


class StatedPayout(Frame):
    """財務会計の言う支払: a row of its file: which payment by 受付番号 or 決定番号, the step, its day, number and yen.

    受付番号 is null and 決定番号 empty where the file does not say it.
    """

    RECORD_NO = Column("record_no", pl.Int64)
    STATED_NO = Column("stated_no", pl.Int64)
    DECISION_NO = Column("decision_no", pl.String)
    RULING = Proposal.RULING
    DONE_ON = Payout.DONE_ON
    NUMBER = Payout.NUMBER
    YEN = Column("yen", pl.Int64)


class RecordedStep(Payout):
    """記録した還付の一歩: a step on a payment that waits for approval or has effect, and the yen that it moved.

    While it waits, `result` and `moved_yen` are null.
    """

    PAYMENT_NO = Ruled.PAYMENT_NO
    RULING = Ruled.RULING
    RESULT = RulingEffect.RESULT
    MOVED_YEN = Column("moved_yen", pl.Int64)


class Reduced(Frame):
    """減額の夜: the first night that took yen of a payment off its claim."""

    PAYMENT_NO = Payment.PAYMENT_NO
    REDUCED_ON = Column("reduced_on", pl.Date)


class RefundTerm(Reduced):
    """還付の期限と加算金: 区分 (過納・誤納), 起算日, 時効完成日, what 加算金 is due, and how that was computed.

    Nulls where the city's rule is not written.
    """

    KIND = Column("refund_kind", pl.String)
    STARTS_ON = Column("starts_on", pl.Date)
    BARRED_ON = DraftPayout.BARRED_ON
    DUE_YEN = Column("due_yen", pl.Int64)
    WORKING = Column("working", pl.String)


class RefundCase(Frame):
    """過誤納の一件: a payment that is to be paid back or on, what stands on it, its last entry, and where its yen are.

    The entry is that of the ruling that stands; `after_yen` stood in suspense when it took effect. 加算金,
    payee, `refund_decided_on` and `refund_number` are those of the 還付決定.
    """

    PAYMENT_NO = Payment.PAYMENT_NO
    PAID_ON = Payment.PAID_ON
    STANDING = DraftPayout.STANDING
    STANDING_NO = PaymentNow.LAST_STANDING_NO
    AFTER_YEN = RulingEffect.AFTER_YEN
    DONE_ON = Payout.DONE_ON
    NUMBER = Payout.NUMBER
    REFUND_DECIDED_ON = Column("refund_decided_on", pl.Date)
    REFUND_NUMBER = Column("refund_number", pl.String)
    INTEREST_YEN = Payout.INTEREST_YEN
    PAYEE_REF = Payout.PAYEE_REF
    HELD_YEN = DraftPayout.HELD_YEN
    REFUNDED_YEN = DraftPayout.REFUNDED_YEN
    REVENUE_YEN = Column("revenue_yen", pl.Int64)
    PASSED_ON_YEN = Column("passed_on_yen", pl.Int64)


class Remarked(Payout):
    """決裁の横に、承認する人の見るもの: what a ruling says, what is due, and who pays and paid.

    `shared` names the rulings that wait and put yen on the same notice, where there are several.

    Null where it is not known, or where it is no matter of the ruling.
    """

    PAYMENT_NO = Ruled.PAYMENT_NO
    RULING = Ruled.RULING
    DUE_YEN = RefundTerm.DUE_YEN
    WORKING = RefundTerm.WORKING
    PAYER_REF = DraftRuling.PAYER_REF
    TARGET_PAYER_REF = DraftRuling.TARGET_PAYER_REF
    SHARED = Column("shared", pl.String)
