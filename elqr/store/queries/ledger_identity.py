"""The identity of the ledger (台帳の素性): its id, and the last of the numbers that it has handed out.

A new ledger gets a random id. A ledger that is older than ids gets one from its first run, so that all copies of it
have the same. Numbers count the ledger's rows and what was handed out before a restart.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Connection, func, insert, select, update

from elqr.store.db.bulk import next_no
from elqr.store.tables import ledger as t
from elqr.store.tables.arrears import arrears_list
from elqr.store.tables.exports import export
from elqr.vocabulary.number_series import HandedOut

KEY_SERIAL = "key_serial"
"""The name of the counter for serials in keys."""

_ID_BYTES = 16
_SERIES: tuple[Column[Any], ...] = (
    t.run.c.run_no, t.upload.c.upload_no, export.c.export_no, arrears_list.c.list_no, t.print_batch.c.print_no,
)  # fmt: skip


def give_identity(connection: Connection) -> None:
    """台帳に素性を与える, once: when its tables are created or migrated."""
    first = connection.execute(select(t.run.c.hash).order_by(t.run.c.run_no).limit(1)).scalar_one_or_none()
    new_id = hashlib.sha256(first.encode()).digest()[:_ID_BYTES].hex() if first else secrets.token_hex(_ID_BYTES)
    blank = dict.fromkeys(("started_at", "started_by", "approved_by", "reason"), "")
    connection.execute(insert(t.ledger_start).values(start_no=1, ledger_id=new_id, numbers="{}", **blank))


def ledger_id(connection: Connection) -> str:
    """台帳の素性: the id of the open ledger."""
    start = t.ledger_start.c
    return str(connection.execute(select(start.ledger_id).order_by(start.start_no).limit(1)).scalar_one_or_none() or "")


def starts(connection: Connection) -> list[dict[str, Any]]:
    """台帳の始まり, in order."""
    rows = connection.execute(select(t.ledger_start).order_by(t.ledger_start.c.start_no))
    return [dict(row) for row in rows.mappings()]


def _earlier_numbers(connection: Connection) -> HandedOut:
    """渡した番号 that the ledger was given at its restarts."""
    furthest = HandedOut()
    for text in connection.execute(select(t.ledger_start.c.numbers)).scalars():
        furthest = furthest.furthest(HandedOut.of(json.loads(text)))
    return furthest


def handed_out(connection: Connection) -> HandedOut:
    """渡した番号: the last of each series, by the ledger's rows and by its restarts."""
    last = {column.name: select(func.max(column)).scalar_subquery() for column in _SERIES}
    last[KEY_SERIAL] = select(t.counter.c.value).where(t.counter.c.name == KEY_SERIAL).scalar_subquery()
    numbers = connection.execute(select(*(func.coalesce(number, 0).label(name) for name, number in last.items())))
    return HandedOut.of(dict(numbers.mappings().one())).furthest(_earlier_numbers(connection))


def next_handed_out(connection: Connection, column: Column[Any]) -> int:
    """次に渡す番号 of a series, after all numbers ever handed out. `column` is one that `HandedOut` has."""
    return max(next_no(connection, column) - 1, _earlier_numbers(connection).as_dict()[column.name]) + 1


def has_taken_in(connection: Connection) -> bool:
    """取り込んだファイルがあるか: payments, money, claims or notices, whose content the archive keeps."""
    taken = (select(table.c.sha256).limit(1) for table in (t.file, t.notice_file))
    return any(connection.execute(query).first() is not None for query in taken)


def has_run(connection: Connection, run_hash: str) -> bool:
    """その実行があるか, in the ledger's chain."""
    count = connection.execute(select(func.count()).select_from(t.run).where(t.run.c.hash == run_hash))
    return bool(count.scalar_one())


def last_run(connection: Connection) -> tuple[str, str]:
    """最後の実行: its id and hash; empty without runs."""
    query = select(t.run.c.run_id, t.run.c.hash).order_by(t.run.c.run_no.desc()).limit(1)
    run_id, run_hash = connection.execute(query).one_or_none() or ("", "")
    return run_id, run_hash


def skip_serials(connection: Connection, last: int) -> None:
    """連番を飛ばす: serials up to this one are never handed out."""
    counter = t.counter.c
    stored = connection.execute(select(counter.value).where(counter.name == KEY_SERIAL)).scalar_one_or_none()
    if stored is None:
        connection.execute(insert(t.counter).values(name=KEY_SERIAL, value=last))
    elif stored < last:
        connection.execute(update(t.counter).where(counter.name == KEY_SERIAL).values(value=last))


def enter_start(connection: Connection, numbers: HandedOut, signatures: Mapping[str, str]) -> dict[str, object]:
    """台帳の続き・始め直しを記す. `signatures`: started_at, started_by, approved_by, reason. Returns the row."""
    number = next_no(connection, t.ledger_start.c.start_no)
    text = json.dumps(numbers.as_dict(), separators=(",", ":"))
    row = {"start_no": number, "ledger_id": ledger_id(connection), "numbers": text, **signatures}
    connection.execute(insert(t.ledger_start).values(row))
    skip_serials(connection, numbers.key_serial)
    return row
