"""The ORM's night with a transaction for each record, as an entry desk does it: what is taken stays, whatever follows."""

from datetime import date
from pathlib import Path

from tests.bench.instead import orm


def run(ledger: Path, inbox: Path, night: date, out: Path) -> None:
    """一夜, one commit a record."""
    orm.run(ledger, inbox, night, out, records_a_commit=1)
