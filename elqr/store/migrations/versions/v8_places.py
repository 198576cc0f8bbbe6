"""版8: every confirmed yen that was delivered has a place, and what was recorded can be taken back by two people."""

import sqlalchemy as sa
from alembic import op

from elqr.store.db.schema import Whole
from elqr.store.migrations.identities import bring_up_identities
from elqr.store.migrations.steps import Remade, added, check_replaced, created, indexed, remade
from elqr.store.queries.ledger_identity import begin

revision, down_revision = "8", "7"


def upgrade() -> None:
    """収納の識別、勘定、取り消しの記録: identities by sender, a third account, retractions."""
    created("waiver", "waiver_step")
    created("ledger_start")
    begin(op.get_bind())
    created("retraction", "retraction_step", unless_there=True)
    remade(Remade("upload_step", "step_no", "upload_no"))
    remade(Remade("release_step", "step_no", "taken_at, print_no, step DESC", {"reason": ""}))
    remade(Remade("settlement_bundle"), Remade("settlement_deposit"))
    remade(Remade("export_taken", "taken_no", "taken_at, export_no"), Remade("export_again"), Remade("export"))
    indexed("deposit", "deposit_by_day")
    bring_up_identities(op.get_bind())
    check_replaced("posting", "account IN ('claim', 'suspense')", "account IN ('claim', 'suspense', 'withdrawn')")
    added("ruling_posting", sa.Column("notice_no", Whole))
    created("notice_refused", "notice_give_up", "notice_give_up_step", "notice_refused_end")
    created("act")
    indexed("run", "run_by_night")
    indexed("notice_cancel", "notice_cancel_by_file")
    indexed("watched_bundle", "watched_bundle_by_night")
    indexed("overdue_payment", "overdue_payment_by_night")
