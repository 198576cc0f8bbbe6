"""Claim files (調定データの検算): what the ledger has of a file, compared with its kept bytes."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from elqr.audit.verification.audit import Audit, compare_rows, mismatch
from elqr.rules.claim_states import new_states
from elqr.store.queries import claim_states as queries
from elqr.vocabulary.claim_frames import ClaimState, ClaimStateContent
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding


def claim_rows(
    audit: Audit, file: Mapping[str, Any], decoded: pl.DataFrame, known: pl.DataFrame, where: str
) -> Iterator[Finding]:
    """調定データの行 of one file: those that were new when it came, and equal in every column.

    `file` is its row in the ledger, `decoded` the file read again, and `known` those of earlier files that were new.
    """
    stored = queries.states_of_file(audit.session.ledger.connection, file.get("file_no", 0))
    audit.count("調定データの行", stored.height)
    counted, recorded = (decoded.height, stored.height), (file.get("rows_read"), file.get("rows_new"))
    if counted != recorded:
        yield mismatch(
            where, Code.FILE_TOTALS, f"{recorded[0]}行（新規{recorded[1]}）", f"{counted[0]}行（新規{counted[1]}）"
        )
    computed = ClaimStateContent.of(new_states(decoded, known))
    yield from compare_rows(
        stored, computed, [ClaimState.RECORD_NO], Code.RECORD_DIFFERS, where, (ClaimStateContent.PAYER_REF,)
    )
