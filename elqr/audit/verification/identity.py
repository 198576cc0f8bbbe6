"""The ledger's identity (素性の検算): its id in every run, its starts, and its traces in the job's folders."""

import json
from collections.abc import Iterator
from typing import Any

from elqr.audit.verification.audit import Audit, mismatch
from elqr.session.ledger_belonging import disagreement
from elqr.session.ledger_traces import read_traces
from elqr.store.queries import ledger_identity as store
from elqr.store.queries import verification as queries
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.number_series import HandedOut

_EMPTY_AT_FIRST = ("started_at", "started_by", "approved_by", "reason")


def identity(audit: Audit) -> Iterator[Finding]:
    """台帳の素性: one id in the whole ledger, each start as its run recorded it, and no trace of a later ledger."""
    connection = audit.session.ledger.connection
    ledger_id, starts = store.ledger_id(connection), store.starts(connection)
    runs = queries.runs(connection)
    for run in runs:
        if (run_ledger := run["read"].get("ledger", ledger_id)) != ledger_id:
            where = f"実行 {run['run_id']}"
            yield mismatch(where, Code.CHAIN_BROKEN, ledger_id[:16], str(run_ledger)[:16], "台帳の素性")
    first: dict[str, Any] = {
        "start_no": 1,
        "ledger_id": ledger_id,
        "numbers": "{}",
        **dict.fromkeys(_EMPTY_AT_FIRST, ""),
    }
    recorded = [run["read"]["ledger_start"] for run in runs if "ledger_start" in run["read"]]
    if not ledger_id or starts != [first, *recorded]:
        yield mismatch(
            "台帳", Code.CHAIN_BROKEN, f"始まり {len(starts)}件", f"{1 + len(recorded)}件、記録のとおり", "台帳の始まり"
        )
    if contradiction := disagreement(audit.session.ledger, read_traces(audit.session.job)):
        yield mismatch("台帳", Code.CHAIN_BROKEN, contradiction, "保管庫・フォルダの跡と同じ台帳", "台帳の素性")


def expected_run_no(run: dict[str, Any], number: int) -> int:
    """あるべき実行の番号: `number`, or a later one if the ledger went on here from another (飛ばした番号).

    Such a run comes after all run numbers that were handed out before.
    """
    start = run["read"].get("ledger_start")
    return max(number, HandedOut.of(json.loads(start["numbers"])).run_no + 1) if start else number
