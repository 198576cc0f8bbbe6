"""The list of exceptions (要確認の一覧): what staff look for among very many, one page at a time."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from elqr.approvals.open_exceptions import NOW, exceptions_table
from elqr.approvals.waiting_work import Scope, in_scope, procedures_in
from elqr.rules.register import Register
from elqr.session.session import Session
from elqr.store.queries import exception_list as queries
from elqr.store.queries import reviews as review_queries
from elqr.store.queries.exception_list import Wanted
from elqr.vocabulary.frames import Ruled
from elqr.vocabulary.report_frames import ExceptionRow
from elqr.vocabulary.terms import Channel, Outcome

PAGE_ROWS = 50
ORDERS = {
    "no": "受付番号の順",
    "day": "領収日の古い順",
    "newest": "領収日の新しい順",
    "yen": "領収額の大きい順",
    "least": "領収額の小さい順",
    "held": "仮受額の大きい順",
}
"""並べ方, in words."""

_NIGHTS = 60


@dataclass(frozen=True, slots=True)
class Looked:
    """探す条件: what is empty or None does not narrow the search. `procedure` is a code."""

    payment_no: int | None = None
    department: str = ""
    procedure: str = ""
    outcome: Outcome | None = None
    channel: Channel | None = None
    night_on: date | None = None
    least_yen: int | None = None
    most_yen: int | None = None


@dataclass(frozen=True, slots=True)
class ListedPage:
    """要確認の一ページ: how many the search finds, their yen in suspense, and the rows of this page.

    A row has the columns of 要確認一覧, and `申請`: the number of a request that waits for its approval, or None.
    """

    count: int
    yen: int
    number: int
    rows: list[dict[str, Any]]
    nights: list[date]

    @property
    def pages(self) -> int:
        """ページの数: one at least."""
        return max(1, -(-self.count // PAGE_ROWS))


def list_exceptions(session: Session, looked: Looked, scope: Scope, order: str, number: int) -> ListedPage:
    """要確認を並べる: one page (from 1) of what a search finds in a scope; the last for a number beyond it."""
    wanted = _wanted(session.register, looked, scope)
    with session.ledger.transaction() as connection:
        count, yen = queries.open_sums(connection, wanted)
        page = ListedPage(count, yen, 1, [], queries.nights_that_wait(connection, _NIGHTS))
        page = replace(page, number=min(max(number, 1), page.pages))
        first = (page.number - 1) * PAGE_ROWS
        numbers = queries.open_numbers(connection, wanted, order, first, PAGE_ROWS) if count else []
        words = row_words(session, open_rows(session, numbers, None)) if numbers else {}
        return replace(page, rows=[words[no] for no in numbers])


def row_words(session: Session, rows: pl.DataFrame) -> dict[int, dict[str, Any]]:
    """要確認の行を言葉に (frame ExceptionRow), by 受付番号: the columns of 要確認一覧, and `申請`."""
    asked = review_queries.waiting_rulings(session.ledger.connection).select(
        pl.col(Ruled.PAYMENT_NO).alias("受付番号"), pl.col(Ruled.REVIEW_NO).alias("申請")
    )
    latest = asked.unique("受付番号", keep="last", maintain_order=True)
    words = exceptions_table(session, rows).frame.join(latest, on="受付番号", how="left", validate="1:1")
    return {row["受付番号"]: row for row in words.iter_rows(named=True)}


def open_rows(session: Session, numbers: Iterable[int], scope: Scope) -> pl.DataFrame:
    """要確認 of these numbers that a scope has, whether open or waiting to be paid out: frame ExceptionRow."""
    wanted = pl.DataFrame({ExceptionRow.PAYMENT_NO: list(numbers)}, schema={ExceptionRow.PAYMENT_NO: pl.Int64})
    rows = review_queries.exceptions(session.ledger.connection, NOW, wanted.unique())
    return in_scope(session, rows, scope)


def _wanted(register: Register, looked: Looked, scope: Scope) -> Wanted:
    """探す条件, as the ledger is asked."""
    narrowed = list[frozenset[str]]()
    if looked.department:
        narrowed.append(frozenset(each.code for each in register.procedure if each.department == looked.department))
    if looked.procedure:
        narrowed.append(frozenset({looked.procedure}))
    return Wanted(
        payment_no=looked.payment_no,
        outcomes=(looked.outcome.value,) if looked.outcome else (),
        channels=(looked.channel.value,) if looked.channel else (),
        night_on=looked.night_on,
        least_yen=looked.least_yen,
        most_yen=looked.most_yen,
        procedures=(
            *procedures_in(register, scope),
            *(each for codes in narrowed for each in procedures_in(register, codes)),
        ),
    )
