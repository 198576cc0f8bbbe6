"""データベースの中で: records read in plain Python and put in by executemany, everything else is statements of SQL."""

from datetime import date
from itertools import count
from pathlib import Path

from elqr.vocabulary.terms import Outcome
from tests.bench.instead import reports
from tests.bench.instead.records import Record, opened, records

_FOUND = f"""
CREATE TEMP TABLE found AS
SELECT p.payment_no, p.paid_yen, p.paid_on, p.identity, p.occurrence_no, n.notice_no, n.procedure_code, n.levy_year,
  n.amount_yen, c.claim_no, p.paid_on > n.payable_until_on AS is_late,
  coalesce((SELECT sum(yen) FROM posting WHERE posting.claim_no = c.claim_no), 0) AS collected_yen,
  CASE
    WHEN n.notice_no IS NULL THEN '{Outcome.KEY_UNKNOWN}'
    WHEN p.check_no <> y.check_no THEN '{Outcome.CHECK_NO_DIFFERS}'
    WHEN p.item_no <> y.item_no OR p.office_code <> y.office_code THEN '{Outcome.ITEM_OR_OFFICE_DIFFERS}'
    WHEN p.paid_on < n.issued_on THEN '{Outcome.PAID_BEFORE_ISSUE}'
  END AS refused
FROM payment p
LEFT JOIN notice_key k ON k.key_kind = p.key_kind AND k.key_digits = p.key_digits
LEFT JOIN notice n ON n.notice_no = k.notice_no
LEFT JOIN notice_claim c ON c.notice_no = n.notice_no
LEFT JOIN payload y ON y.notice_no = n.notice_no
WHERE p.payment_no >= ?
"""
_DECIDED = f"""
CREATE TEMP TABLE decided AS
WITH offered AS (
  SELECT *, CASE WHEN refused IS NULL THEN paid_yen ELSE 0 END AS offered_yen FROM found
), standing AS (
  SELECT *, max(amount_yen - collected_yen - coalesce(sum(offered_yen) OVER (
    PARTITION BY claim_no ORDER BY paid_on, identity, occurrence_no
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0), 0) AS left_yen
  FROM offered
)
SELECT *, coalesce(min(offered_yen, left_yen), 0) AS claim_yen,
  CASE
    WHEN refused IS NOT NULL THEN refused
    WHEN left_yen = 0 THEN '{Outcome.ALREADY_SETTLED}'
    WHEN paid_yen > left_yen THEN '{Outcome.OVERPAID}'
    WHEN paid_yen < left_yen THEN '{Outcome.UNDERPAID}'
    WHEN is_late THEN '{Outcome.LATE}'
    ELSE '{Outcome.MATCHED}'
  END AS outcome,
  CAST(substr(paid_on, 1, 4) AS INTEGER) - (substr(paid_on, 6, 2) < '04') AS paid_year
FROM standing
"""
_IDENTITIES = """
INSERT INTO payment_identity (identity, stage, occurrence_no, variant, payment_no)
SELECT identity, stage, occurrence_no, '', payment_no FROM payment WHERE payment_no >= ?
ORDER BY identity, stage, occurrence_no
"""
_DECISIONS = f"""
INSERT INTO decision (payment_no, outcome, place, notice_no, procedure_code, claim_yen, suspense_yen, flags)
SELECT payment_no, outcome, CASE WHEN outcome IN ('{Outcome.MATCHED}', '{Outcome.LATE}') THEN 'posted' ELSE 'exception' END,
  notice_no, procedure_code, claim_yen, paid_yen - claim_yen, ''
FROM decided ORDER BY payment_no
"""
_POSTINGS = """
INSERT INTO posting
  (payment_no, account, claim_no, yen, fiscal_year, is_arrears, procedure_code, night_on, decided_by, reason)
SELECT payment_no, account, claim_no, yen, fiscal_year, is_arrears, procedure_code, ?, '夜間消込', '' FROM (
  SELECT payment_no, 'claim' AS account, claim_no, claim_yen AS yen, iif(is_own, levy_year, paid_year) AS fiscal_year,
    NOT is_own AS is_arrears, procedure_code
  FROM (SELECT *, levy_year >= paid_year
    OR (levy_year = paid_year - 1 AND substr(paid_on, 6, 2) IN ('04', '05')) AS is_own FROM decided)
  WHERE claim_yen > 0
  UNION ALL
  SELECT payment_no, 'suspense', NULL, paid_yen - claim_yen, paid_year, 0, procedure_code
  FROM decided WHERE paid_yen > claim_yen
) ORDER BY payment_no, account
"""


def run(ledger: Path, inbox: Path, night: date, out: Path) -> None:
    """一夜 in one transaction, and the reports."""
    connection = opened(ledger)
    first, last_file = connection.execute(
        "SELECT coalesce(max(payment_no), 0) + 1, coalesce(max(file_no), 0) FROM payment"
    ).fetchone()
    numbers = count(first)
    columns = (*Record._fields, "file_no", "payment_no")
    into = f"INSERT INTO payment ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    with connection:
        for file_no, path in enumerate(sorted(inbox.iterdir()), start=last_file + 1):
            connection.executemany(into, ((*own, file_no, next(numbers)) for own in records(path, night)))
        connection.execute(_FOUND, (first,))
        connection.execute(_DECIDED)
        connection.execute(_IDENTITIES, (first,))
        connection.execute(_DECISIONS)
        connection.execute(_POSTINGS, (night.isoformat(),))
    reports.write(connection, first, out)
