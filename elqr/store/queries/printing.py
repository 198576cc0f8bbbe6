"""Queries and entries of printing and release (印刷の照会と記帳)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.sql import ColumnElement

from elqr.formats.payment_identity import ACCEPTED
from elqr.store.db.bulk import insert_frame, next_no, read_frame, select_named, stage_rows
from elqr.store.db.schema import Text
from elqr.store.queries.announced import is_ended
from elqr.store.queries.matching import has_newer_notice
from elqr.store.queries.notice_lines import is_joint
from elqr.store.queries.owed import owed_yen
from elqr.store.queries.retractions import numbers_taken_back
from elqr.store.tables import ledger as t
from elqr.vocabulary.frames import Claim, NoticeStanding, Payload, PrintableNotice, PrintNotice
from elqr.vocabulary.ruling_terms import RetractionKind
from elqr.vocabulary.signature import Signature
from elqr.vocabulary.terms import Outcome, PrintState, Stage

_FROM_PAYLOAD = {PrintableNotice.KEY_NO, PrintableNotice.CHECK_NO, PrintableNotice.ITEM_NO, PrintableNotice.DIGITS}


def standings(connection: Connection, procedures: Iterable[str] | None = None) -> pl.DataFrame:
    """印刷できる納付書: every notice with an eL-QR, and its state; frame NoticeStanding."""
    query = _select_standing()
    if procedures is not None:
        query = query.where(t.notice.c.procedure_code.in_(list(procedures)))
    return read_frame(connection, query, NoticeStanding.SCHEMA)


def standings_of(connection: Connection, notice_nos: pl.Series) -> pl.DataFrame:
    """納付書の状態 of notices; frame NoticeStanding."""
    with stage_rows(connection, notice_nos.unique().alias(PrintableNotice.NOTICE_NO).to_frame()) as staged:
        query = _select_standing().join(staged, staged.c.notice_no == t.notice.c.notice_no)
        return read_frame(connection, query, NoticeStanding.SCHEMA)


def _select_standing() -> Select[Any]:
    notice = t.notice.c
    return (
        select_named(
            {
                NoticeStanding.NOTICE_NO: notice.notice_no,
                NoticeStanding.KEY_NO: t.payload.c.key_no,
                **{name: notice[name] for name in NoticeStanding.ORDER},
                NoticeStanding.AMOUNT_YEN: notice.amount_yen,
                NoticeStanding.IS_UPLOADED: exists().where(
                    t.upload_step.c.upload_no == t.payload.c.upload_no, is_uploaded()
                ),
                NoticeStanding.IS_CANCELLED: exists().where(t.notice_cancel.c.notice_no == notice.notice_no),
                NoticeStanding.IS_CURRENT: ~has_newer_notice(),
                NoticeStanding.COLLECTED_YEN: _collected_yen(),
                NoticeStanding.IS_ANNOUNCED: is_announced(),
                NoticeStanding.IS_PRINTED: exists().where(t.print_notice.c.notice_no == notice.notice_no),
                NoticeStanding.IS_RELEASED: exists().where(
                    t.print_notice.c.notice_no == notice.notice_no,
                    t.release_step.c.print_no == t.print_notice.c.print_no,
                    has_left(),
                ),
            }
        )
        .select_from(t.notice)
        .join(t.payload, t.payload.c.notice_no == notice.notice_no)
    )


def is_uploaded() -> ColumnElement[bool]:
    """登録済のままか: the record of 共通納税IFS's acceptance was not taken back."""
    return t.upload_step.c.step_no.not_in(numbers_taken_back(RetractionKind.UPLOADED))


def _collected_yen() -> ColumnElement[int]:
    """収納済額 on all claims that the notice pays. A notice for a part counts its own until a claim is settled."""
    posting = t.posting
    is_own = and_(t.decision.c.payment_no == posting.c.payment_no, t.decision.c.notice_no == t.notice.c.notice_no)
    by_itself = _sum_on_claims(case((exists().where(is_own).correlate(posting, t.notice), posting.c.yen), else_=0))
    is_open = and_(t.notice.c.part_kind.is_not(None), ~_has_settled_claim())
    return case((is_open, by_itself), else_=_sum_on_claims(posting.c.yen))


def _sum_on_claims(yen: ColumnElement[int]) -> ColumnElement[int]:
    """調定への計上の合計 on all claims that the notice pays."""
    return (
        select(func.coalesce(func.sum(yen), 0))
        .select_from(t.notice_claim)
        .join(t.posting, t.posting.c.claim_no == t.notice_claim.c.claim_no)
        .where(t.notice_claim.c.notice_no == t.notice.c.notice_no)
        .correlate(t.notice)
        .scalar_subquery()
    )


def _has_settled_claim() -> ColumnElement[bool]:
    """納め終わった調定を払うか, of the notice of a query."""
    pays, on_claim = t.notice_claim.alias("asked").c, t.posting.alias("on_claim")
    collected = select(func.coalesce(func.sum(on_claim.c.yen), 0)).where(on_claim.c.claim_no == pays.claim_no)
    is_settled = collected.correlate_except(on_claim).scalar_subquery() >= owed_yen(pays.claim_no)
    return exists().where(pays.notice_no == t.notice.c.notice_no, is_settled).correlate(t.notice)


