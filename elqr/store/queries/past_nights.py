"""The past (過去の夜): a ledger as it was before a night, what came on each night, and the results."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
from sqlalchemy import ColumnElement, Connection, Table, and_, exists, func, or_, select, union

from elqr.issue.keys import KEY_DIGITS
from elqr.store.db.bulk import insert_frame, read_frame, select_named
from elqr.store.entries.seals import schema_of
from elqr.store.queries.item_orders import orders_on
from elqr.store.queries.ledger_identity import skip_serials
from elqr.store.tables import ledger as t
from elqr.store.tables import reviews as r
from elqr.store.tables import typed_batches as b
from elqr.store.tables.arrears import claim_fee
from elqr.store.tables.claim_files import claim_file, claim_state, reminder_status
from elqr.store.tables.held_files import delivery_box
from elqr.store.tables.item_orders import item_order
from elqr.store.tables.reviews import ruling_result
from elqr.store.tables.totals import issue_tally, posting_tally
from elqr.vocabulary.claim_frames import ClaimFee
from elqr.vocabulary.codes import Code
from elqr.vocabulary.frames import ClaimKey, Decision, Notice, Payment
from elqr.vocabulary.ruling_terms import RulingResult
from elqr.vocabulary.terms import FileStatus, KeyKind


@dataclass(frozen=True, slots=True)
class PastNight:
    """過去の一夜: what came, by name and content hash, deliveries also with the spec by which they were read.

    A notice file also says whether the import of this content was taken back then. `fees` has those that were charged
    or taken back before the first of these files, and after each: frame ClaimFee with the keys of the claims. `orders`
    are the orders of items that held on the night, by procedure; None where those of the register are to count.
    """

    night_on: date
    notice_files: tuple[tuple[str, str, bool], ...]
    fees: tuple[pl.DataFrame, ...]
    deliveries: tuple[tuple[str, str, str], ...]
    issued: bool
    orders: dict[str, str] | None


def copy_before(source: Connection, target: Connection, day: date, serial_digits: int) -> None:
    """その夜の前の台帳を写す into an empty ledger: what nights before `day` took in, issued, decided and posted.

    Leaves out what no outcome depends on: prints, exports, money and reviews, but not the rulings behind postings.
    Leaves out closed months, too, so that their nights can run again.
    """
    for table, condition in _parts(day.isoformat()):
        insert_frame(target, table, read_frame(source, select(*table.c).where(condition), schema_of(table)))
    _copy_confirmations(source, target)
    serial = func.max(func.substr(t.payload.c.key_no, KEY_DIGITS + 1 - serial_digits))
    serials = select(serial).join(t.notice, t.notice.c.notice_no == t.payload.c.notice_no)
    if last := target.execute(serials.where(t.notice.c.key_no.is_(None))).scalar_one():
        skip_serials(target, int(last))


def _parts(day: str) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    notice_files = select(t.notice_file.c.notice_file_no).where(t.notice_file.c.night_on < day)
    notices = select(t.notice.c.notice_no).where(t.notice.c.notice_file_no.in_(notice_files))
    keyed = select(t.notice.c.notice_no).where(t.notice.c.key_no.is_not(None))
    uploads = select(t.upload.c.upload_no).where(t.upload.c.night_on < day)
    issued = select(t.payload.c.notice_no).where(t.payload.c.upload_no.in_(uploads))
    accepted = and_(t.delivery.c.status == FileStatus.ACCEPTED.value, t.delivery.c.night_on < day)
    contents = select(t.delivery.c.sha256).where(accepted)
    files = select(t.file.c.file_no).where(t.file.c.sha256.in_(contents))
    decided = select(t.decided_file.c.file_no).where(t.decided_file.c.night_on < day)
    payments = select(t.payment.c.payment_no).where(t.payment.c.file_no.in_(decided))
    key, covers = t.notice_key.c, t.notice_claim.c
    yield t.notice_file, t.notice_file.c.night_on < day
    claim_files = select(claim_file.c.file_no).where(claim_file.c.night_on < day)
    stated = select(claim_state.c.claim_no).where(claim_state.c.file_no.in_(claim_files))
    asked = select(covers.claim_no).where(covers.notice_no.in_(notices))
    yield t.claim, or_(t.claim.c.claim_no.in_(asked), t.claim.c.claim_no.in_(stated))
    yield t.claim_entry, t.claim_entry.c.night_on < day
    yield claim_fee, claim_fee.c.night_on < day
    yield t.notice, t.notice.c.notice_no.in_(notices)
    yield t.notice_line, t.notice_line.c.notice_no.in_(notices)
    yield t.notice_claim, covers.notice_no.in_(notices)
    has_key = or_(key.key_kind != KeyKind.ELQR.value, key.notice_no.in_(keyed), key.notice_no.in_(issued))
    yield t.notice_key, and_(key.notice_no.in_(notices), has_key)
    yield t.notice_cancel, t.notice_cancel.c.night_on < day
    yield t.claim_cancel, t.claim_cancel.c.night_on < day
    yield t.upload, t.upload.c.night_on < day
    yield t.payload, t.payload.c.upload_no.in_(uploads)
    yield issue_tally, issue_tally.c.upload_no.in_(select(t.upload.c.upload_no).where(t.upload.c.night_on < day))
    yield t.file, t.file.c.file_no.in_(files)
    yield claim_file, claim_file.c.night_on < day
    yield claim_state, claim_state.c.file_no.in_(claim_files)
    yield reminder_status, reminder_status.c.file_no.in_(claim_files)
    yield t.delivery, t.delivery.c.night_on < day
    delivered = select(t.delivery.c.delivery_no).where(t.delivery.c.night_on < day)
    yield delivery_box, delivery_box.c.delivery_no.in_(delivered)
    yield t.payment, t.payment.c.file_no.in_(files)
    yield t.decided_file, t.decided_file.c.night_on < day
    yield t.payment_identity, t.payment_identity.c.payment_no.in_(payments)
    yield t.decision, t.decision.c.payment_no.in_(payments)
    yield item_order, item_order.c.night_on < day
    yield t.posting, t.posting.c.night_on < day
    yield posting_tally, posting_tally.c.night_on < day
    yield from _paid_notices(day)


def _copy_confirmations(source: Connection, target: Connection) -> None:
    """手で打った束の確認を写す: of the batches that were taken in, each from the night that took it in.

    On an earlier night it was not there yet. The day of the approval does not say that: the night of that day may have
    run before it.
    """
    batch, step, delivery = b.typed_batch.c, b.typed_batch_step.c, t.delivery.c
    taken_in_on = (
        select(func.min(delivery.night_on))
        .where(delivery.sha256 == batch.sha256, delivery.status == FileStatus.ACCEPTED.value)
        .scalar_subquery()
    )
    is_approved = and_(step.result == RulingResult.APPROVED.value, taken_in_on.is_not(None))
    for table, night_on in ((b.typed_batch, batch.night_on), (b.typed_batch_step, taken_in_on)):
        columns = (night_on.label(column.name) if column.name == "night_on" else column for column in table.c)
        query = select(*columns).select_from(b.typed_batch).join(b.typed_batch_step, step.batch_no == batch.batch_no)
        insert_frame(target, table, read_frame(source, query.where(is_approved), schema_of(table)))


def _paid_notices(day: str) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """どの納付書を納めたか: as rulings and reductions say, and so what a notice for a part still asks."""
    posted = select(t.posting.c.posting_no).where(t.posting.c.night_on < day)
    by_ruling, reduced = r.ruling_posting.c.posting_no.in_(posted), r.reduced_posting.c.posting_no.in_(posted)
    behind = union(
        select(r.ruling_posting.c.ruling_no).where(by_ruling),
        select(r.reduced_posting.c.after_ruling_no).where(reduced, r.reduced_posting.c.after_ruling_no.is_not(None)),
    )
    yield r.ruling, r.ruling.c.ruling_no.in_(behind)
    yield r.ruling_posting, by_ruling
    yield r.reduced_posting, reduced


def _is_within(night_on: ColumnElement[str], since: date, until: date) -> ColumnElement[bool]:
    """Both days included. PostgreSQL 15 rejects BETWEEN with the collation of our text."""
    return and_(night_on >= since.isoformat(), night_on <= until.isoformat())


def nights(connection: Connection, since: date, until: date) -> list[PastNight]:
    """過去の夜 between two days, each with what came on it, in order."""
    days: set[str] = set()
    for table in (t.notice_file, t.upload, t.delivery, t.decided_file, claim_fee):
        query = select(table.c.night_on).where(_is_within(table.c.night_on, since, until)).distinct()
        days |= set(connection.execute(query).scalars())
    return [_read_night(connection, day) for day in sorted(days)]


def _read_night(connection: Connection, day: str) -> PastNight:
    file, delivery = t.notice_file.c, t.delivery.c
    columns = (file.notice_file_no, file.name, file.sha256, file.retracts_no.is_not(None))
    imported = connection.execute(select(*columns).where(file.night_on == day).order_by(file.notice_file_no)).all()
    delivered = select(delivery.name, delivery.sha256, delivery.spec).where(delivery.night_on == day)
    issued = select(exists().where(t.upload.c.night_on == day))
    return PastNight(
        date.fromisoformat(day),
        tuple((name, sha256, is_retracted) for _, name, sha256, is_retracted in imported),
        tuple(_read_fees(connection, day, [number for number, *_ in imported])),
        tuple(tuple(row) for row in connection.execute(delivered.order_by(delivery.delivery_no))),
        bool(connection.execute(issued).scalar_one()),
        orders_on(connection, date.fromisoformat(day)),
    )


def _read_fees(connection: Connection, day: str, file_nos: Sequence[int]) -> Iterator[pl.DataFrame]:
    """督促手数料 of a day by their place: before the first of its notice files, and after each."""
    fee = claim_fee.c
    columns = {**{name: fee[name] for name in ClaimFee.SCHEMA}, **{name: t.claim.c[name] for name in ClaimKey.SCHEMA}}
    query = select_named(columns).join(t.claim, t.claim.c.claim_no == fee.claim_no).where(fee.night_on == day)
    rows = read_frame(connection, query.order_by(fee.fee_no), ClaimFee.SCHEMA | ClaimKey.SCHEMA)
    place = pl.Series(file_nos, dtype=pl.Int64).search_sorted(rows[ClaimFee.NOTICES_UPTO], side="right")
    for number in range(len(file_nos) + 1):
        yield rows.filter(place == number)


def held_before(connection: Connection, day: date) -> list[tuple[str, str, str]]:
    """取込保留のまま before a night: (name, sha256, spec) of the files that waited in the inbox.

    A file that was taken in later under whatever name, or replaced by another of its name, no longer waits.
    """
    delivery, later = t.delivery.c, t.delivery.alias("later").c
    taken = exists().where(
        later.sha256 == delivery.sha256, later.status != FileStatus.QUARANTINED.value, later.night_on < day.isoformat()
    )
    replaced = exists().where(
        later.name == delivery.name,
        later.sha256 != delivery.sha256,
        later.delivery_no > delivery.delivery_no,
        later.night_on < day.isoformat(),
    )
    query = select(delivery.name, delivery.sha256, func.max(delivery.spec)).where(
        delivery.status == FileStatus.QUARANTINED.value, delivery.night_on < day.isoformat(), ~taken, ~replaced
    )
    return [
        tuple(row) for row in connection.execute(query.group_by(delivery.name, delivery.sha256).order_by(delivery.name))
    ]


def never_read(connection: Connection) -> set[tuple[str, str]]:
    """読まなかったもの by (name, sha256): folders, links, and files that were too large or still being written."""
    delivery, finding = t.delivery.c, t.delivery_finding.c
    query = select(delivery.name, delivery.sha256).join(t.delivery_finding, finding.delivery_no == delivery.delivery_no)
    codes = [Code.NOT_A_FILE.value, Code.TOO_LARGE.value]
    return {(name, sha256) for name, sha256 in connection.execute(query.where(finding.code.in_(codes)).distinct())}


_NOTICE = (*ClaimKey.SCHEMA, Notice.ISSUE_NO)
"""納付書の名: the same in every ledger, unlike its number."""

OUTCOME_KEY = {"sha256": pl.String, "record_no": pl.Int64}
OUTCOME = {
    "night_on": pl.Date,
    Decision.OUTCOME: pl.String,
    Decision.CLAIM_YEN: pl.Int64,
    Decision.SUSPENSE_YEN: pl.Int64,
    "slip": pl.String,
}
"""消込結果 of a record: the columns by which two nights are compared, besides those that they show."""

RESULT_KEY = {"name": pl.String, "sha256": pl.String}
RESULT = {"status": pl.String, "spec": pl.String, "payment_count": pl.Int64, "payment_yen": pl.Int64}
"""受信の結果 of a file."""


def outcomes(connection: Connection, since: date, until: date) -> pl.DataFrame:
    """消込結果 of the nights between two days: `OUTCOME_KEY`, name, paid_yen and `OUTCOME`."""
    first_no = select(t.delivery.c.sha256, func.min(t.delivery.c.delivery_no).label("no")).group_by(t.delivery.c.sha256)
    first_delivery = first_no.subquery()
    columns = (
        t.file.c.sha256,
        t.payment.c.record_no,
        t.delivery.c.name,
        t.payment.c.paid_yen,
        t.decided_file.c.night_on,
    )
    decided = (t.decision.c.outcome, t.decision.c.claim_yen, t.decision.c.suspense_yen)
    query = (
        select(*columns, *decided, *(t.notice.c[name] for name in _NOTICE))
        .select_from(t.decided_file)
        .join(t.file, t.file.c.file_no == t.decided_file.c.file_no)
        .join(first_delivery, first_delivery.c.sha256 == t.file.c.sha256)
        .join(t.delivery, t.delivery.c.delivery_no == first_delivery.c.no)
        .join(t.payment, t.payment.c.file_no == t.file.c.file_no)
        .join(t.decision, t.decision.c.payment_no == t.payment.c.payment_no)
        .outerjoin(t.notice, t.notice.c.notice_no == t.decision.c.notice_no)
        .where(_is_within(t.decided_file.c.night_on, since, until))
    )
    shown = {**OUTCOME_KEY, "name": pl.String, Payment.PAID_YEN: pl.Int64, **OUTCOME}
    schema = {name: dtype for name, dtype in shown.items() if name != "slip"} | {n: Notice.SCHEMA[n] for n in _NOTICE}
    rows = read_frame(connection, query, schema)
    return rows.with_columns(pl.concat_str(*_NOTICE, separator="/").alias("slip")).select(*shown).sort(*OUTCOME_KEY)


def file_results(connection: Connection, since: date, until: date) -> pl.DataFrame:
    """受信の結果 of the nights between two days: `RESULT_KEY` and the last `RESULT` of each file."""
    delivery = t.delivery.c
    schema = {**RESULT_KEY, **RESULT}
    query = select(*(delivery[name] for name in schema)).where(_is_within(delivery.night_on, since, until))
    rows = read_frame(connection, query.order_by(delivery.delivery_no), schema)
    return rows.unique(list(RESULT_KEY), keep="last", maintain_order=True)


def rulings_since(connection: Connection, since: date, until: date) -> int:
    """承認された決裁の数 between two days. Nights that run again do not repeat their postings."""
    night_on = ruling_result.c.night_on
    query = select(func.count()).select_from(ruling_result).where(_is_within(night_on, since, until))
    return int(connection.execute(query).scalar_one())
