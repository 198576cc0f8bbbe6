"""What the night writes (記帳). Each function runs in the caller's transaction and only appends."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl
from sqlalchemy import Connection, func, insert, literal, select, update

from elqr.formats.payment_identity import ACCEPTED
from elqr.rules.notices import JudgedRows
from elqr.rules.totals import night_tallies
from elqr.store.db.bulk import insert_frame, next_no, number_rows
from elqr.store.entries.seals import Seal, seal
from elqr.store.queries.claim_entries import enter_entries
from elqr.store.queries.refused_rows import enter_refused
from elqr.store.queries.totals import enter_issue_tallies, enter_posting_tallies
from elqr.store.queries.undecided import OPEN
from elqr.store.tables import ledger as t
from elqr.store.tables.counted import counted_day
from elqr.store.tables.held_files import delivery_box
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.frames import Decision, Known, NoticeKey, Payload, Payment, Posting, Suggestion
from elqr.vocabulary.notice_frames import RefusedRow
from elqr.vocabulary.terms import FileStatus, KeyKind, Outcome

POSTING_ORDER = (Posting.CLAIM_NO, Posting.PAYMENT_NO)
"""仕訳の番号の順 within a night: by claim, so that the index of claims is written page by page; 仮受 last."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """受信ファイル: name and content hash of one delivery."""

    name: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """受信: a file that was delivered on a night, the spec that it was read by, and the count of its records."""

    delivered: Delivered
    night: date
    spec: str
    record_count: int = 0


@dataclass(frozen=True, slots=True)
class Entered:
    """取り込んだファイル: its number, the number of its first payment, the count of payments, and their yen."""

    file_no: int
    first_payment_no: int
    count: int
    yen: int

    def rows(self, payments: pl.DataFrame) -> pl.DataFrame:
        """収納 of the whole file as the ledger keeps them: frame Payment."""
        assert payments.height == self.count, "the whole file"
        rows = number_rows(payments, Payment.PAYMENT_NO, self.first_payment_no)
        return Payment.of(rows.with_columns(pl.lit(self.file_no).alias(Payment.FILE_NO)))


def _finding_rows(findings: Iterable[Finding]) -> pl.DataFrame:
    rows = [
        (
            no,
            finding.code.value,
            finding.at.record_no,
            finding.at.offset_bytes,
            finding.at.field,
            finding.actual,
            finding.expected,
        )
        for no, finding in enumerate(findings, start=1)
    ]
    names = ("line_no", "code", "record_no", "offset_bytes", "field", "actual", "expected")
    integers = ("line_no", "record_no", "offset_bytes")
    return pl.DataFrame(
        rows, schema={name: pl.Int64 if name in integers else pl.String for name in names}, orient="row"
    )


def enter_delivery(connection: Connection, receipt: Receipt, status: FileStatus, count: int = 0, yen: int = 0) -> int:
    """受信を記す, with count and yen of its payments. Returns its number."""
    delivery_no = next_no(connection, t.delivery.c.delivery_no)
    connection.execute(
        insert(t.delivery).values(
            delivery_no=delivery_no,
            sha256=receipt.delivered.sha256,
            name=receipt.delivered.name,
            night_on=receipt.night.isoformat(),
            status=status.value,
            spec=receipt.spec,
            payment_count=count,
            payment_yen=yen,
        )
    )
    return delivery_no


def enter_quarantine(connection: Connection, receipt: Receipt, findings: Iterable[Finding], box: str = "") -> None:
    """取込保留を記す with its findings, and its inbox where that is known."""
    delivery_no = enter_delivery(connection, receipt, FileStatus.QUARANTINED)
    insert_frame(connection, t.delivery_finding, _finding_rows(findings), delivery_no=delivery_no)
    if box:
        last = select(func.coalesce(func.max(t.notice_file.c.notice_file_no), 0)).scalar_subquery()
        row = {"delivery_no": delivery_no, "box": box, "notice_file_no": last}
        connection.execute(insert(delivery_box).values(**row))


def enter_content(connection: Connection, receipt: Receipt, count: int = 0, yen: int = 0) -> int:
    """ファイルを記す: content that is taken in, and its first delivery. Returns the file's number."""
    file_no = next_no(connection, t.file.c.file_no)
    connection.execute(
        insert(t.file).values(
            file_no=file_no,
            sha256=receipt.delivered.sha256,
            spec=receipt.spec,
            size_bytes=receipt.delivered.size_bytes,
            record_count=receipt.record_count,
            payment_count=count,
            payment_yen=yen,
        )
    )
    enter_delivery(connection, receipt, FileStatus.ACCEPTED, count, yen)
    return file_no


def enter_file(connection: Connection, receipt: Receipt, payments: Iterable[pl.DataFrame]) -> Entered:
    """ファイルを取り込む: the file, its delivery, and all its payments (frames PaymentContent, in order)."""
    file_no, first = next_no(connection, t.file.c.file_no), next_no(connection, t.payment.c.payment_no)
    count = yen = 0
    for part in payments:
        rows = number_rows(part, Payment.PAYMENT_NO, first + count)
        insert_frame(connection, t.payment, rows, file_no=file_no)
        count, yen = count + part.height, yen + int(part[Payment.PAID_YEN].sum())
    enter_content(connection, receipt, count, yen)
    return Entered(file_no, first, count, yen)


