"""What a run has in hand (今夜の手元): the frames it decided, as the reports read them from the ledger.

The reports of the night that has just been written need not read back every row of it; its sums are asked of the
ledger all the same. A night drawn again later is read from the ledger, and is the same to the byte.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from elqr.frames import CandidateSlip, Decision, Payment, Posting, beside

SLIP = (
    CandidateSlip.NOTICE_NO, CandidateSlip.LEVY_YEAR, CandidateSlip.BILL_NO, CandidateSlip.INSTALLMENT_NO,
    CandidateSlip.ISSUE_NO, CandidateSlip.PAYER_REF, CandidateSlip.AMOUNT_YEN, CandidateSlip.PAYABLE_UNTIL_ON,
)  # fmt: skip
"""What the reports show of a slip."""

_PAID = (
    Payment.PAYMENT_NO, Payment.FILE_NO, Payment.RECORD_NO, Payment.CHANNEL, Payment.STAGE, Payment.IDENTITY,
    Payment.KEY_KIND, Payment.KEY_DIGITS, Payment.ITEM_NO, Payment.PAID_YEN, Payment.PAID_ON, Payment.FUNDS_ON,
    Payment.RESULT_CODE,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class InHand:
    """今夜の手元: columns of Payment and CandidateSlip in `payments` and `slips`, frame Decision, and the 収納日計.

    Payments and their decisions are in the same order. `sums` are by account, procedure, fiscal year, arrears, channel
    and 領収日; none of them by a ruling.
    """

    payments: pl.DataFrame
    decisions: pl.DataFrame
    slips: pl.DataFrame
    sums: pl.DataFrame

    @classmethod
    def of(
        cls, payments: pl.DataFrame, decisions: pl.DataFrame, slips: pl.DataFrame, postings: pl.DataFrame
    ) -> "InHand":
        """What the reports read of these, and no more. `slips`: columns `SLIP`; one may stand there by several keys."""
        assert payments[Payment.PAYMENT_NO].equals(decisions[Payment.PAYMENT_NO]), "in the same order"
        return cls(payments.select(_PAID), decisions, slips, _sums(payments, postings))

    @property
    def file_nos(self) -> list[int]:
        """ファイル that its payments came in."""
        return self.payments[Payment.FILE_NO].unique().sort().to_list()

    def rows(self, files: pl.DataFrame, columns: list[str], night: date) -> pl.DataFrame:
        """消込結果, oldest first, in these columns. `files`: file_no, file_name, file_sha256."""
        oldest = pl.arg_sort_by(Payment.PAID_ON, Payment.IDENTITY, Payment.PAYMENT_NO)
        in_order = pl.all().gather(self.payments.select(oldest).to_series())
        paid, decided = self.payments.drop(Payment.IDENTITY), self.decisions.drop(Payment.PAYMENT_NO)
        rows = paid.select(in_order).hstack(decided.select(in_order))
        rows = beside(rows, self.slips.unique(Decision.NOTICE_NO), [Decision.NOTICE_NO])
        rows = beside(rows, files, [Payment.FILE_NO])
        return rows.with_columns(pl.lit(night).alias("decided_on")).select(columns)

    def by_outcome(self) -> dict[str, list[int]]:
        """消込結果ごとの件数, 領収額, 収納額, 仮受額: what the ledger must say as well."""
        rows = self.decisions.hstack(self.payments.select(Payment.PAID_YEN))
        yen = pl.col(Payment.PAID_YEN, Decision.CLAIM_YEN, Decision.SUSPENSE_YEN).sum()
        sums = rows.group_by(Decision.OUTCOME).agg(pl.len(), yen)
        return {outcome: found for outcome, *found in sums.iter_rows()}


def _sums(payments: pl.DataFrame, postings: pl.DataFrame) -> pl.DataFrame:
    keys = (
        Posting.ACCOUNT, Posting.PROCEDURE_CODE, Posting.FISCAL_YEAR, Posting.IS_ARREARS,
        Payment.CHANNEL, Payment.PAID_ON, "is_move",
    )  # fmt: skip
    paid = payments.select(Payment.PAYMENT_NO, Payment.CHANNEL, Payment.PAID_ON)
    rows = beside(postings, paid, [Payment.PAYMENT_NO]).with_columns(is_move=False)
    sums = rows.group_by(keys).agg(pl.len().cast(pl.Int64).alias("count"), pl.col(Posting.YEN).sum())
    return sums.sort(keys)
