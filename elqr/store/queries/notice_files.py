"""Queries of imported notice files (納付書データの取込の照会): which stand, and what was built on one since."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select, union

from elqr.rules.notice_lookup import registered_keys
from elqr.store.db.bulk import read_frame, schema_of, stage_rows
from elqr.store.queries.claim_lookup import unposted_of
from elqr.store.queries.matching import same_key
from elqr.store.queries.printing import has_left, is_uploaded
from elqr.store.queries.reminders import is_sent
from elqr.store.queries.retracted_files import is_retracted, standing
from elqr.store.tables import arrears as a
from elqr.store.tables import ledger as t
from elqr.store.tables import reviews as r
from elqr.store.tables.claim_files import claim_file, claim_state
from elqr.store.tables.refused_rows import notice_refused_end
from elqr.vocabulary.arrival_frames import Reminded
from elqr.vocabulary.frames import Claim, Notice, Payment, Ruled

_FILE = t.notice_file.c
_KEY = (Payment.KEY_KIND, Payment.KEY_DIGITS)


def standing_files(connection: Connection, *conditions: ColumnElement[bool]) -> list[dict[str, Any]]:
    """取り消せる取込: rows of the notice files that brought something and were not taken back, in order."""
    query = select(t.notice_file).where(standing(), *conditions)
    return [dict(row) for row in connection.execute(query.order_by(_FILE.notice_file_no)).mappings()]


def is_named(name: str, number: int) -> ColumnElement[bool]:
    """名か番号が合うか, of a notice file."""
    return or_(_FILE.name == name, _FILE.notice_file_no == number)


@dataclass(frozen=True, slots=True)
class Brought:
    """取り込んだもの of a notice file: its number and night, its notices (notice_no, amount_yen) and their claims."""

    file_no: int
    night_on: str
    notices: pl.DataFrame
    claims: pl.DataFrame


def brought_by(connection: Connection, file_no: int) -> Brought:
    """取り込んだもの of a notice file. Notices have no index by file, so this reads all of them once."""
    night_on = connection.execute(select(_FILE.night_on).where(_FILE.notice_file_no == file_no)).scalar_one()
    names = (Notice.NOTICE_NO, Notice.AMOUNT_YEN)
    query = select(*(t.notice.c[name] for name in names)).where(t.notice.c.notice_file_no == file_no)
    notices = read_frame(connection, query, schema_of(names))
    pays = t.notice_claim.c
    with stage_rows(connection, notices.select(Notice.NOTICE_NO)) as staged:
        query = select(pays.claim_no).distinct().join(staged, staged.c.notice_no == pays.notice_no)
        claims = read_frame(connection, query, schema_of((Claim.CLAIM_NO,)))
    return Brought(file_no, night_on, notices, claims)


def cancelled_by(connection: Connection, file_no: int) -> int:
    """取消の数: notices that the rows of a notice file cancelled, and claims that they took back."""
    tables = (t.notice_cancel, t.claim_cancel)
    numbers = union(*(select(table.c.notice_no).where(table.c.notice_file_no == file_no) for table in tables))
    return int(connection.execute(select(func.count()).select_from(numbers.subquery())).scalar_one())


def later_files(connection: Connection, brought: Brought, retracted: Iterable[int]) -> list[tuple[int, str]]:
    """後の納付書データ (number, name) that did something to the same claims, newest first, but those `retracted`."""
    with stage_rows(connection, brought.claims) as staged:
        pays, cancel, falls = t.notice_claim.c, t.notice_cancel.c, t.claim_cancel.c
        on_claims = select(t.notice.c.notice_file_no).join(t.notice_claim, pays.notice_no == t.notice.c.notice_no)
        cancelled = select(cancel.notice_file_no).join(t.notice_claim, pays.notice_no == cancel.notice_no)
        fallen = select(falls.notice_file_no).join(staged, staged.c.claim_no == falls.claim_no)
        numbers = union(*(query.join(staged, staged.c.claim_no == pays.claim_no) for query in (on_claims, cancelled)))
        query = select(_FILE.notice_file_no, _FILE.name).where(
            _FILE.notice_file_no > brought.file_no,
            _FILE.retracts_no.is_(None),
            _FILE.notice_file_no.not_in(list(retracted)),
            ~is_retracted(_FILE.notice_file_no),
            or_(_FILE.notice_file_no.in_(numbers), _FILE.notice_file_no.in_(fallen)),
        )
        return [tuple(row) for row in connection.execute(query.order_by(_FILE.notice_file_no.desc()))]


def payments_on(connection: Connection, brought: Brought) -> int:
    """収納の記録の数: payments that name a notice of the file, by key too, or moved on one of its claims since."""
    decision, posting = t.decision.c, t.posting.c
    number = schema_of((Payment.PAYMENT_NO,))
    with stage_rows(connection, brought.notices.select(Notice.NOTICE_NO)) as staged:
        named = select(decision.payment_no).join(staged, staged.c.notice_no == decision.notice_no)
        payments = read_frame(connection, unposted_of(named), number)
    with stage_rows(connection, brought.claims) as staged:
        moved = select(posting.payment_no).distinct().join(staged, staged.c.claim_no == posting.claim_no)
        on_claims = read_frame(connection, moved.where(posting.night_on >= brought.night_on), number)
    by_key = _payments_by_key(connection, brought)
    return pl.concat([payments, on_claims, by_key])[Payment.PAYMENT_NO].n_unique()


def _payments_by_key(connection: Connection, brought: Brought) -> pl.DataFrame:
    """照会キーの合う該当なしの収納 (payment_no): they came before the file, so they name no notice."""
    decision, payment = t.decision.c, t.payment.c
    unknown = (
        select(payment.payment_no, payment.key_kind, payment.key_digits)
        .join(t.decision, decision.payment_no == payment.payment_no)
        .where(decision.place.in_(["exception", "rejected"]), decision.notice_no.is_(None))
    )
    schema = schema_of((Payment.PAYMENT_NO, *_KEY))
    payments = registered_keys(read_frame(connection, unknown, schema))
    with stage_rows(connection, payments.select(_KEY).unique()) as staged:
        query = select(*(t.notice_key.c[name] for name in _KEY)).join(staged, same_key(staged))
        query = query.join(t.notice, t.notice.c.notice_no == t.notice_key.c.notice_no)
        known = read_frame(connection, query.where(t.notice.c.notice_file_no == brought.file_no), schema_of(_KEY))
    return payments.join(known, on=list(_KEY), how="semi").select(Payment.PAYMENT_NO)


def _of_notices(
    connection: Connection, query: Select[Any], notice_no: ColumnElement[int], brought: Brought
) -> list[Any]:
    with stage_rows(connection, brought.notices.select(Notice.NOTICE_NO)) as staged:
        return list(connection.execute(query.join(staged, staged.c.notice_no == notice_no)).scalars())


def waiting_reviews(connection: Connection, brought: Brought) -> list[int]:
    """承認を待つ決裁の申請 that name a notice of the file: review_no."""
    ruling, ended = r.ruling.c, exists().where(r.review_step.c.review_no == r.ruling.c.review_no)
    query = select(ruling.review_no, ruling.notice_no).where(ruling.notice_no.is_not(None), ~ended)
    waiting = read_frame(connection, query, schema_of((Ruled.REVIEW_NO, Notice.NOTICE_NO)))
    return waiting.join(brought.notices, on=Notice.NOTICE_NO, how="semi")[Ruled.REVIEW_NO].unique().sort().to_list()


def released_prints(connection: Connection, brought: Brought) -> list[int]:
    """発送を承認した印刷 with a notice of the file that may have left the house: print_no."""
    placed, step = t.print_notice.c, t.release_step.c
    query = select(placed.print_no).distinct().select_from(t.print_notice)
    query = query.join(t.release_step, step.print_no == placed.print_no).where(has_left())
    return _of_notices(connection, query.order_by(placed.print_no), placed.notice_no, brought)


def uploads(connection: Connection, brought: Brought, *, are_uploaded: bool) -> list[str]:
    """納付書情報 with a notice of the file: names of those that were uploaded, or of all."""
    upload, payload = t.upload.c, t.payload.c
    query = select(upload.file_name).distinct().select_from(t.payload)
    query = query.join(t.upload, upload.upload_no == payload.upload_no).order_by(upload.file_name)
    if are_uploaded:
        query = query.join(t.upload_step, t.upload_step.c.upload_no == upload.upload_no).where(is_uploaded())
    return _of_notices(connection, query, payload.notice_no, brought)


def stated_since(connection: Connection, brought: Brought) -> int:
    """後から調定データで受けた調定の数: claims of the file that claim files took over after it."""
    state, upto = claim_state.c, func.min(claim_file.c.notices_upto)
    with stage_rows(connection, brought.claims) as staged:
        query = select(state.claim_no).join(claim_file, claim_file.c.file_no == state.file_no)
        query = query.join(staged, staged.c.claim_no == state.claim_no).group_by(state.claim_no)
        return len(connection.execute(query.having(upto >= brought.file_no)).all())


def reminders_since(connection: Connection, brought: Brought, night: date) -> list[int]:
    """後から送った督促: sent_no of lists drawn after the file, or charged for after it, with one of its claims."""
    sent, drawn, listed = a.reminder_sent.c, a.arrears_list.c, a.arrears_claim.c
    query = select(sent.sent_no, listed.claim_no).select_from(a.reminder_sent)
    query = query.join(a.arrears_list, drawn.list_no == sent.list_no)
    query = query.join(a.arrears_claim, listed.list_no == sent.list_no)
    fee = a.claim_fee.c
    is_charged = exists().where(
        fee.sent_no == sent.sent_no, fee.claim_no == listed.claim_no, fee.notices_upto >= brought.file_no
    )
    query = query.where(is_sent(night), or_(drawn.night_on >= brought.night_on, is_charged))
    reminded = read_frame(connection, query, schema_of((Reminded.SENT_NO, Claim.CLAIM_NO)))
    return reminded.join(brought.claims, on=Claim.CLAIM_NO, how="semi")[Reminded.SENT_NO].unique().sort().to_list()


def rows_put_right(connection: Connection, file_no: int) -> int:
    """直った前の行の数: refused rows of earlier files that the file brought."""
    end = notice_refused_end.c
    query = select(func.count()).where(end.by_file_no == file_no, end.is_right == 1)
    return int(connection.execute(query).scalar_one())
