"""The reading of notice files (納付書データの読み直し): kept content as it is read now, or as it was taken in.

A CSV in a spreadsheet's writing was once read to the letter, and its loose rows were refused. What the ledger says of
such a file agrees with that reading, so both are tried.
"""

from collections.abc import Callable
from datetime import date

from elqr.audit.verification.audit import Audit
from elqr.formats.book import ZIP
from elqr.formats.decode import Decoded, decode


def read_notices(audit: Audit, data: bytes, name: str, night_on: date, fits: Callable[[Decoded], bool]) -> Decoded:
    """納付書データを読み直す: the reading that `fits` the ledger, else as it is read now."""
    spec = audit.session.notice_spec
    decoded = decode(data, spec, name, night_on)
    if fits(decoded) or not decoded.sheet or data.startswith(ZIP):
        return decoded
    to_the_letter = decode(data, spec.model_copy(update={"spreadsheet": False}), name, night_on)
    return to_the_letter if fits(to_the_letter) else decoded
