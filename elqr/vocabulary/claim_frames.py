"""Columns of claims and their entries (調定異動の列), spelt once as in elqr/vocabulary/frames.py."""

import polars as pl

from elqr.vocabulary.arrival_frames import DeliveredFile, Held, Reminded
from elqr.vocabulary.frames import Claim, ClaimKey, Column, Decision, Frame, Notice, NoticeClaim, Payment, Ruled


class ClaimEntry(Frame):
    """調定異動: what changed on a claim, in signed yen for each item. What is owed is the sum of a claim's entries.

    `entry_no` counts the entries of a claim from 1. `entered_on` is the day from which the entry counts (異動日) and
    `night_on` the night on which it came to the ledger. It comes from a notice (`notice_no`), from a row of a claim
    file (`state_no`), or from a reminder that was sent or was not after all (`fee_no`).
    """

    CLAIM_NO = Column("claim_no", pl.Int64)
    ENTRY_NO = Column("entry_no", pl.Int64)
    KIND = Column("kind", pl.String)
    PRINCIPAL_YEN = Notice.PRINCIPAL_YEN
    DEMAND_FEE_YEN = Notice.DEMAND_FEE_YEN
    LATE_CHARGE_YEN = Notice.LATE_CHARGE_YEN
    ENTERED_ON = Column("entered_on", pl.Date)
    NIGHT_ON = Column("night_on", pl.Date)
    NOTICE_NO = Notice.NOTICE_NO
    STATE_NO = Column("state_no", pl.Int64)
    FEE_NO = Column("fee_no", pl.Int64)

    ITEMS = (PRINCIPAL_YEN, DEMAND_FEE_YEN, LATE_CHARGE_YEN)
    """内訳: the items of what is owed."""


class ClaimStateContent(ClaimKey):
    """調定データの行: what a claim file says of a claim: what it owes and what was written off, in yen for each item.

    `changed_on` is 課税・更正日, `reason` (a term of EntryKind, or null) why it changed, and `stated_at` when the core
    system last worked on the claim, as text that sorts by time and begins with the day.
    """

    RECORD_NO = Payment.RECORD_NO
    PAYER_REF = Claim.PAYER_REF
    DUE_ON = Notice.DUE_ON
    CHANGED_ON = Column("changed_on", pl.Date)
    REASON = Column("reason", pl.String)
    PRINCIPAL_YEN = Notice.PRINCIPAL_YEN
    DEMAND_FEE_YEN = Notice.DEMAND_FEE_YEN
    LATE_CHARGE_YEN = Notice.LATE_CHARGE_YEN
    WRITTEN_OFF_ON = Column("written_off_on", pl.Date)
    PRINCIPAL_OFF_YEN = Column("principal_off_yen", pl.Int64)
    DEMAND_FEE_OFF_YEN = Column("demand_fee_off_yen", pl.Int64)
    LATE_CHARGE_OFF_YEN = Column("late_charge_off_yen", pl.Int64)
    STATED_AT = Column("stated_at", pl.String)

    OFF = (PRINCIPAL_OFF_YEN, DEMAND_FEE_OFF_YEN, LATE_CHARGE_OFF_YEN)
    """不納欠損: the items of what was written off, in the order of `ClaimEntry.ITEMS`."""


class ClaimState(Frame):
    """調定データの行 in the ledger: one that is newer than what was known of its claim."""

    STATE_NO = ClaimEntry.STATE_NO
    FILE_NO = Payment.FILE_NO
    RECORD_NO = Payment.RECORD_NO
    CLAIM_NO = ClaimEntry.CLAIM_NO
    PAYER_REF = Claim.PAYER_REF
    DUE_ON = Notice.DUE_ON
    CHANGED_ON = ClaimStateContent.CHANGED_ON
    REASON = ClaimStateContent.REASON
    PRINCIPAL_YEN = Notice.PRINCIPAL_YEN
    DEMAND_FEE_YEN = Notice.DEMAND_FEE_YEN
    LATE_CHARGE_YEN = Notice.LATE_CHARGE_YEN
    WRITTEN_OFF_ON = ClaimStateContent.WRITTEN_OFF_ON
    PRINCIPAL_OFF_YEN = ClaimStateContent.PRINCIPAL_OFF_YEN
    DEMAND_FEE_OFF_YEN = ClaimStateContent.DEMAND_FEE_OFF_YEN
    LATE_CHARGE_OFF_YEN = ClaimStateContent.LATE_CHARGE_OFF_YEN
    STATED_AT = ClaimStateContent.STATED_AT


