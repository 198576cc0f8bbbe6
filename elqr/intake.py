"""Intake (取込): the bytes of one delivered file → payments or money received, or the findings that hold it back.

Pure: recognise, cut, decode, check. A file is trusted whole or not at all, because a total that omits
a record cannot be checked.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import polars as pl

from elqr.checks import check
from elqr.findings import Finding
from elqr.formats.decode import decode
from elqr.formats.deposits import deposits_of
from elqr.formats.payments import payments_of
from elqr.formats.recognize import recognize
from elqr.formats.spec import Spec


@dataclass(frozen=True, slots=True)
class Intake:
    """取込の判定: when `findings` is empty payments (frame PaymentContent) or deposits (frame DepositContent)."""

    spec_name: str
    record_count: int
    payments: pl.DataFrame | None
    findings: tuple[Finding, ...]
    deposits: pl.DataFrame | None = None


def take(data: bytes, name: str, specs: Iterable[Spec], received_on: date) -> Intake:
    """One file through all its tiers; the first tier that fires is the last that runs."""
    spec, findings = recognize(data, specs, name, received_on)
    if spec is None:
        return Intake("", 0, None, findings)
    decoded = decode(data, spec, name, received_on)
    findings = tuple(check(decoded, name, received_on))
    if findings:
        return Intake(spec.name, decoded.record_count, None, findings)
    if spec.purpose == "money":
        return Intake(spec.name, decoded.record_count, None, (), deposits_of(decoded))
    return Intake(spec.name, decoded.record_count, payments_of(decoded), ())
