"""The ORM's night with a session as it is when nobody tunes it: relationships are loaded when they are touched, and what
was committed is read again when it is needed; a transaction for each record.
"""

from datetime import date
from pathlib import Path

from tests.bench.instead import orm


def run(ledger: Path, inbox: Path, night: date, out: Path) -> None:
    """一夜, one commit a record, no options."""
    orm.run(ledger, inbox, night, out, records_a_commit=1, is_tuned=False)
