"""Columns of requests for account transfer (口座振替の依頼の列), spelt once as in elqr/vocabulary/frames.py."""

import polars as pl

from elqr.vocabulary.arrival_frames import Held
from elqr.vocabulary.frames import Candidate, CandidateNotice, Column, Decision, Frame, Notice, Payment


class Debit(Frame):
    """引落: one record of a request. `identity` is the one that its result will have."""

    RECORD_NO = Payment.RECORD_NO
    IDENTITY = Payment.IDENTITY
    KEY_KIND = Payment.KEY_KIND
    KEY_DIGITS = Payment.KEY_DIGITS
    YEN = Column("yen", pl.Int64)
    DEBIT_ON = Column("debit_on", pl.Date)


class NamingPayment(Frame):
    """調定を名指す収納: a payment that names a notice of a claim and put nothing on it, or that was taken off it.

    `waits`: it may be money for the claim all the same: a 速報, a debit without result, or yen in suspense.
    """

    CLAIM_NO = Held.CLAIM_NO
    PAYMENT_NO = Payment.PAYMENT_NO
    STAGE = Payment.STAGE
    CHANNEL = Payment.CHANNEL
    PAID_ON = Payment.PAID_ON
    PAID_YEN = Payment.PAID_YEN
    WAITS = Column("waits", pl.Boolean)


class DebitStanding(Debit):
    """引落と台帳: a debit with what the ledger says of the notice that its key names.

    `claim_words` say what the notice is about. `outcome` is that of a payment without limit on 引落日, and
    `open_yen` what the claims would take of it. The texts `paid`, `waiting`, `stop` and `result` say who paid, what may
    be money for the claims, why they are not to be collected, and which result of this debit has come; each is null if
    there is nothing to say. `was_tried`: a debit for these claims has failed before. `first_no` is the first record
    with the same key.
    """

    OUTCOME = Decision.OUTCOME
    FLAGS = Decision.FLAGS
    OPEN_YEN = Column("open_yen", pl.Int64)
    NOTICE_NO = Decision.NOTICE_NO
    PROCEDURE_CODE = Candidate.PROCEDURE_CODE
    LEVY_YEAR = CandidateNotice.LEVY_YEAR
    BILL_NO = CandidateNotice.BILL_NO
    INSTALLMENT_NO = Candidate.INSTALLMENT_NO
    CLAIM_WORDS = Column("claim_words", pl.String)
    ISSUED_ON = Candidate.ISSUED_ON
    DUE_ON = Notice.DUE_ON
    PAID = Column("paid", pl.String)
    WAITING = Column("waiting", pl.String)
    STOP = Column("stop", pl.String)
    RESULT = Column("result", pl.String)
    WAS_TRIED = Column("was_tried", pl.Boolean)
    FIRST_NO = Column("first_no", pl.Int64)


class DebitFault(Frame):
    """引落の指摘: the code of a rule that a record breaks, with what was found and wanted."""

    RECORD_NO = Debit.RECORD_NO
    YEN = Debit.YEN
    CODE = Column("code", pl.String)
    ACTUAL = Column("actual", pl.String)
    EXPECTED = Column("expected", pl.String)


class DebitSum(Frame):
    """引落の件数と金額 of a 引落日, a procedure and a 賦課年度; the last two are null where no notice is known."""

    DEBIT_ON = Debit.DEBIT_ON
    PROCEDURE_CODE = DebitStanding.PROCEDURE_CODE
    LEVY_YEAR = DebitStanding.LEVY_YEAR
    COUNT = Column("count", pl.Int64)
    YEN = Debit.YEN