def is_announced() -> ColumnElement[bool]:
    """速報があるか: a payment of the notice was announced more often than taken back."""
    # A literal, as in the partial index: with a bound value SQLite would not use it.
    pending: BindParameter[Any] = bindparam(None, Outcome.PENDING.value, literal_execute=True)
    return exists().where(
        t.decision.c.notice_no == t.notice.c.notice_no,
        t.decision.c.outcome == pending,
        t.payment.c.payment_no == t.decision.c.payment_no,
        _records_of(Stage.PRELIMINARY) > _records_of(Stage.CANCELLED),
        ~is_ended(),
    )


def _records_of(stage: Stage) -> ColumnElement[int]:
    """The number of known records of a payment in one stage. Records that contradict another do not count."""
    known = t.payment_identity.c
    return (
        select(func.count())
        .select_from(t.payment_identity)
        .where(known.identity == t.payment.c.identity, known.stage == stage.value, known.variant == ACCEPTED)
        .correlate(t.payment)
        .scalar_subquery()
    )


def printable_notices(connection: Connection, notice_nos: pl.Series) -> pl.DataFrame:
    """印刷する納付書; frame PrintableNotice."""
    columns: dict[str, ColumnElement[Any]] = {
        name: _other_claims() if name == PrintableNotice.OTHER_CLAIMS else _printed(name)
        for name in PrintableNotice.SCHEMA
    }
    with stage_rows(connection, notice_nos.alias(PrintableNotice.NOTICE_NO).to_frame()) as staged:
        query = (
            select_named(columns)
            .select_from(t.notice)
            .join(staged, staged.c.notice_no == t.notice.c.notice_no)
            .join(t.payload, t.payload.c.notice_no == t.notice.c.notice_no)
        )
        return read_frame(connection, query, PrintableNotice.SCHEMA)


def _printed(name: str) -> ColumnElement[Any]:
    return (t.payload if name in _FROM_PAYLOAD else t.notice).c[name]


def _other_claims() -> ColumnElement[int]:
    """ほかの調定の数 of the notice of a query: its lines but the first, which the notice names."""
    line = t.notice_line.c
    others = select(func.count() - 1).where(line.notice_no == t.notice.c.notice_no).correlate(t.notice)
    return case((is_joint(), others.scalar_subquery()), else_=0)


def notices_of_keys(connection: Connection, key_nos: pl.Series) -> pl.DataFrame:
    """納付番号の納付書: key_no, notice_no; only keys with an eL-QR."""
    with stage_rows(connection, key_nos.unique().alias(Payload.KEY_NO).to_frame()) as staged:
        query = select(t.payload.c.key_no, t.payload.c.notice_no).join(staged, staged.c.key_no == t.payload.c.key_no)
        return read_frame(connection, query, {Payload.KEY_NO: pl.String, Payload.NOTICE_NO: pl.Int64})


def placed_in(connection: Connection, print_no: int) -> pl.DataFrame:
    """印刷した納付書 of a print, in order of place; frame PrintNotice."""
    query = select(*t.print_notice.c).where(t.print_notice.c.print_no == print_no)
    rows = read_frame(connection, query, PrintNotice.SCHEMA)
    return rows.sort(PrintNotice.FILE_NO, PrintNotice.PAGE_NO, PrintNotice.PLACE_NO)


def print_batch(connection: Connection, print_no: int) -> Mapping[str, Any] | None:
    """印刷 of a number, or None."""
    row = connection.execute(select(t.print_batch).where(t.print_batch.c.print_no == print_no)).mappings().first()
    return dict(row) if row else None


def release_steps(connection: Connection, print_no: int) -> dict[PrintState, Mapping[str, Any]]:
    """発送の段階 of a print by step: the rows after the last withdrawal or retraction, `pulled` as a list."""
    is_over = or_(
        t.release_step.c.step == PrintState.WITHDRAWN.value,
        t.release_step.c.step_no.in_(numbers_taken_back(RetractionKind.RELEASED)),
    )
    is_of_print = t.release_step.c.print_no == print_no
    last = select(func.coalesce(func.max(t.release_step.c.step_no), 0)).where(is_of_print, is_over).scalar_subquery()
    rows = connection.execute(select(t.release_step).where(is_of_print, t.release_step.c.step_no > last)).mappings()
    return {PrintState(row["step"]): {**row, "pulled": json.loads(row["pulled"])} for row in rows}


def waiting_releases(connection: Connection) -> list[Mapping[str, Any]]:
    """承認を待つ発送: the last step of each print of which the release was requested."""
    step = t.release_step.c
    last = select(func.max(step.step_no)).group_by(step.print_no)
    query = select(t.release_step).where(step.step_no.in_(last), step.step == PrintState.REQUESTED.value)
    return [dict(row) for row in connection.execute(query.order_by(step.step_no)).mappings()]


