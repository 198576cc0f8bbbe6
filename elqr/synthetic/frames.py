"""Columns of the synthetic city (架空の都市の列): notices, payments, and the truth about each record.

Fields of a payment file have the names that its spec gives them. elqr/synthetic/files.py spells those.
"""

import polars as pl

from elqr.vocabulary.claim_frames import ClaimStateContent
from elqr.vocabulary.frames import ClaimKey, Column, Decision, Frame, Notice, Payment
from elqr.vocabulary.notice_frames import NOTICE_KIND, RefusedRow


class InventedNotice(Frame):
    """架空の納付書の行: the fields of the notice spec, and the notice's part in the city.

    `role` is base, reissue, cancel, whole or real, or the name of a change. `row` is the index of the row in all notice
    files together. `elqr_key` and `elqr_check` are what issuing on a new ledger will give the notice.
    """

    CHANGE_KIND = RefusedRow.CHANGE_KIND
    PROCEDURE_CODE = Notice.PROCEDURE_CODE
    LEVY_YEAR = Notice.LEVY_YEAR
    TAX_YEAR = Notice.TAX_YEAR
    BILL_NO = Notice.BILL_NO
    INSTALLMENT_NO = Notice.INSTALLMENT_NO
    ISSUE_NO = Notice.ISSUE_NO
    PRINCIPAL_YEN = Notice.PRINCIPAL_YEN
    DEMAND_FEE_YEN = Notice.DEMAND_FEE_YEN
    LATE_CHARGE_YEN = Notice.LATE_CHARGE_YEN
    DUE_ON = Notice.DUE_ON
    PAYABLE_UNTIL_ON = Notice.PAYABLE_UNTIL_ON
    ISSUED_ON = Notice.ISSUED_ON
    PAYER_REF = Notice.PAYER_REF
    PAYER_NAME = Notice.PAYER_NAME
    POSTAL_CODE = Notice.POSTAL_CODE
    ADDRESS = Notice.ADDRESS
    KEY_NO = Notice.KEY_NO
    CHECK_NO = Notice.CHECK_NO
    BARCODE = Notice.BARCODE
    CUSTOMER_NO = Notice.CUSTOMER_NO
    NOTICE_KIND = NOTICE_KIND
    CHANGE_REASON = Notice.CHANGE_REASON
    CLAIM_ID = Column("claim_id", pl.Int64)
    ROLE = Column("role", pl.String)
    IS_LIVE = Column("is_live", pl.Boolean)
    ROW = Column("row", pl.Int64)
    IS_CANCELLED = Column("is_cancelled", pl.Boolean)
    ELQR_KEY = Column("elqr_key", pl.String)
    ELQR_CHECK = Column("elqr_check", pl.String)


class ScenicNotice(InventedNotice):
    """筋書きの材料のある納付書: a notice with what a scene needs to know of it.

    `part` is the notice of the first instalment on the same bill, as a struct.
    """

    AMOUNT_YEN = Notice.AMOUNT_YEN
    ITEM_NO = Payment.ITEM_NO
    LIVE_ON = Column("live_on", pl.Date)
    HAS_REISSUE = Column("has_reissue", pl.Boolean)
    HAS_WHOLE = Column("has_whole", pl.Boolean)
    OWED_YEN = Column("owed_yen", pl.Int64)
    PART = Column("part", pl.Struct)


class InventedPayment(Frame):
    """架空の収納の記録: a record of a payment file, and its expected outcome.

    `via` is elqr, barcode, twin or transfer. `minute` is minutes since midnight. `fault` is empty without a fault.
    """

    CLAIM_ID = InventedNotice.CLAIM_ID
    VIA = Column("via", pl.String)
    STAGE = Payment.STAGE
    PAID_ON = Payment.PAID_ON
    MINUTE = Column("minute", pl.Int64)
    ELQR_KEY = InventedNotice.ELQR_KEY
    ELQR_CHECK = InventedNotice.ELQR_CHECK
    ITEM_NO = Payment.ITEM_NO
    BARCODE = InventedNotice.BARCODE
    CUSTOMER_NO = InventedNotice.CUSTOMER_NO
    PAID_YEN = Payment.PAID_YEN
    OUTCOME = Decision.OUTCOME
    PLACE = Decision.PLACE
    CLAIM_YEN = Decision.CLAIM_YEN
    SUSPENSE_YEN = Decision.SUSPENSE_YEN
    FAULT = Column("fault", pl.String)


class FiledState(ClaimKey):
    """調定データの行: what a claim file says of a claim. Only 本税・本料 is ever written off."""

    CLAIM_ID = InventedNotice.CLAIM_ID
    PAYER_REF = Notice.PAYER_REF
    DUE_ON = Notice.DUE_ON
    CHANGED_ON = ClaimStateContent.CHANGED_ON
    REASON = ClaimStateContent.REASON
    PRINCIPAL_YEN = Notice.PRINCIPAL_YEN
    DEMAND_FEE_YEN = Notice.DEMAND_FEE_YEN
    LATE_CHARGE_YEN = Notice.LATE_CHARGE_YEN
    PRINCIPAL_OFF_YEN = ClaimStateContent.PRINCIPAL_OFF_YEN


class Truth(Frame):
    """真実: the outcome that each record of a file should have."""

    FILE = Column("file", pl.String)
    RECORD_NO = Payment.RECORD_NO
    STAGE = Payment.STAGE
    PAID_YEN = Payment.PAID_YEN
    OUTCOME = Decision.OUTCOME
    PLACE = Decision.PLACE
    CLAIM_YEN = Decision.CLAIM_YEN
    SUSPENSE_YEN = Decision.SUSPENSE_YEN
    FAULT = InventedPayment.FAULT


class ClaimTruth(Frame):
    """調定の真実: what is owed on a claim by item and collected on it after the night, and after the next one."""

    PROCEDURE_CODE = Notice.PROCEDURE_CODE
    BILL_NO = Notice.BILL_NO
    INSTALLMENT_NO = Notice.INSTALLMENT_NO
    PRINCIPAL_YEN = Notice.PRINCIPAL_YEN
    DEMAND_FEE_YEN = Notice.DEMAND_FEE_YEN
    LATE_CHARGE_YEN = Notice.LATE_CHARGE_YEN
    COLLECTED_YEN = Column("collected_yen", pl.Int64)
    LATER_OWED_YEN = Column("later_owed_yen", pl.Int64)
    LATER_COLLECTED_YEN = Column("later_collected_yen", pl.Int64)
