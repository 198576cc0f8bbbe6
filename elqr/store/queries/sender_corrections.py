"""Questions of withdrawals (送付元の取消の照会): the other 確報 of a payment's event, and where their yen stand."""

from datetime import date

import polars as pl
from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from elqr.rules.sender_correction import Concerned
from elqr.store.db.bulk import read_frame, select_named, stage_rows
from elqr.store.tables import ledger as t
from elqr.store.tables import reviews as r
from elqr.vocabulary.frames import NumberedPosting, Posting, Ruled
from elqr.vocabulary.ruling_frames import OtherConfirmed, Standing
from elqr.vocabulary.terms import Outcome, Stage


def others_moved(night: date) -> ColumnElement[int | None]:
    """ほかの確報の動き: a number that rises with each posting of another 確報 of the event; null where none matters."""
    own, k, g = t.payment_identity.alias("own").c, t.payment_identity.alias("k").c, t.posting.alias("g").c

    def last(is_move: bool) -> ColumnElement[int]:
        newest = select(func.coalesce(func.max(g.posting_no), 0)).where(
            own.payment_no == t.payment.c.payment_no,
            own.identity == t.payment.c.identity,
            own.stage == t.payment.c.stage,
            k.identity == own.identity,
            k.occurrence_no == own.occurrence_no,
            k.stage == Stage.CONFIRMED.value,
            k.payment_no != own.payment_no,
            g.payment_no == k.payment_no,
            g.reverses_no.is_not(None) if is_move else g.reverses_no.is_(None),
            g.night_on <= night.isoformat(),
        )
        return newest.correlate(t.payment).scalar_subquery()

    in_doubt = t.decision.c.outcome.in_([Outcome.CONFLICTS.value, Outcome.STAGE_UNEXPECTED.value])
    return case((in_doubt, last(False) + last(True)))


def concerned(connection: Connection, payment_nos: pl.DataFrame) -> Concerned:
    """かかわる収納 of payments: the other 確報 of their event, and where the yen of all of them stand."""
    own, k, other = t.payment_identity.alias("own").c, t.payment_identity.alias("k").c, t.payment.alias("other").c
    p, d = t.payment.c, t.decision.c
    same_key = and_(other.key_kind == p.key_kind, other.key_digits == p.key_digits)
    with stage_rows(connection, payment_nos.select(Ruled.PAYMENT_NO).unique()) as asked:
        query = (
            select_named(
                {
                    OtherConfirmed.PAYMENT_NO: p.payment_no,
                    OtherConfirmed.OTHER_NO: other.payment_no,
                    OtherConfirmed.SAME_KEY: same_key,
                    OtherConfirmed.OTHER_PAID_YEN: other.paid_yen,
                    OtherConfirmed.OTHER_OUTCOME: d.outcome,
                    OtherConfirmed.OTHER_NOTICE_NO: d.notice_no,
                }
            )
            .select_from(asked)
            .join(t.payment, p.payment_no == asked.c.payment_no)
            .join(
                own.identity.table,
                and_(own.identity == p.identity, own.stage == p.stage, own.payment_no == p.payment_no),
            )
            .join(k.identity.table, and_(k.identity == own.identity, k.occurrence_no == own.occurrence_no))
            .join(other.payment_no.table, other.payment_no == k.payment_no)
            .join(t.decision, d.payment_no == other.payment_no)
            .where(k.stage == Stage.CONFIRMED.value, k.payment_no != own.payment_no)
        )
        others = read_frame(connection, query, OtherConfirmed.SCHEMA)
    numbers = others.select(pl.col(OtherConfirmed.OTHER_NO).alias(Ruled.PAYMENT_NO))
    whole = pl.concat([numbers, payment_nos.select(Ruled.PAYMENT_NO)]).unique()
    return Concerned.of(others, standing_of(connection, whole))


def standing_of(connection: Connection, payment_nos: pl.DataFrame) -> pl.DataFrame:
    """収納の今の置き場所 of payments; frame Standing: what is left on each account, claim and year."""
    g, r_ = t.posting.c, r.ruling.c
    slip = case(
        (g.claim_no.is_not(None), func.coalesce(r.ruling_posting.c.notice_no, r_.notice_no, t.decision.c.notice_no))
    )
    schema = {**Posting.SCHEMA, NumberedPosting.POSTING_NO: pl.Int64, Standing.NOTICE_NO: pl.Int64}
    found = []
    with stage_rows(connection, payment_nos) as asked:
        for is_move in (False, True):
            query = (
                select(*(g[name] for name in Posting.SCHEMA), g.posting_no, slip.label(Standing.NOTICE_NO))
                .select_from(asked)
                .join(t.posting, g.payment_no == asked.c.payment_no)
                .join(t.decision, t.decision.c.payment_no == g.payment_no)
                .outerjoin(r.ruling_posting, r.ruling_posting.c.posting_no == g.posting_no)
                .outerjoin(r.ruling, r_.ruling_no == r.ruling_posting.c.ruling_no)
                .where(g.reverses_no.is_not(None) if is_move else g.reverses_no.is_(None))
            )
            found.append(read_frame(connection, query, schema))
    rows = pl.concat(found).sort(NumberedPosting.POSTING_NO)
    place = [name for name in Posting.SCHEMA if name != Posting.YEN]
    is_added = pl.col(Posting.YEN) > 0
    left = rows.group_by(place).agg(
        pl.col(Posting.YEN).sum(),
        pl.col(NumberedPosting.POSTING_NO).filter(is_added).last().alias(Standing.POSTING_NO),
        pl.col(Standing.NOTICE_NO).filter(is_added).last(),
    )
    return Standing.of(left.filter(pl.col(Posting.YEN) != 0).sort(place))
