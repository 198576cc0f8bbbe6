"""The audit (調べ方): what the rules of the verification work with, and how they report what disagrees."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from elqr.audit.verification.anchor import Anchor
from elqr.session.session import Session
from elqr.store.db.database import UNANSWERED
from elqr.store.entries.links import name_of
from elqr.store.queries import verification as queries
from elqr.vocabulary.codes import Code
from elqr.vocabulary.errors import LedgerError
from elqr.vocabulary.findings import LISTED_PER_CODE, MASKED, Finding, Location

UNREADABLE = (
    UNANSWERED,
    LedgerError,
    pl.exceptions.PolarsError,
    ArithmeticError,
    AssertionError,
    LookupError,
    TypeError,
    ValueError,
)
"""Exceptions that may be raised when we compute with rows that none of our programs wrote."""


@dataclass(slots=True)
class Audit:
    """検算の道具: the session, `counts` of what was verified (調べた数), and the anchors that the chain must hold.

    `links` caches the result of `runs`.
    """

    session: Session
    counts: dict[str, int]
    anchors: Sequence[Anchor] = ()
    links: list[dict[str, Any]] | None = None

    def runs(self) -> list[dict[str, Any]]:
        """実行の連鎖, read only once. For the keys see `elqr.store.queries.verification.runs`."""
        if self.links is None:
            self.links = queries.runs(self.session.ledger.connection)
        return self.links

    def links_of(self, kind: type) -> dict[int, dict[str, Any]]:
        """一つの種類の輪 (elqr/store/entries/links.py): number → the last run that recorded it, as in `runs`."""
        name = name_of(kind)
        return {run["read"][name]: run for run in self.runs() if name in run["read"]}

    def count(self, what: str, number: int) -> None:
        """数える: add to the number that was verified of a kind."""
        self.counts[what] = self.counts.get(what, 0) + number


def mismatch(where: str, code: Code, actual: object, expected: object, field: str = "", no: int = 0) -> Finding:
    """指摘 of a disagreement: what the ledger says (`actual`), and what was computed (`expected`)."""
    return Finding(Location(where, no, field=field), code, str(actual), str(expected))


def compare_rows(
    stored: pl.DataFrame, computed: pl.DataFrame, key: list[str], code: Code, where: str, personal: tuple[str, ...] = ()
) -> Iterator[Finding]:
    """違う行: compare two frames of the same columns; a finding names the row by its key, and the column.

    A row that only one of them has is a finding too. Values of `personal` columns are masked.
    """
    names = [name for name in stored.columns if name not in key]
    joined = stored.with_columns(is_stored=True).join(
        computed.with_columns(is_computed=True), on=key, how="full", suffix="_computed", coalesce=True, nulls_equal=True
    )
    count = 0
    for row in joined.filter(pl.col("is_stored").is_null() | pl.col("is_computed").is_null()).iter_rows(named=True):
        actual = "台帳にない" if row["is_stored"] is None else "台帳だけにある"
        yield mismatch(where, code, actual, "両方にある", _key_text(row, key))
        if (count := count + 1) >= LISTED_PER_CODE:
            return
    for name in names:
        computed_column = pl.col(f"{name}_computed")
        for row in (
            joined.filter(pl.col("is_stored") & pl.col("is_computed") & pl.col(name).ne_missing(computed_column))
            .head(LISTED_PER_CODE)
            .iter_rows(named=True)
        ):
            actual, expected = (MASKED, MASKED) if name in personal else (row[name], row[f"{name}_computed"])
            yield mismatch(where, code, actual, expected, f"{_key_text(row, key)} {name}")


def _key_text(row: dict[str, Any], key: list[str]) -> str:
    return " ".join(f"{name}={row[name]}" for name in key)
