"""Row checks (納付書の行の検査): rows of a notice file that are still good, and findings of those that are not.

Every rule takes out what breaks it. What the ledger holds already stands beside the rows, to be compared with.
"""

from dataclasses import dataclass

import polars as pl

from elqr.formats.sequence import RECORD_NO
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding, Location
from elqr.vocabulary.frames import ClaimKey, Notice

CLAIM_KEY = list(ClaimKey.SCHEMA)
ASSESSMENT_KEY = CLAIM_KEY[:-1]
NOTICE_KEY = [*CLAIM_KEY, Notice.ISSUE_NO]


@dataclass(frozen=True, slots=True)
class Registered:
    """登録済: notices of the file's assessments, their claims, cancelled ones, and who owns the file's keys.

    `singles`: notice_no of the notices that pay a claim of 期別 0, that of an assessment without instalments.
    `refused`: rows of earlier files (frame RefusedRow) that never came right.
    """

    notices: pl.DataFrame
    claims: pl.DataFrame
    cancelled: pl.DataFrame
    singles: pl.DataFrame
    refused: pl.DataFrame
    keys: pl.DataFrame


@dataclass(slots=True)
class Sieve:
    """Rows that are still good, and findings of those that are not."""

    file: str
    rows: pl.DataFrame
    findings: list[Finding]
    flawed: set[int]

    def refuse(self, code: Code, title: str, bad: pl.Expr, actual: pl.Expr, expected: pl.Expr) -> None:
        """Takes the rows that break a rule out, with a finding for each."""
        broken = bad.fill_null(False)
        wrong = self.rows.filter(broken).select(
            RECORD_NO, actual.cast(pl.String).alias("a"), expected.cast(pl.String).alias("e")
        )
        self.flawed.update(wrong[RECORD_NO])
        for no, value, wanted in wrong.head(LISTED_PER_CODE).iter_rows():
            self.findings.append(Finding(Location(self.file, no, field=title), code, value or "", wanted or ""))
        if (more := wrong.height - LISTED_PER_CODE) > 0:
            at = Location(self.file, int(wrong[RECORD_NO][-1]), field=title)
            self.findings.append(Finding(at, code, f"ほか{more}件"))
        self.rows = self.rows.filter(~broken)
