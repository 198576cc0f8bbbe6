"""Questions and entries of the review (決裁の照会と記帳): all by the night, append-only."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    func,
    or_,
    select,
)

from elqr.rules.ruling_reversal import Made
from elqr.rules.totals import posting_tallies
from elqr.store.db.bulk import insert_frame, next_no, numbered, read_frame, select_named, staged
from elqr.store.queries import matching as queries
from elqr.store.queries.open_exceptions import Waits, last_standing_no, moved_yen, undone_by_no, waiting_outcome
from elqr.store.queries.reports import decision_columns, decision_rows
from elqr.store.queries.requests import REVIEW, requests_with
from elqr.store.queries.sender_corrections import others_moved, standing_of
from elqr.store.queries.totals import enter_posting_tallies, posted_of
from elqr.store.tables import ledger as t
from elqr.store.tables import reviews as r
from elqr.vocabulary.frames import Move, Notice, OpenClaim, Posting, Proposal, Ruled, RulingEffect
from elqr.vocabulary.terms import LEFT_CLAIM, Account, Flag, KeyKind, Ruling, RulingResult

_APPROVED = RulingResult.APPROVED.value


def exceptions(connection: Connection, night: date, only: pl.DataFrame | None = None) -> pl.DataFrame:
    """要確認 up to a night: what is open, and what is closed while its yen wait in suspense (`is_open` false).

    速報 that are overdue are among them, until they are confirmed, taken back, or ended by two people; and 収納 with
    yen in suspense that had stood on a claim (`terms.LEFT_CLAIM`), whatever came of them on their night.
    Rows as of the report's decisions; `claim_yen` and `suspense_yen` are balances as of the night, and
    ruling_no, ruling, ruling_reason and ruled_on are those of the last ruling that took effect. `only` has
    payment_no of those that are asked for.
    """
    last, waits = r.ruling.c, Waits.on(night)
    columns = decision_columns() | {
        "outcome": (waits.outcome, pl.String),
        "claim_yen": (t.decision.c.claim_yen + moved_yen(Account.CLAIM, night), pl.Int64),
        "suspense_yen": (waits.suspense_yen, pl.Int64),
        "ruling_no": (last.ruling_no, pl.Int64),
        "ruling": (last.ruling, pl.String),
        "ruling_reason": (last.reason, pl.String),
        "ruled_on": (r.ruling_result.c.night_on, pl.Date),
        "is_open": (waits.is_open, pl.Boolean),
        Flag.REDUCED.name: (waits.is_reduced, pl.Boolean),
        Flag.RETURNED.name: (waits.is_returned, pl.Boolean),
        "others_moved": (others_moved(night), pl.Int64),
    }
    if only is None:
        rows = [decision_rows(connection, columns, own, *waits.joins) for own in waits.conditions]
    else:
        with staged(connection, only.select("payment_no")) as asked:
            rows = [decision_rows(connection, columns, own, *waits.joins, asked=asked) for own in waits.conditions]
    some = [part for part in rows if not part.is_empty()] or rows[:1]
    whole = some[0] if len(some) == 1 else pl.concat(some).sort("paid_on", maintain_order=True)
    more = (pl.when(flag.name).then(pl.lit(flag.value)) for flag in LEFT_CLAIM)
    flags = pl.concat_str(pl.col("flags").replace("", None), *more, separator=",", ignore_nulls=True)
    return whole.with_columns(flags.alias("flags")).drop(flag.name for flag in LEFT_CLAIM)


def payments_at(connection: Connection, identities: pl.DataFrame) -> pl.DataFrame:
    """受付番号 of records: file_sha256, record_no → payment_no; those the ledger does not have are missing."""
    schema = {"file_sha256": pl.String, "record_no": pl.Int64, "payment_no": pl.Int64}
    with staged(connection, identities.select("file_sha256", "record_no").unique()) as asked:
        query = (
            select(asked.c.file_sha256, asked.c.record_no, t.payment.c.payment_no)
            .join(t.file, t.file.c.sha256 == asked.c.file_sha256)
            .join(t.payment, and_(t.payment.c.file_no == t.file.c.file_no, t.payment.c.record_no == asked.c.record_no))
        )
        return read_frame(connection, query, schema)


def target_notices(connection: Connection, key_nos: pl.DataFrame) -> pl.DataFrame:
    """対象の納付書 by 納付番号: key_no, notice_no."""
    schema = {"key_no": pl.String, "notice_no": pl.Int64}
    with staged(connection, queries.elqr_keys(key_nos["key_no"])) as asked:
        key_no = asked.c.key_digits.label("key_no")
        query = select(key_no, t.notice_key.c.notice_no).join(t.notice_key, queries.same_key(asked))
        return read_frame(connection, query, schema)


def notices_by_no(connection: Connection, notice_nos: pl.DataFrame) -> pl.DataFrame:
    """対象の納付書 by their numbers: notice_no, payer_ref, is_cancelled."""
    schema = {"notice_no": pl.Int64, "payer_ref": pl.String, "is_cancelled": pl.Boolean}
    notice, gone = t.notice.c, t.notice_cancel.c.notice_no
    with staged(connection, notice_nos.select("notice_no").unique()) as asked:
        query = (
            select(notice.notice_no, notice.payer_ref, gone.is_not(None).label("is_cancelled"))
            .join(asked, asked.c.notice_no == notice.notice_no)
            .outerjoin(t.notice_cancel, gone == notice.notice_no)
        )
        return read_frame(connection, query, schema)


def target_claims(connection: Connection, notice_nos: pl.DataFrame) -> pl.DataFrame:
    """充てる先の調定 of notices: frame OpenClaim with procedure_code, levy_year."""
    unknown = pl.lit(None, pl.Int64)
    every = notice_nos.select("notice_no").unique().with_columns(owed_yen=unknown, levy_year=unknown)
    claims = queries.open_claims([connection], every)
    with staged(connection, notice_nos.select("notice_no").unique()) as asked:
        query = select(t.notice.c.notice_no, t.notice.c.procedure_code).join(
            asked, asked.c.notice_no == t.notice.c.notice_no
        )
        codes = read_frame(connection, query, {Notice.NOTICE_NO: pl.Int64, Notice.PROCEDURE_CODE: pl.String})
    return claims.join(codes, on=OpenClaim.NOTICE_NO, validate="m:1", maintain_order="left")


def waiting_rulings(connection: Connection) -> pl.DataFrame:
    """承認を待つ決裁; frame Ruled."""
    done = select(r.review_step.c.review_no)
    query = select(*(r.ruling.c[name] for name in Ruled.SCHEMA)).where(r.ruling.c.review_no.not_in(done))
    return read_frame(connection, query, Ruled.SCHEMA).sort(Ruled.RULING_NO)


def standing(connection: Connection, payment_nos: pl.DataFrame, night: date) -> pl.DataFrame:
    """収納の今: payment_no, stage, paid_on, suspense_yen (a balance), last_standing_no (the last not undone)."""
    whole = dict.fromkeys(("suspense_yen", "last_standing_no"), pl.Int64)
    schema = {"payment_no": pl.Int64, "stage": pl.String, "paid_on": pl.Date, **whole}
    with staged(connection, payment_nos.select("payment_no").unique()) as asked:
        query = (
            select(
                t.payment.c.payment_no,
                t.payment.c.stage,
                t.payment.c.paid_on,
                (t.decision.c.suspense_yen + moved_yen(Account.SUSPENSE, night)).label("suspense_yen"),
                last_standing_no(night).label("last_standing_no"),
            )
            .join(asked, asked.c.payment_no == t.payment.c.payment_no)
            .join(t.decision, t.decision.c.payment_no == t.payment.c.payment_no)
        )
        return read_frame(connection, query, schema)


def last_night(connection: Connection) -> str:
    """最後の日 that the ledger has a run of, or empty."""
    return str(connection.execute(select(func.coalesce(func.max(t.run.c.night_on), ""))).scalar_one())


def rulings_of(connection: Connection, review_no: int) -> pl.DataFrame:
    """申請の決裁; frame Ruled, in order."""
    query = select(*(r.ruling.c[name] for name in Ruled.SCHEMA)).where(r.ruling.c.review_no == review_no)
    return read_frame(connection, query, Ruled.SCHEMA).sort(Ruled.RULING_NO)


def rulings_by_no(connection: Connection, ruling_nos: Iterable[int]) -> pl.DataFrame:
    """決裁 by number: frame Ruled with its result (null while it waits) and `undone_by_no`."""
    own, effect = r.ruling.c, r.ruling_result.c
    undone = undone_by_no(own.ruling_no, own.payment_no).label("undone_by_no")
    query = (
        select(*(own[name] for name in Ruled.SCHEMA), effect.result, undone)
        .outerjoin(r.ruling_result, effect.ruling_no == own.ruling_no)
        .where(own.ruling_no.in_(list(ruling_nos)))
    )
    schema = {**Ruled.SCHEMA, "result": pl.String, "undone_by_no": pl.Int64}
    return read_frame(connection, query, schema).sort(Ruled.RULING_NO)


def reviews(connection: Connection) -> list[dict[str, Any]]:
    """決裁の申請, newest last, with the number of rulings and the step that ended each."""
    count = select(func.count()).where(r.ruling.c.review_no == r.review.c.review_no).scalar_subquery()
    query = requests_with(REVIEW, count.label("rulings"))
    return [dict(row) for row in connection.execute(query).mappings()]


def enter_rulings(connection: Connection, review_no: int, proposals: pl.DataFrame) -> None:
    """申請の決裁を記す: frame Proposal."""
    rows = numbered(proposals.select(*Proposal.SCHEMA), Ruled.RULING_NO, next_no(connection, r.ruling.c.ruling_no))
    insert_frame(connection, r.ruling, rows, review_no=review_no)


def enter_effects(connection: Connection, night: date, effects: pl.DataFrame, moves: pl.DataFrame) -> None:
    """決裁の結果を記す: what came of each ruling (frame RulingEffect), and its postings (frame Move)."""
    night_on = night.isoformat()
    insert_frame(connection, r.ruling_result, effects.select(*RulingEffect.SCHEMA), night_on=night_on)
    rows = numbered(moves.select(*Move.SCHEMA), "posting_no", next_no(connection, t.posting.c.posting_no))
    insert_frame(connection, t.posting, rows.drop(Move.RULING_NO, Move.NOTICE_NO), night_on=night_on)
    insert_frame(connection, r.ruling_posting, rows.select("posting_no", Move.RULING_NO, Move.NOTICE_NO))
    if rows.height:
        enter_posting_tallies(connection, posting_tallies(posted_of(connection, rows), int(rows["posting_no"][0])))


def held(connection: Connection, payment_nos: pl.DataFrame) -> pl.DataFrame:
    """仮受の仕訳 of payments: frame Posting with posting_no, the first that put yen of each into suspense.

    What rulings move out of suspense stays in its year. It is the night's, or by which a later night
    or an undone ruling took the payment off a claim.
    """
    schema = {**Posting.SCHEMA, "posting_no": pl.Int64}
    g, found = t.posting.c, []
    with staged(connection, payment_nos.select("payment_no").unique()) as asked:
        for is_move in (False, True):
            query = (
                select(*(g[name] for name in schema))
                .join(asked, asked.c.payment_no == g.payment_no)
                .where(g.account == Account.SUSPENSE.value, g.yen > 0)
                .where(g.reverses_no.is_not(None) if is_move else g.reverses_no.is_(None))
            )
            found.append(read_frame(connection, query, schema))
    return pl.concat(found).sort("posting_no").unique("payment_no", keep="first", maintain_order=True)


def made_by(connection: Connection, ruling_nos: pl.DataFrame) -> pl.DataFrame:
    """決裁による仕訳 of rulings; frame Made, on a claim with the slip that it pays."""
    schema = {**Posting.SCHEMA, "posting_no": pl.Int64, "ruling_no": pl.Int64, Move.NOTICE_NO: pl.Int64}
    named = func.coalesce(r.ruling_posting.c.notice_no, r.ruling.c.notice_no)
    slip = case((t.posting.c.claim_no.is_not(None), named)).label(Move.NOTICE_NO)
    with staged(connection, ruling_nos.select("ruling_no").unique()) as asked:
        query = (
            select(*(t.posting.c[name] for name in Posting.SCHEMA), t.posting.c.posting_no, asked.c.ruling_no, slip)
            .join(r.ruling_posting, r.ruling_posting.c.posting_no == t.posting.c.posting_no)
            .join(asked, asked.c.ruling_no == r.ruling_posting.c.ruling_no)
            .join(r.ruling, r.ruling.c.ruling_no == asked.c.ruling_no)
        )
        rows = read_frame(connection, query, schema).sort("posting_no")
    place = [Posting.PAYMENT_NO, Posting.ACCOUNT, Posting.CLAIM_NO]
    stands = standing_of(connection, rows.select("payment_no").unique()).group_by(place)
    now = stands.agg(pl.col(Posting.YEN).sum().alias(Made.STANDS_YEN))
    years = held(connection, rows).select("payment_no", pl.col(Posting.FISCAL_YEAR).alias(Made.HELD_YEAR))
    rows = rows.join(now, on=place, how="left", validate="m:1", nulls_equal=True, maintain_order="left")
    rows = rows.join(years, on="payment_no", how="left", validate="m:1", maintain_order="left")
    rows = rows.join(_lowered(connection, rows), on="posting_no", how="left", validate="m:1", maintain_order="left")
    left = (pl.col(Posting.YEN) - pl.col("lowered_yen").fill_null(0)).clip(lower_bound=0)
    there, came = pl.col(Made.STANDS_YEN).fill_null(0), (pl.col(Posting.YEN) > 0).any().over(place)
    kept = pl.when(came).then(pl.min_horizontal(there, left.sum().over(place))).otherwise(there)
    return Made.of(rows.with_columns(kept.alias(Made.STANDS_YEN)))


def _lowered(connection: Connection, rows: pl.DataFrame) -> pl.DataFrame:
    """減額で外された額: posting_no, `lowered_yen` that later nights took off its claim.

    What later rulings took back has to be undone first, and is there again then.
    """
    g = t.posting.c
    with staged(connection, rows.select("posting_no", "payment_no").unique()) as asked:
        query = (
            select(asked.c.posting_no, (-func.sum(g.yen)).label("lowered_yen"))
            .join(t.posting, and_(g.payment_no == asked.c.payment_no, g.reverses_no.is_not(None)))
            .join(r.reduced_posting, r.reduced_posting.c.posting_no == g.posting_no)
            .where(g.reverses_no == asked.c.posting_no, g.account == Account.CLAIM.value)
            .group_by(asked.c.posting_no)
        )
        return read_frame(connection, query, {"posting_no": pl.Int64, "lowered_yen": pl.Int64})


def moved_since(connection: Connection, made: pl.DataFrame) -> pl.DataFrame:
    """後で動かした決裁: ruling_no, `later_no` and its payment, the last that moved yen of a payment that it moved too.

    `made` is frame Made.
    """
    link, g, later = r.ruling_posting.c, t.posting.c, r.ruling.c
    schema = {"ruling_no": pl.Int64, "later_no": pl.Int64, "payment_no": pl.Int64}
    with staged(connection, made.select("ruling_no", "payment_no").unique()) as asked:
        query = (
            select(asked.c.ruling_no, later.ruling_no.label("later_no"), asked.c.payment_no)
            .join(t.posting, and_(g.payment_no == asked.c.payment_no, g.reverses_no.is_not(None)))
            .join(r.ruling_posting, link.posting_no == g.posting_no)
            .join(r.ruling, and_(later.ruling_no == link.ruling_no, later.ruling_no > asked.c.ruling_no))
        )
        rows = read_frame(connection, query, schema)
    return rows.sort("later_no").unique("ruling_no", keep="last", maintain_order=True)


def rulings_in(connection: Connection, night: date) -> pl.DataFrame:
    """決裁一覧 of a night: asked for up to it and waiting at its end, or ended on it; as `trail` gives them."""
    day = night.isoformat()
    ended = r.review_step.c.night_on
    return _trail(connection, [r.review.c.night_on <= day, or_(ended.is_(None), ended >= day)], day)


def trail(connection: Connection, review_no: int | None = None, payment_no: int | None = None) -> pl.DataFrame:
    """決裁の記録 of a request, of a payment with what rulings on others moved of it, or all of it."""
    asked = [r.ruling.c.review_no == review_no] if review_no is not None else []
    if payment_no is not None:
        moved = select(r.ruling_posting.c.ruling_no).join(
            t.posting, t.posting.c.posting_no == r.ruling_posting.c.posting_no
        )
        moves_it = moved.where(t.posting.c.payment_no == payment_no, t.posting.c.reverses_no.is_not(None))
        asked.append(or_(r.ruling.c.payment_no == payment_no, r.ruling.c.ruling_no.in_(moves_it)))
    return _trail(connection, asked, date.max.isoformat())


def _trail(connection: Connection, conditions: list[ColumnElement[bool]], until: str) -> pl.DataFrame:
    """Who decided what, why, who approved it, and the yen before and after; as of a night."""
    asked, step, effect = r.review.c, r.review_step.c, r.ruling_result.c
    effect_on, key = r.ruling_result.c.night_on, t.notice_key.c
    digits = select(func.min(key.key_digits)).where(key.notice_no == r.ruling.c.notice_no).correlate(r.ruling)
    target = func.coalesce(digits.where(key.key_kind == KeyKind.ELQR.value).scalar_subquery(), digits.scalar_subquery())
    columns: dict[str, tuple[Any, Any]] = {
        "review_no": (asked.review_no, pl.Int64),
        "ruling_no": (r.ruling.c.ruling_no, pl.Int64),
        "payment_no": (r.ruling.c.payment_no, pl.Int64),
        "outcome": (waiting_outcome(date.fromisoformat(until)), pl.String),
        "paid_yen": (t.payment.c.paid_yen, pl.Int64),
        "ruling": (r.ruling.c.ruling, pl.String),
        "target": (target, pl.String),
        "reason": (r.ruling.c.reason, pl.String),
        "staff": (r.ruling.c.staff, pl.String),
        "asked_by": (asked.asked_by, pl.String),
        "asked_at": (asked.asked_at, pl.String),
        "result": (effect.result, pl.String),
        "taken_by": (step.taken_by, pl.String),
        "taken_at": (step.taken_at, pl.String),
        "step_reason": (step.reason, pl.String),
        "before_yen": (effect.before_yen, pl.Int64),
        "after_yen": (effect.after_yen, pl.Int64),
        "withdrawn_yen": (_withdrawn_yen(until), pl.Int64),
        "returned_yen": (_returned_yen(until), pl.Int64),
        "undoes_no": (r.ruling.c.undoes_no, pl.Int64),
    }
    query = (
        select_named({name: column for name, (column, _) in columns.items()})
        .select_from(r.ruling)
        .join(r.review, asked.review_no == r.ruling.c.review_no)
        .join(t.payment, t.payment.c.payment_no == r.ruling.c.payment_no)
        .join(t.decision, t.decision.c.payment_no == r.ruling.c.payment_no)
        .outerjoin(r.review_step, and_(step.review_no == asked.review_no, step.night_on <= until))
        .outerjoin(r.ruling_result, and_(effect.ruling_no == r.ruling.c.ruling_no, effect_on <= until))
        .where(*conditions)
        .order_by(r.ruling.c.ruling_no)
    )
    return read_frame(connection, query, {name: dtype for name, (_, dtype) in columns.items()})


def _withdrawn_yen(until: str) -> ColumnElement[int]:
    """送付元の取消にした額 of a ruling, up to a night."""
    made = t.posting.alias("made").c
    return (
        select(func.coalesce(func.sum(made.yen), 0))
        .where(
            r.ruling_posting.c.ruling_no == r.ruling.c.ruling_no,
            made.posting_no == r.ruling_posting.c.posting_no,
            made.account == Account.WITHDRAWN.value,
            made.night_on <= until,
        )
        .correlate(r.ruling)
        .scalar_subquery()
    )


def _returned_yen(until: str) -> ColumnElement[int]:
    """調定に戻らず仮受に置いた額 of a ruling that undid another, up to a night."""
    made, back = t.posting.alias("held").c, t.posting.alias("held_back").c
    return (
        select(func.coalesce(func.sum(made.yen), 0))
        .where(
            r.ruling.c.ruling == Ruling.UNDO.value,
            r.ruling_posting.c.ruling_no == r.ruling.c.ruling_no,
            made.posting_no == r.ruling_posting.c.posting_no,
            made.account == Account.SUSPENSE.value,
            made.yen > 0,
            back.posting_no == made.reverses_no,
            back.account == Account.CLAIM.value,
            made.night_on <= until,
        )
        .correlate(r.ruling)
        .scalar_subquery()
    )
