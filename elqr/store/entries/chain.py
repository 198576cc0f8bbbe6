"""The chain (実行の連鎖): the one place where a link is added, with who ran it and the seals of all new rows."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, insert

from elqr.store.db.database import session
from elqr.store.entries.seals import Seal, seal_new
from elqr.store.queries.chain import last_link
from elqr.store.queries.ledger_identity import ledger_id, next_handed_out
from elqr.store.tables import ledger as t

OPERATOR = "elqr.operator"
"""The key in `connection.info` of whoever opened the connection."""


def operator(connection: Connection) -> dict[str, str]:
    """操作した人 of a connection: what its opener stated, and the name that a server knows."""
    return {**connection.info.get(OPERATOR, {}), **session(connection)}


def append_link(
    connection: Connection,
    night: date,
    entry: Mapping[str, object],
    sealed: Mapping[str, Seal] | None = None,
    earlier: Mapping[str, object] | None = None,
) -> str:
    """実行を記す: one link of the hash chain, with the operator and the seals of all new rows. Returns its id.

    `sealed`: seals that the caller already has, by table; the others are computed from the ledger. `earlier`: a
    migration's seals of rows that older programs entered without a link.
    """
    run_no = next_handed_out(connection, t.run.c.run_no)
    previous_hash, previous_link = last_link(connection)
    link = {
        "ledger": ledger_id(connection),
        **entry,
        "operator": operator(connection),
        **seal_new(connection, night.isoformat(), previous_link.get("upto", {}), sealed or {}),
        **(earlier or {}),
    }
    text = json.dumps(link, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    run_id = f"{night:%Y%m%d}-{run_no:04d}"
    connection.execute(
        insert(t.run).values(
            run_no=run_no,
            run_id=run_id,
            night_on=night.isoformat(),
            entry=text,
            previous_hash=previous_hash,
            hash=hashlib.sha256(f"{previous_hash}\n{run_id}\n{text}".encode()).hexdigest(),
        )
    )
    return run_id
