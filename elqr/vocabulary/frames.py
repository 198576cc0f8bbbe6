"""Frames (表の列): every column and dtype, spelt once.

A column is a `str` that carries its dtype, so `pl.col(Payment.PAID_YEN)` is the only spelling. Yen are Int64,
identifiers are strings, dates are dates. Where a frame is also a table of the ledger, both have the same columns; a
test compares them.
"""

from collections.abc import Sequence
from typing import ClassVar

import polars as pl

_SEPARATOR = "|"


class Column(str):
    """列: the name of a column, with its dtype."""

    dtype: pl.DataType | type[pl.DataType]

    def __new__(cls, name: str, dtype: pl.DataType | type[pl.DataType]) -> "Column":
        """The string is the name; `dtype` is an attribute."""
        column = super().__new__(cls, name)
        column.dtype = dtype
        return column


class Frame:
    """表の宣言: the columns of a kind of DataFrame. `SCHEMA` has them in order."""

    SCHEMA: ClassVar[dict[str, pl.DataType | type[pl.DataType]]] = {}

    def __init_subclass__(cls) -> None:
        columns = {str(value): value.dtype for value in vars(cls).values() if isinstance(value, Column)}
        cls.SCHEMA = {**cls.SCHEMA, **columns}

    @classmethod
    def empty(cls) -> pl.DataFrame:
        """空の表: all columns and no rows."""
        return pl.DataFrame(schema=cls.SCHEMA)

    @classmethod
    def of(cls, frame: pl.DataFrame) -> pl.DataFrame:
        """宣言どおりの表: exactly the declared columns, in order, with the declared dtypes."""
        return frame.select(pl.col(name).cast(dtype) for name, dtype in cls.SCHEMA.items())


def join_beside(rows: pl.DataFrame, known: pl.DataFrame, on: Sequence[str]) -> pl.DataFrame:
    """引いたものを横に置く: adds the columns of `known` to each row, by the key `on`. The rows are not copied."""
    looked_up = rows.select(on).join(known, on=on, how="left", validate="m:1", maintain_order="left")
    return rows.hstack(looked_up.drop(on))


