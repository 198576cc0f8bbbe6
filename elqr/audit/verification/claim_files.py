"""Claim files (調定データと督促の状況の検算): what the ledger has of a file, compared with its kept bytes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from elqr.audit.verification.audit import Audit, compare_rows, mismatch
from elqr.formats.intake.delivered_file import Intake
from elqr.rules.claim_states import extend_states, new_states
from elqr.rules.reminder_statuses import new_statuses
from elqr.store.queries import claim_states as queries
from elqr.store.queries.reminder_statuses import statuses_of_file
from elqr.vocabulary.claim_frames import ClaimState, ClaimStateContent, StatusContent
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding

_PERSONAL = (StatusContent.PAYER_REF, StatusContent.REASON)


@dataclass(slots=True)
class KnownRows:
    """前のファイルの行: what earlier files said, of claims and of why they are not reminded."""

    claims: pl.DataFrame = field(default_factory=ClaimStateContent.empty)
    statuses: pl.DataFrame = field(default_factory=StatusContent.empty)


def claim_rows(
    audit: Audit, file: Mapping[str, Any], intake: Intake, known: KnownRows, where: str
) -> Iterator[Finding]:
    """調定データか督促の状況の行 of one file: those that were new when it came, and equal in every column.

    `file` is its row in the ledger and `intake` the file read again, which `known` has afterwards.
    """
    connection, number = audit.session.ledger.connection, file.get("file_no", 0)
    if intake.statuses is None:
        assert intake.claims is not None, "a file of claims"
        stored, computed = queries.states_of_file(connection, number), new_states(intake.claims, known.claims)
        known.claims = extend_states(known.claims, intake.claims)
        computed = ClaimStateContent.of(computed)
        audit.count("調定データの行", stored.height)
    else:
        stored, computed = statuses_of_file(connection, number), new_statuses(intake.statuses, known.statuses)
        known.statuses = pl.concat([known.statuses, computed])
        audit.count("督促の状況の行", stored.height)
    counted, recorded = (intake.record_count, stored.height), (file.get("rows_read"), file.get("rows_new"))
    if counted != recorded:
        yield mismatch(
            where, Code.FILE_TOTALS, f"{recorded[0]}行（新規{recorded[1]}）", f"{counted[0]}行（新規{counted[1]}）"
        )
    yield from compare_rows(stored, computed, [ClaimState.RECORD_NO], Code.RECORD_DIFFERS, where, _PERSONAL)
