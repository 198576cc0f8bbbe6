"""Excess (減額による過納): when something lowers what a claim owes, the yen collected beyond it go into suspense.

Each time has its link in the chain of runs, which says up to which notice was checked.
"""

from collections.abc import Mapping

import polars as pl

from elqr import __version__
from elqr.arithmetic.fiscal_year import OpenYears
from elqr.night.night import Night
from elqr.rules.reductions import reductions
from elqr.session.session import Session
from elqr.store.entries.chain import append_link
from elqr.store.entries.links import LookedAt, NoticesRun
from elqr.store.entries.seals import Seal
from elqr.store.queries import chain as links
from elqr.store.queries import reductions as queries
from elqr.store.queries.claim_states import last_state_no

Seals = Mapping[str, Seal]


def move_excess_to_suspense(night: Night, seals: Seals) -> Seals:
    """減額による過納を仮受へ移す, before the payment files: tonight's payments must meet what is owed tonight.

    `seals` are of rows that no link of the chain has yet. Returns those that still have none.
    """
    with night.session.ledger.transaction():
        excess = _excess(night.session)
        if excess.is_empty():
            return seals
        _enter_link(night, excess, seals)
        return {}


def record_notices(night: Night, seals: Seals | None = None) -> tuple[int, int]:
    """納付書の取込・発行を記録する, outside a night: adds the link to the chain that a night would add.

    Returns how many payments and yen of 減額による過納 went into suspense.
    """
    with night.session.ledger.transaction():
        excess = _excess(night.session)
        if night.changes or not excess.is_empty():
            _enter_link(night, excess, seals or {})
    return queries.reduced_yen(excess)


def notices_looked_at(session: Session, last_file_no: int) -> LookedAt:
    """見た納付書と調定: the last notice file, notice, row of a claim file and fee that a link has checked."""
    connection = session.ledger.connection
    return LookedAt(
        notice_files=last_file_no,
        last_notice=queries.last_notice_no(connection),
        last_state=last_state_no(connection),
        last_fee=queries.last_fee_no(connection),
    )


def _excess(session: Session) -> pl.DataFrame:
    """減額による過納 of the notices and fees that no link has checked; frame Reduction."""
    years = OpenYears(session.register.without_closing_period(), session.night_on)
    return reductions(queries.reducible(session.ledger.connection, session.night_on), years)


def _enter_link(night: Night, excess: pl.DataFrame, seals: Seals) -> None:
    session, connection = night.session, night.session.ledger.connection
    inputs, last = links.unnamed_notice_files(connection)
    looked_at = notices_looked_at(session, last)
    link = NoticesRun(
        version=__version__,
        inputs=sorted(inputs),
        notice_files=looked_at["notice_files"],
        last_notice=looked_at["last_notice"],
        last_state=looked_at["last_state"],
        last_fee=looked_at["last_fee"],
    )
    if not excess.is_empty():
        with session.journal.step("減額による過納") as step:
            queries.enter_reductions(connection, session.night_on, excess)
            link["reduced"] = step.count, step.yen = queries.reduced_yen(excess)
            step.result = "仮受へ"
        night.changes.append("減額による過納")
    append_link(connection, session.night_on, link, seals)
