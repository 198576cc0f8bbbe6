"""Queries and entries of the review (決裁の照会と記帳): all as of a night, append-only."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import (
    Connection,
    and_,
    case,
    func,
    select,
    true,
)

from elqr.rules.totals import posting_tallies
from elqr.store.db.bulk import (
    insert_frame,
    next_no,
    number_rows,
    read_frame,
    schema_of,
    stage_rows,
)
from elqr.store.queries import matching as queries
from elqr.store.queries.open_claims import open_claims
from elqr.store.queries.open_exceptions import Waits, is_in_force, last_standing_no, moved_yen, undone_by_no
from elqr.store.queries.reports import decision_columns, decision_rows
from elqr.store.queries.requests import REVIEW, requests_with
from elqr.store.queries.sender_corrections import others_moved, standing_of
from elqr.store.queries.totals import enter_posting_tallies, posted_of
from elqr.store.tables import ledger as t
from elqr.store.tables import reviews as r
from elqr.store.tables.counted import counted_day
from elqr.vocabulary.claim_frames import OpenClaim
from elqr.vocabulary.frames import (
    Column,
    Move,
    Notice,
    NoticeStanding,
    NumberedPosting,
    Payment,
    Posting,
    Proposal,
    Ruled,
    RulingEffect,
)
from elqr.vocabulary.report_frames import DecidedPayment, ExceptionRow
from elqr.vocabulary.ruling_frames import EndedRuling, LaterRuling, Made, PaymentNow
from elqr.vocabulary.ruling_terms import Ruling, RulingResult
from elqr.vocabulary.terms import LEFT_CLAIM, Account, Flag

_APPROVED = RulingResult.APPROVED.value


def exceptions(connection: Connection, night: date, only: pl.DataFrame | None = None) -> pl.DataFrame:
    """要確認 up to a night: frame ExceptionRow of what is open, or closed with yen still in suspense (not `is_open`).

    Includes overdue 速報, until they are confirmed, taken back, or ended by two people, and payments with yen in
    suspense that came off a claim (`terms.LEFT_CLAIM`), whatever their outcome. `claim_yen` and `suspense_yen` are
    balances as of the night. `only`: only these payments (payment_no).
    """
    return _rows_as_of(connection, night, only, are_all=False)


def payments_as_of(connection: Connection, night: date, payments: pl.DataFrame) -> pl.DataFrame:
    """収納の行 of payments (payment_no) up to a night, whether they wait or not: frame ExceptionRow."""
    return _rows_as_of(connection, night, payments, are_all=True)


def _rows_as_of(connection: Connection, night: date, only: pl.DataFrame | None, *, are_all: bool) -> pl.DataFrame:
    """収納の行 up to a night: frame ExceptionRow of what waits, or of all payments; `only` these, if given."""
    last, waits = r.ruling.c, Waits.on(night)
    conditions = [true()] if are_all else waits.conditions(connection)
    columns = decision_columns() | {
        ExceptionRow.OUTCOME: waits.outcome,
        ExceptionRow.CLAIM_YEN: t.decision.c.claim_yen + moved_yen(Account.CLAIM, night),
        ExceptionRow.SUSPENSE_YEN: waits.suspense_yen,
        ExceptionRow.RULING_NO: last.ruling_no,
        ExceptionRow.RULING: last.ruling,
        ExceptionRow.RULING_REASON: last.reason,
        ExceptionRow.RULED_ON: r.ruling_result.c.night_on,
        ExceptionRow.IS_OPEN: waits.is_open,
        ExceptionRow.OTHERS_MOVED: others_moved(night),
        Column(Flag.REDUCED.name, pl.Boolean): waits.is_reduced,
        Column(Flag.RETURNED.name, pl.Boolean): waits.is_returned,
    }
    if only is None:
        parts = [decision_rows(connection, columns, condition, *waits.joins) for condition in conditions]
    else:
        with stage_rows(connection, only.select(Payment.PAYMENT_NO)) as staged:
            parts = [
                decision_rows(connection, columns, condition, *waits.joins, staged=staged) for condition in conditions
            ]
    filled = [frame for frame in parts if not frame.is_empty()] or parts[:1]
    waiting = filled[0] if len(filled) == 1 else pl.concat(filled).sort(ExceptionRow.PAID_ON, maintain_order=True)
    left_flags = (pl.when(flag.name).then(pl.lit(flag.value)) for flag in LEFT_CLAIM)
    night_flags = pl.col(ExceptionRow.FLAGS).replace("", None)
    flags = pl.concat_str(night_flags, *left_flags, separator=",", ignore_nulls=True).alias(ExceptionRow.FLAGS)
    return waiting.with_columns(flags).select(*ExceptionRow.SCHEMA)


def payments_at(connection: Connection, identities: pl.DataFrame) -> pl.DataFrame:
    """受付番号 of records: file_sha256, record_no, payment_no, for those that the ledger has."""
    schema = schema_of((DecidedPayment.FILE_SHA256, DecidedPayment.RECORD_NO, DecidedPayment.PAYMENT_NO))
    wanted = identities.select(DecidedPayment.FILE_SHA256, DecidedPayment.RECORD_NO).unique()
    with stage_rows(connection, wanted) as staged:
        query = (
            select(staged.c.file_sha256, staged.c.record_no, t.payment.c.payment_no)
            .join(t.file, t.file.c.sha256 == staged.c.file_sha256)
            .join(t.payment, and_(t.payment.c.file_no == t.file.c.file_no, t.payment.c.record_no == staged.c.record_no))
        )
        return read_frame(connection, query, schema)


def target_notices(connection: Connection, key_nos: pl.DataFrame) -> pl.DataFrame:
    """対象の納付書 by 納付番号: key_no, notice_no."""
    with stage_rows(connection, queries.elqr_keys(key_nos[Notice.KEY_NO])) as staged:
        key_no = staged.c.key_digits.label(Notice.KEY_NO)
        query = select(key_no, t.notice_key.c.notice_no).join(t.notice_key, queries.same_key(staged))
        return read_frame(connection, query, schema_of((Notice.KEY_NO, Notice.NOTICE_NO)))


def notices_by_no(connection: Connection, notice_nos: pl.DataFrame) -> pl.DataFrame:
    """対象の納付書 by their numbers: notice_no, payer_ref, is_cancelled."""
    schema = schema_of((NoticeStanding.NOTICE_NO, NoticeStanding.PAYER_REF, NoticeStanding.IS_CANCELLED))
    notice, cancelled_no = t.notice.c, t.notice_cancel.c.notice_no
    with stage_rows(connection, notice_nos.select(Notice.NOTICE_NO).unique()) as staged:
        query = (
            select(notice.notice_no, notice.payer_ref, cancelled_no.is_not(None).label(NoticeStanding.IS_CANCELLED))
            .join(staged, staged.c.notice_no == notice.notice_no)
            .outerjoin(t.notice_cancel, cancelled_no == notice.notice_no)
        )
        return read_frame(connection, query, schema)


def target_claims(connection: Connection, notice_nos: pl.DataFrame) -> pl.DataFrame:
    """充てる先の調定 of notices: frame OpenClaim with procedure_code."""
    claims = open_claims([connection], notice_nos)
    with stage_rows(connection, notice_nos.select(Notice.NOTICE_NO).unique()) as staged:
        query = select(t.notice.c.notice_no, t.notice.c.procedure_code).join(
            staged, staged.c.notice_no == t.notice.c.notice_no
        )
        codes = read_frame(connection, query, schema_of((Notice.NOTICE_NO, Notice.PROCEDURE_CODE)))
    return claims.join(codes, on=OpenClaim.NOTICE_NO, validate="m:1", maintain_order="left")


def waiting_rulings(connection: Connection) -> pl.DataFrame:
    """承認を待つ決裁; frame Ruled."""
    done = select(r.review_step.c.review_no)
    waiting = select(r.review.c.review_no).where(r.review.c.review_no.not_in(done))
    query = select(*(r.ruling.c[name] for name in Ruled.SCHEMA)).where(r.ruling.c.review_no.in_(waiting))
    return read_frame(connection, query, Ruled.SCHEMA).sort(Ruled.RULING_NO)


def carried_out(connection: Connection, payment_nos: pl.DataFrame) -> pl.DataFrame:
    """承認された決裁 of payments that were not undone: frame Ruled."""
    ruling = r.ruling.c
    with stage_rows(connection, payment_nos.select(Payment.PAYMENT_NO).drop_nulls().unique()) as staged:
        query = (
            select(*(ruling[name] for name in Ruled.SCHEMA))
            .join(staged, staged.c.payment_no == ruling.payment_no)
            .join(r.ruling_result, r.ruling_result.c.ruling_no == ruling.ruling_no)
            .where(is_in_force())
        )
        return read_frame(connection, query, Ruled.SCHEMA).sort(Ruled.RULING_NO)


def reassigned_before(connection: Connection, payment_nos: pl.DataFrame) -> pl.DataFrame:
    """前の組替 of payments, waiting or in force: frame Proposal."""
    ruling = r.ruling.c
    with stage_rows(connection, payment_nos.select(Payment.PAYMENT_NO).unique()) as staged:
        query = (
            select(*(ruling[name] for name in Proposal.SCHEMA))
            .join(staged, staged.c.payment_no == ruling.payment_no)
            .outerjoin(r.ruling_result, r.ruling_result.c.ruling_no == ruling.ruling_no)
            .where(ruling.ruling == Ruling.REASSIGN.value, is_in_force())
        )
        return read_frame(connection, query, Proposal.SCHEMA).sort(Proposal.PAYMENT_NO)


def standing(connection: Connection, payment_nos: pl.DataFrame, night: date) -> pl.DataFrame:
    """収納の今: frame PaymentNow."""
    with stage_rows(connection, payment_nos.select(Payment.PAYMENT_NO).unique()) as staged:
        query = (
            select(
                t.payment.c.payment_no,
                t.payment.c.stage,
                func.coalesce(counted_day.c.falls_on, t.payment.c.paid_on).label(PaymentNow.FALLS_ON),
                (t.decision.c.suspense_yen + moved_yen(Account.SUSPENSE, night)).label(PaymentNow.SUSPENSE_YEN),
                last_standing_no(night).label(PaymentNow.LAST_STANDING_NO),
            )
            .join(staged, staged.c.payment_no == t.payment.c.payment_no)
            .join(t.decision, t.decision.c.payment_no == t.payment.c.payment_no)
            .outerjoin(counted_day, counted_day.c.payment_no == t.payment.c.payment_no)
        )
        return read_frame(connection, query, PaymentNow.SCHEMA)


def last_night(connection: Connection) -> str:
    """最後の夜 that has a run, as ISO text, or empty."""
    return str(connection.execute(select(func.coalesce(func.max(t.run.c.night_on), ""))).scalar_one())


def rulings_of(connection: Connection, review_no: int) -> pl.DataFrame:
    """申請の決裁; frame Ruled, in order."""
    query = select(*(r.ruling.c[name] for name in Ruled.SCHEMA)).where(r.ruling.c.review_no == review_no)
    return read_frame(connection, query, Ruled.SCHEMA).sort(Ruled.RULING_NO)


def rulings_by_no(connection: Connection, ruling_nos: Iterable[int]) -> pl.DataFrame:
    """決裁 by number: frame EndedRuling."""
    ruling, effect = r.ruling.c, r.ruling_result.c
    undone = undone_by_no(ruling.ruling_no, ruling.payment_no).label(EndedRuling.UNDONE_BY_NO)
    query = (
        select(*(ruling[name] for name in Ruled.SCHEMA), effect.result, effect.before_yen, effect.after_yen, undone)
        .outerjoin(r.ruling_result, effect.ruling_no == ruling.ruling_no)
        .where(ruling.ruling_no.in_(list(ruling_nos)))
    )
    return read_frame(connection, query, EndedRuling.SCHEMA).sort(Ruled.RULING_NO)


def reviews(connection: Connection) -> list[dict[str, Any]]:
    """決裁の申請, newest last, each with its number of `rulings` and the step that ended it."""
    count = select(func.count()).where(r.ruling.c.review_no == r.review.c.review_no).scalar_subquery()
    query = requests_with(REVIEW, count.label("rulings"))
    return [dict(row) for row in connection.execute(query).mappings()]


def enter_rulings(connection: Connection, review_no: int, proposals: pl.DataFrame) -> pl.DataFrame:
    """申請の決裁を記す: frame Proposal. Returns payment_no and ruling_no of each."""
    rows = number_rows(proposals.select(*Proposal.SCHEMA), Ruled.RULING_NO, next_no(connection, r.ruling.c.ruling_no))
    insert_frame(connection, r.ruling, rows, review_no=review_no)
    return rows.select(Ruled.PAYMENT_NO, Ruled.RULING_NO)


def enter_effects(connection: Connection, night: date, effects: pl.DataFrame, moves: pl.DataFrame) -> None:
    """決裁の結果を記す: the effects of rulings (frame RulingEffect) and their postings (frame Move)."""
    night_on = night.isoformat()
    insert_frame(connection, r.ruling_result, effects.select(*RulingEffect.SCHEMA), night_on=night_on)
    rows = number_rows(
        moves.select(*Move.SCHEMA), NumberedPosting.POSTING_NO, next_no(connection, t.posting.c.posting_no)
    )
    insert_frame(connection, t.posting, rows.drop(Move.RULING_NO, Move.NOTICE_NO), night_on=night_on)
    insert_frame(connection, r.ruling_posting, rows.select(NumberedPosting.POSTING_NO, Move.RULING_NO, Move.NOTICE_NO))
    if rows.height:
        first = int(rows[NumberedPosting.POSTING_NO][0])
        enter_posting_tallies(connection, posting_tallies(posted_of(connection, rows), first))


def held(connection: Connection, payment_nos: pl.DataFrame) -> pl.DataFrame:
    """仮受の仕訳 of payments: frame NumberedPosting, the first of each that put yen into suspense.

    It is the posting of the night, of a reduction, or of an undone ruling. What rulings move out of suspense stays in
    its fiscal year.
    """
    posting, parts = t.posting.c, []
    with stage_rows(connection, payment_nos.select(Payment.PAYMENT_NO).unique()) as staged:
        for is_move in (False, True):
            query = (
                select(*(posting[name] for name in NumberedPosting.SCHEMA))
                .join(staged, staged.c.payment_no == posting.payment_no)
                .where(posting.account == Account.SUSPENSE.value, posting.yen > 0)
                .where(posting.reverses_no.is_not(None) if is_move else posting.reverses_no.is_(None))
            )
            parts.append(read_frame(connection, query, NumberedPosting.SCHEMA))
    return (
        pl.concat(parts).sort(NumberedPosting.POSTING_NO).unique(Posting.PAYMENT_NO, keep="first", maintain_order=True)
    )


def made_by(connection: Connection, ruling_nos: pl.DataFrame) -> pl.DataFrame:
    """決裁による仕訳 of rulings: frame Made. A posting on a claim has the notice that it pays."""
    schema = {**Posting.SCHEMA, **schema_of((Made.POSTING_NO, Made.RULING_NO, Made.NOTICE_NO))}
    target_no = func.coalesce(r.ruling_posting.c.notice_no, r.ruling.c.notice_no)
    notice_no = case((t.posting.c.claim_no.is_not(None), target_no)).label(Move.NOTICE_NO)
    with stage_rows(connection, ruling_nos.select(Ruled.RULING_NO).unique()) as staged:
        query = (
            select(
                *(t.posting.c[name] for name in Posting.SCHEMA), t.posting.c.posting_no, staged.c.ruling_no, notice_no
            )
            .join(r.ruling_posting, r.ruling_posting.c.posting_no == t.posting.c.posting_no)
            .join(staged, staged.c.ruling_no == r.ruling_posting.c.ruling_no)
            .join(r.ruling, r.ruling.c.ruling_no == staged.c.ruling_no)
        )
        rows = read_frame(connection, query, schema).sort(Made.POSTING_NO)
    place = [Posting.PAYMENT_NO, Posting.ACCOUNT, Posting.CLAIM_NO]
    stands = standing_of(connection, rows.select(Posting.PAYMENT_NO).unique()).group_by(place)
    now = stands.agg(pl.col(Posting.YEN).sum().alias(Made.STANDS_YEN))
    years = held(connection, rows).select(Posting.PAYMENT_NO, pl.col(Posting.FISCAL_YEAR).alias(Made.HELD_YEAR))
    rows = rows.join(now, on=place, how="left", validate="m:1", nulls_equal=True, maintain_order="left")
    rows = rows.join(years, on=Posting.PAYMENT_NO, how="left", validate="m:1", maintain_order="left")
    lowered = _lowered_postings(connection, rows)
    rows = rows.join(lowered, on=Made.POSTING_NO, how="left", validate="m:1", maintain_order="left")
    remaining_yen = (pl.col(Posting.YEN) - pl.col(_LOWERED_YEN).fill_null(0)).clip(lower_bound=0)
    standing_yen, is_added = pl.col(Made.STANDS_YEN).fill_null(0), (pl.col(Posting.YEN) > 0).any().over(place)
    kept = (
        pl.when(is_added).then(pl.min_horizontal(standing_yen, remaining_yen.sum().over(place))).otherwise(standing_yen)
    )
    return Made.of(rows.with_columns(kept.alias(Made.STANDS_YEN)))


_LOWERED_YEN = "lowered_yen"


def _lowered_postings(connection: Connection, rows: pl.DataFrame) -> pl.DataFrame:
    """減額で外された額: posting_no, and the lowered_yen that later nights took off its claim.

    Later rulings do not count: they have to be undone first, which brings their yen back.
    """
    posting = t.posting.c
    with stage_rows(connection, rows.select(Made.POSTING_NO, Made.PAYMENT_NO).unique()) as staged:
        query = (
            select(staged.c.posting_no, (-func.sum(posting.yen)).label(_LOWERED_YEN))
            .join(t.posting, and_(posting.payment_no == staged.c.payment_no, posting.reverses_no.is_not(None)))
            .join(r.reduced_posting, r.reduced_posting.c.posting_no == posting.posting_no)
            .where(posting.reverses_no == staged.c.posting_no, posting.account == Account.CLAIM.value)
            .group_by(staged.c.posting_no)
        )
        return read_frame(connection, query, {Made.POSTING_NO: pl.Int64, _LOWERED_YEN: pl.Int64})


def moved_since(connection: Connection, moves: pl.DataFrame) -> pl.DataFrame:
    """後で動かした決裁: frame LaterRuling, the last later ruling that moved yen of a payment that a ruling had moved.

    `moves` is frame Made.
    """
    link, posting, later = r.ruling_posting.c, t.posting.c, r.ruling.c
    with stage_rows(connection, moves.select(Made.RULING_NO, Made.PAYMENT_NO).unique()) as staged:
        query = (
            select(staged.c.ruling_no, later.ruling_no.label(LaterRuling.LATER_NO), staged.c.payment_no)
            .join(t.posting, and_(posting.payment_no == staged.c.payment_no, posting.reverses_no.is_not(None)))
            .join(r.ruling_posting, link.posting_no == posting.posting_no)
            .join(r.ruling, and_(later.ruling_no == link.ruling_no, later.ruling_no > staged.c.ruling_no))
        )
        rows = read_frame(connection, query, LaterRuling.SCHEMA)
    return rows.sort(LaterRuling.LATER_NO).unique(LaterRuling.RULING_NO, keep="last", maintain_order=True)
