"""Rows (台帳の行): what the ledger's queries gave for one night."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Rows:
    """台帳から読んだ行. `exceptions` are open; `awaiting` are decided and wait in suspense to be paid out.

    `chain` says which ledger this is and where its chain of runs ends.
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
