"""The result of a night (今夜の結果): the frames that it decided, in the form in which the reports read the ledger.

Reports drawn right after a night take its rows from here instead of reading them back; only the sums come from the
ledger. Reports drawn again later read all from the ledger, and are the same to the byte.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from elqr.vocabulary.frames import CandidateNotice, Decision, Payment, join_beside
from elqr.vocabulary.report_frames import DailySum, DecidedPayment

NOTICE_COLUMNS = (
    CandidateNotice.NOTICE_NO, CandidateNotice.LEVY_YEAR, CandidateNotice.BILL_NO, CandidateNotice.INSTALLMENT_NO,
    CandidateNotice.ISSUE_NO, CandidateNotice.PAYER_REF, CandidateNotice.AMOUNT_YEN, CandidateNotice.PAYABLE_UNTIL_ON,
)  # fmt: skip
"""What the reports show of a notice."""

_PAYMENT_COLUMNS = (
    Payment.PAYMENT_NO, Payment.FILE_NO, Payment.RECORD_NO, Payment.CHANNEL, Payment.STAGE, Payment.KEY_KIND,
    Payment.KEY_DIGITS, Payment.ITEM_NO, Payment.PAID_YEN, Payment.PAID_ON, Payment.FUNDS_ON, Payment.RESULT_CODE,
    Payment.DOUBT, Payment.IMAGE_REF,
)  # fmt: skip
_NOTICE_INDEX = "notice_index"


@dataclass(frozen=True, slots=True)
class ReportRows:
    """帳票の行: 消込結果 (frame DecidedPayment, oldest first), 収納日計 (frame DailySum), and `by_outcome`."""

    decisions: pl.DataFrame
    sums: pl.DataFrame
    by_outcome: dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class NightResult:
    """今夜の結果: the payments and their decisions, row by row in the same order, with notices, sums and files.

    `payments` has columns of Payment. `decisions` is frame Decision with the index of each notice in `notices`, whose
    columns are of CandidateNotice. `oldest_first` is the order of the reports. `sums` is frame DailySum (収納日計)
    without moves. `files` has file_no, file_name and file_sha256 of the files that the payments came in.
    """

    payments: pl.DataFrame
    decisions: pl.DataFrame
    oldest_first: pl.Series
    notices: pl.DataFrame
    sums: pl.DataFrame
    files: pl.DataFrame
    night_on: date

    @classmethod
    def of(
        cls,
        payments: pl.DataFrame,
        decisions: pl.DataFrame,
        notices: pl.DataFrame,
        postings: pl.DataFrame,
        files: pl.DataFrame,
        night: date,
    ) -> "NightResult":
        """今夜の結果 of the frames that matching has, with the columns that the reports read.

        `notices` has the columns `NOTICE_COLUMNS`, and may have a notice several times, once for each of its keys.
        """
        notices = notices.unique(CandidateNotice.NOTICE_NO).with_row_index(_NOTICE_INDEX)
        decisions = join_beside(
            decisions, notices.select(CandidateNotice.NOTICE_NO, _NOTICE_INDEX), [Decision.NOTICE_NO]
        )
        notices = notices.drop(CandidateNotice.NOTICE_NO, _NOTICE_INDEX)
        oldest_first = payments.select(pl.arg_sort_by(*Payment.OLDEST_FIRST)).to_series()
        paid = payments.select(_PAYMENT_COLUMNS)
        return cls(paid, decisions, oldest_first, notices, _sums(payments, postings), files, night)

    def report_rows(self) -> ReportRows:
        """帳票の行: once the night is entered, they are all that need be kept of it."""
        decisions = self._rows(list(DecidedPayment.SCHEMA), self.oldest_first)
        return ReportRows(decisions, self.sums, self.by_outcome())

    def parts(self, columns: Sequence[str], rows: int) -> Iterator[pl.DataFrame]:
        """消込結果, oldest first, `rows` rows at a time."""
        for first in range(0, self.oldest_first.len(), rows):
            yield self._rows(columns, self.oldest_first.slice(first, rows))

    def _rows(self, columns: Sequence[str], order: pl.Series) -> pl.DataFrame:
        in_order = pl.all().gather(order)
        rows = self.payments.select(in_order).hstack(self.decisions.drop(Payment.PAYMENT_NO).select(in_order))
        rows = rows.hstack(self.notices.select(pl.all().gather(rows[_NOTICE_INDEX])))
        rows = join_beside(rows, self.files, [Payment.FILE_NO])
        return rows.with_columns(pl.lit(self.night_on).alias(DecidedPayment.DECIDED_ON)).select(columns)

    def by_outcome(self) -> dict[str, list[int]]:
        """消込結果ごとの件数・領収額・収納額・仮受額. The ledger must have the same."""
        rows = self.decisions.hstack(self.payments.select(Payment.PAID_YEN))
        yen = pl.col(Payment.PAID_YEN, Decision.CLAIM_YEN, Decision.SUSPENSE_YEN).sum()
        sums = rows.group_by(Decision.OUTCOME).agg(pl.len(), yen)
        return {outcome: figures for outcome, *figures in sums.iter_rows()}


def _sums(payments: pl.DataFrame, postings: pl.DataFrame) -> pl.DataFrame:
    paid = payments.select(Payment.PAYMENT_NO, Payment.CHANNEL, Payment.PAID_ON)
    no_moves = dict.fromkeys((DailySum.IS_MOVE, DailySum.IS_REDUCTION, DailySum.TAKES_OFF), pl.lit(False))
    rows = join_beside(postings, paid, [Payment.PAYMENT_NO])
    rows = rows.with_columns(value.alias(name) for name, value in no_moves.items())
    sums = rows.group_by(DailySum.KEYS).agg(pl.len().cast(pl.Int64).alias(DailySum.COUNT), pl.col(DailySum.YEN).sum())
    return DailySum.of(sums.sort(DailySum.KEYS))
