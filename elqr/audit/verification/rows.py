"""Rows (行の検算): the rows of every table against what the chain says of them, counted both ways."""

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
)
from elqr.store.queries import row_owners as belonging
from elqr.store.queries.chain import last_link
from elqr.store.tables.acts import act
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding

_Links = list[dict[str, Any]]


def seals(audit: Audit) -> Iterator[Finding]:
    """封: the rows that came with each run, by count and digest, and none that no run knows."""
    links = [run for run in audit.runs() if "upto" in run["read"]]
    if not links:
        return
    for numbered in RANGES:
        ends = [int(link["read"]["upto"].get(numbered.name, 0)) for link in links]
        if ends != sorted(ends):
            yield mismatch(numbered.name, Code.ROWS_DIFFER, "番号が戻る", "増えるだけ", "連鎖")
            continue
        for table, column in numbered.members:
            yield from _sealed(audit, numbered, table, column, ends, links)
    for table in NIGHTS:
        yield from _nightly(audit, table, links)


def _sealed(
    audit: Audit, numbered: Range, table: Stored, column: str, ends: list[int], links: _Links
) -> Iterator[Finding]:
    rows = all_rows(audit.session.ledger.connection, table).drop_nulls(column)
    audit.count("封をした行", rows.height)
    place = pl.Series("link", ends).search_sorted(rows[column], side="left").alias("link")
    by_link = {
        int(number): part for (number,), part in rows.with_columns(place).partition_by("link", as_dict=True).items()
    }
    for number, link in enumerate(links):
        sealed = tuple(link["read"]["sealed"].get(table.name, NOTHING))
        computed = seal(table, by_link[number]) if number in by_link else NOTHING
        if computed != sealed:
            where = f"{table.name}（実行 {link['run_id']}）"
            yield mismatch(
                where,
                Code.ROWS_DIFFER,
                f"{computed[0]:,}行 {computed[1][:12]}",
                f"{sealed[0]:,}行 {sealed[1][:12]}",
                column,
            )
    waiting = by_link[len(links)] if len(links) in by_link else rows.clear()
    audit.count("記録を待つ行", waiting.height)
    if waiting.height and not _awaits_the_next_run(audit, numbered, waiting[column], ends[-1]):
        yield mismatch(table.name, Code.ROWS_DIFFER, f"{waiting.height:,}行", "実行の記録にない行はない", column)


def _awaits_the_next_run(audit: Audit, numbered: Range, numbers: pl.Series, last: int) -> bool:
    """Whether rows of these numbers, of which no run knows, came after the last one: nothing is left out in between.

    Not every number has a row in every table: a file without findings has none there.
    """
    if numbered.name not in TAKEN_IN:
        return False
    known = all_rows(audit.session.ledger.connection, numbered.number.table)[numbered.number.name]
    awaited = range(last + 1, last + 1 + known.filter(known > last).len())
    return set(awaited) == set(known.filter(known > last)) >= set(numbers)


_NIGHT_ON = "night_on"
"""What rows that a night makes are sealed by."""


def _nightly(audit: Audit, table: Stored, links: _Links) -> Iterator[Finding]:
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
    """人のしたこと: every request, approval and record as its link wrote it, each in one link and no other."""
    connection = audit.session.ledger.connection
    runs = audit.runs()
    migrated = max((number for number, run in enumerate(runs) if "before" in run["read"]), default=-1)
    for table in SAID:
        keys = [column.name for column in table.primary_key.columns]
        left = {tuple(row[key] for key in keys): row for row in all_rows(connection, table).iter_rows(named=True)}
        audit.count("人のしたこと", len(left))
        for number, run in enumerate(runs):
            for copy in run["read"].get("said", {}).get(table.name, []):
                key = tuple(copy.get(name) for name in keys)
                row = left.pop(key, None) if number > migrated else left.get(key)
                where = f"{table.name} {'-'.join(map(str, key))}（実行 {run['run_id']}）"
                if row is None:
                    yield mismatch(where, Code.ROWS_DIFFER, "台帳にない", "実行の記録にある")
                    continue
                for name in (name for name in copy if copy[name] != row.get(name)):
                    yield mismatch(where, Code.ROWS_DIFFER, str(row.get(name))[:40], str(copy[name])[:40], name)
        yield from _unsaid(table, left, runs[migrated]["read"]["before"] if migrated >= 0 else {})
    yield from _acts(audit, runs)


def _unsaid(table: Stored, left: dict[tuple[Any, ...], dict[str, Any]], before: dict[str, Any]) -> Iterator[Finding]:
    """連鎖に写しのない行: only those that were there when the ledger was brought up, and all of those."""
    computed = seal(table, pl.DataFrame(list(left.values()), schema=schema_of(table)))
    if computed != tuple(before.get(table.name, NOTHING)):
        for key in sorted(left, key=str)[:LISTED_PER_CODE]:
            yield mismatch(
                f"{table.name} {'-'.join(map(str, key))}", Code.ROWS_DIFFER, "台帳だけにある", "実行の記録にもある"
            )
        if not left:
            yield mismatch(table.name, Code.ROWS_DIFFER, "0行", f"{before[table.name][0]:,}行", "版上げのときの行")


def _acts(audit: Audit, runs: _Links) -> Iterator[Finding]:
    """操作した人: the table that finds an act's link, made again from the chain."""
    stored = {row["run_no"]: row for row in all_rows(audit.session.ledger.connection, act).iter_rows(named=True)}
    for run in runs:
        if "act" in run["read"]:
            computed = act_row(run["run_no"], run["read"]["act"], run["read"]["operator"])
            if stored.pop(run["run_no"], None) != computed:
                yield mismatch(f"act {run['run_no']}", Code.ROWS_DIFFER, "台帳の行", "実行の記録のとおり", "操作した人")
    for number in stored:
        yield mismatch(f"act {number}", Code.ROWS_DIFFER, "台帳だけにある", "実行の記録にもある", "操作した人")


def changing_rows(audit: Audit) -> Iterator[Finding]:
    """連番と設定: as the last run says; a serial may have gone on where what it was for waits for the next run."""
    connection = audit.session.ledger.connection
    _, last = last_link(connection)
    if "counters" not in last:
        return
    now = read_changing(connection)
    waits = belonging.last_upload(connection) > last["upto"].get("upload", 0)
    for name in sorted({*now["counters"], *last["counters"]}):
        value, before = now["counters"].get(name, 0), last["counters"].get(name, 0)
        if value < before or (value > before and not waits):
            yield mismatch(f"counter {name}", Code.ROWS_DIFFER, value, before, "連番")
    for name in sorted({*now["settings"], *last["settings"]}):
        if now["settings"].get(name) != last["settings"].get(name):
            yield mismatch(
                f"setting {name}", Code.ROWS_DIFFER, now["settings"].get(name), last["settings"].get(name), "設定"
            )
