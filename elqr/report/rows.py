"""Rows (台帳の行): what the ledger's queries gave for one night."""

from dataclasses import dataclass, field

import polars as pl

from elqr.report.case_file import Cases
from elqr.report.trends import Sums


@dataclass(frozen=True, slots=True)
class Rows:
    """台帳から読んだ行. `exceptions` are open; `awaiting` are decided and wait in suspense to be paid out.

    `chain` says which ledger this is and where its chain of runs ends. `sums` are those of earlier nights,
    `cases` the details of the payments that the page lists.
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