def overwrite(rows: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """書き換えた行: the rows, with the values of `others` at the indices in its column `at`."""
    if others.is_empty():
        return rows
    return rows.with_columns(rows[name].scatter(others["at"], others[name]) for name in rows.columns)


def occurs_twice(values: pl.Series) -> pl.Series:
    """二度あるか: whether another row has the same value. Written for few repeats: only those take memory."""
    return values.is_in(values.filter(~values.is_first_distinct()).implode())


def as_one_text(names: Sequence[str | pl.Expr]) -> pl.Expr:
    """つないだ値: columns or expressions as one text. A null counts as empty."""
    values = [pl.col(name) if isinstance(name, str) else name for name in names]
    return pl.concat_str([value.cast(pl.String).fill_null("") for value in values], separator=_SEPARATOR)


class ClaimKey(Frame):
    """調定の識別: the core system's identity of one instalment."""

    PROCEDURE_CODE = Column("procedure_code", pl.String)
    LEVY_YEAR = Column("levy_year", pl.Int64)
    TAX_YEAR = Column("tax_year", pl.Int64)
    BILL_NO = Column("bill_no", pl.String)
    INSTALLMENT_NO = Column("installment_no", pl.Int64)


class Claim(ClaimKey):
    """調定（期別）in the ledger."""

    CLAIM_NO = Column("claim_no", pl.Int64)
    PAYER_REF = Column("payer_ref", pl.String)


class Notice(ClaimKey):
    """納付書: one notice."""

    NOTICE_NO = Column("notice_no", pl.Int64)
    ISSUE_NO = Column("issue_no", pl.Int64)
    PRINCIPAL_YEN = Column("principal_yen", pl.Int64)
    DEMAND_FEE_YEN = Column("demand_fee_yen", pl.Int64)
    LATE_CHARGE_YEN = Column("late_charge_yen", pl.Int64)
    AMOUNT_YEN = Column("amount_yen", pl.Int64)
    DUE_ON = Column("due_on", pl.Date)
    PAYABLE_UNTIL_ON = Column("payable_until_on", pl.Date)
    ISSUED_ON = Column("issued_on", pl.Date)
    PAYER_REF = Column("payer_ref", pl.String)
    PAYER_NAME = Column("payer_name", pl.String)
    POSTAL_CODE = Column("postal_code", pl.String)
    ADDRESS = Column("address", pl.String)
    KEY_NO = Column("key_no", pl.String)
    CHECK_NO = Column("check_no", pl.String)
    BARCODE = Column("barcode", pl.String)
    CUSTOMER_NO = Column("customer_no", pl.String)
    NOTICE_FILE_NO = Column("notice_file_no", pl.Int64)
    PENSION_NO = Column("pension_no", pl.String)
    CHANGE_REASON = Column("change_reason", pl.String)
    PART_KIND = Column("part_kind", pl.String)
    """納付種別 of a notice that asks for a part: 分納, 延滞金 or 督促; null where it asks for the whole claim."""
    BARCODE_UNTIL_ON = Column("barcode_until_on", pl.Date)
    MPN_UNTIL_ON = Column("mpn_until_on", pl.Date)
    """支払期限 of one way to pay; null where it is that of the notice, which an eL-QR always has."""

    PERSONAL = (PAYER_NAME, POSTAL_CODE, ADDRESS)
    """個人情報: columns that findings, lists and logs do not show."""


class NoticeClaim(Frame):
    """納付書が払う調定: a claim that a notice pays. A 全期 notice pays several."""

    NOTICE_NO = Column("notice_no", pl.Int64)
    CLAIM_NO = Column("claim_no", pl.Int64)
    COVER_YEN = Column("cover_yen", pl.Int64)


class NoticeKey(Frame):
    """照会キー of a notice. `reissue_no` is the bar code's 再発行 digit, empty for other kinds."""

    KEY_KIND = Column("key_kind", pl.String)
    KEY_DIGITS = Column("key_digits", pl.String)
    NOTICE_NO = Column("notice_no", pl.Int64)
    REISSUE_NO = Column("reissue_no", pl.String)


class Payload(Frame):
    """eL-QR発行: key, 確認番号 and the 255 digits of one notice."""

    NOTICE_NO = Column("notice_no", pl.Int64)
    KEY_NO = Column("key_no", pl.String)
    CHECK_NO = Column("check_no", pl.String)
    ITEM_NO = Column("item_no", pl.String)
    OFFICE_CODE = Column("office_code", pl.String)
    TAX_OFFICE_CODE = Column("tax_office_code", pl.String)
    DIGITS = Column("digits", pl.String)
    UPLOAD_NO = Column("upload_no", pl.Int64)


class PrintableNotice(Notice):
    """印刷する納付書: a notice with its 納付区分 and its payload. `other_claims`: how many it pays beside the first."""

    ITEM_NO = Column("item_no", pl.String)
    DIGITS = Column("digits", pl.String)
    OTHER_CLAIMS = Column("other_claims", pl.Int64)


class NoticeStanding(Frame):
    """納付書の状態: what decides whether a notice may be printed and sent."""

    NOTICE_NO = Column("notice_no", pl.Int64)
    KEY_NO = Column("key_no", pl.String)
    PAYER_REF = Column("payer_ref", pl.String)
    PROCEDURE_CODE = Column("procedure_code", pl.String)
    LEVY_YEAR = Column("levy_year", pl.Int64)
    TAX_YEAR = Column("tax_year", pl.Int64)
    BILL_NO = Column("bill_no", pl.String)
    PART_KIND = Notice.PART_KIND
    INSTALLMENT_NO = Column("installment_no", pl.Int64)
    AMOUNT_YEN = Column("amount_yen", pl.Int64)
    IS_UPLOADED = Column("is_uploaded", pl.Boolean)
    IS_CANCELLED = Column("is_cancelled", pl.Boolean)
    IS_CURRENT = Column("is_current", pl.Boolean)
    COLLECTED_YEN = Column("collected_yen", pl.Int64)
    IS_ANNOUNCED = Column("is_announced", pl.Boolean)
    IS_PRINTED = Column("is_printed", pl.Boolean)
    IS_RELEASED = Column("is_released", pl.Boolean)

    ORDER = (PAYER_REF, PROCEDURE_CODE, LEVY_YEAR, TAX_YEAR, BILL_NO, PART_KIND, INSTALLMENT_NO)
    """The order in which notices are put into envelopes."""


class PrintNotice(Frame):
    """印刷した納付書: where a notice is in a print. Files and pages count from 1, places on a page from 0."""

    PRINT_NO = Column("print_no", pl.Int64)
    NOTICE_NO = Column("notice_no", pl.Int64)
    FILE_NO = Column("print_file_no", pl.Int64)
    PAGE_NO = Column("page_no", pl.Int64)
    PLACE_NO = Column("place_no", pl.Int64)


class PaymentContent(Frame):
    """収納データの中身: what a payment record says, before the ledger numbers it."""

    RECORD_NO = Column("record_no", pl.Int64)
    OFFSET_BYTES = Column("offset_bytes", pl.Int64)
    CHANNEL = Column("channel", pl.String)
    STAGE = Column("stage", pl.String)
    IDENTITY = Column("identity", pl.String)
    OCCURRENCE_NO = Column("occurrence_no", pl.Int64)
    KEY_KIND = Column("key_kind", pl.String)
    KEY_DIGITS = Column("key_digits", pl.String)
    REISSUE_NO = Column("reissue_no", pl.String)
    CHECK_NO = Column("check_no", pl.String)
    ITEM_NO = Column("item_no", pl.String)
    OFFICE_CODE = Column("office_code", pl.String)
    PAID_YEN = Column("paid_yen", pl.Int64)
    PAID_ON = Column("paid_on", pl.Date)
    FUNDS_ON = Column("funds_on", pl.Date)
    RESULT_CODE = Column("result_code", pl.String)
    DOUBT = Column("doubt", pl.String)
    RECEIVED_ON = Column("received_on", pl.Date)
    IMAGE_REF = Column("image_ref", pl.String)
    """画像番号 of a slip that was typed by hand, empty where it says none; null for all other payments."""


class Payment(PaymentContent):
    """収納: one record of a payment file, in the ledger."""

    PAYMENT_NO = Column("payment_no", pl.Int64)
    FILE_NO = Column("file_no", pl.Int64)

    OLDEST_FIRST = (PaymentContent.PAID_ON, PaymentContent.IDENTITY, PAYMENT_NO)
    """The order of the reports."""


class KnownAs(Frame):
    """何件目の何として知るか: occurrence and variant of the few payments that differ from what their record says."""

    PAYMENT_NO = Column("payment_no", pl.Int64)
    OCCURRENCE_NO = Column("occurrence_no", pl.Int64)
    VARIANT = Column("variant", pl.String)


class Known(Frame):
    """既知の収納: records that repeat no other. `variant` is empty for the first content of an identity and stage."""

    IDENTITY = Column("identity", pl.String)
    STAGE = Column("stage", pl.String)
    OCCURRENCE_NO = Column("occurrence_no", pl.Int64)
    VARIANT = Column("variant", pl.String)
    PAYMENT_NO = Column("payment_no", pl.Int64)


class KnownEvent(Known):
    """既知の収納 with the content of its record, and its outcome."""

    CHANNEL = PaymentContent.CHANNEL
    KEY_KIND = PaymentContent.KEY_KIND
    KEY_DIGITS = PaymentContent.KEY_DIGITS
    REISSUE_NO = PaymentContent.REISSUE_NO
    CHECK_NO = PaymentContent.CHECK_NO
    ITEM_NO = PaymentContent.ITEM_NO
    OFFICE_CODE = PaymentContent.OFFICE_CODE
    PAID_YEN = PaymentContent.PAID_YEN
    PAID_ON = PaymentContent.PAID_ON
    FUNDS_ON = PaymentContent.FUNDS_ON
    RESULT_CODE = PaymentContent.RESULT_CODE
    DOUBT = PaymentContent.DOUBT
    OUTCOME = Column("outcome", pl.String)


class Candidate(NoticeKey):
    """照会キーが指す納付書: the notice behind a key that occurs tonight."""

    ISSUE_NO = Column("issue_no", pl.Int64)
    INSTALLMENT_NO = Column("installment_no", pl.Int64)
    AMOUNT_YEN = Column("amount_yen", pl.Int64)
    ISSUED_ON = Column("issued_on", pl.Date)
    PAYABLE_UNTIL_ON = Column("payable_until_on", pl.Date)
    BARCODE_UNTIL_ON = Notice.BARCODE_UNTIL_ON
    MPN_UNTIL_ON = Notice.MPN_UNTIL_ON
    CHECK_NO = Column("check_no", pl.String)
    ITEM_NO = Column("item_no", pl.String)
    OFFICE_CODE = Column("office_code", pl.String)
    PROCEDURE_CODE = Column("procedure_code", pl.String)
    IS_CANCELLED = Column("is_cancelled", pl.Boolean)
    CANCELLED_ON = Column("cancelled_on", pl.Date)
    IS_CURRENT = Column("is_current", pl.Boolean)


class CandidateNotice(Candidate):
    """照会キーが指す納付書 with the columns that the reports show."""

    LEVY_YEAR = Column("levy_year", pl.Int64)
    BILL_NO = Column("bill_no", pl.String)
    PAYER_REF = Column("payer_ref", pl.String)


class Decision(Frame):
    """消込結果: one per payment, with how its yen are divided, and flags for what else is true."""

    PAYMENT_NO = Column("payment_no", pl.Int64)
    OUTCOME = Column("outcome", pl.String)
    PLACE = Column("place", pl.String)
    NOTICE_NO = Column("notice_no", pl.Int64)
    PROCEDURE_CODE = Column("procedure_code", pl.String)
    CLAIM_YEN = Column("claim_yen", pl.Int64)
    SUSPENSE_YEN = Column("suspense_yen", pl.Int64)
    FLAGS = Column("flags", pl.String)
    OTHER_PAYMENT_NO = Column("other_payment_no", pl.Int64)


class Allocation(Frame):
    """調定への配分: a payment's yen on each claim that its notice pays."""

    PAYMENT_NO = Column("payment_no", pl.Int64)
    CLAIM_NO = Column("claim_no", pl.Int64)
    LEVY_YEAR = Column("levy_year", pl.Int64)
    CLAIM_YEN = Column("claim_yen", pl.Int64)


class Posting(Frame):
    """仕訳: yen of one payment on a claim or in suspense. Append-only."""

    PAYMENT_NO = Column("payment_no", pl.Int64)
    ACCOUNT = Column("account", pl.String)
    CLAIM_NO = Column("claim_no", pl.Int64)
    YEN = Column("yen", pl.Int64)
    FISCAL_YEAR = Column("fiscal_year", pl.Int64)
    IS_ARREARS = Column("is_arrears", pl.Boolean)
    PROCEDURE_CODE = Column("procedure_code", pl.String)


class NumberedPosting(Posting):
    """台帳の仕訳: a posting with its number. Numbers follow the order of entry."""

    POSTING_NO = Column("posting_no", pl.Int64)


class Suggestion(Frame):
    """近い照会キー: a known key one digit or one swap away. Never applied automatically."""

    PAYMENT_NO = Column("payment_no", pl.Int64)
    NOTICE_NO = Column("notice_no", pl.Int64)
    HOW = Column("how", pl.String)


class Proposal(Frame):
    """決裁の案: what somebody decided on one exception, before a second person approves it."""

    PAYMENT_NO = Column("payment_no", pl.Int64)
    RULING = Column("ruling", pl.String)
    NOTICE_NO = Column("notice_no", pl.Int64)
    REASON = Column("reason", pl.String)
    STAFF = Column("staff", pl.String)
    MARK = Column("mark", pl.String)
    UNDOES_NO = Column("undoes_no", pl.Int64)


class Ruled(Proposal):
    """決裁: a proposal with its numbers in the ledger."""

    RULING_NO = Column("ruling_no", pl.Int64)
    REVIEW_NO = Column("review_no", pl.Int64)


class RulingEffect(Frame):
    """決裁の結果: the result of a ruling, and the yen in suspense before and after it."""

    RULING_NO = Column("ruling_no", pl.Int64)
    RESULT = Column("result", pl.String)
    BEFORE_YEN = Column("before_yen", pl.Int64)
    AFTER_YEN = Column("after_yen", pl.Int64)


class Reduction(Posting):
    """減額による過納: a night's posting of the yen on a claim beyond what is owed.

    It names the posting that it reverses and, on a claim, the notice that was paid.
    """

    REVERSES_NO = Column("reverses_no", pl.Int64)
    NOTICE_NO = Column("notice_no", pl.Int64)


class Move(Posting):
    """付け替え: a ruling's posting, with the posting that it reverses and, on a claim, the notice that it pays."""

    REVERSES_NO = Column("reverses_no", pl.Int64)
    RULING_NO = Column("ruling_no", pl.Int64)
    NOTICE_NO = Column("notice_no", pl.Int64)
    DECIDED_BY = Column("decided_by", pl.String)
    REASON = Column("reason", pl.String)
