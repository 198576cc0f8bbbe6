"""Remarks on requests (申請の注意): what who requests is told, and who approves sees, of rulings that wait."""

from collections.abc import Sequence

import polars as pl

from elqr.approvals.open_exceptions import NOW
from elqr.approvals.ruling_state import terms_of_decisions
from elqr.rules.ruling_remarks import remarks_on
from elqr.session.session import Session
from elqr.store.queries import reviews as queries
from elqr.store.queries import sender_corrections as withdrawal_queries
from elqr.store.queries.payouts import recorded_steps
from elqr.vocabulary.findings import Finding
from elqr.vocabulary.frames import Notice, Ruled
from elqr.vocabulary.report_frames import ExceptionRow
from elqr.vocabulary.ruling_frames import Payout, RefundCase, Remarked, Standing
from elqr.vocabulary.ruling_terms import NEEDS_TARGET, Ruling

_PAYS_ON_NOTICE = pl.col(Ruled.RULING).is_in([ruling.value for ruling in (*NEEDS_TARGET, Ruling.REASSIGN)])
_NAMED = 6
"""Rulings of one notice that a remark names."""


def remarks_of_review(session: Session, review_no: int) -> tuple[Finding, ...]:
    """申請の注意: what is to be looked at in a request."""
    by_ruling = remarks_by_ruling(session, queries.rulings_of(session.ledger.connection, review_no))
    return tuple(finding for findings in by_ruling.values() for finding in findings)


def remarks_of_waiting(session: Session, ruling_nos: Sequence[int]) -> dict[int, tuple[Finding, ...]]:
    """承認待ちの決裁の注意: ruling_no → what is to be looked at, of those of these that wait."""
    waiting = queries.waiting_rulings(session.ledger.connection)
    return remarks_by_ruling(session, waiting.filter(pl.col(Ruled.RULING_NO).is_in(list(ruling_nos))))


def remarks_by_ruling(session: Session, rulings: pl.DataFrame) -> dict[int, tuple[Finding, ...]]:
    """決裁の注意: ruling_no → what is to be looked at, of rulings (frame Ruled) that wait, as the ledger is now.

    Rulings of which nothing could be said ask the ledger nothing.
    """
    is_decision = pl.col(Ruled.RULING) == Ruling.REFUND_DECIDED.value
    parts = (
        (_beside_refunds, rulings.filter(is_decision)),
        (_beside_targets, rulings.filter(~is_decision & pl.col(Ruled.NOTICE_NO).is_not_null())),
    )
    known = [beside(session, part) for beside, part in parts if not part.is_empty()]
    return remarks_on(pl.concat([Remarked.empty(), *known]))


def _beside_refunds(session: Session, rulings: pl.DataFrame) -> pl.DataFrame:
    """還付決定の横に: frame Remarked, with what is due and who paid."""
    steps = recorded_steps(session.ledger.connection, rulings).select(*Payout.SCHEMA)
    rows = rulings.join(steps, on=Ruled.RULING_NO, validate="1:1", maintain_order="left")
    decided = rows.select(Ruled.PAYMENT_NO, pl.col(Payout.DONE_ON).alias(RefundCase.REFUND_DECIDED_ON))
    terms = terms_of_decisions(session, decided)
    rows = rows.join(terms, on=Ruled.PAYMENT_NO, how="left", validate="1:1", maintain_order="left")
    of_targets = (pl.lit(None, pl.String).alias(name) for name in (Remarked.TARGET_PAYER_REF, Remarked.SHARED))
    return Remarked.of(rows.with_columns(of_targets))


def _beside_targets(session: Session, rulings: pl.DataFrame) -> pl.DataFrame:
    """対象のある決裁の横に: frame Remarked, with the payers of the notice and of what the payment is on or names."""
    connection, payer, number = session.ledger.connection, Notice.PAYER_REF, Ruled.NOTICE_NO
    standing = withdrawal_queries.standing_of(connection, rulings.select(Ruled.PAYMENT_NO).unique())
    places = standing.select(Ruled.PAYMENT_NO, Standing.NOTICE_NO).drop_nulls().unique()
    notice_nos = pl.concat([rulings.select(number), places.select(number)]).unique()
    payers = queries.notices_by_no(connection, notice_nos).select(number, payer)
    paid_for = (
        places.join(payers, on=number).group_by(Ruled.PAYMENT_NO).agg(pl.col(payer).unique().sort().str.join("・"))
    )
    named = queries.payments_as_of(connection, NOW, rulings.select(Ruled.PAYMENT_NO).unique())
    named = named.select(Ruled.PAYMENT_NO, pl.col(ExceptionRow.PAYER_REF).alias("named_payer"))
    rows = rulings.join(payers.rename({payer: Remarked.TARGET_PAYER_REF}), on=number, how="left", maintain_order="left")
    for known in (paid_for, named):
        rows = rows.join(known, on=Ruled.PAYMENT_NO, how="left", validate="m:1", maintain_order="left")
    rows = rows.with_columns(pl.coalesce(payer, "named_payer").alias(payer))
    rows = rows.join(_shared_targets(session), on=number, how="left", validate="m:1", maintain_order="left")
    rows = rows.with_columns(pl.when(_PAYS_ON_NOTICE).then(Remarked.SHARED).alias(Remarked.SHARED))
    lacking = (pl.lit(None, dtype).alias(name) for name, dtype in Remarked.SCHEMA.items() if name not in rows.columns)
    return Remarked.of(rows.with_columns(lacking))


def _shared_targets(session: Session) -> pl.DataFrame:
    """同じ納付書を対象にする決裁: notice_no and `shared`, of notices of several rulings that wait."""
    waiting = queries.waiting_rulings(session.ledger.connection).filter(_PAYS_ON_NOTICE)
    name = pl.format("申請{}の受付{}", Ruled.REVIEW_NO, Ruled.PAYMENT_NO)
    names = waiting.drop_nulls(Ruled.NOTICE_NO).sort(Ruled.RULING_NO).group_by(Ruled.NOTICE_NO)
    shared = names.agg(pl.len(), name.head(_NAMED).str.join("、").alias(Remarked.SHARED)).filter(pl.col("len") > 1)
    text = pl.format(
        "{}件（{}{}）",
        "len",
        Remarked.SHARED,
        pl.when(pl.col("len") > _NAMED).then(pl.lit("など")).otherwise(pl.lit("")),
    )
    return shared.select(Ruled.NOTICE_NO, text.alias(Remarked.SHARED))
