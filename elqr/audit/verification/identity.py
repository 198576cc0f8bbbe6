"""Who the ledger is (素性の検算): its id in every run, its starts, and its folders' traces."""

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

_UNSAID = ("started_at", "started_by", "approved_by", "reason")


def identity(audit: Audit) -> Iterator[Finding]:
    """台帳の素性: one id in all of the ledger; each start as its run says; and no trace of a later ledger."""
    connection = audit.session.ledger.connection
    ledger_id, starts = store.ledger_id(connection), store.starts(connection)
    runs = queries.runs(connection)
    for run in runs:
        if (told_by := run["read"].get("ledger", ledger_id)) != ledger_id:
            yield mismatch(f"実行 {run['run_id']}", Code.CHAIN_BROKEN, ledger_id[:16], str(told_by)[:16], "台帳の素性")
    first: dict[str, Any] = {"start_no": 1, "ledger_id": ledger_id, "numbers": "{}", **dict.fromkeys(_UNSAID, "")}
    signed = [run["read"]["ledger_start"] for run in runs if "ledger_start" in run["read"]]
    if not ledger_id or starts != [first, *signed]:
        yield mismatch(
            "台帳", Code.CHAIN_BROKEN, f"始まり {len(starts)}件", f"{1 + len(signed)}件、記録のとおり", "台帳の始まり"
        )
    if wrong := disagreement(audit.session.ledger, read_traces(audit.session.job)):
        yield mismatch("台帳", Code.CHAIN_BROKEN, wrong, "保管庫・フォルダの跡と同じ台帳", "台帳の素性")


def skipped_to(run: dict[str, Any], number: int) -> int:
    """飛ばした番号: a run with which the ledger went on stands after all that were handed out before."""
    start = run["read"].get("ledger_start")
    return max(number, HandedOut.of(json.loads(start["numbers"])).run_no + 1) if start else number
