"""Queries on senders' corrections (送付元の取消の照会): other 確報 of a payment's event, and where their yen are."""

from datetime import date

import polars as pl
from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from elqr.rules.sender_correction import Concerned
from elqr.rules.standing import net_of_taken
from elqr.store.db.bulk import read_frame, select_named, stage_rows
from elqr.store.tables import ledger as t
from elqr.store.tables import reviews as r
from elqr.vocabulary.frames import NumberedPosting, Posting, Ruled
from elqr.vocabulary.ruling_frames import OtherConfirmed, Standing
from elqr.vocabulary.terms import IN_DOUBT, Stage


def others_moved(night: date) -> ColumnElement[int | None]:
    """ほかの確報の動き: a number that rises with each posting of another 確報 of the event; null if not in doubt."""
    record, known, posting = (
        t.payment_identity.alias("record").c,
        t.payment_identity.alias("known_record").c,
        t.posting.alias("known_posting").c,
    )

    def last(is_move: bool) -> ColumnElement[int]:
        newest = select(func.coalesce(func.max(posting.posting_no), 0)).where(
            record.payment_no == t.payment.c.payment_no,
            record.identity == t.payment.c.identity,
            record.stage == t.payment.c.stage,
            known.identity == record.identity,
            known.occurrence_no == record.occurrence_no,
            known.stage == Stage.CONFIRMED.value,
            known.payment_no != record.payment_no,
            posting.payment_no == known.payment_no,
            posting.reverses_no.is_not(None) if is_move else posting.reverses_no.is_(None),
            posting.night_on <= night.isoformat(),
        )
        return newest.correlate(t.payment).scalar_subquery()

    in_doubt = t.decision.c.outcome.in_([outcome.value for outcome in IN_DOUBT])
    return case((in_doubt, last(False) + last(True)))


def concerned(connection: Connection, payment_nos: pl.DataFrame) -> Concerned:
    """かかわる収納 of payments: the other 確報 of their event, and where the yen of all of them are."""
    record, known, other = (
        t.payment_identity.alias("record").c,
        t.payment_identity.alias("known_record").c,
        t.payment.alias("other").c,
    )
    payment, decision = t.payment.c, t.decision.c
    same_key = and_(other.key_kind == payment.key_kind, other.key_digits == payment.key_digits)
    with stage_rows(connection, payment_nos.select(Ruled.PAYMENT_NO).unique()) as staged:
        query = (
            select_named(
                {
                    OtherConfirmed.PAYMENT_NO: payment.payment_no,
                    OtherConfirmed.OTHER_NO: other.payment_no,
                    OtherConfirmed.SAME_KEY: same_key,
                    OtherConfirmed.OTHER_PAID_YEN: other.paid_yen,
                    OtherConfirmed.OTHER_OUTCOME: decision.outcome,
                    OtherConfirmed.OTHER_NOTICE_NO: decision.notice_no,
                }
            )
            .select_from(staged)
            .join(t.payment, payment.payment_no == staged.c.payment_no)
            .join(
                record.identity.table,
                and_(
                    record.identity == payment.identity,
                    record.stage == payment.stage,
                    record.payment_no == payment.payment_no,
                ),
            )
            .join(
                known.identity.table,
                and_(known.identity == record.identity, known.occurrence_no == record.occurrence_no),
            )
            .join(other.payment_no.table, other.payment_no == known.payment_no)
            .join(t.decision, decision.payment_no == other.payment_no)
            .where(known.stage == Stage.CONFIRMED.value, known.payment_no != record.payment_no)
        )
        others = read_frame(connection, query, OtherConfirmed.SCHEMA)
    numbers = others.select(pl.col(OtherConfirmed.OTHER_NO).alias(Ruled.PAYMENT_NO))
    all_numbers = pl.concat([numbers, payment_nos.select(Ruled.PAYMENT_NO)]).unique()
    return Concerned.of(others, standing_of(connection, all_numbers))


def standing_of(connection: Connection, payment_nos: pl.DataFrame) -> pl.DataFrame:
    """収納の今の置き場所 of payments: frame Standing, the remaining yen by account, claim and year."""
    places = places_of(connection, payment_nos)
    return net_of_taken(places).sort(name for name in Posting.SCHEMA if name != Posting.YEN)


def places_of(connection: Connection, payment_nos: pl.DataFrame) -> pl.DataFrame:
    """収納の置き場所 of payments: frame Standing, the yen by account, claim and year, which may be negative."""
    posting, ruling = t.posting.c, r.ruling.c
    notice_no = case(
        (
            posting.claim_no.is_not(None),
            func.coalesce(r.ruling_posting.c.notice_no, ruling.notice_no, t.decision.c.notice_no),
        )
    )
    schema = {**Posting.SCHEMA, NumberedPosting.POSTING_NO: pl.Int64, Standing.NOTICE_NO: pl.Int64}
    parts = []
    with stage_rows(connection, payment_nos) as staged:
        for is_move in (False, True):
            query = (
                select(
                    *(posting[name] for name in Posting.SCHEMA), posting.posting_no, notice_no.label(Standing.NOTICE_NO)
                )
                .select_from(staged)
                .join(t.posting, posting.payment_no == staged.c.payment_no)
                .join(t.decision, t.decision.c.payment_no == posting.payment_no)
                .outerjoin(r.ruling_posting, r.ruling_posting.c.posting_no == posting.posting_no)
                .outerjoin(r.ruling, ruling.ruling_no == r.ruling_posting.c.ruling_no)
                .where(posting.reverses_no.is_not(None) if is_move else posting.reverses_no.is_(None))
            )
            parts.append(read_frame(connection, query, schema))
    rows = pl.concat(parts).sort(NumberedPosting.POSTING_NO)
    place = [name for name in Posting.SCHEMA if name != Posting.YEN]
    is_added = pl.col(Posting.YEN) > 0
    standing = rows.group_by(place).agg(
        pl.col(Posting.YEN).sum(),
        pl.col(NumberedPosting.POSTING_NO).filter(is_added).last().alias(Standing.POSTING_NO),
        pl.col(Standing.NOTICE_NO).filter(is_added).last(),
    )
    return Standing.of(standing.filter(pl.col(Posting.YEN) != 0))
