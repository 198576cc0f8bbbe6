"""Intake (取込): the bytes of one delivered file → payments or money received, or the findings that hold it back.

Pure: recognise, cut, decode, check. A file is trusted whole or not at all, because a total that omits
a record cannot be checked. A large file is read in pieces, twice: once to make sure that nothing in it is wrong or
odd, and once more for its payments. If something is, the file is read whole, so that everything is reported; for a file
that is too large for that, the findings of the first bad piece are reported.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from elqr.formats.claims import claims_of
from elqr.formats.decode import Decoded, decode
from elqr.formats.deposits import deposits_of
from elqr.formats.intake.checks import RECORD_CHECKS, Totals, check, totals_findings, totals_of
from elqr.formats.payments import Occurrences, contents_of, hashes_of, identities_of, payments_of
from elqr.formats.pieces import Piece, Read, decode_piece, digest_of, is_odd, kinds_of, pieces, records_of_piece
from elqr.formats.recognize import recognize, recognize_head
from elqr.formats.sequence import Kinds, find_repeated_groups, sequence
from elqr.formats.spec import Spec
from elqr.formats.statuses import statuses_of
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location, of_file_made_by
from elqr.vocabulary.limits import HEAD_BYTES, LINE, WHOLE


@dataclass(frozen=True, slots=True)
class Intake:
    """取込の判定: findings, or else payments, deposits, claims or reasons not to remind.

    These are frames PaymentContent, DepositContent, ClaimStateContent and StatusContent.
    """

    spec_name: str
    record_count: int
    payments: pl.DataFrame | None
    findings: tuple[Finding, ...]
    deposits: pl.DataFrame | None = None
    claims: pl.DataFrame | None = None
    statuses: pl.DataFrame | None = None


def judge_file(data: bytes, name: str, specs: Iterable[Spec], received_on: date) -> Intake:
    """取り込む: one file through all tiers of checks; the first tier with findings is the last that runs."""
    specs = tuple(specs)
    spec, findings = recognize(data, specs, name, received_on)
    if spec is None:
        makers = {each.made_by for each in specs}
        return Intake("", 0, None, of_file_made_by(findings, makers.pop() if len(makers) == 1 else ""))
    decoded = decode(data, spec, name, received_on)
    findings = tuple(check(decoded, name, received_on))
    if findings:
        return Intake(spec.name, decoded.record_count, None, findings)
    if spec.purpose == "money":
        return Intake(spec.name, decoded.record_count, None, (), deposits_of(decoded))
    if spec.status is not None:
        return Intake(spec.name, decoded.record_count, None, (), statuses=statuses_of(decoded))
    if spec.purpose == "claim":
        return Intake(spec.name, decoded.record_count, None, (), claims=claims_of(decoded))
    return Intake(spec.name, decoded.record_count, payments_of(decoded), ())


@dataclass(frozen=True, slots=True)
class LargeIntake:
    """大きなファイルの取込: a file without findings, and the pieces in which its payments are read."""

    spec: Spec
    record_count: int
    pieces: tuple[Piece, ...]
    hashes: tuple[pl.Series, ...]

    def payments(self, read: Read, name: str, received_on: date) -> Iterator[pl.DataFrame]:
        """収納データ: frames `PaymentContent`, one per piece, in file order."""
        occurrences = Occurrences.among(self.hashes)
        for piece in self.pieces:
            decoded = decode_piece(piece, read(piece.start, piece.size), self.spec, name, received_on)
            assert not decoded.findings, "the file has not changed since it was checked"
            yield occurrences.add_numbers(contents_of(decoded))


def judge_large_file(
    read: Read, size: int, name: str, specs: Iterable[Spec], received_on: date, most_bytes: int
) -> LargeIntake | Intake:
    """大きなファイルを少しずつ取り込む: an Intake with the first findings when something in it is wrong or odd.

    A file that is only odd may still be accepted when it is read whole.
    """
    specs = tuple(specs)
    spec, findings = recognize_head(read(0, HEAD_BYTES), specs, name, received_on)
    if spec is None:
        return Intake("", 0, None, findings)
    if spec.payment is None or spec.two_people or _opens_group(spec):
        return _refuse_too_large(name, size, spec, 0)
    seen = _Seen()
    for piece, body in pieces(read, size, spec, most_bytes):
        decoded = decode_piece(piece, body, spec, name, received_on)
        findings = decoded.findings or seen.add(piece, decoded, name, received_on)
        if findings or is_odd(decoded, piece) or len(seen.ways) > 1:
            too_large = _refuse_too_large(name, size, spec, piece.records)
            return Intake(spec.name, 0, None, findings) if findings else too_large
    if not seen.pieces or not seen.pieces[-1].is_last:
        return _refuse_uncut(read, size, name, spec, seen)
    if findings := seen.findings(read, spec, name):
        return Intake(spec.name, sum(map(len, seen.kinds)), None, findings)
    return LargeIntake(spec, sum(map(len, seen.kinds)), tuple(seen.pieces), tuple(seen.hashes))


def _refuse_too_large(name: str, size: int, spec: Spec, records: int) -> Intake:
    """Refuse a file that can only be judged whole and is too large for that."""
    at = Location(name, records + 1 if records else 0)
    actual = f"{size:,}バイトの、少しずつ読めない形（引用符、EBCDIC、BOM、空白を落とした行など）"
    return Intake(spec.name, 0, None, (Finding(at, Code.TOO_LARGE, actual, f"{WHOLE.most:,}バイト以下"),))


def _refuse_uncut(read: Read, size: int, name: str, spec: Spec, seen: "_Seen") -> Intake:
    """Refuse a file whose pieces end before the file does: at a line without an end, or at quotes."""
    start = seen.pieces[-1].start + seen.pieces[-1].size if seen.pieces else 0
    records = sum(map(len, seen.kinds))
    if spec.layout == "csv" and size - start > LINE.most and b"\n" not in read(start, LINE.most + 1):
        words = (f"{LINE.most:,}バイトより長い行", f"{LINE.most:,}バイト以下の行")
        return Intake(spec.name, 0, None, (Finding(Location(name, records + 1), Code.RECORD_LENGTH, *words),))
    return _refuse_too_large(name, size, spec, records)


@dataclass(slots=True)
class _Seen:
    """What is kept of the pieces of a file until all have been read."""

    pieces: list[Piece] = field(default_factory=list)
    kinds: list[Kinds] = field(default_factory=list)
    totals: list[Totals] = field(default_factory=list)
    hashes: list[pl.Series] = field(default_factory=list)
    ways: set[tuple[str, str]] = field(default_factory=set)

    def add(self, piece: Piece, decoded: Decoded, name: str, received_on: date) -> tuple[Finding, ...]:
        """Keep what is needed to judge the whole file; returns findings about single records."""
        records = records_of_piece(decoded, piece)
        self.pieces.append(piece)
        self.kinds.append(kinds_of(records, piece))
        self.totals.append(totals_of(records))
        self.hashes.append(hashes_of(identities_of(decoded)))
        self.ways.add((decoded.charset, decoded.line_end))
        return tuple(sorted(finding for rule in RECORD_CHECKS for finding in rule(records, name, received_on)))

    def findings(self, read: Read, spec: Spec, name: str) -> tuple[Finding, ...]:
        """Findings about the whole file: the order of records, repeated groups, and totals."""
        order = sequence(np.concatenate(self.kinds), spec, name, str)
        digest = digest_of(read, self.pieces[0].step, spec.record_bytes or 0)
        twice = order.findings or tuple(find_repeated_groups(order, spec, name, digest))
        return twice or tuple(totals_findings(spec, self.totals, name))


def _opens_group(spec: Spec) -> bool:
    """Whether the payments themselves open groups, so that no record is above them."""
    assert spec.payment is not None
    return any(record.opens_group for record in spec.record if record.name == spec.payment.record)
