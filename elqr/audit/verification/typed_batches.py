"""Typed batches (手で打った束の検算): nothing that was typed by hand counts before two people confirmed it."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from elqr.audit.verification.audit import Audit, mismatch
from elqr.audit.verification.sources import judge_again
from elqr.store.queries import typed_batches as queries
from elqr.store.queries.requests import BATCH
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.frames import Payment
from elqr.vocabulary.ruling_terms import RulingResult


def typed_batches(audit: Audit) -> Iterator[Finding]:
    """手で打った束: the sums that were stated are those of the kept bytes, and they were approved before it counted."""
    connection = audit.session.ledger.connection
    batches = queries.all_batches(connection)
    audit.count("手で打った束", len(batches))
    for row in batches:
        yield from _check_sums(audit, row)
    approved_upto = _deliveries_before(audit)
    for delivery in queries.accepted_deliveries(connection, two_people_specs(audit)):
        yield from check_confirmed(audit, delivery)
        approvals = [
            approved_upto.get(row["batch_no"])
            for row in batches
            if row["sha256"] == delivery["sha256"] and row["result"] == RulingResult.APPROVED.value
        ]
        if not any(upto is not None and upto < delivery["delivery_no"] for upto in approvals):
            where = f"{delivery['name']}（受信{delivery['delivery_no']}）"
            yield mismatch(where, Code.NOT_BACKED, "承認が取り込みより後か、ない", "取り込む前の承認", "実行の記録")


def two_people_specs(audit: Audit) -> list[str]:
    """二人が確かめる様式: the names of the formats whose files two people confirm."""
    return [name for name, spec in audit.session.specs.items() if spec.two_people]


def check_confirmed(audit: Audit, file: Mapping[str, Any]) -> Iterator[Finding]:
    """取り込んだ束の確認: two people approved this content with this count and yen by the night on which it came.

    `file` has name, sha256, spec, night_on, payment_count and payment_yen.
    """
    sums = file["payment_count"], file["payment_yen"]
    night_on = date.fromisoformat(file["night_on"])
    if file["spec"] in two_people_specs(audit) and not queries.is_confirmed(
        audit.session.ledger.connection, file["sha256"], sums, night_on
    ):
        actual = f"{sums[0]:,}件 {sums[1]:,}円の束の承認がない"
        yield mismatch(file["name"], Code.NOT_BACKED, actual, "二人が確かめた束", "束の確認")


def _check_sums(audit: Audit, row: Mapping[str, Any]) -> Iterator[Finding]:
    """言われた計: count and yen of the bytes that are kept under the hash of the request."""
    where = f"束の申請{row['batch_no']}（{row['name']}）"
    file = {**row, "size_bytes": None, "received_on": date.fromisoformat(row["night_on"])}
    intake = judge_again(audit, file, where)
    if isinstance(intake, Finding):
        yield intake
        return
    payments = intake.payments
    sums = (0, 0) if payments is None else (payments.height, int(payments[Payment.PAID_YEN].sum()))
    if sums != (row["payments"], row["yen"]):
        expected = f"{sums[0]:,}件 {sums[1]:,}円"
        yield mismatch(where, Code.FILE_TOTALS, f"{row['payments']:,}件 {row['yen']:,}円", expected)


def _deliveries_before(audit: Audit) -> dict[int, int]:
    """承認のときの最後の受信: batch → the last delivery that the link of its approval knew."""
    approval = {"kind": BATCH.name, "step": RulingResult.APPROVED.value}
    acts = ((run["read"], run["read"].get("act") or {}) for run in audit.runs())
    return {
        act["number"]: link["upto"]["delivery"]
        for link, act in acts
        if approval.items() <= act.items() and "upto" in link
    }