def enter_print(connection: Connection, batch: Mapping[str, object], placed: Iterable[pl.DataFrame]) -> None:
    """印刷を記す: the batch, and the place of each notice (frames PrintNotice)."""
    connection.execute(insert(t.print_batch).values(**batch))
    for frame in placed:
        insert_frame(connection, t.print_notice, frame.sort(PrintNotice.NOTICE_NO))


def enter_release(
    connection: Connection, print_no: int, step: PrintState, pulled: Sequence[str], signature: Signature
) -> dict[str, Any]:
    """発送の段階を記す. Returns its row."""
    row = {
        "step_no": next_no(connection, t.release_step.c.step_no),
        "print_no": print_no,
        "step": step.value,
        "taken_at": signature.at,
        "taken_by": signature.by,
        "pulled": json.dumps(list(pulled)),
        "reason": signature.reason,
    }
    connection.execute(insert(t.release_step).values(**row))
    return row


def released_count(connection: Connection, step_no: int) -> int:
    """発送を承認した納付書の数 in the upload of a step: notices that may have been sent."""
    query = (
        select(func.count(func.distinct(t.payload.c.notice_no)))
        .select_from(t.payload)
        .join(t.print_notice, t.print_notice.c.notice_no == t.payload.c.notice_no)
        .join(t.release_step, t.release_step.c.print_no == t.print_notice.c.print_no)
        .join(t.upload_step, t.upload_step.c.upload_no == t.payload.c.upload_no)
        .where(t.upload_step.c.step_no == step_no, has_left())
    )
    return int(connection.execute(query).scalar_one())


def cancelled_in_upload(connection: Connection, upload_no: int) -> int:
    """取り消した納付書の数 in a 納付書情報. Payloads have no index by upload, so this reads them once."""
    query = (
        select(func.count())
        .select_from(t.payload)
        .join(t.notice_cancel, t.notice_cancel.c.notice_no == t.payload.c.notice_no)
        .where(t.payload.c.upload_no == upload_no)
    )
    return int(connection.execute(query).scalar_one())


def unsent_claims(connection: Connection, claims: pl.DataFrame) -> pl.DataFrame:
    """発送していない調定 among claims (claim_no): a notice was printed here, none has left, and nobody ever paid.

    A notice older than the first that was printed here may have been sent by others; one after it was not.
    """
    pays, placed, older = t.notice_claim.alias("asks").c, t.print_notice.c, t.notice_claim.c
    with stage_rows(connection, claims.select(Claim.CLAIM_NO)) as staged:
        number = staged.c.claim_no
        is_printed = and_(pays.claim_no == number, placed.notice_no == pays.notice_no)
        first_no = select(func.min(placed.notice_no)).where(is_printed).correlate(staged).scalar_subquery()
        is_sent = exists().where(is_printed, t.release_step.c.print_no == placed.print_no, has_left())
        has_older = exists().where(older.claim_no == number, older.notice_no < first_no)
        is_paid = exists().where(t.posting.c.claim_no == number)
        may_have_it = or_(*(reason.correlate(staged) for reason in (is_sent, has_older, is_paid)))
        query = select(number).where(first_no.is_not(None), ~may_have_it)
        return read_frame(connection, query, {Claim.CLAIM_NO: pl.Int64})


def has_left() -> ColumnElement[bool]:
    """発送を承認した納付書か, for a place in a print and a release step: approved, and its page was not pulled."""
    step, placed = t.release_step.c, t.print_notice.c
    file_no, page_no = (
        func.substr(cast(literal(10**digits) + number, Text), 2)
        for digits, number in ((4, placed.print_file_no), (5, placed.page_no))
    )
    return and_(
        step.step == PrintState.RELEASED.value,
        step.step_no.not_in(numbers_taken_back(RetractionKind.RELEASED)),
        ~step.pulled.contains(literal('"') + file_no + "-" + page_no + '"'),
    )


def upload_of(connection: Connection, sha256: str) -> Mapping[str, Any] | None:
    """納付書情報 of a content: its upload, with the valid step of its acceptance or nulls."""
    return _read_upload(connection, t.upload.c.sha256 == sha256)


def upload_named(connection: Connection, file_name: str) -> Mapping[str, Any] | None:
    """納付書情報 of a name, as `upload_of`."""
    return _read_upload(connection, t.upload.c.file_name == file_name)


def _read_upload(connection: Connection, condition: ColumnElement[bool]) -> Mapping[str, Any] | None:
    step = t.upload_step.c
    query = (
        select(t.upload, step.step_no, step.uploaded_by, step.uploaded_at)
        .select_from(t.upload)
        .outerjoin(t.upload_step, and_(step.upload_no == t.upload.c.upload_no, is_uploaded()))
        .where(condition)
    )
    row = connection.execute(query).mappings().first()
    return dict(row) if row else None


def enter_uploaded(connection: Connection, upload_no: int, by: str, at: str) -> dict[str, object]:
    """登録を記す: 共通納税IFS has accepted the file. Returns its row."""
    step_no = next_no(connection, t.upload_step.c.step_no)
    row: dict[str, object] = {"step_no": step_no, "upload_no": upload_no, "uploaded_at": at, "uploaded_by": by}
    connection.execute(insert(t.upload_step).values(**row))
    return row