class DatedState(ClaimState):
    """調定データの行と受けた夜. `notices_upto`: the last notice file that came before it."""

    NIGHT_ON = ClaimEntry.NIGHT_ON
    NOTICES_UPTO = Column("notices_upto", pl.Int64)


class StatusContent(ClaimKey):
    """督促の状況の行: a reason not to remind a claim, or all claims of a payer, and its days.

    It is of a payer if it has a `payer_ref`; then the columns of the claim are empty or 0. Otherwise `payer_ref` is
    empty. `number` is what the core system calls the record. It holds from `from_on` through `until_on`, and from
    `released_on` on no more; what was deleted is released on its first day. `stated_at` is as in ClaimStateContent.
    """

    RECORD_NO = Payment.RECORD_NO
    PAYER_REF = Claim.PAYER_REF
    KIND = Held.KIND
    NUMBER = Column("number", pl.String)
    FROM_ON = Column("from_on", pl.Date)
    UNTIL_ON = Held.UNTIL_ON
    RELEASED_ON = Column("released_on", pl.Date)
    REASON = ClaimStateContent.REASON
    STATED_AT = ClaimStateContent.STATED_AT

    IDENTITY = (*ClaimKey.SCHEMA, PAYER_REF, KIND, NUMBER)
    """同じ記録か: of rows that agree in these, the one stated last counts."""


class Status(StatusContent):
    """督促の状況の行 in the ledger."""

    STATUS_NO = Column("status_no", pl.Int64)
    FILE_NO = Payment.FILE_NO


class NamedStatus(Status):
    """督促の状況の行 with the name of the file that it came in."""

    FILE_NAME = DeliveredFile.FILE_NAME


class StatedClaim(ClaimKey):
    """調定データのある調定: its key, and what is owed on it by item."""

    CLAIM_NO = ClaimEntry.CLAIM_NO
    PRINCIPAL_YEN = Notice.PRINCIPAL_YEN
    DEMAND_FEE_YEN = Notice.DEMAND_FEE_YEN
    LATE_CHARGE_YEN = Notice.LATE_CHARGE_YEN


class OwnNotice(Frame):
    """調定の納付書: a notice that asks for its own claim, and when it came (`notice_file_no`, `night_on`).

    `gone_file_no` and `gone_on` say when it was cancelled; they are null for a valid notice, and for one of which the
    paper alone was taken back. `is_retracted`: it was cancelled because two people took back its file.
    """

    CLAIM_NO = ClaimEntry.CLAIM_NO
    NOTICE_NO = Notice.NOTICE_NO
    ISSUE_NO = Notice.ISSUE_NO
    PRINCIPAL_YEN = Notice.PRINCIPAL_YEN
    DEMAND_FEE_YEN = Notice.DEMAND_FEE_YEN
    LATE_CHARGE_YEN = Notice.LATE_CHARGE_YEN
    PART_KIND = Notice.PART_KIND
    ISSUED_ON = Notice.ISSUED_ON
    NOTICE_FILE_NO = Notice.NOTICE_FILE_NO
    NIGHT_ON = ClaimEntry.NIGHT_ON
    GONE_FILE_NO = Column("gone_file_no", pl.Int64)
    GONE_ON = Column("gone_on", pl.Date)
    IS_RETRACTED = Column("is_retracted", pl.Boolean)


class ClaimCancel(Frame):
    """調定取消: the claim falls, with all that its notices asked by then. The row that says so names a notice."""

    NOTICE_NO = Notice.NOTICE_NO
    CLAIM_NO = ClaimEntry.CLAIM_NO
    ISSUE_NO = Notice.ISSUE_NO
    NOTICE_FILE_NO = Notice.NOTICE_FILE_NO
    NIGHT_ON = ClaimEntry.NIGHT_ON


class ClaimFee(Frame):
    """督促手数料: a reminder of a claim was sent (`sent_no`), for which the city charges `yen`.

    It came after the notice file `notices_upto` and before the next one. With `undoes_no` the row takes that fee back,
    because two people took back the record that the reminder was sent.
    """

    FEE_NO = ClaimEntry.FEE_NO
    CLAIM_NO = ClaimEntry.CLAIM_NO
    SENT_NO = Reminded.SENT_NO
    YEN = Column("yen", pl.Int64)
    ISSUED_ON = Notice.ISSUED_ON
    NIGHT_ON = ClaimEntry.NIGHT_ON
    NOTICES_UPTO = DatedState.NOTICES_UPTO
    UNDOES_NO = Column("undoes_no", pl.Int64)


