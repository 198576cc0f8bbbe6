"""Claim inquiry (調定の照会): the claims behind a number that somebody has in hand, however it is written."""

import unicodedata

import polars as pl

from elqr.arithmetic.plain_number import plain_number
from elqr.issue.layout import DIGITS
from elqr.issue.reading import read_payload
from elqr.report.claim_card import LookedUp
from elqr.rules.claim_items import collected_items
from elqr.session.session import Session
from elqr.store.queries import claim_lookup as queries
from elqr.store.queries.claim_items import item_frames, itemised
from elqr.store.queries.review_trail import rulings_on
from elqr.vocabulary.frames import Claim, Notice

_BARCODE_DIGITS = 44
BARCODE_KEY = slice(2, 29)
"""What of a bar code's 44 digits names the notice. Source: specs/gs1_128.toml."""
"""A GS1-128 of 44 digits names a notice by issuer, company and the city's number. Source: specs/gs1_128.toml."""


def look_up_claims(
    session: Session, number: str, procedure_code: str | None = None, installment_no: int | None = None
) -> LookedUp:
    """調定を照会する by 通知書番号 or by any key, with or without spaces, hyphens and full-width digits.

    Also by all digits of a bar code or of an eL-QR. `procedure_code` and `installment_no` narrow the claims of a
    通知書番号. What comes back is empty when nothing is known by the number.
    """
    numbers = _ways_to_read(number)
    with session.ledger.transaction() as connection:
        of_bill = queries.claims_of_bills(connection, pl.Series(numbers[:1]))
        for column, value in ((Claim.PROCEDURE_CODE, procedure_code), (Claim.INSTALLMENT_NO, installment_no)):
            of_bill = of_bill if value is None else of_bill.filter(pl.col(column) == value)
        of_key = queries.claims_of_key(connection, numbers)
        return claims_in_full(session, pl.concat([of_bill.select(Claim.CLAIM_NO), of_key]))


def claims_in_full(session: Session, claims: pl.DataFrame) -> LookedUp:
    """調定のすべて of claims (claim_no): what is owed, the notices, and the payments with their rulings."""
    connection = session.ledger.connection
    frames = item_frames(connection, itemised(connection, claims))
    payments = queries.claim_payments(connection, claims)
    return LookedUp(
        queries.claim_cards(connection, claims),
        queries.card_entries(connection, claims),
        collected_items(frames.posted),
        queries.claim_notices(connection, claims),
        payments,
        rulings_on(connection, payments),
    )


def _ways_to_read(number: str) -> tuple[str, ...]:
    """番号の読み方: the number alone, then what a bar code or an eL-QR of these digits names, then the text itself."""
    digits = plain_number(number)
    ways = [digits]
    if digits.isdecimal() and len(digits) == _BARCODE_DIGITS:
        ways.append(digits[BARCODE_KEY])
    if digits.isdecimal() and len(digits) == DIGITS and (key_no := read_payload(digits).values[Notice.KEY_NO]):
        ways.append(str(key_no))
    ways.append(unicodedata.normalize("NFKC", number).strip())
    return tuple(ways)
