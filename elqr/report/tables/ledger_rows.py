"""Rows (台帳の行): what the ledger's queries return for one night."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from elqr.report.tables.case_file import Cases
from elqr.report.tables.trends import Sums
from elqr.vocabulary.arrival_frames import PayerClaim
from elqr.vocabulary.page_frames import Waiting
from elqr.vocabulary.report_frames import EarlierPayment, ExceptionRow, LaterSum
from elqr.vocabulary.ruling_frames import Reduced, RefundCase
from elqr.vocabulary.terms import Term

STANDING = "standing"


class Standing(Term):
    """突合の状態 of a line, as of a night."""

    OPEN = "open", "未済"
    TONIGHT = "tonight", "今夜済"
    BEFORE = "before", "前夜までに済"


@dataclass(frozen=True, slots=True)
class Money:
    """払込突合の行. `lines` is frame Settled with the column STANDING.

    `payments` (frame BundlePayment) and `deposits` (frame ReceivedDeposit) name their open line. `gaps` is frame Gap,
    `doubts` frame Doubt.
    """

    lines: pl.DataFrame
    payments: pl.DataFrame
    deposits: pl.DataFrame
    gaps: pl.DataFrame
    doubts: pl.DataFrame

    @property
    def open_lines(self) -> pl.DataFrame:
        """未済の行: lines of the settlement that do not agree yet."""
        return self.lines.filter(pl.col(STANDING) == Standing.OPEN.value)


@dataclass(frozen=True, slots=True)
class Refunds:
    """過誤納の行. `cases` (frame ExceptionRow) are what waits, and what has ended since `ended_since`.

    `entries` (frame RefundCase) is what two people decided on some of them, `reduced` (frame Reduced) the nights that
    took yen off claims, `others` (frame EarlierPayment) the payments before them. `unpaid` answers what the payers of
    those that wait still owe (frame PayerClaim): it is asked beside other work, so whoever draws calls it last.
    """

    cases: pl.DataFrame
    entries: pl.DataFrame = field(default_factory=RefundCase.empty)
    reduced: pl.DataFrame = field(default_factory=Reduced.empty)
    others: pl.DataFrame = field(default_factory=EarlierPayment.empty)
    unpaid: Callable[[], pl.DataFrame] = PayerClaim.empty
    ended_since: date | None = None

    def payers(self) -> pl.DataFrame:
        """納付者 whose yen is held: payer_ref. For them it matters what else they owe."""
        return self.cases.filter(pl.col(ExceptionRow.SUSPENSE_YEN) > 0).select(ExceptionRow.PAYER_REF)

    def with_entries(self) -> pl.DataFrame:
        """過誤納とその記録: the cases, each with what two people decided on it."""
        entries = self.entries.drop(RefundCase.PAID_ON)
        return self.cases.join(entries, on=RefundCase.PAYMENT_NO, how="left", validate="1:1", maintain_order="left")


@dataclass(frozen=True, slots=True)
class Rows:
    """台帳から読んだ行. `exceptions` are open; `awaiting` are decided and wait in suspense to be paid out.

    Both are frame ExceptionRow and hold what is listed. `waiting` (frame Waiting) sums up everything, listed or not.
    `others` (frame EarlierPayment) are the payments that decisions name as the earlier ones, `suggestions` (frame
    SuggestedNotice) the notices whose keys are near an unknown key.

    `later` (frame LaterSum) is what was posted for earlier days after their lists were drawn.

    `chain` says which ledger this is and where its chain of runs ends. `sums` are the sums of earlier nights, `cases`
    the details of the payments that the page lists. `money` is None if the job has no contracts, `arrivals` (frame
    Arriving) if it expects no files, `retractions` if nothing is taken back.
    """

    notice_files: pl.DataFrame
    deliveries: pl.DataFrame
    delivery_findings: pl.DataFrame
    decisions: pl.DataFrame
    exceptions: pl.DataFrame
    awaiting: pl.DataFrame
    rulings: pl.DataFrame
    others: pl.DataFrame
    suggestions: pl.DataFrame
    postings: pl.DataFrame
    redelivered: pl.DataFrame
    balances: dict[str, int]
    chain: dict[str, str]
    sums: Sums = field(default_factory=Sums)
    cases: Cases = field(default_factory=Cases)
    money: Money | None = None
    waiting: pl.DataFrame = field(default_factory=Waiting.empty)
    refunds: Refunds = field(default_factory=lambda: Refunds(ExceptionRow.empty()))
    later: pl.DataFrame = field(default_factory=LaterSum.empty)
    arrivals: pl.DataFrame | None = None
    retractions: pl.DataFrame | None = None