class OpenClaim(Frame):
    """消込前の調定: what is owed on a claim, what was collected on it, and the payment that settled it.

    The last columns are null but for a claim of which notices ask for parts. They say item by item what is open on it
    (`left_…`), what the notice still asks of it (`room_…`), and in which order they are paid (`items`). `is_part`: the
    notice itself asks for a part. `asked_owed_yen`: of what it asks, what is owed at all, collected or not. `is_line`:
    it is a 分納 notice for several claims.
    """

    NOTICE_NO = Column("notice_no", pl.Int64)
    CLAIM_NO = Column("claim_no", pl.Int64)
    COVER_YEN = Column("cover_yen", pl.Int64)
    OWED_YEN = Column("owed_yen", pl.Int64)
    COLLECTED_YEN = Column("collected_yen", pl.Int64)
    LEVY_YEAR = Column("levy_year", pl.Int64)
    BY_PAYMENT_NO = Column("by_payment_no", pl.Int64)
    BY_NOTICE_NO = Column("by_notice_no", pl.Int64)
    BY_CHANNEL = Column("by_channel", pl.String)
    BY_INSTALLMENT_NO = Column("by_installment_no", pl.Int64)
    IS_PART = Column("is_part", pl.Boolean)
    ASKED_OWED_YEN = Column("asked_owed_yen", pl.Int64)
    LEFT_PRINCIPAL_YEN = Column("left_principal_yen", pl.Int64)
    LEFT_DEMAND_FEE_YEN = Column("left_demand_fee_yen", pl.Int64)
    LEFT_LATE_CHARGE_YEN = Column("left_late_charge_yen", pl.Int64)
    ROOM_PRINCIPAL_YEN = Column("room_principal_yen", pl.Int64)
    ROOM_DEMAND_FEE_YEN = Column("room_demand_fee_yen", pl.Int64)
    ROOM_LATE_CHARGE_YEN = Column("room_late_charge_yen", pl.Int64)
    ITEMS = Column("items", pl.String)
    IS_LINE = Column("is_line", pl.Boolean)

    LEFT = (LEFT_PRINCIPAL_YEN, LEFT_DEMAND_FEE_YEN, LEFT_LATE_CHARGE_YEN)
    ROOM = (ROOM_PRINCIPAL_YEN, ROOM_DEMAND_FEE_YEN, ROOM_LATE_CHARGE_YEN)


class AskedNotice(Frame):
    """納付書が調定に求める額: a notice that pays a claim, and what it asks of each item of it.

    A 全期 notice asks the yen that it covers as 本税・本料, and a 分納 notice for several claims what its line says
    (`is_line`). `is_part`: it asks what it says and no more. Any other asks all that such notices made of the claim.
    """

    CLAIM_NO = ClaimEntry.CLAIM_NO
    NOTICE_NO = Notice.NOTICE_NO
    IS_PART = OpenClaim.IS_PART
    IS_LINE = OpenClaim.IS_LINE
    PRINCIPAL_YEN = Notice.PRINCIPAL_YEN
    DEMAND_FEE_YEN = Notice.DEMAND_FEE_YEN
    LATE_CHARGE_YEN = Notice.LATE_CHARGE_YEN


class ItemOrder(Frame):
    """充てる順序: in which order a payment pays the items of a procedure's claims, from a night on.

    `items` has the items, separated by commas; it is empty where the city does not say.
    """

    ORDER_NO = Column("order_no", pl.Int64)
    PROCEDURE_CODE = ClaimKey.PROCEDURE_CODE
    ITEMS = OpenClaim.ITEMS
    NIGHT_ON = ClaimEntry.NIGHT_ON


class ClaimOrder(Frame):
    """調定の充てる順序: the orders of a claim's procedure, each from its night on."""

    CLAIM_NO = ClaimEntry.CLAIM_NO
    NIGHT_ON = ClaimEntry.NIGHT_ON
    ITEMS = ItemOrder.ITEMS


class NoticePosting(Frame):
    """調定への計上: yen that a payment put on a claim or took off it, and the notice that was paid."""

    POSTING_NO = Column("posting_no", pl.Int64)
    PAYMENT_NO = Payment.PAYMENT_NO
    CLAIM_NO = ClaimEntry.CLAIM_NO
    NOTICE_NO = Notice.NOTICE_NO
    YEN = Column("yen", pl.Int64)
    FISCAL_YEAR = Column("fiscal_year", pl.Int64)
    IS_ARREARS = Column("is_arrears", pl.Boolean)
    NIGHT_ON = ClaimEntry.NIGHT_ON