def enter_notices(connection: Connection, delivered: Delivered, judged: JudgedRows) -> None:
    """納付書を登録する: new claims, notices, keys, cancellations and entries, with the findings of the file."""
    file_no, night = judged.incoming.file_no, judged.incoming.night_on
    connection.execute(
        insert(t.notice_file).values(
            notice_file_no=file_no,
            sha256=delivered.sha256,
            name=delivered.name,
            night_on=night.isoformat(),
            rows_read=judged.rows_read,
            rows_new=judged.rows_new,
            rows_same=judged.rows_same,
            rows_bad=judged.rows_bad,
        )
    )
    insert_frame(connection, t.notice_finding, _finding_rows(judged.findings), notice_file_no=file_no)
    enter_refused(connection, file_no, night, judged.refused, judged.good)
    insert_frame(connection, t.claim, judged.claims)
    insert_frame(connection, t.notice, judged.notices.drop(RefusedRow.RECORD_NO))
    insert_frame(connection, t.notice_line, judged.lines)
    insert_frame(connection, t.notice_claim, judged.covers)
    insert_frame(connection, t.notice_key, judged.keys)
    insert_frame(
        connection, t.notice_cancel, judged.cancelled.notices, notice_file_no=file_no, night_on=night.isoformat()
    )
    insert_frame(connection, t.claim_cancel, judged.cancelled.claims)
    enter_entries(connection, judged.entries)


def take_serials(connection: Connection, count: int, name: str = "key_serial") -> int:
    """連番を取る: hands out `count` new serials. Returns the first."""
    last = connection.execute(select(t.counter.c.value).where(t.counter.c.name == name)).scalar_one_or_none()
    if last is None:
        connection.execute(insert(t.counter).values(name=name, value=count))
        return 1
    connection.execute(update(t.counter).where(t.counter.c.name == name).values(value=last + count))
    return int(last) + 1


def enter_payloads(connection: Connection, payloads: pl.DataFrame, upload: Mapping[str, object]) -> Seal:
    """eL-QRを発行する: frame Payload, keys not yet known, and the upload of both. Returns the payloads' seal."""
    connection.execute(insert(t.upload).values(**upload))
    insert_frame(connection, t.payload, payloads.select(*Payload.SCHEMA))
    enter_issue_tallies(connection, payloads)
    keys = payloads.filter("is_composed").select(
        pl.lit(KeyKind.ELQR.value).alias(NoticeKey.KEY_KIND),
        pl.col(Payload.KEY_NO).alias(NoticeKey.KEY_DIGITS),
        pl.lit("").alias(NoticeKey.REISSUE_NO),
        Payload.NOTICE_NO,
    )
    insert_frame(connection, t.notice_key, keys)
    return seal(t.payload, payloads)


def enter_decisions(
    connection: Connection,
    night: date,
    payments: pl.DataFrame,
    decisions: pl.DataFrame,
    postings: pl.DataFrame,
    suggestions: pl.DataFrame,
) -> dict[str, Seal]:
    """消込を記す: decisions, postings and suggestions of a night, and the files done. Returns seals by table."""
    insert_frame(connection, t.decision, decisions.select(*Decision.SCHEMA))
    rows = postings.select(*Posting.SCHEMA).sort(*POSTING_ORDER, nulls_last=True)
    rows = number_rows(rows, "posting_no", next_no(connection, t.posting.c.posting_no))
    constants = {"night_on": night.isoformat(), "decided_by": t.NIGHT, "reason": ""}
    insert_frame(connection, t.posting, rows, **constants)
    enter_posting_tallies(connection, night_tallies(postings, payments, night))
    insert_frame(connection, t.suggestion, suggestions.select(*Suggestion.SCHEMA))
    enter_decided_files(connection, night)
    return {"decision": seal(t.decision, decisions), "posting": seal(t.posting, rows, **constants)}


def enter_counted_days(connection: Connection, days: pl.DataFrame) -> None:
    """計上日を記す: frame CountedDay, with the decisions of the same payments."""
    insert_frame(connection, counted_day, days)


def enter_known(
    connection: Connection, payments: pl.DataFrame, decisions: pl.DataFrame, known_as: pl.DataFrame
) -> None:
    """既知の収納を記す for one night: later nights recognise repeats by them."""
    insert_frame(connection, t.payment_identity, events(payments, decisions, known_as))


def events(payments: pl.DataFrame, decisions: pl.DataFrame, known_as: pl.DataFrame) -> pl.DataFrame:
    """既知の収納になるもの: frame Known of all payments that are no repeats, in the order of the ledger's key.

    Where `known_as` (frame KnownAs) has a payment, its values replace those of the record.
    """
    first = decisions.filter(pl.col(Decision.OUTCOME) != Outcome.ALREADY_POSTED.value).select(Payment.PAYMENT_NO)
    rows = payments.select(
        Known.IDENTITY, Known.STAGE, Known.OCCURRENCE_NO, pl.lit(ACCEPTED).alias(Known.VARIANT), Known.PAYMENT_NO
    )
    known = rows.join(first, on=Payment.PAYMENT_NO, how="semi", maintain_order="left")
    if known_as.height:
        known = known.update(known_as, on=Payment.PAYMENT_NO)
    return known.sort(Known.IDENTITY, Known.STAGE, Known.OCCURRENCE_NO, Known.VARIANT)


def enter_decided_files(connection: Connection, night: date) -> None:
    """消込済ファイルを記す: every file that is still open."""
    open_files = select(t.file.c.file_no, literal(night.isoformat())).where(OPEN)
    connection.execute(insert(t.decided_file).from_select(["file_no", "night_on"], open_files))
