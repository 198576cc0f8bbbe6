"""Columns of expected arrivals and of arrears (到着予定と督促の列), spelt once as in elqr/vocabulary/frames.py."""

import polars as pl

from elqr.vocabulary.frames import Claim, Column, Frame, Notice, Payment


class DeliveredFile(Frame):
    """取り込んだファイル: its name, spec and the night of its delivery."""

    FILE_NAME = Column("file_name", pl.String)
    SPEC = Column("spec", pl.String)
    NIGHT_ON = Column("night_on", pl.Date)


class Arriving(Frame):
    """到着の状況: one expected file on one day, or a fault in the sequence of its numbers."""

    NAME = Column("name", pl.String)
    DUE_ON = Column("due_on", pl.Date)
    LIMIT_ON = Column("limit_on", pl.Date)
    STATE = Column("state", pl.String)
    ARRIVED = Column("arrived", pl.Int64)
    COUNT = Column("count", pl.Int64)
    FILES = Column("files", pl.String)
    ARRIVED_ON = Column("arrived_on", pl.Date)


class Unpaid(Claim):
    """未納の調定: its newest valid notice, what is still owed, and whether a 速報 says that it was paid."""

    NOTICE_NO = Column("notice_no", pl.Int64)
    ISSUE_NO = Column("issue_no", pl.Int64)
    DUE_ON = Column("due_on", pl.Date)
    OWED_YEN = Column("owed_yen", pl.Int64)
    COLLECTED_YEN = Column("collected_yen", pl.Int64)
    LEFT_YEN = Column("left_yen", pl.Int64)
    IS_ANNOUNCED = Column("is_announced", pl.Boolean)
    PAYER_NAME = Column("payer_name", pl.String)
    POSTAL_CODE = Column("postal_code", pl.String)
    ADDRESS = Column("address", pl.String)


class PayerClaim(Frame):
    """納付者の未納: a claim that its payer still owes, with the 納付番号 of its newest valid notice if there is one."""

    PAYER_REF = Claim.PAYER_REF
    PROCEDURE_CODE = Claim.PROCEDURE_CODE
    LEVY_YEAR = Claim.LEVY_YEAR
    TAX_YEAR = Claim.TAX_YEAR
    BILL_NO = Claim.BILL_NO
    INSTALLMENT_NO = Claim.INSTALLMENT_NO
    DUE_ON = Unpaid.DUE_ON
    LEFT_YEN = Unpaid.LEFT_YEN
    KEY_NO = Notice.KEY_NO
    IS_ANNOUNCED = Unpaid.IS_ANNOUNCED


class Held(Frame):
    """督促を止める記録: a claim that is not to be reminded, up to a day if there is one."""

    HOLD_NO = Column("hold_no", pl.Int64)
    CLAIM_NO = Claim.CLAIM_NO
    KIND = Column("kind", pl.String)
    UNTIL_ON = Column("until_on", pl.Date)
    TAKEN_BY = Column("taken_by", pl.String)


class Reminded(Frame):
    """督促した調定: in which list it was, on which day of issue, and by how much its 本税・本料 was raised since."""

    CLAIM_NO = Claim.CLAIM_NO
    LIST_NO = Column("list_no", pl.Int64)
    SENT_NO = Column("sent_no", pl.Int64)
    ISSUED_ON = Column("issued_on", pl.Date)
    RAISED_YEN = Column("raised_yen", pl.Int64)


class LeftOut(Claim):
    """督促対象から除いた調定: unpaid and overdue, but not to be reminded. `why` is short, `detail` says the rest."""

    DUE_ON = Unpaid.DUE_ON
    LEFT_YEN = Unpaid.LEFT_YEN
    WHY = Column("why", pl.String)
    DETAIL = Column("detail", pl.String)


class ChangedClaim(Unpaid):
    """変わった調定: a claim of a list that must not be reminded as listed, what is left of it now, and why."""

    NOW_YEN = Column("now_yen", pl.Int64)
    WHY = Column("why", pl.String)


class SummedClaim(Frame):
    """合計の合う調定: a claim, and a sum of yen that it makes alone or with other claims of its payer."""

    CLAIM_NO = Claim.CLAIM_NO
    YEN = Column("yen", pl.Int64)


class StoodOn(Frame):
    """収納のあった調定: a claim that a payment's yen are or were on. `is_off`: some of them left it again."""

    PAYMENT_NO = Payment.PAYMENT_NO
    CLAIM_NO = Claim.CLAIM_NO
    IS_OFF = Column("is_off", pl.Boolean)
