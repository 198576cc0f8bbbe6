"""Alarms of batches (手で打った束の警報): batches that nobody confirmed yet, or that were confirmed and never came.

A slip that was typed and is not taken in is money that the ledger does not know, so each is told every morning.
"""

from elqr.night.take_in import list_held
from elqr.session.session import Session
from elqr.store.queries.typed_batches import open_batches, unconfirmed_sums
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location
from elqr.vocabulary.report_frames import HeldFile


def batch_alarms(session: Session) -> list[Finding]:
    """取り込んでいない束 as of the night: each content once, with its count, its yen, and how far it has come."""
    if not any(session.specs[name].two_people for box in session.job.inbox for name in box.specs):
        return []
    connection, words = session.ledger.connection, dict[str, tuple[str, str]]()
    held = list_held(session)
    sums = unconfirmed_sums(connection, held["deliveries"].explode(empty_as_null=False).to_list())
    for name, sha256, deliveries in held.select(HeldFile.NAME, HeldFile.SHA256, "deliveries").iter_rows():
        if number := next((number for number in deliveries if number in sums), None):
            words[sha256] = name, f"{sums[number]}（申請なし）"
    for row in open_batches(connection, session.night_on):
        state = f"申請{row['batch_no']} {'承認済' if row['is_approved'] else '承認待ち'}"
        name = words.get(row["sha256"], (row["name"],))[0]
        words[row["sha256"]] = name, f"{row['payments']:,}件 {row['yen']:,}円（{state}）"
    return [
        Finding(Location(name), Code.UNCONFIRMED, actual, "取り込み", "city") for name, actual in sorted(words.values())
    ]
