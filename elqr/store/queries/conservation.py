"""Conservation (お金の保存): what of a night does not add up in the ledger, asked of the database by itself."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, case, func, select

from elqr.store.db.bulk import select_named
from elqr.store.tables import ledger as t
from elqr.vocabulary.terms import Place


def conservation_breaks(connection: Connection, night: date) -> list[str]:
    """金額の保存, checked again in the database: what does not add up, in words."""
    day = night.isoformat()
    counts = dict(connection.execute(_payments_that_break(day)).mappings().one())
    counts["取込時と件数・金額が違うファイル"] = connection.execute(_files_that_differ(day)).scalar_one()
    counts["決裁の付け替えが合わない収納"] = connection.execute(_moves_that_differ(day)).scalar_one()
    return [f"{rule}: {count}件" for rule, count in counts.items() if count]


def _payments_that_break(day: str) -> Select[Any]:
    """合わない収納 of a night: one row with the number of breaks of each rule, under its name."""
    payment, decision = t.payment.c, t.decision.c
    posted = (
        select(t.posting.c.payment_no, func.sum(t.posting.c.yen).label("yen"))
        .where(t.posting.c.night_on == day)
        .group_by(t.posting.c.payment_no)
        .subquery()
    )
    breaks = {
        "消込結果のない収納": decision.payment_no.is_(None),
        "計上額が消込結果と違う収納": func.coalesce(posted.c.yen, 0) != decision.claim_yen + decision.suspense_yen,
        "行き先のない収納": decision.place.not_in([place.value for place in Place]),
    }
    return (
        select_named({rule: func.coalesce(func.sum(case((broken, 1), else_=0)), 0) for rule, broken in breaks.items()})
        .select_from(t.payment)
        .join(t.decided_file, t.decided_file.c.file_no == payment.file_no)
        .outerjoin(t.decision, decision.payment_no == payment.payment_no)
        .outerjoin(posted, posted.c.payment_no == payment.payment_no)
        .where(t.decided_file.c.night_on == day)
    )


def _files_that_differ(day: str) -> Select[Any]:
    """取込時と違うファイル of a night: the number of files whose count or yen differs from when they were taken in."""
    payment = t.payment.c
    sums = (
        select(payment.file_no, func.count().label("count"), func.sum(payment.paid_yen).label("yen"))
        .join(t.decided_file, t.decided_file.c.file_no == payment.file_no)
        .where(t.decided_file.c.night_on == day)
        .group_by(payment.file_no)
        .subquery()
    )
    return (
        select(func.count())
        .select_from(t.file)
        .join(sums, sums.c.file_no == t.file.c.file_no)
        .where((sums.c.count != t.file.c.payment_count) | (sums.c.yen != t.file.c.payment_yen))
    )


def _moves_that_differ(day: str) -> Select[Any]:
    """付け替えの合わない収納 of a day: the number of payments whose moves do not sum to zero."""
    moved = (
        select(t.posting.c.payment_no)
        .where(t.posting.c.night_on == day, t.posting.c.reverses_no.is_not(None))
        .group_by(t.posting.c.payment_no)
        .having(func.sum(t.posting.c.yen) != 0)
        .subquery()
    )
    return select(func.count()).select_from(moved)
