"""Intake (取込): the bytes of one delivered file → payments or money received, or the findings that hold it back.

Pure: recognise, cut, decode, check. A file is trusted whole or not at all, because a total that omits
a record cannot be checked. A large file is read in pieces, twice: once to see that nothing is wrong or odd in it,
and once more for its payments. If something is, it is read whole, so that all of it is told; what is too large for that
is told by its first bad piece.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from elqr.formats.decode import Decoded, decode
from elqr.formats.deposits import deposits_of
from elqr.formats.intake.checks import RECORD_CHECKS, Totals, check, totals_findings, totals_of
from elqr.formats.payments import Occurrences, contents_of, hashes_of, identities_of, payments_of
from elqr.formats.pieces import Piece, Read, decode_piece, digest_of, is_odd, kinds_of, own_records, pieces
from elqr.formats.recognize import recognize, recognize_head
from elqr.formats.sequence import Kinds, groups_twice, sequence
from elqr.formats.spec import Spec
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location, of_file_made_by
from elqr.vocabulary.limits import HEAD_BYTES, LINE, WHOLE


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
    specs = tuple(specs)
    spec, findings = recognize(data, specs, name, received_on)
    if spec is None:
        makers = {own.made_by for own in specs}
        return Intake("", 0, None, of_file_made_by(findings, makers.pop() if len(makers) == 1 else ""))
    decoded = decode(data, spec, name, received_on)
    findings = tuple(check(decoded, name, received_on))
    if findings:
        return Intake(spec.name, decoded.record_count, None, findings)
    if spec.purpose == "money":
        return Intake(spec.name, decoded.record_count, None, (), deposits_of(decoded))
    return Intake(spec.name, decoded.record_count, payments_of(decoded), ())


@dataclass(frozen=True, slots=True)
class LargeIntake:
    """大きなファイルの取込: nothing is wrong with the file, and these are the pieces to read its payments in."""

    spec: Spec
    record_count: int
    pieces: tuple[Piece, ...]
    hashes: tuple[pl.Series, ...]

    def payments(self, read: Read, name: str, received_on: date) -> Iterator[pl.DataFrame]:
        """収納データ: frames `PaymentContent`, one a piece, in file order."""
        occurrences = Occurrences.among(self.hashes)
        for piece in self.pieces:
            decoded = decode_piece(piece, read(piece.start, piece.size), self.spec, name, received_on)
            assert not decoded.findings, "the file is what it was when it was looked at"
            yield occurrences.counted(contents_of(decoded))


def take_large(
    read: Read, size: int, name: str, specs: Iterable[Spec], received_on: date, most_bytes: int
) -> LargeIntake | Intake:
    """A large file, piece by piece; an Intake with the first of its findings when something is wrong or odd in it.

    What is only odd may still be good when it is read whole.
    """
    specs = tuple(specs)
    spec, findings = recognize_head(read(0, HEAD_BYTES), specs, name, received_on)
    if spec is None:
        return Intake("", 0, None, findings)
    if spec.payment is None or _opens_group(spec):
        return _only_whole(name, size, spec, 0)
    seen = _Seen()
    for piece, body in pieces(read, size, spec, most_bytes):
        decoded = decode_piece(piece, body, spec, name, received_on)
        findings = decoded.findings or seen.add(piece, decoded, name, received_on)
        if findings or is_odd(decoded, piece) or len(seen.ways) > 1:
            return Intake(spec.name, 0, None, findings) if findings else _only_whole(name, size, spec, piece.records)
    if not seen.pieces or not seen.pieces[-1].is_last:
        return _not_cut(read, size, name, spec, seen)
    if findings := seen.findings(read, spec, name):
        return Intake(spec.name, sum(map(len, seen.kinds)), None, findings)
    return LargeIntake(spec, sum(map(len, seen.kinds)), tuple(seen.pieces), tuple(seen.hashes))


def _only_whole(name: str, size: int, spec: Spec, records: int) -> Intake:
    """What can only be judged whole, and is too large for that."""
    at = Location(name, records + 1 if records else 0)
    said = f"{size:,}バイトの、少しずつ読めない形（引用符、EBCDIC、BOM、空白を落とした行など）"
    return Intake(spec.name, 0, None, (Finding(at, Code.TOO_LARGE, said, f"{WHOLE.most:,}バイト以下"),))


def _not_cut(read: Read, size: int, name: str, spec: Spec, seen: "_Seen") -> Intake:
    """Where the pieces end before the file does: at a line without an end, or at quotes."""
    start = seen.pieces[-1].start + seen.pieces[-1].size if seen.pieces else 0
    records = sum(map(len, seen.kinds))
    if spec.layout == "csv" and size - start > LINE.most and b"\n" not in read(start, LINE.most + 1):
        said = (f"{LINE.most:,}バイトより長い行", f"{LINE.most:,}バイト以下の行")
        return Intake(spec.name, 0, None, (Finding(Location(name, records + 1), Code.RECORD_LENGTH, *said),))
    return _only_whole(name, size, spec, records)


@dataclass(slots=True)
class _Seen:
    """What is kept of the pieces of a file until all of it has been seen."""

    pieces: list[Piece] = field(default_factory=list)
    kinds: list[Kinds] = field(default_factory=list)
    totals: list[Totals] = field(default_factory=list)
    hashes: list[pl.Series] = field(default_factory=list)
    ways: set[tuple[str, str]] = field(default_factory=set)

    def add(self, piece: Piece, decoded: Decoded, name: str, received_on: date) -> tuple[Finding, ...]:
        """Keeps what the whole file is judged by; returns what rules its records break."""
        own = own_records(decoded, piece)
        self.pieces.append(piece)
        self.kinds.append(kinds_of(own, piece))
        self.totals.append(totals_of(own))
        self.hashes.append(hashes_of(identities_of(decoded)))
        self.ways.add((decoded.charset, decoded.line_end))
        return tuple(sorted(finding for rule in RECORD_CHECKS for finding in rule(own, name, received_on)))

    def findings(self, read: Read, spec: Spec, name: str) -> tuple[Finding, ...]:
        """The order of records, groups that stand twice, and the totals: what only the whole file can tell."""
        order = sequence(np.concatenate(self.kinds), spec, name, str)
        digest = digest_of(read, self.pieces[0].step, spec.record_bytes or 0)
        twice = order.findings or tuple(groups_twice(order, spec, name, digest))
        return twice or tuple(totals_findings(spec, self.totals, name))


def _opens_group(spec: Spec) -> bool:
    """Whether the payments themselves open groups: then no record stands over them."""
    assert spec.payment is not None
    return any(record.opens_group for record in spec.record if record.name == spec.payment.record)