class ItemPosting(NoticePosting):
    """内訳のある計上: its yen, item by item. `is_certain`: the city's order says so, or no other way was open."""

    PRINCIPAL_YEN = Notice.PRINCIPAL_YEN
    DEMAND_FEE_YEN = Notice.DEMAND_FEE_YEN
    LATE_CHARGE_YEN = Notice.LATE_CHARGE_YEN
    IS_CERTAIN = Column("is_certain", pl.Boolean)


class ClaimCard(Claim):
    """調定の照会: a claim as staff look it up, with what is owed now by item and what was collected.

    `due_on` and `payer_ref` are those of its newest valid notice, or else of its newest notice.
    """

    DUE_ON = Notice.DUE_ON
    PRINCIPAL_YEN = Notice.PRINCIPAL_YEN
    DEMAND_FEE_YEN = Notice.DEMAND_FEE_YEN
    LATE_CHARGE_YEN = Notice.LATE_CHARGE_YEN
    COLLECTED_YEN = Column("collected_yen", pl.Int64)


class CardEntry(ClaimEntry):
    """照会した調定の異動. One for a reminder names its list and the day of issue that is printed on it."""

    LIST_NO = Reminded.LIST_NO
    ISSUED_ON = Reminded.ISSUED_ON


class CardItems(Frame):
    """照会した調定の内訳: what was collected of each item of a claim of which notices ask for parts.

    Null where a payment could have been divided in another way.
    """

    CLAIM_NO = ClaimEntry.CLAIM_NO
    PRINCIPAL_YEN = Notice.PRINCIPAL_YEN
    DEMAND_FEE_YEN = Notice.DEMAND_FEE_YEN
    LATE_CHARGE_YEN = Notice.LATE_CHARGE_YEN


class CardNotice(Frame):
    """照会した調定の納付書: a notice that pays the claim, and when it was cancelled."""

    CLAIM_NO = ClaimEntry.CLAIM_NO
    NOTICE_NO = Notice.NOTICE_NO
    ISSUE_NO = Notice.ISSUE_NO
    INSTALLMENT_NO = Notice.INSTALLMENT_NO
    PART_KIND = Notice.PART_KIND
    COVER_YEN = NoticeClaim.COVER_YEN
    AMOUNT_YEN = Notice.AMOUNT_YEN
    ISSUED_ON = Notice.ISSUED_ON
    DUE_ON = Notice.DUE_ON
    PAYABLE_UNTIL_ON = Notice.PAYABLE_UNTIL_ON
    KEY_NO = Notice.KEY_NO
    CANCELLED_ON = Column("cancelled_on", pl.Date)


class CardPayment(Frame):
    """照会した調定の収納: a payment that is on the claim, was on it, or names one of its notices.

    `claim_yen` stands on the claim now, `suspense_yen` is what of the payment is in suspense.
    """

    CLAIM_NO = ClaimEntry.CLAIM_NO
    PAYMENT_NO = Payment.PAYMENT_NO
    STAGE = Payment.STAGE
    CHANNEL = Payment.CHANNEL
    PAID_ON = Payment.PAID_ON
    RECEIVED_ON = Payment.RECEIVED_ON
    IMAGE_REF = Payment.IMAGE_REF
    PAID_YEN = Payment.PAID_YEN
    OUTCOME = Decision.OUTCOME
    PLACE = Decision.PLACE
    NOTICE_NO = Decision.NOTICE_NO
    CLAIM_YEN = Decision.CLAIM_YEN
    SUSPENSE_YEN = Decision.SUSPENSE_YEN
    DECIDED_ON = Column("decided_on", pl.Date)


class CardRuling(Frame):
    """照会した収納の決裁: a ruling that waits for approval or was approved, its days, and the ruling that undid it.

    `taken_on` is the day of the approval, null while it waits, `done_on` the day that a step of a refund states.
    """

    PAYMENT_NO = Payment.PAYMENT_NO
    RULING_NO = Ruled.RULING_NO
    REVIEW_NO = Ruled.REVIEW_NO
    RULING = Ruled.RULING
    ASKED_ON = Column("asked_on", pl.Date)
    TAKEN_ON = Column("taken_on", pl.Date)
    DONE_ON = Column("done_on", pl.Date)
    UNDONE_BY_NO = Column("undone_by_no", pl.Int64)
