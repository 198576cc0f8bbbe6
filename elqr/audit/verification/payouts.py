"""Payouts (還付の検算): yen end only where a ruling leads them, and each step has its day and its number."""

from collections.abc import Iterator

import polars as pl

from elqr.audit.verification.audit import Audit, mismatch
from elqr.store.queries import verification as queries
from elqr.store.queries.payouts import all_payouts
from elqr.vocabulary.audit_frames import CarriedRuling, EnteredPosting
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding
from elqr.vocabulary.frames import Move, Posting
from elqr.vocabulary.ruling_frames import Payout
from elqr.vocabulary.ruling_terms import FOLLOWS, PAYS_INTO, WITHDRAWS, Ruling
from elqr.vocabulary.terms import END_ACCOUNTS, Account

_LEADS_TO = {
    *((ruling.value, account.value) for ruling, account in PAYS_INTO.items()),
    *((ruling.value, Account.WITHDRAWN.value) for ruling in WITHDRAWS),
    *((Ruling.UNDO.value, account.value) for account in END_ACCOUNTS),
    (Ruling.BOUNCED.value, Account.REFUNDED.value),
}
"""Rulings, and the accounts onto which they put yen or from which they take them, other than 調定 and 仮受."""


def payouts(audit: Audit) -> Iterator[Finding]:
    """還付と返還: the accounts where yen end, and what the steps say besides."""
    connection = audit.session.ledger.connection
    rulings, entries = queries.rulings(connection), all_payouts(connection)
    audit.count("還付の記録", entries.height)
    postings = queries.postings(connection).filter(
        pl.col(Posting.ACCOUNT).is_in([account.value for account in END_ACCOUNTS])
    )
    kinds = rulings.select(Move.RULING_NO, CarriedRuling.RULING)
    rows = postings.join(kinds, on=Move.RULING_NO, how="left", maintain_order="left")
    for number, account, ruling in rows.select(
        EnteredPosting.POSTING_NO, Posting.ACCOUNT, CarriedRuling.RULING
    ).iter_rows():
        if (ruling, account) not in _LEADS_TO:
            label = Ruling(ruling).label if ruling else "決裁がない"
            yield mismatch(
                f"仕訳 {number}", Code.RULING_DIFFERS, label, f"{Account(account).label}に動かす決裁", "勘定"
            )
    is_step = pl.col(CarriedRuling.RULING).is_in([ruling.value for ruling in FOLLOWS])
    steps, number = rulings.filter(is_step), Payout.RULING_NO
    for ruling_no in steps.join(entries, on=number, how="anti")[number].head(LISTED_PER_CODE):
        yield mismatch(f"決裁 {ruling_no}", Code.RULING_DIFFERS, "還付の記録がない", "日付と番号がある")
    for ruling_no in entries.join(steps, on=number, how="anti")[number].head(LISTED_PER_CODE):
        yield mismatch(f"決裁 {ruling_no}", Code.RULING_DIFFERS, "還付の記録がある", "還付の一歩でない決裁にはない")
