"""Rows (行の検算): the rows of every table, compared with what the chain says of them in both directions."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from elqr.audit.verification.audit import Audit, mismatch
from elqr.store.entries.acts import SAID, act_row
from elqr.store.entries.seals import (
    NIGHTS,
    NOTHING,
    RANGES,
    TAKEN_IN,
    Range,
    Stored,
    all_rows,
    read_changing,
    schema_of,
    seal,
    seals_of,
)
from elqr.store.queries import row_owners as belonging
from elqr.store.queries.chain import last_link
from elqr.store.tables.acts import act
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding

_Links = list[dict[str, Any]]


def seals(audit: Audit) -> Iterator[Finding]:
    """封: the rows of each run have its count and digest, and no row is unknown to the runs."""
    links = [run for run in audit.runs() if "upto" in run["read"]]
    if not links:
        return
    for series in RANGES:
        ends = [int(link["read"]["upto"].get(series.name, 0)) for link in links]
        if ends != sorted(ends):
            yield mismatch(series.name, Code.ROWS_DIFFER, "番号が戻る", "増えるだけ", "連鎖")
            continue
        for table, column in series.members:
            yield from _check_seals(audit, series, table, column, ends, links)
    for table in NIGHTS:
        yield from _check_nights(audit, table, links)


def _check_seals(
    audit: Audit, series: Range, table: Stored, column: str, ends: list[int], links: _Links
) -> Iterator[Finding]:
    rows = all_rows(audit.session.ledger.connection, table).drop_nulls(column)
    audit.count("封をした行", rows.height)
    place = pl.Series("link", ends).search_sorted(rows[column], side="left").alias("link")
    by_link = {
        int(number): part for (number,), part in rows.with_columns(place).partition_by("link", as_dict=True).items()
    }
    for number, link in enumerate(links):
        sealed = tuple(link["read"]["sealed"].get(table.name, NOTHING))
        if number not in by_link and sealed == NOTHING:  # as most tables in most runs
            continue
        sealed_rows = by_link.get(number, rows.clear())
        if sealed not in seals_of(table, sealed_rows):
            count, digest = seal(table, sealed_rows)
            where = f"{table.name}（実行 {link['run_id']}）"
            yield mismatch(
                where,
                Code.ROWS_DIFFER,
                f"{count:,}行 {digest[:12]}",
                f"{sealed[0]:,}行 {sealed[1][:12]}",
                column,
            )
    waiting = by_link[len(links)] if len(links) in by_link else rows.clear()
    audit.count("記録を待つ行", waiting.height)
    if waiting.height and not _are_after_last_run(audit, series, waiting[column], ends[-1]):
        yield mismatch(table.name, Code.ROWS_DIFFER, f"{waiting.height:,}行", "実行の記録にない行はない", column)


def _are_after_last_run(audit: Audit, series: Range, numbers: pl.Series, last: int) -> bool:
    """Whether rows of these numbers, which no run knows, came after the last run, and no number is missing.

    Not every number has a row in every table: a file without findings has none in the table of findings.
    """
    if series.name not in TAKEN_IN:
        return False
    stored_numbers = all_rows(audit.session.ledger.connection, series.number.table)[series.number.name]
    next_numbers = range(last + 1, last + 1 + stored_numbers.filter(stored_numbers > last).len())
    return set(next_numbers) == set(stored_numbers.filter(stored_numbers > last)) >= set(numbers)


_NIGHT_ON = "night_on"
"""The column by which the rows of a night are sealed."""


def _check_nights(audit: Audit, table: Stored, links: _Links) -> Iterator[Finding]:
    rows = all_rows(audit.session.ledger.connection, table)
    audit.count("封をした行", rows.height)
    by_links: dict[str, tuple[int, str]] = {}
    for link in links:
        by_links |= {night: tuple(actual) for night, actual in link["read"]["nightly"].get(table.name, {}).items()}
    computed = {str(night): seal(table, part) for (night,), part in rows.partition_by(_NIGHT_ON, as_dict=True).items()}
    for night in sorted(by_links.keys() | computed.keys()):
        actual, expected = computed.get(night, NOTHING), by_links.get(night, NOTHING)
        if actual != expected:
            where = f"{table.name}（{night} の夜）"
            yield mismatch(
                where,
                Code.ROWS_DIFFER,
                f"{actual[0]:,}行 {actual[1][:12]}",
                f"{expected[0]:,}行 {expected[1][:12]}",
                _NIGHT_ON,
            )


def acts(audit: Audit) -> Iterator[Finding]:
    """人のしたこと: every request, approval and record is as its link of the chain says, and is in exactly one link."""
    connection = audit.session.ledger.connection
    runs = audit.runs()
    migrated = max((number for number, run in enumerate(runs) if "before" in run["read"]), default=-1)
    for table in SAID:
        keys = [column.name for column in table.primary_key.columns]
        unmatched = {tuple(row[key] for key in keys): row for row in all_rows(connection, table).iter_rows(named=True)}
        audit.count("人のしたこと", len(unmatched))
        for number, run in enumerate(runs):
            for copy in run["read"].get("said", {}).get(table.name, []):
                key = tuple(copy.get(name) for name in keys)
                row = unmatched.pop(key, None) if number > migrated else unmatched.get(key)
                where = f"{table.name} {'-'.join(map(str, key))}（実行 {run['run_id']}）"
                if row is None:
                    yield mismatch(where, Code.ROWS_DIFFER, "台帳にない", "実行の記録にある")
                    continue
                for name in (name for name in copy if copy[name] != row.get(name)):
                    yield mismatch(where, Code.ROWS_DIFFER, str(row.get(name))[:40], str(copy[name])[:40], name)
        yield from _check_uncopied(table, unmatched, runs[migrated]["read"]["before"] if migrated >= 0 else {})
    yield from _check_acts(audit, runs)


def _check_uncopied(
    table: Stored, rows: dict[tuple[Any, ...], dict[str, Any]], old_seals: dict[str, Any]
) -> Iterator[Finding]:
    """連鎖に写しのない行: exactly those that the ledger had when it was migrated (版上げ), as sealed then."""
    computed = seal(table, pl.DataFrame(list(rows.values()), schema=schema_of(table)))
    if computed != tuple(old_seals.get(table.name, NOTHING)):
        for key in sorted(rows, key=str)[:LISTED_PER_CODE]:
            yield mismatch(
                f"{table.name} {'-'.join(map(str, key))}", Code.ROWS_DIFFER, "台帳だけにある", "実行の記録にもある"
            )
        if not rows:
            yield mismatch(table.name, Code.ROWS_DIFFER, "0行", f"{old_seals[table.name][0]:,}行", "版上げのときの行")


def _check_acts(audit: Audit, runs: _Links) -> Iterator[Finding]:
    """操作した人: the table that finds the link of an act, computed again from the chain."""
    stored = {row["run_no"]: row for row in all_rows(audit.session.ledger.connection, act).iter_rows(named=True)}
    for run in runs:
        if "act" in run["read"]:
            computed = act_row(run["run_no"], run["read"]["act"], run["read"]["operator"])
            if stored.pop(run["run_no"], None) != computed:
                yield mismatch(f"act {run['run_no']}", Code.ROWS_DIFFER, "台帳の行", "実行の記録のとおり", "操作した人")
    for number in stored:
        yield mismatch(f"act {number}", Code.ROWS_DIFFER, "台帳だけにある", "実行の記録にもある", "操作した人")


def changing_rows(audit: Audit) -> Iterator[Finding]:
    """連番と設定: as the last run says. A serial may be further on if an upload waits for the next run."""
    connection = audit.session.ledger.connection
    _, last = last_link(connection)
    if "counters" not in last:
        return
    current = read_changing(connection)
    waits = belonging.last_upload(connection) > last["upto"].get("upload", 0)
    for name in sorted({*current["counters"], *last["counters"]}):
        value, recorded = current["counters"].get(name, 0), last["counters"].get(name, 0)
        if value < recorded or (value > recorded and not waits):
            yield mismatch(f"counter {name}", Code.ROWS_DIFFER, value, recorded, "連番")
    for name in sorted({*current["settings"], *last["settings"]}):
        if current["settings"].get(name) != last["settings"].get(name):
            yield mismatch(
                f"setting {name}", Code.ROWS_DIFFER, current["settings"].get(name), last["settings"].get(name), "設定"
            )
