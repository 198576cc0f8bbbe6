"""Queries on the chain of runs (実行の連鎖の照会): the last link, and how far links have come."""

import json
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, func, select

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


def last_posting_drawn(connection: Connection, before: date = date.max) -> int | None:
    """帳票にある最後の仕訳: its number when the last night before a day had run; None where no run says it."""
    run = t.run.c
    is_earlier = and_(run.night_on < before.isoformat(), run.entry.contains('"places":'))  # acts of people have none
    query = select(run.entry).where(is_earlier).order_by(run.run_no.desc()).limit(1)
    text = connection.execute(query).scalar_one_or_none()
    number = json.loads(text or "{}").get("upto", {}).get("posting")
    return None if number is None else int(number)


def is_posted_since(connection: Connection) -> bool:
    """前の夜の後に計上したものがあるか: postings of people that the lists of no night have, as far as runs say it."""
    last_no = last_posting_drawn(connection)
    newest = connection.execute(select(func.max(t.posting.c.posting_no))).scalar_one()
    return last_no is not None and (newest or 0) > last_no


def last_link(connection: Connection) -> tuple[str, dict[str, Any]]:
    """連鎖の最後: hash and entry of the last run; empty on a new ledger."""
    query = select(t.run.c.hash, t.run.c.entry).order_by(t.run.c.run_no.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return (row.hash, json.loads(row.entry)) if row else ("", {})
