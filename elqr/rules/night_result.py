"""The result of a night (今夜の結果): the frames it decided, as the reports read them from the ledger.

The reports of the night that has just been written need not read back every row of it; its sums are asked of the
ledger all the same. A night drawn again later is read from the ledger, and is the same to the byte.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from elqr.vocabulary.frames import CandidateSlip, Decision, Payment, join_beside
from elqr.vocabulary.report_frames import DailySum, DecidedPayment

SLIP = (
    CandidateSlip.NOTICE_NO, CandidateSlip.LEVY_YEAR, CandidateSlip.BILL_NO, CandidateSlip.INSTALLMENT_NO,
    CandidateSlip.ISSUE_NO, CandidateSlip.PAYER_REF, CandidateSlip.AMOUNT_YEN, CandidateSlip.PAYABLE_UNTIL_ON,
)  # fmt: skip
"""What the reports show of a slip."""

_PAID = (
    Payment.PAYMENT_NO, Payment.FILE_NO, Payment.RECORD_NO, Payment.CHANNEL, Payment.STAGE, Payment.KEY_KIND,
    Payment.KEY_DIGITS, Payment.ITEM_NO, Payment.PAID_YEN, Payment.PAID_ON, Payment.FUNDS_ON, Payment.RESULT_CODE,
)  # fmt: skip
_SLIP_AT = "slip_at"


@dataclass(frozen=True, slots=True)
class NightResult:
    """今夜の結果: columns of Payment and CandidateSlip in `payments` and `slips`, frame Decision, and the 収納日計.

    Payments and their decisions are in the same order, and each decision says where its slip stands; `oldest_first` is
    the order of the reports. `sums` are frame DailySum, none of them moved. `files`: file_no, file_name, file_sha256 of
    those that the payments came in.
    """

    payments: pl.DataFrame
    decisions: pl.DataFrame
    oldest_first: pl.Series
    slips: pl.DataFrame
    sums: pl.DataFrame
    files: pl.DataFrame
    night_on: date

    @classmethod
    def of(
        cls,
        payments: pl.DataFrame,
        decisions: pl.DataFrame,
        slips: pl.DataFrame,
        postings: pl.DataFrame,
        files: pl.DataFrame,
        night: date,
    ) -> "NightResult":
        """What the reports read of these, and no more. `slips`: columns `SLIP`; one may stand there by several keys."""
        notices = slips.unique(CandidateSlip.NOTICE_NO).with_row_index(_SLIP_AT)
        decided = join_beside(decisions, notices.select(CandidateSlip.NOTICE_NO, _SLIP_AT), [Decision.NOTICE_NO])
        notices = notices.drop(CandidateSlip.NOTICE_NO, _SLIP_AT)
        oldest = pl.arg_sort_by(*Payment.OLDEST_FIRST)
        order = payments.select(oldest).to_series()
        return cls(payments.select(_PAID), decided, order, notices, _sums(payments, postings), files, night)

    def rows(self, columns: Sequence[str]) -> pl.DataFrame:
        """消込結果, oldest first, in these columns."""
        return self._rows(columns, self.oldest_first)

    def parts(self, columns: Sequence[str], rows: int) -> Iterator[pl.DataFrame]:
        """The same, so many at a time."""
        for first in range(0, self.oldest_first.len(), rows):
            yield self._rows(columns, self.oldest_first.slice(first, rows))

    def _rows(self, columns: Sequence[str], order: pl.Series) -> pl.DataFrame:
        some = pl.all().gather(order)
        rows = self.payments.select(some).hstack(self.decisions.drop(Payment.PAYMENT_NO).select(some))
        rows = rows.hstack(self.slips.select(pl.all().gather(rows[_SLIP_AT])))
        rows = join_beside(rows, self.files, [Payment.FILE_NO])
        return rows.with_columns(pl.lit(self.night_on).alias(DecidedPayment.DECIDED_ON)).select(columns)

    def by_outcome(self) -> dict[str, list[int]]:
        """消込結果ごとの件数, 領収額, 収納額, 仮受額: what the ledger must say as well."""
        rows = self.decisions.hstack(self.payments.select(Payment.PAID_YEN))
        yen = pl.col(Payment.PAID_YEN, Decision.CLAIM_YEN, Decision.SUSPENSE_YEN).sum()
        sums = rows.group_by(Decision.OUTCOME).agg(pl.len(), yen)
        return {outcome: figures for outcome, *figures in sums.iter_rows()}


def _sums(payments: pl.DataFrame, postings: pl.DataFrame) -> pl.DataFrame:
    paid = payments.select(Payment.PAYMENT_NO, Payment.CHANNEL, Payment.PAID_ON)
    rows = join_beside(postings, paid, [Payment.PAYMENT_NO]).with_columns(is_move=False, is_reduction=False)
    sums = rows.group_by(DailySum.KEYS).agg(pl.len().cast(pl.Int64).alias(DailySum.COUNT), pl.col(DailySum.YEN).sum())
    return sums.sort(DailySum.KEYS)
