"""Looking (調べ方): what a rule of the verification is given, and how it tells what disagrees."""

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
"""What computing with rows that no program of ours wrote may end in."""


@dataclass(slots=True)
class Audit:
    """調べた数, by what; and what was kept elsewhere of the chain, to be found in it."""

    session: Session
    counts: dict[str, int]
    anchors: Sequence[Anchor] = ()
    links: list[dict[str, Any]] | None = None

    def runs(self) -> list[dict[str, Any]]:
        """実行の連鎖, read once: see `elqr.store.queries.verification.runs`."""
        if self.links is None:
            self.links = queries.runs(self.session.ledger.connection)
        return self.links

    def links_of(self, kind: type) -> dict[int, dict[str, Any]]:
        """一つの種類の輪 of elqr/store/entries/links.py, as `runs` gives them, by number; the last of each."""
        name = name_of(kind)
        return {run["read"][name]: run for run in self.runs() if name in run["read"]}

    def count(self, what: str, number: int) -> None:
        """数える: so many more of these were looked at."""
        self.counts[what] = self.counts.get(what, 0) + number


def mismatch(where: str, code: Code, actual: object, expected: object, field: str = "", no: int = 0) -> Finding:
    """指摘 of what disagrees: what the ledger says, and what was computed."""
    return Finding(Location(where, no, field=field), code, str(actual), str(expected))


def compare_rows(
    stored: pl.DataFrame, computed: pl.DataFrame, key: list[str], code: Code, where: str, personal: tuple[str, ...] = ()
) -> Iterator[Finding]:
    """違う行: rows of two frames of the same columns, told by key and column; a row on one side only is told too."""
    names = [name for name in stored.columns if name not in key]
    both = stored.with_columns(is_stored=True).join(
        computed.with_columns(is_computed=True), on=key, how="full", suffix="_computed", coalesce=True, nulls_equal=True
    )
    count = 0
    for row in both.filter(pl.col("is_stored").is_null() | pl.col("is_computed").is_null()).iter_rows(named=True):
        actual = "台帳にない" if row["is_stored"] is None else "台帳だけにある"
        yield mismatch(where, code, actual, "両方にある", _named(row, key))
        if (count := count + 1) >= LISTED_PER_CODE:
            return
    for name in names:
        other = pl.col(f"{name}_computed")
        for row in (
            both.filter(pl.col("is_stored") & pl.col("is_computed") & pl.col(name).ne_missing(other))
            .head(LISTED_PER_CODE)
            .iter_rows(named=True)
        ):
            hidden = name in personal
            was, should = (MASKED, MASKED) if hidden else (row[name], row[f"{name}_computed"])
            yield mismatch(where, code, was, should, f"{_named(row, key)} {name}")


def _named(row: dict[str, Any], key: list[str]) -> str:
    return " ".join(f"{name}={row[name]}" for name in key)
