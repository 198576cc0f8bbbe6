"""The proof of the ledger (台帳の合計の確かめ): its own sums, computed while the reports are drawn.

No report gets its name before they agree with themselves and with what the night decided.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

from elqr.rules.night_result import ReportRows
from elqr.session.session import Session
from elqr.store.ledger_file import Aside
from elqr.store.queries.conservation import conservation_breaks
from elqr.store.queries.reports import outcome_sums
from elqr.vocabulary.errors import LedgerError


@dataclass
class LedgerProof:
    """台帳の合計の確かめ: the sums of a night, asked for on the connection beside the ledger's own.

    `decided` is count and yen by outcome as the night has just decided them; None when it is read back.
    """

    aside: Aside
    night_on: date
    decided: dict[str, list[int]] | None
    _answers: tuple[Callable[[], list[str]], Callable[[], dict[str, list[int]]]] | None = None

    def begin(self) -> None:
        """確かめ始める, behind what the connection was asked before; then it tidies up."""
        if self._answers is None:
            breaks = self.aside.ask(conservation_breaks, self.night_on)
            self._answers = breaks, self.aside.ask(outcome_sums, self.night_on)
            self.aside.tidy()

    def refuse_wrong_sums(self) -> None:
        """合わない台帳を断る, once the sums are there. Raises LedgerError."""
        self.begin()
        assert self._answers is not None
        breaks, sums = (answer() for answer in self._answers)
        if breaks:
            raise LedgerError(
                f"台帳の件数・金額が合いません（{'、'.join(breaks)}）。帳票は作っていません。"
                "台帳がほかの手段で書き換えられていないか調べ、控えから戻してください。"
            )
        if self.decided is not None and sums != self.decided:
            raise LedgerError(
                "台帳の件数・金額が、消し込んだものと違います。帳票は作っていません。elqr verify で調べてください。"
            )


@contextmanager
def prove_ledger(session: Session, result: ReportRows | None) -> Iterator[LedgerProof]:
    """台帳の合計を確かめる while the block draws the reports. Raises LedgerError.

    This error comes first, even when the block fails: a ledger that does not add up may be why.
    """
    with session.ledger.aside() as aside:
        proof = LedgerProof(aside, session.night_on, result.by_outcome if result is not None else None)
        try:
            yield proof
        finally:
            proof.refuse_wrong_sums()
