"""The figures of a month (月の数字): the sums of its postings and the balance of 仮受, which a close fixes."""

import hashlib
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from elqr.vocabulary.counted_frames import BasisSum
from elqr.vocabulary.counted_terms import CountedBy
from elqr.vocabulary.report_frames import MonthlySum
from elqr.vocabulary.terms import Account

_HASHED_DAY = "night_on"
"""The day's name in the hash, from when months were counted by night only. Closed months have it."""

_SUMS = (MonthlySum.COUNT, MonthlySum.YEN)


@dataclass(frozen=True, slots=True)
class Figures:
    """月の数字: sums of the month's postings (frame MonthlySum), and 仮受 before and after it.

    `basis` (frame BasisSum) says what the days of those come from that do not stand on their night. `by` is the day by
    which the city counts now.
    """

    first: date
    sums: pl.DataFrame
    opening_yen: int
    closing_yen: int
    basis: pl.DataFrame = field(default_factory=BasisSum.empty)
    by: CountedBy = CountedBy.NIGHT

    def __post_init__(self) -> None:
        assert self.opening_yen + self.yen_on(Account.SUSPENSE) == self.closing_yen, "suspense runs on"
        moved = self.sums.filter(MonthlySum.IS_MOVE).group_by(MonthlySum.DAY_ON).agg(pl.col(MonthlySum.YEN).sum())
        assert moved[MonthlySum.YEN].eq(0).all(), "rulings and reductions move yen and make none"

    def _of(self, account: Account) -> pl.DataFrame:
        return self.sums.filter(pl.col(MonthlySum.ACCOUNT) == account.value)

    def yen_on(self, account: Account, condition: pl.Expr | bool = True) -> int:
        """勘定に入った額 in the month, less what left it again; of the sums that fulfil the condition."""
        return int(self._of(account).filter(condition)[MonthlySum.YEN].sum())

    @property
    def month(self) -> str:
        """月, such as 2026-10."""
        return f"{self.first:%Y-%m}"

    @property
    def on_claims(self) -> pl.DataFrame:
        """収納の行: the sums on claims."""
        return self._of(Account.CLAIM)

    @property
    def in_suspense(self) -> pl.DataFrame:
        """仮受の行: the sums in suspense."""
        return self._of(Account.SUSPENSE)

    @property
    def yen(self) -> int:
        """収納額: yen posted to claims in the month."""
        return self.yen_on(Account.CLAIM)

    @property
    def reduced_yen(self) -> int:
        """減額による過納の額: yen that left claims because their notices were cancelled or lowered."""
        return int(self.in_suspense.filter(MonthlySum.IS_REDUCTION)[MonthlySum.YEN].sum())

    @property
    def count(self) -> int:
        """収納の件数."""
        return int(self.on_claims[MonthlySum.COUNT].sum())

    @property
    def sha256(self) -> str:
        """数字の照合値: a hash of all sums and both balances. Names in the register do not enter it."""
        keys = [name for name in MonthlySum.SCHEMA if name not in (MonthlySum.TAKES_OFF, *_SUMS)]
        sums = self.sums.group_by(keys, maintain_order=True).agg(pl.col(_SUMS).sum())  # as when the first were closed
        sums = sums.drop(MonthlySum.IS_REDUCTION)  # months closed before reductions existed lack this column
        sums = sums.rename({MonthlySum.DAY_ON: _HASHED_DAY})
        text = f"{self.month}\n{self.opening_yen}\n{self.closing_yen}\n{sums.write_csv()}"
        return hashlib.sha256(text.encode()).hexdigest()
