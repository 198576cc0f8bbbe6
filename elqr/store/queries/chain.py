"""Queries on the chain of runs (実行の連鎖の照会): the last link, and how far links have come."""

import json
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from elqr.store.tables import ledger as t

NOTICE_FILES = "notice_files"
"""The key of a link for the last notice file that it names."""


def unnamed_notice_files(connection: Connection) -> tuple[list[str], int]:
    """まだ実行に記していない納付書データ: hashes of the notice files that no run has named, and the last number."""
    last = int(last_saying(connection, NOTICE_FILES).get(NOTICE_FILES, 0))
    files = t.notice_file.c
    query = select(files.sha256, files.notice_file_no).where(files.notice_file_no > last)
    rows = connection.execute(query.order_by(files.notice_file_no)).all()
    return [sha256 for sha256, _ in rows], max((number for _, number in rows), default=last)


def last_saying(connection: Connection, name: str) -> dict[str, Any]:
    """これを言う最後の実行: the entry of the last run that has this key; empty without one."""
    query = select(t.run.c.entry).where(t.run.c.entry.contains(f'"{name}":')).order_by(t.run.c.run_no.desc()).limit(1)
    text = connection.execute(query).scalar_one_or_none()
    return dict(json.loads(text)) if text else {}


def night_before(connection: Connection, night: date) -> str:
    """前の夜: the last night before this one on which payments were decided, or empty.

    Who decides in the daytime does so after that day's night, and looks for it on the next.
    """
    decided = t.decided_file.c.night_on
    query = select(func.max(decided)).where(decided < night.isoformat())
    return connection.execute(query).scalar_one_or_none() or ""


def posted_between(connection: Connection, night: date) -> tuple[int, int | None] | None:
    """前の夜の帳票の後、その夜の帳票までの仕訳: numbers above the first and up to the second, or without an end.

    None where no run says it, and for a night that was caught up with after a later one had listed them.
    """
    day, run = night.isoformat(), t.run.c
    before, here = (_last_drawn(connection, is_one) for is_one in (run.night_on < day, run.night_on == day))
    if before is None or (here is None and _last_drawn(connection, run.night_on > day) is not None):
        return None
    return before, here


def is_posted_since(connection: Connection, night: date) -> bool:
    """前の夜の後に計上したものがあるか: postings of people that no list has, as far as runs say."""
    day, posting = night.isoformat(), t.posting.c
    drawn = _last_drawn(connection, t.run.c.night_on <= day)
    if drawn is None or _last_drawn(connection, t.run.c.night_on > day) is not None:
        return False
    query = select(posting.posting_no).where(posting.posting_no > drawn, posting.night_on <= day).limit(1)
    return connection.execute(query).first() is not None


def _last_drawn(connection: Connection, is_one: ColumnElement[bool]) -> int | None:
    """帳票にある最後の仕訳: its number when the newest of these nights had run last."""
    run = t.run.c
    newest = select(run.entry).where(is_one, run.entry.contains('"places":'))  # acts of people have none
    text = connection.execute(newest.order_by(run.night_on.desc(), run.run_no.desc()).limit(1)).scalar_one_or_none()
    number = json.loads(text or "{}").get("upto", {}).get("posting")
    return None if number is None else int(number)


def last_link(connection: Connection) -> tuple[str, dict[str, Any]]:
    """連鎖の最後: hash and entry of the last run; empty on a new ledger."""
    query = select(t.run.c.hash, t.run.c.entry).order_by(t.run.c.run_no.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return (row.hash, json.loads(row.entry)) if row else ("", {})
