"""Payouts by a file (財務会計のファイルの還付の支払): what accounting paid, or got back, becomes one request.

The file is read by its spec, and each row is compared with the ledger: a row that cannot be right is refused singly.
Where the spec has totals, a file that does not agree with them, or cannot be read whole, is refused whole.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from elqr.approvals.review import Requested, enter_review, proposals_of, signed_rows
from elqr.approvals.ruling_state import with_state_to_pay_out
from elqr.disk.content import sha256_of
from elqr.formats.decode import decode
from elqr.formats.foreign import foreign_kind
from elqr.formats.intake.checks import control_totals
from elqr.formats.recognize import recognize
from elqr.formats.refunds import refunds_of
from elqr.rules.row_rules import JudgedRows
from elqr.rules.stated_payouts import KnownPayouts, judge_stated, with_payments
from elqr.session.session import Session
from elqr.store.queries.payouts import decided_refunds, recorded_steps
from elqr.vocabulary.codes import Code
from elqr.vocabulary.findings import Finding, Location, of_file_made_by
from elqr.vocabulary.frames import Ruled
from elqr.vocabulary.limits import HEAD_BYTES
from elqr.vocabulary.ruling_frames import Payout, StatedPayout
from elqr.vocabulary.ruling_terms import PAID_BY_FILE, ReviewKind, Ruling
from elqr.vocabulary.signature import Signature

_MADE_BY = "accounting"


@dataclass(frozen=True, slots=True)
class RequestedByFile:
    """ファイルの申請の結果: the request, and count and yen of each step in it."""

    requested: Requested
    steps: Mapping[Ruling, tuple[int, int]]


def request_from_file(session: Session, name: str, data: bytes, signature: Signature) -> RequestedByFile:
    """還付の支払のファイルを取り込む: the good rows become one request, whose source is the file.

    Rows that are recorded already, or wait for approval, are counted and not requested twice.
    """
    stated, unread = _read(session, name, data)
    with session.ledger.transaction():
        session.refuse_earlier_day()
        judged = _judge(session, name, stated)
        findings = tuple(sorted([*unread, *of_file_made_by(judged.findings, _MADE_BY)]))
        good = judged.good
        review_no = _enter(session, good, (name, sha256_of(data)), signature) if good.height else 0
    sums = good.group_by(StatedPayout.RULING).agg(pl.len(), pl.col(StatedPayout.YEN).sum())
    by_step = {Ruling(step): (count, int(yen)) for step, count, yen in sums.iter_rows()}
    yen = int(good[StatedPayout.YEN].sum())
    requested = Requested(review_no, good.height, yen, judged.same, findings)
    return RequestedByFile(requested, {step: by_step.get(step, (0, 0)) for step in PAID_BY_FILE})


def _read(session: Session, name: str, data: bytes) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """ファイルを読む: frame StatedPayout of what can be read and trusted, and findings about the rest."""
    specs = [spec for spec in session.specs.values() if spec.purpose == "refund"]
    spec, findings = recognize(data, specs, name, session.night_on)
    if spec is None:
        # What a foreign file is told elsewhere is for those who send payments.
        if kind := foreign_kind(data[:HEAD_BYTES]):
            names = "・".join(f"{wanted.name}（{wanted.title}）" for wanted in specs)
            findings = (Finding(Location(name), Code.FORMAT_UNKNOWN, kind, names),)
        return StatedPayout.empty(), of_file_made_by(findings, _MADE_BY)
    decoded = decode(data, spec, name, session.night_on)
    findings = decoded.findings or tuple(control_totals(decoded, name, session.night_on))
    is_trusted = decoded.tables and not (findings and spec.control)
    return refunds_of(decoded) if is_trusted else StatedPayout.empty(), findings


def _judge(session: Session, name: str, stated: pl.DataFrame) -> JudgedRows:
    connection = session.ledger.connection
    decided = decided_refunds(connection)
    rows = with_payments(stated, decided)
    drafts = with_state_to_pay_out(session, tuple(rows[Ruled.PAYMENT_NO].drop_nulls()))
    known = KnownPayouts(drafts, recorded_steps(connection, drafts), decided)
    return judge_stated(rows, known, session.night_on, name)


def _enter(session: Session, rows: pl.DataFrame, source: tuple[str, str], signature: Signature) -> int:
    """申請を記す, of good rows. Returns its number."""
    entries = rows.select(
        Ruled.PAYMENT_NO,
        Payout.DONE_ON,
        Payout.NUMBER,
        pl.lit(0).alias(Payout.INTEREST_YEN),
        pl.lit("").alias(Payout.PAYEE_REF),
    )
    request_row = {"kind": ReviewKind.PAYOUT.value, "source": source[0], "sha256": source[1]}
    return enter_review(session, request_row, proposals_of(signed_rows(rows, signature)), signature, entries)
