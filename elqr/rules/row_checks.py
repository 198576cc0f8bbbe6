"""Row checks (納付書の行の検査): the good rows of a notice file, and findings about the bad ones.

Every rule takes out the rows that break it. What the ledger has is given, so that rows can be compared with it.
"""

from dataclasses import dataclass

import polars as pl

from elqr.formats.sequence import RECORD_NO
from elqr.rules.claim_entries import Asked
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import LISTED_PER_CODE, Finding, Location
from elqr.vocabulary.frames import ClaimKey, Notice

CLAIM_KEY = list(ClaimKey.SCHEMA)
ASSESSMENT_KEY = CLAIM_KEY[:-1]
NOTICE_KEY = [*CLAIM_KEY, Notice.ISSUE_NO]


@dataclass(frozen=True, slots=True)
class Registered:
    """登録済: what the ledger has about the assessments and keys of the file.

    `notices` and `claims` are of its assessments; a 分納 notice for several claims has a row in `notices` for each of
    these, with what it asks of it, but is not in `asked`. `cancelled` has the notice_no of cancelled notices,
    `retracted` those among them whose file two people took back, `singles` that of notices that pay a claim with
    期別 0, which is an assessment without instalments. `asked` is what says what is owed on claims, but for those that
    a claim file names; these are in `stated` (frame StatedClaim). `refused` (frame RefusedRow) are rows of earlier
    files that still wait, `withdrawn` those that their 取消 took back before they ever came in, `given_up` those that
    two people gave up, and `righted` those that a later file had right. `keys` are the file's keys that a notice has,
    with its NOTICE_KEY. `over` has the record_no of the file's own rows that ended when it was read before.
    """

    notices: pl.DataFrame
    claims: pl.DataFrame
    cancelled: pl.DataFrame
    retracted: pl.DataFrame
    singles: pl.DataFrame
    asked: Asked
    stated: pl.DataFrame
    refused: pl.DataFrame
    withdrawn: pl.DataFrame
    given_up: pl.DataFrame
    righted: pl.DataFrame
    keys: pl.DataFrame
    over: frozenset[int] = frozenset()


@dataclass(slots=True)
class Sieve:
    """ふるい: the rows that are still good, and findings about the others. `flawed` has the record_no of these."""

    file: str
    rows: pl.DataFrame
    findings: list[Finding]
    flawed: set[int]

    def refuse(self, code: Code, title: str, bad: pl.Expr, actual: pl.Expr, expected: pl.Expr) -> None:
        """規則に合わない行を断る: take out the rows where `bad` is true, with a finding for each."""
        is_bad = bad.fill_null(False)
        bad_rows = self.rows.filter(is_bad)
        if bad_rows.is_empty():
            return
        bad_rows = bad_rows.select(
            RECORD_NO, actual.cast(pl.String).alias("actual_text"), expected.cast(pl.String).alias("expected_text")
        )
        self.flawed.update(bad_rows[RECORD_NO])
        for no, value, wanted in bad_rows.head(LISTED_PER_CODE).iter_rows():
            self.findings.append(Finding(Location(self.file, no, field=title), code, value or "", wanted or ""))
        if (unlisted := bad_rows.height - LISTED_PER_CODE) > 0:
            at = Location(self.file, int(bad_rows[RECORD_NO][-1]), field=title)
            self.findings.append(Finding(at, code, f"ほか{unlisted}件"))
        self.rows = self.rows.filter(~is_bad)
